package storetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

func changes(t *testing.T, s store.Store) {
	if got := history(t, s, 0, 10); got != nil {
		t.Errorf("changes of an empty realm: %q", got)
	}
	update(t, s, realm, func(tx store.Tx) error {
		for _, doc := range []struct {
			kind store.Kind
			id   string
		}{{"b", "2"}, {"a", "z"}, {"b", "1"}, {"a", "Z"}} {
			if _, err := tx.Put(doc.kind, doc.id, []byte("x"), []store.IndexEntry{in("ix", "v")}); err != nil {
				return err
			}
		}
		return nil
	})
	update(t, s, realm, func(tx store.Tx) error {
		_, err := tx.Delete("a", "z")
		return err
	})
	commits, err := s.Changes(t.Context(), realm, 0, 10)
	if err != nil || len(commits) != 2 || len(commits[0].Documents) != 4 || len(commits[1].Documents) != 1 {
		t.Fatalf("Changes = %+v, %v; want a commit of four documents and one of one", commits, err)
	}
	for i, want := range []store.Document{
		{Kind: "a", ID: "Z", Revision: 1, Body: []byte("x")},
		{Kind: "a", ID: "z", Revision: 1, Body: []byte("x")},
		{Kind: "b", ID: "1", Revision: 1, Body: []byte("x")},
		{Kind: "b", ID: "2", Revision: 1, Body: []byte("x")},
	} {
		wantDocument(t, commits[0].Documents[i], want)
	}
	deleted := commits[1].Documents[0]
	wantDocument(t, deleted, store.Document{Kind: "a", ID: "z", Revision: 2})
	if deleted.Body != nil {
		t.Errorf("the body of a deletion is %q, want nil", deleted.Body)
	}
	for _, limit := range []int{0, -1} {
		if _, err := s.Changes(t.Context(), realm, 0, limit); err == nil {
			t.Errorf("Changes with limit %d succeeded", limit)
		}
	}
}

func changesRestart(t *testing.T, s store.Store) {
	for i := range 12 {
		put(t, s, fmt.Sprint(i%5), fmt.Sprint(i+1))
	}
	all := history(t, s, 0, 100)
	if len(all) != 12 {
		t.Fatalf("%d changes, want 12", len(all))
	}
	for after := range all {
		for _, limit := range []int{1, 5, 100} {
			if got := history(t, s, access.Revision(after), limit); !slices.Equal(got, all[after:]) {
				t.Errorf("after %d, %d at a time: %q, want %q", after, limit, got, all[after:])
			}
		}
	}
	for _, after := range []access.Revision{12, 13, 1 << 40} {
		if got := history(t, s, after, 1); got != nil {
			t.Errorf("after %d: %q, want nothing", after, got)
		}
	}
}

