package authz

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// Role returns a role, built-in ones included.
func (s *Service) Role(ctx context.Context, c access.Caller, id access.RoleID) (access.Role, error) {
	snap, err := s.feed.Snapshot(c.Realm)
	if err != nil {
		return access.Role{}, err
	}
	if !may(snap, c, read, rolesArea, string(id)) {
		return access.Role{}, deny(snap, c)
	}
	if role := builtIn(id); role != nil {
		return *role, nil
	}
	return get(ctx, s, c, store.Roles, string(id))
}

// Roles returns a page of the roles of the realm whose id, name or description contains the
// filter, built-in ones included.
func (s *Service) Roles(ctx context.Context, c access.Caller, filter string, p Page) ([]access.Role, string, error) {
	snap, err := s.feed.Snapshot(c.Realm)
	if err != nil {
		return nil, "", err
	}
	if !mayAll(snap, c, read, rolesArea) {
		return nil, "", deny(snap, c)
	}
	keep := func(r *access.Role) bool { return matches(filter, string(r.ID), r.Name, r.Description) }
	roles, next, err := list(ctx, s, c, store.Roles, store.ListQuery{Index: store.ByOrganization, Value: ""}, p, keep)
	if err != nil {
		return nil, "", err
	}
	roles, next = withBuiltIn(roles, next, p, keep)
	return roles, next, nil
}

// withBuiltIn puts the built-in roles into a page of the stored ones, at the
// places of their ids.
func withBuiltIn(roles []access.Role, next string, p Page, keep func(*access.Role) bool) ([]access.Role, string) {
	for _, r := range access.BuiltInRoles() {
		if keep(&r) && string(r.ID) > p.After && (next == "" || string(r.ID) <= next) {
			roles = append(roles, r)
		}
	}
	slices.SortFunc(roles, func(a, b access.Role) int { return strings.Compare(string(a.ID), string(b.ID)) })
	if len(roles) > p.Limit {
		roles = roles[:p.Limit]
		next = string(roles[p.Limit-1].ID)
	}
	return roles, next
}

func builtIn(id access.RoleID) *access.Role {
	for _, r := range access.BuiltInRoles() {
		if r.ID == id {
			return &r
		}
	}
	return nil
}

// CreateRole makes a role; an empty id is chosen here. It is a Conflict error
// with the reason RoleExists if the id is taken.
//
// Records may name the id already, because they were written first or because a
// role of this id was deleted: then the role decides at once what they give, and
// making it takes the right to change it.
func (s *Service) CreateRole(ctx context.Context, c access.Caller, role access.Role) (access.Role, error) {
	if role.ID == "" {
		role.ID = access.RoleID(s.newID("ro_"))
	}
	if err := role.Validate(); err != nil {
		return access.Role{}, err
	}
	err := s.update(ctx, c, action{"create", store.Roles.Kind, string(role.ID)}, func(w *write) error {
		if !mayAll(w.snap, c, create, rolesArea) {
			return deny(w.snap, c)
		}
		if err := refuseReserved(role.ID); err != nil {
			return err
		}
		return s.addRole(w, c, &role, access.RoleExists)
	})
	return role, err
}

// addRole writes a valid role that does not exist yet; without a type it is for
// organizations. It is a Conflict error with the reason taken if there is one of
// its id, and NotFound if nobody defined its type.
func (s *Service) addRole(w *write, c access.Caller, role *access.Role, taken access.Reason) error {
	if role.Type == "" {
		role.Type = access.OrganizationType
	}
	if err := definedType(w, role.Type); err != nil {
		return err
	}
	if _, exists, err := find(w, store.Roles, string(role.ID)); err != nil {
		return err
	} else if exists {
		return access.Errorf(access.Conflict, "a role with the id %q already exists", role.ID.Slug()).Because(taken)
	}
	if named, err := holdsAny(w, store.Records, store.ByRole, string(role.ID)); err != nil {
		return err
	} else if named && !may(w.snap, c, change, rolesArea, string(role.ID)) {
		return access.Errorf(access.Forbidden, "access records name the role %q already: making it takes the right to change it", role.ID)
	}
	role.UID, role.Created = s.newID("role_"), s.now()
	role.Updated = role.Created
	return put(w, store.Roles, string(role.ID), role)
}

// UpdateRole replaces a role. Who may do this can widen what everybody holds
// through the role, so it is as much trust as owning those resources.
func (s *Service) UpdateRole(ctx context.Context, c access.Caller, role access.Role) (access.Role, error) {
	err := s.update(ctx, c, action{"update", store.Roles.Kind, string(role.ID)}, func(w *write) error {
		old, err := s.changeableRole(w, c, role.ID)
		if err != nil {
			return err
		}
		role.UID, role.Type, role.Created, role.Updated = old.UID, old.Type, old.Created, s.after(old.Updated)
		var besides []access.RolePermission
		role.Permissions, besides = keepExact(old.Permissions, role.Permissions)
		if err := role.Validate(); err != nil { // with what was kept: some slugs are no actions
			return err
		}
		role.Permissions = append(role.Permissions, besides...)
		return put(w, store.Roles, string(role.ID), &role)
	})
	return role, err
}

// keepExact leaves as exact what the old list allows only so and the written one
// allows again: whoever reads a role in a dialect that does not know exact
// permissions, and writes it back with or without a change, must not widen it.
// What is written to be given on besides is returned apart, without allow, as an
// exact permission has no other flag; a slug that is no action there stays as it
// was written, for Validate to refuse.
func keepExact(old, written []access.RolePermission) (kept, besides []access.RolePermission) {
	kept = slices.Clone(written)
	for i, p := range kept {
		slug := cmp.Or(p.Permission(), access.Permission(p.Action)) // as it is written, if it is no action there
		more := p.Grant || p.Delegate
		if !p.Allow || !allowsExactly(old, slug) || more && p.Permission() == "" {
			continue
		}
		kept[i] = access.RolePermission{Action: string(slug), Allow: true, Exact: true}
		if more {
			besides = append(besides, access.RolePermission{Action: string(slug), Grant: p.Grant, Delegate: p.Delegate})
		}
	}
	return kept, besides
}

// allowsExactly reports whether the list allows the permission, and by exact
// entries alone.
func allowsExactly(perms []access.RolePermission, slug access.Permission) bool {
	exact := false
	for _, p := range perms {
		if p.Allow && p.Permission() == slug {
			if !p.Exact {
				return false
			}
			exact = true
		}
	}
	return exact
}

// DeleteRole removes a role. Records that name it stay as they are; what else
// becomes of who has it is told by removeRole.
func (s *Service) DeleteRole(ctx context.Context, c access.Caller, id access.RoleID) error {
	return s.update(ctx, c, action{"delete", store.Roles.Kind, string(id)}, func(w *write) error {
		role, err := s.changeableRole(w, c, id)
		if err != nil {
			return err
		}
		return s.removeRole(w, c.Realm, &role, nil)
	})
}

func (s *Service) changeableRole(w *write, c access.Caller, id access.RoleID) (access.Role, error) {
	if !may(w.snap, c, change, rolesArea, string(id)) {
		return access.Role{}, deny(w.snap, c)
	}
	if err := refuseReserved(id); err != nil {
		return access.Role{}, err
	}
	role, exists, err := find(w, store.Roles, string(id))
	if err == nil && !exists {
		err = access.Errorf(access.NotFound, "no role %q", id)
	}
	return role, err
}

func refuseReserved(id access.RoleID) error {
	if id.Reserved() {
		return access.Errorf(access.Forbidden, "roles that begin with %s are built in and cannot be changed", access.ReservedPrefix)
	}
	return nil
}
