package workos

import (
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

func (h *handler) resourceRoutes() []api.Route {
	const (
		byID         = "/authorization/resources/{resource}"
		byExternalID = "/authorization/organizations/{org}/resources/{type}/{external}"
		reads        = "read Authress:Connections/{org}"
		writes       = "update Authress:Connections/{org}"
	)
	return []api.Route{
		{Method: "POST", Path: "/authorization/resources", Needs: writes, Handle: h.createResource},
		{Method: "GET", Path: "/authorization/resources", Needs: reads, Handle: h.resources},
		{Method: "GET", Path: byID, Needs: reads, Handle: h.resource},
		{Method: "PATCH", Path: byID, Needs: writes, Handle: h.updateResource},
		{Method: "DELETE", Path: byID, Needs: writes, Handle: h.deleteResource},
		{Method: "GET", Path: byExternalID, Needs: reads, Handle: h.resource},
		{Method: "PATCH", Path: byExternalID, Needs: writes, Handle: h.updateResource},
		{Method: "DELETE", Path: byExternalID, Needs: writes, Handle: h.deleteResource},
	}
}

// resource is a resource that an organization has registered.
type resource struct {
	Object           string  `json:"object"` // "authorization_resource"
	ID               string  `json:"id"`
	ExternalID       string  `json:"external_id"`
	Name             string  `json:"name"`
	Description      *string `json:"description"`
	ResourceTypeSlug string  `json:"resource_type_slug"`
	OrganizationID   string  `json:"organization_id"`
	ParentResourceID *string `json:"parent_resource_id"` // null for a root only
	CreatedAt        string  `json:"created_at"`
	UpdatedAt        string  `json:"updated_at"`
}

func writeResource(res access.Resource) resource {
	return resource{
		Object: "authorization_resource", ID: string(res.ID), ExternalID: res.ExternalID, Name: res.Name,
		Description: nullable(res.Description), ResourceTypeSlug: string(res.Type), OrganizationID: string(res.Organization),
		ParentResourceID: nullable(string(res.Parent)), CreatedAt: instant(res.Created), UpdatedAt: instant(res.Updated),
	}
}

// resourceName is the resource that the path names, in either way.
func resourceName(r *api.Request) authz.ResourceName {
	return authz.ResourceName{
		ID:           access.ResourceID(r.Param("resource")),
		Organization: access.OrganizationID(r.Param("org")), Type: access.ResourceTypeID(r.Param("type")), ExternalID: r.Param("external"),
	}
}

func (h *handler) createResource(w http.ResponseWriter, r *api.Request) error {
	body, err := api.ReadJSON[struct {
		ExternalID               string               `json:"external_id"`
		Name                     string               `json:"name"`
		Description              api.Optional[string] `json:"description"`
		ResourceTypeSlug         string               `json:"resource_type_slug"`
		OrganizationID           string               `json:"organization_id"`
		ParentResourceID         *string              `json:"parent_resource_id"`
		ParentResourceExternalID *string              `json:"parent_resource_external_id"`
		ParentResourceTypeSlug   *string              `json:"parent_resource_type_slug"`
	}](r)
	if err != nil {
		return err
	}
	parent, err := resourceTarget("parent_", body.ParentResourceID, body.ParentResourceExternalID, body.ParentResourceTypeSlug)
	if err != nil {
		return err
	}
	res, err := h.authz.CreateResource(r.Context(), r.Caller, access.Resource{
		ExternalID: body.ExternalID, Name: body.Name, Description: body.Description.Value,
		Type: access.ResourceTypeID(body.ResourceTypeSlug), Organization: access.OrganizationID(body.OrganizationID),
	}, parent)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, writeResource(res))
}

func (h *handler) resources(w http.ResponseWriter, r *api.Request) error {
	p, q, err := pageOf(r)
	if err != nil {
		return err
	}
	found, err := h.authz.Resources(r.Context(), r.Caller, authz.ResourceFilter{
		Organization: access.OrganizationID(q.get("organization_id")), Type: access.ResourceTypeID(q.get("resource_type_slug")),
		ExternalID: q.get("resource_external_id"),
		Parent: authz.ResourceTarget{
			ID: access.ResourceID(q.get("parent_resource_id")), Type: access.ResourceTypeID(q.get("parent_resource_type_slug")),
			ExternalID: q.get("parent_external_id"), // not parent_resource_external_id, which bodies have
		},
	}, p.Window)
	if err != nil {
		return err
	}
	return writeList(w, p, found, writeResource)
}

func (h *handler) resource(w http.ResponseWriter, r *api.Request) error {
	res, err := h.authz.Resource(r.Context(), r.Caller, resourceName(r))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, writeResource(res))
}

// updateResource changes what stands in the body. To move a resource directly
// under its organization, name that as the parent: null is refused, as a client
// that writes null for what it leaves out would move the resource unawares.
func (h *handler) updateResource(w http.ResponseWriter, r *api.Request) error {
	body, err := api.ReadJSON[struct {
		Name                     api.Optional[string] `json:"name"`
		Description              api.Optional[string] `json:"description"`
		ParentResourceID         api.Optional[string] `json:"parent_resource_id"`
		ParentResourceExternalID api.Optional[string] `json:"parent_resource_external_id"`
		ParentResourceTypeSlug   api.Optional[string] `json:"parent_resource_type_slug"`
	}](r)
	if err != nil {
		return err
	}
	with := authz.ResourceChanges{Name: body.Name.Pointer(), Description: body.Description.Pointer()}
	id, externalID, typeSlug := body.ParentResourceID, body.ParentResourceExternalID, body.ParentResourceTypeSlug
	if id.Set || externalID.Set || typeSlug.Set {
		// Null is an empty id here, and refused as that.
		parent, err := resourceTarget("parent_", id.Pointer(), externalID.Pointer(), typeSlug.Pointer())
		if err != nil {
			return err
		}
		with.Parent = &parent
	}
	res, err := h.authz.UpdateResource(r.Context(), r.Caller, resourceName(r), with)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, writeResource(res))
}

func (h *handler) deleteResource(w http.ResponseWriter, r *api.Request) error {
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	cascade, err := q.flag("cascade_delete")
	if err != nil {
		return err
	}
	if err := h.authz.DeleteResource(r.Context(), r.Caller, resourceName(r), cascade); err != nil {
		return err
	}
	return noContent(w)
}
