package workos_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const roles = "/authorization/roles"

func orgRoles(org string) string { return "/authorization/organizations/" + org + "/roles" }

// rolePermissions are the permissions of a role.
func rolePermissions(role map[string]any) []string {
	items, _ := role["permissions"].([]any)
	out := []string{}
	for _, item := range items {
		out = append(out, item.(string))
	}
	return out
}

// giveRole gives a membership one role on its organization.
func (s server) giveRole(t testing.TB, om, slug string) {
	t.Helper()
	s.want(t, 200, "PUT", "/user_management/organization_memberships/"+om, fmt.Sprintf(`{"role_slug":%q}`, slug))
}

// holds asks whether a membership holds a permission on a resource.
func (s server) holds(t testing.TB, om, permission, resource string) bool {
	t.Helper()
	got := s.want(t, 200, "POST", "/authorization/organization_memberships/"+om+"/check", fmt.Sprintf(`{"permission_slug":%q,"resource_id":%q}`, permission, resource))
	return got["authorized"].(bool)
}

func TestEnvironmentRoles(t *testing.T) {
	s := newServer(t)
	if got := s.want(t, 200, "GET", roles, ""); !slices.Equal(column(got, "slug"), []string{"member"}) || len(got) != 2 {
		t.Errorf("a new environment has the roles %v, want member, and no metadata", got)
	}
	made := s.want(t, 201, "POST", roles, `{"slug":"editor","name":"Editor","description":"Can edit"}`)
	if !strings.HasPrefix(id(made), "role_") || made["object"] != "role" || made["slug"] != "editor" || made["name"] != "Editor" || made["description"] != "Can edit" ||
		made["type"] != "EnvironmentRole" || made["resource_type_slug"] != "organization" || len(made["permissions"].([]any)) != 0 || made["created_at"] != made["updated_at"] {
		t.Errorf("made %v", made)
	}
	one := roles + "/editor"
	if got := s.want(t, 200, "GET", one, ""); fmt.Sprint(got) != fmt.Sprint(made) {
		t.Errorf("read %v, made %v", got, made)
	}
	if got := s.want(t, 200, "PATCH", one, `{}`); fmt.Sprint(got) != fmt.Sprint(made) {
		t.Errorf("an update of nothing made %v of %v", got, made)
	}
	got := s.want(t, 200, "PATCH", one, `{"name":"Author"}`)
	if got["name"] != "Author" || got["description"] != "Can edit" || got["created_at"] != made["created_at"] || got["updated_at"].(string) <= made["updated_at"].(string) {
		t.Errorf("renamed %v of %v", got, made)
	}
	if got := s.want(t, 200, "PATCH", one, `{"description":null}`); got["name"] != "Author" || got["description"] != nil {
		t.Errorf("cleared %v", got)
	}
	// The last ones come last; Terraform asks for pages, which there are not.
	for i := range 12 {
		s.role(t, fmt.Sprintf("r%d", 20-i), "organization")
	}
	want := []string{"member", "editor", "r20", "r19", "r18", "r17", "r16", "r15", "r14", "r13", "r12", "r11", "r10", "r9"}
	if got := column(s.want(t, 200, "GET", roles+"?limit=2&order=asc&after=x", ""), "slug"); !slices.Equal(got, want) {
		t.Errorf("the roles are %v, want %v", got, want)
	}
	s.refused(t, 404, "entity_not_found", "GET", roles+"/nothing", "")
	s.refused(t, 404, "entity_not_found", "GET", roles+"/Authress:Owner", "")
	s.refused(t, 404, "entity_not_found", "PATCH", roles+"/nothing", `{"name":"x"}`)
	s.refused(t, 404, "entity_not_found", "PUT", roles+"/nothing/permissions", `{"permissions":[]}`)
	s.refused(t, 404, "entity_not_found", "POST", roles+"/nothing/permissions", `{"slug":"a"}`)
	if got, v := s.call(t, "DELETE", one, ""); got != 405 { // only our own API deletes them
		t.Errorf("deleting it: %d %v, want 405", got, v)
	}
}

