package engine

import (
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
)

// Registered lists the registered resources of the query's type and
// organization on which Check gives the subject the permission: in the order of
// their ids, those after the given one, at most limit, which must be positive.
func (s *Snapshot) Registered(q access.RegisteredQuery, after access.ResourceID, limit int) []access.ResourceID {
	var found []access.ResourceID
	for all := s.registered.Iterator(); !all.Done(); {
		uri, res, _ := all.Next()
		if id := access.ResourceID(uri); id > after && res.fits(q) && s.Check(access.Query{
			Subject: q.Subject, Permission: q.Permission, Resource: uri, Literal: q.Literal,
		}) {
			found = append(found, id)
		}
	}
	slices.Sort(found)
	return found[:min(limit, len(found))]
}

func (r registered) fits(q access.RegisteredQuery) bool {
	return (q.Type == "" || r.kind.Value() == q.Type) && (q.Organization == "" || r.organization.Value() == q.Organization)
}
