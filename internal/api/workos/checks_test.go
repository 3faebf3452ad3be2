package workos_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func checkOf(membership string) string {
	return "/authorization/organization_memberships/" + membership + "/check"
}

func asking(permission, resource string) string {
	return fmt.Sprintf(`{"permission_slug":%q,"resource_id":%q}`, permission, resource)
}

// TestChecks walks through the cases of a check.
func TestChecks(t *testing.T) {
	w := newRoles(t)
	sibling := w.resource(t, w.org, "project", "p2", w.workspace)
	elsewhere := w.resource(t, w.other, "workspace", "ws1", "")
	w.want(t, 200, "PUT", "/organizations/"+w.org, `{"external_id":"acme"}`)
	w.role(t, "nested", "workspace", "workspace:do", "project:do")
	w.want(t, 201, "POST", assignmentsOf(w.ana), onResource("nested", w.workspace))
	w.want(t, 201, "POST", assignmentsOf(w.ben), onResource("reader", w.project))

	byExternal := func(permission, typeSlug, externalID string) string {
		return fmt.Sprintf(`{"permission_slug":%q,"resource_type_slug":%q,"resource_external_id":%q}`, permission, typeSlug, externalID)
	}
	for _, tt := range []struct {
		what, membership, body string
		want                   bool
	}{
		{"what is assigned there", w.ben, asking("project:do", w.project), true},
		{"the same by the external id", w.ben, byExternal("project:do", "project", "p1"), true},
		{"with nulls for the other way", w.ben, fmt.Sprintf(`{"permission_slug":"project:do","resource_id":%q,"resource_external_id":null,"resource_type_slug":null}`, w.project), true},
		{"what is inherited from the parent", w.ana, asking("project:do", w.project), true},
		{"of a permission of another type", w.ana, asking("workspace:do", w.project), true},
		{"on the parent itself", w.ana, asking("project:do", w.workspace), true},
		{"upwards", w.ben, asking("project:do", w.workspace), false},
		{"on the organization", w.ana, asking("project:do", w.root), false},
		{"on a sibling", w.ben, asking("project:do", sibling), false},
		{"another permission", w.ben, asking("project:don", w.project), false},
		{"the beginning of a permission", w.ben, asking("project", w.project), false},
		{"a pattern for the permission", w.ben, asking("project:*", w.project), false},
		{"everything", w.ben, asking("*", w.project), false},
		{"another case", w.ben, asking("Project:Do", w.project), false},
		{"what is no permission", w.ben, asking("öl / & ?", w.project), false},
		{"the organization by its id", w.ana, byExternal("organization:do", "organization", w.org), false},
		{"the organization by its external id", w.ana, byExternal("organization:do", "organization", "acme"), false},
		{"more than is known", w.ben, `{"permission_slug":"project:do","extra":1,"resource_id":"` + w.project + `"}`, true},
	} {
		if v := w.want(t, 200, "POST", checkOf(tt.membership), tt.body); v["authorized"] != tt.want || len(v) != 1 {
			t.Errorf("%s: %s is answered with %v, want %v", tt.what, tt.body, v, tt.want)
		}
	}
	w.want(t, 201, "POST", assignmentsOf(w.ana), onResource("boss", w.root))
	for _, body := range []string{byExternal("organization:do", "organization", w.org), byExternal("organization:do", "organization", "acme"), asking("organization:do", sibling)} {
		if v := w.want(t, 200, "POST", checkOf(w.ana), body); v["authorized"] != true {
			t.Errorf("an organization-level role: %s is answered with %v", body, v)
		}
	}

	for _, tt := range []struct{ body, code string }{
		{``, "permission_slug:permission_slug_required"},
		{asking("", w.project), "permission_slug:permission_slug_required"},
		{`{"permission_slug":null,"resource_id":"` + w.project + `"}`, "permission_slug:permission_slug_required"},
		{`{"permission_slug":"x"}`, "resource_id:invalid_resource_target"},
		{asking("x", ""), "resource_id:invalid_resource_target"},
		{`{"permission_slug":"x","resource_type_slug":"project"}`, "resource_id:invalid_resource_target"},
		{`{"permission_slug":"x","resource_external_id":"p1"}`, "resource_id:invalid_resource_target"},
		{`{"permission_slug":"x","resource_id":"` + w.project + `","resource_type_slug":"project","resource_external_id":"p1"}`, "resource_id:invalid_resource_target"},
		{`{"permission_slug":"x","resource_id":"` + w.project + `","resource_external_id":"p1"}`, "resource_id:invalid_resource_target"},
	} {
		w.refused(t, 422, tt.code, "POST", checkOf(w.ana), tt.body)
	}
	for _, body := range []string{asking("x", "nobody"), asking("x", elsewhere), byExternal("x", "project", "nobody"), byExternal("x", "nobody", "p1"), byExternal("x", "workspace", "p1"), byExternal("x", "organization", w.other)} {
		w.refused(t, 404, "entity_not_found", "POST", checkOf(w.ana), body)
	}
	w.refused(t, 404, "entity_not_found", "POST", checkOf("om_nobody"), asking("x", w.project))
	w.refused(t, 404, "entity_not_found", "POST", checkOf(w.project), asking("x", w.project))
	w.refused(t, 400, "bad_request", "POST", checkOf(w.ana), `{"permission_slug":["x"]}`)
}

