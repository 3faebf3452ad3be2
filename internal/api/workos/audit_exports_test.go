package workos_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	reeve "github.com/reeve-authz/reeve/internal/server"
	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// export makes an export with the members, of all time if they name no range, and
// returns the link to its file as a path.
func (s server) export(t testing.TB, org string, members ...any) string {
	t.Helper()
	members = append([]any{"organization_id", org, "range_start", "1970-01-01T00:00:00Z", "range_end", "9999-12-31T23:59:59.999Z"}, members...)
	made := s.want(t, 201, "POST", "/audit_logs/exports", body(members...))
	if _, linked := made["url"]; made["state"] != "pending" || linked {
		t.Errorf("made %v, want it pending and without a link", made)
	}
	got := s.want(t, 200, "GET", "/audit_logs/exports/"+id(made), "")
	link, _ := got["url"].(string)
	path, ok := strings.CutPrefix(link, s.URL)
	if got["state"] != "ready" || id(got) != id(made) || got["created_at"] != made["created_at"] || !ok {
		t.Fatalf("the export is %v, want it ready, with a link to %s", got, s.URL)
	}
	return path
}

// rows are the events of a file, each with its cells by their columns.
func (s server) rows(t testing.TB, path string) []map[string]string {
	t.Helper()
	got := s.As(t, "", "GET", path, "")
	if got.Status != 200 || got.Header.Get("Content-Type") != "text/csv; charset=utf-8" || got.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("GET %s: got %d %v %s", path, got.Status, got.Header, got.Body)
	}
	all, err := csv.NewReader(strings.NewReader(got.Body)).ReadAll()
	if err != nil {
		t.Fatalf("reading %s: %v", got.Body, err)
	}
	rows := make([]map[string]string, len(all)-1)
	for i, cells := range all[1:] {
		rows[i] = map[string]string{}
		for j, cell := range cells {
			rows[i][all[0][j]] = cell
		}
	}
	return rows
}

// exported is the whole log of an organization.
func (s server) exported(t testing.TB, org string) []map[string]string {
	t.Helper()
	return s.rows(t, s.export(t, org))
}

func TestAuditExport(t *testing.T) {
	s := newServer(t)
	org := s.organization(t, "Acme")
	s.want(t, 200, "POST", "/audit_logs/events", auditEvent(org,
		"occurred_at", "2026-01-15T12:00:00.1239+02:00", "version", 3, "context", object("location", "Zürich, \"West\"", "user_agent", "a\nb"),
		"actor", party("user_1", "user", "name", "Ana", "metadata", object("role", "admin")),
		"targets", []any{party("doc_1", "document", "name", "Plan"), party("f", "folder", "metadata", object("n", 1))},
		"metadata", object("b", true, "a", "<&>")))
	exact := strings.Replace(auditEvent(org, "action", "exact", "metadata", object("n", 1)), `"n":1`, `"n":12345678901234567890.10`, 1)
	s.want(t, 200, "POST", "/audit_logs/events", exact)
	rows := s.exported(t, org)
	if len(rows) != 2 {
		t.Fatalf("got %v, want two events", rows)
	}
	if got := rows[1]["metadata"]; got != `{"n":12345678901234567890.10}` {
		t.Errorf("the number is %s, want it as it was written", got)
	}
	for column, want := range map[string]string{
		"organization_id": org, "action": "document.opened", "version": "3", "occurred_at": "2026-01-15T10:00:00.123Z",
		"actor_id": "user_1", "actor_type": "user", "actor_name": "Ana", "actor_metadata": `{"role":"admin"}`,
		"targets":          `[{"id":"doc_1","type":"document","name":"Plan"},{"id":"f","type":"folder","metadata":{"n":1}}]`,
		"context_location": `Zürich, "West"`, "context_user_agent": "a\nb", "metadata": `{"a":"<&>","b":true}`,
	} {
		if got := rows[0][column]; got != want {
			t.Errorf("%s: got %q, want %q", column, got, want)
		}
	}
	received, err := time.Parse(time.RFC3339, rows[0]["received_at"])
	if age := time.Since(received); err != nil || age < 0 || age > time.Hour || rows[0]["id"] == "" {
		t.Errorf("the event %v: %v", rows[0], err)
	}
}

