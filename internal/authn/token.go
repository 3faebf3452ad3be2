package authn

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jws"

	"github.com/reeve-authz/reeve/internal/access"
)

const (
	clockSkew        = 60 * time.Second
	maxTokenLifetime = 24*time.Hour + clockSkew // the SDKs sign tokens for 24 hours
)

// token is a compact token whose parts were read strictly. Its signature was
// not looked at: nothing in it is true yet.
type token struct {
	text   string
	header tokenHeader
	claims tokenClaims
	raw    []byte // the claims, a JSON object
}

// tokenHeader is what a token's header says of its signature. Keys or key
// locations that a header offers are never looked at.
type tokenHeader struct {
	Alg  string         `json:"alg"`
	Kid  string         `json:"kid"`
	Typ  string         `json:"typ"`
	Crit jsontext.Value `json:"crit"`
	B64  jsontext.Value `json:"b64"`
}

// tokenClaims are the claims that decide whether a token is accepted. Times are
// seconds since 1970.
type tokenClaims struct {
	Issuer   string         `json:"iss"`
	Audience any            `json:"aud"` // text, or a list of texts
	Subject  jsontext.Value `json:"sub"` // text; some issuers write a number
	Issued   float64        `json:"iat"`
	Expires  float64        `json:"exp"`
	Starts   float64        `json:"nbf"`
}

const (
	// audienceSuffix follows the account id in the audience of a client's
	// token, as the SDKs write it.
	audienceSuffix = ".accounts.authress.io"
	// clientPath is before the client's id in the issuer of a client's token.
	clientPath = "/v1/clients/"
)

// readToken splits a compact token and reads its parts strictly: what a lenient
// reader would skip or repair, another reader could take for something else.
func readToken(text string) (token, error) {
	t := token{text: text}
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return t, errors.New("a token has three parts")
	}
	for i, part := range parts {
		decoded, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err == nil && strings.ContainsAny(part, "\r\n") {
			err = errors.New("it has a line break") // which the decoder skips
		}
		if err != nil {
			return t, fmt.Errorf("part %d is not base64url: %w", i, err)
		}
		switch i {
		case 0:
			err = json.Unmarshal(decoded, &t.header)
		case 1:
			t.raw = decoded
			err = json.Unmarshal(decoded, &t.claims)
		}
		if err != nil {
			return t, fmt.Errorf("part %d: %w", i, err)
		}
	}
	if t.header.Kid == "" || t.header.Crit != nil || t.header.B64 != nil {
		return t, errors.New("the header must name a key, and nothing critical")
	}
	return t, nil
}

// ofClient reports whether the token means to be a client's, by its audience
// and the path of its issuer. Such a token is never taken for a user's, so an
// issuer that a realm trusts cannot speak for a client.
func (t token) ofClient() bool {
	u, err := url.Parse(t.claims.Issuer)
	return err == nil && strings.HasPrefix(u.EscapedPath(), clientPath) && strings.HasSuffix(t.claims.audience(), audienceSuffix)
}

// verifyClientToken proves a token that a client signed with one of its access
// keys. Everything it says is demanded: a claim that is missing is a refusal.
func (a *Authenticator) verifyClientToken(t token) (proof, error) {
	if t.header.Alg != "EdDSA" {
		return proof{}, errors.New("the header must name EdDSA")
	}
	if !slices.Contains([]string{"at+jwt", "JWT", "oauth-authz-req+jwt"}, t.header.Typ) {
		return proof{}, fmt.Errorf("unknown token type %q", t.header.Typ)
	}
	account, ok := strings.CutSuffix(t.claims.audience(), audienceSuffix)
	realm := a.dir.Account(account)
	if !ok || realm == "" {
		return proof{}, errors.New("the audience is not an account of this server")
	}
	client := a.dir.Client(realm, access.ClientID(t.claims.subject()))
	if client == nil {
		return proof{}, errors.New("no such client")
	}
	key := client.Key(access.KeyID(t.header.Kid))
	if key == nil {
		return proof{}, errors.New("the client has no such key")
	}
	if _, err := jws.Verify([]byte(t.text), jws.WithKey(jwa.EdDSA(), ed25519.PublicKey(key.Public))); err != nil {
		return proof{}, fmt.Errorf("verifying the signature: %w", err)
	}
	if err := a.checkIssuer(t.claims.Issuer, account, string(client.ID)); err != nil {
		return proof{}, err
	}
	expires, err := checkTimes(t.claims, a.now())
	if err != nil {
		return proof{}, err
	}
	if issued := seconds(t.claims.Issued); t.claims.Issued <= 0 || seconds(t.claims.Expires).Sub(issued) > maxTokenLifetime {
		return proof{}, errors.New("the token does not say when it was issued, or its lifetime is too long")
	}
	return proof{realm: realm, client: client.ID, key: key.ID, expires: expires}, nil
}

// subject is the claim sub if it is text, or "".
func (c tokenClaims) subject() string {
	var s string
	if json.Unmarshal(c.Subject, &s) != nil {
		return ""
	}
	return s
}

// audience is the token's only audience, or "".
func (c tokenClaims) audience() string {
	if all := c.audiences(); len(all) == 1 {
		return all[0]
	}
	return ""
}

// audiences are those that the token names; none if the claim is anything but
// text or a list of texts.
func (c tokenClaims) audiences() []string {
	switch aud := c.Audience.(type) {
	case string:
		return []string{aud}
	case []any:
		all := make([]string, len(aud))
		for i := range aud {
			s, ok := aud[i].(string)
			if !ok {
				return nil
			}
			all[i] = s
		}
		return all
	}
	return nil
}

// checkIssuer demands {origin}/v1/clients/{client} of the client itself.
func (a *Authenticator) checkIssuer(issuer, account, client string) error {
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errors.New("the issuer is not a URL of a client")
	}
	id, ok := strings.CutPrefix(u.EscapedPath(), clientPath)
	if !ok || id != url.PathEscape(client) {
		return errors.New("the issuer is not the client's")
	}
	origin := u.Scheme + "://" + u.Host
	if len(a.origins) > 0 && !slices.Contains(a.origins, origin) && origin != "https://"+account+".api.authress.io" {
		return errors.New("the issuer's host is not one of this server's")
	}
	return nil
}

// checkTimes returns when the token ends to be good. A token must say so; when
// it was issued and when it starts count if it says so.
func checkTimes(c tokenClaims, now time.Time) (time.Time, error) {
	const most = 1 << 40 // seconds: far from what overflows a time
	if !(c.Expires > 0 && c.Expires <= most) || !(c.Issued >= 0 && c.Issued <= most) || !(c.Starts >= 0 && c.Starts <= most) {
		return time.Time{}, errors.New("the token has no expiry, or a time out of bounds")
	}
	expires := seconds(c.Expires).Add(clockSkew)
	latest := now.Add(clockSkew)
	switch {
	case now.After(expires):
		return time.Time{}, errors.New("the token has expired")
	case seconds(c.Issued).After(latest), seconds(c.Starts).After(latest):
		return time.Time{}, errors.New("the token is not good yet")
	}
	return expires, nil
}

func seconds(s float64) time.Time { return time.Unix(int64(s), 0) }
