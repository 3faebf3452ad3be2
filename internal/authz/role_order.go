package authz

import (
	"slices"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// Reasons of errors about roles, as the WorkOS API names them.
const (
	InvalidRole             access.Reason = "invalid_role"
	MultipleRolesNotEnabled access.Reason = "multiple_roles_not_enabled"
	SubResourceScopedRole   access.Reason = "sub_resource_scoped_role_not_allowed"
)

// roleBySlug is the role that a slug names in an organization: the
// organization's own before the realm's. An empty organization has none of its
// own. It is a NotFound error if there is neither.
func roleBySlug(r store.Reader, org access.OrganizationID, slug string) (access.Role, error) {
	if org != "" {
		role, exists, err := find(r, store.Roles, string(access.OrganizationRole(org, slug)))
		if err != nil || exists {
			return role, err
		}
	}
	if !isRoleSlug(slug) {
		return access.Role{}, errNo("Role", slug)
	}
	return existing(r, store.Roles, "Role", slug)
}

// isRoleSlug reports whether a role of the realm can have the name in the WorkOS
// dialect. Roles that another dialect named otherwise do not show there.
func isRoleSlug(s string) bool {
	_, err := access.ParseRoleSlug(s)
	return err == nil
}

// rolesOf returns the roles that can be assigned in an organization, its own and
// the realm's, or with an empty organization the realm's alone, the most
// important first; and the one that is given where none is named.
func rolesOf(r store.Reader, realm access.RealmID, org access.OrganizationID) ([]access.Role, access.RoleID, error) {
	doc, err := realmByID(r, realm)
	if err != nil {
		return nil, "", err
	}
	roles, err := every(r, store.Roles, store.ByOrganization, "")
	if err != nil {
		return nil, "", err
	}
	roles = slices.DeleteFunc(roles, func(role access.Role) bool { return !isRoleSlug(string(role.ID)) })
	order := doc.Roles
	if org != "" {
		o, err := organizationByID(r, org)
		if err != nil {
			return nil, "", err
		}
		own, err := every(r, store.Roles, store.ByOrganization, string(org))
		if err != nil {
			return nil, "", err
		}
		roles, order = append(roles, own...), orderOf(doc, o)
	}
	sortRoles(roles, order.Priority)
	return roles, order.Default, nil
}

// orderOf is the order of an organization's roles: the realm's, where it has
// none of its own.
func orderOf(realm access.Realm, org access.Organization) access.RoleOrder {
	order := org.Roles
	if order.Priority == nil {
		order.Priority = realm.Roles.Priority
	}
	if order.Default == "" {
		order.Default = realm.Roles.Default
	}
	return order
}

// sortRoles puts those that the priority names first, and behind them the others
// in the order in which they were made.
func sortRoles(roles []access.Role, priority []access.RoleID) {
	rank := make(map[access.RoleID]int, len(priority))
	for i, id := range priority {
		rank[id] = i
	}
	of := func(role *access.Role) int {
		if i, ok := rank[role.ID]; ok {
			return i
		}
		return len(priority)
	}
	slices.SortFunc(roles, func(a, b access.Role) int {
		if d := of(&a) - of(&b); d != 0 {
			return d
		}
		return strings.Compare(a.UID, b.UID)
	})
}
