package webhook

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
)

const (
	tries       = 7           // of one event, the first included
	firstDelay  = time.Minute // before the second try
	delayFactor = 5           // by which each delay is longer than the one before: 65 hours in all
	jitter      = 0.1         // of a delay, more or less

	maxWaiting = 250 // events set aside; with more, the line stands until one is delivered or given up
	batch      = 20  // events read at a time

	saveTried  = time.Second // after a try, until it is kept
	savePassed = time.Minute // after events that the endpoint is not told
	readAgain  = time.Second // after a failure of the source
)

// line sends events to one endpoint.
type line struct {
	cfg   Config
	at    place
	news  chan struct{} // there may be events
	taken bool          // somebody works on the line; guarded by the Sender

	mu   sync.Mutex
	doc  *access.WebhookEndpoint // nil once it is deleted
	stop context.CancelFunc      // ends what is done by an earlier doc
	turn chan struct{}           // closed when doc changes
}

func newLine(cfg Config, at place) *line {
	return &line{cfg: cfg, at: at, news: make(chan struct{}, 1), stop: func() {}, turn: make(chan struct{})}
}

// set replaces what the endpoint is. What was being sent by what it was is cut
// off.
func (l *line) set(doc *access.WebhookEndpoint) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.doc = doc
	l.stop()
	close(l.turn)
	l.turn = make(chan struct{})
}

// now returns what the endpoint is, a channel that is closed when that changes,
// and a context that ends then.
func (l *line) now() (*access.WebhookEndpoint, <-chan struct{}, context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop()
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	return l.doc, l.turn, ctx
}

// work sends until ctx ends or the endpoint is deleted.
func (l *line) work(ctx context.Context, source Source) {
	for ctx.Err() == nil {
		doc, turn, valid := l.now()
		if doc == nil {
			return
		}
		if doc.Disabled {
			select {
			case <-turn:
			case <-ctx.Done():
			}
			continue
		}
		d := &delivery{
			line: l, source: source, endpoint: doc, stopped: ctx.Done(), valid: valid,
			log: l.cfg.Log.With("realm", l.at.realm, "endpoint", doc.ID),
		}
		d.run()
	}
}

// delivery is the work on a line while its endpoint stays what it is.
type delivery struct {
	*line
	source   Source
	endpoint *access.WebhookEndpoint
	stopped  <-chan struct{} // send nothing more
	valid    context.Context // ends when the endpoint changes
	log      *slog.Logger
	progress access.WebhookProgress
	saveAt   time.Time // when the progress is to be kept; zero if it is
}

// ended reports whether the work on the line is over.
func (d *delivery) ended() bool {
	select {
	case <-d.stopped:
		return true
	default:
		return d.valid.Err() != nil
	}
}

// run sends until ended.
func (d *delivery) run() {
	if !d.begin() {
		return
	}
	for !d.ended() {
		retried := d.retry()
		passed, err := d.advance()
		if err != nil && !d.ended() {
			d.log.Error("events for a webhook endpoint could not be read; trying again", "err", err)
			d.wait(readAgain)
		}
		d.keep(time.Now())
		if err == nil && !retried && !passed {
			d.wait(d.rest())
		}
	}
	d.keep(d.saveAt)
}

// begin reads where the line goes on. It is false if the work ended before.
func (d *delivery) begin() bool {
	for !d.ended() {
		p, err := d.source.WebhookProgress(d.valid, d.at.realm, d.endpoint)
		if err == nil {
			d.progress = p
			return true
		}
		if !d.ended() {
			d.log.Error("the progress of a webhook endpoint could not be read; trying again", "err", err)
			d.wait(readAgain)
		}
	}
	return false
}

// rest is how long there is nothing to do without news.
func (d *delivery) rest() time.Duration {
	const long = time.Hour
	next := time.Now().Add(long)
	if !d.saveAt.IsZero() && d.saveAt.Before(next) {
		next = d.saveAt
	}
	for _, w := range d.progress.Waiting {
		if w.Next.Before(next) {
			next = w.Next
		}
	}
	return time.Until(next)
}

