package workos_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestOrganizationRoles(t *testing.T) {
	s := newServer(t)
	org, other := s.organization(t, "Acme"), s.organization(t, "Other")
	all := orgRoles(org)
	if got := s.want(t, 200, "GET", all, ""); !slices.Equal(column(got, "slug"), []string{"member"}) || len(got) != 2 {
		t.Errorf("a new organization has the roles %v, want the environment's, and no metadata", got)
	}
	made := s.want(t, 201, "POST", all, `{"slug":"org-billing","name":"Billing","description":"d"}`)
	if !strings.HasPrefix(id(made), "role_") || made["slug"] != "org-billing" || made["name"] != "Billing" || made["description"] != "d" ||
		made["type"] != "OrganizationRole" || made["resource_type_slug"] != "organization" || len(made["permissions"].([]any)) != 0 {
		t.Errorf("made %v", made)
	}
	one := all + "/org-billing"
	if got := s.want(t, 200, "GET", one, ""); fmt.Sprint(got) != fmt.Sprint(made) {
		t.Errorf("read %v, made %v", got, made)
	}
	if got := s.want(t, 200, "GET", all+"/member", ""); got["type"] != "EnvironmentRole" || got["slug"] != "member" {
		t.Errorf("an environment role through the organization is %v", got)
	}
	if got := s.want(t, 200, "PATCH", one, `{}`); fmt.Sprint(got) != fmt.Sprint(made) {
		t.Errorf("an update of nothing made %v of %v", got, made)
	}
	got := s.want(t, 200, "PATCH", one, `{"name":"Money"}`)
	if got["name"] != "Money" || got["description"] != "d" || got["type"] != "OrganizationRole" || got["updated_at"].(string) <= made["updated_at"].(string) {
		t.Errorf("renamed %v of %v", got, made)
	}
	if got := s.want(t, 200, "PATCH", one, `{"description":null}`); got["name"] != "Money" || got["description"] != nil {
		t.Errorf("cleared %v", got)
	}

	// The same slug in another organization is another role.
	s.want(t, 201, "POST", orgRoles(other), `{"slug":"org-billing","name":"Other"}`)
	if got := s.want(t, 200, "GET", one, ""); got["name"] != "Money" || id(got) != id(made) {
		t.Errorf("the twin in another organization made %v of it", got)
	}
	s.want(t, 201, "POST", orgRoles(other), `{"slug":"org-theirs","name":"Other"}`)
	for _, tt := range [][3]string{
		{"GET", "", ""}, {"PATCH", "", `{"name":"x"}`}, {"DELETE", "", ""},
		{"PUT", "/permissions", `{"permissions":[]}`}, {"POST", "/permissions", `{"slug":"a"}`}, {"DELETE", "/permissions/a", ""},
	} {
		for _, path := range []string{all + "/org-theirs", all + "/org-nothing", all + "/org-x%2Fy", all + "/Authress:Owner", orgRoles("org_nothing") + "/org-billing", orgRoles("org_nothing") + "/member"} {
			s.refused(t, 404, "entity_not_found", tt[0], path+tt[1], tt[2])
		}
	}
	s.refused(t, 404, "entity_not_found", "GET", orgRoles("org_nothing"), "")
	s.refused(t, 404, "entity_not_found", "POST", orgRoles("org_nothing"), `{"name":"x"}`)
	s.refused(t, 404, "entity_not_found", "GET", roles+"/org-billing", "") // no environment role
	if got := s.Want(t, 200, "GET", "/v1/roles", "").Body; strings.Contains(got, "org-billing") || !strings.Contains(got, "member") {
		t.Errorf("Authress lists %s, want the roles of the account alone", got)
	}
	if got := s.Do(t, "DELETE", "/v1/roles/"+org+"%2Forg-billing", ""); got.Status != 400 {
		t.Errorf("deleting it through Authress: %d %s, want 400", got.Status, got.Body)
	}

	// One order: the environment's before, what is made later behind.
	s.role(t, "late", "organization")
	s.want(t, 201, "POST", all, `{"slug":"org-later","name":"x"}`)
	if got := column(s.want(t, 200, "GET", all+"?limit=1", ""), "slug"); !slices.Equal(got, []string{"member", "org-billing", "late", "org-later"}) {
		t.Errorf("the roles of the organization are %v", got)
	}
	if got := column(s.want(t, 200, "GET", roles, ""), "slug"); !slices.Equal(got, []string{"member", "late"}) {
		t.Errorf("the roles of the environment are %v", got)
	}

	s.want(t, 204, "DELETE", one, "")
	s.refused(t, 404, "entity_not_found", "GET", one, "")
	s.refused(t, 404, "entity_not_found", "DELETE", one, "")
	if got := s.want(t, 200, "GET", orgRoles(other)+"/org-billing", ""); got["name"] != "Other" {
		t.Errorf("the twin in another organization is %v", got)
	}
	if again := s.want(t, 201, "POST", all, `{"slug":"org-billing","name":"x"}`); id(again) == id(made) {
		t.Error("the role that was made again has the id of the deleted one")
	}
}

