package authz

import (
	"bytes"
	"context"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/authn"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// Client returns a service client.
func (s *Service) Client(ctx context.Context, c access.Caller, id access.ClientID) (access.ServiceClient, error) {
	return readable(ctx, s, c, store.Clients, clientsArea, string(id), mayReadClient)
}

// Clients returns a page of the service clients that the caller may read. It is
// a Forbidden or NotFound error if the caller may read none at all.
func (s *Service) Clients(ctx context.Context, c access.Caller, p Page) ([]access.ServiceClient, string, error) {
	return listReadable(ctx, s, c, store.Clients, clientsArea, p, mayReadClient, func(*access.ServiceClient) bool { return true })
}

func mayReadClient(snap *engine.Snapshot, c access.Caller, client *access.ServiceClient) bool {
	return may(snap, c, read, clientsArea, string(client.ID))
}

// CreateClient makes a service client without keys. Its id is chosen here.
//
// Who may not create clients may still claim one where the setting CLAIM on
// Authress:ServiceClients lets everybody: the caller then owns the client, by a
// record that is made with it.
func (s *Service) CreateClient(ctx context.Context, c access.Caller, client access.ServiceClient) (access.ServiceClient, error) {
	client.ID = access.ClientID(s.newID("sc_"))
	client.Created, client.Keys = s.now(), nil
	if err := client.Validate(); err != nil {
		return access.ServiceClient{}, err
	}
	err := s.update(ctx, c, action{"create", store.Clients.Kind, string(client.ID)}, func(w *write) error {
		creates := mayAll(w.snap, c, create, clientsArea)
		if !creates {
			if open, err := claimable(w, clientsArea); err != nil {
				return err
			} else if !open {
				return deny(w.snap, c)
			}
		}
		if err := mayGiveOptions(w.snap, c, access.ClientOptions{}, client.Options); err != nil {
			return err
		}
		if err := put(w, store.Clients, string(client.ID), &client); err != nil || creates {
			return err
		}
		return s.putOwned(w, c, clientsArea+"/"+access.ResourceURI(client.ID))
	})
	return client, err
}

// UpdateClient replaces a client's name, options, limits and tags.
func (s *Service) UpdateClient(ctx context.Context, c access.Caller, client access.ServiceClient) (access.ServiceClient, error) {
	if err := client.Validate(); err != nil {
		return access.ServiceClient{}, err
	}
	err := s.update(ctx, c, action{"update", store.Clients.Kind, string(client.ID)}, func(w *write) error {
		old, err := changeableClient(w, c, client.ID, "")
		if err != nil {
			return err
		}
		if err := mayGiveOptions(w.snap, c, old.Options, client.Options); err != nil {
			return err
		}
		client.Created, client.Keys = old.Created, old.Keys
		return put(w, store.Clients, string(client.ID), &client)
	})
	return client, err
}

// mayGiveOptions demands that the caller may itself do what an option newly
// lets the client do.
func mayGiveOptions(snap *engine.Snapshot, c access.Caller, before, now access.ClientOptions) error {
	if now.ChecksUsers && !before.ChecksUsers && !c.ChecksUsers && !mayAll(snap, c, read, usersArea) {
		return access.Errorf(access.Forbidden, "options.grantUserPermissionsAccess: the caller may not check every user's permissions itself")
	}
	return nil
}

// DeleteClient removes a client with its keys, its invites and its open access
// requests. Its id is never used again. It is a Conflict error with the reason
// LastOwner if nobody would own the realm.
func (s *Service) DeleteClient(ctx context.Context, c access.Caller, id access.ClientID) error {
	return s.update(ctx, c, action{"delete", store.Clients.Kind, string(id)}, func(w *write) error {
		client, err := changeableClient(w, c, id, "")
		if err != nil {
			return err
		}
		if err := s.removeClient(w, &client); err != nil {
			return err
		}
		return keepOwner(w)
	})
}

// accessKeyKind is what the audit trail calls an access key, client/key. It is
// kept inside its client.
const accessKeyKind store.Kind = "access_key"

// CreateAccessKey adds a key to a client. If uploaded is empty the key is made
// here, and secret is the whole of it, which is kept nowhere; otherwise
// uploaded is the public key, and secret is empty. It is a Conflict error with
// the reason TooManyKeys if the client has MaxClientKeys.
//
// Who may do this can act as the client.
func (s *Service) CreateAccessKey(ctx context.Context, c access.Caller, id access.ClientID, uploaded string) (key access.AccessKey, secret string, err error) {
	key = access.AccessKey{ID: access.KeyID(s.newID("key_")), Created: s.now(), Written: uploaded}
	if uploaded == "" {
		secret, err = s.generate(c, id, &key)
	} else {
		err = parseUploaded(&key)
	}
	if err != nil {
		return access.AccessKey{}, "", err
	}
	err = s.update(ctx, c, action{"create", accessKeyKind, string(id) + "/" + string(key.ID)}, func(w *write) error {
		client, err := changeableClient(w, c, id, "/access-keys")
		if err != nil {
			return err
		}
		if len(client.Keys) >= access.MaxClientKeys {
			return access.Errorf(access.Conflict, "the client has %d access keys already; delete one first", access.MaxClientKeys).Because(access.TooManyKeys)
		}
		for _, k := range client.Keys {
			if bytes.Equal(k.Public, key.Public) {
				return access.Errorf(access.Conflict, "the client has this public key already, as %s", k.ID)
			}
		}
		client.Keys = append(client.Keys, key)
		return put(w, store.Clients, string(id), &client)
	})
	if err != nil {
		return access.AccessKey{}, "", err
	}
	return key, secret, nil
}

// generate makes the key pair of key and returns the secret.
func (s *Service) generate(c access.Caller, id access.ClientID, key *access.AccessKey) (string, error) {
	realm := s.dir.Realm(c.Realm)
	if realm == nil {
		return "", access.Errorf(access.Unavailable, "the realm is not loaded; try again")
	}
	made, err := authn.NewAccessKey(id, key.ID, realm.AccountID)
	if err != nil {
		return "", err
	}
	key.Public = made.Public()
	if key.Written, err = authn.WritePublicKey(made.Public()); err != nil {
		return "", err
	}
	return made.Text()
}

func parseUploaded(key *access.AccessKey) error {
	if len(key.Written) > access.MaxPublicKeyLen {
		return access.Errorf(access.Invalid, "publicKey must be at most %d characters long", access.MaxPublicKeyLen)
	}
	public, err := authn.ParsePublicKey(key.Written)
	key.Public = public
	return err
}

// DeleteAccessKey removes a key: the next request that it proves is refused. It
// is a Conflict error with the reason LastOwner if nobody would own the realm.
func (s *Service) DeleteAccessKey(ctx context.Context, c access.Caller, id access.ClientID, keyID access.KeyID) error {
	return s.update(ctx, c, action{"delete", accessKeyKind, string(id) + "/" + string(keyID)}, func(w *write) error {
		client, err := changeableClient(w, c, id, "/access-keys/"+string(keyID))
		if err != nil {
			return err
		}
		for i, k := range client.Keys {
			if k.ID == keyID {
				client.Keys = append(client.Keys[:i], client.Keys[i+1:]...)
				if err := put(w, store.Clients, string(id), &client); err != nil {
					return err
				}
				return keepOwner(w)
			}
		}
		return access.Errorf(access.NotFound, "the client has no access key %q", keyID)
	})
}

// changeableClient returns a client whose part (itself if empty) the caller
// may change.
func changeableClient(w *write, c access.Caller, id access.ClientID, part string) (access.ServiceClient, error) {
	if !may(w.snap, c, change, clientsArea, string(id)+part) {
		return access.ServiceClient{}, deny(w.snap, c)
	}
	client, exists, err := find(w, store.Clients, string(id))
	if err == nil && !exists {
		err = access.Errorf(access.NotFound, "no client %q", id)
	}
	return client, err
}

// ClientKeys returns the keys of one client. They are public: whoever verifies
// a client's token needs them, and no credential. Client ids are unique on the
// server, so no realm is named.
func (s *Service) ClientKeys(id access.ClientID) []access.AccessKey {
	return s.dir.ClientKeys(id)
}

// ClientKey returns the key of that id, of whichever client of the realm, or
// none.
func (s *Service) ClientKey(realm access.RealmID, id access.KeyID) []access.AccessKey {
	return s.dir.ClientKey(realm, id)
}
