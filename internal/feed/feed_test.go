package feed_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/feed"
	"github.com/reeve-authz/reeve/internal/store"
	"github.com/reeve-authz/reeve/internal/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T) store.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

// grant commits a record that gives the user everything on documents.
func grant(t *testing.T, st store.Store, realm access.RealmID, user string) access.Revision {
	t.Helper()
	rev, err := st.Update(t.Context(), realm, func(tx store.Tx) error {
		_, err := store.Records.Put(tx, user, &access.Record{
			ID: access.RecordID(user), Name: "x", Status: access.RecordActive,
			Subjects:   []access.Subject{{Kind: access.UserKind, ID: user}},
			Statements: []access.Statement{{Roles: []access.RoleID{access.OwnerRole}, Resources: []string{"documents"}}},
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rev
}

func allowed(t *testing.T, f *feed.Feed, realm access.RealmID, user string) bool {
	t.Helper()
	snap, err := f.Snapshot(realm)
	if err != nil {
		t.Fatalf("snapshot of %s: %v", realm, err)
	}
	return snap.Check(access.Query{Subject: access.Subject{Kind: access.UserKind, ID: user}, Permission: "read", Resource: "documents/1"})
}

// await waits until something is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("ten seconds later it is not so that %s", what)
		}
	}
}

func TestOpenLoadsEveryRealm(t *testing.T) {
	st := open(t)
	for i := range 1100 { // more than is read at a time
		grant(t, st, "a", fmt.Sprintf("user%d", i))
	}
	grant(t, st, "b", "ben")
	f, err := feed.Open(t.Context(), feed.Config{Store: st, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1100 {
		if user := fmt.Sprintf("user%d", i); !allowed(t, f, "a", user) || allowed(t, f, "b", user) {
			t.Fatalf("%s: want allowed in a, denied in b", user)
		}
	}
	if allowed(t, f, "a", "ben") || !allowed(t, f, "b", "ben") {
		t.Error("ben: want allowed in b, denied in a")
	}
	if _, err := f.Snapshot("c"); !errors.Is(err, access.Unavailable) {
		t.Errorf("a realm that is not there: got %v, want an Unavailable error", err)
	}
}

// TestRunFollowsOthers: commits of another node, which this one is not told of,
// reach its snapshot and its listeners.
func TestRunFollowsOthers(t *testing.T) {
	st := open(t)
	grant(t, st, "known", "ana")
	heard := make(chan access.Change, 100)
	f, err := feed.Open(t.Context(), feed.Config{
		Store: st, Log: slog.New(slog.DiscardHandler),
		Listeners: []feed.Listener{func(_ access.RealmID, changes []access.Change) {
			for _, c := range changes {
				heard <- c
			}
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { f.Run(ctx); close(done) }()
	defer func() { stop(); <-done }()
	for realm, rev := range map[access.RealmID]access.Revision{
		"new":   grant(t, st, "new", "ben"),
		"known": grant(t, st, "known", "ben"),
	} {
		await(t, "the commit is followed", func() bool {
			snap, err := f.Snapshot(realm)
			return err == nil && snap.Revision() == rev
		})
		if !allowed(t, f, realm, "ben") {
			t.Errorf("ben is denied in realm %s, want allowed", realm)
		}
	}
	select {
	case c := <-heard: // a realm that is loaded tells nothing of its records
		if c.ID != access.RecordID("ben") || c.Document == nil {
			t.Errorf("heard %+v, want the record", c)
		}
	default:
		t.Error("nobody was told of the record")
	}
}

func TestReachShowsDeletions(t *testing.T) {
	st := open(t)
	grant(t, st, "a", "ana")
	f, err := feed.Open(t.Context(), feed.Config{Store: st, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	rev, err := st.Update(t.Context(), "a", func(tx store.Tx) error {
		_, err := store.Records.Delete(tx, "ana")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	f.Reach("a", rev)
	if allowed(t, f, "a", "ana") {
		t.Error("ana is allowed after the record's deletion")
	}
	f.Reach("a", rev+100) // nothing more to reach: returns all the same
}
