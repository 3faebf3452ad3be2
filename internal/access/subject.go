package access

import "strings"

// SubjectKind tells subjects with equal ids apart.
type SubjectKind string

// The kinds of subject.
const (
	UserKind   SubjectKind = "user"
	ClientKind SubjectKind = "client" // a service client: a program with access keys
	GroupKind  SubjectKind = "group"  // holds permissions for its members

	// MembershipKind is a user's place in an organization. What is granted to it,
	// its user holds while it is active.
	MembershipKind SubjectKind = "membership"
)

// Subject is who may hold a permission.
type Subject struct {
	Kind SubjectKind `json:"kind"`
	ID   string      `json:"id"`
}

func (s Subject) String() string { return string(s.Kind) + ":" + s.ID }

// MaxUserIDLen is the longest user id, in characters (ASCII).
const MaxUserIDLen = 128

const (
	clientPrefix = "sc_"
	groupPrefix  = "grp_"
	clientAlias  = "Authress:ServiceClients/" // how older Authress documents name a client among users
)

// ParseUser reads a user id as the Authress API writes it. A service client
// stands there as a user whose id is its client id, so an id that begins with
// "sc_" is always a client, and no user can have such an id.
//
// It returns an Invalid error if the id is empty, too long, begins or ends
// with a space, or has a character other than letters, digits, space and
// +._|/~:@-.
func ParseUser(id string) (Subject, error) {
	if len(id) == 0 || len(id) > MaxUserIDLen {
		return Subject{}, Errorf(Invalid, "userId must be 1 to %d characters long", MaxUserIDLen)
	}
	if id[0] == ' ' || id[len(id)-1] == ' ' {
		return Subject{}, Errorf(Invalid, "userId %q may not begin or end with a space", id)
	}
	for i := 0; i < len(id); i++ {
		if c := id[i]; !alphanumeric(c) && strings.IndexByte("+._|/~:@- ", c) < 0 {
			return Subject{}, Errorf(Invalid, "userId %q: only letters, digits, space and +._|/~:@- are allowed", id)
		}
	}
	if client := strings.TrimPrefix(id, clientAlias); strings.HasPrefix(client, clientPrefix) {
		if _, err := ParseClientID(client); err != nil {
			return Subject{}, err
		}
		return Subject{ClientKind, client}, nil
	}
	return Subject{UserKind, id}, nil
}
