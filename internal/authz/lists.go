package authz

import (
	"context"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
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
	snap, err := s.askOn(c, uri)
	if err != nil {
		return nil, "", err
	}
	users := snap.Users(uri, subjectOf(p.After), p.Limit+1)
	if len(users) <= p.Limit {
		return users, "", nil
	}
	users = users[:p.Limit]
	return users, users[p.Limit-1].Subject.String(), nil
}

// askOn returns the snapshot to answer a question about everybody who holds
// something on the resource from.
func (s *Service) askOn(c access.Caller, uri access.ResourceURI) (*engine.Snapshot, error) {
	snap, err := s.feed.Snapshot(c.Realm)
	if err != nil {
		return nil, err
	}
	owns := snap.Holds(access.Query{Subject: c.Subject, Permission: "*", Resource: uri}, access.Grant|access.Delegate)
	if !owns && (!mayAll(snap, c, read, usersArea) || !maySet(snap, c, uri)) {
		return nil, deny(snap, c)
	}
	return snap, nil
}

// subjectOf reads Subject.String.
func subjectOf(text string) access.Subject {
	kind, id, _ := strings.Cut(text, ":")
	return access.Subject{Kind: access.SubjectKind(kind), ID: id}
}

// Listing is a page of a list that was answered from one snapshot.
type Listing[T any] struct {
	Items    []T
	Next     string // after which the next page begins; "" at the end
	Revision access.Revision
}

// RegisteredOf returns a page of the registered resources on which a subject has
// a permission, in the order of their ids. A type or an organization that does
// not exist has none. It is a Forbidden error if the caller may not ask.
func (s *Service) RegisteredOf(_ context.Context, c access.Caller, q access.RegisteredQuery, p Page) (Listing[access.ResourceID], error) {
	snap, err := s.ask(c, q.Subject)
	if err != nil {
		return Listing[access.ResourceID]{}, err
	}
	l := Listing[access.ResourceID]{Items: snap.Registered(q, access.ResourceID(p.After), p.Limit+1), Revision: snap.Revision()}
	if len(l.Items) > p.Limit {
		l.Items = l.Items[:p.Limit]
		l.Next = string(l.Items[p.Limit-1])
	}
	return l, nil
}

// HoldersOf returns a page of the users and clients who have a permission on a
// resource, however they have it but for what is public, in the order of their
// ids. It is for those for whom UsersOf is.
func (s *Service) HoldersOf(_ context.Context, c access.Caller, q access.HolderQuery, p Page) (Listing[access.Subject], error) {
	snap, err := s.askOn(c, q.Resource)
	if err != nil {
		return Listing[access.Subject]{}, err
	}
	l := Listing[access.Subject]{Items: snap.Holders(q, subjectOf(p.After), p.Limit+1), Revision: snap.Revision()}
	if len(l.Items) > p.Limit {
		l.Items = l.Items[:p.Limit]
		l.Next = l.Items[p.Limit-1].String()
	}
	return l, nil
}
