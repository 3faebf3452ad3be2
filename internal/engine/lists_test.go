package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
)

// everythingBelow pages through a list to its end.
func everythingBelow(snap *engine.Snapshot, q access.ResourceQuery, limit int) []access.ResourceURI {
	var all []access.ResourceURI
	after := access.ResourceURI("")
	for range 10_000 { // more pages than any list of these tests has
		page := complete(snap).Resources(q, after, limit)
		all = append(all, page...)
		if len(page) < limit {
			break
		}
		after = page[limit-1]
	}
	return all
}

func everyUser(snap *engine.Snapshot, uri access.ResourceURI, limit int) []access.Holder {
	var all []access.Holder
	after := access.Subject{}
	for range 10_000 {
		page := snap.Users(uri, after, limit)
		all = append(all, page...)
		if len(page) < limit {
			break
		}
		after = page[limit-1].Subject
	}
	return all
}

// TestMeetIsTheIntersection asks, for every pair of segments, whether what they
// have in common covers exactly what both cover.
func TestMeetIsTheIntersection(t *testing.T) {
	var patterns []string
	parts := []string{"a", "b", "", "*"}
	for _, p := range []string{"a", "b", "*"} {
		patterns = append(patterns, p)
		for _, q := range parts {
			patterns = append(patterns, p+":"+q)
			for _, r := range parts {
				patterns = append(patterns, p+":"+q+":"+r)
			}
		}
	}
	patterns = append(patterns, "a:*:*:b", "*:*:*:*", "a::*:b")
	names := []string{"a", "b", "c"} // of up to five parts
	for i := 0; len(strings.Split(names[i], ":")) < 5; i++ {
		for _, p := range []string{"a", "b", "c", ""} {
			names = append(names, names[i]+":"+p)
		}
	}
	covers := make(map[string]map[string]bool) // by pattern and name
	learn := func(p string) {
		snap := engine.New().Apply(1, []access.Change{record("r1", access.OwnerRole, "x/"+p+"/y", ana)})
		covers[p] = map[string]bool{}
		for _, n := range names {
			covers[p][n] = snap.Check(access.Query{Subject: ana, Permission: "read", Resource: access.ResourceURI("x/" + n + "/y")})
		}
	}
	for _, p := range patterns {
		learn(p)
	}
	for _, p := range patterns {
		for _, q := range patterns {
			both, ok := engine.Meet(p, q)
			if ok && covers[both] == nil {
				learn(both)
			}
			for _, n := range names {
				if got, want := ok && covers[both][n], covers[p][n] && covers[q][n]; got != want {
					t.Fatalf("meet(%q, %q) = %q, %v, covers %q: %v; want %v", p, q, both, ok, n, got, want)
				}
			}
		}
	}
}

// TestListsAgreeWithChecks holds the laws of lists in small worlds: every answer
// passes its check, every granted resource that passes it is an answer, a
// pattern is wide enough, users and roles are two views of one thing, and pages
// of any size make the same whole.
func TestListsAgreeWithChecks(t *testing.T) {
	for seed := range uint64(60) {
		w := newWorld(t, seed, village)
		var changes []access.Change
		for range 40 {
			changes = append(changes, w.change())
		}
		snap := w.snap.Apply(1, changes)
		state := w.state()
		var granted []access.ResourceURI
		for _, a := range state.AllAssignments {
			granted = append(granted, access.ResourceURI(a.Resource))
		}
		for _, r := range state.AllRecords {
			for _, st := range r.Statements {
				for _, uri := range st.Resources {
					granted = append(granted, access.ResourceURI(strings.Trim(uri, "/")))
				}
			}
		}
		for _, sub := range subjectNames {
			q := access.ResourceQuery{Subject: sub, Within: "*", Nested: true, Permission: permission(pick(w, actions))}
			all := everythingBelow(snap, q, 1000)
			for _, uri := range all {
				if !snap.Check(access.Query{Subject: sub, Permission: q.Permission, Resource: uri}) {
					t.Fatalf("seed %d: %v is listed by %+v and denied", seed, uri, q)
				}
			}
			for limit := 1; limit <= len(all)+1; limit++ {
				if got := everythingBelow(snap, q, limit); !slices.Equal(got, all) {
					t.Fatalf("seed %d: %+v in pages of %d = %v; want %v", seed, q, limit, got, all)
				}
			}
			for _, uri := range granted {
				to := len(snap.Roles(sub, uri)) > 0
				if allowed := snap.Check(access.Query{Subject: sub, Permission: q.Permission, Resource: uri}); to && allowed != slices.Contains(all, uri) {
					t.Fatalf("seed %d: %v is allowed: %v, and listed by %+v is %v", seed, uri, allowed, q, all)
				}
				users := everyUser(snap, uri, 1+w.IntN(3))
				i := slices.IndexFunc(users, func(h access.Holder) bool { return h.Subject == sub })
				if sub.Kind != access.GroupKind && sub.Kind != access.MembershipKind && to != (i >= 0) || i >= 0 && !slices.Equal(users[i].Roles, snap.Roles(sub, uri)) {
					t.Fatalf("seed %d: users of %s are %v; want %v with %v", seed, uri, users, sub, snap.Roles(sub, uri))
				}
			}
			w.compareWithin(snap, q, all)
		}
	}
}

