package native_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// company is a server with an organization, the roles a, b and c for
// organizations, and p for projects. a allows x.
type company struct {
	*servertest.Server
	org, root string
}

func newCompany(t *testing.T) company {
	t.Helper()
	c := company{Server: start(t)}
	c.org = c.make(t, "/organizations", `{"name":"Acme"}`)
	var root struct {
		ID string `json:"id"`
	}
	c.Want(t, 200, "GET", "/authorization/organizations/"+c.org+"/resources/organization/"+c.org, "").JSON(t, &root)
	c.root = root.ID
	c.Want(t, 201, "POST", types, `{"slug":"project","name":"x"}`)
	c.Want(t, 201, "POST", "/authorization/permissions", `{"slug":"x","name":"x"}`)
	for _, slug := range []string{"a", "b", "c"} {
		c.make(t, "/authorization/roles", fmt.Sprintf(`{"slug":%q,"name":"x"}`, slug))
	}
	c.Want(t, 200, "POST", "/authorization/roles/a/permissions", `{"slug":"x"}`)
	c.make(t, "/authorization/roles", `{"slug":"p","name":"x","resource_type_slug":"project"}`)
	return c
}

// make posts a body and returns the id of what that made.
func (c company) make(t *testing.T, path, body string) string {
	t.Helper()
	var made struct {
		ID string `json:"id"`
	}
	c.Want(t, 201, "POST", path, body).JSON(t, &made)
	return made.ID
}

// member makes a user a member with the roles, or the default one.
func (c company) member(t *testing.T, org, email string, roles ...string) string {
	t.Helper()
	user := c.make(t, "/user_management/users", fmt.Sprintf(`{"email":%q}`, email))
	given := ""
	if len(roles) > 0 {
		given = `,"role_slugs":["` + strings.Join(roles, `","`) + `"]`
	}
	return c.make(t, "/user_management/organization_memberships", fmt.Sprintf(`{"organization_id":%q,"user_id":%q%s}`, org, user, given))
}

// wantRoles demands which roles a membership has on its organization, the most
// important first.
func (c company) wantRoles(t *testing.T, om string, want ...string) {
	t.Helper()
	type slug struct {
		Slug string `json:"slug"`
	}
	var m struct {
		Role  slug   `json:"role"`
		Roles []slug `json:"roles"`
	}
	c.Want(t, 200, "GET", "/user_management/organization_memberships/"+om, "").JSON(t, &m)
	var got []string
	for _, r := range m.Roles {
		got = append(got, r.Slug)
	}
	if !slices.Equal(got, want) || m.Role.Slug != want[0] {
		t.Errorf("the membership has the role %s and the roles %v, want %v", m.Role.Slug, got, want)
	}
}

// wantListed demands which roles the WorkOS dialect lists under a path.
func (c company) wantListed(t *testing.T, path string, want ...string) {
	t.Helper()
	var list struct {
		Data []struct {
			Slug string `json:"slug"`
		} `json:"data"`
	}
	c.Want(t, 200, "GET", path, "").JSON(t, &list)
	var got []string
	for _, r := range list.Data {
		got = append(got, r.Slug)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s lists %v, want %v", path, got, want)
	}
}

func (c company) multiple(t *testing.T) {
	t.Helper()
	c.Want(t, 200, "PATCH", "/api/v1/settings", `{"multiple_roles":true}`)
}

func TestRolePriority(t *testing.T) {
	c := newCompany(t)
	c.multiple(t)
	om := c.member(t, c.org, "ana@example.com", "a", "b")
	c.wantRoles(t, om, "a", "b")
	const path = "/api/v1/roles/priority"
	run(t, c.Server, []step{
		{"GET", path, "", 200, `{"roles":["member","a","b","c","p"]}`},
		{"PUT", path, `{"roles":["p","b","a","member","c"]}`, 200, `{"roles":["p","b","a","member","c"]}`},
		{"PUT", path, `{"roles":["p","b","a","member"]}`, 422, `'c' is missing`},
		{"PUT", path, `{"roles":["p","b","a","member","c","c"]}`, 422, `'c'`},
		{"PUT", path, `{"roles":["p","b","a","member","nothing"]}`, 422, `'nothing'`},
		{"PUT", path, `{"roles":[]}`, 422, "is missing"},
		{"PUT", path, `{}`, 422, "is missing"},
		{"PUT", path, `{"roles":"a"}`, 400, ""},
		{"GET", path, "", 200, `{"roles":["p","b","a","member","c"]}`},
	})
	c.wantListed(t, "/authorization/roles", "p", "b", "a", "member", "c")
	c.wantListed(t, "/authorization/organizations/"+c.org+"/roles", "p", "b", "a", "member", "c")
	c.wantRoles(t, om, "b", "a")
	c.make(t, "/authorization/roles", `{"slug":"new","name":"x"}`)
	c.wantListed(t, "/authorization/roles", "p", "b", "a", "member", "c", "new")
	// A role that is made again after its deletion is a new one.
	c.Want(t, 204, "DELETE", "/api/v1/roles/b", "")
	c.make(t, "/authorization/roles", `{"slug":"b","name":"x"}`)
	c.wantListed(t, "/authorization/roles", "p", "a", "member", "c", "new", "b")
	c.wantRoles(t, om, "a")
}

