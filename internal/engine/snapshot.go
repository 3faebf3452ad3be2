// Package engine decides. A Snapshot is everything that a realm grants, as of
// one revision; its answers are pure functions of it.
package engine

import (
	"hash/maphash"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/benbjohnson/immutable"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine/packed"
)

// Snapshot is what a realm grants at one revision. It never changes, so any
// number of goroutines may ask it; Apply makes the next one.
//
// It stands in two layers. Below is the packed base, as it was at an earlier
// revision; above it the maps hold what has changed since, and the documents that
// the packed form has no place for. What is below holds unless the maps, or
// replaced and left, say otherwise. Pack makes one layer of the two.
//
// The methods take resources and permissions in the form in which their
// parsers return them. An empty one is held by nobody.
type Snapshot struct {
	revision access.Revision
	base     *packed.Base
	replaced *immutable.Map[packed.Digest, struct{}] // documents whose rows in base hold no more
	left     *immutable.Map[uint32, struct{}]        // places in base that subjects are in no more, by their numbers

	roles       *immutable.Map[access.RoleID, *role]                 // all: none are packed
	groups      outside[group]                                       // instead of base's
	joined      *immutable.SortedMap[access.GroupMemberID, struct{}] // beside base's: the members that documents of their own add, by group
	memberships outside[membership]                                  // instead of base's
	registered  *immutable.Map[access.ResourceURI, registered]       // instead of base's
	children    *immutable.SortedMap[string, struct{}]               // of these: parent, slash, child
	records     *immutable.Map[access.RecordID, []statement]         // active ones that base does not have
	assignments *immutable.Map[access.AssignmentID, *assignment]     // likewise
	holders     outside[*holder]                                     // of these
	named       *immutable.Map[access.ResourceURI, []*source]        // of these: the statements that name a resource, in no order
	patterns    *node                                                // of these: the grants that are patterns, whoever has them
	public      *holder                                              // what everyone holds; its role is publicRole
	loose       int                                                  // documents that the last Pack could not pack

	wide int // rows (subjects times resources) above which a statement has a crowd
	long int // if it has more resources than this
}

// holder is what the documents outside of the base say about one subject.
// Subjects of whom they say nothing have none.
type holder struct {
	groups     []access.Subject // the groups, crowds and memberships that it is in; a group once for each document that puts it there
	statements int              // how many statements of active records, and assignments, apply to it directly
	grants     *node            // what those give; nil for nothing
}

// trie is what the holder, which may be nil, is granted.
func (h *holder) trie() *node {
	if h == nil {
		return nil
	}
	return h.grants
}

// publicRole is what everyone holds on public resources. Its id is one that no
// document can have or name.
const publicRole access.RoleID = "what is public"

func publicPermissions(more []access.Permission) *role {
	r := &access.Role{ID: publicRole}
	for _, p := range append([]access.Permission{access.PublicPermission}, more...) {
		r.Permissions = append(r.Permissions, access.RolePermission{Action: string(p), Allow: true})
	}
	return compile(r)
}

// New returns the snapshot of a realm without documents, at revision zero. It
// knows the built-in roles.
func New() *Snapshot { return on(packed.Empty()) }

// on returns a snapshot of what the base has, and the built-in roles.
func on(base *packed.Base) *Snapshot {
	s := &Snapshot{
		base:        base,
		replaced:    immutable.NewMap[packed.Digest, struct{}](byDigest{}),
		left:        immutable.NewMap[uint32, struct{}](byNumber{}),
		roles:       immutable.NewMap[access.RoleID, *role](byText[access.RoleID]{}),
		groups:      nothing[group](),
		joined:      immutable.NewSortedMap[access.GroupMemberID, struct{}](inOrder[access.GroupMemberID]{}),
		memberships: nothing[membership](),
		registered:  immutable.NewMap[access.ResourceURI, registered](byText[access.ResourceURI]{}),
		children:    immutable.NewSortedMap[string, struct{}](inOrder[string]{}),
		records:     immutable.NewMap[access.RecordID, []statement](byText[access.RecordID]{}),
		assignments: immutable.NewMap[access.AssignmentID, *assignment](byText[access.AssignmentID]{}),
		holders:     nothing[*holder](),
		named:       immutable.NewMap[access.ResourceURI, []*source](byText[access.ResourceURI]{}),
		public:      &holder{},
		wide:        1000,
		long:        4,
	}
	s.roles = s.roles.Set(publicRole, publicPermissions(nil))
	for _, r := range access.BuiltInRoles() {
		s.roles = s.roles.Set(r.ID, compile(&r))
	}
	return s
}

