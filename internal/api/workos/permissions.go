package workos

import (
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

func (h *handler) permissionRoutes() []api.Route {
	return []api.Route{
		{Method: "GET", Path: "/authorization/permissions", Needs: "read Authress:Roles", Handle: h.listPermissions},
		{Method: "POST", Path: "/authorization/permissions", Needs: "create Authress:Roles", Handle: h.createPermission},
		{Method: "GET", Path: "/authorization/permissions/{permission}", Needs: "read Authress:Roles", Handle: h.getPermission},
		{Method: "PATCH", Path: "/authorization/permissions/{permission}", Needs: "update Authress:Roles", Handle: h.updatePermission},
		{Method: "DELETE", Path: "/authorization/permissions/{permission}", Needs: "update Authress:Roles", Handle: h.deletePermission},
	}
}

type permission struct {
	Object           string  `json:"object"`
	ID               string  `json:"id"`
	Slug             string  `json:"slug"`
	Name             string  `json:"name"`
	Description      *string `json:"description"`
	System           bool    `json:"system"`
	ResourceTypeSlug string  `json:"resource_type_slug"`
	CreatedAt        string  `json:"created_at"`
	UpdatedAt        string  `json:"updated_at"`
}

func writePermission(d access.PermissionDefinition) permission {
	return permission{
		Object: "permission", ID: d.UID, Slug: string(d.Permission), Name: d.Name, Description: nullable(d.Description),
		System: d.System, ResourceTypeSlug: string(d.Type), CreatedAt: instant(d.Created), UpdatedAt: instant(d.Updated),
	}
}

// newLabelled is the body that makes a permission or a role.
type newLabelled struct {
	Slug             *string `json:"slug"`
	Name             string  `json:"name"`
	Description      string  `json:"description"`
	ResourceTypeSlug *string `json:"resource_type_slug"`
}

// resourceType is the type that the body names; empty if it names none.
func (n newLabelled) resourceType() (access.ResourceTypeID, error) {
	if n.ResourceTypeSlug == nil {
		return "", nil
	}
	return access.ParseResourceTypeID("resource_type_slug", *n.ResourceTypeSlug)
}

// slug is what the body names; empty if it names none.
func (n newLabelled) slug() string {
	if n.Slug == nil {
		return ""
	}
	return *n.Slug
}

// labels is the body that changes a name and a description.
type labels struct {
	Name        api.Optional[string] `json:"name"`
	Description api.Optional[string] `json:"description"`
}

func readLabels(r *api.Request) (authz.LabelUpdate, error) {
	body, err := api.ReadJSON[labels](r)
	if err != nil {
		return authz.LabelUpdate{}, err
	}
	var u authz.LabelUpdate
	if body.Name.Set {
		u.Name = &body.Name.Value // null reads as an empty one, which is refused
	}
	if body.Description.Set {
		u.Description = &body.Description.Value
	}
	return u, nil
}

func (h *handler) listPermissions(w http.ResponseWriter, r *api.Request) error {
	p, _, err := pageOf(r)
	if err != nil {
		return err
	}
	found, err := h.authz.PermissionDefinitions(r.Context(), r.Caller, p.Window)
	if err != nil {
		return err
	}
	return writeList(w, p, found, writePermission)
}

func (h *handler) createPermission(w http.ResponseWriter, r *api.Request) error {
	body, err := api.ReadJSON[newLabelled](r)
	if err != nil {
		return err
	}
	t, err := body.resourceType()
	if err != nil {
		return err
	}
	d, err := h.authz.CreatePermission(r.Context(), r.Caller, access.PermissionDefinition{
		Permission: access.Permission(body.slug()), Name: body.Name, Description: body.Description, Type: t,
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, writePermission(d))
}

func (h *handler) getPermission(w http.ResponseWriter, r *api.Request) error {
	d, err := h.authz.PermissionDefinition(r.Context(), r.Caller, r.Param("permission"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, writePermission(d))
}

func (h *handler) updatePermission(w http.ResponseWriter, r *api.Request) error {
	u, err := readLabels(r)
	if err != nil {
		return err
	}
	d, err := h.authz.UpdatePermission(r.Context(), r.Caller, r.Param("permission"), u)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, writePermission(d))
}

func (h *handler) deletePermission(w http.ResponseWriter, r *api.Request) error {
	if err := h.authz.DeletePermission(r.Context(), r.Caller, r.Param("permission")); err != nil {
		return err
	}
	return noContent(w)
}
