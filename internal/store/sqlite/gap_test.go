package sqlite

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// TestManyPuts writes many documents in few transactions, in runs of growing ids
// that begin before, between and behind those that are there, deleted ones among
// them: each must replace what was there, and nothing must be there twice.
func TestManyPuts(t *testing.T) {
	s := open(t, Config{Memory: true})
	random := rand.New(rand.NewPCG(1, 2))
	last := map[string]access.Revision{} // by id; zero if it was deleted
	for range 60 {
		_, err := s.Update(t.Context(), realm, func(tx store.Tx) error {
			for range 10 {
				start, step := random.IntN(1000), 1+random.IntN(20)
				for i := range 15 {
					id := fmt.Sprintf("%04d", start+i*step)
					if random.IntN(10) == 0 && last[id] != 0 {
						if got, err := tx.Delete("note", id); err != nil || got != last[id] {
							return fmt.Errorf("deleting %s: %d, %w; want %d", id, got, err, last[id])
						}
						last[id] = 0
						continue
					}
					got, err := tx.Put("note", id, []byte(fmt.Sprint(tx.Next())), []store.IndexEntry{{Index: "ix", Value: "v"}})
					if err != nil || got != last[id] {
						return fmt.Errorf("putting %s replaced %d, %v; want %d", id, got, err, last[id])
					}
					last[id] = tx.Next()
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var want []string
	for id, rev := range last {
		if rev != 0 {
			want = append(want, fmt.Sprint(id, "=", rev))
		}
	}
	slices.Sort(want)
	for _, index := range []string{"", "ix"} {
		var got []string
		err := s.View(t.Context(), realm, 0, func(r store.Reader) error {
			docs, err := r.List(store.ListQuery{Kind: "note", Index: index, Value: "v", Limit: 10_000})
			for _, d := range docs {
				got = append(got, d.ID+"="+string(d.Body))
			}
			return err
		})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("by %q: %v, %v; want %v", index, got, err, want)
		}
	}
	if twice := text(t, s, `SELECT id FROM documents WHERE until = 9223372036854775807 GROUP BY id HAVING count(*) > 1`); twice != "" {
		t.Errorf("several versions are the newest of%s", twice)
	}
}

// TestEntryComesAndGoes lists a document and takes it out again, several times in
// one transaction: what no commit had leaves no row.
func TestEntryComesAndGoes(t *testing.T) {
	s := open(t, Config{Memory: true})
	for range 2 {
		_, err := s.Update(t.Context(), realm, func(tx store.Tx) error {
			for _, values := range []string{"a", "", "a", "", "a b", "b"} {
				var entries []store.IndexEntry
				for v := range strings.FieldsSeq(values) {
					entries = append(entries, store.IndexEntry{Index: "ix", Value: v})
				}
				if _, err := tx.Put("note", "n", []byte("x"), entries); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	got := text(t, s, "SELECT value || revision FROM entries") + "," + text(t, s, "SELECT value || revision || until FROM entries_past")
	if want := " b2, b12"; got != want {
		t.Errorf("the rows are%q, want %q", got, want)
	}
}

// TestOlderSchema opens a database that was written before indexes took one row
// for each entry.
func TestOlderSchema(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir})
	first, err := migrations.ReadFile("migrations/0001_documents.sql")
	if err != nil {
		t.Fatal(err)
	}
	c := <-s.writer
	for _, script := range []string{
		"DROP TABLE realms; DROP TABLE documents; DROP TABLE entries; DROP TABLE entries_past",
		string(first),
		`INSERT INTO realms (id, revision) VALUES ('rlm_1', 3)`,
		`INSERT INTO documents (realm, kind, id, revision, until, body) VALUES
			('rlm_1', 'note', 'a', 1, 2, CAST('one' AS BLOB)), ('rlm_1', 'note', 'a', 2, 9223372036854775807, CAST('two' AS BLOB)),
			('rlm_1', 'note', 'b', 1, 3, CAST('one' AS BLOB)), ('rlm_1', 'note', 'b', 3, 9223372036854775807, NULL)`,
		`INSERT INTO entries (realm, kind, name, value, id, revision, until) VALUES
			('rlm_1', 'note', 'ix', 'both', 'a', 1, 9223372036854775807), ('rlm_1', 'note', 'ix', 'old', 'a', 1, 2),
			('rlm_1', 'note', 'ix', '"new"', 'a', 2, 9223372036854775807), ('rlm_1', 'note', 'ix', 'both', 'b', 1, 3)`,
		"PRAGMA user_version = 1",
	} {
		if _, err := c.sql.ExecContext(t.Context(), script); err != nil {
			t.Fatalf("%s: %v", script, err)
		}
	}
	s.writer <- c
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = open(t, Config{Dir: dir})
	found := func(at access.Revision, value string) string {
		var ids []string
		err := s.View(t.Context(), realm, at, func(r store.Reader) error {
			docs, err := r.List(store.ListQuery{Kind: "note", Index: "ix", Value: value, Limit: 10})
			for _, d := range docs {
				ids = append(ids, d.ID+"="+string(d.Body))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(ids, " ")
	}
	check := func(at access.Revision, value, want string) {
		t.Helper()
		if got := found(at, value); got != want {
			t.Errorf("under %s as of %d: %q, want %q", value, at, got, want)
		}
	}
	check(1, "both", "a=one b=one")
	check(1, "old", "a=one")
	check(2, "both", "a=two b=one")
	check(2, "old", "")
	check(0, "both", "a=two")
	check(0, `"new"`, "a=two")
	_, err = s.Update(t.Context(), realm, func(tx store.Tx) error {
		_, err := tx.Put("note", "a", []byte("four"), []store.IndexEntry{{Index: "ix", Value: "both"}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	check(0, "both", "a=four")
	check(0, `"new"`, "")
	check(3, `"new"`, "a=two")
}
