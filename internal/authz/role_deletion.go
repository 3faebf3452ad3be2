package authz

import (
	"context"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// DeleteEnvironmentRole removes a role of the realm that the WorkOS dialect can
// name; see removeRole. An empty replacement is none; one takes the right to
// change every role, and is an Unprocessable error unless it names another role
// of the realm for organizations, as the removed one must be, too.
func (s *Service) DeleteEnvironmentRole(ctx context.Context, c access.Caller, slug, replacement string) error {
	_, err := s.changeEnvironmentRole(ctx, c, "delete", slug, func(w *write, role *access.Role) error {
		if replacement == "" {
			return s.removeRole(w, c.Realm, role, nil)
		}
		if err := need(w.snap, c, change, rolesArea, ""); err != nil {
			return err
		}
		other, err := organizationLevelRole(w, "", "replacement", replacement)
		if err != nil {
			return err
		}
		if other.ID == role.ID || role.ResourceType() != other.ResourceType() {
			return access.FieldErrorf("replacement", InvalidRole, "replacement must be another role, and only a role for organizations is replaced")
		}
		return s.removeRole(w, c.Realm, role, &other)
	})
	return err
}

// removeRole removes a role of the realm with every assignment of it. The
// replacement, if there is one, becomes the default where the role is it, and
// what memberships get that have one role; a membership without a role on its
// organization gets the default. Groups only lose the role. Source: WorkOS
// documents this of its dashboard.
//
// It is a Conflict error if the role is a default and there is no replacement.
func (s *Service) removeRole(w *write, realm access.RealmID, role, replacement *access.Role) error {
	doc, err := realmByID(w, realm)
	if err != nil {
		return err
	}
	if err := leaveOrders(w, &doc, role.ID, replacement); err != nil {
		return err
	}
	err = eachOf(w, store.Assignments, store.ByRole, string(role.ID), func(id string, a *access.Assignment) error {
		if err := remove(w, store.Assignments, id); err != nil {
			return err
		}
		if a.Subject.Kind != access.MembershipKind || role.ResourceType() != access.OrganizationType {
			return nil
		}
		return s.replaceRole(w, &doc, a, replacement)
	})
	if err != nil {
		return err
	}
	return remove(w, store.Roles, string(role.ID))
}

// leaveOrders takes a role out of the order of the realm and of every
// organization.
func leaveOrders(w *write, realm *access.Realm, role access.RoleID, replacement *access.Role) error {
	var other access.RoleID
	if replacement != nil {
		other = replacement.ID
	}
	if realm.Roles.Default == role && other == "" {
		return access.Errorf(access.Conflict, "the role %q is the default; make another one the default first, or name a replacement", role)
	}
	if err := putRealmOrder(w, realm, withoutRole(realm.Roles, role, other)); err != nil {
		return err
	}
	return eachOf(w, store.Organizations, store.ByRole, string(role), func(_ string, o *access.Organization) error {
		if o.Roles.Default == role && other == "" {
			return access.Errorf(access.Conflict, "the role %q is the default of the organization %q; make another one the default there first, or name a replacement", role, o.ID)
		}
		return putOrder(w, o, withoutRole(o.Roles, role, other))
	})
}

// replaceRole gives a membership what it has instead of an assignment that was
// removed.
func (s *Service) replaceRole(w *write, realm *access.Realm, gone *access.Assignment, replacement *access.Role) error {
	m, exists, err := find(w, store.Memberships, gone.Subject.ID)
	if err != nil || !exists {
		return err
	}
	root, err := resourceByID(w, gone.Resource)
	if err != nil {
		return err
	}
	if replacement != nil && !realm.MultipleRoles {
		if _, has, err := assignment(w, m.Subject(), replacement.ID, root.ID); err != nil {
			return err
		} else if !has {
			if _, err := s.putAssignment(w, m.Subject(), replacement.ID, &root); err != nil {
				return err
			}
		}
	}
	if err := s.keepRole(w, realm.ID, &m, &root); err != nil {
		return err
	}
	return s.touch(w, &m)
}
