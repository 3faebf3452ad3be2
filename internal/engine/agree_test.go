package engine_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/engine/naive"
)

var (
	questions = flag.Int64("questions", 1_000_000, "how many questions to ask, each in five ways")
	firstSeed = flag.Uint64("seed", 1, "seed of the first world; each world after it has the next")
)

// TestAgreesWithNaive builds small worlds out of names that nearly collide,
// changes them, and compares every answer with that of the naive evaluator. To
// repeat a failure, give its seed. For a long run:
//
//	go test ./internal/engine -run Agrees -questions=100000000 -timeout=0
func TestAgreesWithNaive(t *testing.T) {
	enough := *questions
	if testing.Short() {
		enough /= 10
	}
	var asked atomic.Int64
	var seed atomic.Uint64
	seed.Store(*firstSeed)
	for i := range runtime.GOMAXPROCS(0) {
		t.Run(fmt.Sprint("worker", i), func(t *testing.T) {
			t.Parallel()
			for asked.Load() < enough && !t.Failed() {
				w := newWorld(t, seed.Add(1)-1, village)
				w.live()
				asked.Add(w.asked)
			}
		})
	}
}

// Names that nearly collide.
var (
	segments = []string{
		"doc", "docs", "Doc", "1", "10", "ns", "ns:a", "ns:A", "ns:ab", "ns:a:b", "ns:", "ns::b", "ns:a:", "ns:b:b", "Authress:a", "Authress",
	}
	starSegments = []string{"*", "*", "ns:*", "*:a", "*:*", "ns:*:b", "ns:*:*", "*:a:b", "*::b", "*:", "ns::*"}
	actions      = []string{
		"doc", "doc:read", "DOC:Read", "doc:reader", "doc:read:draft", "doc:write", "docs:read", "read",
		"public", "public:x", "doc:*", "doc:*:*", "*", "*:*", "*:read", "*:Read:*", "doc:*:draft", "*:*:draft",
	}
	// slugs nearly collide with one another and with actions.
	slugs = []string{"doc", "doc:read", "doc.read", "doc:*", "doc:", "docs", "*", "*:read", "doc:*:draft", "doc:read:draft", "public"}

	subjectNames = []access.Subject{
		{Kind: access.UserKind, ID: "ana"}, {Kind: access.UserKind, ID: "ben"}, {Kind: access.UserKind, ID: "Ana"},
		{Kind: access.ClientKind, ID: "ana"}, {Kind: access.UserKind, ID: "grp_a"},
		{Kind: access.GroupKind, ID: "grp_a"}, {Kind: access.GroupKind, ID: "grp_b"},
		{Kind: access.GroupKind, ID: "grp_c"}, {Kind: access.GroupKind, ID: "grp_d"},
		{Kind: access.MembershipKind, ID: "om_a"}, {Kind: access.MembershipKind, ID: "om_b"}, {Kind: access.MembershipKind, ID: "om_c"},
		{Kind: access.MembershipKind, ID: "grp_a"}, {Kind: access.UserKind, ID: "om_a"},
	}
	roleNames   = []access.RoleID{"reader", "Reader", "read", "writer", "ghost", "org_1/reader", "org_2/reader", access.OwnerRole}
	groupNames  = []access.GroupID{"grp_a", "grp_b", "grp_c", "grp_d"}
	recordNames = []access.RecordID{"r1", "r2", "r3", "r4", "r5"}

	membershipNames   = []access.MembershipID{"om_a", "om_b", "om_c", "grp_a"}
	membershipStates  = []access.MembershipStatus{access.MembershipActive, access.MembershipActive, access.MembershipInactive, access.MembershipPending, ""}
	assignmentNames   = []access.AssignmentID{"r1", "r2", "a3", "a4", "a5", "a6"}
	resourceNames     = []access.ResourceID{"doc", "docs", "Doc", "1", "10", "ns:a", "ns", "Authress:a"}
	parentNames       = append([]access.ResourceID{"", "docs/1", "*", "ns:*"}, resourceNames...)
	typeNames         = []access.ResourceTypeID{"", "organization", "folder", "Folder"}
	organizationNames = []access.OrganizationID{"", "org_1", "org_2"}
	flagSets          = []access.Flags{access.Allow, access.Grant, access.Delegate, access.Grant | access.Delegate, 0}
)

