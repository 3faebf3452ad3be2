package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// tx is a store.Tx. Its reader sees the newest versions. What it writes waits in
// memory until it ends, or until a list is read that would show it: so most
// updates take a statement for many rows, and none to be taken back.
type tx struct {
	reader
	b      *batch
	next   access.Revision
	began  bool  // the savepoint "fn", with the first write that the database has
	failed error // of the database, that fn met

	own     map[place]*written
	order   []*written    // the same, in the order of the first writes
	waiting []*written    // those of own that the database has not
	lists   map[list]bool // that waiting will change; nil before the first List
	drops   bool          // versions of kinds without history
}

// place is where a document is.
type place struct{ kind, id string }

// list is one of documents by their ids or, with an index, of those under a value.
type list struct{ kind, index, value string }

// written is a document that a transaction writes.
type written struct {
	place
	old     version // what the database has
	row     int64   // of this transaction's own version, once the database has it
	body    []byte  // nil deletes
	entries []store.IndexEntry
	waits   bool
}

// version is the newest one of a document; its revision is zero if there is
// none.
type version struct {
	row      int64
	revision access.Revision
	deleted  bool
	entries  []store.IndexEntry // that indexes hold, each once, in order
}

// newTx returns a transaction whose outcome no context can take away.
func newTx(b *batch, realm access.RealmID, newest access.Revision) *tx {
	return &tx{
		reader: reader{ctx: context.Background(), c: b.c, realm: string(realm), revision: newest, sees: math.MaxInt64},
		b:      b,
		next:   newest + 1,
	}
}

func (t *tx) Next() access.Revision { return t.next }

func (t *tx) Lineage() uint64 { return t.b.lineage }

// Get implements store.Reader.
func (t *tx) Get(kind store.Kind, id string) (store.Document, error) {
	if err := t.usable(); err != nil {
		return store.Document{}, err
	}
	if w := t.own[place{string(kind), id}]; w != nil && w.body != nil {
		return store.Document{Kind: kind, ID: id, Revision: t.next, Body: w.body}, nil
	} else if w != nil || t.b.gaps[t.documents(string(kind))].has(id) {
		return store.Document{}, errNo(kind, id)
	}
	return t.reader.Get(kind, id)
}

// List implements store.Reader.
func (t *tx) List(q store.ListQuery) ([]store.Document, error) {
	if err := t.usable(); err != nil {
		return nil, err
	}
	if t.changes(list{string(q.Kind), q.Index, q.Value}) {
		if err := t.writeOut(); err != nil {
			return nil, t.broken(err)
		}
	}
	return t.reader.List(q)
}

// changes reports whether what waits would change a list.
func (t *tx) changes(l list) bool {
	if len(t.waiting) == 0 {
		return false
	}
	if l.index == "" {
		l.value = ""
	}
	if t.lists == nil {
		t.lists = make(map[list]bool)
		for _, w := range t.waiting {
			t.note(w)
		}
	}
	return t.lists[l]
}

// note marks the lists that a document is going to change.
func (t *tx) note(w *written) {
	t.lists[list{kind: w.kind}] = true
	for _, entries := range [][]store.IndexEntry{w.old.entries, w.entries} {
		for _, e := range entries {
			t.lists[list{w.kind, e.Index, e.Value}] = true
		}
	}
}

// Changes implements store.Reader.
func (t *tx) Changes(after access.Revision) ([]store.Document, error) {
	if err := t.usable(); err != nil {
		return nil, err
	}
	if docs, ok := t.b.changes(access.RealmID(t.realm), after); ok && !t.drops {
		if after < t.next {
			docs = append(docs, t.written()...)
		}
		return docs, nil
	}
	if err := t.writeOut(); err != nil {
		return nil, t.broken(err)
	}
	return t.reader.Changes(after)
}

// Put implements store.Tx.
func (t *tx) Put(kind store.Kind, id string, body []byte, entries []store.IndexEntry) (access.Revision, error) {
	if err := t.usable(); err != nil {
		return 0, err
	}
	if err := check(kind, id, body, entries); err != nil {
		return 0, err
	}
	replaced, err := t.write(place{string(kind), id}, body, inOrder(entries))
	if err != nil {
		return 0, t.broken(fmt.Errorf("writing %s %q: %w", kind, id, err))
	}
	return replaced, nil
}