func changesWhole(t *testing.T, s store.Store) {
	const n = 200
	for range 3 {
		update(t, s, realm, func(tx store.Tx) error {
			for i := range n {
				if _, err := tx.Put(note, fmt.Sprint(i), []byte("x"), nil); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for limit := 1; limit <= 4; limit++ {
		commits, err := s.Changes(t.Context(), realm, 0, limit)
		if err != nil || len(commits) != min(limit, 3) {
			t.Fatalf("limit %d: %d commits, %v", limit, len(commits), err)
		}
		for _, c := range commits {
			if len(c.Documents) != n {
				t.Errorf("limit %d: commit %d has %d documents, want %d", limit, c.Revision, len(c.Documents), n)
			}
		}
	}
}

// following reads the changes while many write.
func following(t *testing.T, s store.Store) {
	const writers, each = 8, 20
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				_, err := s.Update(t.Context(), realm, func(tx store.Tx) error {
					for _, part := range []string{"x", "y"} {
						if _, err := tx.Put(note, fmt.Sprint(w, i, part), []byte("x"), nil); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	defer wg.Wait()
	deadline := time.After(time.Minute)
	for after := access.Revision(0); after < writers*each; {
		select {
		case <-s.Wake():
		case <-deadline:
			t.Fatalf("no wake came after revision %d", after)
		}
		for {
			commits, err := s.Changes(t.Context(), realm, after, 3)
			if err != nil {
				t.Fatal(err)
			}
			if len(commits) == 0 {
				break
			}
			for _, c := range commits {
				if c.Revision != after+1 || len(c.Documents) != 2 {
					t.Fatalf("after revision %d came %d with %d documents", after, c.Revision, len(c.Documents))
				}
				after = c.Revision
			}
		}
	}
}

func heads(t *testing.T, s store.Store) {
	want := make(map[access.RealmID]access.Revision)
	check := func() {
		t.Helper()
		got, err := s.Heads(t.Context())
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("Heads() = %v, %v; want %v", got, err, want)
		}
	}
	check()
	for i, id := range []access.RealmID{"b", "a", "B"} {
		// A realm without a commit has no head.
		update(t, s, id, func(store.Tx) error { return nil })
		_, err := s.Update(t.Context(), id, func(tx store.Tx) error {
			if _, err := tx.Put(note, "a", []byte("x"), nil); err != nil {
				return err
			}
			return errRefused
		})
		if !errors.Is(err, errRefused) {
			t.Fatal(err)
		}
		check()
		for range i + 1 {
			want[id] = update(t, s, id, func(tx store.Tx) error {
				_, err := tx.Put(note, "a", []byte("x"), nil)
				return err
			})
		}
		check()
	}
}

func wake(t *testing.T, s store.Store) {
	woken := func(wait time.Duration) bool {
		select {
		case <-s.Wake():
			return true
		case <-time.After(wait):
			return false
		}
	}
	for i := range 10 { // nobody listens, and nobody is held up
		put(t, s, "a", fmt.Sprint(i+1))
	}
	if !woken(10 * time.Second) {
		t.Error("no wake after ten commits")
	}
	for woken(50 * time.Millisecond) { // some stores wake late, from elsewhere
	}
	put(t, s, "a", "x")
	if !woken(10 * time.Second) {
		t.Error("no wake after another commit")
	}
}

func closeWaits(t *testing.T, s store.Store) {
	put(t, s, "a", "1")
	ended := make(chan error)
	view(t, s, 0, func(r store.Reader) {
		go func() { ended <- s.Close() }()
		select {
		case err := <-ended:
			t.Fatalf("Close returned %v during a view", err)
		case <-time.After(50 * time.Millisecond):
		}
		wantGet(t, r, "a", "1")
	})
	if err := <-ended; err != nil {
		t.Errorf("Close: %v", err)
	}
}

func closed(t *testing.T, s store.Store) {
	put(t, s, "a", "1")

	// Close waits for a running update, which commits.
	ended := make(chan error)
	update(t, s, realm, func(tx store.Tx) error {
		go func() { ended <- s.Close() }()
		select {
		case err := <-ended:
			t.Errorf("Close returned %v during an update", err)
		case <-time.After(50 * time.Millisecond):
		}
		_, err := tx.Put(note, "a", []byte("2"), nil)
		return err
	})
	if err := <-ended; err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close again: %v", err)
	}
	for range s.Wake() { // ends, because Close closed it
	}

	ctx := t.Context()
	_, update := s.Update(ctx, realm, func(store.Tx) error { return nil })
	_, changes := s.Changes(ctx, realm, 0, 1)
	_, heads := s.Heads(ctx)
	for what, err := range map[string]error{
		"Update":  update,
		"Changes": changes,
		"Heads":   heads,
		"View":    s.View(ctx, realm, 0, func(store.Reader) error { return nil }),
		"Prune":   s.Prune(ctx, realm, 1),
	} {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s after Close: %v, want %v", what, err, store.ErrClosed)
		}
	}
}

func readerChanges(t *testing.T, s store.Store) {
	put(t, s, "a", "1")
	put(t, s, "b", "2")
	put(t, s, "a", "3")
	seen := func(r store.Reader, after access.Revision) string {
		t.Helper()
		docs, err := r.Changes(after)
		if err != nil {
			t.Fatalf("Changes after %d: %v", after, err)
		}
		var all []string
		for _, d := range docs {
			all = append(all, fmt.Sprintf("%d %s=%s", d.Revision, d.ID, d.Body))
		}
		return fmt.Sprint(all)
	}
	for at, want := range map[access.Revision]string{0: "[1 a=1 2 b=2 3 a=3]", 2: "[1 a=1 2 b=2]"} {
		view(t, s, at, func(r store.Reader) {
			if got := seen(r, 0); got != want {
				t.Errorf("as of %d: %s, want %s", at, got, want)
			}
		})
	}
	update(t, s, "other", func(tx store.Tx) error {
		_, err := tx.Put(note, "z", []byte("1"), nil)
		return err
	})
	update(t, s, realm, func(tx store.Tx) error {
		if got, want := seen(tx, 2), "[3 a=3]"; got != want {
			t.Errorf("in a transaction: %s, want %s", got, want)
		}
		if _, err := tx.Delete(note, "b"); err != nil {
			return err
		}
		if got, want := seen(tx, 2), "[3 a=3 4 b=]"; got != want {
			t.Errorf("with its own: %s, want %s", got, want)
		}
		if got := seen(tx, 4); got != "[]" {
			t.Errorf("after itself: %s, want nothing", got)
		}
		return nil
	})
}

// lineages checks what Lineage promises, among concurrent transactions of which
// some fail: the revision that an earlier one of the same lineage wrote holds
// what it wrote.
func lineages(t *testing.T, s store.Store) {
	var mu sync.Mutex
	wrote := map[uint64]map[access.Revision]string{} // by lineage and revision
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := range 25 {
				body := fmt.Sprintf("%d-%d", n, i)
				_, err := s.Update(t.Context(), realm, func(tx store.Tx) error {
					mu.Lock()
					defer mu.Unlock()
					docs, err := tx.Changes(0)
					if err != nil {
						return err
					}
					known := wrote[tx.Lineage()]
					for _, d := range docs {
						if want, ok := known[d.Revision]; ok && want != string(d.Body) {
							t.Errorf("revision %d holds %s, and %s in the same lineage before", d.Revision, d.Body, want)
						}
					}
					if i%5 == 4 {
						return errFailed
					}
					if known == nil {
						known = map[access.Revision]string{}
						wrote[tx.Lineage()] = known
					}
					known[tx.Next()] = body
					_, err = tx.Put(note, body, []byte(body), nil)
					return err
				})
				if err != nil && !errors.Is(err, errFailed) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

var errFailed = errors.New("failed")
