package authz

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// Claim makes the caller the owner of a resource directly below a collection,
// where the collection's settings let everybody claim, or the caller may give
// everything there. To claim again what the caller owns alone changes nothing,
// so that a retry does not fail.
//
// It is a Conflict error with the reason Claimed if somebody else has anything
// on exactly this resource, or if the caller has something less than ownership:
// then the resource is in use, and what was given is not for its receiver to
// widen. What others hold on a parent does not stand in the way.
func (s *Service) Claim(ctx context.Context, c access.Caller, collection access.ResourceURI, id string) error {
	parent, uri, err := claimed(collection, id)
	if err != nil {
		return err
	}
	return s.update(ctx, c, action{"claim", resourceKind, string(uri)}, func(w *write) error {
		if err := mayClaim(w, c, parent); err != nil {
			return err
		}
		owned, taken, err := held(w, c.Subject, uri)
		if err != nil {
			return err
		}
		if taken {
			return access.Errorf(access.Conflict, "the resource %s is claimed or in use already", uri).Because(access.Claimed)
		}
		if owned {
			return nil
		}
		return s.putOwned(w, c, uri)
	})
}

// resourceKind is the kind, in the audit trail, of a resource that is claimed:
// the one object of writes that is no document.
const resourceKind store.Kind = "resource"

// claimed returns the resource of the id directly below the collection.
func claimed(collection access.ResourceURI, id string) (parent, uri access.ResourceURI, err error) {
	parent = collectionOf(collection)
	if parent == "" || parent.HasWildcard() {
		return "", "", access.Errorf(access.Invalid, "collectionResource %q: name one collection, without * before its end", collection)
	}
	if strings.ContainsAny(id, "/*") {
		return "", "", access.Errorf(access.Invalid, "resourceId %q must be one segment, without *", id)
	}
	text := string(parent) + "/" + id
	uri, err = access.ParseResourceURI(text)
	if err == nil && string(uri) != text { // an empty id
		err = access.Errorf(access.Invalid, "resourceId must not be empty")
	}
	return parent, uri, err
}

// mayClaim demands that the caller may claim below the collection. Nobody may
// below the server's own resources, whatever is set there: CreateClient claims
// clients, as only the server makes their ids.
func mayClaim(w *write, c access.Caller, parent access.ResourceURI) error {
	if reserved(parent) {
		return access.Errorf(access.Forbidden, "resources that begin with %s cannot be claimed", access.ReservedPrefix)
	}
	open, err := claimable(w, parent)
	if err != nil || open {
		return err
	}
	below := access.Query{Subject: c.Subject, Permission: "*", Resource: parent + "/*"}
	if !w.snap.Holds(below, access.Delegate) {
		return access.Errorf(access.Forbidden, "resources below %s cannot be claimed by the caller", parent)
	}
	return nil
}

// claimable reports whether the collection's settings let everybody claim what
// is directly below it.
func claimable(r store.Reader, collection access.ResourceURI) (bool, error) {
	for _, id := range []string{string(collection), string(collection) + "/*"} {
		set, exists, err := find(r, store.Settings, id)
		if err != nil || exists && set.Claim {
			return err == nil, err
		}
	}
	return false, nil
}

// held says who has anything on exactly this resource by an active record:
// whether the subject owns it, and whether it is taken, by another subject or
// by less than ownership.
func held(r store.Reader, subject access.Subject, uri access.ResourceURI) (owned, taken bool, err error) {
	some := false
	q := store.ListQuery{Index: store.ByResource, Value: string(uri), Limit: listChunk}
	for {
		rows, err := store.Records.List(r, q)
		if err != nil {
			return false, false, fmt.Errorf("listing records of %s: %w", uri, err)
		}
		for i := range rows {
			owns, has, others := share(&rows[i].Doc, subject, uri)
			if others {
				return false, true, nil
			}
			owned, some = owned || owns, some || has
		}
		if len(rows) < listChunk {
			return owned, some && !owned, nil
		}
		q.After = rows[len(rows)-1].ID
	}
}

// share says what a record gives on exactly this resource: ownership to the
// subject, anything to the subject, anything to others.
func share(rec *access.Record, subject access.Subject, uri access.ResourceURI) (owns, has, others bool) {
	givenOn(rec, uri, func(roles []access.RoleID, subjects []access.Subject) {
		for _, s := range subjects {
			mine := s == subject
			owns = owns || mine && slices.Contains(roles, access.OwnerRole)
			has = has || mine
			others = others || !mine
		}
	})
	return owns, has, others
}

// putOwned writes the record that makes the caller the owner of a resource, and
// the record's administrator.
func (s *Service) putOwned(w *write, c access.Caller, uri access.ResourceURI) error {
	rec := access.Record{
		ID: access.RecordID(s.newID("rec_")), Name: "Claim", Description: "Claimed: " + string(uri),
		Status: access.RecordActive, Updated: s.now(),
		Subjects:   []access.Subject{c.Subject},
		Admins:     []access.Subject{c.Subject},
		Statements: []access.Statement{{Roles: []access.RoleID{access.OwnerRole}, Resources: []string{string(uri)}}},
	}
	return put(w, store.Records, string(rec.ID), &rec)
}
