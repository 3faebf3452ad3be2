package authn

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
)

var testTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// world is a directory with two realms, a client with two keys in each.
type world struct {
	dir  *Directory
	auth *Authenticator
	now  time.Time
	keys map[string]AccessKey // "a1": realm a, first key
}

func newWorld(t *testing.T, origins ...string) *world {
	t.Helper()
	w := &world{dir: NewDirectory(), now: testTime, keys: map[string]AccessKey{}}
	for _, realm := range []string{"a", "b"} {
		w.dir.Update(access.RealmID(realm), []access.Change{{
			ID: access.RealmID(realm), Document: &access.Realm{ID: access.RealmID(realm), AccountID: "acc_" + realm},
		}})
		client := &access.ServiceClient{ID: access.ClientID("sc_" + realm)}
		for _, n := range []string{"1", "2"} {
			key, err := NewAccessKey(client.ID, access.KeyID("key_"+realm+n), "acc_"+realm)
			if err != nil {
				t.Fatal(err)
			}
			w.keys[realm+n] = key
			client.Keys = append(client.Keys, access.AccessKey{ID: key.Key, Public: key.Public()})
		}
		w.dir.Update(access.RealmID(realm), []access.Change{{ID: client.ID, Document: client}})
	}
	w.auth = New(Config{Directory: w.dir, Origins: origins, Now: func() time.Time { return w.now }})
	return w
}

func (w *world) authenticate(authorization ...string) (access.Caller, error) {
	return w.auth.Authenticate(context.Background(), http.Header{"Authorization": authorization})
}