// compareWithin holds that a list of a collection says of every resource in it
// what the list of everything says. Below a registered resource it may say more:
// a pattern that crosses into it is listed there as what they have in common,
// and that may be held by a parent that is stored.
func (w *world) compareWithin(snap *engine.Snapshot, q access.ResourceQuery, all []access.ResourceURI) {
	q.Within = access.ResourceURI(w.uri(3))
	some := everythingBelow(snap, q, 2)
	in := string(q.Within)
	if in != "*" && !strings.HasSuffix(in, "/*") {
		in += "/*"
	}
	for range 200 {
		uri := access.ResourceURI(w.uri(1000))
		if len(all) > 0 {
			uri = w.near(string(pick(w, all)))
		}
		first, _, _ := strings.Cut(string(uri), "/")
		if w.docs[access.ResourceID(first)] != nil {
			continue
		}
		if !uri.HasWildcard() && covered([]access.ResourceURI{access.ResourceURI(in)}, uri) && covered(all, uri) != covered(some, uri) {
			w.t.Fatalf("seed %d: %+v = %v, and of everything %v, which do not agree on %s", w.seed, q, some, all, uri)
		}
	}
}

func covered(by []access.ResourceURI, uri access.ResourceURI) bool {
	var changes []access.Change
	for i, b := range by {
		changes = append(changes, record(access.RecordID(fmt.Sprint("r", i)), access.OwnerRole, string(b), ana))
	}
	return engine.New().Apply(1, changes).Check(access.Query{Subject: ana, Permission: "x", Resource: uri})
}

