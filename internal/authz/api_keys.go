package authz

import (
	"context"
	"errors"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/authn"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// MaxAPIKeys bounds the API keys of one realm.
const MaxAPIKeys = 1000

// APIKeys returns the API keys of the clients that the caller may read. It is a
// Forbidden or NotFound error if the caller may read none at all.
func (s *Service) APIKeys(ctx context.Context, c access.Caller) ([]access.APIKey, error) {
	keys, _, err := listReadable(ctx, s, c, store.APIKeys, clientsArea, Page{Limit: MaxAPIKeys}, mayReadAPIKey, func(*access.APIKey) bool { return true })
	return keys, err
}

func mayReadAPIKey(snap *engine.Snapshot, c access.Caller, key *access.APIKey) bool {
	return may(snap, c, read, clientsArea, string(key.Client))
}

// CreateAPIKey makes an API key: of the client that key names, for who may make
// keys for that client, or of a client of its own, for who may create clients.
// Such a client holds what the statements give, as far as the caller has the
// authority to grant it, and goes with the key. The secret is told once.
func (s *Service) CreateAPIKey(ctx context.Context, c access.Caller, key access.APIKey, statements []access.Statement) (made access.APIKey, secret string, err error) {
	if err := key.Validate(); err != nil {
		return access.APIKey{}, "", err
	}
	if err := s.validExpiry(&key.Expires); err != nil {
		return access.APIKey{}, "", err
	}
	if key.Client != "" && len(statements) > 0 {
		return access.APIKey{}, "", access.FieldErrorf("statements", "unexpected_statements", "statements: a key of an existing client gives what the client holds; leave one of the two out")
	}
	own := key.Client == ""
	secret = authn.NewAPIKey()
	key.ID, key.Created = access.APIKeyID(s.newID("api_key_")), s.now()
	key.Hash, key.Obfuscated = authn.HashAPIKey(secret), authn.ObfuscateAPIKey(secret)
	err = s.update(ctx, c, action{"create", store.APIKeys.Kind, string(key.ID)}, func(w *write) error {
		if own {
			if err := s.putOwnClient(w, c, &key, statements); err != nil {
				return err
			}
		} else if _, err := changeableClient(w, c, key.Client, "/api-keys"); err != nil {
			return err
		}
		if err := roomForAPIKey(w); err != nil {
			return err
		}
		return put(w, store.APIKeys, string(key.ID), &key)
	})
	if err != nil {
		return access.APIKey{}, "", err
	}
	return key, secret, nil
}

// putOwnClient makes the client that only the key proves, and the record that
// says what the client may do.
func (s *Service) putOwnClient(w *write, c access.Caller, key *access.APIKey, statements []access.Statement) error {
	if err := need(w.snap, c, create, clientsArea, ""); err != nil {
		return err
	}
	client := access.ServiceClient{ID: access.ClientID(s.newID("sc_")), Name: key.Name, Created: key.Created}
	key.Client, key.Own = client.ID, true
	if err := client.Validate(); err != nil {
		return err
	}
	if err := put(w, store.Clients, string(client.ID), &client); err != nil || len(statements) == 0 {
		return err
	}
	rec := access.Record{
		ID: access.RecordID(s.newID("rec_")), Name: key.Name, Description: "What the API key " + string(key.ID) + " may do",
		Status: access.RecordActive, Updated: key.Created, Statements: statements,
		Subjects: []access.Subject{client.Subject()}, Admins: []access.Subject{c.Subject},
	}
	if err := rec.Validate(); err != nil {
		return err
	}
	if err := mayGrant(w, c, &access.Record{}, &rec); err != nil {
		return err
	}
	key.Record = rec.ID
	return put(w, store.Records, string(rec.ID), &rec)
}

func roomForAPIKey(w *write) error {
	all, err := store.APIKeys.List(w, store.ListQuery{Limit: MaxAPIKeys})
	if err != nil {
		return err
	}
	if len(all) >= MaxAPIKeys {
		return access.Errorf(access.Conflict, "the realm has %d API keys already; delete one first", MaxAPIKeys).Because(access.TooManyKeys)
	}
	return nil
}

// DeleteAPIKey removes an API key: the next request that it proves is refused. A
// client that was made for the key goes with it, and what that client was given.
// It is a Conflict error with the reason LastOwner if nobody would own the realm.
func (s *Service) DeleteAPIKey(ctx context.Context, c access.Caller, id access.APIKeyID) error {
	return s.update(ctx, c, action{"delete", store.APIKeys.Kind, string(id)}, func(w *write) error {
		key, err := existing(w, store.APIKeys, "API key", string(id))
		if errors.Is(err, access.NotFound) {
			if denied := need(w.snap, c, change, clientsArea, ""); denied != nil {
				return denied
			}
		}
		if err != nil {
			return err
		}
		if err := need(w.snap, c, change, clientsArea, string(key.Client)+"/api-keys/"+string(id)); err != nil {
			return err
		}
		if err := remove(w, store.APIKeys, string(id)); err != nil {
			return err
		}
		if key.Own {
			if err := s.removeOwnClient(w, c, &key); err != nil {
				return err
			}
		}
		return keepOwner(w)
	})
}

// removeOwnClient removes the client that was made for a key which goes, unless
// it has got other credentials. That takes the right to change the client, and
// not only its keys.
func (s *Service) removeOwnClient(w *write, c access.Caller, key *access.APIKey) error {
	client, exists, err := find(w, store.Clients, string(key.Client))
	if err != nil || !exists || len(client.Keys) > 0 {
		return err
	}
	if others, err := holdsAny(w, store.APIKeys, store.ByClient, string(client.ID)); err != nil || others {
		return err
	}
	if err := need(w.snap, c, change, clientsArea, string(client.ID)); err != nil {
		return err
	}
	if err := s.removeClient(w, &client); err != nil {
		return err
	}
	rec, exists, err := find(w, store.Records, string(key.Record))
	if err != nil || !exists || rec.Status != access.RecordActive {
		return err
	}
	if !slices.Equal(rec.Subjects, []access.Subject{client.Subject()}) { // it has become somebody else's, too
		rec.Subjects = without(rec.Subjects, client.Subject())
	} else {
		rec.Status = access.RecordDeleted
	}
	rec.Updated = s.after(rec.Updated)
	return put(w, store.Records, string(rec.ID), &rec)
}

// removeClient removes a client with everything that proves it or rests on it.
func (s *Service) removeClient(w *write, client *access.ServiceClient) error {
	if err := removeAll(w, store.APIKeys, store.ByClient, string(client.ID)); err != nil {
		return err
	}
	if err := remove(w, store.Clients, string(client.ID)); err != nil {
		return err
	}
	return s.withdraw(w, client.Subject())
}
