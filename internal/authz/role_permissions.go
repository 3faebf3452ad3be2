package authz

import (
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// setPermissions makes a role contain exactly these permissions of the
// catalogue; the same in another order is no change. It is a NotFound error if the
// catalogue lacks one, and Unprocessable, about the field permissions, if the role
// may not contain one.
//
// What the WorkOS dialect cannot show goes too: actions that are no slugs, the
// flags grant and delegate, and that an action of the Authress dialect contains
// others. Whoever sets a list must be able to rely on it, and with an empty one
// have a role that gives nothing.
func (s *Service) setPermissions(w *write, c access.Caller, role *access.Role, slugs []string) error {
	slugs = once(slugs)
	if len(slugs) > access.MaxRolePermissions {
		return access.FieldErrorf("permissions", "too_many_permissions", "permissions names %d permissions, at most %d are allowed", len(slugs), access.MaxRolePermissions)
	}
	now := make([]access.RolePermission, len(slugs))
	for i, slug := range slugs {
		var err error
		if now[i], err = rolePermission(w, c.Realm, role, "permissions", slug); err != nil {
			return err
		}
	}
	if len(missing(now, role.Permissions)) == 0 && len(missing(role.Permissions, now)) == 0 {
		return nil
	}
	return s.putPermissions(w, c, role, now)
}

// addPermissionTo makes a role contain a permission of the catalogue, too; see
// setPermissions.
func (s *Service) addPermissionTo(w *write, c access.Caller, role *access.Role, slug string) error {
	p, err := rolePermission(w, c.Realm, role, "slug", slug)
	if err != nil || slices.Contains(role.Slugs(), access.Permission(slug)) {
		return err
	}
	now := append(slices.Clip(role.Permissions), p)
	if access.CountPermissions(now) > access.MaxRolePermissions {
		return access.FieldErrorf("slug", "too_many_permissions", "The role has %d permissions already, more are not allowed.", access.MaxRolePermissions)
	}
	return s.putPermissions(w, c, role, now)
}

// putPermissions writes a role with other permissions. What a role of an
// organization gives more than before, it may give to whoever has it at once: the
// caller must have the authority to grant that in the organization. Otherwise
// whoever may assign roles there could assign an empty one and then fill it.
func (s *Service) putPermissions(w *write, c access.Caller, role *access.Role, now []access.RolePermission) error {
	if role.Organization != "" {
		org, err := organizationByID(w, role.Organization)
		if err != nil {
			return err
		}
		if err := hasAuthority(w, c, missing(role.Permissions, now), access.ResourceURI(org.Root)); err != nil {
			return err
		}
	}
	role.Permissions, role.Updated = now, s.after(role.Updated)
	return put(w, store.Roles, string(role.ID), role)
}

// missing are the permissions of one list that another lacks.
func missing(from, of []access.RolePermission) []access.RolePermission {
	return slices.DeleteFunc(slices.Clone(of), func(p access.RolePermission) bool { return slices.Contains(from, p) })
}

// once is the list with each element where it stands first.
func once(list []string) []string {
	seen := make(map[string]bool, len(list))
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool {
		defer func() { seen[s] = true }()
		return seen[s]
	})
}

// rolePermission is what a role holds a permission of the catalogue by.
func rolePermission(w *write, realm access.RealmID, role *access.Role, field, slug string) (access.RolePermission, error) {
	d, err := permissionBySlug(w, realm, slug)
	if err != nil {
		return access.RolePermission{}, err
	}
	suits, err := isBelow(w, d.Type, role.ResourceType())
	if err == nil && !suits {
		err = access.FieldErrorf(field, "invalid_permission", "The permission '%s' is about the type %q, which is neither the type %q of the role nor below it.", slug, d.Type, role.ResourceType())
	}
	return access.RolePermission{Action: string(d.Permission), Allow: true, Exact: true}, err
}

// isBelow reports whether resources of the type can stand below those of the
// other, or are of it.
func isBelow(r store.Reader, t, above access.ResourceTypeID) (bool, error) {
	if above == access.OrganizationType {
		return true, nil
	}
	way := []access.ResourceTypeID{t}
	for i := 0; i < len(way); i++ { // each type once: the types form no circle, but ways meet
		if way[i] == above {
			return true, nil
		}
		doc, _, err := find(r, store.ResourceTypes, string(way[i]))
		if err != nil {
			return false, err
		}
		for _, p := range doc.Parents {
			if !slices.Contains(way, p) {
				way = append(way, p)
			}
		}
	}
	return false, nil
}
