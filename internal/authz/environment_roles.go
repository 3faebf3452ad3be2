package authz

import (
	"context"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// RoleSlugConflict is the reason of a role of the realm that exists already.
const RoleSlugConflict access.Reason = "role_slug_conflict"

// The operations in this file are on the roles of the realm that the WorkOS
// dialect can name. It calls them environment roles.

// EnvironmentRoles returns them all, the most important first.
func (s *Service) EnvironmentRoles(ctx context.Context, c access.Caller) ([]access.Role, error) {
	var roles []access.Role
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		if err := need(snap, c, read, rolesArea, ""); err != nil {
			return err
		}
		var err error
		roles, _, err = rolesOf(r, c.Realm, "")
		return err
	})
	return roles, err
}

// EnvironmentRole returns one.
func (s *Service) EnvironmentRole(ctx context.Context, c access.Caller, slug string) (access.Role, error) {
	var role access.Role
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		if err := need(snap, c, read, rolesArea, slug); err != nil {
			return err
		}
		var err error
		role, err = roleBySlug(r, "", slug)
		return err
	})
	return role, err
}

// CreateEnvironmentRole makes a role without permissions, the least important
// one; without a type it is for organizations. It is a Conflict error with the
// reason RoleSlugConflict if the slug is taken, and NotFound if nobody defined
// the type.
func (s *Service) CreateEnvironmentRole(ctx context.Context, c access.Caller, slug string, role access.Role) (access.Role, error) {
	id, err := access.ParseRoleSlug(slug)
	if err != nil {
		return access.Role{}, err
	}
	if err := role.ValidateLabel(); err != nil {
		return access.Role{}, err
	}
	role.ID = id
	err = s.update(ctx, c, action{"create", store.Roles.Kind, slug}, func(w *write) error {
		if err := need(w.snap, c, create, rolesArea, ""); err != nil {
			return err
		}
		return s.addRole(w, c, &role, RoleSlugConflict)
	})
	return role, err
}

// UpdateEnvironmentRole changes the name and the description of a role.
func (s *Service) UpdateEnvironmentRole(ctx context.Context, c access.Caller, slug string, u LabelUpdate) (access.Role, error) {
	return s.changeEnvironmentRole(ctx, c, "update", slug, func(w *write, role *access.Role) error {
		return s.relabel(w, role, u)
	})
}

// SetRolePermissions makes a role contain exactly these permissions. It is a
// NotFound error if the catalogue lacks one, and Unprocessable if one is about
// resources that the role's cannot contain; then nothing changes.
func (s *Service) SetRolePermissions(ctx context.Context, c access.Caller, slug string, permissions []string) (access.Role, error) {
	return s.changeEnvironmentRole(ctx, c, "set permissions", slug, func(w *write, role *access.Role) error {
		return s.setPermissions(w, c, role, permissions)
	})
}

// AddRolePermission makes a role contain a permission, too.
func (s *Service) AddRolePermission(ctx context.Context, c access.Caller, slug, permission string) (access.Role, error) {
	return s.changeEnvironmentRole(ctx, c, "add permission", slug, func(w *write, role *access.Role) error {
		return s.addPermissionTo(w, c, role, permission)
	})
}

func (s *Service) changeEnvironmentRole(ctx context.Context, c access.Caller, verb, slug string, do func(*write, *access.Role) error) (access.Role, error) {
	var role access.Role
	err := s.update(ctx, c, action{verb, store.Roles.Kind, slug}, func(w *write) error {
		if err := need(w.snap, c, change, rolesArea, slug); err != nil {
			return err
		}
		var err error
		if role, err = roleBySlug(w, "", slug); err != nil {
			return err
		}
		return do(w, &role)
	})
	return role, err
}

// relabel changes a role's name and description.
func (s *Service) relabel(w *write, role *access.Role, u LabelUpdate) error {
	changed, err := u.apply(&role.Name, &role.Description)
	if err != nil || !changed {
		return err
	}
	role.Updated = s.after(role.Updated)
	return put(w, store.Roles, string(role.ID), role)
}
