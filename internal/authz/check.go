package authz

import (
	"context"
	"errors"
	"fmt"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
)

// Check decides a query. It is a Forbidden error if the caller may not ask
// about the subject: an answer always means that the question was decided.
func (s *Service) Check(_ context.Context, c access.Caller, q access.Query) (access.Decision, error) {
	snap, err := s.feed.Snapshot(c.Realm)
	if err != nil {
		return access.Decision{}, err
	}
	snap.Warm([]access.Query{q})
	a := asker{snap: snap, caller: c}
	allowed, err := a.decide(&q)
	return access.Decision{Allowed: allowed, Revision: snap.Revision()}, err
}

// Checked is the answer to one of several queries.
type Checked struct {
	Allowed bool
	Err     *access.Error // why the query was not decided; nil if it was
}

// CheckAll decides each query as Check and CheckMembership would, in order and
// all by one snapshot, whose revision it returns. A query that its caller may
// not ask, or about what is not there, has an error of its own.
func (s *Service) CheckAll(ctx context.Context, c access.Caller, qs []access.Query) ([]Checked, access.Revision, error) {
	snap, err := s.feed.Snapshot(c.Realm)
	if err != nil {
		return nil, 0, err
	}
	a := asker{snap: snap, caller: c}
	answers := make([]Checked, len(qs))
	for i := range qs {
		if err := ctx.Err(); err != nil {
			return nil, 0, fmt.Errorf("deciding the query at %d: %w", i, err)
		}
		if i%engine.WarmAtOnce == 0 {
			snap.Warm(qs[i:])
		}
		answers[i].Allowed, err = a.decide(&qs[i])
		if err != nil && !errors.As(err, &answers[i].Err) {
			return nil, 0, err
		}
	}
	return answers, snap.Revision(), nil
}

// asker decides what one caller asks, by one snapshot. It keeps what it found out
// about the caller, and about the last subject: many questions in a row are
// about the same one.
type asker struct {
	snap   *engine.Snapshot
	caller access.Caller
	turns  int            // how often it came to another subject
	about  access.Subject // of the last query; zero before the first
	member asked          // the same, if it is a membership
	err    error          // why the caller may not ask about it
}

// decide is quick if the snapshot was warmed for the query.
func (a *asker) decide(q *access.Query) (bool, error) {
	if q.Subject != a.about {
		a.turnTo(q.Subject)
	}
	if a.err != nil {
		return false, a.err
	}
	if q.Subject.Kind != access.MembershipKind {
		return a.snap.Holds(*q, access.Allow), nil
	}
	on := access.ResourceID(q.Resource)
	if err := a.member.has(on); err != nil {
		return false, err
	}
	return a.member.may(q.Permission, on), nil
}

func (a *asker) turnTo(about access.Subject) {
	a.about, a.err = about, nil
	// Who asks about several may often ask about everybody, which is found out
	// once. What covers all of the area covers each in it.
	if a.turns++; a.turns == 2 && mayAll(a.snap, a.caller, read, usersArea) {
		a.caller.ChecksUsers = true
	}
	if about.Kind == access.MembershipKind {
		a.member, a.err = aboutMembership(a.snap, a.caller, access.MembershipID(about.ID))
	} else if !mayAsk(a.snap, a.caller, about) {
		a.err = errMayNotAsk()
	}
}

// AskMembership is what CheckAll is asked where CheckMembership would be. It
// is an Invalid error if a part is empty; a permission that none can be called
// is had by nobody.
func AskMembership(id access.MembershipID, permission string, on access.ResourceID) (access.Query, error) {
	if permission == "" || on == "" {
		return access.Query{}, access.Errorf(access.Invalid, "the permission and the resource must not be empty")
	}
	do, err := askedPermission(permission)
	member := access.Subject{Kind: access.MembershipKind, ID: string(id)}
	return access.Query{Subject: member, Permission: do, Resource: access.ResourceURI(on), Literal: true}, err
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
		return nil, errMayNotAsk()
	}
	return snap, nil
}

func errMayNotAsk() error {
	return access.Errorf(access.Forbidden, "the caller may not ask for the permissions of this user")
}
