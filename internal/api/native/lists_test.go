package native_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/decisions"
	"github.com/reeve-authz/reeve/internal/server/servertest"
)

type listPage struct {
	Revision  int      `json:"revision"`
	Resources []string `json:"resources"`
	Users     []string `json:"users"`
	Cursor    string   `json:"cursor"`
}

func resourcesOf(user, permission, more string) string {
	return "/api/v1/users/" + url.PathEscape(user) + "/resources?permission=" + url.QueryEscape(permission) + more
}

func usersOf(resource, permission, more string) string {
	return "/api/v1/resources/" + url.PathEscape(resource) + "/users?permission=" + url.QueryEscape(permission) + more
}

// readList reads a list to its end and returns its pages, joined by spaces.
func readList(t testing.TB, s *servertest.Server, key, path string) (pages []string) {
	t.Helper()
	for cursor := ""; ; {
		got := s.As(t, key, "GET", path+cursor, "")
		if got.Status != 200 {
			t.Fatalf("%s: %d %s", path+cursor, got.Status, got.Body)
		}
		var page listPage
		got.JSON(t, &page)
		pages = append(pages, strings.Join(append(page.Resources, page.Users...), " "))
		if page.Cursor == "" {
			return pages
		}
		if cursor = "&cursor=" + page.Cursor; len(pages) > 1000 {
			t.Fatalf("%s does not end", path)
		}
	}
}

// listsAgree demands that the lists have who may, and what on, and not who may
// not. Who may because of what is public need not be among the users.
func listsAgree(t *testing.T, s *servertest.Server, c *decisions.Case, q *decisions.Question) {
	t.Helper()
	user, permission := q.Query.Subject.ID, q.Permission
	registered := slices.ContainsFunc(c.Resources, func(r *access.Resource) bool { return r.URI() == q.Query.Resource })
	if got := readList(t, s, s.APIKey, resourcesOf(user, permission, "")); registered && slices.Contains(strings.Fields(got[0]), q.Resource) != q.Yes {
		t.Errorf("%s:%d: %s %s lists %v, want as %q says", c.File, q.Line, user, permission, got, q.Text)
	}
	got := readList(t, s, s.APIKey, usersOf(q.Resource, permission, ""))
	if listed := slices.Contains(strings.Fields(got[0]), user); listed != q.Yes && (listed || len(c.Public) == 0) {
		t.Errorf("%s:%d: %s %s lists %v, want as %q says", c.File, q.Line, q.Resource, permission, got, q.Text)
	}
}

// newListed is a server of two organizations. Ana edits acme, that is the folder
// "b" with "b1" in it and the documents "a" and "c"; ben edits "b" by his group,
// sc_bot reads "c" and documents/1 and below by a record, and dan's membership
// is not active. "c" is public. Everything of other is eve's alone.
func newListed(t *testing.T) *servertest.Server {
	t.Helper()
	user := func(id string) access.Subject { return access.Subject{Kind: access.UserKind, ID: id} }
	org := func(id access.ResourceID, of access.OrganizationID) access.Change {
		return access.Change{Document: &access.Resource{ID: id, Organization: of, Type: access.OrganizationType}}
	}
	res := func(id, parent access.ResourceID, kind access.ResourceTypeID, of access.OrganizationID) access.Change {
		return access.Change{Document: &access.Resource{ID: id, ExternalID: string(id), Parent: parent, Type: kind, Organization: of}}
	}
	member := func(id access.MembershipID, who string, of access.OrganizationID, state access.MembershipStatus) access.Change {
		return access.Change{Document: &access.Membership{ID: id, Organization: of, User: who, Status: state}}
	}
	edits := func(id access.AssignmentID, who access.Subject, on access.ResourceID, of access.OrganizationID) access.Change {
		return access.Change{Document: &access.Assignment{ID: id, Subject: who, Role: "editor", Resource: on, Organization: of}}
	}
	place := func(id string) access.Subject { return access.Subject{Kind: access.MembershipKind, ID: id} }
	group := access.Subject{Kind: access.GroupKind, ID: "group_b"}
	s := servertest.StartOn(t, []access.Change{
		{Document: &access.Role{ID: "editor", Name: "x", Permissions: []access.RolePermission{{Action: "edit", Allow: true, Exact: true}}}},
		{Document: &access.Role{ID: "ro_read", Name: "x", Permissions: []access.RolePermission{{Action: "doc:read", Allow: true}}}},
		org("acme", "org_1"), res("a", "acme", "document", "org_1"), res("b", "acme", "folder", "org_1"),
		res("b1", "b", "document", "org_1"), res("c", "acme", "document", "org_1"),
		org("other", "org_2"), res("d", "other", "document", "org_2"),
		member("om_ana", "ana", "org_1", access.MembershipActive), member("om_ben", "ben", "org_1", access.MembershipActive),
		member("om_dan", "dan", "org_1", access.MembershipInactive), member("om_eve", "eve", "org_2", access.MembershipActive),
		{Document: &access.Group{ID: "group_b", Name: "x", Organization: "org_1"}},
		{Document: &access.GroupMember{Group: "group_b", Membership: "om_ben"}},
		edits("a1", place("om_ana"), "acme", "org_1"), edits("a2", group, "b", "org_1"),
		edits("a3", place("om_dan"), "acme", "org_1"), edits("a4", place("om_eve"), "other", "org_2"),
		{Document: &access.Record{
			ID: "r1", Name: "x", Status: access.RecordActive, Subjects: []access.Subject{{Kind: access.ClientKind, ID: "sc_bot"}, user("zoe")},
			Statements: []access.Statement{{Roles: []access.RoleID{"ro_read"}, Resources: []string{"c", "documents/1"}}},
		}},
		{Document: &access.ResourceSettings{Resource: "c", Public: true}},
	})
	s.Inspect = inDocument
	return s
}

