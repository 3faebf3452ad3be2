package access

import "time"

// MaxRequestUsers bounds the users of an access request.
const MaxRequestUsers = 100

// MaxOpenRequests bounds the open access requests of one requester. To ask takes
// no right, so that without a bound anybody could fill the disk.
const MaxOpenRequests = 100

// RequestStatus is where an access request stands.
type RequestStatus string

// An open request is decided once.
const (
	RequestOpen     RequestStatus = "OPEN"
	RequestApproved RequestStatus = "APPROVED"
	RequestDenied   RequestStatus = "DENIED"
	RequestDeleted  RequestStatus = "DELETED"
)

// AccessRequest asks somebody with the authority for access. It grants nothing
// until it is approved; then a record does.
type AccessRequest struct {
	ID         RequestID         `json:"id"`
	Requester  Subject           `json:"requester"`
	Status     RequestStatus     `json:"status"`
	Updated    time.Time         `json:"updated"` // UTC, whole milliseconds
	Users      []Subject         `json:"users"`
	Statements []Statement       `json:"statements"`
	Record     RecordID          `json:"record,omitzero"` // that approval made
	Tags       map[string]string `json:"tags,omitempty"`
}

// Validate returns an Invalid error that names the field which breaks a rule.
func (r *AccessRequest) Validate() error {
	if _, err := ParseRequestID(string(r.ID)); err != nil {
		return err
	}
	if err := atLeastOne("access.users", len(r.Users)); err != nil {
		return err
	}
	if err := atMost("access.users", len(r.Users), MaxRequestUsers); err != nil {
		return err
	}
	if err := validateStatements("access.statements", r.Statements, 1); err != nil {
		return err
	}
	return validateTags(r.Tags)
}

// Bounds of an invite's life.
const (
	MinInviteLife     = 5 * time.Minute
	MaxInviteLife     = 30 * 24 * time.Hour
	DefaultInviteLife = 7 * 24 * time.Hour
)

// MaxLiveInvites bounds the invites of one creator that can still be accepted.
const MaxLiveInvites = 1000

// MaxLinkedUserIDLen bounds the user id that an invite proposes, in characters
// (ASCII). Source: the Authress API.
const MaxLinkedUserIDLen = 32

// ConflictStrategy says what accepting an invite does when the record that it
// would write exists and others have a part in it.
type ConflictStrategy string

// The strategies; the zero value is GenerateRecord.
const (
	GenerateRecord ConflictStrategy = "GENERATE_NEW_RECORD"
	ForceMerge     ConflictStrategy = "UNSAFE_FORCE_MERGE"
	ReplaceRecord  ConflictStrategy = "REPLACE_RECORD_DATA"
	SkipChanges    ConflictStrategy = "SKIP_CHANGES"
)

// Invite gives its statements to whoever shows its id first. The id is a
// secret: only its SHA-256 is kept.
type Invite struct {
	Hash         string           `json:"hash"` // hexadecimal; the key of the document
	Creator      Subject          `json:"creator"`
	Created      time.Time        `json:"created"`
	Expires      time.Time        `json:"expires"`
	Statements   []Statement      `json:"statements"` // without subjects
	Strategy     ConflictStrategy `json:"strategy,omitzero"`
	Tenant       string           `json:"tenant,omitzero"`       // kept for callers that set it
	LinkedUserID string           `json:"linkedUserId,omitzero"` // kept for callers that set it
}

// Validate returns an Invalid error that names the field which breaks a rule.
func (i *Invite) Validate() error {
	switch i.Strategy {
	case "", GenerateRecord, ForceMerge, ReplaceRecord, SkipChanges:
	default:
		return Errorf(Invalid, "conflictResolutionStrategy must be GENERATE_NEW_RECORD, UNSAFE_FORCE_MERGE, REPLACE_RECORD_DATA or SKIP_CHANGES")
	}
	if life := i.Expires.Sub(i.Created); life < MinInviteLife || life > MaxInviteLife {
		return Errorf(Invalid, "expiryTime must be 5 minutes to 30 days from now")
	}
	if i.Tenant != "" {
		if _, err := ParseOrganizationID(i.Tenant); err != nil {
			return err
		}
	}
	if i.LinkedUserID != "" {
		if _, err := parseID[string]("linkedUserId", i.LinkedUserID, MaxLinkedUserIDLen, "-_"); err != nil {
			return err
		}
	}
	for n := range i.Statements {
		if len(i.Statements[n].Subjects) > 0 {
			return Errorf(Invalid, "%s: an invite's statements have no users and groups; who accepts it is the user", at("statements", n))
		}
	}
	return validateStatements("statements", i.Statements, 0)
}
