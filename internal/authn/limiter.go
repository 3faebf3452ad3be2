package authn

import (
	"sync"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
)

// windows are the durations of rate limits. PT0S is not among them: a window
// without length holds no request, so it limits nothing. A month is 30 days.
var windows = map[string]time.Duration{
	"PT5M": 5 * time.Minute,
	"PT1H": time.Hour,
	"P1D":  24 * time.Hour,
	"P1M":  30 * 24 * time.Hour,
}

const (
	slots       = 60     // a window's parts that are counted apart
	maxCounters = 10_000 // before those that count nothing are dropped
)

// limiter counts the requests of the clients that have a rate limit, in this
// process's memory: another node counts for itself, and a start begins at zero.
type limiter struct {
	mu       sync.Mutex
	counters map[clientKey]*counter
}

// counter holds how many requests came in each of the last slots of a window
// and in the one that is not over. A request is counted until its whole slot
// has left the window, so no window of that length ever has more than the
// quota, wherever it begins.
type counter struct {
	window time.Duration
	slot   int64 // the newest one, in slots since 1970
	counts [slots + 1]int
	sum    int
}

// take counts a request, or returns a TooMany error if the limits of its client
// leave no room for it. A refused request is not counted, so that a client
// which keeps asking gets in as soon as there is room.
func (l *limiter) take(client clientKey, limits []access.RateLimit, now time.Time) error {
	if len(limits) == 0 {
		return nil
	}
	limit := limits[0] // Validate allows one
	window := windows[limit.Duration]
	if window == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.counters[client]
	if c == nil || c.window != window {
		c = &counter{window: window}
		l.add(client, c, now)
	}
	c.advance(now)
	if c.sum >= limit.Quota {
		err := access.Errorf(access.TooMany, "the client has sent the %d requests that its rate limit allows in %s", limit.Quota, limit.Duration)
		err.RetryAfter = c.wait(now)
		return err
	}
	c.counts[c.slot%int64(len(c.counts))]++
	c.sum++
	return nil
}

func (l *limiter) add(client clientKey, c *counter, now time.Time) {
	if l.counters == nil {
		l.counters = map[clientKey]*counter{}
	}
	if len(l.counters) >= maxCounters {
		for key, old := range l.counters {
			if old.advance(now); old.sum == 0 {
				delete(l.counters, key)
			}
		}
	}
	l.counters[client] = c
}

func (c *counter) width() time.Duration { return c.window / slots }

// advance forgets the slots that have left the window. A clock that goes back
// changes nothing.
func (c *counter) advance(now time.Time) {
	slot := now.UnixNano() / int64(c.width())
	if slot-c.slot >= int64(len(c.counts)) {
		*c = counter{window: c.window, slot: slot}
	}
	for c.slot < slot {
		c.slot++
		at := &c.counts[c.slot%int64(len(c.counts))]
		c.sum -= *at
		*at = 0
	}
}

// wait is the time until the oldest slot that counts leaves the window.
func (c *counter) wait(now time.Time) time.Duration {
	for age := int64(slots); age >= 0; age-- {
		slot := c.slot - age
		if slot >= 0 && c.counts[slot%int64(len(c.counts))] > 0 {
			leaves := (slot + slots + 1) * int64(c.width())
			return time.Duration(leaves - now.UnixNano())
		}
	}
	return 0
}
