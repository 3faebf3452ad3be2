package engine_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/engine/packed"
)

// town is larger than the worlds that the naive evaluator can follow: some
// subjects have many rows, some of those many on one resource, and lists have
// more than one slice.
type town struct {
	*rand.Rand
	docs map[any]any
}

// TestLayersAgree asks snapshots that are packed in several ways what one says
// that never is.
func TestLayersAgree(t *testing.T) {
	for seed := range uint64(2) {
		w := &town{rand.New(rand.NewPCG(seed, 1)), map[any]any{}}
		loose, whole, mixed := engine.New(), engine.New(), engine.New()
		for rev := access.Revision(1); rev < 6; rev++ {
			changes := w.changes(rev)
			loose = loose.Apply(rev, changes)
			whole = whole.Apply(rev, changes).Pack()
			mixed = mixed.Apply(rev, changes)
			if rev == 3 {
				mixed = restore(t, mixed, w.docs)
			}
			name := func(which string) string { return fmt.Sprintf("seed %d, revision %d, %s", seed, rev, which) }
			if rev%2 == 1 {
				w.compare(t, name("packed"), whole, loose)
			} else {
				w.compare(t, name("mixed"), mixed, loose)
			}
			if whole.Unpacked() != 0 || whole.Packed() == 0 {
				t.Errorf("%s: %d documents are not packed, %d are; want them all to be", name("packed"), whole.Unpacked(), whole.Packed())
			}
		}
		w.compare(t, "saved", restore(t, mixed, w.docs), loose)
	}
}

// restore saves a snapshot of the documents, loads it, and completes it with what
// Load says.
func restore(t *testing.T, snap *engine.Snapshot, docs map[any]any) *engine.Snapshot {
	t.Helper()
	var file bytes.Buffer
	if err := snap.Save(&file); err != nil {
		t.Fatal(err)
	}
	loaded, loose, err := engine.Load(&file)
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Revision() != snap.Revision() {
		t.Errorf("loaded, it is of revision %d; want %d", loaded.Revision(), snap.Revision())
	}
	var changes []access.Change
	for id, doc := range docs {
		switch id.(type) {
		case access.RoleID, access.ResourceURI, access.RealmID:
			changes = append(changes, access.Change{ID: id, Document: doc})
		}
	}
	for _, id := range loose {
		if docs[id] == nil {
			t.Errorf("%T %v is to be applied, and is not there", id, id)
		}
		changes = append(changes, access.Change{ID: id, Document: docs[id]})
	}
	return loaded.Apply(snap.Revision(), changes)
}

var (
	townActions = []string{"docs", "docs:read", "docs:write", "docs:*:draft", "page:read"}
	townRoles   = []access.RoleID{"r0", "r1", "r2", "r3", "ghost"}
)

// changes are those of one commit: at first much that is new, later also what
// becomes something else or goes.
func (w *town) changes(rev access.Revision) []access.Change {
	var all []access.Change
	put := func(c access.Change) {
		if c.Document != nil && rev > 1 && w.IntN(8) == 0 {
			c.Document = nil
		}
		if w.docs[c.ID] = c.Document; c.Document == nil {
			delete(w.docs, c.ID)
		}
		all = append(all, c)
	}
	if rev == 1 {
		for i, id := range townRoles[:4] {
			put(role(id, townActions[i], townActions[(i+1)%len(townActions)]))
		}
		put(access.Change{ID: access.ResourceURI("open/*"), Document: &access.ResourceSettings{Resource: "open/*", Public: true}})
	}
	size := []int{0, 30, 4, 12, 2, 6}[rev]
	for range size {
		put(members(access.GroupID(fmt.Sprint("grp_", w.IntN(12))), w.subjects(6)...))
		put(joins(access.GroupID(fmt.Sprint("grp_", w.IntN(12))), access.MembershipID(fmt.Sprint("om_", w.IntN(20)))))
		m := membership(access.MembershipID(fmt.Sprint("om_", w.IntN(20))), fmt.Sprint("u", w.IntN(30)), access.MembershipActive)
		if w.IntN(4) == 0 {
			m.Document.(*access.Membership).Status = access.MembershipInactive
		}
		put(m)
	}
	for range 20 * size {
		put(w.registered())
		put(assigned(access.AssignmentID(fmt.Sprint("a", w.IntN(900))), w.subject(), w.role(), access.ResourceID(fmt.Sprint("x", w.IntN(200)))))
		put(w.record())
	}
	return all
}

