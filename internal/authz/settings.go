package authz

import (
	"context"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// Settings returns what is set on exactly this resource. It is a NotFound error
// if that is nothing, and if the caller may not know.
func (s *Service) Settings(ctx context.Context, c access.Caller, uri access.ResourceURI) (access.ResourceSettings, error) {
	snap, err := s.feed.Snapshot(c.Realm)
	if err != nil {
		return access.ResourceSettings{}, err
	}
	if !maySet(snap, c, uri) && !may(snap, c, read, settingsArea, string(uri)) {
		return access.ResourceSettings{}, access.Errorf(access.NotFound, "nothing is set on this resource, or the caller may not know")
	}
	return get(ctx, s, c, store.Settings, string(uri))
}

// AllSettings returns a page of the resources on which something is set, for
// who may read that of every resource.
func (s *Service) AllSettings(ctx context.Context, c access.Caller, p Page) ([]access.ResourceSettings, string, error) {
	snap, err := s.feed.Snapshot(c.Realm)
	if err != nil {
		return nil, "", err
	}
	if !mayAll(snap, c, read, settingsArea) {
		return nil, "", deny(snap, c)
	}
	return list(ctx, s, c, store.Settings, store.ListQuery{}, p, func(*access.ResourceSettings) bool { return true })
}

// PutSettings replaces what is set on a resource; settings without any remove
// it. The caller needs no authority over the resource itself: who may set is
// trusted to make it public, which gives everyone what the realm calls public
// and no more, and to let others claim what is directly below it.
func (s *Service) PutSettings(ctx context.Context, c access.Caller, set access.ResourceSettings) error {
	if err := validateSettings(set); err != nil {
		return err
	}
	id := string(set.Resource)
	return s.update(ctx, c, action{"update", store.Settings.Kind, id}, func(w *write) error {
		if !maySet(w.snap, c, set.Resource) {
			return deny(w.snap, c)
		}
		if set.Claim || set.Public {
			return put(w, store.Settings, id, &set)
		}
		_, exists, err := find(w, store.Settings, id)
		if err != nil || !exists {
			return err
		}
		return remove(w, store.Settings, id)
	})
}

// maySet reports whether the caller may set what acts for everyone on the
// resource. That is a right to give, so its holder has grant or delegate of
// everything, and allow alone is not enough. Source: the badge of the Authress
// portal. Owners of the account ("*" or "Authress:*") hold it everywhere;
// owners of the resource alone do not.
func maySet(snap *engine.Snapshot, c access.Caller, uri access.ResourceURI) bool {
	return snap.Holds(access.Query{
		Subject: c.Subject, Permission: "*", Resource: access.ResourceURI(settingsArea + "/" + string(uri)),
	}, access.Grant|access.Delegate)
}

// validateSettings refuses settings that have no meaning, and those that would
// give everyone a part of the server's own administration.
func validateSettings(set access.ResourceSettings) error {
	collection := collectionOf(set.Resource)
	switch {
	case set.Public && reachesReserved(set.Resource):
		return access.Errorf(access.Invalid, "%s covers resources that begin with %s; these cannot be PUBLIC", set.Resource, access.ReservedPrefix)
	case set.Claim && (collection == "" || collection.HasWildcard()):
		return access.Errorf(access.Invalid, "%s cannot be claimed from: name one collection, without * before its end", set.Resource)
	case set.Claim && reserved(collection) && collection != clientsArea:
		return access.Errorf(access.Invalid, "of the resources that begin with %s only %s can have CLAIM", access.ReservedPrefix, clientsArea)
	}
	return nil
}

// collectionOf is the resource without a final "*": "documents/*" and
// "documents" are one collection. It is empty for "*" alone.
func collectionOf(uri access.ResourceURI) access.ResourceURI {
	if uri == "*" {
		return ""
	}
	return access.ResourceURI(strings.TrimSuffix(string(uri), "/*"))
}

// reserved reports whether the resource belongs to the server itself.
func reserved(uri access.ResourceURI) bool {
	return strings.HasPrefix(string(uri), access.ReservedPrefix)
}

// reachesReserved reports whether the resource, or one that it covers, belongs
// to the server itself.
func reachesReserved(uri access.ResourceURI) bool {
	first, _, _ := strings.Cut(string(uri), "/")
	part, _, parts := strings.Cut(first, ":")
	return reserved(uri) || first == "*" || parts && part == "*"
}