func (w *world) text(t *testing.T, key string) string {
	t.Helper()
	s, err := w.keys[key].Text()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sign makes a compact token of the header and claims, as they are.
func sign(key ed25519.PrivateKey, header, claims string) string {
	enc := base64.RawURLEncoding
	body := enc.EncodeToString([]byte(header)) + "." + enc.EncodeToString([]byte(claims))
	return body + "." + enc.EncodeToString(ed25519.Sign(key, []byte(body)))
}

const (
	goodHeader = `{"alg":"EdDSA","kid":"key_a1","typ":"at+jwt"}`
	goodClaims = `{"aud":"acc_a.accounts.authress.io","iss":"http://localhost:8700/v1/clients/sc_a","sub":"sc_a","client_id":"sc_a","iat":1767323045,"exp":1767409445,"scope":"openid"}`
)

func TestAccessKeyAsCredential(t *testing.T) {
	w := newWorld(t)
	key := w.text(t, "a1")
	for _, authorization := range []string{"Bearer " + key, "bearer " + key, "BEARER  " + key + " ", "Bearer: " + key} {
		c, err := w.authenticate(authorization)
		if err != nil || c.Realm != "a" || c.Subject.ID != "sc_a" || c.Credential != "key_a1" {
			t.Errorf("got %+v, %v; want the client sc_a of realm a", c, err)
		}
	}
	if c, err := w.authenticate("Bearer "+w.text(t, "b2"), "Bearer "+key); err != nil || c.Realm != "b" {
		t.Errorf("of two headers got %+v, %v; want the first to count", c, err)
	}
}

func TestAccessKeyAltered(t *testing.T) {
	w := newWorld(t)
	key := w.text(t, "a1")
	parts := strings.SplitN(key, ".", 4)
	foreign := strings.SplitN(w.text(t, "b1"), ".", 4)
	altered := []string{
		key + "A", key + "=", "A" + key, " ", "", ".", "...",
		strings.Join([]string{parts[0], "key_a2", parts[2], parts[3]}, "."),   // another key's id
		strings.Join([]string{parts[0], parts[1], "acc_b", parts[3]}, "."),    // another account
		strings.Join([]string{"sc_b", parts[1], parts[2], parts[3]}, "."),     // another client
		strings.Join([]string{"sc_A", parts[1], parts[2], parts[3]}, "."),     // another case
		strings.Join([]string{parts[0], parts[1], parts[2], foreign[3]}, "."), // another private key
		strings.Join(parts[:3], "."),
	}
	for n := range key {
		altered = append(altered, key[:n])
	}
	der, err := base64.StdEncoding.DecodeString(parts[3])
	if err != nil {
		t.Fatal(err)
	}
	for _, more := range []string{"\x00", "\x00\x00\x00", strings.Repeat("x", 999)} { // which the parser would take
		altered = append(altered, strings.Join(parts[:3], ".")+"."+base64.StdEncoding.EncodeToString(append(der[:len(der):len(der)], more...)))
	}
	for _, credential := range altered {
		if c, err := w.authenticate("Bearer " + credential); !errors.Is(err, access.Unauthenticated) {
			t.Errorf("%q: got %+v, %v; want an Unauthenticated error", credential, c, err)
		}
	}
	for _, authorization := range []string{key, "Basic " + key, "Bearer" + key, "Bearer\t" + key, "Token " + key} {
		if c, err := w.authenticate(authorization); !errors.Is(err, access.Unauthenticated) {
			t.Errorf("%q: got %+v, %v; want an Unauthenticated error", authorization, c, err)
		}
	}
	if _, err := w.auth.Authenticate(context.Background(), http.Header{}); !errors.Is(err, access.Unauthenticated) {
		t.Errorf("without a header: got %v, want an Unauthenticated error", err)
	}
}

func TestClientToken(t *testing.T) {
	w := newWorld(t)
	key := w.keys["a1"].Private
	for name, tt := range map[string]struct{ header, claims string }{
		"JavaScript": {goodHeader, goodClaims},
		"Python": {`{"alg":"EdDSA","typ":"JWT","kid":"key_a1"}`,
			`{"iss":"http://localhost:8700/v1/clients/sc_a","aud":"acc_a.accounts.authress.io","iat":1767323045,"exp":1767409445,"sub":"sc_a","client_id":"sc_a","scopes":"openId"}`},
		"C#":            {goodHeader, strings.Replace(goodClaims, `"iat"`, `"nbf":1767322445,"iat"`, 1)},
		"vendor's host": {goodHeader, strings.Replace(goodClaims, "http://localhost:8700", "https://acc_a.api.authress.io", 1)},
		"audience list": {goodHeader, strings.Replace(goodClaims, `"acc_a.accounts.authress.io"`, `["acc_a.accounts.authress.io"]`, 1)},
	} {
		c, err := w.authenticate("Bearer " + sign(key, tt.header, tt.claims))
		if err != nil || c.Realm != "a" || c.Subject != (access.Subject{Kind: access.ClientKind, ID: "sc_a"}) {
			t.Errorf("%s: got %+v, %v; want the client sc_a of realm a", name, c, err)
		}
	}
}

// TestClientTokenDemandsEverything leaves out or alters one thing at a time.
func TestClientTokenDemandsEverything(t *testing.T) {
	replace := func(s, old, with string) string {
		if !strings.Contains(s, old) {
			t.Fatalf("%s does not contain %s", s, old)
		}
		return strings.Replace(s, old, with, 1)
	}
	for _, tt := range []struct{ name, header, claims string }{
		{"alg none", replace(goodHeader, "EdDSA", "none"), goodClaims},
		{"alg HS256", replace(goodHeader, "EdDSA", "HS256"), goodClaims},
		{"alg in lower case", replace(goodHeader, "EdDSA", "eddsa"), goodClaims},
		{"no kid", replace(goodHeader, `"kid":"key_a1",`, ""), goodClaims},
		{"another client's kid", replace(goodHeader, "key_a1", "key_b1"), goodClaims},
		{"the client's other kid", replace(goodHeader, "key_a1", "key_a2"), goodClaims},
		{"crit", replace(goodHeader, `"typ"`, `"crit":["exp"],"typ"`), goodClaims},
		{"empty crit", replace(goodHeader, `"typ"`, `"crit":[],"typ"`), goodClaims},
		{"kid twice", replace(goodHeader, `"typ"`, `"kid":"key_a1","typ"`), goodClaims},
		{"no typ", replace(goodHeader, `,"typ":"at+jwt"`, ""), goodClaims},
		{"no aud", goodHeader, replace(goodClaims, `"aud":"acc_a.accounts.authress.io",`, "")},
		{"other aud", goodHeader, replace(goodClaims, "acc_a.accounts", "acc_b.accounts")},
		{"unknown aud", goodHeader, replace(goodClaims, "acc_a.accounts", "acc_c.accounts")},
		{"aud with a tail", goodHeader, replace(goodClaims, "authress.io\"", "authress.io.evil\"")},
		{"empty aud list", goodHeader, replace(goodClaims, `"acc_a.accounts.authress.io"`, `[]`)},
		{"two auds", goodHeader, replace(goodClaims, `"acc_a.accounts.authress.io"`, `["acc_a.accounts.authress.io","x"]`)},
		{"aud twice", goodHeader, replace(goodClaims, `"sub"`, `"aud":"acc_a.accounts.authress.io","sub"`)},
		{"no sub", goodHeader, replace(goodClaims, `"sub":"sc_a",`, "")},
		{"other sub", goodHeader, replace(goodClaims, `"sub":"sc_a"`, `"sub":"sc_b"`)},
		{"sub in upper case", goodHeader, replace(goodClaims, `"sub":"sc_a"`, `"SUB":"sc_a"`)},
		{"no iss", goodHeader, replace(goodClaims, `"iss":"http://localhost:8700/v1/clients/sc_a",`, "")},
		{"iss of another client", goodHeader, replace(goodClaims, "clients/sc_a", "clients/sc_b")},
		{"iss with a tail", goodHeader, replace(goodClaims, "clients/sc_a", "clients/sc_a/x")},
		{"iss with a query", goodHeader, replace(goodClaims, "clients/sc_a", "clients/sc_a?x")},
		{"no exp", goodHeader, replace(goodClaims, `,"exp":1767409445`, "")},
		{"expired", goodHeader, replace(replace(goodClaims, "1767409445", "1767322900"), "1767323045", "1767322000")},
		{"no iat", goodHeader, replace(goodClaims, `"iat":1767323045,`, "")},
		{"iat in the future", goodHeader, replace(goodClaims, "1767323045", "1767323200")},
		{"nbf in the future", goodHeader, replace(goodClaims, `"iat"`, `"nbf":1767323200,"iat"`)},
		{"lives for 48 hours", goodHeader, replace(goodClaims, "1767409445", "1767495845")},
		{"exp beyond all bounds", goodHeader, replace(goodClaims, "1767409445", "1e300")},
		{"exp as text", goodHeader, replace(goodClaims, "1767409445", `"1767409445"`)},
	} {
		w := newWorld(t)
		if c, err := w.authenticate("Bearer " + sign(w.keys["a1"].Private, tt.header, tt.claims)); !errors.Is(err, access.Unauthenticated) {
			t.Errorf("%s: got %+v, %v; want an Unauthenticated error", tt.name, c, err)
		}
	}
}

func TestClientTokenAltered(t *testing.T) {
	w := newWorld(t)
	good := sign(w.keys["a1"].Private, goodHeader, goodClaims)
	if _, err := w.authenticate("Bearer " + good); err != nil {
		t.Fatal(err)
	}
	tail := func(last byte) string { return good[:len(good)-1] + string(last) }
	altered := []string{
		sign(w.keys["b1"].Private, goodHeader, goodClaims), // another's signature
		good + ".", good + ".x", "." + good, good + "=", good[:len(good)-4],
		strings.Replace(good, ".", "..", 1),
	}
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") {
		if tail(c) != good { // the last character holds bits that a lenient decoder drops
			altered = append(altered, tail(c))
		}
	}
	for i := 0; i < len(good); i += 7 {
		altered = append(altered, good[:i]+string(good[i]^1)+good[i+1:])
	}
	for _, token := range altered {
		if c, err := w.authenticate("Bearer " + token); !errors.Is(err, access.Unauthenticated) {
			t.Errorf("%q: got %+v, %v; want an Unauthenticated error", token, c, err)
		}
	}
}