func TestDefaultRole(t *testing.T) {
	c := newCompany(t)
	const path = "/api/v1/roles/default"
	c.wantRoles(t, c.member(t, c.org, "ana@example.com"), "member")
	run(t, c.Server, []step{
		{"GET", path, "", 200, `{"role":"member"}`},
		{"PUT", path, `{"role":"a"}`, 200, `{"role":"a"}`},
		{"PUT", path, `{"role":"p"}`, 422, `'project'`},
		{"PUT", path, `{"role":"nothing"}`, 422, `Role 'nothing' is not a valid role.`},
		{"PUT", path, `{"role":"Authress:Owner"}`, 422, ""},
		{"PUT", path, `{}`, 422, ""},
		{"PUT", path, `{"role":1}`, 400, ""},
		{"GET", path, "", 200, `{"role":"a"}`},
		{"GET", "/api/v1/settings", "", 200, `"default_role":"a"`},
	})
	c.wantRoles(t, c.member(t, c.org, "ben@example.com"), "a")
	c.wantListed(t, "/authorization/roles", "member", "a", "b", "c", "p") // the order is another matter
}

// TestOrganizationsOwnOrder follows an organization from the realm's order to its
// own, which it has with its first role.
func TestOrganizationsOwnOrder(t *testing.T) {
	c := newCompany(t)
	other := c.make(t, "/organizations", `{"name":"Other"}`)
	own := "/api/v1/organizations/" + c.org + "/roles"
	all := "/authorization/organizations/" + c.org + "/roles"
	run(t, c.Server, []step{
		{"PUT", "/api/v1/roles/priority", `{"roles":["c","b","a","p","member"]}`, 200, ""},
		{"PUT", "/api/v1/roles/default", `{"role":"c"}`, 200, ""},
		{"GET", own + "/priority", "", 200, `{"roles":["c","b","a","p","member"]}`}, // the realm's
		{"GET", own + "/default", "", 200, `{"role":"c"}`},
	})
	c.make(t, all, `{"slug":"org-own","name":"x"}`)
	run(t, c.Server, []step{
		{"GET", own + "/priority", "", 200, `{"roles":["c","b","a","p","member","org-own"]}`},
		// From now on, the realm's changes are not the organization's.
		{"PUT", "/api/v1/roles/priority", `{"roles":["a","b","c","member","p"]}`, 200, ""},
		{"PUT", "/api/v1/roles/default", `{"role":"member"}`, 200, ""},
		{"GET", own + "/priority", "", 200, `{"roles":["c","b","a","p","member","org-own"]}`},
		{"GET", own + "/default", "", 200, `{"role":"c"}`},
		{"POST", "/authorization/roles", `{"slug":"late","name":"x"}`, 201, ""},
		{"GET", own + "/priority", "", 200, `{"roles":["c","b","a","p","member","org-own","late"]}`},
		{"PUT", own + "/priority", `{"roles":["org-own","late","c","b","a","p","member"]}`, 200, `{"roles":["org-own","late",`},
		{"PUT", own + "/priority", `{"roles":["late","c","b","a","p","member"]}`, 422, `'org-own' is missing`},
		{"PUT", own + "/default", `{"role":"org-own"}`, 200, `{"role":"org-own"}`},
		{"PUT", own + "/default", `{"role":"p"}`, 422, `'project'`},
		{"PUT", own + "/default", `{"role":"org-nothing"}`, 422, ""},
		{"GET", "/api/v1/organizations/" + other + "/roles/priority", "", 200, `{"roles":["a","b","c","member","p","late"]}`},
		{"PUT", "/api/v1/organizations/" + other + "/roles/default", `{"role":"org-own"}`, 422, ""},
		{"GET", "/api/v1/organizations/" + other + "/roles/default", "", 200, `{"role":"member"}`},
		{"GET", "/api/v1/roles/priority", "", 200, `{"roles":["a","b","c","member","p","late"]}`},
		{"PUT", "/api/v1/roles/default", `{"role":"org-own"}`, 422, ""},
		{"GET", "/api/v1/organizations/org_nothing/roles/priority", "", 404, ""},
		{"PUT", "/api/v1/organizations/org_nothing/roles/priority", `{"roles":[]}`, 404, ""},
		{"GET", "/api/v1/organizations/org_nothing/roles/default", "", 404, ""},
		{"PUT", "/api/v1/organizations/org_nothing/roles/default", `{"role":"a"}`, 404, ""},
	})
	c.wantListed(t, all, "org-own", "late", "c", "b", "a", "p", "member")
	ana := c.member(t, c.org, "ana@example.com")
	c.wantRoles(t, ana, "org-own")
	c.wantRoles(t, c.member(t, other, "ben@example.com"), "member")
	c.Want(t, 200, "PUT", own+"/default", `{"role":"a"}`)
	om := c.member(t, c.org, "cid@example.com", "org-own")
	c.Want(t, 409, "DELETE", all+"/org-own", "")
	c.Want(t, 200, "PUT", "/user_management/organization_memberships/"+om, `{"role_slugs":["a"]}`)
	c.Want(t, 200, "PUT", "/user_management/organization_memberships/"+ana, `{"role_slugs":["a"]}`)
	c.Want(t, 204, "DELETE", all+"/org-own", "")
	c.make(t, all, `{"slug":"org-own","name":"x"}`) // another one, so it comes last
	c.wantListed(t, all, "late", "c", "b", "a", "p", "member", "org-own")

	// To set an order makes it the organization's own, too.
	mine := "/api/v1/organizations/" + other + "/roles"
	run(t, c.Server, []step{
		{"PUT", mine + "/default", `{"role":"b"}`, 200, ""},
		{"PUT", "/api/v1/roles/default", `{"role":"c"}`, 200, ""},
		{"GET", mine + "/default", "", 200, `{"role":"b"}`},
		{"PUT", "/api/v1/roles/priority", `{"roles":["late","p","member","c","b","a"]}`, 200, ""},
		{"GET", mine + "/priority", "", 200, `{"roles":["a","b","c","member","p","late"]}`},
	})
}

