package native

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

const (
	defaultPage = "100"
	maxPage     = 1000
)

func (h *handler) listRoutes() []api.Route {
	return []api.Route{
		{Method: "GET", Path: "/api/v1/users/{user}/resources", Needs: "read Authress:UserPermissions/{user}", Handle: h.userResources},
		{Method: "GET", Path: "/api/v1/resources/{resource}/users", Needs: "delegate {resource}", Handle: h.resourceUsers},
	}
}

// userResources lists the registered resources on which a user has a permission.
func (h *handler) userResources(w http.ResponseWriter, r *api.Request) error {
	user, err := access.ParseUser(r.Param("user"))
	if err != nil {
		return err
	}
	l, err := h.listing(r)
	if err != nil {
		return err
	}
	found, err := h.authz.RegisteredOf(r.Context(), r.Caller, access.RegisteredQuery{
		Subject: user, Permission: l.permission,
		Type: access.ResourceTypeID(l.query.Get("type")), Organization: access.OrganizationID(l.query.Get("organization")),
	}, l.Page)
	if err != nil {
		return err
	}
	out := struct {
		Revision  access.Revision     `json:"revision"`
		Resources []access.ResourceID `json:"resources"`
		Cursor    string              `json:"cursor,omitzero"`
	}{Revision: found.Revision, Resources: found.Items}
	if out.Cursor, err = h.cursor(r, l, found.Next); err != nil {
		return err
	}
	return api.WriteJSON(w, http.StatusOK, contentType, out)
}

// resourceUsers lists the users and service clients who have a permission on a
// resource.
func (h *handler) resourceUsers(w http.ResponseWriter, r *api.Request) error {
	resource, err := access.ParseResourceURI(r.Param("resource"))
	if err != nil {
		return err
	}
	l, err := h.listing(r)
	if err != nil {
		return err
	}
	found, err := h.authz.HoldersOf(r.Context(), r.Caller, access.HolderQuery{Permission: l.permission, Resource: resource}, l.Page)
	if err != nil {
		return err
	}
	out := struct {
		Revision access.Revision `json:"revision"`
		Users    []string        `json:"users"`
		Cursor   string          `json:"cursor,omitzero"`
	}{Revision: found.Revision, Users: make([]string, len(found.Items))}
	for i, user := range found.Items {
		out.Users[i] = user.ID
	}
	if out.Cursor, err = h.cursor(r, l, found.Next); err != nil {
		return err
	}
	return api.WriteJSON(w, http.StatusOK, contentType, out)
}

// listing is a request for a page of what a permission gives.
type listing struct {
	authz.Page
	permission access.Permission
	query      url.Values
	scope      string // what a cursor is bound to
}

// listing reads permission, limit and cursor. A parameter that stands there
// twice is refused: half of what was asked for would be answered.
func (h *handler) listing(r *api.Request) (listing, error) {
	q, err := r.Query()
	if err != nil {
		return listing{}, err
	}
	for name, values := range q {
		if len(values) > 1 {
			return listing{}, access.Errorf(access.Invalid, "%s must stand there once", name)
		}
	}
	l := listing{query: q}
	if l.permission, err = access.ParsePermission(q.Get("permission")); err != nil {
		return listing{}, err
	}
	if l.Limit, err = api.ParseLimit(cmp.Or(q.Get("limit"), defaultPage), maxPage); err != nil {
		return listing{}, err
	}
	cursor := q.Get("cursor")
	q.Del("cursor")
	l.scope = r.URL.EscapedPath() + "?" + q.Encode()
	if cursor != "" {
		l.After, err = h.authz.OpenCursor(r.Caller, l.scope, cursor)
	}
	return l, err
}

// cursor is what asks for the next page; empty if there is none.
func (h *handler) cursor(r *api.Request, l listing, next string) (string, error) {
	if next == "" {
		return "", nil
	}
	return h.authz.SealCursor(r.Caller, l.scope, next)
}