// cast is what a world is made of.
type cast struct {
	segments    []string
	subjects    []access.Subject
	groups      []access.GroupID
	memberships []access.MembershipID
	resources   []access.ResourceID
	parents     []access.ResourceID
	records     []access.RecordID
	assignments []access.AssignmentID

	first int // changes that the world begins with
	most  int // subjects of a statement
}

// village is a small world out of names that nearly collide.
var village = cast{
	segments: segments, subjects: subjectNames, groups: groupNames, memberships: membershipNames,
	resources: resourceNames, parents: parentNames, records: recordNames, assignments: assignmentNames,
	first: 12, most: 3,
}

// world is a realm in all the forms that must agree.
type world struct {
	*rand.Rand
	cast
	t     *testing.T
	seed  uint64
	asked int64
	docs  map[any]any // the current documents by id

	public []access.ResourceURI // of which there were settings
	snap   *engine.Snapshot
}

// start is an empty realm, in which statements of some sizes have crowds.
func start(seed uint64) *engine.Snapshot { return engine.NewWithCrowds([]int{1000, 0, 2, 4}[seed%4]) }

func newWorld(t *testing.T, seed uint64, of cast) *world {
	return &world{Rand: rand.New(rand.NewPCG(seed, 0)), cast: of, t: t, seed: seed, docs: map[any]any{}, snap: start(seed)}
}

// live changes the world a number of times and asks in between: the snapshot
// that followed every change, one made of all current documents at once, and
// an old one.
func (w *world) live() {
	oldSnap, oldState := w.snap, w.state()
	for round := range 12 {
		changes := make([]access.Change, 1+w.IntN(w.first/3))
		if round == 0 {
			changes = make([]access.Change, w.first)
		}
		for i := range changes {
			changes[i] = w.change()
		}
		w.snap = w.snap.Apply(access.Revision(round+1), changes)
		switch w.IntN(8) {
		case 0, 1:
			w.snap = w.snap.Pack()
		case 2:
			w.snap = w.restored()
		case 3:
			w.snap = w.loaded(w.snap.Revision())
		}
		if got := w.snap.Revision(); got != access.Revision(round+1) {
			w.t.Fatalf("seed %d: the snapshot is of revision %d; want %d", w.seed, got, round+1)
		}
		state := w.state()
		w.compare("the current", w.snap, state, 60)
		switch w.IntN(4) {
		case 0:
			w.compare("a fresh", start(w.seed).Apply(1, w.all()), state, 30)
			w.compare("a loaded", w.loaded(1), state, 30)
		case 1:
			w.compare("an old", oldSnap, oldState, 30)
			oldSnap, oldState = w.snap, state
		case 2:
			w.compare("a saved", w.restored(), state, 30)
		}
	}
	var deleted []access.Change
	for id := range w.docs {
		deleted = append(deleted, access.Change{ID: id})
	}
	if got := w.snap.Apply(99, deleted).Leftovers(); got != 0 {
		w.t.Errorf("seed %d: after deleting all documents, the snapshot keeps %d things", w.seed, got)
	}
}

// restored is the snapshot after it was saved and loaded, and completed with what
// Load says.
func (w *world) restored() *engine.Snapshot {
	var file bytes.Buffer
	if err := w.snap.Save(&file); err != nil {
		w.t.Fatal(err)
	}
	snap, loose, err := engine.Load(&file)
	if err != nil {
		w.t.Fatal(err)
	}
	var changes []access.Change
	for _, c := range w.all() {
		switch c.ID.(type) {
		case access.RoleID, access.ResourceURI, access.RealmID:
			changes = append(changes, c)
		}
	}
	for _, id := range loose {
		changes = append(changes, access.Change{ID: id, Document: w.docs[id]})
	}
	return snap.Apply(snap.Revision(), changes)
}

// loaded is a snapshot made of all current documents, in two portions.
func (w *world) loaded(rev access.Revision) *engine.Snapshot {
	all, loader := w.all(), engine.NewLoader()
	half := w.IntN(len(all) + 1)
	loader.Add(all[:half])
	loader.Add(all[half:])
	snap, err := loader.Snapshot(rev)
	if err != nil {
		w.t.Fatal(err)
	}
	return snap
}

