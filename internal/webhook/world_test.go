package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
)

const realm access.RealmID = "default"

// world is a Source and a receiver in memory. In a bubble of synctest its time
// passes as soon as everybody waits.
type world struct {
	t      *testing.T
	sender *Sender

	mu       sync.Mutex
	events   []access.Event
	progress map[access.WebhookID]access.WebhookProgress
	saves    int
	broken   bool // the Source fails
	got      []delivered
	answer   func(url string, e string) (int, error)
	stop     context.CancelFunc
	stopped  chan struct{}
}

type delivered struct {
	url, event string
	at         time.Time
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, progress: map[access.WebhookID]access.WebhookProgress{}}
	w.answer = func(string, string) (int, error) { return 200, nil }
	w.start()
	return w
}

// start begins a process; the Source stays what it was.
func (w *world) start() {
	w.sender = New(Config{
		Post: func(ctx context.Context, url string, _ http.Header, body []byte) (int, error) {
			w.mu.Lock()
			w.got = append(w.got, delivered{url, string(body), time.Now()})
			answer := w.answer
			w.mu.Unlock()
			status, err := answer(url, string(body))
			if ctx.Err() != nil {
				return 0, ctx.Err()
			}
			return status, err
		},
		Body: func(e access.Event) ([]byte, error) { return []byte(e.ID), nil },
		Log:  slog.New(slog.DiscardHandler),
	})
	ctx, stop := context.WithCancel(context.Background())
	w.stop, w.stopped = stop, make(chan struct{})
	stopped := w.stopped
	go func() { w.sender.Run(ctx, w); close(stopped) }()
}

// close ends the process as on shutdown.
func (w *world) close() {
	w.stop()
	<-w.stopped
}

// endpoint makes or changes an endpoint.
func (w *world) endpoint(id access.WebhookID, change func(*access.WebhookEndpoint)) {
	e := &access.WebhookEndpoint{ID: id, URL: "https://" + string(id), Events: []access.EventName{"role.created"}}
	if change != nil {
		change(e)
	}
	w.sender.Heard(realm, []access.Change{{ID: id, Document: e}})
}

// happen tells of events, numbered from 1.
func (w *world) happen(n int, name access.EventName) {
	w.mu.Lock()
	for range n {
		w.events = append(w.events, access.Event{ID: access.EventID(fmt.Sprintf("%06d", len(w.events)+1)), Name: name})
	}
	w.mu.Unlock()
	w.sender.Heard(realm, nil)
}

// to are the events that came to a URL, as their numbers.
func (w *world) to(id access.WebhookID) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var numbers []string
	for _, d := range w.got {
		if d.url == "https://"+string(id) {
			numbers = append(numbers, strings.TrimLeft(d.event, "0"))
		}
	}
	return strings.Join(numbers, " ")
}

func (w *world) EventsAfter(_ context.Context, _ access.RealmID, after access.EventID, names []access.EventName, limit int) ([]access.Event, access.EventID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken {
		return nil, after, errors.New("the disk is gone")
	}
	var found []access.Event
	for _, e := range w.events {
		if e.ID <= after {
			continue
		}
		if slices.Contains(names, e.Name) {
			if len(found) == limit {
				return found, found[limit-1].ID, nil
			}
			found = append(found, e)
		}
		after = e.ID
	}
	return found, after, nil
}

func (w *world) EventAt(_ context.Context, _ access.RealmID, id access.EventID) (access.Event, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.events, func(e access.Event) bool { return e.ID == id })
	if w.broken {
		return access.Event{}, false, errors.New("the disk is gone")
	}
	if i < 0 {
		return access.Event{}, false, nil
	}
	return w.events[i], true, nil
}

func (w *world) WebhookProgress(_ context.Context, _ access.RealmID, e *access.WebhookEndpoint) (access.WebhookProgress, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken {
		return access.WebhookProgress{}, errors.New("the disk is gone")
	}
	p := w.progress[e.ID]
	p.Waiting = slices.Clone(p.Waiting)
	if p.After < e.Since {
		p = access.WebhookProgress{After: e.Since}
	}
	p.Endpoint = e.ID
	return p, nil
}

func (w *world) SaveWebhookProgress(_ context.Context, _ access.RealmID, p access.WebhookProgress) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken {
		return errors.New("the disk is gone")
	}
	w.saves++
	p.Waiting = slices.Clone(p.Waiting)
	w.progress[p.Endpoint] = p
	return nil
}

// answers changes what receivers answer.
func (w *world) answers(fn func(url, e string) (int, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = fn
}

// kept is the progress in the Source.
func (w *world) kept(id access.WebhookID) access.WebhookProgress {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.progress[id]
}

func (w *world) keeps(p access.WebhookProgress) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.progress[p.Endpoint] = p
}

// saved is how often progress was kept.
func (w *world) saved() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.saves
}

// tries are all posts, in their order.
func (w *world) tries() []delivered {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.got)
}

// bubble runs a test in time of its own.
func bubble(t *testing.T, fn func(*testing.T, *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		fn(t, w)
		w.close()
	})
}

func (w *world) want(id access.WebhookID, numbers string) {
	w.t.Helper()
	synctest.Wait()
	if got := w.to(id); got != numbers {
		w.t.Errorf("%s got the events %q, want %q", id, got, numbers)
	}
}
