package native_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

const settings = "/api/v1/settings"

func TestSettings(t *testing.T) {
	s := start(t)
	s.Want(t, 201, "POST", types, `{"slug":"workspace","name":"x"}`)
	s.Want(t, 201, "POST", "/authorization/roles", `{"slug":"admin","name":"x"}`)
	s.Want(t, 201, "POST", "/authorization/roles", `{"slug":"lead","name":"x","resource_type_slug":"workspace"}`)
	run(t, s, []step{
		{"GET", settings, "", 200, `{"multiple_roles":false,"max_resource_depth":5,"default_role":"member"}`},
		{"PATCH", settings, `{}`, 200, `{"multiple_roles":false,"max_resource_depth":5,"default_role":"member"}`},
		{"PATCH", settings, `{"multiple_roles":true}`, 200, `{"multiple_roles":true,"max_resource_depth":5,"default_role":"member"}`},
		{"PATCH", settings, `{"max_resource_depth":32}`, 200, `{"multiple_roles":true,"max_resource_depth":32,"default_role":"member"}`},
		{"PATCH", settings, `{"default_role":"admin","multiple_roles":null}`, 200, `{"multiple_roles":true,"max_resource_depth":32,"default_role":"admin"}`},
		{"PATCH", settings, `{"max_resource_depth":33}`, 422, "1 to 32"},
		{"PATCH", settings, `{"max_resource_depth":0}`, 422, "1 to 32"},
		{"PATCH", settings, `{"max_resource_depth":-1}`, 422, "1 to 32"},
		{"PATCH", settings, `{"max_resource_depth":1.5}`, 400, "wrong type"},
		{"PATCH", settings, `{"default_role":"nothing"}`, 422, "not a valid role"},
		{"PATCH", settings, `{"default_role":""}`, 422, "not a valid role"},
		{"PATCH", settings, `{"default_role":"lead"}`, 422, "workspace"},
		{"PATCH", settings, `{"multiple_roles":false,"default_role":"nothing"}`, 422, ""}, // all or nothing
		{"PATCH", settings, `{"multiple_roles":"yes"}`, 400, "wrong type"},
		{"PATCH", settings, `{"max_resource_depth":1}`, 200, `{"multiple_roles":true,"max_resource_depth":1,"default_role":"admin"}`},
		{"GET", settings, "", 200, `{"multiple_roles":true,"max_resource_depth":1,"default_role":"admin"}`},
	})
}

// object is what the tests read of an object of the WorkOS dialect.
type object struct {
	ID string `json:"id"`
}

func post(t *testing.T, s *servertest.Server, path, body string) object {
	t.Helper()
	var o object
	s.Want(t, 201, "POST", path, body).JSON(t, &o)
	return o
}

// TestOneRoleAgain: without multiple roles everybody keeps the most important of
// what was assigned to them, and what groups give.
func TestOneRoleAgain(t *testing.T) {
	s := start(t)
	s.Want(t, 200, "PATCH", settings, `{"multiple_roles":true}`)
	for _, slug := range []string{"high", "middle", "low"} { // in the order of their importance
		post(t, s, "/authorization/roles", fmt.Sprintf(`{"slug":%q,"name":"x"}`, slug))
	}
	org := post(t, s, "/organizations", `{"name":"Acme"}`).ID
	other := post(t, s, "/organizations", `{"name":"Other"}`).ID
	member := func(org, user, roles string) string {
		return post(t, s, "/user_management/organization_memberships", fmt.Sprintf(`{"organization_id":%q,"user_id":%q,"role_slugs":[%s]}`, org, user, roles)).ID
	}
	ana, ben := post(t, s, "/user_management/users", `{"email":"ana@example.com"}`).ID, post(t, s, "/user_management/users", `{"email":"ben@example.com"}`).ID
	several := member(org, ana, `"low","high","middle"`)
	one := member(org, ben, `"low"`)
	elsewhere := member(other, ana, `"low","middle"`)
	group := post(t, s, "/organizations/"+org+"/groups", `{"name":"G"}`).ID
	for _, slug := range []string{"middle", "low"} {
		post(t, s, "/authorization/groups/"+group+"/role_assignments", fmt.Sprintf(`{"role_slug":%q}`, slug))
	}
	s.Want(t, 200, "POST", "/organizations/"+org+"/groups/"+group+"/organization-memberships", fmt.Sprintf(`{"organization_membership_id":%q}`, one))

	direct := func(om string) string { // what is assigned to the membership itself
		var list struct {
			Data []struct {
				Role struct {
					Slug string `json:"slug"`
				} `json:"role"`
				Source struct {
					Type string `json:"type"`
				} `json:"source"`
			} `json:"data"`
		}
		s.Want(t, 200, "GET", "/authorization/organization_memberships/"+om+"/role_assignments?limit=100", "").JSON(t, &list)
		var slugs []string
		for _, a := range list.Data {
			slugs = append(slugs, a.Source.Type+":"+a.Role.Slug)
		}
		slices.Sort(slugs)
		return strings.Join(slugs, " ")
	}
	wantAll := func(when string, want map[string]string) {
		t.Helper()
		for om, roles := range want {
			if got := direct(om); got != roles {
				t.Errorf("%s: %s has %q, want %q", when, om, got, roles)
			}
		}
	}
	wantAll("with multiple roles", map[string]string{several: "direct:high direct:low direct:middle", one: "direct:low group:low group:middle", elsewhere: "direct:low direct:middle"})
	s.Want(t, 200, "PATCH", settings, `{"max_resource_depth":6}`) // says nothing of roles
	wantAll("after another setting", map[string]string{several: "direct:high direct:low direct:middle"})
	s.Want(t, 200, "PATCH", settings, `{"multiple_roles":false}`)
	wantAll("with one role", map[string]string{several: "direct:high", one: "direct:low group:low group:middle", elsewhere: "direct:middle"})
}