func TestEnvironmentRoleRefusals(t *testing.T) {
	s := newServer(t)
	long := strings.Repeat("x", 48)
	for _, slug := range []string{"a", "0", "a-b_c", "org-x", long} {
		s.want(t, 201, "POST", roles, fmt.Sprintf(`{"slug":%q,"name":"x"}`, slug))
	}
	for _, slug := range []string{"", "A", "a b", "a:b", "a.b", "a*", "a/b", "ä", long + "x"} {
		s.refused(t, 422, "slug:invalid_slug", "POST", roles, fmt.Sprintf(`{"slug":%q,"name":"x"}`, slug))
	}
	for body, code := range map[string]string{
		`{"name":"x"}`:                             "slug:invalid_slug",
		`{"slug":"b"}`:                             "name:name_required",
		`{"slug":"b","name":""}`:                   "name:name_required",
		`{"slug":"b","name":"` + long + `x"}`:      "name:invalid_name",
		`{"slug":"b","name":"x` + "\\u0007" + `"}`: "name:invalid_name",
		`{"slug":"b","name":"x","description":"` + strings.Repeat("x", 151) + `"}`: "description:invalid_description",
		`{"slug":"b","name":"x","resource_type_slug":"No"}`:                        "resource_type_slug:invalid_resource_type_slug",
	} {
		s.refused(t, 422, code, "POST", roles, body)
	}
	s.refused(t, 404, "entity_not_found", "POST", roles, `{"slug":"b","name":"x","resource_type_slug":"nothing"}`)
	s.refused(t, 409, "role_slug_conflict", "POST", roles, `{"slug":"a","name":"x"}`)
	s.refused(t, 409, "role_slug_conflict", "POST", roles, `{"slug":"member","name":"x"}`)
	s.refused(t, 400, "bad_request", "POST", roles, `[]`)
	s.refused(t, 400, "bad_request", "POST", roles, `{"slug":"b","Name":"x"}`)
	s.refused(t, 422, "name:name_required", "PATCH", roles+"/a", `{"name":null}`)
	s.refused(t, 422, "name:invalid_name", "PATCH", roles+"/a", `{"name":"`+long+`x"}`)
	s.refused(t, 422, "description:invalid_description", "PATCH", roles+"/a", `{"description":"`+strings.Repeat("x", 151)+`"}`)
	s.refused(t, 400, "bad_request", "PATCH", roles+"/a", `{"name":1}`)
	s.refused(t, 404, "entity_not_found", "GET", roles+"/b", "")
	s.want(t, 201, "POST", roles, `{"slug":"b","name":"`+strings.Repeat("ä", 48)+`","description":"`+strings.Repeat("ä", 150)+`"}`)
}

func TestRolePermissions(t *testing.T) {
	s := newServer(t)
	s.resourceType(t, "workspace")
	s.resourceType(t, "app", "workspace", "organization")
	s.resourceType(t, "project", "app")
	s.resourceType(t, "vault")
	for _, typ := range []string{"organization", "workspace", "app", "project", "vault"} {
		s.permission(t, typ+":read", typ)
	}
	s.role(t, "editor", "workspace")
	one := roles + "/editor/permissions"

	set := s.want(t, 200, "PUT", one, `{"permissions":["workspace:read","app:read","workspace:read"]}`)
	if got := rolePermissions(set); !slices.Equal(got, []string{"workspace:read", "app:read"}) {
		t.Errorf("set %v", got)
	}
	if got := s.want(t, 200, "GET", roles+"/editor", ""); fmt.Sprint(got) != fmt.Sprint(set) {
		t.Errorf("read %v, set %v", got, set)
	}
	// The same in another order is no change, nor is what is there already.
	for method, body := range map[string]string{"PUT": `{"permissions":["app:read","workspace:read"]}`, "POST": `{"slug":"app:read"}`} {
		if got := s.want(t, 200, method, one, body); fmt.Sprint(got) != fmt.Sprint(set) {
			t.Errorf("%s %s made %v of %v", method, body, got, set)
		}
	}
	added := s.want(t, 200, "POST", one, `{"slug":"project:read"}`)
	if got := rolePermissions(added); !slices.Equal(got, []string{"workspace:read", "app:read", "project:read"}) || added["updated_at"].(string) <= set["updated_at"].(string) {
		t.Errorf("added %v", added)
	}

	for _, tt := range []struct {
		method, body string
		status       int
		code         string
	}{
		{"PUT", `{"permissions":["workspace:read","nothing"]}`, 404, "entity_not_found"},
		{"PUT", `{"permissions":["Workspace:Read"]}`, 404, "entity_not_found"},
		{"PUT", `{"permissions":[""]}`, 404, "entity_not_found"},
		{"PUT", `{"permissions":["workspace:read","organization:read"]}`, 422, "permissions:invalid_permission"},
		{"PUT", `{"permissions":["vault:read"]}`, 422, "permissions:invalid_permission"},
		{"PUT", `{"permissions":["widgets:sso:manage"]}`, 422, "permissions:invalid_permission"},
		{"PUT", `{}`, 422, "permissions:permissions_required"},
		{"PUT", `{"permissions":null}`, 422, "permissions:permissions_required"},
		{"PUT", `{"permissions":"workspace:read"}`, 400, "bad_request"},
		{"PUT", `{"permissions":[1]}`, 400, "bad_request"},
		{"POST", `{"slug":"nothing"}`, 404, "entity_not_found"},
		{"POST", `{"slug":"organization:read"}`, 422, "slug:invalid_permission"},
		{"POST", `{"slug":""}`, 422, "slug:slug_required"},
		{"POST", `{}`, 422, "slug:slug_required"},
		{"POST", `{"slug":["app:read"]}`, 400, "bad_request"},
	} {
		s.refused(t, tt.status, tt.code, tt.method, one, tt.body)
	}
	if got := s.want(t, 200, "GET", roles+"/editor", ""); fmt.Sprint(got) != fmt.Sprint(added) {
		t.Errorf("the refusals made %v of %v", got, added)
	}
	if got := rolePermissions(s.want(t, 200, "PUT", one, `{"permissions":[]}`)); len(got) != 0 {
		t.Errorf("cleared to %v", got)
	}
	// A role for organizations may contain everything.
	s.role(t, "all", "organization", "vault:read", "project:read", "organization:read", "widgets:sso:manage")
}

