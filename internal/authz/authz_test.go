package authz_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/audit"
	"github.com/reeve-authz/reeve/internal/authn"
	"github.com/reeve-authz/reeve/internal/authz"
	"github.com/reeve-authz/reeve/internal/feed"
	"github.com/reeve-authz/reeve/internal/outbound"
	"github.com/reeve-authz/reeve/internal/store"
	"github.com/reeve-authz/reeve/internal/store/sqlite"
)

// fixture is a Service on a real store, with the first realm and its owner.
type fixture struct {
	*authz.Service
	store store.Store
	feed  *feed.Feed
	owner access.Caller
}

func newFixture(t *testing.T, wrap func(store.Store) store.Store) *fixture {
	t.Helper()
	return newFixtureIn(t, t.TempDir(), wrap)
}

// newFixtureIn makes the realm unless the folder has one; the owner is then
// nobody.
func newFixtureIn(t *testing.T, folder string, wrap func(store.Store) store.Store) *fixture {
	t.Helper()
	opened, err := sqlite.Open(t.Context(), sqlite.Config{Dir: folder})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	var st store.Store = opened
	if wrap != nil {
		st = wrap(opened)
	}
	dir := authn.NewDirectory()
	log := slog.New(slog.DiscardHandler)
	f, err := feed.Open(t.Context(), feed.Config{Store: st, Log: log, Listeners: []feed.Listener{dir.Update}})
	if err != nil {
		t.Fatal(err)
	}
	out, err := outbound.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	svc := authz.New(authz.Config{Store: st, Feed: f, Directory: dir, Outbound: out, Log: log})
	if dir.Realm(access.DefaultRealm) != nil {
		return &fixture{Service: svc, store: st, feed: f}
	}
	b, err := svc.NewBootstrap(authz.Bootstrap{})
	if err != nil {
		t.Fatal(err)
	}
	if err := svc.CreateRealm(t.Context(), access.DefaultRealm, b); err != nil {
		t.Fatal(err)
	}
	id, _, _ := strings.Cut(b.AccessKey, ".")
	return &fixture{svc, st, f, access.Caller{
		Realm: access.DefaultRealm, Subject: access.Subject{Kind: access.ClientKind, ID: id}, Credential: "key_1", Request: "req_1",
	}}
}