func (w *town) registered() access.Change {
	n := w.IntN(200)
	r := registered(access.ResourceID(fmt.Sprint("x", n)), access.ResourceID(fmt.Sprint("x", w.IntN(1+n/2))))
	doc := r.Document.(*access.Resource)
	doc.Type = access.ResourceTypeID([]string{"page", "plan"}[w.IntN(2)])
	doc.Organization = access.OrganizationID(fmt.Sprint("org_", w.IntN(3)))
	if w.IntN(6) == 0 {
		doc.Parent = ""
	}
	return r
}

func (w *town) record() access.Change {
	doc := &access.Record{ID: access.RecordID(fmt.Sprint("r", w.IntN(700))), Status: access.RecordActive}
	for range 1 + w.IntN(3) {
		st := access.Statement{Roles: []access.RoleID{w.role(), w.role()}, Subjects: w.subjects(3)}
		for range 1 + w.IntN(3) {
			st.Resources = append(st.Resources, string(w.granted()))
		}
		doc.Statements = append(doc.Statements, st)
	}
	return access.Change{ID: doc.ID, Document: doc}
}

func (w *town) role() access.RoleID { return townRoles[w.IntN(len(townRoles))] }

// granted is a resource of a record. Many records name "docs/7".
func (w *town) granted() access.ResourceURI {
	switch w.IntN(50) {
	case 0, 1, 2:
		return "docs/7"
	case 3, 4:
		return "docs/*"
	case 5:
		return access.ResourceURI(fmt.Sprintf("docs/%d/*", w.IntN(1500)))
	case 12, 13:
		return access.ResourceURI(fmt.Sprintf("x%d/*", w.IntN(200)))
	case 6:
		return access.ResourceURI(fmt.Sprintf("*/%d", w.IntN(1500)))
	case 7, 8, 9, 10, 11:
		return access.ResourceURI(fmt.Sprint("x", w.IntN(200)))
	}
	return access.ResourceURI(fmt.Sprintf("docs/%d", w.IntN(1500)))
}

// subject is often ana, who so has much.
func (w *town) subject() access.Subject {
	switch w.IntN(10) {
	case 0:
		return group(fmt.Sprint("grp_", w.IntN(12)))
	case 1:
		return member(fmt.Sprint("om_", w.IntN(20)))
	case 2:
		return access.Subject{Kind: access.ClientKind, ID: fmt.Sprint("u", w.IntN(5))}
	case 3, 4, 5:
		return user(fmt.Sprint("u", w.IntN(30)))
	}
	return ana
}

func (w *town) subjects(most int) []access.Subject {
	var all []access.Subject
	for range 1 + w.IntN(most) {
		all = append(all, w.subject())
	}
	return all
}

// compare asks both snapshots the same.
func (w *town) compare(t *testing.T, which string, snap, as *engine.Snapshot) {
	t.Helper()
	wrong := func(what string, got, want any) {
		t.Helper()
		if g, n := fmt.Sprintf("%.500v", got), fmt.Sprintf("%.500v", want); g != n {
			t.Fatalf("%s: %s: %s; want %s", which, what, g, n)
		}
		t.Fatalf("%s: %s: not the same", which, what)
	}
	if snap.Revision() != as.Revision() {
		wrong("Revision", snap.Revision(), as.Revision())
	}
	for range 600 {
		sub, uri, do := w.subject(), w.granted(), access.Permission(townActions[w.IntN(len(townActions))])
		switch w.IntN(5) {
		case 0:
			uri += "/pages"
		case 1:
			uri = access.ResourceURI(fmt.Sprint("open/", w.IntN(3)))
		case 2:
			uri = access.ResourceURI(strings.TrimSuffix(string(uri), "/*"))
		}
		q := access.Query{Subject: sub, Permission: do, Resource: uri}
		if got, want := snap.Check(q), as.Check(q); got != want {
			wrong(fmt.Sprint("Check of ", q), got, want)
		}
		if got, want := snap.Permissions(sub, uri), as.Permissions(sub, uri); !slices.Equal(got, want) {
			wrong(fmt.Sprint("Permissions of ", q), got, want)
		}
		if got, want := snap.Roles(sub, uri), as.Roles(sub, uri); !slices.Equal(got, want) {
			wrong(fmt.Sprint("Roles of ", q), got, want)
		}
		if got, want := snap.HasGrants(sub), as.HasGrants(sub); got != want {
			wrong(fmt.Sprint("HasGrants of ", sub), got, want)
		}
	}
	for i := range 20 {
		sub, uri, do := w.subject(), w.granted(), access.Permission(townActions[w.IntN(len(townActions))])
		if i == 0 {
			sub, uri = ana, "docs/7"
		}
		held := access.HolderQuery{Permission: do, Resource: uri}
		if got, want := snap.Holders(held, access.Subject{}, 1000), as.Holders(held, access.Subject{}, 1000); !slices.Equal(got, want) {
			wrong(fmt.Sprint("Holders of ", held), got, want)
		}
		if got, want := everyUser(snap, uri, 7), everyUser(as, uri, 1000); !slices.EqualFunc(got, want, sameHolder) {
			wrong(fmt.Sprint("Users of ", uri), got, want)
		}
		list := access.RegisteredQuery{Subject: sub, Permission: do, Type: access.ResourceTypeID([]string{"", "page"}[i%2])}
		if got, want := snap.Registered(list, "", 1000), as.Registered(list, "", 1000); !slices.Equal(got, want) {
			wrong(fmt.Sprint("Registered of ", list), got, want)
		}
	}
	for i := range 4 {
		list := access.ResourceQuery{Subject: ana, Permission: "docs:read", Within: []access.ResourceURI{"*", "docs"}[i%2], Nested: i > 1}
		want := everythingBelow(as, list, 10_000)
		for _, limit := range []int{400, 10_000} {
			if got := everythingBelow(snap, list, limit); !slices.Equal(got, want) {
				wrong(fmt.Sprintf("Resources of %v in pages of %d: %d, not %d:", list, limit, len(got), len(want)), got, want)
			}
		}
	}
	for i := range 20 {
		m, r := access.MembershipID(fmt.Sprint("om_", i)), access.ResourceID(fmt.Sprint("x", i))
		org, ok := snap.Membership(m)
		if wantOrg, want := as.Membership(m); org != wantOrg || ok != want {
			wrong(fmt.Sprint("Membership ", m), org, wantOrg)
		}
		org, ok = snap.Resource(r)
		if wantOrg, want := as.Resource(r); org != wantOrg || ok != want {
			wrong(fmt.Sprint("Resource ", r), org, wantOrg)
		}
	}
}

