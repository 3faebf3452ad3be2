package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

var errRefused = errors.New("refused by the test")

func ownWrites(t *testing.T, s store.Store) {
	put(t, s, "a", "1", in("ix", "v"))
	put(t, s, "b", "2", in("ix", "v"))
	rev := update(t, s, realm, func(tx store.Tx) error {
		if tx.Revision() != 2 || tx.Next() != 3 {
			t.Errorf("Revision(), Next() = %d, %d; want 2, 3", tx.Revision(), tx.Next())
		}
		if _, err := tx.Put(note, "a", []byte("3"), []store.IndexEntry{in("ix", "w")}); err != nil {
			return err
		}
		if _, err := tx.Put(note, "c", []byte("3"), []store.IndexEntry{in("ix", "v")}); err != nil {
			return err
		}
		if _, err := tx.Delete(note, "b"); err != nil {
			return err
		}
		wantGet(t, tx, "a", "3")
		wantGet(t, tx, "b", "")
		wantList(t, tx, store.ListQuery{}, "a=3", "c=3")
		wantList(t, tx, store.ListQuery{Index: "ix", Value: "v"}, "c=3")
		wantList(t, tx, store.ListQuery{Index: "ix", Value: "w"}, "a=3")
		d, err := tx.Get(note, "a")
		if err == nil && d.Revision != tx.Next() {
			t.Errorf("an own version is of revision %d, want %d", d.Revision, tx.Next())
		}
		return err
	})
	if rev != 3 {
		t.Errorf("committed as revision %d, want what Next said: 3", rev)
	}
}

func lastWrite(t *testing.T, s store.Store) {
	put(t, s, "old", "1", in("ix", "v"))
	put(t, s, "gone", "2", in("ix", "v"))
	v, w := []store.IndexEntry{in("ix", "v")}, []store.IndexEntry{in("ix", "w")}
	update(t, s, realm, func(tx store.Tx) error {
		for _, step := range []struct {
			id, body string // deletes if the body is empty
			entries  []store.IndexEntry
			replaces access.Revision
		}{
			{"twice", "x", v, 0},
			{"twice", "3", w, 3},
			{"old", "x", w, 1},
			{"old", "3", v, 3},
			{"gone", "x", w, 2},
			{"gone", "", nil, 3},
			{"back", "x", v, 0},
			{"back", "", nil, 3},
			{"back", "3", v, 0},
			{"never", "x", v, 0},
			{"never", "", nil, 3},
		} {
			var got access.Revision
			var err error
			if step.body == "" {
				got, err = tx.Delete(note, step.id)
			} else {
				got, err = tx.Put(note, step.id, []byte(step.body), step.entries)
			}
			if err != nil {
				return err
			}
			if got != step.replaces {
				t.Errorf("writing %s %q replaced revision %d, want %d", step.id, step.body, got, step.replaces)
			}
		}
		_, err := tx.Delete(note, "never")
		wantNotFound(t, "deleting twice", err)
		return nil
	})
	view(t, s, 0, func(r store.Reader) {
		wantList(t, r, store.ListQuery{}, "back=3", "old=3", "twice=3")
		wantList(t, r, store.ListQuery{Index: "ix", Value: "v"}, "back=3", "old=3")
		wantList(t, r, store.ListQuery{Index: "ix", Value: "w"}, "twice=3")
	})
	view(t, s, 2, func(r store.Reader) {
		wantList(t, r, store.ListQuery{}, "gone=2", "old=1")
		wantList(t, r, store.ListQuery{Index: "ix", Value: "v"}, "gone=2", "old=1")
	})
	want := []string{"3 back=3", "3 gone", "3 never", "3 old=3", "3 twice=3"}
	if got := history(t, s, 2, 1); !slices.Equal(got, want) {
		t.Errorf("changes %q, want %q", got, want)
	}
}

