package native

import (
	"net/http"

	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

func (h *handler) settingsRoutes() []api.Route {
	return []api.Route{
		{Method: "GET", Path: "/api/v1/settings", Needs: "read Authress:Configuration", Handle: h.settings},
		{Method: "PATCH", Path: "/api/v1/settings", Needs: "update Authress:Configuration", Handle: h.updateSettings},
	}
}

// settings are what the realm says of all its organizations.
type settings struct {
	MultipleRoles    bool   `json:"multiple_roles"`
	MaxResourceDepth int    `json:"max_resource_depth"`
	DefaultRole      string `json:"default_role"`
}

func writeSettings(w http.ResponseWriter, s authz.RealmSettings) error {
	return api.WriteJSON(w, http.StatusOK, contentType, settings{s.MultipleRoles, s.MaxResourceDepth, string(s.DefaultRole)})
}

func (h *handler) settings(w http.ResponseWriter, r *api.Request) error {
	s, err := h.authz.RealmSettings(r.Context(), r.Caller)
	if err != nil {
		return err
	}
	return writeSettings(w, s)
}

// updateSettings changes what stands in the body; a member that is null is as
// good as left out, as none can be cleared.
func (h *handler) updateSettings(w http.ResponseWriter, r *api.Request) error {
	body, err := api.ReadJSON[struct {
		MultipleRoles    *bool   `json:"multiple_roles"`
		MaxResourceDepth *int    `json:"max_resource_depth"`
		DefaultRole      *string `json:"default_role"`
	}](r)
	if err != nil {
		return err
	}
	s, err := h.authz.UpdateRealmSettings(r.Context(), r.Caller, authz.RealmSettingsChanges{
		MultipleRoles: body.MultipleRoles, MaxResourceDepth: body.MaxResourceDepth, DefaultRole: body.DefaultRole,
	})
	if err != nil {
		return err
	}
	return writeSettings(w, s)
}
