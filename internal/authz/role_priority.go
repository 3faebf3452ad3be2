package authz

import (
	"context"
	"errors"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// The operations in this file are on the order of the roles of an organization
// or, with an empty one, of the realm, whose order is that of every organization
// that has none of its own.

// RoleOrder returns the roles in their order, the most important first, and
// which of them is given where none is named: empty if none is.
func (s *Service) RoleOrder(ctx context.Context, c access.Caller, org access.OrganizationID) (roles []access.Role, byDefault access.RoleID, err error) {
	err = s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		if err := mayOrder(snap, c, read, org); err != nil {
			return err
		}
		roles, byDefault, err = rolesOf(r, c.Realm, org)
		return err
	})
	return roles, byDefault, err
}

// SetRolePriority puts the roles into the order of the slugs, and returns them so.
// It is an Unprocessable error unless the slugs name every role once. Of two roles
// of one slug, the organization's and the realm's, the one that stood first
// before stands first again.
func (s *Service) SetRolePriority(ctx context.Context, c access.Caller, org access.OrganizationID, slugs []string) ([]access.Role, error) {
	var ordered []access.Role
	err := s.update(ctx, c, action{"set role priority", store.Roles.Kind, string(org)}, func(w *write) error {
		if err := mayOrder(w.snap, c, change, org); err != nil {
			return err
		}
		roles, byDefault, err := rolesOf(w, c.Realm, org)
		if err != nil {
			return err
		}
		if ordered, err = inOrder(roles, slugs); err != nil {
			return err
		}
		return setOrder(w, c.Realm, org, access.RoleOrder{Default: byDefault, Priority: idsOf(ordered)})
	})
	return ordered, err
}

// inOrder returns the roles in the order of the slugs, which must name each once.
func inOrder(roles []access.Role, slugs []string) ([]access.Role, error) {
	left := map[string][]access.Role{}
	for _, role := range roles {
		left[role.ID.Slug()] = append(left[role.ID.Slug()], role)
	}
	ordered := make([]access.Role, 0, len(roles))
	for _, slug := range slugs {
		of := left[slug]
		if len(of) == 0 {
			return nil, access.FieldErrorf("roles", InvalidRole, "roles must name every role once, and '%s' is none or is named before", slug)
		}
		ordered, left[slug] = append(ordered, of[0]), of[1:]
	}
	for _, role := range roles {
		if slug := role.ID.Slug(); len(left[slug]) > 0 {
			return nil, access.FieldErrorf("roles", InvalidRole, "roles must name every role, and '%s' is missing", slug)
		}
	}
	return ordered, nil
}

// SetDefaultRole says which role is given where none is named. In an organization
// that takes the authority to grant there what the role contains. It is an
// Unprocessable error unless the slug names a role that is for organizations.
func (s *Service) SetDefaultRole(ctx context.Context, c access.Caller, org access.OrganizationID, slug string) error {
	return s.update(ctx, c, action{"set default role", store.Roles.Kind, string(org)}, func(w *write) error {
		if err := mayOrder(w.snap, c, change, org); err != nil {
			return err
		}
		roles, _, err := rolesOf(w, c.Realm, org)
		if err != nil {
			return err
		}
		role, err := organizationLevelRole(w, org, "role", slug)
		if err != nil {
			return err
		}
		if org != "" {
			o, err := organizationByID(w, org)
			if err != nil {
				return err
			}
			if err := hasAuthority(w, c, role.Permissions, access.ResourceURI(o.Root)); err != nil {
				return err
			}
		}
		return setOrder(w, c.Realm, org, access.RoleOrder{Default: role.ID, Priority: idsOf(roles)})
	})
}

// organizationLevelRole is the role that a field of a request names by its slug,
// one that memberships can have on their organization.
func organizationLevelRole(r store.Reader, org access.OrganizationID, field, slug string) (access.Role, error) {
	role, err := roleBySlug(r, org, slug)
	if errors.Is(err, access.NotFound) {
		return access.Role{}, access.FieldErrorf(field, InvalidRole, "Role '%s' is not a valid role.", slug)
	}
	if err == nil && role.ResourceType() != access.OrganizationType {
		err = access.FieldErrorf(field, SubResourceScopedRole, "Role '%s' is for resources of the type '%s' and not for organizations.", slug, role.ResourceType())
	}
	return role, err
}

// mayOrder demands the right to read or change an order.
func mayOrder(snap *engine.Snapshot, c access.Caller, do access.Permission, org access.OrganizationID) error {
	if org == "" {
		return need(snap, c, do, rolesArea, "")
	}
	return need(snap, c, do, organizationsArea, string(org))
}

// setOrder writes the order of the realm's roles, or of an organization's.
func setOrder(w *write, realm access.RealmID, org access.OrganizationID, order access.RoleOrder) error {
	if org == "" {
		doc, err := realmByID(w, realm)
		if err != nil {
			return err
		}
		return putRealmOrder(w, &doc, order)
	}
	doc, err := organizationByID(w, org)
	if err != nil {
		return err
	}
	return putOrder(w, &doc, order)
}

// ownOrder gives an organization the order that it has from the realm as its
// own, unless it has one.
func ownOrder(w *write, realm access.RealmID, o *access.Organization) error {
	if o.Roles.Priority != nil {
		return nil
	}
	roles, byDefault, err := rolesOf(w, realm, o.ID)
	if err != nil {
		return err
	}
	return putOrder(w, o, access.RoleOrder{Default: byDefault, Priority: idsOf(roles)})
}

func idsOf(roles []access.Role) []access.RoleID {
	ids := make([]access.RoleID, len(roles))
	for i := range roles {
		ids[i] = roles[i].ID
	}
	return ids
}

func putRealmOrder(w *write, realm *access.Realm, order access.RoleOrder) error {
	if sameOrder(realm.Roles, order) {
		return nil
	}
	realm.Roles = order
	return put(w, store.Realms, string(realm.ID), realm)
}

// putOrder leaves the organization's time as it is: nobody sees another
// organization.
func putOrder(w *write, o *access.Organization, order access.RoleOrder) error {
	if sameOrder(o.Roles, order) {
		return nil
	}
	o.Roles = order
	return put(w, store.Organizations, string(o.ID), o)
}

func sameOrder(a, b access.RoleOrder) bool {
	return a.Default == b.Default && slices.Equal(a.Priority, b.Priority)
}

// withoutRole is an order without a role that goes; where that was the default,
// another one is.
func withoutRole(order access.RoleOrder, gone, other access.RoleID) access.RoleOrder {
	order.Priority = slices.DeleteFunc(slices.Clone(order.Priority), func(id access.RoleID) bool { return id == gone })
	if order.Default == gone {
		order.Default = other
	}
	return order
}
