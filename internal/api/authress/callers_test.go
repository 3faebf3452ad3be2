package authress_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// give makes a record that gives the user a role on resources.
func give(t *testing.T, s *servertest.Server, user, role string, resources ...string) {
	t.Helper()
	var list []string
	for _, r := range resources {
		list = append(list, fmt.Sprintf(`{"resourceUri":%q}`, r))
	}
	s.Want(t, 201, "POST", "/v1/records", fmt.Sprintf(`{"name":"test","users":[{"userId":%q}],"statements":[{"roles":[%q],"resources":[%s]}]}`, user, role, strings.Join(list, ",")))
}

// role makes a role; each action may have "=grant" or "=delegate" behind it.
func role(t *testing.T, s *servertest.Server, id string, actions ...string) {
	t.Helper()
	var list []string
	for _, a := range actions {
		action, flag, _ := strings.Cut(a, "=")
		list = append(list, fmt.Sprintf(`{"action":%q,"allow":%v,"grant":%v,"delegate":%v}`, action, flag == "", flag == "grant", flag == "delegate"))
	}
	s.Want(t, 201, "POST", "/v1/roles", fmt.Sprintf(`{"roleId":%q,"name":"test","permissions":[%s]}`, id, strings.Join(list, ",")))
}

// TestCallersWithoutRights holds each route against a client that holds
// nothing, and against one that holds exactly what the route needs.
func TestCallersWithoutRights(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_read", "READ")
	role(t, s, "ro_create", "CREATE")
	role(t, s, "ro_update", "UPDATE")
	role(t, s, "ro_docs", "documents:*")
	s.Want(t, 201, "POST", "/v1/records", recordBody("r1", "ana", "ro_docs", "documents/1"))
	s.Want(t, 201, "POST", "/v1/clients", `{}`)
	other, _ := s.NewClient(t)
	_, nobody := s.NewClient(t)
	for _, tt := range []struct {
		method, path, body string
		role, resource     string // what it needs
		code               int    // who holds it
	}{
		{"GET", "/v1/users/ana/resources/documents%2F1/permissions/documents:read", "", "ro_read", "Authress:UserPermissions/ana", 200},
		{"GET", "/v1/users/ana/resources/documents%2F2/permissions/documents:read", "", "ro_read", "Authress:UserPermissions", 404},
		{"GET", "/v1/users/ana/resources/documents%2F1/permissions", "", "ro_read", "Authress:UserPermissions/*", 200},
		{"GET", "/v1/records", "", "ro_read", "Authress:AccessRecords", 200},
		{"GET", "/v1/records/r1", "", "ro_read", "Authress:AccessRecords/r1", 200},
		{"GET", "/v1/records/none", "", "ro_read", "Authress:AccessRecords/*", 404},
		{"PUT", "/v1/records/r1", recordBody("r1", "ana", "ro_docs", "documents/1"), "ro_update", "Authress:AccessRecords/r1", 202},
		{"POST", "/v1/records/r1", recordBody("r1", "ana", "ro_docs", "documents/1"), "ro_update", "Authress:AccessRecords", 202},
		{"DELETE", "/v1/records/none", "", "ro_update", "Authress:AccessRecords", 404},
		{"GET", "/v1/roles", "", "ro_read", "Authress:Roles", 200},
		{"GET", "/v1/roles", "", "ro_read", "Authress:Roles/*", 200},
		{"POST", "/v1/roles", `{"roleId":"ro_new","name":"x","permissions":[]}`, "ro_create", "Authress:Roles", 201},
		{"GET", "/v1/roles/ro_docs", "", "ro_read", "Authress:Roles/ro_docs", 200},
		{"PUT", "/v1/roles/ro_new", `{"name":"x","permissions":[]}`, "ro_update", "Authress:Roles/ro_new", 200},
		{"DELETE", "/v1/roles/ro_new", "", "ro_update", "Authress:Roles/*", 204},
		{"GET", "/v1/groups", "", "ro_read", "Authress:Groups", 200},
		{"POST", "/v1/groups", groupBody("grp_new"), "ro_create", "Authress:Groups", 201},
		{"POST", "/v1/groups", `{"name":"x"}`, "ro_create", "Authress:Groups/*", 201},
		{"POST", "/v1/groups", groupBody("grp_newer"), "ro_create", "Authress:Groups/grp_newer", 201},
		{"GET", "/v1/groups/grp_new", "", "ro_read", "Authress:Groups/grp_new", 200},
		{"GET", "/v1/groups/grp_none", "", "ro_read", "Authress:Groups/*", 404},
		{"PUT", "/v1/groups/grp_new", `{"name":"x"}`, "ro_update", "Authress:Groups/grp_new", 200},
		{"PUT", "/v1/groups/grp_none", `{"name":"x"}`, "ro_update", "Authress:Groups", 404},
		{"DELETE", "/v1/groups/grp_new", "", "ro_update", "Authress:Groups", 204},
		{"GET", "/v1/clients", "", "ro_read", "Authress:ServiceClients", 200},
		{"POST", "/v1/clients", `{}`, "ro_create", "Authress:ServiceClients/*", 201},
		{"GET", "/v1/clients/" + other, "", "ro_read", "Authress:ServiceClients/" + other, 200},
		{"PUT", "/v1/clients/" + other, `{}`, "ro_update", "Authress:ServiceClients/" + other, 200},
		{"POST", "/v1/clients/" + other + "/access-keys", "", "ro_update", "Authress:ServiceClients/" + other + "/access-keys", 201},
		{"DELETE", "/v1/clients/" + other + "/access-keys/none", "", "ro_update", "Authress:ServiceClients/" + other + "/access-keys/none", 404},
		{"DELETE", "/v1/clients/none", "", "ro_update", "Authress:ServiceClients", 404},
		{"GET", "/v1/users", "", "ro_read", "Authress:Users", 200},
		{"GET", "/v1/users?tenantId=t1", "", "ro_read", "Authress:Users/*", 200},
		{"GET", "/v1/users/ana", "", "ro_read", "Authress:Users/ana", 404},
		{"PUT", "/v1/users/ana", `{}`, "ro_update", "Authress:Users/ana", 404},
		{"PUT", "/v1/users/ana/token-configuration", `{}`, "ro_update", "Authress:Users", 404},
		{"DELETE", "/v1/users/nobody", "", "ro_update", "Authress:Users/nobody", 404},
		{"GET", "/v1/tenants", "", "ro_read", "Authress:Connections", 200},
		{"POST", "/v1/tenants", `{"tenantId":"t1"}`, "ro_create", "Authress:Connections", 201},
		{"POST", "/v1/tenants", `{"tenantId":"t2"}`, "ro_create", "Authress:Connections/t2", 201},
		{"GET", "/v1/tenants/t1", "", "ro_read", "Authress:Connections/t1", 200},
		{"PUT", "/v1/tenants/t1", `{}`, "ro_update", "Authress:Connections/t1", 200},
		{"PATCH", "/v1/tenants/t1/users", `{"userId":"ana"}`, "ro_update", "Authress:Connections/*", 204},
		{"PATCH", "/v1/tenants/t1", `{"userId":"ana"}`, "ro_update", "Authress:Connections/t1", 204},
		{"DELETE", "/v1/tenants/t1", "", "ro_update", "Authress:Connections/t1", 204},
	} {
		name := tt.method + " " + tt.path
		if got := s.As(t, nobody, tt.method, tt.path, tt.body); got.Status != 403 || got.ErrorCode() != "Forbidden" {
			t.Errorf("%s without a right: %d %s, want 403 Forbidden", name, got.Status, got.Body)
		}
		if got := s.As(t, "", tt.method, tt.path, tt.body); got.Status != 401 || got.ErrorCode() != "Unauthorized" {
			t.Errorf("%s without a credential: %d %s, want 401 Unauthorized", name, got.Status, got.Body)
		}
		id, key := s.NewClient(t)
		give(t, s, id, tt.role, tt.resource)
		if got := s.As(t, key, tt.method, tt.path, tt.body); got.Status != tt.code {
			t.Errorf("%s with %s on %s: %d %s, want %d", name, tt.role, tt.resource, got.Status, got.Body, tt.code)
		}
		// The wrong action, and the right one elsewhere, are not enough.
		for _, wrong := range [][2]string{{"ro_docs", tt.resource}, {tt.role, "Authress:Configuration"}} {
			id, key := s.NewClient(t)
			give(t, s, id, wrong[0], wrong[1])
			if got := s.As(t, key, tt.method, tt.path, tt.body); got.Status != 403 {
				t.Errorf("%s with %s on %s: %d %s, want 403", name, wrong[0], wrong[1], got.Status, got.Body)
			}
		}
	}
}

