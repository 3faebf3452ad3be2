package authz

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// Reasons of errors about roles of an organization, as the WorkOS API names
// them.
const (
	OrganizationRoleSlugConflict access.Reason = "organization_role_slug_conflict"
	RoleHasAssignments           access.Reason = "role_has_assignments"
)

// organizationRolePrefix begins the slug of every role of an organization.
const organizationRolePrefix = "org-"

// OrganizationRoles returns the roles that can be assigned in an organization,
// its own and the realm's, the most important first. They are for who may read
// the organization.
func (s *Service) OrganizationRoles(ctx context.Context, c access.Caller, org access.OrganizationID) ([]access.Role, error) {
	var roles []access.Role
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		if err := need(snap, c, read, organizationsArea, string(org)); err != nil {
			return err
		}
		var err error
		roles, _, err = rolesOf(r, c.Realm, org)
		return err
	})
	return roles, err
}

// OrganizationRole returns one of them by its slug; the organization's own comes
// before one of the realm of the same slug.
func (s *Service) OrganizationRole(ctx context.Context, c access.Caller, org access.OrganizationID, slug string) (access.Role, error) {
	var role access.Role
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		if _, err := organizationFor(r, snap, c, read, org); err != nil {
			return err
		}
		var err error
		role, err = roleBySlug(r, org, slug)
		return err
	})
	return role, err
}

// CreateOrganizationRole makes a role of an organization, without permissions,
// its least important one; without a type it is for the organization itself. An
// empty slug is made of the name and something random. With its first role an
// organization gets an order and a default of its own, those that it had from
// the realm.
//
// It is a Conflict error with the reason OrganizationRoleSlugConflict if the
// slug is taken, and NotFound if there is no such organization or nobody defined
// the type.
func (s *Service) CreateOrganizationRole(ctx context.Context, c access.Caller, org access.OrganizationID, slug string, role access.Role) (access.Role, error) {
	if err := role.ValidateLabel(); err != nil {
		return access.Role{}, err
	}
	if slug == "" {
		slug = slugOf(role.Name)
	}
	if err := validateOrganizationSlug(slug); err != nil {
		return access.Role{}, err
	}
	role.ID, role.Organization = access.OrganizationRole(org, slug), org
	err := s.update(ctx, c, action{"create", store.Roles.Kind, string(role.ID)}, func(w *write) error {
		o, err := organizationFor(w, w.snap, c, change, org)
		if err != nil {
			return err
		}
		if err := ownOrder(w, c.Realm, &o); err != nil {
			return err
		}
		return s.addRole(w, c, &role, OrganizationRoleSlugConflict)
	})
	return role, err
}

// slugOf makes a slug of a role's name and something random, so that two roles
// may have the same name.
func slugOf(name string) string {
	const suffix = 8 // characters: 40 bits
	words := strings.FieldsFunc(strings.ToLower(name), func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9')
	})
	slug := organizationRolePrefix + strings.Join(words, "-")
	slug = strings.TrimRight(slug[:min(len(slug), access.MaxSlugLen-suffix-1)], "-")
	return slug + "-" + strings.ToLower(rand.Text()[:suffix])
}

func validateOrganizationSlug(slug string) error {
	_, err := access.ParseRoleSlug(slug)
	if err == nil && (!strings.HasPrefix(slug, organizationRolePrefix) || slug == organizationRolePrefix) {
		err = access.FieldErrorf("slug", "invalid_slug", "the slug of an organization's role must begin with %s and go on", organizationRolePrefix)
	}
	return err
}

// UpdateOrganizationRole changes the name and the description of a role of an
// organization. It is an Invalid error if the slug is that of a role of the
// realm.
func (s *Service) UpdateOrganizationRole(ctx context.Context, c access.Caller, org access.OrganizationID, slug string, u LabelUpdate) (access.Role, error) {
	return s.changeOrganizationRole(ctx, c, "update", org, slug, access.Invalid, func(w *write, role *access.Role) error {
		return s.relabel(w, role, u)
	})
}

