package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/reeve-authz/reeve/internal/authn"
)

// signToken makes the token that the Authress SDKs make of an access key and
// send with every request, for a day.
func signToken(accessKey, issuer string) (string, error) {
	key, err := authn.ParseAccessKey(accessKey)
	if err != nil {
		return "", fmt.Errorf("reading the access key: %w", err)
	}
	now := time.Now().Unix()
	header, err := json.Marshal(map[string]any{"alg": "EdDSA", "kid": key.Key, "typ": "at+jwt"})
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{
		"aud": key.Account + ".accounts.authress.io", "iss": issuer + "/v1/clients/" + string(key.Client),
		"sub": key.Client, "client_id": key.Client, "iat": now, "exp": now + 24*60*60, "scope": "openid",
	})
	if err != nil {
		return "", err
	}
	part := base64.RawURLEncoding.EncodeToString
	text := part(header) + "." + part(claims)
	return text + "." + part(ed25519.Sign(key.Private, []byte(text))), nil
}
