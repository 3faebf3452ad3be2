package server

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// How much the heap may grow between two runs of the garbage collector: as much
// as it has live, like Go's own setting, and from leastHeadroom on only that, or
// the share of a large one. What makes a heap large is packed without pointers,
// so that the collector hardly looks at it.
const (
	leastHeadroom = 32 << 20 // bytes
	headroomShare = 8        // one part in so many
)

// memory keeps what the process takes near what it needs. Its settings are those
// of the process, so it does nothing until BoundMemory.
type memory struct {
	mu    sync.Mutex
	bound bool // guarded by mu
}

// BoundMemory has the garbage collector leave less room than Go does by itself
// once there is much in memory, until restore is called. It is for a process
// that is nothing but this server, and does nothing where the operator has set
// GOGC or GOMEMLIMIT.
func (s *Server) BoundMemory() (restore func()) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	s.memory.set(true)
	s.memory.trim()
	return func() { s.memory.set(false) }
}

func (m *memory) set(bound bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bound = bound; !bound {
		debug.SetGCPercent(100) // as it is without GOGC
	}
}

// trim gives garbage back to the system, and bounds what comes to be anew. It is
// worth its run of the garbage collector when a lot has become garbage at once.
func (m *memory) trim() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.bound {
		return
	}
	debug.FreeOSMemory()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	debug.SetGCPercent(gcPercent(live[0].Value.Uint64()))
}

// gcPercent is what GOGC should be while so many bytes are live. It is never more
// than Go's own 100, nor less than that for a small heap.
func gcPercent(live uint64) int {
	headroom := max(leastHeadroom, live/headroomShare)
	return int(min(100, 100*headroom/max(1, live))) //nolint:gosec // at most 100
}
