package access

import (
	"strings"
	"time"
)

// OrganizationType is the type of the root of every organization's resources.
// It is built in: no document defines it.
const OrganizationType ResourceTypeID = "organization"

// MaxResourceTypeParents bounds the types that one type may stand under.
const MaxResourceTypeParents = 20

// ResourceType says what sort of resource an organization may register, and
// under which others. The types of a realm form no circle.
type ResourceType struct {
	ID          ResourceTypeID   `json:"id"`
	Name        string           `json:"name"`
	Description string           `json:"description,omitzero"`
	Parents     []ResourceTypeID `json:"parents"` // at least one; OrganizationType for a top-level type
	Created     time.Time        `json:"created"`
	Updated     time.Time        `json:"updated"`
}

// Validate returns an Unprocessable error that names the field which breaks a
// rule.
func (t *ResourceType) Validate() error {
	if _, err := ParseResourceTypeID("slug", string(t.ID)); err != nil {
		return err
	}
	if err := validateSlugLabel(t.Name, t.Description); err != nil {
		return err
	}
	if len(t.Parents) == 0 || len(t.Parents) > MaxResourceTypeParents {
		return FieldErrorf("parents", "invalid_parents", "parents must name 1 to %d resource types; %q for a top-level type", MaxResourceTypeParents, OrganizationType)
	}
	for _, p := range t.Parents {
		if _, err := ParseResourceTypeID("parents", string(p)); err != nil {
			return err
		}
	}
	return nil
}

// ParseResourceTypeID returns an Unprocessable error that names the field unless
// s is 1 to MaxSlugLen lower-case letters, digits, - and _.
func ParseResourceTypeID(field, s string) (ResourceTypeID, error) {
	if !validSlug(s, "-_") {
		return "", FieldErrorf(field, "invalid_resource_type_slug", "%s must be 1 to %d lower-case letters, digits, - and _", field, MaxSlugLen)
	}
	return ResourceTypeID(s), nil
}

// ResourcePrefix begins the id of every registered resource.
const ResourcePrefix = "authz_resource_"

// MaxExternalIDLen is the longest id that an application gives an object of its
// own, in characters (ASCII).
const MaxExternalIDLen = 128

// Resource is a resource that an organization has registered. Its id is its
// ResourceURI, of one segment, and its parent is stored rather than spelled by
// the path.
type Resource struct {
	ID           ResourceID     `json:"id"`
	ExternalID   string         `json:"externalId"` // the application's, unique for its organization and type; empty for a root
	Name         string         `json:"name"`       // empty for a root, which is named as its organization
	Description  string         `json:"description,omitzero"`
	Type         ResourceTypeID `json:"type"`
	Organization OrganizationID `json:"organization"`
	Parent       ResourceID     `json:"parent,omitzero"` // empty for a root only
	Created      time.Time      `json:"created"`
	Updated      time.Time      `json:"updated"`
}

// URI is the resource as a query names it.
func (r *Resource) URI() ResourceURI { return ResourceURI(r.ID) }

// Root reports whether the resource is its organization itself.
func (r *Resource) Root() bool { return r.Type == OrganizationType }

// Validate returns an Unprocessable error that names the field which breaks a
// rule. It is for resources other than roots.
func (r *Resource) Validate() error {
	if err := ValidateExternalID("external_id", r.ExternalID); err != nil {
		return err
	}
	return validateSlugLabel(r.Name, r.Description)
}

// ValidateExternalID returns an Unprocessable error that names the field unless
// s is 1 to MaxExternalIDLen characters of ASCII without control characters.
func ValidateExternalID(field, s string) error {
	ok := len(s) > 0 && len(s) <= MaxExternalIDLen
	for i := 0; i < len(s); i++ {
		ok = ok && s[i] >= ' ' && s[i] < 0x7f
	}
	if !ok {
		return FieldErrorf(field, "invalid_external_id", "%s must be 1 to %d characters of printable ASCII", field, MaxExternalIDLen)
	}
	return nil
}

// Assignment gives a role on one registered resource to one membership or
// group of its organization: the smallest record.
type Assignment struct {
	ID           AssignmentID   `json:"id"`
	Subject      Subject        `json:"subject"` // of kind membership or group
	Role         RoleID         `json:"role"`
	Resource     ResourceID     `json:"resource"`
	Organization OrganizationID `json:"organization"`
	Created      time.Time      `json:"created"`
	Updated      time.Time      `json:"updated"`
}

// OrganizationRole is the id of a role of one organization. A role of the realm
// has no slash in its id, nor has an organization, so the two never meet.
func OrganizationRole(org OrganizationID, slug string) RoleID {
	return RoleID(string(org) + "/" + slug)
}

// Slug is the role's name among those of its realm or organization.
func (id RoleID) Slug() string { return string(id)[strings.LastIndexByte(string(id), '/')+1:] }

// RoleOrder says which role comes before which, and which one is given where
// none is named. Roles that it does not list come after those that it does, in
// the order in which they were made.
type RoleOrder struct {
	Default  RoleID   `json:"default,omitzero"`
	Priority []RoleID `json:"priority,omitempty"`
}
