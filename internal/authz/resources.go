package authz

import (
	"context"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// Reasons of errors about registered resources, as the WorkOS API names them.
const (
	ExternalIDConflict access.Reason = "authorization_resource_external_id_conflict"
	HasDependents      access.Reason = "resource_has_dependents"
)

// ResourceName names a registered resource as a path does: by its id, or, where
// that is empty, by its organization, its type and what the application calls it.
type ResourceName struct {
	ID           access.ResourceID
	Organization access.OrganizationID
	Type         access.ResourceTypeID
	ExternalID   string
}

// String is the name for the audit trail.
func (n ResourceName) String() string {
	if n.ID != "" {
		return string(n.ID)
	}
	return store.ResourceExternalID(n.Organization, n.Type, n.ExternalID)
}

// namedResource reads a resource for who may do the action to its organization.
func namedResource(r store.Reader, snap *engine.Snapshot, c access.Caller, do access.Permission, n ResourceName) (access.Resource, error) {
	if n.ID != "" {
		return resourceFor(r, snap, c, do, n.ID)
	}
	org, err := organizationFor(r, snap, c, do, n.Organization)
	if err != nil {
		return access.Resource{}, err
	}
	return resourceByExternalID(r, org, n.Type, n.ExternalID)
}

// Resource returns a registered resource.
func (s *Service) Resource(ctx context.Context, c access.Caller, n ResourceName) (access.Resource, error) {
	var res access.Resource
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) (err error) {
		if res, err = namedResource(r, snap, c, read, n); err != nil {
			return err
		}
		res, err = asShown(r, res)
		return err
	})
	return res, err
}

// CreateResource registers a resource of an organization. The target names its
// parent: the organization itself, if it names nothing. It is an Invalid error
// for another root, a NotFound one if the organization, the type or the parent
// does not exist, an Unprocessable one if the type may not stand under the
// parent, and a Conflict with the reason ExternalIDConflict if the organization
// has a resource of this type and external id.
func (s *Service) CreateResource(ctx context.Context, c access.Caller, res access.Resource, parent ResourceTarget) (access.Resource, error) {
	if err := validateNewResource(&res, parent); err != nil {
		return access.Resource{}, err
	}
	res.ID = access.ResourceID(s.newID(access.ResourcePrefix))
	res.Created = s.now()
	res.Updated = res.Created
	err := s.update(ctx, c, action{"create", store.Resources.Kind, string(res.ID)}, func(w *write) error {
		org, err := organizationFor(w, w.snap, c, change, res.Organization)
		if err != nil {
			return err
		}
		if res.Parent, err = allowedParent(w, org, res.Type, parent); err != nil {
			return err
		}
		taken, err := holdsAny(w, store.Resources, store.ByExternalID, store.ResourceExternalID(org.ID, res.Type, res.ExternalID))
		if err != nil {
			return err
		}
		if taken {
			return access.Errorf(access.Conflict, "the organization has a resource of the type %q and the external id %q already", res.Type, res.ExternalID).Because(ExternalIDConflict)
		}
		return put(w, store.Resources, string(res.ID), &res)
	})
	return res, err
}

func validateNewResource(res *access.Resource, parent ResourceTarget) error {
	if res.Organization == "" {
		return access.FieldErrorf("organization_id", "organization_id_required", "organization_id must not be empty")
	}
	if res.Root() {
		return errRoot()
	}
	if _, err := access.ParseResourceTypeID("resource_type_slug", string(res.Type)); err != nil {
		return err
	}
	if err := res.Validate(); err != nil {
		return err
	}
	if parent.None() {
		return nil
	}
	return parent.validate("parent_")
}

// errRoot is the error for a write of a root: it comes, changes and goes with
// its organization.
func errRoot() error {
	return access.Errorf(access.Invalid, "the resource of the type %q is the organization itself: create, change or delete that", access.OrganizationType)
}