// Revision is the commit after which the realm is as the snapshot has it.
func (s *Snapshot) Revision() access.Revision { return s.revision }

// Check reports whether the subject may do what the query asks.
func (s *Snapshot) Check(q access.Query) bool {
	s.Warm([]access.Query{q})
	return s.Holds(q, access.Allow)
}

// WarmAtOnce is how many queries Warm takes; it leaves out those behind them.
const WarmAtOnce = packed.AtOnce

// Warm makes it quicker to decide these queries if that comes next. It is worth it
// for a single one, too: subject and resource are looked for side by side.
func (s *Snapshot) Warm(qs []access.Query) { s.base.Warm(qs) }

// Holds reports whether the subject has the permission with any of the flags
// in need.
func (s *Snapshot) Holds(q access.Query, need access.Flags) bool {
	if q.Permission == "" || q.Resource == "" {
		return false
	}
	return s.covering(q.Subject, q.Resource, func(r *role) bool { return r.flagsOf(q.Permission, q.Literal)&need != 0 })
}

// HoldsDirectly reports whether the subject has the permission with any of the
// flags in need by statements that name exactly this resource, as Roles reads
// them: nothing from above it, and nothing that is public.
func (s *Snapshot) HoldsDirectly(q access.Query, need access.Flags) bool {
	if q.Permission == "" || q.Resource == "" {
		return false
	}
	gives := s.anyRole(func(r *role) bool { return r.flagsOf(q.Permission, q.Literal)&need != 0 })
	return s.exactly(q.Subject, q.Resource, func(roles roleList, _ origin) bool { return gives(roles) })
}

// Permissions returns the merged entries of all roles that the subject has on
// the resource, through its parents too, sorted by action. An action is in
// lower case and has at least one flag; it stands there twice if the subject
// has it both as an exact entry and as another. An exact entry with a "*" in its
// action, which only a literal question asks for, is not there.
func (s *Snapshot) Permissions(sub access.Subject, uri access.ResourceURI) []access.RolePermission {
	merged := map[held]access.Flags{}
	if uri == "" {
		return nil
	}
	s.covering(sub, uri, func(r *role) bool {
		for _, e := range r.entries {
			merged[e.held] |= e.flags
		}
		return false
	})
	var perms []access.RolePermission
	for _, h := range slices.SortedFunc(maps.Keys(merged), held.compare) {
		perms = append(perms, access.RolePermission{
			Action:   string(h.action),
			Allow:    merged[h]&access.Allow != 0,
			Grant:    merged[h]&access.Grant != 0,
			Delegate: merged[h]&access.Delegate != 0,
			Exact:    h.exact,
		})
	}
	return perms
}

// Roles returns the roles that statements naming exactly this resource give to
// the subject, sorted. A role stands there once for each such statement,
// whether it exists or not. What is public is not there.
func (s *Snapshot) Roles(sub access.Subject, uri access.ResourceURI) []access.RoleID {
	if uri == "" {
		return nil
	}
	var roles []access.RoleID
	seen := map[origin]bool{} // a statement that reaches the subject in two ways counts once
	s.exactly(sub, uri, func(list roleList, from origin) bool {
		if !seen[from] {
			seen[from] = true
			list.each(func(id access.RoleID) bool {
				roles = append(roles, id)
				return false
			})
		}
		return false
	})
	slices.Sort(roles)
	return roles
}

