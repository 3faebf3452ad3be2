package engine

import (
	"github.com/reeve-authz/reeve/internal/access"
)

// subject is a subject with its number in the base, 0 if it is not there.
type subject struct {
	access.Subject
	number uint32
}

func (s *Snapshot) subject(sub access.Subject) subject { return subject{sub, s.base.Subject(sub)} }

// each calls visit for the subject, for every active membership that is its,
// and for every group that one of these is in, directly or through other
// groups, until visit returns true. The holder is nil if there is nothing outside
// of the base. It reports whether visit did.
//
// A group that does not exist holds nothing, even if records name it; nor does
// a membership that is not active. Source: Authress is silent about groups; our
// reading.
func (s *Snapshot) each(sub access.Subject, visit func(subject, *holder) bool) bool {
	if sub.Kind == crowdKind { // nobody can be one
		return false
	}
	var buf [16]subject               // enough for most, and costs no allocation
	var index map[access.Subject]bool // of those found, once they are many
	found := append(buf[:0], s.subject(sub))
	for i := 0; i < len(found); i++ {
		who := found[i]
		if !s.counts(who) {
			continue
		}
		h := s.holder(who.Subject)
		if visit(who, h) {
			return true
		}
		for id, p := range s.base.Places(who.number) {
			if !s.hasLeft(id) {
				found, index = reach(found, index, subject{s.base.SubjectAt(p.In()), p.In()})
			}
		}
		if h != nil {
			for _, g := range h.groups {
				found, index = reach(found, index, s.subject(g))
			}
		}
	}
	return false
}

// holder returns what is outside of the base about a subject; nil for nothing.
func (s *Snapshot) holder(sub access.Subject) *holder {
	if s.holders.Len() == 0 {
		return nil
	}
	h, _ := s.holders.Get(sub)
	return h
}

// counts reports whether a subject can hold something: a group that exists, a
// membership that is active, and everybody else.
func (s *Snapshot) counts(who subject) bool {
	switch who.Kind {
	case access.GroupKind:
		if g, changed := s.groupOutside(access.GroupID(who.ID)); changed {
			return g.exists
		}
		return s.base.Exists(who.number)
	case access.MembershipKind:
		if m, changed := s.membershipOutside(access.MembershipID(who.ID)); changed {
			return m.active
		}
		return s.base.Active(who.number)
	}
	return true
}

func (s *Snapshot) hasLeft(place uint32) bool {
	if s.left.Len() == 0 {
		return false
	}
	_, left := s.left.Get(place)
	return left
}

// reach appends to found a subject that is not in it. Groups may contain one
// another in a circle, so what was found must not be looked at again. The index is
// nil while found is short.
func reach(found []subject, index map[access.Subject]bool, sub subject) ([]subject, map[access.Subject]bool) {
	if index == nil && len(found) == cap(found) {
		index = make(map[access.Subject]bool, 2*len(found))
		for i := range found {
			index[found[i].Subject] = true
		}
	}
	if index == nil {
		for i := range found {
			if found[i].number == sub.number && found[i].Subject == sub.Subject {
				return found, nil
			}
		}
		return append(found, sub), nil
	}
	if index[sub.Subject] {
		return found, index
	}
	index[sub.Subject] = true
	return append(found, sub), index
}
