package packed

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
)

// model is a Base in plain maps.
type model struct {
	rows        map[modelRow]bool
	places      map[modelPlace]bool
	groups      map[access.GroupID]bool
	memberships map[access.MembershipID]modelMembership
	registered  map[access.ResourceURI]modelResource
}

type modelRow struct {
	sub       access.Subject
	uri       access.ResourceURI
	below     bool
	roles     string
	doc       string // "r1": its kind and id
	statement int
}

type modelPlace struct {
	sub, in access.Subject
	joined  bool
}

type modelMembership struct {
	user   access.Subject
	org    access.OrganizationID
	active bool
}

type modelResource struct {
	parent access.ResourceURI
	kind   Kind
}

func newModel() *model {
	return &model{
		map[modelRow]bool{}, map[modelPlace]bool{}, map[access.GroupID]bool{},
		map[access.MembershipID]modelMembership{}, map[access.ResourceURI]modelResource{},
	}
}

// churn changes a Base and its model alike. Some names come again and again, and
// others only in one round, so that names become unused.
type churn struct {
	*rand.Rand
	t     *testing.T
	model *model
	base  *Base
	round int

	written   map[any]bool            // ids, in this round
	subjects  map[access.Subject]bool // all that ever were
	resources map[access.ResourceURI]bool
}

func newChurn(t *testing.T, seed uint64) *churn {
	return &churn{
		Rand: rand.New(rand.NewPCG(seed, 0)), t: t, model: newModel(), base: Empty(),
		subjects: map[access.Subject]bool{}, resources: map[access.ResourceURI]bool{},
	}
}

// TestBaseIsAsItsModel builds one Base out of another, many times.
func TestBaseIsAsItsModel(t *testing.T) {
	for seed := range uint64(12) {
		c := newChurn(t, seed)
		for c.round = range 14 {
			old, was := c.base, c.clone()
			c.next(c.IntN(40) * c.IntN(8))
			check(t, fmt.Sprintf("seed %d, round %d", seed, c.round), c.base, c.model, c)
			if c.round%4 == 3 {
				check(t, fmt.Sprintf("seed %d, before round %d", seed, c.round), old, was, c)
				c.base = saved(t, c.base)
				check(t, fmt.Sprintf("seed %d, round %d, saved", seed, c.round), c.base, c.model, c)
			}
		}
	}
}

// TestUnusedNamesGo replaces everything by something new, again and again.
func TestUnusedNamesGo(t *testing.T) {
	c := newChurn(t, 1)
	least, most := 1<<30, 0
	for c.round = range 20 {
		c.forget()
		c.next(200)
		if c.round%6 == 5 {
			check(t, fmt.Sprint("round ", c.round), c.base, c.model, c)
		}
		if c.round > 5 {
			least, most = min(least, c.base.names()), max(most, c.base.names())
		}
	}
	if ever := len(c.subjects) + len(c.resources); most > 3*least || ever < 4*most {
		t.Errorf("between %d and %d names, of %d that ever were; want no more than are needed", least, most, ever)
	}
	c.forget()
	if got := c.base.Len(); got != 0 {
		t.Errorf("%d things in a Base of nothing", got)
	}
	if got := c.base.names(); got > 40 {
		t.Errorf("%d names in a Base of nothing", got)
	}
}

// TestUnusedValuesGo gives one row other roles, or one resource another type, again
// and again.
func TestUnusedValuesGo(t *testing.T) {
	for _, format := range [][2]string{{"r%d", "t"}, {"r", "t%d"}} {
		b := Empty()
		for i := range 200 {
			roles := strings.Replace(format[0], "%d", fmt.Sprint(i), 1)
			kind := Kind{Type: access.ResourceTypeID(strings.Replace(format[1], "%d", fmt.Sprint(i), 1))}
			w := b.Next(func(Digest) bool { return true }, func(uint32) bool { return false }, 1)
			w.Grant(access.Subject{Kind: access.UserKind, ID: "ana"}, "docs", false, roles, b.Digest('r', "r"), 0)
			w.Register("x", "", kind)
			b = w.Base()
			if got, _ := b.Registered(b.Node("x")); b.Roles(0) != roles || got != kind {
				t.Fatalf("round %d: the roles are %q and the kind %v; want %q and %v", i, b.Roles(0), got, roles, kind)
			}
			if len(b.roles) > 40 || len(b.kinds) > 40 {
				t.Fatalf("round %d: %d role lists and %d kinds, of which few are needed", i, len(b.roles), len(b.kinds))
			}
		}
	}
}