func TestOrganizationRoleSlugs(t *testing.T) {
	s := newServer(t)
	all := orgRoles(s.organization(t, "Acme"))
	long := "org-" + strings.Repeat("x", 44)
	for _, slug := range []string{"org-a", "org-0_-", long} {
		s.want(t, 201, "POST", all, fmt.Sprintf(`{"slug":%q,"name":"x"}`, slug))
		s.refused(t, 409, "organization_role_slug_conflict", "POST", all, fmt.Sprintf(`{"slug":%q,"name":"x"}`, slug))
	}
	for _, slug := range []string{"a", "org", "org-", "Org-a", "org-A", "org-a b", "org-a:b", "org_a", "org-ä", long + "x"} {
		s.refused(t, 422, "slug:invalid_slug", "POST", all, fmt.Sprintf(`{"slug":%q,"name":"x"}`, slug))
	}
	legal := regexp.MustCompile(`^org-[a-z0-9_-]+$`)
	seen := map[string]bool{}
	for name, begin := range map[string]string{
		"Billing Administrator": "org-billing-administrator-", "Köln & Bonn!": "org-k-ln-bonn-", "日本": "org-", "--": "org-", "A": "org-a-",
		strings.Repeat("long ", 9): "org-long-long-", strings.Repeat("x", 48): "org-xxxx",
	} {
		for range 2 { // the same name twice: two roles
			slug := s.want(t, 201, "POST", all, fmt.Sprintf(`{"name":%q,"slug":null}`, name))["slug"].(string)
			if !strings.HasPrefix(slug, begin) || len(slug) > 48 || !legal.MatchString(slug) || seen[slug] || strings.Contains(slug, "--") {
				t.Errorf("of %q: the slug %s, want another one that begins with %s", name, slug, begin)
			}
			seen[slug] = true
		}
	}
	s.refused(t, 422, "name:name_required", "POST", all, `{}`)
	s.refused(t, 422, "name:invalid_name", "POST", all, `{"name":"`+strings.Repeat("x", 49)+`"}`)
	s.refused(t, 422, "description:invalid_description", "POST", all, `{"name":"x","description":"`+strings.Repeat("x", 151)+`"}`)
	s.refused(t, 404, "entity_not_found", "POST", all, `{"name":"x","resource_type_slug":"nothing"}`)
	s.refused(t, 400, "bad_request", "POST", all, `{"name":["x"]}`)
	s.refused(t, 422, "name:name_required", "PATCH", all+"/org-a", `{"name":null}`)
	s.refused(t, 422, "name:name_required", "PATCH", all+"/org-a", `{"name":""}`)
}