// TestUserResources: by assignments, groups and records, on the resource or
// above it, and what is public.
func TestUserResources(t *testing.T) {
	s := newListed(t)
	for _, tt := range []struct{ user, permission, more, want string }{
		{"ana", "edit", "", "a acme b b1 c"},
		{"ana", "EDIT", "", "a acme b b1 c"},
		{"ana", "edit", "&type=document", "a b1 c"},
		{"ana", "edit", "&type=organization", "acme"},
		{"ana", "edit", "&type=document&organization=org_1", "a b1 c"},
		{"ana", "edit", "&organization=org_2", ""},
		{"ana", "edit", "&type=", "a acme b b1 c"},
		{"ana", "edit", "&type=Document", ""},
		{"ana", "edit", "&organization=org", ""},
		{"ana", "edit:x", "", ""},
		{"ana", "public", "", "c"},
		{"ben", "edit", "", "b b1"},
		{"ben", "edit", "&type=folder", "b"},
		{"dan", "edit", "", ""},
		{"dan", "public", "", "c"},
		{"eve", "edit", "", "d other"},
		{"eve", "edit", "&organization=org_2&type=document", "d"},
		{"sc_bot", "doc:read", "", "c"}, // documents/1 is not registered
		{"Authress:ServiceClients/sc_bot", "doc:read", "", "c"},
		{"sc_bot", "doc", "", ""},
		{"sc_bot", "doc:read:x", "", "c"},
		{"nobody", "edit", "", ""},
		{"om_ana", "edit", "", ""}, // is a user here
	} {
		if got := readList(t, s, s.APIKey, resourcesOf(tt.user, tt.permission, tt.more)); len(got) != 1 || got[0] != tt.want {
			t.Errorf("%s %s%s: %q, want one page %q", tt.user, tt.permission, tt.more, got, tt.want)
		}
	}
}

