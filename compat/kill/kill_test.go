// Package kill ends the server as a lost power cord would, again and again,
// while many callers write, and asks the next server what is left.
package kill

import (
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite" // to look at the file that is left

	"github.com/reeve-authz/reeve/compat/process"
	_ "github.com/reeve-authz/reeve/internal/server" // go test keeps no result from before it changed
)

var (
	rounds  = flag.Int("rounds", 100, "how often the server is killed")
	writers = flag.Int("writers", 8, "how many callers write at once")
	seed    = flag.Uint64("seed", 0, "of what is random; 0 takes another each time")
)

const (
	records  = 4                      // of each writer
	lifetime = 150 * time.Millisecond // of a server once writers have begun, at most
)

func TestMain(m *testing.M) { process.Main(m) }

// TestKillDuringWrites kills the server while writers create, update, delete
// and revive records, change roles, make and delete access keys, and attempt
// what must be refused. Each writer has objects of its own, so it knows what
// they must be: what was acknowledged last, or, for the one write that the kill
// cut off, that or what it asked for.
//
// Then the next server must show exactly that, in reads and in the list, and
// must decide by what it shows.
func TestKillDuringWrites(t *testing.T) {
	random := newRandom(t)
	dir := t.TempDir()

	first := process.StartIn(t, dir)
	all := make([]*writer, *writers)
	for i := range all {
		all[i] = newWriter(t, newConn(first), i, random.Uint64())
	}
	first.Kill()

	began, acknowledged, refused, cut := time.Now(), 0, 0, 0
	for round := range *rounds {
		s := process.StartIn(t, dir)
		check(t, s, all)
		if t.Failed() {
			t.Fatalf("round %d", round)
		}

		var wg sync.WaitGroup
		for _, w := range all {
			wg.Go(func() { w.write(newConn(s)) })
		}
		time.Sleep(time.Duration(random.Int64N(int64(lifetime))))
		s.Kill()
		wg.Wait()

		for _, w := range all {
			acknowledged, refused, cut = acknowledged+w.acknowledged, refused+w.refused, cut+w.cut
			w.acknowledged, w.refused, w.cut = 0, 0, 0
			for _, wrong := range w.wrong {
				t.Errorf("round %d: writer %d: %s", round, w.n, wrong)
			}
		}
		if t.Failed() {
			return
		}
	}
	check(t, process.StartIn(t, dir), all)
	t.Logf("%d kills in %s: %d writes acknowledged, %d refused, %d cut off",
		*rounds, time.Since(began).Round(time.Millisecond), acknowledged, refused, cut)
	if *rounds >= 10 && (acknowledged < *rounds || refused == 0 || cut == 0) {
		t.Errorf("too little happened for this to prove anything")
	}
	checkFile(t, dir)
}

// TestKillAtFirstStart kills the server while it makes its store and the first
// owner's credentials. The next start must end with credentials that work.
func TestKillAtFirstStart(t *testing.T) {
	random := newRandom(t)
	for range max(1, *rounds/4) {
		dir := filepath.Join(t.TempDir(), "data")
		for range 1 + random.IntN(3) {
			s := process.Launch(t, dir)
			time.Sleep(time.Duration(random.Int64N(int64(40 * time.Millisecond))))
			s.Kill()
		}
		s := process.StartIn(t, dir)
		if status := newConn(s).status(t, "GET", "/v1/records", nil); status != http.StatusOK {
			t.Fatalf("the credentials in bootstrap.json are answered with %d, want 200", status)
		}
		s.Kill()
	}
}

// TestOneServerPerStore starts a second server on the data of a running one. It
// must end by itself and leave the first alone.
func TestOneServerPerStore(t *testing.T) {
	first := process.Start(t)
	second := process.Launch(t, first.Dir)
	select {
	case <-second.Done():
	case <-time.After(10 * time.Second):
		second.Kill()
		t.Fatal("a second server runs on the same data")
	}
	if log := second.Log(); !strings.Contains(log, first.Dir) {
		t.Errorf("the second server says %q, want the folder that is taken", log)
	}
	if status := newConn(first).status(t, "GET", "/v1/records", nil); status != http.StatusOK {
		t.Errorf("the first server answers %d afterwards, want 200", status)
	}
}

func newRandom(t *testing.T) *rand.Rand {
	n := *seed
	if n == 0 {
		n = rand.Uint64()
	}
	t.Logf("-seed=%d", n) // the writes; when they reach the server is chance all the same
	return rand.New(rand.NewPCG(n, 0))
}

// checkFile asks SQLite itself about the file that all the kills have left.
func checkFile(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.db"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no store in %s (%v)", dir, err)
	}
	for _, file := range files {
		db, err := sql.Open("sqlite", "file:"+file+"?mode=ro")
		if err != nil {
			t.Fatal(err)
		}
		var verdict string
		if err := db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
			t.Errorf("integrity of %s: %q, %v; want ok", filepath.Base(file), verdict, err)
		}
		db.Close()
	}
}

// check asks the server for everything that the writers know of.
func check(t *testing.T, s *process.Server, all []*writer) {
	t.Helper()
	c := newConn(s)
	listed := list(t, c)
	known := map[string]bool{"rec_owner": true}
	for _, w := range all {
		w.check(t, c, listed)
		for _, r := range w.records {
			known[r.id] = true
		}
	}
	for id := range listed {
		if !known[id] {
			t.Errorf("the record %s is there; its write was refused", id)
		}
	}
}

// list reads every record by pages.
func list(t *testing.T, c *conn) map[string]recordBody {
	t.Helper()
	all := map[string]recordBody{}
	for cursor := ""; ; {
		res := c.do("GET", "/v1/records?limit=20&cursor="+cursor, nil, nil)
		var page struct {
			Records    []recordBody `json:"records"`
			Pagination struct {
				Next *struct {
					Cursor string `json:"cursor"`
				} `json:"next"`
			} `json:"pagination"`
		}
		if err := json.Unmarshal(res.body, &page); err != nil || res.status != http.StatusOK {
			t.Fatalf("the list of records: %d, %v: %s", res.status, err, res.body)
		}
		for _, r := range page.Records {
			if _, twice := all[r.RecordID]; twice {
				t.Errorf("the record %s is in the list twice", r.RecordID)
			}
			all[r.RecordID] = r
		}
		if page.Pagination.Next == nil {
			return all
		}
		cursor = page.Pagination.Next.Cursor
	}
}

// name is the id of a writer's object.
func name(prefix string, writer, n int) string { return fmt.Sprintf("%s_w%d_%d", prefix, writer, n) }