// TestOrganizationRoleShadows gives an organization a role of the slug of an
// environment role: it is the one that the slug names there.
func TestOrganizationRoleShadows(t *testing.T) {
	w := newTree(t)
	w.permission(t, "theirs", "organization")
	w.permission(t, "ours", "organization")
	w.role(t, "org-admin", "organization", "theirs")
	all := orgRoles(w.org)
	w.refused(t, 400, "bad_request", "PATCH", all+"/org-admin", `{"name":"x"}`)
	own := w.want(t, 201, "POST", all, `{"slug":"org-admin","name":"Own"}`)
	w.want(t, 200, "POST", all+"/org-admin/permissions", `{"slug":"ours"}`)
	if got := w.want(t, 200, "GET", all+"/org-admin", ""); id(got) != id(own) {
		t.Errorf("the slug names %v, want %v", got, own)
	}
	if got := column(w.want(t, 200, "GET", all, ""), "type"); !slices.Equal(got, []string{"EnvironmentRole", "EnvironmentRole", "OrganizationRole"}) {
		t.Errorf("the roles are %v, want both of the slug", got)
	}
	if got := w.want(t, 200, "GET", orgRoles(w.other)+"/org-admin", ""); got["type"] != "EnvironmentRole" {
		t.Errorf("in another organization it is %v", got)
	}
	w.giveRole(t, w.ana, "org-admin")
	if !w.holds(t, w.ana, "ours", w.root) || w.holds(t, w.ana, "theirs", w.root) {
		t.Error("the role that was given is the environment's")
	}
	if got := rolePermissions(w.want(t, 200, "GET", roles+"/org-admin", "")); !slices.Equal(got, []string{"theirs"}) {
		t.Errorf("the environment's contains %v", got)
	}
}

// TestEnvironmentRoleThroughOrganization tries to change one there.
func TestEnvironmentRoleThroughOrganization(t *testing.T) {
	s := newServer(t)
	s.permission(t, "docs", "organization")
	s.role(t, "editor", "organization", "docs")
	one := orgRoles(s.organization(t, "Acme")) + "/editor"
	before := s.want(t, 200, "GET", one, "")
	s.refused(t, 400, "bad_request", "PATCH", one, `{"name":"x"}`)
	s.refused(t, 400, "bad_request", "DELETE", one, "")
	s.refused(t, 403, "forbidden", "PUT", one+"/permissions", `{"permissions":[]}`)
	s.refused(t, 400, "bad_request", "POST", one+"/permissions", `{"slug":"docs"}`)
	s.refused(t, 403, "forbidden", "DELETE", one+"/permissions/docs", "")
	if got := s.want(t, 200, "GET", one, ""); fmt.Sprint(got) != fmt.Sprint(before) {
		t.Errorf("the refusals made %v of %v", got, before)
	}
}

func TestOrganizationRolePermissions(t *testing.T) {
	w := newTree(t)
	for slug, typ := range map[string]string{"docs": "organization", "docs:read": "organization", "build": "project", "walk": "workspace"} {
		w.permission(t, slug, typ)
	}
	all := orgRoles(w.org)
	w.want(t, 201, "POST", all, `{"slug":"org-dev","name":"x"}`)
	one := all + "/org-dev"
	w.giveRole(t, w.ana, "org-dev")
	for _, tt := range []struct {
		method, path, body string
		want               []string
	}{
		{"PUT", "", `{"permissions":["docs:read","build","docs:read"]}`, []string{"docs:read", "build"}},
		{"PUT", "", `{"permissions":["build","docs:read"]}`, []string{"docs:read", "build"}}, // the same
		{"POST", "", `{"slug":"docs"}`, []string{"docs:read", "build", "docs"}},
		{"POST", "", `{"slug":"build"}`, []string{"docs:read", "build", "docs"}},
		{"DELETE", "/docs", "", []string{"docs:read", "build"}},
		{"DELETE", "/docs%3Aread", "", []string{"build"}},
		{"PUT", "", `{"permissions":[]}`, []string{}},
	} {
		got := w.want(t, 200, tt.method, one+"/permissions"+tt.path, tt.body)
		if p := rolePermissions(got); !slices.Equal(p, tt.want) || got["slug"] != "org-dev" {
			t.Errorf("%s %s %s: got %v, want %v", tt.method, tt.path, tt.body, got, tt.want)
		}
		if read := w.want(t, 200, "GET", one, ""); fmt.Sprint(read) != fmt.Sprint(got) {
			t.Errorf("read %v, got %v", read, got)
		}
		for _, slug := range []string{"docs", "docs:read", "build"} { // at once
			if holds := w.holds(t, w.ana, slug, w.project); holds != slices.Contains(tt.want, slug) {
				t.Errorf("after %s %s %s: %s is %t", tt.method, tt.path, tt.body, slug, holds)
			}
		}
	}
	w.refused(t, 404, "entity_not_found", "DELETE", one+"/permissions/docs", "")
	w.refused(t, 404, "entity_not_found", "DELETE", one+"/permissions/nothing", "")
	w.refused(t, 404, "entity_not_found", "PUT", one+"/permissions", `{"permissions":["docs","nothing"]}`)
	w.refused(t, 404, "entity_not_found", "POST", one+"/permissions", `{"slug":"nothing"}`)
	w.refused(t, 422, "permissions:permissions_required", "PUT", one+"/permissions", `{}`)
	w.refused(t, 422, "slug:slug_required", "POST", one+"/permissions", `{}`)

	w.want(t, 201, "POST", all, `{"slug":"org-ws","name":"x","resource_type_slug":"workspace"}`)
	ws := all + "/org-ws/permissions"
	w.want(t, 200, "PUT", ws, `{"permissions":["walk","build"]}`)
	w.refused(t, 422, "permissions:invalid_permission", "PUT", ws, `{"permissions":["walk","docs"]}`)
	w.refused(t, 422, "slug:invalid_permission", "POST", ws, `{"slug":"docs"}`)
	if got := rolePermissions(w.want(t, 200, "GET", all+"/org-ws", "")); !slices.Equal(got, []string{"walk", "build"}) {
		t.Errorf("after the refusals the role contains %v", got)
	}
}

