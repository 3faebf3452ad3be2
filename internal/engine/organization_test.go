package engine_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/engine/naive"
)

func member(id string) access.Subject { return access.Subject{Kind: access.MembershipKind, ID: id} }

// The documents of organizations, as changes.

func membership(id access.MembershipID, user string, status access.MembershipStatus) access.Change {
	return access.Change{ID: id, Document: &access.Membership{ID: id, User: user, Organization: "org_1", Status: status}}
}

func joins(group access.GroupID, m access.MembershipID) access.Change {
	doc := &access.GroupMember{Group: group, Membership: m}
	return access.Change{ID: doc.ID(), Document: doc}
}

func registered(id, parent access.ResourceID) access.Change {
	return access.Change{ID: id, Document: &access.Resource{ID: id, Parent: parent, Organization: "org_1"}}
}

func assigned(id access.AssignmentID, sub access.Subject, role access.RoleID, on access.ResourceID) access.Change {
	return access.Change{ID: id, Document: &access.Assignment{ID: id, Subject: sub, Role: role, Resource: on}}
}

func gone(c access.Change) access.Change { return access.Change{ID: c.ID} }

// TestOrganizationLife follows one question through the changes of an
// organization, which is packed after each of them in turn: may ana, by her
// membership, read a page?
func TestOrganizationLife(t *testing.T) {
	q := access.Query{Subject: ana, Permission: "docs:read", Resource: "page"}
	om, devs := member("om_ana"), group("group_devs")
	active, inactive := membership("om_ana", "ana", access.MembershipActive), membership("om_ana", "ana", access.MembershipInactive)
	steps := []struct {
		what        string
		change      access.Change
		user, group bool // what she, and the group, may
	}{
		{"the role", role("org_1/reader", "docs:read"), false, false},
		{"an assignment to a membership that is not there", assigned("a1", om, "org_1/reader", "page"), false, false},
		{"a pending membership", membership("om_ana", "ana", access.MembershipPending), false, false},
		{"it is active", active, true, false},
		{"it is active again", active, true, false},
		{"it is another's", membership("om_ana", "ben", access.MembershipActive), false, false},
		{"it is hers", active, true, false},
		{"a record of the assignment's id", record("a1", "org_1/reader", "other", om), true, false},
		{"the record goes", access.Change{ID: access.RecordID("a1")}, true, false},
		{"the assignment is on another resource", assigned("a1", om, "org_1/reader", "folder"), false, false},
		{"the page comes under it", registered("page", "folder"), true, false},
		{"the page moves", registered("page", "attic"), false, false},
		{"the attic comes under it", registered("attic", "folder"), true, false},
		{"the attic is deleted", gone(registered("attic", "")), false, false},
		{"the page is a root", registered("page", ""), false, false},
		{"the page moves back", registered("page", "folder"), true, false},
		{"the folder comes under the page", registered("folder", "page"), true, false},
		{"the assignment is to a group that is not there", assigned("a1", devs, "org_1/reader", "folder"), false, false},
		{"she joins it", joins("group_devs", "om_ana"), false, false},
		{"the group is made", members("group_devs"), true, true},
		{"she joins again", joins("group_devs", "om_ana"), true, true},
		{"the group lists her, too", members("group_devs", om), true, true},
		{"she leaves the one way", gone(joins("group_devs", "om_ana")), true, true},
		{"she joins that way again", joins("group_devs", "om_ana"), true, true},
		{"the group does not list her any more", members("group_devs"), true, true},
		{"the group is deleted", access.Change{ID: access.GroupID("group_devs")}, false, false},
		{"it is made again", members("group_devs"), true, true},
		{"she leaves", gone(joins("group_devs", "om_ana")), false, true},
		{"she joins once more", joins("group_devs", "om_ana"), true, true},
		{"somebody whose membership begins so leaves", gone(joins("group_devs", "om_an")), true, true},
		{"a member has no group", access.Change{ID: access.GroupMemberID("om_ana"), Document: &access.GroupMember{}}, true, true},
		{"she is deactivated", inactive, false, true},
		{"she is back", active, true, true},
		{"the role is the realm's", assigned("a1", devs, "reader", "folder"), false, false},
		{"that is made", role("reader", "docs"), true, true},
		{"the role loses what is below", exactly("reader", "docs"), false, false},
		{"it contains the very permission", exactly("reader", "docs", "docs:read"), true, true},
		{"the membership is deleted", gone(active), false, true},
		{"she is back as new", active, true, true},
		{"the assignment is deleted", gone(assigned("a1", devs, "reader", "folder")), false, false},
	}
	for packed := range len(steps) + 1 { // after which step; the last is after none
		snap := engine.New()
		for i, tt := range steps {
			before, was := snap, snap.Check(q)
			snap = snap.Apply(access.Revision(i+1), []access.Change{tt.change})
			if i == packed {
				snap = snap.Pack()
			}
			inGroup, asMember, asBen := q, q, q
			inGroup.Subject, asMember.Subject, asBen.Subject = devs, om, ben
			if got := snap.Check(q); got != tt.user {
				t.Errorf("packed after step %d, after %s: she may: %v; want %v", packed, tt.what, got, tt.user)
			}
			holders := snap.Holders(access.HolderQuery{Permission: q.Permission, Resource: q.Resource}, access.Subject{}, 10)
			if slices.Contains(holders, ana) != tt.user {
				t.Errorf("packed after step %d, after %s: those who may are %v; want her among them: %v", packed, tt.what, holders, tt.user)
			}
			if got := snap.Check(inGroup); got != tt.group {
				t.Errorf("packed after step %d, after %s: the group may: %v; want %v", packed, tt.what, got, tt.group)
			}
			if got, want := snap.Check(asMember), tt.user || snap.Check(asBen); got != want {
				t.Errorf("packed after step %d, after %s: the membership may: %v; want what its user may", packed, tt.what, got)
			}
			if before.Check(q) != was {
				t.Errorf("packed after step %d, %s changed the snapshot before it", packed, tt.what)
			}
		}
	}
}