// TestFormulasInAuditExport: no cell is one that a spreadsheet runs.
func TestFormulasInAuditExport(t *testing.T) {
	s := newServer(t)
	org := s.organization(t, "Acme")
	for _, cell := range []string{"=1+1", "+1", "-1", "@x", "\t=1", "\rx", "\nx", "  =1", "\u00a0=1", "＝1", "plain", "a=1", "'", "5"} {
		s.want(t, 200, "POST", "/audit_logs/events", auditEvent(org, "action", cell, "actor", party(cell, cell, "name", cell), "context", object("location", cell, "user_agent", cell)))
	}
	harmless := map[string]bool{"plain": true, "a=1": true, "'": true, "5": true}
	rows := s.exported(t, org)
	if len(rows) != 14 {
		t.Fatalf("got %d events", len(rows))
	}
	for _, row := range rows {
		for _, column := range []string{"action", "actor_id", "actor_type", "actor_name", "context_location", "context_user_agent"} {
			cell := row[column]
			if !harmless[cell] && cell[0] != '\'' {
				t.Errorf("%s: the cell %q is dangerous", column, cell)
			}
		}
	}
}

func TestFiltersOfAuditExports(t *testing.T) {
	s := newServer(t)
	org, other := s.organization(t, "Acme"), s.organization(t, "Other")
	at := func(second int) string { return fmt.Sprintf("2026-01-15T12:00:%02d.000Z", second) }
	log := func(org, action, user, name string, second int, types ...string) {
		t.Helper()
		targets := make([]any, len(types))
		for i, kind := range types {
			targets[i] = party("t", kind)
		}
		s.want(t, 200, "POST", "/audit_logs/events", auditEvent(org, "action", action, "occurred_at", at(second), "actor", party(user, "user", "name", name), "targets", targets))
	}
	log(org, "c", "ben", "Ben", 30, "folder") // in another order than they occurred
	log(org, "a", "ana", "Ana", 10, "document", "folder")
	log(org, "b", "ana", "Ana", 20, "team")
	log(org, "d", "eve", "", 20, "team")
	log(other, "x", "ana", "Ana", 15, "team")
	for _, tt := range []struct {
		members []any
		want    string
	}{
		{nil, "a b d c"},
		{[]any{"actions", []any{"a", "c", "nothing"}}, "a c"},
		{[]any{"actions", []any{}}, "a b d c"},
		{[]any{"actors", []any{"Ben"}}, "c"},
		{[]any{"actor_names", []any{"Ana"}}, "a b"},
		{[]any{"actor_names", []any{"Ana"}, "actors", []any{"Ben"}}, "a b c"},
		{[]any{"actor_ids", []any{"ana"}}, "a b"},
		{[]any{"targets", []any{"folder"}}, "a c"},
		{[]any{"targets", []any{"folder"}, "actor_ids", []any{"ana"}}, "a"},
		{[]any{"targets", []any{"nothing"}}, ""},
		{[]any{"range_start", at(20)}, "b d c"},
		{[]any{"range_start", "2026-01-15T12:00:20.001Z"}, "c"},
		{[]any{"range_end", at(20)}, "a b d"},
		{[]any{"range_end", "2026-01-15T12:00:19.999Z"}, "a"},
		{[]any{"range_start", at(10), "range_end", at(10)}, "a"},
		{[]any{"range_start", at(11), "range_end", at(19)}, ""},
	} {
		var got []string
		for _, row := range s.rows(t, s.export(t, org, tt.members...)) {
			got = append(got, row["action"])
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%v: got %v, want %s", tt.members, got, tt.want)
		}
	}

	const exports = "/audit_logs/exports"
	with := func(members ...any) string {
		return body(append([]any{"organization_id", org, "range_start", at(0), "range_end", at(9)}, members...)...)
	}
	for _, tt := range []struct{ body, code string }{
		{with("organization_id", ""), "organization_id:required"},
		{with("range_start", ""), "range_start:required"},
		{with("range_end", ""), "range_end:required"},
		{with("range_end", "tomorrow"), "range_end:invalid_date"},
		{with("range_start", "1969-12-31T23:59:59Z"), "range_start:invalid"},
		{with("actions", slices.Repeat([]any{"a"}, 101)), "actions:too_long"},
		{with("actors", slices.Repeat([]any{"a"}, 60), "actor_names", slices.Repeat([]any{"a"}, 41)), "actor_names:too_long"},
		{with("actor_ids", []any{strings.Repeat("a", 1025)}), "actor_ids[0]:too_long"},
		{with("targets", []any{"a", "\x00"}), "targets[1]:invalid"},
	} {
		s.refused(t, 422, tt.code, "POST", exports, tt.body)
	}
	s.want(t, 201, "POST", exports, with("actions", slices.Repeat([]any{"a"}, 100)))
	s.refused(t, 400, "invalid_audit_log_export_range_date", "POST", exports, with("range_end", "2026-01-15T11:59:59.999Z"))
	s.refused(t, 400, "bad_request", "POST", exports, with("actions", "a"))
	s.refused(t, 404, "entity_not_found", "POST", exports, with("organization_id", "org_nobody"))
	if v := s.want(t, 404, "GET", exports+"/audit_log_export_nobody", ""); v["message"] != "Audit Log Export not found: 'audit_log_export_nobody'." {
		t.Errorf("the message is %q", v["message"])
	}
}

