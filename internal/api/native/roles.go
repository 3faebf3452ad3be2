package native

import (
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
)

func (h *handler) roleRoutes() []api.Route {
	const (
		realm        = "/api/v1/roles"
		organization = "/api/v1/organizations/{organization}/roles"
	)
	routes := []api.Route{
		{Method: "GET", Path: realm + "/priority", Needs: "read Authress:Roles", Handle: h.rolePriority},
		{Method: "PUT", Path: realm + "/priority", Needs: "update Authress:Roles", Handle: h.setRolePriority},
		{Method: "GET", Path: realm + "/default", Needs: "read Authress:Roles", Handle: h.defaultRole},
		{Method: "PUT", Path: realm + "/default", Needs: "update Authress:Roles", Handle: h.setDefaultRole},
		{Method: "DELETE", Path: realm + "/{role}", Needs: "update Authress:Roles", Handle: func(w http.ResponseWriter, r *api.Request) error {
			return h.deleteRole(w, r, r.Param("role"))
		}},
		{Method: "GET", Path: organization + "/priority", Needs: "read Authress:Connections", Handle: h.rolePriority},
		{Method: "PUT", Path: organization + "/priority", Needs: "update Authress:Connections", Handle: h.setRolePriority},
		{Method: "GET", Path: organization + "/default", Needs: "read Authress:Connections", Handle: h.defaultRole},
		{Method: "PUT", Path: organization + "/default", Needs: "update Authress:Connections", Handle: h.setDefaultRole},
	}
	for _, slug := range []string{"priority", "default"} { // a role may go by the last word of another path
		routes = append(routes, api.Route{Method: "DELETE", Path: realm + "/" + slug, Needs: "update Authress:Roles", Handle: func(w http.ResponseWriter, r *api.Request) error {
			return h.deleteRole(w, r, slug)
		}})
	}
	return routes
}

// rolePriority is every role that can be assigned in an organization, or without
// one every environment role, by its slug, the most important first.
type rolePriority struct {
	Roles []string `json:"roles"`
}

// defaultRole is the role that is given where none is named.
type defaultRole struct {
	Role string `json:"role"`
}

// organizationOf is the organization that the path names; empty if the path is
// about the realm.
func organizationOf(r *api.Request) access.OrganizationID {
	return access.OrganizationID(r.Param("organization"))
}

func writePriority(w http.ResponseWriter, roles []access.Role) error {
	out := rolePriority{Roles: make([]string, len(roles))}
	for i := range roles {
		out.Roles[i] = roles[i].ID.Slug()
	}
	return api.WriteJSON(w, http.StatusOK, contentType, out)
}

func (h *handler) rolePriority(w http.ResponseWriter, r *api.Request) error {
	roles, _, err := h.authz.RoleOrder(r.Context(), r.Caller, organizationOf(r))
	if err != nil {
		return err
	}
	return writePriority(w, roles)
}

func (h *handler) setRolePriority(w http.ResponseWriter, r *api.Request) error {
	body, err := api.ReadJSON[rolePriority](r)
	if err != nil {
		return err
	}
	roles, err := h.authz.SetRolePriority(r.Context(), r.Caller, organizationOf(r), body.Roles)
	if err != nil {
		return err
	}
	return writePriority(w, roles)
}

func (h *handler) defaultRole(w http.ResponseWriter, r *api.Request) error {
	_, role, err := h.authz.RoleOrder(r.Context(), r.Caller, organizationOf(r))
	if err != nil {
		return err
	}
	return api.WriteJSON(w, http.StatusOK, contentType, defaultRole{role.Slug()})
}

func (h *handler) setDefaultRole(w http.ResponseWriter, r *api.Request) error {
	body, err := api.ReadJSON[defaultRole](r)
	if err != nil {
		return err
	}
	if err := h.authz.SetDefaultRole(r.Context(), r.Caller, organizationOf(r), body.Role); err != nil {
		return err
	}
	return api.WriteJSON(w, http.StatusOK, contentType, body)
}

// deleteRole deletes an environment role. The query may name a replacement for
// where it is the default, and for who has no other.
func (h *handler) deleteRole(w http.ResponseWriter, r *api.Request, slug string) error {
	q, err := r.Query()
	if err != nil {
		return err
	}
	if err := h.authz.DeleteEnvironmentRole(r.Context(), r.Caller, slug, q.Get("replacement")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
