package workos_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestUsers(t *testing.T) {
	s := newServer(t)
	made := s.want(t, 201, "POST", "/user_management/users", `{"email":"Ana@Example.com","first_name":"Ana","last_name":"Lund","external_id":"u/1","metadata":{"k":"v"},
		"email_verified":true,"password":"hunter2","password_hash":"x","ip_address":"127.0.0.1"}`)
	user := id(made)
	if !strings.HasPrefix(user, "user_") || made["email"] != "Ana@Example.com" || made["email_verified"] != true || made["name"] != "Ana Lund" || made["locale"] != nil || made["last_sign_in_at"] != nil {
		t.Errorf("made %v", made)
	}
	for _, path := range []string{"/user_management/users/" + user, "/user_management/users/external_id/u%2F1"} {
		if got := s.want(t, 200, "GET", path, ""); fmt.Sprint(got) != fmt.Sprint(made) {
			t.Errorf("%s: %v, want %v", path, got, made)
		}
	}
	for _, kept := range []string{s.Log.String(), fmt.Sprint(made), s.Want(t, 200, "GET", "/v1/users/"+user, "").Body} {
		if strings.Contains(kept, "hunter2") {
			t.Errorf("a password is in %s", kept)
		}
	}
	bare := s.want(t, 201, "POST", "/user_management/users", `{"email":"ben@example.com","first_name":null,"metadata":null,"email_verified":null}`)
	for _, name := range []string{"first_name", "last_name", "name", "external_id", "profile_picture_url"} {
		if v, set := bare[name]; !set || v != nil {
			t.Errorf("of a bare one, %s is %v, want null", name, v)
		}
	}
	if bare["email_verified"] != false || fmt.Sprint(bare["metadata"]) != "map[]" {
		t.Errorf("a bare one is %v", bare)
	}
	s.want(t, 200, "DELETE", "/user_management/users/"+user, "")
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		s.refused(t, 404, "entity_not_found", method, "/user_management/users/"+user, "")
	}
	s.user(t, "ana@example.com") // the address is free again
}

func TestUpdateUser(t *testing.T) {
	s := newServer(t)
	made := s.want(t, 201, "POST", "/user_management/users", `{"email":"ana@example.com","email_verified":true,"first_name":"Ana","metadata":{"a":"1"}}`)
	s.want(t, 201, "POST", "/user_management/users", `{"email":"ben@example.com","external_id":"ben"}`)
	path := "/user_management/users/" + id(made)
	for _, tt := range []struct{ body, want string }{
		{`{}`, "ana@example.com true Ana <nil> Ana <nil> <nil> map[a:1]"},
		{`{"last_name":"Lund","external_id":"x"}`, "ana@example.com true Ana Lund Ana Lund x <nil> map[a:1]"},
		{`{"name":"A. Lund","locale":"sv-SE"}`, "ana@example.com true Ana Lund A. Lund x sv-SE map[a:1]"},
		{`{"email":"ANA@example.com"}`, "ANA@example.com true Ana Lund A. Lund x sv-SE map[a:1]"},
		{`{"email":"ana@example.org"}`, "ana@example.org false Ana Lund A. Lund x sv-SE map[a:1]"},
		{`{"email":"ana@example.net","email_verified":true}`, "ana@example.net true Ana Lund A. Lund x sv-SE map[a:1]"},
		{`{"metadata":{"a":null,"b":"2"},"first_name":"","last_name":null}`, "ana@example.net true <nil> <nil> A. Lund x sv-SE map[b:2]"},
		{`{"metadata":null,"external_id":null,"locale":null,"name":null}`, "ana@example.net true <nil> <nil> <nil> <nil> <nil> map[]"},
	} {
		got := s.want(t, 200, "PUT", path, tt.body)
		line := fmt.Sprint(got["email"], " ", got["email_verified"], " ", got["first_name"], " ", got["last_name"], " ", got["name"], " ", got["external_id"], " ", got["locale"], " ", got["metadata"])
		if line != tt.want || got["updated_at"].(string) <= made["updated_at"].(string) {
			t.Errorf("%s: %s, want %s", tt.body, line, tt.want)
		}
	}
	for _, tt := range []struct {
		body, code string
		status     int
	}{
		{`{"email":"BEN@example.com"}`, "email_not_available", 400},
		{`{"email":"ben"}`, "invalid_email", 400},
		{`{"email":null}`, "invalid_email", 400},
		{`{"external_id":"ben"}`, "external_id_already_used", 400},
		{`{"external_id":""}`, "external_id:invalid_external_id", 422},
		{`{"locale":"not a locale"}`, "invalid_locale", 400},
		{`{"metadata":{"k":1}}`, "invalid_metadata", 400},
		{`{"metadata":{"k":"` + strings.Repeat("x", 601) + `"}}`, "invalid_metadata", 400},
		{`{"first_name":"` + strings.Repeat("x", 129) + `"}`, "first_name:invalid_first_name", 422},
		{`{"email_verified":"yes"}`, "bad_request", 400},
	} {
		s.refused(t, tt.status, tt.code, "PUT", path, tt.body)
	}
}

