package workos_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestRightsOnGroupsAssignmentsAndChecks: each route takes the right that it
// names, on the very organization or membership, and no other one.
func TestRightsOnGroupsAssignmentsAndChecks(t *testing.T) {
	w := newRoles(t)
	w.role(t, "hollow", "project") // takes no authority to give
	g := w.group(t, w.org, "g")
	w.join(t, w.org, g, w.ben)
	spare := w.group(t, w.org, "spare")
	gra := id(w.want(t, 201, "POST", "/authorization/groups/"+g+"/role_assignments", onResource("reader", w.project)))
	direct := id(w.want(t, 201, "POST", assignmentsOf(w.ben), onResource("reader", w.project)))
	names := strings.NewReplacer("{org}", w.org, "{g}", g, "{spare}", spare, "{gra}", gra, "{direct}", direct,
		"{ana}", w.ana, "{ben}", w.ben, "{p}", w.project, "{ws}", w.workspace)

	read, update, ask := "read Authress:Connections/"+w.org, "update Authress:Connections/"+w.org, "read Authress:UserPermissions/"+w.ana
	second := w.want(t, 201, "POST", "/api/v1/realms", `{"id":"second","account_id":"acc_second","name":"Second"}`)
	stranger, _ := second["credentials"].(map[string]any)["api_key"].(string)
	rights := map[string]string{}
	for _, right := range []string{read, update, ask, "read Authress:Connections/" + w.other, "update Authress:Connections/" + w.other, "read Authress:UserPermissions/" + w.ben} {
		action, on, _ := strings.Cut(right, " ")
		rights[right] = clientWith(t, w.server, action, on)
	}
	const groups, assigned = "/organizations/{org}/groups", "/authorization/organization_memberships/{ana}/role_assignments"
	const ofGroup = "/authorization/groups/{g}/role_assignments"
	for _, tt := range []struct {
		needs, method, path, body string
		status                    int
	}{
		{read, "GET", groups, "", 200},
		{read, "GET", groups + "/{g}", "", 200},
		{read, "GET", groups + "/{g}/organization-memberships", "", 200},
		{read, "GET", "/user_management/organization_memberships/{ben}/groups", "", 200},
		{read, "GET", assigned, "", 200},
		{read, "GET", "/authorization/resources/{p}/role_assignments", "", 200},
		{read, "GET", "/authorization/organizations/{org}/resources/project/p1/role_assignments", "", 200},
		{read, "GET", ofGroup, "", 200},
		{read, "GET", ofGroup + "/{gra}", "", 200},
		{read, "GET", "/authorization/resources/{p}/organization_memberships?permission_slug=x", "", 200},
		{read, "GET", "/authorization/organizations/{org}/resources/project/p1/organization_memberships?permission_slug=x", "", 200},
		{ask, "POST", "/authorization/organization_memberships/{ana}/check", `{"permission_slug":"x","resource_id":"{p}"}`, 200},
		{ask, "GET", "/authorization/organization_memberships/{ana}/resources?permission_slug=x&parent_resource_id={ws}", "", 200},
		{ask, "GET", "/authorization/organization_memberships/{ana}/resources/{p}/permissions", "", 200},
		{ask, "GET", "/authorization/organization_memberships/{ana}/resources/project/p1/permissions", "", 200},
		{ask, "GET", "/authorization/resources/{p}/organization_memberships/{ana}/permissions", "", 200},
		{update, "POST", groups, `{"name":"x"}`, 201},
		{update, "PATCH", groups + "/{g}", `{"name":"x"}`, 200},
		{update, "POST", groups + "/{spare}/organization-memberships", `{"organization_membership_id":"{ana}"}`, 200},
		{update, "DELETE", groups + "/{spare}/organization-memberships/{ana}", "", 204},
		{update, "DELETE", groups + "/{spare}", "", 204},
		{update, "POST", assigned, `{"role_slug":"hollow","resource_id":"{p}"}`, 201},
		{update, "DELETE", assigned, `{"role_slug":"hollow","resource_id":"{p}"}`, 204},
		{update, "DELETE", "/authorization/organization_memberships/{ben}/role_assignments/{direct}", "", 204},
		{update, "POST", ofGroup, `{"role_slug":"hollow","resource_id":"{p}"}`, 201},
		{update, "DELETE", ofGroup, `{"role_slug":"hollow","resource_id":"{p}"}`, 204},
		{update, "DELETE", ofGroup + "/{gra}", "", 204},
		{update, "PUT", ofGroup, `{"role_assignments":[{"role_slug":"hollow","resource_id":"{p}"}]}`, 200},
	} {
		path, body := names.Replace(tt.path), names.Replace(tt.body)
		demand := func(who, credential string, want int) {
			t.Helper()
			if got, v := w.as(t, credential, tt.method, path, body); got != want {
				t.Errorf("%s %s by %s: %d %v, want %d", tt.method, tt.path, who, got, v, want)
			}
		}
		demand("nobody", "", 401)
		demand("the owner of another realm", stranger, 404)
		for right, key := range rights {
			if right != tt.needs {
				demand("who may "+right, key, 403)
			}
		}
		demand("who may "+tt.needs, rights[tt.needs], tt.status)
	}
	// What does not exist is refused like what is another organization's.
	for _, path := range []string{assignmentsOf("om_nobody"), "/authorization/groups/nobody/role_assignments", "/authorization/resources/nobody/role_assignments"} {
		if got, v := w.as(t, rights[read], "GET", path, ""); got != 403 {
			t.Errorf("GET %s: %d %v, want 403", path, got, v)
		}
	}
	if got, v := w.as(t, rights[ask], "POST", checkOf("om_nobody"), asking("x", w.project)); got != 403 {
		t.Errorf("asking for nobody: %d %v, want 403", got, v)
	}
}

