package authn

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"sync/atomic"
)

// The bounds of what is remembered: so many credentials, of which those whose
// hashes begin alike share one of the sets.
const (
	maxRemembered = 16 << 10
	setSize       = 8
	sets          = maxRemembered / setSize
)

// memory remembers verified credentials by the hash of the whole credential,
// so that two that differ in any byte never share an entry. It is bounded: a
// credential whose set is full takes the place of another one, which is verified
// again when it comes back. Who asks and who remembers wait for nobody. What it
// says must be checked against the Directory and the clock, as keys die and
// tokens expire.
type memory struct {
	sets [sets][setSize]atomic.Pointer[remembered]
}

// remembered never changes.
type remembered struct {
	hash  [sha256.Size]byte
	proof proof
}

// get returns what the credential proved, or nil. Nobody may change it.
func (m *memory) get(hash *[sha256.Size]byte) *proof {
	set := m.set(hash)
	for i := range set {
		if r := set[i].Load(); r != nil && r.hash == *hash {
			return &r.proof
		}
	}
	return nil
}

// put remembers what the credential proved. Two that are put at the same time
// may take the same place, and one of them is forgotten.
func (m *memory) put(hash *[sha256.Size]byte, p proof) *proof {
	set := m.set(hash)
	at := rand.IntN(setSize)
	for i := range set {
		if r := set[i].Load(); r == nil || r.hash == *hash {
			at = i
			break
		}
	}
	r := &remembered{*hash, p}
	set[at].Store(r)
	return &r.proof
}

func (m *memory) set(hash *[sha256.Size]byte) *[setSize]atomic.Pointer[remembered] {
	return &m.sets[binary.LittleEndian.Uint64(hash[:])%sets]
}
