// Package native is Reeve's own API: what no other dialect has.
package native

import (
	"net/http"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

// Config is what the dialect needs.
type Config struct {
	Authz *authz.Service
}

type handler struct {
	authz *authz.Service
}

// New returns the dialect.
func New(cfg Config) *api.Dialect {
	h := &handler{authz: cfg.Authz}
	return &api.Dialect{
		Routes: slices.Concat(
			h.healthRoutes(), h.checkRoutes(), h.listRoutes(), h.roleRoutes(), h.resourceTypeRoutes(), h.settingsRoutes(), h.modelRoutes(),
			h.apiKeyRoutes(), h.realmRoutes(), h.importRoutes(), documentRoutes(),
		),
		Prefix:     "/api",
		WriteError: writeError,
	}
}

func (h *handler) healthRoutes() []api.Route {
	return []api.Route{
		{Method: "GET", Path: "/healthz", Public: true, Handle: h.health},
		{Method: "GET", Path: "/readyz", Public: true, Handle: h.ready},
	}
}

const contentType = "application/json"

type status struct {
	Status string `json:"status"`
}

// errorBody is the body of every answer that is not a success.
type errorBody struct {
	Error     string `json:"error"` // the kind of error, stable
	Message   string `json:"message"`
	RequestID string `json:"requestId"`
}

func writeError(w http.ResponseWriter, r *api.Request, err *access.Error) {
	// Encoding three strings does not fail.
	_ = api.WriteJSON(w, api.Status(err.Kind), contentType, errorBody{string(err.Kind), err.Message, r.ID})
}

// health says that the process answers.
func (h *handler) health(w http.ResponseWriter, _ *api.Request) error {
	return api.WriteJSON(w, http.StatusOK, contentType, status{"ok"})
}

// ready says that every realm can be decided by, as of all that this node wrote.
func (h *handler) ready(w http.ResponseWriter, _ *api.Request) error {
	if err := h.authz.Ready(); err != nil {
		return err
	}
	return api.WriteJSON(w, http.StatusOK, contentType, status{"ready"})
}
