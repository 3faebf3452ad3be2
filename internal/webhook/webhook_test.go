package webhook

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
)

func TestInOrderToEachEndpoint(t *testing.T) {
	bubble(t, func(_ *testing.T, w *world) {
		w.endpoint("a", nil)
		w.endpoint("b", func(e *access.WebhookEndpoint) { e.Events = []access.EventName{"user.created", "role.created"} })
		w.endpoint("c", func(e *access.WebhookEndpoint) { e.Events = nil })
		w.happen(2, "role.created")
		w.happen(1, "user.created")
		w.happen(1, "role.created")
		w.want("a", "1 2 4")
		w.want("b", "1 2 3 4")
		w.want("c", "")
	})
}

// TestRetries: six more tries over three days, each later than the one before,
// then the event is given up.
func TestRetries(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.answers(func(string, string) (int, error) { return 500, nil })
		w.endpoint("a", nil)
		w.happen(1, "role.created")
		time.Sleep(30 * 24 * time.Hour)
		w.want("a", "1 1 1 1 1 1 1")
		got := w.tries()
		var last time.Duration
		for i := range 6 {
			wait := got[i+1].at.Sub(got[i].at)
			exact := time.Minute
			for range i {
				exact *= 5
			}
			if wait < exact*9/10-time.Second || wait > exact*11/10+time.Second || wait <= last {
				t.Errorf("try %d came %v after the one before, want %v or about that", i+2, wait, exact)
			}
			last = wait
		}
		if all := got[6].at.Sub(got[0].at); all < 55*time.Hour || all > 73*time.Hour {
			t.Errorf("the tries took %v, want some three days", all)
		}
		p := w.kept("a")
		if len(p.Waiting) != 0 || p.LastFailure.Event != "000001" || p.LastFailure.Reason != "the answer is 500" || !p.LastFailure.Time.Equal(got[6].at.UTC().Truncate(time.Millisecond)) {
			t.Errorf("the progress is %+v, want the event given up", p)
		}
	})
}

func TestWhatCountsAsTaken(t *testing.T) {
	for _, tt := range []struct {
		status int
		err    error
		tries  string
	}{
		{200, nil, "1"}, {201, nil, "1"}, {299, nil, "1"},
		{199, nil, "1 1"}, {300, nil, "1 1"}, {302, nil, "1 1"}, {404, nil, "1 1"}, {410, nil, "1 1"}, {500, nil, "1 1"},
		{0, errors.New("refused"), "1 1"},
	} {
		bubble(t, func(_ *testing.T, w *world) {
			w.answers(func(string, string) (int, error) { return tt.status, tt.err })
			w.endpoint("a", nil)
			w.happen(1, "role.created")
			time.Sleep(2 * time.Minute)
			w.want("a", tt.tries)
		})
	}
}

// TestOneThatFailsDelaysNoOther: neither another endpoint nor another event.
func TestOneThatFailsDelaysNoOther(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		hang, begun := make(chan struct{}), time.Now()
		w.answers(func(url, e string) (int, error) {
			switch {
			case url == "https://dead":
				<-hang
				return 200, nil
			case e == "000002" && time.Since(begun) < 10*time.Minute:
				return 500, nil
			}
			return 200, nil
		})
		w.endpoint("dead", nil)
		w.endpoint("a", nil)
		w.happen(4, "role.created")
		w.want("a", "1 2 3 4")
		w.want("dead", "1")
		time.Sleep(90 * time.Second)
		w.want("a", "1 2 3 4 2")
		w.happen(1, "role.created")
		w.want("a", "1 2 3 4 2 5")
		time.Sleep(2 * time.Hour)
		w.want("a", "1 2 3 4 2 5 2 2")
		if p := w.kept("a"); len(p.Waiting) != 0 || p.LastFailure.Event != "" {
			t.Errorf("the progress is %+v, want nothing left", p)
		}
		close(hang)
		w.want("dead", "1 2 3 4 5")
	})
}

// TestDeadEndpointIsBounded: so many events wait and no more; what follows is not
// lost.
func TestDeadEndpointIsBounded(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.answers(func(string, string) (int, error) { return 0, errors.New("refused") })
		w.endpoint("a", nil)
		const all = 2*maxWaiting + 17
		w.happen(all, "role.created")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n := len(w.kept("a").Waiting); n != maxWaiting || len(w.tries()) != maxWaiting {
			t.Errorf("%d events wait after %d tries, want %d", n, len(w.tries()), maxWaiting)
		}
		w.answers(func(string, string) (int, error) { return 200, nil })
		time.Sleep(time.Hour)
		synctest.Wait()
		taken := map[string]bool{}
		for _, d := range w.tries()[maxWaiting:] {
			taken[d.event] = true
		}
		if len(taken) != all || len(w.tries()) != all+maxWaiting {
			t.Errorf("%d of %d events came in %d tries", len(taken), all, len(w.tries()))
		}
	})
}

// TestRestart goes on where it was, with what waited.
func TestRestart(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.answers(func(_, e string) (int, error) {
			if e == "000002" {
				return 503, nil
			}
			return 200, nil
		})
		w.endpoint("a", nil)
		w.happen(3, "role.created")
		w.want("a", "1 2 3")
		w.answers(func(string, string) (int, error) { return 200, nil })
		w.close()
		w.start()
		w.happen(1, "role.created")
		w.endpoint("a", nil)
		w.want("a", "1 2 3 4")
		time.Sleep(2 * time.Minute)
		w.want("a", "1 2 3 4 2")
	})
}