// TestAssignedOrganizationRoleStays refuses to delete a role while somebody has
// it: a membership, inactive ones included, or a group, on whatever resource.
func TestAssignedOrganizationRoleStays(t *testing.T) {
	w := newTree(t)
	all := orgRoles(w.org)
	w.want(t, 201, "POST", all, `{"slug":"org-dev","name":"x"}`)
	w.want(t, 201, "POST", all, `{"slug":"org-builder","name":"x","resource_type_slug":"project"}`)

	w.giveRole(t, w.ana, "org-dev")
	w.refused(t, 409, "role_has_assignments", "DELETE", all+"/org-dev", "")
	w.want(t, 200, "PUT", "/user_management/organization_memberships/"+w.ana+"/deactivate", "")
	w.refused(t, 409, "role_has_assignments", "DELETE", all+"/org-dev", "")
	w.want(t, 200, "PUT", "/user_management/organization_memberships/"+w.ana+"/reactivate", "")
	w.giveRole(t, w.ana, "member")
	group := id(w.want(t, 201, "POST", "/organizations/"+w.org+"/groups", `{"name":"g"}`))
	w.want(t, 201, "POST", "/authorization/groups/"+group+"/role_assignments", `{"role_slug":"org-dev"}`)
	w.refused(t, 409, "role_has_assignments", "DELETE", all+"/org-dev", "")
	w.want(t, 204, "DELETE", "/authorization/groups/"+group+"/role_assignments", `{"role_slug":"org-dev"}`)
	w.want(t, 204, "DELETE", all+"/org-dev", "")

	w.want(t, 201, "POST", "/authorization/organization_memberships/"+w.ben+"/role_assignments", fmt.Sprintf(`{"role_slug":"org-builder","resource_id":%q}`, w.project))
	w.refused(t, 409, "role_has_assignments", "DELETE", all+"/org-builder", "")
	w.want(t, 204, "DELETE", "/authorization/organization_memberships/"+w.ben+"/role_assignments", fmt.Sprintf(`{"role_slug":"org-builder","resource_id":%q}`, w.project))
	w.want(t, 204, "DELETE", all+"/org-builder", "")

	// What every new membership gets stays, too.
	w.want(t, 201, "POST", all, `{"slug":"org-first","name":"x"}`)
	w.want(t, 200, "PUT", "/api/v1/organizations/"+w.org+"/roles/default", `{"role":"org-first"}`)
	w.refused(t, 409, "role_has_assignments", "DELETE", all+"/org-first", "")
	w.want(t, 200, "PUT", "/api/v1/organizations/"+w.org+"/roles/default", `{"role":"member"}`)
	w.want(t, 204, "DELETE", all+"/org-first", "")
}

