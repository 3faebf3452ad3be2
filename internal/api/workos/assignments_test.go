package workos_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// may asks whether a membership has a permission on a resource.
func (s server) may(t testing.TB, membership, permission, resource string) bool {
	t.Helper()
	v := s.want(t, 200, "POST", "/authorization/organization_memberships/"+membership+"/check",
		fmt.Sprintf(`{"permission_slug":%q,"resource_id":%q}`, permission, resource))
	return v["authorized"] == true
}

func assignmentsOf(membership string) string {
	return "/authorization/organization_memberships/" + membership + "/role_assignments"
}

func onResource(role, resource string) string {
	return fmt.Sprintf(`{"role_slug":%q,"resource_id":%q}`, role, resource)
}

func onExternal(role, typeSlug, externalID string) string {
	return fmt.Sprintf(`{"role_slug":%q,"resource_type_slug":%q,"resource_external_id":%q}`, role, typeSlug, externalID)
}

// newRoles is the tree with a permission of each type and a role that has it:
// reader on projects, keeper on workspaces, boss on organizations.
func newRoles(t testing.TB) tree {
	t.Helper()
	w := newTree(t)
	for typeSlug, role := range map[string]string{"project": "reader", "workspace": "keeper", "organization": "boss"} {
		w.permission(t, typeSlug+":do", typeSlug)
		w.role(t, role, typeSlug, typeSlug+":do")
	}
	return w
}

func TestRolesOfMemberships(t *testing.T) {
	w := newRoles(t)
	path := assignmentsOf(w.ana)
	made := w.want(t, 201, "POST", path, onResource("reader", w.project))
	if made["object"] != "role_assignment" || !strings.HasPrefix(id(made), "role_assignment_") || made["organization_membership_id"] != w.ana ||
		fmt.Sprint(made["role"]) != "map[slug:reader]" || fmt.Sprint(made["source"]) != "map[group_role_assignment_id:<nil> type:direct]" ||
		fmt.Sprint(made["resource"]) != fmt.Sprintf("map[external_id:p1 id:%s resource_type_slug:project]", w.project) {
		t.Errorf("made %v", made)
	}
	if !w.may(t, w.ana, "project:do", w.project) || w.may(t, w.ana, "project:do", w.workspace) || w.may(t, w.ben, "project:do", w.project) {
		t.Error("the role is not what the check says")
	}
	for _, body := range []string{onResource("reader", w.project), onExternal("reader", "project", "p1")} {
		if again := w.want(t, 201, "POST", path, body); id(again) != id(made) {
			t.Errorf("the same once more is %v, want %v", again, made)
		}
	}
	if got := walk(t, w.server, path+"?limit=100"); len(got) != 2 || got[0] != id(made) {
		t.Errorf("the list is %v, want the new one and that of the default role", got)
	}

	w.want(t, 204, "DELETE", path, onExternal("reader", "project", "p1"))
	if w.may(t, w.ana, "project:do", w.project) {
		t.Error("the role stayed")
	}
	w.refused(t, 404, "entity_not_found", "DELETE", path, onResource("reader", w.project))
	second := w.want(t, 201, "POST", path, onResource("reader", w.project))
	if id(second) == id(made) {
		t.Error("the id came back")
	}
	w.refused(t, 404, "entity_not_found", "DELETE", assignmentsOf(w.ben)+"/"+id(second), "")
	w.want(t, 204, "DELETE", path+"/"+id(second), "")
	w.refused(t, 404, "entity_not_found", "DELETE", path+"/"+id(second), "")
	if w.may(t, w.ana, "project:do", w.project) {
		t.Error("the role stayed")
	}
}

