package engine

import (
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine/packed"
)

// maxSteps bounds the steps from a registered resource to its organization.
// Writers keep it; a check ends there whatever was written.
const maxSteps = access.MaxResourceDepth + 1

// registered is a registered resource that has changed since the base was made.
type registered struct {
	exists bool
	parent access.ResourceURI // empty if it has none
	packed.Kind
}

// registeredOutside returns what has changed of a registered resource since the
// base; false if nothing has.
func (s *Snapshot) registeredOutside(uri access.ResourceURI) (registered, bool) {
	if s.registered.Len() == 0 {
		return registered{}, false
	}
	return s.registered.Get(uri)
}

// putResource stores a registered resource's parent and nothing of what is above
// that, so that to move a resource moves all that stands under it.
//
// The server's own resources cannot be registered: nothing may be inherited
// there.
func (e *edit) putResource(id access.ResourceID, doc *access.Resource) {
	if !registrable(id) {
		return
	}
	uri := access.ResourceURI(id)
	if was, changed := e.next.registeredOutside(uri); changed && was.parent != "" {
		e.next.children = e.next.children.Delete(childKey(was.parent, uri))
	}
	var is registered
	if doc != nil {
		is = prepareResource(doc)
		if is.parent != "" {
			e.next.children = e.next.children.Set(childKey(is.parent, uri), struct{}{})
		}
	}
	if _, packed := e.next.base.Registered(e.next.base.Node(uri)); is.exists || packed {
		e.next.registered = e.next.registered.Set(uri, is)
	} else {
		e.next.registered = e.next.registered.Delete(uri)
	}
}

func prepareResource(doc *access.Resource) registered {
	r := registered{exists: true, Kind: packed.Kind{Organization: doc.Organization, Type: doc.Type}}
	if registrable(doc.Parent) {
		r.parent = access.ResourceURI(doc.Parent)
	}
	return r
}

// childKey is where children are kept: neither id has a slash.
func childKey(parent, child access.ResourceURI) string { return string(parent + "/" + child) }

// Resource returns the organization of a registered resource; false if there is
// no such resource.
func (s *Snapshot) Resource(id access.ResourceID) (access.OrganizationID, bool) {
	uri := access.ResourceURI(id)
	if r, changed := s.registeredOutside(uri); changed {
		return r.Organization, r.exists
	}
	if !registrable(id) {
		return "", false
	}
	r, ok := s.base.Registered(s.base.Node(uri))
	return r.Organization, ok
}

// registrable reports whether the id is a resource of one segment that stands
// for itself alone, and is an application's.
func registrable(id access.ResourceID) bool {
	return id != "" && !strings.ContainsAny(string(id), "/*") && !strings.HasPrefix(string(id), access.ReservedPrefix)
}
