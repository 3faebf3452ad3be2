package authn

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/authn/authntest"
	"github.com/reeve-authz/reeve/internal/outbound"
)

// userWorld is a world whose realm a trusts an issuer for the audience "app".
type userWorld struct {
	*world
	issuer *authntest.Issuer
	seen   []access.User
}

func newUserWorld(t *testing.T) *userWorld {
	t.Helper()
	w := &userWorld{world: newWorld(t), issuer: authntest.New(t)}
	out, err := outbound.New([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	w.auth = New(Config{
		Directory: w.dir, Outbound: out, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return w.now },
		Saw: func(_ context.Context, _ access.RealmID, u access.User) { w.seen = append(w.seen, u) },
	})
	t.Cleanup(w.auth.Close)
	w.trust("a", "app", "{sub}")
	return w
}

// trust registers the issuer, or changes how its users are named.
func (w *userWorld) trust(realm access.RealmID, audience, userID string) {
	i := &access.Issuer{ID: access.IssuerID(audience), URL: w.issuer.URL, Audience: audience, UserID: userID}
	w.dir.Update(realm, []access.Change{{ID: i.ID, Document: i}})
}

func (w *userWorld) distrust(realm access.RealmID, audience string) {
	w.dir.Update(realm, []access.Change{{ID: access.IssuerID(audience)}})
}

// claims are good ones, with changes; a nil takes one out.
func (w *userWorld) claims(change map[string]any) map[string]any {
	c := map[string]any{"aud": "app", "sub": "ana", "iat": w.now.Unix(), "exp": w.now.Add(time.Hour).Unix(), "jti": "t1"}
	maps.Copy(c, change)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

func (w *userWorld) user(change map[string]any) (access.Caller, error) {
	return w.authenticate("Bearer " + w.issuer.Token(w.claims(change)))
}

func (w *userWorld) want(t *testing.T, what string, change map[string]any, realm access.RealmID, user string) {
	t.Helper()
	c, err := w.user(change)
	if err != nil || c.Realm != realm || c.Subject != (access.Subject{Kind: access.UserKind, ID: user}) || c.ChecksUsers {
		t.Errorf("%s: got %+v, %v; want the user %s of realm %s", what, c, err, user, realm)
	}
}

func (w *userWorld) refuse(t *testing.T, what string, change map[string]any) {
	t.Helper()
	if c, err := w.user(change); !errors.Is(err, access.Unauthenticated) {
		t.Errorf("%s: got %+v, %v; want an Unauthenticated error", what, c, err)
	}
}

type change = map[string]any

func TestUserToken(t *testing.T) {
	w := newUserWorld(t)
	w.want(t, "a plain token", nil, "a", "ana")
	w.want(t, "several audiences", change{"aud": []string{"x", "app"}}, "a", "ana")
	w.want(t, "no iat", change{"iat": nil}, "a", "ana")
	w.want(t, "a past nbf", change{"nbf": w.now.Add(-time.Hour).Unix()}, "a", "ana")
	w.want(t, "expired within the skew", change{"exp": w.now.Add(-59 * time.Second).Unix()}, "a", "ana")
	w.want(t, "issued within the skew", change{"iat": w.now.Add(59 * time.Second).Unix()}, "a", "ana")
	w.want(t, "an id with a bar", change{"sub": "auth0|1"}, "a", "auth0|1")
	w.want(t, "an id that is a number", change{"sub": 1234567890123456789}, "a", "1234567890123456789")
	if c, _ := w.user(nil); c.Credential != "jti:t1" {
		t.Errorf("credential %q, want jti:t1", c.Credential)
	}
	for _, jti := range []any{nil, "", "a b", strings.Repeat("x", 65), 7} {
		if c, err := w.user(change{"jti": jti}); err != nil || !strings.HasPrefix(c.Credential, "token:") {
			t.Errorf("jti %v: credential %q, %v; want a hash", jti, c.Credential, err)
		}
	}
	if n := w.issuer.Asked(); n != 1 {
		t.Errorf("the issuer was asked %d times, want once", n)
	}
}

func TestUserTokenAlgorithms(t *testing.T) {
	w := newUserWorld(t)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ed := authntest.NewKey(t)
	for kid, key := range map[string]crypto.Signer{"k-ec": ec, "k-ec384": p384, "k-ed": ed} {
		w.issuer.Publish(kid, key)
	}
	rest := func(kid string) string { return `,"kid":"` + kid + `","typ":"JWT"}` }
	body, err := json.Marshal(w.claims(change{"iss": w.issuer.URL}))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		kid    string
		key    crypto.Signer
		signed string // how
		said   string // in the header
		want   bool
	}{
		{"k-ed", ed, "EdDSA", "EdDSA", true},
		{"k-ec", ec, "ES256", "ES256", true},
		{"rsa", authntest.RSAKey(), "RS256", "RS256", true},
		{"rsa", authntest.RSAKey(), "RS384", "RS384", true},
		{"rsa", authntest.RSAKey(), "RS512", "RS512", true},
		{"k-ec384", p384, "ES384", "ES384", false}, // not of ours
		{"k-ec384", p384, "ES256", "ES256", false}, // another curve than the algorithm's
		{"rsa", authntest.RSAKey(), "RS256", "RS512", false},
		{"rsa", authntest.RSAKey(), "RS256", "EdDSA", false}, // key and algorithm of two types
		{"k-ed", ed, "EdDSA", "RS256", false},
		{"k-ed", ed, "EdDSA", "ES256", false},
		{"k-ed", ed, "EdDSA", "Ed25519", false},
		{"k-ed", ed, "EdDSA", "eddsa", false},
		{"k-ed", ed, "EdDSA", "none", false},
		{"k-ed", ed, "EdDSA", "", false},
		{"rsa", authntest.RSAKey(), "RS256", "PS256", false},
		{"k-ec", ed, "EdDSA", "EdDSA", false}, // another key's name
	} {
		token := authntest.Sign(t, tt.key, tt.signed, `{"alg":"`+tt.said+`"`+rest(tt.kid), string(body))
		c, err := w.authenticate("Bearer " + token)
		if (err == nil) != tt.want || err != nil && !errors.Is(err, access.Unauthenticated) {
			t.Errorf("key %s, signed %s, header %s: got %+v, %v; want accepted %v", tt.kid, tt.signed, tt.said, c, err, tt.want)
		}
	}
}

// TestPublicKeyIsNoSecret: a public key passed off as the secret of an HMAC.
func TestPublicKeyIsNoSecret(t *testing.T) {
	w := newUserWorld(t)
	w.want(t, "a good token", nil, "a", "ana") // the keys are here
	der, err := x509.MarshalPKIXPublicKey(authntest.RSAKey().Public())
	if err != nil {
		t.Fatal(err)
	}
	claims, err := json.Marshal(w.claims(change{"iss": w.issuer.URL}))
	if err != nil {
		t.Fatal(err)
	}
	enc := base64.RawURLEncoding
	for _, secret := range [][]byte{der, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), authntest.RSAKey().N.Bytes(), {}} {
		for _, alg := range []string{"HS256", "RS256", "none"} {
			body := enc.EncodeToString([]byte(`{"alg":"`+alg+`","kid":"rsa","typ":"JWT"}`)) + "." + enc.EncodeToString(claims)
			mac := hmac.New(sha256.New, secret)
			mac.Write([]byte(body))
			for _, token := range []string{body + "." + enc.EncodeToString(mac.Sum(nil)), body + "."} {
				if c, err := w.authenticate("Bearer " + token); !errors.Is(err, access.Unauthenticated) {
					t.Errorf("%s with %d bytes of key: got %+v, %v; want an Unauthenticated error", alg, len(secret), c, err)
				}
			}
		}
	}
}

