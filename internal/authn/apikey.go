package authn

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"hash/crc32"
	"strings"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
)

const (
	apiKeyPrefix  = "sk_"
	apiKeyBytes   = 32 // of randomness
	minAPIKeyText = 32 // characters, of a key that the operator presets
)

var apiKeyEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewAPIKey makes the secret of an API key: the prefix, 256 random bits and a
// checksum, by which scanners tell a leaked key from other text.
func NewAPIKey() string {
	secret := make([]byte, apiKeyBytes, apiKeyBytes+crc32.Size)
	_, _ = rand.Read(secret) // never fails
	sum := crc32.ChecksumIEEE(secret)
	secret = append(secret, byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum))
	return apiKeyPrefix + apiKeyEncoding.EncodeToString(secret)
}

// ObfuscateAPIKey is what is shown of a secret later: its end, by which people
// tell one key from another.
func ObfuscateAPIKey(secret string) string { return apiKeyPrefix + "..." + secret[len(secret)-4:] }

// ParseAPIKey checks the form of a secret that the operator presets.
func ParseAPIKey(s string) (string, error) {
	if !strings.HasPrefix(s, apiKeyPrefix) || len(s) < minAPIKeyText || len(s) > maxCredentialLen/2 || strings.ContainsAny(s, " \t\r\n") {
		return "", access.Errorf(access.Invalid, "an API key begins with %s and is at least %d characters long, without spaces", apiKeyPrefix, minAPIKeyText)
	}
	return s, nil
}

// HashAPIKey is what is stored of a secret. It has 256 bits of randomness, so a
// fast hash is enough.
func HashAPIKey(secret string) []byte {
	hash := sha256.Sum256([]byte(secret))
	return hash[:]
}

// apiKey proves an API key by the hash of its secret.
func (a *Authenticator) apiKey(hash *[sha256.Size]byte, now time.Time) (access.Caller, error) {
	k, ok := a.dir.apiKey(*hash)
	if !ok || subtle.ConstantTimeCompare(k.key.Hash, hash[:]) != 1 || k.key.Expired(now) {
		return access.Caller{}, errUnknown()
	}
	client := a.dir.Client(k.realm, k.key.Client)
	if client == nil {
		return access.Caller{}, errUnknown()
	}
	return a.client(k.realm, client, string(k.key.ID), now)
}
