package engine

import (
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine/packed"
)

// Pack returns a snapshot that answers as this one does, out of a new base that
// holds all that it can. Outside stay the roles, what is public, and the documents
// with patterns or crowds. It costs some time for everything that the snapshot
// holds, and twice its memory until the old one is let go.
func (s *Snapshot) Pack() *Snapshot {
	w := s.base.Next(
		func(d packed.Digest) bool { _, replaced := s.replaced.Get(d); return replaced },
		s.hasLeft, s.Unpacked())
	s.packPlaces(w)
	s.packResources(w)
	loose := s.packDocuments(w)
	base := w.Base()
	if base == nil { // more than it can count
		return s
	}
	next := on(base)
	next.revision, next.roles, next.public, next.wide, next.long = s.revision, s.roles, s.public, s.wide, s.long
	next.loose = len(loose)
	e := newEdit(next)
	for _, id := range loose {
		switch id := id.(type) {
		case access.RecordID:
			statements, _ := s.records.Get(id)
			e.giveRecord(id, statements)
		case access.AssignmentID:
			a, _ := s.assignments.Get(id)
			e.giveAssignment(id, a)
		}
	}
	e.finish()
	return next
}

// Unpacked is about how many documents, or parts of them, are outside of the
// base and could be in it.
func (s *Snapshot) Unpacked() int {
	return s.changed() + max(0, s.records.Len()+s.assignments.Len()-s.loose)
}

// changed is how much of the base does not hold as it is.
func (s *Snapshot) changed() int {
	return s.replaced.Len() + s.left.Len() + s.groups.len() + s.joined.Len() + s.memberships.len() + s.registered.Len()
}

// Packed is about how many are in it.
func (s *Snapshot) Packed() int { return s.base.Len() }

func (s *Snapshot) packPlaces(w *packed.Builder) {
	for who, g := range s.groups.all() {
		w.Group(access.GroupID(s.nameOf(who).ID), g.exists, g.members)
	}
	for all := s.joined.Iterator(); !all.Done(); {
		key, _, _ := all.Next()
		in, member, _ := strings.Cut(string(key), "/")
		w.Join(access.GroupID(in), access.MembershipID(member))
	}
	for who, m := range s.memberships.all() {
		if id := access.MembershipID(s.nameOf(who).ID); m.exists {
			w.Membership(id, m.user, m.organization.Value(), m.active)
		} else {
			w.NoMembership(id)
		}
	}
}

func (s *Snapshot) packResources(w *packed.Builder) {
	for all := s.registered.Iterator(); !all.Done(); {
		if uri, r, _ := all.Next(); r.exists {
			w.Register(uri, r.parent, r.Kind)
		} else {
			w.Unregister(uri)
		}
	}
}

// packDocuments packs what can be packed of the documents outside of the base, and
// returns the ids of the others.
func (s *Snapshot) packDocuments(w *packed.Builder) (loose []any) {
	for all := s.records.Iterator(); !all.Done(); {
		if id, statements, _ := all.Next(); !s.packDocument(w, recordKind, string(id), statements) {
			loose = append(loose, id)
		}
	}
	for all := s.assignments.Iterator(); !all.Done(); {
		if id, a, _ := all.Next(); !s.packDocument(w, assignmentKind, string(id), []statement{a.statement()}) {
			loose = append(loose, id)
		}
	}
	return loose
}

// packDocument reports whether it could pack the statements of a document.
func (s *Snapshot) packDocument(w *packed.Builder, kind byte, id string, statements []statement) bool {
	if !packable(statements) || !w.HasRoom(len(statements)) {
		return false
	}
	doc := s.base.Digest(kind, id)
	for i := range statements {
		packStatement(w, &statements[i], doc, i)
	}
	return true
}

// packable reports whether rows can say all that the statements of a document say.
func packable(statements []statement) bool {
	for i := range statements {
		st := &statements[i]
		if len(st.crowd) > 0 || len(st.subjects) == 0 || len(st.resources) == 0 {
			return false
		}
		for _, uri := range st.resources {
			if isPattern(uri) {
				return false
			}
		}
	}
	return len(statements) <= packed.MaxStatements
}

func packStatement(w *packed.Builder, st *statement, doc packed.Digest, i int) {
	for _, uri := range st.resources {
		_, below := pathTo(uri)
		for _, sub := range st.subjects {
			w.Grant(sub, withoutBelow(uri), below, string(st.roles), doc, i)
		}
	}
}
