package feed_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/feed"
	"github.com/reeve-authz/reeve/internal/store"
	"github.com/reeve-authz/reeve/internal/store/sqlite"
)

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// openIn opens the store of a folder, until the test ends or it is closed.
func openIn(t *testing.T, dir string) store.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, st) })
	return st
}

func closed(t *testing.T, st store.Store) {
	t.Helper()
	if err := st.Close(); err != nil {
		t.Error(err)
	}
}

// logged is a log to look at.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// start opens a Feed with saved snapshots in the folder, and returns what it
// logged. It does not run.
func start(t *testing.T, st store.Store, folder string) (*feed.Feed, *logged) {
	t.Helper()
	log := &logged{}
	f, err := feed.OpenSmall(t.Context(), feed.Config{Store: st, Log: slog.New(slog.NewTextHandler(log, nil)), Snapshots: folder})
	if err != nil {
		t.Fatal(err)
	}
	return f, log
}

// save runs the Feed until it has ended, which saves.
func save(f *feed.Feed) {
	ctx, end := context.WithCancel(context.Background())
	end()
	f.Run(ctx)
}

func snapshot(t *testing.T, f *feed.Feed, realm access.RealmID) *engine.Snapshot {
	t.Helper()
	snap, err := f.Snapshot(realm)
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

// agrees compares a Feed's answers with those of one that read everything, and
// says whether it used a saved snapshot.
func agrees(t *testing.T, st store.Store, f *feed.Feed) {
	t.Helper()
	full, _ := start(t, st, "")
	want, got := snapshot(t, full, "a"), snapshot(t, f, "a")
	if got.Revision() != want.Revision() {
		t.Errorf("the snapshot is of revision %d, want %d", got.Revision(), want.Revision())
	}
	if got, want := answers(got), answers(want); got != want {
		g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
		for i := range g {
			if g[i] != w[i] {
				t.Fatalf("got  %s\nwant %s", g[i], w[i])
			}
		}
	}
}

// counting is a store that counts how often records are listed: that is how a
// realm is loaded without a saved snapshot.
type counting struct {
	store.Store
	lists *atomic.Int32
}

func (c counting) View(ctx context.Context, realm access.RealmID, at access.Revision, fn func(store.Reader) error) error {
	return c.Store.View(ctx, realm, at, func(rd store.Reader) error { return fn(countingReader{rd, c.lists}) })
}

type countingReader struct {
	store.Reader
	lists *atomic.Int32
}

func (r countingReader) List(q store.ListQuery) ([]store.Document, error) {
	if q.Kind == store.Records.Kind {
		r.lists.Add(1)
	}
	return r.Reader.List(q)
}

// TestSavedSnapshot on random histories: a Feed that starts with a saved
// snapshot and what was committed since answers as one that read everything.
func TestSavedSnapshot(t *testing.T) {
	used := 0
	for seed := range uint64(12) {
		folder := filepath.Join(t.TempDir(), "snapshots")
		lists := new(atomic.Int32)
		st := counting{open(t), lists}
		w := newWorld(t, st, seed)
		for range 20 + w.IntN(60) {
			w.write()
		}
		f, _ := start(t, st, folder)
		agrees(t, st, f)
		for generation := range 3 {
			for range w.IntN(12) { // followed, and then saved
				f.Reach("a", w.write())
			}
			agrees(t, st, f)
			save(f)
			agrees(t, st, f)
			if generation == 1 {
				save(f) // there is nothing new
			}
			for range w.IntN(10) { // after it was saved
				w.write()
			}
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
			before := lists.Load()
			var log *logged
			f, log = start(t, st, folder)
			if lists.Load() == before {
				used++
			} else if !strings.Contains(log.String(), "too old") {
				t.Errorf("the saved snapshot was not used: %s", log)
			}
			agrees(t, st, f)
		}
	}
	if used < 30 {
		t.Errorf("a saved snapshot was used %d of 36 times: this proves little", used)
	}
}

// saved makes a store with a saved snapshot and a few commits behind it, closes
// it, and returns the folder and the path of the file.
func saved(t *testing.T) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	st := openIn(t, dir)
	w := newWorld(t, st, 1)
	for range 60 {
		w.write()
	}
	f, _ := start(t, st, filepath.Join(dir, "snapshots"))
	save(f)
	w.write()
	closed(t, st)
	return dir, feed.FileOf(filepath.Join(dir, "snapshots"), "a")
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func overwrite(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// refused starts a Feed, which must say once why it does not use the saved
// snapshot, and answer by what the store has.
func refused(t *testing.T, dir, why string) {
	t.Helper()
	st := openIn(t, dir)
	defer closed(t, st)
	f, log := start(t, st, filepath.Join(dir, "snapshots"))
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "level=WARN") || !strings.Contains(got, why) {
		t.Errorf("the log is %q; want one warning that says %q", got, why)
	}
	agrees(t, st, f)
}

// TestDamagedSnapshot: not one wrong byte passes.
func TestDamagedSnapshot(t *testing.T) {
	dir, file := saved(t)
	good := read(t, file)
	for i := 0; i < len(good); i += 1 + len(good)/150 {
		bad := bytes.Clone(good)
		bad[i] ^= 1 << (i % 8)
		overwrite(t, file, bad)
		why := "it is damaged"
		if i < bytes.IndexByte(good, '\n')+1 {
			why = "not of the format"
		}
		refused(t, dir, why)
		if t.Failed() {
			t.Fatalf("byte %d of %d is wrong", i, len(good))
		}
	}
	for _, tt := range []struct {
		name    string
		content []byte
		why     string
	}{
		{"empty", nil, "not of the format"},
		{"garbage", bytes.Repeat([]byte("garbage\n"), 1000), "not of the format"},
		{"the first line alone", good[:bytes.IndexByte(good, '\n')+1], "it is damaged"},
		{"cut off in the header", good[:40], "it is damaged"},
		{"half of it", good[:len(good)/2], "it is damaged"},
		{"all but a byte", good[:len(good)-1], "it is damaged"},
		{"a byte more", append(bytes.Clone(good), 0), "it is damaged"},
		{"another version", bytes.Replace(good, []byte("snapshot 1\n"), []byte("snapshot 2\n"), 1), "not of the format"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			overwrite(t, file, tt.content)
			refused(t, dir, tt.why)
		})
	}
}

