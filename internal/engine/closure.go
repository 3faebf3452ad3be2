package engine

import (
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
)

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
	var buf [16]subject        // enough for most, and costs no allocation
	var index map[subject]bool // of those found, once they are many
	found := append(buf[:0], s.subject(sub))
	for i := 0; i < len(found); i++ {
		who := found[i]
		if !s.counts(who) {
			continue
		}
		h, _ := s.holders.get(who)
		if visit(who, h) {
			return true
		}
		for id, p := range s.base.Places(who.number) {
			if !s.hasLeft(id) {
				found, index = reach(found, index, subject{number: p.In()})
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

// counts reports whether a subject can hold something: a group that exists, a
// membership that is active, and everybody else.
func (s *Snapshot) counts(who subject) bool {
	switch s.kindOf(who) {
	case access.GroupKind:
		if g, changed := s.groups.get(who); changed {
			return g.exists
		}
		return s.base.Exists(who.number)
	case access.MembershipKind:
		if m, changed := s.memberships.get(who); changed {
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
func reach(found []subject, index map[subject]bool, who subject) ([]subject, map[subject]bool) {
	if index == nil {
		if slices.Contains(found, who) {
			return found, nil
		}
		if len(found) < cap(found) {
			return append(found, who), nil
		}
		index = setOf(found)
	}
	if !index[who] {
		index[who] = true
		found = append(found, who)
	}
	return found, index
}