// TestLongLists pages through many resources of one user and many users of one
// resource.
func TestLongLists(t *testing.T) {
	const n = 2500
	changes := []access.Change{role("reader", "read"), members("grp_a", ben)}
	var uris []access.ResourceURI
	var ids []string
	wide := record("wide", "reader", "docs/0", ben, group("grp_a"), user("v0"))
	for i := range n {
		uri, id := fmt.Sprintf("docs/%d", i), fmt.Sprint("u", i)
		changes = append(changes, record(access.RecordID(fmt.Sprint("r", i)), "reader", uri, ana),
			record(access.RecordID(fmt.Sprint("s", i)), "reader", "shared", user(id)))
		uris, ids = append(uris, access.ResourceURI(uri)), append(ids, id)
		doc := wide.Document.(*access.Record)
		doc.Subjects = append(doc.Subjects, user(id))
	}
	slices.Sort(uris)
	slices.Sort(ids)
	rand.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
	snap := engine.New().Apply(1, append(changes, wide))
	packed := snap.Pack()
	for _, q := range []access.ResourceQuery{
		{Subject: ana, Within: "docs", Permission: "read"}, {Subject: ana, Within: "docs/*"}, {Subject: ana}, {Subject: ana, Nested: true, Within: "docs"},
	} {
		for _, limit := range []int{7, 500, 10_000} {
			if got := everythingBelow(snap, q, limit); !slices.Equal(got, uris) {
				t.Errorf("%+v in pages of %d: %d resources, not the %d in order", q, limit, len(got), n)
			}
			if limit == 7 {
				continue // each page of what is packed sorts what is behind it
			}
			if got := everythingBelow(packed, q, limit); !slices.Equal(got, uris) {
				t.Errorf("packed: %+v in pages of %d: %d resources, not the %d in order", q, limit, len(got), n)
			}
		}
	}
	idsOf := func(users []access.Holder) (ids []string) {
		for _, u := range users {
			ids = append(ids, u.Subject.ID)
		}
		return ids
	}
	if got := idsOf(everyUser(snap, "shared", 700)); !slices.Equal(got, ids) {
		t.Errorf("%d users of shared, not the %d in order", len(got), n)
	}
	if got := idsOf(everyUser(snap, "docs/0", 700)); len(got) != n+3 || got[0] != "ana" || got[1] != "ben" || got[n+2] != "v0" {
		t.Errorf("%d users of docs/0, not the %d in order", len(got), n+3)
	}
	half := make([]access.Change, 0, n)
	for i := range n / 2 {
		half = append(half, access.Change{ID: access.RecordID(fmt.Sprint("s", i))})
	}
	if got := everyUser(snap.Apply(2, half), "shared", 700); len(got) != n-n/2 {
		t.Errorf("%d users of shared after deleting half; want %d", len(got), n-n/2)
	}
}

// TestListOfPrefixes goes on with a list behind a resource that is longer than a
// thousand others which it begins with, and of which it lists what is below.
func TestListOfPrefixes(t *testing.T) {
	changes := []access.Change{role("reader", "read")}
	var want []access.ResourceURI
	for n := range access.MaxURILen - 2 {
		uri := "a" + strings.Repeat("-", n)
		changes = append(changes, record(access.RecordID(fmt.Sprint("r", n)), "reader", uri, ana))
		want = append(want, access.ResourceURI(uri))
		if len(uri+"/*") <= access.MaxURILen {
			changes = append(changes, record(access.RecordID(fmt.Sprint("s", n)), "reader", uri+"/*", ana))
			want = append(want, access.ResourceURI(uri+"/*"))
		}
	}
	changes, want = append(changes, record("last", "reader", "b", ana)), append(want, "b")
	slices.Sort(want)
	snap := engine.New().Apply(1, changes).Pack()
	for _, limit := range []int{101, 10_000} {
		got := everythingBelow(snap, access.ResourceQuery{Subject: ana, Permission: "read", Within: "*", Nested: true}, limit)
		if !slices.Equal(got, want) {
			t.Errorf("in pages of %d: %d resources, not the %d in order", limit, len(got), len(want))
		}
	}
}

// TestNoAnswerIsTooLong crosses two patterns that have in common only what no
// resource can be.
func TestNoAnswerIsTooLong(t *testing.T) {
	half := strings.Repeat("a", access.MaxURILen/2)
	snap := engine.New().Apply(1, []access.Change{record("r1", access.OwnerRole, "*/"+half+"/x", ana), record("r2", access.OwnerRole, half+"/b", ana)})
	for _, q := range []access.ResourceQuery{
		{Subject: ana, Within: access.ResourceURI(half)},
		{Subject: ana, Within: access.ResourceURI(half), Nested: true},
		{Subject: ana, Within: access.ResourceURI(half + "/*/*"), Nested: true},
	} {
		for _, uri := range complete(snap).Resources(q, "", 10) {
			if _, err := access.ParseResourceURI(string(uri)); err != nil {
				t.Errorf("%+v lists %s: %v", q, uri, err)
			}
		}
	}
	q := access.ResourceQuery{Subject: ana, Within: "*/" + access.ResourceURI(half), Nested: true}
	if got := complete(snap).Resources(q, "", 10); len(got) != 1 {
		t.Errorf("%+v lists %v; want the granted pattern", q, got)
	}
}