// TestUserTokenDemandsEverything leaves out or alters one thing at a time.
func TestUserTokenDemandsEverything(t *testing.T) {
	w := newUserWorld(t)
	w.want(t, "nothing altered", nil, "a", "ana")
	hour := w.now.Add(time.Hour).Unix()
	for what, alter := range map[string]change{
		"no exp":                    {"exp": nil},
		"exp zero":                  {"exp": 0},
		"exp negative":              {"exp": -hour},
		"exp as text":               {"exp": "1767409445"},
		"exp beyond all bounds":     {"exp": 1e300},
		"expired":                   {"exp": w.now.Add(-61 * time.Second).Unix()},
		"nbf in the future":         {"nbf": w.now.Add(61 * time.Second).Unix()},
		"nbf as text":               {"nbf": "0"},
		"iat in the future":         {"iat": w.now.Add(61 * time.Second).Unix()},
		"no aud":                    {"aud": nil},
		"another aud":               {"aud": "other"},
		"aud in another case":       {"aud": "App"},
		"aud with a tail":           {"aud": "app "},
		"aud with a head":           {"aud": "xapp"},
		"aud list without it":       {"aud": []string{"other", "apps"}},
		"aud list of another type":  {"aud": []any{"app", 1}},
		"aud empty list":            {"aud": []string{}},
		"aud object":                {"aud": change{"app": true}},
		"aud star":                  {"aud": "*"},
		"another iss":               {"iss": "https://issuer.example.com"},
		"iss with a slash":          {"iss": w.issuer.URL + "/"},
		"iss in another case":       {"iss": strings.ToUpper(w.issuer.URL)},
		"iss empty":                 {"iss": ""},
		"no sub":                    {"sub": nil},
		"sub empty":                 {"sub": ""},
		"sub null":                  {"sub": []byte(nil)},
		"sub true":                  {"sub": true},
		"sub list":                  {"sub": []string{"ana"}},
		"sub object":                {"sub": change{"ana": "ana"}},
		"sub fraction":              {"sub": 1.5},
		"sub with a star":           {"sub": "*"},
		"sub with a NUL":            {"sub": "ana\x00"},
		"sub with a line break":     {"sub": "ana\n"},
		"sub with a space around":   {"sub": " ana"},
		"sub beyond ASCII":          {"sub": "än"},
		"sub too long":              {"sub": strings.Repeat("x", 129)},
		"sub of a client":           {"sub": "sc_a"},
		"sub of a client, by alias": {"sub": "Authress:ServiceClients/sc_a"},
		"sub of a client to come":   {"sub": "sc_"},
	} {
		w.refuse(t, what, alter)
	}
	claims := func() string {
		body, err := json.Marshal(w.claims(change{"iss": w.issuer.URL}), json.Deterministic(true))
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}()
	key := authntest.NewKey(t)
	w.issuer.Publish("k", key)
	const header = `{"alg":"EdDSA","kid":"k","typ":"JWT"}`
	signed := func(header, claims string) string { return authntest.Sign(t, key, "EdDSA", header, claims) }
	w.now = w.now.Add(keysPause) // so that the new key may be fetched
	if _, err := w.authenticate("Bearer " + signed(header, claims)); err != nil {
		t.Fatal(err)
	}
	good := signed(header, claims)
	for what, token := range map[string]string{
		"no kid":             signed(`{"alg":"EdDSA","typ":"JWT"}`, claims),
		"kid of a number":    signed(`{"alg":"EdDSA","kid":1,"typ":"JWT"}`, claims),
		"crit":               signed(`{"alg":"EdDSA","kid":"k","crit":["exp"]}`, claims),
		"empty crit":         signed(`{"alg":"EdDSA","kid":"k","crit":[]}`, claims),
		"b64":                signed(`{"alg":"EdDSA","kid":"k","b64":true}`, claims),
		"alg twice":          signed(`{"alg":"EdDSA","alg":"EdDSA","kid":"k"}`, claims),
		"kid twice":          signed(`{"alg":"EdDSA","kid":"k","kid":"k"}`, claims),
		"a key of its own":   signed(`{"alg":"EdDSA","kid":"x","jku":"`+w.issuer.URL+`/keys"}`, claims),
		"a logout token":     signed(`{"alg":"EdDSA","kid":"k","typ":"logout+jwt"}`, claims),
		"a nested token":     signed(`{"alg":"EdDSA","kid":"k","typ":"JWE"}`, claims),
		"sub twice":          signed(header, strings.Replace(claims, `"sub"`, `"sub":"ben","sub"`, 1)),
		"unknown twice":      signed(header, strings.Replace(claims, `{`, `{"x":1,"x":2,`, 1)),
		"nested twice":       signed(header, strings.Replace(claims, `{`, `{"x":{"y":1,"y":2},`, 1)),
		"sub in upper case":  signed(header, strings.Replace(claims, `"sub"`, `"SUB"`, 1)),
		"trailing data":      signed(header, claims+`{}`),
		"a list":             signed(header, `[]`),
		"not UTF-8":          signed(header, strings.Replace(claims, `"ana"`, "\"ana\xff\"", 1)),
		"a lone surrogate":   signed(header, strings.Replace(claims, `"ana"`, `"ana\ud800"`, 1)),
		"padding":            strings.Replace(good, ".", "=.", 1),
		"a fourth part":      good + ".x",
		"no signature":       good[:strings.LastIndexByte(good, '.')+1],
		"half a signature":   good[:len(good)-20],
		"another key":        authntest.Sign(t, authntest.NewKey(t), "EdDSA", header, claims),
		"too long":           signed(header, strings.Replace(claims, `{`, `{"x":"`+strings.Repeat("x", maxCredentialLen)+`",`, 1)),
		"an altered subject": good[:strings.IndexByte(good, '.')+1] + base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(claims, "ana", "ben", 1))) + good[strings.LastIndexByte(good, '.'):],
	} {
		if c, err := w.authenticate("Bearer " + token); !errors.Is(err, access.Unauthenticated) {
			t.Errorf("%s: got %+v, %v; want an Unauthenticated error", what, c, err)
		}
	}
	last := good[len(good)-1]
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") {
		if c == last {
			continue // the last character holds bits that a lenient decoder drops
		}
		if got, err := w.authenticate("Bearer " + good[:len(good)-1] + string(c)); !errors.Is(err, access.Unauthenticated) {
			t.Errorf("with the last character %c: got %+v, %v; want an Unauthenticated error", c, got, err)
		}
	}
}