// TestRoomForRoleLists fills it: what fits is told before, and what does not is not
// made into something else.
func TestRoomForRoleLists(t *testing.T) {
	b := Empty()
	ana := access.Subject{Kind: access.UserKind, ID: "ana"}
	for _, more := range []int{1, 2} {
		w := b.Next(func(Digest) bool { return false }, func(uint32) bool { return false }, 0)
		w.roles.all = make([]string, maxLists-1)
		if got := w.HasRoom(more); got != (more == 1) {
			t.Errorf("room for %d lists more where there is room for one: %v", more, got)
		}
		for i := range more {
			w.Grant(ana, "docs", false, fmt.Sprint("r", i), b.Digest('r', "r"), i)
		}
		next := w.Base()
		if (next != nil) != (more == 1) {
			t.Errorf("a Base of %d lists more than there is room for: %v", more-1, next != nil)
		} else if next != nil && next.Roles(0) != "r0" {
			t.Errorf("the roles are %q; want r0", next.Roles(0))
		}
	}
}

func (c *churn) clone() *model {
	m := c.model
	return &model{maps.Clone(m.rows), maps.Clone(m.places), maps.Clone(m.groups), maps.Clone(m.memberships), maps.Clone(m.registered)}
}

// forget takes everything from the model and the base.
func (c *churn) forget() {
	w := c.base.Next(func(Digest) bool { return true }, func(uint32) bool { return true }, 0)
	for g := range c.model.groups {
		w.Group(g, false, nil)
	}
	for m := range c.model.memberships {
		w.NoMembership(m)
	}
	for uri := range c.model.registered {
		w.Unregister(uri)
	}
	c.base, c.model = w.Base(), newModel()
}

// next makes the next Base, with up to so many more rows.
func (c *churn) next(rows int) {
	m := c.model
	c.written = map[any]bool{}
	replaced := map[Digest]bool{}
	for _, r := range sorted(m.rows, modelRow.String) {
		if c.IntN(12) == 0 {
			replaced[c.digest(r.doc)] = true
		}
	}
	for r := range m.rows {
		if replaced[c.digest(r.doc)] {
			delete(m.rows, r)
		}
	}
	left := map[uint32]bool{}
	for _, p := range sorted(m.places, modelPlace.String) {
		if p.in.Kind == access.GroupKind && c.IntN(6) == 0 {
			id, ok := c.base.PlaceOf(c.base.Subject(p.sub), c.base.Subject(p.in), p.joined)
			if !ok {
				c.t.Fatalf("round %d: the base does not have %v", c.round, p)
			}
			left[id] = true
			delete(m.places, p)
		}
	}
	w := c.base.Next(func(d Digest) bool { return replaced[d] }, func(id uint32) bool { return left[id] }, c.IntN(2)*rows)
	for range rows {
		r := modelRow{
			sub: c.subject(true), uri: c.resource(), below: c.IntN(3) == 0, roles: []string{"", "a", "a,b", "c"}[c.IntN(4)],
			doc: fmt.Sprintf("%c%d.%d", "ra"[c.IntN(2)], c.round, c.IntN(1+rows/4)), statement: c.IntN(MaxStatements),
		}
		if r.doc[0] == 'a' {
			r.statement = 0
		}
		if !m.rows[r] {
			m.rows[r] = true
			w.Grant(r.sub, r.uri, r.below, r.roles, c.digest(r.doc), r.statement)
		}
	}
	for range c.IntN(6) {
		c.group(w)
		c.join(w)
		c.membership(w)
	}
	for range c.IntN(20) {
		c.register(w)
	}
	c.base = w.Base()
}

func (c *churn) digest(doc string) Digest { return c.base.Digest(doc[0], doc[1:]) }

// id is a name, mostly one that is there already.
func (c *churn) id(kind string) string {
	if c.IntN(3) > 0 {
		return fmt.Sprint(kind, c.IntN(6))
	}
	return fmt.Sprint(kind, c.round, ".", c.IntN(30))
}

