package authress_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

func requestBody(user, role, resource string) string {
	return fmt.Sprintf(`{"access":{"users":%s,"statements":[{"roles":[%q],"resources":[{"resourceUri":%q}]}]}}`, userList(user), role, resource)
}

// ask makes an access request and returns its path.
func ask(t *testing.T, s *servertest.Server, key, body string) string {
	t.Helper()
	got := s.As(t, key, "POST", "/v1/requests", body)
	if got.Status != 201 {
		t.Fatalf("asking for %s: %d %s, want 201", body, got.Status, got.Body)
	}
	var req struct {
		RequestID string `json:"requestId"`
	}
	got.JSON(t, &req)
	if !strings.HasPrefix(req.RequestID, "req_") {
		t.Errorf("requestId %q, want req_…", req.RequestID)
	}
	return "/v1/requests/" + req.RequestID
}

const (
	approve = `{"status":"APPROVED"}`
	refuse  = `{"status":"DENIED"}`
)

func TestAccessRequestLifeCycle(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_reader", "documents:read")
	id, key := s.NewClient(t)
	body := requestBody(id, "ro_reader", "/documents/1/")
	created := s.As(t, key, "POST", "/v1/requests", strings.Replace(body, `{"access"`, `{"requestId":"mine","status":"APPROVED","lastUpdated":"0001-01-01T00:00:00Z","tags":{"a":"b"},"access"`, 1))
	var req struct {
		RequestID   string `json:"requestId"`
		LastUpdated string `json:"lastUpdated"`
	}
	created.JSON(t, &req)
	want := `{"requestId":"` + req.RequestID + `","lastUpdated":"` + req.LastUpdated + `","status":"OPEN",` +
		`"access":{"users":[{"userId":"` + id + `"}],"statements":[{"roles":["ro_reader"],"resources":[{"resourceUri":"/documents/1/"}]}]},"tags":{"a":"b"},` +
		`"links":{"self":{"href":"` + s.URL + `/v1/requests/` + req.RequestID + `","rel":"self"}}}`
	if created.Status != 201 || created.Body != want || !strings.HasPrefix(req.RequestID, "req_") {
		t.Errorf("created %d %s, want %s", created.Status, created.Body, want)
	}
	path := "/v1/requests/" + req.RequestID
	if got := s.As(t, key, "GET", path, ""); got.Status != 200 || got.Body != want {
		t.Errorf("read %d %s, want %s", got.Status, got.Body, want)
	}
	for _, decision := range []string{approve, refuse} {
		if got := s.As(t, key, "PATCH", path, decision); got.Status != 403 {
			t.Errorf("%s by who asks: %d %s, want 403", decision, got.Status, got.Body)
		}
	}
	if allowed(t, s, id, "documents/1", "documents:read") {
		t.Error("allowed before the approval")
	}
	if got := s.Want(t, 200, "PATCH", path, approve); !strings.Contains(got.Body, `"status":"APPROVED"`) {
		t.Errorf("approved: %s, want the status", got.Body)
	}
	if !allowed(t, s, id, "documents/1", "documents:read") {
		t.Error("denied after the approval")
	}
	owner, _, _ := strings.Cut(s.Owner, ".")
	if got := s.Want(t, 200, "GET", "/v1/records?filter="+req.RequestID, ""); strings.Count(got.Body, `"recordId"`) != 1 || !strings.Contains(got.Body, `"admins":`+userList(owner)) || !strings.Contains(got.Body, `"tags":{"a":"b"}`) {
		t.Errorf("the record is %s, want one, administered by who approved", got.Body)
	}
	s.Want(t, 200, "PATCH", path, approve) // again
	if got := s.Do(t, "PATCH", path, refuse); got.Status != 409 || got.ErrorCode() != "Conflict" {
		t.Errorf("denying what is approved: %d %s, want 409", got.Status, got.Body)
	}
	if n := countRecords(t, s, s.Owner); n != 2 {
		t.Errorf("after two approvals: %d records, want the owner's and one more", n)
	}
	if got := s.As(t, key, "DELETE", path, ""); got.Status != 204 {
		t.Errorf("deleting it: %d %s, want 204", got.Status, got.Body)
	}
	if !allowed(t, s, id, "documents/1", "documents:read") {
		t.Error("the deletion of the request took away what it gave")
	}
	if got := s.As(t, key, "GET", path, ""); got.Status != 200 || !strings.Contains(got.Body, `"status":"DELETED"`) {
		t.Errorf("after the deletion: %d %s, want 200 DELETED", got.Status, got.Body)
	}
	s.Want(t, 404, "PATCH", path, approve)
	s.Want(t, 404, "PATCH", path, refuse)
	s.Want(t, 404, "DELETE", path, "")
	s.Want(t, 404, "PATCH", "/v1/requests/req_none", approve)
	s.Want(t, 404, "GET", "/v1/requests/req_none", "")
}

