package authn

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
)

func TestLimiter(t *testing.T) {
	for duration, window := range windows {
		var l limiter
		limits := []access.RateLimit{{Duration: duration, Quota: 100}}
		client := clientKey{"a", "sc_a"}
		now := testTime
		for i := range 100 {
			if err := l.take(client, limits, now); err != nil {
				t.Fatalf("%s: request %d: %v", duration, i, err)
			}
		}
		var e *access.Error
		if err := l.take(client, limits, now); !errors.As(err, &e) || e.Kind != access.TooMany {
			t.Fatalf("%s: request 101: got %v, want a TooMany error", duration, err)
		}
		if e.RetryAfter < window || e.RetryAfter > window+window/slots {
			t.Errorf("%s: retry after %v, want the window and at most a slot more", duration, e.RetryAfter)
		}
		for _, other := range []clientKey{{"b", "sc_a"}, {"a", "sc_b"}} {
			if err := l.take(other, limits, now); err != nil {
				t.Errorf("%s: another client: %v", duration, err)
			}
		}
		if err := l.take(client, limits, now.Add(window-1)); err == nil {
			t.Errorf("%s: accepted before the window is over", duration)
		}
		if err := l.take(client, limits, now.Add(e.RetryAfter)); err != nil {
			t.Errorf("%s: after RetryAfter: %v", duration, err)
		}
		if err := l.take(client, limits, now.Add(-window)); err != nil {
			t.Errorf("%s: after the clock went back: %v", duration, err)
		}
	}
}

func TestNoLimit(t *testing.T) {
	var l limiter
	for _, limits := range [][]access.RateLimit{nil, {{Duration: "PT0S", Quota: 100}}} {
		for range 1000 {
			if err := l.take(clientKey{"a", "sc_a"}, limits, testTime); err != nil {
				t.Fatalf("%v: %v", limits, err)
			}
		}
	}
	if len(l.counters) != 0 {
		t.Errorf("%d counters for nothing", len(l.counters))
	}
}

// TestLimiterNeverAdmitsTooMany: no window of the length, wherever it begins,
// has more than the quota, and a client is not starved by its own refusals.
func TestLimiterNeverAdmitsTooMany(t *testing.T) {
	var l limiter
	random := rand.New(rand.NewPCG(1, 2))
	limits := []access.RateLimit{{Duration: "PT5M", Quota: 100}}
	window, now := windows["PT5M"], testTime
	var admitted []time.Time
	for range 20_000 {
		now = now.Add(time.Duration(random.ExpFloat64() * float64(time.Second)))
		if random.IntN(500) == 0 {
			now = now.Add(time.Duration(random.Int64N(int64(2 * window))))
		}
		if l.take(clientKey{"a", "sc_a"}, limits, now) == nil {
			admitted = append(admitted, now)
		}
	}
	for i := 100; i < len(admitted); i++ {
		if between := admitted[i].Sub(admitted[i-100]); between < window {
			t.Fatalf("101 requests within %v", between)
		}
	}
	if len(admitted) < 5000 {
		t.Errorf("%d of 20000 requests admitted, want more", len(admitted))
	}
}

func TestLimiterIsBounded(t *testing.T) {
	var l limiter
	limits := []access.RateLimit{{Duration: "PT5M", Quota: 100}}
	for i := range 3 * maxCounters {
		now := testTime.Add(time.Duration(i) * time.Second)
		if err := l.take(clientKey{"a", access.ClientID(rune(i))}, limits, now); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(l.counters); n > maxCounters {
		t.Errorf("%d counters, want at most %d", n, maxCounters)
	}
}

func TestClientsRateLimit(t *testing.T) {
	w := newWorld(t)
	client := *w.dir.Client("a", "sc_a")
	client.Limits = []access.RateLimit{{Duration: "PT1H", Quota: 100}}
	w.dir.Update("a", []access.Change{{ID: client.ID, Document: &client}})
	for i := range 100 {
		if _, err := w.authenticate("Bearer " + w.text(t, []string{"a1", "a2"}[i%2])); err != nil {
			t.Fatal(err)
		}
		_, _ = w.authenticate("Bearer " + w.text(t, "a1") + "x") // does not count
	}
	for _, key := range []string{"a1", "a2"} { // the keys of a client share its limit
		if _, err := w.authenticate("Bearer " + w.text(t, key)); !errors.Is(err, access.TooMany) {
			t.Errorf("%s: got %v, want a TooMany error", key, err)
		}
	}
	if _, err := w.authenticate("Bearer " + w.text(t, "b1")); err != nil {
		t.Errorf("another client: %v", err)
	}
	w.now = w.now.Add(2 * time.Hour)
	if _, err := w.authenticate("Bearer " + w.text(t, "a1")); err != nil {
		t.Errorf("later: %v", err)
	}
}
