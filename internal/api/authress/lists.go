package authress

import (
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
)

const (
	maxUserResourcesPage = 20
	maxResourceUsersPage = 20
)

type roleLink struct {
	RoleID string `json:"roleId"`
}

type userRoleCollection struct {
	UserID string     `json:"userId"`
	Roles  []roleLink `json:"roles"`
}

func writeHolder(h access.Holder) userRoleCollection {
	out := userRoleCollection{UserID: h.Subject.ID, Roles: make([]roleLink, len(h.Roles))}
	for i, id := range h.Roles {
		out.Roles[i] = roleLink{string(id)}
	}
	return out
}

func (h *handler) userRoles(w http.ResponseWriter, r *api.Request) error {
	subject, uri, err := userAndResource(r)
	if err != nil {
		return err
	}
	roles, err := h.authz.RolesOf(r.Context(), r.Caller, subject, uri)
	if err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, writeHolder(access.Holder{Subject: subject, Roles: roles}))
}

type userResourcesCollection struct {
	Account    account    `json:"account"`
	UserID     string     `json:"userId"`
	Resources  []resource `json:"resources"`
	Pagination pagination `json:"pagination"`
	Links      links      `json:"links"`
}

// userResources lists where a user holds something. An older JavaScript SDK
// first asks authorizeUser for the whole collection, and does not list when the
// answer is yes.
func (h *handler) userResources(w http.ResponseWriter, r *api.Request) error {
	subject, err := userParam(r)
	if err != nil {
		return err
	}
	l, err := h.listing(r, maxUserResourcesPage)
	if err != nil {
		return err
	}
	q, err := l.query.resources(subject)
	if err != nil {
		return err
	}
	uris, next, err := h.authz.ResourcesOf(r.Context(), r.Caller, q, l.Page)
	if err != nil {
		return err
	}
	out := userResourcesCollection{
		Account:   account{h.authz.AccountID(r.Caller)},
		UserID:    subject.ID,
		Resources: make([]resource, len(uris)),
	}
	for i, uri := range uris {
		out.Resources[i] = resource{string(uri)}
	}
	if out.Pagination, out.Links, err = h.page(r, l, next); err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, out)
}

// resources reads what userResources lists: resourceUri, permissions (one, in
// spite of its name) and collectionConfiguration.
func (q query) resources(subject access.Subject) (access.ResourceQuery, error) {
	out := access.ResourceQuery{Subject: subject}
	var err error
	if uri := q.get("resourceUri"); uri != "" {
		if out.Within, err = access.ParseResourceURI(uri); err != nil {
			return out, err
		}
	}
	if len(q["permissions"]) > 1 { // to look at the first only would list too much
		return out, access.Errorf(access.Invalid, "permissions: ask for one permission")
	}
	if do := q.get("permissions"); do != "" {
		if out.Permission, err = access.ParsePermission(do); err != nil {
			return out, err
		}
	}
	switch q.get("collectionConfiguration") {
	case "", "TOP_LEVEL_ONLY":
	case "INCLUDE_NESTED":
		out.Nested = true
	default:
		return out, access.Errorf(access.Invalid, "collectionConfiguration must be TOP_LEVEL_ONLY or INCLUDE_NESTED")
	}
	return out, nil
}

type resourceUsersCollection struct {
	Users      []userRoleCollection `json:"users"`
	Pagination pagination           `json:"pagination"`
	Links      links                `json:"links"`
}

func (h *handler) resourceUsers(w http.ResponseWriter, r *api.Request) error {
	uri, err := resourceParam(r)
	if err != nil {
		return err
	}
	l, err := h.listing(r, maxResourceUsersPage)
	if err != nil {
		return err
	}
	users, next, err := h.authz.UsersOf(r.Context(), r.Caller, uri, l.Page)
	if err != nil {
		return err
	}
	out := resourceUsersCollection{Users: make([]userRoleCollection, len(users))}
	for i, u := range users {
		out.Users[i] = writeHolder(u)
	}
	if out.Pagination, out.Links, err = h.page(r, l, next); err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, out)
}

// retired answers for what only the oldest SDKs still call: scoped user tokens
// and metadata. It is a 405 because the SDKs repeat what fails with a 5xx.
func (h *handler) retired(w http.ResponseWriter, _ *api.Request) error {
	w.Header().Set("Allow", "") // no method is left
	return access.Errorf(access.NotSupported, "this endpoint is retired")
}
