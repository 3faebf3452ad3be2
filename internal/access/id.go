package access

import "strings"

// Ids of the nouns. They are compared byte by byte, and each is unique in its
// realm among its own kind, deleted ones included.
type (
	RealmID        string // of this server, not of a realm
	RoleID         string
	RecordID       string
	GroupID        string
	ClientID       string
	KeyID          string
	APIKeyID       string
	RequestID      string // of an access request
	IssuerID       string
	OrganizationID string
	MembershipID   string
	ResourceID     string // of a registered resource; its ResourceURI, too
	ResourceTypeID string // what WorkOS calls the slug of a resource type
	AssignmentID   string
	GroupMemberID  string
	WebhookID      string
	CustomerKeyID  string
)

// Lengths of ids, in characters (ASCII).
const (
	MaxRoleIDLen         = 64
	MaxRecordIDLen       = 100
	MaxGroupIDLen        = 64
	MaxAccountIDLen      = 64
	MaxClientIDLen       = 64
	MaxOrganizationIDLen = 128
)

// ReservedName is the first part of the names of what is built in: roles that
// callers cannot make, and the server's own resources.
const (
	ReservedName   = "Authress"
	ReservedPrefix = ReservedName + ":"
)

// ParseRoleID returns an Invalid error unless s is 1 to MaxRoleIDLen letters,
// digits and -._:@.
func ParseRoleID(s string) (RoleID, error) {
	return parseID[RoleID]("roleId", s, MaxRoleIDLen, "-._:@")
}

// Reserved reports whether the role is built in: nobody can write it.
func (id RoleID) Reserved() bool { return strings.HasPrefix(string(id), ReservedPrefix) }

// ParseRecordID returns an Invalid error unless s is 1 to MaxRecordIDLen
// letters, digits and -_:|~.
func ParseRecordID(s string) (RecordID, error) {
	return parseID[RecordID]("recordId", s, MaxRecordIDLen, "-_:|~")
}

// ParseRequestID returns an Invalid error unless s is 1 to MaxRecordIDLen
// letters, digits and -_:|~.
func ParseRequestID(s string) (RequestID, error) {
	return parseID[RequestID]("requestId", s, MaxRecordIDLen, "-_:|~")
}

// ParseOrganizationID returns an Invalid error unless s is 1 to
// MaxOrganizationIDLen letters, digits and -_.:.
func ParseOrganizationID(s string) (OrganizationID, error) {
	return parseID[OrganizationID]("tenantId", s, MaxOrganizationIDLen, "-_.:")
}

// ParseAccountID returns an Invalid error unless s is 1 to MaxAccountIDLen
// letters, digits, - and _. It stands in access keys, between dots, and in host
// names.
func ParseAccountID(s string) (string, error) {
	return parseID[string]("accountId", s, MaxAccountIDLen, "-_")
}

// ParseGroupID returns an Invalid error unless s begins with "grp_" and is at
// most MaxGroupIDLen letters, digits, - and _.
func ParseGroupID(s string) (GroupID, error) {
	id, err := parseID[GroupID]("groupId", s, MaxGroupIDLen, "-_")
	if err == nil && (!strings.HasPrefix(s, groupPrefix) || s == groupPrefix) {
		return "", Errorf(Invalid, "groupId %q must begin with %s", s, groupPrefix)
	}
	return id, err
}

// ParseClientID returns an Invalid error unless s is 1 to MaxClientIDLen
// letters, digits, - and _. Ids made here begin with "sc_".
func ParseClientID(s string) (ClientID, error) {
	return parseID[ClientID]("clientId", s, MaxClientIDLen, "-_")
}

func parseID[T ~string](what, s string, maxLen int, punctuation string) (T, error) {
	if len(s) == 0 || len(s) > maxLen {
		return "", Errorf(Invalid, "%s must be 1 to %d characters long", what, maxLen)
	}
	for i := 0; i < len(s); i++ {
		if !alphanumeric(s[i]) && strings.IndexByte(punctuation, s[i]) < 0 {
			return "", Errorf(Invalid, "%s %q: only letters, digits and %s are allowed", what, s, punctuation)
		}
	}
	return T(s), nil
}
