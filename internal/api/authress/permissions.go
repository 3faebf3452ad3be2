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
		return errDenied
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// errDenied is the answer to a check that is a no.
var errDenied = access.Errorf(access.NotFound, "the user does not have the permission to the resource")

// permissionObject is a permission with what its holder may do with it.
type permissionObject struct {
	Action   string `json:"action"`
	Allow    bool   `json:"allow"`
	Grant    bool   `json:"grant"`
	Delegate bool   `json:"delegate"`
}

// writePermissions writes one object an action, at the place where that stands
// first, with all flags that it has: this dialect has no word for an exact
// permission, and shows it like one that covers what is below.
func writePermissions(perms []access.RolePermission) []permissionObject {
	out := make([]permissionObject, 0, len(perms))
	place := make(map[string]int, len(perms))
	for _, p := range perms {
		i, shown := place[p.Action]
		if !shown {
			i = len(out)
			place[p.Action] = i
			out = append(out, permissionObject{Action: p.Action})
		}
		out[i].Allow = out[i].Allow || p.Allow
		out[i].Grant = out[i].Grant || p.Grant
		out[i].Delegate = out[i].Delegate || p.Delegate
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
		Permissions: writePermissions(perms),
	})
}