func TestRoleHoldsAHundredPermissions(t *testing.T) {
	s := newServer(t)
	var slugs []string
	for i := range 101 {
		slugs = append(slugs, fmt.Sprintf("p%d", i))
		s.permission(t, slugs[i], "organization")
	}
	s.role(t, "big", "organization", slugs[:100]...)
	one := roles + "/big/permissions"
	s.refused(t, 422, "slug:too_many_permissions", "POST", one, `{"slug":"p100"}`)
	s.want(t, 200, "POST", one, `{"slug":"p99"}`)
	s.refused(t, 422, "permissions:too_many_permissions", "PUT", one, `{"permissions":["`+strings.Join(slugs, `","`)+`"]}`)
	if got := rolePermissions(s.want(t, 200, "GET", roles+"/big", "")); !slices.Equal(got, slugs[:100]) {
		t.Errorf("the role contains %v", got)
	}
}

// TestRolePermissionsActAtOnce asks after every change.
func TestRolePermissionsActAtOnce(t *testing.T) {
	w := newTree(t)
	w.permission(t, "docs", "organization")
	w.permission(t, "docs:read", "project")
	w.permission(t, "docs:*", "project")
	w.role(t, "reader", "organization")
	w.giveRole(t, w.ana, "reader")
	for _, tt := range []struct {
		method, body string
		docs, read   bool
	}{
		{"POST", `{"slug":"docs"}`, true, false}, // no permission implies another
		{"POST", `{"slug":"docs:read"}`, true, true},
		{"PUT", `{"permissions":["docs:read"]}`, false, true},
		{"PUT", `{"permissions":["docs:*"]}`, false, false},
		{"PUT", `{"permissions":[]}`, false, false},
	} {
		w.want(t, 200, tt.method, roles+"/reader/permissions", tt.body)
		for _, res := range []string{w.root, w.project} { // whatever its type
			if docs, read := w.holds(t, w.ana, "docs", res), w.holds(t, w.ana, "docs:read", res); docs != tt.docs || read != tt.read {
				t.Errorf("after %s %s: docs %t, docs:read %t; want %t, %t", tt.method, tt.body, docs, read, tt.docs, tt.read)
			}
		}
		if w.holds(t, w.ben, "docs", w.root) || w.holds(t, w.ben, "docs:read", w.project) {
			t.Errorf("after %s %s: who does not have the role holds something", tt.method, tt.body)
		}
	}
}