func (w *world) state() *naive.State {
	s := &naive.State{}
	for _, doc := range w.docs {
		switch doc := doc.(type) {
		case *access.Role:
			s.AllRoles = append(s.AllRoles, doc)
		case *access.Group:
			s.AllGroups = append(s.AllGroups, doc)
		case *access.GroupMember:
			s.AllMembers = append(s.AllMembers, doc)
		case *access.Membership:
			s.AllMemberships = append(s.AllMemberships, doc)
		case *access.Resource:
			s.AllResources = append(s.AllResources, doc)
		case *access.Record:
			s.AllRecords = append(s.AllRecords, doc)
		case *access.Assignment:
			s.AllAssignments = append(s.AllAssignments, doc)
		case *access.ResourceSettings:
			if doc.Public {
				s.Public = append(s.Public, doc.Resource)
			}
		case *access.Realm:
			s.Everyone = doc.PublicPermissions
		}
	}
	return s
}

func (w *world) all() []access.Change {
	var all []access.Change
	for id, doc := range w.docs {
		all = append(all, access.Change{ID: id, Document: doc})
	}
	return all
}

// compare asks n questions, each in all ways.
func (w *world) compare(which string, snap *engine.Snapshot, state *naive.State, n int) {
	for i := range n {
		q := w.question()
		need := pick(w, flagSets)
		if i%5 == 0 {
			snap.Warm([]access.Query{q, w.question(), {}})
		}
		ask := func(what string, got, want any) {
			if g, n := fmt.Sprint(got), fmt.Sprint(want); g != n {
				w.t.Fatalf("-seed=%d: %s snapshot: %s of %v = %s; want %s, with\n%s", w.seed, which, what, q, g, n, w)
			}
		}
		if got, want := snap.Check(q), state.Check(q); got != want {
			ask("Check", got, want)
		}
		if got, want := snap.Holds(q, need), state.Holds(q, need); got != want {
			ask(fmt.Sprint("Holds ", need), got, want)
		}
		if got, want := snap.HoldsDirectly(q, need), state.HoldsDirectly(q, need); got != want {
			ask(fmt.Sprint("HoldsDirectly ", need), got, want)
		}
		if got, want := snap.HasGrants(q.Subject), state.HasGrants(q.Subject); got != want {
			ask("HasGrants", got, want)
		}
		if got, want := snap.Permissions(q.Subject, q.Resource), state.Permissions(q.Subject, q.Resource); !slices.Equal(got, want) {
			ask("Permissions", got, want)
		}
		if got, want := snap.Roles(q.Subject, q.Resource), state.Roles(q.Subject, q.Resource); !slices.Equal(got, want) {
			ask("Roles", got, want)
		}
		w.compareLists(snap, state, q, ask)
		w.compareOrganizations(snap, state, ask)
		w.asked++
	}
}

// compareOrganizations asks of what organization a membership and a resource are.
func (w *world) compareOrganizations(snap *engine.Snapshot, state *naive.State, ask func(what string, got, want any)) {
	m, r := pick(w, w.memberships), pick(w, w.resources)
	var want access.OrganizationID
	i := slices.IndexFunc(state.AllMemberships, func(doc *access.Membership) bool { return doc.ID == m })
	if i >= 0 {
		want = state.AllMemberships[i].Organization
	}
	if got, ok := snap.Membership(m); got != want || ok != (i >= 0) {
		ask(fmt.Sprint("Membership ", m), fmt.Sprint(got, ok), fmt.Sprint(want, i >= 0))
	}
	want = ""
	i = slices.IndexFunc(state.AllResources, func(doc *access.Resource) bool {
		return doc.ID == r && !strings.HasPrefix(string(r), access.ReservedPrefix)
	})
	if i >= 0 {
		want = state.AllResources[i].Organization
	}
	if got, ok := snap.Resource(r); got != want || ok != (i >= 0) {
		ask(fmt.Sprint("Resource ", r), fmt.Sprint(got, ok), fmt.Sprint(want, i >= 0))
	}
}

