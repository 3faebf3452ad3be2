package native

import (
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

func (h *handler) resourceTypeRoutes() []api.Route {
	const path = "/api/v1/resource-types"
	return []api.Route{
		{Method: "GET", Path: path, Needs: "read Authress:Configuration", Handle: h.resourceTypes},
		{Method: "POST", Path: path, Needs: "update Authress:Configuration", Handle: h.createResourceType},
		{Method: "GET", Path: path + "/{slug}", Needs: "read Authress:Configuration", Handle: h.resourceType},
		{Method: "PATCH", Path: path + "/{slug}", Needs: "update Authress:Configuration", Handle: h.updateResourceType},
		{Method: "DELETE", Path: path + "/{slug}", Needs: "update Authress:Configuration", Handle: h.deleteResourceType},
	}
}

// resourceType is a type of resources that organizations may register.
type resourceType struct {
	Slug        string   `json:"slug"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Parents     []string `json:"parents"` // the types under one of which it stands; none for "organization", which is built in
}

func writeResourceType(t access.ResourceType) resourceType {
	out := resourceType{string(t.ID), t.Name, t.Description, make([]string, len(t.Parents))}
	for i, p := range t.Parents {
		out.Parents[i] = string(p)
	}
	return out
}

func (h *handler) resourceTypes(w http.ResponseWriter, r *api.Request) error {
	types, err := h.authz.ResourceTypes(r.Context(), r.Caller)
	if err != nil {
		return err
	}
	out := struct {
		Data []resourceType `json:"data"`
	}{make([]resourceType, len(types))}
	for i, t := range types {
		out.Data[i] = writeResourceType(t)
	}
	return api.WriteJSON(w, http.StatusOK, contentType, out)
}

func (h *handler) resourceType(w http.ResponseWriter, r *api.Request) error {
	t, err := h.authz.ResourceType(r.Context(), r.Caller, access.ResourceTypeID(r.Param("slug")))
	if err != nil {
		return err
	}
	return api.WriteJSON(w, http.StatusOK, contentType, writeResourceType(t))
}

func (h *handler) createResourceType(w http.ResponseWriter, r *api.Request) error {
	body, err := api.ReadJSON[struct {
		Slug        string    `json:"slug"`
		Name        string    `json:"name"`
		Description string    `json:"description"`
		Parents     *[]string `json:"parents"`
	}](r)
	if err != nil {
		return err
	}
	t, err := h.authz.CreateResourceType(r.Context(), r.Caller, access.ResourceType{
		ID: access.ResourceTypeID(body.Slug), Name: body.Name, Description: body.Description, Parents: typeIDs(body.Parents),
	})
	if err != nil {
		return err
	}
	return api.WriteJSON(w, http.StatusCreated, contentType, writeResourceType(t))
}

// typeIDs is nil only where nothing stood in the body.
func typeIDs(slugs *[]string) []access.ResourceTypeID {
	if slugs == nil {
		return nil
	}
	ids := make([]access.ResourceTypeID, len(*slugs))
	for i, s := range *slugs {
		ids[i] = access.ResourceTypeID(s)
	}
	return ids
}

// updateResourceType changes what stands in the body; null clears a description.
func (h *handler) updateResourceType(w http.ResponseWriter, r *api.Request) error {
	body, err := api.ReadJSON[struct {
		Slug        *string              `json:"slug"`
		Name        *string              `json:"name"`
		Description api.Optional[string] `json:"description"`
		Parents     *[]string            `json:"parents"`
	}](r)
	if err != nil {
		return err
	}
	id := access.ResourceTypeID(r.Param("slug"))
	if body.Slug != nil && *body.Slug != string(id) {
		return access.FieldErrorf("slug", "immutable", "the slug of a resource type cannot be changed")
	}
	with := authz.ResourceTypeChanges{Name: body.Name, Parents: typeIDs(body.Parents)}
	if body.Description.Set {
		with.Description = &body.Description.Value
	}
	t, err := h.authz.UpdateResourceType(r.Context(), r.Caller, id, with)
	if err != nil {
		return err
	}
	return api.WriteJSON(w, http.StatusOK, contentType, writeResourceType(t))
}

func (h *handler) deleteResourceType(w http.ResponseWriter, r *api.Request) error {
	if err := h.authz.DeleteResourceType(r.Context(), r.Caller, access.ResourceTypeID(r.Param("slug"))); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
