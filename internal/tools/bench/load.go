package main

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// traffic is what a server is asked. It is used by several goroutines at once.
type traffic interface {
	// request appends the n-th request to buf; n grows without end.
	request(buf []byte, n int) []byte
	// verify returns an error unless this is the right answer to the n-th.
	verify(n, status int, body []byte) error
}

// load asks a server over connections that are kept, each of which sends a
// request when it has the answer to the one before.
type load struct {
	conns   []*conn
	traffic traffic
	asked   atomic.Int64
}

func newLoad(addr string, conns int, t traffic) (*load, error) {
	l := &load{traffic: t}
	for range conns {
		c, err := dial(addr)
		if err != nil {
			l.close()
			return nil, fmt.Errorf("connecting to the server: %w", err)
		}
		l.conns = append(l.conns, c)
	}
	return l, nil
}

func (l *load) close() {
	for _, c := range l.conns {
		c.close()
	}
}

// bounds say when a round ends: after a time, or after a number of requests;
// zero for no such end.
type bounds struct {
	time     time.Duration
	requests int
}

// round is what a round of load saw.
type round struct {
	requests int
	took     time.Duration
	latency  []time.Duration // of each request, sorted
}

// run asks within bounds, further on from where the last round ended. Any
// wrong answer is an error, which names the first ones.
func (l *load) run(b bounds) (round, error) {
	var wrong mistakes
	latency := make([][]time.Duration, len(l.conns))
	errs := make([]error, len(l.conns))
	began := time.Now()
	first := l.asked.Load()
	var all sync.WaitGroup
	for i, c := range l.conns {
		all.Go(func() {
			var buf []byte
			for now := began; errs[i] == nil && (b.time == 0 || now.Sub(began) < b.time); {
				n := l.asked.Add(1) - 1
				if b.requests > 0 && n-first >= int64(b.requests) {
					break
				}
				buf = l.traffic.request(buf[:0], int(n))
				sent := time.Now()
				status, body, err := c.do(buf)
				now = time.Now()
				latency[i] = append(latency[i], now.Sub(sent))
				if errs[i] = err; err == nil {
					wrong.note(l.traffic.verify(int(n), status, body))
				}
			}
		})
	}
	all.Wait()
	r := round{took: time.Since(began), latency: slices.Concat(latency...)}
	r.requests = len(r.latency)
	slices.Sort(r.latency)
	if b.requests > 0 {
		l.asked.Store(first + int64(r.requests))
	}
	return r, errors.Join(errors.Join(errs...), wrong.err())
}

// mistakes counts wrong answers and keeps the first ones. Its zero value is
// ready to use.
type mistakes struct {
	mu    sync.Mutex
	count int
	first []error
}

// maxShown bounds how many wrong answers an error names.
const maxShown = 10

// note takes what a verification returned.
func (m *mistakes) note(err error) {
	if err == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.count++; len(m.first) < maxShown {
		m.first = append(m.first, err)
	}
}

func (m *mistakes) err() error {
	if m.count == 0 {
		return nil
	}
	return fmt.Errorf("%d answers are wrong, among them:\n%w", m.count, errors.Join(m.first...))
}

// quantile is the latency that the part q of all requests stays within.
func (r round) quantile(q float64) time.Duration {
	if len(r.latency) == 0 {
		return 0
	}
	return r.latency[min(int(q*float64(len(r.latency))), len(r.latency)-1)]
}

// median is the middle of what several rounds gave; the machine does other
// things, and one round in which it did says nothing.
func median(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(of))
	mid := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[mid]
	}
	return (sorted[mid-1] + sorted[mid]) / 2
}

// micros is a duration in microseconds.
func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
