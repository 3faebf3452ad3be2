package workos_test

import (
	"fmt"
	"testing"
)

// TestRightsOnResources: the resources of an organization are for who may read
// or update that organization, and nobody learns of others whether they exist.
func TestRightsOnResources(t *testing.T) {
	w := newHierarchy(t)
	ws := w.resource(t, w.org, "workspace", "ws", "")
	w.resource(t, w.org, "project", "p", ws)
	elsewhere := w.resource(t, w.other, "workspace", "ws", "")
	created := 0
	create := func(org string) func() (string, string, string) {
		return func() (string, string, string) {
			created++
			return "POST", "/authorization/resources", body("external_id", fmt.Sprint("new", created), "name", "x", "resource_type_slug", "workspace", "organization_id", org)
		}
	}
	send := func(method, path, body string) func() (string, string, string) {
		return func() (string, string, string) { return method, path, body }
	}
	type request = func() (method, path, body string)
	own := map[string][]request{
		"read": {
			send("GET", idPath(ws), ""), send("GET", idPath(w.root), ""), send("GET", externalPath(w.org, "workspace", "ws"), ""),
			send("GET", externalPath(w.org, "organization", w.org), ""), send("GET", filtered("organization_id", w.org), ""),
			send("GET", filtered("organization_id", w.org, "parent_resource_id", w.root), ""),
		},
		"update": {
			create(w.org), send("PATCH", idPath(ws), `{"name":"x"}`), send("PATCH", externalPath(w.org, "workspace", "ws"), body("parent_resource_id", w.root)),
		},
	}
	everybodys := map[string][]request{ // takes the right to all organizations
		"read": {
			send("GET", idPath(elsewhere), ""), send("GET", externalPath(w.other, "workspace", "ws"), ""),
			send("GET", filtered("organization_id", w.other), ""), send("GET", filtered("resource_type_slug", "workspace"), ""),
		},
		"update": {
			create(w.other), send("PATCH", idPath(elsewhere), `{"name":"x"}`), send("PATCH", externalPath(w.other, "workspace", "ws"), `{"name":"x"}`),
		},
	}
	hidden := map[string][]request{ // does not exist, which only who may look everywhere is told
		"read":   {send("GET", idPath("authz_resource_nothing"), ""), send("GET", externalPath("org_nothing", "workspace", "ws"), "")},
		"update": {send("PATCH", idPath("authz_resource_nothing"), `{}`), send("DELETE", externalPath("org_nothing", "workspace", "ws"), ""), create("org_nothing")},
	}
	for _, tt := range []struct{ action, resource string }{
		{"read", "Authress:Connections/" + w.org},
		{"update", "Authress:Connections/" + w.org},
		{"read", "Authress:Connections/*"},
		{"update", "Authress:Connections/*"},
		{"update", "Authress:Configuration/*"},
		{"update", "Authress:Roles/*"},
		{"create", "Authress:Connections/*"},
	} {
		key := clientWith(t, w.server, tt.action, tt.resource)
		all := tt.resource == "Authress:Connections/*"
		for _, set := range []struct {
			requests map[string][]request
			reaches  bool
			missing  bool
		}{
			{own, all || tt.resource == "Authress:Connections/"+w.org, false},
			{everybodys, all, false},
			{hidden, all, true},
		} {
			for action, requests := range set.requests {
				for _, request := range requests {
					method, path, text := request()
					status, v := w.as(t, key, method, path, text)
					may := set.reaches && action == tt.action
					ok := may && status < 300 || !may && status == 403
					if may && set.missing {
						ok = status == 404
					}
					if !ok {
						t.Errorf("with %s on %s: %s %s: got %d %v", tt.action, tt.resource, method, path, status, v)
					}
				}
			}
		}
	}

	// Deleting comes last: it is not to be had with any right but update.
	p := w.resource(t, w.org, "project", "gone", ws)
	for _, right := range []string{"read", "create"} {
		if status, v := w.as(t, clientWith(t, w.server, right, "Authress:Connections/"+w.org), "DELETE", idPath(p), ""); status != 403 {
			t.Errorf("deleting with %s: got %d %v, want 403", right, status, v)
		}
	}
	key := clientWith(t, w.server, "update", "Authress:Connections/"+w.org)
	if status, v := w.as(t, key, "DELETE", idPath(elsewhere), ""); status != 403 {
		t.Errorf("deleting another organization's: got %d %v, want 403", status, v)
	}
	if status, v := w.as(t, key, "DELETE", idPath(p), ""); status != 204 {
		t.Errorf("deleting with update: got %d %v, want 204", status, v)
	}
	for _, credential := range []string{"", "sk_wrong"} {
		for _, path := range []string{idPath(ws), externalPath(w.org, "workspace", "ws"), filtered("organization_id", w.org)} {
			if status, _ := w.as(t, credential, "GET", path, ""); status != 401 {
				t.Errorf("GET %s with the credential %q: got %d, want 401", path, credential, status)
			}
		}
	}
}

