package server

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// How much garbage may gather until the collector runs. Go lets it be as much as
// there is live: too little for a small realm, at whose collections a check would
// spend a seventh of its time, and for a large one, of which nearly all is packed
// so that the collector hardly looks at it, much more than it is worth. While
// collecting costs a good part of the processor all the same, as when a realm is
// imported, it may be more.
const (
	leastHeadroom = 16 << 20  // bytes
	mostHeadroom  = 256 << 20 // bytes
	costly        = 0.1       // of the time of the processors: then the headroom grows
	cheap         = 0.03      // likewise: then it shrinks again
	lookEvery     = time.Second
)

// memory keeps what the process takes near what it needs. Its settings are those
// of the process, so it does nothing until BoundMemory.
type memory struct {
	mu       sync.Mutex
	bound    bool // guarded by mu, like all below
	headroom uint64
	percent  int // as it was set
	seen     usage
}

// usage is what the process has used so far.
type usage struct{ collecting, working float64 } // seconds of processors

// BoundMemory keeps the garbage of the process within bounds of ours until
// restore is called. It is for a process that is nothing but this server, and
// does nothing where the operator has set GOGC or GOMEMLIMIT.
func (s *Server) BoundMemory() (restore func()) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	s.memory.begin()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				s.memory.look()
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
		s.memory.end()
	}
}

func (m *memory) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bound, m.headroom = true, leastHeadroom
	m.seen, _ = measure()
	m.trimLocked()
}

func (m *memory) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bound, m.percent = false, 0
	debug.SetGCPercent(100) // as it is without GOGC
}

// look makes the headroom fit what collecting costs, and the collector's setting
// what is live.
func (m *memory) look() {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, live := measure()
	was := m.headroom
	m.headroom = nextHeadroom(was, now.collecting-m.seen.collecting, now.working-m.seen.working)
	m.seen = now
	if m.headroom < was && m.headroom == leastHeadroom {
		m.trimLocked()
		return
	}
	m.set(live)
}

// nextHeadroom is what the headroom should be after it was so much, while
// collecting and working took the processors so long.
func nextHeadroom(was uint64, collecting, working float64) uint64 {
	switch share := collecting / max(collecting+working, lookEvery.Seconds()/10); {
	case share > costly:
		return min(2*was, mostHeadroom)
	case share < cheap:
		return max(was/2, leastHeadroom)
	}
	return was
}

// trim gives garbage back to the system. It is worth its run of the garbage
// collector when a lot has become garbage at once. While there is much more to
// come it would be asked for again at once: then look trims, when that is over.
func (m *memory) trim() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bound && m.headroom == leastHeadroom {
		m.trimLocked()
	}
}

func (m *memory) trimLocked() {
	debug.FreeOSMemory()
	_, live := measure()
	m.set(live)
}

// set gives the collector its setting, if that changes by more than a little:
// everything waits for it.
func (m *memory) set(live uint64) {
	percent := gcPercent(live, m.headroom)
	if d := percent - m.percent; d*10 > m.percent || -d*10 > m.percent {
		m.percent = percent
		debug.SetGCPercent(percent)
	}
}

// gcPercent is what GOGC should be while so many bytes are live.
func gcPercent(live, headroom uint64) int {
	const least = 4 << 20                             // what Go takes for a heap at least
	return int(max(1, 100*headroom/max(live, least))) //nolint:gosec // at most a few thousand
}

// measure returns what the process has used so far, and the bytes that were live
// when the collector ran last.
func measure() (usage, uint64) {
	all := []metrics.Sample{
		{Name: "/cpu/classes/gc/total:cpu-seconds"}, {Name: "/cpu/classes/user:cpu-seconds"}, {Name: "/gc/heap/live:bytes"},
	}
	metrics.Read(all)
	return usage{all[0].Value.Float64(), all[1].Value.Float64()}, all[2].Value.Uint64()
}
