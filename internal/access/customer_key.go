package access

import (
	"slices"
	"time"
)

// MaxKeyPermissions bounds the permissions of a customer's API key.
const MaxKeyPermissions = 100

// CustomerKey is an API key that an application hands to one of its customers
// and checks here when the customer calls with it. It says what the customer's
// program may do in the application, and proves nobody to this server.
//
// It belongs to an organization or, with a User, to that user's membership of
// the organization.
type CustomerKey struct {
	ID           CustomerKeyID  `json:"id"` // "api_key_" and a ULID
	Name         string         `json:"name"`
	Organization OrganizationID `json:"organization"`
	User         string         `json:"user,omitzero"`
	Membership   MembershipID   `json:"membership,omitzero"` // the user's, of the organization
	Permissions  []Permission   `json:"permissions,omitempty"`
	Hash         []byte         `json:"hash"`       // SHA-256 of the secret, which is kept nowhere
	Obfuscated   string         `json:"obfuscated"` // the end of the secret, by which people know it
	Created      time.Time      `json:"created"`
	Updated      time.Time      `json:"updated"`
	Expires      time.Time      `json:"expires,omitzero"` // zero: never
}

// CustomerKeyUse is when a key was last shown to be good. It is a document of
// its own, so that a use does not look like a change of the key.
type CustomerKeyUse struct {
	Last time.Time `json:"last"`
}

// Expired reports whether the key is past its end.
func (k *CustomerKey) Expired(now time.Time) bool { return expired(k.Expires, now) }

// expired reports whether an end has come; a zero one never does.
func expired(end, now time.Time) bool { return !end.IsZero() && !now.Before(end) }

// Validate returns an Unprocessable error that names the field which breaks a
// rule. It puts each permission once.
func (k *CustomerKey) Validate() error {
	if err := validateFieldName(k.Name); err != nil {
		return err
	}
	var once []Permission
	for _, p := range k.Permissions {
		if _, err := ParsePermissionSlug(string(p)); err != nil {
			return FieldErrorf("permissions", "invalid_permission", "permissions: %q is no slug of a permission", p)
		}
		if !slices.Contains(once, p) {
			once = append(once, p)
		}
		if len(once) > MaxKeyPermissions {
			return FieldErrorf("permissions", "too_many_permissions", "permissions: an API key has at most %d", MaxKeyPermissions)
		}
	}
	k.Permissions = once
	return nil
}

// validateFieldName is the rule for names that are required and have the usual
// length.
func validateFieldName(name string) error {
	if name == "" {
		return FieldErrorf("name", "name_required", "name must not be empty")
	}
	if err := validateText("name", name, MaxNameLen); err != nil {
		return FieldErrorf("name", "invalid_name", "%v", err)
	}
	return nil
}
