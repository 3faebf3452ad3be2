// Package webhook sends the events of realms to the endpoints that are
// subscribed to them.
//
// Each endpoint has a line of its own, which sends one event after the other, so
// a slow or dead endpoint delays no other. An event that an endpoint does not
// take is set aside and tried again later, up to six times in some three days,
// while the line goes on with the next: so events come in order except those that
// were set aside. Then it is given up, which is logged and kept as the endpoint's
// last failure.
//
// How far a line is, is kept in the store within a second. After a crash a line
// goes on from there, and what it sent in that second is sent again: an event is
// delivered at least once.
//
// One process sends for a store. Several would send everything several times:
// before they share one, a line must hold a lease that the others see.
package webhook

import (
	"context"
	"log/slog"
	"net/http"
	"sync"

	"github.com/reeve-authz/reeve/internal/access"
)

// Source tells what has happened, and keeps how far lines are.
type Source interface {
	// EventsAfter returns events of the names behind a place, oldest first, and
	// the place up to which it looked.
	EventsAfter(ctx context.Context, realm access.RealmID, after access.EventID, names []access.EventName, limit int) ([]access.Event, access.EventID, error)
	// EventAt returns an event, or false if there is none any more.
	EventAt(ctx context.Context, realm access.RealmID, id access.EventID) (access.Event, bool, error)
	// WebhookProgress returns where the endpoint's line goes on.
	WebhookProgress(ctx context.Context, realm access.RealmID, e *access.WebhookEndpoint) (access.WebhookProgress, error)
	SaveWebhookProgress(ctx context.Context, realm access.RealmID, p access.WebhookProgress) error
}

// Config is what a Sender needs.
type Config struct {
	// Post sends a body to a URL and returns the status of the answer.
	Post func(ctx context.Context, url string, header http.Header, body []byte) (status int, err error)
	// Body writes an event as the receivers read it, the same at every try.
	Body func(access.Event) ([]byte, error)
	Log  *slog.Logger
}

// Sender has a line for every endpoint.
type Sender struct {
	cfg   Config
	mu    sync.Mutex
	lines map[place]*line
	fresh chan struct{} // there may be lines that nobody works on
}

// place names an endpoint among those of all realms.
type place struct {
	realm access.RealmID
	id    access.WebhookID
}

// New returns a Sender that sends nothing before Run.
func New(cfg Config) *Sender {
	return &Sender{cfg: cfg, lines: map[place]*line{}, fresh: make(chan struct{}, 1)}
}

// Heard takes in the changes of a realm. It is a feed.Listener: once it has
// returned, nothing more is sent to an endpoint by what the endpoint was.
func (s *Sender) Heard(realm access.RealmID, changes []access.Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range changes {
		if id, ok := c.ID.(access.WebhookID); ok {
			doc, _ := c.Document.(*access.WebhookEndpoint)
			s.put(place{realm, id}, doc)
		}
	}
	for at, l := range s.lines {
		if at.realm == realm {
			ring(l.news)
		}
	}
}

// put gives the endpoint's line what the endpoint is now. The caller holds mu.
func (s *Sender) put(at place, doc *access.WebhookEndpoint) {
	l := s.lines[at]
	switch {
	case l == nil && doc == nil:
		return
	case l == nil:
		l = newLine(s.cfg, at)
		s.lines[at] = l
		ring(s.fresh)
	case doc == nil:
		delete(s.lines, at)
	}
	l.set(doc)
}

// ring wakes whoever listens, without waiting.
func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}

// Run works on all lines until ctx ends, and returns when what was being sent
// then was answered and all progress is kept.
func (s *Sender) Run(ctx context.Context, source Source) {
	var working sync.WaitGroup
	defer working.Wait()
	for {
		for _, l := range s.idle() {
			working.Go(func() { l.work(ctx, source) })
		}
		select {
		case <-ctx.Done():
			return
		case <-s.fresh:
		}
	}
}

// idle returns the lines that nobody works on, for the caller to work on.
func (s *Sender) idle() []*line {
	s.mu.Lock()
	defer s.mu.Unlock()
	var idle []*line
	for _, l := range s.lines {
		if !l.taken {
			l.taken = true
			idle = append(idle, l)
		}
	}
	return idle
}