// TestLongAuditExport: a file is whole, however many parts it is sent in, and in
// the order of the events.
func TestLongAuditExport(t *testing.T) {
	s := newServer(t)
	org := s.organization(t, "Acme")
	const n = 100
	for i := range n {
		second := (i*37)%n + 100 // each once
		s.want(t, 200, "POST", "/audit_logs/events", auditEvent(org, "action", fmt.Sprint(second), "occurred_at", fmt.Sprintf("2026-01-15T12:00:00.%dZ", second)))
	}
	if got := s.As(t, "", "GET", s.export(t, org), "", "Accept-Encoding", "gzip"); got.Status != 200 || strings.Count(got.Body, "\n") != n+1 {
		t.Errorf("where compression is accepted: got %d with %d lines", got.Status, strings.Count(got.Body, "\n"))
	}
	rows := s.exported(t, org)
	for i, row := range rows {
		if row["action"] != fmt.Sprint(100+i) {
			t.Fatalf("event %d is %s", i, row["action"])
		}
	}
	if len(rows) != n {
		t.Errorf("got %d events, want %d", len(rows), n)
	}
}

// TestLinksToAuditExports: a link works for nothing but its export, and its secret
// is in no log.
func TestLinksToAuditExports(t *testing.T) {
	s := newServer(t)
	org := s.organization(t, "Acme")
	link, other := s.export(t, org), s.export(t, org)
	head, secret := link[:strings.LastIndex(link, "/")+1], link[strings.LastIndex(link, "/")+1:]
	otherHead := other[:strings.LastIndex(other, "/")+1]
	claims, signature, _ := strings.Cut(secret, ".")
	_, otherSignature, _ := strings.Cut(other[len(otherHead):], ".")
	paths := []string{
		otherHead + secret, head + claims + "." + otherSignature, head + claims + ".", head + claims, head + "." + signature, head + "x",
		head + "A" + secret, head + secret + "A", head + "e30." + signature, head + "%00", strings.Replace(link, "audit_log_export_", "", 1),
		head + secret + "%0A",
	}
	// The last character has bits to spare: every other spelling of it is another secret.
	for _, last := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
		if !strings.HasSuffix(link, string(last)) {
			paths = append(paths, link[:len(link)-1]+string(last))
		}
	}
	for _, path := range paths {
		if got := s.As(t, "", "GET", path, ""); got.Status != 404 || got.ErrorCode() != "entity_not_found" {
			t.Errorf("GET %s: got %d %s, want 404", path, got.Status, got.Body)
		}
	}
	if got := s.As(t, "", "GET", link, ""); got.Status != 200 {
		t.Errorf("the link itself: got %d %s", got.Status, got.Body)
	}
	if again := s.As(t, "", "HEAD", link, ""); again.Status != 200 || again.Body != "" {
		t.Errorf("HEAD: got %d %s", again.Status, again.Body)
	}
	s.want(t, 200, "DELETE", "/organizations/"+org, "")
	if got := s.As(t, "", "GET", link, ""); got.Status != 404 {
		t.Errorf("the link to what was deleted: got %d %s", got.Status, got.Body)
	}
	if strings.Contains(s.Log.String(), secret) {
		t.Error("the secret was logged")
	}
}

