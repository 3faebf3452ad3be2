package access

import "time"

// Bounds of a group.
const (
	MaxGroupBytes  = 100_000 // of the group as the API writes it in JSON
	MaxGroupAdmins = 100

	// MaxOrganizationGroupNameLen is the longest name of a group of an
	// organization, in characters. Source: the WorkOS OpenAPI document.
	MaxOrganizationGroupNameLen = 256
)

// Group is a set of users, clients and other groups. What is granted to it,
// its members hold, and the members of its member groups.
//
// A group of an organization has as members memberships of that organization,
// each a document of its own, and neither Members nor Admins.
type Group struct {
	ID      GroupID           `json:"id"`
	Name    string            `json:"name"`
	Created time.Time         `json:"created,omitzero"`
	Updated time.Time         `json:"updated"` // UTC, whole milliseconds, later than before at every change
	Members []Subject         `json:"members,omitempty"`
	Admins  []Subject         `json:"admins,omitempty"` // may edit the group; are no members by it
	Tags    map[string]string `json:"tags,omitempty"`

	Organization OrganizationID `json:"organization,omitzero"` // empty for a group of the realm
	Description  string         `json:"description,omitzero"`
}

// Subject is the group as a holder of permissions.
func (g *Group) Subject() Subject { return Subject{GroupKind, string(g.ID)} }

// GroupMember is a membership's place in a group of its organization.
type GroupMember struct {
	Group      GroupID      `json:"group"`
	Membership MembershipID `json:"membership"`
	Created    time.Time    `json:"created"`
}

// ID is the document's: one for each pair. A group's id has no slash, so two
// pairs never share one.
func (m *GroupMember) ID() GroupMemberID {
	return GroupMemberID(string(m.Group) + "/" + string(m.Membership))
}

// OrganizationGroupPrefix begins the id of every group of an organization. No
// group of the realm can have such an id.
const OrganizationGroupPrefix = "group_"

// Validate returns an error that names the field which breaks a rule: an
// Unprocessable one for a group of an organization, else an Invalid one.
func (g *Group) Validate() error {
	if g.Organization != "" {
		return g.validateLabel()
	}
	if _, err := ParseGroupID(string(g.ID)); err != nil {
		return err
	}
	if err := validateLabel(g.Name, ""); err != nil {
		return err
	}
	if err := atMost("admins", len(g.Admins), MaxGroupAdmins); err != nil {
		return err
	}
	return validateTags(g.Tags)
}

// validateLabel checks what callers set of a group of an organization.
func (g *Group) validateLabel() error {
	if g.Name == "" {
		return FieldErrorf("name", "name_required", "name must not be empty")
	}
	if err := validateText("name", g.Name, MaxOrganizationGroupNameLen); err != nil {
		return FieldErrorf("name", "invalid_name", "%v", err)
	}
	if err := validateText("description", g.Description, MaxSlugDescriptionLen); err != nil {
		return FieldErrorf("description", "invalid_description", "%v", err)
	}
	return nil
}
