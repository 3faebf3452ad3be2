package authress

import (
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
)

const maxClientsPage = 20

// client is a service client. What is read-only stands in clientAnswer.
type client struct {
	Name       string            `json:"name"`
	Options    clientOptions     `json:"options"`
	RateLimits []rateLimit       `json:"rateLimits"`
	Tags       map[string]string `json:"tags,omitzero"`
}

type clientOptions struct {
	GrantUserPermissionsAccess bool `json:"grantUserPermissionsAccess"`
	GrantTokenGeneration       bool `json:"grantTokenGeneration"`
}

type rateLimit struct {
	Duration string `json:"duration"`
	Quota    int    `json:"quota"`
}

type clientAnswer struct {
	ClientID    string `json:"clientId"`
	CreatedTime string `json:"createdTime"`
	client
	VerificationKeys []accessKey `json:"verificationKeys"`
	Links            links       `json:"links"`
}

// accessKey is a key of a client. AccessKey, the whole key with its private
// half, is set in the one answer that makes it.
type accessKey struct {
	KeyID          string `json:"keyId"`
	ClientID       string `json:"clientId"`
	PublicKey      string `json:"publicKey"`
	GenerationDate string `json:"generationDate"`
	AccessKey      string `json:"accessKey,omitzero"`
}

type clientCollection struct {
	Clients    []clientAnswer `json:"clients"`
	Pagination pagination     `json:"pagination"`
	Links      links          `json:"links"`
}

func readClient(r *api.Request) (access.ServiceClient, error) {
	body, err := api.ReadJSON[client](r)
	if err != nil {
		return access.ServiceClient{}, err
	}
	out := access.ServiceClient{
		Name: body.Name,
		Tags: body.Tags,
		Options: access.ClientOptions{
			ChecksUsers:  body.Options.GrantUserPermissionsAccess,
			IssuesTokens: body.Options.GrantTokenGeneration,
		},
	}
	for _, l := range body.RateLimits {
		out.Limits = append(out.Limits, access.RateLimit(l))
	}
	return out, nil
}

func (h *handler) writeClient(r *api.Request, in access.ServiceClient) clientAnswer {
	out := clientAnswer{
		ClientID:    string(in.ID),
		CreatedTime: instant(in.Created),
		client: client{
			Name:       in.Name,
			Options:    clientOptions{in.Options.ChecksUsers, in.Options.IssuesTokens},
			RateLimits: []rateLimit{},
			Tags:       in.Tags,
		},
		VerificationKeys: []accessKey{},
		Links:            h.self(r, "clients", string(in.ID)),
	}
	for _, l := range in.Limits {
		out.RateLimits = append(out.RateLimits, rateLimit(l))
	}
	for _, k := range in.Keys {
		out.VerificationKeys = append(out.VerificationKeys, writeKey(in.ID, k))
	}
	return out
}

func writeKey(id access.ClientID, k access.AccessKey) accessKey {
	return accessKey{KeyID: string(k.ID), ClientID: string(id), PublicKey: k.Written, GenerationDate: instant(k.Created)}
}

func (h *handler) listClients(w http.ResponseWriter, r *api.Request) error {
	l, err := h.listing(r, maxClientsPage)
	if err != nil {
		return err
	}
	clients, next, err := h.authz.Clients(r.Context(), r.Caller, l.Page)
	if err != nil {
		return err
	}
	out := clientCollection{Clients: []clientAnswer{}}
	for _, in := range clients {
		out.Clients = append(out.Clients, h.writeClient(r, in))
	}
	if out.Pagination, out.Links, err = h.page(r, l, next); err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, out)
}

func (h *handler) createClient(w http.ResponseWriter, r *api.Request) error {
	in, err := readClient(r)
	if err != nil {
		return err
	}
	out, err := h.authz.CreateClient(r.Context(), r.Caller, in)
	if err != nil {
		return err
	}
	return writeLinks(w, http.StatusCreated, h.writeClient(r, out))
}

func (h *handler) getClient(w http.ResponseWriter, r *api.Request) error {
	id, err := access.ParseClientID(r.Param("client"))
	if err != nil {
		return err
	}
	out, err := h.authz.Client(r.Context(), r.Caller, id)
	if err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, h.writeClient(r, out))
}

func (h *handler) updateClient(w http.ResponseWriter, r *api.Request) error {
	id, err := access.ParseClientID(r.Param("client"))
	if err != nil {
		return err
	}
	in, err := readClient(r)
	if err != nil {
		return err
	}
	in.ID = id
	out, err := h.authz.UpdateClient(r.Context(), r.Caller, in)
	if err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, h.writeClient(r, out))
}

func (h *handler) deleteClient(w http.ResponseWriter, r *api.Request) error {
	id, err := access.ParseClientID(r.Param("client"))
	if err != nil {
		return err
	}
	if err := h.authz.DeleteClient(r.Context(), r.Caller, id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (h *handler) createAccessKey(w http.ResponseWriter, r *api.Request) error {
	id, err := access.ParseClientID(r.Param("client"))
	if err != nil {
		return err
	}
	body, err := api.ReadJSON[struct {
		PublicKey string `json:"publicKey"`
	}](r)
	if err != nil {
		return err
	}
	key, secret, err := h.authz.CreateAccessKey(r.Context(), r.Caller, id, body.PublicKey)
	if err != nil {
		return err
	}
	out := writeKey(id, key)
	out.AccessKey = secret
	return writeLinks(w, http.StatusCreated, out)
}

func (h *handler) deleteAccessKey(w http.ResponseWriter, r *api.Request) error {
	id, err := access.ParseClientID(r.Param("client"))
	if err != nil {
		return err
	}
	if err := h.authz.DeleteAccessKey(r.Context(), r.Caller, id, access.KeyID(r.Param("key"))); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