func TestUsersRefuse(t *testing.T) {
	s := newServer(t)
	s.want(t, 201, "POST", "/user_management/users", `{"email":"ana@example.com","external_id":"ana"}`)
	for _, tt := range []struct {
		body, code string
		status     int
	}{
		{`{}`, "email:invalid_email", 422},
		{`{"email":"ana"}`, "email:invalid_email", 422},
		{`{"email":"` + strings.Repeat("x", 243) + `@example.com"}`, "email:invalid_email", 422},
		{`{"email":"a@b.c","external_id":"é"}`, "external_id:invalid_external_id", 422},
		{`{"email":"a@b.c","metadata":{"":"x"}}`, "invalid_metadata", 400},
		{`{"email":"a@b.c","metadata":{"k":[]}}`, "invalid_metadata", 400},
	} {
		s.refused(t, tt.status, tt.code, "POST", "/user_management/users", tt.body)
	}
	for body, cause := range map[string]string{
		`{"email":"ANA@Example.com"}`:           "email_not_available",
		`{"email":"b@b.c","external_id":"ana"}`: "external_id_already_used",
	} {
		status, got := s.call(t, "POST", "/user_management/users", body)
		if status != 400 || got["code"] != "user_creation_error" || got["errors"].([]any)[0].(map[string]any)["code"] != cause {
			t.Errorf("%s: %d %v, want user_creation_error by %s", body, status, got, cause)
		}
	}
	for _, user := range []string{"none", "a%2A", "sc_none", "%20a", "a%00", "external_id"} {
		s.refused(t, 404, "entity_not_found", "GET", "/user_management/users/"+user, "")
	}
	s.refused(t, 404, "entity_not_found", "GET", "/user_management/users/external_id/none", "")
	s.refused(t, 422, "limit:invalid_limit", "GET", "/user_management/users?limit=101", "")
	s.refused(t, 422, "limit:invalid_limit", "GET", "/user_management/users?limit=0", "")
}

func TestListUsers(t *testing.T) {
	s := newServer(t)
	org, other := s.organization(t, "A"), s.organization(t, "B")
	var ids []string
	for i := range 5 {
		ids = append(ids, s.user(t, fmt.Sprintf("u%d@example.com", i)))
	}
	for _, i := range []int{3, 1, 4} { // in this order
		s.membership(t, org, ids[i])
	}
	gone := s.membership(t, org, ids[0])
	s.want(t, 200, "DELETE", "/user_management/organization_memberships/"+gone, "")
	s.want(t, 200, "PUT", "/user_management/organization_memberships/"+s.membership(t, org, ids[2])+"/deactivate", "")
	s.Want(t, 204, "PATCH", "/v1/tenants/"+other+"/users", `{"userId":"auth0|x y"}`) // nothing is known of that one
	at := func(indexes ...int) (some []string) {
		for _, i := range indexes {
			some = append(some, ids[i])
		}
		return some
	}
	for path, want := range map[string][]string{
		"order=asc":                        at(0, 1, 2, 3, 4),
		"":                                 at(4, 3, 2, 1, 0),
		"order=asc&organization_id=" + org: at(3, 1, 4, 2),
		"organization_id=" + org:           at(2, 4, 1, 3),
		"organization=" + org:              at(2, 4, 1, 3),
		"organization_id=" + other:         {"auth0|x y"},
		"email=U1%40example.com":           at(1),
		"email=u1%40example.com&organization_id=" + org:   at(1),
		"email=u1%40example.com&organization_id=" + other: nil,
		"email=nobody%40example.com":                      nil,
	} {
		if got := column(s.want(t, 200, "GET", "/user_management/users?"+path, ""), "id"); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
		walksBothWays(t, s, "/user_management/users?"+path, want)
	}
	s.refused(t, 404, "entity_not_found", "GET", "/user_management/users?organization_id=none", "")
	// A cursor that is no member is ignored.
	if got := column(s.want(t, 200, "GET", "/user_management/users?organization_id="+org+"&after="+url.QueryEscape(ids[0]), ""), "id"); !slices.Equal(got, at(2, 4, 1, 3)) {
		t.Errorf("after somebody who is no member: %q", got)
	}
}

