package engine

import (
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine/packed"
)

// way is a resource and all that it inherits from.
type way struct {
	nodes []uint32             // in the base: the root and along the path, then the parents that are stored
	above int                  // the first so many are above the resource by its path
	uris  []access.ResourceURI // the resource, then the parents that are stored
}

// room is for the longest way in most realms; where one says that it may be
// longer, that is allocated.
type room struct {
	nodes [24]uint32
	uris  [access.DefaultResourceDepth + 2]access.ResourceURI
}

// climb finds the way up from a resource. All that is below a registered resource
// by its path inherits from the stored parent of that one, that one's, and so on.
func (s *Snapshot) climb(uri access.ResourceURI, in *room) way {
	nodes, whole := s.base.Path(uri, in.nodes[:0])
	up := way{nodes: nodes, above: len(nodes), uris: append(in.uris[:0], uri)}
	if whole {
		up.above--
	}
	first, _, _ := strings.Cut(string(uri), "/")
	at, number := access.ResourceURI(first), uint32(0)
	if len(up.nodes) > 1 {
		number = up.nodes[1]
	}
	for range maxSteps {
		if at, number = s.parent(at, number); at == "" {
			break
		}
		up.uris = append(up.uris, at)
		if number != 0 {
			up.nodes = append(up.nodes, number)
		}
	}
	return up
}

// parent returns the stored parent of a resource with its number in the base.
func (s *Snapshot) parent(uri access.ResourceURI, number uint32) (parent access.ResourceURI, there uint32) {
	if r, changed := s.registeredOutside(uri); changed {
		return r.parent, s.base.Node(r.parent)
	}
	if there = s.base.Parent(number); there == 0 {
		return "", 0
	}
	return s.base.URI(there), there
}

// covered calls see with every grant of a trie that covers the way, until see
// returns true, and reports whether it did.
func (w *way) covered(grants *node, see func(*grant) bool) bool {
	if grants == nil {
		return false
	}
	for _, uri := range w.uris {
		if grants.covering(uri, see) {
			return true
		}
	}
	return false
}

// few rows are looked at one by one; of more, those of each node are searched.
const few = 8

// packedGrants calls see with the role lists that the base gives a subject on the
// way, until see returns true, and reports whether it did.
func (s *Snapshot) packedGrants(number uint32, up *way, see func(roleList) bool) bool {
	rows := s.base.Rows(number)
	if len(rows) == 0 {
		return false
	}
	for i, node := range up.nodes {
		there := rows
		if len(rows) > few {
			there = packed.On(rows, node)
		}
		for j := range there {
			r := &there[j]
			if r.Node == node && (i < up.above || !r.Below()) && s.stands(r) && see(roleList(s.base.Roles(r))) {
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
