package authz

import (
	"context"
	"errors"
	"fmt"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// get reads one document, or returns a NotFound error that names it.
func get[T any](ctx context.Context, s *Service, c access.Caller, t store.Table[T], id string) (T, error) {
	var doc T
	err := s.store.View(ctx, c.Realm, 0, func(r store.Reader) error {
		var exists bool
		var err error
		doc, exists, err = find(r, t, id)
		if err == nil && !exists {
			err = access.Errorf(access.NotFound, "no %s %q", t.Kind, id)
		}
		return err
	})
	return doc, err
}

// find reads one document that may not exist.
func find[T any](r store.Reader, t store.Table[T], id string) (doc T, exists bool, err error) {
	row, err := t.Get(r, id)
	if errors.Is(err, access.NotFound) {
		return doc, false, nil
	}
	if err != nil {
		return doc, false, fmt.Errorf("reading %s %q: %w", t.Kind, id, err)
	}
	return row.Doc, true, nil
}

// readable returns a document of the area to who may read it. Everybody else is
// refused in the same way whether there is one or not.
func readable[T any](ctx context.Context, s *Service, c access.Caller, t store.Table[T], area, id string, mayRead reader[T]) (T, error) {
	var none T
	snap, err := s.feed.Snapshot(c.Realm)
	if err != nil {
		return none, err
	}
	doc, err := get(ctx, s, c, t, id)
	switch {
	case errors.Is(err, access.NotFound) && !may(snap, c, read, area, id):
		return none, deny(snap, c)
	case err != nil:
		return none, err
	case !mayRead(snap, c, &doc):
		return none, deny(snap, c)
	}
	return doc, nil
}