// TestUserTwins: of concurrent users with one address, one is made.
func TestUserTwins(t *testing.T) {
	s := newServer(t)
	var mu sync.Mutex
	made := map[int]int{}
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			email := "ana@example.com"
			if i%2 == 0 {
				email = "ANA@example.com"
			}
			status, _ := s.call(t, "POST", "/user_management/users", fmt.Sprintf(`{"email":%q}`, email))
			mu.Lock()
			made[status]++
			mu.Unlock()
		})
	}
	all.Wait()
	if made[201] != 1 || made[400] != 9 {
		t.Errorf("of ten with one address: %v, want one made", made)
	}
}

// TestLastOwnerIsNoUserToDelete: the code is the one that the vendor has for
// users who cannot be deleted.
func TestLastOwnerIsNoUserToDelete(t *testing.T) {
	s := newServer(t)
	user := s.user(t, "ana@example.com")
	client, _, _ := strings.Cut(s.Owner, ".")
	record := func(user, role, resource string) string {
		return fmt.Sprintf(`{"name":"x","users":[{"userId":%q}],"statements":[{"roles":[%q],"resources":[{"resourceUri":%q}]}]}`, user, role, resource)
	}
	s.Want(t, 201, "POST", "/v1/records", record(client, "Authress:Owner", "Authress:Users"))
	s.Want(t, 202, "PUT", "/v1/records/rec_owner", record(user, "Authress:Owner", "*"))
	s.refused(t, 409, "user_deletion_not_allowed", "DELETE", "/user_management/users/"+user, "")
	s.want(t, 200, "GET", "/user_management/users/"+user, "")
}

// TestUsersTellNoOrganization: the right to read users is none to learn where they
// are members, be it by a filter or by their API keys.
func TestUsersTellNoOrganization(t *testing.T) {
	s := newServer(t)
	org, other := s.organization(t, "Acme"), s.organization(t, "Other")
	user := s.user(t, "ana@example.com")
	keys := "/user_management/users/" + user + "/api_keys"
	for _, o := range []string{org, other} {
		s.membership(t, o, user)
		s.want(t, 201, "POST", keys, fmt.Sprintf(`{"name":%q,"organization_id":%q}`, o, o))
	}
	client, limited := s.NewClient(t)
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_read","name":"x","permissions":[{"action":"read","allow":true}]}`)
	s.Want(t, 201, "POST", "/v1/records", fmt.Sprintf(`{"name":"x","users":[{"userId":%q}],
		"statements":[{"roles":["ro_read"],"resources":[{"resourceUri":"Authress:Users"},{"resourceUri":"Authress:Connections/%s"}]}]}`, client, org))
	for _, tt := range []struct {
		path, names string
		status      int
	}{
		{"/user_management/users?organization_id=" + org, "", 200},
		{"/user_management/users?organization_id=" + other, "", 403},
		{"/user_management/users?organization_id=none", "", 403},
		{"/user_management/users?email=ana@example.com&organization_id=" + other, "", 403},
		{keys, org, 200},
		{keys + "?organization_id=" + org, org, 200},
		{keys + "?organization_id=" + other, "", 200},
	} {
		status, v := s.as(t, limited, "GET", tt.path, "")
		if status != tt.status || strings.HasPrefix(tt.path, keys) && strings.Join(column(v, "name"), " ") != tt.names {
			t.Errorf("%s: %d %v, want %d %s", tt.path, status, v, tt.status, tt.names)
		}
	}
}
