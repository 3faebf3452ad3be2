package workos

import (
	"net/http"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
)

func (h *handler) domainRoutes() []api.Route {
	const one = "/organization_domains/{domain}"
	return []api.Route{
		{Method: "POST", Path: "/organization_domains", Needs: "update Authress:Connections", Handle: h.createDomain},
		{Method: "GET", Path: one, Needs: "read Authress:Connections", Handle: h.getDomain},
		{Method: "DELETE", Path: one, Needs: "update Authress:Connections", Handle: h.deleteDomain},
		{Method: "POST", Path: one + "/verify", Needs: "update Authress:Connections", Handle: h.verifyDomain},
	}
}

// domain is a domain of an organization.
type domain struct {
	Object               string `json:"object"` // "organization_domain"
	ID                   string `json:"id"`
	OrganizationID       string `json:"organization_id"`
	Domain               string `json:"domain"`
	State                string `json:"state"`
	VerificationPrefix   string `json:"verification_prefix"`
	VerificationToken    string `json:"verification_token"`
	VerificationStrategy string `json:"verification_strategy"`
	CreatedAt            string `json:"created_at"`
	UpdatedAt            string `json:"updated_at"`
}

func writeDomain(org access.OrganizationID, d access.Domain) domain {
	return domain{
		Object: "organization_domain", ID: d.ID, OrganizationID: string(org), Domain: d.Name, State: string(d.State),
		VerificationPrefix: access.DomainPrefix, VerificationToken: d.Token, VerificationStrategy: "dns",
		CreatedAt: instant(d.Created), UpdatedAt: instant(d.Updated),
	}
}

type createDomainBody struct {
	OrganizationID string `json:"organization_id"`
	Domain         string `json:"domain"`
}

func (h *handler) createDomain(w http.ResponseWriter, r *api.Request) error {
	body, err := api.ReadJSON[createDomainBody](r)
	if err != nil {
		return err
	}
	if body.OrganizationID == "" {
		return required("organization_id")
	}
	org, i, err := h.authz.AddDomain(r.Context(), r.Caller, access.OrganizationID(body.OrganizationID), strings.ToLower(body.Domain))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, writeDomain(org.ID, org.Domains[i]))
}

func (h *handler) getDomain(w http.ResponseWriter, r *api.Request) error {
	org, i, err := h.authz.Domain(r.Context(), r.Caller, r.Param("domain"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, writeDomain(org.ID, org.Domains[i]))
}

func (h *handler) deleteDomain(w http.ResponseWriter, r *api.Request) error {
	if err := h.authz.DeleteDomain(r.Context(), r.Caller, r.Param("domain")); err != nil {
		return err
	}
	return noContent(w)
}

func (h *handler) verifyDomain(w http.ResponseWriter, r *api.Request) error {
	org, i, err := h.authz.VerifyDomain(r.Context(), r.Caller, r.Param("domain"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, writeDomain(org.ID, org.Domains[i]))
}
