package access

// Model is what the applications of a realm are built on: the types of
// resources, the permissions and the roles. It is written as a file that people
// keep beside their code, so its members have the names that stand there.
//
// Applied to a realm, a member that is left out leaves what it says as it is, and
// a list that is left out everything that it could list.
type Model struct {
	Settings      ModelSettings       `json:"settings,omitzero"`
	ResourceTypes []ModelResourceType `json:"resource_types,omitzero"`
	Permissions   []ModelPermission   `json:"permissions,omitzero"`
	Roles         []ModelRole         `json:"roles,omitzero"` // the most important first
}

// ModelSettings are what the realm says of all its organizations.
type ModelSettings struct {
	MultipleRoles    *bool   `json:"multiple_roles,omitzero"`
	MaxResourceDepth *int    `json:"max_resource_depth,omitzero"`
	DefaultRole      *string `json:"default_role,omitzero"`
}

// ModelResourceType is a type of resources.
type ModelResourceType struct {
	Slug        string   `json:"slug"`
	Name        *string  `json:"name,omitzero"` // of a new one: the slug, if it is left out
	Description *string  `json:"description,omitzero"`
	Parents     []string `json:"parents,omitzero"` // of a new one: the organization
}

// ModelPermission is an entry of the catalogue.
type ModelPermission struct {
	Slug         string  `json:"slug"`
	Name         *string `json:"name,omitzero"`
	Description  *string `json:"description,omitzero"`
	ResourceType string  `json:"resource_type,omitzero"` // of a new one: the organization; cannot be changed
}

// ModelRole is a role of the realm.
type ModelRole struct {
	Slug         string   `json:"slug"`
	Name         *string  `json:"name,omitzero"`
	Description  *string  `json:"description,omitzero"`
	ResourceType string   `json:"resource_type,omitzero"`
	Permissions  []string `json:"permissions,omitzero"`
}

// maxModelList bounds the lists of a Model.
const maxModelList = 1000

// Validate returns an Unprocessable error if a list is too long or names
// something twice. What each entry says is checked as it is applied.
func (m *Model) Validate() error {
	return firstError(
		validateModelList("resource_types", len(m.ResourceTypes), func(i int) string { return m.ResourceTypes[i].Slug }),
		validateModelList("permissions", len(m.Permissions), func(i int) string { return m.Permissions[i].Slug }),
		validateModelList("roles", len(m.Roles), func(i int) string { return m.Roles[i].Slug }),
	)
}

func validateModelList(field string, n int, slug func(int) string) error {
	if n > maxModelList {
		return FieldErrorf(field, "too_many", "%s has %d elements, at most %d are allowed", field, n, maxModelList)
	}
	seen := make(map[string]bool, n)
	for i := range n {
		if s := slug(i); seen[s] {
			return FieldErrorf(field, "duplicate", "%s: %q stands there twice", field, s)
		}
		seen[slug(i)] = true
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// ModelChange is one step of making a realm what a Model says.
type ModelChange struct {
	Action  string        `json:"action"` // create, update or delete
	Kind    string        `json:"kind"`   // settings, resource_type, permission, role or role_order
	ID      string        `json:"id"`     // the slug; empty where there is one of the kind
	Changes []FieldChange `json:"changes,omitempty"`
}

// FieldChange is what an update changes.
type FieldChange struct {
	Field string `json:"field"`
	From  any    `json:"from"` // a string, a number, a boolean or a list of strings
	To    any    `json:"to"`
}
