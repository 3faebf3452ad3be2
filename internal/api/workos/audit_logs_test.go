package workos_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// auditEvent is the body that logs an event of the organization; members replace
// those that it usually has, and nil takes one away.
func auditEvent(org string, members ...any) string {
	event := map[string]any{
		"action": "document.opened", "occurred_at": time.Now().UTC().Format(time.RFC3339Nano),
		"actor":   map[string]any{"id": "user_1", "type": "user", "name": "Ana"},
		"targets": []any{map[string]any{"id": "doc_1", "type": "document"}},
		"context": map[string]any{"location": "203.0.113.7", "user_agent": "test"},
	}
	for i := 0; i+1 < len(members); i += 2 {
		event[members[i].(string)] = members[i+1]
		if members[i+1] == nil {
			delete(event, members[i].(string))
		}
	}
	return body("organization_id", org, "event", event)
}

func party(id, kind string, more ...any) map[string]any {
	p := map[string]any{"id": id, "type": kind}
	for i := 0; i+1 < len(more); i += 2 {
		p[more[i].(string)] = more[i+1]
	}
	return p
}

// many is metadata of n keys.
func many(n int) map[string]any {
	m := map[string]any{}
	for i := range n {
		m[fmt.Sprint("k", i)] = i
	}
	return m
}

