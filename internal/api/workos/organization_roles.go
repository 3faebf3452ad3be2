package workos

import (
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
)

func (h *handler) organizationRoleRoutes() []api.Route {
	const (
		roles       = "/authorization/organizations/{org}/roles"
		one         = roles + "/{role}"
		permissions = one + "/permissions"
		reads       = "read Authress:Connections"
		updates     = "update Authress:Connections"
	)
	return []api.Route{
		{Method: "GET", Path: roles, Needs: reads, Handle: h.listOrganizationRoles},
		{Method: "POST", Path: roles, Needs: updates, Handle: h.createOrganizationRole},
		{Method: "GET", Path: one, Needs: reads, Handle: h.getOrganizationRole},
		{Method: "PATCH", Path: one, Needs: updates, Handle: h.updateOrganizationRole},
		{Method: "DELETE", Path: one, Needs: updates, Handle: h.deleteOrganizationRole},
		{Method: "PUT", Path: permissions, Needs: updates, Handle: h.setOrganizationRolePermissions},
		{Method: "POST", Path: permissions, Needs: updates, Handle: h.addOrganizationRolePermission},
		{Method: "DELETE", Path: permissions + "/{permission}", Needs: updates, Handle: h.removeOrganizationRolePermission},
	}
}

// organizationRole is the organization and the role that the path names.
func organizationRole(r *api.Request) (access.OrganizationID, string) {
	return access.OrganizationID(r.Param("org")), r.Param("role")
}

func (h *handler) listOrganizationRoles(w http.ResponseWriter, r *api.Request) error {
	org, _ := organizationRole(r)
	roles, err := h.authz.OrganizationRoles(r.Context(), r.Caller, org)
	if err != nil {
		return err
	}
	return writeRoles(w, roles)
}

func (h *handler) createOrganizationRole(w http.ResponseWriter, r *api.Request) error {
	slug, in, err := readRole(r)
	if err != nil {
		return err
	}
	org, _ := organizationRole(r)
	out, err := h.authz.CreateOrganizationRole(r.Context(), r.Caller, org, slug, in)
	return answerRole(w, http.StatusCreated, out, err)
}

func (h *handler) getOrganizationRole(w http.ResponseWriter, r *api.Request) error {
	org, slug := organizationRole(r)
	out, err := h.authz.OrganizationRole(r.Context(), r.Caller, org, slug)
	return answerRole(w, http.StatusOK, out, err)
}

func (h *handler) updateOrganizationRole(w http.ResponseWriter, r *api.Request) error {
	u, err := readLabels(r)
	if err != nil {
		return err
	}
	org, slug := organizationRole(r)
	out, err := h.authz.UpdateOrganizationRole(r.Context(), r.Caller, org, slug, u)
	return answerRole(w, http.StatusOK, out, err)
}

func (h *handler) deleteOrganizationRole(w http.ResponseWriter, r *api.Request) error {
	org, slug := organizationRole(r)
	if err := h.authz.DeleteOrganizationRole(r.Context(), r.Caller, org, slug); err != nil {
		return err
	}
	return noContent(w)
}

func (h *handler) setOrganizationRolePermissions(w http.ResponseWriter, r *api.Request) error {
	permissions, err := readPermissions(r)
	if err != nil {
		return err
	}
	org, slug := organizationRole(r)
	out, err := h.authz.SetOrganizationRolePermissions(r.Context(), r.Caller, org, slug, permissions)
	return answerRole(w, http.StatusOK, out, err)
}

func (h *handler) addOrganizationRolePermission(w http.ResponseWriter, r *api.Request) error {
	permission, err := readPermission(r)
	if err != nil {
		return err
	}
	org, slug := organizationRole(r)
	out, err := h.authz.AddOrganizationRolePermission(r.Context(), r.Caller, org, slug, permission)
	return answerRole(w, http.StatusOK, out, err)
}

// removeOrganizationRolePermission answers with the role, unlike every other
// deletion.
func (h *handler) removeOrganizationRolePermission(w http.ResponseWriter, r *api.Request) error {
	org, slug := organizationRole(r)
	out, err := h.authz.RemoveOrganizationRolePermission(r.Context(), r.Caller, org, slug, r.Param("permission"))
	return answerRole(w, http.StatusOK, out, err)
}
