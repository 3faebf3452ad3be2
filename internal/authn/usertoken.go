package authn

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/reeve-authz/reeve/internal/access"
)

// userProof is what a verified token of a user proves, and by what: it holds as
// long as the same trust and the same keys would be asked again.
type userProof struct {
	subject    access.Subject
	credential string
	issuer     string
	audiences  []string
	kid        string
	trust      *access.Issuer
	keys       *keySet
}

// holds reports whether a remembered token would be verified by the same trust
// and keys as when it was. If not, it is verified again.
func (a *Authenticator) holds(ctx context.Context, p *proof) bool {
	trust, err := a.trust(p.user.issuer, p.user.audiences)
	if err != nil || trust.realm != p.realm || trust.issuer != p.user.trust {
		return false
	}
	keys, err := a.issuers.keys(ctx, keySource{p.realm, p.user.issuer}, p.user.kid)
	return err == nil && keys == p.user.keys
}

// verifyUserToken proves a token of an issuer that a realm trusts. Everything
// that can be refused without the issuer's keys is refused before they are
// asked for.
func (a *Authenticator) verifyUserToken(ctx context.Context, t token) (proof, error) {
	audiences := t.claims.audiences()
	trust, err := a.trust(t.claims.Issuer, audiences)
	if err != nil {
		return proof{}, err
	}
	if _, ok := userAlgorithms[t.header.Alg]; !ok {
		return proof{}, fmt.Errorf("tokens signed with %q are not accepted", t.header.Alg)
	}
	if !userTokenType(t.header.Typ) {
		return proof{}, fmt.Errorf("unknown token type %q", t.header.Typ)
	}
	expires, err := checkTimes(t.claims, a.now())
	if err != nil {
		return proof{}, err
	}
	keys, err := a.issuers.keys(ctx, keySource{trust.realm, trust.issuer.URL}, t.header.Kid)
	if err != nil {
		return proof{}, err
	}
	if err := keys.verify(t); err != nil {
		return proof{}, err
	}
	var claims map[string]jsontext.Value
	if err := json.Unmarshal(t.raw, &claims); err != nil {
		return proof{}, fmt.Errorf("the claims: %w", err)
	}
	subject, err := trust.issuer.User(func(name string) string { return idClaim(claims[name]) })
	if err != nil {
		return proof{}, err
	}
	a.saw(ctx, trust.realm, access.User{
		ID: subject.ID, Name: textClaim(claims["name"]), Email: textClaim(claims["email"]), Picture: textClaim(claims["picture"]),
	})
	return proof{realm: trust.realm, expires: expires, user: &userProof{
		subject: subject, credential: tokenName(t.text, textClaim(claims["jti"])),
		issuer: trust.issuer.URL, audiences: audiences, kid: t.header.Kid, trust: trust.issuer, keys: keys,
	}}, nil
}

// trust returns the one trust by which a token of the issuer for the audiences
// is accepted. A credential belongs to exactly one realm: where several realms
// trust the issuer, the audience decides, and a registered audience that the
// token names counts before one that is "*". When that leaves two realms, or
// two ways to name the user, the token is refused rather than guessed at.
func (a *Authenticator) trust(issuer string, audiences []string) (trust, error) {
	var found trust
	exact := false
	for _, t := range a.dir.trusts(issuer) {
		named := t.issuer.Audience != access.AnyAudience && slices.Contains(audiences, t.issuer.Audience)
		switch {
		case !named && (exact || t.issuer.Audience != access.AnyAudience):
		case found.issuer == nil || named && !exact:
			found, exact = t, named
		case found.realm != t.realm || found.issuer.UserID != t.issuer.UserID:
			found.realm = "" // for now: a named audience may still decide
		}
	}
	switch {
	case found.issuer == nil:
		return trust{}, errors.New("no realm trusts the issuer for the audience")
	case found.realm == "":
		return trust{}, errors.New("the issuer and the audience do not tell which realm the token is for")
	}
	return found, nil
}

// userTokenType reports whether a token's type is one that says who calls. An
// issuer signs other things with the same keys, notices of a logout for one.
func userTokenType(typ string) bool {
	switch strings.TrimPrefix(strings.ToLower(typ), "application/") {
	case "", "jwt", "at+jwt":
		return true
	}
	return false
}

// idClaim is a claim as a part of a user's id: text, or a whole number as it is
// written; "" for everything else, as no two values may have one text.
func idClaim(v jsontext.Value) string {
	if v.Kind() == '0' {
		digits := strings.TrimPrefix(string(v), "-")
		if strings.Trim(digits, "0123456789") == "" && string(v) != "-0" {
			return string(v)
		}
		return ""
	}
	return textClaim(v)
}

// textClaim is a claim that is text, or "".
func textClaim(v jsontext.Value) string {
	var s string
	if v.Kind() != '"' || json.Unmarshal(v, &s) != nil {
		return ""
	}
	return s
}

// tokenName names a token in the audit trail without being able to stand for
// it: by its own id, or by the beginning of its hash.
func tokenName(text, jti string) string {
	const maxLen = 64
	plain := jti != "" && len(jti) <= maxLen
	for i := 0; i < len(jti) && plain; i++ {
		plain = jti[i] > ' ' && jti[i] <= '~'
	}
	if plain {
		return "jti:" + jti
	}
	hash := sha256.Sum256([]byte(text))
	return "token:" + hex.EncodeToString(hash[:8])
}

// ReadSample returns the issuer and the audiences that a token names. It
// verifies nothing: whoever shows the token could have written them by hand.
func ReadSample(text string) (issuer string, audiences []string, err error) {
	if len(text) > maxCredentialLen {
		return "", nil, fmt.Errorf("a token is at most %d bytes long", maxCredentialLen)
	}
	t, err := readToken(text)
	if err != nil {
		return "", nil, err
	}
	return t.claims.Issuer, t.claims.audiences(), nil
}
