package engine

import (
	"slices"

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
	private := *s
	private.public = &holder{}
	var found []access.Subject
	for all := s.holders.Iterator(); !all.Done(); { // who is no holder holds nothing
		sub, _, _ := all.Next()
		if isEveryone(sub) && compareSubjects(sub, after) > 0 && private.Check(access.Query{
			Subject: sub, Permission: q.Permission, Resource: q.Resource, Literal: q.Literal,
		}) {
			found = append(found, sub)
		}
	}
	slices.SortFunc(found, compareSubjects)
	return found[:min(limit, len(found))]
}