// TestSnapshotOfAnotherHistory: stores that were the same once, and of which one
// was restored from a backup, do not share what came later.
func TestSnapshotOfAnotherHistory(t *testing.T) {
	dir, file := saved(t)
	old := read(t, file)

	// The server goes on and saves again; then the store is restored.
	database := filepath.Join(dir, "reeve.db")
	backup := read(t, database)
	st := openIn(t, dir)
	f, log := start(t, st, filepath.Join(dir, "snapshots"))
	if log.String() != "" {
		t.Fatalf("the snapshot was not used: %s", log)
	}
	for range 5 {
		f.Reach("a", commit(t, st, "a", putRecord("late", "zoe")))
	}
	save(f)
	closed(t, st)
	overwrite(t, database, backup)
	refused(t, dir, "the store has only")

	// It goes another way, past the revision of the snapshot.
	st = openIn(t, dir)
	for range 8 {
		commit(t, st, "a", putRecord("late", "ana"))
	}
	closed(t, st)
	refused(t, dir, "another history")

	// The older snapshot is one of the past that both share.
	overwrite(t, file, old)
	st = openIn(t, dir)
	f, log = start(t, st, filepath.Join(dir, "snapshots"))
	if log.String() != "" {
		t.Errorf("the snapshot of the common past was not used: %s", log)
	}
	agrees(t, st, f)
	closed(t, st)

	// A store that has nothing to do with it.
	other, _ := saved(t)
	overwrite(t, feed.FileOf(filepath.Join(other, "snapshots"), "a"), old)
	refused(t, other, "another history")
}

func putRecord(id access.RecordID, user string) func(store.Tx) error {
	return func(tx store.Tx) error {
		_, err := store.Records.Put(tx, string(id), &access.Record{
			ID: id, Status: access.RecordActive, Subjects: []access.Subject{{Kind: access.UserKind, ID: user}},
			Statements: []access.Statement{{Roles: []access.RoleID{access.OwnerRole}, Resources: []string{"documents"}}},
		})
		return err
	}
}

// TestSnapshotOfAnotherRealm of the same store.
func TestSnapshotOfAnotherRealm(t *testing.T) {
	dir, file := saved(t)
	st := openIn(t, dir)
	commit(t, st, "b/..", putRecord("r", "ben"))
	closed(t, st)
	other := feed.FileOf(filepath.Join(dir, "snapshots"), "b/..")
	if filepath.Dir(other) != filepath.Dir(file) {
		t.Fatalf("the file of realm b/.. is %s", other)
	}
	overwrite(t, other, read(t, file))
	st = openIn(t, dir)
	f, log := start(t, st, filepath.Join(dir, "snapshots"))
	if !strings.Contains(log.String(), "it is of realm a") || !allowed(t, f, "b/..", "ben") {
		t.Errorf("ben is allowed: %t; the log is %q", allowed(t, f, "b/..", "ben"), log)
	}
}