// TestUserCannotBecomeClient: whoever controls an issuer that a realm trusts
// cannot speak for the realm's clients, whatever the expression makes.
func TestUserCannotBecomeClient(t *testing.T) {
	w := newUserWorld(t)
	for expr, claims := range map[string]change{
		"{sub}":                         {"sub": "sc_a"},
		"{kind}_{sub}":                  {"kind": "sc", "sub": "a"},
		"Authress:{kind}/{sub}":         {"kind": "ServiceClients", "sub": "sc_a"},
		"{sub}c_a":                      {"sub": "s"},
		"Authress:ServiceClients/{sub}": {"sub": "sc_a"},
	} {
		w.trust("a", "app", expr)
		w.refuse(t, expr, claims)
	}
	// A token that means to be a client's is judged as one, and as nothing else.
	url := w.issuer.URL + "/v1/clients/sc_a"
	w.issuer.Replace("/v1/clients/sc_a"+authntest.Discovery, func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = rw.Write([]byte(`{"issuer":"` + url + `","jwks_uri":"` + w.issuer.URL + `/keys"}`))
	})
	i := &access.Issuer{ID: "i", URL: url, Audience: "*", UserID: "{name}"}
	w.dir.Update("a", []access.Change{{ID: i.ID, Document: i}})
	claims := change{"iss": url, "sub": "sc_a", "name": "ana"}
	w.want(t, "an issuer with such a path", claims, "a", "ana")
	claims["aud"] = "acc_a.accounts.authress.io"
	w.refuse(t, "a client's audience, too", claims)
}