// TestOrganizationRolesAtTheSameTime makes and changes many at once: production
// fails at that, and the Terraform provider of WorkOS works around it.
func TestOrganizationRolesAtTheSameTime(t *testing.T) {
	s := newServer(t)
	s.permission(t, "docs", "organization")
	org := s.organization(t, "Acme")
	all := orgRoles(org)
	const n = 12
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			slug := fmt.Sprintf("org-%d", i)
			for _, req := range [][3]string{
				{"POST", all, fmt.Sprintf(`{"slug":%q,"name":"x"}`, slug)}, {"POST", all + "/" + slug + "/permissions", `{"slug":"docs"}`}, {"PATCH", all + "/" + slug, `{"name":"y"}`},
			} {
				if got := s.As(t, s.APIKey, req[0], req[1], req[2]); got.Status/100 != 2 {
					t.Errorf("%v: %d %s", req, got.Status, got.Body)
				}
			}
		})
	}
	wg.Wait()
	got := s.want(t, 200, "GET", all, "")
	slugs := column(got, "slug")
	if len(slugs) != n+1 || slugs[0] != "member" || !slices.Equal(column(got, "name")[1:], slices.Repeat([]string{"y"}, n)) || !slices.Equal(column(got, "permissions")[1:], slices.Repeat([]string{"[docs]"}, n)) {
		t.Errorf("the roles are %v", got)
	}
	// Twins: one is made.
	statuses := make([]int, n)
	for i := range n {
		wg.Go(func() { statuses[i] = s.As(t, s.APIKey, "POST", all, `{"slug":"org-twin","name":"x"}`).Status })
	}
	wg.Wait()
	slices.Sort(statuses)
	if !slices.Equal(statuses, append([]int{201}, slices.Repeat([]int{409}, n-1)...)) {
		t.Errorf("twins: %v, want one 201 and 409 for the others", statuses)
	}
}

// TestFillingAnOrganizationRoleTakesAuthority: whoever may change an organization
// may assign its empty roles to itself, and must not fill them with what it
// cannot grant.
func TestFillingAnOrganizationRoleTakesAuthority(t *testing.T) {
	w := newTree(t)
	w.permission(t, "docs", "organization")
	w.permission(t, "vault", "organization")
	client, key := w.NewClient(t)
	w.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_manage","name":"x","permissions":[{"action":"read","allow":true},{"action":"update","allow":true}]}`)
	w.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_docs","name":"x","permissions":[{"action":"docs","grant":true}]}`)
	w.Want(t, 201, "POST", "/v1/records", fmt.Sprintf(`{"recordId":"r1","name":"x","users":[{"userId":%q}],"statements":[
		{"roles":["ro_manage"],"resources":[{"resourceUri":"Authress:Connections/%s"}]},{"roles":["ro_docs"],"resources":[{"resourceUri":%q}]}]}`, client, w.org, w.root))
	all := orgRoles(w.org)
	want := func(status int, method, path, body string) {
		t.Helper()
		if got, v := w.as(t, key, method, path, body); got != status {
			t.Errorf("%s %s %s: %d %v, want %d", method, path, body, got, v, status)
		}
	}
	want(201, "POST", all, `{"slug":"org-own","name":"x"}`)
	want(200, "POST", all+"/org-own/permissions", `{"slug":"docs"}`)
	want(403, "POST", all+"/org-own/permissions", `{"slug":"vault"}`)
	want(403, "PUT", all+"/org-own/permissions", `{"permissions":["docs","vault"]}`)
	w.want(t, 200, "PUT", all+"/org-own/permissions", `{"permissions":["docs","vault"]}`)
	want(200, "POST", all+"/org-own/permissions", `{"slug":"vault"}`) // has it
	want(200, "PUT", all+"/org-own/permissions", `{"permissions":["vault"]}`)
	want(200, "DELETE", all+"/org-own/permissions/vault", "")
	want(403, "PUT", all+"/org-own/permissions", `{"permissions":["vault"]}`)
	want(200, "PATCH", all+"/org-own", `{"name":"y"}`)
	want(200, "GET", all, "")
	want(204, "DELETE", all+"/org-own", "")

	// Nothing of another organization, nor of the environment.
	want(403, "GET", orgRoles(w.other), "")
	want(403, "POST", orgRoles(w.other), `{"name":"x"}`)
	want(403, "GET", roles, "")
	want(403, "POST", roles, `{"slug":"a","name":"x"}`)
	want(403, "PUT", roles+"/member/permissions", `{"permissions":["docs"]}`)
	want(403, "GET", permissions, "")
	want(403, "POST", permissions, `{"slug":"a","name":"x"}`)

	// The default is given to everybody who comes, so it takes authority, too.
	w.role(t, "keeper", "organization", "vault")
	w.role(t, "reader", "organization", "docs")
	want(403, "PUT", "/api/v1/organizations/"+w.org+"/roles/default", `{"role":"keeper"}`)
	want(200, "PUT", "/api/v1/organizations/"+w.org+"/roles/default", `{"role":"reader"}`)
}

