package authn

import (
	"crypto/sha256"
	"slices"
	"strings"
	"sync"

	"github.com/reeve-authz/reeve/internal/access"
)

// Directory holds what proves callers: the clients with their public keys, and
// the hashes of API keys, of every realm. The feed keeps it current, so a
// deleted key is unknown before the answer to its deletion leaves.
type Directory struct {
	mu       sync.RWMutex
	accounts map[string]access.RealmID
	realms   map[access.RealmID]*access.Realm
	clients  map[clientKey]*access.ServiceClient
	apiKeys  map[[sha256.Size]byte]apiKey
	hashes   map[apiKeyID][sha256.Size]byte // what to forget when an API key is deleted
}

type clientKey struct {
	realm access.RealmID
	id    access.ClientID
}

type apiKeyID struct {
	realm access.RealmID
	id    access.APIKeyID
}

type apiKey struct {
	realm access.RealmID
	key   *access.APIKey
}

// NewDirectory returns an empty Directory.
func NewDirectory() *Directory {
	return &Directory{
		accounts: map[string]access.RealmID{},
		realms:   map[access.RealmID]*access.Realm{},
		clients:  map[clientKey]*access.ServiceClient{},
		apiKeys:  map[[sha256.Size]byte]apiKey{},
		hashes:   map[apiKeyID][sha256.Size]byte{},
	}
}

// Update takes in the changes of a realm. It is a feed.Listener.
func (d *Directory) Update(realm access.RealmID, changes []access.Change) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range changes {
		switch id := c.ID.(type) {
		case access.RealmID:
			d.putRealm(id, c.Document)
		case access.ClientID:
			if c.Document == nil {
				delete(d.clients, clientKey{realm, id})
			} else {
				d.clients[clientKey{realm, id}] = c.Document.(*access.ServiceClient)
			}
		case access.APIKeyID:
			d.putAPIKey(realm, id, c.Document)
		}
	}
}

func (d *Directory) putRealm(id access.RealmID, doc any) {
	if old := d.realms[id]; old != nil {
		delete(d.accounts, old.AccountID)
		delete(d.realms, id)
	}
	if doc != nil {
		realm := doc.(*access.Realm)
		d.realms[id] = realm
		d.accounts[realm.AccountID] = id
	}
}

func (d *Directory) putAPIKey(realm access.RealmID, id access.APIKeyID, doc any) {
	at := apiKeyID{realm, id}
	if hash, ok := d.hashes[at]; ok {
		delete(d.apiKeys, hash)
		delete(d.hashes, at)
	}
	if doc != nil {
		key := doc.(*access.APIKey)
		hash := [sha256.Size]byte(key.Hash)
		d.apiKeys[hash] = apiKey{realm, key}
		d.hashes[at] = hash
	}
}

// Realm returns a realm, or nil.
func (d *Directory) Realm(id access.RealmID) *access.Realm {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.realms[id]
}

// Account returns the realm that has the account id, or "".
func (d *Directory) Account(accountID string) access.RealmID {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.accounts[accountID]
}

// Client returns the client, or nil. Nobody may change it.
func (d *Directory) Client(realm access.RealmID, id access.ClientID) *access.ServiceClient {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.clients[clientKey{realm, id}]
}

// ClientKeys returns the keys of the client, in whichever realm it is.
func (d *Directory) ClientKeys(id access.ClientID) []access.AccessKey {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var keys []access.AccessKey
	for realm := range d.realms {
		if client := d.clients[clientKey{realm, id}]; client != nil {
			keys = append(keys, client.Keys...)
		}
	}
	return keys
}

// RealmKeys returns the keys of all clients of a realm, in the order of their
// ids.
func (d *Directory) RealmKeys(realm access.RealmID) []access.AccessKey {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var keys []access.AccessKey
	for at, client := range d.clients {
		if at.realm == realm {
			keys = append(keys, client.Keys...)
		}
	}
	slices.SortFunc(keys, func(a, b access.AccessKey) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return keys
}

// apiKey returns the API key whose secret has the hash.
func (d *Directory) apiKey(hash [sha256.Size]byte) (apiKey, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	k, ok := d.apiKeys[hash]
	return k, ok
}
