package workos

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

func (h *handler) userRoutes() []api.Route {
	const (
		all = "/user_management/users"
		one = all + "/{user}"
	)
	return []api.Route{
		{Method: "GET", Path: all, Needs: "read Authress:Users", Handle: h.listUsers},
		{Method: "POST", Path: all, Needs: "create Authress:Users", Handle: h.createUser},
		{Method: "GET", Path: one, Needs: "read Authress:Users", Handle: h.getUser},
		{Method: "PUT", Path: one, Needs: "update Authress:Users", Handle: h.updateUser},
		{Method: "DELETE", Path: one, Needs: "update Authress:Users", Handle: h.deleteUser},
		{Method: "GET", Path: all + "/external_id/{external_id}", Needs: "read Authress:Users", Handle: h.getUserByExternalID},
	}
}

// user is a user as the API writes it. Nobody signs in here, so nothing is known
// of the last time.
type user struct {
	Object            string            `json:"object"` // "user"
	ID                string            `json:"id"`
	Email             string            `json:"email"` // empty if it is not known
	EmailVerified     bool              `json:"email_verified"`
	FirstName         *string           `json:"first_name"`
	LastName          *string           `json:"last_name"`
	Name              *string           `json:"name"`
	ProfilePictureURL *string           `json:"profile_picture_url"`
	ExternalID        *string           `json:"external_id"`
	Metadata          map[string]string `json:"metadata"`
	Locale            *string           `json:"locale"`
	LastSignInAt      *string           `json:"last_sign_in_at"`
	CreatedAt         string            `json:"created_at"`
	UpdatedAt         string            `json:"updated_at"`
}

func writeUser(in access.User) user {
	if in.Updated.IsZero() {
		in.Updated = in.Created
	}
	return user{
		Object: "user", ID: in.ID, Email: in.Email, EmailVerified: in.EmailVerified,
		FirstName: nullable(in.FirstName), LastName: nullable(in.LastName),
		Name:              nullable(cmp.Or(in.Name, strings.TrimSpace(in.FirstName+" "+in.LastName))),
		ProfilePictureURL: nullable(in.Picture), ExternalID: nullable(in.ExternalID), Metadata: written(in.Metadata), Locale: nullable(in.Locale),
		CreatedAt: instant(in.Created), UpdatedAt: instant(in.Updated),
	}
}

// userBody says what to change of a user. What it may say of passwords is not
// read: nobody signs in here.
type userBody struct {
	Email         api.Optional[string] `json:"email"`
	EmailVerified api.Optional[bool]   `json:"email_verified"`
	FirstName     api.Optional[string] `json:"first_name"`
	LastName      api.Optional[string] `json:"last_name"`
	Name          api.Optional[string] `json:"name"`
	ExternalID    api.Optional[string] `json:"external_id"`
	Locale        api.Optional[string] `json:"locale"`
	Metadata      metadata             `json:"metadata"`
}

// readUser reads the body into the function that makes its changes.
func readUser(r *api.Request) (func(*access.User), error) {
	body, err := api.ReadJSON[userBody](r)
	if err != nil {
		return nil, err
	}
	if body.ExternalID.Set && !body.ExternalID.Null {
		if err := access.ValidateExternalID("external_id", body.ExternalID.Value); err != nil {
			return nil, err
		}
	}
	changeMetadata, err := body.Metadata.change()
	if err != nil {
		return nil, err
	}
	return func(u *access.User) {
		if body.Email.Set && !strings.EqualFold(body.Email.Value, u.Email) {
			u.EmailVerified = false // that was of another address
		}
		body.Email.Into(&u.Email)
		body.EmailVerified.Into(&u.EmailVerified)
		body.FirstName.Into(&u.FirstName)
		body.LastName.Into(&u.LastName)
		body.Name.Into(&u.Name)
		body.ExternalID.Into(&u.ExternalID)
		body.Locale.Into(&u.Locale)
		changeMetadata(&u.Metadata)
	}, nil
}

func (h *handler) listUsers(w http.ResponseWriter, r *api.Request) error {
	p, q, err := pageOf(r)
	if err != nil {
		return err
	}
	query := authz.UserQuery{
		Email:        q.get("email"),
		Organization: access.OrganizationID(cmp.Or(q.get("organization_id"), q.get("organization"))),
	}
	found, err := h.authz.FindUsers(r.Context(), r.Caller, query, p.Window)
	if err != nil {
		return err
	}
	return writeList(w, p, found, writeUser)
}

func (h *handler) createUser(w http.ResponseWriter, r *api.Request) error {
	change, err := readUser(r)
	if err != nil {
		return err
	}
	var in access.User
	change(&in)
	out, err := h.authz.CreateUser(r.Context(), r.Caller, in)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, writeUser(out))
}

// userOf is the user that the path names.
func userOf(r *api.Request) access.Subject {
	return access.Subject{Kind: access.UserKind, ID: r.Param("user")}
}

func (h *handler) getUser(w http.ResponseWriter, r *api.Request) error {
	out, err := h.authz.User(r.Context(), r.Caller, userOf(r))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, writeUser(out))
}

func (h *handler) getUserByExternalID(w http.ResponseWriter, r *api.Request) error {
	out, err := h.authz.UserByExternalID(r.Context(), r.Caller, r.Param("external_id"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, writeUser(out))
}

func (h *handler) updateUser(w http.ResponseWriter, r *api.Request) error {
	change, err := readUser(r)
	if err != nil {
		return err
	}
	out, err := h.authz.EditUser(r.Context(), r.Caller, r.Param("user"), change)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, writeUser(out))
}

func (h *handler) deleteUser(w http.ResponseWriter, r *api.Request) error {
	if err := h.authz.DeleteUser(r.Context(), r.Caller, userOf(r)); err != nil {
		return err
	}
	return done(w)
}