// entries are the audit entries of the default realm, oldest first.
func (f *fixture) entries(t *testing.T) []audit.Entry {
	t.Helper()
	var entries []audit.Entry
	err := f.store.View(t.Context(), access.DefaultRealm, 0, func(r store.Reader) error {
		rows, err := store.Audit.List(r, store.ListQuery{Limit: 10_000})
		for _, row := range rows {
			entries = append(entries, row.Doc)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func record(id access.RecordID, user string) access.Record {
	return access.Record{
		ID: id, Name: "x",
		Subjects:   []access.Subject{{Kind: access.UserKind, ID: user}},
		Statements: []access.Statement{{Roles: []access.RoleID{access.OwnerRole}, Resources: []string{"documents/1"}}},
	}
}

func TestEveryCommitHasItsAuditEntry(t *testing.T) {
	f := newFixture(t, nil)
	ctx := t.Context()
	stranger := access.Caller{Realm: access.DefaultRealm, Subject: access.Subject{Kind: access.UserKind, ID: "eve"}, Credential: "token", Request: "req_2"}
	steps := []struct {
		verb    string
		object  audit.Object
		outcome audit.Outcome
		writes  string // kind id from>to, "n" for the entry's own revision
		do      func() error
	}{
		{"create", audit.Object{Kind: "record", ID: "r1"}, audit.Done, "record r1 0>n", func() error {
			_, err := f.CreateRecord(ctx, f.owner, record("r1", "ana"))
			return err
		}},
		{"create", audit.Object{Kind: "record", ID: "r1"}, audit.Refused, "", func() error {
			_, err := f.CreateRecord(ctx, f.owner, record("r1", "ana"))
			return wants(err, access.Conflict)
		}},
		{"update", audit.Object{Kind: "record", ID: "r1"}, audit.Done, "record r1 2>n", func() error {
			_, err := f.UpdateRecord(ctx, f.owner, record("r1", "ben"), authz.Unmodified{})
			return err
		}},
		{"delete", audit.Object{Kind: "record", ID: "r1"}, audit.Refused, "", func() error {
			return wants(f.DeleteRecord(ctx, stranger, "r1"), access.NotFound) // holds nothing, is told nothing
		}},
		{"delete", audit.Object{Kind: "record", ID: "r1"}, audit.Done, "record r1 4>n", func() error {
			return f.DeleteRecord(ctx, f.owner, "r1")
		}},
		{"create", audit.Object{Kind: "role", ID: "ro_1"}, audit.Done, "role ro_1 0>n", func() error {
			_, err := f.CreateRole(ctx, f.owner, access.Role{ID: "ro_1", Name: "x"})
			return err
		}},
		{"delete", audit.Object{Kind: "role", ID: "ro_1"}, audit.Done, "role ro_1 7>0", func() error {
			return f.DeleteRole(ctx, f.owner, "ro_1")
		}},
	}
	for _, s := range steps {
		if err := s.do(); err != nil {
			t.Fatalf("%s %v: %v", s.verb, s.object, err)
		}
	}
	entries := f.entries(t)
	if len(entries) != 1+len(steps) { // the first start's entry comes first
		t.Fatalf("%d entries, want %d", len(entries), 1+len(steps))
	}
	for i, e := range entries {
		if int(e.Revision) != i+1 || e.Time.IsZero() {
			t.Errorf("entry %d has the revision %d at %v, want %d", i, e.Revision, e.Time, i+1)
		}
		if i == 0 {
			continue
		}
		s := steps[i-1]
		var writes []string
		for _, w := range e.Writes {
			writes = append(writes, strings.Replace(fmt.Sprintf("%s %s %d>%d", w.Kind, w.ID, w.From, w.To), fmt.Sprintf(">%d", e.Revision), ">n", 1))
		}
		if e.Verb != s.verb || e.Object != s.object || e.Outcome != s.outcome || strings.Join(writes, ",") != s.writes {
			t.Errorf("entry %d: got %s %v %s %v, want %s %v %s %s", i, e.Verb, e.Object, e.Outcome, writes, s.verb, s.object, s.outcome, s.writes)
		}
		if (e.Reason == "") != (e.Outcome == audit.Done) {
			t.Errorf("entry %d is %s with the reason %q", i, e.Outcome, e.Reason)
		}
		if e.Actor.ID == "" || e.Credential == "" || e.Request == "" {
			t.Errorf("entry %d lacks its actor: %+v", i, e)
		}
	}
	if e := entries[4]; e.Actor != stranger.Subject || e.Credential != "token" || e.Request != "req_2" {
		t.Errorf("the stranger's refusal says %+v", e)
	}
}

func wants(err error, kind access.Kind) error {
	if !errors.Is(err, kind) {
		return fmt.Errorf("got %v, want a %w error", err, kind)
	}
	return nil
}

// TestWriterReadsItsWrite: from the moment that a write is answered, every
// check sees it, from any goroutine.
func TestWriterReadsItsWrite(t *testing.T) {
	f := newFixture(t, nil)
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			id := access.RecordID(fmt.Sprintf("r%d", n))
			user := fmt.Sprintf("user%d", n)
			q := access.Query{Subject: access.Subject{Kind: access.UserKind, ID: user}, Permission: "documents:read", Resource: "documents/1"}
			for range 25 {
				if _, err := f.CreateRecord(t.Context(), f.owner, record(id, user)); err != nil {
					t.Error(err)
					return
				}
				if d, err := f.Check(t.Context(), f.owner, q); err != nil || !d.Allowed {
					t.Errorf("after the record of %s: %v, %v; want allowed", user, d, err)
				}
				if err := f.DeleteRecord(t.Context(), f.owner, id); err != nil {
					t.Error(err)
					return
				}
				if d, err := f.Check(t.Context(), f.owner, q); err != nil || d.Allowed {
					t.Errorf("after the deletion of the record of %s: %v, %v; want denied", user, d, err)
				}
			}
		})
	}
	wg.Wait()
}

// TestWriteIsMadeThoughTheCallerLeft: a caller who goes away after the commit
// changes nothing about it, and the node's decisions show it.
func TestWriteIsMadeThoughTheCallerLeft(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	f := newFixture(t, func(s store.Store) store.Store { return leavingStore{s, leave} })
	if _, err := f.CreateRecord(ctx, f.owner, record("r1", "ana")); err != nil {
		t.Errorf("a committed write was answered with %v", err)
	}
	q := access.Query{Subject: access.Subject{Kind: access.UserKind, ID: "ana"}, Permission: "x", Resource: "documents/1"}
	if d, err := f.Check(t.Context(), f.owner, q); err != nil || !d.Allowed {
		t.Errorf("got %v, %v; want allowed", d, err)
	}
}

// leavingStore has the caller leave as soon as a record is committed.
type leavingStore struct {
	store.Store
	leave context.CancelFunc
}

func (s leavingStore) Update(ctx context.Context, realm access.RealmID, fn func(store.Tx) error) (access.Revision, error) {
	rev, err := s.Store.Update(ctx, realm, fn)
	if rev > 1 {
		s.leave()
	}
	return rev, err
}

// TestUndecidableIsAnError: when this node cannot follow a commit that it made,
// it refuses to decide rather than decide by what was.
func TestUndecidableIsAnError(t *testing.T) {
	broken := &brokenStore{}
	f := newFixture(t, func(s store.Store) store.Store { broken.Store = s; return broken })
	q := access.Query{Subject: access.Subject{Kind: access.UserKind, ID: "ana"}, Permission: "x", Resource: "documents/1"}
	if _, err := f.CreateRecord(t.Context(), f.owner, record("r1", "ana")); err != nil {
		t.Fatal(err)
	}
	broken.set(true)
	if err := f.DeleteRecord(t.Context(), f.owner, "r1"); err != nil {
		t.Fatalf("a committed deletion was answered with %v", err)
	}
	if d, err := f.Check(t.Context(), f.owner, q); !errors.Is(err, access.Unavailable) {
		t.Errorf("got %v, %v; want an Unavailable error", d, err)
	}
	if err := f.Ready(); !errors.Is(err, access.Unavailable) {
		t.Errorf("Ready: got %v, want an Unavailable error", err)
	}
	broken.set(false)
	f.feed.Reach(access.DefaultRealm, 3)
	if d, err := f.Check(t.Context(), f.owner, q); err != nil || d.Allowed {
		t.Errorf("after it followed again: got %v, %v; want denied", d, err)
	}
}

// brokenStore cannot read changes while it is set.
type brokenStore struct {
	store.Store
	mu     sync.Mutex
	broken bool
}

func (s *brokenStore) set(broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = broken
}

func (s *brokenStore) Changes(ctx context.Context, realm access.RealmID, after access.Revision, limit int) ([]store.Commit, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return nil, errors.New("the disk is gone")
	}
	return s.Store.Changes(ctx, realm, after, limit)
}

