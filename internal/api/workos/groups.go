package workos

import (
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
)

func (h *handler) groupRoutes() []api.Route {
	const (
		groups  = "/organizations/{organization}/groups"
		group   = groups + "/{group}"
		members = group + "/organization-memberships"
		reads   = "read Authress:Connections/{organization}"
		writes  = "update Authress:Connections/{organization}"
	)
	return []api.Route{
		{Method: "GET", Path: groups, Needs: reads, Handle: h.listGroups},
		{Method: "POST", Path: groups, Needs: writes, Handle: h.createGroup},
		{Method: "GET", Path: group, Needs: reads, Handle: h.getGroup},
		{Method: "PATCH", Path: group, Needs: writes, Handle: h.updateGroup},
		{Method: "DELETE", Path: group, Needs: writes, Handle: h.deleteGroup},
		{Method: "GET", Path: members, Needs: reads, Handle: h.listGroupMembers},
		{Method: "POST", Path: members, Needs: writes, Handle: h.addGroupMember},
		{Method: "DELETE", Path: members + "/{membership}", Needs: writes, Handle: h.removeGroupMember},
		{Method: "GET", Path: "/user_management/organization_memberships/{membership}/groups", Needs: reads, Handle: h.listGroupsOfMembership},
	}
}

// groupBody is a group as callers see it.
type groupBody struct {
	Object         string  `json:"object"`
	ID             string  `json:"id"`
	OrganizationID string  `json:"organization_id"`
	Name           string  `json:"name"`
	Description    *string `json:"description"`
	CreatedAt      string  `json:"created_at"`
	UpdatedAt      string  `json:"updated_at"`
}

func writeGroup(g access.Group) groupBody {
	return groupBody{
		Object: "group", ID: string(g.ID), OrganizationID: string(g.Organization), Name: g.Name,
		Description: nullable(g.Description), CreatedAt: instant(g.Created), UpdatedAt: instant(g.Updated),
	}
}

// groupOf is the organization and the group that a path names.
func groupOf(r *api.Request) (access.OrganizationID, access.GroupID) {
	return access.OrganizationID(r.Param("organization")), access.GroupID(r.Param("group"))
}

func (h *handler) listGroups(w http.ResponseWriter, r *api.Request) error {
	p, _, err := pageOf(r)
	if err != nil {
		return err
	}
	org, _ := groupOf(r)
	groups, err := h.authz.OrganizationGroups(r.Context(), r.Caller, org, p.Window)
	if err != nil {
		return err
	}
	return writeList(w, p, groups, writeGroup)
}

type createGroupBody struct {
	Name        string  `json:"name"`
	Description *string `json:"description"`
}

func (h *handler) createGroup(w http.ResponseWriter, r *api.Request) error {
	body, err := api.ReadJSON[createGroupBody](r)
	if err != nil {
		return err
	}
	description := ""
	if body.Description != nil {
		description = *body.Description
	}
	org, _ := groupOf(r)
	g, err := h.authz.CreateOrganizationGroup(r.Context(), r.Caller, org, body.Name, description)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, writeGroup(g))
}

func (h *handler) getGroup(w http.ResponseWriter, r *api.Request) error {
	org, id := groupOf(r)
	g, err := h.authz.OrganizationGroup(r.Context(), r.Caller, org, id)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, writeGroup(g))
}

// updateGroupBody changes what it names. The Node SDK sends a null description
// with every new name, which clears the description as it says.
type updateGroupBody struct {
	Name        api.Optional[string] `json:"name"`
	Description api.Optional[string] `json:"description"`
}

func (h *handler) updateGroup(w http.ResponseWriter, r *api.Request) error {
	body, err := api.ReadJSON[updateGroupBody](r)
	if err != nil {
		return err
	}
	org, id := groupOf(r)
	g, err := h.authz.UpdateOrganizationGroup(r.Context(), r.Caller, org, id, func(g *access.Group) {
		body.Name.Into(&g.Name) // null is as good as empty, which no group may be called
		body.Description.Into(&g.Description)
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, writeGroup(g))
}

func (h *handler) deleteGroup(w http.ResponseWriter, r *api.Request) error {
	org, id := groupOf(r)
	if err := h.authz.DeleteOrganizationGroup(r.Context(), r.Caller, org, id); err != nil {
		return err
	}
	return noContent(w)
}

type addGroupMemberBody struct {
	MembershipID string `json:"organization_membership_id"`
}

// addGroupMember answers with the group. Source: the vendor's OpenAPI document.
func (h *handler) addGroupMember(w http.ResponseWriter, r *api.Request) error {
	body, err := api.ReadJSON[addGroupMemberBody](r)
	if err != nil {
		return err
	}
	if body.MembershipID == "" {
		return access.FieldErrorf("organization_membership_id", "organization_membership_id_required", "organization_membership_id must not be empty")
	}
	org, id := groupOf(r)
	g, err := h.authz.AddGroupMember(r.Context(), r.Caller, org, id, access.MembershipID(body.MembershipID))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, writeGroup(g))
}

func (h *handler) listGroupMembers(w http.ResponseWriter, r *api.Request) error {
	p, _, err := pageOf(r)
	if err != nil {
		return err
	}
	org, id := groupOf(r)
	members, err := h.authz.GroupMembers(r.Context(), r.Caller, org, id, p.Window)
	if err != nil {
		return err
	}
	return writeList(w, p, members, writeBaseMembership)
}

func (h *handler) removeGroupMember(w http.ResponseWriter, r *api.Request) error {
	org, id := groupOf(r)
	if err := h.authz.RemoveGroupMember(r.Context(), r.Caller, org, id, membershipOf(r)); err != nil {
		return err
	}
	return noContent(w)
}

func (h *handler) listGroupsOfMembership(w http.ResponseWriter, r *api.Request) error {
	p, _, err := pageOf(r)
	if err != nil {
		return err
	}
	groups, err := h.authz.GroupsOfMembership(r.Context(), r.Caller, membershipOf(r), p.Window)
	if err != nil {
		return err
	}
	return writeList(w, p, groups, writeGroup)
}