// TestRolesOfAnotherRealm are not there.
func TestRolesOfAnotherRealm(t *testing.T) {
	s := newServer(t)
	var made struct {
		Credentials struct {
			APIKey string `json:"api_key"`
		} `json:"credentials"`
	}
	s.Want(t, 201, "POST", "/api/v1/realms", `{"id":"second","name":"x"}`).JSON(t, &made)
	org := s.organization(t, "Acme")
	s.permission(t, "docs", "organization")
	s.role(t, "editor", "organization", "docs")
	s.want(t, 201, "POST", orgRoles(org), `{"slug":"org-own","name":"x"}`)
	for _, req := range [][3]string{
		{"GET", permissions + "/docs", ""}, {"PATCH", permissions + "/docs", `{"name":"x"}`}, {"DELETE", permissions + "/docs", ""},
		{"GET", roles + "/editor", ""}, {"PATCH", roles + "/editor", `{"name":"x"}`}, {"PUT", roles + "/editor/permissions", `{"permissions":[]}`}, {"POST", roles + "/editor/permissions", `{"slug":"docs"}`},
		{"POST", roles + "/member/permissions", `{"slug":"docs"}`},
		{"GET", orgRoles(org), ""}, {"POST", orgRoles(org), `{"name":"x"}`}, {"GET", orgRoles(org) + "/org-own", ""}, {"DELETE", orgRoles(org) + "/org-own", ""},
		{"GET", orgRoles(org) + "/member", ""}, {"PUT", orgRoles(org) + "/org-own/permissions", `{"permissions":[]}`},
	} {
		if got, v := s.as(t, made.Credentials.APIKey, req[0], req[1], req[2]); got != 404 || codeOf(v) != "entity_not_found" {
			t.Errorf("%v: %d %v, want 404", req, got, v)
		}
	}
	if _, got := s.as(t, made.Credentials.APIKey, "GET", roles, ""); !slices.Equal(column(got, "slug"), []string{"member"}) {
		t.Errorf("the other realm has the roles %v", got)
	}
	if _, got := s.as(t, made.Credentials.APIKey, "GET", permissions, ""); len(column(got, "slug")) != len(systemSlugs) {
		t.Errorf("the other realm has the permissions %v", got)
	}
}

// TestRoleOrderIsNoNewsOfAnOrganization: its first role, the order of its roles
// and its default are written into the organization, which shows none of them.
func TestRoleOrderIsNoNewsOfAnOrganization(t *testing.T) {
	s := newServer(t)
	org := s.organization(t, "Acme")
	before := s.want(t, 200, "GET", "/organizations/"+org, "")
	_, cursor := s.events(t, "", everyName())
	s.want(t, 201, "POST", "/authorization/organizations/"+org+"/roles", `{"slug":"org-x","name":"X"}`)
	for _, tt := range [][2]string{{"priority", `{"roles":["org-x","member"]}`}, {"default", `{"role":"org-x"}`}, {"default", `{"role":"member"}`}} {
		s.Want(t, 200, "PUT", "/api/v1/organizations/"+org+"/roles/"+tt[0], tt[1])
	}
	s.want(t, 204, "DELETE", "/authorization/organizations/"+org+"/roles/org-x", "")
	if all, _ := s.events(t, cursor, everyName()); fmt.Sprint(names(all)) != "[organization_role.created organization_role.deleted]" {
		t.Errorf("the events are %v", names(all))
	}
	if got := s.want(t, 200, "GET", "/organizations/"+org, ""); fmt.Sprint(got) != fmt.Sprint(before) {
		t.Errorf("the organization became %v, before %v", got, before)
	}
}