// TestManyStatements has a record with as many statements as the packed form can
// tell apart, and one with one more, which stays outside.
func TestManyStatements(t *testing.T) {
	for _, n := range []int{packed.MaxStatements, packed.MaxStatements + 1} {
		c := record("r1", "reader", "docs", ana)
		doc := c.Document.(*access.Record)
		for len(doc.Statements) < n {
			doc.Statements = append(doc.Statements, doc.Statements[0])
		}
		snap := engine.New().Apply(1, []access.Change{role("reader", "read"), c, record("r2", "reader", "other", ana)}).Pack()
		if got := len(snap.Roles(ana, "docs")); got != n {
			t.Errorf("%d statements give %d roles", n, got)
		}
		if got := snap.Unpacked(); got != 0 {
			t.Errorf("with %d statements, %d documents could be packed and are not", n, got)
		}
		snap = snap.Apply(2, []access.Change{gone(c)})
		if snap.Check(access.Query{Subject: ana, Permission: "read", Resource: "docs"}) || len(snap.Pack().Roles(ana, "docs")) > 0 {
			t.Errorf("a deleted record of %d statements gives something", n)
		}
	}
}

// TestLooseDocumentsAreNamed saves documents that the packed form has no place
// for, and loads the rest of them.
func TestLooseDocumentsAreNamed(t *testing.T) {
	pattern, nothing := record("r1", "reader", "docs/*/pages", ana), assigned("a1", ben, "reader", "docs//1")
	snap := engine.New().Apply(7, []access.Change{role("reader", "read"), pattern, nothing, record("r2", "reader", "docs", ana)})
	var file bytes.Buffer
	if err := snap.Save(&file); err != nil {
		t.Fatal(err)
	}
	loaded, loose, err := engine.Load(&file)
	if err != nil || loaded.Revision() != 7 {
		t.Fatalf("loaded, it is of revision %d, %v; want 7", loaded.Revision(), err)
	}
	if !slices.Equal(loose, []any{access.RecordID("r1"), access.AssignmentID("a1")}) {
		t.Errorf("%v is to be applied; want the record r1 and the assignment a1", loose)
	}
	if !loaded.HasGrants(ana) || loaded.HasGrants(ben) {
		t.Error("what is packed is not there, or what is not packed is")
	}
	full := loaded.Apply(7, []access.Change{pattern, nothing})
	if !full.HasGrants(ben) || len(full.Roles(ana, "docs/*/pages")) != 1 || len(full.Roles(ana, "docs")) != 1 {
		t.Error("what was not packed is not there once it is applied")
	}
}

