package native

import (
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

func (h *handler) realmRoutes() []api.Route {
	const path = "/api/v1/realms"
	return []api.Route{
		{Method: "GET", Path: path, Needs: "read Authress:Realms", Handle: h.realms},
		{Method: "POST", Path: path, Needs: "create Authress:Realms", Handle: h.createRealm},
		{Method: "GET", Path: path + "/{realm}", Needs: "read Authress:Realms", Handle: h.realm},
		{Method: "PATCH", Path: path + "/{realm}", Needs: "update Authress:Realms", Handle: h.updateRealm},
	}
}

type realm struct {
	ID        string `json:"id"`
	AccountID string `json:"account_id"`
	Name      string `json:"name"`
	CreatedAt string `json:"created_at"`
	// Credentials of the realm's first owner, once, when the realm is made.
	Credentials *credentials `json:"credentials,omitzero"`
}

type credentials struct {
	AccessKey string `json:"access_key"`
	APIKey    string `json:"api_key"`
}

func writeRealm(r access.Realm) realm {
	return realm{ID: string(r.ID), AccountID: r.AccountID, Name: r.Name, CreatedAt: instant(r.Created)}
}

func (h *handler) realms(w http.ResponseWriter, r *api.Request) error {
	all, err := h.authz.Realms(r.Context(), r.Caller)
	if err != nil {
		return err
	}
	out := struct {
		Data []realm `json:"data"`
	}{make([]realm, len(all))}
	for i, one := range all {
		out.Data[i] = writeRealm(one)
	}
	return api.WriteJSON(w, http.StatusOK, contentType, out)
}

func (h *handler) realm(w http.ResponseWriter, r *api.Request) error {
	one, err := h.authz.Realm(r.Context(), r.Caller, access.RealmID(r.Param("realm")))
	if err != nil {
		return err
	}
	return api.WriteJSON(w, http.StatusOK, contentType, writeRealm(one))
}

func (h *handler) createRealm(w http.ResponseWriter, r *api.Request) error {
	in, err := api.ReadJSON[struct {
		Name      string `json:"name"`
		AccountID string `json:"account_id"` // chosen here if empty
	}](r)
	if err != nil {
		return err
	}
	made, b, err := h.authz.AddRealm(r.Context(), r.Caller, in.Name, in.AccountID)
	if err != nil {
		return err
	}
	return writeNewRealm(w, made, b)
}

func writeNewRealm(w http.ResponseWriter, made access.Realm, b authz.Bootstrap) error {
	out := writeRealm(made)
	out.Credentials = &credentials{b.AccessKey, b.APIKey}
	return api.WriteJSON(w, http.StatusCreated, contentType, out)
}

func (h *handler) updateRealm(w http.ResponseWriter, r *api.Request) error {
	in, err := api.ReadJSON[struct {
		Name string `json:"name"`
	}](r)
	if err != nil {
		return err
	}
	changed, err := h.authz.RenameRealm(r.Context(), r.Caller, access.RealmID(r.Param("realm")), in.Name)
	if err != nil {
		return err
	}
	return api.WriteJSON(w, http.StatusOK, contentType, writeRealm(changed))
}
