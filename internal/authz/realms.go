package authz

import (
	"context"
	"slices"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// Realms are managed by callers of the default realm who hold the right on
// realmsArea there; nothing else crosses realms. Each change of a realm is
// recorded twice: that the caller asked for it, in the default realm, and what
// was written, in the realm itself, as the operator's.

// Realms returns every realm of the server, the oldest first.
func (s *Service) Realms(_ context.Context, c access.Caller) ([]access.Realm, error) {
	if err := s.mayReadRealms(c); err != nil {
		return nil, err
	}
	realms := s.dir.Realms()
	slices.SortFunc(realms, func(a, b access.Realm) int {
		if d := a.Created.Compare(b.Created); d != 0 {
			return d
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	return realms, nil
}

// Realm returns one realm of the server.
func (s *Service) Realm(_ context.Context, c access.Caller, id access.RealmID) (access.Realm, error) {
	if err := s.mayReadRealms(c); err != nil {
		return access.Realm{}, err
	}
	realm := s.dir.Realm(id)
	if realm == nil {
		return access.Realm{}, errNo("Realm", string(id))
	}
	return *realm, nil
}

func (s *Service) mayReadRealms(c access.Caller) error {
	snap, err := s.feed.Snapshot(c.Realm)
	if err != nil {
		return err
	}
	if c.Realm != access.DefaultRealm {
		return deny(snap, c)
	}
	return need(snap, c, read, realmsArea, "")
}

// AddRealm makes a realm and returns the credentials of its first owner, which
// are kept nowhere. An empty account id is chosen here. It is a Conflict error
// if the account id is taken.
func (s *Service) AddRealm(ctx context.Context, c access.Caller, name, accountID string) (access.Realm, Bootstrap, error) {
	id := access.RealmID(s.newID("realm_"))
	if accountID == "" {
		accountID = strings.ToLower(s.newID("acc_"))
	}
	invalid := access.ValidateRealmName(name)
	b, err := s.NewBootstrap(Bootstrap{AccountID: accountID})
	if err != nil && invalid == nil {
		invalid = err
	}
	s.acrossRealms.Lock()
	defer s.acrossRealms.Unlock()
	err = s.decideOnRealm(ctx, c, action{"create", store.Realms.Kind, string(id)}, create, func() error {
		if invalid == nil && s.dir.Account(accountID) != "" {
			return errAccountTaken(accountID)
		}
		return invalid
	})
	if err != nil {
		return access.Realm{}, Bootstrap{}, err
	}
	realm, err := s.createRealm(ctx, id, name, b)
	if err != nil {
		return access.Realm{}, Bootstrap{}, err
	}
	return realm, b, nil
}

func errAccountTaken(accountID string) error {
	return access.Errorf(access.Conflict, "the account id %q is taken by another realm", accountID)
}

// RenameRealm changes what people call a realm.
func (s *Service) RenameRealm(ctx context.Context, c access.Caller, id access.RealmID, name string) (access.Realm, error) {
	invalid := access.ValidateRealmName(name)
	err := s.decideOnRealm(ctx, c, action{"update", store.Realms.Kind, string(id)}, change, func() error {
		if s.dir.Realm(id) == nil {
			return errNo("Realm", string(id))
		}
		return invalid
	})
	if err != nil {
		return access.Realm{}, err
	}
	var realm access.Realm
	within := access.Caller{Realm: id, Subject: operator, Request: c.Request}
	err = s.update(ctx, within, action{"update", store.Realms.Kind, string(id)}, func(w *write) error {
		var err error
		if realm, err = realmByID(w, id); err != nil {
			return err
		}
		realm.Name = name
		return put(w, store.Realms, string(id), &realm)
	})
	return realm, err
}

// decideOnRealm records in the caller's realm that it asks for something to be
// done to a realm, and returns nil if it may and refuse finds nothing against it.
func (s *Service) decideOnRealm(ctx context.Context, c access.Caller, a action, do access.Permission, refuse func() error) error {
	return s.update(ctx, c, a, func(w *write) error {
		if c.Realm != access.DefaultRealm {
			return deny(w.snap, c)
		}
		if err := need(w.snap, c, do, realmsArea, ""); err != nil {
			return err
		}
		return refuse()
	})
}