func exactly(id access.RoleID, slugs ...string) access.Change {
	c := role(id, slugs...)
	perms := c.Document.(*access.Role).Permissions
	for i := range perms {
		perms[i].Exact = true
	}
	return c
}

// TestWhoseItIs asks of what organization a membership and a resource are.
func TestWhoseItIs(t *testing.T) {
	m, r := membership("om_ana", "ana", access.MembershipPending), registered("page", "")
	snap := engine.New().Apply(1, []access.Change{m, r})
	if org, ok := snap.Membership("om_ana"); org != "org_1" || !ok {
		t.Errorf("the membership is of %q, %v; want org_1", org, ok)
	}
	if org, ok := snap.Resource("page"); org != "org_1" || !ok {
		t.Errorf("the resource is of %q, %v; want org_1", org, ok)
	}
	none := snap.Apply(2, []access.Change{gone(m), gone(r)})
	if _, ok := none.Membership("om_ana"); ok {
		t.Error("a deleted membership is there")
	}
	if _, ok := none.Resource("page"); ok {
		t.Error("a deleted resource is there")
	}
}

// TestParentsAreBounded asks down a chain that is longer than writers let one
// be: as far as they do, and no step farther.
func TestParentsAreBounded(t *testing.T) {
	reach := access.MaxResourceDepth + 1 // from the deepest resource to its organization, and one more
	twin := &naive.State{}
	snap := engine.New().Apply(1, []access.Change{role("reader", "read"), record("r1", "reader", "x0", ana)})
	twin.AllRoles = []*access.Role{{ID: "reader", Permissions: []access.RolePermission{{Action: "read", Allow: true}}}}
	twin.AllRecords = []*access.Record{{ID: "r1", Status: access.RecordActive, Subjects: []access.Subject{ana}, Statements: []access.Statement{
		{Roles: []access.RoleID{"reader"}, Resources: []string{"x0"}},
	}}}
	for i := range 2 * reach {
		r := registered(access.ResourceID(fmt.Sprint("x", i+1)), access.ResourceID(fmt.Sprint("x", i)))
		snap = snap.Apply(2, []access.Change{r})
		twin.AllResources = append(twin.AllResources, r.Document.(*access.Resource))
		q := access.Query{Subject: ana, Permission: "read", Resource: access.ResourceURI(fmt.Sprintf("x%d/lines", i+1))}
		all := snap.Pack()
		for which, snap := range map[string]*engine.Snapshot{
			"as it is": snap, "packed": all, "packed, and a resource more": all.Apply(3, []access.Change{registered("y", "z")}),
		} {
			if got, want := snap.Check(q), i < reach; got != want || twin.Check(q) != want {
				t.Errorf("%d steps below the grant: %s: %v, and by the twin %v; want %v", i+1, which, got, twin.Check(q), want)
			}
			holders := snap.Holders(access.HolderQuery{Permission: "read", Resource: q.Resource}, access.Subject{}, 10)
			if listed := slices.Contains(holders, ana); listed != (i < reach) {
				t.Errorf("%d steps below the grant: %s: the holders are %v", i+1, which, holders)
			}
		}
	}
}

