package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

func asOf(t *testing.T, s store.Store) {
	put(t, s, "a", "1", in("ix", "v"))
	put(t, s, "b", "2", in("ix", "v"))
	put(t, s, "a", "3", in("ix", "v")) // the entry stays
	put(t, s, "a", "4", in("ix", "w")) // the entry moves
	del(t, s, "a")
	put(t, s, "a", "6", in("ix", "v"))
	for _, tt := range []struct {
		at         access.Revision
		all, v, w  []string
		getA, getB string
	}{
		{1, []string{"a=1"}, []string{"a=1"}, nil, "1", ""},
		{2, []string{"a=1", "b=2"}, []string{"a=1", "b=2"}, nil, "1", "2"},
		{3, []string{"a=3", "b=2"}, []string{"a=3", "b=2"}, nil, "3", "2"},
		{4, []string{"a=4", "b=2"}, []string{"b=2"}, []string{"a=4"}, "4", "2"},
		{5, []string{"b=2"}, []string{"b=2"}, nil, "", "2"},
		{6, []string{"a=6", "b=2"}, []string{"a=6", "b=2"}, nil, "6", "2"},
		{0, []string{"a=6", "b=2"}, []string{"a=6", "b=2"}, nil, "6", "2"},
	} {
		view(t, s, tt.at, func(r store.Reader) {
			if want := tt.at; want != 0 && r.Revision() != want {
				t.Errorf("Revision() = %d as of %d", r.Revision(), want)
			}
			wantGet(t, r, "a", tt.getA)
			wantGet(t, r, "b", tt.getB)
			wantList(t, r, store.ListQuery{}, tt.all...)
			wantList(t, r, store.ListQuery{Index: "ix", Value: "v"}, tt.v...)
			wantList(t, r, store.ListQuery{Index: "ix", Value: "w"}, tt.w...)
			wantList(t, r, store.ListQuery{Limit: 1}, tt.all[:1]...)
			wantList(t, r, store.ListQuery{After: tt.all[0][:1]}, tt.all[1:]...)
		})
	}
	// A version carries the revision that wrote it, not the one it is read at.
	view(t, s, 3, func(r store.Reader) {
		d, err := r.Get(note, "b")
		if err != nil {
			t.Fatal(err)
		}
		wantDocument(t, d, store.Document{Kind: note, ID: "b", Revision: 2, Body: []byte("2")})
	})
}

func asOfBounds(t *testing.T, s store.Store) {
	wantUnreadable(t, s, 1)
	put(t, s, "a", "1")
	wantUnreadable(t, s, 2)
	wantUnreadable(t, s, -1)
	view(t, s, 1, func(store.Reader) {})
}

func wantUnreadable(t *testing.T, s store.Store, at access.Revision) {
	t.Helper()
	err := s.View(t.Context(), realm, at, func(store.Reader) error {
		t.Errorf("View as of %d ran", at)
		return nil
	})
	wantNotFound(t, fmt.Sprintf("View as of %d", at), err)
}

// steadyView changes and prunes the realm under a view. A store may instead
// let the writer wait until the view has ended.
func steadyView(t *testing.T, s store.Store) {
	put(t, s, "a", "1", in("ix", "v"))
	put(t, s, "b", "2", in("ix", "v"))
	done := make(chan struct{})
	view(t, s, 0, func(r store.Reader) {
		wantGet(t, r, "a", "1")
		go func() {
			defer close(done)
			_, err := s.Update(t.Context(), realm, func(tx store.Tx) error {
				if _, err := tx.Put(note, "a", []byte("3"), nil); err != nil {
					return err
				}
				if _, err := tx.Put(note, "c", []byte("3"), []store.IndexEntry{in("ix", "v")}); err != nil {
					return err
				}
				_, err := tx.Delete(note, "b")
				return err
			})
			if err == nil {
				err = s.Prune(t.Context(), realm, 3)
			}
			if err != nil {
				t.Error(err)
			}
		}()
		select {
		case <-done:
		case <-time.After(100 * time.Millisecond):
		}
		if r.Revision() != 2 {
			t.Errorf("Revision() = %d, want 2", r.Revision())
		}
		wantGet(t, r, "a", "1")
		wantGet(t, r, "c", "")
		wantList(t, r, store.ListQuery{}, "a=1", "b=2")
		wantList(t, r, store.ListQuery{Index: "ix", Value: "v"}, "a=1", "b=2")
	})
	<-done
	view(t, s, 0, func(r store.Reader) { wantList(t, r, store.ListQuery{}, "a=3", "c=3") })
}

