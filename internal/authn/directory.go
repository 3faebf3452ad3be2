package authn

import (
	"crypto/sha256"
	"slices"
	"sync"

	"github.com/reeve-authz/reeve/internal/access"
)

// Directory holds what proves callers: the clients with their public keys, the
// hashes of API keys, and the trusted issuers, of every realm. The feed keeps it current, so a
// deleted key is unknown before the answer to its deletion leaves.
type Directory struct {
	mu       sync.RWMutex
	accounts map[string]access.RealmID
	realms   map[access.RealmID]*access.Realm
	clients  map[clientKey]*access.ServiceClient
	owners   map[keyID]access.ClientID // of access keys
	apiKeys  map[[sha256.Size]byte]apiKey
	hashes   map[apiKeyID][sha256.Size]byte // what to forget when an API key is deleted
	issuers  map[string][]trust             // by the URL of the issuer
}

// trust is a realm's trust in an issuer.
type trust struct {
	realm  access.RealmID
	issuer *access.Issuer
}

type clientKey struct {
	realm access.RealmID
	id    access.ClientID
}

type keyID struct {
	realm access.RealmID
	id    access.KeyID
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
		owners:   map[keyID]access.ClientID{},
		apiKeys:  map[[sha256.Size]byte]apiKey{},
		hashes:   map[apiKeyID][sha256.Size]byte{},
		issuers:  map[string][]trust{},
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
			d.putClient(realm, id, c.Document)
		case access.APIKeyID:
			d.putAPIKey(realm, id, c.Document)
		case access.IssuerID:
			d.putIssuer(realm, id, c.Document)
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

func (d *Directory) putClient(realm access.RealmID, id access.ClientID, doc any) {
	at := clientKey{realm, id}
	if old := d.clients[at]; old != nil {
		for _, k := range old.Keys {
			delete(d.owners, keyID{realm, k.ID})
		}
		delete(d.clients, at)
	}
	if doc != nil {
		client := doc.(*access.ServiceClient)
		d.clients[at] = client
		for _, k := range client.Keys {
			d.owners[keyID{realm, k.ID}] = id
		}
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

func (d *Directory) putIssuer(realm access.RealmID, id access.IssuerID, doc any) {
	for url, list := range d.issuers {
		// A new list: others may be reading the old one.
		kept := slices.DeleteFunc(slices.Clone(list), func(t trust) bool { return t.realm == realm && t.issuer.ID == id })
		if len(kept) == 0 {
			delete(d.issuers, url)
		} else {
			d.issuers[url] = kept
		}
	}
	if doc != nil {
		issuer := doc.(*access.Issuer)
		d.issuers[issuer.URL] = append(slices.Clone(d.issuers[issuer.URL]), trust{realm, issuer})
	}
}

// trusts returns every realm's trust in the issuer of that URL. Nobody may
// change it.
func (d *Directory) trusts(url string) []trust {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.issuers[url]
}

// Realm returns a realm, or nil.
func (d *Directory) Realm(id access.RealmID) *access.Realm {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.realms[id]
}

// Realms returns every realm, in no order.
func (d *Directory) Realms() []access.Realm {
	d.mu.RLock()
	defer d.mu.RUnlock()
	all := make([]access.Realm, 0, len(d.realms))
	for _, realm := range d.realms {
		all = append(all, *realm)
	}
	return all
}

// TrustedElsewhere reports whether another realm trusts the issuer for an
// audience that this trust would cover, too: a token of both is refused by both.
func (d *Directory) TrustedElsewhere(realm access.RealmID, i access.Issuer) bool {
	return slices.ContainsFunc(d.trusts(i.URL), func(t trust) bool {
		return t.realm != realm && (t.issuer.Audience == i.Audience || t.issuer.Audience == access.AnyAudience || i.Audience == access.AnyAudience)
	})
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

// Known reports whether a realm has a client of the id, or an API key of the
// hash.
func (d *Directory) Known(id access.ClientID, apiKeyHash []byte) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for realm := range d.realms {
		if d.clients[clientKey{realm, id}] != nil {
			return true
		}
	}
	_, ok := d.apiKeys[[sha256.Size]byte(apiKeyHash)]
	return ok
}

// ClientKey returns the key of that id, of whichever client of the realm, or
// none. Whoever asks has proved nothing, so it looks at one key.
func (d *Directory) ClientKey(realm access.RealmID, id access.KeyID) []access.AccessKey {
	d.mu.RLock()
	defer d.mu.RUnlock()
	client := d.clients[clientKey{realm, d.owners[keyID{realm, id}]}]
	if client == nil {
		return nil
	}
	if key := client.Key(id); key != nil {
		return []access.AccessKey{*key}
	}
	return nil
}

// apiKey returns the API key whose secret has the hash.
func (d *Directory) apiKey(hash [sha256.Size]byte) (apiKey, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	k, ok := d.apiKeys[hash]
	return k, ok
}
