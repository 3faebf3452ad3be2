package authz

import (
	"context"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// SetPublicPermissions says what a public resource of the realm gives everyone,
// beside access.PublicPermission. It acts for the operator, who may.
func (s *Service) SetPublicPermissions(ctx context.Context, id access.RealmID, written []string) error {
	perms := make([]access.Permission, 0, len(written))
	for _, w := range written {
		p, err := access.ParsePermission(w)
		if err != nil {
			return err
		}
		perms = append(perms, p)
	}
	slices.Sort(perms)
	perms = slices.Compact(perms)
	if realm := s.dir.Realm(id); realm != nil && slices.Equal(realm.PublicPermissions, perms) {
		return nil
	}
	c := access.Caller{Realm: id, Subject: operator}
	return s.update(ctx, c, action{"update", store.Realms.Kind, string(id)}, func(w *write) error {
		realm, exists, err := find(w, store.Realms, string(id))
		if err == nil && !exists {
			err = access.Errorf(access.NotFound, "no realm %q", id)
		}
		if err != nil {
			return err
		}
		realm.PublicPermissions = perms
		return put(w, store.Realms, string(id), &realm)
	})
}
