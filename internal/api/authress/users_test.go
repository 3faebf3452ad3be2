package authress_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// see lets the server see users by their tokens.
func (s trusting) see(t *testing.T, users ...string) {
	t.Helper()
	for _, u := range users {
		if got := status(t, s.Server, s.token(u, "name", "Name of "+u, "email", u+"@example.com"), "/v1/users/"+url.PathEscape(u)); got != "200" {
			t.Fatalf("%s about herself: %s, want 200", u, got)
		}
	}
}

func TestUserIsMadeWhenSeen(t *testing.T) {
	s := startTrusting(t)
	if got := status(t, s.Server, s.Owner, "/v1/users/ana"); got != "404 NotFound" {
		t.Errorf("before: %s, want 404", got)
	}
	token := s.token("ana", "name", "Ana", "email", "ana@example.com", "picture", "https://example.com/ana.png")
	for range 3 {
		a := s.As(t, token, "GET", "/v1/users/ana", "")
		const want = `{"userId":"ana","name":"Ana","email":"ana@example.com","picture":"https://example.com/ana.png","linkedIdentities":[]}`
		if a.Status != 200 || a.Body != want {
			t.Errorf("%d %s, want %s", a.Status, a.Body, want)
		}
	}
	// Another token that says less takes nothing away; one that says otherwise counts.
	if a := s.As(t, s.token("ana"), "GET", "/v1/users/ana", ""); !strings.Contains(a.Body, `"name":"Ana"`) {
		t.Errorf("after a token without a name: %s", a.Body)
	}
	if a := s.As(t, s.token("ana", "name", "Anna"), "GET", "/v1/users/ana", ""); !strings.Contains(a.Body, `"name":"Anna","email":"ana@example.com"`) {
		t.Errorf("after a token with another name: %s", a.Body)
	}
	if a := s.As(t, s.token("ben", "name", "bad\x00name", "email", strings.Repeat("x", 300)), "GET", "/v1/users/ben", ""); a.Body != `{"userId":"ben","linkedIdentities":[]}` {
		t.Errorf("a token with a bad name and email: %d %s", a.Status, a.Body)
	}
	// Nothing is made by a token that is refused.
	s.As(t, s.token("cat")+"x", "GET", "/v1/users/cat", "")
	if got := status(t, s.Server, s.Owner, "/v1/users/cat"); got != "404 NotFound" {
		t.Errorf("cat, whose token was refused: %s, want 404", got)
	}
}