// TestResourceUsers: those whose grants, groups and memberships reach the
// resource; what is public makes nobody one of them.
func TestResourceUsers(t *testing.T) {
	s := newListed(t)
	owner, _ := s.NewClient(t)
	s.Want(t, 201, "POST", "/v1/records", fmt.Sprintf(`{"name":"x","users":[{"userId":%q}],"statements":[{"roles":["Authress:Owner"],"resources":[{"resourceUri":"documents"}]}]}`, owner))
	all := readList(t, s, s.APIKey, usersOf("Authress:Roles/x", "read", ""))[0] // the server's first owner
	if !strings.HasPrefix(all, "sc_") || strings.Contains(all, " ") {
		t.Fatalf("the server's owners are %q", all)
	}
	for _, tt := range []struct{ resource, permission, want string }{
		{"acme", "edit", "ana"},
		{"a", "edit", "ana"},
		{"b1", "edit", "ana ben"},
		{"b1/pages/7", "Edit", "ana ben"},
		{"c", "edit", "ana"},
		{"c", "doc:read", "sc_bot zoe"},
		{"/c/", "doc:read", "sc_bot zoe"},
		{"c", "public", ""},
		{"d", "edit", "eve"},
		{"none", "edit", ""},
		{"documents/1", "doc:read", owner + " sc_bot zoe"},
		{"documents/*", "doc:read", owner},
		{"documents", "doc:write", owner},
	} {
		want := append(strings.Fields(tt.want), all) // who owns everything may always
		slices.Sort(want)
		if got := readList(t, s, s.APIKey, usersOf(tt.resource, tt.permission, "")); len(got) != 1 || got[0] != strings.Join(want, " ") {
			t.Errorf("%s %s: %q, want one page %q", tt.resource, tt.permission, got, want)
		}
	}
}

// TestListPages: pages of every size hold the same list, also when what the
// last one ended with is gone.
func TestListPages(t *testing.T) {
	s := newListed(t)
	for _, path := range []string{resourcesOf("ana", "edit", ""), usersOf("b1", "edit", "")} {
		whole := readList(t, s, s.APIKey, path)[0]
		n := len(strings.Fields(whole))
		for limit := 1; limit <= n+1; limit++ {
			pages := readList(t, s, s.APIKey, fmt.Sprint(path, "&limit=", limit))
			if want := (n + limit - 1) / limit; strings.Join(pages, " ") != whole || len(pages) != want {
				t.Errorf("%s by %d: %q, want %q in %d pages", path, limit, pages, whole, want)
			}
		}
		if got := readList(t, s, s.APIKey, path+"&limit=5000")[0]; got != whole {
			t.Errorf("%s by more than a page can have: %s, want %s", path, got, whole)
		}
	}
	var first, second, users listPage
	path := resourcesOf("ana", "edit", "&limit=3")
	s.Want(t, 200, "GET", path, "").JSON(t, &first)
	revision := s.Want(t, 204, "DELETE", "/authorization/resources/b?cascade_delete=true", "").Header.Get("Reeve-Revision")
	s.Want(t, 200, "GET", path+"&cursor="+first.Cursor, "").JSON(t, &second)
	if got := strings.Join(append(first.Resources, second.Resources...), " "); got != "a acme b c" {
		t.Errorf("around a deletion: %s, want a acme b c", got)
	}
	s.Want(t, 200, "GET", usersOf("a", "edit", ""), "").JSON(t, &users)
	if fmt.Sprint(second.Revision) != revision || users.Revision != second.Revision || first.Revision >= second.Revision {
		t.Errorf("answered at the revisions %d, %d and %d, want before and at %s", first.Revision, second.Revision, users.Revision, revision)
	}
}

// TestLongLists: without a limit a page has 100, with one up to 1,000.
func TestLongLists(t *testing.T) {
	admin := access.Record{
		ID: "r1", Name: "x", Status: access.RecordActive, Subjects: []access.Subject{{Kind: access.UserKind, ID: "ana"}},
		Statements: []access.Statement{{Roles: []access.RoleID{access.OwnerRole}, Resources: []string{"acme"}}},
	}
	docs := []access.Change{{Document: &admin}, {Document: &access.Resource{ID: "acme", Organization: "org_1", Type: access.OrganizationType}}}
	for i := range 1000 {
		id := access.ResourceID(fmt.Sprintf("r_%04d", i))
		docs = append(docs, access.Change{Document: &access.Resource{ID: id, ExternalID: string(id), Parent: "acme", Type: "x", Organization: "org_1"}})
	}
	s := servertest.StartOn(t, docs)
	for more, want := range map[string][]int{"": {100, 11}, "&limit=1000": {1000, 2}, "&limit=1001": {1000, 2}, "&limit=7&type=x": {7, 143}} {
		pages := readList(t, s, s.APIKey, resourcesOf("ana", "edit", more))
		if got := []int{len(strings.Fields(pages[0])), len(pages)}; !slices.Equal(got, want) {
			t.Errorf("%q: %d of the first page, and pages: %v; want %v", more, got[0], got, want)
		}
		if all := strings.Fields(strings.Join(pages, " ")); !slices.IsSorted(all) || len(slices.Compact(all)) != len(all) || len(all) < 1000 {
			t.Errorf("%q: %d resources out of order, or twice", more, len(all))
		}
	}
}

