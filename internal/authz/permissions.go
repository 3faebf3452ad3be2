package authz

import (
	"context"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// PermissionSlugConflict is the reason of a permission that exists already.
const PermissionSlugConflict access.Reason = "permission_slug_conflict"

// PermissionDefinitions returns a part of the realm's catalogue of permissions,
// the built-in ones included. It is for who may read roles.
func (s *Service) PermissionDefinitions(ctx context.Context, c access.Caller, p Window) (Slice[access.PermissionDefinition], error) {
	var found Slice[access.PermissionDefinition]
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		if err := need(snap, c, read, rolesArea, ""); err != nil {
			return err
		}
		all, err := catalogue(r, c.Realm)
		found = windowOf(all, func(d *access.PermissionDefinition) string { return d.UID }, p)
		return err
	})
	return found, err
}

// PermissionDefinition returns an entry of the catalogue by its slug.
func (s *Service) PermissionDefinition(ctx context.Context, c access.Caller, slug string) (access.PermissionDefinition, error) {
	var d access.PermissionDefinition
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		if err := need(snap, c, read, rolesArea, ""); err != nil {
			return err
		}
		var err error
		d, err = permissionBySlug(r, c.Realm, slug)
		return err
	})
	return d, err
}

// CreatePermission puts a permission into the catalogue; without a type it is
// about organizations. It is a Conflict error with the reason
// PermissionSlugConflict if the catalogue has it, and NotFound if nobody defined
// its type.
func (s *Service) CreatePermission(ctx context.Context, c access.Caller, d access.PermissionDefinition) (access.PermissionDefinition, error) {
	if err := d.Validate(); err != nil {
		return access.PermissionDefinition{}, err
	}
	err := s.update(ctx, c, action{"create", store.Permissions.Kind, string(d.Permission)}, func(w *write) error {
		if err := need(w.snap, c, create, rolesArea, ""); err != nil {
			return err
		}
		return s.addPermission(w, c.Realm, &d)
	})
	return d, err
}

// addPermission writes a valid entry that the catalogue does not have yet.
func (s *Service) addPermission(w *write, realm access.RealmID, d *access.PermissionDefinition) error {
	if d.Type == "" {
		d.Type = access.OrganizationType
	}
	if err := definedType(w, d.Type); err != nil {
		return err
	}
	if _, exists, err := findPermission(w, realm, string(d.Permission)); err != nil {
		return err
	} else if exists {
		// The words "already exists" are what the official command line skips what
		// it would seed by.
		return access.Errorf(access.Conflict, "A permission with the slug '%s' already exists.", d.Permission).Because(PermissionSlugConflict)
	}
	d.UID, d.Created = s.newID("perm_"), s.now()
	d.Updated = d.Created
	return put(w, store.Permissions, d.UID, d)
}

// UpdatePermission changes the name and the description of a permission. It is a
// Forbidden error if that is built in.
func (s *Service) UpdatePermission(ctx context.Context, c access.Caller, slug string, u LabelUpdate) (access.PermissionDefinition, error) {
	var d access.PermissionDefinition
	err := s.update(ctx, c, action{"update", store.Permissions.Kind, slug}, func(w *write) error {
		var err error
		if d, err = changeablePermission(w, c, slug); err != nil {
			return err
		}
		changed, err := u.apply(&d.Name, &d.Description)
		if err != nil || !changed {
			return err
		}
		d.Updated = s.after(d.Updated)
		return put(w, store.Permissions, d.UID, &d)
	})
	return d, err
}

// DeletePermission takes a permission out of the catalogue and, in the same
// commit, out of every role that has it by the WorkOS dialect and out of every
// customer's API key. It is a Forbidden error if the permission is built in.
func (s *Service) DeletePermission(ctx context.Context, c access.Caller, slug string) error {
	return s.update(ctx, c, action{"delete", store.Permissions.Kind, slug}, func(w *write) error {
		d, err := changeablePermission(w, c, slug)
		if err != nil {
			return err
		}
		return s.removePermission(w, &d)
	})
}

// removePermission deletes an entry of the catalogue with what holds it.
func (s *Service) removePermission(w *write, d *access.PermissionDefinition) error {
	if err := s.detachFromKeys(w, d.Permission); err != nil {
		return err
	}
	err := eachOf(w, store.Roles, store.ByPermission, string(d.Permission), func(id string, role *access.Role) error {
		role.Permissions = slices.DeleteFunc(role.Permissions, func(p access.RolePermission) bool {
			return p.Exact && p.Action == string(d.Permission)
		})
		role.Updated = s.after(role.Updated)
		return put(w, store.Roles, id, role)
	})
	if err != nil {
		return err
	}
	return remove(w, store.Permissions, d.UID)
}

// changeablePermission returns an entry that the caller may change.
func changeablePermission(w *write, c access.Caller, slug string) (access.PermissionDefinition, error) {
	if err := need(w.snap, c, change, rolesArea, ""); err != nil {
		return access.PermissionDefinition{}, err
	}
	d, err := permissionBySlug(w, c.Realm, slug)
	if err == nil && d.System {
		err = access.Errorf(access.Forbidden, "The permission '%s' is a system permission and cannot be changed.", slug)
	}
	return d, err
}

// catalogue returns every permission that is defined in the realm, the built-in
// ones first.
func catalogue(r store.Reader, realm access.RealmID) ([]access.PermissionDefinition, error) {
	doc, err := realmByID(r, realm)
	if err != nil {
		return nil, err
	}
	stored, err := every(r, store.Permissions, "", "")
	return append(access.SystemPermissions(doc.Created), stored...), err
}

// permissionBySlug is the catalogue's entry, or a NotFound error.
func permissionBySlug(r store.Reader, realm access.RealmID, slug string) (access.PermissionDefinition, error) {
	d, exists, err := findPermission(r, realm, slug)
	if err == nil && !exists {
		err = errNo("Permission", slug)
	}
	return d, err
}

func findPermission(r store.Reader, realm access.RealmID, slug string) (access.PermissionDefinition, bool, error) {
	d, exists, err := one(r, store.Permissions, store.BySlug, slug)
	if err != nil || exists {
		return d, exists, err
	}
	doc, err := realmByID(r, realm)
	if err != nil {
		return access.PermissionDefinition{}, false, err
	}
	for _, d := range access.SystemPermissions(doc.Created) {
		if string(d.Permission) == slug {
			return d, true, nil
		}
	}
	return access.PermissionDefinition{}, false, nil
}

// definedType returns a NotFound error unless there is the type of resources.
func definedType(r store.Reader, t access.ResourceTypeID) error {
	if _, err := access.ParseResourceTypeID("resource_type_slug", string(t)); err != nil {
		return err
	}
	_, err := resourceTypeByID(r, t)
	return err
}
