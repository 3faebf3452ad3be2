package sqlite

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/reeve-authz/reeve/internal/store"
)

// inOrder puts entries in order, each once, in their place.
func inOrder(entries []store.IndexEntry) []store.IndexEntry {
	if slices.IsSortedFunc(entries, func(a, b store.IndexEntry) int {
		return cmp.Or(compare(a, b), -1) // equal ones are not in order
	}) {
		return entries
	}
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

// encodeEntries is what a document keeps of its entries: each text behind its
// length, the index before the value. It is nil for none.
func encodeEntries(entries []store.IndexEntry) []byte {
	size := 0
	for _, e := range entries {
		size += len(e.Index) + len(e.Value) + 4
	}
	if size == 0 {
		return nil
	}
	text := make([]byte, 0, size)
	for _, e := range entries {
		for _, s := range [...]string{e.Index, e.Value} {
			text = append(binary.AppendUvarint(text, uint64(len(s))), s...)
		}
	}
	return text
}

var errEntries = errors.New("what indexes hold of the document cannot be read")

func decodeEntries(text []byte) (entries []store.IndexEntry, err error) {
	for len(text) > 0 {
		var e store.IndexEntry
		for _, s := range [...]*string{&e.Index, &e.Value} {
			size, n := binary.Uvarint(text)
			if n <= 0 || size > uint64(len(text)-n) {
				return nil, errEntries
			}
			*s, text = string(text[n:n+int(size)]), text[n+int(size):]
		}
		entries = append(entries, e)
	}
	return entries, nil
}