func TestCallerMayAskAboutItself(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_docs", "documents:*")
	id, key := s.NewClient(t)
	give(t, s, id, "ro_docs", "documents/1")
	for path, want := range map[string]int{
		"/v1/users/" + id + "/resources/documents%2F1/permissions/documents:read":                           200,
		"/v1/users/Authress:ServiceClients%2F" + id + "/resources/documents%2F1/permissions/documents:read": 200, // as older documents name it
		"/v1/users/" + id + "/resources/documents%2F2/permissions/documents:read":                           404,
		"/v1/users/" + id + "/resources/documents%2F1/permissions":                                          200,
		"/v1/users/" + id + "x/resources/documents%2F1/permissions/documents:read":                          403,
		"/v1/users/" + strings.ToLower(id) + "/resources/documents%2F1/permissions/documents:read":          403,
	} {
		if got := s.As(t, key, "GET", path, ""); got.Status != want {
			t.Errorf("%s: %d %s, want %d", path, got.Status, got.Body, want)
		}
	}
}

func TestOptionToCheckEveryUser(t *testing.T) {
	s := servertest.Start(t)
	id, key := s.NewClient(t)
	ask := func() int {
		return s.As(t, key, "GET", "/v1/users/ana/resources/documents%2F1/permissions/documents:read", "").Status
	}
	if got := ask(); got != 403 {
		t.Errorf("without the option: %d, want 403", got)
	}
	s.Want(t, 200, "PUT", "/v1/clients/"+id, `{"options":{"grantUserPermissionsAccess":true}}`)
	if got := ask(); got != 404 {
		t.Errorf("with the option: %d, want 404", got)
	}
	s.Want(t, 200, "PUT", "/v1/clients/"+id, `{}`)
	if got := ask(); got != 403 {
		t.Errorf("without it again: %d, want 403 at once", got)
	}
	// Who may manage clients may not give the option without the right itself.
	role(t, s, "ro_clients", "CREATE", "UPDATE")
	give(t, s, id, "ro_clients", "Authress:ServiceClients")
	for _, req := range [][2]string{{"POST", "/v1/clients"}, {"PUT", "/v1/clients/" + id}} {
		if got := s.As(t, key, req[0], req[1], `{"options":{"grantUserPermissionsAccess":true}}`); got.Status != 403 {
			t.Errorf("%s %s with the option: %d %s, want 403", req[0], req[1], got.Status, got.Body)
		}
	}
}

