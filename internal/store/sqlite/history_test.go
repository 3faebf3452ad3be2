package sqlite

import (
	"fmt"
	"testing"

	"github.com/reeve-authz/reeve/internal/store"
)

// TestRowsOfKinds: of a kind without history no row is left that nobody sees,
// neither of a document nor of an index. Other kinds keep theirs.
func TestRowsOfKinds(t *testing.T) {
	for kind, want := range map[store.Kind]string{
		"note":             "documents 1:one 2:two 3: 4:four, entries ix=both ix=first ix=last ix=second",
		store.Answers.Kind: "documents 4:four, entries ix=last",
	} {
		s := open(t, Config{Memory: true})
		for _, step := range []struct {
			body   string // deletes if it is empty
			values []string
		}{{"one", []string{"first", "both"}}, {"two", []string{"second", "both"}}, {"", nil}, {"four", []string{"last"}}} {
			_, err := s.Update(t.Context(), realm, func(tx store.Tx) (err error) {
				if step.body == "" {
					_, err = tx.Delete(kind, "a")
					return err
				}
				var entries []store.IndexEntry
				for _, v := range step.values {
					entries = append(entries, store.IndexEntry{Index: "ix", Value: v})
				}
				_, err = tx.Put(kind, "a", []byte(step.body), entries)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		got := "documents" + text(t, s, `SELECT revision || ':' || coalesce(CAST(body AS TEXT), '') FROM documents ORDER BY revision`) +
			", entries" + text(t, s, `
				SELECT replace(name, 'rlm_1/' || '`+string(kind)+`/', '') || '=' || value
				FROM (SELECT list, value FROM entries UNION SELECT list, value FROM entries_past)
				JOIN names ON number = list
				ORDER BY list, value`)
		if got != want {
			t.Errorf("%s: the rows are %q, want %q", kind, got, want)
		}
	}
}

// text is a column of text, each row after a blank.
func text(t *testing.T, s *Store, query string) (all string) {
	t.Helper()
	c := <-s.writer
	defer func() { s.writer <- c }()
	rows, err := c.query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var row string
		if err := rows.Scan(&row); err != nil {
			t.Fatal(err)
		}
		all += fmt.Sprint(" ", row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