// clientWith makes a client that may do one thing, and returns its key.
func clientWith(t *testing.T, s server, action, resource string) string {
	t.Helper()
	client, key := s.NewClient(t)
	s.Want(t, 201, "POST", "/v1/roles", body("roleId", "ro_"+client, "name", "x", "permissions", []any{map[string]any{"action": action, "allow": true}}))
	s.Want(t, 201, "POST", "/v1/records", body("name", "x", "users", []any{map[string]any{"userId": client}},
		"statements", []any{map[string]any{"roles": []any{"ro_" + client}, "resources": []any{map[string]any{"resourceUri": resource}}}}))
	return key
}

// TestResourcesOfAnotherRealm: to the owner of another realm nothing of this one
// exists, not even by its id or as a parent.
func TestResourcesOfAnotherRealm(t *testing.T) {
	w := newHierarchy(t)
	ws := w.resource(t, w.org, "workspace", "ws", "")
	realm := w.want(t, 201, "POST", "/api/v1/realms", `{"id":"second","account_id":"acc_second","name":"Second"}`)
	key, _ := realm["credentials"].(map[string]any)["api_key"].(string)
	want := func(status int, method, path, text string) map[string]any {
		t.Helper()
		got, v := w.as(t, key, method, path, text)
		if got != status {
			t.Errorf("%s %s %s: got %d %v, want %d", method, path, text, got, v, status)
		}
		return v
	}
	for _, path := range []string{idPath(ws), idPath(w.root), externalPath(w.org, "workspace", "ws"), externalPath(w.org, "organization", w.org)} {
		want(404, "GET", path, "")
		want(404, "PATCH", path, `{"name":"stolen"}`)
		want(404, "DELETE", path+"?cascade_delete=true", "")
	}
	for _, path := range []string{
		filtered("organization_id", w.org), filtered("resource_type_slug", "workspace"), filtered("organization_id", w.org, "resource_external_id", "ws"),
		filtered("organization_id", w.org, "parent_resource_id", w.root), filtered("resource_type_slug", "organization", "resource_external_id", w.org),
	} {
		if got := column(want(200, "GET", path, ""), "id"); len(got) != 0 {
			t.Errorf("GET %s: got %v, want nothing", path, got)
		}
	}
	want(404, "POST", "/authorization/resources", body("external_id", "x", "name", "x", "resource_type_slug", "workspace", "organization_id", w.org))
	want(200, "GET", "/api/v1/resource-types", "") // none of them here
	want(404, "GET", "/api/v1/resource-types/workspace", "")
	want(201, "POST", "/api/v1/resource-types", `{"slug":"workspace","name":"x"}`)
	org := id(want(201, "POST", "/organizations", `{"name":"Acme"}`))
	want(404, "POST", "/authorization/resources",
		body("external_id", "x", "name", "x", "resource_type_slug", "workspace", "organization_id", org, "parent_resource_id", w.root))
	own := id(want(201, "POST", "/authorization/resources", body("external_id", "ws", "name", "x", "resource_type_slug", "workspace", "organization_id", org)))
	w.refused(t, 404, "entity_not_found", "GET", idPath(own), "")
	if got := w.want(t, 200, "GET", idPath(ws), ""); got["name"] != "ws" {
		t.Errorf("the workspace is %v", got)
	}
}
