// Package storetest is the definition of a correct store. Every backend passes
// Run.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// laws are what a store must keep, each alone with a store of its own.
var laws = []struct {
	name string
	test func(*testing.T, store.Store)
}{
	// documents.go
	{"a document comes back as it was put", putAndGet},
	{"writes return the revision that they replace", replacedRevisions},
	{"a deleted document is gone, and may come again", deletion},
	{"ids are compared byte by byte", distinctIDs},
	{"what no backend can keep is refused", refused},
	{"a list is in the order of bytes, in pages", listPages},
	{"realms know nothing of each other", realmIsolation},
	{"a document may be large", largeBody},
	{"a list may be long", longList},

	// index.go
	{"an index holds what the last put said", indexReplaced},
	{"an index forgets what is deleted", indexDeleted},
	{"index values are compared byte by byte", indexValues},
	{"an index is listed in pages", indexPages},

	// history.go
	{"documents and lists are read as of any revision", asOf},
	{"only revisions that exist can be read", asOfBounds},
	{"a view stays at its revision", steadyView},
	{"prune forgets old versions and nothing else", prune},
	{"prune stops at the newest revision", pruneBounds},
	{"a kind without history has the newest versions alone", noHistory},

	// transaction.go
	{"a transaction reads what it wrote", ownWrites},
	{"the last write in a transaction counts", lastWrite},
	{"a failing transaction writes nothing", failure},
	{"a refused write does not fail the transaction", refusedWrite},
	{"a panic writes nothing and goes on", panics},
	{"a transaction may end its goroutine", exits},
	{"a transaction that wrote nothing is no commit", emptyTransaction},
	{"revisions are dense, whatever fails", denseRevisions},
	{"no concurrent update is lost", counters},
	{"a context that has ended prevents an update", endedContext},
	{"a context cannot stop a transaction that has begun", endingContext},

	// changes.go
	{"changes are whole commits, in order", changes},
	{"changes go on from any revision", changesRestart},
	{"a commit is never split", changesWhole},
	{"a reader lists the changes that it sees", readerChanges},
	{"a lineage gives each revision once", lineages},
	{"who follows the changes misses none", following},
	{"heads are the newest revisions", heads},
	{"a commit wakes", wake},
	{"close waits for a view", closeWaits},
	{"close waits for an update, and a closed store refuses", closed},

	// model.go
	{"it agrees with a model of itself", agreesWithModel},
}

// Run runs every law. open returns an empty store, which it closes at the end
// of the test that it is given.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for _, law := range laws {
		t.Run(law.name, func(t *testing.T) { law.test(t, open(t)) })
	}
}

const (
	realm access.RealmID = "rlm_1"
	note  store.Kind     = "note" // the kind of most documents here
)

// brief is a kind without history.
var brief = store.Answers.Kind

// update commits what fn writes and returns the revision.
func update(t *testing.T, s store.Store, realm access.RealmID, fn func(store.Tx) error) access.Revision {
	t.Helper()
	rev, err := s.Update(t.Context(), realm, fn)
	if err != nil {
		t.Fatalf("Update of %s: %v", realm, err)
	}
	return rev
}

// put commits one document, whose body is its text.
func put(t *testing.T, s store.Store, id, body string, entries ...store.IndexEntry) access.Revision {
	t.Helper()
	return update(t, s, realm, func(tx store.Tx) error {
		_, err := tx.Put(note, id, []byte(body), entries)
		return err
	})
}

// del commits the deletion of one document.
func del(t *testing.T, s store.Store, id string) {
	t.Helper()
	update(t, s, realm, func(tx store.Tx) error {
		_, err := tx.Delete(note, id)
		return err
	})
}

// view reads the realm as of a revision.
func view(t *testing.T, s store.Store, at access.Revision, fn func(store.Reader)) {
	t.Helper()
	err := s.View(t.Context(), realm, at, func(r store.Reader) error {
		fn(r)
		return nil
	})
	if err != nil {
		t.Fatalf("View of %s as of %d: %v", realm, at, err)
	}
}

// list returns "id=body" for what q selects.
func list(t *testing.T, r store.Reader, q store.ListQuery) []string {
	t.Helper()
	if q.Kind == "" {
		q.Kind = note
	}
	if q.Limit == 0 {
		q.Limit = 100
	}
	docs, err := r.List(q)
	if err != nil {
		t.Fatalf("List(%+v): %v", q, err)
	}
	var got []string
	for _, d := range docs {
		if d.Kind != q.Kind {
			t.Errorf("List(%+v) returned a %s", q, d.Kind)
		}
		got = append(got, d.ID+"="+string(d.Body))
	}
	return got
}

// wantList fails the test unless q selects these documents, as "id=body".
func wantList(t *testing.T, r store.Reader, q store.ListQuery, want ...string) {
	t.Helper()
	if got := list(t, r, q); !slices.Equal(got, want) {
		t.Errorf("List(%+v) as of %d = %q, want %q", q, r.Revision(), got, want)
	}
}

// wantGet fails the test unless the document has this body; none if empty.
func wantGet(t *testing.T, r store.Reader, id, body string) {
	t.Helper()
	d, err := r.Get(note, id)
	if body == "" {
		wantNotFound(t, fmt.Sprintf("Get(%q) as of %d", id, r.Revision()), err)
		return
	}
	if err != nil || string(d.Body) != body {
		t.Errorf("Get(%q) as of %d = %q, %v; want %q", id, r.Revision(), d.Body, err, body)
	}
}

// wantNotFound fails the test unless err is a NotFound error that may be shown
// to the caller of the API.
func wantNotFound(t *testing.T, what string, err error) {
	t.Helper()
	var e *access.Error
	if !errors.As(err, &e) || e.Kind != access.NotFound {
		t.Errorf("%s: %v, want a NotFound error", what, err)
	}
}

// wantDocument fails the test unless got is exactly want.
func wantDocument(t *testing.T, got, want store.Document) {
	t.Helper()
	if got.Kind != want.Kind || got.ID != want.ID || got.Revision != want.Revision || !bytes.Equal(got.Body, want.Body) {
		t.Errorf("document %+v, want %+v", got, want)
	}
}

// history returns all changes of the realm as "revision id=body", a deletion
// as "revision id", reading so many commits at a time.
func history(t *testing.T, s store.Store, after access.Revision, limit int) (all []string) {
	t.Helper()
	for {
		commits, err := s.Changes(t.Context(), realm, after, limit)
		if err != nil {
			t.Fatalf("Changes after %d: %v", after, err)
		}
		if len(commits) == 0 {
			return all
		}
		if len(commits) > limit {
			t.Fatalf("Changes after %d: %d commits, want at most %d", after, len(commits), limit)
		}
		for _, c := range commits {
			if c.Revision <= after {
				t.Fatalf("Changes after %d: commit %d follows", after, c.Revision)
			}
			after = c.Revision
			for _, d := range c.Documents {
				if d.Revision != c.Revision {
					t.Errorf("commit %d has a version of revision %d", c.Revision, d.Revision)
				}
				text := fmt.Sprintf("%d %s", d.Revision, d.ID)
				if d.Body != nil {
					text += "=" + string(d.Body)
				}
				all = append(all, text)
			}
		}
	}
}

// canceled is a context that has ended.
func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
