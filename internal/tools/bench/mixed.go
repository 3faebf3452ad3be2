package main

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Mixed is what checks cost while others write, beside idle rounds. CPU is that
// of the process and so counts the writes.
type Mixed struct {
	Pair            Pair    `json:"pair"`
	WritesPerSecond float64 `json:"writesPerSecond"` // that were made
	Revoked         int     `json:"revoked"`         // grants that the next request after their end was refused by
}

// pacedWriters is how many connections share the pace of a pacer: so many that
// a write may take long and the next ones arrive all the same.
const pacedWriters = 64

// measureMixed asks by the load in turn alone and beside writes and revocations
// of grants on the resource.
func measureMixed(s *server, asked *load, w *writes, resource string, p plan) (Mixed, error) {
	var m Mixed
	beside, err := newPacer(s.addr, w, p.pace)
	if err != nil {
		return m, err
	}
	defer beside.close()
	r, err := newRevoker(w.asker, resource)
	if err != nil {
		return m, err
	}
	defer r.close()
	checks := func() (Route, error) { return measureRoute(asked, s.pid(), bounds{time: p.round}) }
	var took time.Duration // of the rounds beside writes
	m.Pair, err = measurePair(p.rounds, func() (route Route, err error) {
		stop := make(chan struct{})
		var writing, revoking error
		var others sync.WaitGroup
		others.Go(func() { writing = beside.run(stop) })
		others.Go(func() { revoking = r.run(stop) })
		began := time.Now()
		route, err = checks()
		close(stop)
		others.Wait()
		took += time.Since(began)
		return route, errors.Join(writing, revoking, err)
	}, checks)
	m.WritesPerSecond = float64(beside.made.Load()) / took.Seconds()
	m.Revoked = r.done
	return m, err
}

// pacer sends requests at a pace, whether or not the answers keep up.
type pacer struct {
	conns   []*conn
	traffic traffic
	every   time.Duration // between two requests of a connection
	made    atomic.Int64
}

func newPacer(addr string, t traffic, perSecond int) (*pacer, error) {
	l, err := newLoad(addr, pacedWriters, t)
	if err != nil {
		return nil, err
	}
	return &pacer{conns: l.conns, traffic: t, every: pacedWriters * time.Second / time.Duration(perSecond)}, nil
}

func (p *pacer) close() {
	for _, c := range p.conns {
		c.close()
	}
}

// run sends until stop is closed. A request that is late, because the answer to
// the one before was, is sent at once.
func (p *pacer) run(stop <-chan struct{}) error {
	errs := make([]error, len(p.conns))
	var all sync.WaitGroup
	for i, c := range p.conns {
		all.Go(func() {
			var buf []byte
			next := time.Now().Add(p.every * time.Duration(i) / pacedWriters)
			for errs[i] == nil {
				select {
				case <-stop:
					return
				case <-time.After(time.Until(next)):
				}
				next = next.Add(p.every)
				n := int(p.made.Add(1) - 1)
				buf = p.traffic.request(buf[:0], n)
				status, body, err := c.do(buf)
				if errs[i] = err; err == nil {
					errs[i] = p.traffic.verify(n, status, body)
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