func TestAssigningIsChecked(t *testing.T) {
	w := newRoles(t)
	elsewhere := w.resource(t, w.other, "workspace", "ws1", "")
	stranger := w.membership(t, w.other, w.user(t, "stranger@example.com"))
	w.want(t, 201, "POST", "/authorization/organizations/"+w.other+"/roles", `{"name":"x","slug":"org-theirs"}`)
	g := w.group(t, w.org, "g")
	theirs := w.group(t, w.other, "g")
	path, group := assignmentsOf(w.ana), "/authorization/groups/"+g+"/role_assignments"

	for _, tt := range []struct{ body, code string }{
		{`{}`, "role_slug:role_slug_required"},
		{``, "role_slug:role_slug_required"},
		{`{"resource_id":"x"}`, "role_slug:role_slug_required"},
		{onResource("", w.project), "role_slug:role_slug_required"},
		{onResource("reader", ""), "resource_id:invalid_resource_target"},
		{`{"role_slug":"reader","resource_type_slug":"project"}`, "resource_id:invalid_resource_target"},
		{`{"role_slug":"reader","resource_external_id":"p1"}`, "resource_id:invalid_resource_target"},
		{fmt.Sprintf(`{"role_slug":"reader","resource_id":%q,"resource_type_slug":"project"}`, w.project), "resource_id:invalid_resource_target"},
		{fmt.Sprintf(`{"role_slug":"reader","resource_id":%q,"resource_external_id":"p1","resource_type_slug":"project"}`, w.project), "resource_id:invalid_resource_target"},
	} {
		for _, at := range []string{path, group} {
			w.refused(t, 422, tt.code, "POST", at, tt.body)
			w.refused(t, 422, tt.code, "DELETE", at, tt.body)
		}
	}
	w.refused(t, 422, "resource_id:invalid_resource_target", "POST", path, `{"role_slug":"reader"}`)
	w.refused(t, 422, "resource_id:invalid_resource_target", "DELETE", path, `{"role_slug":"boss"}`)
	for _, body := range []string{onResource("reader", w.workspace), onResource("keeper", w.root), onResource("boss", w.project)} {
		w.refused(t, 422, "role_slug:invalid_role", "POST", path, body)
		w.refused(t, 422, "role_slug:invalid_role", "POST", group, body)
		w.refused(t, 422, "role_slug:invalid_role", "PUT", group, `{"role_assignments":[`+body+`]}`)
	}
	for _, body := range []string{
		onResource("nobody", w.project), onResource("org-theirs", w.root), onResource(w.other+"/org-theirs", w.root), onResource("READER", w.project),
		onResource("reader", "authz_resource_nobody"), onResource("keeper", elsewhere),
		onExternal("reader", "project", "nobody"), onExternal("reader", "nobody", "p1"), onExternal("boss", "organization", w.other),
	} {
		for _, at := range []string{path, group} {
			w.refused(t, 404, "entity_not_found", "POST", at, body)
			w.refused(t, 404, "entity_not_found", "DELETE", at, body)
		}
		w.refused(t, 404, "entity_not_found", "PUT", group, `{"role_assignments":[`+body+`]}`)
	}
	for _, at := range []string{assignmentsOf("om_nobody"), assignmentsOf(stranger)} {
		w.refused(t, 404, "entity_not_found", "POST", at, onResource("reader", w.project))
		w.refused(t, 404, "entity_not_found", "DELETE", at, onResource("reader", w.project))
	}
	for _, at := range []string{"group_nobody", theirs} {
		w.refused(t, 404, "entity_not_found", "POST", "/authorization/groups/"+at+"/role_assignments", onResource("reader", w.project))
	}
	w.refused(t, 404, "entity_not_found", "GET", assignmentsOf("om_nobody"), "")
	w.refused(t, 400, "bad_request", "POST", path, `{"role_slug":1}`)
	if got := column(w.want(t, 200, "GET", path, ""), "role"); len(got) != 1 || got[0] != "map[slug:member]" {
		t.Errorf("after refusals only, the membership has %v", got)
	}
}

