package workos

import (
	"net/http"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

func (h *handler) apiKeyRoutes() []api.Route {
	return []api.Route{
		{Method: "GET", Path: "/organizations/{organization}/api_keys", Needs: "read Authress:Connections", Handle: h.listOrganizationKeys},
		{Method: "POST", Path: "/organizations/{organization}/api_keys", Needs: "update Authress:Connections", NoReplay: true, Handle: h.createOrganizationKey},
		{Method: "GET", Path: "/user_management/users/{user}/api_keys", Needs: "read Authress:Users", Handle: h.listUserKeys},
		{Method: "POST", Path: "/user_management/users/{user}/api_keys", Needs: "update Authress:Connections", NoReplay: true, Handle: h.createUserKey},
		{Method: "POST", Path: "/api_keys/validations", Needs: "read Authress:UserPermissions", NoReplay: true, Handle: h.validateKey},
		{Method: "POST", Path: "/api_keys/{key}/expire", Needs: "update Authress:Connections", Handle: h.expireKey},
		{Method: "DELETE", Path: "/api_keys/{key}", Needs: "update Authress:Connections", Handle: h.deleteKey},
	}
}

// apiKeyBody is a key of a customer. Value is there once, when the key is made.
type apiKeyBody struct {
	Object          string              `json:"object"`
	ID              string              `json:"id"`
	Owner           keyOwner            `json:"owner"`
	Name            string              `json:"name"`
	ObfuscatedValue string              `json:"obfuscated_value"`
	LastUsedAt      *string             `json:"last_used_at"`
	ExpiresAt       *string             `json:"expires_at"`
	Permissions     []access.Permission `json:"permissions"`
	CreatedAt       string              `json:"created_at"`
	UpdatedAt       string              `json:"updated_at"`
	Value           string              `json:"value,omitzero"`
}

type keyOwner struct {
	Type         string `json:"type"` // organization or user
	ID           string `json:"id"`
	Organization string `json:"organization_id,omitzero"` // of a user's key
}

func writeKey(k authz.CustomerKeyState) apiKeyBody {
	owner := keyOwner{Type: "organization", ID: string(k.Organization)}
	if k.User != "" {
		owner = keyOwner{Type: "user", ID: k.User, Organization: string(k.Organization)}
	}
	return apiKeyBody{
		Object: "api_key", ID: string(k.ID), Owner: owner, Name: k.Name, ObfuscatedValue: k.Obfuscated,
		LastUsedAt: nullableInstant(k.LastUsed), ExpiresAt: nullableInstant(k.Expires),
		Permissions: append([]access.Permission{}, k.Permissions...), // [] rather than null
		CreatedAt:   instant(k.Created), UpdatedAt: instant(k.Updated),
	}
}

// nullableInstant is the time, or null where there is none.
func nullableInstant(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := instant(t)
	return &s
}

// readEnd reads when a key ends; zero where that is null or left out.
func readEnd(s *string) (time.Time, error) {
	if s == nil {
		return time.Time{}, nil
	}
	return readInstant("expires_at", *s)
}

type createKeyBody struct {
	Name         string              `json:"name"`
	Permissions  []access.Permission `json:"permissions"`
	ExpiresAt    *string             `json:"expires_at"`
	Organization string              `json:"organization_id"` // of a user's key
}

func (h *handler) createOrganizationKey(w http.ResponseWriter, r *api.Request) error {
	in, err := api.ReadJSON[createKeyBody](r)
	if err != nil {
		return err
	}
	in.Organization = r.Param("organization")
	return h.createKey(w, r, in, "")
}

func (h *handler) createUserKey(w http.ResponseWriter, r *api.Request) error {
	in, err := api.ReadJSON[createKeyBody](r)
	if err != nil {
		return err
	}
	if in.Organization == "" {
		return access.FieldErrorf("organization_id", "organization_id_required", "organization_id must not be empty")
	}
	return h.createKey(w, r, in, r.Param("user"))
}

func (h *handler) createKey(w http.ResponseWriter, r *api.Request, in createKeyBody, user string) error {
	expires, err := readEnd(in.ExpiresAt)
	if err != nil {
		return err
	}
	key, secret, err := h.authz.CreateCustomerKey(r.Context(), r.Caller, access.CustomerKey{
		Name: in.Name, Organization: access.OrganizationID(in.Organization), User: user, Permissions: in.Permissions, Expires: expires,
	})
	if err != nil {
		return err
	}
	out := writeKey(authz.CustomerKeyState{CustomerKey: key})
	out.Value = secret
	return writeJSON(w, http.StatusCreated, out)
}

func (h *handler) listOrganizationKeys(w http.ResponseWriter, r *api.Request) error {
	p, _, err := pageOf(r)
	if err != nil {
		return err
	}
	keys, err := h.authz.OrganizationKeys(r.Context(), r.Caller, access.OrganizationID(r.Param("organization")), p.Window)
	if err != nil {
		return err
	}
	return writeList(w, p, keys, writeKey)
}

func (h *handler) listUserKeys(w http.ResponseWriter, r *api.Request) error {
	p, q, err := pageOf(r)
	if err != nil {
		return err
	}
	keys, err := h.authz.UserKeys(r.Context(), r.Caller, r.Param("user"), access.OrganizationID(q.get("organization_id")), p.Window)
	if err != nil {
		return err
	}
	return writeList(w, p, keys, writeKey)
}

type validateKeyBody struct {
	Value string `json:"value"`
}

type validationBody struct {
	APIKey *apiKeyBody `json:"api_key"` // null for a value that is good for nothing
}

func (h *handler) validateKey(w http.ResponseWriter, r *api.Request) error {
	in, err := api.ReadJSON[validateKeyBody](r)
	if err != nil {
		return err
	}
	if in.Value == "" {
		return access.FieldErrorf("value", "value_required", "value must not be empty")
	}
	key, err := h.authz.ValidateCustomerKey(r.Context(), r.Caller, in.Value)
	if err != nil {
		return err
	}
	var out validationBody
	if key != nil {
		body := writeKey(*key)
		out.APIKey = &body
	}
	return writeJSON(w, http.StatusOK, out)
}

type expireKeyBody struct {
	ExpiresAt api.Optional[*string] `json:"expires_at"` // null: never; left out: now
}

func (h *handler) expireKey(w http.ResponseWriter, r *api.Request) error {
	in, err := api.ReadJSON[expireKeyBody](r)
	if err != nil {
		return err
	}
	at, err := readEnd(in.ExpiresAt.Value)
	if err != nil {
		return err
	}
	key, err := h.authz.ExpireCustomerKey(r.Context(), r.Caller, access.CustomerKeyID(r.Param("key")), authz.Expiry{Never: in.ExpiresAt.Null, At: at})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, writeKey(key))
}

func (h *handler) deleteKey(w http.ResponseWriter, r *api.Request) error {
	if err := h.authz.DeleteCustomerKey(r.Context(), r.Caller, access.CustomerKeyID(r.Param("key"))); err != nil {
		return err
	}
	return noContent(w)
}
