package workos

import (
	"net/http"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

func (h *handler) organizationRoutes() []api.Route {
	const (
		all = "/organizations"
		one = all + "/{organization}"
	)
	return []api.Route{
		{Method: "GET", Path: all, Needs: "read Authress:Connections", Handle: h.listOrganizations},
		{Method: "POST", Path: all, Needs: "create Authress:Connections", Handle: h.createOrganization},
		{Method: "GET", Path: one, Needs: "read Authress:Connections", Handle: h.getOrganization},
		{Method: "PUT", Path: one, Needs: "update Authress:Connections", Handle: h.updateOrganization},
		{Method: "DELETE", Path: one, Needs: "update Authress:Connections", Handle: h.deleteOrganization},
		{Method: "GET", Path: all + "/external_id/{external_id}", Needs: "read Authress:Connections", Handle: h.getOrganizationByExternalID},
	}
}

// organization is an organization as the API writes it.
type organization struct {
	Object           string            `json:"object"` // "organization"
	ID               string            `json:"id"`
	Name             string            `json:"name"`
	Domains          []domain          `json:"domains"`
	Metadata         map[string]string `json:"metadata"`
	ExternalID       *string           `json:"external_id"`
	StripeCustomerID string            `json:"stripe_customer_id,omitzero"`
	CreatedAt        string            `json:"created_at"`
	UpdatedAt        string            `json:"updated_at"`
}

func writeOrganization(in access.Organization) organization {
	out := organization{
		Object: "organization", ID: string(in.ID), Name: in.Name, Domains: make([]domain, len(in.Domains)), Metadata: written(in.Metadata),
		ExternalID: nullable(in.ExternalID), StripeCustomerID: in.StripeCustomerID, CreatedAt: instant(in.Created), UpdatedAt: instant(in.Updated),
	}
	for i, d := range in.Domains {
		out.Domains[i] = writeDomain(in.ID, d)
	}
	return out
}

// organizationBody says what to change of an organization. What the vendor's API
// has for sign-in alone is ignored.
type organizationBody struct {
	Name             api.Optional[string]       `json:"name"`
	ExternalID       api.Optional[string]       `json:"external_id"`
	StripeCustomerID api.Optional[string]       `json:"stripe_customer_id"`
	Metadata         metadata                   `json:"metadata"`
	DomainData       api.Optional[[]domainData] `json:"domain_data"`
	Domains          api.Optional[[]string]     `json:"domains"` // in the place of DomainData, by older clients
}

type domainData struct {
	Domain string `json:"domain"`
	State  string `json:"state"`
}

// readOrganization reads the body into the function that makes its changes.
func readOrganization(r *api.Request) (organizationBody, func(*access.Organization), error) {
	body, err := api.ReadJSON[organizationBody](r)
	if err != nil {
		return body, nil, err
	}
	if body.Name.Set && body.Name.Value == "" {
		return body, nil, required("name")
	}
	if body.ExternalID.Set && !body.ExternalID.Null {
		if err := access.ValidateExternalID("external_id", body.ExternalID.Value); err != nil {
			return body, nil, err
		}
	}
	changeMetadata, err := body.Metadata.change()
	if err != nil {
		return body, nil, err
	}
	domains, err := body.domains()
	if err != nil {
		return body, nil, err
	}
	return body, func(o *access.Organization) {
		body.Name.Into(&o.Name)
		body.ExternalID.Into(&o.ExternalID)
		body.StripeCustomerID.Into(&o.StripeCustomerID)
		changeMetadata(&o.Metadata)
		domains.Into(&o.Domains)
	}, nil
}

// domains are those that an organization is to have. Of those that Domains names,
// nothing is said but the name.
func (b *organizationBody) domains() (domains api.Optional[[]access.Domain], err error) {
	domains.Set = b.DomainData.Set || b.Domains.Set
	for _, d := range b.DomainData.Value {
		switch d.State {
		case string(access.DomainPending), string(access.DomainVerified):
		default:
			return domains, access.FieldErrorf("domain_data", "invalid_state", "the state of a domain must be %s or %s", access.DomainPending, access.DomainVerified)
		}
		domains.Value = append(domains.Value, access.Domain{Name: strings.ToLower(d.Domain), State: access.DomainState(d.State)})
	}
	if !b.DomainData.Set {
		for _, name := range b.Domains.Value {
			domains.Value = append(domains.Value, access.Domain{Name: strings.ToLower(name)})
		}
	}
	return domains, nil
}

// required is the error about a member that a body lacks.
func required(field string) error {
	return access.FieldErrorf(field, access.Reason(field+"_required"), "%s must not be empty", field)
}

func (h *handler) listOrganizations(w http.ResponseWriter, r *api.Request) error {
	p, q, err := pageOf(r)
	if err != nil {
		return err
	}
	query := authz.OrganizationQuery{Name: q.get("search")}
	for _, d := range q.all("domains") {
		query.Domains = append(query.Domains, strings.ToLower(d))
	}
	found, err := h.authz.FindOrganizations(r.Context(), r.Caller, query, p.Window)
	if err != nil {
		return err
	}
	return writeList(w, p, found, writeOrganization)
}

func (h *handler) createOrganization(w http.ResponseWriter, r *api.Request) error {
	body, change, err := readOrganization(r)
	if err != nil {
		return err
	}
	if !body.Name.Set {
		return required("name")
	}
	in := access.Organization{ID: h.authz.NewOrganizationID()}
	change(&in)
	out, err := h.authz.CreateOrganization(r.Context(), r.Caller, in)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, writeOrganization(out))
}

func (h *handler) getOrganization(w http.ResponseWriter, r *api.Request) error {
	out, err := h.authz.Organization(r.Context(), r.Caller, access.OrganizationID(r.Param("organization")))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, writeOrganization(out))
}

func (h *handler) getOrganizationByExternalID(w http.ResponseWriter, r *api.Request) error {
	out, err := h.authz.OrganizationByExternalID(r.Context(), r.Caller, r.Param("external_id"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, writeOrganization(out))
}

func (h *handler) updateOrganization(w http.ResponseWriter, r *api.Request) error {
	_, change, err := readOrganization(r)
	if err != nil {
		return err
	}
	out, err := h.authz.EditOrganization(r.Context(), r.Caller, access.OrganizationID(r.Param("organization")), change)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, writeOrganization(out))
}

func (h *handler) deleteOrganization(w http.ResponseWriter, r *api.Request) error {
	if err := h.authz.DeleteOrganization(r.Context(), r.Caller, access.OrganizationID(r.Param("organization"))); err != nil {
		return err
	}
	return done(w)
}

// done answers a deletion where the vendor's API answers 200 without a body.
func done(w http.ResponseWriter) error {
	w.WriteHeader(http.StatusOK)
	return nil
}
