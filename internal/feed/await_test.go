package feed_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/feed"
	"github.com/reeve-authz/reeve/internal/store"
)

// late is a store whose commits cannot be read until it is let.
type late struct {
	store.Store
	let chan struct{}
}

func (l late) Changes(ctx context.Context, realm access.RealmID, after access.Revision, limit int) ([]store.Commit, error) {
	select {
	case <-l.let:
		return l.Store.Changes(ctx, realm, after, limit)
	default:
		return nil, errors.New("not yet")
	}
}

// TestAwait on a node that has not followed the commits of another: whoever
// waits is woken by the commit that it waits for, and not by one before it.
func TestAwait(t *testing.T) {
	st := late{open(t), make(chan struct{})}
	first := grant(t, st, "a", "ana")
	f, err := feed.Open(t.Context(), feed.Config{Store: st, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if waited, err := f.Await(t.Context(), "a", first); waited || err != nil {
		t.Errorf("what is there: waited %t, %v; want neither", waited, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() { f.Run(ctx); close(stopped) }()
	defer func() { stop(); <-stopped }()

	second := grant(t, st, "a", "ben")
	if waited, err := f.Await(t.Context(), "a", second); !waited || !errors.Is(err, access.Unavailable) {
		t.Errorf("what cannot be followed: waited %t, %v; want an Unavailable error after a while", waited, err)
	}
	type result struct {
		waited bool
		err    error
	}
	results := make(chan result)
	for range 3 {
		go func() {
			waited, err := f.Await(t.Context(), "a", second)
			if err == nil && !allowed(t, f, "a", "ben") {
				err = errors.New("ben is denied")
			}
			results <- result{waited, err}
		}()
	}
	close(st.let)
	f.Reach("a", second)
	for range 3 {
		if got := <-results; got.err != nil {
			t.Errorf("what is followed in time: %v", got.err)
		}
	}
	if waited, err := f.Await(t.Context(), "a", second+1); !waited || !errors.Is(err, access.Unavailable) {
		t.Errorf("what does not exist: waited %t, %v; want an Unavailable error after a while", waited, err)
	}
}

// TestAwaitEnds when the caller does, and at once for a realm that is not there.
func TestAwaitEnds(t *testing.T) {
	st := open(t)
	grant(t, st, "a", "ana")
	f, err := feed.Open(t.Context(), feed.Config{Store: st, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := f.Await(ctx, "a", 2)
		done <- err
	}()
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that went away: %v, want %v", err, context.Canceled)
	}
	if waited, err := f.Await(t.Context(), "b", 1); waited || !errors.Is(err, access.Unavailable) {
		t.Errorf("a realm that is not there: waited %t, %v; want an Unavailable error", waited, err)
	}
}
