package workos_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// action is a permission of a role as Authress writes it.
func action(name string, allow, grant, delegate bool) string {
	return fmt.Sprintf(`{"action":%q,"allow":%t,"grant":%t,"delegate":%t}`, name, allow, grant, delegate)
}

// TestRolesAreNotWidenedByAnotherDialect changes through Authress, where a
// permission covers what is below, a role that was filled here, where it does
// not.
func TestRolesAreNotWidenedByAnotherDialect(t *testing.T) {
	s := newServer(t)
	for _, slug := range []string{"docs", "docs.read", "lists"} {
		s.permission(t, slug, "organization")
	}
	s.role(t, "clerk", "organization", "docs", "docs.read")
	s.Want(t, 201, "POST", "/v1/records", `{"recordId":"r1","name":"x","users":[{"userId":"ana"}],"statements":[{"roles":["clerk"],"resources":[{"resourceUri":"shelf"}]}]}`)
	const path = "/v1/roles/clerk"
	shown := func(what, want string) {
		t.Helper()
		if got := s.Want(t, 200, "GET", path, "").Body; !strings.Contains(got, `"permissions":[`+want+`]`) {
			t.Errorf("%s: Authress shows %s, want %s", what, got, want)
		}
	}
	may := func(what, permission string, want bool) {
		t.Helper()
		if got := s.Do(t, "GET", "/v1/users/ana/resources/shelf/permissions/"+permission, "").Status == 200; got != want {
			t.Errorf("%s: %s is answered with %t", what, permission, got)
		}
	}
	dotted := action("docs.read", true, false, false)
	for _, tt := range []struct {
		what, write, shows string // without what it shows, as it is written
		docs, below        bool
		slugs              []string
	}{
		{"written back", action("docs", true, false, false) + "," + dotted, "", true, false, []string{"docs", "docs.read"}},
		{"with grant", action("docs", true, true, false) + "," + dotted, "", true, false, []string{"docs", "docs.read"}},
		{"with all flags", action("docs", true, true, true) + "," + dotted, "", true, false, []string{"docs", "docs.read"}},
		{"in another order", dotted + "," + action("docs", true, false, true), "", true, false, []string{"docs.read", "docs"}},
		{"in capitals", dotted + "," + action("DOCS", true, true, false), dotted + "," + action("docs", true, true, false), true, false, []string{"docs.read", "docs"}},
		{"in two parts", action("docs", true, false, false) + "," + action("docs", true, false, true), action("docs", true, false, true), true, false, []string{"docs"}},
		{"with the flags set back", action("docs", true, false, false), "", true, false, []string{"docs"}},
		{"with another", action("docs", true, true, false) + "," + action("lists", true, false, false), "", true, false, []string{"docs", "lists"}},
		{"without allow", action("docs", false, true, false), "", false, false, []string{}},
		{"with allow as Authress gives it", action("docs", true, true, false), "", true, true, []string{"docs"}},
		{"the same again", action("docs", true, false, false), "", true, true, []string{"docs"}},
	} {
		if tt.shows == "" {
			tt.shows = tt.write
		}
		for _, again := range []string{tt.write, tt.shows} { // what is shown says the same as what was written
			s.Want(t, 200, "PUT", path, `{"name":"Clerk","permissions":[`+again+`]}`)
			shown(tt.what, tt.shows)
			may(tt.what, "docs", tt.docs)
			may(tt.what, "docs:write", tt.below)
			if got := rolePermissions(s.want(t, 200, "GET", roles+"/clerk", "")); !slices.Equal(got, tt.slugs) {
				t.Errorf("%s: the role contains %v here, want %v", tt.what, got, tt.slugs)
			}
		}
	}
}