func TestTokenOriginsAreDemandedWhenConfigured(t *testing.T) {
	w := newWorld(t, "https://authz.example.com", "http://authz:8700")
	for origin, ok := range map[string]bool{
		"https://authz.example.com": true, "http://authz:8700": true, "https://acc_a.api.authress.io": true,
		"http://authz.example.com": false, "https://authz.example.com.evil": false, "https://acc_b.api.authress.io": false, "http://localhost:8700": false,
	} {
		token := sign(w.keys["a1"].Private, goodHeader, strings.Replace(goodClaims, "http://localhost:8700", origin, 1))
		if _, err := w.authenticate("Bearer " + token); (err == nil) != ok {
			t.Errorf("%s: got %v, want accepted %v", origin, err, ok)
		}
	}
}

// TestRememberedCredentialDies holds that remembering a verified credential
// never outlives what it proves.
func TestRememberedCredentialDies(t *testing.T) {
	w := newWorld(t)
	token := "Bearer " + sign(w.keys["a1"].Private, goodHeader, goodClaims)
	key := "Bearer " + w.text(t, "a1")
	good := func() (bool, bool) {
		_, tokenErr := w.authenticate(token)
		_, keyErr := w.authenticate(key)
		return tokenErr == nil, keyErr == nil
	}
	if byToken, byKey := good(); !byToken || !byKey {
		t.Fatalf("got %v, %v; want both accepted", byToken, byKey)
	}
	w.now = testTime.Add(24*time.Hour + clockSkew + time.Second)
	if byToken, byKey := good(); byToken || !byKey {
		t.Errorf("after the token's expiry: got %v, %v; want the key alone accepted", byToken, byKey)
	}
	w.now = testTime
	client := *w.dir.Client("a", "sc_a")
	client.Keys = client.Keys[1:]
	w.dir.Update("a", []access.Change{{ID: client.ID, Document: &client}})
	if byToken, byKey := good(); byToken || byKey {
		t.Errorf("after the key's deletion: got %v, %v; want both refused", byToken, byKey)
	}
	other := "Bearer " + w.text(t, "a2")
	if _, err := w.authenticate(other); err != nil {
		t.Errorf("the client's other key: %v", err)
	}
	w.dir.Update("a", []access.Change{{ID: client.ID}})
	if _, err := w.authenticate(other); err == nil {
		t.Error("after the client's deletion its other key is accepted")
	}
}

