package authress_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

const readerRole = `{"roleId":"ro_reader","name":"Reader","permissions":[{"action":"documents:read","allow":true,"grant":false,"delegate":false}]}`

func TestRoleLifeCycle(t *testing.T) {
	s := servertest.Start(t)
	created := s.Want(t, 201, "POST", "/v1/roles", readerRole)
	want := `{"roleId":"ro_reader","name":"Reader","description":"","permissions":[{"action":"documents:read","allow":true,"grant":false,"delegate":false}],"links":{"self":{"href":"` + s.URL + `/v1/roles/ro_reader","rel":"self"}}}`
	if created.Body != want {
		t.Errorf("created %s, want %s", created.Body, want)
	}
	if got := s.Want(t, 200, "GET", "/v1/roles/ro_reader", ""); got.Body != want {
		t.Errorf("read %s, want %s", got.Body, want)
	}
	if got := s.Do(t, "POST", "/v1/roles", readerRole); got.Status != 409 || got.ErrorCode() != "RoleAlreadyExists" {
		t.Errorf("creating it again: %d %s, want 409 RoleAlreadyExists", got.Status, got.Body)
	}
	changed := strings.Replace(readerRole, `"Reader"`, `"Lector"`, 1)
	if got := s.Want(t, 200, "PUT", "/v1/roles/ro_reader", changed); !strings.Contains(got.Body, `"name":"Lector"`) {
		t.Errorf("changed to %s, want the new name", got.Body)
	}
	if got := s.Want(t, 204, "DELETE", "/v1/roles/ro_reader", ""); got.Body != "" || got.Header.Get("Content-Type") != "" {
		t.Errorf("deleted with the body %q of type %q, want neither", got.Body, got.Header.Get("Content-Type"))
	}
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		body := ""
		if method == "PUT" {
			body = readerRole
		}
		if got := s.Do(t, method, "/v1/roles/ro_reader", body); got.Status != 404 || got.ErrorCode() != "NotFound" {
			t.Errorf("%s after the deletion: %d %s, want 404 NotFound", method, got.Status, got.Body)
		}
	}
	s.Want(t, 201, "POST", "/v1/roles", readerRole) // Terraform makes it again
}

func TestRoleIDIsChosenHereIfAbsent(t *testing.T) {
	s := servertest.Start(t)
	var role struct {
		RoleID string `json:"roleId"`
	}
	s.Want(t, 201, "POST", "/v1/roles", `{"name":"x","permissions":[]}`).JSON(t, &role)
	if !strings.HasPrefix(role.RoleID, "ro_") {
		t.Errorf("roleId = %q, want ro_…", role.RoleID)
	}
}

func TestBuiltInRoleCannotBeChanged(t *testing.T) {
	s := servertest.Start(t)
	owner := `{"roleId":"Authress:Owner","name":"x","permissions":[]}`
	s.Want(t, 200, "GET", "/v1/roles/Authress%3AOwner", "")
	s.Want(t, 403, "POST", "/v1/roles", owner)
	s.Want(t, 403, "POST", "/v1/roles", `{"roleId":"Authress:Mine","name":"x","permissions":[]}`)
	s.Want(t, 403, "PUT", "/v1/roles/Authress:Owner", owner)
	s.Want(t, 403, "DELETE", "/v1/roles/Authress:Owner", "")
}

func TestRoleRefusals(t *testing.T) {
	s := servertest.Start(t)
	s.Want(t, 201, "POST", "/v1/roles", readerRole)
	many := strings.Repeat(`{"action":"a","allow":true},`, 101)
	for _, body := range []string{
		``, `{}`, `[]`, `{"name":""}`, `{"name":"x"}`, `{"name":"x","permissions":null}`, `{"name":"x","permissions":[{"action":""}]}`,
		`{"name":"x","permissions":[{"action":"a*"}]}`, `{"name":"x","permissions":[{"action":"a::b"}]}`,
		`{"name":"x","permissions":[{"action":"a","allow":"yes"}]}`,
		`{"name":"x","permissions":[{"action":"a","Allow":true}]}`,
		`{"name":"x","name":"y"}`, `{"name":"x"} x`,
		`{"roleId":"a b","name":"x"}`, `{"roleId":"` + strings.Repeat("a", 65) + `","name":"x"}`,
		`{"name":"` + strings.Repeat("a", 129) + `"}`, `{"name":"x","description":"` + strings.Repeat("a", 1025) + `"}`,
		`{"name":"x","permissions":[` + strings.TrimSuffix(many, ",") + `]}`,
	} {
		if got := s.Do(t, "POST", "/v1/roles", body); got.Status != 400 || got.ErrorCode() != "InvalidRequest" {
			t.Errorf("POST %.80s: %d %s, want 400 InvalidRequest", body, got.Status, got.Body)
		}
	}
	if got := s.Do(t, "PUT", "/v1/roles/ro_other", readerRole); got.Status != 400 {
		t.Errorf("a body of another id than its path: %d %s, want 400", got.Status, got.Body)
	}
}

