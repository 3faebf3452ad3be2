package access

import (
	"strings"
	"time"
)

// Bounds of what is defined through the WorkOS dialect, in characters.
// Source: its OpenAPI document.
const (
	MaxSlugLen            = 48
	MaxSlugNameLen        = 48
	MaxSlugDescriptionLen = 150
)

// PermissionDefinition is an entry of the realm's catalogue of permissions: what
// an application checks, with a name for people. Roles may contain permissions
// that no entry defines.
type PermissionDefinition struct {
	UID         string         `json:"uid"` // "perm_" and a ULID
	Permission  Permission     `json:"permission"`
	Name        string         `json:"name"`
	Description string         `json:"description,omitzero"`
	Type        ResourceTypeID `json:"type"` // of the resources that it is about
	Created     time.Time      `json:"created"`
	Updated     time.Time      `json:"updated"`
	System      bool           `json:"-"` // built in: nobody can write it
}

// Validate returns an Unprocessable error that names the field which breaks a
// rule.
func (d *PermissionDefinition) Validate() error {
	if _, err := ParsePermissionSlug(string(d.Permission)); err != nil {
		return err
	}
	return validateSlugLabel(d.Name, d.Description)
}

// ParsePermissionSlug checks a permission as the WorkOS dialect writes it: 1 to
// MaxSlugLen lower-case letters, digits and _-:.*.
//
// It returns an Unprocessable error that names the field slug.
func ParsePermissionSlug(s string) (Permission, error) {
	if !validSlug(s, "_-:.*") {
		return "", FieldErrorf("slug", "invalid_slug", "slug must be 1 to %d lower-case letters, digits and _ - : . *", MaxSlugLen)
	}
	return Permission(s), nil
}

// validSlug reports whether s is a slug: lower-case letters, digits and the
// punctuation.
func validSlug(s, punctuation string) bool {
	if len(s) == 0 || len(s) > MaxSlugLen {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && strings.IndexByte(punctuation, c) < 0 {
			return false
		}
	}
	return true
}

// validateSlugLabel checks the name and the description of what has a slug.
func validateSlugLabel(name, description string) error {
	if err := ValidateSlugName(name); err != nil {
		return err
	}
	return ValidateSlugDescription(description)
}

// ValidateSlugName returns an Unprocessable error that names the field unless s
// can be the name of what has a slug.
func ValidateSlugName(s string) error {
	if s == "" {
		return FieldErrorf("name", "name_required", "name must not be empty")
	}
	if err := validateText("name", s, MaxSlugNameLen); err != nil {
		return FieldErrorf("name", "invalid_name", "%v", err)
	}
	return nil
}

// ValidateSlugDescription returns an Unprocessable error that names the field
// unless s can be the description of what has a slug.
func ValidateSlugDescription(s string) error {
	if err := validateText("description", s, MaxSlugDescriptionLen); err != nil {
		return FieldErrorf("description", "invalid_description", "%v", err)
	}
	return nil
}

// systemPermissions are those that the vendor's widgets ask for. Source: the
// list in the WorkOS dashboard, which shows them locked; an application that
// moves over may have put them into its roles.
var systemPermissions = [...]struct{ uid, slug, name string }{
	{"perm_00000000000000000000000001", "widgets:users-table:manage", "Manage users"},
	{"perm_00000000000000000000000002", "widgets:sso:manage", "Manage single sign-on"},
	{"perm_00000000000000000000000003", "widgets:domain-verification:manage", "Verify domains"},
	{"perm_00000000000000000000000004", "widgets:dsync:manage", "Manage directory sync"},
	{"perm_00000000000000000000000005", "widgets:api-keys:manage", "Manage API keys"},
	{"perm_00000000000000000000000006", "widgets:audit-log-streaming:manage", "Manage audit log streams"},
}

// SystemPermissions lists the permissions that every realm's catalogue has and
// that are never stored, in the order of their UIDs, as if made at the time.
func SystemPermissions(made time.Time) []PermissionDefinition {
	all := make([]PermissionDefinition, len(systemPermissions))
	for i, p := range systemPermissions {
		all[i] = PermissionDefinition{
			UID: p.uid, Permission: Permission(p.slug), Name: p.name,
			Type: OrganizationType, Created: made, Updated: made, System: true,
		}
	}
	return all
}
