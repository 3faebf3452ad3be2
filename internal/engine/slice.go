package engine

import (
	"slices"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine/packed"
)

// onNode is a grant in the base that a list may be about.
type onNode struct {
	node  uint32
	below bool
}

// gather finds the tries of the subject, and what the base grants it within the
// collection or above.
func (l *listing) gather() {
	s := l.snap
	collection, path := l.fixed()
	seen := map[onNode]bool{}
	trie := func(grants *node) {
		if grants != nil {
			l.tries = append(l.tries, grants)
		}
	}
	s.each(l.query.Subject, func(who subject, h *holder) bool {
		for row := range s.rows(s.base.Rows(who.number)) {
			at := onNode{s.base.NodeOf(row), s.base.Below(row)}
			if !seen[at] && (slices.Contains(path, at.node) || s.within(at.node, collection)) {
				seen[at] = true
				l.packed = append(l.packed, at)
			}
		}
		trie(h.trie())
		return false
	})
	if isEveryone(l.query.Subject) {
		trie(s.public.grants)
	}
}

// fixed returns the node of what the collection begins with, up to the first
// segment with a "*", 0 if the base has no such; and the nodes on the way there.
func (l *listing) fixed() (collection uint32, path []uint32) {
	fixed := l.within
	if i := slices.IndexFunc(fixed, func(seg string) bool { return strings.Contains(seg, "*") }); i >= 0 {
		fixed = fixed[:i]
	}
	path, whole := l.snap.base.Path(access.ResourceURI(strings.Join(fixed, "/")), nil)
	if whole {
		collection = path[len(path)-1]
	}
	return collection, path
}

// within reports whether a node is below another, or is that.
func (s *Snapshot) within(node, collection uint32) bool {
	for at := node; at != 0; at = s.base.Above(at) {
		if at == collection {
			return true
		}
	}
	return false
}

// atATime is how many resources of the base are made into a trie at a time.
const atATime = 1000

// roots returns tries with all grants that can make an answer after the one
// resource, and up to the other, which is empty if that is all of them. The grants
// of the base are many, so only the next ones become a trie.
func (l *listing) roots(after access.ResourceURI) (roots []*node, until access.ResourceURI) {
	if len(l.packed) == 0 {
		return l.tries, ""
	}
	next := page[access.ResourceURI]{
		limit: atATime, compare: func(a, b access.ResourceURI) int { return strings.Compare(string(a), string(b)) },
	}
	text := func(at onNode) access.ResourceURI { return l.snap.base.URI(at.node) }
	// An answer that a grant makes is its resource, or begins with that and a slash.
	makes := func(uri access.ResourceURI) bool {
		return uri > after || uri+"/" > after || strings.HasPrefix(string(after), string(uri)+"/")
	}
	for _, at := range l.packed {
		if uri := text(at); uri > after { // those before it, up to a thousand, would hold up the list
			next.add(uri)
		}
	}
	first := next.first()
	if len(first) == atATime {
		until = first[atATime-1]
	}
	own := new(owner)
	var trie *node
	for _, at := range l.packed {
		uri := text(at)
		if at.node != packed.Root && (!makes(uri) || until != "" && uri > until) {
			continue
		}
		if at.below {
			uri = access.ResourceURI(strings.TrimPrefix(string(uri)+"/*", "/"))
		}
		path, below := pathTo(uri)
		trie = own.add(trie, path, below, "", publicSource)
	}
	if trie == nil {
		return l.tries, until
	}
	return append(slices.Clip(l.tries), trie), until
}