// TestListsFollowWrites: whoever wrote, reads it in both lists.
func TestListsFollowWrites(t *testing.T) {
	s := newListed(t)
	both := func(on string) string {
		return readList(t, s, s.APIKey, resourcesOf("ben", "edit", ""))[0] + "; " + fmt.Sprint(slices.Contains(
			strings.Fields(readList(t, s, s.APIKey, usersOf(on, "edit", ""))[0]), "ben"))
	}
	for _, step := range []struct {
		status             int
		method, path, body string
		on, want           string
	}{
		{201, "POST", "/authorization/organization_memberships/om_ben/role_assignments", `{"role_slug":"editor","resource_id":"acme"}`, "a", "a acme b b1 c; true"},
		{204, "DELETE", "/authorization/organization_memberships/om_ben/role_assignments", `{"role_slug":"editor","resource_id":"acme"}`, "a", "b b1; false"},
		{200, "PUT", "/user_management/organization_memberships/om_ben/deactivate", ``, "b1", "; false"},
		{200, "PUT", "/user_management/organization_memberships/om_ben/reactivate", ``, "b1", "b b1; true"},
		{204, "DELETE", "/organizations/org_1/groups/group_b/organization-memberships/om_ben", ``, "b", "; false"},
	} {
		s.Want(t, step.status, step.method, step.path, step.body)
		if got := both(step.on); got != step.want {
			t.Errorf("after %s %s: %s, want %s", step.method, step.path, got, step.want)
		}
	}
}

// TestWhoMayList: a user's own list, any with the right to ask about the user;
// the users of what one owns.
func TestWhoMayList(t *testing.T) {
	s := newListed(t)
	id, key := s.NewClient(t)
	other, _ := s.NewClient(t)
	want := func(what string, path string, status int) {
		t.Helper()
		if got := s.As(t, key, "GET", path, ""); got.Status != status {
			t.Errorf("%s: %s: %d %s, want %d", what, path, got.Status, got.Body, status)
		}
	}
	give := func(role, resource string) {
		t.Helper()
		s.Want(t, 201, "POST", "/v1/records", fmt.Sprintf(
			`{"name":"x","users":[{"userId":%q}],"statements":[{"roles":[%q],"resources":[{"resourceUri":%q}]}]}`, id, role, resource))
	}
	for _, r := range []string{
		`{"roleId":"ro_ask","name":"x","permissions":[{"action":"read","allow":true,"grant":false,"delegate":false}]}`,
		`{"roleId":"ro_all","name":"x","permissions":[{"action":"*","allow":true,"grant":false,"delegate":false}]}`,
		`{"roleId":"ro_give","name":"x","permissions":[{"action":"*","allow":false,"grant":true,"delegate":false}]}`,
	} {
		s.Want(t, 201, "POST", "/v1/roles", r)
	}
	want("itself", resourcesOf(id, "edit", ""), 200)
	want("without the right", resourcesOf("ana", "edit", ""), 403)
	want("without the right", resourcesOf(other, "edit", ""), 403)
	want("without the right", usersOf("a", "edit", ""), 403)
	give("ro_ask", "Authress:UserPermissions/ana")
	want("with the right for one", resourcesOf("ana", "edit", ""), 200)
	want("with the right for one", resourcesOf("ben", "edit", ""), 403)
	want("with the right for one", usersOf("a", "edit", ""), 403)
	give("ro_give", "Authress:ResourcePermissions/d")
	want("as who sets what acts for everyone, without the right for all", usersOf("d", "edit", ""), 403)
	give("ro_ask", "Authress:UserPermissions")
	want("with the right for all", resourcesOf("ben", "edit", ""), 200)
	want("with the right for all", usersOf("a", "edit", ""), 403)
	give("ro_all", "b")
	want("by allow alone", usersOf("b", "edit", ""), 403)
	give("ro_give", "b")
	want("as an owner", usersOf("b", "edit", ""), 200)
	want("as an owner above", usersOf("b1", "edit", ""), 200)
	want("of another resource", usersOf("a", "edit", ""), 403)
	want("of another resource", usersOf("*", "edit", ""), 403)
	give("ro_give", "Authress:ResourcePermissions/a")
	want("as who sets what acts for everyone", usersOf("a", "edit", ""), 200)
	want("as who sets what acts for everyone", usersOf("d", "edit", ""), 200)
	want("as who sets what acts for everyone", usersOf("c", "edit", ""), 403)
	for _, path := range []string{resourcesOf("ana", "edit", ""), usersOf("a", "edit", "")} {
		if got := s.As(t, "", "GET", path, ""); got.Status != 401 {
			t.Errorf("%s without a credential: %d, want 401", path, got.Status)
		}
	}
}