// TestWhatAnotherDialectGivesOn adds through this API to a role that Authress
// lets give things on.
func TestWhatAnotherDialectGivesOn(t *testing.T) {
	s := newServer(t)
	s.permission(t, "docs", "organization")
	s.permission(t, "docs.read", "organization")
	const path = "/v1/roles/clerk"
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"clerk","name":"x","permissions":[`+action("docs", false, true, false)+`,`+action("lists", true, false, false)+`]}`)
	s.want(t, 200, "POST", roles+"/clerk/permissions", `{"slug":"docs"}`)
	now := `"permissions":[` + action("docs", true, true, false) + `,` + action("lists", true, false, false) + `]`
	s.Want(t, 201, "POST", "/v1/records", `{"recordId":"r1","name":"x","users":[{"userId":"ana"}],"statements":[{"roles":["clerk"],"resources":[{"resourceUri":"shelf"}]}]}`)
	for range 2 {
		if got := s.Want(t, 200, "GET", path, "").Body; !strings.Contains(got, now) {
			t.Errorf("Authress shows %s, want %s", got, now)
		}
		for permission, want := range map[string]int{"docs": 200, "docs:write": 404, "lists:write": 200} {
			if got := s.Do(t, "GET", "/v1/users/ana/resources/shelf/permissions/"+permission, "").Status; got != want {
				t.Errorf("%s is answered with %d, want %d", permission, got, want)
			}
		}
		s.Want(t, 200, "PUT", path, `{"name":"Clerk",`+now+`}`)
	}
	// A slug that is no action there cannot be given on there, and the answer
	// names the one that the caller wrote.
	s.want(t, 200, "POST", roles+"/clerk/permissions", `{"slug":"docs.read"}`)
	got := s.Want(t, 400, "PUT", path, `{"name":"Clerk","permissions":[`+action("docs", true, true, false)+`,`+action("docs.read", true, true, false)+`]}`)
	if !strings.Contains(got.Body, "permissions[1]") {
		t.Errorf("refused with %s, want permissions[1]", got.Body)
	}
}

// TestRolesAreNotNarrowedByAnotherDialect writes back a role that allows an action
// exactly and with what is below, as an import may have made it.
func TestRolesAreNotNarrowedByAnotherDialect(t *testing.T) {
	s := servertest.StartOn(t, []access.Change{{ID: access.RoleID("clerk"), Document: &access.Role{ID: "clerk", Name: "x", Permissions: []access.RolePermission{
		{Action: "docs", Allow: true, Exact: true}, {Action: "Docs", Allow: true},
	}}}})
	s.Want(t, 201, "POST", "/v1/records", `{"recordId":"r1","name":"x","users":[{"userId":"ana"}],"statements":[{"roles":["clerk"],"resources":[{"resourceUri":"shelf"}]}]}`)
	for range 2 {
		s.Want(t, 200, "GET", "/v1/users/ana/resources/shelf/permissions/docs:write", "")
		s.Want(t, 200, "PUT", "/v1/roles/clerk", `{"name":"x","permissions":[`+action("docs", true, false, false)+`]}`)
	}
}

// TestRolesOfTwoPartsAreBoundedAsWritten fills a role to its bound, each of
// whose permissions is exact and may be given on.
func TestRolesOfTwoPartsAreBoundedAsWritten(t *testing.T) {
	s := newServer(t)
	var slugs, actions []string
	for i := range 100 {
		slugs = append(slugs, fmt.Sprintf("p%d", i))
		actions = append(actions, action(slugs[i], true, true, false))
		s.permission(t, slugs[i], "organization")
	}
	s.permission(t, "more", "organization")
	s.role(t, "big", "organization", slugs[:99]...)
	body := func(list []string) string { return `{"name":"Big","permissions":[` + strings.Join(list, ",") + `]}` }
	s.Want(t, 200, "PUT", "/v1/roles/big", body(actions[:99]))
	s.want(t, 200, "POST", roles+"/big/permissions", `{"slug":"p99"}`)
	s.refused(t, 422, "slug:too_many_permissions", "POST", roles+"/big/permissions", `{"slug":"more"}`)
	s.Want(t, 200, "PUT", "/v1/roles/big", body(actions))
	s.Want(t, 400, "PUT", "/v1/roles/big", body(append(slices.Clone(actions), actions[0])))
	if got := s.Want(t, 200, "GET", "/v1/roles/big", "").Body; !strings.Contains(got, `"permissions":[`+strings.Join(actions, ",")+`]`) {
		t.Errorf("Authress shows %s", got)
	}
}

// TestASlugWithAStarIsNoWildcard gives a membership the slugs "*" and "docs:*",
// and asks in both dialects.
func TestASlugWithAStarIsNoWildcard(t *testing.T) {
	w := newTree(t)
	user := w.user(t, "cleo@example.com")
	om := w.membership(t, w.org, user)
	for _, slug := range []string{"*", "docs:*", "docs:read"} {
		w.permission(t, slug, "project")
	}
	w.role(t, "starry", "project", "*", "docs:*")
	w.want(t, 201, "POST", assignmentsOf(om), onResource("starry", w.project))
	held := func() []string {
		return column(w.want(t, 200, "GET", "/authorization/organization_memberships/"+om+"/resources/"+w.project+"/permissions", ""), "slug")
	}
	of := "/v1/users/" + user + "/resources"
	for slug, want := range map[string]bool{"*": true, "docs:*": true, "docs": false, "docs:read": false, "*:read": false} {
		if got := w.may(t, om, slug, w.project); got != want {
			t.Errorf("the membership's %s is answered with %t", slug, got)
		}
		path := "/authorization/resources/" + w.project + "/organization_memberships?permission_slug=" + url.QueryEscape(slug)
		for _, list := range []string{path, path + "&assignment=direct"} {
			if got := column(w.want(t, 200, "GET", list, ""), "id"); slices.Contains(got, om) != want {
				t.Errorf("%s lists %v", list, got)
			}
		}
		if got := w.Do(t, "GET", of+"/"+w.project+"/permissions/"+url.PathEscape(slug), "").Status; got != 404 {
			t.Errorf("the user's %s is answered with %d, want 404", slug, got)
		}
	}
	if got := held(); !slices.Equal(got, []string{"docs:*", "*"}) {
		t.Errorf("the membership's permissions are %v", got)
	}
	// Nothing that Authress shows as held reads as everything, and its lists agree.
	w.Want(t, 404, "GET", of+"/"+w.project+"/permissions", "")
	for _, permission := range []string{"", "*", "docs:*"} {
		if got := w.Want(t, 200, "GET", of+"?resourceUri=*&permissions="+url.QueryEscape(permission), "").Body; strings.Contains(got, w.project) {
			t.Errorf("the user's resources with %q are %s", permission, got)
		}
	}
	w.want(t, 200, "POST", roles+"/starry/permissions", `{"slug":"docs:read"}`)
	if got := w.Want(t, 200, "GET", of+"/"+w.project+"/permissions", "").Body; !strings.Contains(got, `"permissions":[`+action("docs:read", true, false, false)+`]`) {
		t.Errorf("the user's permissions are %s", got)
	}
	// The role itself shows all, and stays as it is when it is written back.
	all := action("*", true, false, false) + "," + action("docs:*", true, false, false) + "," + action("docs:read", true, false, false)
	if got := w.Want(t, 200, "GET", "/v1/roles/starry", "").Body; !strings.Contains(got, all) {
		t.Errorf("the role is %s", got)
	}
	w.Want(t, 200, "PUT", "/v1/roles/starry", `{"name":"Starry","permissions":[`+all+`]}`)
	if got := held(); !slices.Equal(got, []string{"docs:read", "docs:*", "*"}) || w.may(t, om, "docs", w.project) {
		t.Errorf("after the role is written back, the membership's permissions are %v", got)
	}
}
