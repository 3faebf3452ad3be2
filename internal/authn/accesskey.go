package authn

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
)

// AccessKey is a client's whole key, private half included, as it is shown
// once: clientId.keyId.accountId.<base64 of the PKCS #8 DER of an Ed25519 key>.
type AccessKey struct {
	Client  access.ClientID
	Key     access.KeyID
	Account string
	Private ed25519.PrivateKey
}

var errBadAccessKey = errors.New("an access key is clientId.keyId.accountId.privateKey, with the base64 of an Ed25519 key in PKCS #8 form")

// NewAccessKey makes a key for the client.
func NewAccessKey(client access.ClientID, key access.KeyID, account string) (AccessKey, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return AccessKey{}, fmt.Errorf("making an access key: %w", err)
	}
	return AccessKey{client, key, account, private}, nil
}

// ParseAccessKey reads the text that Text makes.
func ParseAccessKey(s string) (AccessKey, error) {
	parts := strings.SplitN(s, ".", 4) // base64 has no dot
	if len(parts) != 4 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return AccessKey{}, errBadAccessKey
	}
	der, err := base64.StdEncoding.Strict().DecodeString(parts[3])
	if err != nil {
		return AccessKey{}, errBadAccessKey
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return AccessKey{}, errBadAccessKey // not err: it could quote the key
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return AccessKey{}, errBadAccessKey
	}
	key := AccessKey{access.ClientID(parts[0]), access.KeyID(parts[1]), parts[2], private}
	if text, err := key.Text(); err != nil || subtle.ConstantTimeCompare([]byte(text), []byte(s)) != 1 {
		return AccessKey{}, errBadAccessKey // it has more in it than a key
	}
	return key, nil
}

// Text is the key as its holder keeps it. It is a secret.
func (k AccessKey) Text() (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.Private)
	if err != nil {
		return "", fmt.Errorf("encoding an access key: %w", err)
	}
	return strings.Join([]string{
		string(k.Client), string(k.Key), k.Account, base64.StdEncoding.EncodeToString(der),
	}, "."), nil
}

// Public is the half that is stored.
func (k AccessKey) Public() ed25519.PublicKey {
	return k.Private.Public().(ed25519.PublicKey)
}

// ParsePublicKey reads a public key as callers upload it: the base64, standard
// or for URLs, of an Ed25519 key in SubjectPublicKeyInfo DER form or of its 32
// raw bytes.
func ParsePublicKey(s string) (ed25519.PublicKey, error) {
	der, err := base64.RawStdEncoding.DecodeString(
		strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(s, "=")))
	if err == nil && len(der) == ed25519.PublicKeySize {
		return ed25519.PublicKey(der), nil
	}
	if err == nil {
		if parsed, err := x509.ParsePKIXPublicKey(der); err == nil {
			if public, ok := parsed.(ed25519.PublicKey); ok {
				return public, nil
			}
		}
	}
	return nil, access.Errorf(access.Invalid, "publicKey must be the base64 of an Ed25519 public key, in SubjectPublicKeyInfo DER form or raw")
}

// WritePublicKey is the form of a public key that ParsePublicKey reads and
// other tools know: the base64 of its SubjectPublicKeyInfo DER.
func WritePublicKey(public ed25519.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return "", fmt.Errorf("encoding a public key: %w", err)
	}
	return base64.StdEncoding.EncodeToString(der), nil
}

// verifyAccessKey proves a whole access key sent as the credential.
func (a *Authenticator) verifyAccessKey(credential string) (proof, error) {
	k, err := ParseAccessKey(credential)
	if err != nil {
		return proof{}, err
	}
	realm := a.dir.Account(k.Account)
	client := a.dir.Client(realm, k.Client)
	if realm == "" || client == nil {
		return proof{}, errUnknown()
	}
	stored := client.Key(k.Key)
	if stored == nil || subtle.ConstantTimeCompare(stored.Public, k.Public()) != 1 {
		return proof{}, errUnknown()
	}
	return proof{realm: realm, client: k.Client, key: k.Key}, nil
}