// TestGrantAuthority: a caller may give what it holds with grant or delegate,
// on resources that this covers, and nothing else.
func TestGrantAuthority(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_reader", "documents:read")
	role(t, s, "ro_editor", "documents:read", "documents:write")
	role(t, s, "ro_gives_read", "documents:read=grant")
	role(t, s, "ro_lead", "documents:read=delegate")
	role(t, s, "ro_empty")
	for _, tt := range []struct {
		holds, on, gives, to string
		want                 int
	}{
		{"ro_reader", "documents", "ro_reader", "documents/1", 403}, // allow gives nothing on
		{"ro_gives_read", "documents", "ro_reader", "documents/1", 201},
		{"ro_gives_read", "documents", "ro_reader", "documents", 201},
		{"ro_gives_read", "documents/1", "ro_reader", "documents/1", 201},
		{"ro_gives_read", "documents/1", "ro_reader", "documents/1/*", 201},
		{"ro_gives_read", "documents/*", "ro_reader", "documents/*", 201},
		{"ro_gives_read", "documents/*", "ro_reader", "documents", 403},
		{"ro_gives_read", "documents/1", "ro_reader", "documents/2", 403},
		{"ro_gives_read", "documents/1", "ro_reader", "documents/10", 403},
		{"ro_gives_read", "documents/1", "ro_reader", "documents", 403},
		{"ro_gives_read", "documents/1", "ro_reader", "documents/*", 403},
		{"ro_gives_read", "documents/1", "ro_reader", "*", 403},
		{"ro_gives_read", "documents", "ro_editor", "documents/1", 403},     // one of two permissions is not enough
		{"ro_gives_read", "documents", "ro_gives_read", "documents/1", 403}, // grant does not give grant
		{"ro_gives_read", "documents", "ro_lead", "documents/1", 403},
		{"ro_lead", "documents", "ro_reader", "documents/1", 201},
		{"ro_lead", "documents", "ro_gives_read", "documents/1", 201},
		{"ro_lead", "documents", "ro_lead", "documents/1", 201},
		{"ro_lead", "documents", "Authress:Owner", "documents/1", 403},
		{"ro_lead", "documents", "ro_unknown", "documents/1", 403}, // it could become anything
		{"ro_lead", "documents", "ro_empty", "elsewhere", 201},     // gives nothing
		{"Authress:Owner", "documents", "Authress:Owner", "documents/1", 201},
		{"Authress:Owner", "documents", "ro_unknown", "documents/1", 201},
		{"Authress:Owner", "documents", "Authress:Owner", "Authress:*", 403},
		{"Authress:Owner", "Authress:*", "Authress:Owner", "Authress:Roles", 201},
	} {
		id, key := s.NewClient(t)
		give(t, s, id, tt.holds, tt.on)
		for _, principal := range []string{"ben", id} { // to others, and to itself
			body := recordBody("", principal, tt.gives, tt.to)
			body = strings.Replace(body, `"recordId":"",`, "", 1)
			if got := s.As(t, key, "POST", "/v1/records", body); got.Status != tt.want {
				t.Errorf("holding %s on %s, giving %s %s on %s: %d %s, want %d", tt.holds, tt.on, principal, tt.gives, tt.to, got.Status, got.Body, tt.want)
			} else if got.Status == 403 && !strings.Contains(got.Body, "sufficient access to grant permissions to resources") {
				t.Errorf("refused with %s, want the title that SDKs look for", got.Body)
			}
		}
	}
}