// page is any collection of the API.
type page struct {
	Roles []struct {
		RoleID string `json:"roleId"`
	} `json:"roles"`
	Records []struct {
		RecordID  string `json:"recordId"`
		RequestID string `json:"requestId"` // access requests stand in records, too
	} `json:"records"`
	Clients []struct {
		ClientID string `json:"clientId"`
	} `json:"clients"`
	Groups []struct {
		GroupID string `json:"groupId"`
	} `json:"groups"`
	Resources []struct {
		ResourceURI string `json:"resourceUri"`
	} `json:"resources"`
	Pagination struct {
		Next *struct {
			Cursor string `json:"cursor"`
		} `json:"next"`
	} `json:"pagination"`
	Links struct {
		Self struct {
			Href string `json:"href"`
		} `json:"self"`
		Next *struct {
			Href string `json:"href"`
		} `json:"next"`
	} `json:"links"`
}

func (p page) ids() []string {
	var ids []string
	for _, r := range p.Roles {
		ids = append(ids, r.RoleID)
	}
	for _, r := range p.Records {
		ids = append(ids, r.RecordID+r.RequestID)
	}
	for _, r := range p.Clients {
		ids = append(ids, r.ClientID)
	}
	for _, r := range p.Groups {
		ids = append(ids, r.GroupID)
	}
	for _, r := range p.Resources {
		ids = append(ids, r.ResourceURI)
	}
	return ids
}

// walk reads a list to its end, by the absolute links if byLink is set and by
// the cursors otherwise.
func walk(t *testing.T, s *servertest.Server, path string, byLink bool) []string {
	t.Helper()
	var ids []string
	next := path
	for range 1000 {
		var p page
		s.Want(t, 200, "GET", next, "").JSON(t, &p)
		ids = append(ids, p.ids()...)
		if (p.Pagination.Next == nil) != (p.Links.Next == nil) {
			t.Fatalf("%s: the cursor and the link disagree about a next page", next)
		}
		if p.Pagination.Next == nil {
			return ids
		}
		if next = strings.TrimPrefix(p.Links.Next.Href, s.URL); !byLink {
			next = path + "&cursor=" + p.Pagination.Next.Cursor
		}
	}
	t.Fatalf("%s has no end", path)
	return nil
}

func TestEveryPageSizeGivesTheSameRoles(t *testing.T) {
	s := servertest.Start(t)
	want := []string{"Authress:Owner", "member"} // which every realm has from its beginning
	for i := range 23 {
		id := fmt.Sprintf("ro_%02d", i)
		s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"`+id+`","name":"Role `+id+`","permissions":[]}`)
		want = append(want, id)
	}
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"A_first","name":"sorts before the built-in one","permissions":[]}`)
	want = append([]string{"A_first"}, want...)
	for _, limit := range []int{1, 2, 3, 7, 25, 26, 27, 100, 1000} {
		for _, byLink := range []bool{true, false} {
			got := walk(t, s, fmt.Sprintf("/v1/roles?limit=%d", limit), byLink)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("limit %d, by link %v: got %v, want %v", limit, byLink, got, want)
			}
		}
	}
	if got := walk(t, s, "/v1/roles?limit=2&filter=ROLE+ro_1", true); len(got) != 10 {
		t.Errorf("filtered: got %v, want the ten of ro_1…", got)
	}
}

func TestCursorsAreSigned(t *testing.T) {
	s := servertest.Start(t)
	for _, id := range []string{"a", "b", "c"} {
		s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"`+id+`","name":"x","permissions":[]}`)
	}
	var p page
	s.Want(t, 200, "GET", "/v1/roles?limit=2", "").JSON(t, &p)
	cursor := p.Pagination.Next.Cursor
	s.Want(t, 200, "GET", "/v1/roles?limit=2&cursor="+cursor, "")
	for _, path := range []string{
		"/v1/roles?limit=3&cursor=" + cursor, "/v1/roles?cursor=" + cursor, // another limit
		"/v1/roles?limit=2&filter=x&cursor=" + cursor, // another query
		"/v1/records?limit=2&cursor=" + cursor,        // another list
		"/v1/roles?limit=2&cursor=" + cursor[:len(cursor)-1], "/v1/roles?limit=2&cursor=" + cursor + "A",
		"/v1/roles?limit=2&cursor=" + flip(cursor[:1]) + cursor[1:], "/v1/roles?limit=2&cursor=%00", "/v1/roles?limit=2&cursor=a",
	} {
		if got := s.Do(t, "GET", path, ""); got.Status != 400 {
			t.Errorf("%s: %d %s, want 400", path, got.Status, got.Body)
		}
	}
	for _, limit := range []string{"0", "-1", "1.5", "a", "1e2", "99999999999999999999", "+"} {
		if got := s.Do(t, "GET", "/v1/roles?limit="+limit, ""); got.Status != 400 {
			t.Errorf("limit=%s: %d, want 400", limit, got.Status)
		}
	}
	for _, query := range []string{"limit=undefined", "limit=null&cursor=undefined", "limit=", "unknown=1", "limit=2147483647"} {
		s.Want(t, 200, "GET", "/v1/roles?"+query, "")
	}
	s.Want(t, 400, "GET", "/v1/roles?filter=%zz", "")
	s.Want(t, 400, "GET", "/v1/roles?filter="+strings.Repeat("a", 129), "")
}

// flip returns another letter.
func flip(letter string) string {
	if letter == "x" {
		return "y"
	}
	return "x"
}