// Delete implements store.Tx.
func (t *tx) Delete(kind store.Kind, id string) (access.Revision, error) {
	if err := t.usable(); err != nil {
		return 0, err
	}
	at := place{string(kind), id}
	there, err := t.there(at)
	if err == nil && !there {
		return 0, errNo(kind, id)
	}
	var removed access.Revision
	if err == nil {
		removed, err = t.write(at, nil, nil)
	}
	if err != nil {
		return 0, t.broken(fmt.Errorf("deleting %s %q: %w", kind, id, err))
	}
	return removed, nil
}

func errNo(kind store.Kind, id string) error {
	return access.Errorf(access.NotFound, "no %s %q", kind, id)
}

// check refuses what no backend could keep, or give back as it was.
func check(kind store.Kind, id string, body []byte, entries []store.IndexEntry) error {
	if id == "" || len(body) == 0 {
		return fmt.Errorf("writing %s %q: an id and a body must not be empty", kind, id)
	}
	if !storable(id) {
		return fmt.Errorf("writing %s %q: an id must be UTF-8 without NUL", kind, id)
	}
	for _, e := range entries {
		if !storable(e.Value) {
			return fmt.Errorf("writing %s %q: value %q of index %s must be UTF-8 without NUL", kind, id, e.Value, e.Index)
		}
	}
	return nil
}

func storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// write makes a document wait to be written, and returns the revision of the
// version that it replaces: zero if there is none, or if it is a deletion.
func (t *tx) write(at place, body []byte, entries []store.IndexEntry) (replaced access.Revision, err error) {
	w, err := t.writing(at)
	if err != nil {
		return 0, err
	}
	switch {
	case w.waits || w.row != 0: // this transaction's own
		if w.body != nil {
			replaced = t.next
		}
	case !w.old.deleted:
		replaced = w.old.revision
	}
	w.body, w.entries = body, entries
	if !w.waits {
		w.waits = true
		t.waiting = append(t.waiting, w)
	}
	if t.lists != nil {
		t.note(w)
	}
	return replaced, nil
}

// writing returns what the transaction writes at a place, beginning with what is
// there.
func (t *tx) writing(at place) (*written, error) {
	if w := t.own[at]; w != nil {
		return w, nil
	}
	old, err := t.version(at)
	if err != nil {
		return nil, err
	}
	if t.own == nil {
		t.own = make(map[place]*written)
	}
	w := &written{place: at, old: old}
	t.own[at], t.order = w, append(t.order, w)
	if old.revision != 0 && !store.Kind(at.kind).HasHistory() {
		t.drops = true
	}
	return w, nil
}

// there reports whether a document is at a place.
func (t *tx) there(at place) (bool, error) {
	if w := t.own[at]; w != nil {
		return w.body != nil, nil
	}
	old, err := t.version(at)
	return old.revision != 0 && !old.deleted, err
}

// version is the newest one that the database has.
func (t *tx) version(at place) (v version, err error) {
	list := t.documents(at.kind)
	if t.b.gaps[list].has(at.id) {
		return version{}, nil
	}
	number, err := t.c.number(list)
	if err != nil {
		return version{}, err
	}
	var entries []byte
	err = t.c.row(`
		SELECT row, revision, entries
		FROM documents INDEXED BY documents_newest
		WHERE list = ? AND id = ? AND until IS NULL AND body IS NOT NULL`,
		[]any{number, at.id}, &v.row, &v.revision, &entries)
	if errors.Is(err, sql.ErrNoRows) {
		v.deleted = true
		err = t.c.row(`
			SELECT row, revision
			FROM documents INDEXED BY documents_past
			WHERE list = ? AND id = ? AND (until IS NOT NULL OR body IS NULL)
			ORDER BY revision DESC
			LIMIT 1`,
			[]any{number, at.id}, &v.row, &v.revision)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return version{}, t.missed(list, at.id)
	}
	if err == nil {
		v.entries, err = decodeEntries(entries)
	}
	return v, err
}