// subject is often the same one, so that one has many rows.
func (c *churn) subject(anyone bool) access.Subject {
	sub := access.Subject{Kind: access.UserKind, ID: c.id("u")}
	switch n := c.IntN(10); {
	case n < 4 && anyone:
		sub.ID = "u0"
	case n == 4:
		sub.Kind = access.ClientKind
	case n < 7 && anyone:
		sub.Kind = access.GroupKind
	case n == 7 && anyone:
		sub.Kind = access.MembershipKind
	}
	return c.known(sub.Kind, sub.ID)
}

func (c *churn) resource() access.ResourceURI {
	uri := ""
	switch c.IntN(8) {
	case 0:
	case 1, 2:
		uri = "docs" // which many rows are on
	default:
		uri = c.id("docs/") + []string{"", "/pages", "/pages/1", "/docs"}[c.IntN(4)]
	}
	c.resources[access.ResourceURI(uri)] = true
	return access.ResourceURI(uri)
}

// once reports whether the document has not been written in this round.
func (c *churn) once(id any) bool {
	was := c.written[id]
	c.written[id] = true
	return !was
}

func (c *churn) group(w *Builder) {
	id, exists := access.GroupID(c.id("u")), c.IntN(4) > 0
	if !c.once(id) {
		return
	}
	self := c.known(access.GroupKind, string(id))
	c.model.leave(self)
	c.model.groups[id] = exists
	var members []access.Subject
	for range c.IntN(5) {
		if exists {
			m := c.subject(true)
			members = append(members, m)
			c.model.places[modelPlace{m, self, false}] = true
		}
	}
	w.Group(id, exists, members)
}

// leave takes out all that a group lists, or the user of a membership.
func (m *model) leave(in access.Subject) {
	maps.DeleteFunc(m.places, func(p modelPlace, _ bool) bool { return p.in == in && !p.joined })
}

func (c *churn) join(w *Builder) {
	g, m := c.known(access.GroupKind, c.id("u")), c.known(access.MembershipKind, c.id("u"))
	if p := (modelPlace{m, g, true}); !c.model.places[p] {
		c.model.places[p] = true
		w.Join(access.GroupID(g.ID), access.MembershipID(m.ID))
	}
}

func (c *churn) membership(w *Builder) {
	id := access.MembershipID(c.id("u"))
	if !c.once(id) {
		return
	}
	self := c.known(access.MembershipKind, string(id))
	c.model.leave(self)
	delete(c.model.memberships, id)
	if c.IntN(4) == 0 {
		w.NoMembership(id)
		return
	}
	m := modelMembership{c.subject(false), access.OrganizationID(c.id("org_")), c.IntN(3) > 0}
	c.model.memberships[id] = m
	c.model.places[modelPlace{m.user, self, false}] = true
	w.Membership(id, m.user, m.org, m.active)
}

func (c *churn) register(w *Builder) {
	uri := access.ResourceURI(c.id("x"))
	if !c.once(uri) {
		return
	}
	c.resources[uri] = true
	if c.IntN(4) == 0 {
		delete(c.model.registered, uri)
		w.Unregister(uri)
		return
	}
	r := modelResource{kind: Kind{access.OrganizationID(c.id("org_")), access.ResourceTypeID(c.id("t"))}}
	if c.IntN(4) > 0 {
		r.parent = access.ResourceURI(c.id("x"))
		c.resources[r.parent] = true
	}
	c.model.registered[uri] = r
	w.Register(uri, r.parent, r.kind)
}

// known is a subject that checks ask about from now on.
func (c *churn) known(kind access.SubjectKind, id string) access.Subject {
	sub := access.Subject{Kind: kind, ID: id}
	c.subjects[sub] = true
	return sub
}

// sorted are the keys of a map in one order, so that a seed always does the same.
func sorted[K comparable](m map[K]bool, text func(K) string) []K {
	return slices.SortedFunc(maps.Keys(m), func(a, b K) int { return strings.Compare(text(a), text(b)) })
}

func (r modelRow) String() string {
	return fmt.Sprint(r.sub, " ", r.uri, " ", r.below, " ", r.roles, " ", r.doc, " ", r.statement)
}

func (p modelPlace) String() string { return fmt.Sprint(p.sub, " in ", p.in, " ", p.joined) }
