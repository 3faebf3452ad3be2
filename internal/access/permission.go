package access

import "strings"

// MaxPermissionLen is the longest Permission, in characters (ASCII).
const MaxPermissionLen = 64

// Permission is an action that a role may contain and a check may ask for:
// parts joined by colons, each "*" or made of letters, digits, "-" and "_", in
// lower case. "documents" contains "documents:read".
type Permission string

// ParsePermission checks s and lower-cases it: permissions are compared
// without regard to ASCII case.
//
// It returns an Invalid error if s is empty, too long, has an empty part, or a
// "*" that is not a whole part.
func ParsePermission(s string) (Permission, error) {
	if len(s) == 0 || len(s) > MaxPermissionLen {
		return "", Errorf(Invalid, "permission must be 1 to %d characters long", MaxPermissionLen)
	}
	for rest, more := s, true; more; {
		var part string
		part, rest, more = strings.Cut(rest, ":")
		if part == "*" {
			continue
		}
		if part == "" {
			return "", Errorf(Invalid, "permission %q has an empty part", s)
		}
		for i := 0; i < len(part); i++ {
			if c := part[i]; !alphanumeric(c) && c != '-' && c != '_' {
				return "", Errorf(Invalid, "permission %q: a part is *, or made of letters, digits, - and _", s)
			}
		}
	}
	return Permission(strings.ToLower(s)), nil // ASCII by now: no Unicode folding
}

// Flags say what the holder of a permission may do with it. A set: Grant|Delegate.
type Flags uint8

// The flags of a permission in a role. Only Allow makes a check pass.
const (
	Allow    Flags = 1 << iota // perform the action
	Grant                      // give others the Allow of it
	Delegate                   // give others the Allow, Grant and Delegate of it
)
