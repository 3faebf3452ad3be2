package native

import (
	"net/http"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
)

func (h *handler) apiKeyRoutes() []api.Route {
	const path = "/api/v1/api-keys"
	return []api.Route{
		{Method: "GET", Path: path, Needs: "read Authress:ServiceClients", Handle: h.apiKeys},
		{Method: "POST", Path: path, Needs: "create Authress:ServiceClients", Handle: h.createAPIKey},
		{Method: "DELETE", Path: path + "/{key}", Needs: "update Authress:ServiceClients", Handle: h.deleteAPIKey},
	}
}

// apiKey is a key that proves a client to this server. Value is there once, when
// the key is made.
type apiKey struct {
	ID         string  `json:"id"`
	Name       string  `json:"name"`
	Client     string  `json:"client"`
	Obfuscated string  `json:"obfuscated"`
	CreatedAt  string  `json:"created_at"`
	ExpiresAt  *string `json:"expires_at"` // null: never
	Value      string  `json:"value,omitzero"`
}

func writeAPIKey(k access.APIKey) apiKey {
	out := apiKey{ID: string(k.ID), Name: k.Name, Client: string(k.Client), Obfuscated: k.Obfuscated, CreatedAt: instant(k.Created)}
	if !k.Expires.IsZero() {
		expires := instant(k.Expires)
		out.ExpiresAt = &expires
	}
	return out
}

// instant is a time as this API writes it: UTC, to the millisecond.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func (h *handler) apiKeys(w http.ResponseWriter, r *api.Request) error {
	keys, err := h.authz.APIKeys(r.Context(), r.Caller)
	if err != nil {
		return err
	}
	out := struct {
		Data []apiKey `json:"data"`
	}{make([]apiKey, len(keys))}
	for i, k := range keys {
		out.Data[i] = writeAPIKey(k)
	}
	return api.WriteJSON(w, http.StatusOK, contentType, out)
}

type newAPIKey struct {
	Name       string      `json:"name"`
	Client     string      `json:"client"` // an existing one; one of its own if empty
	Statements []statement `json:"statements"`
	ExpiresAt  *time.Time  `json:"expires_at"`
}

// statement gives each of the roles on each of the resources.
type statement struct {
	Roles     []access.RoleID `json:"roles"`
	Resources []string        `json:"resources"`
}

func (h *handler) createAPIKey(w http.ResponseWriter, r *api.Request) error {
	in, err := api.ReadJSON[newAPIKey](r)
	if err != nil {
		return err
	}
	key := access.APIKey{Name: in.Name, Client: access.ClientID(in.Client)}
	if in.ExpiresAt != nil {
		key.Expires = *in.ExpiresAt
	}
	var statements []access.Statement
	for _, s := range in.Statements {
		statements = append(statements, access.Statement{Roles: s.Roles, Resources: s.Resources})
	}
	key, secret, err := h.authz.CreateAPIKey(r.Context(), r.Caller, key, statements)
	if err != nil {
		return err
	}
	out := writeAPIKey(key)
	out.Value = secret
	return api.WriteJSON(w, http.StatusCreated, contentType, out)
}

func (h *handler) deleteAPIKey(w http.ResponseWriter, r *api.Request) error {
	if err := h.authz.DeleteAPIKey(r.Context(), r.Caller, access.APIKeyID(r.Param("key"))); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
