package engine

import (
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
)

// maxSteps bounds the steps from a registered resource to its organization.
// Writers keep it; a check ends there whatever was written.
const maxSteps = access.MaxResourceDepth + 1

// putResource stores a registered resource's parent. Nothing else is stored of
// it, so that to move a resource moves all that stands under it.
//
// The server's own resources cannot be registered: nothing may be inherited
// there.
func (e *edit) putResource(id access.ResourceID, doc *access.Resource) {
	uri := access.ResourceURI(id)
	switch {
	case doc == nil || !registrable(id) || !registrable(doc.Parent):
		e.next.parents = e.next.parents.Delete(uri)
	default:
		e.next.parents = e.next.parents.Set(uri, access.ResourceURI(doc.Parent))
	}
}

// registrable reports whether the id is a resource of one segment that stands
// for itself alone, and is an application's.
func registrable(id access.ResourceID) bool {
	return id != "" && !strings.ContainsAny(string(id), "/*") && !strings.HasPrefix(string(id), access.ReservedPrefix)
}

// above appends the stored parent of what the resource's path begins with, that
// one's, and so on. All that is below a registered resource by its path
// inherits from them.
func (s *Snapshot) above(uri access.ResourceURI, found []access.ResourceURI) []access.ResourceURI {
	if s.parents.Len() == 0 {
		return found
	}
	first, _, _ := strings.Cut(string(uri), "/")
	at := access.ResourceURI(first)
	for range maxSteps {
		parent, ok := s.parents.Get(at)
		if !ok {
			break
		}
		found = append(found, parent)
		at = parent
	}
	return found
}
