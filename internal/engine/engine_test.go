package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
)

var ana, ben = user("ana"), user("ben")

func user(id string) access.Subject  { return access.Subject{Kind: access.UserKind, ID: id} }
func group(id string) access.Subject { return access.Subject{Kind: access.GroupKind, ID: id} }

// The documents of these tests, as changes.

func role(id access.RoleID, actions ...string) access.Change {
	r := &access.Role{ID: id}
	for _, a := range actions {
		r.Permissions = append(r.Permissions, access.RolePermission{Action: a, Allow: true})
	}
	return access.Change{ID: id, Document: r}
}

func members(id access.GroupID, members ...access.Subject) access.Change {
	return access.Change{ID: id, Document: &access.Group{ID: id, Members: members}}
}

func record(id access.RecordID, role access.RoleID, uri string, to ...access.Subject) access.Change {
	return access.Change{ID: id, Document: &access.Record{
		ID: id, Status: access.RecordActive, Subjects: to,
		Statements: []access.Statement{{Roles: []access.RoleID{role}, Resources: []string{uri}}},
	}}
}

func deleted(id access.RecordID, role access.RoleID, uri string, to ...access.Subject) access.Change {
	c := record(id, role, uri, to...)
	c.Document.(*access.Record).Status = access.RecordDeleted
	return c
}

// TestLife follows one question through the changes of a realm, which is packed
// after each of them in turn.
func TestLife(t *testing.T) {
	q := access.Query{Subject: ana, Permission: "docs:read", Resource: "docs/1"}
	staff := group("grp_staff")
	steps := []struct {
		what    string
		change  access.Change
		allowed bool
		grants  bool // what HasGrants says of ana
	}{
		{"a record with a role that does not exist", record("r1", "reader", "docs/1", ana), false, true},
		{"the role is created", role("reader", "docs:read"), true, true},
		{"the role loses the permission", role("reader", "docs:list"), false, true},
		{"the role gets it back, in capitals", role("reader", "DOCS:READ"), true, true},
		{"the record names another resource", record("r1", "reader", "docs/2", ana), false, true},
		{"the record names the parent", record("r1", "reader", "docs", ana), true, true},
		{"the record names another user", record("r1", "reader", "docs", ben), false, false},
		{"the record names a group that does not exist", record("r1", "reader", "docs", staff), false, false},
		{"the group is created without her", members("grp_staff", ben), false, false},
		{"she joins", members("grp_staff", ben, ana), true, true},
		{"a second record gives the same", record("r2", "reader", "docs", staff), true, true},
		{"the first is deleted for good", access.Change{ID: access.RecordID("r1")}, true, true},
		{"the second is marked as deleted", deleted("r2", "reader", "docs", staff), false, false},
		{"it is revived", record("r2", "reader", "docs", staff), true, true},
		{"her group joins another", members("grp_all", staff), true, true},
		{"the record names that one", record("r2", "reader", "docs", group("grp_all")), true, true},
		{"the groups contain each other", members("grp_staff", ben, ana, group("grp_all")), true, true},
		{"she leaves", members("grp_staff", group("grp_all")), false, false},
		{"she returns", members("grp_staff", ana), true, true},
		{"the group between is deleted", access.Change{ID: access.GroupID("grp_staff")}, false, false},
		{"it comes back", members("grp_staff", ana), true, true},
		{"the role is deleted", access.Change{ID: access.RoleID("reader")}, false, true},
		{"she becomes owner of all", record("r3", access.OwnerRole, "*", ana), true, true},
		{"somebody rewrites the owner", role(access.OwnerRole), true, true},
		{"somebody deletes the owner", access.Change{ID: access.OwnerRole}, true, true},
		{"a client changes", access.Change{ID: access.ClientID("r3")}, true, true},
		{"the record says nothing of its status", func() access.Change {
			c := record("r3", access.OwnerRole, "*", ana)
			c.Document.(*access.Record).Status = ""
			return c
		}(), false, true},
	}
	for packed := range len(steps) + 1 { // after which step; the last is after none
		snap := engine.New()
		for i, tt := range steps {
			before, wasAllowed := snap, snap.Check(q)
			snap = snap.Apply(access.Revision(i+1), []access.Change{tt.change})
			if i == packed {
				snap = snap.Pack()
			}
			if got := snap.Check(q); got != tt.allowed {
				t.Errorf("packed after step %d, after %s: allowed = %v; want %v", packed, tt.what, got, tt.allowed)
			}
			if got := snap.HasGrants(ana); got != tt.grants {
				t.Errorf("packed after step %d, after %s: has grants = %v; want %v", packed, tt.what, got, tt.grants)
			}
			if got := snap.Revision(); got != access.Revision(i+1) {
				t.Errorf("packed after step %d, after %s: revision %d; want %d", packed, tt.what, got, i+1)
			}
			if before.Check(q) != wasAllowed || before.Revision() != access.Revision(i) {
				t.Errorf("packed after step %d, %s changed the snapshot before it", packed, tt.what)
			}
		}
	}
}