func TestDeniedAccessRequest(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_reader", "documents:read")
	id, key := s.NewClient(t)
	path := ask(t, s, key, requestBody(id, "ro_reader", "documents/1"))
	s.Want(t, 200, "PATCH", path, refuse)
	if got := s.Want(t, 200, "PATCH", path, refuse); !strings.Contains(got.Body, `"status":"DENIED"`) {
		t.Errorf("denied twice: %s, want DENIED", got.Body)
	}
	s.Want(t, 409, "PATCH", path, approve)
	if allowed(t, s, id, "documents/1", "documents:read") || countRecords(t, s, s.Owner) != 1 {
		t.Error("a denied request gave something")
	}
}

func TestAccessRequestRefusals(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_reader", "documents:read")
	good := requestBody("ana", "ro_reader", "documents/1")
	st := `{"roles":["ro_reader"],"resources":[{"resourceUri":"documents/1"}]}`
	swap := func(old, with string) string { return strings.Replace(good, old, with, 1) }
	list := func(element string, n int) string {
		return strings.TrimSuffix(strings.Repeat(element+",", n), ",")
	}
	for _, tt := range []struct {
		what, body string
		want       int
		code       string
	}{
		{"nothing", ``, 400, "InvalidRequest"},
		{"no access", `{}`, 400, "InvalidRequest"},
		{"null", swap(good[len(`{"access":`):len(good)-1], `null`), 400, "InvalidRequest"},
		{"no users", swap(`{"userId":"ana"}`, ``), 400, "InvalidRequest"},
		{"100 users", swap(`{"userId":"ana"}`, list(`{"userId":"ana"}`, 100)), 201, ""},
		{"101 users", swap(`{"userId":"ana"}`, list(`{"userId":"ana"}`, 101)), 400, "InvalidRequest"},
		{"a user that is none", swap(`"ana"`, `"*"`), 400, "InvalidRequest"},
		{"no statements", swap(st, ``), 400, "InvalidRequest"},
		{"100 statements", swap(st, list(st, 100)), 201, ""},
		{"101 statements", swap(st, list(st, 101)), 400, "InvalidRequest"},
		{"a bad resource", swap(`documents/1`, `documents//1`), 400, "InvalidRequest"},
		{"a bad role", swap(`ro_reader`, `a b`), 400, "InvalidRequest"},
		{"a member in a case", swap(`"users"`, `"Users"`), 400, "InvalidRequest"},
		{"a long tag", swap(`{"access"`, `{"tags":{"a":"`+strings.Repeat("a", 129)+`"},"access"`), 400, "InvalidRequest"},
		{"a role that does not exist", swap(`ro_reader`, `ro_none`), 422, "UnprocessableEntity"},
		{"a second one that does not", swap(`"ro_reader"`, `"ro_reader","ro_none"`), 422, "UnprocessableEntity"},
		{"users in a statement", swap(`{"roles"`, `{"users":[{"userId":"ben"}],"roles"`), 422, "UnprocessableEntity"},
		{"groups in a statement", swap(`{"roles"`, `{"groups":[{"groupId":"grp_a"}],"roles"`), 422, "UnprocessableEntity"},
		{"empty users in a statement", swap(`{"roles"`, `{"users":[],"groups":null,"roles"`), 201, ""},
		{"a built-in role", swap(`ro_reader`, `Authress:Owner`), 201, ""},
		{"100 kB", swap(st, list(`{"roles":["ro_reader"],"resources":[{"resourceUri":"`+strings.Repeat("a", 500)+`"},{"resourceUri":"`+strings.Repeat("b", 500)+`"}]}`, 100)), 413, "PayloadTooLarge"},
	} {
		if got := s.Do(t, "POST", "/v1/requests", tt.body); got.Status != tt.want || got.ErrorCode() != tt.code {
			t.Errorf("%s: %d %.300s, want %d %s", tt.what, got.Status, got.Body, tt.want, tt.code)
		}
	}
	path := ask(t, s, s.Owner, good)
	for _, body := range []string{``, `{}`, `{"status":"OPEN"}`, `{"status":"approved"}`, `{"status":"DELETED"}`, `{"Status":"APPROVED"}`, `{"status":["APPROVED"]}`} {
		s.Want(t, 400, "PATCH", path, body)
	}
	s.Want(t, 400, "GET", "/v1/requests/a%20b", "")
	s.Want(t, 400, "GET", "/v1/requests?status=open", "")
	s.Want(t, 400, "GET", "/v1/requests?limit=0", "")
	if got := s.As(t, "", "POST", "/v1/requests", good); got.Status != 401 {
		t.Errorf("without a credential: %d, want 401", got.Status)
	}
}