// TestChecksFollowEveryChange: whatever changed is in the very next answer.
func TestChecksFollowEveryChange(t *testing.T) {
	w := newRoles(t)
	other := w.resource(t, w.org, "workspace", "ws2", "")
	w.role(t, "nested", "workspace", "project:do")
	w.want(t, 201, "POST", assignmentsOf(w.ana), onResource("nested", w.workspace))
	demand := func(what string, want bool) {
		t.Helper()
		if got := w.may(t, w.ana, "project:do", w.project); got != want {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	demand("assigned above", true)
	w.want(t, 200, "PATCH", "/authorization/resources/"+w.project, fmt.Sprintf(`{"parent_resource_id":%q}`, other))
	demand("moved away", false)
	w.want(t, 200, "PATCH", "/authorization/resources/"+w.project, fmt.Sprintf(`{"parent_resource_id":%q}`, w.workspace))
	demand("moved back", true)
	w.want(t, 200, "PUT", "/authorization/roles/nested/permissions", `{"permissions":[]}`)
	demand("the role emptied", false)
	w.want(t, 200, "POST", "/authorization/roles/nested/permissions", `{"slug":"project:do"}`)
	demand("the role filled", true)
	w.want(t, 204, "DELETE", "/authorization/permissions/project:do", "")
	demand("the permission deleted", false)
	w.permission(t, "project:do", "project")
	demand("another of its name", false)
	w.want(t, 200, "POST", "/authorization/roles/nested/permissions", `{"slug":"project:do"}`)
	w.want(t, 204, "DELETE", "/authorization/resources/"+w.workspace+"?cascade_delete=true", "")
	w.refused(t, 404, "entity_not_found", "POST", checkOf(w.ana), asking("project:do", w.project))
	w.refused(t, 404, "entity_not_found", "GET", "/authorization/organization_memberships/"+w.ana+"/resources/"+w.project+"/permissions", "")
}

func TestResourcesOfMemberships(t *testing.T) {
	w := newRoles(t)
	list := "/authorization/organization_memberships/" + w.ana + "/resources"
	var mine []string
	for i := range 7 {
		p := w.resource(t, w.org, "project", fmt.Sprintf("more%d", i), w.workspace)
		if i%2 == 0 {
			w.want(t, 201, "POST", assignmentsOf(w.ana), onResource("reader", p))
			mine = append(mine, p)
		}
	}
	byID := list + "?permission_slug=project:do&parent_resource_id=" + w.workspace
	byExternal := list + "?permission_slug=project:do&parent_resource_type_slug=workspace&parent_resource_external_id=ws1"
	paged(t, w.server, byID, mine)
	paged(t, w.server, byExternal, mine)
	if got := column(w.want(t, 200, "GET", byID, ""), "object"); got[0] != "authorization_resource" {
		t.Errorf("listed a %s", got[0])
	}
	// One level at a time: nothing of what is deeper.
	if got := walk(t, w.server, list+"?limit=100&permission_slug=project:do&parent_resource_id="+w.root); len(got) != 0 {
		t.Errorf("below the organization: %v", got)
	}
	w.want(t, 201, "POST", assignmentsOf(w.ana), onResource("boss", w.root))
	if got := walk(t, w.server, list+"?limit=100&permission_slug=organization:do&parent_resource_type_slug=organization&parent_resource_external_id="+w.org); !slices.Equal(got, []string{w.workspace}) {
		t.Errorf("by a role on the organization: %v, want the workspace", got)
	}
	for _, slug := range []string{"nobody", "Not+A+Slug", "project"} {
		if got := walk(t, w.server, list+"?limit=100&permission_slug="+slug+"&parent_resource_id="+w.workspace); len(got) != 0 {
			t.Errorf("by a permission that does not exist: %v", got)
		}
	}
	w.want(t, 200, "PUT", "/user_management/organization_memberships/"+w.ana+"/deactivate", "")
	if got := walk(t, w.server, byID+"&limit=100"); len(got) != 0 {
		t.Errorf("of an inactive membership: %v", got)
	}

	w.refused(t, 422, "permission_slug:permission_slug_required", "GET", list+"?parent_resource_id="+w.root, "")
	w.refused(t, 422, "permission_slug:permission_slug_required", "GET", list+"?permission_slug=&parent_resource_id="+w.root, "")
	for _, parent := range []string{"", "&parent_resource_type_slug=workspace", "&parent_resource_external_id=ws1", "&parent_resource_id=" + w.root + "&parent_resource_type_slug=workspace"} {
		w.refused(t, 422, "parent_resource_id:invalid_resource_target", "GET", list+"?permission_slug=x"+parent, "")
	}
	elsewhere := w.resource(t, w.other, "workspace", "ws1", "")
	for _, parent := range []string{"parent_resource_id=nobody", "parent_resource_id=" + elsewhere, "parent_resource_type_slug=workspace&parent_resource_external_id=nobody"} {
		w.refused(t, 404, "entity_not_found", "GET", list+"?permission_slug=x&"+parent, "")
	}
	w.refused(t, 404, "entity_not_found", "GET", strings.Replace(byID, w.ana, "om_nobody", 1), "")
	w.refused(t, 422, "limit:invalid_limit", "GET", byID+"&limit=0", "")
}

func TestPermissionsOfMemberships(t *testing.T) {
	w := newRoles(t)
	ofAna := "/authorization/organization_memberships/" + w.ana + "/resources/"
	lists := []string{
		ofAna + w.project + "/permissions", ofAna + "project/p1/permissions",
		"/authorization/resources/" + w.project + "/organization_memberships/" + w.ana + "/permissions", // the Node SDK's
	}
	for _, p := range []string{"a", "b", "c", "d"} {
		w.permission(t, p, "organization")
	}
	catalogue := walk(t, w.server, "/authorization/permissions?order=asc&limit=100")
	w.role(t, "several", "organization", "a", "b", "widgets:sso:manage", "project:do")
	w.want(t, 201, "POST", assignmentsOf(w.ana), onResource("several", w.root))
	w.want(t, 201, "POST", assignmentsOf(w.ana), onResource("reader", w.project))
	g := w.group(t, w.org, "g")
	w.join(t, w.org, g, w.ana)
	w.role(t, "by-group", "organization", "d", "a")
	w.want(t, 201, "POST", "/authorization/groups/"+g+"/role_assignments", `{"role_slug":"by-group"}`)

	for _, list := range lists {
		v := w.want(t, 200, "GET", list+"?order=asc&limit=100", "")
		if got := column(v, "slug"); !slices.Equal(got, []string{"widgets:sso:manage", "project:do", "a", "b", "d"}) {
			t.Errorf("%s lists %v", list, got)
		}
		if got := column(v, "object"); got[0] != "permission" {
			t.Errorf("%s lists a %s", list, got[0])
		}
		var want []string
		for _, p := range catalogue { // the catalogue's order is that of the list
			if slices.Contains(column(v, "id"), p) {
				want = append(want, p)
			}
		}
		paged(t, w.server, list, want)
	}
	if got := column(w.want(t, 200, "GET", ofAna+"organization/"+w.org+"/permissions?order=asc", ""), "slug"); !slices.Equal(got, []string{"widgets:sso:manage", "project:do", "a", "b", "d"}) {
		t.Errorf("on the organization: %v", got)
	}
	for _, path := range []string{
		ofAna + "nobody/permissions", ofAna + "project/nobody/permissions", ofAna + "nobody/p1/permissions",
		strings.Replace(lists[0], w.ana, "om_nobody", 1), strings.Replace(lists[2], w.ana, "om_nobody", 1),
		strings.Replace(lists[2], w.project, "nobody", 1), ofAna + w.resource(t, w.other, "workspace", "ws1", "") + "/permissions",
	} {
		w.refused(t, 404, "entity_not_found", "GET", path, "")
	}
	w.want(t, 200, "PUT", "/user_management/organization_memberships/"+w.ana+"/deactivate", "")
	for _, list := range lists {
		if got := walk(t, w.server, list+"?limit=100"); len(got) != 0 {
			t.Errorf("%s of an inactive membership: %v", list, got)
		}
	}
}

func TestMembershipsOnResources(t *testing.T) {
	w := newRoles(t)
	w.role(t, "nested", "workspace", "project:do")
	w.role(t, "all", "organization", "project:do")
	m := map[string]string{"ana": w.ana, "ben": w.ben}
	for _, name := range []string{"group", "above", "root", "none", "inactive"} {
		m[name] = w.membership(t, w.org, w.user(t, name+"@example.com"))
	}
	g := w.group(t, w.org, "g")
	w.join(t, w.org, g, m["group"])
	w.want(t, 201, "POST", "/authorization/groups/"+g+"/role_assignments", onResource("reader", w.project))
	w.want(t, 201, "POST", assignmentsOf(w.ana), onResource("reader", w.project))
	w.want(t, 201, "POST", assignmentsOf(m["above"]), onResource("nested", w.workspace))
	w.want(t, 201, "POST", assignmentsOf(m["root"]), onResource("all", w.root))
	w.want(t, 201, "POST", assignmentsOf(m["inactive"]), onResource("reader", w.project))
	w.want(t, 200, "PUT", "/user_management/organization_memberships/"+m["inactive"]+"/deactivate", "")

	ids := func(names ...string) (all []string) {
		for _, n := range names {
			all = append(all, m[n])
		}
		return all
	}
	byID := "/authorization/resources/%s/organization_memberships?permission_slug=project:do"
	project, external := fmt.Sprintf(byID, w.project), "/authorization/organizations/"+w.org+"/resources/project/p1/organization_memberships?permission_slug=project:do"
	for _, list := range []string{project, project + "&assignment=direct", external} {
		paged(t, w.server, list, ids("ana", "group"))
	}
	for _, list := range []string{project + "&assignment=indirect", external + "&assignment=indirect"} {
		paged(t, w.server, list, ids("ana", "group", "above", "root"))
	}
	if got := walk(t, w.server, fmt.Sprintf(byID, w.workspace)+"&limit=10"); !slices.Equal(got, ids("above")) {
		t.Errorf("on the workspace: %v", got)
	}
	if got := walk(t, w.server, fmt.Sprintf(byID, w.root)+"&limit=10"); !slices.Equal(got, ids("root")) {
		t.Errorf("on the organization: %v", got)
	}
	if got := walk(t, w.server, strings.Replace(project, "project:do", "nobody", 1)+"&assignment=indirect&limit=10"); len(got) != 0 {
		t.Errorf("with a permission that does not exist: %v", got)
	}
	first := w.want(t, 200, "GET", project, "")["data"].([]any)[0].(map[string]any)
	if _, has := first["roles"]; has || first["user"].(map[string]any)["email"] != "group@example.com" || first["organization_name"] != "Acme" {
		t.Errorf("listed %v", first)
	}

	w.refused(t, 422, "assignment:invalid_assignment", "GET", project+"&assignment=both", "")
	w.refused(t, 422, "permission_slug:permission_slug_required", "GET", strings.Replace(project, "project:do", "", 1), "")
	w.refused(t, 404, "entity_not_found", "GET", fmt.Sprintf(byID, "nobody"), "")
	w.refused(t, 404, "entity_not_found", "GET", strings.Replace(external, "p1", "nobody", 1), "")
	w.refused(t, 404, "entity_not_found", "GET", strings.Replace(external, w.org, w.other, 1), "")
}
