package packed

import (
	"cmp"
	"math"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
)

// Builder makes a Base out of an old one and of what has changed since.
type Builder struct {
	old      *Base
	replaced func(Digest) bool // documents whose rows no longer hold
	left     func(uint32) bool // places that subjects are in no more, by their numbers

	subjects, nodes *namer
	roles           *interner[string]
	kinds           *interner[Kind]

	rows       []subjectRow
	places     []subjectPlace
	state      map[uint32]uint32     // of groups and memberships that are replaced
	registered map[uint32]registered // resources that are replaced
	overflow   bool
}

type subjectRow struct {
	subject, node, gives uint32
	doc                  Digest
}

type subjectPlace struct {
	subject uint32
	Place
}

type registered struct{ up, kind uint32 }

// Next returns a Builder that begins with what the Base has, but for the rows of
// documents that were replaced, and for places that were left. It expects to get
// about so many more rows.
func (b *Base) Next(replaced func(Digest) bool, left func(id uint32) bool, more int) *Builder {
	return &Builder{
		old: b, replaced: replaced, left: left,
		subjects: b.subjects.extend(more), nodes: b.nodes.extend(more),
		roles: internerOf(b.roles), kinds: internerOf(b.kinds),
		state: map[uint32]uint32{}, registered: map[uint32]registered{},
	}
}

// Grant adds a row: of the statement of a document whose digest is doc, with its
// role list, for a resource in normal form without a "*", "" for the root, or for
// what is below that only. The index must be less than MaxStatements.
func (w *Builder) Grant(sub access.Subject, uri access.ResourceURI, below bool, roles string, doc Digest, statement int) {
	subject, node, list := w.subject(sub), w.node(uri), w.roles.add(roles)
	if subject == 0 {
		return
	}
	if statement >= MaxStatements || list >= maxLists {
		w.overflow = true
		return
	}
	gives := list<<(statementBits+1) | uint32(statement) //nolint:gosec // checked above
	if below {
		gives |= 1 << statementBits
	}
	w.rows = append(w.rows, subjectRow{subject, node, gives, doc})
}

// HasRoom reports whether so many role lists more can be numbered. What they do not
// fit in has to stay outside of the Base.
func (w *Builder) HasRoom(lists int) bool { return w.roles.count()+lists <= maxLists }

// subject returns the number of a subject, 0 if it is of a kind that nobody is of.
func (w *Builder) subject(s access.Subject) uint32 {
	tag, ok := kindTag(s.Kind)
	if !ok {
		return 0
	}
	return w.subjects.add(tag, s.ID)
}

func (w *Builder) node(uri access.ResourceURI) uint32 {
	n := uint32(Root)
	for seg := range segments(string(uri)) {
		n = w.nodes.add(n, seg)
	}
	return n
}

// Group replaces a group, and whom it lists; what joined it stays.
func (w *Builder) Group(id access.GroupID, exists bool, members []access.Subject) {
	group := w.subject(access.Subject{Kind: access.GroupKind, ID: string(id)})
	w.state[group] = 0
	if exists {
		w.state[group] = stateExists
	}
	for _, m := range members {
		if n := w.subject(m); n != 0 {
			w.places = append(w.places, subjectPlace{n, placeIn(group, false)})
		}
	}
}

// Join puts a membership into a group by a document of its own.
func (w *Builder) Join(group access.GroupID, member access.MembershipID) {
	in := w.subject(access.Subject{Kind: access.GroupKind, ID: string(group)})
	m := w.subject(access.Subject{Kind: access.MembershipKind, ID: string(member)})
	w.places = append(w.places, subjectPlace{m, placeIn(in, true)})
}

// NoMembership removes a membership.
func (w *Builder) NoMembership(id access.MembershipID) {
	w.state[w.subject(access.Subject{Kind: access.MembershipKind, ID: string(id)})] = 0
}

// Membership replaces a membership.
func (w *Builder) Membership(id access.MembershipID, user access.Subject, org access.OrganizationID, active bool) {
	n := w.subject(access.Subject{Kind: access.MembershipKind, ID: string(id)})
	state := uint32(stateExists) | w.kinds.add(Kind{Organization: org})<<stateBits
	if active {
		state |= stateActive
	}
	w.state[n] = state
	w.places = append(w.places, subjectPlace{w.subject(user), placeIn(n, false)})
}

// Register replaces a registered resource; its parent may be "".
func (w *Builder) Register(uri, parent access.ResourceURI, kind Kind) {
	r := registered{kind: w.kinds.add(kind) + 1}
	if parent != "" {
		r.up = w.node(parent)
	}
	w.registered[w.node(uri)] = r
}

// Unregister removes a registered resource.
func (w *Builder) Unregister(uri access.ResourceURI) { w.registered[w.node(uri)] = registered{} }