// TestWhoDecides: it takes the authority to give what is asked for; the right
// to update the request is enough to deny it, and to approve nothing.
func TestWhoDecides(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_reader", "documents:read")
	role(t, s, "ro_gives", "documents:read=grant")
	role(t, s, "ro_read", "READ")
	role(t, s, "ro_update", "UPDATE")
	for _, tt := range []struct {
		role, on           string
		approve, deny, get int
	}{
		{"ro_gives", "documents", 200, 200, 403},
		{"ro_gives", "documents/1", 200, 200, 403},
		{"ro_gives", "documents/2", 403, 403, 403},
		{"ro_reader", "documents", 403, 403, 403},
		{"ro_update", "Authress:AccessRequests", 403, 200, 403},
		{"ro_update", "Authress:AccessRequests/*", 403, 200, 403},
		{"ro_read", "Authress:AccessRequests", 403, 403, 200},
		{"ro_update", "Authress:AccessRequests/req_other", 403, 403, 403},
		{"ro_update", "Authress:AccessRecords", 403, 403, 403},
		{"Authress:Owner", "Authress:*", 403, 200, 200},
		{"Authress:Owner", "*", 200, 200, 200},
	} {
		id, key := s.NewClient(t)
		give(t, s, id, tt.role, tt.on)
		for _, do := range []struct {
			method, body string
			want         int
		}{{"PATCH", approve, tt.approve}, {"PATCH", refuse, tt.deny}, {"GET", "", tt.get}} {
			path := ask(t, s, s.Owner, requestBody("ana", "ro_reader", "documents/1"))
			if got := s.As(t, key, do.method, path, do.body); got.Status != do.want {
				t.Errorf("%s %s with %s on %s: %d %s, want %d", do.method, do.body, tt.role, tt.on, got.Status, got.Body, do.want)
			}
		}
	}
	_, nobody := s.NewClient(t)
	path := ask(t, s, s.Owner, requestBody("ana", "ro_reader", "documents/1"))
	for _, p := range []string{path, "/v1/requests/req_none"} { // looks the same
		for method, body := range map[string]string{"GET": "", "DELETE": "", "PATCH": approve} {
			if got := s.As(t, nobody, method, p, body); got.Status != 403 || strings.Contains(got.Body, "documents") {
				t.Errorf("%s %s by nobody: %d %s, want 403 that tells nothing", method, p, got.Status, got.Body)
			}
		}
	}
	if got := s.As(t, nobody, "GET", "/v1/requests", ""); got.Status != 403 {
		t.Errorf("listing by nobody: %d %s, want 403", got.Status, got.Body)
	}
}