// TestListRefusals: what is malformed, and cursors that are for something else.
func TestListRefusals(t *testing.T) {
	s := newListed(t)
	var page, made listPage
	path := resourcesOf("ana", "edit", "&limit=2")
	s.Want(t, 200, "GET", path, "").JSON(t, &page)
	cursor := "&cursor=" + page.Cursor
	s.Want(t, 200, "GET", path+cursor, "")
	for _, bad := range []string{
		resourcesOf("ana", "edit", "&limit=3") + cursor,
		resourcesOf("ana", "edit", "&limit=2&type=document") + cursor,
		resourcesOf("ana", "public", "&limit=2") + cursor,
		resourcesOf("ben", "edit", "&limit=2") + cursor,
		usersOf("a", "edit", "&limit=2") + cursor,
		path + "&cursor=x",
		path + cursor + "x",
		path + cursor + cursor,
		path + "&limit=2",
		path + "&type=a&type=b",
		"/api/v1/users/ana/resources",
		resourcesOf("ana", "", ""),
		resourcesOf("ana", "a b", ""),
		resourcesOf("ana", "edit", "&limit=0"),
		resourcesOf("ana", "edit", "&limit=-1"),
		resourcesOf("ana", "edit", "&limit=x"),
		resourcesOf("ana", "edit", "&x=%"),
		resourcesOf("ana\n", "edit", ""),
		resourcesOf(" ana", "edit", ""),
		resourcesOf("sc_/", "edit", ""),
		"/api/v1/resources/a/users",
		usersOf("a//b", "edit", ""),
		usersOf("a*", "edit", ""),
		usersOf(strings.Repeat("a", access.MaxURILen+1), "edit", ""),
		usersOf("a", "é", ""),
		usersOf("a", strings.Repeat("a", access.MaxPermissionLen+1), ""),
		usersOf("a", "edit", "&limit=1e3"),
	} {
		if got := s.Do(t, "GET", bad, ""); got.Status != 400 || got.ErrorCode() != "invalid" {
			t.Errorf("%q: %d %s, want 400", bad, got.Status, got.Body)
		}
	}
	var realm struct {
		Credentials struct {
			APIKey string `json:"api_key"`
		} `json:"credentials"`
	}
	s.Want(t, 201, "POST", "/api/v1/realms", `{"name":"Staging"}`).JSON(t, &realm)
	elsewhere := s.As(t, realm.Credentials.APIKey, "GET", path, "")
	elsewhere.JSON(t, &made)
	if elsewhere.Status != 200 || len(made.Resources) != 0 || made.Cursor != "" {
		t.Errorf("in another realm: %d %s, want an empty list", elsewhere.Status, elsewhere.Body)
	}
	if got := s.As(t, realm.Credentials.APIKey, "GET", path+cursor, ""); got.Status != 400 {
		t.Errorf("another realm's cursor: %d %s, want 400", got.Status, got.Body)
	}
	for method, path := range map[string]string{"POST": path, "DELETE": usersOf("a", "edit", "")} {
		if got := s.Do(t, method, path, ""); got.Status != 405 {
			t.Errorf("%s %s: %d, want 405", method, path, got.Status)
		}
	}
}