func TestAuditEvents(t *testing.T) {
	s := newServer(t)
	org := s.organization(t, "Acme")
	const events = "/audit_logs/events"
	long := func(n int) string { return strings.Repeat("é", n) }
	targets := func(n int) []any { return slices.Repeat([]any{party("d", "document")}, n) }
	for _, tt := range []struct {
		what, body string
		code       string // of the refusal; empty if there is none
	}{
		{"an event", auditEvent(org), ""},
		{"its least", auditEvent(org, "context", map[string]any{"location": ""}, "actor", party("u", "user")), ""},
		{"from 1970", auditEvent(org, "occurred_at", "1970-01-01T00:00:00.000Z"), ""},
		{"from 1969", auditEvent(org, "occurred_at", "1969-12-31T23:59:59.999Z"), "event.occurred_at:invalid"},
		{"of another zone", auditEvent(org, "occurred_at", "2026-01-15T12:00:00+02:00"), ""},
		{"after the last year", auditEvent(org, "occurred_at", "9999-12-31T23:59:59-12:00"), "event.occurred_at:invalid"},
		{"of no time", auditEvent(org, "occurred_at", nil), "event.occurred_at:required"},
		{"of a day", auditEvent(org, "occurred_at", "2026-01-15"), "event.occurred_at:invalid_date"},
		{"no action", auditEvent(org, "action", nil), "event.action:required"},
		{"a long action", auditEvent(org, "action", long(256)), ""},
		{"a longer action", auditEvent(org, "action", long(257)), "event.action:too_long"},
		{"a control character", auditEvent(org, "action", "a\x00b"), "event.action:invalid"},
		{"no actor", auditEvent(org, "actor", nil), "event.actor:required"},
		{"an actor without an id", auditEvent(org, "actor", party("", "user")), "event.actor.id:required"},
		{"an actor without a type", auditEvent(org, "actor", party("u", "")), "event.actor.type:required"},
		{"a long name", auditEvent(org, "actor", party("u", "user", "name", long(1024))), ""},
		{"a longer name", auditEvent(org, "actor", party("u", "user", "name", long(1025))), "event.actor.name:too_long"},
		{"no targets", auditEvent(org, "targets", nil), "event.targets:required"},
		{"an empty list of targets", auditEvent(org, "targets", []any{}), "event.targets:required"},
		{"all targets", auditEvent(org, "targets", targets(50)), ""},
		{"one target more", auditEvent(org, "targets", targets(51)), "event.targets:too_long"},
		{"a target without an id", auditEvent(org, "targets", []any{party("d", "document"), party("", "x")}), "event.targets[1].id:required"},
		{"no context", auditEvent(org, "context", nil), "event.context:required"},
		{"no location", auditEvent(org, "context", map[string]any{}), "event.context.location:required"},
		{"a long user agent", auditEvent(org, "context", map[string]any{"location": "x", "user_agent": long(1025)}), "event.context.user_agent:too_long"},
		{"version 0", auditEvent(org, "version", 0), "event.version:invalid"},
		{"any version of what has no schema", auditEvent(org, "version", 7), ""},
		{"all sorts of metadata", auditEvent(org, "metadata", map[string]any{"a-B_9": "x", "n": 1.5, "t": true, "": "no name"}), ""},
		{"metadata that is null", auditEvent(org, "metadata", nil), ""},
		{"50 keys", auditEvent(org, "metadata", many(50)), ""},
		{"51 keys", auditEvent(org, "metadata", many(51)), "event.metadata:too_long"},
		{"a key of 40", auditEvent(org, "metadata", map[string]any{strings.Repeat("k", 40): 1}), ""},
		{"a key of 41", auditEvent(org, "metadata", map[string]any{strings.Repeat("k", 41): 1}), "event.metadata:invalid"},
		{"a key with a dot", auditEvent(org, "metadata", map[string]any{"a.b": 1}), "event.metadata:invalid"},
		{"a key that is no ASCII", auditEvent(org, "metadata", map[string]any{"ŉ": 1}), "event.metadata:invalid"},
		{"a value of 500", auditEvent(org, "metadata", map[string]any{"k": long(500)}), ""},
		{"a value of 501", auditEvent(org, "metadata", map[string]any{"k": long(501)}), "event.metadata:invalid"},
		{"a value that is null", auditEvent(org, "metadata", map[string]any{"k": nil}), "event.metadata:invalid"},
		{"a list for a value", auditEvent(org, "metadata", map[string]any{"k": []any{1}}), "event.metadata:invalid"},
		{"an actor's metadata", auditEvent(org, "actor", party("u", "user", "metadata", many(51))), "event.actor.metadata:too_long"},
		{"a target's metadata", auditEvent(org, "targets", []any{party("d", "document", "metadata", map[string]any{"k": map[string]any{}})}), "event.targets[0].metadata:invalid"},
		{"no organization", body("event", map[string]any{}), "organization_id:required"},
		{"no event", body("organization_id", org), "event:required"},
	} {
		if tt.code != "" {
			s.refused(t, 422, tt.code, "POST", events, tt.body)
			continue
		}
		if status, v := s.call(t, "POST", events, tt.body); status != 200 || v["success"] != true {
			t.Errorf("%s: got %d %v, want 200 and success", tt.what, status, v)
		}
	}
	s.refused(t, 400, "bad_request", "POST", events, auditEvent(org, "targets", "doc_1"))
	s.refused(t, 400, "bad_request", "POST", events, strings.Replace(auditEvent(org), `"action"`, `"Action":"x","action"`, 1))
	s.refused(t, 404, "entity_not_found", "POST", events, auditEvent("org_nobody"))
	if v := s.want(t, 404, "POST", events, auditEvent("org_nobody")); v["message"] != "Organization not found: 'org_nobody'." {
		t.Errorf("the message is %q", v["message"])
	}
}

// TestRepeatedAuditEvent: an event that is sent again with its Idempotency-Key is
// in the log once.
func TestRepeatedAuditEvent(t *testing.T) {
	s := newServer(t)
	org := s.organization(t, "Acme")
	text := auditEvent(org)
	for range 3 {
		got := s.As(t, s.APIKey, "POST", "/audit_logs/events", text, "Idempotency-Key", "once")
		if got.Status != 200 {
			t.Fatalf("got %d %s", got.Status, got.Body)
		}
	}
	if rows := s.exported(t, org); len(rows) != 1 {
		t.Errorf("the log has %d events, want one", len(rows))
	}
}

