package workos_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
)

func TestWebhookEndpoints(t *testing.T) {
	s := newServer(t)
	made := s.want(t, 201, "POST", "/webhook_endpoints", `{"endpoint_url":"https://example.com/a","events":["role.created","user.deleted","role.created","dsync.user.created"]}`)
	secret := made["secret"].(string)
	if !strings.HasPrefix(secret, "whsec_") || len(secret) < 30 || made["status"] != "enabled" || !strings.HasPrefix(id(made), "we_") {
		t.Errorf("made %v", made)
	}
	if got := fmt.Sprint(made["events"]); got != "[role.created user.deleted dsync.user.created]" {
		t.Errorf("the events are %s, want each once in the order given", got)
	}
	// The secret is never told again.
	listed := s.want(t, 200, "GET", "/webhook_endpoints", "")["data"].([]any)[0].(map[string]any)
	if listed["secret"] != "whsec_..."+secret[len(secret)-4:] {
		t.Errorf("the list has the secret %v, want its end", listed["secret"])
	}
	listed["secret"] = secret
	if fmt.Sprint(listed) != fmt.Sprint(made) {
		t.Errorf("listed %v, want %v", listed, made)
	}
	path := "/webhook_endpoints/" + id(made)
	for _, tt := range []struct{ body, url, events, status string }{
		{`{}`, "https://example.com/a", "[role.created user.deleted dsync.user.created]", "enabled"},
		{`{"status":"disabled"}`, "https://example.com/a", "[role.created user.deleted dsync.user.created]", "disabled"},
		{`{"events":["authorization_resource.created","role_assignment.deleted"]}`, "https://example.com/a", "[authorization_resource.created role_assignment.deleted]", "disabled"},
		{`{"endpoint_url":"https://example.com/b","events":[]}`, "https://example.com/b", "[]", "disabled"},
		{`{"status":"enabled","endpoint_url":"https://example.com/b"}`, "https://example.com/b", "[]", "enabled"},
	} {
		got := s.want(t, 200, "PATCH", path, tt.body)
		if got["endpoint_url"] != tt.url || fmt.Sprint(got["events"]) != tt.events || got["status"] != tt.status || got["secret"] != "whsec_..."+secret[len(secret)-4:] {
			t.Errorf("PATCH %s: got %v", tt.body, got)
		}
	}
	s.want(t, 204, "DELETE", path, "")
	s.refused(t, 404, "entity_not_found", "DELETE", path, "")
	s.refused(t, 404, "entity_not_found", "PATCH", path, `{}`)
	if got := column(s.want(t, 200, "GET", "/webhook_endpoints", ""), "id"); len(got) != 0 {
		t.Errorf("after the deletion: got %v", got)
	}
	if strings.Contains(s.Log.String(), secret) {
		t.Error("the log has the secret")
	}
}

func TestWebhookEndpointsRefuse(t *testing.T) {
	s := newServer(t)
	with := func(url string) string { return fmt.Sprintf(`{"endpoint_url":%q,"events":["role.created"]}`, url) }
	made := s.want(t, 201, "POST", "/webhook_endpoints", with("https://example.com/a"))
	other := s.want(t, 201, "POST", "/webhook_endpoints", with("https://example.com/"+strings.Repeat("a", 2048-20)))
	path := "/webhook_endpoints/" + id(made)
	for _, url := range []string{
		"", "http://example.com/a", "ftp://example.com", "example.com", "https://", "https://user:password@example.com/", "https://127.0.0.1/",
		"https://10.1.2.3/", "https://[::1]/", "https://169.254.169.254/latest", "http://localhost:1/", "https://example.com/" + strings.Repeat("a", 2049-20), "https://a b/",
	} {
		s.refused(t, 422, "invalid_url", "POST", "/webhook_endpoints", with(url))
		s.refused(t, 422, "invalid_url", "PATCH", path, with(url))
	}
	for _, tt := range []struct {
		status     int
		code, body string
	}{
		{422, "events:unknown_event_type", `{"endpoint_url":"https://example.com/b","events":["role.create"]}`},
		{422, "events:unknown_event_type", `{"endpoint_url":"https://example.com/b","events":["role.created","*"]}`},
		{422, "events:events_required", `{"endpoint_url":"https://example.com/b","events":null}`},
		{422, "endpoint_url:endpoint_url_required", `{"endpoint_url":null,"events":[]}`},
		{400, "bad_request", `{"endpoint_url":1,"events":[]}`},
		{400, "bad_request", `{"endpoint_url":"https://example.com/b","events":"role.created"}`},
		{400, "bad_request", `[`},
	} {
		s.refused(t, tt.status, tt.code, "POST", "/webhook_endpoints", tt.body)
		s.refused(t, tt.status, tt.code, "PATCH", path, tt.body)
	}
	s.refused(t, 422, "events:events_required", "POST", "/webhook_endpoints", `{"endpoint_url":"https://example.com/b"}`)
	s.refused(t, 422, "endpoint_url:endpoint_url_required", "POST", "/webhook_endpoints", `{"events":[]}`)
	s.refused(t, 422, "status:invalid_status", "PATCH", path, `{"status":"off"}`)
	s.refused(t, 422, "status:invalid_status", "PATCH", path, `{"status":null}`)
	s.refused(t, 409, "duplicate_endpoint", "POST", "/webhook_endpoints", with("https://example.com/a"))
	s.refused(t, 409, "duplicate_endpoint", "PATCH", "/webhook_endpoints/"+id(other), with("https://example.com/a"))
	for _, e := range s.want(t, 200, "GET", "/webhook_endpoints", "")["data"].([]any) {
		if e := e.(map[string]any); e["updated_at"] != e["created_at"] {
			t.Errorf("a refused change left %v", e)
		}
	}
}

