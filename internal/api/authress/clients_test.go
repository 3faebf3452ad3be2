package authress_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/authn"
	"github.com/reeve-authz/reeve/internal/server/servertest"
)

type clientBody struct {
	ClientID         string `json:"clientId"`
	Name             string `json:"name"`
	VerificationKeys []struct {
		KeyID     string `json:"keyId"`
		PublicKey string `json:"publicKey"`
	} `json:"verificationKeys"`
}

type keyBody struct {
	KeyID     string `json:"keyId"`
	PublicKey string `json:"publicKey"`
	AccessKey string `json:"accessKey"`
}

func TestClientLifeCycle(t *testing.T) {
	s := servertest.Start(t)
	var c clientBody
	created := s.Want(t, 201, "POST", "/v1/clients", `{"name":"Worker","clientId":"","createdTime":"0001-01-01T00:00:00Z","options":{"grantUserPermissionsAccess":true},"rateLimits":[{"duration":"PT5M","quota":100}],"tags":{"Environment":"test"}}`)
	created.JSON(t, &c)
	for _, want := range []string{`"name":"Worker"`, `"grantUserPermissionsAccess":true`, `"duration":"PT5M","quota":100`, `"Environment":"test"`, `"verificationKeys":[]`, `"createdTime":"20`} {
		if !strings.Contains(created.Body, want) {
			t.Errorf("created %s, want %s in it", created.Body, want)
		}
	}
	if !strings.HasPrefix(c.ClientID, "sc_") {
		t.Errorf("clientId %q, want sc_…", c.ClientID)
	}
	path := "/v1/clients/" + c.ClientID
	if got := s.Want(t, 200, "GET", path, ""); got.Body != created.Body {
		t.Errorf("read %s, want %s", got.Body, created.Body)
	}
	if got := s.Want(t, 200, "PUT", path, `{"name":"Renamed"}`); !strings.Contains(got.Body, `"name":"Renamed"`) || strings.Contains(got.Body, "PT5M") {
		t.Errorf("changed to %s, want the new name and no limits", got.Body)
	}
	s.Want(t, 204, "DELETE", path, "")
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		s.Want(t, 404, method, path, "")
	}
	s.Want(t, 404, "POST", path+"/access-keys", "")
	for _, body := range []string{
		`{"rateLimits":[{"duration":"PT1M","quota":100}]}`, `{"rateLimits":[{"duration":"PT5M","quota":7}]}`,
		`{"rateLimits":[{"duration":"PT5M","quota":100},{"duration":"PT5M","quota":100}]}`,
		`{"name":"` + strings.Repeat("a", 129) + `"}`, `{"Name":"x"}`, `{"options":{"GrantUserPermissionsAccess":true}}`,
	} {
		s.Want(t, 400, "POST", "/v1/clients", body)
	}
}

func TestAccessKeyLifeCycle(t *testing.T) {
	s := servertest.Start(t)
	id, first := s.NewClient(t)
	path := "/v1/clients/" + id
	self := "/v1/users/" + id + "/resources/a/permissions/b"
	if got := s.As(t, first, "GET", self, ""); got.Status != 404 { // may ask about itself, holds nothing
		t.Errorf("with the key: %d %s, want 404", got.Status, got.Body)
	}
	var keys []keyBody
	for range 4 {
		var k keyBody
		s.Want(t, 201, "POST", path+"/access-keys", `{}`).JSON(t, &k)
		keys = append(keys, k)
	}
	if got := s.Do(t, "POST", path+"/access-keys", ""); got.Status != 409 || got.ErrorCode() != "TooManyAccessKeys" {
		t.Errorf("a sixth key: %d %s, want 409 TooManyAccessKeys", got.Status, got.Body)
	}
	if got := s.Want(t, 200, "GET", path, ""); strings.Contains(got.Body, "accessKey\"") || strings.Contains(got.Body, "MC4CAQ") {
		t.Errorf("the client shows a private key: %s", got.Body)
	}
	s.Want(t, 204, "DELETE", path+"/access-keys/"+keys[0].KeyID, "")
	s.Want(t, 404, "DELETE", path+"/access-keys/"+keys[0].KeyID, "")
	if got := s.As(t, keys[0].AccessKey, "GET", self, ""); got.Status != 401 || got.ErrorCode() != "Unauthorized" || got.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("with a deleted key: %d %s, want 401 Unauthorized", got.Status, got.Body)
	}
	if got := s.As(t, keys[1].AccessKey, "GET", self, ""); got.Status != 404 {
		t.Errorf("with another key: %d, want 404", got.Status)
	}
	s.Want(t, 204, "DELETE", path, "")
	if got := s.As(t, keys[1].AccessKey, "GET", self, ""); got.Status != 401 {
		t.Errorf("with a deleted client's key: %d, want 401", got.Status)
	}
}

