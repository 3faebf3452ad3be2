package workos

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
)

func (h *handler) auditLogRoutes() []api.Route {
	const (
		schemas   = "/audit_logs/actions/{action}/schemas"
		exports   = "/audit_logs/exports"
		retention = "/organizations/{organization}/audit_logs_retention"
	)
	return []api.Route{
		{Method: "POST", Path: "/audit_logs/events", Needs: "update Authress:Connections", Handle: h.createAuditEvent},
		{Method: "GET", Path: "/audit_logs/actions", Needs: "read Authress:Configuration", Handle: h.listAuditActions},
		{Method: "GET", Path: schemas, Needs: "read Authress:Configuration", Handle: h.listAuditSchemas},
		{Method: "POST", Path: schemas, Needs: "update Authress:Configuration", Handle: h.createAuditSchema},
		{Method: "POST", Path: exports, Needs: "read Authress:Connections", Handle: h.createAuditExport},
		{Method: "GET", Path: exports + "/{export}", Needs: "read Authress:Connections", Handle: h.getAuditExport},
		{Method: "GET", Path: exports + "/{export}/csv/{secret}", Public: true, Secret: true, Handle: h.downloadAuditExport},
		{Method: "GET", Path: retention, Needs: "read Authress:Connections", Handle: h.getAuditRetention},
		{Method: "PUT", Path: retention, Needs: "update Authress:Connections", Handle: h.setAuditRetention},
		{Method: "GET", Path: "/organizations/{organization}/audit_log_configuration", Needs: "read Authress:Connections", Handle: h.getAuditConfiguration},
	}
}

// auditEventBody is the body that makes an event. What it must have is a pointer
// where a zero value would pass for it.
type auditEventBody struct {
	OrganizationID string      `json:"organization_id"`
	Event          *auditEvent `json:"event"`
}

type auditEvent struct {
	Action     string               `json:"action"`
	OccurredAt string               `json:"occurred_at"`
	Actor      *auditParty          `json:"actor"`
	Targets    []auditParty         `json:"targets"`
	Context    *auditContext        `json:"context"`
	Metadata   access.AuditMetadata `json:"metadata"`
	Version    *int                 `json:"version"`
}

type auditParty struct {
	ID       string               `json:"id"`
	Type     string               `json:"type"`
	Name     string               `json:"name,omitzero"`
	Metadata access.AuditMetadata `json:"metadata,omitempty"`
}

type auditContext struct {
	Location  *string `json:"location"`
	UserAgent string  `json:"user_agent"`
}

// read returns the event. One that names no version is of the first, which all
// were before there was another.
func (b auditEventBody) read() (access.AuditEvent, error) {
	in := b.Event
	switch {
	case b.OrganizationID == "":
		return access.AuditEvent{}, errRequired("organization_id")
	case in == nil:
		return access.AuditEvent{}, errRequired("event")
	case in.Actor == nil:
		return access.AuditEvent{}, errRequired("event.actor")
	case in.Context == nil:
		return access.AuditEvent{}, errRequired("event.context")
	case in.Context.Location == nil:
		return access.AuditEvent{}, errRequired("event.context.location")
	}
	occurred, err := readRequiredInstant("event.occurred_at", in.OccurredAt)
	if err != nil {
		return access.AuditEvent{}, err
	}
	out := access.AuditEvent{
		Organization: access.OrganizationID(b.OrganizationID), Action: in.Action, Version: 1, Occurred: occurred,
		Actor: access.AuditParty(*in.Actor), Targets: make([]access.AuditParty, len(in.Targets)),
		Location: *in.Context.Location, UserAgent: in.Context.UserAgent, Metadata: in.Metadata,
	}
	for i, target := range in.Targets {
		out.Targets[i] = access.AuditParty(target)
	}
	if in.Version != nil {
		out.Version = *in.Version
	}
	return out, nil
}

func errRequired(field string) error {
	return access.FieldErrorf(field, "required", "%s is required", field)
}

// readRequiredInstant is readInstant of what must be there, to the millisecond.
func readRequiredInstant(field, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, errRequired(field)
	}
	t, err := readInstant(field, s)
	return t.UTC().Truncate(time.Millisecond), err
}

type auditEventAnswer struct {
	Success bool `json:"success"`
}

func (h *handler) createAuditEvent(w http.ResponseWriter, r *api.Request) error {
	in, err := api.ReadJSON[auditEventBody](r)
	if err != nil {
		return err
	}
	e, err := in.read()
	if err != nil {
		return err
	}
	if err := h.authz.CreateAuditEvent(r.Context(), r.Caller, e); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, auditEventAnswer{true})
}

type auditRetention struct {
	Days int `json:"retention_period_in_days"`
}

func (h *handler) getAuditRetention(w http.ResponseWriter, r *api.Request) error {
	settings, err := h.authz.AuditSettings(r.Context(), r.Caller, access.OrganizationID(r.Param("organization")))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, auditRetention(settings))
}

// auditRetentionBody sets how long events are kept: in days, as the vendor's
// OpenAPI document says, or as the Node SDK sends it, "1_MONTH" or "10_YEARS".
type auditRetentionBody struct {
	Days   *int    `json:"retention_period_in_days"`
	Period *string `json:"retention_period"`
}

// read takes a month for 30 days and a year for 365.
func (b auditRetentionBody) read() (access.AuditSettings, error) {
	switch {
	case b.Days != nil:
		return access.AuditSettings{Days: *b.Days}, nil
	case b.Period == nil:
		return access.AuditSettings{}, errRequired("retention_period_in_days")
	}
	count, unit, _ := strings.Cut(*b.Period, "_")
	days := map[string]int{"MONTH": 30, "MONTHS": 30, "YEAR": 365, "YEARS": 365}[unit]
	n, err := strconv.ParseUint(count, 10, 8) // longer ones are too long anyhow
	if err != nil || days == 0 {
		return access.AuditSettings{}, access.FieldErrorf("retention_period", "invalid", "retention_period must be a period such as 1_MONTH or 2_YEARS")
	}
	return access.AuditSettings{Days: int(n) * days}, nil
}

func (h *handler) setAuditRetention(w http.ResponseWriter, r *api.Request) error {
	in, err := api.ReadJSON[auditRetentionBody](r)
	if err != nil {
		return err
	}
	settings, err := in.read()
	if err != nil {
		return err
	}
	if err := h.authz.SetAuditSettings(r.Context(), r.Caller, access.OrganizationID(r.Param("organization")), settings); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, auditRetention(settings))
}

// auditConfiguration has no log_stream: logs are streamed to nobody.
type auditConfiguration struct {
	OrganizationID string `json:"organization_id"`
	Days           int    `json:"retention_period_in_days"`
	State          string `json:"state"` // "active": every organization has a log
}

func (h *handler) getAuditConfiguration(w http.ResponseWriter, r *api.Request) error {
	id := r.Param("organization")
	settings, err := h.authz.AuditSettings(r.Context(), r.Caller, access.OrganizationID(id))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, auditConfiguration{OrganizationID: id, Days: settings.Days, State: "active"})
}