// Base returns what was built; nil if it is more than numbers can count.
func (w *Builder) Base() *Base {
	rows, places := len(w.old.rows.node)+len(w.rows), len(w.old.in)+len(w.places)
	if w.overflow || w.subjects.full || w.nodes.full || max(rows, places) > math.MaxUint32 || w.kinds.count() >= 1<<(32-stateBits) {
		return nil
	}
	b := &Base{key: w.old.key, subjects: w.subjects.done(), nodes: w.nodes.done(), roles: w.roles.all, kinds: w.kinds.all}
	b.holds = make([]holding, b.subjects.last()+1)
	w.setRegistered(b)
	w.mergeRows(b)
	w.mergePlaces(b)
	w.setState(b)
	b.index()
	if b.wasteful() {
		b = b.renumber()
	}
	return b
}

// mergeRows puts the rows that stay and those that come in one order.
func (w *Builder) mergeRows(b *Base) {
	slices.SortFunc(w.rows, func(a, b subjectRow) int {
		return cmp.Or(cmp.Compare(a.subject, b.subject), cmp.Compare(a.node, b.node), slices.Compare(a.doc[:], b.doc[:]), cmp.Compare(a.gives, b.gives))
	})
	old := &w.old.rows
	b.rows.grow(len(old.node) + len(w.rows))
	come := w.rows
	for n := uint32(1); n <= b.subjects.last(); n++ {
		var stay Rows
		if n <= w.old.subjects.last() {
			stay = w.old.Rows(n)
		}
		for i := stay.From; i < stay.To; i++ {
			for len(come) > 0 && come[0].subject == n && come[0].node < old.node[i] {
				b.rows.add(come[0].node, come[0].gives, come[0].doc)
				come = come[1:]
			}
			if !w.replaced(old.doc[i]) {
				b.rows.add(old.node[i], old.gives[i], old.doc[i])
			}
		}
		for len(come) > 0 && come[0].subject == n {
			b.rows.add(come[0].node, come[0].gives, come[0].doc)
			come = come[1:]
		}
		b.holds[n].rows = uint32(len(b.rows.node)) //nolint:gosec // Base sees that they are no more
	}
	if cap(b.rows.node)-len(b.rows.node) > len(b.rows.node)/8 {
		b.rows = rows{slices.Clone(b.rows.node), slices.Clone(b.rows.gives), slices.Clone(b.rows.doc)}
	}
}

func (r *rows) grow(n int) {
	r.node, r.gives, r.doc = make([]uint32, 0, n), make([]uint32, 0, n), make([]Digest, 0, n)
}

func (r *rows) add(node, gives uint32, doc Digest) {
	r.node, r.gives, r.doc = append(r.node, node), append(r.gives, gives), append(r.doc, doc)
}

func (w *Builder) setState(b *Base) {
	for n := uint32(1); n <= b.subjects.last(); n++ {
		state, changed := w.state[n]
		if !changed && n <= w.old.subjects.last() {
			state = w.old.stateOf(n) &^ stateKind
		}
		b.holds[n].state = state | b.subjects.entries[n].tag
	}
}

// mergePlaces does for places what mergeRows does for rows.
func (w *Builder) mergePlaces(b *Base) {
	slices.SortFunc(w.places, func(a, b subjectPlace) int {
		return cmp.Or(cmp.Compare(a.subject, b.subject), cmp.Compare(a.Place, b.Place))
	})
	w.places = slices.Compact(w.places)
	b.in = make([]uint32, 0, len(w.old.in)+len(w.places))
	come := w.places
	for n := uint32(1); n <= b.subjects.last(); n++ {
		if n <= w.old.subjects.last() {
			for id, p := range w.old.Places(n) {
				for len(come) > 0 && come[0].subject == n && come[0].Place < p {
					b.in, come = append(b.in, uint32(come[0].Place)), come[1:]
				}
				if _, replaced := w.state[p.In()]; (!replaced || p.Joined()) && !w.left(id) {
					b.in = append(b.in, uint32(p))
				}
			}
		}
		for len(come) > 0 && come[0].subject == n {
			b.in, come = append(b.in, uint32(come[0].Place)), come[1:]
		}
		b.holds[n].in = uint32(len(b.in)) //nolint:gosec // as for rows
	}
}

func (w *Builder) setRegistered(b *Base) {
	last := w.old.Registerable()
	for n := range w.registered {
		last = max(last, n+1)
	}
	b.up, b.kind = make([]uint32, last), make([]uint32, last)
	copy(b.up, w.old.up)
	copy(b.kind, w.old.kind)
	for n, r := range w.registered {
		b.up[n], b.kind[n] = r.up, r.kind
	}
}

// interner numbers values from the first on.
type interner[T comparable] struct {
	all    []T
	number map[T]uint32
}

func internerOf[T comparable](all []T) *interner[T] {
	i := &interner[T]{all: slices.Clone(all), number: make(map[T]uint32, len(all))}
	for n, v := range all {
		i.number[v] = uint32(n) //nolint:gosec // add keeps it in bounds
	}
	return i
}

func (i *interner[T]) count() int { return len(i.all) }

func (i *interner[T]) add(v T) uint32 {
	n, ok := i.number[v]
	if !ok {
		n = uint32(len(i.all)) //nolint:gosec // there are fewer values than documents in memory
		i.all = append(i.all, v)
		i.number[v] = n
	}
	return n
}
