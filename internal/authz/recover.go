package authz

import (
	"context"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/authn"
	"github.com/reeve-authz/reeve/internal/store"
)

// Recovered is an owner that Recover made.
type Recovered struct {
	AccountID string
	Client    access.ClientID
	AccessKey string // the whole key, in clear text
}

// Recover makes one more owner of a realm, a client with a key and a record,
// for an operator whose realm nobody can administer any more. Nothing that was
// there changes. It is a NotFound error if there is no such realm.
func (s *Service) Recover(ctx context.Context, id access.RealmID) (Recovered, error) {
	realm := s.dir.Realm(id)
	if realm == nil {
		return Recovered{}, access.Errorf(access.NotFound, "no realm %q", id)
	}
	key, err := authn.NewAccessKey(access.ClientID(s.newID("sc_")), access.KeyID(s.newID("key_")), realm.AccountID)
	if err != nil {
		return Recovered{}, err
	}
	secret, err := key.Text()
	if err != nil {
		return Recovered{}, err
	}
	client, err := s.ownerClient(Bootstrap{AccessKey: secret})
	if err != nil {
		return Recovered{}, err
	}
	client.Name = "Owner, recovered"
	record := ownerRecord(client.Subject())
	record.ID, record.Updated = access.RecordID(s.newID("rec_")), s.now()
	record.Description = "Made by an operator on the server's host, to recover the account."

	c := access.Caller{Realm: id, Subject: operator}
	err = s.update(ctx, c, action{"recover", store.Clients.Kind, string(client.ID)}, func(w *write) error {
		if err := put(w, store.Clients, string(client.ID), &client); err != nil {
			return err
		}
		return put(w, store.Records, string(record.ID), &record)
	})
	if err != nil {
		return Recovered{}, err
	}
	return Recovered{realm.AccountID, client.ID, secret}, nil
}
