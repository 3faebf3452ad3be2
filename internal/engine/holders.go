package engine

import (
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
)

// Holders lists the users and clients to whom Check gives the permission on the
// resource, through its parents, groups and memberships too: those after the
// given one, at most limit, which must be positive. They are sorted as Users
// sorts them.
//
// What everyone has because it is public counts for nobody: everyone would be
// listed.
func (s *Snapshot) Holders(q access.HolderQuery, after access.Subject, limit int) []access.Subject {
	if q.Permission == "" || q.Resource == "" {
		return nil
	}
	found := newUserSet(s, after, limit)
	var in room
	up := s.climb(q.Resource, &in)
	gives := s.anyRole(func(r *role) bool { return r.flagsOf(q.Permission, q.Literal)&access.Allow != 0 })
	for i, node := range up.nodes {
		for _, number := range s.base.Holders(node) {
			for row := range s.rows(s.base.On(s.base.Rows(number), node)) {
				if (i < up.above || !s.base.Below(row)) && gives(roleList(s.base.Roles(row))) {
					found.add(s.base.SubjectAt(number))
					break
				}
			}
		}
	}
	s.coveringSources(q.Resource, func(src *source) {
		if st := s.statementOf(src); gives(st.roles) {
			found.add(st.subjects...)
		}
	})
	return found.users.first()
}

// coveringSources calls see with every statement outside of the base that covers
// the resource, perhaps more than once.
func (s *Snapshot) coveringSources(uri access.ResourceURI, see func(*source)) {
	if s.named.Len() == 0 {
		return
	}
	named := func(uri string) {
		by, _ := s.named.Get(access.ResourceURI(uri))
		for _, src := range by {
			see(src)
		}
	}
	named("*")
	asked := string(uri)
	for i := range asked {
		if asked[i] == '/' {
			named(asked[:i])
			named(asked[:i] + "/*")
		}
	}
	named(asked)
	for at, step := s.parent(s.first(uri)), 0; at.uri != "" && step < maxSteps; at, step = s.parent(at), step+1 {
		named(string(at.uri))
	}
	s.covered(uri, s.patterns, func(g *grant) bool {
		for _, src := range g.by {
			see(src)
		}
		return false
	})
}

// isPattern reports whether a grant on the resource needs the trie: it has a "*"
// other than a last segment.
func isPattern(uri access.ResourceURI) bool { return strings.Contains(string(withoutBelow(uri)), "*") }
