package engine

import (
	"iter"
	"slices"
	"strings"

	"github.com/benbjohnson/immutable"

	"github.com/reeve-authz/reeve/internal/access"
)

// node is a place in the trie of what one subject is granted. The way from the
// root to it spells a resource, one step a segment; segments with a "*" among
// other parts take one step a part.
type node struct {
	owner  *owner // may change the node in place; everybody else copies it
	grants []grant
	named  *immutable.Map[string, *node] // by the text of the step; nil for none
	stars  *[kinds]*node                 // by the kind of the step; nil for none
}

// owner stands for one Apply.
type owner struct{ _ byte } // not empty, so that two have two addresses

// grant is what statements give on the resource of its node and on all below.
type grant struct {
	roles roleList
	below bool      // they wrote a final "*": not on the resource itself
	by    []*source // the statements, each once, at least one
}

// source is where a grant comes from. One statement keeps its source for as
// long as it gives the same roles.
type source struct {
	id        string // of the record or assignment
	statement int    // index in the record; ofAssignment for an assignment
}

// ofAssignment sets an assignment apart from a record of the same id.
const ofAssignment = -1

// step leads from a node to the next.
type step struct {
	kind int
	text string // of a named step
}

// The kinds of step.
const (
	named      = iota // a segment without "*", or inside a segment one part of it
	anySegment        // a segment that is "*"
	parts             // into a segment that has a "*" among other parts
	anyPart           // inside: "*" before the last part
	lastParts         // inside: "*" as the last part; leads out again
	endOfParts        // inside: after a last part that is no "*"; leads out again
	kinds
)

// pathTo returns the steps to the node that holds grants on uri, and whether
// such a grant is for what is below that node only.
//
// Source: Authress grants "documents/*" for the children of documents. That it
// leaves out documents itself is our reading; the grant "documents" has both.
// A lone "*" is the same at the root, and so covers everything.
func pathTo(uri access.ResourceURI) (path []step, below bool) {
	rest := string(uri)
	for rest != "" {
		var seg string
		seg, rest, _ = strings.Cut(rest, "/")
		switch {
		case seg == "*" && rest == "":
			return path, true
		case seg == "*":
			path = append(path, step{kind: anySegment})
		case !strings.Contains(seg, "*"):
			path = append(path, step{named, seg})
		default:
			path = appendParts(path, seg)
		}
	}
	return path, false
}

func appendParts(path []step, seg string) []step {
	path = append(path, step{kind: parts})
	for more := true; more; {
		var part string
		part, seg, more = strings.Cut(seg, ":")
		switch {
		case part == "*" && !more:
			return append(path, step{kind: lastParts})
		case part == "*":
			path = append(path, step{kind: anyPart})
		default:
			path = append(path, step{named, part})
		}
	}
	return append(path, step{kind: endOfParts})
}

// child returns the next node, or nil. It may be called on nil.
func (n *node) child(s step) *node {
	switch {
	case n == nil:
		return nil
	case s.kind == named:
		return n.name(s.text)
	default:
		return n.star(s.kind)
	}
}

func (n *node) name(text string) *node {
	if n.named == nil {
		return nil
	}
	child, _ := n.named.Get(text)
	return child
}

// names are the next nodes by their names, in no order.
func (n *node) names() iter.Seq2[string, *node] {
	return func(yield func(string, *node) bool) {
		if n.named == nil {
			return
		}
		for all := n.named.Iterator(); !all.Done(); {
			if name, next, _ := all.Next(); !yield(name, next) {
				return
			}
		}
	}
}

func (n *node) star(kind int) *node {
	if n.stars == nil {
		return nil
	}
	return n.stars[kind]
}

// at returns the grants on exactly what the path spells. It may be called on
// nil.
func (n *node) at(path []step, below bool) []grant {
	for _, s := range path {
		n = n.child(s)
	}
	if n == nil {
		return nil
	}
	var there []grant
	for _, g := range n.grants {
		if g.below == below {
			there = append(there, g)
		}
	}
	return there
}

// add returns the trie with one more grant.
func (o *owner) add(root *node, path []step, below bool, roles roleList, src *source) *node {
	root = o.own(root)
	n := root
	for _, s := range path {
		child := o.own(n.child(s))
		n.setChild(s, child)
		n = child
	}
	i := n.index(roles, below)
	if i < 0 {
		i = len(n.grants)
		n.grants = append(n.grants, grant{roles: roles, below: below})
	}
	n.grants[i].by = append(n.grants[i].by, src)
	return root
}

// remove returns the trie without a grant that add put there: nil when it was
// the last one. Nodes that hold nothing any more go with it.
func (o *owner) remove(root *node, path []step, below bool, roles roleList, src *source) *node {
	way := []*node{o.own(root)}
	for i, s := range path {
		child := o.own(way[i].child(s))
		way[i].setChild(s, child)
		way = append(way, child)
	}
	way[len(path)].drop(roles, below, src)
	for i := len(path); way[i].empty(); i-- {
		if i == 0 {
			return nil
		}
		way[i-1].setChild(path[i-1], nil)
	}
	return way[0]
}

// own returns the node if the owner may change it, else a copy that it may
// change.
func (o *owner) own(n *node) *node {
	if n == nil {
		return &node{owner: o}
	}
	if n.owner == o {
		return n
	}
	c := &node{owner: o, named: n.named, grants: slices.Clone(n.grants)}
	for i := range c.grants {
		c.grants[i].by = slices.Clone(c.grants[i].by)
	}
	if n.stars != nil {
		stars := *n.stars
		c.stars = &stars
	}
	return c
}

// setChild puts a child, or nil, in its place. Only the owner may call it.
func (n *node) setChild(s step, child *node) {
	if n.child(s) == child {
		return
	}
	if s.kind != named {
		if n.stars == nil {
			n.stars = new([kinds]*node)
		}
		n.stars[s.kind] = child
		if *n.stars == [kinds]*node{} {
			n.stars = nil
		}
		return
	}
	if n.named == nil {
		n.named = immutable.NewMap[string, *node](byText[string]{})
	}
	if child != nil {
		n.named = n.named.Set(s.text, child)
	} else if n.named = n.named.Delete(s.text); n.named.Len() == 0 {
		n.named = nil
	}
}

// drop takes one source from one grant. Only the owner may call it.
func (n *node) drop(roles roleList, below bool, src *source) {
	i := n.index(roles, below)
	if i < 0 {
		return
	}
	g := &n.grants[i]
	j := slices.Index(g.by, src)
	if j < 0 {
		return
	}
	g.by[j] = g.by[len(g.by)-1] // the order of sources means nothing
	g.by[len(g.by)-1] = nil
	g.by = g.by[:len(g.by)-1]
	if len(g.by) == 0 {
		n.grants = slices.Delete(n.grants, i, i+1)
	}
}

func (n *node) index(roles roleList, below bool) int {
	return slices.IndexFunc(n.grants, func(g grant) bool { return g.roles == roles && g.below == below })
}

func (n *node) empty() bool { return len(n.grants) == 0 && n.named == nil && n.stars == nil }