func TestAuditSchemas(t *testing.T) {
	s := newServer(t)
	const path = "/audit_logs/actions/document.opened/schemas"
	object := func(properties string) string {
		return fmt.Sprintf(`{"type":"object","properties":{%s}}`, properties)
	}
	made := s.want(t, 201, "POST", path, fmt.Sprintf(
		`{"actor":{"metadata":%s},"targets":[{"type":"document","metadata":%s},{"type":"folder"}],"metadata":%s}`,
		object(`"role":{"type":"string","enum":["admin","member"]}`), object(`"pages":{"type":"integer"}`), object(`"ok":{"type":"boolean"}`)))
	if got := fmt.Sprint(made["version"], made["actor"], made["targets"], made["metadata"]); got != "1 "+
		"map[metadata:map[properties:map[role:map[enum:[admin member] type:string]] type:object]] "+
		"[map[metadata:map[properties:map[pages:map[type:integer]] type:object] type:document] map[type:folder]] "+
		"map[properties:map[ok:map[type:boolean]] type:object]" {
		t.Errorf("made %s", got)
	}
	second := s.want(t, 201, "POST", path, `{"targets":[{"type":"document"}],"metadata":{"required":["ok"],"additionalProperties":false,"properties":{"ok":{}}}}`)
	if second["version"] != 2.0 || second["actor"] != nil {
		t.Errorf("the second is %v", second)
	}
	third := s.want(t, 201, "POST", path, `{"actor":{"metadata":{}},"targets":[{"type":"document"}]}`)
	if got := fmt.Sprint(third["actor"]); got != "map[metadata:map[]]" || third["metadata"] != nil {
		t.Errorf("the third is %v", third)
	}

	properties := func(n int) string {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf(`"k%d":{}`, i)
		}
		return object(strings.Join(all, ","))
	}
	for _, tt := range []struct{ body, code string }{
		{`{}`, "targets:required"},
		{`{"targets":[]}`, "targets:required"},
		{`{"targets":[{"type":""}]}`, "targets[0].type:required"},
		{`{"targets":[{"type":"a"},{"type":"a"}]}`, "targets[1].type:duplicate"},
		{`{"targets":[` + strings.Repeat(`{"type":"a"},`, 50) + `{"type":"b"}]}`, "targets:too_long"},
		{`{"targets":[{"type":"a"}],"actor":{}}`, "actor.metadata:required"},
		{`{"targets":[{"type":"a"}],"actor":{"metadata":null}}`, "actor.metadata:required"},
		{`{"targets":[{"type":"a"}],"metadata":[]}`, "metadata:invalid"},
		{`{"targets":[{"type":"a"}],"metadata":{"type":"array"}}`, "metadata:invalid"},
		{`{"targets":[{"type":"a"}],"metadata":{"allOf":[]}}`, "metadata:invalid"},
		{`{"targets":[{"type":"a"}],"metadata":{"additionalProperties":{}}}`, "metadata:invalid"},
		{`{"targets":[{"type":"a","metadata":` + object(`"k":{"type":"null"}`) + `}]}`, "targets[0].metadata:invalid"},
		{`{"targets":[{"type":"a"}],"metadata":` + object(`"k":{"pattern":"x"}`) + `}`, "metadata:invalid"},
		{`{"targets":[{"type":"a"}],"metadata":` + object(`"k":{"enum":[{}]}`) + `}`, "metadata:invalid"},
		{`{"targets":[{"type":"a"}],"metadata":` + object(`"k.x":{}`) + `}`, "metadata:invalid"},
		{`{"targets":[{"type":"a"}],"metadata":` + properties(51) + `}`, "metadata:too_long"},
		{`{"targets":[{"type":"a"}],"metadata":{"required":["k.x"]}}`, "metadata:invalid"},
	} {
		s.refused(t, 422, tt.code, "POST", path, tt.body)
	}
	s.refused(t, 422, "action:too_long", "POST", "/audit_logs/actions/"+strings.Repeat("a", 257)+"/schemas", `{"targets":[{"type":"a"}]}`)
	s.want(t, 201, "POST", "/audit_logs/actions/"+strings.Repeat("a", 256)+"/schemas", `{"targets":[{"type":"a"}],"metadata":`+properties(50)+`}`)
	s.want(t, 201, "POST", "/audit_logs/actions/a%2Fb/schemas", `{"targets":[{"type":"a"}]}`)

	if got := column(s.want(t, 200, "GET", path+"?order=asc", ""), "version"); !slices.Equal(got, []string{"1", "2", "3"}) {
		t.Errorf("the versions are %v", got)
	}
	if got := pages(t, s, path, "version"); !slices.Equal(got, []string{"3", "2", "1"}) {
		t.Errorf("the versions are %v", got)
	}
	if got := pages(t, s, "/audit_logs/actions", "name"); !slices.Equal(got, []string{"a/b", strings.Repeat("a", 256), "document.opened"}) {
		t.Errorf("the actions are %v", got)
	}
	actions := s.want(t, 200, "GET", "/audit_logs/actions?order=asc", "")["data"].([]any)
	first := actions[0].(map[string]any)
	if schema := first["schema"].(map[string]any); schema["version"] != 3.0 || first["updated_at"] != schema["created_at"] || first["created_at"] != made["created_at"] {
		t.Errorf("the action is %v", first)
	}
	s.refused(t, 404, "entity_not_found", "GET", "/audit_logs/actions/nothing/schemas", "")
	s.refused(t, 422, "limit:invalid_limit", "GET", path+"?limit=0", "")
	s.refused(t, 422, "limit:invalid_limit", "GET", "/audit_logs/actions?limit=101", "")
}

