package workos

import (
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

func (h *handler) checkRoutes() []api.Route {
	const (
		membership  = "/authorization/organization_memberships/{membership}"
		asks        = "read Authress:UserPermissions/{membership}"
		reads       = "read Authress:Connections/{org}"
		byID        = "/authorization/resources/{resource}/organization_memberships"
		byExternals = "/authorization/organizations/{org}/resources/{type}/{external}/organization_memberships"
	)
	return []api.Route{
		{Method: "POST", Path: membership + "/check", Needs: asks, NoReplay: true, Short: true, Handle: h.check},
		{Method: "GET", Path: membership + "/resources", Needs: asks, Handle: h.listResourcesOfMembership},
		{Method: "GET", Path: membership + "/resources/{resource}/permissions", Needs: asks, Handle: h.listEffectivePermissions},
		{Method: "GET", Path: membership + "/resources/{resource}/{external}/permissions", Needs: asks, Handle: h.listEffectivePermissions},
		// Not in the vendor's OpenAPI document; the Node SDK asks here.
		{Method: "GET", Path: byID + "/{membership}/permissions", Needs: asks, Handle: h.listEffectivePermissions},
		{Method: "GET", Path: byID, Needs: reads, Handle: h.listMembershipsOnResource},
		{Method: "GET", Path: byExternals, Needs: reads, Handle: h.listMembershipsOnResource},
	}
}

// check answers {"authorized":true} or {"authorized":false}.
func (h *handler) check(w http.ResponseWriter, r *api.Request) error {
	permission, named, err := readCheck(r)
	if err != nil {
		return err
	}
	on, err := named.resource()
	if err != nil {
		return err
	}
	d, err := h.authz.CheckMembership(r.Context(), r.Caller, membershipOf(r), permission, on)
	if err != nil {
		return err
	}
	answer := denied
	if d.Allowed {
		answer = authorized
	}
	api.Write(w, http.StatusOK, contentType, answer)
	return nil
}

// The answers to a check. Nobody changes them.
var (
	authorized = []byte(`{"authorized":true}`)
	denied     = []byte(`{"authorized":false}`)
)

var checkMembers = []string{"permission_slug", "resource_id", "resource_external_id", "resource_type_slug"}

// readCheck reads the permission and the resource that a check is about.
func readCheck(r *api.Request) (permission string, on target, err error) {
	in, err := api.OpenStream(r)
	if err != nil {
		return "", target{}, err
	}
	err = in.Object(checkMembers, func(i int) (err error) {
		if i == 0 {
			permission, err = in.String()
		} else {
			*[...]**string{&on.ResourceID, &on.ResourceExternalID, &on.ResourceTypeSlug}[i-1], err = in.StringOrNull()
		}
		return err
	})
	if err == nil {
		err = in.End()
	}
	return permission, on, err
}

func (h *handler) listResourcesOfMembership(w http.ResponseWriter, r *api.Request) error {
	p, q, err := pageOf(r)
	if err != nil {
		return err
	}
	parent := authz.ResourceTarget{
		ID: access.ResourceID(q.get("parent_resource_id")), ExternalID: q.get("parent_resource_external_id"),
		Type: access.ResourceTypeID(q.get("parent_resource_type_slug")),
	}
	found, err := h.authz.ResourcesOfMembership(r.Context(), r.Caller, membershipOf(r), q.get("permission_slug"), parent, p.Window)
	if err != nil {
		return err
	}
	return writeList(w, p, found, writeResource)
}

// listEffectivePermissions is asked with the resource's id, or, on the path that
// has one segment more, with its type in that place and the external id behind.
func (h *handler) listEffectivePermissions(w http.ResponseWriter, r *api.Request) error {
	p, _, err := pageOf(r)
	if err != nil {
		return err
	}
	on := authz.ResourceTarget{ID: access.ResourceID(r.Param("resource"))}
	if external := r.Param("external"); external != "" {
		on = authz.ResourceTarget{Type: access.ResourceTypeID(r.Param("resource")), ExternalID: external}
	}
	found, err := h.authz.PermissionsOfMembership(r.Context(), r.Caller, membershipOf(r), on, p.Window)
	if err != nil {
		return err
	}
	return writeList(w, p, found, writePermission)
}

func (h *handler) listMembershipsOnResource(w http.ResponseWriter, r *api.Request) error {
	p, q, err := pageOf(r)
	if err != nil {
		return err
	}
	direct := false
	switch q.get("assignment") {
	case "", "direct":
		direct = true
	case "indirect":
	default:
		return access.FieldErrorf("assignment", "invalid_assignment", "assignment must be direct or indirect")
	}
	found, err := h.authz.MembershipsOnResource(r.Context(), r.Caller, resourceName(r), q.get("permission_slug"), direct, p.Window)
	if err != nil {
		return err
	}
	return writeList(w, p, found, writeMembershipWithUser)
}