func TestUserExpression(t *testing.T) {
	w := newUserWorld(t)
	for _, tt := range []struct {
		expr   string
		claims change
		want   string
	}{
		{"google|{sub}", nil, "google|ana"},
		{"{email}", change{"email": "ana@example.com"}, "ana@example.com"},
		{"{tid}|{sub}", change{"tid": "t1"}, "t1|ana"},
		{"{tid}|{sub}", change{"tid": 7}, "7|ana"},
		{"{tid}|{sub}", change{"tid": "t1", "sub": "a|b"}, "t1|a|b"}, // the last one may hold it
		{"{tid}|{sub}", change{"tid": "t1|a", "sub": "b"}, ""},       // the same user otherwise
		{"{tid}|{sub}", change{"tid": ""}, ""},
		{"{tid}|{sub}", nil, ""},
		{"{https://example.com/uid}", change{"https://example.com/uid": "u1"}, "u1"},
		{"{sub}-x", nil, "ana-x"},
	} {
		w.trust("a", "app", tt.expr)
		if tt.want == "" {
			w.refuse(t, tt.expr, tt.claims)
		} else {
			w.want(t, tt.expr, tt.claims, "a", tt.want)
		}
	}
}

func TestAudienceOfAnyone(t *testing.T) {
	w := newUserWorld(t)
	w.distrust("a", "app")
	w.refuse(t, "no trust", nil)
	w.trust("a", "*", "any|{sub}")
	w.want(t, "any audience", change{"aud": "whatever"}, "a", "any|ana")
	w.want(t, "no audience", change{"aud": nil}, "a", "any|ana")
	w.trust("a", "app", "app|{sub}")
	w.want(t, "the named audience first", nil, "a", "app|ana")
	w.want(t, "any other", change{"aud": "other"}, "a", "any|ana")
}

