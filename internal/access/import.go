package access

import (
	"strings"
	"time"
)

// MaxImportIDLen is the longest ImportID, in characters (ASCII).
const MaxImportIDLen = 64

// ImportID names an import: many batches that are one to its caller.
type ImportID string

// ParseImportID returns an Invalid error unless s is 1 to MaxImportIDLen
// letters, digits, - and _.
func ParseImportID(s string) (ImportID, error) {
	return parseID[ImportID]("importId", s, MaxImportIDLen, "-_")
}

// ImportBatch is what is kept of a batch of an import that was applied.
type ImportBatch struct {
	Import ImportID  `json:"import"`
	Number int       `json:"number"` // the first batch is 1; no number is left out
	Digest []byte    `json:"digest"` // SHA-256 of the batch as it was sent
	Lines  int       `json:"lines"`
	Time   time.Time `json:"time"`
}

// Place puts a subject into a group: a user, a client or a group of the realm
// into a group of the realm, a membership into a group of its organization.
type Place struct {
	Group   GroupID `json:"group"`
	Subject Subject `json:"subject"`
}

// Assign is a record in short: one subject, one role, one resource.
type Assign struct {
	Subject  Subject `json:"subject"`
	Role     RoleID  `json:"role"`
	Resource string  `json:"resource"` // as written; parses as a ResourceURI
}

// Ids of a membership and of a group of an organization, after their prefixes,
// in characters.
const maxSuffixLen = 64

// ParseMembershipID returns an Invalid error unless s is "om_" and 1 to 64
// letters and digits.
func ParseMembershipID(s string) (MembershipID, error) {
	return parsePrefixed[MembershipID]("membershipId", "om_", s)
}

// ParseOrganizationGroupID returns an Invalid error unless s is
// OrganizationGroupPrefix and 1 to 64 letters and digits.
func ParseOrganizationGroupID(s string) (GroupID, error) {
	return parsePrefixed[GroupID]("groupId", OrganizationGroupPrefix, s)
}

// ParseRegisteredID returns an Invalid error unless s is ResourcePrefix and 1 to
// 64 letters and digits.
func ParseRegisteredID(s string) (ResourceID, error) {
	return parsePrefixed[ResourceID]("resourceId", ResourcePrefix, s)
}

func parsePrefixed[T ~string](what, prefix, s string) (T, error) {
	suffix, ok := strings.CutPrefix(s, prefix)
	if !ok {
		return "", Errorf(Invalid, "%s %q must begin with %s", what, s, prefix)
	}
	if _, err := parseID[T](what+" after "+prefix, suffix, maxSuffixLen, ""); err != nil {
		return "", err
	}
	return T(s), nil
}

// ParseSubject reads what String wrote: a kind, a colon and an id.
//
// It returns an Invalid error if there is no such kind, or if the id is none of
// its kind.
func ParseSubject(s string) (Subject, error) {
	kind, id, _ := strings.Cut(s, ":")
	sub := Subject{SubjectKind(kind), id}
	var err error
	switch sub.Kind {
	case UserKind, ClientKind:
		var parsed Subject
		if parsed, err = ParseUser(id); err == nil && parsed != sub {
			err = Errorf(Invalid, "subject %q: ids of clients begin with %s, and no others", s, clientPrefix)
		}
	case GroupKind:
		if strings.HasPrefix(id, OrganizationGroupPrefix) {
			_, err = ParseOrganizationGroupID(id)
		} else {
			_, err = ParseGroupID(id)
		}
	case MembershipKind:
		_, err = ParseMembershipID(id)
	default:
		err = Errorf(Invalid, "subject %q must begin with user:, client:, group: or membership:", s)
	}
	if err != nil {
		return Subject{}, err
	}
	return sub, nil
}