// TestApplyCopies edits the documents after they were applied.
func TestApplyCopies(t *testing.T) {
	r, g, rec := role("reader", "read"), members("grp_a", ana), record("r1", "reader", "docs", group("grp_a"))
	snap := engine.New().Apply(1, []access.Change{r, g, rec})
	r.Document.(*access.Role).Permissions[0] = access.RolePermission{Action: "write"}
	g.Document.(*access.Group).Members[0] = ben
	d := rec.Document.(*access.Record)
	d.Subjects[0], d.Statements[0].Resources[0], d.Statements[0].Roles[0] = ben, "other", "ghost"

	if !snap.Check(access.Query{Subject: ana, Permission: "read", Resource: "docs"}) {
		t.Error("an edit of the applied documents changed the snapshot")
	}
	none := snap.Apply(2, []access.Change{{ID: r.ID}, {ID: g.ID}, {ID: rec.ID}})
	if got := none.Leftovers(); got != 0 {
		t.Errorf("after deleting all, the snapshot keeps %d things", got)
	}
}

// TestBranches applies different changes to one snapshot, while others ask it.
func TestBranches(t *testing.T) {
	base := engine.New().Apply(1, []access.Change{role("reader", "read"), record("r1", "reader", "docs/1", ana)})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			uri := fmt.Sprint("docs/1", i)
			snap := base
			for j := range 100 {
				id := access.RecordID(fmt.Sprint("r", i, "-", j))
				snap = snap.Apply(2, []access.Change{record(id, "reader", uri, ana)})
			}
			for j := range 8 {
				q := access.Query{Subject: ana, Permission: "read", Resource: access.ResourceURI(fmt.Sprint("docs/1", j))}
				if got := snap.Check(q); got != (i == j) {
					t.Errorf("branch %d on %s = %v", i, q.Resource, got)
				}
				if base.Check(q) {
					t.Errorf("branch %d changed its base", i)
				}
			}
		})
	}
	wg.Wait()
}

func TestZeroQueryIsDenied(t *testing.T) {
	snap := engine.New().Apply(1, []access.Change{record("r1", access.OwnerRole, "*", ana, access.Subject{})})
	full := access.Query{Subject: ana, Permission: "read", Resource: "docs"}
	if !snap.Check(full) {
		t.Fatalf("Check(%v) = false; want true", full)
	}
	for _, q := range []access.Query{
		{Subject: ana, Permission: "read"}, {Subject: ana, Resource: "docs"}, {Permission: "read"},
	} {
		if snap.Check(q) || snap.HoldsDirectly(q, access.Allow) {
			t.Errorf("Check(%v) or HoldsDirectly = true; want false", q)
		}
	}
	if snap.Holds(full, 0) {
		t.Error("Holds with no flag needed = true; want false")
	}
	if got := snap.Permissions(ana, ""); got != nil {
		t.Errorf("Permissions on no resource = %v; want none", got)
	}
}

// TestInvalidContentGrantsNothing applies what Validate refuses.
func TestInvalidContentGrantsNothing(t *testing.T) {
	both := role("a,b", "read") // must not pass for the two roles a and b
	snap := engine.New().Apply(1, []access.Change{
		role("a", "read"), role("b", "read"), both,
		record("r1", "a,b", "docs", ana),
		record("r2", "a", "docs//1", ana), record("r3", "a", "", ana), record("r4", "a", "docs*", ana),
		role("c", "", "re ad", "re*"), record("r5", "c", "*", ana),
	})
	for _, uri := range []access.ResourceURI{"docs", "docs/1", "docs//1", "docs*", "docsx", "*"} {
		for _, p := range []access.Permission{"read", "", "re ad", "re*", "*"} {
			if snap.Check(access.Query{Subject: ana, Permission: p, Resource: uri}) {
				t.Errorf("%q on %q is allowed", p, uri)
			}
		}
	}
}

func TestApplyRefusesWrongDocument(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a group under a role's id was applied; want a panic, not a deleted role")
		}
	}()
	engine.New().Apply(1, []access.Change{{ID: access.RoleID("reader"), Document: &access.Group{}}})
}

