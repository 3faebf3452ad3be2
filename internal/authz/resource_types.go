package authz

import (
	"context"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// maxResourceTypes bounds the types of a realm: every write of one looks at all.
const maxResourceTypes = 1000

// builtInType is the type of the organizations themselves.
func builtInType() access.ResourceType {
	return access.ResourceType{
		ID: access.OrganizationType, Name: "Organization", Description: "The root of everything that an organization registers",
	}
}

// ResourceTypes returns all types of resources, the built-in one first and the
// others in the order of their slugs.
func (s *Service) ResourceTypes(ctx context.Context, c access.Caller) ([]access.ResourceType, error) {
	var types []access.ResourceType
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		if err := need(snap, c, read, configurationArea, ""); err != nil {
			return err
		}
		defined, err := every(r, store.ResourceTypes, "", "")
		types = append([]access.ResourceType{builtInType()}, defined...)
		return err
	})
	return types, err
}

// ResourceType returns one type of resources.
func (s *Service) ResourceType(ctx context.Context, c access.Caller, id access.ResourceTypeID) (access.ResourceType, error) {
	var t access.ResourceType
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		err := need(snap, c, read, configurationArea, "")
		if err == nil {
			t, err = resourceTypeByID(r, id)
		}
		return err
	})
	return t, err
}

// resourceTypeByID reads a type, the built-in one included.
func resourceTypeByID(r store.Reader, id access.ResourceTypeID) (access.ResourceType, error) {
	if id == access.OrganizationType {
		return builtInType(), nil
	}
	return existing(r, store.ResourceTypes, "Resource type", string(id))
}

// CreateResourceType defines a type of resources. Without parents it stands
// directly under the organization. It is a Conflict error if the slug is taken,
// and an Unprocessable one if a parent does not exist, or its resources could
// stand deeper than the realm allows.
func (s *Service) CreateResourceType(ctx context.Context, c access.Caller, t access.ResourceType) (access.ResourceType, error) {
	if t.Parents == nil {
		t.Parents = []access.ResourceTypeID{access.OrganizationType}
	}
	t.Parents = eachOnce(t.Parents)
	if err := t.Validate(); err != nil {
		return access.ResourceType{}, err
	}
	t.Created = s.now()
	t.Updated = t.Created
	err := s.update(ctx, c, action{"create", store.ResourceTypes.Kind, string(t.ID)}, func(w *write) error {
		if err := need(w.snap, c, change, configurationArea, ""); err != nil {
			return err
		}
		if _, exists, err := find(w, store.ResourceTypes, string(t.ID)); err != nil {
			return err
		} else if exists || t.ID == access.OrganizationType {
			return access.Errorf(access.Conflict, "a resource type with the slug %q exists already", t.ID)
		}
		return putResourceTypes(w, c.Realm, []access.ResourceType{t})
	})
	return t, err
}

// ResourceTypeChanges says what of a type changes: nothing, where it is nil.
type ResourceTypeChanges struct {
	Name, Description *string
	Parents           []access.ResourceTypeID
}

// UpdateResourceType changes a type. It is a Conflict error if a resource of the
// type stands under one of a type that is no parent any more.
func (s *Service) UpdateResourceType(ctx context.Context, c access.Caller, id access.ResourceTypeID, with ResourceTypeChanges) (access.ResourceType, error) {
	var t access.ResourceType
	err := s.update(ctx, c, action{"update", store.ResourceTypes.Kind, string(id)}, func(w *write) error {
		old, err := changeableResourceType(w, c, id)
		if err != nil {
			return err
		}
		t = old
		replace(&t.Name, with.Name)
		replace(&t.Description, with.Description)
		if with.Parents != nil {
			t.Parents = eachOnce(with.Parents)
		}
		if err := t.Validate(); err != nil {
			return err
		}
		if err := refuseMisplaced(w, &t, old.Parents); err != nil {
			return err
		}
		t.Updated = s.now()
		return putResourceTypes(w, c.Realm, []access.ResourceType{t})
	})
	return t, err
}

// DeleteResourceType removes a type with all its resources and what is assigned
// on them. It is a Conflict error while another type stands under it, or a role
// or a permission is made for it.
func (s *Service) DeleteResourceType(ctx context.Context, c access.Caller, id access.ResourceTypeID) error {
	return s.update(ctx, c, action{"delete", store.ResourceTypes.Kind, string(id)}, func(w *write) error {
		if _, err := changeableResourceType(w, c, id); err != nil {
			return err
		}
		if err := refuseUsedType(w, id); err != nil {
			return err
		}
		err := eachOf(w, store.Resources, store.ByType, string(id), func(id string, _ *access.Resource) error {
			return removeResource(w, access.ResourceID(id))
		})
		if err != nil {
			return err
		}
		return remove(w, store.ResourceTypes, string(id))
	})
}

// changeableResourceType returns a type that the caller may change.
func changeableResourceType(w *write, c access.Caller, id access.ResourceTypeID) (access.ResourceType, error) {
	if err := need(w.snap, c, change, configurationArea, ""); err != nil {
		return access.ResourceType{}, err
	}
	if id == access.OrganizationType {
		return access.ResourceType{}, access.Errorf(access.Forbidden, "the resource type %q is built in and cannot be changed", id)
	}
	return resourceTypeByID(w, id)
}