// TestPublicLife follows what one resource gives everyone.
func TestPublicLife(t *testing.T) {
	settings := func(uri access.ResourceURI, public bool) access.Change {
		return access.Change{ID: uri, Document: &access.ResourceSettings{Resource: uri, Public: public, Claim: !public}}
	}
	realm := func(more ...access.Permission) access.Change {
		return access.Change{ID: access.RealmID("r"), Document: &access.Realm{PublicPermissions: more}}
	}
	snap := engine.New()
	for i, tt := range []struct {
		what         string
		change       access.Change
		public, read bool // what ana may on docs/1
	}{
		{"claims are let", settings("docs/1", false), false, false},
		{"it becomes public", settings("docs/1", true), true, false},
		{"it becomes so again", settings("docs/1", true), true, false},
		{"the realm adds reading", realm("docs:read"), true, true},
		{"the realm adds something else", realm("docs:list"), true, false},
		{"the realm adds reading of all", realm("*:read"), true, true},
		{"somebody writes what everyone holds", role(engine.PublicRole, "docs:write"), true, true},
		{"its parent becomes public", settings("docs/*", true), true, true},
		{"it does not stay public", settings("docs/1", false), true, true},
		{"its parent is deleted", access.Change{ID: access.ResourceURI("docs/*")}, false, false},
		{"the collection becomes public", settings("docs", true), true, true},
		{"the realm is deleted", access.Change{ID: access.RealmID("r")}, true, false},
		{"the collection is not public", settings("docs", false), false, false},
		{"what is no resource becomes public", settings("/docs/", true), false, false},
		{"a record gives what everyone holds", record("r1", engine.PublicRole, "docs", ana), false, false},
	} {
		snap = snap.Apply(access.Revision(i+1), []access.Change{tt.change})
		for do, want := range map[access.Permission]bool{"public": tt.public, "docs:read": tt.read, "docs:write": false} {
			if got := snap.Check(access.Query{Subject: ana, Permission: do, Resource: "docs/1"}); got != want {
				t.Errorf("after %s: %s = %v; want %v", tt.what, do, got, want)
			}
		}
		if snap.HasGrants(ben) || snap.Check(access.Query{Subject: group("grp_a"), Permission: "public", Resource: "docs/1"}) {
			t.Errorf("after %s: ben has grants, or a group is everyone", tt.what)
		}
	}
}

// TestListsAreBounded: a list that looks at much in vain stops, says where, and
// goes on from there to the same whole.
func TestListsAreBounded(t *testing.T) {
	changes := []access.Change{role("reader", "read"), role("writer", "write")}
	for i := range 500 {
		r := access.RoleID("writer")
		if i%50 == 49 {
			r = "reader"
		}
		changes = append(changes, record(access.RecordID(fmt.Sprint("r", i)), r, fmt.Sprintf("docs/%03d", i), ana))
	}
	snap := engine.New().Apply(1, changes)
	q := access.ResourceQuery{Subject: ana, Within: "docs", Permission: "read"}
	want := everythingBelow(snap, q, 100)
	if len(want) != 10 {
		t.Fatalf("%d resources, want 10", len(want))
	}
	for _, reach := range []int{0, 1, 7, 48, 49, 490, 491, 1000} {
		var got []access.ResourceURI
		pages := 0
		for after := access.ResourceURI(""); ; pages++ {
			found, stopped := snap.Resources(q, after, 100, reach)
			if got = append(got, found...); stopped == "" {
				break
			}
			if stopped <= after {
				t.Fatalf("reach %d: stopped at %s after %s", reach, stopped, after)
			}
			after = stopped
		}
		if !slices.Equal(got, want) || pages != 490/(reach+1) {
			t.Errorf("reach %d: %v in %d pages, want %v in %d", reach, got, pages, want, 490/(reach+1))
		}
	}
}

// complete is the snapshot with lists that do not stop, like the twin's.
func complete(snap *engine.Snapshot) engine.Complete { return engine.Complete{Snapshot: snap} }
