package sqlite

import (
	"cmp"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/reeve-authz/reeve/internal/store"
)

// listOf names a list of the table entries: an index of a kind in the realm.
func (r *reader) listOf(kind, index string) string { return r.realm + "/" + kind + "/" + index }

// index makes the indexes hold the document under exactly these entries, and
// leaves those alone that they hold already. Both are in order.
func (t *tx) index(kind, id string, held, entries []store.IndexEntry) error {
	for _, e := range held {
		if !has(entries, e) {
			if err := t.unlist(kind, id, e); err != nil {
				return err
			}
		}
	}
	for _, e := range entries {
		if has(held, e) {
			continue
		}
		_, err := t.c.exec(`
			INSERT INTO entries (list, value, id, revision)
			VALUES (?, ?, ?, ?)`,
			t.listOf(kind, e.Index), e.Value, id, int64(t.next))
		if err != nil {
			return err
		}
	}
	return nil
}

// unlist keeps what an index held, unless no commit has it, or none is to show
// it any more.
func (t *tx) unlist(kind, id string, e store.IndexEntry) error {
	list := t.listOf(kind, e.Index)
	if store.Kind(kind).HasHistory() {
		_, err := t.c.exec(`
			INSERT INTO entries_past (list, value, id, revision, until, realm)
			SELECT list, value, id, revision, ?, ?
			FROM entries
			WHERE list = ? AND value = ? AND id = ? AND revision < ?`,
			int64(t.next), t.realm, list, e.Value, id, int64(t.next))
		if err != nil {
			return err
		}
	}
	_, err := t.c.exec(`
		DELETE FROM entries
		WHERE list = ? AND value = ? AND id = ?`,
		list, e.Value, id)
	return err
}

// inOrder has each entry once.
func inOrder(entries []store.IndexEntry) []store.IndexEntry {
	if len(entries) < 2 {
		return entries
	}
	entries = slices.Clone(entries)
	slices.SortFunc(entries, compare)
	return slices.Compact(entries)
}

func has(entries []store.IndexEntry, e store.IndexEntry) bool {
	_, found := slices.BinarySearchFunc(entries, e, compare)
	return found
}

func compare(a, b store.IndexEntry) int {
	return cmp.Or(cmp.Compare(a.Index, b.Index), cmp.Compare(a.Value, b.Value))
}

// encodeEntries is what a document keeps of its entries; nil for none.
func encodeEntries(entries []store.IndexEntry) (any, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	pairs := make([][2]string, len(entries))
	for i, e := range entries {
		pairs[i] = [2]string{e.Index, e.Value}
	}
	text, err := json.Marshal(pairs)
	return string(text), err
}

func decodeEntries(text []byte) ([]store.IndexEntry, error) {
	if text == nil {
		return nil, nil
	}
	var pairs [][2]string
	if err := json.Unmarshal(text, &pairs); err != nil {
		return nil, err
	}
	entries := make([]store.IndexEntry, len(pairs))
	for i, p := range pairs {
		entries[i] = store.IndexEntry{Index: p[0], Value: p[1]}
	}
	return entries, nil
}
