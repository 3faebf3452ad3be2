package workos_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

const memberships = "/user_management/organization_memberships"

// memberBody is the body that makes a user a member.
func memberBody(org, user, more string) string {
	return fmt.Sprintf(`{"organization_id":%q,"user_id":%q%s}`, org, user, more)
}

// rolesOf tells a membership's role and roles.
func rolesOf(m map[string]any) string {
	var slugs []string
	for _, r := range m["roles"].([]any) {
		slugs = append(slugs, r.(map[string]any)["slug"].(string))
	}
	return fmt.Sprint(m["role"].(map[string]any)["slug"], " of ", strings.Join(slugs, ","))
}

// holdsIn reports whether a membership holds a permission on its organization.
func (s server) holdsIn(t testing.TB, om, org, permission string) bool {
	t.Helper()
	got := s.want(t, 200, "POST", "/authorization/organization_memberships/"+om+"/check",
		fmt.Sprintf(`{"permission_slug":%q,"resource_type_slug":"organization","resource_external_id":%q}`, permission, org))
	return got["authorized"] == true
}

// withRoles is a server with roles whose permissions are called as they are.
func withRoles(t testing.TB, multiple bool, slugs ...string) server {
	t.Helper()
	s := newServer(t)
	for _, slug := range slugs {
		s.permission(t, slug, "organization")
		s.role(t, slug, "organization", slug)
	}
	if multiple {
		s.want(t, 200, "PATCH", "/api/v1/settings", `{"multiple_roles":true}`)
	}
	return s
}

func TestMemberships(t *testing.T) {
	s := withRoles(t, false, "editor", "viewer")
	org, user := s.organization(t, "Acme"), s.user(t, "ana@example.com")
	made := s.want(t, 201, "POST", memberships, memberBody(org, user, `,"role_slug":"editor"`))
	om := id(made)
	if !strings.HasPrefix(om, "om_") || made["user_id"] != user || made["organization_id"] != org || made["organization_name"] != "Acme" || made["status"] != "active" ||
		made["directory_managed"] != false || fmt.Sprint(made["custom_attributes"]) != "map[]" || rolesOf(made) != "editor of editor" {
		t.Errorf("made %v", made)
	}
	if known := made["user"].(map[string]any); known["email"] != "ana@example.com" || known["id"] != user {
		t.Errorf("its user is %v", known)
	}
	path := memberships + "/" + om
	if got := s.want(t, 200, "GET", path, ""); fmt.Sprint(got) != fmt.Sprint(made) {
		t.Errorf("reads %v, want %v", got, made)
	}
	if !s.holdsIn(t, om, org, "editor") || s.holdsIn(t, om, org, "viewer") {
		t.Error("the member does not hold what its role gives, or more")
	}

	changed := s.want(t, 200, "PUT", path, `{"role_slugs":["viewer"]}`)
	if rolesOf(changed) != "viewer of viewer" || changed["updated_at"].(string) <= made["updated_at"].(string) {
		t.Errorf("another role: %v", changed)
	}
	if s.holdsIn(t, om, org, "editor") || !s.holdsIn(t, om, org, "viewer") {
		t.Error("the change of roles is not seen")
	}
	for _, body := range []string{``, `{}`, `{"role_slug":null}`, `{"role_slug":"viewer"}`, `{"role_slugs":["viewer","viewer"]}`} {
		if got := s.want(t, 200, "PUT", path, body); fmt.Sprint(got) != fmt.Sprint(changed) {
			t.Errorf("%s: %v, want no change of %v", body, got, changed)
		}
	}
	if got := s.want(t, 200, "PUT", path, `{"role_slugs":[]}`); rolesOf(got) != "member of member" {
		t.Errorf("no roles: %v, want the default one", got)
	}

	s.want(t, 200, "DELETE", path, "")
	for _, req := range [][2]string{{"GET", ""}, {"PUT", ""}, {"DELETE", ""}, {"PUT", "/deactivate"}, {"PUT", "/reactivate"}} {
		s.refused(t, 404, "entity_not_found", req[0], path+req[1], "")
	}
	if again := s.membership(t, org, user); again == om {
		t.Error("a new membership has the id of the old one")
	}
}