// SetOrganizationRolePermissions makes a role of an organization contain exactly
// these permissions; see SetRolePermissions. What is added takes the authority
// to grant it in the organization. It is a Forbidden error if the slug is that
// of a role of the realm.
func (s *Service) SetOrganizationRolePermissions(ctx context.Context, c access.Caller, org access.OrganizationID, slug string, permissions []string) (access.Role, error) {
	return s.changeOrganizationRole(ctx, c, "set permissions", org, slug, access.Forbidden, func(w *write, role *access.Role) error {
		return s.setPermissions(w, c, role, permissions)
	})
}

// AddOrganizationRolePermission makes a role of an organization contain a
// permission, too, which takes the authority to grant it there. It is an Invalid
// error if the slug is that of a role of the realm.
func (s *Service) AddOrganizationRolePermission(ctx context.Context, c access.Caller, org access.OrganizationID, slug, permission string) (access.Role, error) {
	return s.changeOrganizationRole(ctx, c, "add permission", org, slug, access.Invalid, func(w *write, role *access.Role) error {
		return s.addPermissionTo(w, c, role, permission)
	})
}

// RemoveOrganizationRolePermission takes a permission out of a role of an
// organization. It is a NotFound error if the role does not contain it, and
// Forbidden if the slug is that of a role of the realm.
func (s *Service) RemoveOrganizationRolePermission(ctx context.Context, c access.Caller, org access.OrganizationID, slug, permission string) (access.Role, error) {
	return s.changeOrganizationRole(ctx, c, "remove permission", org, slug, access.Forbidden, func(w *write, role *access.Role) error {
		now := slices.DeleteFunc(slices.Clone(role.Permissions), func(p access.RolePermission) bool { return p.Action == permission })
		if len(now) == len(role.Permissions) {
			return errNo("Permission", permission)
		}
		return s.putPermissions(w, c, role, now)
	})
}

// DeleteOrganizationRole removes a role of an organization. It is a Conflict
// error with the reason RoleHasAssignments while a membership or group has it or
// it is what new memberships get, and Invalid if the slug is that of a role of
// the realm.
func (s *Service) DeleteOrganizationRole(ctx context.Context, c access.Caller, org access.OrganizationID, slug string) error {
	_, err := s.changeOrganizationRole(ctx, c, "delete", org, slug, access.Invalid, func(w *write, role *access.Role) error {
		if assigned, err := holdsAny(w, store.Assignments, store.ByRole, string(role.ID)); err != nil {
			return err
		} else if assigned {
			return access.Errorf(access.Conflict, "The role '%s' is assigned; take it away from everybody first.", slug).Because(RoleHasAssignments)
		}
		o, err := organizationByID(w, org)
		if err != nil {
			return err
		}
		if o.Roles.Default == role.ID {
			return access.Errorf(access.Conflict, "The role '%s' is what every new membership of the organization is assigned; make another one the default first.", slug).Because(RoleHasAssignments)
		}
		if err := putOrder(w, &o, withoutRole(o.Roles, role.ID, "")); err != nil {
			return err
		}
		return remove(w, store.Roles, string(role.ID))
	})
	return err
}

// changeOrganizationRole runs do with a role of the organization's own. If the
// slug is that of a role of the realm, the error is of the kind otherwise.
// Source: the statuses that the vendor's OpenAPI document has for each operation.
func (s *Service) changeOrganizationRole(ctx context.Context, c access.Caller, verb string, org access.OrganizationID, slug string, otherwise access.Kind, do func(*write, *access.Role) error) (access.Role, error) {
	var role access.Role
	id := access.OrganizationRole(org, slug)
	err := s.update(ctx, c, action{verb, store.Roles.Kind, string(id)}, func(w *write) error {
		if _, err := organizationFor(w, w.snap, c, change, org); err != nil {
			return err
		}
		var err error
		if role, err = roleBySlug(w, org, slug); err != nil {
			return err
		}
		if role.Organization == "" {
			return access.Errorf(otherwise, "The role '%s' belongs to the environment and not to the organization; change it there.", slug)
		}
		return do(w, &role)
	})
	return role, err
}
