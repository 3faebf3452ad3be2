package engine

import (
	"container/heap"
	"slices"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
)

// Resources lists what the subject holds something on, below the collection
// that the query names: in the order of the text, only what comes after the
// given one, and at most limit, which must be positive. It is complete: fewer
// than limit means that there are no more, unless it stopped. It stops, and says
// after what to go on, when it has looked at reach resources that are granted by
// something and not what is asked for, so that its work is bounded.
//
// Each grant gives one answer, and answers that read the same are one:
//
//   - A grant below the collection is listed as it was granted: "documents/1",
//     "documents/2/pages/*".
//   - A grant that covers the collection is the collection's pattern,
//     "documents/*".
//   - A grant that crosses it, as "*/1" crosses "documents/*", is the pattern of
//     what they have in common, "documents/1". Two patterns always have one.
//
// An answer is listed if the subject holds there what the query asks for, by
// whichever grant. So every answer passes its Check, a pattern as a wildcard
// question, and a granted resource is listed if and only if it does. What a
// resource inherits from a parent that is stored counts there, and lists nothing
// by itself: a grant on the parent names the parent alone.
//
// Unless the query is Nested, it lists only what is directly below the
// collection, "documents/1" and perhaps "documents/ns:*", and neither what ends
// in a "*" segment nor what comes of a grant that covers the collection. Below
// "*" there is no level to keep to, since resources are mostly "documents/1" and
// not "documents": there it lists granted resources of every depth.
//
// Source: the Authress SDKs, on the query's collectionConfiguration. What "*"
// gives by default, and patterns that cross, are our readings.
func (s *Snapshot) Resources(q access.ResourceQuery, after access.ResourceURI, limit, reach int) (found []access.ResourceURI, stopped access.ResourceURI) {
	l := listing{snap: s, query: q, limit: limit, reach: reach, levels: 1}
	if q.Within != "" {
		l.within = strings.Split(string(q.Within), "/")
		if last := len(l.within) - 1; l.within[last] == "*" {
			l.within = l.within[:last]
		}
	}
	if q.Nested || len(l.within) == 0 {
		l.levels = access.MaxURISegments + 1 // the one more is a final "*"
	}
	l.gather()
	for done := false; !done; {
		roots, until := l.roots(after)
		l.until = until
		done = l.walk(spot{nodes: roots, after: string(after)}) || until == ""
		if l.beyond {
			done, l.beyond = false, false
		}
		after = until
	}
	return l.found, l.stopped
}

// listing is a Resources at work.
type listing struct {
	snap   *Snapshot
	query  access.ResourceQuery
	within []string // the segments of the collection
	levels int      // how many below it are listed
	limit  int
	reach  int // how many more it may look at in vain
	tries  []*node
	packed []onNode
	until  access.ResourceURI // how far the tries at hand are complete; all the way if empty
	beyond bool               // the walk came further
	found  []access.ResourceURI

	stopped access.ResourceURI // the last it looked at, when that was one too many
}

// spot is what the grants that begin with a text have in common.
type spot struct {
	text    string  // narrowed to the collection; ends in a slash, unless it is empty
	depth   int     // how many segments that is
	nodes   []*node // where it leads in each trie
	covered bool    // a grant above covers all that is within the collection
	after   string  // answers here are listed if what follows the text comes after this
}

// branch is what follows the text of a place: a segment, which is an answer, or
// a segment and a slash, which lead on. No branch's texts lie among another's,
// so their order is that of the answers.
type branch struct {
	text    string
	node    *node // nil if it leads on by covered alone, or is an answer
	covered bool
}

type branches []branch

func (b branches) Len() int           { return len(b) }
func (b branches) Less(i, j int) bool { return b[i].text < b[j].text }
func (b branches) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }
func (b *branches) Push(x any)        { *b = append(*b, x.(branch)) }
func (b *branches) Pop() any {
	last := len(*b) - 1
	x := (*b)[last]
	*b = (*b)[:last]
	return x
}

// walk finds the answers of a spot in order, and reports whether there are
// enough. It is at most as deep as a resource has segments. The branches are a
// heap because a page seldom needs more than the first of many.
func (l *listing) walk(p spot) (enough bool) {
	todo := l.branches(&p)
	heap.Init(&todo)
	for len(todo) > 0 {
		text := todo[0].text
		next := spot{text: p.text + text, depth: p.depth + 1}
		for len(todo) > 0 && todo[0].text == text {
			b := heap.Pop(&todo).(branch)
			if b.node != nil {
				next.nodes = append(next.nodes, b.node)
			}
			next.covered = next.covered || b.covered
		}
		if !strings.HasSuffix(text, "/") {
			enough = l.see(access.ResourceURI(next.text))
		} else {
			if rest, ok := strings.CutPrefix(p.after, text); ok {
				next.after = rest
			}
			enough = l.walk(next)
		}
		if enough {
			return true
		}
	}
	return false
}

// branches are those of a spot, in no order. Some may lead to no answer.
func (l *listing) branches(p *spot) branches {
	var found branches
	put := func(text string, n *node, covered bool) {
		if text > p.after || strings.HasSuffix(text, "/") && strings.HasPrefix(p.after, text) {
			found = append(found, branch{text, n, covered})
		}
	}
	outside := len(l.within) - p.depth // segments of the collection that are still to come
	covered := p.covered || outside >= 0 && slices.ContainsFunc(p.nodes, func(n *node) bool { return len(n.grants) > 0 })
	want := "*"
	if outside > 0 {
		want = l.within[p.depth]
		if covered { // which shows in a nested list only
			put(want+"/", nil, true)
		}
	} else if l.query.Nested && (covered || slices.ContainsFunc(p.nodes, (*node).belowOnly)) {
		put("*", nil, false)
	}
	for _, n := range p.nodes {
		n.segments(want, func(seg string, next *node) {
			if outside > 0 {
				put(seg+"/", next, false)
				return
			}
			if slices.ContainsFunc(next.grants, func(g grant) bool { return !g.below }) {
				put(seg, nil, false)
			}
			if 1-outside < l.levels && (next.named != nil || next.stars != nil || l.query.Nested && next.belowOnly()) {
				put(seg+"/", next, false)
			}
		})
	}
	return found
}

// belowOnly reports whether the node has a grant that was written with a final
// "*".
func (n *node) belowOnly() bool {
	return slices.ContainsFunc(n.grants, func(g grant) bool { return g.below })
}

// see lists an answer if the subject holds there what is asked for, and reports
// whether there are enough. A pattern longer than a resource can be names none.
func (l *listing) see(uri access.ResourceURI) (enough bool) {
	if l.until != "" && uri > l.until {
		l.beyond = true
		return true
	}
	if len(uri) > access.MaxURILen || !l.holds(uri) {
		if l.reach--; l.reach < 0 {
			l.stopped = uri
		}
		return l.reach < 0
	}
	l.found = append(l.found, uri)
	return len(l.found) >= l.limit
}

func (l *listing) holds(uri access.ResourceURI) bool {
	if do := l.query.Permission; do != "" {
		return l.snap.Check(access.Query{Subject: l.query.Subject, Permission: do, Resource: uri})
	}
	return l.snap.covering(l.query.Subject, uri, func(r *role) bool { return len(r.entries) > 0 })
}
