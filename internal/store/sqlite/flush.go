package sqlite

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// writeOut gives the database what waits, in the middle of the transaction: it
// may have to be taken back.
func (t *tx) writeOut() error {
	if len(t.waiting) == 0 {
		return nil
	}
	if !t.began {
		if _, err := t.c.exec("SAVEPOINT fn"); err != nil {
			return fmt.Errorf("beginning to write: %w", err)
		}
		t.began = true
	}
	return t.flush()
}

// flush gives the database what waits.
func (t *tx) flush() error {
	if len(t.waiting) == 0 {
		return nil
	}
	realm, err := t.c.numberOrNew(name{realm: t.realm})
	if err != nil {
		return err
	}
	f := flush{t, realm, rows{c: t.c, into: insertDocuments}, rows{c: t.c, into: insertEntries}}
	for _, w := range t.waiting {
		if err := f.document(w); err != nil {
			return fmt.Errorf("writing %s %q: %w", w.kind, w.id, err)
		}
	}
	if err := f.documents.insert(); err != nil {
		return fmt.Errorf("writing documents: %w", err)
	}
	if err := f.entries.insert(); err != nil {
		return fmt.Errorf("writing entries of indexes: %w", err)
	}
	t.waiting, t.lists = nil, nil
	return nil
}

// flush collects rows that are new, while it changes those that are not.
type flush struct {
	t         *tx
	realm     int64
	documents rows
	entries   rows
}

var (
	insertDocuments = newInsertion("documents", "row", "realm", "list", "id", "revision", "body", "entries")
	insertEntries   = newInsertion("entries", "list", "value", "id", "revision")
)

func (f *flush) document(w *written) error {
	t := f.t
	entries := encodeEntries(w.entries)
	if w.row != 0 { // a second version of the same revision
		_, err := t.c.exec("UPDATE documents SET body = ?, entries = ? WHERE row = ?", w.body, entries, w.row)
		if err != nil {
			return err
		}
	} else {
		if err := f.supersede(w); err != nil {
			return err
		}
		list := t.documents(w.kind)
		number, err := t.c.numberOrNew(list)
		if err != nil {
			return err
		}
		t.b.row++
		w.row = t.b.row
		if err := f.documents.add(w.row, f.realm, number, w.id, int64(t.next), w.body, entries); err != nil {
			return err
		}
		t.b.gaps[list].wrote(w.id)
	}
	if err := f.index(w); err != nil {
		return err
	}
	w.old.entries, w.waits = w.entries, false
	return nil
}

// supersede takes the newest version of a document out of its place.
func (f *flush) supersede(w *written) (err error) {
	switch {
	case w.old.revision == 0:
	case store.Kind(w.kind).HasHistory():
		_, err = f.t.c.exec("UPDATE documents SET until = ?, entries = NULL WHERE row = ?", int64(f.t.next), w.old.row)
	default:
		_, err = f.t.c.exec("DELETE FROM documents WHERE row = ?", w.old.row)
	}
	return err
}

// index makes the indexes hold the document under exactly its entries, and leaves
// those alone that they hold already. Both are in order.
func (f *flush) index(w *written) error {
	t := f.t
	for _, e := range w.old.entries {
		if !has(w.entries, e) {
			if err := f.unlist(w, e); err != nil {
				return err
			}
		}
	}
	for _, e := range w.entries {
		if has(w.old.entries, e) {
			continue
		}
		number, err := t.c.numberOrNew(name{t.realm, w.kind, e.Index})
		if err != nil {
			return err
		}
		if err := f.entries.add(number, e.Value, w.id, int64(t.next)); err != nil {
			return err
		}
	}
	return nil
}

// unlist keeps what an index held, unless no commit has it, or none is to show
// it any more.
func (f *flush) unlist(w *written, e store.IndexEntry) error {
	t := f.t
	number, err := t.c.numberOrNew(name{t.realm, w.kind, e.Index})
	if err != nil {
		return err
	}
	if store.Kind(w.kind).HasHistory() {
		_, err := t.c.exec(`
			INSERT INTO entries_past (list, value, id, revision, until, realm)
			SELECT list, value, id, revision, ?, ?
			FROM entries
			WHERE list = ? AND value = ? AND id = ? AND revision < ?`,
			int64(t.next), f.realm, number, e.Value, w.id, int64(t.next))
		if err != nil {
			return err
		}
	}
	_, err = t.c.exec(`
		DELETE FROM entries
		WHERE list = ? AND value = ? AND id = ?`,
		number, e.Value, w.id)
	return err
}

// written are what the transaction has written so far, in the order of kind and
// id.
func (t *tx) written() []store.Document {
	docs := make([]store.Document, len(t.order))
	for i, w := range t.order {
		docs[i] = store.Document{Kind: store.Kind(w.kind), ID: w.id, Revision: t.next, Body: w.body}
	}
	slices.SortFunc(docs, inOrderOfChange)
	return docs
}

func inOrderOfChange(a, b store.Document) int {
	return cmp.Or(cmp.Compare(a.Revision, b.Revision), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
}

// commit is what the transaction has written.
func (t *tx) commit() realmCommit {
	c := realmCommit{
		Commit: store.Commit{Revision: t.next, Documents: t.written()},
		realm:  access.RealmID(t.realm),
		drops:  t.drops,
	}
	for _, d := range c.Documents {
		c.size += len(d.ID) + len(d.Body)
	}
	return c
}