func (d *delivery) wait(long time.Duration) {
	t := time.NewTimer(long)
	defer t.Stop()
	select {
	case <-d.news:
	case <-t.C:
	case <-d.stopped:
	case <-d.valid.Done():
	}
}

// retry tries the first event whose time has come again, and reports whether
// there was one.
func (d *delivery) retry() bool {
	now := time.Now()
	i := slices.IndexFunc(d.progress.Waiting, func(w access.WaitingEvent) bool { return !w.Next.After(now) })
	if i < 0 {
		return false
	}
	w := d.progress.Waiting[i]
	e, exists, err := d.source.EventAt(d.valid, d.at.realm, w.Event)
	if err != nil {
		if !d.ended() {
			d.log.Error("an event for a webhook endpoint could not be read; trying again", "event", w.Event, "err", err)
			d.progress.Waiting[i].Next = now.Add(readAgain)
		}
		return true
	}
	var reason string
	if exists && slices.Contains(d.endpoint.Events, e.Name) { // as long as the endpoint is told such events
		var sent bool
		if reason, sent = d.send(e); !sent {
			return true
		}
	}
	d.progress.Waiting = slices.Delete(d.progress.Waiting, i, i+1)
	if reason != "" {
		d.failed(i, access.WaitingEvent{Event: w.Event, Tries: w.Tries + 1}, reason)
	}
	d.due(saveTried)
	return true
}

// advance sends events that were not tried yet, and reports whether it got
// further.
func (d *delivery) advance() (bool, error) {
	room := min(batch, maxWaiting-len(d.progress.Waiting))
	if room <= 0 {
		return false, nil
	}
	before := d.progress.After
	events, upTo, err := d.source.EventsAfter(d.valid, d.at.realm, before, d.endpoint.Events, room)
	if err != nil {
		return false, err
	}
	for _, e := range events {
		if d.ended() {
			return true, nil
		}
		reason, sent := d.send(e)
		if !sent {
			return true, nil
		}
		if reason != "" {
			d.failed(len(d.progress.Waiting), access.WaitingEvent{Event: e.ID, Tries: 1}, reason)
		}
		d.progress.After = e.ID
		d.due(saveTried)
	}
	if d.progress.After = upTo; upTo != before {
		d.due(savePassed)
	}
	return upTo != before, nil
}

// failed sets an event aside, at its place among those that wait, or gives it
// up.
func (d *delivery) failed(i int, w access.WaitingEvent, reason string) {
	now := time.Now()
	if w.Tries >= tries {
		d.log.Warn("a webhook event was given up", "event", w.Event, "tries", w.Tries, "reason", reason)
		d.progress.LastFailure = access.WebhookFailure{Event: w.Event, Time: now.UTC().Truncate(time.Millisecond), Reason: reason}
		return
	}
	w.Next = now.Add(delay(w.Tries)).UTC().Truncate(time.Millisecond)
	d.log.Info("a webhook event was not taken; it will be tried again", "event", w.Event, "tries", w.Tries, "next", w.Next, "reason", reason)
	d.progress.Waiting = slices.Insert(d.progress.Waiting, i, w)
}

// delay is how long to wait after so many tries.
func delay(tried int) time.Duration {
	d := firstDelay
	for range tried - 1 {
		d *= delayFactor
	}
	return d + time.Duration(float64(d)*jitter*(2*rand.Float64()-1)) //nolint:gosec // spreads load, no secret
}

// due has the progress kept soon.
func (d *delivery) due(within time.Duration) {
	at := time.Now().Add(within)
	if d.saveAt.IsZero() || at.Before(d.saveAt) {
		d.saveAt = at
	}
}

// keep writes the progress if that is due at the time.
func (d *delivery) keep(now time.Time) {
	if d.saveAt.IsZero() || now.Before(d.saveAt) {
		return
	}
	// A context of its own: what was sent is kept also when the work is over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(d.valid), 5*time.Second)
	defer cancel()
	if err := d.source.SaveWebhookProgress(ctx, d.at.realm, d.progress); err != nil {
		d.log.Error("the progress of a webhook endpoint could not be kept; trying again", "err", err)
		d.saveAt = time.Now().Add(readAgain)
		return
	}
	d.saveAt = time.Time{}
}
