package workos

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
)

// auditExport is an export as the API writes it. It is pending when it is made,
// as the vendor's is: that answer is kept for repeats of the request, and so must
// hold no link. It is ready whenever it is read.
type auditExport struct {
	Object    string  `json:"object"` // "audit_log_export"
	ID        string  `json:"id"`
	State     string  `json:"state"` // pending or ready
	URL       *string `json:"url,omitzero"`
	CreatedAt string  `json:"created_at"`
	UpdatedAt string  `json:"updated_at"`
}

func writeAuditExport(in access.AuditExport) auditExport {
	return auditExport{
		Object: "audit_log_export", ID: string(in.ID), State: "pending",
		CreatedAt: instant(in.Created), UpdatedAt: instant(in.Created),
	}
}

// auditExportBody is the body that makes an export.
type auditExportBody struct {
	OrganizationID string   `json:"organization_id"`
	RangeStart     string   `json:"range_start"`
	RangeEnd       string   `json:"range_end"`
	Actions        []string `json:"actions"`
	Actors         []string `json:"actors"` // older clients' name for the next
	ActorNames     []string `json:"actor_names"`
	ActorIDs       []string `json:"actor_ids"`
	Targets        []string `json:"targets"` // types
}

func (b auditExportBody) read() (access.AuditExport, error) {
	if b.OrganizationID == "" {
		return access.AuditExport{}, errRequired("organization_id")
	}
	from, err := readRequiredInstant("range_start", b.RangeStart)
	if err != nil {
		return access.AuditExport{}, err
	}
	until, err := readRequiredInstant("range_end", b.RangeEnd)
	if err != nil {
		return access.AuditExport{}, err
	}
	return access.AuditExport{
		Organization: access.OrganizationID(b.OrganizationID), From: from, Until: until, Actions: b.Actions,
		ActorNames: append(b.Actors, b.ActorNames...), ActorIDs: b.ActorIDs, TargetTypes: b.Targets,
	}, nil
}

func (h *handler) createAuditExport(w http.ResponseWriter, r *api.Request) error {
	in, err := api.ReadJSON[auditExportBody](r)
	if err != nil {
		return err
	}
	x, err := in.read()
	if err != nil {
		return err
	}
	if x, err = h.authz.CreateAuditExport(r.Context(), r.Caller, x); err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, writeAuditExport(x))
}

func (h *handler) getAuditExport(w http.ResponseWriter, r *api.Request) error {
	x, secret, err := h.authz.AuditExport(r.Context(), r.Caller, access.AuditExportID(r.Param("export")))
	if err != nil {
		return err
	}
	out := writeAuditExport(x)
	link := r.Base(h.publicURL) + "/audit_logs/exports/" + url.PathEscape(out.ID) + "/csv/" + secret
	out.State, out.URL = "ready", &link
	return writeJSON(w, http.StatusOK, out)
}

// auditColumns head the file. The vendor does not say which its files have.
var auditColumns = [...]string{
	"id", "organization_id", "action", "version", "occurred_at", "received_at", "actor_id", "actor_type", "actor_name", "actor_metadata",
	"targets", "context_location", "context_user_agent", "metadata",
}

// downloadTime is how long a part of the file may take to be sent.
const downloadTime = 15 * time.Second

// downloadAuditExport sends the file in parts. One that fails on the way breaks
// the connection: a client must not take it for the whole.
func (h *handler) downloadAuditExport(w http.ResponseWriter, r *api.Request) error {
	extract, err := h.authz.OpenAuditExport(r.Context(), access.AuditExportID(r.Param("export")), r.Param("secret"))
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "text/csv; charset=utf-8")
	header.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s.csv"`, r.Param("export")))
	header.Set("Referrer-Policy", "no-referrer")
	out := csv.NewWriter(w)
	_ = out.Write(auditColumns[:]) // Flush tells of errors
	for more := true; more; {
		var events []access.AuditEvent
		if events, more, err = extract.Next(r.Context()); err != nil {
			return err
		}
		if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(downloadTime)); err != nil {
			return fmt.Errorf("giving a download more time: %w", err)
		}
		for i := range events {
			row, err := auditRow(&events[i])
			if err != nil {
				return err
			}
			_ = out.Write(row)
		}
		if out.Flush(); out.Error() != nil {
			return fmt.Errorf("sending a part of a download: %w", out.Error())
		}
	}
	return nil
}

func auditRow(e *access.AuditEvent) ([]string, error) {
	targets := make([]auditParty, len(e.Targets))
	for i, t := range e.Targets {
		targets[i] = auditParty(t)
	}
	row := []string{
		string(e.ID), string(e.Organization), e.Action, strconv.Itoa(e.Version), instant(e.Occurred), instant(e.Received),
		e.Actor.ID, e.Actor.Type, e.Actor.Name, "", "", e.Location, e.UserAgent, "",
	}
	for column, v := range map[int]any{9: e.Actor.Metadata, 10: targets, 13: e.Metadata} {
		text, err := json.Marshal(v, json.Deterministic(true))
		if err != nil {
			return nil, fmt.Errorf("encoding the audit event %s: %w", e.ID, err)
		}
		row[column] = string(text)
	}
	for i := range row {
		row[i] = harmless(row[i])
	}
	return row, nil
}

// harmless puts a quote before what a spreadsheet would run as a formula.
// Source: OWASP on CSV injection, which names the wide forms and controls, too.
func harmless(cell string) string {
	rest := strings.TrimLeftFunc(cell, unicode.IsSpace)
	if strings.IndexAny(rest, "=+-@＝＋－＠") == 0 || strings.IndexAny(cell, "\t\r\n") == 0 {
		return "'" + cell
	}
	return cell
}