// TestMembershipStatus: what is inactive gives nothing and keeps everything.
func TestMembershipStatus(t *testing.T) {
	s := withRoles(t, false, "editor", "viewer")
	org, user := s.organization(t, "Acme"), s.user(t, "ana@example.com")
	om := s.membership(t, org, user, "editor")
	path := memberships + "/" + om
	before := s.want(t, 200, "GET", path, "")
	if got := s.want(t, 200, "PUT", path+"/reactivate", "{}"); fmt.Sprint(got) != fmt.Sprint(before) {
		t.Errorf("reactivating an active one: %v, want no change", got)
	}
	inactive := s.want(t, 200, "PUT", path+"/deactivate", "")
	if inactive["status"] != "inactive" || rolesOf(inactive) != "editor of editor" || inactive["updated_at"].(string) <= before["updated_at"].(string) {
		t.Errorf("deactivated: %v", inactive)
	}
	if s.holdsIn(t, om, org, "editor") {
		t.Error("an inactive membership gives something")
	}
	if got := s.want(t, 200, "PUT", path+"/deactivate", "{}"); fmt.Sprint(got) != fmt.Sprint(inactive) {
		t.Errorf("deactivating again: %v, want no change", got)
	}
	active := s.want(t, 200, "PUT", path+"/reactivate", "")
	if active["status"] != "active" || rolesOf(active) != "editor of editor" || !s.holdsIn(t, om, org, "editor") {
		t.Errorf("reactivated: %v", active)
	}
	// Creating it again is refused while it is active, and else reactivates it with
	// the roles that are given.
	if a := s.As(t, s.APIKey, "POST", memberships, memberBody(org, user, "")); a.Status != 409 || a.ErrorCode() != "conflict" {
		t.Errorf("created while active: %d %s, want 409 conflict", a.Status, a.Body)
	}
	s.want(t, 200, "PUT", path+"/deactivate", "")
	again := s.want(t, 201, "POST", memberships, memberBody(org, user, `,"role_slugs":["viewer"]`))
	if id(again) != om || again["status"] != "active" || rolesOf(again) != "viewer of viewer" || !s.holdsIn(t, om, org, "viewer") || s.holdsIn(t, om, org, "editor") {
		t.Errorf("created while inactive: %v", again)
	}
	s.want(t, 200, "PUT", path+"/deactivate", "")
	if again := s.want(t, 201, "POST", memberships, memberBody(org, user, "")); rolesOf(again) != "member of member" {
		t.Errorf("created while inactive, without roles: %v", again)
	}
	// The other dialect makes an inactive member one again, too.
	s.want(t, 200, "PUT", path+"/deactivate", "")
	s.Want(t, 204, "PATCH", "/v1/tenants/"+org+"/users", fmt.Sprintf(`{"userId":%q}`, user))
	if got := s.want(t, 200, "GET", path, ""); got["status"] != "active" || rolesOf(got) != "member of member" {
		t.Errorf("added by the other dialect: %v", got)
	}
}

func TestMultipleRoles(t *testing.T) {
	s := withRoles(t, true, "first", "second", "third")
	org, user := s.organization(t, "Acme"), s.user(t, "ana@example.com")
	om := s.membership(t, org, user, "third", "first")
	path := memberships + "/" + om
	if got := s.want(t, 200, "GET", path, ""); rolesOf(got) != "first of first,third" {
		t.Errorf("made with %s", rolesOf(got))
	}
	if !s.holdsIn(t, om, org, "first") || !s.holdsIn(t, om, org, "third") || s.holdsIn(t, om, org, "second") {
		t.Error("the roles do not give what they should")
	}
	if got := s.want(t, 200, "PUT", path, `{"role_slugs":["second","third"]}`); rolesOf(got) != "second of second,third" {
		t.Errorf("replaced by %s", rolesOf(got))
	}
	group := id(s.want(t, 201, "POST", "/organizations/"+org+"/groups", `{"name":"G"}`))
	s.want(t, 200, "POST", "/organizations/"+org+"/groups/"+group+"/organization-memberships", fmt.Sprintf(`{"organization_membership_id":%q}`, om))
	s.want(t, 201, "POST", "/authorization/groups/"+group+"/role_assignments", `{"role_slug":"first"}`)
	if got := s.want(t, 200, "GET", path, ""); rolesOf(got) != "first of first,second,third" {
		t.Errorf("with a group's role it has %s", rolesOf(got))
	}
	s.want(t, 200, "PUT", path, `{"role_slug":"third"}`) // what the group gives stays
	if got := s.want(t, 200, "GET", path, ""); rolesOf(got) != "first of first,third" {
		t.Errorf("after a replacement it has %s", rolesOf(got))
	}
	if got := column(s.want(t, 200, "GET", memberships+"?organization_id="+org, ""), "roles"); fmt.Sprint(got) != "[[map[slug:first] map[slug:third]]]" {
		t.Errorf("a list has %v", got)
	}
}

