// Package authn answers who is calling: it proves access keys, client tokens
// and API keys against the keys that the realms hold.
package authn

import (
	"crypto/sha256"
	"net/http"
	"strings"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
)

// maxCredentialLen bounds a credential, in bytes, before anything looks at it.
const maxCredentialLen = 8 << 10

// Config is what an Authenticator needs.
type Config struct {
	Directory *Directory
	// Origins are the scheme://host[:port] under which clients know this
	// server. When there is one, the issuer of a client's token must name one
	// of them or the account's host at authress.io. When there is none, any
	// host is accepted: the key, its id, the client and the audience bind the
	// token without it, and each client's issuer is whatever URL it was
	// configured with.
	Origins []string
	Now     func() time.Time // time.Now if nil
}

// Authenticator proves callers. It remembers which credentials it has
// verified, and looks up their client and key again at every request.
type Authenticator struct {
	dir     *Directory
	origins []string
	now     func() time.Time
	proven  memory
}

// New returns an Authenticator.
func New(cfg Config) *Authenticator {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Authenticator{dir: cfg.Directory, origins: cfg.Origins, now: cfg.Now}
}

// proof is what a verified credential proves.
type proof struct {
	realm   access.RealmID
	client  access.ClientID
	key     access.KeyID
	expires time.Time // zero: never by itself
}

// errUnknown is the one answer to every credential that does not hold, so that
// it tells nothing about which part was wrong.
func errUnknown() error {
	return access.Errorf(access.Unauthenticated, "the credential is missing, malformed, expired or unknown")
}

// Authenticate returns who sends a request with these headers, or an
// Unauthenticated error.
func (a *Authenticator) Authenticate(h http.Header) (access.Caller, error) {
	credential, ok := bearer(h)
	if !ok {
		return access.Caller{}, errUnknown()
	}
	hash := sha256.Sum256([]byte(credential))
	if strings.HasPrefix(credential, apiKeyPrefix) {
		return a.apiKey(hash)
	}
	p, ok := a.proven.get(hash)
	if !ok {
		var err error
		if p, err = a.verify(credential); err != nil {
			return access.Caller{}, errUnknown()
		}
		a.proven.put(hash, p)
	}
	return a.caller(p)
}

// caller turns a proof into a Caller if its key still exists and its token has
// not expired.
func (a *Authenticator) caller(p proof) (access.Caller, error) {
	client := a.dir.Client(p.realm, p.client)
	if client == nil || client.Key(p.key) == nil {
		return access.Caller{}, errUnknown()
	}
	if !p.expires.IsZero() && a.now().After(p.expires) {
		return access.Caller{}, errUnknown()
	}
	return callerOf(p.realm, client, string(p.key)), nil
}

func callerOf(realm access.RealmID, client *access.ServiceClient, credential string) access.Caller {
	return access.Caller{
		Realm:       realm,
		Subject:     client.Subject(),
		Credential:  credential,
		ChecksUsers: client.Options.ChecksUsers,
	}
}

// bearer returns the credential of the first Authorization header: the Go SDK
// of Authress can send two, and means the first.
func bearer(h http.Header) (string, bool) {
	values := h["Authorization"]
	if len(values) == 0 || len(values[0]) > maxCredentialLen {
		return "", false
	}
	scheme, credential, ok := strings.Cut(values[0], " ")
	// "Bearer:" is a typo of the SDKs' documentation that callers copied.
	if !ok || !strings.EqualFold(strings.TrimSuffix(scheme, ":"), "bearer") {
		return "", false
	}
	credential = strings.Trim(credential, " ")
	return credential, credential != ""
}

// verify proves an access key or a client token.
func (a *Authenticator) verify(credential string) (proof, error) {
	if strings.Count(credential, ".") == 2 {
		return a.verifyToken(credential)
	}
	return a.verifyAccessKey(credential)
}
