package authz

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/authn"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// KeyAlreadyExpired is the reason of a Conflict about a key past its end, as the
// WorkOS API names it.
const KeyAlreadyExpired access.Reason = "api_key_already_expired"

// useNoted is how far apart the kept uses of one key are.
const useNoted = time.Minute

// CustomerKeyState is a customer's API key, and when it was last shown to be
// good: to the minute, and zero if never.
type CustomerKeyState struct {
	access.CustomerKey
	LastUsed time.Time
}

// CreateCustomerKey makes an API key of an organization or, if key has a User,
// of that user's active membership of it; a user takes the right to read the
// user. The secret is told once and kept nowhere. It takes the authority to grant
// the key's permissions in the organization: the application will let the key do
// what they say.
func (s *Service) CreateCustomerKey(ctx context.Context, c access.Caller, key access.CustomerKey) (made access.CustomerKey, secret string, err error) {
	if err := key.Validate(); err != nil {
		return access.CustomerKey{}, "", err
	}
	if err := s.validExpiry(&key.Expires); err != nil {
		return access.CustomerKey{}, "", err
	}
	secret = authn.NewAPIKey()
	key.ID = access.CustomerKeyID(s.newID("api_key_"))
	key.Hash, key.Obfuscated = authn.HashAPIKey(secret), authn.ObfuscateAPIKey(secret)
	key.Created = s.now()
	key.Updated = key.Created
	err = s.update(ctx, c, action{"create", store.CustomerKeys.Kind, string(key.ID)}, func(w *write) error {
		if _, err := organizationFor(w, w.snap, c, change, key.Organization); err != nil {
			return err
		}
		if err := forMembership(w, c, &key); err != nil {
			return err
		}
		if err := mayEndow(w, c, &key); err != nil {
			return err
		}
		return put(w, store.CustomerKeys, string(key.ID), &key)
	})
	if err != nil {
		return access.CustomerKey{}, "", err
	}
	return key, secret, nil
}

// validExpiry refuses an end that is not to come. Documents keep milliseconds.
func (s *Service) validExpiry(end *time.Time) error {
	*end = end.UTC().Truncate(time.Millisecond)
	if !end.IsZero() && !end.After(s.now()) {
		return access.FieldErrorf("expires_at", "expires_at_in_past", "expires_at must be in the future")
	}
	return nil
}

// forMembership ties the key of a user whom the caller may read to the membership
// by which the user may have it.
func forMembership(w *write, c access.Caller, key *access.CustomerKey) error {
	if key.User == "" {
		return nil
	}
	if _, err := userFor(w, w.snap, c, read, key.User); err != nil {
		return err
	}
	m, exists, err := membershipOf(w, key.Organization, key.User)
	if err != nil {
		return err
	}
	if !exists || m.Status != access.MembershipActive {
		return access.FieldErrorf("organization_id", "membership_not_active", "the user has no active membership of the organization %q", key.Organization)
	}
	key.Membership = m.ID
	return nil
}

// mayEndow demands that the catalogue has the key's permissions, and that the
// caller may grant them in its organization.
func mayEndow(w *write, c access.Caller, key *access.CustomerKey) error {
	org, err := organizationByID(w, key.Organization)
	if err != nil {
		return err
	}
	grants := make([]access.RolePermission, len(key.Permissions))
	for i, p := range key.Permissions {
		if _, defined, err := findPermission(w, c.Realm, string(p)); err != nil {
			return err
		} else if !defined {
			return access.FieldErrorf("permissions", "permission_not_found", "Permission not found: '%s'.", p)
		}
		grants[i] = access.RolePermission{Action: string(p), Allow: true, Exact: true}
	}
	return hasAuthority(w, c, grants, access.ResourceURI(org.Root))
}