// TestOneIssuerInTwoRealms: a credential belongs to exactly one realm.
func TestOneIssuerInTwoRealms(t *testing.T) {
	w := newUserWorld(t)
	w.trust("b", "shop", "{sub}")
	w.want(t, "the first realm's audience", change{"aud": "app"}, "a", "ana")
	w.want(t, "the second realm's audience", change{"aud": "shop"}, "b", "ana")
	w.refuse(t, "the audiences of both", change{"aud": []string{"app", "shop"}})
	w.refuse(t, "neither", change{"aud": "other"})

	w.trust("b", "*", "{sub}")
	w.want(t, "a named audience before any", change{"aud": "app"}, "a", "ana")
	w.want(t, "any", change{"aud": "other"}, "b", "ana")
	w.trust("a", "*", "{sub}")
	w.refuse(t, "any in both", change{"aud": "other"})
	w.want(t, "a named one still decides", change{"aud": "shop"}, "b", "ana")

	w.trust("b", "app", "{sub}")
	w.refuse(t, "the same audience in both", change{"aud": "app"})
	w.distrust("a", "app")
	w.want(t, "after one of them went", change{"aud": "app"}, "b", "ana")
}

// TestRememberedUserTokenDies holds that remembering a verified token never
// outlives what it was accepted by.
func TestRememberedUserTokenDies(t *testing.T) {
	w := newUserWorld(t)
	token := "Bearer " + w.issuer.Token(w.claims(nil))
	accepted := func(what, user string) {
		t.Helper()
		c, err := w.authenticate(token)
		if user == "" && !errors.Is(err, access.Unauthenticated) || user != "" && (err != nil || c.Subject.ID != user) {
			t.Errorf("%s: got %+v, %v; want %q", what, c, err, user)
		}
	}
	accepted("at first", "ana")
	accepted("remembered", "ana")
	if len(w.seen) != 1 {
		t.Errorf("told of %d users, want of one: the token was verified once", len(w.seen))
	}
	w.now = testTime.Add(time.Hour + clockSkew + time.Second)
	accepted("after its expiry", "")
	w.now = testTime
	accepted("in time", "ana")
	w.trust("a", "app", "x|{sub}")
	accepted("with another expression", "x|ana")
	w.distrust("a", "app")
	accepted("without trust", "")
	w.trust("b", "app", "{sub}")
	if c, err := w.authenticate(token); err != nil || c.Realm != "b" {
		t.Errorf("with the trust of another realm: got %+v, %v; want realm b", c, err)
	}
	w.trust("a", "app", "{sub}")
	accepted("with the trust of both", "")
	w.distrust("b", "app")
	accepted("of the first alone again", "ana")

	// The issuer withdraws its key.
	w.issuer.Publish("ed", authntest.NewKey(t))
	w.now = testTime.Add(keysFresh)
	w.authenticate(token) //nolint:errcheck // begins the fetch
	w.auth.issuers.running.Wait()
	accepted("after its key went", "")
}

func TestSeenUser(t *testing.T) {
	w := newUserWorld(t)
	w.want(t, "a token", change{"name": "Ana", "email": "ana@example.com", "picture": "https://example.com/ana.png"}, "a", "ana")
	want := access.User{ID: "ana", Name: "Ana", Email: "ana@example.com", Picture: "https://example.com/ana.png"}
	if len(w.seen) != 1 || w.seen[0].ID != want.ID || w.seen[0].Name != want.Name || w.seen[0].Email != want.Email || w.seen[0].Picture != want.Picture {
		t.Errorf("told of %+v, want of %+v", w.seen, want)
	}
	w.want(t, "claims of other types", change{"name": 7, "email": []string{"x"}, "picture": change{}}, "a", "ana")
	w.refuse(t, "a bad token", change{"sub": "sc_a"})
	if len(w.seen) != 2 || w.seen[1].Name != "" || w.seen[1].Email != "" || w.seen[1].Picture != "" {
		t.Errorf("told of %+v, want of a second user without more", w.seen)
	}
}