// TestMembershipShowsWhatCounts: without multiple roles a membership has one by
// itself, and shows besides what its groups give, the most important one first.
func TestMembershipShowsWhatCounts(t *testing.T) {
	s := withRoles(t, false, "first", "second")
	org := s.organization(t, "Acme")
	group := s.group(t, org, "G")
	low, high := s.membership(t, org, s.user(t, "ana@example.com"), "second"), s.membership(t, org, s.user(t, "ben@example.com"), "first")
	s.want(t, 201, "POST", "/authorization/groups/"+group+"/role_assignments", `{"role_slug":"first"}`)
	for _, om := range []string{low, high} {
		s.join(t, org, group, om)
	}
	s.want(t, 200, "PUT", memberships+"/"+high, `{"role_slug":"second"}`)
	for _, om := range []string{low, high} {
		if got := s.want(t, 200, "GET", memberships+"/"+om, ""); rolesOf(got) != "first of first,second" {
			t.Errorf("it shows %s, want the group's role and its own", rolesOf(got))
		}
		if !s.holdsIn(t, om, org, "first") || !s.holdsIn(t, om, org, "second") {
			t.Error("it does not hold what it shows")
		}
	}
}

func TestMembershipsRefuse(t *testing.T) {
	s := withRoles(t, false, "editor", "viewer")
	s.resourceType(t, "project")
	s.role(t, "lead", "project")
	org, other, user := s.organization(t, "A"), s.organization(t, "B"), s.user(t, "ana@example.com")
	own := s.want(t, 201, "POST", "/authorization/organizations/"+other+"/roles", `{"name":"Own","slug":"org-own"}`)
	path := memberships + "/" + s.membership(t, org, s.user(t, "ben@example.com"))
	for _, tt := range []struct {
		roles, code string
		status      int
	}{
		{`"role_slug":"none"`, "invalid_role", 422},
		{`"role_slug":""`, "invalid_role", 422},
		{`"role_slugs":["editor","none"]`, "invalid_role", 422},
		{`"role_slug":"Authress:Owner"`, "invalid_role", 422},
		{`"role_slug":"` + own["slug"].(string) + `"`, "invalid_role", 422}, // of another organization
		{`"role_slug":"` + other + `/org-own"`, "invalid_role", 422},
		{`"role_slugs":["editor","viewer"]`, "multiple_roles_not_enabled", 422},
		{`"role_slug":"lead"`, "sub_resource_scoped_role_not_allowed", 422},
		{`"role_slug":"editor","role_slugs":["editor"]`, "role_slugs:mutually_exclusive", 422},
		{`"role_slug":1`, "bad_request", 400},
	} {
		s.refused(t, tt.status, tt.code, "POST", memberships, memberBody(org, user, ","+tt.roles))
		s.refused(t, tt.status, tt.code, "PUT", path, "{"+tt.roles+"}")
	}
	_, got := s.call(t, "PUT", path, `{"role_slug":"lead"}`)
	if got["role_slug"] != "lead" {
		t.Errorf("the error %v does not name the role", got)
	}
	_, got = s.call(t, "PUT", path, `{"role_slug":"none"}`)
	if got["message"] != "Role 'none' is not a valid role." {
		t.Errorf("the error is %v", got)
	}
	if got := s.want(t, 200, "GET", path, ""); rolesOf(got) != "member of member" {
		t.Errorf("what was refused left %s", rolesOf(got))
	}
	if got := s.want(t, 200, "GET", memberships+"?user_id="+user, ""); len(column(got, "id")) != 0 {
		t.Errorf("what was refused made %v", got)
	}
	s.refused(t, 422, "user_id:user_id_required", "POST", memberships, `{"organization_id":"x"}`)
	s.refused(t, 422, "organization_id:organization_id_required", "POST", memberships, `{"user_id":"x"}`)
	s.refused(t, 404, "entity_not_found", "POST", memberships, memberBody("none", user, ""))
	s.refused(t, 404, "entity_not_found", "POST", memberships, memberBody(org, "none", ""))
	s.refused(t, 400, "missing_user_id_or_organization_id", "GET", memberships, "")
	s.refused(t, 404, "entity_not_found", "GET", memberships+"?organization_id=none", "")
	s.refused(t, 422, "statuses:invalid_status", "GET", memberships+"?user_id="+user+"&statuses=active,gone", "")
	s.refused(t, 422, "limit:invalid_limit", "GET", memberships+"?user_id="+user+"&limit=101", "")
	for _, om := range []string{"none", "%2A", "om_%00"} {
		s.refused(t, 404, "entity_not_found", "GET", memberships+"/"+om, "")
	}
}

