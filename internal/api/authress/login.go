package authress

import (
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
)

// This server has no login of its own: users bring tokens of issuers that the
// account trusts. What belongs to a login is answered as by an account that has
// not set one up. Writes are 405 rather than 501: the JavaScript, Python and C#
// SDKs try every 5xx again.
func (h *handler) loginRoutes() []api.Route {
	return []api.Route{
		{Method: "GET", Path: "/v1/connections", Handle: h.emptyList("connections")},
		{Method: "GET", Path: "/v1/connections/{connection}", Handle: none},
		{Method: "GET", Path: "/v1/connections/{connection}/users/{user}/credentials", Handle: none},
		{Method: "GET", Path: "/v1/extensions", Handle: h.emptyList("extensions")},
		{Method: "GET", Path: "/v1/extensions/{extension}", Handle: none},
		{Method: "GET", Path: "/v1/applications", Handle: h.emptyList("applications")},
		{Method: "GET", Path: "/v1/applications/{application}", Handle: none},
		{Method: "POST", Path: "/v1/applications/{application}/users/{user}/delegation", Handle: noLogin},

		// Who logs in has no credential yet.
		{Method: "POST", Path: "/api/authentication", Public: true, Handle: noLogin},
		{Method: "PATCH", Path: "/api/authentication/{request}", Public: true, Handle: noLogin},
		{Method: "POST", Path: "/api/authentication/{request}/tokens", Public: true, Handle: noLogin},
		{Method: "POST", Path: "/api/authentication/oauth/tokens", Public: true, Handle: noLogin},
		{Method: "PATCH", Path: "/api/session", Public: true, Handle: noLogin},
		{Method: "DELETE", Path: "/api/identities/{identity}", Public: true, Handle: noLogin},
	}
}

// emptyList answers with a collection that has nothing in it.
func (h *handler) emptyList(name string) api.Handler {
	return func(w http.ResponseWriter, r *api.Request) error {
		return writeLinks(w, http.StatusOK, map[string]any{name: []struct{}{}, "pagination": pagination{}, "links": h.self(r, name)})
	}
}

func none(http.ResponseWriter, *api.Request) error {
	return access.Errorf(access.NotFound, "there is none: this server has no login of its own")
}

func noLogin(http.ResponseWriter, *api.Request) error {
	return access.Errorf(access.NotSupported, "this server has no login of its own and makes no user tokens; it accepts those of the issuers in /v1/identities")
}