func TestWebhookEndpointsAreListed(t *testing.T) {
	s := newServer(t)
	var ids []string
	for i := range access.MaxWebhookEndpoints {
		ids = append(ids, id(s.want(t, 201, "POST", "/webhook_endpoints", fmt.Sprintf(`{"endpoint_url":"https://example.com/%d","events":[]}`, i))))
	}
	s.refused(t, 422, "endpoint_url:too_many_endpoints", "POST", "/webhook_endpoints", `{"endpoint_url":"https://example.com/more","events":[]}`)
	slices.Reverse(ids)
	if got := column(s.want(t, 200, "GET", "/webhook_endpoints", ""), "id"); !slices.Equal(got, ids[:10]) {
		t.Errorf("by default: got %v, want the ten newest", got)
	}
	page := s.want(t, 200, "GET", "/webhook_endpoints?limit=100", "")
	if got := column(page, "id"); !slices.Equal(got, ids) || after(page) != "" {
		t.Errorf("all: got %d", len(got))
	}
	page = s.want(t, 200, "GET", "/webhook_endpoints?limit=5&after="+ids[4], "")
	if got := column(page, "id"); !slices.Equal(got, ids[5:10]) || after(page) != ids[9] || before(page) != ids[5] {
		t.Errorf("after the fifth: got %v", got)
	}
	if got := column(s.want(t, 200, "GET", "/webhook_endpoints?limit=5&before="+ids[7], ""), "id"); !slices.Equal(got, ids[2:7]) {
		t.Errorf("before the eighth: got %v", got)
	}
	s.refused(t, 422, "limit:invalid_limit", "GET", "/webhook_endpoints?limit=101", "")
}

// TestWebhookTwins: of endpoints made at the same time at one URL there is one.
func TestWebhookTwins(t *testing.T) {
	s := newServer(t)
	var made atomic.Int32
	var working sync.WaitGroup
	for range 8 {
		working.Go(func() {
			if s.As(t, s.APIKey, "POST", "/webhook_endpoints", `{"endpoint_url":"https://example.com/","events":[]}`).Status == 201 {
				made.Add(1)
			}
		})
	}
	working.Wait()
	if n := made.Load(); n != 1 {
		t.Errorf("%d endpoints were made, want 1", n)
	}
}

// TestWebhooksAreForWhoMayWriteThem: each right is enough for its part, and
// another is not.
func TestWebhooksAreForWhoMayWriteThem(t *testing.T) {
	s := newServer(t)
	hook, _ := s.subscribe(t, "https://example.com/a", "role.created")
	other, _ := s.subscribe(t, "https://example.com/b", "role.created")
	n := 0
	holds := func(action, resource string) string {
		t.Helper()
		n++
		client, key := s.NewClient(t)
		role := fmt.Sprintf("ro_%d", n)
		s.Want(t, 201, "POST", "/v1/roles", fmt.Sprintf(`{"roleId":%q,"name":"x","permissions":[{"action":%q,"allow":true,"grant":false,"delegate":false}]}`, role, action))
		s.Want(t, 201, "POST", "/v1/records", fmt.Sprintf(`{"name":"x","users":[{"userId":%q}],"statements":[{"roles":[%q],"resources":[{"resourceUri":%q}]}]}`, client, role, resource))
		return key
	}
	const no, missing = 403, 404
	for _, tt := range []struct {
		action, resource                  string
		list, create, update, other, gone int
	}{
		{"read", "Authress:Webhooks", 200, no, no, no, no},
		{"create", "Authress:Webhooks", no, 201, no, no, no},
		{"update", "Authress:Webhooks", no, no, 200, 200, missing},
		{"update", "Authress:Webhooks/" + hook, no, no, 200, no, no},
		{"*", "Authress:Configuration", no, no, no, no, no},
		{"*", "Authress:Events", no, no, no, no, no},
	} {
		key := holds(tt.action, tt.resource)
		for _, r := range []struct {
			method, path, body string
			want               int
		}{
			{"GET", "/webhook_endpoints", "", tt.list},
			{"POST", "/webhook_endpoints", fmt.Sprintf(`{"endpoint_url":"https://example.com/%d","events":[]}`, n), tt.create},
			{"PATCH", "/webhook_endpoints/" + hook, `{}`, tt.update},
			{"PATCH", "/webhook_endpoints/" + other, `{}`, tt.other},
			{"DELETE", "/webhook_endpoints/we_none", "", tt.gone},
		} {
			if got := s.As(t, key, r.method, r.path, r.body); got.Status != r.want {
				t.Errorf("with %s on %s: %s %s: got %d %s, want %d", tt.action, tt.resource, r.method, r.path, got.Status, got.Body, r.want)
			}
		}
	}
}