// TestFiltersOfRoleAssignments: each member of the filter narrows the list.
func TestFiltersOfRoleAssignments(t *testing.T) {
	w := newRoles(t)
	p2 := w.resource(t, w.org, "project", "p2", w.workspace)
	twin := w.resource(t, w.org, "workspace", "p2", "")
	made := map[string]string{}
	for _, on := range []struct{ name, role, resource string }{{"p1", "reader", w.project}, {"p2", "reader", p2}, {"ws1", "keeper", w.workspace}, {"twin", "keeper", twin}} {
		made[on.name] = id(w.want(t, 201, "POST", assignmentsOf(w.ana), onResource(on.role, on.resource)))
	}
	made["root"] = column(w.want(t, 200, "GET", assignmentsOf(w.ana)+"?order=asc&limit=1", ""), "id")[0]
	w.want(t, 200, "PUT", "/organizations/"+w.org, `{"external_id":"acme"}`)
	for filter, names := range map[string]string{
		"":                             "twin ws1 p2 p1 root",
		"resource_id=" + p2:            "p2",
		"resource_id=" + w.root:        "root",
		"resource_id=nobody":           "",
		"resource_type_slug=project":   "p2 p1",
		"resource_type_slug=workspace": "twin ws1",
		"resource_type_slug=nobody":    "",
		"resource_external_id=p2":      "twin p2",
		"resource_external_id=p2&resource_type_slug=project":                 "p2",
		"resource_external_id=p2&resource_type_slug=organization":            "",
		"resource_id=" + p2 + "&resource_type_slug=workspace":                "",
		"resource_external_id=" + w.org + "&resource_type_slug=organization": "root",
		"resource_external_id=acme":                                          "root",
		"resource_external_id=" + w.other:                                    "",
	} {
		want := []string{}
		for _, name := range strings.Fields(names) {
			want = append(want, made[name])
		}
		if got := walk(t, w.server, assignmentsOf(w.ana)+"?limit=1&"+filter); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q lists %v, want %v of %v", filter, got, want, made)
		}
	}
	w.refused(t, 422, "limit:invalid_limit", "GET", assignmentsOf(w.ana)+"?limit=0", "")
}

// TestRolesOfAResource: only what is placed on it, from memberships and groups.
func TestRolesOfAResource(t *testing.T) {
	w := newRoles(t)
	g := w.group(t, w.org, "g")
	w.join(t, w.org, g, w.ben)
	w.join(t, w.org, g, w.ana)
	w.role(t, "second", "project", "project:do")
	direct := id(w.want(t, 201, "POST", assignmentsOf(w.ana), onResource("reader", w.project)))
	gra := id(w.want(t, 201, "POST", "/authorization/groups/"+g+"/role_assignments", onResource("second", w.project)))
	w.want(t, 201, "POST", assignmentsOf(w.ana), onResource("keeper", w.workspace))

	byID, byExternal := "/authorization/resources/"+w.project+"/role_assignments", "/authorization/organizations/"+w.org+"/resources/project/p1/role_assignments"
	for _, path := range []string{byID, byExternal} {
		v := w.want(t, 200, "GET", path, "")
		if got := column(v, "organization_membership_id"); len(got) != 3 {
			t.Fatalf("%s lists %v", path, v)
		}
		if got := column(v, "id"); !slices.Contains(got, direct) || !slices.IsSortedFunc(got, func(a, b string) int { return strings.Compare(b, a) }) {
			t.Errorf("%s lists %v, want %s in it, and the newest first", path, got, direct)
		}
		if got := column(w.want(t, 200, "GET", path+"?role_slug=reader", ""), "id"); len(got) != 1 || got[0] != direct {
			t.Errorf("the readers are %v", got)
		}
		if got := column(w.want(t, 200, "GET", path+"?role_slug=second", ""), "source"); len(got) != 2 || !strings.Contains(got[0], gra) || !strings.Contains(got[1], "type:group") {
			t.Errorf("the others have it by %v", got)
		}
		if got := column(w.want(t, 200, "GET", path+"?role_slug=nobody", ""), "id"); len(got) != 0 {
			t.Errorf("a role that does not exist: %v", got)
		}
		oldest := walk(t, w.server, path+"?order=asc&limit=100")
		paged(t, w.server, path, oldest)
	}
	// The group's row is the same from the resource's side and the membership's.
	row := column(w.want(t, 200, "GET", assignmentsOf(w.ben)+"?resource_id="+w.project, ""), "id")
	if !strings.Contains(fmt.Sprint(column(w.want(t, 200, "GET", byID, ""), "id")), row[0]) || len(row) != 1 {
		t.Errorf("ben's row is %v", row)
	}
	for _, path := range []string{
		"/authorization/resources/nobody/role_assignments", "/authorization/organizations/" + w.org + "/resources/project/nobody/role_assignments",
		"/authorization/organizations/" + w.other + "/resources/project/p1/role_assignments", "/authorization/organizations/nobody/resources/project/p1/role_assignments",
	} {
		w.refused(t, 404, "entity_not_found", "GET", path, "")
	}
}