// TestLinkNamesThePublicURL: rather than the host that was asked.
func TestLinkNamesThePublicURL(t *testing.T) {
	s := server{servertest.StartWith(t, reeve.Config{Data: t.TempDir(), PublicURLs: []string{"https://reeve.example"}})}
	org := s.organization(t, "Acme")
	made := s.want(t, 201, "POST", "/audit_logs/exports", body("organization_id", org, "range_start", "2026-01-01T00:00:00Z", "range_end", "2026-02-01T00:00:00Z"))
	got := s.want(t, 200, "GET", "/audit_logs/exports/"+id(made), "")
	if link, _ := got["url"].(string); !strings.HasPrefix(link, "https://reeve.example/audit_logs/exports/") {
		t.Errorf("the link is %s", link)
	}
}

// TestRightsOnAuditLogs: a log is for who may read or update its organization,
// schemas are for who may read or update the configuration, and a link gives what
// the one who asked for it may read when it is used.
func TestRightsOnAuditLogs(t *testing.T) {
	s := newServer(t)
	org, other := s.organization(t, "Acme"), s.organization(t, "Other")
	s.want(t, 201, "POST", "/audit_logs/actions/a/schemas", `{"targets":[{"type":"a"}]}`)
	exportOf := func(org string) string {
		return body("organization_id", org, "range_start", "2026-01-01T00:00:00Z", "range_end", "2026-02-01T00:00:00Z")
	}
	own := id(s.want(t, 201, "POST", "/audit_logs/exports", exportOf(org)))
	foreign := id(s.want(t, 201, "POST", "/audit_logs/exports", exportOf(other)))
	const retention, days = "/audit_logs_retention", `{"retention_period_in_days":30}`
	requests := []struct{ needs, method, path, body string }{
		{"update " + org, "POST", "/audit_logs/events", auditEvent(org)},
		{"update " + other, "POST", "/audit_logs/events", auditEvent(other)},
		{"read " + org, "POST", "/audit_logs/exports", exportOf(org)},
		{"read " + other, "POST", "/audit_logs/exports", exportOf(other)},
		{"read " + org, "GET", "/audit_logs/exports/" + own, ""},
		{"read " + other, "GET", "/audit_logs/exports/" + foreign, ""},
		{"read " + org, "GET", "/organizations/" + org + retention, ""},
		{"read " + other, "GET", "/organizations/" + other + retention, ""},
		{"update " + org, "PUT", "/organizations/" + org + retention, days},
		{"update " + other, "PUT", "/organizations/" + other + retention, days},
		{"read " + org, "GET", "/organizations/" + org + "/audit_log_configuration", ""},
		{"read configuration", "GET", "/audit_logs/actions", ""},
		{"read configuration", "GET", "/audit_logs/actions/a/schemas", ""},
		{"update configuration", "POST", "/audit_logs/actions/a/schemas", `{"targets":[{"type":"a"}]}`},
	}
	for _, tt := range []struct {
		action, resource string
		gives            []string
	}{
		{"read", "Authress:Connections/" + org, []string{"read " + org}},
		{"update", "Authress:Connections/" + org, []string{"update " + org}},
		{"read", "Authress:Connections/*", []string{"read " + org, "read " + other}},
		{"update", "Authress:Connections/*", []string{"update " + org, "update " + other}},
		{"create", "Authress:Connections/*", nil},
		{"read", "Authress:Configuration", []string{"read configuration"}},
		{"update", "Authress:Configuration", []string{"update configuration"}},
		{"update", "Authress:Roles/*", nil},
	} {
		key := clientWith(t, s, tt.action, tt.resource)
		for _, r := range requests {
			status, v := s.as(t, key, r.method, r.path, r.body)
			if may := slices.Contains(tt.gives, r.needs); may != (status < 300) || !may && status != 403 {
				t.Errorf("with %s on %s: %s %s: got %d %v", tt.action, tt.resource, r.method, r.path, status, v)
			}
		}
		for _, path := range []string{"/audit_logs/exports/audit_log_export_nobody", "/organizations/org_nobody" + retention} {
			status, _ := s.as(t, key, "GET", path, "")
			if all := tt.action == "read" && tt.resource == "Authress:Connections/*"; all != (status == 404) || !all && status != 403 {
				t.Errorf("with %s on %s: GET %s: got %d", tt.action, tt.resource, path, status)
			}
		}
	}
	if got := s.As(t, "", "GET", "/audit_logs/exports/"+own, ""); got.Status != 401 {
		t.Errorf("without a credential: got %d, want 401", got.Status)
	}

	// The link of one who may no longer read.
	client, key := s.NewClient(t)
	s.Want(t, 201, "POST", "/v1/roles", body("roleId", "ro_reader", "name", "x", "permissions", []any{object("action", "read", "allow", true)}))
	s.Want(t, 201, "POST", "/v1/records", body("recordId", "rec_reader", "name", "x", "users", []any{object("userId", client)},
		"statements", []any{object("roles", []any{"ro_reader"}, "resources", []any{object("resourceUri", "Authress:Connections/"+org)})}))
	_, got := s.as(t, key, "GET", "/audit_logs/exports/"+own, "")
	link, _ := got["url"].(string)
	link = strings.TrimPrefix(link, s.URL)
	if got := s.As(t, "", "GET", link, ""); got.Status != http.StatusOK {
		t.Fatalf("the link: got %d %s", got.Status, got.Body)
	}
	s.Want(t, 204, "DELETE", "/v1/records/rec_reader", "")
	if got := s.As(t, "", "GET", link, ""); got.Status != http.StatusForbidden {
		t.Errorf("the link of one who may not read any more: got %d %s, want 403", got.Status, got.Body)
	}
}