// pages is a column of a list that is read one by one, forward and back again.
func pages(t *testing.T, s server, path, name string) []string {
	t.Helper()
	var all, back []string
	for cursor := ""; ; {
		page := s.want(t, 200, "GET", path+"?limit=1&after="+cursor, "")
		all = append(all, column(page, name)...)
		if after(page) == "" {
			for b := before(page); b != ""; b = before(page) {
				page = s.want(t, 200, "GET", path+"?limit=1&before="+b, "")
				back = append(column(page, name), back...)
			}
			if !slices.Equal(back, all[:len(all)-1]) {
				t.Errorf("%s backwards: got %v, want the beginning of %v", path, back, all)
			}
			return all
		}
		cursor = after(page)
	}
}

// TestConcurrentAuditSchemas: versions that are made at the same time are numbered
// one after the other.
func TestConcurrentAuditSchemas(t *testing.T) {
	s := newServer(t)
	var made sync.WaitGroup
	for range 8 {
		made.Go(func() {
			if status, v := s.call(t, "POST", "/audit_logs/actions/a/schemas", `{"targets":[{"type":"a"}]}`); status != 201 {
				t.Errorf("got %d %v", status, v)
			}
		})
	}
	made.Wait()
	got := column(s.want(t, 200, "GET", "/audit_logs/actions/a/schemas?order=asc", ""), "version")
	if !slices.Equal(got, []string{"1", "2", "3", "4", "5", "6", "7", "8"}) {
		t.Errorf("the versions are %v", got)
	}
	if got := column(s.want(t, 200, "GET", "/audit_logs/actions", ""), "name"); len(got) != 1 {
		t.Errorf("the actions are %v", got)
	}
}

