package access

// Bounds of a role.
const (
	MaxNameLen         = 128  // characters, of every noun that has a name
	MaxDescriptionLen  = 1024 // characters
	MaxRolePermissions = 100
)

// Role is a named set of permissions.
type Role struct {
	ID          RoleID           `json:"id"`
	Name        string           `json:"name"`
	Description string           `json:"description,omitzero"`
	Permissions []RolePermission `json:"permissions"`
}

// RolePermission is one permission in a role. Action is kept as it was
// written; Permission gives the form that is compared.
type RolePermission struct {
	Action   string `json:"action"`
	Allow    bool   `json:"allow,omitzero"`
	Grant    bool   `json:"grant,omitzero"`
	Delegate bool   `json:"delegate,omitzero"`
}

// Permission is the action in the form that is compared. The action of a role
// that passed Validate always parses.
func (p RolePermission) Permission() Permission {
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
	if _, err := ParseRoleID(string(r.ID)); err != nil {
		return err
	}
	if err := validateLabel(r.Name, r.Description); err != nil {
		return err
	}
	if err := atMost("permissions", len(r.Permissions), MaxRolePermissions); err != nil {
		return err
	}
	for i, p := range r.Permissions {
		if _, err := ParsePermission(p.Action); err != nil {
			return in(at("permissions", i), err)
		}
	}
	return nil
}