// TestApprovalLooksAgain: what was fine when it was asked for may not be so now.
func TestApprovalLooksAgain(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_asked", "documents:read")
	role(t, s, "ro_gives", "documents:read=grant")
	id, key := s.NewClient(t)
	give(t, s, id, "ro_gives", "documents")
	widened := ask(t, s, s.Owner, requestBody("ana", "ro_asked", "documents/1"))
	s.Want(t, 200, "PUT", "/v1/roles/ro_asked", `{"name":"x","permissions":[{"action":"documents:read","allow":true,"grant":false,"delegate":false},{"action":"documents:write","allow":true,"grant":false,"delegate":false}]}`)
	if got := s.As(t, key, "PATCH", widened, approve); got.Status != 403 {
		t.Errorf("with a role that was widened: %d %s, want 403", got.Status, got.Body)
	}
	s.Want(t, 204, "DELETE", "/v1/roles/ro_asked", "")
	if got := s.Do(t, "PATCH", widened, approve); got.Status != 422 || got.ErrorCode() != "UnprocessableEntity" {
		t.Errorf("with a role that is gone: %d %s, want 422", got.Status, got.Body)
	}
	s.Want(t, 200, "PATCH", widened, refuse)
}

func TestAccessRequestLists(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_reader", "documents:read")
	_, key := s.NewClient(t)
	var mine, open []string
	for i := range 24 {
		who := s.Owner
		if i%2 == 0 {
			who = key
		}
		path := ask(t, s, who, requestBody("ana", "ro_reader", "documents/1"))
		id := strings.TrimPrefix(path, "/v1/requests/")
		if i%2 == 0 {
			mine = append(mine, id)
		}
		switch i % 4 {
		case 0:
			s.Want(t, 200, "PATCH", path, approve)
		case 1:
			s.Want(t, 200, "PATCH", path, refuse)
		case 2:
			open = append(open, id)
		case 3:
			s.Want(t, 204, "DELETE", path, "")
		}
	}
	for _, limit := range []int{1, 5, 20, 100} {
		if got := walk(t, s, fmt.Sprintf("/v1/requests?limit=%d&status=OPEN", limit), limit%2 == 0); !sameSet(got, open) {
			t.Errorf("limit %d: open %v, want %v", limit, got, open)
		}
		if got := walk(t, s, fmt.Sprintf("/v1/requests?limit=%d", limit), true); len(got) != 24 {
			t.Errorf("limit %d: %d requests, want 24", limit, len(got))
		}
	}
	for _, status := range []string{"APPROVED", "DENIED", "DELETED"} {
		if got := walk(t, s, "/v1/requests?limit=4&status="+status, true); len(got) != 6 {
			t.Errorf("%s: %v, want six", status, got)
		}
	}
	as := *s
	as.Owner = key
	if got := walk(t, &as, "/v1/requests?limit=5", true); !sameSet(got, mine) {
		t.Errorf("who asked reads %v, want its own %v", got, mine)
	}
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// TestTwoDecideAtOnce: one decision stands, and gives at most one record.
func TestTwoDecideAtOnce(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_reader", "documents:read")
	for i := range 8 {
		user := fmt.Sprint("user", i)
		path := ask(t, s, s.Owner, requestBody(user, "ro_reader", "documents/1"))
		got := make([]servertest.Answer, 4)
		var all sync.WaitGroup
		for n := range got {
			all.Go(func() { got[n] = s.Do(t, "PATCH", path, []string{approve, refuse}[n%2]) })
		}
		all.Wait()
		approved := got[0].Status == 200
		for n, a := range got {
			want := 409
			if (n%2 == 0) == approved {
				want = 200
			}
			if a.Status != want {
				t.Errorf("decision %d: %d %s, want %d", n, a.Status, a.Body, want)
			}
		}
		if allowed(t, s, user, "documents/1", "documents:read") != approved {
			t.Errorf("approved is %v, and what was asked for is the opposite", approved)
		}
	}
}
