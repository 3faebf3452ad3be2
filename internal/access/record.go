package access

import "time"

// Bounds of a record. Source: the Authress API's limits.
const (
	MaxRecordBytes        = 100_000 // of the record as the API writes it in JSON
	MaxRecordUsers        = 1000
	MaxRecordGroups       = 100
	MaxRecordAdmins       = 100
	MaxStatements         = 100
	MaxStatementRoles     = 100
	MaxStatementResources = 100
	MaxStatementUsers     = 100
	MaxStatementGroups    = 10
)

// RecordStatus says whether a record grants anything.
type RecordStatus string

// A deleted record grants nothing, keeps its content, and can be revived under
// its id.
const (
	RecordActive  RecordStatus = "ACTIVE"
	RecordDeleted RecordStatus = "DELETED"
)

// Record gives subjects roles on resources. Its own subjects hold what every
// statement gives, a statement's subjects what that statement gives; a record
// has the one or the other, not both.
type Record struct {
	ID          RecordID          `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description,omitzero"`
	Status      RecordStatus      `json:"status"`
	Updated     time.Time         `json:"updated"` // UTC, whole milliseconds, later than before at every change
	Subjects    []Subject         `json:"subjects,omitempty"`
	Admins      []Subject         `json:"admins,omitempty"` // may edit the record; hold nothing by it
	Statements  []Statement       `json:"statements"`
	Tags        map[string]string `json:"tags,omitempty"`
}

// Statement gives each of its subjects each of its roles on each of its
// resources. Roles and groups need not exist: they count once they do.
// Resources are kept as they were written; each parses as a ResourceURI.
type Statement struct {
	Roles     []RoleID  `json:"roles"`
	Resources []string  `json:"resources"`
	Subjects  []Subject `json:"subjects,omitempty"`
}

// Validate returns an Invalid error that names the field which breaks a rule.
func (r *Record) Validate() error {
	if _, err := ParseRecordID(string(r.ID)); err != nil {
		return err
	}
	if err := validateLabel(r.Name, r.Description); err != nil {
		return err
	}
	if err := validateSubjects(r.Subjects, MaxRecordUsers, MaxRecordGroups); err != nil {
		return err
	}
	if err := atMost("admins", len(r.Admins), MaxRecordAdmins); err != nil {
		return err
	}
	for i := range r.Statements {
		if len(r.Subjects) > 0 && len(r.Statements[i].Subjects) > 0 {
			return Errorf(Invalid, "%s: users and groups stand either in the record or in its statements, not in both", at("statements", i))
		}
	}
	if err := validateStatements("statements", r.Statements, 1); err != nil {
		return err
	}
	return validateTags(r.Tags)
}

func validateStatements(field string, statements []Statement, atLeast int) error {
	if len(statements) < atLeast {
		return Errorf(Invalid, "%s must have at least one element", field)
	}
	if err := atMost(field, len(statements), MaxStatements); err != nil {
		return err
	}
	for i := range statements {
		if err := in(at(field, i), statements[i].Validate()); err != nil {
			return err
		}
	}
	return nil
}

// Validate returns an Invalid error that names the field which breaks a rule.
func (s *Statement) Validate() error {
	if err := atLeastOne("roles", len(s.Roles)); err != nil {
		return err
	}
	if err := atMost("roles", len(s.Roles), MaxStatementRoles); err != nil {
		return err
	}
	if err := atLeastOne("resources", len(s.Resources)); err != nil {
		return err
	}
	if err := atMost("resources", len(s.Resources), MaxStatementResources); err != nil {
		return err
	}
	if err := validateSubjects(s.Subjects, MaxStatementUsers, MaxStatementGroups); err != nil {
		return err
	}
	for i, id := range s.Roles {
		if _, err := ParseRoleID(string(id)); err != nil {
			return in(at("roles", i), err)
		}
	}
	for i, uri := range s.Resources {
		if _, err := ParseResourceURI(uri); err != nil {
			return in(at("resources", i), err)
		}
	}
	return nil
}

// validateSubjects counts users and groups apart. The subjects themselves were
// made by ParseUser and ParseGroupID.
func validateSubjects(subjects []Subject, maxUsers, maxGroups int) error {
	users, groups := 0, 0
	for _, s := range subjects {
		if s.Kind == GroupKind {
			groups++
		} else {
			users++
		}
	}
	if err := atMost("users", users, maxUsers); err != nil {
		return err
	}
	return atMost("groups", groups, maxGroups)
}