func TestUsers(t *testing.T) {
	s := startTrusting(t)
	s.see(t, "ana", "ben", "auth0|cat", "dan x", "ORG/eve")
	ids := func(path string) []string {
		t.Helper()
		var all []string
		for path != "" {
			var page struct {
				Users []struct {
					UserID           string `json:"userId"`
					LinkedIdentities *[]int `json:"linkedIdentities"`
				} `json:"users"`
				Links struct {
					Next struct {
						Href string `json:"href"`
					} `json:"next"`
				} `json:"links"`
			}
			s.Want(t, 200, "GET", path, "").JSON(t, &page)
			for _, u := range page.Users {
				all = append(all, u.UserID)
				if u.LinkedIdentities == nil {
					t.Errorf("%s has no linkedIdentities", u.UserID)
				}
			}
			path = strings.TrimPrefix(page.Links.Next.Href, s.URL)
		}
		return all
	}
	everybody := []string{"ORG/eve", "ana", "auth0|cat", "ben", "dan x"}
	for path, want := range map[string][]string{
		"/v1/users":                                everybody,
		"/v1/users/":                               everybody,
		"/v1/users?limit=1":                        everybody,
		"/v1/users?limit=2":                        everybody,
		"/v1/users?limit=1000":                     everybody,
		"/v1/users?filter=ANA":                     {"ana"},
		"/v1/users?filter=example.com&limit=2":     everybody,
		"/v1/users?filter=name+of+ben":             {"ben"},
		"/v1/users?filter=nobody":                  nil,
		"/v1/users?filter=undefined&tenantId=null": everybody,
		"/v1/users?tenantId=none":                  nil,
	} {
		if got := ids(path); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	s.Want(t, 201, "POST", "/v1/tenants", `{"tenantId":"t1"}`)
	s.Want(t, 201, "POST", "/v1/tenants", `{"tenantId":"t"}`)
	for _, u := range []string{"ben", "ana", "not seen"} {
		s.Want(t, 204, "PATCH", "/v1/tenants/t1/users", fmt.Sprintf(`{"userId":%q}`, u))
	}
	for path, want := range map[string][]string{
		"/v1/users?tenantId=t1":            {"ben", "ana", "not seen"},
		"/v1/users?tenantId=t1&limit=1":    {"ben", "ana", "not seen"},
		"/v1/users?tenantId=t1&filter=BEN": {"ben"},
		"/v1/users?tenantId=t":             nil,
		"/v1/users?tenantId=T1":            nil,
	} {
		if got := ids(path); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	for _, path := range []string{"/v1/users?limit=0", "/v1/users?limit=x", "/v1/users?cursor=x", "/v1/users?tenantId=a%2Fb", "/v1/users?filter=" + strings.Repeat("x", 65), "/v1/users/a*", "/v1/users/%20a"} {
		if got := status(t, s.Server, s.Owner, path); got != "400 InvalidRequest" {
			t.Errorf("%s: %s, want 400", path, got)
		}
	}
	id, key := s.NewClient(t)
	if got := status(t, s.Server, key, "/v1/users/"+id); got != "404 NotFound" {
		t.Errorf("a client about itself: %s, want 404: it is no user", got)
	}
	// Who may read one user lists that one.
	role(t, s.Server, "ro_read", "READ")
	give(t, s.Server, "ben", "ro_read", "Authress:Users/ana")
	if a := s.As(t, s.token("ben"), "GET", "/v1/users", ""); a.Status != 200 || !strings.Contains(a.Body, `"ana"`) || !strings.Contains(a.Body, `"ben"`) || strings.Contains(a.Body, "cat") {
		t.Errorf("ben lists %d %s, want himself and ana", a.Status, a.Body)
	}
}

func TestTokenConfiguration(t *testing.T) {
	s := startTrusting(t)
	s.see(t, "ana")
	big := `{"x":"` + strings.Repeat("x", 1015) + `"}` // 1023 bytes
	for _, tt := range []struct{ path, body, want string }{
		{"/v1/users/ana", `{"defaultClaims":{"defaultAccessTokenClaims":{"a": 1},"defaultUserIdentityClaims":{"b":[true]}}}`, `{"defaultClaims":{"defaultAccessTokenClaims":{"a":1},"defaultUserIdentityClaims":{"b":[true]}}}`},
		{"/v1/users/ana/token-configuration", `{"defaultClaims":{"defaultAccessTokenClaims":{"c":"d"}}}`, `{"defaultClaims":{"defaultAccessTokenClaims":{"c":"d"}}}`},
		{"/v1/users/ana", `{"userId":"ana","tokenConfiguration":{"defaultClaims":{"defaultUserIdentityClaims":` + big + `}}}`, `{"defaultClaims":{"defaultUserIdentityClaims":` + big + `}}`},
		{"/v1/users/ana", `{"defaultClaims":{"defaultAccessTokenClaims":null}}`, ""},
	} {
		a := s.Do(t, "PUT", tt.path, tt.body)
		if a.Status != 200 || tt.want != "" && !strings.Contains(a.Body, `"tokenConfiguration":`+tt.want+`,`) || tt.want == "" && strings.Contains(a.Body, "tokenConfiguration") {
			t.Errorf("PUT %s %.80s: %d %.300s, want %.300s", tt.path, tt.body, a.Status, a.Body, tt.want)
		}
		if got := s.Do(t, "GET", "/v1/users/ana", ""); got.Body != a.Body {
			t.Errorf("read again: %s, want %s", got.Body, a.Body)
		}
	}
	for path, want := range map[string]int{"/v1/users/ana": 400, "/v1/users/nobody": 404} {
		for _, body := range []string{
			`{"defaultClaims":{"defaultAccessTokenClaims":{"x":"` + strings.Repeat("x", 1016) + `"}}}`,
			`{"defaultClaims":{},"tokenConfiguration":{"defaultClaims":{}}}`,
			`{"defaultClaims":{"defaultAccessTokenClaims":[]}}`,
			`{"defaultClaims":{"defaultAccessTokenClaims":"x"}}`,
			`{"defaultClaims":{"defaultAccessTokenClaims":{"a":1,"a":2}}}`,
			`{"defaultClaims":[]}`,
		} {
			if a := s.Do(t, "PUT", path, body); a.Status != 400 && a.Status != want {
				t.Errorf("PUT %s %.80s: %d %s, want %d", path, body, a.Status, a.Body, want)
			}
		}
	}
	if a := s.Do(t, "PUT", "/v1/users/nobody", `{}`); a.Status != 404 {
		t.Errorf("a user that nobody knows: %d, want 404", a.Status)
	}
	if a := s.As(t, s.token("ana"), "PUT", "/v1/users/ana", `{}`); a.Status != 404 {
		t.Errorf("ana about herself: %d, want 404: it takes a right", a.Status)
	}
}

// checks asks who holds documents:read on documents/1 to 3.
func checks(t *testing.T, s *servertest.Server, users ...string) string {
	t.Helper()
	var held []string
	for _, u := range users {
		for _, n := range []string{"1", "2", "3"} {
			if s.Do(t, "GET", "/v1/users/"+u+"/resources/documents%2F"+n+"/permissions/documents:read", "").Status == 200 {
				held = append(held, u+n)
			}
		}
	}
	return strings.Join(held, " ")
}

// TestDeleteUser: nothing stays of the user, and nobody else gains or loses.
func TestDeleteUser(t *testing.T) {
	s := startTrusting(t)
	s.see(t, "ana", "ben")
	role(t, s.Server, "ro_docs", "documents:read")
	for id, rest := range map[string]string{
		"record-level": `"users":[{"userId":"ana"},{"userId":"ben"}],"statements":[{"roles":["ro_docs"],"resources":[{"resourceUri":"documents/1"}]}]`,
		"alone":        `"users":[{"userId":"ana"}],"statements":[{"roles":["ro_docs"],"resources":[{"resourceUri":"documents"}]}]`,
		"by-statement": `"statements":[
			{"users":[{"userId":"ana"}],"roles":["ro_docs"],"resources":[{"resourceUri":"documents/3"}]},
			{"users":[{"userId":"ben"},{"userId":"ana"}],"roles":["ro_docs"],"resources":[{"resourceUri":"documents/2"}]}]`,
		"group":   `"groups":[{"groupId":"grp_1"}],"statements":[{"roles":["ro_docs"],"resources":[{"resourceUri":"documents/3"}]}]`,
		"deleted": `"users":[{"userId":"ana"}],"statements":[{"roles":["ro_docs"],"resources":[{"resourceUri":"documents/3"}]}]`,
		"admin":   `"admins":[{"userId":"ana"},{"userId":"ben"}],"users":[{"userId":"cat"}],"statements":[{"roles":["ro_docs"],"resources":[{"resourceUri":"documents/3"}]}]`,
		"others":  `"users":[{"userId":"ana2"},{"userId":"Ana"}],"statements":[{"roles":["ro_docs"],"resources":[{"resourceUri":"documents/1"}]}]`,
	} {
		s.Want(t, 201, "POST", "/v1/records", `{"recordId":"`+id+`","name":"x",`+rest+`}`)
	}
	s.Want(t, 204, "DELETE", "/v1/records/deleted", "")
	s.Want(t, 201, "POST", "/v1/groups", `{"groupId":"grp_1","name":"x","users":[{"userId":"ana"},{"userId":"dan"}],"admins":[{"userId":"ana"}]}`)
	s.Want(t, 201, "POST", "/v1/tenants", `{"tenantId":"t1"}`)
	for _, u := range []string{"ana", "ben"} {
		s.Want(t, 204, "PATCH", "/v1/tenants/t1/users", `{"userId":"`+u+`"}`)
	}
	if got, want := checks(t, s.Server, "ana", "ben", "cat", "dan", "ana2", "Ana"), "ana1 ana2 ana3 ben1 ben2 cat3 dan3 ana21 Ana1"; got != want {
		t.Fatalf("before: %s, want %s", got, want)
	}
	others := s.Want(t, 200, "GET", "/v1/records/others", "").Body
	token := s.token("ana")

	if a := s.Do(t, "DELETE", "/v1/users/ana", ""); a.Status != 202 || a.Body != "" {
		t.Fatalf("deleting: %d %s, want 202", a.Status, a.Body)
	}
	if got, want := checks(t, s.Server, "ana", "ben", "cat", "dan", "ana2", "Ana"), "ben1 ben2 cat3 dan3 ana21 Ana1"; got != want {
		t.Errorf("after: %s, want %s", got, want)
	}
	for _, path := range []string{"/v1/records/record-level", "/v1/records/alone", "/v1/records/by-statement", "/v1/records/group", "/v1/records/deleted", "/v1/records/admin", "/v1/groups/grp_1", "/v1/users?tenantId=t1", "/v1/users"} {
		if a := s.Want(t, 200, "GET", path, ""); strings.Contains(a.Body, `"ana"`) {
			t.Errorf("%s names ana: %s", path, a.Body)
		}
	}
	if a := s.Want(t, 200, "GET", "/v1/records/others", ""); a.Body != others {
		t.Errorf("a record that does not name her: %s, want %s", a.Body, others)
	}
	if got := status(t, s.Server, s.Owner, "/v1/users/ana"); got != "404 NotFound" {
		t.Errorf("reading her: %s, want 404", got)
	}
	if a := s.Do(t, "DELETE", "/v1/users/ana", ""); a.Status != 404 {
		t.Errorf("deleting her again: %d, want 404", a.Status)
	}
	// Her token proves her still, and she holds nothing.
	if got := status(t, s.Server, token, "/v1/users/ana/resources/documents%2F1/permissions/documents:read"); got != "404 NotFound" {
		t.Errorf("she asks about herself: %s, want 404", got)
	}
	if got := status(t, s.Server, token, "/v1/records/admin"); got != "404 NotFound" {
		t.Errorf("she reads what she administered: %s, want 404", got)
	}
	// A record that gives nobody anything can be given to somebody again.
	s.Want(t, 202, "PUT", "/v1/records/alone", `{"name":"x","users":[{"userId":"eve"}],"statements":[{"roles":["ro_docs"],"resources":[{"resourceUri":"documents/2"}]}]}`)
	if got, want := checks(t, s.Server, "ana", "eve"), "eve2"; got != want {
		t.Errorf("after the record was given away: %s, want %s", got, want)
	}
}

func TestDeleteUserThatWasNeverSeen(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_docs", "documents:read")
	give(t, s, "ana x", "ro_docs", "documents/1")
	s.Want(t, 202, "DELETE", "/v1/users/ana%20x", "")
	if got := checks(t, s, "ana%20x"); got != "" {
		t.Errorf("she holds %s, want nothing", got)
	}
	s.Want(t, 404, "DELETE", "/v1/users/ana%20x", "")
	id, key := s.NewClient(t)
	s.Want(t, 404, "DELETE", "/v1/users/"+id, "") // a client is deleted as one
	if got := status(t, s, key, "/v1/accounts"); got != "200" {
		t.Errorf("the client: %s, want 200", got)
	}
}

func TestDeleteUserOfManyRecords(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_docs", "documents:read")
	const n = 450 // more than are read at a time
	for i := range n {
		s.Want(t, 201, "POST", "/v1/records", recordBody(fmt.Sprintf("r%d", i), "ana", "ro_docs", "documents/1"))
	}
	s.Want(t, 202, "DELETE", "/v1/users/ana", "")
	if got := checks(t, s, "ana"); got != "" {
		t.Errorf("she holds %s, want nothing", got)
	}
	for i := range n {
		if a := s.Want(t, 200, "GET", fmt.Sprintf("/v1/records/r%d", i), ""); strings.Contains(a.Body, `"ana"`) {
			t.Fatalf("record %d names her: %s", i, a.Body)
		}
	}
}

// TestDeleteUserKeepsAnOwner: deleting a user counts as taking away what it holds.
func TestDeleteUserKeepsAnOwner(t *testing.T) {
	s := startTrusting(t)
	s.see(t, "ana")
	give(t, s.Server, "ana", "Authress:Owner", "*")
	ana := s.token("ana")
	if a := s.As(t, ana, "DELETE", "/v1/records/rec_owner", ""); a.Status != 204 {
		t.Fatalf("ana takes over: %d %s, want 204", a.Status, a.Body)
	}
	if a := s.As(t, ana, "DELETE", "/v1/users/ana", ""); a.Status != 409 {
		t.Errorf("ana, the last owner, deletes herself: %d %s, want 409", a.Status, a.Body)
	}
	give := `{"recordId":"second","name":"x","users":[{"userId":"ben"}],"statements":[{"roles":["Authress:Owner"],"resources":[{"resourceUri":"*"}]}]}`
	if a := s.As(t, ana, "POST", "/v1/records", give); a.Status != 201 {
		t.Fatalf("ana makes ben an owner: %d %s", a.Status, a.Body)
	}
	if a := s.As(t, ana, "DELETE", "/v1/users/ana", ""); a.Status != 202 {
		t.Errorf("ana deletes herself: %d %s, want 202", a.Status, a.Body)
	}
}
