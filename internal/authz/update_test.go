package authz_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
)

// TestWritersBesideOneThatFails has several writers share commits with some that
// the database refuses. Whoever is told of a failure has written nothing, whoever
// is told of a success has, and nobody decides by what was never committed: not
// at once, not later, and not after a restart.
func TestWritersBesideOneThatFails(t *testing.T) {
	folder := t.TempDir()
	f := newFixtureIn(t, folder, nil)
	db, err := sql.Open("sqlite", filepath.Join(folder, "reeve.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `
		CREATE TRIGGER doomed BEFORE INSERT ON documents WHEN NEW.id LIKE 'doomed%'
		BEGIN SELECT RAISE(ROLLBACK, 'doomed'); END`); err != nil {
		t.Fatal(err)
	}

	var mu sync.Mutex
	written := map[string]bool{} // by user; guarded by mu
	var writers sync.WaitGroup
	for w := range 24 {
		writers.Go(func() {
			for n := range 20 {
				user := fmt.Sprint("ana", w, "-", n)
				if (w+n)%16 == 0 {
					user = "doomed" + user
				}
				id := access.RecordID(user)
				_, err := f.CreateRecord(t.Context(), f.owner, record(id, user))
				if f.reads(t, user) != (err == nil) {
					t.Errorf("%s: reads %v after the answer %v", user, err != nil, err)
				}
				there := err == nil
				if there && n%2 == 0 {
					err := f.DeleteRecord(t.Context(), f.owner, id)
					there = err != nil
					if f.reads(t, user) != there {
						t.Errorf("%s: reads %v after its record's deletion was answered %v", user, !there, err)
					}
				}
				mu.Lock()
				written[user] = there
				mu.Unlock()
			}
		})
	}
	writers.Wait()

	all := func(f *fixture, when string) {
		t.Helper()
		for user, there := range written {
			if f.reads(t, user) != there {
				t.Errorf("%s: %s reads %v, want %v", when, user, !there, there)
			}
		}
	}
	all(f, "at the end")
	for i, e := range f.entries(t) {
		if e.Revision != access.Revision(i+1) {
			t.Fatalf("the audit entry at %d is of revision %d", i, e.Revision)
		}
	}
	if err := f.store.Close(); err != nil {
		t.Fatal(err)
	}
	all(newFixtureIn(t, folder, nil), "after a restart")
}

// reads reports whether a user may do what record gives.
func (f *fixture) reads(t *testing.T, user string) bool {
	t.Helper()
	snap, err := f.feed.Snapshot(access.DefaultRealm)
	if err != nil {
		t.Error(err)
		return false
	}
	return snap.Check(access.Query{Subject: access.Subject{Kind: access.UserKind, ID: user}, Permission: "read", Resource: "documents/1"})
}
