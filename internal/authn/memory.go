package authn

import (
	"crypto/sha256"
	"sync"
)

// maxRemembered bounds each of memory's two generations.
const maxRemembered = 10_000

// memory remembers verified credentials by the hash of the whole credential,
// so that two that differ in any byte never share an entry. It is bounded: when
// the young generation is full, it becomes the old one, and what was in the old
// one is verified again when it comes back. What it says must be checked
// against the Directory and the clock, as keys die and tokens expire.
type memory struct {
	mu         sync.RWMutex
	young, old map[[sha256.Size]byte]proof
}

func (m *memory) get(hash [sha256.Size]byte) (proof, bool) {
	m.mu.RLock()
	p, ok := m.young[hash]
	if ok {
		m.mu.RUnlock()
		return p, true
	}
	p, ok = m.old[hash]
	m.mu.RUnlock()
	if ok {
		m.put(hash, p)
	}
	return p, ok
}

func (m *memory) put(hash [sha256.Size]byte, p proof) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.young) >= maxRemembered {
		m.old, m.young = m.young, nil
	}
	if m.young == nil {
		m.young = map[[sha256.Size]byte]proof{}
	}
	m.young[hash] = p
}