func failure(t *testing.T, s store.Store) {
	put(t, s, "a", "1", in("ix", "v"))
	_, err := s.Update(t.Context(), realm, func(tx store.Tx) error {
		if _, err := tx.Put(note, "a", []byte("x"), nil); err != nil {
			return err
		}
		if _, err := tx.Put(note, "b", []byte("x"), []store.IndexEntry{in("ix", "v")}); err != nil {
			return err
		}
		return fmt.Errorf("wrapped: %w", errRefused)
	})
	if !errors.Is(err, errRefused) {
		t.Errorf("Update returned %v, want the error of fn", err)
	}
	wantUntouched(t, s)
}

// wantUntouched fails the test unless the realm has only the document a=1 in
// the index, and revision 2 can be written.
func wantUntouched(t *testing.T, s store.Store) {
	t.Helper()
	view(t, s, 0, func(r store.Reader) {
		wantList(t, r, store.ListQuery{}, "a=1")
		wantList(t, r, store.ListQuery{Index: "ix", Value: "v"}, "a=1")
	})
	if got := history(t, s, 1, 10); got != nil {
		t.Errorf("changes %q, want none", got)
	}
	if rev := put(t, s, "b", "2"); rev != 2 {
		t.Errorf("the next revision is %d, want 2", rev)
	}
}

func refusedWrite(t *testing.T, s store.Store) {
	update(t, s, realm, func(tx store.Tx) error {
		_, err := tx.Delete(note, "a")
		wantNotFound(t, "Delete", err)
		if _, err := tx.Put(note, "", []byte("x"), nil); err == nil {
			t.Error("Put without an id succeeded")
		}
		_, err = tx.Put(note, "a", []byte("1"), []store.IndexEntry{in("ix", "v")})
		return err
	})
	wantUntouched(t, s)
}

func panics(t *testing.T, s store.Store) {
	put(t, s, "a", "1", in("ix", "v"))
	func() {
		defer func() {
			if got := recover(); got != "boom" {
				t.Errorf("recovered %v, want the panic of fn", got)
			}
		}()
		_, err := s.Update(t.Context(), realm, func(tx store.Tx) error {
			if _, err := tx.Delete(note, "a"); err != nil {
				return err
			}
			panic("boom")
		})
		t.Errorf("Update returned %v, want a panic", err)
	}()
	wantUntouched(t, s)
}

func exits(t *testing.T, s store.Store) {
	put(t, s, "a", "1", in("ix", "v"))
	var wg sync.WaitGroup
	wg.Go(func() {
		s.Update(t.Context(), realm, func(tx store.Tx) error { //nolint:errcheck // does not return
			if _, err := tx.Delete(note, "a"); err != nil {
				return err
			}
			runtime.Goexit()
			return nil
		})
		t.Error("Update returned from a goroutine that had ended")
	})
	wg.Wait()
	wantUntouched(t, s)
}

func emptyTransaction(t *testing.T, s store.Store) {
	nothing := func(tx store.Tx) error {
		_, err := tx.List(store.ListQuery{Kind: note, Limit: 1})
		return err
	}
	if rev := update(t, s, realm, nothing); rev != 0 {
		t.Errorf("an update that wrote nothing returned %d, want 0", rev)
	}
	put(t, s, "a", "1")
	if rev := update(t, s, realm, nothing); rev != 1 {
		t.Errorf("an update that wrote nothing returned %d, want 1", rev)
	}
	if rev := put(t, s, "a", "2"); rev != 2 {
		t.Errorf("the next revision is %d, want 2", rev)
	}
}

