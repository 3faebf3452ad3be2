package authz

import (
	"context"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
)

// The lists in this file are answered from the snapshot, as checks are, and so
// agree with the checks of the same revision. A page continues after the last
// element of the page before, wherever later commits have put that: what was
// neither added nor taken away while somebody pages is listed exactly once.

// RolesOf returns the roles that statements naming exactly this resource give
// to the subject, sorted; a role is repeated for each statement. It is a
// NotFound error if there are none, and Forbidden if the caller may not ask.
func (s *Service) RolesOf(_ context.Context, c access.Caller, subject access.Subject, uri access.ResourceURI) ([]access.RoleID, error) {
	snap, err := s.ask(c, subject)
	if err != nil {
		return nil, err
	}
	roles := snap.Roles(subject, uri)
	if len(roles) == 0 {
		return nil, access.Errorf(access.NotFound, "the user has no roles on exactly this resource")
	}
	return roles, nil
}

// ResourcesOf returns a page of the resources on which a subject holds
// something, in the order of the text, and where the next page begins: "" at
// the end. A page may hold fewer than its limit before the end, when much had to
// be passed over. It is a Forbidden error if the caller may not ask.
func (s *Service) ResourcesOf(_ context.Context, c access.Caller, q access.ResourceQuery, p Page) ([]access.ResourceURI, string, error) {
	snap, err := s.ask(c, q.Subject)
	if err != nil {
		return nil, "", err
	}
	found, stopped := snap.Resources(q, access.ResourceURI(p.After), p.Limit+1, listReach)
	if len(found) <= p.Limit {
		return found, string(stopped), nil
	}
	found = found[:p.Limit]
	return found, string(found[p.Limit-1]), nil
}

// UsersOf returns a page of the users and clients with roles on exactly this
// resource, in the order of their ids, and where the next page begins: "" at
// the end. It is for who may read the permissions of all users and set what
// acts for everyone on the resource, and, so that owners see with whom they
// share, for who may give every permission on it.
func (s *Service) UsersOf(_ context.Context, c access.Caller, uri access.ResourceURI, p Page) ([]access.Holder, string, error) {
	snap, err := s.feed.Snapshot(c.Realm)
	if err != nil {
		return nil, "", err
	}
	owns := snap.Holds(access.Query{Subject: c.Subject, Permission: "*", Resource: uri}, access.Grant|access.Delegate)
	if !owns && (!mayAll(snap, c, read, usersArea) || !maySet(snap, c, uri)) {
		return nil, "", deny(snap, c)
	}
	kind, id, _ := strings.Cut(p.After, ":")
	users := snap.Users(uri, access.Subject{Kind: access.SubjectKind(kind), ID: id}, p.Limit+1)
	if len(users) <= p.Limit {
		return users, "", nil
	}
	users = users[:p.Limit]
	return users, users[p.Limit-1].Subject.String(), nil
}