// TestAuditEventsAgainstSchemas: an event must fit the version that it names, the
// first if it names none.
func TestAuditEventsAgainstSchemas(t *testing.T) {
	s := newServer(t)
	org := s.organization(t, "Acme")
	s.want(t, 201, "POST", "/audit_logs/actions/document.opened/schemas", `{
		"actor":{"metadata":{"properties":{"role":{"type":"string","enum":["admin",2,"member"]}}}},
		"targets":[{"type":"document","metadata":{"type":"object","properties":{"pages":{"type":"integer"}},"required":["pages"]}},{"type":"folder"}],
		"metadata":{"properties":{"ok":{"type":"boolean"},"share":{"type":"number"}},"additionalProperties":false}}`)
	s.want(t, 201, "POST", "/audit_logs/actions/document.opened/schemas", `{"targets":[{"type":"user"}],"metadata":{"properties":{"size":{"enum":[10,true]}}}}`)
	document := func(metadata ...any) []any { return []any{party("d", "document", "metadata", object(metadata...))} }
	fits := document("pages", 3)
	for _, tt := range []struct {
		body   string
		places []string // that do not fit
	}{
		{auditEvent(org, "targets", fits), nil},
		{auditEvent(org, "targets", []any{party("f", "folder", "metadata", object("free", 1))}), nil},
		{auditEvent(org, "targets", document("pages", 3, "free", "x")), nil},
		{auditEvent(org, "targets", fits, "metadata", object("ok", true, "share", 0.5)), nil},
		{auditEvent(org, "targets", fits, "actor", party("u", "user", "metadata", object("role", "admin", "free", 1))), nil},
		{auditEvent(org, "targets", fits, "version", 1), nil},
		{auditEvent(org, "targets", []any{party("u", "user")}, "version", 2), nil},
		{auditEvent(org, "targets", []any{party("u", "user")}, "version", 2, "metadata", object("size", 10)), nil},
		{strings.Replace(auditEvent(org, "targets", document("pages", 3)), `"pages":3`, `"pages":3.0`, 1), nil},
		{auditEvent(org, "action", "document.closed", "targets", []any{party("u", "user")}), nil},

		{auditEvent(org), []string{"/targets/0/metadata"}},
		{auditEvent(org, "targets", document("pages", 3.5)), []string{"/targets/0/metadata/pages"}},
		{auditEvent(org, "targets", document("pages", "3")), []string{"/targets/0/metadata/pages"}},
		{auditEvent(org, "targets", append(document("pages", 3), party("u", "user"))), []string{"/targets/1/type"}},
		{auditEvent(org, "targets", fits, "metadata", object("ok", "yes", "more", 1, "share", true)), []string{"/metadata", "/metadata/ok", "/metadata/share"}},
		{auditEvent(org, "targets", fits, "actor", party("u", "user", "metadata", object("role", "owner"))), []string{"/actor/metadata/role"}},
		{auditEvent(org, "targets", fits, "version", 2), []string{"/targets/0/type"}},
		{auditEvent(org, "targets", []any{party("u", "user")}, "version", 2, "metadata", object("size", "10")), []string{"/metadata/size"}},
		{auditEvent(org, "targets", fits, "version", 3), []string{"/version"}},
	} {
		status, v := s.call(t, "POST", "/audit_logs/events", tt.body)
		if tt.places == nil {
			if status != 200 {
				t.Errorf("%s: got %d %v, want 200", tt.body, status, v)
			}
			continue
		}
		var places []string
		errors, _ := v["errors"].([]any)
		for _, e := range errors {
			place, _ := e.(map[string]any)["instancePath"].(string)
			places = append(places, place)
		}
		if status != 400 || v["code"] != "invalid_audit_log_event" || v["message"] != "Invalid Audit Log event." || !slices.Equal(places, tt.places) {
			t.Errorf("%s: got %d %v, want 400 and %v", tt.body, status, v, tt.places)
		}
	}
}

func object(members ...any) map[string]any {
	o := map[string]any{}
	for i := 0; i+1 < len(members); i += 2 {
		o[members[i].(string)] = members[i+1]
	}
	return o
}