func TestUploadedPublicKeyRoundTrips(t *testing.T) {
	s := servertest.Start(t)
	id, _ := s.NewClient(t)
	key, err := authn.NewAccessKey("sc_x", "key_x", s.AccountID)
	if err != nil {
		t.Fatal(err)
	}
	written, err := authn.WritePublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	var k keyBody
	s.Want(t, 201, "POST", "/v1/clients/"+id+"/access-keys", `{"publicKey":"`+written+`"}`).JSON(t, &k)
	if k.PublicKey != written || k.AccessKey != "" {
		t.Errorf("got %+v, want the key as written and no private one", k)
	}
	var c clientBody
	s.Want(t, 200, "GET", "/v1/clients/"+id, "").JSON(t, &c)
	if len(c.VerificationKeys) != 2 || c.VerificationKeys[1].PublicKey != written {
		t.Errorf("the client has the keys %+v, want the uploaded one as written", c.VerificationKeys)
	}
	if got := s.Do(t, "POST", "/v1/clients/"+id+"/access-keys", `{"publicKey":"`+written+`"}`); got.Status != 409 {
		t.Errorf("the same key again: %d, want 409", got.Status)
	}
	for _, bad := range []string{"x", strings.Repeat("A", 257), base64.StdEncoding.EncodeToString(make([]byte, 31))} {
		s.Want(t, 400, "POST", "/v1/clients/"+id+"/access-keys", `{"publicKey":"`+bad+`"}`)
	}
	// The holder of the private half proves the client by it.
	key.Client, key.Key = access.ClientID(id), access.KeyID(k.KeyID)
	private, err := key.Text()
	if err != nil {
		t.Fatal(err)
	}
	if got := s.As(t, private, "GET", "/v1/users/"+id+"/resources/a/permissions/b", ""); got.Status != 404 {
		t.Errorf("with the uploaded key: %d %s, want 404", got.Status, got.Body)
	}
}

func TestKeysArePublic(t *testing.T) {
	s := servertest.Start(t)
	id, key := s.NewClient(t)
	parsed, err := authn.ParseAccessKey(key)
	if err != nil {
		t.Fatal(err)
	}
	var set struct {
		Keys []struct {
			Kty string `json:"kty"`
			Crv string `json:"crv"`
			X   string `json:"x"`
			Kid string `json:"kid"`
			Alg string `json:"alg"`
			Use string `json:"use"`
		} `json:"keys"`
	}
	clientKeys := "/v1/clients/" + id + "/.well-known/openid-configuration/jwks"
	for _, path := range []string{clientKeys, clientKeys + "/", clientKeys + "?kid=" + string(parsed.Key) + "&iss=localhost", "/.well-known/openid-configuration/jwks?kid=" + string(parsed.Key)} {
		for _, credential := range []string{"", "rubbish"} { // the JavaScript SDK sends its own token along
			got := s.As(t, credential, "GET", path, "")
			got.JSON(t, &set)
			if got.Status != 200 || got.Header.Get("Content-Type") != "application/json" || len(set.Keys) != 1 {
				t.Fatalf("%s: %d %s, want one key", path, got.Status, got.Body)
			}
			k := set.Keys[0]
			x, err := base64.RawURLEncoding.DecodeString(k.X)
			if err != nil || !parsed.Public().Equal(ed25519.PublicKey(x)) || k.Kty != "OKP" || k.Crv != "Ed25519" || k.Kid != string(parsed.Key) || k.Alg != "EdDSA" || k.Use != "sig" {
				t.Errorf("%s: got %+v, want the client's key", path, k)
			}
		}
	}
	for _, path := range []string{clientKeys + "?kid=other", "/v1/clients/sc_none/.well-known/openid-configuration/jwks"} {
		if got := s.As(t, "", "GET", path, ""); got.Status != 200 || got.Body != `{"keys":[]}` {
			t.Errorf("%s: %d %s, want no keys", path, got.Status, got.Body)
		}
	}
	var doc struct {
		Issuer string `json:"issuer"`
		JWKS   string `json:"jwks_uri"`
	}
	for _, path := range []string{"/.well-known/openid-configuration", "/v1/clients/" + id + "/.well-known/openid-configuration"} {
		s.As(t, "", "GET", path, "", "X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "https", "Forwarded", "host=evil.example").JSON(t, &doc)
		if want := s.URL + strings.TrimSuffix(path, "/.well-known/openid-configuration"); doc.Issuer != want || doc.JWKS != want+"/.well-known/openid-configuration/jwks" {
			t.Errorf("%s: got %+v, want the issuer %s", path, doc, want)
		}
		jwks, err := url.Parse(doc.JWKS)
		if err != nil || s.As(t, "", "GET", jwks.Path, "").Status != 200 {
			t.Errorf("%s names keys at %s, where none are", path, doc.JWKS)
		}
	}
}

func TestClientLists(t *testing.T) {
	s := servertest.Start(t)
	for range 25 {
		s.Want(t, 201, "POST", "/v1/clients", `{}`)
	}
	for _, limit := range []string{"1", "7", "20", "1000"} {
		if got := walk(t, s, "/v1/clients?limit="+limit, true); len(got) != 26 {
			t.Errorf("limit %s: %d clients, want 26", limit, len(got))
		}
	}
}