// TestNewBetweenPacked puts resources, a group and a membership that are new
// between a packed grant and who asks.
func TestNewBetweenPacked(t *testing.T) {
	snap := engine.New().Apply(1, []access.Change{
		role("reader", "read"), record("r1", "reader", "work", group("grp_a")), members("grp_a", ben),
	}).Pack().Apply(2, []access.Change{
		registered("page", "plan"), registered("plan", "work"), // of which the base has the last
		members("grp_a", ben, group("grp_new")), members("grp_new", member("om_new")), membership("om_new", "ana", access.MembershipActive),
	})
	for which, snap := range map[string]*engine.Snapshot{"above": snap, "packed": snap.Pack()} {
		for _, sub := range []access.Subject{ana, ben, member("om_new"), group("grp_new")} {
			if !snap.Check(access.Query{Subject: sub, Permission: "read", Resource: "page/lines"}) {
				t.Errorf("%s: %v may not read what is under a resource that her group may read", which, sub)
			}
		}
		if got := snap.Registered(access.RegisteredQuery{Subject: ana, Permission: "read"}, "", 10); !slices.Equal(got, []access.ResourceID{"page", "plan"}) {
			t.Errorf("%s: ana may read %v; want page and plan", which, got)
		}
		if got := snap.Holders(access.HolderQuery{Permission: "read", Resource: "page"}, access.Subject{}, 10); !slices.Equal(got, []access.Subject{ana, ben}) {
			t.Errorf("%s: %v may read page; want ana and ben", which, got)
		}
	}
}

// TestSlicesOfLists lists, in pages, more packed resources than are looked at at a
// time, between and behind which there are others, and which something covers.
func TestSlicesOfLists(t *testing.T) {
	first := []access.Change{role("reader", "read"), record("all", "reader", "*", ana)}
	var later []access.Change
	for i := range 2600 {
		c := record(access.RecordID(fmt.Sprint("r", i)), "reader", fmt.Sprintf("docs/%04d", i), ana)
		if i%5 == 0 || i > 2500 {
			later = append(later, c)
		} else {
			first = append(first, c)
		}
	}
	loose := engine.New().Apply(1, first).Apply(2, later)
	mixed := engine.New().Apply(1, first).Pack().Apply(2, later)
	for _, q := range []access.ResourceQuery{
		{Subject: ana, Within: "docs", Nested: true}, {Subject: ana, Within: "docs"}, {Subject: ana, Nested: true},
	} {
		want := everythingBelow(loose, q, 10_000)
		for which, snap := range map[string]*engine.Snapshot{"mixed": mixed, "packed": mixed.Pack()} {
			for _, limit := range []int{300, 10_000} {
				if got := everythingBelow(snap, q, limit); !slices.Equal(got, want) || len(want) < 2600 || !slices.IsSorted(got) {
					t.Errorf("%s: %+v in pages of %d: %d resources, not the %d in order", which, q, limit, len(got), len(want))
				}
			}
			for _, after := range []access.ResourceURI{"docs", "docs/", "docs/0999", "docs/2599"} {
				want, got := complete(loose).Resources(q, after, 10_000), complete(snap).Resources(q, after, 10_000)
				if !slices.Equal(got, want) {
					t.Errorf("%s: %+v after %q: %d resources, not %d", which, q, after, len(got), len(want))
				}
			}
		}
	}
}

// TestAnyPatternLists has registered resources under several patterns, of which
// each gives something else.
func TestAnyPatternLists(t *testing.T) {
	snap := engine.New().Apply(1, []access.Change{
		role("r1", "one"), role("r2", "two"), role("r3", "three"),
		record("a", "r1", "*:a", ana), record("b", "r2", "ns:*", ana), record("c", "r3", "*:a:*", ana),
		registered("ns:a", ""), registered("ns:b", ""), registered("x:a:b", ""),
	})
	for do, want := range map[access.Permission][]access.ResourceID{"one": {"ns:a"}, "two": {"ns:a", "ns:b"}, "three": {"x:a:b"}, "four": nil} {
		if got := snap.Registered(access.RegisteredQuery{Subject: ana, Permission: do}, "", 10); !slices.Equal(got, want) {
			t.Errorf("%s: %v; want %v", do, got, want)
		}
	}
	typed := registered("ns:a", "")
	typed.Document.(*access.Resource).Type = "page"
	later := snap.Pack().Apply(2, []access.Change{typed, gone(registered("ns:b", ""))})
	for which, snap := range map[string]*engine.Snapshot{"above": later, "packed": later.Pack()} {
		for kind, want := range map[access.ResourceTypeID][]access.ResourceID{"": {"ns:a"}, "page": {"ns:a"}, "plan": nil} {
			if got := snap.Registered(access.RegisteredQuery{Subject: ana, Permission: "two", Type: kind}, "", 10); !slices.Equal(got, want) {
				t.Errorf("%s: of the type %q: %v; want %v", which, kind, got, want)
			}
		}
	}
	if got := later.Pack().Apply(3, []access.Change{registered("ns:a", "")}).
		Registered(access.RegisteredQuery{Subject: ana, Permission: "two", Type: "page"}, "", 10); len(got) > 0 {
		t.Errorf("of the type that it has in the base only: %v", got)
	}
}