// TestMany holds against sizes at which the structures inside change shape.
func TestMany(t *testing.T) {
	const n = 3000
	cleo := user("cleo")
	changes := []access.Change{role("reader", "read"), role("writer", "write")}
	for i := range n {
		id := access.RecordID(fmt.Sprint("r", i))
		changes = append(changes,
			record(id, "reader", fmt.Sprint("docs/", i), ana, user(fmt.Sprint("u", i))),
			record(id+"g", "reader", "shared", group(fmt.Sprint("grp_", i))),
			members(access.GroupID(fmt.Sprint("grp_", i)), cleo, group(fmt.Sprint("grp_", i+1))),
		)
	}
	snap := engine.New().Apply(1, changes)
	read := func(snap *engine.Snapshot, sub access.Subject, uri string) bool {
		return snap.Check(access.Query{Subject: sub, Permission: "read", Resource: access.ResourceURI(uri)})
	}
	half := make([]access.Change, 0, n)
	for i := 0; i < n; i += 2 {
		half = append(half, access.Change{ID: access.RecordID(fmt.Sprint("r", i))})
	}
	rest := snap.Apply(2, half)
	for i := range n {
		uri, one := fmt.Sprint("docs/", i), user(fmt.Sprint("u", i))
		if !read(snap, ana, uri) || !read(snap, one, uri) || read(snap, one, fmt.Sprint("docs/", i+1)) {
			t.Fatalf("wrong about %s", uri)
		}
		if got := read(rest, ana, uri); got != (i%2 == 1) {
			t.Fatalf("after deleting every second record, %s = %v", uri, got)
		}
		if got := read(rest, one, uri); got != (i%2 == 1) {
			t.Fatalf("after deleting every second record, %s for its user = %v", uri, got)
		}
	}
	if !read(rest, cleo, "shared") || !read(rest, group(fmt.Sprint("grp_", n-1)), "shared") || read(rest, ben, "shared") {
		t.Error("wrong about what many groups hold")
	}
	if got := len(rest.Roles(cleo, "shared")); got != n {
		t.Errorf("cleo has %d roles on what %d records give her groups", got, n)
	}
	for i := range changes {
		changes[i].Document = nil
	}
	if got := rest.Apply(3, changes).Leftovers(); got != 0 {
		t.Errorf("after deleting all, the snapshot keeps %d things", got)
	}
}

// TestStarsDoNotBlowUp asks the longest question of grants that every part of
// it may match in two ways.
func TestStarsDoNotBlowUp(t *testing.T) {
	part := strings.TrimSuffix(strings.Repeat("a:", 16), ":")
	uri := strings.TrimSuffix(strings.Repeat(part+"/", 15), "/")
	changes := []access.Change{role("reader", "read")}
	for i := range 2000 {
		segs := strings.Split(uri, "/")
		for j := range segs {
			ps := strings.Split(segs[j], ":")
			for k := range ps {
				if (i*31+j*17+k*7)%5 < 2 {
					ps[k] = "*"
				}
			}
			segs[j] = strings.Join(ps, ":")
		}
		segs[14] = "b"
		changes = append(changes, record(access.RecordID(fmt.Sprint("r", i)), "reader", strings.Join(segs, "/"), ana))
	}
	snap := engine.New().Apply(1, changes)
	start := time.Now()
	if snap.Check(access.Query{Subject: ana, Permission: "read", Resource: access.ResourceURI(uri)}) {
		t.Error("allowed; want denied")
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("one check took %v", took)
	}
}

