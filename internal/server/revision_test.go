package server_test

import (
	"strconv"
	"testing"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// TestRevisions: in every dialect, an answer to a write that was made names its
// revision, and no other answer does; a request that names one is answered by it.
func TestRevisions(t *testing.T) {
	s := servertest.Start(t)
	var last int
	for _, tt := range []struct {
		method, path, body string
		status             int
		writes             bool
	}{
		{"POST", "/v1/records", `{"recordId":"r1","name":"x","users":[{"userId":"ana"}],"statements":[{"roles":["Authress:Owner"],"resources":[{"resourceUri":"documents/1"}]}]}`, 201, true},
		{"DELETE", "/v1/records/r1", "", 204, true},
		{"POST", "/organizations", `{"name":"Acme"}`, 201, true},
		{"PUT", "/api/v1/roles/priority", `{"roles":["nobody"]}`, 422, false},
		{"PATCH", "/api/v1/settings", `{"multiple_roles":true}`, 200, true},
		{"POST", "/v1/roles", `{"name":"x","permissions":[{"action":"a b"}]}`, 400, false},
		{"POST", "/api/v1/realms", `{"name":"Staging"}`, 201, true}, // of the realm that asked for it
		{"GET", "/v1/records", "", 200, false},
		{"GET", "/v1/users/ana/resources/documents%2F1/permissions/read", "", 404, false},
	} {
		got := s.As(t, s.Owner, tt.method, tt.path, tt.body)
		named := got.Header.Get("Reeve-Revision")
		if got.Status != tt.status || (named != "") != tt.writes {
			t.Errorf("%s %s: %d %s with the revision %q; want %d, one: %t", tt.method, tt.path, got.Status, got.Body, named, tt.status, tt.writes)
		}
		if !tt.writes {
			continue
		}
		rev, err := strconv.Atoi(named)
		if err != nil || rev <= last {
			t.Errorf("%s %s: the revision %q, want one after %d", tt.method, tt.path, named, last)
		}
		last = rev
		if got := s.As(t, s.Owner, "GET", "/v1/records", "", "Reeve-Revision", named); got.Status != 200 {
			t.Errorf("asking by revision %s: %d %s, want 200", named, got.Status, got.Body)
		}
	}
	for _, path := range []string{"/v1/records", "/organizations", "/api/v1/settings"} {
		got := s.As(t, s.Owner, "GET", path, "", "Reeve-Revision", strconv.Itoa(last+100))
		if got.Status != 503 || got.Header.Get("Retry-After") == "" {
			t.Errorf("%s as of a revision that is not there: %d %v, want 503 with Retry-After", path, got.Status, got.Header)
		}
		if got := s.As(t, s.Owner, "GET", path, "", "Reeve-Revision", "latest"); got.Status != 400 {
			t.Errorf("%s as of no revision: %d, want 400", path, got.Status)
		}
		if got := s.As(t, "", "GET", path, "", "Reeve-Revision", "latest"); got.Status != 401 {
			t.Errorf("%s without a credential: %d, want 401", path, got.Status)
		}
	}
	first := s.As(t, s.Owner, "POST", "/organizations", `{"name":"Other"}`, "Idempotency-Key", "k")
	s.Want(t, 200, "PATCH", "/api/v1/settings", `{"multiple_roles":false}`)
	again := s.As(t, s.Owner, "POST", "/organizations", `{"name":"Other"}`, "Idempotency-Key", "k")
	if rev := first.Header.Get("Reeve-Revision"); rev == "" || again.Header.Get("Reeve-Revision") != rev || again.Header.Get("Idempotent-Replayed") == "" {
		t.Errorf("repeated: revision %q, then %q; want the first twice", rev, again.Header.Get("Reeve-Revision"))
	}
}
