package authn

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/authn/authntest"
	"github.com/reeve-authz/reeve/internal/outbound"
)

func TestKeyRotation(t *testing.T) {
	w := newUserWorld(t)
	w.want(t, "the first key", nil, "a", "ana")
	key := authntest.NewKey(t)
	w.issuer.Publish("new", key)
	token := func(kid string) string {
		body, err := json.Marshal(w.claims(change{"iss": w.issuer.URL}))
		if err != nil {
			t.Fatal(err)
		}
		return "Bearer " + authntest.Sign(t, key, "EdDSA", `{"alg":"EdDSA","kid":"`+kid+`"}`, string(body))
	}
	if _, err := w.authenticate(token("new")); !errors.Is(err, access.Unauthenticated) {
		t.Errorf("a new key directly after a fetch: got %v, want an Unauthenticated error", err)
	}
	w.now = testTime.Add(keysPause)
	if _, err := w.authenticate(token("new")); err != nil {
		t.Errorf("a new key after a pause: %v", err)
	}
	// Names of keys that nobody has cannot make the server ask again and again.
	before := w.issuer.Asked()
	for range 50 {
		w.now = w.now.Add(time.Second)
		if _, err := w.authenticate(token(rand.Text())); !errors.Is(err, access.Unauthenticated) {
			t.Errorf("an unknown key: got %v, want an Unauthenticated error", err)
		}
	}
	if n := w.issuer.Asked() - before; n != 1 {
		t.Errorf("50 unknown keys in 50 seconds made the server ask %d times, want once", n)
	}
}

func TestIssuerDown(t *testing.T) {
	w := newUserWorld(t)
	broken := func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusInternalServerError) }
	w.issuer.Replace(authntest.Discovery, broken)
	unavailable := func(what string) {
		t.Helper()
		if c, err := w.user(nil); !errors.Is(err, access.Unavailable) {
			t.Errorf("%s: got %+v, %v; want an Unavailable error", what, c, err)
		}
	}
	for range 20 {
		unavailable("down from the start")
	}
	if n := w.issuer.Asked(); n != 1 {
		t.Errorf("20 tokens at one time made the server ask %d times, want once", n)
	}
	for range 600 {
		w.now = w.now.Add(time.Second)
		unavailable("still down")
	}
	if n := w.issuer.Asked(); n < 10 || n > 20 {
		t.Errorf("in ten minutes without success the server asked %d times, want about once a minute", n)
	}
	w.refuse(t, "a token that can be refused without keys", change{"exp": 1})

	w.issuer.Replace(authntest.Discovery, nil)
	w.now = w.now.Add(longestWait)
	w.want(t, "up again", nil, "a", "ana")
	w.issuer.Replace(authntest.Discovery, broken)
	up := w.now
	for _, after := range []time.Duration{keysFresh, time.Hour, keysUsable - time.Second} {
		w.now = up.Add(after)
		w.want(t, "down, with keys of "+after.String(), nil, "a", "ana")
		w.auth.issuers.running.Wait()
	}
	w.now = up.Add(keysUsable)
	unavailable("down for a day")
}

// TestSlowIssuerHoldsNobodyWithKeys: with keys at hand, a request does not wait
// for a fetch; without, all requests wait for the same one.
func TestSlowIssuerHoldsNobodyWithKeys(t *testing.T) {
	w := newUserWorld(t)
	hold := make(chan struct{})
	slow := func(rw http.ResponseWriter, r *http.Request) {
		select {
		case <-hold:
		case <-r.Context().Done():
		}
		rw.WriteHeader(http.StatusBadGateway)
	}
	w.issuer.Replace(authntest.Discovery, slow)
	ctx, cancel := context.WithCancel(t.Context())
	answers := make(chan error)
	token := "Bearer " + w.issuer.Token(w.claims(nil))
	for range 10 {
		go func() {
			_, err := w.auth.Authenticate(ctx, http.Header{"Authorization": {token}})
			answers <- err
		}()
	}
	for w.issuer.Asked() == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel() // the callers go away
	for range 10 {
		if err := <-answers; !errors.Is(err, access.Unavailable) {
			t.Errorf("got %v, want an Unavailable error", err)
		}
	}
	fetching := func() bool {
		_, flight := w.auth.issuers.look(keySource{"a", w.issuer.URL}, "ed")
		return flight != nil
	}
	if !fetching() {
		t.Error("callers that went away waited until the fetch had ended")
	}
	if n := w.issuer.Asked(); n != 1 {
		t.Errorf("ten requests made the server ask %d times, want once", n)
	}
	close(hold)
	w.auth.issuers.running.Wait()

	w.issuer.Replace(authntest.Discovery, nil)
	w.now = w.now.Add(longestWait)
	w.want(t, "up", nil, "a", "ana")
	hold = make(chan struct{})
	w.issuer.Replace(authntest.Discovery, slow)
	w.now = w.now.Add(keysFresh)
	w.want(t, "slow, with keys", nil, "a", "ana")
	if !fetching() {
		t.Error("a request with keys at hand waited until the fetch had ended")
	}
	close(hold)
}