// TestCheckDoesNotAllocate holds what the speed of a check rests on.
func TestCheckDoesNotAllocate(t *testing.T) {
	snap := engine.New().Apply(1, []access.Change{
		role("reader", "docs:read", "*:list"), members("grp_a", ben), members("grp_b", group("grp_a")),
		record("r1", "reader", "docs/1", ana), record("r2", "reader", "all/*", ana), record("r3", "reader", "orgs/*/docs/ns:*", ana),
		members("grp_c", group("grp_d"), user("dan")), members("grp_d", group("grp_c"), group("grp_d")),
		record("r4", "reader", "docs/2", group("grp_a")), record("r5", "reader", "docs/3", group("grp_b")),
		membership("om_eve", "eve", access.MembershipActive), members("group_devs"), joins("group_devs", "om_eve"), exactly("org_1/reader", "docs.read"),
		exactly("slugs", "*", "docs:*"), record("r6", "slugs", "docs/1", user("finn")),
		registered("page", "plan"), registered("plan", "work"), registered("work", "acme"), registered("acme", ""),
		assigned("a1", group("group_devs"), "org_1/reader", "acme"),
	})
	for _, tt := range []struct {
		what string
		sub  access.Subject
		do   access.Permission
		uri  access.ResourceURI
		want bool
	}{
		{"exact", ana, "docs:read", "docs/1", true},
		{"cascade", ana, "docs:read:draft", "docs/1/pages/7/lines/1", true},
		{"trailing star", ana, "docs:read", "all/1", true},
		{"stars inside", ana, "docs:read", "orgs/o1/docs/ns:1/pages/7", true},
		{"action with a star", ana, "docs:list", "docs/1", true},
		{"group", ben, "docs:read", "docs/2/pages", true},
		{"group in a group", ben, "docs:read", "docs/3", true},
		{"wildcard question", ana, "docs:read", "all/*", true},
		{"membership", member("om_eve"), "docs.read", "acme", true},
		{"user of a membership in a group", user("eve"), "docs.read", "acme", true},
		{"parents that are stored", user("eve"), "docs.read", "page/lines/7", true},
		{"denial with parents", user("eve"), "docs.write", "page", false},
		{"denial by resource", ana, "docs:read", "docs/10", false},
		{"denial by permission", ana, "docs:write", "docs/1", false},
		{"denial in a circle of groups", user("dan"), "docs:read", "docs/1", false},
		{"denial of a stranger", user("cleo"), "docs:read", "docs/1", false},
		{"denial of all that a slug might stand for", user("finn"), "docs:*", "docs/1", false},
		{"slug with a star", user("finn"), `"docs:*"`, "docs/1", true},
	} {
		q := access.Query{Subject: tt.sub, Permission: tt.do, Resource: tt.uri}
		if slug := strings.Trim(string(tt.do), `"`); slug != string(tt.do) {
			q.Permission, q.Literal = access.Permission(slug), true
		}
		if got := snap.Check(q); got != tt.want {
			t.Errorf("%s: Check(%v) = %v; want %v", tt.what, q, got, tt.want)
		}
		if got := testing.AllocsPerRun(100, func() { snap.Check(q) }); got != 0 {
			t.Errorf("%s: %v allocations a check; want none", tt.what, got)
		}
	}
}

// TestNobodyIsACrowd asks about the subject that stands for the many of a
// statement.
func TestNobodyIsACrowd(t *testing.T) {
	snap := engine.NewWithCrowds(0).Apply(1, []access.Change{role("reader", "read"), record("r1", "reader", "docs", ana)})
	crowd := access.Subject{Kind: "crowd", ID: "r1 0"}
	if snap.Check(access.Query{Subject: crowd, Permission: "read", Resource: "docs"}) {
		t.Error("the crowd itself is allowed; want only who is in it")
	}
	if snap.HasGrants(crowd) || snap.Roles(crowd, "docs") != nil || snap.Permissions(crowd, "docs") != nil {
		t.Error("the crowd itself holds something; want only who is in it")
	}
	if !snap.Check(access.Query{Subject: ana, Permission: "read", Resource: "docs"}) {
		t.Error("who is in the crowd is denied")
	}
}

// TestGroupsInCircles has every group contain every other: each must be
// looked at once.
func TestGroupsInCircles(t *testing.T) {
	const n = 60
	var all []access.Subject
	for i := range n {
		all = append(all, group(fmt.Sprint("grp_", i)))
	}
	changes := []access.Change{role("reader", "read"), record("r1", "reader", "docs", all[n-1])}
	for _, g := range all {
		changes = append(changes, members(access.GroupID(g.ID), all...))
	}
	changes[2].Document.(*access.Group).Members = append([]access.Subject{ana}, all...)
	snap := engine.New().Apply(1, changes)
	start := time.Now()
	for uri, want := range map[access.ResourceURI]bool{"docs": true, "other": false} {
		if got := snap.Check(access.Query{Subject: ana, Permission: "read", Resource: uri}); got != want {
			t.Errorf("%s: %v; want %v", uri, got, want)
		}
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("two checks took %v", took)
	}
}

func TestRolesAreSorted(t *testing.T) {
	rec := record("r1", "b", "docs", ana)
	rec.Document.(*access.Record).Statements[0].Roles = []access.RoleID{"c", "a", "b", "a"}
	snap := engine.New().Apply(1, []access.Change{rec, record("r2", "b", "/docs/", ana), record("r3", "a", "docs/*", ana)})
	want := []access.RoleID{"a", "b", "b", "c"}
	if got := snap.Roles(ana, "docs"); !slices.Equal(got, want) {
		t.Errorf("Roles = %v; want %v", got, want)
	}
}
