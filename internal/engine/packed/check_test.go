package packed

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
)

func saved(t *testing.T, b *Base) *Base {
	t.Helper()
	var file bytes.Buffer
	if err := b.Save(&file); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(&file)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// check holds that a Base says what the model says, of all subjects and resources
// that ever were.
func check(t *testing.T, which string, b *Base, m *model, c *churn) {
	t.Helper()
	checkRows(t, which, b, m, c)
	checkHolders(t, which, b, m, c)
	checkPlaces(t, which, b, m, c)
	checkStates(t, which, b, m, c)
	checkResources(t, which, b, m, c)
	with := 0
	for _, r := range m.registered {
		if r.parent != "" {
			with++
		}
	}
	if got, want := b.Len(), len(m.rows)+len(m.places)+with; got != want {
		t.Fatalf("%s: Len = %d; want %d", which, got, want)
	}
	if msg := wrong(b); msg != "" {
		t.Fatalf("%s: %s", which, msg)
	}
}

func checkRows(t *testing.T, which string, b *Base, m *model, c *churn) {
	t.Helper()
	type pair struct {
		sub access.Subject
		uri access.ResourceURI
	}
	want, of := map[pair]map[modelRow]bool{}, map[access.Subject]int{}
	docs := map[Digest]string{}
	for r := range m.rows {
		p := pair{r.sub, r.uri}
		if want[p] == nil {
			want[p] = map[modelRow]bool{}
		}
		want[p][r] = true
		of[r.sub]++
		d := b.Digest(r.doc[0], r.doc[1:])
		docs[d] = r.doc
		if !b.May(d) {
			t.Fatalf("%s: the base says that it has nothing of %s", which, r.doc)
		}
	}
	for sub := range c.subjects {
		all := b.Rows(b.Subject(sub))
		if got := int(all.To - all.From); got != of[sub] || all.Empty() != (got == 0) {
			t.Fatalf("%s: %v has %d rows; want %d", which, sub, got, of[sub])
		}
		for uri := range c.resources {
			got, node := map[modelRow]bool{}, b.Node(uri)
			on := b.On(all, node)
			for row := on.From; row < on.To; row++ {
				if b.NodeOf(row) != node {
					t.Fatalf("%s: a row of %v on %q is on another node", which, sub, uri)
				}
				got[modelRow{sub, b.URI(b.NodeOf(row)), b.Below(row), b.Roles(row), docs[b.Doc(row)], b.Statement(row)}] = true
			}
			if !maps.Equal(got, want[pair{sub, uri}]) {
				t.Fatalf("%s: %v on %q has %v; want %v", which, sub, uri, got, want[pair{sub, uri}])
			}
		}
	}
}

func checkHolders(t *testing.T, which string, b *Base, m *model, c *churn) {
	t.Helper()
	want := map[access.ResourceURI]map[access.Subject]bool{}
	for uri := range c.resources {
		want[uri] = map[access.Subject]bool{}
	}
	for r := range m.rows {
		want[r.uri][r.sub] = true
	}
	for uri, subs := range want {
		got := map[access.Subject]bool{}
		holders := b.Holders(b.Node(uri))
		for _, n := range holders {
			got[b.SubjectAt(n)] = true
		}
		if !maps.Equal(got, subs) || len(holders) != len(subs) {
			t.Fatalf("%s: on %q has %v; want %v, each once", which, uri, got, subs)
		}
	}
}

func checkPlaces(t *testing.T, which string, b *Base, m *model, c *churn) {
	t.Helper()
	got, members := map[modelPlace]bool{}, map[modelPlace]bool{}
	for sub := range c.subjects {
		n := b.Subject(sub)
		for id, p := range b.Places(n) {
			got[modelPlace{sub, b.SubjectAt(p.In()), p.Joined()}] = true
			if found, ok := b.PlaceOf(n, p.In(), p.Joined()); !ok || found != id {
				t.Fatalf("%s: the place %d of %v is found as %d, %v", which, id, sub, found, ok)
			}
		}
		for member, joined := range b.Members(n) {
			members[modelPlace{b.SubjectAt(member), sub, joined}] = true
		}
	}
	if !maps.Equal(got, m.places) {
		t.Fatalf("%s: the places are %v; want %v", which, got, m.places)
	}
	if !maps.Equal(members, m.places) {
		t.Fatalf("%s: the members are %v; want %v", which, members, m.places)
	}
	for p := range m.places {
		other := modelPlace{p.sub, p.in, !p.joined}
		if _, ok := b.PlaceOf(b.Subject(p.sub), b.Subject(p.in), other.joined); ok != m.places[other] {
			t.Fatalf("%s: %v is there: %v; want %v", which, other, ok, m.places[other])
		}
	}
}

func checkStates(t *testing.T, which string, b *Base, m *model, c *churn) {
	t.Helper()
	for sub := range c.subjects {
		n := b.Subject(sub)
		if n != 0 && (b.SubjectAt(n) != sub || b.SubjectKind(n) != sub.Kind) {
			t.Fatalf("%s: %v has the number of %v, which is a %s", which, sub, b.SubjectAt(n), b.SubjectKind(n))
		}
		member, isMember := m.memberships[access.MembershipID(sub.ID)]
		isMember = isMember && sub.Kind == access.MembershipKind
		exists := isMember || sub.Kind == access.GroupKind && m.groups[access.GroupID(sub.ID)]
		if got := b.Exists(n); got != exists {
			t.Fatalf("%s: %v exists: %v; want %v", which, sub, got, exists)
		}
		if got, want := b.Active(n), isMember && member.active; got != want {
			t.Fatalf("%s: %v is active: %v; want %v", which, sub, got, want)
		}
		if !isMember {
			continue
		}
		got, ok := b.Membership(n)
		if want := (Membership{b.Subject(member.user), member.org, member.active}); !ok || got != want || got.User == 0 {
			t.Fatalf("%s: %v is %v, %v; want %v", which, sub, got, ok, want)
		}
	}
}

func checkResources(t *testing.T, which string, b *Base, m *model, c *churn) {
	t.Helper()
	children := map[access.ResourceURI][]access.ResourceURI{}
	for uri, r := range m.registered {
		if r.parent != "" {
			children[r.parent] = append(children[r.parent], uri)
		}
	}
	for uri := range c.resources {
		n := b.Node(uri)
		want, exists := m.registered[uri]
		if kind, ok := b.Registered(n); ok != exists || kind != want.kind {
			t.Fatalf("%s: %q is %v, %v; want %v, %v", which, uri, kind, ok, want.kind, exists)
		}
		if got := b.Parent(n); got != 0 && b.URI(got) != want.parent || got == 0 && want.parent != "" {
			t.Fatalf("%s: the parent of %q is the node %d; want %q", which, uri, got, want.parent)
		}
		if exists && n >= b.Registerable() {
			t.Fatalf("%s: %q is registered, and not below %d", which, uri, b.Registerable())
		}
		var got []access.ResourceURI
		for _, child := range b.Children(n) {
			got = append(got, b.URI(child))
		}
		slices.Sort(got)
		slices.Sort(children[uri])
		if !slices.Equal(got, children[uri]) {
			t.Fatalf("%s: the children of %q are %v; want %v", which, uri, got, children[uri])
		}
		if path, all := b.Path(uri, nil); all != (n != 0) || path[0] != Root || all && path[len(path)-1] != n {
			t.Fatalf("%s: the path of %q is %v, all of it: %v", which, uri, path, all)
		}
	}
}

// wrong says what of a Base cannot be; nothing if it is sound. It calls every
// method with every number, which must not panic.
func wrong(b *Base) string {
	subjects, nodes := b.Subjects(), b.nodes.last()
	if len(b.Holders(0)) > 0 || len(b.Children(0)) > 0 || b.Exists(0) || b.Active(0) || b.Parent(0) != 0 || !b.Rows(0).Empty() {
		return "something is said of who has no number"
	}
	if _, ok := b.Registered(0); ok {
		return "what has no number is registered"
	}
	for n := uint32(1); n <= nodes; n++ { // first, since others go all the way up
		if above := b.Above(n); above >= n {
			return fmt.Sprintf("the node %d is above %d", above, n)
		}
	}
	for n := uint32(1); n <= subjects; n++ {
		if msg := wrongSubject(b, n); msg != "" {
			return fmt.Sprintf("the subject %d: %s", n, msg)
		}
	}
	for n := uint32(1); n <= nodes; n++ {
		b.Node(b.URI(n))
		b.Registered(n)
		if b.Parent(n) > nodes {
			return fmt.Sprintf("the node %d has the parent %d of %d", n, b.Parent(n), nodes)
		}
		if outside(b.Holders(n), subjects) || outside(b.Children(n), nodes) {
			return fmt.Sprintf("the node %d has holders %v and children %v, some of which are not there", n, b.Holders(n), b.Children(n))
		}
	}
	return ""
}

func outside(numbers []uint32, last uint32) bool {
	return slices.ContainsFunc(numbers, func(n uint32) bool { return n == 0 || n > last })
}

func wrongSubject(b *Base, n uint32) string {
	sub := b.SubjectAt(n)
	if b.SubjectKind(n) != sub.Kind {
		return fmt.Sprintf("%v is a %s", sub, b.SubjectKind(n))
	}
	b.Subject(sub)
	rows := b.Rows(n)
	for row := rows.From; row < rows.To; row++ {
		if at := b.NodeOf(row); at == 0 || at > b.nodes.last() {
			return fmt.Sprintf("row %d is on the node %d of %d", row, at, b.nodes.last())
		}
		b.On(rows, b.NodeOf(row))
		b.Statement(row)
		b.Below(row)
		b.Roles(row)
		b.May(b.Doc(row))
	}
	for _, p := range b.Places(n) {
		if p.In() == 0 || p.In() > b.Subjects() {
			return fmt.Sprintf("it is in %d of %d", p.In(), b.Subjects())
		}
		b.PlaceOf(n, p.In(), p.Joined())
	}
	for member := range b.Members(n) {
		if member == 0 || member > b.Subjects() {
			return fmt.Sprintf("it has the member %d of %d", member, b.Subjects())
		}
	}
	b.Exists(n)
	b.Active(n)
	if m, ok := b.Membership(n); ok && sub.Kind == access.MembershipKind && (m.User == 0 || m.User > b.Subjects()) {
		return fmt.Sprintf("it is of the user %d of %d", m.User, b.Subjects())
	}
	return ""
}
