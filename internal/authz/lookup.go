package authz

import (
	"context"
	"fmt"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// view runs fn with the realm as of one revision and the snapshot that decides
// what the caller may read of it.
func (s *Service) view(ctx context.Context, c access.Caller, fn func(store.Reader, *engine.Snapshot) error) error {
	snap, err := s.feed.Snapshot(c.Realm)
	if err != nil {
		return err
	}
	return s.store.View(ctx, c.Realm, 0, func(r store.Reader) error { return fn(r, snap) })
}

// existing reads a document, or returns a NotFound error that names it.
func existing[T any](r store.Reader, t store.Table[T], what, id string) (T, error) {
	doc, exists, err := find(r, t, id)
	if err == nil && !exists {
		err = errNo(what, id)
	}
	return doc, err
}

// errNo is the error for what does not exist. Source: the words of the WorkOS
// API.
func errNo(what, id string) *access.Error {
	return access.Errorf(access.NotFound, "%s not found: '%s'.", what, id).About(id)
}

// one returns the document that an index holds under a value that is unique.
func one[T any](r store.Reader, t store.Table[T], index, value string) (doc T, exists bool, err error) {
	rows, err := t.List(r, store.ListQuery{Index: index, Value: value, Limit: 1})
	if err != nil {
		return doc, false, fmt.Errorf("looking up a %s: %w", t.Kind, err)
	}
	if len(rows) == 0 {
		return doc, false, nil
	}
	return rows[0].Doc, true, nil
}

// every returns all documents that an index holds under a value, in the order
// of their ids.
func every[T any](r store.Reader, t store.Table[T], index, value string) ([]T, error) {
	var all []T
	q := store.ListQuery{Index: index, Value: value, Limit: listChunk}
	for {
		rows, err := t.List(r, q)
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", t.Kind, err)
		}
		for i := range rows {
			all = append(all, rows[i].Doc)
		}
		if len(rows) < listChunk {
			return all, nil
		}
		q.After = rows[len(rows)-1].ID
	}
}

// holdsAny reports whether an index holds a document under the value.
func holdsAny[T any](r store.Reader, t store.Table[T], index, value string) (bool, error) {
	_, exists, err := one(r, t, index, value)
	return exists, err
}

func organizationByID(r store.Reader, id access.OrganizationID) (access.Organization, error) {
	return existing(r, store.Organizations, "Organization", string(id))
}

func membershipByID(r store.Reader, id access.MembershipID) (access.Membership, error) {
	return existing(r, store.Memberships, "Organization membership", string(id))
}

// membershipOf finds the membership of a user in an organization.
func membershipOf(r store.Reader, org access.OrganizationID, user string) (access.Membership, bool, error) {
	m, exists, err := one(r, store.Memberships, store.ByPair, store.MembershipPair(org, user))
	return m, exists && m.Organization == org && m.User == user, err
}

// realmByID reads the realm's own document.
func realmByID(r store.Reader, id access.RealmID) (access.Realm, error) {
	return existing(r, store.Realms, "Realm", string(id))
}
