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

// tx is a store.Tx. Its reader sees the newest versions, its own among them.
type tx struct {
	reader
	next    access.Revision
	began   bool // the savepoint "fn", with the first write
	lineage uint64
	gaps    map[string]*gap // by kind
}

// newTx returns a transaction whose outcome no context can take away.
func newTx(c *conn, realm access.RealmID, newest access.Revision, lineage uint64) *tx {
	return &tx{
		reader:  reader{ctx: context.Background(), c: c, realm: string(realm), revision: newest, sees: math.MaxInt64},
		next:    newest + 1,
		lineage: lineage,
	}
}

func (t *tx) Next() access.Revision { return t.next }

func (t *tx) Lineage() uint64 { return t.lineage }

// Put implements store.Tx.
func (t *tx) Put(kind store.Kind, id string, body []byte, entries []store.IndexEntry) (access.Revision, error) {
	if err := t.usable(); err != nil {
		return 0, err
	}
	if err := check(kind, id, body, entries); err != nil {
		return 0, err
	}
	replaced, err := t.put(string(kind), id, body, entries)
	if err != nil {
		return 0, t.broken(fmt.Errorf("writing %s %q: %w", kind, id, err))
	}
	return replaced, nil
}

func (t *tx) put(kind, id string, body []byte, entries []store.IndexEntry) (access.Revision, error) {
	old, err := t.version(kind, id)
	if err != nil {
		return 0, err
	}
	entries = inOrder(entries)
	text, err := encodeEntries(entries)
	if err != nil {
		return 0, err
	}
	if err := t.replace(kind, id, old, body, text); err != nil {
		return 0, err
	}
	if err := t.index(kind, id, old.entries, entries); err != nil {
		return 0, err
	}
	if err := t.wrote(kind, id); err != nil {
		return 0, err
	}
	if old.deleted {
		return 0, nil
	}
	return old.revision, nil
}

// Delete implements store.Tx.
func (t *tx) Delete(kind store.Kind, id string) (access.Revision, error) {
	if err := t.usable(); err != nil {
		return 0, err
	}
	old, err := t.version(string(kind), id)
	if err == nil && (old.revision == 0 || old.deleted) {
		return 0, access.Errorf(access.NotFound, "no %s %q", kind, id)
	}
	if err == nil {
		err = t.replace(string(kind), id, old, nil, nil)
	}
	if err == nil {
		err = t.index(string(kind), id, old.entries, nil)
	}
	if err != nil {
		return 0, t.broken(fmt.Errorf("deleting %s %q: %w", kind, id, err))
	}
	return old.revision, nil
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

// version is the newest one of a document; its revision is zero if there is
// none.
type version struct {
	revision access.Revision
	deleted  bool
	entries  []store.IndexEntry // that indexes hold, each once, in order
}

func (t *tx) version(kind, id string) (v version, err error) {
	if t.gaps[kind].has(id) {
		return version{}, nil
	}
	var entries []byte
	err = t.c.row(`
		SELECT revision, body IS NULL, entries
		FROM documents
		WHERE realm = ? AND kind = ? AND id = ?
		ORDER BY revision DESC
		LIMIT 1`,
		[]any{t.realm, kind, id}, &v.revision, &v.deleted, &entries)
	if errors.Is(err, sql.ErrNoRows) {
		return version{}, nil
	}
	if err == nil {
		v.entries, err = decodeEntries(entries)
	}
	return v, err
}

// replace writes a version in the place of old. A nil body deletes.
func (t *tx) replace(kind, id string, old version, body []byte, entries any) error {
	if !t.began {
		if _, err := t.c.exec("SAVEPOINT fn"); err != nil {
			return err
		}
		t.began = true
	}
	if old.revision == t.next { // this transaction's own
		_, err := t.c.exec(`
			UPDATE documents
			SET body = ?, entries = ?
			WHERE realm = ? AND kind = ? AND id = ? AND revision = ?`,
			body, entries, t.realm, kind, id, int64(t.next))
		return err
	}
	if old.revision != 0 {
		if err := t.supersede(kind, id, old.revision); err != nil {
			return err
		}
	}
	_, err := t.c.exec(`
		INSERT INTO documents (realm, kind, id, revision, body, entries)
		VALUES (?, ?, ?, ?, ?, ?)`,
		t.realm, kind, id, int64(t.next), body, entries)
	return err
}

// supersede takes the newest version of a document out of its place.
func (t *tx) supersede(kind, id string, revision access.Revision) (err error) {
	if !store.Kind(kind).HasHistory() {
		_, err = t.c.exec(`
			DELETE FROM documents
			WHERE realm = ? AND kind = ? AND id = ? AND revision = ?`,
			t.realm, kind, id, int64(revision))
		return err
	}
	_, err = t.c.exec(`
		UPDATE documents
		SET until = ?, entries = NULL
		WHERE realm = ? AND kind = ? AND id = ? AND revision = ?`,
		int64(t.next), t.realm, kind, id, int64(revision))
	return err
}