// origin tells statements apart.
type origin struct {
	source *source // of one outside of the base; else nil

	doc       packed.Digest
	statement int
}

// exactly calls see with the role list of every statement that names exactly
// this resource and applies to the subject, perhaps more than once, until see
// returns true, and reports whether it did.
func (s *Snapshot) exactly(sub access.Subject, uri access.ResourceURI, see func(roleList, origin) bool) bool {
	path, below := pathTo(uri)
	at := s.base.Node(withoutBelow(uri))
	return s.each(sub, func(who subject, h *holder) bool {
		for row := range s.rows(s.base.On(s.base.Rows(who.number), at)) {
			from := origin{doc: s.base.Doc(row), statement: s.base.Statement(row)}
			if s.base.Below(row) == below && see(roleList(s.base.Roles(row)), from) {
				return true
			}
		}
		for _, g := range h.trie().at(path, below) {
			for _, src := range g.by {
				if see(g.roles, origin{source: src}) {
					return true
				}
			}
		}
		return false
	})
}

// HasGrants reports whether any statement of an active record, or assignment,
// applies to the subject, whatever it gives. What is public does not count.
func (s *Snapshot) HasGrants(sub access.Subject) bool {
	return s.each(sub, func(who subject, h *holder) bool {
		for range s.rows(s.base.Rows(who.number)) {
			return true
		}
		return h != nil && h.statements > 0
	})
}

// rows are those that stand.
func (s *Snapshot) rows(rows packed.Rows) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for row := rows.From; row < rows.To; row++ {
			if s.stands(row) && !yield(row) {
				return
			}
		}
	}
}

// stands reports whether the document of a row is still as it was.
func (s *Snapshot) stands(row uint32) bool {
	if s.replaced.Len() == 0 {
		return true
	}
	_, replaced := s.replaced.Get(s.base.Doc(row))
	return !replaced
}

// covering calls see with every role that the subject has on the resource or
// above, by its path and by the parents that are stored, everyone's on what is
// public too, until see returns true, and reports whether it did.
func (s *Snapshot) covering(sub access.Subject, uri access.ResourceURI, see func(*role) bool) bool {
	var in room
	up := s.climb(uri, &in)
	gives := s.anyRole(see)
	granted := func(g *grant) bool { return gives(g.roles) }
	return s.each(sub, func(who subject, h *holder) bool {
		if s.packedGrants(who.number, &up, gives) {
			return true
		}
		return h != nil && s.covered(uri, h.grants, granted)
	}) || isEveryone(sub) && s.covered(uri, s.public.grants, granted)
}

// anyRole returns what calls see with the roles of a list that exist.
func (s *Snapshot) anyRole(see func(*role) bool) func(roleList) bool {
	return func(list roleList) bool {
		return list.each(func(id access.RoleID) bool {
			r, ok := s.roles.Get(id)
			return ok && see(r)
		})
	}
}

// isEveryone reports whether the subject holds what is public. A group and a
// membership do not: the users in them do, each by itself.
func isEveryone(sub access.Subject) bool {
	return sub.Kind == access.UserKind || sub.Kind == access.ClientKind
}

// seed makes it impossible to choose names whose hashes collide.
var seed = maphash.MakeSeed()

// byText hashes the keys of a map that are ids or names.
type byText[K ~string] struct{}

func (byText[K]) Hash(k K) uint32   { return uint32(maphash.String(seed, string(k))) }
func (byText[K]) Equal(a, b K) bool { return a == b }

// inOrder sorts the keys of a map by their text.
type inOrder[K ~string] struct{}

func (inOrder[K]) Compare(a, b K) int { return strings.Compare(string(a), string(b)) }

// byDigest hashes digests, which are hashes themselves.
type byDigest struct{}

func (byDigest) Hash(d packed.Digest) uint32   { return d[0] }
func (byDigest) Equal(a, b packed.Digest) bool { return a == b }
