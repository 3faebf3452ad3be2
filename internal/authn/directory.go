package authn

import (
	"crypto/sha256"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/reeve-authz/reeve/internal/access"
)

// Directory holds what proves callers: the clients with their public keys, the
// hashes of API keys, and the trusted issuers, of every realm. The feed keeps it current, so a
// deleted key is unknown before the answer to its deletion leaves. Who asks it
// waits for nobody.
type Directory struct {
	mu  sync.Mutex              // of Update
	now atomic.Pointer[entries] // replaced by Update only
}

// entries are what a Directory holds at one time. They never change.
type entries struct {
	accounts table[string, access.RealmID]
	realms   table[access.RealmID, *access.Realm]
	clients  table[clientKey, *access.ServiceClient]
	owners   table[keyID, access.ClientID] // of access keys
	apiKeys  table[[sha256.Size]byte, apiKey]
	hashes   table[apiKeyID, [sha256.Size]byte] // what to forget when an API key is deleted
	issuers  table[string, []trust]             // by the URL of the issuer
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
	d := &Directory{}
	d.now.Store(&entries{
		accounts: newTable[string, access.RealmID](),
		realms:   newTable[access.RealmID, *access.Realm](),
		clients:  newTable[clientKey, *access.ServiceClient](),
		owners:   newTable[keyID, access.ClientID](),
		apiKeys:  newTable[[sha256.Size]byte, apiKey](),
		hashes:   newTable[apiKeyID, [sha256.Size]byte](),
		issuers:  newTable[string, []trust](),
	})
	return d
}

// Update takes in the changes of a realm, all at once. It is a feed.Listener.
func (d *Directory) Update(realm access.RealmID, changes []access.Change) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := *d.now.Load()
	for _, c := range changes {
		switch id := c.ID.(type) {
		case access.RealmID:
			e.putRealm(id, c.Document)
		case access.ClientID:
			e.putClient(realm, id, c.Document)
		case access.APIKeyID:
			e.putAPIKey(realm, id, c.Document)
		case access.IssuerID:
			e.putIssuer(realm, id, c.Document)
		}
	}
	d.now.Store(&e)
}

func (e *entries) putRealm(id access.RealmID, doc any) {
	if old, ok := e.realms.get(id); ok {
		e.accounts.delete(old.AccountID)
		e.realms.delete(id)
	}
	if doc != nil {
		realm := doc.(*access.Realm)
		e.realms.set(id, realm)
		e.accounts.set(realm.AccountID, id)
	}
}

func (e *entries) putClient(realm access.RealmID, id access.ClientID, doc any) {
	at := clientKey{realm, id}
	if old, ok := e.clients.get(at); ok {
		for _, k := range old.Keys {
			e.owners.delete(keyID{realm, k.ID})
		}
		e.clients.delete(at)
	}
	if doc != nil {
		client := doc.(*access.ServiceClient)
		e.clients.set(at, client)
		for _, k := range client.Keys {
			e.owners.set(keyID{realm, k.ID}, id)
		}
	}
}

func (e *entries) putAPIKey(realm access.RealmID, id access.APIKeyID, doc any) {
	at := apiKeyID{realm, id}
	if hash, ok := e.hashes.get(at); ok {
		e.apiKeys.delete(hash)
		e.hashes.delete(at)
	}
	if doc != nil {
		key := doc.(*access.APIKey)
		hash := [sha256.Size]byte(key.Hash)
		e.apiKeys.set(hash, apiKey{realm, key})
		e.hashes.set(at, hash)
	}
}

func (e *entries) putIssuer(realm access.RealmID, id access.IssuerID, doc any) {
	before := e.issuers
	for url, list := range before.all() {
		// A new list: others may be reading the old one.
		kept := slices.DeleteFunc(slices.Clone(list), func(t trust) bool { return t.realm == realm && t.issuer.ID == id })
		if len(kept) == 0 {
			e.issuers.delete(url)
		} else if len(kept) < len(list) {
			e.issuers.set(url, kept)
		}
	}
	if doc != nil {
		issuer := doc.(*access.Issuer)
		others, _ := e.issuers.get(issuer.URL)
		e.issuers.set(issuer.URL, append(slices.Clone(others), trust{realm, issuer}))
	}
}

// trusts returns every realm's trust in the issuer of that URL. Nobody may
// change it.
func (d *Directory) trusts(url string) []trust {
	list, _ := d.now.Load().issuers.get(url)
	return list
}

// Realm returns a realm, or nil.
func (d *Directory) Realm(id access.RealmID) *access.Realm {
	realm, _ := d.now.Load().realms.get(id)
	return realm
}

// Realms returns every realm, in no order.
func (d *Directory) Realms() []access.Realm {
	var all []access.Realm
	for _, realm := range d.now.Load().realms.all() {
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
	realm, _ := d.now.Load().accounts.get(accountID)
	return realm
}

// Client returns the client, or nil. Nobody may change it.
func (d *Directory) Client(realm access.RealmID, id access.ClientID) *access.ServiceClient {
	client, _ := d.now.Load().clients.get(clientKey{realm, id})
	return client
}

// ClientKeys returns the keys of the client, in whichever realm it is.
func (d *Directory) ClientKeys(id access.ClientID) []access.AccessKey {
	e := d.now.Load()
	var keys []access.AccessKey
	for realm := range e.realms.all() {
		if client, ok := e.clients.get(clientKey{realm, id}); ok {
			keys = append(keys, client.Keys...)
		}
	}
	return keys
}

// Known reports whether a realm has a client of the id, or an API key of the
// hash.
func (d *Directory) Known(id access.ClientID, apiKeyHash []byte) bool {
	e := d.now.Load()
	for realm := range e.realms.all() {
		if _, ok := e.clients.get(clientKey{realm, id}); ok {
			return true
		}
	}
	_, ok := e.apiKeys.get([sha256.Size]byte(apiKeyHash))
	return ok
}

// ClientKey returns the key of that id, of whichever client of the realm, or
// none. Whoever asks has proved nothing, so it looks at one key.
func (d *Directory) ClientKey(realm access.RealmID, id access.KeyID) []access.AccessKey {
	e := d.now.Load()
	owner, _ := e.owners.get(keyID{realm, id})
	client, ok := e.clients.get(clientKey{realm, owner})
	if !ok {
		return nil
	}
	if key := client.Key(id); key != nil {
		return []access.AccessKey{*key}
	}
	return nil
}

// apiKey returns the API key whose secret has the hash.
func (d *Directory) apiKey(hash [sha256.Size]byte) (apiKey, bool) {
	return d.now.Load().apiKeys.get(hash)
}
