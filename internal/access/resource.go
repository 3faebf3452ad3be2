package access

import "strings"

// Bounds of a ResourceURI.
// Source: the Authress SDKs refuse longer ones and more segments.
const (
	MaxURILen      = 512 // characters; the grammar is ASCII, so bytes too
	MaxURISegments = 15  // one more is allowed when it is a final "*"
	// MaxURIWildcards bounds the "*" in one resource. Ours: grants with stars in
	// every combination of places make a check look at each combination.
	MaxURIWildcards = 4
)

// ResourceURI names a resource, or with "*" inside a set of resources, in
// normal form: segments joined by single slashes, none leading or trailing. A
// segment is one or more parts joined by colons. A part is exactly "*" or made
// of letters, digits and -_.+=~|@; every part but the first may be empty.
// Resources are compared byte by byte.
type ResourceURI string

// ParseResourceURI checks s and drops one leading and one trailing slash:
// "documents/1", "/documents/1" and "documents/1/" are the same resource.
//
// It returns an Invalid error if s is empty, too long, has an empty, "." or
// ".." segment, too many segments or wildcards, or a "*" that is not a whole
// part.
func ParseResourceURI(s string) (ResourceURI, error) {
	if len(s) == 0 || len(s) > MaxURILen {
		return "", Errorf(Invalid, "resourceUri must be 1 to %d characters long", MaxURILen)
	}
	if strings.Count(s, "*") > MaxURIWildcards {
		return "", Errorf(Invalid, "resourceUri %q has more than %d wildcards", s, MaxURIWildcards)
	}
	normal := strings.TrimSuffix(strings.TrimPrefix(s, "/"), "/")
	segments := 0
	for rest, more := normal, true; more; {
		var seg string
		seg, rest, more = strings.Cut(rest, "/")
		if why := badSegment(seg); why != "" {
			return "", Errorf(Invalid, "resourceUri %q: %s", s, why)
		}
		if segments++; segments > MaxURISegments && (more || seg != "*" || segments > MaxURISegments+1) {
			return "", Errorf(Invalid, "resourceUri %q has more than %d segments", s, MaxURISegments)
		}
	}
	return ResourceURI(normal), nil
}

// badSegment says what is wrong with a segment, or "".
func badSegment(seg string) string {
	switch seg {
	case "":
		return "a segment is empty"
	case ".", "..":
		return "a segment may not be . or .."
	}
	if seg[0] == ':' {
		return "a segment may not begin with a colon"
	}
	for rest, more := seg, true; more; {
		var part string
		part, rest, more = strings.Cut(rest, ":")
		if part == "*" {
			continue
		}
		for i := 0; i < len(part); i++ {
			if part[i] == '*' {
				return "* must be a whole segment, or a whole part between colons"
			}
			if !resourceChar(part[i]) {
				return "only letters, digits, -_.+=~|@ and : are allowed in a segment"
			}
		}
	}
	return ""
}

func resourceChar(c byte) bool {
	return alphanumeric(c) || strings.IndexByte("-_.+=~|@", c) >= 0
}

// HasWildcard reports whether u names a set of resources.
func (u ResourceURI) HasWildcard() bool { return strings.IndexByte(string(u), '*') >= 0 }

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