// TestRolesOfAnotherDialect sees and changes roles that were made through
// Authress.
func TestRolesOfAnotherDialect(t *testing.T) {
	s := newServer(t)
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_Upper","name":"x","permissions":[]}`)
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"clerk","name":"`+strings.Repeat("x", 100)+`","permissions":[
		{"action":"docs:read","allow":true,"grant":true,"delegate":false},{"action":"docs:write","allow":false,"grant":true,"delegate":false},
		{"action":"Docs:Print","allow":true,"grant":false,"delegate":false},{"action":"docs","allow":true,"grant":false,"delegate":false}]}`)
	s.refused(t, 404, "entity_not_found", "GET", roles+"/ro_Upper", "")
	if got := column(s.want(t, 200, "GET", roles, ""), "slug"); !slices.Equal(got, []string{"member", "clerk"}) {
		t.Errorf("the roles are %v", got)
	}
	got := s.want(t, 200, "GET", roles+"/clerk", "")
	if p := rolePermissions(got); !slices.Equal(p, []string{"docs:read", "docs"}) || !strings.HasPrefix(id(got), "role_") || got["type"] != "EnvironmentRole" || got["resource_type_slug"] != "organization" {
		t.Errorf("shown %v", got)
	}
	s.refused(t, 409, "role_slug_conflict", "POST", roles, `{"slug":"clerk","name":"x"}`)

	// What is not named stays, also what would be too long here.
	if got := s.want(t, 200, "PATCH", roles+"/clerk", `{"description":"d"}`); got["description"] != "d" || len(got["name"].(string)) != 100 || len(rolePermissions(got)) != 2 {
		t.Errorf("changed to %v", got)
	}
	s.permission(t, "docs:read", "organization")
	s.permission(t, "docs", "organization")
	s.permission(t, "more.yet", "organization")
	const actions = `"permissions":[{"action":"docs:read","allow":true,"grant":true,"delegate":false},{"action":"docs:write","allow":false,"grant":true,"delegate":false},{"action":"Docs:Print","allow":true,"grant":false,"delegate":false},{"action":"docs","allow":true,"grant":false,"delegate":false}`
	clerk := func(want string) {
		t.Helper()
		if got := s.Want(t, 200, "GET", "/v1/roles/clerk", ""); !strings.Contains(got.Body, want) {
			t.Errorf("Authress shows %s, want %s", got.Body, want)
		}
	}
	s.want(t, 200, "POST", roles+"/clerk/permissions", `{"slug":"docs:read"}`)
	clerk(actions + `]`) // had it
	s.want(t, 200, "POST", roles+"/clerk/permissions", `{"slug":"more.yet"}`)
	clerk(actions + `,{"action":"more.yet","allow":true,"grant":false,"delegate":false}]`)

	// A list that is set is all that the role gives.
	if got := rolePermissions(s.want(t, 200, "PUT", roles+"/clerk/permissions", `{"permissions":["docs","docs:read","more.yet"]}`)); !slices.Equal(got, []string{"docs", "docs:read", "more.yet"}) {
		t.Errorf("set %v", got)
	}
	now := `"permissions":[{"action":"docs","allow":true,"grant":false,"delegate":false},{"action":"docs:read","allow":true,"grant":false,"delegate":false},{"action":"more.yet","allow":true,"grant":false,"delegate":false}]`
	clerk(now)
	s.Want(t, 201, "POST", "/v1/records", `{"recordId":"r1","name":"x","users":[{"userId":"ana"}],"statements":[{"roles":["clerk"],"resources":[{"resourceUri":"shelf"}]}]}`)
	s.Want(t, 200, "GET", "/v1/users/ana/resources/shelf/permissions/docs:read", "")
	s.Want(t, 404, "GET", "/v1/users/ana/resources/shelf/permissions/docs:write", "")
	// Whoever writes it back through Authress does not widen it, nor is kept from
	// it by a slug that is no action there.
	s.Want(t, 200, "PUT", "/v1/roles/clerk", `{"name":"Clerk",`+now+`}`)
	s.Want(t, 404, "GET", "/v1/users/ana/resources/shelf/permissions/docs:write", "")
	s.Want(t, 400, "PUT", "/v1/roles/clerk", `{"name":"Clerk","permissions":[{"action":"other.one","allow":true}]}`)
	if got := s.want(t, 200, "GET", roles+"/clerk", ""); got["name"] != "Clerk" || len(rolePermissions(got)) != 3 {
		t.Errorf("written back: %v", got)
	}
	s.Want(t, 200, "GET", "/v1/roles/member", "")
}