// OrganizationKeys returns the part of the list of an organization's own API
// keys that the Window asks for.
func (s *Service) OrganizationKeys(ctx context.Context, c access.Caller, id access.OrganizationID, win Window) (Slice[CustomerKeyState], error) {
	var keys Slice[CustomerKeyState]
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		if err := need(snap, c, read, organizationsArea, string(id)); err != nil {
			return err
		}
		if _, err := organizationByID(r, id); err != nil {
			return err
		}
		var err error
		keys, err = keysOf(r, store.OwnerOfKey(id, ""), nil, win)
		return err
	})
	return keys, err
}

// UserKeys returns the part of the list of a user's API keys that the Window
// asks for: those for one organization, or if in is empty, for all that the caller
// may read.
func (s *Service) UserKeys(ctx context.Context, c access.Caller, user string, in access.OrganizationID, win Window) (Slice[CustomerKeyState], error) {
	var keys Slice[CustomerKeyState]
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		if _, err := userFor(r, snap, c, read, user); err != nil {
			return err
		}
		keep := func(k *access.CustomerKey) bool {
			return (in == "" || k.Organization == in) && may(snap, c, read, organizationsArea, string(k.Organization))
		}
		var err error
		keys, err = keysOf(r, store.OwnerOfKey("", user), keep, win)
		return err
	})
	return keys, err
}

// keysOf returns a part of the list of an owner's keys.
func keysOf(r store.Reader, owner string, keep func(*access.CustomerKey) bool, win Window) (Slice[CustomerKeyState], error) {
	keys, err := window(r, store.CustomerKeys, selection[access.CustomerKey]{index: store.ByOwner, value: owner, keep: keep}, win)
	if err != nil {
		return Slice[CustomerKeyState]{}, err
	}
	return mapSlice(keys, func(key *access.CustomerKey) (CustomerKeyState, error) { return stateOf(r, *key) })
}

func stateOf(r store.Reader, key access.CustomerKey) (CustomerKeyState, error) {
	use, _, err := find(r, store.KeyUses, string(key.ID))
	return CustomerKeyState{key, use.Last}, err
}

// ValidateCustomerKey tells what a secret that a customer showed is good for:
// nil if it is none of the realm's, is past its end, or its user's membership is
// not active. It is for who may ask what any user may do.
func (s *Service) ValidateCustomerKey(ctx context.Context, c access.Caller, secret string) (*CustomerKeyState, error) {
	var good *CustomerKeyState
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		good = nil
		if !c.ChecksUsers && !mayAll(snap, c, read, usersArea) {
			return deny(snap, c)
		}
		key, exists, err := one(r, store.CustomerKeys, store.ByHash, hex.EncodeToString(authn.HashAPIKey(secret)))
		if err != nil || !exists || key.Expired(s.now()) {
			return err
		}
		if key.Membership != "" {
			m, exists, err := find(r, store.Memberships, string(key.Membership))
			if err != nil || !exists || m.Status != access.MembershipActive {
				return err
			}
		}
		state, err := stateOf(r, key)
		good = &state
		return err
	})
	if err == nil && good != nil {
		good.LastUsed = s.noteUse(ctx, c.Realm, good)
	}
	return good, err
}

// noteUse keeps that a key was used, unless that was kept a moment ago, and
// returns what is kept. A failure is the operator's: the key is good all the
// same.
func (s *Service) noteUse(ctx context.Context, realm access.RealmID, key *CustomerKeyState) time.Time {
	use := access.CustomerKeyUse{Last: s.now()}
	if use.Last.Sub(key.LastUsed) < useNoted {
		return key.LastUsed
	}
	err := s.note(context.WithoutCancel(ctx), realm, func(w *write) error {
		if _, exists, err := find(w, store.CustomerKeys, string(key.ID)); err != nil || !exists {
			return err // deleted meanwhile
		}
		last, _, err := find(w, store.KeyUses, string(key.ID))
		if err != nil || use.Last.Sub(last.Last) < useNoted {
			return err
		}
		return put(w, store.KeyUses, string(key.ID), &use)
	})
	if err != nil {
		s.log.Error("the use of an API key could not be kept", "realm", realm, "key", key.ID, "err", err)
	}
	return use.Last
}

