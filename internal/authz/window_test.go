package authz

import (
	"fmt"
	"slices"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
	"github.com/reeve-authz/reeve/internal/store/sqlite"
)

// TestWindows reads a list of seven by every pair of cursors, limit and order,
// from a table and from memory, and compares with what the definition says.
func TestWindows(t *testing.T) {
	st, err := sqlite.Open(t.Context(), sqlite.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	var all, kept []access.Group
	_, err = st.Update(t.Context(), "r", func(tx store.Tx) error {
		for i := range 14 {
			g := access.Group{ID: access.GroupID(fmt.Sprintf("g%02d", i)), Organization: "org_1"}
			all = append(all, g)
			if i%2 == 0 {
				kept = append(kept, g)
			}
			if _, err := store.Groups.Put(tx, string(g.ID), &g); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	id := func(g *access.Group) string { return string(g.ID) }
	cursors := []string{"", "nobody"} // who has no such id is passed over
	for i := range kept {
		cursors = append(cursors, id(&kept[i]))
	}
	sel := selection[access.Group]{
		index: store.ByOrganization, value: "org_1",
		keepID: func(id string) bool { return id != "g03" },
		keep: func(g *access.Group) bool {
			return slices.ContainsFunc(kept, func(k access.Group) bool { return k.ID == g.ID })
		},
	}
	for _, after := range cursors {
		for _, before := range cursors {
			for _, limit := range []int{1, 2, 3, 6, 7, 8} {
				for _, descending := range []bool{false, true} {
					w := Window{After: after, Before: before, Limit: limit, Descending: descending}
					want := naiveWindow(kept, w)
					var got Slice[access.Group]
					err := st.View(t.Context(), "r", 0, func(r store.Reader) error {
						got, err = window(r, store.Groups, sel, w)
						return err
					})
					if err != nil || show(got) != show(want) {
						t.Errorf("%+v: %s, %v; want %s", w, show(got), err, show(want))
					}
					if got := windowOf(kept, id, w); show(got) != show(want) {
						t.Errorf("%+v, in memory: %s; want %s", w, show(got), show(want))
					}
				}
			}
		}
	}
}

// TestCursorsOfOtherLists: an id that is gone says where it stood; one of another
// list is passed over.
func TestCursorsOfOtherLists(t *testing.T) {
	st, err := sqlite.Open(t.Context(), sqlite.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	const a, gone, b = "group_01ARZ3NDEKTSV4RRFFQ69G5FA1", "group_01ARZ3NDEKTSV4RRFFQ69G5FA2", "group_01ARZ3NDEKTSV4RRFFQ69G5FA3"
	all := []access.Group{{ID: a}, {ID: b}}
	_, err = st.Update(t.Context(), "r", func(tx store.Tx) error {
		for i := range all {
			if _, err := store.Groups.Put(tx, string(all[i].ID), &all[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for cursor, want := range map[string]int{a: 1, gone: 1, b: 0, "om_01ARZ3NDEKTSV4RRFFQ69G5FA2": 2, "01ARZ3NDEKTSV4RRFFQ69G5FA2": 2, "group_": 2, "x": 2} {
		w := Window{After: cursor, Limit: 10}
		var got Slice[access.Group]
		err := st.View(t.Context(), "r", 0, func(r store.Reader) error {
			got, err = window(r, store.Groups, selection[access.Group]{}, w)
			return err
		})
		inMemory := windowOf(all, func(g *access.Group) string { return string(g.ID) }, w)
		if err != nil || len(got.Items) != want || len(inMemory.Items) != want {
			t.Errorf("after %s: %d, in memory %d, %v; want %d", cursor, len(got.Items), len(inMemory.Items), err, want)
		}
	}
}

func show(s Slice[access.Group]) string {
	text := s.Previous + "<"
	for _, g := range s.Items {
		text += " " + string(g.ID)
	}
	return text + " >" + s.Next
}

// naiveWindow is what window is to return. An empty one says nothing of what
// stands around it.
func naiveWindow(all []access.Group, w Window) (out Slice[access.Group]) {
	order := slices.Clone(all)
	if w.Descending {
		slices.Reverse(order)
	}
	at := func(cursor string) int {
		return slices.IndexFunc(order, func(g access.Group) bool { return string(g.ID) == cursor })
	}
	from, to := at(w.After)+1, at(w.Before)
	if to < 0 {
		to = len(order)
	} else if from == 0 {
		from = max(0, to-w.Limit)
	}
	to = max(from, min(to, from+w.Limit))
	out.Items = order[from:to]
	if len(out.Items) == 0 {
		return out
	}
	if from > 0 {
		out.Previous = string(order[from].ID)
	}
	if to < len(order) {
		out.Next = string(order[to-1].ID)
	}
	return out
}

// TestIDsGrow: the order of ids is the order in which things were made, also
// within a millisecond and when the clock is set back.
func TestIDsGrow(t *testing.T) {
	s := New(Config{})
	last := ""
	for range 10_000 {
		if id := s.newID("x_"); id <= last {
			t.Fatalf("%s came after %s", id, last)
		} else {
			last = id
		}
	}
	now := s.clock()
	s.ids.next(now.Add(1000))
	if a, b := s.ids.next(now.Add(5_000_000_000)), s.ids.next(now); b.Compare(a) <= 0 {
		t.Errorf("after the clock was set back, %s came after %s", b, a)
	}
}