// TestGivingARoleTakesAuthority: to change the organization is not enough to give
// what one cannot grant, to a membership or to a group; to take it is.
func TestGivingARoleTakesAuthority(t *testing.T) {
	w := newRoles(t)
	g := w.group(t, w.org, "g")
	group := "/authorization/groups/" + g + "/role_assignments"
	client, key := w.NewClient(t)
	w.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_manage","name":"x","permissions":[{"action":"update","allow":true}]}`)
	w.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_grant","name":"x","permissions":[{"action":"project:do","grant":true}]}`)
	record := func(where string) string {
		return fmt.Sprintf(`{"recordId":"r1","name":"x","users":[{"userId":%q}],"statements":[{"roles":["ro_manage"],"resources":[{"resourceUri":"Authress:Connections/%s"}]},
			{"roles":["ro_grant"],"resources":[{"resourceUri":%q}]}]}`, client, w.org, where)
	}
	w.Want(t, 201, "POST", "/v1/records", record("elsewhere"))
	demand := func(status int, method, path, body string) {
		t.Helper()
		if got, v := w.as(t, key, method, path, body); got != status {
			t.Errorf("%s %s %s: %d %v, want %d", method, path, body, got, v, status)
		}
	}
	give := onResource("reader", w.project)
	members := "/organizations/" + w.org + "/groups/" + g + "/organization-memberships"
	join := fmt.Sprintf(`{"organization_membership_id":%q}`, w.ana)
	demand(200, "POST", members, join) // the group is given nothing yet
	demand(204, "DELETE", members+"/"+w.ana, "")
	demand(403, "POST", assignmentsOf(w.ana), give)
	demand(403, "POST", group, give)
	demand(403, "PUT", group, `{"role_assignments":[`+give+`]}`)
	if w.may(t, w.ana, "project:do", w.project) {
		t.Fatal("a refusal gave the role")
	}
	w.Want(t, 202, "PUT", "/v1/records/r1", record(w.workspace)) // above the project
	demand(201, "POST", assignmentsOf(w.ana), give)
	demand(201, "POST", group, give)
	demand(200, "PUT", group, `{"role_assignments":[`+give+`]}`)
	demand(200, "POST", members, join)
	demand(204, "DELETE", members+"/"+w.ana, "")
	demand(403, "POST", assignmentsOf(w.ana), onResource("boss", w.root))
	w.Want(t, 202, "PUT", "/v1/records/r1", record("elsewhere"))
	demand(201, "POST", assignmentsOf(w.ana), give) // she has it: nothing is given
	demand(200, "PUT", group, `{"role_assignments":[`+give+`]}`)
	demand(403, "POST", members, join) // who joins would get it
	demand(204, "DELETE", assignmentsOf(w.ana), give)
	demand(204, "DELETE", group, give)
}

// TestARoleIsTakenBySlug: who has a role of the realm does not keep it because
// the organization has made one of its own under the slug since.
func TestARoleIsTakenBySlug(t *testing.T) {
	w := newRoles(t)
	w.want(t, 200, "PATCH", "/api/v1/settings", `{"multiple_roles":true}`)
	w.role(t, "org-buyer", "organization", "organization:do")
	g := w.group(t, w.org, "g")
	w.join(t, w.org, g, w.ben)
	group := "/authorization/groups/" + g + "/role_assignments"
	buyer := onResource("org-buyer", w.root)
	w.want(t, 201, "POST", assignmentsOf(w.ana), buyer)
	w.want(t, 201, "POST", group, buyer)
	w.want(t, 201, "POST", "/authorization/organizations/"+w.org+"/roles", `{"slug":"org-buyer","name":"Shadow"}`)
	w.want(t, 201, "POST", assignmentsOf(w.ana), buyer)
	if !w.may(t, w.ana, "organization:do", w.root) || !w.may(t, w.ben, "organization:do", w.root) {
		t.Fatal("the role of the realm gives nothing any more")
	}
	w.want(t, 204, "DELETE", assignmentsOf(w.ana), buyer)
	w.want(t, 204, "DELETE", group, buyer)
	if w.may(t, w.ana, "organization:do", w.root) || w.may(t, w.ben, "organization:do", w.root) {
		t.Error("what was taken is still held")
	}
	w.refused(t, 404, "entity_not_found", "DELETE", assignmentsOf(w.ana), buyer)
}

// TestTypesHaveNoSlash: what is asked for by type and external id is not found
// by another way to cut the two from one text.
func TestTypesHaveNoSlash(t *testing.T) {
	w := newRoles(t)
	w.resource(t, w.org, "workspace", "b/c", "")
	w.want(t, 201, "POST", assignmentsOf(w.ana), onExternal("keeper", "workspace", "b/c"))
	w.refused(t, 404, "entity_not_found", "POST", assignmentsOf(w.ana), onExternal("keeper", "workspace/b", "c"))
	w.refused(t, 404, "entity_not_found", "POST", checkOf(w.ana), `{"permission_slug":"workspace:do","resource_type_slug":"workspace/b","resource_external_id":"c"}`)
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		w.refused(t, 404, "entity_not_found", method, "/authorization/organizations/"+w.org+"/resources/workspace%2Fb/c", "")
	}
	w.want(t, 200, "GET", "/authorization/organizations/"+w.org+"/resources/workspace/b%2Fc", "")
}
