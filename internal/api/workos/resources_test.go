package workos_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// hierarchy is a server with the types workspace, project (under a workspace, or
// directly under the organization) and task (under a project), and two
// organizations.
type hierarchy struct {
	server
	org, other string
	root       string // the first organization as a resource
}

func newHierarchy(t testing.TB) hierarchy {
	t.Helper()
	w := hierarchy{server: newServer(t)}
	w.resourceType(t, "workspace")
	w.resourceType(t, "project", "workspace", "organization")
	w.resourceType(t, "task", "project")
	w.org, w.other = w.organization(t, "Acme"), w.organization(t, "Other")
	w.root = id(w.want(t, 200, "GET", externalPath(w.org, "organization", w.org), ""))
	return w
}

// externalPath is the path of a resource by its external id.
func externalPath(org, typeSlug, externalID string) string {
	return "/authorization/organizations/" + url.PathEscape(org) + "/resources/" + url.PathEscape(typeSlug) + "/" + url.PathEscape(externalID)
}

func idPath(id string) string { return "/authorization/resources/" + url.PathEscape(id) }

// body is a JSON object of names and values in turn.
func body(members ...any) string {
	object := map[string]any{}
	for i := 0; i+1 < len(members); i += 2 {
		object[members[i].(string)] = members[i+1]
	}
	text, err := json.Marshal(object)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func TestResource(t *testing.T) {
	w := newHierarchy(t)
	res := w.want(t, 201, "POST", "/authorization/resources",
		body("external_id", "ws1", "name", "Ops", "description", "d", "resource_type_slug", "workspace", "organization_id", w.org, "unknown", 1))
	want := map[string]any{
		"object": "authorization_resource", "id": id(res), "external_id": "ws1", "name": "Ops", "description": "d", "resource_type_slug": "workspace",
		"organization_id": w.org, "parent_resource_id": w.root, "created_at": res["created_at"], "updated_at": res["created_at"],
	}
	if !maps.Equal(res, want) {
		t.Errorf("created %v, want %v", res, want)
	}
	if !strings.HasPrefix(id(res), "authz_resource_") {
		t.Errorf("the id is %s", id(res))
	}
	for _, path := range []string{idPath(id(res)), externalPath(w.org, "workspace", "ws1")} {
		if got := w.want(t, 200, "GET", path, ""); !maps.Equal(got, want) {
			t.Errorf("GET %s: got %v, want %v", path, got, want)
		}
		// What does not stand in the body stays, and nothing changed is no change.
		if got := w.want(t, 200, "PATCH", path, `{}`); !maps.Equal(got, want) {
			t.Errorf("PATCH %s {}: got %v, want %v", path, got, want)
		}
		if got := w.want(t, 200, "PATCH", path, `{"name":"N"}`); got["name"] != "N" || got["description"] != "d" || got["parent_resource_id"] != w.root {
			t.Errorf("PATCH of the name: got %v", got)
		}
		if got := w.want(t, 200, "PATCH", path, `{"description":null}`); got["name"] != "N" || got["description"] != nil {
			t.Errorf("PATCH of the description to null: got %v", got)
		}
		if got := w.want(t, 200, "PATCH", path, `{"name":"Ops","description":"d"}`); got["updated_at"].(string) < want["updated_at"].(string) {
			t.Errorf("PATCH moved updated_at from %v back to %v", want["updated_at"], got["updated_at"])
		} else {
			want["updated_at"] = got["updated_at"]
		}
	}
	w.want(t, 204, "DELETE", idPath(id(res)), "")
	w.refused(t, 404, "entity_not_found", "GET", idPath(id(res)), "")
	again := w.resource(t, w.org, "workspace", "ws1", "") // the external id is free again
	if again == id(res) {
		t.Error("the id was used again")
	}
	w.want(t, 204, "DELETE", externalPath(w.org, "workspace", "ws1"), "")
	w.refused(t, 404, "entity_not_found", "DELETE", externalPath(w.org, "workspace", "ws1"), "")
	if _, v := w.call(t, "GET", idPath(again), ""); v["message"] != fmt.Sprintf("Resource not found: '%s'.", again) {
		t.Errorf("the message is %q", v["message"])
	}
}

func TestResourceRefusals(t *testing.T) {
	w := newHierarchy(t)
	ws := w.resource(t, w.org, "workspace", "ws1", "")
	elsewhere := w.resource(t, w.other, "workspace", "ws1", "") // the same external id elsewhere is another resource
	w.resource(t, w.org, "project", "ws1", "")                  // and so with another type
	task := w.resource(t, w.org, "task", "t1", w.resource(t, w.org, "project", "p1", ws))
	n48, n128, n150 := strings.Repeat("ü", 48), strings.Repeat("x", 128), strings.Repeat("ü", 150)

	with := func(members ...any) string {
		return body(append([]any{"external_id", "new", "name", "x", "resource_type_slug", "workspace", "organization_id", w.org}, members...)...)
	}
	for _, tt := range []struct {
		status int
		code   string
		body   string
	}{
		{400, "bad_request", `{`},
		{400, "bad_request", `[]`},
		{400, "bad_request", with("external_id", 1)},
		{400, "bad_request", strings.Replace(with(), "{", `{"name":"twice",`, 1)},
		{400, "bad_request", strings.Replace(with(), `"name"`, `"Name"`, 1)},
		{400, "bad_request", with("resource_type_slug", "organization")},
		{422, "external_id:invalid_external_id", with("external_id", "")},
		{422, "external_id:invalid_external_id", with("external_id", n128+"x")},
		{422, "external_id:invalid_external_id", with("external_id", "ü")},
		{422, "external_id:invalid_external_id", with("external_id", "a\x00b")},
		{422, "name:name_required", with("name", "")},
		{422, "name:invalid_name", with("name", n48+"x")},
		{422, "name:invalid_name", with("name", "a\x00b")},
		{422, "description:invalid_description", with("description", n150+"x")},
		{422, "organization_id:organization_id_required", with("organization_id", "")},
		{422, "resource_type_slug:invalid_resource_type_slug", with("resource_type_slug", "")},
		{404, "entity_not_found", with("organization_id", "org_nothing")},
		{404, "entity_not_found", with("resource_type_slug", "nothing")},
		{409, "authorization_resource_external_id_conflict", with("external_id", "ws1")},
	} {
		w.refused(t, tt.status, tt.code, "POST", "/authorization/resources", tt.body)
	}
	w.want(t, 201, "POST", "/authorization/resources", with("external_id", n128, "name", n48, "description", n150))
	w.want(t, 201, "POST", "/authorization/resources", with("external_id", "WS1", "description", nil)) // compared byte by byte

	for _, tt := range []struct {
		status int
		code   string
		body   string
	}{
		{400, "bad_request", `{`},
		{400, "bad_request", `{"name":1}`},
		{422, "name:name_required", `{"name":""}`},
		{422, "name:name_required", `{"name":null}`},
		{422, "name:invalid_name", body("name", n48+"x")},
		{422, "description:invalid_description", body("description", n150+"x")},
	} {
		w.refused(t, tt.status, tt.code, "PATCH", idPath(ws), tt.body)
		w.refused(t, tt.status, tt.code, "PATCH", externalPath(w.org, "workspace", "ws1"), tt.body)
	}
	// What cannot change is ignored, as members that nobody knows are.
	if got := w.want(t, 200, "PATCH", idPath(ws), body("external_id", "z", "organization_id", w.other, "resource_type_slug", "task")); got["external_id"] != "ws1" || got["organization_id"] != w.org {
		t.Errorf("PATCH changed what is immutable: %v", got)
	}
	for _, path := range []string{
		idPath("authz_resource_nothing"), idPath("ws1"), idPath("a/b"), idPath("\x00"), idPath("\xff"), idPath(strings.Repeat("x", 2000)),
		externalPath(w.org, "workspace", "nothing"), externalPath(w.org, "nothing", "ws1"), externalPath(w.org, "task", "ws1"),
		externalPath(w.org, "workspace", "Ws1"), externalPath(w.org, "organization", w.other), externalPath(w.org, "organization", "ws1"),
		externalPath("org_nothing", "workspace", "ws1"), externalPath(w.other, "task", "t1"), externalPath(w.org, "workspace", ws),
		externalPath(w.org, "workspace", "\xff\x00"),
	} {
		w.refused(t, 404, "entity_not_found", "GET", path, "")
		w.refused(t, 404, "entity_not_found", "PATCH", path, `{"name":"x"}`)
		w.refused(t, 404, "entity_not_found", "DELETE", path+"?cascade_delete=true", "")
	}
	w.refused(t, 422, "cascade_delete:invalid_boolean", "DELETE", idPath(task)+"?cascade_delete=yes", "")
	if got := w.want(t, 200, "GET", externalPath(w.other, "workspace", "ws1"), ""); id(got) != elsewhere {
		t.Errorf("the other organization's ws1 is %v", got)
	}
}

// TestRootResource: an organization is a resource, which changes only with it.
func TestRootResource(t *testing.T) {
	w := newHierarchy(t)
	org := id(w.want(t, 201, "POST", "/organizations", `{"name":"Named","external_id":"x/1"}`))
	byID := externalPath(org, "organization", org)
	got := w.want(t, 200, "GET", byID, "")
	if got["name"] != "Named" || got["external_id"] != "x/1" || got["parent_resource_id"] != nil || got["organization_id"] != org || got["resource_type_slug"] != "organization" {
		t.Errorf("the root is %v", got)
	}
	for _, path := range []string{idPath(id(got)), externalPath(org, "organization", "x/1")} {
		if same := w.want(t, 200, "GET", path, ""); !maps.Equal(got, same) {
			t.Errorf("GET %s: got %v, want %v", path, same, got)
		}
	}
	for _, path := range []string{byID, idPath(id(got)), externalPath(org, "organization", "x/1")} {
		w.refused(t, 400, "bad_request", "PATCH", path, `{"name":"x"}`)
		w.refused(t, 400, "bad_request", "PATCH", path, `{}`)
		w.refused(t, 400, "bad_request", "DELETE", path, "")
		w.refused(t, 400, "bad_request", "DELETE", path+"?cascade_delete=true", "")
	}
	w.refused(t, 404, "entity_not_found", "GET", externalPath(w.org, "organization", "x/1"), "")
	ws := w.resource(t, org, "workspace", "ws", "")

	w.want(t, 200, "PUT", "/organizations/"+org, `{"name":"Renamed","external_id":null}`)
	after := w.want(t, 200, "GET", byID, "")
	if after["name"] != "Renamed" || after["external_id"] != org || id(after) != id(got) {
		t.Errorf("after the organization's change the root is %v", after)
	}
	w.refused(t, 404, "entity_not_found", "GET", externalPath(org, "organization", "x/1"), "")
	w.want(t, 200, "PUT", "/organizations/"+org, `{"external_id":"y"}`)
	if got := w.want(t, 200, "GET", externalPath(org, "organization", "y"), ""); got["external_id"] != "y" {
		t.Errorf("by its new external id the root is %v", got)
	}
	if got := w.want(t, 200, "GET", idPath(ws), ""); got["parent_resource_id"] != id(after) {
		t.Errorf("the workspace's parent is %v, want the root %s", got["parent_resource_id"], id(after))
	}
}

func TestParents(t *testing.T) {
	w := newHierarchy(t)
	ws1, ws2 := w.resource(t, w.org, "workspace", "ws1", ""), w.resource(t, w.org, "workspace", "ws/2", "")
	elsewhere := w.resource(t, w.other, "workspace", "ws9", "")
	p1 := w.resource(t, w.org, "project", "p1", ws1)
	t1 := w.resource(t, w.org, "task", "t1", p1)
	otherRoot := id(w.want(t, 200, "GET", externalPath(w.other, "organization", w.other), ""))

	n := 0
	for _, tt := range []struct {
		parent []any // members of the body
		status int
		want   string // the parent, or the error's code
	}{
		{nil, 201, w.root},
		{[]any{"parent_resource_id", nil}, 201, w.root},
		{[]any{"parent_resource_id", nil, "parent_resource_external_id", nil, "parent_resource_type_slug", nil}, 201, w.root},
		{[]any{"parent_resource_id", w.root}, 201, w.root},
		{[]any{"parent_resource_external_id", w.org, "parent_resource_type_slug", "organization"}, 201, w.root},
		{[]any{"parent_resource_id", ws1}, 201, ws1},
		{[]any{"parent_resource_external_id", "ws/2", "parent_resource_type_slug", "workspace"}, 201, ws2},
		{[]any{"parent_resource_id", nil, "parent_resource_external_id", "ws1", "parent_resource_type_slug", "workspace"}, 201, ws1},

		{[]any{"parent_resource_id", ""}, 422, "parent_resource_id:invalid_resource_target"},
		{[]any{"parent_resource_external_id", "ws1"}, 422, "parent_resource_id:invalid_resource_target"},
		{[]any{"parent_resource_type_slug", "workspace"}, 422, "parent_resource_id:invalid_resource_target"},
		{[]any{"parent_resource_external_id", "", "parent_resource_type_slug", "workspace"}, 422, "parent_resource_external_id:invalid_resource_target"},
		{[]any{"parent_resource_id", ws1, "parent_resource_external_id", "ws1"}, 422, "parent_resource_id:invalid_resource_target"},
		{[]any{"parent_resource_id", ws1, "parent_resource_type_slug", "workspace"}, 422, "parent_resource_id:invalid_resource_target"},
		{[]any{"parent_resource_id", ws1, "parent_resource_external_id", "ws1", "parent_resource_type_slug", "workspace"}, 422, "parent_resource_id:invalid_resource_target"},
		{[]any{"parent_resource_id", "authz_resource_nothing"}, 404, "entity_not_found"},
		{[]any{"parent_resource_id", elsewhere}, 404, "entity_not_found"},
		{[]any{"parent_resource_id", otherRoot}, 404, "entity_not_found"},
		{[]any{"parent_resource_external_id", "ws9", "parent_resource_type_slug", "workspace"}, 404, "entity_not_found"},
		{[]any{"parent_resource_external_id", w.other, "parent_resource_type_slug", "organization"}, 404, "entity_not_found"},
		{[]any{"parent_resource_external_id", "ws1", "parent_resource_type_slug", "nothing"}, 404, "entity_not_found"},
		{[]any{"parent_resource_id", t1}, 422, "parent_resource_id:invalid_parent_resource_type"},
		{[]any{"parent_resource_external_id", "p1", "parent_resource_type_slug", "project"}, 422, "parent_resource_id:invalid_parent_resource_type"},
	} {
		n++
		create := body(append([]any{"external_id", fmt.Sprint("new", n), "name", "x", "resource_type_slug", "project", "organization_id", w.org}, tt.parent...)...)
		move := body(tt.parent...)
		if tt.status != 201 {
			w.refused(t, tt.status, tt.want, "POST", "/authorization/resources", create)
			w.refused(t, tt.status, tt.want, "PATCH", idPath(p1), move)
			w.refused(t, tt.status, tt.want, "PATCH", externalPath(w.org, "project", "p1"), move)
			w.refused(t, 404, "entity_not_found", "GET", externalPath(w.org, "project", fmt.Sprint("new", n)), "")
			continue
		}
		if got := w.want(t, 201, "POST", "/authorization/resources", create); got["parent_resource_id"] != tt.want {
			t.Errorf("POST %s: the parent is %v, want %s", create, got["parent_resource_id"], tt.want)
		}
		if strings.Contains(move, "null") { // would move unawares
			w.refused(t, 422, "parent_resource_id:invalid_resource_target", "PATCH", idPath(p1), move)
			continue
		}
		for _, path := range []string{idPath(p1), externalPath(w.org, "project", "p1")} {
			want := tt.want
			if tt.parent == nil {
				want = ws1 // unset leaves it
			}
			if got := w.want(t, 200, "PATCH", path, move); got["parent_resource_id"] != want {
				t.Errorf("PATCH %s %s: the parent is %v, want %s", path, move, got["parent_resource_id"], want)
			}
			w.want(t, 200, "PATCH", path, body("parent_resource_id", ws1))
		}
	}
	// A task has no place at the top, so it must name its parent.
	w.refused(t, 422, "parent_resource_id:invalid_parent_resource_type", "POST", "/authorization/resources",
		body("external_id", "t2", "name", "x", "resource_type_slug", "task", "organization_id", w.org))
	// What is below moves along.
	if got := w.want(t, 200, "GET", idPath(t1), ""); got["parent_resource_id"] != p1 {
		t.Errorf("the task's parent is %v, want %s", got["parent_resource_id"], p1)
	}
	// Nothing stands below itself.
	w.refused(t, 422, "parent_resource_id:invalid_parent_resource_type", "PATCH", idPath(ws1), body("parent_resource_id", ws1))
	w.refused(t, 422, "parent_resource_id:invalid_parent_resource_type", "PATCH", idPath(ws1), body("parent_resource_id", t1))
	w.refused(t, 422, "parent_resource_id:invalid_parent_resource_type", "PATCH", idPath(p1), body("parent_resource_external_id", "t1", "parent_resource_type_slug", "task"))
}

// TestDeepResources goes to the depth that the realm allows; the types keep
// resources from going deeper.
func TestDeepResources(t *testing.T) {
	w := newServer(t)
	org := w.organization(t, "Acme")
	parentType, parent := "organization", ""
	for i := range 5 {
		slug := fmt.Sprint("t", i)
		w.resourceType(t, slug, parentType)
		parentType, parent = slug, w.resource(t, org, slug, "x", parent)
	}
	status, v := w.call(t, "POST", "/api/v1/resource-types", `{"slug":"t5","name":"x","parents":["t4"]}`)
	if status != 422 {
		t.Errorf("a type on the sixth level: got %d %v, want 422", status, v)
	}
}

func TestDeleteResource(t *testing.T) {
	w := newHierarchy(t)
	ws := w.resource(t, w.org, "workspace", "ws1", "")
	stays := w.resource(t, w.org, "workspace", "ws2", "")
	var below []string
	for i := range 3 {
		p := w.resource(t, w.org, "project", fmt.Sprint("p", i), ws)
		below = append(below, p, w.resource(t, w.org, "task", fmt.Sprint("t", i), p))
	}
	w.refused(t, 409, "resource_has_dependents", "DELETE", idPath(ws), "")
	w.refused(t, 409, "resource_has_dependents", "DELETE", externalPath(w.org, "workspace", "ws1")+"?cascade_delete=false", "")
	w.want(t, 204, "DELETE", idPath(below[1]), "")
	w.want(t, 204, "DELETE", externalPath(w.org, "project", "p0"), "")
	w.want(t, 204, "DELETE", externalPath(w.org, "project", "p1")+"?cascade_delete=true", "")
	for _, gone := range below[:4] {
		w.refused(t, 404, "entity_not_found", "GET", idPath(gone), "")
	}
	w.want(t, 204, "DELETE", idPath(ws)+"?cascade_delete=true", "")
	for _, gone := range append(below, ws) {
		w.refused(t, 404, "entity_not_found", "GET", idPath(gone), "")
	}
	w.want(t, 200, "GET", idPath(stays), "")
	w.want(t, 200, "GET", idPath(w.root), "")
}

// TestDeleteResourceWithAssignments: what is assigned counts as a dependent, and
// goes in the same commit.
func TestDeleteResourceWithAssignments(t *testing.T) {
	w := newTree(t)
	w.permission(t, "project:edit", "project")
	w.role(t, "editor", "project", "project:edit")
	assignments := "/authorization/organization_memberships/" + w.ana + "/role_assignments"
	give := func(project string) {
		w.want(t, 201, "POST", assignments, body("role_slug", "editor", "resource_id", project))
	}
	held := func() int { return len(column(w.want(t, 200, "GET", assignments, ""), "id")) }
	before := held()
	give(w.project)
	w.refused(t, 409, "resource_has_dependents", "DELETE", idPath(w.project), "")
	w.want(t, 204, "DELETE", idPath(w.workspace)+"?cascade_delete=true", "")
	if got := held(); got != before {
		t.Errorf("after the cascade ana has %d assignments, want %d", got, before)
	}

	ws := w.resource(t, w.org, "workspace", "ws2", "")
	p := w.resource(t, w.org, "project", "p2", ws)
	give(p)
	w.want(t, 204, "DELETE", idPath(p)+"?cascade_delete=true", "")
	w.want(t, 204, "DELETE", idPath(ws), "")
	if got := held(); got != before {
		t.Errorf("after the second cascade ana has %d assignments, want %d", got, before)
	}
}

// TestMovingTakesRightsAlong: who has a role on the old parent loses, and who has
// one on the new parent gains, by the very next check.
func TestMovingTakesRightsAlong(t *testing.T) {
	w := newTree(t)
	w.permission(t, "project:edit", "project")
	w.role(t, "lead", "workspace", "project:edit")
	second := w.resource(t, w.org, "workspace", "ws2", "")
	for om, ws := range map[string]string{w.ana: w.workspace, w.ben: second} {
		w.want(t, 201, "POST", "/authorization/organization_memberships/"+om+"/role_assignments", body("role_slug", "lead", "resource_id", ws))
	}
	check := func(om string) any {
		return w.want(t, 200, "POST", "/authorization/organization_memberships/"+om+"/check", body("permission_slug", "project:edit", "resource_id", w.project))["authorized"]
	}
	for range 3 {
		if check(w.ana) != true || check(w.ben) != false {
			t.Errorf("under ws1: ana %v, ben %v, want true, false", check(w.ana), check(w.ben))
		}
		w.want(t, 200, "PATCH", idPath(w.project), body("parent_resource_id", second))
		if check(w.ana) != false || check(w.ben) != true {
			t.Errorf("under ws2: ana %v, ben %v, want false, true", check(w.ana), check(w.ben))
		}
		w.want(t, 200, "PATCH", idPath(w.project), body("parent_resource_external_id", "ws1", "parent_resource_type_slug", "workspace"))
	}
}

// TestExternalIDsInPaths: whatever is printable in ASCII can be asked for.
func TestExternalIDsInPaths(t *testing.T) {
	w := newHierarchy(t)
	for _, externalID := range []string{
		"a/b", "/", "//", "a//b/", "..", ".", "a b", " ", "?", "a?b=c", "#", "%", "%2F", "%252F", "100%", "a%zz", "+", "a+b", "&", "=", ";", ":", "@", `"`, `\`,
		"<>", "{}", "[x]", "|", "^", "`", "~", "role_assignments", "organization_memberships", strings.Repeat("/", 128), strings.Repeat("%", 128),
	} {
		want := id(w.want(t, 201, "POST", "/authorization/resources",
			body("external_id", externalID, "name", "x", "resource_type_slug", "workspace", "organization_id", w.org)))
		path := externalPath(w.org, "workspace", externalID)
		if externalID == "." || externalID == ".." { // an escaped dot is a name, a plain one a step in the path
			path = strings.TrimSuffix(path, externalID) + strings.ReplaceAll(externalID, ".", "%2E")
		}
		if got := w.want(t, 200, "GET", path, ""); id(got) != want || got["external_id"] != externalID {
			t.Errorf("GET %s: got %v, want %s", path, got, want)
		}
		list := "/authorization/resources?organization_id=" + w.org + "&resource_external_id=" + url.QueryEscape(externalID)
		if got := column(w.want(t, 200, "GET", list, ""), "id"); !slices.Equal(got, []string{want}) {
			t.Errorf("GET %s: got %v, want %s", list, got, want)
		}
		w.want(t, 200, "PATCH", path, `{"name":"changed"}`)
		w.want(t, 204, "DELETE", path, "")
		w.refused(t, 404, "entity_not_found", "GET", idPath(want), "")
	}
}

// TestConcurrentResources: of those that want one external id only one gets it,
// and nobody comes to stand below what is being deleted.
func TestConcurrentResources(t *testing.T) {
	w := newHierarchy(t)
	const many = 8
	statuses := make([]int, many)
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			statuses[i], _ = w.call(t, "POST", "/authorization/resources",
				body("external_id", "one", "name", "x", "resource_type_slug", "workspace", "organization_id", w.org))
		})
	}
	wg.Wait()
	slices.Sort(statuses)
	if statuses[0] != 201 || statuses[1] != 409 || statuses[many-1] != 409 {
		t.Errorf("the answers are %v, want one 201 and else 409", statuses)
	}

	ws := id(w.want(t, 200, "GET", externalPath(w.org, "workspace", "one"), ""))
	for i := range many {
		wg.Go(func() {
			if i == many/2 {
				w.want(t, 204, "DELETE", idPath(ws)+"?cascade_delete=true", "")
				return
			}
			w.call(t, "POST", "/authorization/resources",
				body("external_id", fmt.Sprint("p", i), "name", "x", "resource_type_slug", "project", "organization_id", w.org, "parent_resource_id", ws))
		})
	}
	wg.Wait()
	if got := column(w.want(t, 200, "GET", "/authorization/resources?organization_id="+w.org, ""), "resource_type_slug"); !slices.Equal(got, []string{"organization"}) {
		t.Errorf("after the deletion there are %v, want the root alone", got)
	}
}
