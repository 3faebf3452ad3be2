// Package engine decides. A Snapshot is everything that a realm grants, as of
// one revision; its answers are pure functions of it.
package engine

import (
	"hash/maphash"
	"maps"
	"slices"
	"strings"

	"github.com/benbjohnson/immutable"

	"github.com/reeve-authz/reeve/internal/access"
)

// Snapshot is what a realm grants at one revision. It never changes, so any
// number of goroutines may ask it; Apply makes the next one.
//
// The methods take resources and permissions in the form in which their
// parsers return them. An empty one is held by nobody.
type Snapshot struct {
	revision    access.Revision
	roles       *immutable.Map[access.RoleID, *role]
	groups      *immutable.Map[access.GroupID, []access.Subject]     // the members that the group lists, each once
	joined      *immutable.SortedMap[access.GroupMemberID, struct{}] // the members that documents of their own add, by group
	memberships *immutable.Map[access.MembershipID, membership]
	registered  *immutable.Map[access.ResourceURI, registered]
	records     *immutable.Map[access.RecordID, []statement] // of active records
	assignments *immutable.Map[access.AssignmentID, *assignment]
	holders     *immutable.Map[access.Subject, *holder]
	named       *immutable.Map[access.ResourceURI, []*source] // the statements that name a resource, in no order
	public      *holder                                       // what everyone holds; its role is publicRole
	wide        int                                           // rows (subjects times resources) above which a statement has a crowd
	long        int                                           // if it has more resources than this
}

// holder is what the documents say about one subject. Subjects of whom they
// say nothing have none.
type holder struct {
	groups     []access.Subject // the groups, crowds and active memberships through which it holds more; a group once for each document that puts it there
	statements int              // how many statements of active records, and assignments, apply to it directly
	grants     *node            // what those give; nil for nothing
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
func New() *Snapshot {
	s := &Snapshot{
		roles:       immutable.NewMap[access.RoleID, *role](byText[access.RoleID]{}),
		groups:      immutable.NewMap[access.GroupID, []access.Subject](byText[access.GroupID]{}),
		joined:      immutable.NewSortedMap[access.GroupMemberID, struct{}](inOrder[access.GroupMemberID]{}),
		memberships: immutable.NewMap[access.MembershipID, membership](byText[access.MembershipID]{}),
		registered:  immutable.NewMap[access.ResourceURI, registered](byText[access.ResourceURI]{}),
		records:     immutable.NewMap[access.RecordID, []statement](byText[access.RecordID]{}),
		assignments: immutable.NewMap[access.AssignmentID, *assignment](byText[access.AssignmentID]{}),
		holders:     immutable.NewMap[access.Subject, *holder](bySubject{}),
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
func (s *Snapshot) Check(q access.Query) bool { return s.Holds(q, access.Allow) }

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
	return s.exactly(q.Subject, q.Resource, s.rolesOf(func(r *role) bool { return r.flagsOf(q.Permission, q.Literal)&need != 0 }))
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
	seen := map[*source]bool{} // a statement that reaches the subject in two ways counts once
	s.exactly(sub, uri, func(g *grant) bool {
		for _, src := range g.by {
			if seen[src] {
				continue
			}
			seen[src] = true
			g.roles.each(func(id access.RoleID) bool {
				roles = append(roles, id)
				return false
			})
		}
		return false
	})
	slices.Sort(roles)
	return roles
}

// exactly calls see with every grant that statements naming exactly this
// resource give the subject, until see returns true, and reports whether it
// did.
func (s *Snapshot) exactly(sub access.Subject, uri access.ResourceURI, see func(*grant) bool) bool {
	path, below := pathTo(uri)
	return s.each(sub, func(h *holder) bool {
		there := h.grants.at(path, below)
		for i := range there {
			if see(&there[i]) {
				return true
			}
		}
		return false
	})
}

// HasGrants reports whether any statement of an active record, or assignment,
// applies to the subject, whatever it gives. What is public does not count.
func (s *Snapshot) HasGrants(sub access.Subject) bool {
	return s.each(sub, func(h *holder) bool { return h.statements > 0 })
}

// covering calls see with every role that the subject has on the resource or
// above, by its path and by the parents that are stored, everyone's on what is
// public too, until see returns true, and reports whether it did.
func (s *Snapshot) covering(sub access.Subject, uri access.ResourceURI, see func(*role) bool) bool {
	roles := s.rolesOf(see)
	var buf [access.DefaultResourceDepth + 1]access.ResourceURI // deeper only where a realm says so, then allocated
	parents := s.above(uri, buf[:0])
	grants := func(h *holder) bool {
		if h.grants.covering(uri, roles) {
			return true
		}
		for _, parent := range parents {
			if h.grants.covering(parent, roles) {
				return true
			}
		}
		return false
	}
	return s.each(sub, grants) || isEveryone(sub) && grants(s.public)
}

// rolesOf returns what calls see with every role of a grant that exists.
func (s *Snapshot) rolesOf(see func(*role) bool) func(*grant) bool {
	return func(g *grant) bool {
		return g.roles.each(func(id access.RoleID) bool {
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

// each calls visit for the subject, for every active membership that is its,
// and for every group that one of these is in, directly or through other
// groups, until visit returns true. It reports whether it did.
//
// A group that does not exist holds nothing, even if records name it; nor does
// a membership that is not active. Source: Authress is silent about groups; our
// reading.
func (s *Snapshot) each(sub access.Subject, visit func(*holder) bool) bool {
	switch sub.Kind {
	case access.GroupKind:
		if _, ok := s.groups.Get(access.GroupID(sub.ID)); !ok {
			return false
		}
	case access.MembershipKind:
		if m, _ := s.memberships.Get(access.MembershipID(sub.ID)); !m.active {
			return false
		}
	case crowdKind: // nobody can be one
		return false
	}
	var buf [16]access.Subject // enough for most, and costs no allocation
	found := append(buf[:0], sub)
	var index map[access.Subject]bool // of found, once it is long
	for i := 0; i < len(found); i++ {
		h, ok := s.holders.Get(found[i])
		if !ok {
			continue
		}
		if visit(h) {
			return true
		}
		if index == nil && len(found)+len(h.groups) > len(buf) {
			index = setOf(found)
		}
		found = union(found, index, h.groups)
	}
	return false
}

// union appends to found what is not yet in it. Groups may contain one another
// in a circle, so what was found must not be looked at again. The index may be
// nil while found is short.
func union(found []access.Subject, index map[access.Subject]bool, groups []access.Subject) []access.Subject {
	for _, g := range groups {
		if index == nil {
			if !slices.Contains(found, g) {
				found = append(found, g)
			}
		} else if !index[g] {
			index[g] = true
			found = append(found, g)
		}
	}
	return found
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

// bySubject hashes subjects. Those of different kinds rarely share an id.
type bySubject struct{}

func (bySubject) Hash(s access.Subject) uint32   { return uint32(maphash.String(seed, s.ID)) }
func (bySubject) Equal(a, b access.Subject) bool { return a == b }