// TestTwoRolesOfOneSlug are told apart by where they stand.
func TestTwoRolesOfOneSlug(t *testing.T) {
	c := newCompany(t)
	c.make(t, "/authorization/roles", `{"slug":"org-twin","name":"Environment"}`)
	all := "/authorization/organizations/" + c.org + "/roles"
	c.make(t, all, `{"slug":"org-twin","name":"Own"}`)
	path := "/api/v1/organizations/" + c.org + "/roles/priority"
	run(t, c.Server, []step{
		{"GET", path, "", 200, `{"roles":["member","a","b","c","p","org-twin","org-twin"]}`},
		{"PUT", path, `{"roles":["member","a","b","c","p","org-twin"]}`, 422, `'org-twin' is missing`},
		{"PUT", path, `{"roles":["org-twin","a","b","c","p","member","org-twin"]}`, 200, `{"roles":["org-twin","a","b","c","p","member","org-twin"]}`},
	})
	if got := c.Want(t, 200, "GET", all, "").Body; strings.Index(got, "Environment") > strings.Index(got, "Own") {
		t.Errorf("the one that stood first is not first: %s", got)
	}
}

func TestDeleteEnvironmentRole(t *testing.T) {
	t.Run("single role: holders get the default", func(t *testing.T) {
		c := newCompany(t)
		ana, ben := c.member(t, c.org, "ana@example.com", "a"), c.member(t, c.org, "ben@example.com", "b")
		c.mayX(t, ana, true)
		c.Want(t, 204, "DELETE", "/api/v1/roles/a", "")
		c.wantRoles(t, ana, "member")
		c.wantRoles(t, ben, "b")
		c.mayX(t, ana, false)
		c.Want(t, 404, "DELETE", "/api/v1/roles/a", "")
		c.Want(t, 404, "GET", "/authorization/roles/a", "")
		c.make(t, "/authorization/roles", `{"slug":"a","name":"x"}`) // another one: nobody has it
		c.Want(t, 200, "POST", "/authorization/roles/a/permissions", `{"slug":"x"}`)
		c.wantRoles(t, ana, "member")
		c.mayX(t, ana, false)
	})
	t.Run("single role: holders get the replacement", func(t *testing.T) {
		c := newCompany(t)
		ana := c.member(t, c.org, "ana@example.com", "b")
		c.Want(t, 204, "DELETE", "/api/v1/roles/b?replacement=a", "")
		c.wantRoles(t, ana, "a")
		c.mayX(t, ana, true)
		c.Want(t, 200, "GET", "/api/v1/roles/default", "")
	})
	t.Run("several roles: it is taken away", func(t *testing.T) {
		c := newCompany(t)
		c.multiple(t)
		ana, ben := c.member(t, c.org, "ana@example.com", "a", "b"), c.member(t, c.org, "ben@example.com", "a")
		c.Want(t, 204, "DELETE", "/api/v1/roles/a?replacement=c", "")
		c.wantRoles(t, ana, "b")
		c.wantRoles(t, ben, "member")
		c.mayX(t, ana, false)
	})
	t.Run("groups and resources lose it", func(t *testing.T) {
		c := newCompany(t)
		ana := c.member(t, c.org, "ana@example.com", "b")
		group := c.make(t, "/organizations/"+c.org+"/groups", `{"name":"g"}`)
		c.Want(t, 200, "POST", "/organizations/"+c.org+"/groups/"+group+"/organization-memberships", fmt.Sprintf(`{"organization_membership_id":%q}`, ana))
		c.make(t, "/authorization/groups/"+group+"/role_assignments", `{"role_slug":"a"}`)
		c.mayX(t, ana, true)
		c.Want(t, 204, "DELETE", "/api/v1/roles/a?replacement=c", "")
		c.wantRoles(t, ana, "b")
		c.mayX(t, ana, false)
		project := c.make(t, "/authorization/resources", fmt.Sprintf(`{"organization_id":%q,"resource_type_slug":"project","external_id":"p1","name":"x"}`, c.org))
		c.Want(t, 201, "POST", "/authorization/organization_memberships/"+ana+"/role_assignments", fmt.Sprintf(`{"role_slug":"p","resource_id":%q}`, project))
		c.Want(t, 204, "DELETE", "/api/v1/roles/p", "")
		c.wantRoles(t, ana, "b")
		if got := c.Want(t, 200, "GET", "/authorization/resources/"+project+"/role_assignments", "").Body; !strings.Contains(got, `"data":[]`) {
			t.Errorf("on the resource is left %s", got)
		}
	})
	t.Run("a default stays, unless it is replaced", func(t *testing.T) {
		c := newCompany(t)
		ana := c.member(t, c.org, "ana@example.com")
		other := c.make(t, "/organizations", `{"name":"Other"}`)
		ben := c.member(t, other, "ben@example.com", "b")
		of := "/api/v1/organizations/" + other + "/roles"
		run(t, c.Server, []step{
			{"PUT", of + "/default", `{"role":"b"}`, 200, ""},
			{"DELETE", "/api/v1/roles/member", "", 409, "default"},
			{"DELETE", "/v1/roles/member", "", 409, "default"},
			{"DELETE", "/api/v1/roles/b", "", 409, other},
			{"DELETE", "/v1/roles/b", "", 409, "default"},
			{"GET", "/api/v1/roles/priority", "", 200, `["member","a","b","c","p"]`},
			{"GET", of + "/default", "", 200, `"b"`},

			{"DELETE", "/api/v1/roles/b?replacement=b", "", 422, "another role"},
			{"DELETE", "/api/v1/roles/b?replacement=nothing", "", 422, "nothing"},
			{"DELETE", "/api/v1/roles/b?replacement=p", "", 422, "project"},
			{"DELETE", "/api/v1/roles/p?replacement=a", "", 422, "only a role for organizations"},
			{"DELETE", "/api/v1/roles/nothing?replacement=a", "", 404, ""},
			{"DELETE", "/api/v1/roles/b?replacement=%zz", "", 400, ""},
			{"GET", "/api/v1/roles/priority", "", 200, `["member","a","b","c","p"]`},

			{"DELETE", "/api/v1/roles/b?replacement=c", "", 204, ""},
			{"GET", of + "/default", "", 200, `"c"`},
			{"GET", "/api/v1/roles/default", "", 200, `"member"`},
			{"DELETE", "/api/v1/roles/member?replacement=a", "", 204, ""},
			{"GET", "/api/v1/roles/default", "", 200, `"a"`},
			{"GET", of + "/default", "", 200, `"c"`},
			{"GET", of + "/priority", "", 200, `["a","c","p"]`},
		})
		c.wantRoles(t, ben, "c")
		c.wantRoles(t, ana, "a")
		c.wantRoles(t, c.member(t, c.org, "cid@example.com"), "a")
		c.wantRoles(t, c.member(t, other, "dan@example.com"), "c")
	})
	t.Run("a replacement takes the right to all roles", func(t *testing.T) {
		c := newCompany(t)
		client, key := c.NewClient(t)
		c.Want(t, 201, "POST", "/v1/roles", `{"roleId":"RO_update","name":"x","permissions":[{"action":"update","allow":true}]}`)
		c.Want(t, 201, "POST", "/v1/records", fmt.Sprintf(`{"recordId":"r1","name":"x","users":[{"userId":%q}],"statements":[{"roles":["RO_update"],"resources":[{"resourceUri":"Authress:Roles/b"}]}]}`, client))
		for path, status := range map[string]int{"a": 403, "b?replacement=a": 403} {
			if got := c.As(t, key, "DELETE", "/api/v1/roles/"+path, ""); got.Status != status {
				t.Errorf("deleting %s: %d %s, want %d", path, got.Status, got.Body, status)
			}
		}
		if got := c.As(t, key, "DELETE", "/api/v1/roles/b", ""); got.Status != 204 {
			t.Errorf("deleting the role alone: %d %s", got.Status, got.Body)
		}
	})
	t.Run("memberships are updated", func(t *testing.T) {
		c := newCompany(t)
		path := "/user_management/organization_memberships/" + c.member(t, c.org, "ana@example.com", "a")
		type membership struct {
			Updated string `json:"updated_at"`
		}
		var before, after membership
		c.Want(t, 200, "GET", path, "").JSON(t, &before)
		c.Want(t, 204, "DELETE", "/api/v1/roles/a", "")
		if c.Want(t, 200, "GET", path, "").JSON(t, &after); after.Updated <= before.Updated {
			t.Errorf("the membership was updated at %s, and before that at %s", after.Updated, before.Updated)
		}
	})
	t.Run("through Authress", func(t *testing.T) {
		c := newCompany(t)
		ana := c.member(t, c.org, "ana@example.com", "a")
		c.Want(t, 204, "DELETE", "/v1/roles/a", "")
		c.wantRoles(t, ana, "member")
		c.Want(t, 404, "DELETE", "/v1/roles/a", "")
		c.Want(t, 200, "PUT", "/v1/roles/member", `{"name":"Member","permissions":[]}`) // a default can be changed
		c.wantRoles(t, ana, "member")
	})
	t.Run("by any name", func(t *testing.T) {
		c := newCompany(t)
		for _, slug := range []string{"default", "priority"} {
			c.make(t, "/authorization/roles", fmt.Sprintf(`{"slug":%q,"name":"x"}`, slug))
			c.Want(t, 204, "DELETE", "/api/v1/roles/"+slug, "")
			c.Want(t, 404, "GET", "/authorization/roles/"+slug, "")
		}
		c.Want(t, 404, "DELETE", "/api/v1/roles/Authress:Owner", "")
		c.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_Upper","name":"x","permissions":[]}`)
		c.Want(t, 404, "DELETE", "/api/v1/roles/ro_Upper", "") // it is no environment role
		c.make(t, "/authorization/organizations/"+c.org+"/roles", `{"slug":"org-own","name":"x"}`)
		c.Want(t, 404, "DELETE", "/api/v1/roles/org-own", "")
		c.Want(t, 404, "DELETE", "/api/v1/roles/"+c.org+"%2Forg-own", "")
	})
}

