package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

func putAndGet(t *testing.T, s store.Store) {
	view(t, s, 0, func(r store.Reader) {
		if r.Revision() != 0 {
			t.Errorf("an empty realm is at revision %d, want 0", r.Revision())
		}
		wantGet(t, r, "a", "")
		wantList(t, r, store.ListQuery{})
	})

	body := "\x00\xff{\"any\": bytes}\r\n "
	if rev := put(t, s, "a", body); rev != 1 {
		t.Errorf("the first revision is %d, want 1", rev)
	}
	view(t, s, 0, func(r store.Reader) {
		if r.Revision() != 1 {
			t.Errorf("Revision() = %d, want 1", r.Revision())
		}
		d, err := r.Get(note, "a")
		if err != nil {
			t.Fatal(err)
		}
		wantDocument(t, d, store.Document{Kind: note, ID: "a", Revision: 1, Body: []byte(body)})
		wantList(t, r, store.ListQuery{}, "a="+body)

		_, err = r.Get("other", "a")
		wantNotFound(t, "Get of another kind", err)
		wantList(t, r, store.ListQuery{Kind: "other"})
		if _, err := r.List(store.ListQuery{Kind: note}); err == nil {
			t.Error("List with limit 0 succeeded")
		}
	})
	if err := s.View(canceled(), realm, 0, func(store.Reader) error { return nil }); err == nil {
		t.Error("View with a context that has ended succeeded")
	}
}

func replacedRevisions(t *testing.T, s store.Store) {
	steps := []struct {
		do   func(store.Tx) (access.Revision, error)
		want access.Revision
	}{
		1: {func(tx store.Tx) (access.Revision, error) { return tx.Put(note, "a", []byte("1"), nil) }, 0},
		2: {func(tx store.Tx) (access.Revision, error) { return tx.Put(note, "b", []byte("2"), nil) }, 0},
		3: {func(tx store.Tx) (access.Revision, error) { return tx.Put(note, "a", []byte("3"), nil) }, 1},
		4: {func(tx store.Tx) (access.Revision, error) { return tx.Delete(note, "a") }, 3},
		5: {func(tx store.Tx) (access.Revision, error) { return tx.Put(note, "a", []byte("5"), nil) }, 0},
		6: {func(tx store.Tx) (access.Revision, error) { return tx.Put(note, "b", []byte("6"), nil) }, 2},
	}
	for i, step := range steps[1:] {
		update(t, s, realm, func(tx store.Tx) error {
			got, err := step.do(tx)
			if err == nil && got != step.want {
				t.Errorf("step %d replaced revision %d, want %d", i+1, got, step.want)
			}
			return err
		})
	}
}

func deletion(t *testing.T, s store.Store) {
	put(t, s, "a", "1")
	put(t, s, "b", "2")
	del(t, s, "a")
	view(t, s, 0, func(r store.Reader) {
		wantGet(t, r, "a", "")
		wantList(t, r, store.ListQuery{}, "b=2")
	})
	for _, id := range []string{"a", "never"} {
		_, err := s.Update(t.Context(), realm, func(tx store.Tx) error {
			_, err := tx.Delete(note, id)
			return err
		})
		wantNotFound(t, "Delete("+id+")", err)
	}
	put(t, s, "a", "4")
	view(t, s, 0, func(r store.Reader) {
		wantGet(t, r, "a", "4")
		wantList(t, r, store.ListQuery{}, "a=4", "b=2")
	})
}

