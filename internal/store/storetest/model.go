package storetest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// model is a realm as the contract describes it, in the simplest form: every
// version of every document that is kept, oldest first.
type model struct {
	versions map[key][]version
	newest   access.Revision
	pruned   access.Revision
}

type key struct {
	kind store.Kind
	id   string
}

type version struct {
	store.Document
	entries []store.IndexEntry
}

// get returns the version that is seen as of a revision; nil if there is none.
func (m *model) get(at access.Revision, k key) *version {
	var seen *version
	for i := range m.versions[k] {
		if v := &m.versions[k][i]; v.Revision <= at {
			seen = v
		}
	}
	if seen == nil || seen.Body == nil {
		return nil
	}
	return seen
}

func (m *model) list(at access.Revision, q store.ListQuery) (docs []store.Document) {
	for k := range m.versions {
		v := m.get(at, k)
		if v == nil || k.kind != q.Kind || !comesAfter(k.id, q) {
			continue
		}
		if q.Index == "" || slices.Contains(v.entries, store.IndexEntry{Index: q.Index, Value: q.Value}) {
			docs = append(docs, v.Document)
		}
	}
	slices.SortFunc(docs, byPlace)
	if q.Descending {
		slices.Reverse(docs)
	}
	return docs[:min(len(docs), q.Limit)]
}

func comesAfter(id string, q store.ListQuery) bool {
	switch {
	case q.After == "":
		return true
	case q.Descending:
		return id < q.After
	default:
		return id > q.After
	}
}

func (m *model) changes(after access.Revision, limit int) (commits []store.Commit) {
	var docs []store.Document
	for _, versions := range m.versions {
		for _, v := range versions {
			if v.Revision > after {
				docs = append(docs, v.Document)
			}
		}
	}
	slices.SortFunc(docs, byPlace)
	for rev := after + 1; rev <= m.newest && len(commits) < limit; rev++ {
		c := store.Commit{Revision: rev}
		for _, d := range docs {
			if d.Revision == rev {
				c.Documents = append(c.Documents, d)
			}
		}
		if c.Documents != nil {
			commits = append(commits, c)
		}
	}
	return commits
}

func (m *model) prune(before access.Revision) {
	m.pruned = max(m.pruned, min(before, m.newest))
	for k, versions := range m.versions {
		for len(versions) > 1 && versions[1].Revision <= m.pruned {
			versions = versions[1:]
		}
		m.versions[k] = versions
	}
}

// write sets the version of the revision that is being written, and returns
// the revision of the one that it replaces.
func (m *model) write(v version) (replaced access.Revision) {
	k := key{v.Kind, v.ID}
	if old := m.get(v.Revision, k); old != nil {
		replaced = old.Revision
	}
	versions := slices.Clone(m.versions[k])
	if n := len(versions); n > 0 && versions[n-1].Revision == v.Revision {
		versions = versions[:n-1]
	}
	if !v.Kind.HasHistory() {
		versions = nil
	}
	m.versions[k] = append(versions, v)
	return replaced
}

func (m *model) clone() *model {
	c := *m
	c.versions = make(map[key][]version, len(m.versions))
	for k, v := range m.versions {
		c.versions[k] = slices.Clone(v)
	}
	return &c
}

func byPlace(a, b store.Document) int {
	if a.Kind != b.Kind {
		return slices.Compare([]byte(a.Kind), []byte(b.Kind))
	}
	return slices.Compare([]byte(a.ID), []byte(b.ID))
}

// What random updates are about: few enough names that they meet often.
var (
	kinds   = rapid.SampledFrom([]store.Kind{"note", "Note", brief})
	ids     = rapid.SampledFrom([]string{"a", "A", "a ", "\u00e1", "a\u0301", "b", "\U0001f600"})
	indexes = rapid.SampledFrom([]string{"ix", "iy"})
	values  = rapid.SampledFrom([]string{"", "v", "V", "v "})
	entries = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) store.IndexEntry {
		return store.IndexEntry{Index: indexes.Draw(t, "index"), Value: values.Draw(t, "value")}
	}), 0, 3)
)

// agreesWithModel does the same at random to the store and to a model, and
// compares every answer. Every run has a realm of its own in the same store,
// so the realms also show whether they are isolated.
func agreesWithModel(t *testing.T, s store.Store) {
	var runs atomic.Int64
	rapid.Check(t, func(t *rapid.T) {
		r := &run{
			store: s,
			realm: access.RealmID(fmt.Sprintf("rlm_%d", runs.Add(1))),
			model: &model{versions: make(map[key][]version)},
		}
		t.Repeat(map[string]func(*rapid.T){
			"update":  r.update,
			"again":   r.update, // twice as likely as any read
			"get":     r.get,
			"list":    r.list,
			"changes": r.changes,
			"prune":   r.prune,
		})
	})
}

type run struct {
	store store.Store
	realm access.RealmID
	model *model
}

