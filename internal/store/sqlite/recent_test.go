package sqlite

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// TestChangesFromMemory asks for changes of several realms while documents come,
// change and go, some without history, some larger than what memory keeps: what
// memory answers is what the database answers.
func TestChangesFromMemory(t *testing.T) {
	s := open(t, Config{Memory: true})
	random := rand.New(rand.NewPCG(3, 4))
	realms := []access.RealmID{"a", "b/c", "b"}
	kinds := []store.Kind{"note", store.Answers.Kind, "other"}
	inMemory := 0
	for n := range 300 {
		realm := realms[random.IntN(len(realms))]
		size := 1 + random.IntN(100)
		if n%20 == 19 {
			size = maxRecent/2 + random.IntN(maxRecent)
		}
		if n%50 == 49 {
			if err := s.Prune(t.Context(), realm, access.Revision(n)); err != nil {
				t.Fatal(err)
			}
		}
		_, err := s.Update(t.Context(), realm, func(tx store.Tx) error {
			for range 1 + random.IntN(3) {
				kind, id := kinds[random.IntN(len(kinds))], fmt.Sprint(random.IntN(5))
				if _, err := tx.Get(kind, id); err == nil && random.IntN(3) == 0 {
					if _, err := tx.Delete(kind, id); err != nil {
						return err
					}
				} else if _, err := tx.Put(kind, id, make([]byte, size), nil); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		realm = realms[random.IntN(len(realms))]
		heads, err := s.Heads(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		after := max(0, heads[realm]-access.Revision(random.IntN(6)))
		limit := 1 + random.IntN(5)
		got, ok := s.recent.after(realm, after, limit)
		if !ok {
			continue
		}
		inMemory++
		kept := s.recent.known
		s.recent.known = map[access.RealmID]access.Revision{realm: math.MaxInt64}
		want, err := s.Changes(t.Context(), realm, after, limit)
		s.recent.known = kept
		if err != nil || len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Fatalf("%s after %d, at most %d: %v, want %v, %v", realm, after, limit, revisionsOf(got), revisionsOf(want), err)
		}
	}
	if inMemory < 40 || s.recent.size > 2*maxRecent {
		t.Errorf("memory answered %d times and keeps %d bytes", inMemory, s.recent.size)
	}
}

// TestChangesInTransaction asks for the changes of transactions that wait for the
// disk together, one of which drops a version that an earlier one wrote.
func TestChangesInTransaction(t *testing.T) {
	for _, kind := range []store.Kind{"note", store.Answers.Kind} {
		s := open(t, Config{Memory: true})
		c := <-s.writer
		w := writer{recent: &s.recent, gaps: map[name]*gap{}}
		b := w.begin(c)
		var seen []store.Document
		for n := range 3 {
			j := newJob(t.Context(), realm)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_, err := j.wait(func(tx store.Tx) (err error) {
					if _, err = tx.Put(kind, fmt.Sprint(n%2), []byte{1}, nil); err == nil {
						seen, err = tx.Changes(0)
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}()
			b.run(j)
			j.done <- j.outcome
			<-ended
		}
		b.commit()
		s.writer <- c
		want := 3
		if !kind.HasHistory() {
			want = 2
		}
		if len(seen) != want {
			t.Errorf("%s: the last transaction saw %d versions, want %d", kind, len(seen), want)
		}
	}
}

func revisionsOf(commits []store.Commit) (all []string) {
	for _, c := range commits {
		all = append(all, fmt.Sprint(c.Revision, " with ", len(c.Documents)))
	}
	return all
}
