package workos

import (
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
)

func (h *handler) roleRoutes() []api.Route {
	return []api.Route{
		{Method: "GET", Path: "/authorization/roles", Needs: "read Authress:Roles", Handle: h.listRoles},
		{Method: "POST", Path: "/authorization/roles", Needs: "create Authress:Roles", Handle: h.createRole},
		{Method: "GET", Path: "/authorization/roles/{role}", Needs: "read Authress:Roles", Handle: h.getRole},
		{Method: "PATCH", Path: "/authorization/roles/{role}", Needs: "update Authress:Roles", Handle: h.updateRole},
		{Method: "PUT", Path: "/authorization/roles/{role}/permissions", Needs: "update Authress:Roles", Handle: h.setRolePermissions},
		{Method: "POST", Path: "/authorization/roles/{role}/permissions", Needs: "update Authress:Roles", Handle: h.addRolePermission},
	}
}

type role struct {
	Object           string   `json:"object"`
	ID               string   `json:"id"`
	Slug             string   `json:"slug"`
	Name             string   `json:"name"`
	Description      *string  `json:"description"`
	Type             string   `json:"type"`
	ResourceTypeSlug string   `json:"resource_type_slug"`
	Permissions      []string `json:"permissions"`
	CreatedAt        string   `json:"created_at"`
	UpdatedAt        string   `json:"updated_at"`
}

// roleList has neither pages nor metadata: it is all there is.
type roleList struct {
	Object string `json:"object"`
	Data   []role `json:"data"`
}

func writeRole(in access.Role) role {
	out := role{
		Object: "role", ID: in.UID, Slug: in.ID.Slug(), Name: in.Name, Description: nullable(in.Description),
		Type: "EnvironmentRole", ResourceTypeSlug: string(in.ResourceType()), Permissions: slugsOf(in),
		CreatedAt: instant(in.Created), UpdatedAt: instant(in.Updated),
	}
	if in.Organization != "" {
		out.Type = "OrganizationRole"
	}
	return out
}

// slugsOf are the permissions of a role that this dialect can name.
func slugsOf(in access.Role) []string {
	slugs := []string{}
	for _, p := range in.Slugs() {
		slugs = append(slugs, string(p))
	}
	return slugs
}

func writeRoles(w http.ResponseWriter, in []access.Role) error {
	out := roleList{Object: "list", Data: make([]role, len(in))}
	for i := range in {
		out.Data[i] = writeRole(in[i])
	}
	return writeJSON(w, http.StatusOK, out)
}

// answerRole answers with a role, or hands on why there is none.
func answerRole(w http.ResponseWriter, status int, in access.Role, err error) error {
	if err != nil {
		return err
	}
	return writeJSON(w, status, writeRole(in))
}

// readRole reads the body that makes a role: its slug, empty if it names none,
// and the rest.
func readRole(r *api.Request) (slug string, in access.Role, err error) {
	body, err := api.ReadJSON[newLabelled](r)
	if err != nil {
		return "", access.Role{}, err
	}
	if body.Slug != nil && *body.Slug == "" { // to be given one, a body names none
		return "", access.Role{}, access.FieldErrorf("slug", "invalid_slug", "slug must not be empty")
	}
	t, err := body.resourceType()
	return body.slug(), access.Role{Name: body.Name, Description: body.Description, Type: t}, err
}

// readPermissions reads the body that sets the permissions of a role. An empty
// list takes all away, and has to be meant.
func readPermissions(r *api.Request) ([]string, error) {
	body, err := api.ReadJSON[struct {
		Permissions []string `json:"permissions"`
	}](r)
	if err == nil && body.Permissions == nil {
		err = access.FieldErrorf("permissions", "permissions_required", "permissions must be a list")
	}
	return body.Permissions, err
}

// readPermission reads the body that adds a permission to a role. Its slug is
// the permission's.
func readPermission(r *api.Request) (string, error) {
	body, err := api.ReadJSON[struct {
		Slug string `json:"slug"`
	}](r)
	if err == nil && body.Slug == "" {
		err = access.FieldErrorf("slug", "slug_required", "slug must be that of a permission")
	}
	return body.Slug, err
}

func (h *handler) listRoles(w http.ResponseWriter, r *api.Request) error {
	roles, err := h.authz.EnvironmentRoles(r.Context(), r.Caller)
	if err != nil {
		return err
	}
	return writeRoles(w, roles)
}

func (h *handler) createRole(w http.ResponseWriter, r *api.Request) error {
	slug, in, err := readRole(r)
	if err != nil {
		return err
	}
	out, err := h.authz.CreateEnvironmentRole(r.Context(), r.Caller, slug, in)
	return answerRole(w, http.StatusCreated, out, err)
}

func (h *handler) getRole(w http.ResponseWriter, r *api.Request) error {
	out, err := h.authz.EnvironmentRole(r.Context(), r.Caller, r.Param("role"))
	return answerRole(w, http.StatusOK, out, err)
}

func (h *handler) updateRole(w http.ResponseWriter, r *api.Request) error {
	u, err := readLabels(r)
	if err != nil {
		return err
	}
	out, err := h.authz.UpdateEnvironmentRole(r.Context(), r.Caller, r.Param("role"), u)
	return answerRole(w, http.StatusOK, out, err)
}

func (h *handler) setRolePermissions(w http.ResponseWriter, r *api.Request) error {
	permissions, err := readPermissions(r)
	if err != nil {
		return err
	}
	out, err := h.authz.SetRolePermissions(r.Context(), r.Caller, r.Param("role"), permissions)
	return answerRole(w, http.StatusOK, out, err)
}

func (h *handler) addRolePermission(w http.ResponseWriter, r *api.Request) error {
	permission, err := readPermission(r)
	if err != nil {
		return err
	}
	out, err := h.authz.AddRolePermission(r.Context(), r.Caller, r.Param("role"), permission)
	return answerRole(w, http.StatusOK, out, err)
}
