package storetest

import (
	"slices"
	"testing"

	"github.com/reeve-authz/reeve/internal/store"
)

func in(index, value string) store.IndexEntry { return store.IndexEntry{Index: index, Value: value} }

func indexReplaced(t *testing.T, s store.Store) {
	put(t, s, "a", "1", in("color", "red"), in("color", "blue"), in("size", "red"), in("color", "red"))
	put(t, s, "b", "2", in("color", "red"))
	put(t, s, "c", "3")
	red := store.ListQuery{Index: "color", Value: "red"}
	blue := store.ListQuery{Index: "color", Value: "blue"}
	size := store.ListQuery{Index: "size", Value: "red"}
	view(t, s, 0, func(r store.Reader) {
		wantList(t, r, red, "a=1", "b=2")
		wantList(t, r, blue, "a=1")
		wantList(t, r, size, "a=1")
		wantList(t, r, store.ListQuery{Index: "size", Value: "blue"})
		wantList(t, r, store.ListQuery{Index: "none", Value: "red"})
		wantList(t, r, store.ListQuery{Kind: "other", Index: "color", Value: "red"})
	})
	put(t, s, "a", "4", in("color", "blue"), in("size", "big")) // keeps blue, leaves red
	view(t, s, 0, func(r store.Reader) {
		wantList(t, r, red, "b=2")
		wantList(t, r, blue, "a=4")
		wantList(t, r, size)
		wantList(t, r, store.ListQuery{Index: "size", Value: "big"}, "a=4")
		wantList(t, r, store.ListQuery{}, "a=4", "b=2", "c=3")
	})
	put(t, s, "a", "5")
	view(t, s, 0, func(r store.Reader) { wantList(t, r, blue) })
	put(t, s, "a", "6", in("color", "red"))
	view(t, s, 0, func(r store.Reader) { wantList(t, r, red, "a=6", "b=2") })
}

func indexDeleted(t *testing.T, s store.Store) {
	q := store.ListQuery{Index: "ix", Value: "v"}
	put(t, s, "a", "1", in("ix", "v"))
	put(t, s, "b", "2", in("ix", "v"))
	del(t, s, "a")
	view(t, s, 0, func(r store.Reader) { wantList(t, r, q, "b=2") })
	put(t, s, "a", "4") // does not bring its entries back
	view(t, s, 0, func(r store.Reader) { wantList(t, r, q, "b=2") })
	put(t, s, "a", "5", in("ix", "v"))
	view(t, s, 0, func(r store.Reader) { wantList(t, r, q, "a=5", "b=2") })
}

func indexValues(t *testing.T, s store.Store) {
	values := append([]string{""}, lookalikes...)
	update(t, s, realm, func(tx store.Tx) error {
		for _, v := range values {
			if _, err := tx.Put(note, "id of "+v, []byte("x"), []store.IndexEntry{in("ix", v)}); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, 0, func(r store.Reader) {
		for _, v := range values {
			wantList(t, r, store.ListQuery{Index: "ix", Value: v}, "id of "+v+"=x")
		}
	})
}

func indexPages(t *testing.T, s store.Store) {
	sorted := slices.Sorted(slices.Values(lookalikes))
	update(t, s, realm, func(tx store.Tx) error {
		for _, id := range lookalikes {
			if _, err := tx.Put(note, id, []byte("x"), []store.IndexEntry{in("ix", "v"), in("ix", "w")}); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, 0, func(r store.Reader) {
		after := ""
		for i := 0; i < len(sorted); i += 5 {
			var want []string
			for _, id := range sorted[i:min(i+5, len(sorted))] {
				want = append(want, id+"=x")
				after = id
			}
			q := store.ListQuery{Index: "ix", Value: "v", Limit: 5}
			if i > 0 {
				q.After = sorted[i-1]
			}
			wantList(t, r, q, want...)
		}
		wantList(t, r, store.ListQuery{Index: "ix", Value: "v", After: after})
	})
}