// denseRevisions writes to two realms at once, and lets every third update
// fail, panic, or write nothing.
func denseRevisions(t *testing.T, s store.Store) {
	const workers, each = 16, 15
	realms := []access.RealmID{"rlm_1", "rlm_2"}
	got := make([]map[access.Revision]string, len(realms)) // what each revision wrote
	for i := range got {
		got[i] = make(map[access.Revision]string)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				n, id := w%len(realms), fmt.Sprintf("%d/%d", w, i)
				rev, next, err := attempt(s, realms[n], id, (w+i)%9)
				switch {
				case (w+i)%3 != 0 && err != nil:
					t.Errorf("Update: %v", err)
				case (w+i)%3 != 0:
					mu.Lock()
					if before, ok := got[n][rev]; ok || rev != next {
						t.Errorf("%s became revision %d, where Next said %d and %q is", id, rev, next, before)
					}
					got[n][rev] = id
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	for n, id := range realms {
		commits, err := s.Changes(t.Context(), id, 0, workers*each)
		if err != nil {
			t.Fatal(err)
		}
		if len(commits) != len(got[n]) {
			t.Errorf("realm %s has %d commits, want %d", id, len(commits), len(got[n]))
		}
		for i, c := range commits {
			if c.Revision != access.Revision(i+1) || len(c.Documents) != 1 || c.Documents[0].ID != got[n][c.Revision] {
				t.Fatalf("commit %d of realm %s is %+v, want %q", i+1, id, c, got[n][access.Revision(i+1)])
			}
		}
	}
}

// attempt writes a document in an update that goes wrong in the way of how: 0
// fails, 3 panics, 6 writes nothing.
func attempt(s store.Store, realm access.RealmID, id string, how int) (rev, next access.Revision, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	rev, err = s.Update(context.Background(), realm, func(tx store.Tx) error {
		if how == 6 {
			return nil
		}
		next = tx.Next()
		if _, err := tx.Put(note, id, []byte("x"), nil); err != nil {
			return err
		}
		switch how {
		case 0:
			return errRefused
		case 3:
			panic(errRefused)
		}
		return nil
	})
	return rev, next, err
}

func counters(t *testing.T, s store.Store) {
	const workers, each = 16, 10
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range each {
				_, err := s.Update(t.Context(), realm, func(tx store.Tx) error {
					n := 0
					if d, err := tx.Get(note, "n"); err == nil {
						n, _ = strconv.Atoi(string(d.Body))
					} else if !errors.Is(err, access.NotFound) {
						return err
					}
					_, err := tx.Put(note, "n", []byte(strconv.Itoa(n+1)), nil)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	// Readers are not refused while the writer works.
	for range 4 {
		wg.Go(func() {
			for range each {
				err := s.View(t.Context(), realm, 0, func(r store.Reader) error {
					d, err := r.Get(note, "n")
					if want := strconv.Itoa(int(r.Revision())); err == nil && string(d.Body) != want {
						t.Errorf("as of %s the count is %s", want, d.Body)
					}
					if errors.Is(err, access.NotFound) && r.Revision() == 0 {
						return nil
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	view(t, s, 0, func(r store.Reader) { wantGet(t, r, "n", strconv.Itoa(workers*each)) })
}

func endedContext(t *testing.T, s store.Store) {
	put(t, s, "a", "1", in("ix", "v"))
	_, err := s.Update(canceled(), realm, func(tx store.Tx) error {
		t.Error("fn ran")
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Update returned %v, want %v", err, context.Canceled)
	}

	// One that waits behind another update.
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	update(t, s, realm, func(store.Tx) error {
		waiting.Go(func() {
			_, err = s.Update(ctx, realm, func(tx store.Tx) error {
				t.Error("fn ran")
				return nil
			})
		})
		cancel()
		return nil
	})
	waiting.Wait()
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Update returned %v, want %v", err, context.Canceled)
	}
	wantUntouched(t, s)
}

func endingContext(t *testing.T, s store.Store) {
	put(t, s, "a", "1", in("ix", "v"))
	ctx, cancel := context.WithCancel(t.Context())
	rev, err := s.Update(ctx, realm, func(tx store.Tx) error {
		cancel()
		_, err := tx.Put(note, "b", []byte("2"), nil)
		return err
	})
	if rev != 2 || err != nil {
		t.Errorf("Update = %d, %v; want 2", rev, err)
	}
	view(t, s, 0, func(r store.Reader) { wantGet(t, r, "b", "2") })
}