// mayX demands whether a membership may do x on its organization.
func (c company) mayX(t *testing.T, om string, want bool) {
	t.Helper()
	got := c.Want(t, 200, "POST", "/authorization/organization_memberships/"+om+"/check", fmt.Sprintf(`{"permission_slug":"x","resource_id":%q}`, c.root))
	if got.Body != fmt.Sprintf(`{"authorized":%t}`, want) {
		t.Errorf("the check says %s, want %t", got.Body, want)
	}
}

// TestRolesTakeTheRight asks for every route of roles without any right, and with
// the one that it names and no other.
func TestRolesTakeTheRight(t *testing.T) {
	c := newCompany(t)
	c.make(t, "/authorization/permissions", `{"slug":"y","name":"x"}`)
	c.make(t, "/authorization/organizations/"+c.org+"/roles", `{"slug":"org-own","name":"x"}`)
	org, own := "/authorization/organizations/"+c.org+"/roles", "/api/v1/organizations/"+c.org+"/roles"
	for i, tt := range []struct{ right, area, method, path, body string }{
		{"read", "Roles", "GET", "/authorization/permissions", ""},
		{"read", "Roles", "GET", "/authorization/permissions/x", ""},
		{"create", "Roles", "POST", "/authorization/permissions", `{"slug":"z","name":"x"}`},
		{"update", "Roles", "PATCH", "/authorization/permissions/y", `{"name":"y"}`},
		{"update", "Roles", "DELETE", "/authorization/permissions/y", ""},
		{"read", "Roles", "GET", "/authorization/roles", ""},
		{"read", "Roles", "GET", "/authorization/roles/a", ""},
		{"create", "Roles", "POST", "/authorization/roles", `{"slug":"z","name":"x"}`},
		{"update", "Roles", "PATCH", "/authorization/roles/a", `{"name":"y"}`},
		{"update", "Roles", "PUT", "/authorization/roles/a/permissions", `{"permissions":["x"]}`},
		{"update", "Roles", "POST", "/authorization/roles/b/permissions", `{"slug":"x"}`},
		{"read", "Roles", "GET", "/api/v1/roles/priority", ""},
		{"update", "Roles", "PUT", "/api/v1/roles/priority", `{"roles":["c","p","member","a","b","z"]}`},
		{"read", "Roles", "GET", "/api/v1/roles/default", ""},
		{"update", "Roles", "PUT", "/api/v1/roles/default", `{"role":"b"}`},
		{"update", "Roles", "DELETE", "/api/v1/roles/b?replacement=a", ""},
		{"update", "Roles", "DELETE", "/api/v1/roles/c", ""},
		{"read", "Connections/" + c.org, "GET", org, ""},
		{"read", "Connections/" + c.org, "GET", org + "/org-own", ""},
		{"update", "Connections/" + c.org, "POST", org, `{"slug":"org-z","name":"x"}`},
		{"update", "Connections/" + c.org, "PATCH", org + "/org-own", `{"name":"y"}`},
		{"update", "Connections/" + c.org, "PUT", org + "/org-own/permissions", `{"permissions":[]}`},
		{"update", "Connections/" + c.org, "DELETE", org + "/org-own", ""},
		{"read", "Connections/" + c.org, "GET", own + "/priority", ""},
		{"update", "Connections/" + c.org, "PUT", own + "/priority", `{"roles":["org-z","p","member","a","z"]}`},
		{"read", "Connections/" + c.org, "GET", own + "/default", ""},
		{"update", "Connections/" + c.org, "PUT", own + "/default", `{"role":"org-z"}`},
	} {
		with := func(actions ...string) string {
			t.Helper()
			client, key := c.NewClient(t)
			name := fmt.Sprintf("right%d_%s", i, strings.Join(actions, "_"))
			var perms []string
			for _, a := range actions {
				perms = append(perms, fmt.Sprintf(`{"action":%q,"allow":true}`, a))
			}
			c.Want(t, 201, "POST", "/v1/roles", fmt.Sprintf(`{"roleId":"RO_%s","name":"x","permissions":[%s]}`, name, strings.Join(perms, ",")))
			c.Want(t, 201, "POST", "/v1/records", fmt.Sprintf(`{"recordId":%q,"name":"x","users":[{"userId":%q}],"statements":[{"roles":["RO_%s"],"resources":[{"resourceUri":"Authress:%s"}]}]}`, name, client, name, tt.area))
			return key
		}
		others := slices.DeleteFunc([]string{"read", "create", "update"}, func(a string) bool { return a == tt.right })
		if got := c.As(t, with(others...), tt.method, tt.path, tt.body); got.Status != 403 {
			t.Errorf("%s %s without %s: %d %s, want 403", tt.method, tt.path, tt.right, got.Status, got.Body)
		}
		if got := c.As(t, with(tt.right), tt.method, tt.path, tt.body); got.Status/100 != 2 {
			t.Errorf("%s %s with %s alone: %d %s", tt.method, tt.path, tt.right, got.Status, got.Body)
		}
	}
}
