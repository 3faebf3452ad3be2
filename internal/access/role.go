package access

import (
	"slices"
	"time"
)

// Bounds of a role.
const (
	MaxNameLen         = 128  // characters, of every noun that has a name
	MaxDescriptionLen  = 1024 // characters
	MaxRolePermissions = 100  // by CountPermissions
)

// Role is a named set of permissions, of the realm or of one organization.
type Role struct {
	ID          RoleID           `json:"id"`
	Name        string           `json:"name"`
	Description string           `json:"description,omitzero"`
	Permissions []RolePermission `json:"permissions"`

	UID          string         `json:"uid,omitzero"`          // "role_" and a ULID: this role, and not a later one of the same id; empty for built-in ones
	Organization OrganizationID `json:"organization,omitzero"` // empty for a role of the realm; the id is then OrganizationRole's
	Type         ResourceTypeID `json:"type,omitzero"`         // of the resources that it can be assigned on; empty is OrganizationType
	Created      time.Time      `json:"created,omitzero"`
	Updated      time.Time      `json:"updated,omitzero"`
}

// ResourceType is the type of the resources that the role can be assigned on.
func (r *Role) ResourceType() ResourceTypeID {
	if r.Type == "" {
		return OrganizationType
	}
	return r.Type
}

// ParseRoleSlug checks the name of a role as the WorkOS dialect writes it: 1 to
// MaxSlugLen lower-case letters, digits, - and _.
//
// It returns an Unprocessable error that names the field slug.
func ParseRoleSlug(s string) (RoleID, error) {
	if !validSlug(s, "-_") {
		return "", FieldErrorf("slug", "invalid_slug", "slug must be 1 to %d lower-case letters, digits, - and _", MaxSlugLen)
	}
	return RoleID(s), nil
}

// ValidateLabel returns an Unprocessable error that names the field unless the
// role's name and description are within the bounds of the WorkOS dialect, which
// are narrower than Validate's.
func (r *Role) ValidateLabel() error { return validateSlugLabel(r.Name, r.Description) }

// Slugs are the permissions that the role allows and the WorkOS dialect can
// write, each once, in the role's order.
func (r *Role) Slugs() []Permission {
	slugs := []Permission{}
	for _, p := range r.Permissions {
		if slug, err := ParsePermissionSlug(p.Action); err == nil && p.Allow && !slices.Contains(slugs, slug) {
			slugs = append(slugs, slug)
		}
	}
	return slugs
}

// RolePermission is one permission in a role. Action is kept as it was
// written; Permission gives the form that is compared.
type RolePermission struct {
	Action   string `json:"action"`
	Allow    bool   `json:"allow,omitzero"`
	Grant    bool   `json:"grant,omitzero"`
	Delegate bool   `json:"delegate,omitzero"`
	// Exact makes the entry cover the very permission and none below it, and
	// none that a "*" in it could stand for. What a role contains by the WorkOS
	// dialect is so: there "docs" and "docs:read" are two permissions and
	// neither implies the other. It has Allow alone.
	Exact bool `json:"exact,omitzero"`
}

// CountPermissions counts entries of a role: an exact one and another of the same
// action, which says what may be given on besides, are one.
func CountPermissions(perms []RolePermission) int {
	type kind struct {
		action string
		exact  bool
	}
	n, seen := 0, map[kind]int{}
	for _, p := range perms {
		mine := kind{p.Action, p.Exact}
		seen[mine]++
		if seen[mine] > seen[kind{p.Action, !p.Exact}] {
			n++
		}
	}
	return n
}

// Permission is the action in the form that is compared. The action of a role
// that passed Validate always parses.
func (p RolePermission) Permission() Permission {
	if p.Exact {
		perm, _ := ParsePermissionSlug(p.Action)
		return perm
	}
	perm, _ := ParsePermission(p.Action)
	return perm
}

// Flags are the entry's three flags as a set.
func (p RolePermission) Flags() Flags {
	var f Flags
	if p.Allow {
		f |= Allow
	}
	if p.Grant {
		f |= Grant
	}
	if p.Delegate {
		f |= Delegate
	}
	return f
}

// OwnerRole is built into every realm: every permission, with every flag.
const OwnerRole RoleID = "Authress:Owner"

// BuiltInRoles lists the roles that exist in every realm and are never stored.
func BuiltInRoles() []Role {
	return []Role{{
		ID:          OwnerRole,
		Name:        "Owner",
		Description: "Full control, including granting access to others",
		Permissions: []RolePermission{{Action: "*", Allow: true, Grant: true, Delegate: true}},
	}}
}

// Validate returns an Invalid error that names the field which breaks a rule.
func (r *Role) Validate() error {
	if r.Organization != "" {
		if r.ID != OrganizationRole(r.Organization, r.ID.Slug()) {
			return Errorf(Invalid, "roleId %q is not one of the organization %q", r.ID, r.Organization)
		}
	} else if _, err := ParseRoleID(string(r.ID)); err != nil {
		return err
	}
	if err := validateLabel(r.Name, r.Description); err != nil {
		return err
	}
	if err := atMost("permissions", CountPermissions(r.Permissions), MaxRolePermissions); err != nil {
		return err
	}
	for i, p := range r.Permissions {
		if err := p.validate(); err != nil {
			return in(at("permissions", i), err)
		}
	}
	return nil
}

func (p RolePermission) validate() error {
	if !p.Exact {
		_, err := ParsePermission(p.Action)
		return err
	}
	if p.Grant || p.Delegate {
		return Errorf(Invalid, "an exact permission has allow alone")
	}
	_, err := ParsePermissionSlug(p.Action)
	return err
}