// TestRevokedWhileUsed takes credentials away and gives them back while others
// use them: whoever has taken one away finds it refused at once, also where it
// was being verified or remembered in that moment.
func TestRevokedWhileUsed(t *testing.T) {
	w := newWorld(t)
	secret := NewAPIKey()
	client := *w.dir.Client("a", "sc_a")
	key := &access.APIKey{ID: "api_key_1", Client: client.ID, Hash: HashAPIKey(secret)}
	without := client
	without.Keys = nil
	credentials := []string{
		"Bearer " + w.text(t, "a1"), "Bearer " + sign(w.keys["a1"].Private, goodHeader, goodClaims), "Bearer " + secret,
	}
	ctx, stop := context.WithCancel(t.Context())
	var users sync.WaitGroup
	defer users.Wait()
	defer stop()
	for range 4 {
		users.Go(func() {
			for ctx.Err() == nil {
				for _, c := range credentials {
					if caller, err := w.authenticate(c); err == nil && caller.Subject.ID != "sc_a" {
						t.Errorf("got %+v, want the client sc_a", caller)
					}
				}
			}
		})
	}
	for round := range 300 {
		for _, given := range []bool{true, false} {
			changes := []access.Change{{ID: client.ID, Document: &without}, {ID: key.ID}}
			if given {
				changes = []access.Change{{ID: client.ID, Document: &client}, {ID: key.ID, Document: key}}
			}
			w.dir.Update("a", changes)
			for i, c := range credentials {
				if _, err := w.authenticate(c); (err == nil) != given {
					t.Fatalf("round %d, credential %d: got %v, want accepted %v", round, i, err, given)
				}
			}
		}
	}
}

