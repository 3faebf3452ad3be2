package authz

import (
	"context"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
)

// Check decides a query. It is a Forbidden error if the caller may not ask
// about the subject: an answer always means that the question was decided.
func (s *Service) Check(_ context.Context, c access.Caller, q access.Query) (access.Decision, error) {
	snap, err := s.ask(c, q.Subject)
	if err != nil {
		return access.Decision{}, err
	}
	return access.Decision{Allowed: snap.Check(q), Revision: snap.Revision()}, nil
}

// Permissions returns what the subject holds on a resource, parents' grants
// included, in the order of the actions. It is a NotFound error if that is
// nothing, and Forbidden if the caller may not ask.
func (s *Service) Permissions(_ context.Context, c access.Caller, subject access.Subject, uri access.ResourceURI) ([]access.RolePermission, error) {
	snap, err := s.ask(c, subject)
	if err != nil {
		return nil, err
	}
	perms := snap.Permissions(subject, uri)
	if len(perms) == 0 {
		return nil, access.Errorf(access.NotFound, "the user has no permission to the resource")
	}
	return perms, nil
}

// ask returns the snapshot to answer a question about the subject from.
func (s *Service) ask(c access.Caller, about access.Subject) (*engine.Snapshot, error) {
	snap, err := s.feed.Snapshot(c.Realm)
	if err != nil {
		return nil, err
	}
	if !mayAsk(snap, c, about) {
		return nil, access.Errorf(access.Forbidden, "the caller may not ask for the permissions of this user")
	}
	return snap, nil
}