// allowedParent finds the parent that a target names for a resource of a type.
// What a type may not stand under is refused with an Unprocessable error; a
// circle and too great a depth cannot be made otherwise, see putResourceType.
func allowedParent(w *write, org access.Organization, t access.ResourceTypeID, target ResourceTarget) (access.ResourceID, error) {
	typ, err := resourceTypeByID(w, t)
	if err != nil {
		return "", err
	}
	parent, err := resolveTarget(w, org, target)
	if err != nil {
		return "", err
	}
	if !slices.Contains(typ.Parents, parent.Type) {
		return "", access.FieldErrorf("parent_resource_id", "invalid_parent_resource_type",
			"a resource of the type %q may not stand under one of the type %q, only under %q", t, parent.Type, typ.Parents)
	}
	return parent.ID, nil
}

// ResourceChanges says what of a resource changes: nothing, where it is nil.
type ResourceChanges struct {
	Name, Description *string
	Parent            *ResourceTarget
}

// UpdateResource changes a resource, and moves it with all that is below it if
// Parent names another parent. Errors are those of CreateResource.
//
// It takes no authority to grant: whoever may change an organization's resources
// decides under what they stand, and so who inherits rights on them.
func (s *Service) UpdateResource(ctx context.Context, c access.Caller, n ResourceName, with ResourceChanges) (access.Resource, error) {
	if with.Parent != nil {
		if err := with.Parent.validate("parent_"); err != nil {
			return access.Resource{}, err
		}
	}
	var res access.Resource
	err := s.update(ctx, c, action{"update", store.Resources.Kind, n.String()}, func(w *write) error {
		old, err := changeableResource(w, c, n)
		if err != nil {
			return err
		}
		res = old
		replace(&res.Name, with.Name)
		replace(&res.Description, with.Description)
		if err := res.Validate(); err != nil {
			return err
		}
		if with.Parent != nil {
			org, err := organizationByID(w, res.Organization)
			if err != nil {
				return err
			}
			if res.Parent, err = allowedParent(w, org, res.Type, *with.Parent); err != nil {
				return err
			}
		}
		if res == old {
			return nil // a later time alone would be no change
		}
		res.Updated = s.now()
		return put(w, store.Resources, string(res.ID), &res)
	})
	return res, err
}

// DeleteResource removes a resource with what is assigned on it. It is a
// Conflict error with the reason HasDependents if something is assigned on it or
// stands below it, unless cascade is set: then all of that goes with it.
func (s *Service) DeleteResource(ctx context.Context, c access.Caller, n ResourceName, cascade bool) error {
	return s.update(ctx, c, action{"delete", store.Resources.Kind, n.String()}, func(w *write) error {
		res, err := changeableResource(w, c, n)
		if err != nil {
			return err
		}
		if !cascade {
			if err := refuseDependents(w, res.ID); err != nil {
				return err
			}
			return remove(w, store.Resources, string(res.ID))
		}
		below, err := descendants(w, res.ID)
		if err != nil {
			return err
		}
		for i := range below {
			if err := removeResource(w, below[i].ID); err != nil {
				return err
			}
		}
		return removeResource(w, res.ID)
	})
}

func refuseDependents(w *write, id access.ResourceID) error {
	children, err := holdsAny(w, store.Resources, store.ByParent, string(id))
	if err != nil {
		return err
	}
	assigned, err := holdsAny(w, store.Assignments, store.ByResource, string(id))
	if err != nil {
		return err
	}
	if children || assigned {
		return access.Errorf(access.Conflict, "the resource has resources below it or roles assigned on it: delete these first, or all with cascade_delete=true").Because(HasDependents)
	}
	return nil
}

// changeableResource reads a resource that the caller may change.
func changeableResource(w *write, c access.Caller, n ResourceName) (access.Resource, error) {
	res, err := namedResource(w, w.snap, c, change, n)
	if err == nil && res.Root() {
		err = errRoot()
	}
	return res, err
}

// descendants returns the resources below one, those of a level before those of
// the next.
func descendants(r store.Reader, id access.ResourceID) ([]access.Resource, error) {
	all, err := every(r, store.Resources, store.ByParent, string(id))
	for i := 0; err == nil && i < len(all); i++ {
		var children []access.Resource
		children, err = every(r, store.Resources, store.ByParent, string(all[i].ID))
		all = append(all, children...)
	}
	return all, err
}

// removeResource deletes a resource and what is assigned on it, and nothing
// below it.
func removeResource(w *write, id access.ResourceID) error {
	if err := removeAll(w, store.Assignments, store.ByResource, string(id)); err != nil {
		return err
	}
	return remove(w, store.Resources, string(id))
}