// compareLists asks for a page of each list, now and then.
func (w *world) compareLists(snap *engine.Snapshot, state *naive.State, q access.Query, ask func(what string, got, want any)) {
	limit := 1 + w.IntN(5)
	switch w.IntN(16) {
	case 0, 1:
		list := access.ResourceQuery{Subject: q.Subject, Permission: q.Permission, Within: q.Resource, Nested: w.IntN(2) == 0}
		if w.IntN(3) == 0 {
			list.Permission = ""
		}
		switch w.IntN(4) { // mostly something that holds what was asked for
		case 0:
			list.Within = "*"
		case 1, 2:
			segs := strings.Split(string(q.Resource), "/")
			segs[w.IntN(len(segs))] = "*"
			list.Within = access.ResourceURI(strings.Join(segs[:max(1, len(segs)-w.IntN(2))], "/"))
		}
		var after access.ResourceURI
		if all := state.Resources(list, "", 1000); len(all) > 0 && w.IntN(2) == 0 {
			after = pick(w, all)
			after = after[:len(after)-w.IntN(2)]
		}
		if got, want := complete(snap).Resources(list, after, limit), state.Resources(list, after, limit); !slices.Equal(got, want) {
			ask(fmt.Sprintf("%d Resources after %q by %+v", limit, after, list), got, want)
		}
	case 2:
		after := pick(w, append(w.subjects, access.Subject{}))
		if got, want := snap.Users(q.Resource, after, limit), state.Users(q.Resource, after, limit); !slices.EqualFunc(got, want, sameHolder) {
			ask(fmt.Sprintf("%d Users after %q", limit, after), got, want)
		}
	case 3, 4:
		list := access.RegisteredQuery{Subject: q.Subject, Permission: q.Permission, Literal: q.Literal}
		if w.IntN(3) == 0 {
			list.Type = pick(w, typeNames)
		}
		if w.IntN(3) == 0 {
			list.Organization = pick(w, organizationNames)
		}
		after := pick(w, append(w.resources, "", "", "ns"))
		if got, want := snap.Registered(list, after, limit), state.Registered(list, after, limit); !slices.Equal(got, want) {
			ask(fmt.Sprintf("%d Registered after %q by %+v", limit, after, list), got, want)
		}
	case 5, 6:
		list := access.HolderQuery{Permission: q.Permission, Resource: q.Resource, Literal: q.Literal}
		after := pick(w, append(w.subjects, access.Subject{}, access.Subject{}))
		if got, want := snap.Holders(list, after, limit), state.Holders(list, after, limit); !slices.Equal(got, want) {
			ask(fmt.Sprintf("%d Holders after %q by %+v", limit, after, list), got, want)
		}
	}
}

func sameHolder(a, b access.Holder) bool {
	return a.Subject == b.Subject && slices.Equal(a.Roles, b.Roles)
}

// change makes a random change, which every form of the world must follow.
func (w *world) change() access.Change {
	var c access.Change
	switch w.IntN(40) {
	case 0, 1, 2, 3:
		c = w.role()
	case 4, 5, 6, 7:
		c = w.group()
	case 8:
		uri := access.ResourceURI(w.uri(4))
		if len(w.public) > 2 {
			uri = pick(w, w.public) // so that some are made private again
		}
		w.public = append(w.public, uri)
		c = access.Change{ID: uri, Document: &access.ResourceSettings{Resource: uri, Public: w.IntN(3) > 0, Claim: w.IntN(2) == 0}}
	case 9:
		r := &access.Realm{ID: "realm"}
		for _, a := range some(w, actions, 2) {
			r.PublicPermissions = append(r.PublicPermissions, permission(a))
		}
		c = access.Change{ID: r.ID, Document: r}
	case 10, 11, 12, 13:
		m := &access.Membership{ID: pick(w, w.memberships), User: pick(w, w.subjects).ID, Organization: pick(w, organizationNames), Status: pick(w, membershipStates)}
		if old, ok := w.docs[m.ID].(*access.Membership); ok && w.IntN(2) == 0 {
			m.User = old.User // only its status changes
		}
		c = access.Change{ID: m.ID, Document: m}
	case 14, 15, 16:
		m := &access.GroupMember{Group: pick(w, w.groups), Membership: pick(w, w.memberships)}
		c = access.Change{ID: m.ID(), Document: m}
	case 17, 18, 19, 20, 21:
		r := &access.Resource{ID: pick(w, w.resources), Parent: pick(w, w.parents), Type: pick(w, typeNames), Organization: pick(w, organizationNames)}
		c = access.Change{ID: r.ID, Document: r}
	case 22, 23, 24, 25, 26:
		a := &access.Assignment{ID: pick(w, w.assignments), Subject: pick(w, w.subjects), Role: pick(w, roleNames), Resource: pick(w, w.resources)}
		c = access.Change{ID: a.ID, Document: a}
	default:
		c = w.record()
	}
	if w.IntN(6) == 0 {
		c.Document = nil
	}
	if c.Document == nil {
		delete(w.docs, c.ID)
	} else {
		w.docs[c.ID] = c.Document
	}
	return c
}