// TestGroupRolesAreTheGroupsToTake: decision D-6.
func TestGroupRolesAreTheGroupsToTake(t *testing.T) {
	w := newRoles(t)
	g := w.group(t, w.org, "g")
	w.join(t, w.org, g, w.ana)
	gra := id(w.want(t, 201, "POST", "/authorization/groups/"+g+"/role_assignments", onResource("reader", w.project)))
	row := column(w.want(t, 200, "GET", assignmentsOf(w.ana)+"?resource_id="+w.project, ""), "id")[0]
	w.refused(t, 403, "forbidden", "DELETE", assignmentsOf(w.ana)+"/"+row, "")
	w.refused(t, 403, "forbidden", "DELETE", assignmentsOf(w.ana), onResource("reader", w.project))
	w.refused(t, 404, "entity_not_found", "DELETE", assignmentsOf(w.ana)+"/"+gra, "")
	w.refused(t, 404, "entity_not_found", "DELETE", assignmentsOf(w.ben)+"/"+row, "")
	w.refused(t, 404, "entity_not_found", "DELETE", assignmentsOf(w.ben), onResource("reader", w.project))
	if !w.may(t, w.ana, "project:do", w.project) {
		t.Error("a refusal took the role")
	}
	// What she has herself besides can go, and the group's stays.
	direct := w.want(t, 201, "POST", assignmentsOf(w.ana), onResource("reader", w.project))
	if id(direct) == row {
		t.Fatal("the direct assignment is the group's")
	}
	w.want(t, 204, "DELETE", assignmentsOf(w.ana), onResource("reader", w.project))
	if got := column(w.want(t, 200, "GET", assignmentsOf(w.ana)+"?resource_id="+w.project, ""), "id"); len(got) != 1 || got[0] != row {
		t.Errorf("left is %v, want %s as before", got, row)
	}
}

// roles are the roles that a membership shows on its organization, and when it
// last changed.
func (s server) roles(t testing.TB, membership string) (string, string) {
	t.Helper()
	v := s.want(t, 200, "GET", "/user_management/organization_memberships/"+membership, "")
	return strings.NewReplacer("map[slug:", "", "]", "", "[", "").Replace(fmt.Sprint(v["roles"])), fmt.Sprint(v["updated_at"])
}