// Expiry says when a key is to end. Its zero value is now.
type Expiry struct {
	Never bool
	At    time.Time // now if it is zero or past
}

// ExpireCustomerKey ends a key, or says when it will. A later end than it had
// takes the authority that it takes to make the key. It is a Conflict error with
// the reason KeyAlreadyExpired if the key has ended.
func (s *Service) ExpireCustomerKey(ctx context.Context, c access.Caller, id access.CustomerKeyID, when Expiry) (CustomerKeyState, error) {
	var state CustomerKeyState
	err := s.update(ctx, c, action{"expire", store.CustomerKeys.Kind, string(id)}, func(w *write) error {
		key, err := changeableCustomerKey(w, c, id)
		if err != nil {
			return err
		}
		now := s.now()
		if key.Expired(now) {
			return access.Errorf(access.Conflict, "API key is already expired").Because(KeyAlreadyExpired)
		}
		old := key.Expires
		switch at := when.At.UTC().Truncate(time.Millisecond); {
		case when.Never:
			key.Expires = time.Time{}
		case at.After(now):
			key.Expires = at
		default:
			key.Expires = now
		}
		if !old.IsZero() && (key.Expires.IsZero() || key.Expires.After(old)) {
			if err := mayEndow(w, c, &key); err != nil {
				return err
			}
		}
		key.Updated = s.after(key.Updated)
		if state, err = stateOf(w, key); err != nil {
			return err
		}
		return put(w, store.CustomerKeys, string(id), &key)
	})
	return state, err
}

// DeleteCustomerKey removes a key: it is unknown at the next validation.
func (s *Service) DeleteCustomerKey(ctx context.Context, c access.Caller, id access.CustomerKeyID) error {
	return s.update(ctx, c, action{"delete", store.CustomerKeys.Kind, string(id)}, func(w *write) error {
		if _, err := changeableCustomerKey(w, c, id); err != nil {
			return err
		}
		return removeCustomerKey(w, id)
	})
}

// changeableCustomerKey returns a key whose organization the caller may change.
// One that does not exist might be of any organization.
func changeableCustomerKey(w *write, c access.Caller, id access.CustomerKeyID) (access.CustomerKey, error) {
	key, err := existing(w, store.CustomerKeys, "API Key", string(id))
	if errors.Is(err, access.NotFound) || err == nil {
		if denied := need(w.snap, c, change, organizationsArea, string(key.Organization)); denied != nil {
			return access.CustomerKey{}, denied
		}
	}
	return key, err
}

func removeCustomerKey(w *write, id access.CustomerKeyID) error {
	if _, used, err := find(w, store.KeyUses, string(id)); err != nil {
		return err
	} else if used {
		if _, err := store.KeyUses.Delete(w.Tx, string(id)); err != nil { // no news for the audit trail
			return err
		}
	}
	return remove(w, store.CustomerKeys, string(id))
}

// removeCustomerKeys removes the API keys that an index holds under a value, as
// what they belong to goes: an organization, or a user's membership of it.
func removeCustomerKeys(w *write, index, value string) error {
	return eachOf(w, store.CustomerKeys, index, value, func(id string, _ *access.CustomerKey) error {
		return removeCustomerKey(w, access.CustomerKeyID(id))
	})
}

// detachFromKeys takes a permission that goes out of every customer's API key.
func (s *Service) detachFromKeys(w *write, p access.Permission) error {
	return eachOf(w, store.CustomerKeys, store.ByPermission, string(p), func(id string, key *access.CustomerKey) error {
		kept := key.Permissions[:0]
		for _, has := range key.Permissions {
			if has != p {
				kept = append(kept, has)
			}
		}
		key.Permissions, key.Updated = kept, s.after(key.Updated)
		return put(w, store.CustomerKeys, id, key)
	})
}