// TestNothingInheritsOntoTheServer registers the server's own resources.
func TestNothingInheritsOntoTheServer(t *testing.T) {
	own := access.ResourceID(access.ReservedPrefix + "Roles")
	changes := []access.Change{
		role("writer", "update"), record("r1", "writer", "mine", ana), record("r2", "writer", string(own), ben),
		registered(own, "mine"), registered("page", own),
	}
	loader := engine.NewLoader()
	loader.Add(changes)
	loaded, err := loader.Snapshot(1)
	if err != nil {
		t.Fatal(err)
	}
	applied := engine.New().Apply(1, changes)
	for which, snap := range map[string]*engine.Snapshot{"applied": applied, "packed": applied.Pack(), "loaded": loaded} {
		if snap.Check(access.Query{Subject: ana, Permission: "update", Resource: access.ResourceURI(own + "/x")}) {
			t.Errorf("%s: whoever holds a resource of an application holds the server's", which)
		}
		if snap.Check(access.Query{Subject: ben, Permission: "update", Resource: "page"}) {
			t.Errorf("%s: whoever holds a resource of the server holds an application's", which)
		}
		if got := snap.Registered(access.RegisteredQuery{Subject: ben, Permission: "update"}, "", 10); len(got) > 0 {
			t.Errorf("%s: the server's resources are listed: %v", which, got)
		}
	}
}

// TestOnlyNamesAreRegistered registers patterns and paths, which no writer does:
// nothing inherits from them or onto them.
func TestOnlyNamesAreRegistered(t *testing.T) {
	snap := engine.New().Apply(1, []access.Change{
		role("reader", "read"), record("r1", "reader", "ns:*", ana), record("r2", "reader", "docs/1", ana), record("r3", "reader", "mine", ana),
		registered("a", "ns:*"), registered("b", "docs/1"), registered("*:x", "mine"), registered("c/1", "mine"), registered("", "mine"),
	})
	for _, uri := range []access.ResourceURI{"a", "b", "*:x", "*:x/1", "c/1", "c", "c/1/2"} {
		if snap.Check(access.Query{Subject: ana, Permission: "read", Resource: uri}) {
			t.Errorf("%s is allowed", uri)
		}
	}
}

// TestManyMembers adds members to a large group, one document each.
func TestManyMembers(t *testing.T) {
	const n, more = 20_000, 500
	changes := []access.Change{role("reader", "read"), members("group_all"), assigned("a1", group("group_all"), "reader", "doc")}
	for i := range n + more {
		id := access.MembershipID(fmt.Sprintf("om_%05d", i))
		changes = append(changes, joins("group_all", id), membership(id, fmt.Sprintf("u%05d", i), access.MembershipActive))
	}
	first := changes[:len(changes)-2*more]
	snap := engine.New().Apply(1, first)

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	snap = snap.Apply(2, changes[len(first):])
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / more; each > n {
		t.Errorf("one more member of a group of %d allocates %d bytes", n, each)
	}

	users := everyUser(snap, "doc", 1000)
	if len(users) != n+more || !slices.IsSortedFunc(users, func(a, b access.Holder) int { return strings.Compare(a.Subject.ID, b.Subject.ID) }) {
		t.Errorf("%d users, or not in order; want %d", len(users), n+more)
	}
	last := access.Query{Subject: user(fmt.Sprintf("u%05d", n+more-1)), Permission: "read", Resource: "doc"}
	if !snap.Check(last) {
		t.Error("who came last is denied")
	}
	snap = snap.Apply(3, []access.Change{gone(members("group_all"))})
	if snap.Check(last) || len(everyUser(snap, "doc", 1000)) > 0 {
		t.Error("the members of a deleted group hold something")
	}
	for i := range changes {
		changes[i].Document = nil
	}
	if got := snap.Apply(4, changes).Leftovers(); got != 0 {
		t.Errorf("after deleting all, the snapshot keeps %d things", got)
	}
}
