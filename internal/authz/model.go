package authz

import (
	"context"
	"errors"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// Model returns the model of the caller's realm, to who may read its
// configuration and its roles. A role is in it if every permission of it is one
// of the catalogue's: what the Authress dialect makes beyond that has no place in
// a model.
func (s *Service) Model(ctx context.Context, c access.Caller) (access.Model, error) {
	var m access.Model
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		if err := need(snap, c, read, configurationArea, ""); err != nil {
			return err
		}
		if err := need(snap, c, read, rolesArea, ""); err != nil {
			return err
		}
		var err error
		m, err = modelOf(r, c.Realm)
		return err
	})
	return m, err
}

func modelOf(r store.Reader, id access.RealmID) (access.Model, error) {
	realm, err := realmByID(r, id)
	if err != nil {
		return access.Model{}, err
	}
	set := settingsOf(&realm)
	byDefault := string(set.DefaultRole)
	m := access.Model{
		Settings:      access.ModelSettings{MultipleRoles: &set.MultipleRoles, MaxResourceDepth: &set.MaxResourceDepth, DefaultRole: &byDefault},
		ResourceTypes: []access.ModelResourceType{}, Permissions: []access.ModelPermission{}, Roles: []access.ModelRole{},
	}
	types, err := every(r, store.ResourceTypes, "", "")
	if err != nil {
		return access.Model{}, err
	}
	for _, t := range types {
		m.ResourceTypes = append(m.ResourceTypes, access.ModelResourceType{Slug: string(t.ID), Name: &t.Name, Description: &t.Description, Parents: texts(t.Parents)})
	}
	defined, err := every(r, store.Permissions, "", "")
	if err != nil {
		return access.Model{}, err
	}
	for _, d := range defined {
		m.Permissions = append(m.Permissions, access.ModelPermission{Slug: string(d.Permission), Name: &d.Name, Description: &d.Description, ResourceType: string(d.Type)})
	}
	roles, _, err := rolesOf(r, id, "")
	if err != nil {
		return access.Model{}, err
	}
	for _, role := range roles {
		if inModel(&role) {
			m.Roles = append(m.Roles, access.ModelRole{
				Slug: string(role.ID), Name: &role.Name, Description: &role.Description, ResourceType: string(role.ResourceType()), Permissions: texts(role.Slugs()),
			})
		}
	}
	return m, nil
}

// inModel reports whether a model can say all that a role of the realm is.
func inModel(role *access.Role) bool {
	return role.ValidateLabel() == nil &&
		!slices.ContainsFunc(role.Permissions, func(p access.RolePermission) bool { return !p.Exact })
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// Application says how a model is applied.
type Application struct {
	DryRun bool // says what would change, and changes nothing
	// Prune deletes what the model's lists lack. What is in use is not deleted: a
	// type with resources, a role that somebody holds, a permission that a role or
	// an API key contains. That is a Conflict error.
	Prune bool
}

// ApplyModel makes the realm what the model says, in one commit, and returns
// what that changes: nothing, and there is no commit, when the realm is so
// already. Beside the right to change the configuration, it takes that on roles
// for what is changed of permissions and roles, and for a dry run, which tells how
// they differ from the model, the right to read them.
//
// It is a Conflict error if the model says something else than the realm of what
// cannot be changed. Nothing is changed then, as with every other error.
func (s *Service) ApplyModel(ctx context.Context, c access.Caller, m access.Model, how Application) ([]access.ModelChange, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	var plan []access.ModelChange
	err := s.update(ctx, c, action{"apply model", store.Realms.Kind, string(c.Realm)}, func(w *write) error {
		if err := need(w.snap, c, change, configurationArea, ""); err != nil {
			return err
		}
		if how.DryRun {
			if err := need(w.snap, c, read, rolesArea, ""); err != nil {
				return err
			}
		}
		a := applying{s: s, w: w, c: c, model: &m, plan: []access.ModelChange{}}
		if err := a.all(how.Prune); err != nil {
			return err
		}
		plan = a.plan
		if how.DryRun || len(plan) == 0 {
			return errNoNews
		}
		return nil
	})
	if err != nil && !errors.Is(err, errNoNews) {
		return nil, err
	}
	return plan, nil
}

// applying is a model on its way into the realm.
type applying struct {
	s     *Service
	w     *write
	c     access.Caller
	model *access.Model
	plan  []access.ModelChange
}

// all goes in an order in which everything finds what it names: types may need
// more depth before they change, roles contain permissions, the default role is
// one of them, and what goes must not be the default any more.
func (a *applying) all(prune bool) error {
	steps := []func() error{a.settings, a.resourceTypes, a.permissions, a.roles, a.order, a.defaultRole}
	if prune {
		steps = append(steps, a.pruneRoles, a.prunePermissions, a.pruneResourceTypes)
	}
	for _, step := range append(steps, a.lowerDepth) {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// did notes a step of the plan.
func (a *applying) did(action, kind, id string, changes ...access.FieldChange) {
	a.plan = append(a.plan, access.ModelChange{Action: action, Kind: kind, ID: id, Changes: changes})
}

// about puts what an error of the caller's is about before its message.
func about(kind, id string, err error) error {
	var e *access.Error
	if !errors.As(err, &e) {
		return err
	}
	named := *e
	named.Message = kind + " '" + id + "': " + e.Message
	return &named
}

// fields collects what an update changes.
type fields []access.FieldChange

func (f *fields) text(name, from string, to *string) {
	if to != nil && *to != from {
		*f = append(*f, access.FieldChange{Field: name, From: from, To: *to})
	}
}

// set compares lists whose order means nothing; nil is no change.
func (f *fields) set(name string, from, to []string) {
	if to == nil || slices.Equal(sorted(from), sorted(to)) {
		return
	}
	*f = append(*f, access.FieldChange{Field: name, From: from, To: to})
}

// sorted has each element once.
func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// nameOr is the name, or the slug where none is given.
func nameOr(name *string, slug string) string {
	if name == nil {
		return slug
	}
	return *name
}

func textOr(text *string) string { return nameOr(text, "") }

// immutable refuses another type than something has.
func immutable(has access.ResourceTypeID, wanted string) error {
	if wanted != "" && wanted != string(has) {
		return access.Errorf(access.Conflict, "its resource_type is '%s' and cannot be changed to '%s'", has, wanted)
	}
	return nil
}
