package authress

import (
	"net/http"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
)

// Bounds of a tenant that are narrower than an organization's.
const (
	maxTenantsPage   = 100
	maxTenantName    = 64 // characters
	maxTenantDomains = 10
)

// tenant is an organization. What is read-only stands in tenantAnswer.
type tenant struct {
	TenantID               string            `json:"tenantId"`
	TenantLookupIdentifier string            `json:"tenantLookupIdentifier,omitzero"`
	Data                   *tenantData       `json:"data,omitzero"`
	Domains                []tenantDomain    `json:"domains"`
	Connection             *tenantConnection `json:"connection,omitzero"`
	TokenConfiguration     jsontext.Value    `json:"tokenConfiguration,omitzero"`
}

type tenantData struct {
	Name string `json:"name,omitzero"`
}

type tenantDomain struct {
	Domain string `json:"domain"`
}

type tenantConnection struct {
	ConnectionID string `json:"connectionId,omitzero"`
}

type tenantAnswer struct {
	tenant
	CreatedTime string `json:"createdTime"`
	Links       links  `json:"links"`
}

type tenantCollection struct {
	Tenants    []tenantAnswer `json:"tenants"`
	Pagination pagination     `json:"pagination"`
	Links      links          `json:"links"`
}

// readTenant reads the body into an organization of the id; an empty id leaves
// the body's.
func readTenant(r *api.Request, id string) (access.Organization, error) {
	body, err := api.ReadJSON[tenant](r)
	if err != nil {
		return access.Organization{}, err
	}
	if body.TenantID, err = pathID("tenantId", id, body.TenantID); err != nil {
		return access.Organization{}, err
	}
	out := access.Organization{ID: access.OrganizationID(body.TenantID), LookupID: body.TenantLookupIdentifier}
	if body.Data != nil {
		out.Name = body.Data.Name
	}
	if body.Connection != nil {
		out.Connection = body.Connection.ConnectionID
	}
	if utf8.RuneCountInString(out.Name) > maxTenantName {
		return access.Organization{}, access.Errorf(access.Invalid, "data.name must be at most %d characters long", maxTenantName)
	}
	if len(body.Domains) > maxTenantDomains {
		return access.Organization{}, access.Errorf(access.Invalid, "domains has %d elements, at most %d are allowed", len(body.Domains), maxTenantDomains)
	}
	for _, d := range body.Domains {
		out.Domains = append(out.Domains, access.Domain{Name: d.Domain})
	}
	out.TokenConfiguration, err = object("tokenConfiguration", body.TokenConfiguration)
	return out, err
}

func (h *handler) writeTenant(r *api.Request, in access.Organization) tenantAnswer {
	out := tenantAnswer{
		tenant: tenant{
			TenantID: string(in.ID), TenantLookupIdentifier: in.LookupID, Data: &tenantData{in.Name},
			Domains: []tenantDomain{}, TokenConfiguration: in.TokenConfiguration,
		},
		CreatedTime: instant(in.Created),
		Links:       h.self(r, "tenants", string(in.ID)),
	}
	if in.Connection != "" {
		out.Connection = &tenantConnection{in.Connection}
	}
	for _, d := range in.Domains {
		out.Domains = append(out.Domains, tenantDomain{d.Name})
	}
	return out
}

func (h *handler) listTenants(w http.ResponseWriter, r *api.Request) error {
	l, err := h.listing(r, maxTenantsPage)
	if err != nil {
		return err
	}
	filter, err := l.query.filter(maxFilter)
	if err != nil {
		return err
	}
	tenants, next, err := h.authz.Organizations(r.Context(), r.Caller, filter, l.Page)
	if err != nil {
		return err
	}
	out := tenantCollection{Tenants: []tenantAnswer{}}
	for _, in := range tenants {
		out.Tenants = append(out.Tenants, h.writeTenant(r, in))
	}
	if out.Pagination, out.Links, err = h.page(r, l, next); err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, out)
}

func (h *handler) createTenant(w http.ResponseWriter, r *api.Request) error {
	in, err := readTenant(r, "")
	if err != nil {
		return err
	}
	out, err := h.authz.CreateOrganization(r.Context(), r.Caller, in)
	if err != nil {
		return err
	}
	return writeLinks(w, http.StatusCreated, h.writeTenant(r, out))
}

func (h *handler) getTenant(w http.ResponseWriter, r *api.Request) error {
	id, err := access.ParseOrganizationID(r.Param("tenant"))
	if err != nil {
		return err
	}
	out, err := h.authz.Organization(r.Context(), r.Caller, id)
	if err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, h.writeTenant(r, out))
}

func (h *handler) updateTenant(w http.ResponseWriter, r *api.Request) error {
	in, err := readTenant(r, r.Param("tenant"))
	if err != nil {
		return err
	}
	out, err := h.authz.ReplaceOrganization(r.Context(), r.Caller, in)
	if err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, h.writeTenant(r, out))
}

func (h *handler) deleteTenant(w http.ResponseWriter, r *api.Request) error {
	id, err := access.ParseOrganizationID(r.Param("tenant"))
	if err != nil {
		return err
	}
	if err := h.authz.DeleteOrganization(r.Context(), r.Caller, id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// addTenantUser answers at /v1/tenants/{tenant}/users, and at the tenant itself,
// where the documentation of the Python SDK puts it.
func (h *handler) addTenantUser(w http.ResponseWriter, r *api.Request) error {
	id, err := access.ParseOrganizationID(r.Param("tenant"))
	if err != nil {
		return err
	}
	body, err := api.ReadJSON[user](r)
	if err != nil {
		return err
	}
	subject, err := access.ParseUser(body.UserID)
	if err != nil {
		return err
	}
	if err := h.authz.AddMember(r.Context(), r.Caller, id, subject); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