// TestAuditLogsOfAnotherRealm: to the owner of another realm nothing of this one
// exists.
func TestAuditLogsOfAnotherRealm(t *testing.T) {
	s := newServer(t)
	org := s.organization(t, "Acme")
	s.want(t, 201, "POST", "/audit_logs/actions/document.opened/schemas", `{"targets":[{"type":"a"}]}`)
	export := id(s.want(t, 201, "POST", "/audit_logs/exports", body("organization_id", org, "range_start", "2026-01-01T00:00:00Z", "range_end", "2026-02-01T00:00:00Z")))
	realm := s.want(t, 201, "POST", "/api/v1/realms", `{"id":"second","account_id":"acc_second","name":"Second"}`)
	key, _ := realm["credentials"].(map[string]any)["api_key"].(string)
	for _, r := range []struct{ method, path, body string }{
		{"POST", "/audit_logs/events", auditEvent(org)},
		{"POST", "/audit_logs/exports", body("organization_id", org, "range_start", "2026-01-01T00:00:00Z", "range_end", "2026-02-01T00:00:00Z")},
		{"GET", "/audit_logs/exports/" + export, ""},
		{"GET", "/audit_logs/actions/document.opened/schemas", ""},
		{"GET", "/organizations/" + org + "/audit_logs_retention", ""},
		{"PUT", "/organizations/" + org + "/audit_logs_retention", `{"retention_period_in_days":30}`},
		{"GET", "/organizations/" + org + "/audit_log_configuration", ""},
	} {
		if status, v := s.as(t, key, r.method, r.path, r.body); status != 404 {
			t.Errorf("%s %s: got %d %v, want 404", r.method, r.path, status, v)
		}
	}
	if _, v := s.as(t, key, "GET", "/audit_logs/actions", ""); len(column(v, "name")) != 0 {
		t.Errorf("the actions are %v", v)
	}
	_, made := s.as(t, key, "POST", "/organizations", `{"name":"Mine"}`)
	if status, v := s.as(t, key, "POST", "/audit_logs/events", auditEvent(id(made))); status != 200 {
		t.Errorf("an event that a schema of the other realm forbids: got %d %v", status, v)
	}
}
