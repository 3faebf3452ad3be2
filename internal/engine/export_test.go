package engine

import (
	"math"

	"github.com/reeve-authz/reeve/internal/access"
)

// Leftovers counts what the snapshot keeps about documents other than
// built-in roles: zero once all are deleted.
func (s *Snapshot) Leftovers() int {
	s = s.Pack()
	left := s.base.Len() + s.replaced.Len() + s.left.Len() + s.children.Len()
	if s.patterns != nil {
		left++
	}
	if s.public.grants != nil {
		left++
	}
	left += s.joined.Len() + s.memberships.len() + s.registered.Len() + s.assignments.Len()
	return left + s.named.Len() + s.holders.len() + s.records.Len() + s.groups.len() + s.roles.Len() - New().roles.Len()
}

// NewWithCrowds returns New's snapshot, except that statements of more rows
// than wide have a crowd, however few their resources are.
func NewWithCrowds(wide int) *Snapshot {
	s := New()
	s.wide, s.long = wide, 0
	return s
}

// Complete is a snapshot whose lists do not stop.
type Complete struct{ *Snapshot }

// Resources is the complete list.
func (c Complete) Resources(q access.ResourceQuery, after access.ResourceURI, limit int) []access.ResourceURI {
	found, _ := c.Snapshot.Resources(q, after, limit, math.MaxInt)
	return found
}

// Meet is what two segments have in common.
var Meet = meet

// PublicRole is the role that everyone has on what is public.
const PublicRole = publicRole