func (w *world) role() access.Change {
	r := &access.Role{ID: pick(w, roleNames)}
	if r.ID == "ghost" { // is never created
		r.ID = "reader"
	}
	for range w.IntN(5) {
		p := access.RolePermission{Action: pick(w, actions), Allow: w.IntN(3) > 0, Grant: w.IntN(3) == 0, Delegate: w.IntN(4) == 0}
		if w.IntN(3) == 0 {
			p.Action, p.Exact = pick(w, slugs), true
		}
		r.Permissions = append(r.Permissions, p)
	}
	return access.Change{ID: r.ID, Document: r}
}

func (w *world) group() access.Change {
	g := &access.Group{ID: pick(w, w.groups), Members: some(w, w.subjects, w.most+1), Admins: some(w, w.subjects, 2)}
	return access.Change{ID: g.ID, Document: g}
}

func (w *world) record() access.Change {
	r := &access.Record{ID: pick(w, w.records), Status: access.RecordActive, Admins: some(w, w.subjects, 2)}
	if old, ok := w.docs[r.ID].(*access.Record); ok && w.IntN(2) == 0 { // edit rather than replace
		*r = *old
		r.Statements = slices.Clone(old.Statements)
		i := w.IntN(len(r.Statements))
		switch w.IntN(5) {
		case 0:
			r.Statements[i].Resources = w.statementResources()
		case 1:
			r.Statements[i].Subjects = some(w, w.subjects, w.most)
		case 2:
			r.Statements[i].Roles = some(w, roleNames, 3)
		case 3:
			r.Subjects = some(w, w.subjects, w.most)
		case 4:
			r.Status = access.RecordDeleted
		}
		return access.Change{ID: r.ID, Document: r}
	}
	if w.IntN(2) == 0 {
		r.Subjects = some(w, w.subjects, w.most)
	}
	for range 1 + w.IntN(3) {
		st := access.Statement{Roles: some(w, roleNames, 3), Resources: w.statementResources()}
		if len(r.Subjects) == 0 || w.IntN(8) == 0 { // both is invalid; the engine takes their union
			st.Subjects = some(w, w.subjects, w.most)
		}
		r.Statements = append(r.Statements, st)
	}
	if w.IntN(8) == 0 {
		r.Status = access.RecordDeleted
	}
	return access.Change{ID: r.ID, Document: r}
}

func (w *world) statementResources() []string {
	var all []string
	for range 1 + w.IntN(2) {
		uri := w.uri(4)
		switch w.IntN(6) {
		case 0:
			uri = "/" + uri
		case 1:
			uri += "/"
		}
		all = append(all, uri)
	}
	return all
}

// uri makes a resource in which about one segment of four has a star.
func (w *world) uri(oneIn int) string {
	var uri []string
	for range 1 + w.IntN(3) {
		if w.IntN(oneIn) == 0 {
			uri = append(uri, pick(w, starSegments))
		} else {
			uri = append(uri, pick(w, w.segments))
		}
	}
	if strings.Count(strings.Join(uri, "/"), "*") > access.MaxURIWildcards {
		return w.uri(oneIn)
	}
	return strings.Join(uri, "/")
}

