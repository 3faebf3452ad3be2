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
		if subject == 0 {
			return
		}
		for id := b.holds[subject-1].in; id < b.holds[subject].in; id++ {
			if !yield(id, Place(b.in[id])) {
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
	from, to := b.holds[subject-1].in, b.holds[subject].in
	i, ok := slices.BinarySearch(b.in[from:to], uint32(placeIn(in, joined)))
	return from + uint32(i), ok //nolint:gosec // an index of a bounded array
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
	stateKind   = 3      // its tag
	stateExists = 1 << 2 // of a group or membership
	stateActive = 1 << 3 // of a membership
	stateBits   = 4      // above them, of a membership: the index of its organization among the kinds
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

func (b *Base) stateOf(n uint32) uint32 { return b.holds[n].state }
