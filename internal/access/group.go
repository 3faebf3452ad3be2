package access

import "time"

// Bounds of a group.
const (
	MaxGroupBytes  = 100_000 // of the group as the API writes it in JSON
	MaxGroupAdmins = 100
)

// Group is a set of users, clients and other groups. What is granted to it,
// its members hold, and the members of its member groups.
type Group struct {
	ID      GroupID           `json:"id"`
	Name    string            `json:"name"`
	Updated time.Time         `json:"updated"` // UTC, whole milliseconds, later than before at every change
	Members []Subject         `json:"members,omitempty"`
	Admins  []Subject         `json:"admins,omitempty"` // may edit the group; are no members by it
	Tags    map[string]string `json:"tags,omitempty"`
}

// Validate returns an Invalid error that names the field which breaks a rule.
func (g *Group) Validate() error {
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