func TestAPIKey(t *testing.T) {
	w := newWorld(t)
	secret := NewAPIKey()
	key := &access.APIKey{ID: "api_key_1", Client: "sc_b", Hash: HashAPIKey(secret)}
	w.dir.Update("b", []access.Change{{ID: key.ID, Document: key}})
	c, err := w.authenticate("Bearer " + secret)
	if err != nil || c.Realm != "b" || c.Subject.ID != "sc_b" || c.Credential != "api_key_1" {
		t.Fatalf("got %+v, %v; want the client sc_b of realm b", c, err)
	}
	// Every proper prefix, suffix, case flip and extension is refused.
	altered := []string{secret + "0", secret + secret, strings.ToUpper(secret), "sk_"}
	for i := range secret {
		altered = append(altered, secret[:i], secret[i+1:], secret[:i]+strings.ToUpper(secret[i:i+1])+secret[i+1:])
	}
	for _, s := range altered {
		if s == secret {
			continue
		}
		if c, err := w.authenticate("Bearer " + s); !errors.Is(err, access.Unauthenticated) {
			t.Errorf("%q: got %+v, %v; want an Unauthenticated error", s, c, err)
		}
	}
	w.dir.Update("b", []access.Change{{ID: key.ID}})
	if _, err := w.authenticate("Bearer " + secret); !errors.Is(err, access.Unauthenticated) {
		t.Errorf("after the key's deletion: got %v, want an Unauthenticated error", err)
	}
}

// TestMemory: a credential is remembered once it was put, for itself alone, and
// makes others go when there are too many, also where hashes begin alike.
func TestMemory(t *testing.T) {
	var m memory
	hashOf := func(i int) [sha256.Size]byte {
		hash := sha256.Sum256([]byte(strconv.Itoa(i)))
		if i%2 == 1 {
			clear(hash[:16])
		}
		return hash
	}
	for i := range 3 * maxRemembered {
		hash := hashOf(i)
		if p := m.get(&hash); p != nil {
			t.Fatalf("get(%d) before it was put = %+v", i, p)
		}
		m.put(&hash, proof{key: access.KeyID(strconv.Itoa(i))})
		if p := m.get(&hash); p == nil || p.key != access.KeyID(strconv.Itoa(i)) {
			t.Fatalf("get(%d) = %+v", i, p)
		}
	}
	remembered := 0
	for i := range 3 * maxRemembered {
		hash := hashOf(i)
		if p := m.get(&hash); p != nil {
			remembered++
			if p.key != access.KeyID(strconv.Itoa(i)) {
				t.Fatalf("get(%d) = %+v", i, p)
			}
		}
	}
	if remembered > maxRemembered || remembered < maxRemembered/2 {
		t.Errorf("%d are remembered, want at most %d, and not much fewer", remembered, maxRemembered)
	}
}

func TestParsePublicKey(t *testing.T) {
	key, err := NewAccessKey("sc_a", "key_a", "acc_a")
	if err != nil {
		t.Fatal(err)
	}
	spki, err := WritePublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	urlSafe := strings.NewReplacer("+", "-", "/", "_").Replace(spki)
	for _, s := range []string{spki, strings.TrimRight(spki, "="), urlSafe, base64.StdEncoding.EncodeToString(key.Public()), base64.RawURLEncoding.EncodeToString(key.Public())} {
		if got, err := ParsePublicKey(s); err != nil || !got.Equal(key.Public()) {
			t.Errorf("ParsePublicKey(%q) = %x, %v; want %x", s, got, err, key.Public())
		}
	}
	for _, s := range []string{"", "x", spki[:20], spki + "AAAA", base64.StdEncoding.EncodeToString(key.Private), "MCowBQYDK2VwAyEA"} {
		if got, err := ParsePublicKey(s); !errors.Is(err, access.Invalid) {
			t.Errorf("ParsePublicKey(%q) = %x, %v; want an Invalid error", s, got, err)
		}
	}
}

func FuzzAuthenticate(f *testing.F) {
	f.Add("Bearer a.b.c")
	f.Add("Bearer sk_1")
	f.Add("Bearer sc_a.key_a1.acc_a.MC4CAQAwBQYDK2VwBCIEIA==")
	f.Fuzz(func(t *testing.T, authorization string) {
		w := newWorld(t)
		if c, err := w.authenticate(authorization); !errors.Is(err, access.Unauthenticated) {
			t.Errorf("%q: got %+v, %v; want an Unauthenticated error", authorization, c, err)
		}
	})
}
