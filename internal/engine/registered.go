package engine

import (
	"slices"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine/packed"
)

// Registered lists the registered resources of the query's type and
// organization on which Check gives the subject the permission: in the order of
// their ids, those after the given one, at most limit, which must be positive.
//
// It goes down from what the subject is granted, and so costs what is below that,
// unless a grant is for resources of one segment with a "*" inside, as "ns:*" is:
// then it asks about each registered resource.
func (s *Snapshot) Registered(q access.RegisteredQuery, after access.ResourceID, limit int) []access.ResourceID {
	if q.Permission == "" {
		return nil
	}
	l := registeredList{snap: s, query: q, after: access.ResourceURI(after), seen: map[uint32]bool{}, seenOutside: map[access.ResourceURI]bool{}}
	l.found = page[access.ResourceID]{limit: limit, compare: func(a, b access.ResourceID) int { return strings.Compare(string(a), string(b)) }}
	gives := s.anyRole(func(r *role) bool { return r.flagsOf(q.Permission, q.Literal)&access.Allow != 0 })
	s.each(q.Subject, func(who subject, h *holder) bool {
		for row := range s.rows(s.base.Rows(who.number)) {
			if l.startsAt(row) && gives(roleList(s.base.Roles(row))) {
				l.start(s.base.NodeOf(row))
			}
		}
		l.startOf(h.trie(), gives)
		return false
	})
	if isEveryone(q.Subject) {
		l.startOf(s.public.grants, gives)
	}
	switch {
	case l.all:
		l.everything(func(access.ResourceURI) bool { return true })
	case l.patterns:
		l.everything(func(uri access.ResourceURI) bool {
			return s.Check(access.Query{Subject: q.Subject, Permission: q.Permission, Resource: uri, Literal: q.Literal})
		})
	default:
		l.descend()
	}
	return l.found.first()
}

// registeredList is a Registered at work.
type registeredList struct {
	snap  *Snapshot
	query access.RegisteredQuery
	after access.ResourceURI
	found page[access.ResourceID]

	all      bool // something is granted on everything
	patterns bool // something is granted by a pattern of one segment
	todo     []place
	seen     map[uint32]bool // those in the base
	// The others, and those that have changed since the base.
	seenOutside map[access.ResourceURI]bool
}

// startsAt reports whether a row can be about registered resources: it is for
// everything, or for a resource of one segment and what is stored below it.
func (l *registeredList) startsAt(row uint32) bool {
	node := l.snap.base.NodeOf(row)
	return node == packed.Root || !l.snap.base.Below(row) && l.snap.base.Above(node) == packed.Root
}

func (l *registeredList) start(node uint32) {
	if node == packed.Root {
		l.all = true
	} else {
		l.todo = append(l.todo, place{l.snap.base.URI(node), node})
	}
}

// startOf notes what a trie, which may be nil, gives to registered resources.
func (l *registeredList) startOf(grants *node, gives func(roleList) bool) {
	if grants == nil {
		return
	}
	for _, g := range grants.grants {
		l.all = l.all || gives(g.roles)
	}
	here := func(n *node) bool {
		return slices.ContainsFunc(n.grants, func(g grant) bool { return !g.below && gives(g.roles) })
	}
	for name, next := range grants.names() {
		if here(next) {
			uri := access.ResourceURI(name)
			l.todo = append(l.todo, place{uri, l.snap.base.Node(uri)})
		}
	}
	if next := grants.star(parts); next != nil { // a whole segment of "*" leads deeper only
		next.spell("", func(_ string, end *node) { l.patterns = l.patterns || here(end) })
	}
}

// descend finds what is at or below the places to do, by stored parents.
func (l *registeredList) descend() {
	s := l.snap
	for len(l.todo) > 0 {
		at := l.todo[len(l.todo)-1]
		l.todo = l.todo[:len(l.todo)-1]
		if !l.enter(at) {
			continue
		}
		if kind, ok := s.kindAt(at); ok {
			l.see(at.uri, kind)
		}
		for _, child := range s.base.Children(at.number) {
			uri := s.base.URI(child)
			if _, changed := s.registeredOutside(uri); !changed {
				l.todo = append(l.todo, place{uri, child})
			}
		}
		if s.children.Len() == 0 {
			continue
		}
		before := string(at.uri) + "/"
		for key := range under(s.children, before) {
			uri := access.ResourceURI(key[len(before):])
			l.todo = append(l.todo, place{uri, s.base.Node(uri)})
		}
	}
}

// enter reports whether the place was not seen before.
func (l *registeredList) enter(at place) bool {
	if at.number != 0 {
		seen := l.seen[at.number]
		l.seen[at.number] = true
		return !seen
	}
	seen := l.seenOutside[at.uri]
	l.seenOutside[at.uri] = true
	return !seen
}

// kindAt returns what a registered resource is; false if it is none.
func (s *Snapshot) kindAt(at place) (packed.Kind, bool) {
	if r, changed := s.registeredOutside(at.uri); changed {
		return r.Kind, r.exists
	}
	return s.base.Registered(at.number)
}

// everything sees all registered resources that are held.
func (l *registeredList) everything(held func(access.ResourceURI) bool) {
	s := l.snap
	for n := uint32(packed.Root + 1); n < s.base.Registerable(); n++ {
		kind, ok := s.base.Registered(n)
		if !ok || !l.fits(kind) {
			continue
		}
		uri := s.base.URI(n)
		if _, changed := s.registeredOutside(uri); !changed && held(uri) {
			l.see(uri, kind)
		}
	}
	for all := s.registered.Iterator(); !all.Done(); {
		if uri, r, _ := all.Next(); r.exists && l.fits(r.Kind) && held(uri) {
			l.see(uri, r.Kind)
		}
	}
}

func (l *registeredList) see(uri access.ResourceURI, kind packed.Kind) {
	if uri > l.after && l.fits(kind) {
		l.found.add(access.ResourceID(uri))
	}
}

func (l *registeredList) fits(kind packed.Kind) bool {
	return (l.query.Type == "" || kind.Type == l.query.Type) && (l.query.Organization == "" || kind.Organization == l.query.Organization)
}