// TestCrash: without a shutdown, what was sent in the last second may come again,
// and nothing is left out.
func TestCrash(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.endpoint("a", nil)
		w.happen(3, "role.created")
		time.Sleep(2 * saveTried)
		w.happen(2, "role.created")
		synctest.Wait()
		kept := w.kept("a")
		w.close()
		w.keeps(kept) // as if the process had died there
		w.start()
		w.endpoint("a", nil)
		w.want("a", "1 2 3 4 5 4 5")
	})
}

// TestSavesAreFew: progress is kept at most once in a while, however much
// happens, and not at all when nothing does.
func TestSavesAreFew(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.endpoint("a", nil)
		for range 1000 {
			w.happen(1, "role.created")
			time.Sleep(10 * time.Millisecond)
		}
		synctest.Wait()
		if n := w.saved(); n < 5 || n > 11 {
			t.Errorf("10 s of events were kept %d times, want once a second", n)
		}
		time.Sleep(time.Minute)
		before := w.saved()
		for range 1000 {
			w.happen(1, "user.created")
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(time.Hour)
		if n := w.saved() - before; n != 1 {
			t.Errorf("10 s of events that the endpoint is not told were kept %d times, want once", n)
		}
	})
}

// TestChangesCountAtOnce: what is being sent is cut off, and comes again by what
// the endpoint is then.
func TestChangesCountAtOnce(t *testing.T) {
	hung := func(w *world) chan struct{} {
		hang := make(chan struct{})
		w.answers(func(url, _ string) (int, error) {
			if url == "https://a" {
				<-hang
			}
			return 200, nil
		})
		w.endpoint("a", nil)
		w.happen(2, "role.created")
		w.want("a", "1")
		return hang
	}
	bubble(t, func(t *testing.T, w *world) {
		hang := hung(w)
		w.sender.Heard(realm, []access.Change{{ID: access.WebhookID("a")}})
		close(hang)
		w.want("a", "1")
		w.happen(1, "role.created")
		w.want("a", "1")
		w.sender.mu.Lock()
		defer w.sender.mu.Unlock()
		if n := len(w.sender.lines); n != 0 {
			t.Errorf("%d lines are left of a deleted endpoint", n)
		}
	})
	bubble(t, func(_ *testing.T, w *world) {
		hang := hung(w)
		w.endpoint("a", func(e *access.WebhookEndpoint) { e.Disabled = true })
		close(hang)
		w.want("a", "1")
		w.happen(1, "role.created")
		w.want("a", "1")
		w.endpoint("a", func(e *access.WebhookEndpoint) { e.Since = "000003" })
		w.happen(1, "role.created")
		w.want("a", "1 4")
	})
	bubble(t, func(_ *testing.T, w *world) {
		hang := hung(w)
		w.endpoint("a", func(e *access.WebhookEndpoint) { e.URL = "https://b" })
		close(hang)
		w.want("a", "1")
		w.want("b", "1 2")
	})
}

// TestWaitingEventsOfOtherNames: an endpoint that does not want an event any more
// does not get it when its time comes.
func TestWaitingEventsOfOtherNames(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.answers(func(string, string) (int, error) { return 500, nil })
		w.endpoint("a", nil)
		w.happen(1, "role.created")
		w.want("a", "1")
		w.endpoint("a", func(e *access.WebhookEndpoint) { e.Events = []access.EventName{"user.created"} })
		time.Sleep(time.Hour)
		w.want("a", "1")
		if n := len(w.kept("a").Waiting); n != 0 {
			t.Errorf("%d events wait, want none", n)
		}
	})
}

// TestShutdownLetsTheReceiverAnswer: what is being sent then counts.
func TestShutdownLetsTheReceiverAnswer(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.answers(func(string, string) (int, error) { time.Sleep(3 * time.Second); return 200, nil })
		w.endpoint("a", nil)
		w.happen(2, "role.created")
		w.want("a", "1")
		w.close()
		if p := w.kept("a"); p.After != "000001" || len(p.Waiting) != 0 {
			t.Errorf("the progress is %+v, want the first event taken", p)
		}
		w.start()
	})
}

func TestABrokenSourceIsTriedAgain(t *testing.T) {
	bubble(t, func(_ *testing.T, w *world) {
		w.endpoint("a", nil)
		w.happen(1, "role.created")
		w.want("a", "1")
		w.mu.Lock()
		w.broken = true
		w.mu.Unlock()
		w.happen(1, "role.created")
		time.Sleep(time.Minute)
		w.want("a", "1")
		w.endpoint("b", func(e *access.WebhookEndpoint) { e.Since = "000001" })
		time.Sleep(time.Minute)
		w.mu.Lock()
		w.broken = false
		w.mu.Unlock()
		time.Sleep(2 * readAgain)
		w.want("a", "1 2")
		w.want("b", "2")
	})
}

// TestSign compares with a value computed by another implementation:
// printf '1700000000123.{"a":1}' | openssl dgst -sha256 -hmac whsec_x
func TestSign(t *testing.T) {
	got := sign("whsec_x", time.UnixMilli(1700000000123), []byte(`{"a":1}`))
	if want := "t=1700000000123, v1=f9e92a3a9900a4da2620e26f5aa57bc1492ae1f8dbc150fdee3e7bf543afc3ba"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
