package authz

import (
	"errors"
	"slices"
	"strings"

	"github.com/oklog/ulid/v2"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// Window asks for a part of a list by the ids of what stands around it. The
// order of ids is the order in which things were made. An id that nothing in the
// list can have had is ignored.
type Window struct {
	After      string // only what follows it; all if empty
	Before     string // only the nearest that precede it
	Limit      int    // at most so many; must be positive
	Descending bool   // newest first
}

// Slice is a part of a list, and whether there is more of it around.
type Slice[T any] struct {
	Items    []T
	Previous string // before which the rest begins; empty if nothing precedes
	Next     string // after which the rest begins; empty if nothing follows
}

// mapSlice is the same part of a list with every item made into something else.
func mapSlice[In, Out any](in Slice[In], to func(*In) (Out, error)) (Slice[Out], error) {
	out := Slice[Out]{Items: make([]Out, len(in.Items)), Previous: in.Previous, Next: in.Next}
	for i := range in.Items {
		var err error
		if out.Items[i], err = to(&in.Items[i]); err != nil {
			return Slice[Out]{}, err
		}
	}
	return out, nil
}

// windowReach bounds how many documents are passed over for one window of a
// list that keeps few. A window that meets it is short, and has a Next or
// Previous.
const windowReach = 20_000

// selection says what of a table is listed.
type selection[T any] struct {
	index, value string            // all if empty
	keepID       func(string) bool // nil keeps all; looked at before the document is decoded
	keep         func(*T) bool     // likewise, of the document
}

// window returns the part of a table that the Window asks for.
func window[T any](r store.Reader, t store.Table[T], sel selection[T], w Window) (Slice[T], error) {
	s := scanner[T]{r: r, table: t, sel: sel}
	after, before := s.cursor(w.After), s.cursor(w.Before)
	if s.err != nil {
		return Slice[T]{}, s.err
	}
	var rows []store.Row[T]
	var more string
	if before != "" && after == "" {
		rows, more = s.scan(before, !w.Descending, w.Limit)
		slices.Reverse(rows)
	} else {
		rows, more = s.scan(after, w.Descending, w.Limit)
		if i := slices.IndexFunc(rows, func(row store.Row[T]) bool { return before != "" && !precedes(row.ID, before, w.Descending) }); i >= 0 {
			if rows, more = rows[:i], ""; i > 0 {
				more = rows[i-1].ID
			}
		}
	}
	out := Slice[T]{Items: make([]T, len(rows))}
	for i := range rows {
		out.Items[i] = rows[i].Doc
	}
	if before != "" && after == "" {
		out.Previous = more
		if len(rows) > 0 {
			out.Next = s.beyond(rows[len(rows)-1].ID, w.Descending)
		}
	} else {
		out.Next = more
		if after != "" && len(rows) > 0 {
			out.Previous = s.beyond(rows[0].ID, !w.Descending)
		}
	}
	return out, s.err
}

func precedes(a, b string, descending bool) bool {
	if descending {
		return a > b
	}
	return a < b
}

// scanner reads a selection. After an error it reads nothing.
type scanner[T any] struct {
	r     store.Reader
	table store.Table[T]
	sel   selection[T]
	err   error
}

// cursor is the id if the table has it, or had it: an id that is gone still says
// where it stood, if it looks like those that the list holds. It is "" otherwise.
func (s *scanner[T]) cursor(id string) string {
	if id == "" || s.err != nil {
		return id
	}
	_, err := s.r.Get(s.table.Kind, id)
	if err == nil {
		return id
	}
	var first []store.Document
	if errors.Is(err, access.NotFound) {
		first, err = s.r.List(store.ListQuery{Kind: s.table.Kind, Index: s.sel.index, Value: s.sel.value, Limit: 1})
	}
	if err != nil {
		s.err = err
	}
	if len(first) == 0 || !alike(id, first[0].ID) {
		return ""
	}
	return id
}

// alike reports whether the id has the form of those that newID makes, and the
// prefix of the other.
func alike(id, other string) bool {
	behind := strings.LastIndexByte(id, '_') + 1
	_, err := ulid.ParseStrict(id[behind:])
	return err == nil && behind == strings.LastIndexByte(other, '_')+1 && id[:behind] == other[:behind]
}

// scan returns at most limit rows after an id, and after which id there are
// more of them, or may be: "" if there are not.
func (s *scanner[T]) scan(after string, descending bool, limit int) (rows []store.Row[T], more string) {
	q := store.ListQuery{Kind: s.table.Kind, Index: s.sel.index, Value: s.sel.value, After: after, Descending: descending, Limit: min(limit+1, listChunk)}
	for looked := 0; s.err == nil; looked += q.Limit {
		if looked >= windowReach {
			return rows, q.After
		}
		docs, err := s.r.List(q)
		if err != nil {
			s.err = err
			return nil, ""
		}
		for _, d := range docs {
			row, ok := s.kept(d)
			if !ok {
				continue
			}
			if len(rows) == limit {
				return rows, rows[limit-1].ID
			}
			rows = append(rows, row)
		}
		if len(docs) < q.Limit {
			return rows, ""
		}
		q.After, q.Limit = docs[len(docs)-1].ID, listChunk
	}
	return nil, ""
}

func (s *scanner[T]) kept(d store.Document) (store.Row[T], bool) {
	if s.sel.keepID != nil && !s.sel.keepID(d.ID) || s.err != nil {
		return store.Row[T]{}, false
	}
	doc, err := s.table.Decode(d)
	if err != nil {
		s.err = err
		return store.Row[T]{}, false
	}
	if s.sel.keep != nil && !s.sel.keep(doc) {
		return store.Row[T]{}, false
	}
	return store.Row[T]{ID: d.ID, Revision: d.Revision, Doc: *doc}, true
}

// beyond is the id if something stands after it in that direction, else "".
func (s *scanner[T]) beyond(id string, descending bool) string {
	if rows, more := s.scan(id, descending, 1); len(rows) == 0 && more == "" {
		return ""
	}
	return id
}

// windowOf is window of a list in memory, whose ids are distinct.
func windowOf[T any](all []T, id func(*T) string, w Window) Slice[T] {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b T) int {
		if precedes(id(&a), id(&b), w.Descending) {
			return -1
		}
		return 1
	})
	known := func(cursor string) bool {
		return slices.ContainsFunc(all, func(v T) bool { return id(&v) == cursor || alike(cursor, id(&v)) })
	}
	from, to := 0, len(all)
	if w.After != "" && known(w.After) {
		from = countWhile(all, func(v *T) bool { return !precedes(w.After, id(v), w.Descending) })
	}
	if w.Before != "" && known(w.Before) {
		to = max(from, countWhile(all, func(v *T) bool { return precedes(id(v), w.Before, w.Descending) }))
		if w.After == "" || !known(w.After) {
			from = max(0, to-w.Limit)
		}
	}
	out := Slice[T]{Items: all[from:min(to, from+w.Limit)]}
	if n := len(out.Items); n > 0 {
		if from > 0 {
			out.Previous = id(&out.Items[0])
		}
		if from+n < len(all) {
			out.Next = id(&out.Items[n-1])
		}
	}
	return out
}

// countWhile is the length of the longest beginning of which yes is true.
func countWhile[T any](all []T, yes func(*T) bool) int {
	for i := range all {
		if !yes(&all[i]) {
			return i
		}
	}
	return len(all)
}
