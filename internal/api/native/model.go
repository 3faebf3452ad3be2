package native

import (
	"net/http"
	"strconv"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

func (h *handler) modelRoutes() []api.Route {
	return []api.Route{
		{Method: "GET", Path: "/api/v1/model", Needs: "read Authress:Configuration", Handle: h.model},
		{Method: "PUT", Path: "/api/v1/model", Needs: "update Authress:Configuration", Handle: h.applyModel},
	}
}

// The model has one form everywhere, that of the file: access.Model.
func (h *handler) model(w http.ResponseWriter, r *api.Request) error {
	m, err := h.authz.Model(r.Context(), r.Caller)
	if err != nil {
		return err
	}
	return api.WriteJSON(w, http.StatusOK, contentType, m)
}

// applyModel answers with what changed, or would change.
func (h *handler) applyModel(w http.ResponseWriter, r *api.Request) error {
	q, err := r.Query()
	if err != nil {
		return err
	}
	dryRun, err := parseSwitch("dry_run", q.Get("dry_run"))
	if err != nil {
		return err
	}
	in, err := api.ReadJSON[struct {
		Settings      access.ModelSettings       `json:"settings"`
		ResourceTypes []access.ModelResourceType `json:"resource_types"`
		Permissions   []access.ModelPermission   `json:"permissions"`
		Roles         []access.ModelRole         `json:"roles"`
		Prune         bool                       `json:"prune"`
	}](r)
	if err != nil {
		return err
	}
	m := access.Model{Settings: in.Settings, ResourceTypes: in.ResourceTypes, Permissions: in.Permissions, Roles: in.Roles}
	plan, err := h.authz.ApplyModel(r.Context(), r.Caller, m, authz.Application{DryRun: dryRun, Prune: in.Prune})
	if err != nil {
		return err
	}
	return api.WriteJSON(w, http.StatusOK, contentType, struct {
		Plan []access.ModelChange `json:"plan"`
	}{plan})
}

// parseSwitch reads a switch of the query string, off where it is left out.
func parseSwitch(name, s string) (bool, error) {
	if s == "" {
		return false, nil
	}
	on, err := strconv.ParseBool(s)
	if err != nil {
		return false, access.Errorf(access.Invalid, "%s must be true or false", name)
	}
	return on, nil
}
