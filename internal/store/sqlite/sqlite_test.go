package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
	sqlite3 "modernc.org/sqlite"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
	"github.com/reeve-authz/reeve/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFile(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Store {
		s := open(t, Config{Dir: t.TempDir()})
		c := <-s.writer
		defer func() { s.writer <- c }()
		// No law can tell whether the disk was waited for; TestSettings can.
		if _, err := c.exec("PRAGMA synchronous = OFF"); err != nil {
			t.Fatal(err)
		}
		return s
	})
}

func TestMemory(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, Config{Memory: true}) })
}

// open opens a store that is closed at the end of the test.
func open(t testing.TB, cfg Config) *Store {
	t.Helper()
	s, err := Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

const realm access.RealmID = "rlm_1"

// put commits one document.
func put(t testing.TB, s *Store, id, body string) access.Revision {
	t.Helper()
	rev, err := s.Update(context.Background(), realm, func(tx store.Tx) error {
		_, err := tx.Put("note", id, []byte(body), []store.IndexEntry{{Index: "ix", Value: "v"}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rev
}

// content returns the realm's documents as "id=body".
func content(t testing.TB, s *Store) (docs string) {
	t.Helper()
	err := s.View(context.Background(), realm, 0, func(r store.Reader) error {
		list, err := r.List(store.ListQuery{Kind: "note", Limit: 100})
		for _, d := range list {
			docs += d.ID + "=" + string(d.Body) + " "
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

func TestReopen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "by", "Open 100%?#")
	s := open(t, Config{Dir: dir})
	put(t, s, "a", "1")
	put(t, s, "a", "2")
	put(t, s, "b", "3")
	if err := s.Prune(t.Context(), realm, 2); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = open(t, Config{Dir: dir})
	if got, want := content(t, s), "a=2 b=3 "; got != want {
		t.Errorf("after reopening: %q, want %q", got, want)
	}
	err := s.View(t.Context(), realm, 1, func(store.Reader) error { return nil })
	if !errors.Is(err, access.NotFound) {
		t.Errorf("a pruned revision after reopening: %v, want NotFound", err)
	}
	if rev := put(t, s, "c", "4"); rev != 4 {
		t.Errorf("the next revision is %d, want 4", rev)
	}
}

func TestModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := open(t, Config{Dir: dir})
	put(t, s, "a", "1")
	for path, want := range map[string]os.FileMode{
		dir:                                0o700 | os.ModeDir,
		filepath.Join(dir, "lock"):         0o600,
		filepath.Join(dir, "reeve.db"):     0o600,
		filepath.Join(dir, "reeve.db-wal"): 0o600,
		filepath.Join(dir, "reeve.db-shm"): 0o600,
	} {
		if fi, err := os.Stat(path); err != nil || fi.Mode() != want {
			t.Errorf("%s: %v, %v; want %v", path, fi.Mode(), err, want)
		}
	}
}

// TestSettings holds what no test without a power cut can show: a commit is
// told only once it is on disk.
func TestSettings(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	for _, pool := range []chan *conn{s.writer, s.checkpointer} {
		c := <-pool
		for pragma, want := range map[string]string{
			"PRAGMA journal_mode":         "wal",
			"PRAGMA synchronous":          "2", // FULL
			"PRAGMA fullfsync":            "1",
			"PRAGMA checkpoint_fullfsync": "1",
			"PRAGMA encoding":             "UTF-8", // whose bytes BINARY compares
		} {
			var got string
			if err := c.row(pragma, nil, &got); err != nil || got != want {
				t.Errorf("%s = %s, %v; want %s", pragma, got, err, want)
			}
		}
		pool <- c
	}
}

// TestVersion: checkpoint would be unsafe with an older one.
func TestVersion(t *testing.T) {
	s := open(t, Config{Memory: true})
	c := <-s.writer
	defer func() { s.writer <- c }()
	var version string
	if err := c.row("SELECT sqlite_version()", nil, &version); err != nil {
		t.Fatal(err)
	}
	var is [3]int
	if _, err := fmt.Sscanf(version, "%d.%d.%d", &is[0], &is[1], &is[2]); err != nil || slices.Compare(is[:], []int{3, 51, 3}) < 0 {
		t.Errorf("SQLite %s, %v; want 3.51.3 or later", version, err)
	}
}

// TestCheckpoint: what is in the log comes into its place long before the log is
// full.
func TestCheckpoint(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir})
	size := func(name string) int64 {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	body := make([]byte, 1000)
	for n := 0; size("reeve.db") < checkpointEvery*int64(len(body)); n++ {
		if size("reeve.db-wal") > 30<<20 {
			t.Fatal("the log has 30 MiB, and nothing of it is in its place")
		}
		_, err := s.Update(t.Context(), realm, func(tx store.Tx) error {
			for i := range 500 {
				if _, err := tx.Put("note", fmt.Sprintf("%d.%d", n, i), body, nil); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestReadersOnlyRead: what only reads cannot write, and keeps little in memory.
func TestReadersOnlyRead(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	for _, pool := range []chan *conn{s.readers, s.follower} {
		c := <-pool
		for pragma, want := range map[string]string{"PRAGMA query_only": "1", "PRAGMA cache_size": "-2048", "PRAGMA synchronous": "2"} {
			var got string
			if err := c.row(pragma, nil, &got); err != nil || got != want {
				t.Errorf("%s = %s, %v; want %s", pragma, got, err, want)
			}
		}
		pool <- c
	}
}

func TestSecondOpenIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir})
	_, err := Open(t.Context(), Config{Dir: dir})
	if want := fmt.Sprintf("in use by another reeve (process %d)", os.Getpid()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a second Open: %v, want %q", err, want)
	}
	put(t, s, "a", "1") // the first is none the worse
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, Config{Dir: dir})
}

func TestNewerSchemaIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir})
	c := <-s.writer
	_, err := c.exec("PRAGMA user_version = 1000")
	s.writer <- c
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), Config{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "a newer version of reeve has written this database") {
		t.Errorf("Open of a newer schema: %v", err)
	}
	// The refused Open has let go of the folder.
	if _, again := Open(t.Context(), Config{Dir: dir}); again == nil || again.Error() != err.Error() {
		t.Errorf("a second try: %v, want %v", again, err)
	}
}

func TestMemoryStoresAreApart(t *testing.T) {
	a, b := open(t, Config{Memory: true}), open(t, Config{Memory: true})
	put(t, a, "a", "1")
	if got := content(t, b); got != "" {
		t.Errorf("a second store in memory has %q", got)
	}
}

// failCommits makes the commits of a store fail until it is called with false.
func failCommits(t *testing.T, s *Store, fail bool) {
	t.Helper()
	c := <-s.writer
	defer func() { s.writer <- c }()
	err := c.sql.Raw(func(conn any) error {
		var hook sqlite3.CommitHookFn
		if fail {
			hook = func() int32 { return 1 }
		}
		conn.(sqlite3.HookRegisterer).RegisterCommitHook(hook)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFailedCommitIsInvisible(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	put(t, s, "a", "1")
	<-s.Wake()
	before := lineage(t, s)
	failCommits(t, s, true)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			rev, err := s.Update(t.Context(), realm, func(tx store.Tx) error {
				_, err := tx.Put("note", fmt.Sprint(i), []byte("x"), nil)
				return err
			})
			if err == nil || rev != 0 {
				t.Errorf("Update = %d, %v; want an error", rev, err)
			}
		})
	}
	wg.Wait()
	if got, want := content(t, s), "a=1 "; got != want {
		t.Errorf("after failed commits: %q, want %q", got, want)
	}
	select {
	case <-s.Wake():
		t.Error("a failed commit woke")
	default:
	}
	failCommits(t, s, false)
	if after := lineage(t, s); after == before {
		t.Error("the lineage goes on after a failed commit, whose revisions are given again")
	}
	if rev := put(t, s, "b", "2"); rev != 2 {
		t.Errorf("the next revision is %d, want 2", rev)
	}
}

// lineage is that of a transaction that writes nothing.
func lineage(t *testing.T, s *Store) (lineage uint64) {
	t.Helper()
	_, err := s.Update(t.Context(), realm, func(tx store.Tx) error {
		lineage = tx.Lineage()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lineage
}

// TestFullDisk lets the database fail in the middle of a transaction whose fn
// takes no notice: that must not commit the half that went well.
func TestFullDisk(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	put(t, s, "a", "1")
	limit := func(pages int) {
		c := <-s.writer
		_, err := c.exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages))
		s.writer <- c
		if err != nil {
			t.Fatal(err)
		}
	}
	limit(1) // which SQLite takes as: no more than there are
	_, err := s.Update(t.Context(), realm, func(tx store.Tx) error {
		if _, err := tx.Put("note", "small", []byte("x"), nil); err != nil {
			return err
		}
		tx.Put("note", "large", make([]byte, 1<<20), nil) //nolint:errcheck // see above
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("Update on a full disk: %v", err)
	}
	if got, want := content(t, s), "a=1 "; got != want {
		t.Errorf("after a full disk: %q, want %q", got, want)
	}
	limit(1 << 30)
	if rev := put(t, s, "b", "2"); rev != 2 {
		t.Errorf("the next revision is %d, want 2", rev)
	}
}

// TestLostTransaction lets SQLite drop the transaction under a batch, as it
// does by itself after some errors of the disk. No update of the batch may be
// told that it was committed, nor any write be left.
func TestLostTransaction(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	put(t, s, "a", "1")

	c := <-s.writer
	w := writer{recent: &s.recent, gaps: map[name]*gap{}}
	b := w.begin(c)
	var wg sync.WaitGroup
	update := func(id string, fn func(*tx) error) {
		j := newJob(t.Context(), realm)
		wg.Go(func() {
			rev, err := j.wait(func(x store.Tx) error {
				if _, err := x.Put("note", id, []byte("x"), nil); err != nil {
					return err
				}
				return fn(x.(*tx))
			})
			if err == nil {
				t.Errorf("update %s became revision %d", id, rev)
			}
		})
		b.run(j)
	}
	update("before", func(*tx) error { return nil })
	update("lost", func(x *tx) error {
		if _, err := x.c.exec("ROLLBACK"); err != nil {
			t.Error(err)
		}
		return x.broken(errors.New("what the database said"))
	})
	if b.open() {
		t.Error("the batch takes another update")
	}
	update("after", func(*tx) error { return nil })
	b.commit()
	s.writer <- c
	b.tell()
	wg.Wait()
	if got, want := content(t, s), "a=1 "; got != want {
		t.Errorf("after a lost transaction: %q, want %q", got, want)
	}
	if rev := put(t, s, "b", "2"); rev != 2 {
		t.Errorf("the next revision is %d, want 2", rev)
	}
}

// TestContextEndsInBatch lets a context end between the call of Update and its
// turn.
func TestContextEndsInBatch(t *testing.T) {
	s := open(t, Config{Memory: true})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	j := newJob(ctx, realm)
	s.jobs <- j
	_, err := j.wait(func(store.Tx) error {
		t.Error("fn ran")
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the update ended with %v, want %v", err, context.Canceled)
	}
}

func TestKeptTransactionIsOver(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	var kept store.Tx
	_, err := s.Update(t.Context(), realm, func(tx store.Tx) error {
		kept = tx
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kept.Put("note", "a", []byte("1"), nil); !errors.Is(err, errOver) {
		t.Errorf("Put after the transaction: %v, want %v", err, errOver)
	}
	if _, err := kept.Get("note", "a"); !errors.Is(err, errOver) {
		t.Errorf("Get after the transaction: %v, want %v", err, errOver)
	}
}

// TestPlans holds that no query reads more than it returns: each finds its
// rows by an index and in order.
func TestPlans(t *testing.T) {
	s := open(t, Config{Memory: true})
	put(t, s, "a", "1")
	put(t, s, "a", "2")
	for _, at := range []access.Revision{0, 1} {
		for _, index := range []string{"", "ix"} {
			err := s.View(t.Context(), realm, at, func(r store.Reader) error {
				_, err := r.List(store.ListQuery{Kind: "note", Index: index, Value: "v", Limit: 1})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	s.recent.forget()
	if _, err := s.Changes(t.Context(), realm, 0, 1); err != nil {
		t.Fatal(err)
	}
	if err := s.Prune(t.Context(), realm, 2); err != nil {
		t.Fatal(err)
	}

	c := <-s.readers
	defer func() { s.readers <- c }()
	explained := 0
	for query := range c.stmts {
		for _, step := range explain(t, c, query) {
			explained++
			if strings.Contains(step, "SCAN") && !strings.Contains(step, "subquery") || strings.Contains(step, "TEMP B-TREE") {
				t.Errorf("%s\nplans to %s", query, step)
			}
		}
	}
	if explained < 10 {
		t.Errorf("only %d steps were explained", explained)
	}
}

// explain returns the steps of a query's plan; none for BEGIN and its like.
func explain(t *testing.T, c *conn, query string) (steps []string) {
	if !strings.Contains(query, "?") {
		return nil
	}
	rows, err := c.sql.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?"))...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return steps
}