func TestBadIssuerDocuments(t *testing.T) {
	answer := func(body string) http.HandlerFunc {
		return func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte(body)) }
	}
	for what, spoil := range map[string]func(i *authntest.Issuer){
		"another issuer": func(i *authntest.Issuer) {
			i.Replace(authntest.Discovery, answer(`{"issuer":"https://issuer.example.com","jwks_uri":"`+i.URL+`/keys"}`))
		},
		"an issuer with a slash": func(i *authntest.Issuer) {
			i.Replace(authntest.Discovery, answer(`{"issuer":"`+i.URL+`/","jwks_uri":"`+i.URL+`/keys"}`))
		},
		"no issuer": func(i *authntest.Issuer) {
			i.Replace(authntest.Discovery, answer(`{"jwks_uri":"`+i.URL+`/keys"}`))
		},
		"issuer twice": func(i *authntest.Issuer) {
			i.Replace(authntest.Discovery, answer(`{"issuer":"https://x","issuer":"`+i.URL+`","jwks_uri":"`+i.URL+`/keys"}`))
		},
		"no jwks_uri": func(i *authntest.Issuer) {
			i.Replace(authntest.Discovery, answer(`{"issuer":"`+i.URL+`"}`))
		},
		"a jwks_uri that may not be reached": func(i *authntest.Issuer) {
			i.Replace(authntest.Discovery, answer(`{"issuer":"`+i.URL+`","jwks_uri":"`+strings.Replace(i.URL, "127.0.0.1", "localhost", 1)+`/keys"}`))
		},
		"a jwks_uri of another scheme": func(i *authntest.Issuer) {
			i.Replace(authntest.Discovery, answer(`{"issuer":"`+i.URL+`","jwks_uri":"file:///dev/null"}`))
		},
		"no JSON": func(i *authntest.Issuer) { i.Replace(authntest.Discovery, answer(`<html>`)) },
		"keys behind a redirect": func(i *authntest.Issuer) {
			i.Replace(authntest.KeySet, func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, i.URL+"/more", http.StatusFound) })
			i.Replace("/more", answer(`{"keys":[]}`))
		},
		"discovery behind a redirect": func(i *authntest.Issuer) {
			i.Replace(authntest.Discovery, func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, i.URL+"/more", http.StatusFound) })
			i.Replace("/more", answer(`{"issuer":"`+i.URL+`","jwks_uri":"`+i.URL+`/keys"}`))
		},
		"no keys": func(i *authntest.Issuer) { i.Replace(authntest.KeySet, answer(`{"keys":[]}`)) },
		"keys of no type": func(i *authntest.Issuer) {
			i.Replace(authntest.KeySet, answer(`{"keys":[{"kid":"ed"},{"kty":"x","kid":"ed"},null,7]}`))
		},
		"a secret": func(i *authntest.Issuer) {
			i.Replace(authntest.KeySet, answer(`{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"ed"}]}`))
		},
		"huge keys": func(i *authntest.Issuer) {
			i.Replace(authntest.KeySet, answer(`{"keys":[`+strings.Repeat(" ", outbound.MaxBody)+`]}`))
		},
		"deep keys": func(i *authntest.Issuer) { i.Replace(authntest.KeySet, answer(strings.Repeat(`{"keys":[`, 100_000))) },
	} {
		w := newUserWorld(t)
		spoil(w.issuer)
		if c, err := w.user(nil); !errors.Is(err, access.Unavailable) {
			t.Errorf("%s: got %+v, %v; want an Unavailable error", what, c, err)
		}
	}
}

// TestKeysForOtherUses: an issuer's key counts only for what it is published
// for.
func TestKeysForOtherUses(t *testing.T) {
	key := authntest.NewKey(t)
	x := base64.RawURLEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
	for members, want := range map[string]bool{
		``:                           true,
		`,"use":"sig"`:               true,
		`,"alg":"EdDSA"`:             true,
		`,"use":"enc"`:               false,
		`,"alg":"ES256"`:             false,
		`,"alg":"HS256"`:             false,
		`,"use":"sig","alg":"EdDSA"`: true,
	} {
		w := newUserWorld(t)
		w.issuer.Replace(authntest.KeySet, func(rw http.ResponseWriter, _ *http.Request) {
			_, _ = rw.Write([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"` + x + `"` + members + `},{"kty":"OKP","crv":"Ed25519","kid":"other","x":"` + x + `"}]}`))
		})
		body, err := json.Marshal(w.claims(change{"iss": w.issuer.URL}))
		if err != nil {
			t.Fatal(err)
		}
		token := authntest.Sign(t, key, "EdDSA", `{"alg":"EdDSA","kid":"k"}`, string(body))
		if c, err := w.authenticate("Bearer " + token); (err == nil) != want || err != nil && !errors.Is(err, access.Unauthenticated) {
			t.Errorf("%s: got %+v, %v; want accepted %v", members, c, err, want)
		}
	}
}

func TestShortRSAKey(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	n := base64.RawURLEncoding.EncodeToString(key.N.Bytes())
	set, err := parseKeySet([]byte(`{"keys":[{"kty":"RSA","kid":"k","e":"AQAB","n":"` + n + `"}]}`))
	if err == nil {
		t.Errorf("a key of 1024 bits is taken: %v", set.byID)
	}
}
