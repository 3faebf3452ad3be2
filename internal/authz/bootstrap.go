package authz

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/authn"
	"github.com/reeve-authz/reeve/internal/store"
)

// operator is who acts when a person with access to the host does, rather than
// a caller with a credential.
var operator = access.Subject{Kind: "operator", ID: "host"}

// Bootstrap is the first owner of a realm: its credentials in clear text.
type Bootstrap struct {
	AccountID string `json:"accountId"`
	AccessKey string `json:"accessKey"`
	APIKey    string `json:"apiKey"`
}

// NewBootstrap makes credentials for a first start. What presets holds is
// taken as it is; an AccessKey decides the account id.
func (s *Service) NewBootstrap(presets Bootstrap) (Bootstrap, error) {
	b := presets
	if b.AccessKey != "" {
		key, err := authn.ParseAccessKey(b.AccessKey)
		if err != nil {
			return Bootstrap{}, err
		}
		if b.AccountID != "" && b.AccountID != key.Account {
			return Bootstrap{}, access.Errorf(access.Invalid, "the access key belongs to the account %q, but the account id is set to %q", key.Account, b.AccountID)
		}
		b.AccountID = key.Account
	}
	if b.AccountID == "" {
		b.AccountID = "acc_default"
	}
	if _, err := access.ParseAccountID(b.AccountID); err != nil {
		return Bootstrap{}, err
	}
	if b.AccessKey == "" {
		key, err := authn.NewAccessKey(access.ClientID(s.newID("sc_")), access.KeyID(s.newID("key_")), b.AccountID)
		if err != nil {
			return Bootstrap{}, err
		}
		if b.AccessKey, err = key.Text(); err != nil {
			return Bootstrap{}, err
		}
	}
	if b.APIKey == "" {
		b.APIKey = authn.NewAPIKey()
	} else if _, err := authn.ParseAPIKey(b.APIKey); err != nil {
		return Bootstrap{}, err
	}
	return b, nil
}

// Empty reports whether the store holds no realm yet.
func (s *Service) Empty(ctx context.Context) (bool, error) {
	heads, err := s.store.Heads(ctx)
	if err != nil {
		return false, fmt.Errorf("listing realms: %w", err)
	}
	return len(heads) == 0, nil
}

// CreateRealm makes a realm with one client that holds everything and is proved
// by the bootstrap's credentials. It is a Conflict error if the realm's id or
// account id is taken.
func (s *Service) CreateRealm(ctx context.Context, id access.RealmID, b Bootstrap) error {
	s.acrossRealms.Lock()
	defer s.acrossRealms.Unlock()
	_, err := s.createRealm(ctx, id, string(id), b)
	return err
}

// createRealm is CreateRealm with acrossRealms held.
func (s *Service) createRealm(ctx context.Context, id access.RealmID, name string, b Bootstrap) (access.Realm, error) {
	if _, err := access.ParseAccountID(b.AccountID); err != nil {
		return access.Realm{}, err
	}
	if s.dir.Realm(id) != nil || s.dir.Account(b.AccountID) != "" {
		return access.Realm{}, access.Errorf(access.Conflict, "the realm %q or the account id %q exists already", id, b.AccountID)
	}
	owner, err := s.ownerClient(b)
	if err != nil {
		return access.Realm{}, err
	}
	if s.dir.Known(owner.ID, authn.HashAPIKey(b.APIKey)) {
		return access.Realm{}, access.Errorf(access.Conflict, "another realm has the client %q or the API key: each belongs to one realm", owner.ID)
	}
	realm := access.Realm{
		ID: id, AccountID: b.AccountID, Name: name, Created: s.now(), CursorKey: make([]byte, 32),
	}
	_, _ = rand.Read(realm.CursorKey) // never fails
	member := s.memberRole()
	realm.Roles.Default = member.ID
	apiKey := access.APIKey{
		ID: access.APIKeyID(s.newID("api_key_")), Name: "Bootstrap", Client: owner.ID,
		Hash: authn.HashAPIKey(b.APIKey), Obfuscated: authn.ObfuscateAPIKey(b.APIKey), Created: s.now(),
	}
	record := ownerRecord(owner.Subject())
	record.Updated = s.now()

	s.feed.Reach(realm.ID, 0) // an empty realm to decide by
	c := access.Caller{Realm: realm.ID, Subject: operator}
	err = s.update(ctx, c, action{"create", store.Realms.Kind, string(realm.ID)}, func(w *write) error {
		if err := put(w, store.Realms, string(realm.ID), &realm); err != nil {
			return err
		}
		if err := put(w, store.Roles, string(member.ID), &member); err != nil {
			return err
		}
		if err := put(w, store.Clients, string(owner.ID), &owner); err != nil {
			return err
		}
		if err := put(w, store.APIKeys, string(apiKey.ID), &apiKey); err != nil {
			return err
		}
		return put(w, store.Records, string(record.ID), &record)
	})
	return realm, err
}

// memberRole is the role that memberships of a new realm have where none is
// named. It gives nothing until somebody puts permissions into it. Source:
// WorkOS documents that every environment begins with it.
func (s *Service) memberRole() access.Role {
	now := s.now()
	return access.Role{
		ID: "member", UID: s.newID("role_"), Name: "Member", Description: "The role of whoever is given no other",
		Type: access.OrganizationType, Created: now, Updated: now,
	}
}

func (s *Service) ownerClient(b Bootstrap) (access.ServiceClient, error) {
	key, err := authn.ParseAccessKey(b.AccessKey)
	if err != nil {
		return access.ServiceClient{}, err
	}
	written, err := authn.WritePublicKey(key.Public())
	if err != nil {
		return access.ServiceClient{}, err
	}
	client := access.ServiceClient{
		ID: key.Client, Name: "Owner", Created: s.now(),
		Keys: []access.AccessKey{{ID: key.Key, Created: s.now(), Public: key.Public(), Written: written}},
	}
	if err := client.Validate(); err != nil {
		return access.ServiceClient{}, err
	}
	if subject, err := access.ParseUser(string(client.ID)); err != nil || subject != client.Subject() {
		return access.ServiceClient{}, access.Errorf(access.Invalid, "the client id of the access key must begin with sc_")
	}
	return client, nil
}

// ownerRecordID is the record that every realm begins with.
const ownerRecordID access.RecordID = "rec_owner"

// ownerRecord gives the subject everything on everything.
func ownerRecord(owner access.Subject) access.Record {
	return access.Record{
		ID: ownerRecordID, Name: "Owner of the account", Status: access.RecordActive,
		Description: "Made at the first start. Everything else can be granted from here.",
		Subjects:    []access.Subject{owner},
		Admins:      []access.Subject{owner},
		Statements:  []access.Statement{{Roles: []access.RoleID{access.OwnerRole}, Resources: []string{"*"}}},
	}
}