// TestSnapshotWithoutHistory: what nothing binds to a store is not saved.
func TestSnapshotWithoutHistory(t *testing.T) {
	st, folder := open(t), filepath.Join(t.TempDir(), "snapshots")
	for i := range 50 {
		grant(t, st, "a", fmt.Sprint("user", i))
	}
	f, log := start(t, st, folder)
	save(f)
	if _, err := os.Stat(folder); !os.IsNotExist(err) || log.String() != "" {
		t.Errorf("looking for the folder: %v; the log is %q", err, log)
	}
}

// TestFilesOfSnapshots are their owner's alone, and what was left of one that a
// killed process was writing is removed and never read.
func TestFilesOfSnapshots(t *testing.T) {
	dir, file := saved(t)
	odd := filepath.Join(t.TempDir(), "data [old]") // which is no pattern
	if err := os.Rename(dir, odd); err != nil {
		t.Fatal(err)
	}
	dir, file = odd, strings.Replace(file, dir, odd, 1)
	for path, want := range map[string]os.FileMode{file: 0o600, filepath.Dir(file): 0o700 | os.ModeDir} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("%s has mode %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
	left := filepath.Join(filepath.Dir(file), "123.tmp")
	overwrite(t, left, read(t, file)[:100])
	st := openIn(t, dir)
	f, log := start(t, st, filepath.Join(dir, "snapshots"))
	if log.String() != "" {
		t.Errorf("logged: %s", log)
	}
	agrees(t, st, f)
	if names, err := os.ReadDir(filepath.Dir(file)); err != nil || len(names) != 1 || names[0].Name() != filepath.Base(file) {
		t.Errorf("there are %q, %v; want the snapshot alone", names, err)
	}
}

// TestSnapshotThatCannotBeSaved is said once, and changes nothing.
func TestSnapshotThatCannotBeSaved(t *testing.T) {
	st, dir := open(t), t.TempDir()
	overwrite(t, filepath.Join(dir, "snapshots"), nil) // a file where the folder would be
	w := newWorld(t, st, 3)
	for range 20 {
		w.write()
	}
	f, err := feed.OpenSmall(t.Context(), feed.Config{Store: st, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	agrees(t, st, f)
	f, log := start(t, st, filepath.Join(dir, "snapshots"))
	save(f)
	if !strings.Contains(log.String(), "saving the snapshot of a realm failed") {
		t.Errorf("the log is %q", log)
	}
	agrees(t, st, f)
}

// TestListenersHearAtStart of the small kinds everything as it is now, and of the
// others nothing, with a saved snapshot as without one.
func TestListenersHearAtStart(t *testing.T) {
	st, folder := open(t), filepath.Join(t.TempDir(), "snapshots")
	client := func(id, name string) func(store.Tx) error {
		return func(tx store.Tx) error {
			_, err := store.Clients.Put(tx, id, &access.ServiceClient{ID: access.ClientID(id), Name: name})
			return err
		}
	}
	commit(t, st, "a", client("sc_changed", "before"))
	commit(t, st, "a", client("sc_deleted", "before"))
	commit(t, st, "a", client("sc_kept", "before"))
	commit(t, st, "a", putRecord("r", "ana"))
	f, _ := start(t, st, folder)
	save(f)
	commit(t, st, "a", client("sc_changed", "between"))
	commit(t, st, "a", client("sc_changed", "after"))
	commit(t, st, "a", putRecord("late", "ben"))
	commit(t, st, "a", func(tx store.Tx) error {
		_, err := store.Clients.Delete(tx, "sc_deleted")
		return err
	})
	for _, folder := range []string{"", folder} {
		var heard []string
		log := &logged{}
		f, err := feed.OpenSmall(t.Context(), feed.Config{
			Store: st, Log: slog.New(slog.NewTextHandler(log, nil)), Snapshots: folder,
			Listeners: []feed.Listener{func(_ access.RealmID, changes []access.Change) {
				for _, c := range changes {
					client, _ := c.Document.(*access.ServiceClient)
					if client == nil {
						client = &access.ServiceClient{Name: "none"}
					}
					heard = append(heard, fmt.Sprint(c.ID, " ", client.Name))
				}
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{"sc_changed after", "sc_kept before"}; !slices.Equal(heard, want) || log.String() != "" {
			t.Errorf("with snapshots in %q: heard %q, want %q; the log is %q", folder, heard, want, log)
		}
		if !allowed(t, f, "a", "ana") || !allowed(t, f, "a", "ben") {
			t.Errorf("with snapshots in %q: ana or ben is denied", folder)
		}
	}
}
