package authn

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
)

// userAlgorithms are those that users' tokens may be signed with, and the type
// of key that each takes. What is not here is refused: "none", and everything
// that is verified with a secret, for which a public key could be passed off.
var userAlgorithms = map[string]struct {
	alg     jwa.SignatureAlgorithm
	keyType string
}{
	"EdDSA": {jwa.EdDSA(), "Ed25519"},
	"ES256": {jwa.ES256(), "P-256"},
	"RS256": {jwa.RS256(), "RSA"},
	"RS384": {jwa.RS384(), "RSA"},
	"RS512": {jwa.RS512(), "RSA"},
}

// Bounds of what an issuer may publish.
const (
	maxIssuerKeys = 100
	minRSABits    = 2048
	maxRSABits    = 8192 // larger ones make each verification slow
)

// keySet holds the public keys of an issuer. It never changes. A nil set has no
// keys.
type keySet struct {
	source []byte // as it was fetched
	byID   map[string][]issuerKey
}

type issuerKey struct {
	keyType string
	alg     string // the only one that the key is for; any that fits its type if empty
	public  any
}

func (s *keySet) has(kid string) bool { return s != nil && len(s.byID[kid]) > 0 }

// parseKeySet reads a JSON Web Key Set. Keys that cannot verify a token of ours
// are passed over: sets may hold keys for other uses, and of types to come.
func parseKeySet(body []byte) (*keySet, error) {
	set, err := jwk.Parse(body, jwk.WithIgnoreParseError(true), jwk.WithMaxKeys(maxIssuerKeys))
	if err != nil {
		return nil, fmt.Errorf("the key set: %w", err)
	}
	out := &keySet{source: body, byID: map[string][]issuerKey{}}
	for i := range set.Len() {
		k, _ := set.Key(i)
		kid, _ := k.KeyID()
		use, _ := k.KeyUsage()
		key, ok := usable(k)
		if kid == "" || use != "" && use != "sig" || !ok {
			continue
		}
		out.byID[kid] = append(out.byID[kid], key)
	}
	if len(out.byID) == 0 {
		return nil, errors.New("the key set holds no key that could verify a token")
	}
	return out, nil
}

// usable returns the public key, if it is of a type that we verify with.
func usable(k jwk.Key) (issuerKey, bool) {
	var out issuerKey
	if alg, ok := k.Algorithm(); ok {
		out.alg = alg.String()
	}
	public, err := jwk.PublicKeyOf(k)
	if err != nil {
		return out, false
	}
	if err := jwk.Export(public, &out.public); err != nil {
		return out, false
	}
	switch key := out.public.(type) {
	case ed25519.PublicKey:
		out.keyType = "Ed25519"
		return out, len(key) == ed25519.PublicKeySize
	case *ecdsa.PublicKey:
		out.keyType = "P-256"
		return out, key.Curve == elliptic.P256()
	case *rsa.PublicKey:
		out.keyType = "RSA"
		bits := key.N.BitLen()
		return out, bits >= minRSABits && bits <= maxRSABits
	}
	return out, false
}

// verify returns an error unless one of the set's keys made the signature of
// the token. The algorithm is the token's only where it is one of ours and the
// key is made for it.
func (s *keySet) verify(t token) error {
	a, ok := userAlgorithms[t.header.Alg]
	if !ok {
		return fmt.Errorf("tokens signed with %q are not accepted", t.header.Alg)
	}
	for _, k := range s.byID[t.header.Kid] {
		if k.keyType != a.keyType || k.alg != "" && k.alg != t.header.Alg {
			continue
		}
		if _, err := jws.Verify([]byte(t.text), jws.WithKey(a.alg, k.public)); err == nil {
			return nil
		}
	}
	return errors.New("no key of the issuer made the signature")
}
