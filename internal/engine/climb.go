package engine

import (
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
)

// way is what the base has of a resource and of all that it inherits from.
type way struct {
	nodes []uint32 // the root and along the path, then the parents that are stored
	above int      // the first so many are above the resource by its path
}

// room is for the nodes of the longest way in most realms. Where one says that it
// may be longer, that is allocated.
type room [24]uint32

// climb finds the way up from a resource. All that is below a registered resource
// by its path inherits from the stored parent of that one, that one's, and so on.
func (s *Snapshot) climb(uri access.ResourceURI, in *room) way {
	nodes, whole := s.base.Path(uri, in[:0])
	up := way{nodes: nodes, above: len(nodes)}
	if whole {
		up.above--
	}
	if s.registered.Len() > 0 {
		for at, step := s.parent(s.first(uri)), 0; at.uri != "" && step < maxSteps; at, step = s.parent(at), step+1 {
			if at.number != 0 {
				up.nodes = append(up.nodes, at.number)
			}
		}
	} else if len(nodes) > 1 {
		for at, step := s.base.Parent(nodes[1]), 0; at != 0 && step < maxSteps; at, step = s.base.Parent(at), step+1 {
			up.nodes = append(up.nodes, at)
		}
	}
	return up
}

// place is a resource with its number in the base, 0 if it is not there.
type place struct {
	uri    access.ResourceURI
	number uint32
}

// parent returns the stored parent of a place, an empty place if it has none.
func (s *Snapshot) parent(of place) place {
	if r, changed := s.registeredOutside(of.uri); changed {
		return place{r.parent, s.base.Node(r.parent)}
	}
	if number := s.base.Parent(of.number); number != 0 {
		return place{s.base.URI(number), number}
	}
	return place{}
}

// first is the place that a resource's path begins with, below whose stored parents
// the resource stands.
func (s *Snapshot) first(uri access.ResourceURI) place {
	first, _, _ := strings.Cut(string(uri), "/")
	return place{access.ResourceURI(first), s.base.Node(access.ResourceURI(first))}
}

// covered calls see with every grant of a trie that covers the resource or a stored
// parent, until see returns true, and reports whether it did.
func (s *Snapshot) covered(uri access.ResourceURI, grants *node, see func(*grant) bool) bool {
	if grants == nil {
		return false
	}
	if grants.covering(uri, see) {
		return true
	}
	for at, step := s.parent(s.first(uri)), 0; at.uri != "" && step < maxSteps; at, step = s.parent(at), step+1 {
		if grants.covering(at.uri, see) {
			return true
		}
	}
	return false
}

// packedGrants calls see with the role lists that the base gives a subject on the
// way, until see returns true, and reports whether it did.
func (s *Snapshot) packedGrants(number uint32, up *way, see func(roleList) bool) bool {
	rows := s.base.Rows(number)
	if rows.Empty() {
		return false
	}
	for i, node := range up.nodes {
		there := s.base.On(rows, node)
		for row := there.From; row < there.To; row++ { // not range s.rows, which would allocate
			if (i < up.above || !s.base.Below(row)) && s.stands(row) && see(roleList(s.base.Roles(row))) {
				return true
			}
		}
	}
	return false
}

// withoutBelow is the resource that a grant is on, which may be for what is below
// it only; "" is the root.
func withoutBelow(uri access.ResourceURI) access.ResourceURI {
	if uri == "*" {
		return ""
	}
	return access.ResourceURI(strings.TrimSuffix(string(uri), "/*"))
}
