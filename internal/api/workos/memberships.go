package workos

import (
	"context"
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

func (h *handler) membershipRoutes() []api.Route {
	const (
		all    = "/user_management/organization_memberships"
		one    = all + "/{membership}"
		reads  = "read Authress:Connections"
		writes = "update Authress:Connections"
	)
	return []api.Route{
		{Method: "GET", Path: all, Needs: reads, Handle: h.listMemberships},
		{Method: "POST", Path: all, Needs: writes, Handle: h.createMembership},
		{Method: "GET", Path: one, Needs: reads, Handle: h.getMembership},
		{Method: "PUT", Path: one, Needs: writes, Handle: h.updateMembership},
		{Method: "DELETE", Path: one, Needs: writes, Handle: h.deleteMembership},
		{Method: "PUT", Path: one + "/deactivate", Needs: writes, Handle: changesStatus(h.authz.DeactivateMembership)},
		{Method: "PUT", Path: one + "/reactivate", Needs: writes, Handle: changesStatus(h.authz.ReactivateMembership)},
	}
}

// membership is a membership as the API writes it: in some lists without the
// roles, in some without the user.
type membership struct {
	Object           string     `json:"object"` // "organization_membership"
	ID               string     `json:"id"`
	UserID           string     `json:"user_id"`
	OrganizationID   string     `json:"organization_id"`
	OrganizationName string     `json:"organization_name"`
	Status           string     `json:"status"`
	DirectoryManaged bool       `json:"directory_managed"` // never: no directory is connected here
	CustomAttributes struct{}   `json:"custom_attributes"` // those would come from a directory
	Role             *slimRole  `json:"role,omitzero"`     // the most important one
	Roles            []slimRole `json:"roles,omitzero"`
	User             *user      `json:"user,omitzero"`
	CreatedAt        string     `json:"created_at"`
	UpdatedAt        string     `json:"updated_at"`
}

// writeMembership writes a membership with its roles and its user.
func writeMembership(in authz.Member) membership {
	out := writeMembershipWithUser(in)
	out.Role, out.Roles = &slimRole{}, make([]slimRole, len(in.Roles))
	for i, id := range in.Roles {
		out.Roles[i].Slug = id.Slug()
	}
	if len(out.Roles) > 0 {
		out.Role = &out.Roles[0]
	}
	return out
}

// writeMembershipWithUser writes a membership without its roles.
func writeMembershipWithUser(in authz.Member) membership {
	out := writeBaseMembership(in)
	known := writeUser(in.Known)
	out.User = &known
	return out
}

// writeBaseMembership writes a membership without its roles and its user.
func writeBaseMembership(in authz.Member) membership {
	return membership{
		Object: "organization_membership", ID: string(in.ID), UserID: in.User, OrganizationID: string(in.Organization),
		OrganizationName: in.OrganizationName, Status: string(in.Status), CreatedAt: instant(in.Created), UpdatedAt: instant(in.Updated),
	}
}

func (h *handler) listMemberships(w http.ResponseWriter, r *api.Request) error {
	p, q, err := pageOf(r)
	if err != nil {
		return err
	}
	query := authz.MembershipQuery{User: q.get("user_id"), Organization: access.OrganizationID(q.get("organization_id"))}
	for _, s := range q.all("statuses") {
		switch status := access.MembershipStatus(s); status {
		case access.MembershipActive, access.MembershipInactive, access.MembershipPending:
			query.Statuses = append(query.Statuses, status)
		default:
			return access.FieldErrorf("statuses", "invalid_status", "statuses may have active, inactive and pending")
		}
	}
	if query.Statuses == nil {
		query.Statuses = []access.MembershipStatus{access.MembershipActive}
	}
	found, err := h.authz.FindMemberships(r.Context(), r.Caller, query, p.Window)
	if err != nil {
		return err
	}
	return writeList(w, p, found, writeMembership)
}

type createMembershipBody struct {
	UserID         string `json:"user_id"`
	OrganizationID string `json:"organization_id"`
	membershipRoles
}

// membershipRoles is how a body names roles: one, or several, or none.
type membershipRoles struct {
	RoleSlug  *string   `json:"role_slug"`
	RoleSlugs *[]string `json:"role_slugs"`
}

// slugs are the roles; nil if the body says nothing of roles.
func (m membershipRoles) slugs() ([]string, error) {
	switch {
	case m.RoleSlug != nil && m.RoleSlugs != nil:
		return nil, access.FieldErrorf("role_slugs", "mutually_exclusive", "name either role_slug or role_slugs")
	case m.RoleSlug != nil:
		return []string{*m.RoleSlug}, nil
	case m.RoleSlugs != nil:
		return append([]string{}, *m.RoleSlugs...), nil
	}
	return nil, nil
}

func (h *handler) createMembership(w http.ResponseWriter, r *api.Request) error {
	body, err := api.ReadJSON[createMembershipBody](r)
	if err != nil {
		return err
	}
	if body.UserID == "" {
		return required("user_id")
	}
	if body.OrganizationID == "" {
		return required("organization_id")
	}
	slugs, err := body.slugs()
	if err != nil {
		return err
	}
	out, err := h.authz.CreateMembership(r.Context(), r.Caller, access.OrganizationID(body.OrganizationID), body.UserID, slugs)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, writeMembership(out))
}

func (h *handler) getMembership(w http.ResponseWriter, r *api.Request) error {
	out, err := h.authz.Membership(r.Context(), r.Caller, access.MembershipID(r.Param("membership")))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, writeMembership(out))
}

func (h *handler) updateMembership(w http.ResponseWriter, r *api.Request) error {
	body, err := api.ReadJSON[membershipRoles](r)
	if err != nil {
		return err
	}
	slugs, err := body.slugs()
	if err != nil {
		return err
	}
	out, err := h.authz.SetMembershipRoles(r.Context(), r.Caller, access.MembershipID(r.Param("membership")), slugs)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, writeMembership(out))
}

// changesStatus reads no body: some clients send {}, some none.
func changesStatus(change func(context.Context, access.Caller, access.MembershipID) (authz.Member, error)) api.Handler {
	return func(w http.ResponseWriter, r *api.Request) error {
		out, err := change(r.Context(), r.Caller, access.MembershipID(r.Param("membership")))
		if err != nil {
			return err
		}
		return writeJSON(w, http.StatusOK, writeMembership(out))
	}
}

func (h *handler) deleteMembership(w http.ResponseWriter, r *api.Request) error {
	if err := h.authz.DeleteMembership(r.Context(), r.Caller, access.MembershipID(r.Param("membership"))); err != nil {
		return err
	}
	return done(w)
}
