package authress

import (
	"encoding/base64"
	"net/http"
	"net/url"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
)

// jwk is a public Ed25519 key. Source: RFC 8037. alg is not optional here: the
// JavaScript and C# verifiers cannot import a key without it.
type jwk struct {
	Kty string `json:"kty"`
	Crv string `json:"crv"`
	X   string `json:"x"`
	Kid string `json:"kid"`
	Alg string `json:"alg"`
	Use string `json:"use"`
}

type jwkSet struct {
	Keys []jwk `json:"keys"`
}

// writeKeys answers with the keys, or with the one that the query names by its
// id. An unknown client or key is an empty set: verifiers then say that no key
// matches, rather than that the server failed.
func writeKeys(w http.ResponseWriter, r *api.Request, keys []access.AccessKey) error {
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	kid := q.get("kid")
	set := jwkSet{Keys: []jwk{}}
	for _, k := range keys {
		if kid == "" || kid == string(k.ID) {
			set.Keys = append(set.Keys, jwk{
				Kty: "OKP", Crv: "Ed25519", X: base64.RawURLEncoding.EncodeToString(k.Public),
				Kid: string(k.ID), Alg: "EdDSA", Use: "sig",
			})
		}
	}
	return writePublic(w, set)
}

// writePublic answers with what anybody may know, and may keep for as long as a
// revoked key may stay trusted elsewhere: five minutes.
func writePublic(w http.ResponseWriter, v any) error {
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Add("Vary", "Host")
	return api.WriteJSON(w, http.StatusOK, "application/json", v)
}

// realmKeys answers with the key that the query names. Without a name the set
// is empty: the account itself signs no tokens, each client signs its own.
func (h *handler) realmKeys(w http.ResponseWriter, r *api.Request) error {
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	return writeKeys(w, r, h.authz.ClientKey(access.DefaultRealm, access.KeyID(q.get("kid"))))
}

func (h *handler) clientKeys(w http.ResponseWriter, r *api.Request) error {
	return writeKeys(w, r, h.authz.ClientKeys(access.ClientID(r.Param("client"))))
}

// discoveryDocument tells OpenID Connect libraries where the keys are.
type discoveryDocument struct {
	Issuer                string   `json:"issuer"`
	JWKSURI               string   `json:"jwks_uri"`
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	TokenEndpoint         string   `json:"token_endpoint"`
	ResponseTypes         []string `json:"response_types_supported"`
	SubjectTypes          []string `json:"subject_types_supported"`
	SigningAlgorithms     []string `json:"id_token_signing_alg_values_supported"`
}

func (h *handler) discovery(w http.ResponseWriter, r *api.Request) error {
	return h.writeDiscovery(w, r, r.Base(h.publicURL))
}

func (h *handler) clientDiscovery(w http.ResponseWriter, r *api.Request) error {
	return h.writeDiscovery(w, r, r.Base(h.publicURL)+"/v1/clients/"+url.PathEscape(r.Param("client")))
}

func (h *handler) writeDiscovery(w http.ResponseWriter, r *api.Request, issuer string) error {
	base := r.Base(h.publicURL)
	return writePublic(w, discoveryDocument{
		Issuer:                issuer,
		JWKSURI:               issuer + "/.well-known/openid-configuration/jwks",
		AuthorizationEndpoint: base,
		TokenEndpoint:         base + "/api/authentication/oauth/tokens",
		ResponseTypes:         []string{"code"},
		SubjectTypes:          []string{"public"},
		SigningAlgorithms:     []string{"EdDSA"},
	})
}
