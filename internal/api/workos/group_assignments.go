package workos

import (
	"fmt"
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

func (h *handler) groupAssignmentRoutes() []api.Route {
	const (
		all    = "/authorization/groups/{group}/role_assignments"
		one    = all + "/{assignment}"
		reads  = "read Authress:Connections/{org}"
		writes = "update Authress:Connections/{org}"
	)
	return []api.Route{
		{Method: "GET", Path: all, Needs: reads, Handle: h.listGroupAssignments},
		{Method: "POST", Path: all, Needs: writes, Handle: h.assignGroupRole},
		{Method: "PUT", Path: all, Needs: writes, Handle: h.replaceGroupRoles},
		{Method: "DELETE", Path: all, Needs: writes, Handle: h.removeGroupRole},
		{Method: "GET", Path: one, Needs: reads, Handle: h.getGroupAssignment},
		{Method: "DELETE", Path: one, Needs: writes, Handle: h.removeGroupAssignment},
	}
}

type groupAssignmentBody struct {
	Object    string       `json:"object"`
	ID        string       `json:"id"`
	GroupID   string       `json:"group_id"`
	Role      slimRole     `json:"role"`
	Resource  slimResource `json:"resource"`
	CreatedAt string       `json:"created_at"`
	UpdatedAt string       `json:"updated_at"`
}

func writeGroupAssignment(a authz.Assigned) groupAssignmentBody {
	return groupAssignmentBody{
		Object: "group_role_assignment", ID: string(a.ID), GroupID: a.Subject.ID, Role: slimRole{a.Role.Slug()},
		Resource: writeSlimResource(&a.On), CreatedAt: instant(a.Created), UpdatedAt: instant(a.Updated),
	}
}

// groupRole reads what a body gives to a group or takes from it. Without a
// target that is on the organization.
func (b roleOnResource) groupRole(prefix string) (authz.GroupRole, error) {
	on, err := resourceTarget(prefix, b.ResourceID, b.ResourceExternalID, b.ResourceTypeSlug)
	return authz.GroupRole{Slug: b.RoleSlug, Target: on}, err
}

func (h *handler) listGroupAssignments(w http.ResponseWriter, r *api.Request) error {
	p, _, err := pageOf(r)
	if err != nil {
		return err
	}
	found, err := h.authz.GroupAssignments(r.Context(), r.Caller, access.GroupID(r.Param("group")), p.Window)
	if err != nil {
		return err
	}
	return writeList(w, p, found, writeGroupAssignment)
}

func (h *handler) assignGroupRole(w http.ResponseWriter, r *api.Request) error {
	body, err := api.ReadJSON[roleOnResource](r)
	if err != nil {
		return err
	}
	give, err := body.groupRole("")
	if err != nil {
		return err
	}
	a, err := h.authz.AssignGroupRole(r.Context(), r.Caller, access.GroupID(r.Param("group")), give)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, writeGroupAssignment(a))
}

type replaceGroupRolesBody struct {
	RoleAssignments *[]roleOnResource `json:"role_assignments"`
}

func (h *handler) replaceGroupRoles(w http.ResponseWriter, r *api.Request) error {
	body, err := api.ReadJSON[replaceGroupRolesBody](r)
	if err != nil {
		return err
	}
	if body.RoleAssignments == nil { // not taken for an empty list, which clears
		return access.FieldErrorf("role_assignments", "role_assignments_required", "role_assignments must be a list; an empty one takes every role away")
	}
	give := make([]authz.GroupRole, len(*body.RoleAssignments))
	for i, b := range *body.RoleAssignments {
		if give[i], err = b.groupRole(fmt.Sprintf("role_assignments[%d].", i)); err != nil {
			return err
		}
	}
	all, err := h.authz.ReplaceGroupRoles(r.Context(), r.Caller, access.GroupID(r.Param("group")), give)
	if err != nil {
		return err
	}
	return writeList(w, page{}, authz.Slice[authz.Assigned]{Items: all}, writeGroupAssignment)
}

func (h *handler) removeGroupRole(w http.ResponseWriter, r *api.Request) error {
	body, err := api.ReadJSON[roleOnResource](r)
	if err != nil {
		return err
	}
	take, err := body.groupRole("")
	if err != nil {
		return err
	}
	if err := h.authz.RemoveGroupRole(r.Context(), r.Caller, access.GroupID(r.Param("group")), take); err != nil {
		return err
	}
	return noContent(w)
}

func (h *handler) getGroupAssignment(w http.ResponseWriter, r *api.Request) error {
	a, err := h.authz.GroupAssignment(r.Context(), r.Caller, access.GroupID(r.Param("group")), assignmentOf(r))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, writeGroupAssignment(a))
}

func (h *handler) removeGroupAssignment(w http.ResponseWriter, r *api.Request) error {
	if err := h.authz.RemoveGroupAssignment(r.Context(), r.Caller, access.GroupID(r.Param("group")), assignmentOf(r)); err != nil {
		return err
	}
	return noContent(w)
}