// TestRolesOnTheOrganization: decision D-5.
func TestRolesOnTheOrganization(t *testing.T) {
	for _, multiple := range []bool{false, true} {
		t.Run(fmt.Sprintf("multiple roles %v", multiple), func(t *testing.T) {
			w := newRoles(t)
			w.want(t, 200, "PATCH", "/api/v1/settings", fmt.Sprintf(`{"multiple_roles":%v}`, multiple))
			demand := func(what, roles string, moved bool, do func()) {
				t.Helper()
				_, before := w.roles(t, w.ana)
				do()
				got, now := w.roles(t, w.ana)
				if got != roles {
					t.Errorf("%s: the roles are %q, want %q", what, got, roles)
				}
				if (now != before) != moved {
					t.Errorf("%s: updated_at was %s and is %s", what, before, now)
				}
			}
			both := "boss"
			if multiple {
				both = "member boss"
			}
			demand("at first", "member", false, func() {})
			demand("boss", both, true, func() { w.want(t, 201, "POST", assignmentsOf(w.ana), onResource("boss", w.root)) })
			demand("boss again", both, false, func() { w.want(t, 201, "POST", assignmentsOf(w.ana), onExternal("boss", "organization", w.org)) })
			demand("a role elsewhere", both, false, func() { w.want(t, 201, "POST", assignmentsOf(w.ana), onResource("reader", w.project)) })
			demand("a refusal", both, false, func() {
				w.refused(t, 422, "role_slug:invalid_role", "POST", assignmentsOf(w.ana), onResource("reader", w.root))
			})
			if !w.may(t, w.ana, "organization:do", w.project) {
				t.Error("the role on the organization does not reach its resources")
			}
			if multiple {
				demand("without member", "boss", true, func() { w.want(t, 204, "DELETE", assignmentsOf(w.ana), onResource("member", w.root)) })
			}
			boss := column(w.want(t, 200, "GET", assignmentsOf(w.ana)+"?resource_id="+w.root, ""), "id")[0]
			demand("without any", "member", true, func() { w.want(t, 204, "DELETE", assignmentsOf(w.ana)+"/"+boss, "") })
			demand("without the default", "member", true, func() { w.want(t, 204, "DELETE", assignmentsOf(w.ana), onResource("member", w.root)) })
			demand("by PUT", "boss", true, func() {
				w.want(t, 200, "PUT", "/user_management/organization_memberships/"+w.ana, `{"role_slug":"boss"}`)
			})
			if got := column(w.want(t, 200, "GET", assignmentsOf(w.ana)+"?resource_id="+w.root, ""), "role"); fmt.Sprint(got) != "[map[slug:boss]]" {
				t.Errorf("the assignments on the organization are %v", got)
			}
			if got := column(w.want(t, 200, "GET", assignmentsOf(w.ben)+"?resource_id="+w.root, ""), "role"); fmt.Sprint(got) != "[map[slug:member]]" {
				t.Errorf("somebody else's are %v", got)
			}
		})
	}
}

// TestRolesStayWithInactiveMemberships: they give nothing, and come back.
func TestRolesStayWithInactiveMemberships(t *testing.T) {
	w := newRoles(t)
	member := "/user_management/organization_memberships/" + w.ana
	w.want(t, 201, "POST", assignmentsOf(w.ana), onResource("reader", w.project))
	w.want(t, 200, "PUT", member+"/deactivate", "")
	w.want(t, 201, "POST", assignmentsOf(w.ana), onResource("keeper", w.workspace))
	if w.may(t, w.ana, "project:do", w.project) || w.may(t, w.ana, "workspace:do", w.project) {
		t.Error("an inactive membership may do something")
	}
	if got := column(w.want(t, 200, "GET", assignmentsOf(w.ana), ""), "id"); len(got) != 3 {
		t.Errorf("its assignments are %v", got)
	}
	w.want(t, 200, "PUT", member+"/reactivate", "")
	if !w.may(t, w.ana, "project:do", w.project) || !w.may(t, w.ana, "workspace:do", w.project) {
		t.Error("an active membership may not do what it is assigned")
	}
	w.want(t, 200, "DELETE", member, "")
	w.refused(t, 404, "entity_not_found", "GET", assignmentsOf(w.ana), "")
	if got := column(w.want(t, 200, "GET", "/authorization/resources/"+w.project+"/role_assignments", ""), "id"); len(got) != 0 {
		t.Errorf("a deleted membership left %v", got)
	}
}

func encode(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
