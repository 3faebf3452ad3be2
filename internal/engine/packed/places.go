package packed

import (
	"iter"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
)

// A Place is where a subject is in: a group that lists it, a group that it joined
// by a document of its own, or, of a user, a membership.
type Place uint32

// bitJoin is set of a Place by a document of its own.
const bitJoin = 1

func placeIn(in uint32, joined bool) Place {
	if joined {
		return Place(in<<1 | bitJoin)
	}
	return Place(in << 1)
}

// In is the number of the group or membership.
func (p Place) In() uint32 { return uint32(p >> 1) }

// Joined reports whether a document of its own put the subject there.
func (p Place) Joined() bool { return p&bitJoin != 0 }

// Places are those of a subject, with their own numbers.
func (b *Base) Places(subject uint32) iter.Seq2[uint32, Place] {
	return func(yield func(uint32, Place) bool) {
		if subject == 0 || int(subject) >= len(b.in.end) {
			return
		}
		for id := b.in.end[subject-1]; id < b.in.end[subject]; id++ {
			if !yield(id, Place(b.in.all[id])) {
				return
			}
		}
	}
}

// PlaceOf returns the number of a subject's place; false if it has no such one.
func (b *Base) PlaceOf(subject, in uint32, joined bool) (id uint32, ok bool) {
	if subject == 0 || in == 0 {
		return 0, false
	}
	i, ok := slices.BinarySearch(b.in.of(subject), uint32(placeIn(in, joined)))
	if !ok {
		return 0, false
	}
	return b.in.end[subject-1] + uint32(i), true //nolint:gosec // an index of a bounded array
}

// Members are those in a group or membership: their numbers, and whether a
// document of its own put each there.
func (b *Base) Members(in uint32) iter.Seq2[uint32, bool] {
	return func(yield func(member uint32, joined bool) bool) {
		for _, m := range b.has.of(in) {
			if !yield(Place(m).In(), Place(m).Joined()) {
				return
			}
		}
	}
}

// What the state of a subject says.
const (
	stateExists = 1 << iota // of a group or membership
	stateActive             // of a membership
	stateBits   = iota      // above them, of a membership: the index of its organization among the kinds
)

// Exists reports whether there is such a group or membership.
func (b *Base) Exists(n uint32) bool { return b.stateOf(n)&stateExists != 0 }

// Membership is what is known of a membership.
type Membership struct {
	User         uint32 // the number of its user
	Organization access.OrganizationID
	Active       bool
}

// Membership returns a membership; false if there is no such one.
func (b *Base) Membership(n uint32) (Membership, bool) {
	state := b.stateOf(n)
	if state&stateExists == 0 {
		return Membership{}, false
	}
	m := Membership{Organization: b.kinds[state>>stateBits].Organization, Active: state&stateActive != 0}
	for user := range b.Members(n) {
		m.User = user
	}
	return m, true
}

// Active reports whether a membership is there and active.
func (b *Base) Active(n uint32) bool { return b.stateOf(n)&stateActive != 0 }

func (b *Base) stateOf(n uint32) uint32 {
	if int(n) >= len(b.state) {
		return 0
	}
	return b.state[n]
}
