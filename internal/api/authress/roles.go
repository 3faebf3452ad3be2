package authress

import (
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
)

const (
	maxRolesPage  = 100
	maxRoleFilter = 128
)

type role struct {
	RoleID      string             `json:"roleId"`
	Name        string             `json:"name"`
	Description string             `json:"description"` // "" rather than absent: Terraform needs a known value
	Permissions []permissionObject `json:"permissions"`
	Links       *links             `json:"links,omitzero"`
}

type roleCollection struct {
	Roles      []role     `json:"roles"`
	Pagination pagination `json:"pagination"`
	Links      links      `json:"links"`
}

// readRole reads the body into a role of the id; an empty id leaves the body's.
func readRole(r *api.Request, id string) (access.Role, error) {
	body, err := api.ReadJSON[role](r)
	if err != nil {
		return access.Role{}, err
	}
	if body.RoleID, err = pathID("roleId", id, body.RoleID); err != nil {
		return access.Role{}, err
	}
	if body.Permissions == nil { // an empty list is a role that gives nothing, and has to be meant
		return access.Role{}, access.Errorf(access.Invalid, "permissions must be a list")
	}
	out := access.Role{
		ID: access.RoleID(body.RoleID), Name: body.Name, Description: body.Description,
		Permissions: make([]access.RolePermission, len(body.Permissions)),
	}
	for i, p := range body.Permissions {
		out.Permissions[i] = access.RolePermission{Action: p.Action, Allow: p.Allow, Grant: p.Grant, Delegate: p.Delegate}
	}
	return out, nil
}

// pathID returns the id of the path, or the body's when the path has none. A
// body that names another id than its path is refused: one of the two is not
// what the caller meant.
func pathID(field, path, body string) (string, error) {
	if path == "" {
		return body, nil
	}
	if body != "" && body != path {
		return "", access.Errorf(access.Invalid, "%s: the body names %q, the path %q", field, body, path)
	}
	return path, nil
}

func (h *handler) writeRole(r *api.Request, in access.Role) role {
	l := h.self(r, "roles", string(in.ID))
	return role{string(in.ID), in.Name, in.Description, writePermissions(in.Permissions), &l}
}

func (h *handler) listRoles(w http.ResponseWriter, r *api.Request) error {
	l, err := h.listing(r, maxRolesPage)
	if err != nil {
		return err
	}
	filter, err := l.query.filter(maxRoleFilter)
	if err != nil {
		return err
	}
	roles, next, err := h.authz.Roles(r.Context(), r.Caller, filter, l.Page)
	if err != nil {
		return err
	}
	out := roleCollection{Roles: []role{}}
	for _, in := range roles {
		out.Roles = append(out.Roles, h.writeRole(r, in))
	}
	if out.Pagination, out.Links, err = h.page(r, l, next); err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, out)
}

// createRole answers 201, and 200 to Terraform: its provider takes any other
// status for a failure, where the Python SDK reads the body of a 201 only.
func (h *handler) createRole(w http.ResponseWriter, r *api.Request) error {
	in, err := readRole(r, "")
	if err != nil {
		return err
	}
	out, err := h.authz.CreateRole(r.Context(), r.Caller, in)
	if err != nil {
		return err
	}
	status := http.StatusCreated
	if sdk(r) == "terraform" {
		status = http.StatusOK
	}
	return writeLinks(w, status, h.writeRole(r, out))
}

func (h *handler) getRole(w http.ResponseWriter, r *api.Request) error {
	id, err := access.ParseRoleID(r.Param("role"))
	if err != nil {
		return err
	}
	out, err := h.authz.Role(r.Context(), r.Caller, id)
	if err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, h.writeRole(r, out))
}

func (h *handler) updateRole(w http.ResponseWriter, r *api.Request) error {
	in, err := readRole(r, r.Param("role"))
	if err != nil {
		return err
	}
	out, err := h.authz.UpdateRole(r.Context(), r.Caller, in)
	if err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, h.writeRole(r, out))
}

func (h *handler) deleteRole(w http.ResponseWriter, r *api.Request) error {
	id, err := access.ParseRoleID(r.Param("role"))
	if err != nil {
		return err
	}
	if err := h.authz.DeleteRole(r.Context(), r.Caller, id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
