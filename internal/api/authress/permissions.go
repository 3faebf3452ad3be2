package authress

import (
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
)

// authorizeUser answers 200 if the user holds the permission and 404 if not.
// Source: the JavaScript SDK turns that 404 into its UnauthorizedError.
func (h *handler) authorizeUser(w http.ResponseWriter, r *api.Request) error {
	subject, uri, err := userAndResource(r)
	if err != nil {
		return err
	}
	permission, err := access.ParsePermission(r.Param("permission"))
	if err != nil {
		return err
	}
	d, err := h.authz.Check(r.Context(), r.Caller, access.Query{Subject: subject, Permission: permission, Resource: uri})
	if err != nil {
		return err
	}
	if !d.Allowed {
		return access.Errorf(access.NotFound, "the user does not have the permission to the resource")
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// permissionObject is a permission with what its holder may do with it.
type permissionObject struct {
	Action   string `json:"action"`
	Allow    bool   `json:"allow"`
	Grant    bool   `json:"grant"`
	Delegate bool   `json:"delegate"`
}

func writePermissions(perms []access.RolePermission) []permissionObject {
	out := make([]permissionObject, len(perms))
	for i, p := range perms {
		out[i] = permissionObject{p.Action, p.Allow, p.Grant, p.Delegate}
	}
	return out
}

// writeHeld writes what is held, sorted by action, with one object an action:
// this dialect has no word for an exact permission, and shows it like one that
// covers what is below.
func writeHeld(perms []access.RolePermission) []permissionObject {
	out := make([]permissionObject, 0, len(perms))
	for _, p := range writePermissions(perms) {
		if last := len(out) - 1; last >= 0 && out[last].Action == p.Action {
			out[last].Allow = out[last].Allow || p.Allow
			out[last].Grant = out[last].Grant || p.Grant
			out[last].Delegate = out[last].Delegate || p.Delegate
			continue
		}
		out = append(out, p)
	}
	return out
}

type permissionCollection struct {
	Account     account            `json:"account"`
	UserID      string             `json:"userId"`
	Permissions []permissionObject `json:"permissions"`
}

func (h *handler) userPermissions(w http.ResponseWriter, r *api.Request) error {
	subject, uri, err := userAndResource(r)
	if err != nil {
		return err
	}
	perms, err := h.authz.Permissions(r.Context(), r.Caller, subject, uri)
	if err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, permissionCollection{
		Account:     account{h.authz.AccountID(r.Caller)},
		UserID:      subject.ID,
		Permissions: writeHeld(perms),
	})
}