// TestTypesInUse: what is made for a type keeps it, and where resources stand
// keeps its parents.
func TestTypesInUse(t *testing.T) {
	s := start(t)
	s.Want(t, 201, "POST", types, `{"slug":"workspace","name":"x"}`)
	s.Want(t, 201, "POST", types, `{"slug":"project","name":"x","parents":["workspace","organization"]}`)
	post(t, s, "/authorization/permissions", `{"slug":"project:edit","name":"x","resource_type_slug":"project"}`)
	run(t, s, []step{
		{"DELETE", types + "/project", "", 409, "project:edit"},
		{"DELETE", "/authorization/permissions/project:edit", "", 204, ""},
	})
	org := post(t, s, "/organizations", `{"name":"Acme"}`).ID
	register := func(typeSlug, externalID, parent string) string {
		return post(t, s, "/authorization/resources", fmt.Sprintf(`{"external_id":%q,"name":"x","resource_type_slug":%q,"organization_id":%q,"parent_resource_id":%s}`, externalID, typeSlug, org, parent)).ID
	}
	ws := register("workspace", "w", "null")
	below, top := register("project", "below", `"`+ws+`"`), register("project", "top", "null")
	run(t, s, []step{
		{"PATCH", types + "/project", `{"parents":["workspace"]}`, 409, top},
		{"PATCH", types + "/project", `{"parents":["organization"]}`, 409, below},
		{"PATCH", types + "/project", `{"parents":["organization","workspace"],"name":"y"}`, 200, `"parents":["organization","workspace"]`},
		{"PATCH", "/authorization/resources/" + top, `{"parent_resource_id":"` + ws + `"}`, 200, ""},
		{"PATCH", types + "/project", `{"parents":["workspace"]}`, 200, `"parents":["workspace"]`},
		{"PATCH", "/authorization/resources/" + top, `{"parent_resource_external_id":"` + org + `","parent_resource_type_slug":"organization"}`, 422, "may not stand"},
	})

	post(t, s, "/authorization/roles", `{"slug":"lead","name":"x","resource_type_slug":"workspace"}`)
	user := post(t, s, "/user_management/users", `{"email":"ana@example.com"}`).ID
	om := post(t, s, "/user_management/organization_memberships", fmt.Sprintf(`{"organization_id":%q,"user_id":%q}`, org, user)).ID
	assignments := "/authorization/organization_memberships/" + om + "/role_assignments"
	post(t, s, "/authorization/organizations/"+org+"/roles", `{"slug":"org-owner","name":"x","resource_type_slug":"project"}`)
	assigned := post(t, s, assignments, `{"role_slug":"org-owner","resource_id":"`+top+`"}`).ID
	run(t, s, []step{
		{"DELETE", types + "/project", "", 409, "org-owner"},
		{"DELETE", "/authorization/organizations/" + org + "/roles/org-owner", "", 409, "role_has_assignments"},
		{"DELETE", assignments + "/" + assigned, "", 204, ""},
		{"DELETE", "/authorization/organizations/" + org + "/roles/org-owner", "", 204, ""},
		{"DELETE", types + "/workspace", "", 409, "under it"},
		{"DELETE", types + "/project", "", 204, ""}, // with its resources
		{"GET", "/authorization/resources/" + top, "", 404, ""},
		{"GET", "/authorization/resources/" + below, "", 404, ""},
		{"GET", "/authorization/resources/" + ws, "", 200, ""},
		{"DELETE", types + "/workspace", "", 409, "lead"},
	})
}
