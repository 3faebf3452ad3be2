package engine

import (
	"hash/maphash"
	"iter"

	"github.com/benbjohnson/immutable"

	"github.com/reeve-authz/reeve/internal/access"
)

// subject is a subject by its number in the base, or if it is not there by its
// name. A check reads the name of none that it need not: to read it is to wait for
// memory.
type subject struct {
	number uint32
	name   access.Subject // empty if it has a number
}

func (s *Snapshot) subject(sub access.Subject) subject {
	if n := s.base.Subject(sub); n != 0 {
		return subject{number: n}
	}
	return subject{name: sub}
}

func (s *Snapshot) nameOf(who subject) access.Subject {
	if who.number != 0 {
		return s.base.SubjectAt(who.number)
	}
	return who.name
}

func (s *Snapshot) kindOf(who subject) access.SubjectKind {
	if who.number != 0 {
		return s.base.SubjectKind(who.number)
	}
	return who.name.Kind
}

// outside is what is known of subjects outside of the base. It never changes.
type outside[V any] struct {
	numbered *immutable.Map[uint32, V]
	named    *immutable.Map[access.Subject, V]
}

func nothing[V any]() outside[V] {
	return outside[V]{immutable.NewMap[uint32, V](byNumber{}), immutable.NewMap[access.Subject, V](bySubject{})}
}

func (o *outside[V]) len() int { return o.numbered.Len() + o.named.Len() }

func (o *outside[V]) get(who subject) (V, bool) {
	if who.number == 0 {
		return o.named.Get(who.name)
	}
	if o.numbered.Len() == 0 {
		var none V
		return none, false
	}
	return o.numbered.Get(who.number)
}

func (o *outside[V]) set(who subject, v V) {
	if who.number == 0 {
		o.named = o.named.Set(who.name, v)
	} else {
		o.numbered = o.numbered.Set(who.number, v)
	}
}

func (o *outside[V]) remove(who subject) {
	if who.number == 0 {
		o.named = o.named.Delete(who.name)
	} else {
		o.numbered = o.numbered.Delete(who.number)
	}
}

// all are the subjects with what is known of them, in no order.
func (o *outside[V]) all() iter.Seq2[subject, V] {
	return func(yield func(subject, V) bool) {
		for at := o.numbered.Iterator(); !at.Done(); {
			if n, v, _ := at.Next(); !yield(subject{number: n}, v) {
				return
			}
		}
		for at := o.named.Iterator(); !at.Done(); {
			if name, v, _ := at.Next(); !yield(subject{name: name}, v) {
				return
			}
		}
	}
}

// bySubject hashes subjects. Those of different kinds rarely share an id.
type bySubject struct{}

func (bySubject) Hash(s access.Subject) uint32   { return uint32(maphash.String(seed, s.ID)) }
func (bySubject) Equal(a, b access.Subject) bool { return a == b }

// byNumber hashes numbers, which nobody can choose.
type byNumber struct{}

func (byNumber) Hash(n uint32) uint32   { return n * 0x9e3779b1 }
func (byNumber) Equal(a, b uint32) bool { return a == b }
