package authress_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

type tenants struct {
	Tenants []struct {
		TenantID string `json:"tenantId"`
	} `json:"tenants"`
	Links struct {
		Next struct {
			Href string `json:"href"`
		} `json:"next"`
	} `json:"links"`
}

func TestTenants(t *testing.T) {
	s := servertest.Start(t)
	const full = `{"tenantId":"t1","tenantLookupIdentifier":"acme","data":{"name":"Acme"},"domains":[{"domain":"acme.example"}],"connection":{"connectionId":"con_1"},"tokenConfiguration":{"accessTokenDuration":"PT1H"}`
	made := s.Want(t, 201, "POST", "/v1/tenants", full+`}`)
	if !strings.HasPrefix(made.Body, full+`,"createdTime":"2`) || !strings.Contains(made.Body, `"href":"`+s.URL+`/v1/tenants/t1"`) {
		t.Errorf("made %s, want what was sent", made.Body)
	}
	if a := s.Want(t, 200, "GET", "/v1/tenants/t1", ""); a.Body != made.Body {
		t.Errorf("read %s, want %s", a.Body, made.Body)
	}
	if a := s.Do(t, "POST", "/v1/tenants", `{"tenantId":"t1"}`); a.Status != 409 || a.ErrorCode() != "TenantAlreadyExists" {
		t.Errorf("made again: %d %s, want 409 TenantAlreadyExists", a.Status, a.Body)
	}
	var chosen struct {
		TenantID    string `json:"tenantId"`
		CreatedTime string `json:"createdTime"`
	}
	if s.Want(t, 201, "POST", "/v1/tenants", `{}`).JSON(t, &chosen); !strings.HasPrefix(chosen.TenantID, "ten_") {
		t.Errorf("an id chosen here is %q", chosen.TenantID)
	}
	s.Want(t, 201, "POST", "/v1/tenants", `{"tenantId":"a.b:c","data":null,"domains":null,"connection":null,"tokenConfiguration":null}`)
	list := func(path string) (ids []string) {
		for path != "" {
			var page tenants
			s.Want(t, 200, "GET", path, "").JSON(t, &page)
			for _, e := range page.Tenants {
				ids = append(ids, e.TenantID)
			}
			path, page = strings.TrimPrefix(page.Links.Next.Href, s.URL), tenants{}
		}
		return ids
	}
	for path, want := range map[string][]string{
		"/v1/tenants":             {"a.b:c", "t1", chosen.TenantID},
		"/v1/tenants?limit=1":     {"a.b:c", "t1", chosen.TenantID},
		"/v1/tenants?filter=ACME": {"t1"},
		"/v1/tenants?filter=none": nil,
	} {
		if got := list(path); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	// A body that was read can be sent back; what is read-only changes nothing.
	a := s.Want(t, 200, "PUT", "/v1/tenants/t1", strings.Replace(made.Body, `"Acme"`, `"Acme 2"`, 1))
	if a.Body != strings.Replace(made.Body, `"Acme"`, `"Acme 2"`, 1) {
		t.Errorf("replaced: %s", a.Body)
	}
	if a := s.Want(t, 200, "PUT", "/v1/tenants/t1", `{}`); strings.Contains(a.Body, "acme") {
		t.Errorf("emptied: %s", a.Body)
	}
	s.Want(t, 204, "DELETE", "/v1/tenants/t1", "")
	for _, method := range []string{"GET", "PUT", "DELETE", "PATCH"} {
		if a := s.Do(t, method, "/v1/tenants/t1", `{"userId":"ana"}`); a.Status != 404 {
			t.Errorf("%s of a deleted tenant: %d %s, want 404", method, a.Status, a.Body)
		}
	}
}

func TestTenantsRefuse(t *testing.T) {
	s := servertest.Start(t)
	s.Want(t, 201, "POST", "/v1/tenants", `{"tenantId":"t1"}`)
	for _, req := range [][3]string{
		{"POST", "/v1/tenants", `{"tenantId":"a/b"}`},
		{"POST", "/v1/tenants", `{"tenantId":"*"}`},
		{"POST", "/v1/tenants", `{"tenantId":"` + strings.Repeat("x", 129) + `"}`},
		{"POST", "/v1/tenants", `{"tenantLookupIdentifier":"` + strings.Repeat("x", 65) + `"}`},
		{"POST", "/v1/tenants", `{"data":{"name":"` + strings.Repeat("x", 65) + `"}}`},
		{"POST", "/v1/tenants", `{"domains":[{"domain":"A.example"}]}`},
		{"POST", "/v1/tenants", `{"domains":[` + strings.TrimSuffix(strings.Repeat(`{"domain":"a"},`, 11), ",") + `]}`},
		{"POST", "/v1/tenants", `{"tokenConfiguration":"x"}`},
		{"POST", "/v1/tenants", `{"TenantId":"x"}`},
		{"POST", "/v1/tenants", `[]`},
		{"PUT", "/v1/tenants/t1", `{"tenantId":"t2"}`},
		{"PATCH", "/v1/tenants/t1/users", `{}`},
		{"PATCH", "/v1/tenants/t1/users", `{"userId":"a*"}`},
		{"PATCH", "/v1/tenants/t1/users", `{"userId":"sc_1"}`},
		{"GET", "/v1/tenants/a%2Fb", ``},
		{"GET", "/v1/tenants?limit=-1", ``},
	} {
		if a := s.Do(t, req[0], req[1], req[2]); a.Status != 400 || a.ErrorCode() != "InvalidRequest" {
			t.Errorf("%s %s %.80s: %d %s, want 400", req[0], req[1], req[2], a.Status, a.Body)
		}
	}
}

// TestTenantUsers: the users of a tenant go with it, and stay users of others.
func TestTenantUsers(t *testing.T) {
	s := servertest.Start(t)
	for _, id := range []string{"t1", "t2"} {
		s.Want(t, 201, "POST", "/v1/tenants", `{"tenantId":"`+id+`"}`)
	}
	for range 2 { // again is no error
		s.Want(t, 204, "PATCH", "/v1/tenants/t1/users", `{"userId":"ana"}`)
		s.Want(t, 204, "PATCH", "/v1/tenants/t2", `{"userId":"ana"}`)
	}
	has := func(tenant string) bool {
		return strings.Contains(s.Want(t, 200, "GET", "/v1/users?tenantId="+tenant, "").Body, `"ana"`)
	}
	if !has("t1") || !has("t2") {
		t.Errorf("in t1 %v, in t2 %v; want both", has("t1"), has("t2"))
	}
	s.Want(t, 204, "DELETE", "/v1/tenants/t1", "")
	s.Want(t, 201, "POST", "/v1/tenants", `{"tenantId":"t1"}`) // a new one of that id inherits nobody
	if has("t1") || !has("t2") {
		t.Errorf("after deletion in t1 %v, in t2 %v; want t2 alone", has("t1"), has("t2"))
	}
}

func TestAccounts(t *testing.T) {
	s := servertest.Start(t)
	own := s.Want(t, 200, "GET", "/v1/accounts/"+s.AccountID, "").Body
	for _, part := range []string{`{"accountId":"` + s.AccountID + `","createdTime":"2`, `"company":{}`, `"links":{"self":{"href":"` + s.URL + `/v1/accounts/` + s.AccountID + `"`} {
		if !strings.Contains(own, part) {
			t.Errorf("the account %s does not contain %s", own, part)
		}
	}
	for agent, list := range map[string]bool{
		"":                                  true,
		"Authress SDK; Javascript; 3.2.0; ": true,
		"Authress SDK; Rust; 0.1; ":         true,
		"curl/8":                            true,
		"Go-http-client/1.1":                true,
		"Authress SDK; Go; 0.1; ":           false,
		"Authress SDK; Python; 3.1; x":      false,
		"Authress SDK; C#; 2.0; ":           false,
		"authress sdk; go":                  false,
	} {
		want := `{"accounts":` + own + `,`
		if list {
			want = `{"accounts":[` + own + `],`
		}
		a := s.As(t, s.Owner, "GET", "/v1/accounts?earliestCacheTime=2026-01-02T03:04:05Z", "", "User-Agent", agent)
		if a.Status != 200 || !strings.HasPrefix(a.Body, want) {
			t.Errorf("to %q: %d %s, want %s", agent, a.Status, a.Body, want)
		}
	}
	_, nobody := s.NewClient(t)
	for path, want := range map[string]string{
		"/v1/accounts":                      "200", // for every caller, without any right
		"/v1/accounts/" + s.AccountID:       "200",
		"/v1/accounts/acc_other":            "404 NotFound",
		"/v1/accounts/" + s.AccountID + "x": "404 NotFound",
	} {
		if got := status(t, s, nobody, path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
		if got := status(t, s, "", path); got != "401 Unauthorized" {
			t.Errorf("%s without a credential: %s, want 401", path, got)
		}
	}
}

// TestLoginSide: what belongs to a login that is not here answers as if nobody
// had set it up, and never with a status that SDKs try again.
func TestLoginSide(t *testing.T) {
	s := servertest.Start(t)
	_, nobody := s.NewClient(t)
	for _, name := range []string{"connections", "extensions", "applications"} {
		for _, path := range []string{"/v1/" + name, "/v1/" + name + "/", "/v1/" + name + "?limit=100&cursor=x"} {
			a := s.As(t, nobody, "GET", path, "")
			if a.Status != 200 || !strings.Contains(a.Body, `"`+name+`":[]`) || !strings.Contains(a.Body, `"pagination":{}`) || !strings.Contains(a.Body, `"self":`) {
				t.Errorf("%s: %d %s, want an empty collection", path, a.Status, a.Body)
			}
			if got := status(t, s, "", path); got != "401 Unauthorized" {
				t.Errorf("%s without a credential: %s, want 401", path, got)
			}
		}
	}
	for _, path := range []string{"/v1/connections/c1", "/v1/connections/c1/users/ana/credentials", "/v1/extensions/e1", "/v1/applications/a1"} {
		if got := status(t, s, nobody, path); got != "404 NotFound" {
			t.Errorf("%s: %s, want 404", path, got)
		}
	}
	for _, req := range [][2]string{
		{"POST", "/v1/connections"}, {"PUT", "/v1/connections/c1"}, {"DELETE", "/v1/connections/c1"},
		{"POST", "/v1/extensions"}, {"PUT", "/v1/extensions/e1"}, {"DELETE", "/v1/extensions/e1"},
		{"POST", "/v1/applications"}, {"PUT", "/v1/applications/a1"}, {"DELETE", "/v1/applications/a1"},
		{"POST", "/v1/applications/a1/users/ana/delegation"},
		{"POST", "/api/authentication"}, {"PATCH", "/api/authentication/r1"}, {"POST", "/api/authentication/r1/tokens"},
		{"POST", "/api/authentication/oauth/tokens"}, {"PATCH", "/api/session"}, {"DELETE", "/api/identities/i1"},
	} {
		if a := s.As(t, nobody, req[0], req[1], `{}`); a.Status != http.StatusMethodNotAllowed || a.ErrorCode() != "NotSupported" {
			t.Errorf("%s %s: %d %s, want 405 NotSupported", req[0], req[1], a.Status, a.Body)
		}
	}
	if a := s.As(t, "", "POST", "/api/authentication/oauth/tokens", `{}`); a.Status != 405 {
		t.Errorf("a login without a credential: %d, want 405", a.Status)
	}
}
