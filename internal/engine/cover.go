package engine

import (
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
)

// visit is a place in the trie that what has been read of a resource leads to,
// and what is left to read.
type visit struct {
	node   *node
	root   bool   // nothing has been read
	inside bool   // between parts of a segment; parts then holds the rest of it
	parts  string // begins with the colon before the next part; "" after the last
	rest   string // the segments after this one
}

// covering calls see with every grant that covers the resource until see
// returns true, and reports whether it did. It may be called on nil.
//
// A grant covers its resource and everything below ("documents/1" covers
// "documents/1/pages/7"), segment by segment ("documents/1" does not cover
// "documents/10"). A "*" in the resource asks for all that it could stand for.
// It matches no name, so only a "*" in the grant, or a grant above, covers it.
//
// Every node of the trie is visited at most once, whatever the resource.
//
// Source: Authress's guide to resources and its SDKs. Wildcard questions are
// as its JavaScript SDK needs them: it concludes from a yes on "documents/*"
// that no document need be listed.
func (n *node) covering(uri access.ResourceURI, see func(*grant) bool) bool {
	if n == nil {
		return false
	}
	var buf [8]visit // deeper only with many stars, then allocated
	todo := append(buf[:0], visit{node: n, root: true, rest: string(uri)})
	for len(todo) > 0 {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if v.inside {
			todo = v.nextPart(todo)
			continue
		}
		for i := range v.node.grants {
			if g := &v.node.grants[i]; (!g.below || v.rest != "") && see(g) {
				return true
			}
		}
		if v.rest != "" {
			todo = v.nextSegment(todo)
		}
	}
	return false
}

// nextSegment appends where the next segment leads.
//
// The server's own resources, "Authress:…", are met by name, or by the grant
// "*" of everything: a "*" that begins a longer grant stands for the names of
// an application. Source: Authress says of the lone "*" alone that it covers
// them; our reading, so that a grant on "*/*" administers nothing.
func (v *visit) nextSegment(todo []visit) []visit {
	seg, rest, _ := strings.Cut(v.rest, "/")
	if next := v.node.name(seg); next != nil {
		todo = append(todo, visit{node: next, rest: rest})
	}
	if v.root && strings.HasPrefix(seg, access.ReservedPrefix) {
		if next := v.node.star(parts).child(step{named, access.ReservedName}); next != nil {
			todo = append(todo, visit{node: next, inside: true, parts: seg[len(access.ReservedName):], rest: rest})
		}
		return todo
	}
	if next := v.node.star(anySegment); next != nil {
		todo = append(todo, visit{node: next, rest: rest})
	}
	if next := v.node.star(parts); next != nil {
		todo = append(todo, visit{node: next, inside: true, parts: seg, rest: rest})
	}
	return todo
}

// nextPart appends where the next part of a segment leads. A "*" stands for
// one part; as the last one for one or more.
//
// Source: Authress shows "namespace:*" over "namespace:a" and says no more.
// That a part "*" matches no empty part, so that "svc:*" does not cover
// "svc:", is our reading. A segment that is "*" matches any segment.
func (v *visit) nextPart(todo []visit) []visit {
	if v.parts == "" {
		if next := v.node.star(endOfParts); next != nil {
			todo = append(todo, visit{node: next, rest: v.rest})
		}
		return todo
	}
	left := strings.TrimPrefix(v.parts, ":")
	part, more := left, ""
	if i := strings.IndexByte(left, ':'); i >= 0 {
		part, more = left[:i], left[i:]
	}
	if next := v.node.name(part); next != nil {
		todo = append(todo, visit{node: next, inside: true, parts: more, rest: v.rest})
	}
	if next := v.node.star(anyPart); next != nil && part != "" {
		todo = append(todo, visit{node: next, inside: true, parts: more, rest: v.rest})
	}
	if next := v.node.star(lastParts); next != nil && !hasEmptyPart(left) {
		todo = append(todo, visit{node: next, rest: v.rest})
	}
	return todo
}

func hasEmptyPart(parts string) bool {
	return parts == "" || parts[0] == ':' || parts[len(parts)-1] == ':' || strings.Contains(parts, "::")
}
