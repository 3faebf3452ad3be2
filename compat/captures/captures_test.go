// Package captures replays, byte for byte, what the official clients send that
// are not installed here: the requests were captured from the real clients, or
// built from their sources where it says so. Only keys and tokens are replaced.
package captures

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/compat/process"
	_ "github.com/reeve-authz/reeve/internal/server" // go test keeps no result from before it changed
)

func TestMain(m *testing.M) { process.Main(m) }

// host is the one that the captures name; links and issuers follow it.
const host = "localhost:8899"

// TestCaptures plays each script of testdata against a server of its own.
func TestCaptures(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.http")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts in testdata (%v)", err)
	}
	for _, script := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(script), ".http"), func(t *testing.T) {
			s := process.Start(t, "--outbound-allow", "127.0.0.1/32") // where the users' issuer is
			vars := credentials(t, s.AccessKey)
			secrets := []string{vars["accessKey"], vars["jsToken"], vars["pyToken"], vars["csToken"]}
			vars["issuer"], vars["userToken"] = issuer(t, "ana")
			secrets = append(secrets, vars["userToken"])
			for _, e := range readScript(t, script) {
				request, err := e.wire(vars)
				if err != nil {
					t.Fatalf("%s:%d: %s: %v", script, e.line, e.title, err)
				}
				before := maps.Clone(vars)
				answer := s.Raw(t, request)
				for _, wrong := range e.check(answer, vars) {
					t.Errorf("%s:%d: %s: %s", script, e.line, e.title, wrong)
				}
				bindSeconds(vars)
				if t.Failed() {
					t.Fatalf("sent:\n%s\nvariables: %v\ngot: %d %v\n%s", e.request, without(before, secrets), answer.Status, answer.Header, answer.Body)
				}
			}
			for _, secret := range secrets[1:] { // the first start shows the key itself, once
				if strings.Contains(s.Log(), secret) {
					t.Error("a token is in the server's log")
				}
			}
		})
	}
}

// bindSeconds binds ${nameSeconds} to each time ${name}, cut to whole seconds,
// as the Go SDK sends it.
func bindSeconds(vars map[string]string) {
	for name, value := range maps.Clone(vars) {
		if timestamp.MatchString(value) {
			vars[name+"Seconds"] = value[:len("2006-01-02T15:04:05")] + "Z"
		}
	}
}

// without leaves out the variables that hold a secret.
func without(vars map[string]string, secrets []string) map[string]string {
	maps.DeleteFunc(vars, func(_, v string) bool {
		for _, s := range secrets {
			if v == s {
				return true
			}
		}
		return false
	})
	return vars
}

// credentials are the variables that a script begins with: the whole access
// key, its parts, and tokens as the SDKs sign them with it.
func credentials(t *testing.T, accessKey string) map[string]string {
	t.Helper()
	parts := strings.SplitN(accessKey, ".", 4)
	if len(parts) != 4 {
		t.Fatal("the access key does not have four parts")
	}
	client, key, account := parts[0], parts[1], parts[2]
	now := time.Now().Unix()
	claims := func(more map[string]any) map[string]any {
		c := map[string]any{
			"aud": account + ".accounts.authress.io", "iss": "http://" + host + "/v1/clients/" + client,
			"sub": client, "client_id": client, "iat": now, "exp": now + 24*60*60,
		}
		maps.Copy(c, more)
		return c
	}
	return map[string]string{
		"accessKey": accessKey, "clientId": client, "keyId": key, "accountId": account,
		"jsToken": sign(t, parts[3], map[string]any{"alg": "EdDSA", "kid": key, "typ": "at+jwt"}, claims(map[string]any{"scope": "openid"})),
		"pyToken": sign(t, parts[3], map[string]any{"alg": "EdDSA", "typ": "JWT", "kid": key}, claims(map[string]any{"scopes": "openId"})),
		"csToken": sign(t, parts[3], map[string]any{"alg": "EdDSA", "kid": key, "typ": "at+jwt"}, claims(map[string]any{"scopes": "openid", "nbf": now - 600})),
	}
}

// issuer starts an OpenID Connect issuer, which a script registers, and returns
// its URL and a token of it for the user.
func issuer(t *testing.T, user string) (url, token string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	answer := func(path string, v any) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(v) })
	}
	answer("/.well-known/openid-configuration", map[string]string{"issuer": server.URL, "jwks_uri": server.URL + "/keys"})
	answer("/keys", map[string]any{"keys": []map[string]string{
		{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(public), "kid": "k", "alg": "EdDSA", "use": "sig"},
	}})
	now := time.Now().Unix()
	return server.URL, sign(t, base64.StdEncoding.EncodeToString(der), map[string]any{"alg": "EdDSA", "kid": "k", "typ": "JWT"},
		map[string]any{"iss": server.URL, "sub": user, "aud": "app", "iat": now, "exp": now + 60*60, "name": "Ana"})
}

// sign makes a compact token with a private key as an access key carries it.
func sign(t *testing.T, privateKey string, header, claims map[string]any) string {
	t.Helper()
	der, err := base64.StdEncoding.DecodeString(privateKey)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		t.Fatal(err)
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		t.Fatalf("the access key holds a %T, want an Ed25519 key", parsed)
	}
	segment := func(v any) string {
		encoded, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(encoded)
	}
	signed := segment(header) + "." + segment(claims)
	return signed + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(private, []byte(signed)))
}
