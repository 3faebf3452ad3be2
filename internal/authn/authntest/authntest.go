// Package authntest runs an OpenID Connect issuer inside a test. It signs
// whatever a test wants signed.
package authntest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/lestrrat-go/jwx/v3/jwk"
)

// Issuer is an issuer on the loopback interface.
type Issuer struct {
	URL string

	t           testing.TB
	connections atomic.Int32

	mu   sync.Mutex
	keys map[string]crypto.Signer // published, by kid
	asks int
	// replaced answers in the place of a path's own answer.
	replaced map[string]http.HandlerFunc
}

// Paths of an issuer's two documents.
const (
	Discovery = "/.well-known/openid-configuration"
	KeySet    = "/keys"
)

// New starts an issuer that publishes one key of each type, under the names
// "ed", "ec" and "rsa".
func New(t testing.TB) *Issuer {
	t.Helper()
	i := &Issuer{t: t, keys: map[string]crypto.Signer{}, replaced: map[string]http.HandlerFunc{}}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(i.serve))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			i.connections.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	i.URL = srv.URL
	i.Publish("ed", NewKey(t))
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i.Publish("ec", ec)
	i.Publish("rsa", RSAKey())
	return i
}

// NewKey makes an Ed25519 key.
func NewKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// RSAKey is one key for the whole process: to make one takes long.
var RSAKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// Publish puts a key into the key set, or takes it out if it is nil.
func (i *Issuer) Publish(kid string, key crypto.Signer) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if key == nil {
		delete(i.keys, kid)
	} else {
		i.keys[kid] = key
	}
}

// Replace answers a path in another way; with nil, in its own again.
func (i *Issuer) Replace(path string, h http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.replaced[path] = h
}

// Connections is how often somebody connected.
func (i *Issuer) Connections() int { return int(i.connections.Load()) }

// Asked is how often the discovery document was asked for.
func (i *Issuer) Asked() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asks
}

func (i *Issuer) serve(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	if r.URL.Path == Discovery {
		i.asks++
	}
	h := i.replaced[r.URL.Path]
	i.mu.Unlock()
	switch {
	case h != nil:
		h(w, r)
	case r.URL.Path == Discovery:
		i.write(w, map[string]string{"issuer": i.URL, "jwks_uri": i.URL + KeySet})
	case r.URL.Path == KeySet:
		i.write(w, i.set())
	default:
		http.NotFound(w, r)
	}
}

func (i *Issuer) set() jwk.Set {
	i.mu.Lock()
	defer i.mu.Unlock()
	set := jwk.NewSet()
	for kid, key := range i.keys {
		k, err := jwk.Import(key.Public())
		if err == nil {
			err = k.Set(jwk.KeyIDKey, kid)
		}
		if err == nil {
			err = set.AddKey(k)
		}
		if err != nil {
			i.t.Errorf("publishing %s: %v", kid, err)
		}
	}
	return set
}

func (i *Issuer) write(w http.ResponseWriter, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		i.t.Errorf("the issuer's answer: %v", err)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}

// Token is a token with the claims, and the issuer's iss where they have none,
// signed with the key "ed".
func (i *Issuer) Token(claims map[string]any) string {
	i.t.Helper()
	all := map[string]any{"iss": i.URL}
	for name, v := range claims {
		all[name] = v
	}
	body, err := json.Marshal(all)
	if err != nil {
		i.t.Fatal(err)
	}
	i.mu.Lock()
	key := i.keys["ed"]
	i.mu.Unlock()
	return Sign(i.t, key, "EdDSA", `{"alg":"EdDSA","kid":"ed","typ":"JWT"}`, string(body))
}

// Sign makes a compact token of the header and claims, as they are. alg says
// how it is signed, whatever the header says.
func Sign(t testing.TB, key crypto.Signer, alg, header, claims string) string {
	t.Helper()
	enc := base64.RawURLEncoding
	body := enc.EncodeToString([]byte(header)) + "." + enc.EncodeToString([]byte(claims))
	hash, digest := crypto.Hash(0), []byte(body)
	switch {
	case strings.HasSuffix(alg, "256"):
		hash = crypto.SHA256
	case strings.HasSuffix(alg, "384"):
		hash = crypto.SHA384
	case strings.HasSuffix(alg, "512"):
		hash = crypto.SHA512
	}
	if hash != 0 {
		h := hash.New()
		h.Write(digest)
		digest = h.Sum(nil)
	}
	var sig []byte
	var err error
	switch key := key.(type) {
	case *ecdsa.PrivateKey:
		r, s, signErr := ecdsa.Sign(rand.Reader, key, digest)
		if err = signErr; err == nil {
			size := (key.Params().BitSize + 7) / 8
			sig = append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
		}
	default:
		sig, err = key.Sign(rand.Reader, digest, hash)
	}
	if err != nil {
		t.Fatalf("signing with %s: %v", alg, err)
	}
	return body + "." + enc.EncodeToString(sig)
}
