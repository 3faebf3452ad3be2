package authress

import (
	"net/http"

	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

// identity is an issuer whose users' tokens are accepted.
type identity struct {
	Issuer           string `json:"issuer"`
	Audience         string `json:"audience"`
	UserIDExpression string `json:"userIdExpression"`
}

type identityCollection struct {
	Identities []identity `json:"identities"`
	Pagination pagination `json:"pagination"`
	Links      links      `json:"links"`
}

func (h *handler) listIdentities(w http.ResponseWriter, r *api.Request) error {
	issuers, err := h.authz.Issuers(r.Context(), r.Caller)
	if err != nil {
		return err
	}
	out := identityCollection{Identities: []identity{}, Links: h.self(r, "identities")}
	for _, i := range issuers {
		out.Identities = append(out.Identities, identity{i.URL, i.Audience, i.UserID})
	}
	return writeLinks(w, http.StatusOK, out)
}

// createIdentity answers 201 without a body, also when the issuer and audience
// were registered before.
func (h *handler) createIdentity(w http.ResponseWriter, r *api.Request) error {
	body, err := api.ReadJSON[struct {
		JWT               string `json:"jwt"`
		Issuer            string `json:"issuer"`
		PreferredAudience string `json:"preferredAudience"`
		UserIDExpression  string `json:"userIdExpression"`
	}](r)
	if err != nil {
		return err
	}
	err = h.authz.RegisterIssuer(r.Context(), r.Caller, authz.Registration{
		Token: body.JWT, Issuer: body.Issuer, Audience: body.PreferredAudience, UserID: body.UserIDExpression,
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusCreated)
	return nil
}
