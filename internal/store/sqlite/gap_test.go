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
	if twice := text(t, s, `SELECT id FROM documents WHERE until IS NULL GROUP BY id HAVING count(*) > 1`); twice != "" {
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
				if _, err := tx.List(store.ListQuery{Kind: "note", Limit: 1}); err != nil { // which writes what waits
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