// TestRecordAdminHasNoAuthority: an administrator of a record may take away and
// rename, and give only what it has the authority to give.
func TestRecordAdminHasNoAuthority(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_reader", "documents:read")
	role(t, s, "ro_writer", "documents:write")
	id, key := s.NewClient(t)
	record := func(users, roles, resources string) string {
		return `{"recordId":"r1","name":"x","admins":[{"userId":"` + id + `"}],"users":[` + users + `],"statements":[{"roles":[` + roles + `],"resources":[` + resources + `]}]}`
	}
	ana, both := `{"userId":"ana"}`, `{"userId":"ana"},{"userId":"ben"}`
	one, two := `{"resourceUri":"documents/1"}`, `{"resourceUri":"documents/1"},{"resourceUri":"documents/2"}`
	reader, writer := `"ro_reader"`, `"ro_reader","ro_writer"`
	s.Want(t, 201, "POST", "/v1/records", record(both, reader, two))
	put := func(what, body string, want int) {
		t.Helper()
		if got := s.As(t, key, "PUT", "/v1/records/r1", body); got.Status != want {
			t.Errorf("%s: %d %s, want %d", what, got.Status, got.Body, want)
		}
	}
	put("changing nothing", record(both, reader, two), 202)
	put("adding itself", record(both+`,{"userId":"`+id+`"}`, reader, two), 403)
	put("adding a role", record(both, writer, two), 403)
	put("replacing the role", record(both, `"ro_writer"`, two), 403)
	put("adding a resource", record(both, reader, two+`,{"resourceUri":"documents/3"}`), 403)
	put("widening a resource", record(both, reader, `{"resourceUri":"documents"}`), 403)
	put("taking a user away", record(ana, reader, two), 202)
	put("bringing the user back", record(both, reader, two), 403)
	put("taking a resource away", record(ana, reader, one), 202)
	put("moving the user into the statement", `{"recordId":"r1","name":"y","statements":[{"users":[`+ana+`],"roles":[`+reader+`],"resources":[`+one+`]}]}`, 202)
	put("another user in the statement", `{"recordId":"r1","name":"y","statements":[{"users":[`+both+`],"roles":[`+reader+`],"resources":[`+one+`]}]}`, 403)
	if got := s.As(t, key, "GET", "/v1/records/r1", ""); got.Status != 200 {
		t.Errorf("reading it: %d, want 200", got.Status)
	}
	if got := s.As(t, key, "GET", "/v1/records", ""); got.Status != 200 || strings.Contains(got.Body, "rec_owner") || !strings.Contains(got.Body, `"r1"`) {
		t.Errorf("listing: %d %s, want this record alone", got.Status, got.Body)
	}
	if got := s.As(t, key, "DELETE", "/v1/records/r1", ""); got.Status != 204 {
		t.Errorf("deleting it: %d %s, want 204", got.Status, got.Body)
	}
	if got := s.As(t, key, "POST", "/v1/records", record(ana, reader, one)); got.Status != 403 {
		t.Errorf("reviving it: %d %s, want 403", got.Status, got.Body)
	}
}