func TestAuditRetention(t *testing.T) {
	s := newServer(t)
	org := s.organization(t, "Acme")
	path := "/organizations/" + org + "/audit_logs_retention"
	const field = "retention_period_in_days"
	want := func(days float64) {
		t.Helper()
		if v := s.want(t, 200, "GET", path, ""); v[field] != days {
			t.Errorf("the retention is %v, want %v", v, days)
		}
		v := s.want(t, 200, "GET", "/organizations/"+org+"/audit_log_configuration", "")
		if v[field] != days || v["organization_id"] != org || v["state"] != "active" || v["log_stream"] != nil {
			t.Errorf("the configuration is %v, want %v days", v, days)
		}
	}
	want(365)
	for _, tt := range []struct {
		body string
		days float64
	}{
		{`{"retention_period_in_days":30}`, 30},
		{`{"retention_period_in_days":365}`, 365},
		{`{"retention_period_in_days":1}`, 1},
		{`{"retention_period_in_days":3650}`, 3650},
		{`{"retention_period":"1_MONTH"}`, 30},
		{`{"retention_period":"11_MONTHS"}`, 330},
		{`{"retention_period":"1_YEAR"}`, 365},
		{`{"retention_period":"10_YEARS"}`, 3650},
	} {
		if v := s.want(t, 200, "PUT", path, tt.body); v[field] != tt.days {
			t.Errorf("%s: got %v, want %v", tt.body, v, tt.days)
		}
		want(tt.days)
	}
	for body, code := range map[string]string{
		`{"retention_period_in_days":0}`:                "retention_period_in_days:invalid",
		`{"retention_period_in_days":-1}`:               "retention_period_in_days:invalid",
		`{"retention_period_in_days":3651}`:             "retention_period_in_days:invalid",
		`{"retention_period":"11_YEARS"}`:               "retention_period_in_days:invalid",
		`{"retention_period":"0_YEARS"}`:                "retention_period_in_days:invalid",
		`{"retention_period":"for ever"}`:               "retention_period:invalid",
		`{"retention_period":"1_WEEK"}`:                 "retention_period:invalid",
		`{"retention_period":"-1_YEAR"}`:                "retention_period:invalid",
		`{"retention_period":"99999999999999999_YEAR"}`: "retention_period:invalid",
		`{"retention_period_in_days":null}`:             "retention_period_in_days:required",
		``:                                              "retention_period_in_days:required",
	} {
		s.refused(t, 422, code, "PUT", path, body)
	}
	s.refused(t, 400, "bad_request", "PUT", path, `{"retention_period_in_days":30.5}`)
	want(3650)
	for _, nobody := range []string{"/organizations/org_nobody/audit_logs_retention", "/organizations/org_nobody/audit_log_configuration"} {
		s.refused(t, 404, "entity_not_found", "GET", nobody, "")
	}
	s.refused(t, 404, "entity_not_found", "PUT", "/organizations/org_nobody/audit_logs_retention", `{"retention_period_in_days":30}`)

	// It is applied: what is past it is read no more, and goes as others come.
	ago := func(days int) string { return time.Now().UTC().AddDate(0, 0, -days).Format(time.RFC3339Nano) }
	for _, days := range []int{40, 29, 1} {
		s.want(t, 200, "POST", "/audit_logs/events", auditEvent(org, "occurred_at", ago(days), "action", fmt.Sprint("a", days)))
	}
	actions := func(want ...string) {
		t.Helper()
		var got []string
		for _, row := range s.exported(t, org) {
			got = append(got, row["action"])
		}
		if !slices.Equal(got, want) {
			t.Errorf("the log has %v, want %v", got, want)
		}
	}
	actions("a40", "a29", "a1")
	s.want(t, 200, "PUT", path, `{"retention_period_in_days":30}`)
	actions("a29", "a1")
	s.want(t, 200, "PUT", path, `{"retention_period_in_days":50}`)
	actions("a40", "a29", "a1") // not gone yet
	s.want(t, 200, "PUT", path, `{"retention_period_in_days":20}`)
	s.want(t, 200, "POST", "/audit_logs/events", auditEvent(org, "action", "now"))
	s.want(t, 200, "PUT", path, `{"retention_period_in_days":365}`)
	actions("a1", "now")
}
