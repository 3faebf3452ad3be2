package workos

import (
	"net/http"
	"slices"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

func (h *handler) webhookRoutes() []api.Route {
	return []api.Route{
		{Method: "GET", Path: "/webhook_endpoints", Needs: "read Authress:Webhooks", Handle: h.listWebhooks},
		{Method: "POST", Path: "/webhook_endpoints", Needs: "create Authress:Webhooks", NoReplay: true, Handle: h.createWebhook},
		{Method: "PATCH", Path: "/webhook_endpoints/{endpoint}", Needs: "update Authress:Webhooks", Handle: h.updateWebhook},
		{Method: "DELETE", Path: "/webhook_endpoints/{endpoint}", Needs: "update Authress:Webhooks", Handle: h.deleteWebhook},
	}
}

// foreignEvents are events of the vendor's that nothing here is. An endpoint may
// name them, as one that moves over will, and is never told them. Source: the
// vendor's OpenAPI document.
const foreignEvents = `
agent.registration.created agent.registration.claim.attempt.created agent.registration.claim.completed
agent.registration.credential.issued agent.registration.deleted agent.registration.refreshed
agent.registration.expired agent.registration.organization.switched agent.registration.revoked
authentication.email_verification_succeeded authentication.magic_auth_failed
authentication.magic_auth_succeeded authentication.mfa_succeeded authentication.oauth_failed
authentication.oauth_succeeded authentication.password_failed authentication.password_succeeded
authentication.passkey_failed authentication.passkey_succeeded authentication.sso_failed
authentication.sso_started authentication.sso_succeeded authentication.sso_timed_out radar.challenge_created
authentication.radar_risk_detected authentication.reauthentication_succeeded connection.activated
connection.deactivated connection.saml_certificate_renewal_required connection.saml_certificate_renewed
connection.deleted dsync.activated dsync.deleted dsync.group.created dsync.group.deleted dsync.group.updated
dsync.group.user_added dsync.group.user_removed dsync.user.created dsync.user.deleted dsync.user.updated
email_verification.created flag.created flag.deleted flag.updated flag.rule_updated invitation.accepted
invitation.created invitation.resent invitation.revoked magic_auth.created password_reset.created
password_reset.succeeded pipes.connected_account.connected pipes.connected_account.connection_failed
pipes.connected_account.disconnected pipes.connected_account.reauthorization_needed session.created
session.revoked waitlist_user.approved waitlist_user.created waitlist_user.denied`

// webhookEvents reads the names of events that an endpoint is to be told.
func webhookEvents(names []string) ([]access.EventName, error) {
	foreign := strings.Fields(foreignEvents)
	events := make([]access.EventName, len(names))
	for i, name := range names {
		events[i] = access.EventName(name)
		if !slices.Contains(access.UsualEvents(), events[i]) && !slices.Contains(access.NamedEvents(), events[i]) && !slices.Contains(foreign, name) {
			return nil, access.FieldErrorf("events", access.UnknownEventType, "events: there is no event %q", name)
		}
	}
	return events, nil
}

// webhookEndpoint is an endpoint as the API writes it. The secret is whole once,
// when the endpoint is made.
type webhookEndpoint struct {
	Object      string             `json:"object"` // "webhook_endpoint"
	ID          string             `json:"id"`
	EndpointURL string             `json:"endpoint_url"`
	Secret      string             `json:"secret"`
	Status      string             `json:"status"` // enabled or disabled
	Events      []access.EventName `json:"events"`
	CreatedAt   string             `json:"created_at"`
	UpdatedAt   string             `json:"updated_at"`
}

func writeWebhook(in access.WebhookEndpoint) webhookEndpoint {
	out := webhookEndpoint{
		Object: "webhook_endpoint", ID: string(in.ID), EndpointURL: in.URL, Secret: in.Secret, Status: "enabled",
		Events:    append([]access.EventName{}, in.Events...), // [] rather than null
		CreatedAt: instant(in.Created), UpdatedAt: instant(in.Updated),
	}
	if in.Disabled {
		out.Status = "disabled"
	}
	return out
}

func (h *handler) listWebhooks(w http.ResponseWriter, r *api.Request) error {
	p, _, err := pageOf(r)
	if err != nil {
		return err
	}
	all, err := h.authz.Webhooks(r.Context(), r.Caller, p.Window)
	if err != nil {
		return err
	}
	return writeList(w, p, all, writeWebhook)
}

// webhookBody is the body that makes or changes an endpoint.
type webhookBody struct {
	EndpointURL api.Optional[string]   `json:"endpoint_url"`
	Events      api.Optional[[]string] `json:"events"`
	Status      api.Optional[string]   `json:"status"`
}

// update is what the body says; nothing in it may be null.
func (b webhookBody) update() (authz.WebhookUpdate, error) {
	var u authz.WebhookUpdate
	if b.EndpointURL.Null {
		return u, errNull("endpoint_url")
	}
	if b.EndpointURL.Set {
		u.URL = &b.EndpointURL.Value
	}
	if b.Events.Null {
		return u, errNull("events")
	}
	if b.Events.Set {
		events, err := webhookEvents(b.Events.Value)
		if err != nil {
			return u, err
		}
		u.Events = &events
	}
	if b.Status.Set {
		disabled := b.Status.Value == "disabled"
		if !disabled && b.Status.Value != "enabled" {
			return u, access.FieldErrorf("status", "invalid_status", "status must be enabled or disabled")
		}
		u.Disabled = &disabled
	}
	return u, nil
}

func errNull(field string) error {
	return access.FieldErrorf(field, access.Reason(field+"_required"), "%s may not be null", field)
}

func (h *handler) createWebhook(w http.ResponseWriter, r *api.Request) error {
	in, err := api.ReadJSON[webhookBody](r)
	if err != nil {
		return err
	}
	in.Status = api.Optional[string]{} // a new one is enabled
	u, err := in.update()
	if err != nil {
		return err
	}
	if u.URL == nil {
		return access.FieldErrorf("endpoint_url", "endpoint_url_required", "endpoint_url is required")
	}
	if u.Events == nil {
		return access.FieldErrorf("events", "events_required", "events is required")
	}
	made, err := h.authz.CreateWebhook(r.Context(), r.Caller, access.WebhookEndpoint{URL: *u.URL, Events: *u.Events})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, writeWebhook(made))
}

func (h *handler) updateWebhook(w http.ResponseWriter, r *api.Request) error {
	in, err := api.ReadJSON[webhookBody](r)
	if err != nil {
		return err
	}
	u, err := in.update()
	if err != nil {
		return err
	}
	changed, err := h.authz.UpdateWebhook(r.Context(), r.Caller, access.WebhookID(r.Param("endpoint")), u)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, writeWebhook(changed))
}

func (h *handler) deleteWebhook(w http.ResponseWriter, r *api.Request) error {
	if err := h.authz.DeleteWebhook(r.Context(), r.Caller, access.WebhookID(r.Param("endpoint"))); err != nil {
		return err
	}
	return noContent(w)
}