// question is mostly about what some record or assignment gives, or near it.
func (w *world) question() access.Query {
	q := access.Query{Subject: pick(w, w.subjects), Permission: permission(pick(w, actions)), Literal: w.IntN(3) == 0}
	if w.IntN(8) == 0 {
		q.Permission = access.Permission(pick(w, slugs))
	}
	if len(w.public) > 0 && w.IntN(16) == 0 {
		q.Resource = w.near(string(pick(w, w.public)))
		return q
	}
	uri, to, roles, ok := w.granted()
	if !ok || w.IntN(8) == 0 {
		q.Resource = access.ResourceURI(w.uri(6))
		return q
	}
	q.Resource = w.near(uri)
	if len(to) > 0 && w.IntN(3) > 0 {
		q.Subject = w.within(pick(w, to))
	}
	if len(roles) > 0 && w.IntN(2) > 0 {
		if r, ok := w.docs[pick(w, roles)].(*access.Role); ok && len(r.Permissions) > 0 {
			q.Permission = permission(pick(w, r.Permissions).Action)
		}
	}
	return q
}

// granted picks what a record or an assignment gives, and to whom.
func (w *world) granted() (uri string, to []access.Subject, roles []access.RoleID, ok bool) {
	if w.IntN(3) == 0 {
		a, ok := w.docs[pick(w, w.assignments)].(*access.Assignment)
		if !ok {
			return "", nil, nil, false
		}
		return w.under(string(a.Resource)), []access.Subject{a.Subject}, []access.RoleID{a.Role}, true
	}
	rec, ok := w.docs[pick(w, w.records)].(*access.Record)
	if !ok {
		return "", nil, nil, false
	}
	st := pick(w, rec.Statements)
	return w.under(pick(w, st.Resources)), slices.Concat(rec.Subjects, st.Subjects), st.Roles, true
}

// under picks a registered resource that is stored under the granted one, if it
// finds one and does not stay.
func (w *world) under(granted string) string {
	for w.IntN(2) == 0 {
		r, ok := w.docs[pick(w, w.resources)].(*access.Resource)
		if ok && string(r.Parent) == strings.Trim(granted, "/") {
			granted = string(r.ID)
		}
	}
	return granted
}

// within picks somebody through whom, or as whom, the subject is met.
func (w *world) within(sub access.Subject) access.Subject {
	if g, ok := w.docs[access.GroupID(sub.ID)].(*access.Group); ok && w.IntN(2) > 0 {
		if len(g.Members) > 0 {
			sub = pick(w, g.Members)
		}
		m := access.GroupMember{Group: g.ID, Membership: pick(w, w.memberships)}
		if w.docs[m.ID()] != nil {
			sub = access.Subject{Kind: access.MembershipKind, ID: string(m.Membership)}
		}
	}
	if m, ok := w.docs[access.MembershipID(sub.ID)].(*access.Membership); ok && w.IntN(2) > 0 {
		return m.UserSubject()
	}
	return sub
}

// near makes a resource out of a granted one: that itself, one that it covers,
// or one that it just does not.
func (w *world) near(granted string) access.ResourceURI {
	uri := strings.Split(strings.Trim(granted, "/"), "/")
	for i, seg := range uri {
		if strings.Contains(seg, "*") && w.IntN(4) > 0 || w.IntN(10) == 0 {
			uri[i] = pick(w, w.segments)
		}
	}
	switch w.IntN(6) {
	case 0:
		uri = append(uri, pick(w, w.segments))
	case 1:
		uri = append(uri, pick(w, starSegments))
	case 2:
		uri = uri[:max(1, len(uri)-1)]
	}
	return access.ResourceURI(strings.Join(uri, "/"))
}

// permission is the form of an action that is compared.
func permission(action string) access.Permission { return access.Permission(strings.ToLower(action)) }

// String is the documents, for a failure.
func (w *world) String() string {
	var lines []string
	for _, doc := range w.docs {
		lines = append(lines, fmt.Sprintf("  %+v\n", doc))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func pick[T any](w *world, from []T) T { return from[w.IntN(len(from))] }

// some picks up to n, sometimes one of them twice.
func some[T any](w *world, from []T, n int) []T {
	var all []T
	for range w.IntN(n + 1) {
		all = append(all, pick(w, from))
	}
	return all
}