// lookalikes are ids that some collation takes for each other.
var lookalikes = []string{
	"a", "A", "a ", " a", "a\t", "a\n", "aa",
	"\u00e1", "a\u0301", // á, composed and decomposed
	"\uff41",       // a, full width
	"\u0430",       // а, Cyrillic
	"a\u200b",      // a and a space of no width
	"a\ufe0f",      // a and a variation selector
	"ss", "\u00df", // ß
	"i", "I", "\u0131", "\u0130", // ı, İ
	"1", "01", "1.0", "1e0", "\u0661", // the last is an Arabic one
	"%", "_", "*", "?", "'", `"`, `\`, ";--", "NULL",
	"\U0001f600", "\uffff", "\U0010ffff", "\x01", "\x7f",
}

func distinctIDs(t *testing.T, s store.Store) {
	update(t, s, realm, func(tx store.Tx) error {
		for _, id := range lookalikes {
			if _, err := tx.Put(note, id, []byte("body of "+id), nil); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, 0, func(r store.Reader) {
		sorted := slices.Sorted(slices.Values(lookalikes))
		var want []string
		for _, id := range sorted {
			wantGet(t, r, id, "body of "+id)
			want = append(want, id+"=body of "+id)
		}
		wantList(t, r, store.ListQuery{}, want...)
		for i, id := range sorted {
			wantList(t, r, store.ListQuery{After: id}, want[i+1:]...)
		}
	})
	del(t, s, "A")
	view(t, s, 0, func(r store.Reader) {
		wantGet(t, r, "A", "")
		wantGet(t, r, "a", "body of a")
	})
}

func refused(t *testing.T, s store.Store) {
	for _, tt := range []struct {
		id, body, value string
	}{
		{"", "1", "v"},
		{"a", "", "v"},
		{"a\x00", "1", "v"},
		{"a\xff", "1", "v"},
		{"a", "1", "v\x00"},
		{"a", "1", "\xc3"},
	} {
		rev, err := s.Update(t.Context(), realm, func(tx store.Tx) error {
			_, err := tx.Put(note, tt.id, []byte(tt.body), []store.IndexEntry{{Index: "ix", Value: tt.value}})
			return err
		})
		if err == nil {
			t.Errorf("Put(%q, %q) under value %q made revision %d, want an error", tt.id, tt.body, tt.value, rev)
		}
	}
}

func listPages(t *testing.T, s store.Store) {
	var want []string
	update(t, s, realm, func(tx store.Tx) error {
		for i := range 25 {
			id := fmt.Sprintf("%02d", (i*7)%25) // not in order
			if _, err := tx.Put(note, id, []byte("x"), nil); err != nil {
				return err
			}
			if _, err := tx.Put("other", id, []byte("y"), nil); err != nil {
				return err
			}
			want = append(want, id+"=x")
		}
		return nil
	})
	slices.Sort(want)
	view(t, s, 0, func(r store.Reader) {
		for _, limit := range []int{1, 7, 24, 25, 26} {
			var got []string
			for after := ""; ; {
				page := list(t, r, store.ListQuery{After: after, Limit: limit})
				got = append(got, page...)
				if len(page) < limit {
					break
				}
				after = page[len(page)-1][:2]
			}
			if !slices.Equal(got, want) {
				t.Errorf("in pages of %d: %q, want %q", limit, got, want)
			}
		}
		wantList(t, r, store.ListQuery{After: "10x", Limit: 1}, "11=x") // After need not exist
		wantList(t, r, store.ListQuery{After: "24"})
		wantList(t, r, store.ListQuery{Descending: true, Limit: 2}, "24=x", "23=x")
		wantList(t, r, store.ListQuery{Descending: true, After: "01x"}, "01=x", "00=x")
		wantList(t, r, store.ListQuery{Descending: true, After: "00"})
	})
}

func realmIsolation(t *testing.T, s store.Store) {
	realms := []access.RealmID{realm, "rlm_2", "RLM_1", "rlm_1 "}
	entry := []store.IndexEntry{{Index: "ix", Value: "v"}}
	for i, id := range realms {
		for range i + 1 {
			update(t, s, id, func(tx store.Tx) error {
				if _, err := tx.Get(note, "only in "+string(realms[0])); i > 0 && err == nil {
					t.Errorf("realm %q sees a document of %q", id, realms[0])
				}
				if _, err := tx.Put(note, "only in "+string(id), []byte(id), entry); err != nil {
					return err
				}
				_, err := tx.Put(note, "a", []byte(id), entry)
				return err
			})
		}
	}
	// What one realm does is nothing to the others.
	update(t, s, "rlm_2", func(tx store.Tx) error {
		_, err := tx.Delete(note, "a")
		return err
	})
	if err := s.Prune(t.Context(), "rlm_2", 3); err != nil {
		t.Fatal(err)
	}
	for i, id := range realms {
		want, at := []string{"a=" + string(id), "only in " + string(id) + "=" + string(id)}, access.Revision(i+1)
		if id == "rlm_2" {
			want, at = want[1:], 3
		}
		err := s.View(t.Context(), id, 0, func(r store.Reader) error {
			if r.Revision() != at {
				t.Errorf("realm %q is at revision %d, want %d", id, r.Revision(), at)
			}
			wantList(t, r, store.ListQuery{}, want...)
			wantList(t, r, store.ListQuery{Index: "ix", Value: "v"}, want...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		commits, err := s.Changes(t.Context(), id, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range commits {
			for _, d := range c.Documents {
				if d.Body != nil && string(d.Body) != string(id) {
					t.Errorf("realm %q has a change of %q", id, d.Body)
				}
			}
		}
		if id != "rlm_2" {
			err := s.View(t.Context(), id, 1, func(r store.Reader) error {
				wantList(t, r, store.ListQuery{}, want...)
				return nil
			})
			if err != nil {
				t.Errorf("realm %q as of 1, after another was pruned: %v", id, err)
			}
		}
	}
}

func largeBody(t *testing.T, s store.Store) {
	body := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 1 MiB
	for _, last := range []byte("xy") {
		body[len(body)-1] = last
		put(t, s, "a", string(body))
	}
	for at, last := range map[access.Revision]byte{1: 'x', 2: 'y'} {
		view(t, s, at, func(r store.Reader) {
			body[len(body)-1] = last
			if d, err := r.Get(note, "a"); err != nil || !bytes.Equal(d.Body, body) {
				t.Errorf("as of %d: %d bytes, %v; want %d bytes that end in %c", at, len(d.Body), err, len(body), last)
			}
		})
	}
}

func longList(t *testing.T, s store.Store) {
	const n = longListLen
	update(t, s, realm, func(tx store.Tx) error {
		for i := range n {
			if _, err := tx.Put(note, fmt.Sprintf("%05d", i), []byte("x"), nil); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, 0, func(r store.Reader) {
		docs, err := r.List(store.ListQuery{Kind: note, Limit: 2 * n})
		if err != nil || len(docs) != n {
			t.Fatalf("List: %d documents, %v; want %d", len(docs), err, n)
		}
		for i, d := range docs {
			if want := fmt.Sprintf("%05d", i); d.ID != want {
				t.Fatalf("document %d is %s, want %s", i, d.ID, want)
			}
		}
	})
	commits, err := s.Changes(t.Context(), realm, 0, 1)
	if err != nil || len(commits) != 1 || len(commits[0].Documents) != n {
		t.Errorf("Changes: %d commits, %v; want one of %d documents", len(commits), err, n)
	}
}