func TestCursorBelongsToItsRealm(t *testing.T) {
	f := newFixture(t, nil)
	cursor, err := f.SealCursor(f.owner, "a", "x")
	if err != nil {
		t.Fatal(err)
	}
	if after, err := f.OpenCursor(f.owner, "a", cursor); err != nil || after != "x" {
		t.Errorf("got %q, %v; want x", after, err)
	}
	other := f.owner
	other.Realm = "other"
	if after, err := f.OpenCursor(other, "a", cursor); err == nil {
		t.Errorf("in another realm: got %q, want an error", after)
	}
	// Moving text between the scope and the position does not make it fit.
	if after, err := f.OpenCursor(f.owner, "ax", cursor); err == nil {
		t.Errorf("with another scope: got %q, want an error", after)
	}
}

// TestRevokedCallerIsRefusedInTheOrderOfCommits: a write that waits behind the
// revocation of its caller's right is refused, even when both wait for the same
// trip to the disk and the revocation is not answered yet.
func TestRevokedCallerIsRefusedInTheOrderOfCommits(t *testing.T) {
	f := newFixture(t, nil)
	ctx := t.Context()
	bob := access.Caller{Realm: access.DefaultRealm, Subject: access.Subject{Kind: access.UserKind, ID: "bob"}, Credential: "token"}
	rec := record("rec_bob", "bob")
	rec.Statements[0].Resources = []string{"*"}
	if _, err := f.CreateRecord(ctx, f.owner, rec); err != nil {
		t.Fatal(err)
	}
	// A first transaction holds the writer until both others wait behind it.
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_, err := f.store.Update(ctx, access.DefaultRealm, func(store.Tx) error { close(held); <-release; return nil })
		if err != nil {
			t.Error(err)
		}
	})
	<-held
	wg.Go(func() {
		if err := f.DeleteRecord(ctx, f.owner, "rec_bob"); err != nil {
			t.Error(err)
		}
	})
	time.Sleep(50 * time.Millisecond) // so that the deletion is in line before bob
	for n := range 3 {
		wg.Go(func() {
			if _, err := f.CreateRecord(ctx, bob, record(access.RecordID(fmt.Sprint("rec_", n)), "bob")); !errors.Is(err, access.NotFound) && !errors.Is(err, access.Forbidden) {
				t.Errorf("bob's write behind his revocation: %v, want it refused", err)
			}
		})
	}
	time.Sleep(50 * time.Millisecond)
	close(release)
	wg.Wait()
}

// TestCursorOfARevisionThatIsNotThere: a store that was put back to an earlier
// state refuses the cursors that it made since.
func TestCursorOfARevisionThatIsNotThere(t *testing.T) {
	dir := t.TempDir()
	f := newFixtureIn(t, dir, nil)
	early, err := f.SealCursor(f.owner, "a", "x")
	if err != nil {
		t.Fatal(err)
	}
	backup := t.TempDir()
	copyStore(t, dir, backup)
	if _, err := f.CreateRecord(t.Context(), f.owner, record("r1", "ana")); err != nil {
		t.Fatal(err)
	}
	late, err := f.SealCursor(f.owner, "a", "x")
	if err != nil {
		t.Fatal(err)
	}
	for name, cursor := range map[string]string{"early": early, "late": late} {
		if after, err := f.OpenCursor(f.owner, "a", cursor); err != nil || after != "x" {
			t.Errorf("%s: got %q, %v; want x", name, after, err)
		}
	}
	restored := newFixtureIn(t, backup, nil)
	if after, err := restored.OpenCursor(f.owner, "a", early); err != nil || after != "x" {
		t.Errorf("after the restore: got %q, %v; want x", after, err)
	}
	if after, err := restored.OpenCursor(f.owner, "a", late); !errors.Is(err, access.Invalid) {
		t.Errorf("of a commit that the restore undid: got %q, %v; want an Invalid error", after, err)
	}
}

// copyStore copies the files of a store that nobody writes to.
func copyStore(t *testing.T, from, to string) {
	t.Helper()
	for _, name := range []string{"reeve.db", "reeve.db-wal"} {
		body, err := os.ReadFile(filepath.Join(from, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), body, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