func TestListMemberships(t *testing.T) {
	s := newServer(t)
	orgs := []string{s.organization(t, "A"), s.organization(t, "B")}
	ana, ben, cat := s.user(t, "ana@example.com"), s.user(t, "ben@example.com"), s.user(t, "cat@example.com")
	oms := []string{
		s.membership(t, orgs[0], ana), s.membership(t, orgs[1], ana), s.membership(t, orgs[0], ben), s.membership(t, orgs[0], cat), s.membership(t, orgs[1], ben),
	}
	s.want(t, 200, "PUT", memberships+"/"+oms[2]+"/deactivate", "")
	at := func(indexes ...int) (some []string) {
		for _, i := range indexes {
			some = append(some, oms[i])
		}
		return some
	}
	for query, want := range map[string][]string{
		"user_id=" + ana:                                                              at(1, 0),
		"user_id=" + ana + "&order=asc":                                               at(0, 1),
		"organization_id=" + orgs[0]:                                                  at(3, 0),
		"organization_id=" + orgs[0] + "&statuses=inactive":                           at(2),
		"organization_id=" + orgs[0] + "&statuses=active,inactive":                    at(3, 2, 0),
		"organization_id=" + orgs[0] + "&statuses=active&statuses=inactive&order=asc": at(0, 2, 3),
		"organization_id=" + orgs[0] + "&statuses=pending":                            nil,
		"organization_id=" + orgs[0] + "&user_id=" + ana:                              at(0),
		"organization_id=" + orgs[0] + "&user_id=" + ben:                              nil,
		"user_id=" + ben + "&statuses=inactive":                                       at(2),
		"user_id=none":                                                                nil,
	} {
		if got := column(s.want(t, 200, "GET", memberships+"?"+query, ""), "id"); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
		walksBothWays(t, s, memberships+"?"+query, want)
	}
}

// TestMembersOfTheOtherDialect: who is added there is a member with the default
// role, known or not.
func TestMembersOfTheOtherDialect(t *testing.T) {
	s := newServer(t)
	s.Want(t, 201, "POST", "/v1/tenants", `{"tenantId":"ten","data":{"name":"Tenant"}}`)
	s.Want(t, 204, "PATCH", "/v1/tenants/ten/users", `{"userId":"auth0|x y"}`)
	list := s.want(t, 200, "GET", memberships+"?organization_id=ten", "")
	m := list["data"].([]any)[0].(map[string]any)
	if m["user_id"] != "auth0|x y" || rolesOf(m) != "member of member" || m["organization_name"] != "Tenant" {
		t.Errorf("the member is %v", m)
	}
	if known := m["user"].(map[string]any); known["id"] != "auth0|x y" || known["email"] != "" {
		t.Errorf("its user is %v", known)
	}
	// Roles are as good for it as for any other: the user, too, holds what they give.
	s.permission(t, "docs:read", "organization")
	s.role(t, "reader", "organization", "docs:read")
	s.want(t, 200, "PUT", memberships+"/"+id(m), `{"role_slug":"reader"}`)
	root := id(s.want(t, 200, "GET", "/authorization/organizations/ten/resources/organization/ten", ""))
	check := "/v1/users/" + url.PathEscape("auth0|x y") + "/resources/" + root + "/permissions/docs:read"
	s.Want(t, 200, "GET", check, "")
	s.want(t, 200, "PUT", memberships+"/"+id(m)+"/deactivate", "")
	s.Want(t, 404, "GET", check, "")
}

