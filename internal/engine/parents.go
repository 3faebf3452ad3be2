package engine

import (
	"strings"
	"unique"

	"github.com/reeve-authz/reeve/internal/access"
)

// maxSteps bounds the steps from a registered resource to its organization.
// Writers keep it; a check ends there whatever was written.
const maxSteps = access.MaxResourceDepth + 1

// registered is what the snapshot knows of a registered resource.
type registered struct {
	parent       access.ResourceURI                   // empty if it has none
	kind         unique.Handle[access.ResourceTypeID] // its type, kept once for all that is of it
	organization unique.Handle[access.OrganizationID] // likewise
}

// putResource stores a registered resource's parent and nothing of what is above
// that, so that to move a resource moves all that stands under it.
//
// The server's own resources cannot be registered: nothing may be inherited
// there.
func (e *edit) putResource(id access.ResourceID, doc *access.Resource) {
	uri := access.ResourceURI(id)
	if doc == nil || !registrable(id) {
		e.next.registered = e.next.registered.Delete(uri)
		return
	}
	res := registered{kind: unique.Make(doc.Type), organization: unique.Make(doc.Organization)}
	if registrable(doc.Parent) {
		res.parent = access.ResourceURI(doc.Parent)
	}
	e.next.registered = e.next.registered.Set(uri, res)
}

// Resource returns the organization of a registered resource; false if there is
// no such resource.
func (s *Snapshot) Resource(id access.ResourceID) (access.OrganizationID, bool) {
	res, ok := s.registered.Get(access.ResourceURI(id))
	if !ok {
		return "", false
	}
	return res.organization.Value(), true
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
	if s.registered.Len() == 0 {
		return found
	}
	first, _, _ := strings.Cut(string(uri), "/")
	at := access.ResourceURI(first)
	for range maxSteps {
		res, _ := s.registered.Get(at)
		if res.parent == "" {
			break
		}
		found = append(found, res.parent)
		at = res.parent
	}
	return found
}
