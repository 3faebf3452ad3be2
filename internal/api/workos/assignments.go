package workos

import (
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

func (h *handler) assignmentRoutes() []api.Route {
	const (
		ofMembership = "/authorization/organization_memberships/{membership}/role_assignments"
		byID         = "/authorization/resources/{resource}/role_assignments"
		byExternalID = "/authorization/organizations/{org}/resources/{type}/{external}/role_assignments"
		reads        = "read Authress:Connections/{org}"
		writes       = "update Authress:Connections/{org}"
	)
	return []api.Route{
		{Method: "GET", Path: ofMembership, Needs: reads, Handle: h.listRoleAssignments},
		{Method: "POST", Path: ofMembership, Needs: writes, Handle: h.assignRole},
		{Method: "DELETE", Path: ofMembership, Needs: writes, Handle: h.removeRole},
		{Method: "DELETE", Path: ofMembership + "/{assignment}", Needs: writes, Handle: h.removeRoleAssignment},
		{Method: "GET", Path: byID, Needs: reads, Handle: h.listResourceAssignments},
		{Method: "GET", Path: byExternalID, Needs: reads, Handle: h.listResourceAssignments},
	}
}

// slimRole is a role where only its name is told.
type slimRole struct {
	Slug string `json:"slug"`
}

// slimResource is a resource as an assignment names it.
type slimResource struct {
	ID               string `json:"id"`
	ExternalID       string `json:"external_id"`
	ResourceTypeSlug string `json:"resource_type_slug"`
}

func writeSlimResource(r *access.Resource) slimResource {
	return slimResource{string(r.ID), r.ExternalID, string(r.Type)}
}

type roleAssignmentBody struct {
	Object       string           `json:"object"`
	ID           string           `json:"id"`
	MembershipID string           `json:"organization_membership_id"`
	Role         slimRole         `json:"role"`
	Resource     slimResource     `json:"resource"`
	Source       assignmentSource `json:"source"`
	CreatedAt    string           `json:"created_at"`
	UpdatedAt    string           `json:"updated_at"`
}

// assignmentSource is where an assignment comes from. The Node SDK breaks where
// it is missing.
type assignmentSource struct {
	Type              string  `json:"type"`
	GroupAssignmentID *string `json:"group_role_assignment_id"`
}

func writeRoleAssignment(a authz.Assigned) roleAssignmentBody {
	source := assignmentSource{Type: "direct"}
	if a.Through != "" {
		source = assignmentSource{"group", nullable(string(a.Through))}
	}
	return roleAssignmentBody{
		Object: "role_assignment", ID: string(a.ID), MembershipID: a.Subject.ID, Role: slimRole{a.Role.Slug()},
		Resource: writeSlimResource(&a.On), Source: source, CreatedAt: instant(a.Created), UpdatedAt: instant(a.Updated),
	}
}

func membershipOf(r *api.Request) access.MembershipID {
	return access.MembershipID(r.Param("membership"))
}

func (h *handler) listRoleAssignments(w http.ResponseWriter, r *api.Request) error {
	p, q, err := pageOf(r)
	if err != nil {
		return err
	}
	filter := authz.ResourceTarget{
		ID: access.ResourceID(q.get("resource_id")), ExternalID: q.get("resource_external_id"),
		Type: access.ResourceTypeID(q.get("resource_type_slug")),
	}
	found, err := h.authz.RoleAssignments(r.Context(), r.Caller, membershipOf(r), filter, p.Window)
	if err != nil {
		return err
	}
	return writeList(w, p, found, writeRoleAssignment)
}

// roleOnResource is a body that names a role and where it is assigned.
type roleOnResource struct {
	RoleSlug string `json:"role_slug"`
	target
}

func (h *handler) assignRole(w http.ResponseWriter, r *api.Request) error {
	body, err := api.ReadJSON[roleOnResource](r)
	if err != nil {
		return err
	}
	on, err := body.resource()
	if err != nil {
		return err
	}
	a, err := h.authz.AssignRole(r.Context(), r.Caller, membershipOf(r), body.RoleSlug, on)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, writeRoleAssignment(a))
}

func (h *handler) removeRole(w http.ResponseWriter, r *api.Request) error {
	body, err := api.ReadJSON[roleOnResource](r)
	if err != nil {
		return err
	}
	on, err := body.resource()
	if err != nil {
		return err
	}
	if err := h.authz.RemoveRole(r.Context(), r.Caller, membershipOf(r), body.RoleSlug, on); err != nil {
		return err
	}
	return noContent(w)
}

func (h *handler) removeRoleAssignment(w http.ResponseWriter, r *api.Request) error {
	if err := h.authz.RemoveRoleAssignment(r.Context(), r.Caller, membershipOf(r), assignmentOf(r)); err != nil {
		return err
	}
	return noContent(w)
}

func assignmentOf(r *api.Request) access.AssignmentID {
	return access.AssignmentID(r.Param("assignment"))
}

func (h *handler) listResourceAssignments(w http.ResponseWriter, r *api.Request) error {
	p, q, err := pageOf(r)
	if err != nil {
		return err
	}
	found, err := h.authz.ResourceAssignments(r.Context(), r.Caller, resourceName(r), q.get("role_slug"), p.Window)
	if err != nil {
		return err
	}
	return writeList(w, p, found, writeRoleAssignment)
}
