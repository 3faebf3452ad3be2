package authn

import (
	"hash/maphash"
	"iter"

	"github.com/benbjohnson/immutable"
)

// table is a map whose copies share what they have in common: a copy costs
// nothing, and a change of one is not seen in another.
type table[K comparable, V any] struct {
	entries *immutable.Map[K, V]
}

func newTable[K comparable, V any]() table[K, V] {
	return table[K, V]{immutable.NewMap[K, V](hasher[K]{maphash.MakeSeed()})}
}

func (t *table[K, V]) get(key K) (V, bool) { return t.entries.Get(key) }

func (t *table[K, V]) set(key K, value V) { t.entries = t.entries.Set(key, value) }

func (t *table[K, V]) delete(key K) { t.entries = t.entries.Delete(key) }

// all are the entries, in no order.
func (t *table[K, V]) all() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for i := t.entries.Iterator(); !i.Done(); {
			key, value, _ := i.Next()
			if !yield(key, value) {
				return
			}
		}
	}
}

// hasher hashes keys so that nobody can choose such as collide.
type hasher[K comparable] struct{ seed maphash.Seed }

func (h hasher[K]) Hash(key K) uint32 { return uint32(maphash.Comparable(h.seed, key)) }

func (hasher[K]) Equal(a, b K) bool { return a == b }