func prune(t *testing.T, s store.Store) {
	put(t, s, "a", "1", in("ix", "v"))
	put(t, s, "b", "2", in("ix", "v"))
	put(t, s, "a", "3", in("ix", "w"))
	del(t, s, "b")
	put(t, s, "a", "5", in("ix", "v"))
	put(t, s, "b", "6")
	put(t, s, "c", "7")
	del(t, s, "c")
	full := history(t, s, 0, 100)

	pruneTo := func(before access.Revision) {
		if err := s.Prune(t.Context(), realm, before); err != nil {
			t.Fatalf("Prune(%d): %v", before, err)
		}
	}
	pruneTo(0)
	pruneTo(1)
	if got := history(t, s, 0, 100); !slices.Equal(got, full) {
		t.Errorf("after Prune(1): %q, want %q", got, full)
	}
	pruneTo(4)
	pruneTo(2) // what is forgotten stays so
	for at := access.Revision(1); at < 4; at++ {
		wantUnreadable(t, s, at)
	}
	view(t, s, 4, func(r store.Reader) {
		wantGet(t, r, "a", "3")
		wantGet(t, r, "b", "")
		wantList(t, r, store.ListQuery{Index: "ix", Value: "w"}, "a=3")
		wantList(t, r, store.ListQuery{Index: "ix", Value: "v"})
	})
	want := []string{"3 a=3", "4 b", "5 a=5", "6 b=6", "7 c=7", "8 c"}
	if got := history(t, s, 0, 1); !slices.Equal(got, want) {
		t.Errorf("after Prune(4): %q, want %q", got, want)
	}
	pruneTo(8)
	want = []string{"5 a=5", "6 b=6", "8 c"}
	if got := history(t, s, 0, 2); !slices.Equal(got, want) {
		t.Errorf("after Prune(8): %q, want %q", got, want)
	}
	wantUnreadable(t, s, 7)
	view(t, s, 8, func(r store.Reader) {
		wantList(t, r, store.ListQuery{}, "a=5", "b=6")
		wantList(t, r, store.ListQuery{Index: "ix", Value: "v"}, "a=5")
	})
	if rev := put(t, s, "a", "9"); rev != 9 {
		t.Errorf("the revision after Prune is %d, want 9", rev)
	}
}

func pruneBounds(t *testing.T, s store.Store) {
	if err := s.Prune(t.Context(), realm, 5); err != nil {
		t.Errorf("Prune of a realm without commits: %v", err)
	}
	put(t, s, "a", "1")
	put(t, s, "a", "2")
	if err := s.Prune(t.Context(), realm, 1000); err != nil {
		t.Fatal(err)
	}
	wantUnreadable(t, s, 1)
	view(t, s, 2, func(r store.Reader) { wantGet(t, r, "a", "2") })
	put(t, s, "a", "3")
	view(t, s, 2, func(r store.Reader) { wantGet(t, r, "a", "2") })
	view(t, s, 0, func(r store.Reader) { wantGet(t, r, "a", "3") })
}

func noHistory(t *testing.T, s store.Store) {
	put(t, s, "note", "1")
	write := func(want access.Revision, fn func(store.Tx) (access.Revision, error)) {
		t.Helper()
		update(t, s, realm, func(tx store.Tx) error {
			got, err := fn(tx)
			if got != want {
				t.Errorf("the write %d replaces %d, want %d", tx.Next(), got, want)
			}
			return err
		})
	}
	putBrief := func(id, body string, entries ...store.IndexEntry) func(store.Tx) (access.Revision, error) {
		return func(tx store.Tx) (access.Revision, error) { return tx.Put(brief, id, []byte(body), entries) }
	}
	write(0, putBrief("a", "2", in("ix", "v"), in("ix", "w")))
	write(0, putBrief("b", "3", in("ix", "v")))
	write(2, putBrief("a", "4", in("ix", "v"), in("ix", "x"))) // one entry stays
	write(3, func(tx store.Tx) (access.Revision, error) { return tx.Delete(brief, "b") })
	if _, err := s.Update(t.Context(), realm, func(tx store.Tx) error {
		if _, err := tx.Delete(brief, "a"); err != nil {
			return err
		}
		return errRefused
	}); err == nil {
		t.Error("a refused transaction was committed")
	}
	// The commits 2 and 3 have nothing left.
	want := []string{"1 note=1", "4 a=4", "5 b"}
	for _, limit := range []int{1, 100} {
		if got := history(t, s, 0, limit); !slices.Equal(got, want) {
			t.Errorf("the history is %q, want %q", got, want)
		}
	}
	for at, all := range map[access.Revision][]string{2: nil, 3: nil, 4: {"a=4"}, 5: {"a=4"}, 0: {"a=4"}} {
		view(t, s, at, func(r store.Reader) {
			wantList(t, r, store.ListQuery{Kind: brief}, all...)
			wantList(t, r, store.ListQuery{Kind: brief, Index: "ix", Value: "v"}, all...)
			wantList(t, r, store.ListQuery{Kind: brief, Index: "ix", Value: "w"})
			wantList(t, r, store.ListQuery{Kind: brief, Index: "ix", Value: "x"}, all...)
			if _, err := r.Get(brief, "a"); (err == nil) != (all != nil) {
				t.Errorf("Get as of %d: %v, want it there: %t", at, err, all != nil)
			}
		})
	}
	write(0, putBrief("b", "6", in("ix", "w"))) // takes the place of the deletion
	want = []string{"1 note=1", "4 a=4", "6 b=6"}
	if got := history(t, s, 0, 100); !slices.Equal(got, want) {
		t.Errorf("after a document came again: %q, want %q", got, want)
	}
	view(t, s, 0, func(r store.Reader) {
		wantList(t, r, store.ListQuery{Kind: brief, Index: "ix", Value: "w"}, "b=6")
	})
}