func (r *run) update(t *rapid.T) {
	n := rapid.IntRange(0, 5).Draw(t, "writes")
	fails := rapid.IntRange(0, 4).Draw(t, "fails") == 0
	next := r.model.clone()
	next.newest++
	rev, err := r.store.Update(context.Background(), r.realm, func(tx store.Tx) error {
		if tx.Revision() != r.model.newest || tx.Next() != next.newest {
			t.Errorf("Revision(), Next() = %d, %d; want %d, %d", tx.Revision(), tx.Next(), r.model.newest, next.newest)
		}
		wrote := false
		for range n {
			wrote = r.write(t, tx, next) || wrote
		}
		r.compareList(t, tx, next, next.newest)
		if !wrote {
			next.newest--
		}
		if fails {
			return errRefused
		}
		return nil
	})
	if fails {
		if err != errRefused { //nolint:errorlint // the very error is asked for
			t.Fatalf("Update returned %v, want %v", err, errRefused)
		}
		return
	}
	if err != nil || rev != next.newest {
		t.Fatalf("Update = %d, %v; want %d", rev, err, next.newest)
	}
	r.model = next
}

// write puts or deletes a document, and reports whether it wrote.
func (r *run) write(t *rapid.T, tx store.Tx, next *model) bool {
	v := version{Document: store.Document{Kind: kinds.Draw(t, "kind"), ID: ids.Draw(t, "id"), Revision: next.newest}}
	if rapid.IntRange(0, 2).Draw(t, "delete") == 0 {
		missing := next.get(next.newest, key{v.Kind, v.ID}) == nil
		got, err := tx.Delete(v.Kind, v.ID)
		if missing {
			if e, ok := err.(*access.Error); !ok || e.Kind != access.NotFound { //nolint:errorlint // not wrapped
				t.Fatalf("Delete(%s, %q) = %v, want NotFound", v.Kind, v.ID, err)
			}
			return false
		}
		if want := next.write(v); err != nil || got != want {
			t.Fatalf("Delete(%s, %q) = %d, %v; want %d", v.Kind, v.ID, got, err, want)
		}
		return true
	}
	v.Body = []byte(rapid.StringN(1, 5, -1).Draw(t, "body"))
	v.entries = entries.Draw(t, "entries")
	got, err := tx.Put(v.Kind, v.ID, v.Body, v.entries)
	if want := next.write(v); err != nil || got != want {
		t.Fatalf("Put(%s, %q) = %d, %v; want %d", v.Kind, v.ID, got, err, want)
	}
	return true
}

// at draws a revision to read, near those that exist, and returns what the
// reader should see: ok is false if it should be refused.
func (r *run) at(t *rapid.T) (at, sees access.Revision, ok bool) {
	at = access.Revision(rapid.Int64Range(0, int64(r.model.newest)+1).Draw(t, "at"))
	if at == 0 {
		return 0, r.model.newest, true
	}
	return at, at, at >= r.model.pruned && at <= r.model.newest
}

func (r *run) view(t *rapid.T, fn func(store.Reader, access.Revision)) {
	at, sees, ok := r.at(t)
	err := r.store.View(context.Background(), r.realm, at, func(rd store.Reader) error {
		if rd.Revision() != sees {
			t.Errorf("Revision() = %d as of %d, want %d", rd.Revision(), at, sees)
		}
		fn(rd, sees)
		return nil
	})
	if (err == nil) != ok {
		t.Fatalf("View as of %d: %v; the newest is %d, the oldest %d", at, err, r.model.newest, r.model.pruned)
	}
}

func (r *run) get(t *rapid.T) {
	k := key{kinds.Draw(t, "kind"), ids.Draw(t, "id")}
	r.view(t, func(rd store.Reader, sees access.Revision) {
		got, err := rd.Get(k.kind, k.id)
		want := r.model.get(sees, k)
		if (err == nil) != (want != nil) || want != nil && !reflect.DeepEqual(got, want.Document) {
			t.Errorf("Get(%v) as of %d = %+v, %v; want %+v", k, sees, got, err, want)
		}
	})
}

func (r *run) list(t *rapid.T) {
	r.view(t, func(rd store.Reader, sees access.Revision) { r.compareList(t, rd, r.model, sees) })
}

func (r *run) compareList(t *rapid.T, rd store.Reader, m *model, sees access.Revision) {
	q := store.ListQuery{Kind: kinds.Draw(t, "kind"), Limit: rapid.IntRange(1, 8).Draw(t, "limit")}
	if rapid.Bool().Draw(t, "by index") {
		q.Index, q.Value = indexes.Draw(t, "index"), values.Draw(t, "value")
	}
	if rapid.Bool().Draw(t, "page") {
		q.After = ids.Draw(t, "after")
	}
	q.Descending = rapid.Bool().Draw(t, "descending")
	got, err := rd.List(q)
	if want := m.list(sees, q); err != nil || len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
		t.Fatalf("List(%+v) as of %d = %+v, %v; want %+v", q, sees, got, err, want)
	}
}

func (r *run) changes(t *rapid.T) {
	after := access.Revision(rapid.Int64Range(0, int64(r.model.newest)+1).Draw(t, "after"))
	limit := rapid.IntRange(1, 5).Draw(t, "limit")
	got, err := r.store.Changes(context.Background(), r.realm, after, limit)
	if want := r.model.changes(after, limit); err != nil || len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
		t.Fatalf("Changes(%d, %d) = %+v, %v; want %+v", after, limit, got, err, want)
	}
}

func (r *run) prune(t *rapid.T) {
	before := access.Revision(rapid.Int64Range(0, int64(r.model.newest)+1).Draw(t, "before"))
	if err := r.store.Prune(context.Background(), r.realm, before); err != nil {
		t.Fatal(err)
	}
	r.model.prune(before)
}
