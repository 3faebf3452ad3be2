// Package authn answers who is calling: it proves access keys, client tokens
// and API keys against the keys that the realms hold, and users' tokens against
// the keys of the issuers that the realms trust.
package authn

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/outbound"
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
	// Outbound fetches the keys of issuers. No user's token is accepted if nil.
	Outbound *outbound.Client
	// Saw is told what a user's token says of its user when the token is
	// verified, which is not at every request. Nothing is told if nil.
	Saw func(context.Context, access.RealmID, access.User)
	Log *slog.Logger     // slog.Default if nil
	Now func() time.Time // time.Now if nil
}

// Authenticator proves callers. It remembers which credentials it has
// verified, and looks up their client and key, or their issuer and its keys,
// again at every request.
type Authenticator struct {
	dir     *Directory
	origins []string
	saw     func(context.Context, access.RealmID, access.User)
	now     func() time.Time
	proven  memory
	issuers *issuers
	limits  limiter
}

// New returns an Authenticator. Close must be called.
func New(cfg Config) *Authenticator {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Saw == nil {
		cfg.Saw = func(context.Context, access.RealmID, access.User) {}
	}
	return &Authenticator{
		dir: cfg.Directory, origins: cfg.Origins, saw: cfg.Saw, now: cfg.Now,
		issuers: newIssuers(cfg.Outbound, cfg.Log, cfg.Now),
	}
}

// Close ends what is being fetched.
func (a *Authenticator) Close() { a.issuers.close() }

// proof is what a verified credential proves.
type proof struct {
	realm   access.RealmID
	client  access.ClientID
	key     access.KeyID
	expires time.Time  // zero: never by itself
	user    *userProof // of a user's token; client and key are empty then
}

// errUnknown is the one answer to every credential that does not hold, so that
// it tells nothing about which part was wrong.
func errUnknown() error {
	return access.Errorf(access.Unauthenticated, "the credential is missing, malformed, expired or unknown")
}

// Authenticate returns who sends a request with these headers. It is an
// Unauthenticated error if they hold no good credential, TooMany if a client
// has used up its rate limit, and Unavailable if a user's token cannot be
// judged because the keys of its issuer are out of reach.
func (a *Authenticator) Authenticate(ctx context.Context, h http.Header) (access.Caller, error) {
	credential, ok := bearer(h)
	if !ok {
		return access.Caller{}, errUnknown()
	}
	now := a.now()
	hash := sha256.Sum256([]byte(credential))
	if strings.HasPrefix(credential, apiKeyPrefix) {
		return a.apiKey(&hash, now)
	}
	p := a.proven.get(&hash)
	switch {
	case p == nil:
	case p.expired(now):
		return access.Caller{}, errUnknown()
	case p.user == nil || a.holds(ctx, p):
		return a.caller(p, now)
	}
	proved, err := a.verify(ctx, credential)
	if errors.Is(err, access.Unavailable) {
		return access.Caller{}, err
	}
	if err != nil {
		return access.Caller{}, errUnknown()
	}
	return a.caller(a.proven.put(&hash, proved), a.now())
}

// caller turns a proof into a Caller if its key still exists and its token has
// not expired.
func (a *Authenticator) caller(p *proof, now time.Time) (access.Caller, error) {
	if p.expired(now) {
		return access.Caller{}, errUnknown()
	}
	if p.user != nil {
		return access.Caller{Realm: p.realm, Subject: p.user.subject, Credential: p.user.credential}, nil
	}
	client := a.dir.Client(p.realm, p.client)
	if client == nil || client.Key(p.key) == nil {
		return access.Caller{}, errUnknown()
	}
	return a.client(p.realm, client, string(p.key), now)
}

func (p *proof) expired(now time.Time) bool {
	return !p.expires.IsZero() && now.After(p.expires)
}

// client is the Caller that a client is, if its rate limit has room for it.
func (a *Authenticator) client(realm access.RealmID, client *access.ServiceClient, credential string, now time.Time) (access.Caller, error) {
	if err := a.limits.take(clientKey{realm, client.ID}, client.Limits, now); err != nil {
		return access.Caller{}, err
	}
	return access.Caller{
		Realm:       realm,
		Subject:     client.Subject(),
		Credential:  credential,
		ChecksUsers: client.Options.ChecksUsers,
	}, nil
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

// verify proves an access key, a client's token or a user's token.
func (a *Authenticator) verify(ctx context.Context, credential string) (proof, error) {
	if strings.Count(credential, ".") != 2 {
		return a.verifyAccessKey(credential)
	}
	t, err := readToken(credential)
	if err != nil {
		return proof{}, err
	}
	if t.ofClient() {
		return a.verifyClientToken(t)
	}
	return a.verifyUserToken(ctx, t)
}
