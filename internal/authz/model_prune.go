package authz

import (
	"cmp"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// pruneRoles deletes the roles that a model could have listed and does not.
func (a *applying) pruneRoles() error {
	if a.model.Roles == nil {
		return nil
	}
	roles, _, err := rolesOf(a.w, a.c.Realm, "")
	if err != nil {
		return err
	}
	for _, role := range roles {
		if a.listsRole(role.ID) || !inModel(&role) {
			continue
		}
		if err := a.pruneRole(&role); err != nil {
			return about(rolePart, string(role.ID), err)
		}
	}
	return nil
}

func (a *applying) pruneRole(role *access.Role) error {
	if err := need(a.w.snap, a.c, change, rolesArea, string(role.ID)); err != nil {
		return err
	}
	held, err := holdsAny(a.w, store.Assignments, store.ByRole, string(role.ID))
	if err == nil && !held {
		held, err = holdsAny(a.w, store.Records, store.ByRole, string(role.ID))
	}
	if err != nil {
		return err
	}
	if held {
		return access.Errorf(access.Conflict, "the model lacks it, and somebody holds it; delete it by itself, where a replacement can be named")
	}
	a.did("delete", rolePart, string(role.ID))
	return a.s.removeRole(a.w, a.c.Realm, role, nil)
}

// prunePermissions comes after the roles, which may have contained what goes.
func (a *applying) prunePermissions() error {
	if a.model.Permissions == nil {
		return nil
	}
	defined, err := every(a.w, store.Permissions, "", "")
	if err != nil {
		return err
	}
	for _, d := range defined {
		if slices.ContainsFunc(a.model.Permissions, func(p access.ModelPermission) bool { return p.Slug == string(d.Permission) }) {
			continue
		}
		if err := a.prunePermission(&d); err != nil {
			return about(permissionPart, string(d.Permission), err)
		}
	}
	return nil
}

func (a *applying) prunePermission(d *access.PermissionDefinition) error {
	if err := need(a.w.snap, a.c, change, rolesArea, ""); err != nil {
		return err
	}
	if role, has, err := one(a.w, store.Roles, store.ByPermission, string(d.Permission)); err != nil {
		return err
	} else if has {
		return access.Errorf(access.Conflict, "the model lacks it, and the role '%s' contains it", role.ID)
	}
	if key, has, err := one(a.w, store.CustomerKeys, store.ByPermission, string(d.Permission)); err != nil {
		return err
	} else if has {
		return access.Errorf(access.Conflict, "the model lacks it, and the API key '%s' of a customer contains it", key.ID)
	}
	a.did("delete", permissionPart, string(d.Permission))
	return a.s.removePermission(a.w, d)
}

// pruneResourceTypes comes last, and deletes the deepest types first: nothing
// may be made for a type that goes, nor stand under it.
func (a *applying) pruneResourceTypes() error {
	if a.model.ResourceTypes == nil {
		return nil
	}
	types, err := typesOf(a.w)
	if err != nil {
		return err
	}
	levels := types.levels()
	var gone []access.ResourceTypeID
	for id := range types {
		if !slices.ContainsFunc(a.model.ResourceTypes, func(t access.ModelResourceType) bool { return t.Slug == string(id) }) {
			gone = append(gone, id)
		}
	}
	slices.SortFunc(gone, func(x, y access.ResourceTypeID) int {
		return cmp.Or(levels[y]-levels[x], cmp.Compare(x, y))
	})
	for _, id := range gone {
		if err := a.pruneResourceType(id); err != nil {
			return about("resource type", string(id), err)
		}
	}
	return nil
}

func (a *applying) pruneResourceType(id access.ResourceTypeID) error {
	if err := refuseUsedType(a.w, id); err != nil {
		return err
	}
	if res, has, err := one(a.w, store.Resources, store.ByType, string(id)); err != nil {
		return err
	} else if has {
		return access.Errorf(access.Conflict, "the model lacks it, and the resource '%s' is of it; deleting the type by itself takes its resources along", res.ID)
	}
	a.did("delete", resourceTypePart, string(id))
	return remove(a.w, store.ResourceTypes, string(id))
}
