package authress

import (
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

const maxUsersPage = 100

// userIdentity is what is known of a user.
type userIdentity struct {
	UserID             string              `json:"userId"`
	Name               string              `json:"name,omitzero"`
	Email              string              `json:"email,omitzero"`
	Picture            string              `json:"picture,omitzero"`
	TokenConfiguration *tokenConfiguration `json:"tokenConfiguration,omitzero"`
	LinkedIdentities   []struct{}          `json:"linkedIdentities"` // none: there is no login here; the SDKs require the list
}

// tokenConfiguration holds claims for a user's tokens, as JSON objects.
type tokenConfiguration struct {
	DefaultClaims defaultClaims `json:"defaultClaims"`
}

type defaultClaims struct {
	AccessToken  jsontext.Value `json:"defaultAccessTokenClaims,omitzero"`
	UserIdentity jsontext.Value `json:"defaultUserIdentityClaims,omitzero"`
}

type userCollection struct {
	Users      []userIdentity `json:"users"`
	Pagination pagination     `json:"pagination"`
	Links      links          `json:"links"`
}

func writeUser(in access.User) userIdentity {
	out := userIdentity{UserID: in.ID, Name: in.Name, Email: in.Email, Picture: in.Picture, LinkedIdentities: []struct{}{}}
	if len(in.AccessTokenClaims) > 0 || len(in.IdentityClaims) > 0 {
		out.TokenConfiguration = &tokenConfiguration{defaultClaims{in.AccessTokenClaims, in.IdentityClaims}}
	}
	return out
}

func (h *handler) listUsers(w http.ResponseWriter, r *api.Request) error {
	l, err := h.listing(r, maxUsersPage)
	if err != nil {
		return err
	}
	var f authz.UserFilter
	if f.Text, err = l.query.filter(maxFilter); err != nil {
		return err
	}
	if tenant := l.query.get("tenantId"); tenant != "" {
		if f.Organization, err = access.ParseOrganizationID(tenant); err != nil {
			return err
		}
	}
	users, next, err := h.authz.Users(r.Context(), r.Caller, f, l.Page)
	if err != nil {
		return err
	}
	out := userCollection{Users: []userIdentity{}}
	for _, in := range users {
		out.Users = append(out.Users, writeUser(in))
	}
	if out.Pagination, out.Links, err = h.page(r, l, next); err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, out)
}

func (h *handler) getUser(w http.ResponseWriter, r *api.Request) error {
	subject, err := userParam(r)
	if err != nil {
		return err
	}
	out, err := h.authz.User(r.Context(), r.Caller, subject)
	if err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, writeUser(out))
}

// updateUser keeps the user's token configuration, whether it is the body, as
// the documentation of the JavaScript SDK has it, or stands in a user.
func (h *handler) updateUser(w http.ResponseWriter, r *api.Request) error {
	subject, err := userParam(r)
	if err != nil {
		return err
	}
	body, err := api.ReadJSON[struct {
		DefaultClaims      *defaultClaims      `json:"defaultClaims"`
		TokenConfiguration *tokenConfiguration `json:"tokenConfiguration"`
	}](r)
	if err != nil {
		return err
	}
	var claims defaultClaims
	switch {
	case body.DefaultClaims != nil && body.TokenConfiguration != nil:
		return access.Errorf(access.Invalid, "set either defaultClaims or tokenConfiguration")
	case body.DefaultClaims != nil:
		claims = *body.DefaultClaims
	case body.TokenConfiguration != nil:
		claims = body.TokenConfiguration.DefaultClaims
	}
	accessToken, err := object("defaultAccessTokenClaims", claims.AccessToken)
	if err != nil {
		return err
	}
	userIdentity, err := object("defaultUserIdentityClaims", claims.UserIdentity)
	if err != nil {
		return err
	}
	out, err := h.authz.SetUserClaims(r.Context(), r.Caller, subject, accessToken, userIdentity)
	if err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, writeUser(out))
}

// object returns a JSON object without its spaces, nil if it is absent.
func object(field string, v jsontext.Value) ([]byte, error) {
	if len(v) == 0 || v.Kind() == 'n' {
		return nil, nil
	}
	if v.Kind() != '{' || v.Compact() != nil {
		return nil, access.Errorf(access.Invalid, "%s must be an object", field)
	}
	return v, nil
}

func (h *handler) deleteUser(w http.ResponseWriter, r *api.Request) error {
	subject, err := userParam(r)
	if err != nil {
		return err
	}
	if err := h.authz.DeleteUser(r.Context(), r.Caller, subject); err != nil {
		return err
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}