// refuseUsedType returns a Conflict error if something is about the type.
func refuseUsedType(w *write, id access.ResourceTypeID) error {
	if child, exists, err := one(w, store.ResourceTypes, store.ByParent, string(id)); err != nil {
		return err
	} else if exists {
		return access.Errorf(access.Conflict, "the resource type %q has %q under it", id, child.ID)
	}
	if role, exists, err := one(w, store.Roles, store.ByType, string(id)); err != nil {
		return err
	} else if exists {
		return access.Errorf(access.Conflict, "the role %q is made for resources of the type %q", role.ID, id)
	}
	if p, exists, err := one(w, store.Permissions, store.ByType, string(id)); err != nil {
		return err
	} else if exists {
		return access.Errorf(access.Conflict, "the permission %q is about resources of the type %q", p.Permission, id)
	}
	return nil
}

// refuseMisplaced returns a Conflict error if a resource of the type stands where
// the type does not allow it any more.
func refuseMisplaced(w *write, t *access.ResourceType, before []access.ResourceTypeID) error {
	gone := slices.ContainsFunc(before, func(p access.ResourceTypeID) bool { return !slices.Contains(t.Parents, p) })
	if !gone {
		return nil
	}
	allowed := map[access.ResourceID]bool{} // by the parents that were looked at
	return eachOf(w, store.Resources, store.ByType, string(t.ID), func(_ string, res *access.Resource) error {
		if allowed[res.Parent] {
			return nil
		}
		parent, err := resourceByID(w, res.Parent)
		if err != nil {
			return err
		}
		if !slices.Contains(t.Parents, parent.Type) {
			return access.Errorf(access.Conflict, "the resource %s of the type %q stands under one of the type %q: move or delete it first", res.ID, t.ID, parent.Type)
		}
		allowed[res.Parent] = true
		return nil
	})
}

// putResourceTypes writes types. Every writer of types calls it, and not put: it
// keeps the types free of circles and within the realm's depth. That no resource
// stands below itself, nor too deep, follows from it, as each stands under one
// of a type that its own allows.
func putResourceTypes(w *write, realm access.RealmID, changed []access.ResourceType) error {
	types, err := typesOf(w)
	if err != nil {
		return err
	}
	for _, t := range changed {
		types[t.ID] = t.Parents
	}
	if len(types) > maxResourceTypes {
		return access.Errorf(access.Conflict, "a realm has at most %d resource types", maxResourceTypes)
	}
	levels := types.levels()
	for _, t := range changed {
		for _, p := range t.Parents {
			if _, exists := types[p]; !exists && p != access.OrganizationType {
				return access.FieldErrorf("parents", "unknown_resource_type", "a parent of the resource type %q names %q, which is no resource type", t.ID, p)
			}
		}
		if _, reached := levels[t.ID]; !reached {
			return access.FieldErrorf("parents", "circular_parents", "with these parents a resource of the type %q could stand below itself", t.ID)
		}
	}
	doc, err := realmByID(w, realm)
	if err != nil {
		return err
	}
	if deepest := levels.deepest(); deepest > resourceDepth(&doc) {
		return access.FieldErrorf("parents", "too_deep", "with these parents resources could stand %d levels below their organization; %d are allowed", deepest, resourceDepth(&doc))
	}
	for i := range changed {
		if err := put(w, store.ResourceTypes, string(changed[i].ID), &changed[i]); err != nil {
			return err
		}
	}
	return nil
}

// typeGraph are the types of a realm with their parents, without the built-in
// one.
type typeGraph map[access.ResourceTypeID][]access.ResourceTypeID

func typesOf(r store.Reader) (typeGraph, error) {
	all, err := every(r, store.ResourceTypes, "", "")
	g := make(typeGraph, len(all))
	for _, t := range all {
		g[t.ID] = t.Parents
	}
	return g, err
}

// typeLevels is how far below the organization resources of each type can stand,
// by the longest way.
type typeLevels map[access.ResourceTypeID]int

// levels lacks what is in a circle, or below one.
func (g typeGraph) levels() typeLevels {
	levels := typeLevels{access.OrganizationType: 0}
	for grown := true; grown; {
		grown = false
		for id, parents := range g {
			if _, done := levels[id]; done {
				continue
			}
			if level, known := levels.below(parents); known {
				levels[id], grown = level, true
			}
		}
	}
	return levels
}

// below is the level directly below the deepest of the types, if the level of
// each is known.
func (l typeLevels) below(types []access.ResourceTypeID) (level int, known bool) {
	for _, t := range types {
		at, known := l[t]
		if !known {
			return 0, false
		}
		level = max(level, at+1)
	}
	return level, true
}

func (l typeLevels) deepest() int {
	deepest := 0
	for _, level := range l {
		deepest = max(deepest, level)
	}
	return deepest
}

// resourceDepth is how many levels of resources may stand below an organization.
func resourceDepth(realm *access.Realm) int {
	if realm.MaxResourceDepth == 0 {
		return access.DefaultResourceDepth
	}
	return realm.MaxResourceDepth
}

// replace sets a field to its new value, unless that is nil.
func replace[T any](field, with *T) {
	if with != nil {
		*field = *with
	}
}

// eachOnce keeps the first of equal elements.
func eachOnce[T comparable](list []T) []T {
	once := make([]T, 0, len(list))
	for _, v := range list {
		if !slices.Contains(once, v) {
			once = append(once, v)
		}
	}
	return once
}
