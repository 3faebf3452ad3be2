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

// tokenHeader is what a client token's header must say. Keys or key locations
// that a header offers are never looked at.
type tokenHeader struct {
	Alg  string         `json:"alg"`
	Kid  string         `json:"kid"`
	Typ  string         `json:"typ"`
	Crit jsontext.Value `json:"crit"`
}

// tokenClaims are the claims that a client token must carry. Times are seconds
// since 1970.
type tokenClaims struct {
	Issuer   string  `json:"iss"`
	Audience any     `json:"aud"` // text, or a list of texts
	Subject  string  `json:"sub"`
	Issued   float64 `json:"iat"`
	Expires  float64 `json:"exp"`
	Starts   float64 `json:"nbf"`
}

// audienceSuffix follows the account id in the audience of a client token, as
// the SDKs write it.
const audienceSuffix = ".accounts.authress.io"

// verifyToken proves a token that a client signed with one of its access keys.
// Everything it says is demanded: a claim that is missing is a refusal.
func (a *Authenticator) verifyToken(token string) (proof, error) {
	header, claims, err := readToken(token)
	if err != nil {
		return proof{}, err
	}
	account, ok := strings.CutSuffix(claims.audience(), audienceSuffix)
	realm := a.dir.Account(account)
	if !ok || realm == "" {
		return proof{}, errors.New("the audience is not an account of this server")
	}
	client := a.dir.Client(realm, access.ClientID(claims.Subject))
	if client == nil {
		return proof{}, errors.New("no such client")
	}
	key := client.Key(access.KeyID(header.Kid))
	if key == nil {
		return proof{}, errors.New("the client has no such key")
	}
	if _, err := jws.Verify([]byte(token), jws.WithKey(jwa.EdDSA(), ed25519.PublicKey(key.Public))); err != nil {
		return proof{}, fmt.Errorf("verifying the signature: %w", err)
	}
	if err := a.checkIssuer(claims.Issuer, account, claims.Subject); err != nil {
		return proof{}, err
	}
	expires, err := a.checkTimes(claims)
	if err != nil {
		return proof{}, err
	}
	return proof{realm: realm, client: client.ID, key: key.ID, expires: expires}, nil
}

// readToken splits a compact token and reads its parts strictly: what a lenient
// reader would skip or repair, another reader could take for something else.
func readToken(token string) (tokenHeader, tokenClaims, error) {
	var header tokenHeader
	var claims tokenClaims
	parts := strings.Split(token, ".")
	for i, part := range parts {
		decoded, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil {
			return header, claims, fmt.Errorf("part %d is not base64url: %w", i, err)
		}
		switch i {
		case 0:
			err = json.Unmarshal(decoded, &header)
		case 1:
			err = json.Unmarshal(decoded, &claims)
		}
		if err != nil {
			return header, claims, fmt.Errorf("part %d: %w", i, err)
		}
	}
	if header.Alg != "EdDSA" || header.Kid == "" || header.Crit != nil {
		return header, claims, errors.New("the header must name EdDSA and a key, and nothing critical")
	}
	if !slices.Contains([]string{"at+jwt", "JWT", "oauth-authz-req+jwt"}, header.Typ) {
		return header, claims, fmt.Errorf("unknown token type %q", header.Typ)
	}
	return header, claims, nil
}

// audience is the token's only audience, or "".
func (c tokenClaims) audience() string {
	switch aud := c.Audience.(type) {
	case string:
		return aud
	case []any:
		if len(aud) == 1 {
			s, _ := aud[0].(string)
			return s
		}
	}
	return ""
}

// checkIssuer demands {origin}/v1/clients/{client} of the client itself.
func (a *Authenticator) checkIssuer(issuer, account, client string) error {
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errors.New("the issuer is not a URL of a client")
	}
	id, ok := strings.CutPrefix(u.EscapedPath(), "/v1/clients/")
	if !ok || id != url.PathEscape(client) {
		return errors.New("the issuer is not the client's")
	}
	origin := u.Scheme + "://" + u.Host
	if len(a.origins) > 0 && !slices.Contains(a.origins, origin) && origin != "https://"+account+".api.authress.io" {
		return errors.New("the issuer's host is not one of this server's")
	}
	return nil
}

// checkTimes returns when the token ends to be good.
func (a *Authenticator) checkTimes(c tokenClaims) (time.Time, error) {
	now := a.now()
	if c.Issued <= 0 || c.Expires <= 0 || c.Expires > 1<<40 || c.Issued > 1<<40 || c.Starts > 1<<40 {
		return time.Time{}, errors.New("the token has no issue or expiry time")
	}
	issued, expires, starts := seconds(c.Issued), seconds(c.Expires), seconds(c.Starts)
	switch {
	case now.After(expires.Add(clockSkew)):
		return time.Time{}, errors.New("the token has expired")
	case issued.After(now.Add(clockSkew)), starts.After(now.Add(clockSkew)):
		return time.Time{}, errors.New("the token is not good yet")
	case expires.Sub(issued) > maxTokenLifetime:
		return time.Time{}, errors.New("the token's lifetime is too long")
	}
	return expires.Add(clockSkew), nil
}

func seconds(s float64) time.Time { return time.Unix(int64(s), 0) }