// TestMembershipTwins: of concurrent memberships of one pair one is made, and of
// changes of one membership all succeed and the last one stays.
func TestMembershipTwins(t *testing.T) {
	s := withRoles(t, false, "a", "b", "c")
	org, user := s.organization(t, "A"), s.user(t, "ana@example.com")
	var mu sync.Mutex
	made := map[int]int{}
	var all sync.WaitGroup
	for i := range 9 {
		all.Go(func() {
			a := s.As(t, s.APIKey, "POST", memberships, memberBody(org, user, fmt.Sprintf(`,"role_slug":"%c"`, 'a'+i%3)))
			mu.Lock()
			made[a.Status]++
			mu.Unlock()
		})
	}
	all.Wait()
	list := s.want(t, 200, "GET", memberships+"?organization_id="+org, "")
	if made[201] != 1 || made[409] != 8 || len(column(list, "id")) != 1 {
		t.Fatalf("of nine for one pair: %v and %v, want one made", made, list)
	}
	om := column(list, "id")[0]
	for i := range 9 {
		all.Go(func() {
			if status, body := s.call(t, "PUT", memberships+"/"+om, fmt.Sprintf(`{"role_slug":"%c"}`, 'a'+i%3)); status != 200 {
				t.Errorf("a change among others: %d %v", status, body)
			}
		})
	}
	all.Wait()
	m := s.want(t, 200, "GET", memberships+"/"+om, "")
	held := 0
	for _, p := range []string{"a", "b", "c"} {
		if s.holdsIn(t, om, org, p) {
			held++
		}
	}
	if held != 1 || len(m["roles"].([]any)) != 1 {
		t.Errorf("it holds %d of the roles and shows %s, want one", held, rolesOf(m))
	}
}

// TestMembershipReadsNoUser: the right to change one organization is none to read
// the users of all, by making members of them or keys for them, nor to learn who
// is known.
func TestMembershipReadsNoUser(t *testing.T) {
	s := newServer(t)
	org := s.organization(t, "Acme")
	ana, ben := s.user(t, "ana@example.com"), s.user(t, "ben@example.com")
	client, limited := s.NewClient(t)
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_all","name":"x","permissions":[{"action":"*","allow":true}]}`)
	s.Want(t, 201, "POST", "/v1/records", fmt.Sprintf(`{"name":"x","users":[{"userId":%q}],
		"statements":[{"roles":["ro_all"],"resources":[{"resourceUri":"Authress:Connections/%s"},{"resourceUri":"Authress:Users/%s"}]}]}`, client, org, ana))
	for _, tt := range []struct {
		user   string
		status int
	}{{ben, 403}, {"user_none", 403}, {ana, 201}} {
		if status, v := s.as(t, limited, "POST", memberships, memberBody(org, tt.user, "")); status != tt.status {
			t.Errorf("a membership for %s: %d %v, want %d", tt.user, status, v, tt.status)
		}
	}
	s.membership(t, org, ben)
	for _, tt := range []struct {
		user   string
		status int
	}{{ben, 403}, {"user_none", 403}, {ana, 201}} {
		if status, v := s.as(t, limited, "POST", "/user_management/users/"+tt.user+"/api_keys", fmt.Sprintf(`{"name":"x","organization_id":%q}`, org)); status != tt.status {
			t.Errorf("a key for %s: %d %v, want %d", tt.user, status, v, tt.status)
		}
	}
}
