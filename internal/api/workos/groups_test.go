package workos_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// group makes a group in an organization and returns its id.
func (s server) group(t testing.TB, org, name string) string {
	t.Helper()
	return id(s.want(t, 201, "POST", "/organizations/"+org+"/groups", fmt.Sprintf(`{"name":%q}`, name)))
}

// join puts a membership in a group.
func (s server) join(t testing.TB, org, group, membership string) {
	t.Helper()
	s.want(t, 200, "POST", "/organizations/"+org+"/groups/"+group+"/organization-memberships", fmt.Sprintf(`{"organization_membership_id":%q}`, membership))
}

func TestGroupsOfAnOrganization(t *testing.T) {
	w := newTree(t)
	groups := "/organizations/" + w.org + "/groups"
	made := w.want(t, 201, "POST", groups, `{"name":"Engineering","description":"All of them"}`)
	path := groups + "/" + id(made)
	if made["object"] != "group" || !strings.HasPrefix(id(made), "group_") || made["organization_id"] != w.org ||
		made["name"] != "Engineering" || made["description"] != "All of them" || made["created_at"] != made["updated_at"] {
		t.Errorf("made %v", made)
	}
	if got := w.want(t, 200, "GET", path, ""); fmt.Sprint(got) != fmt.Sprint(made) {
		t.Errorf("read %v, made %v", got, made)
	}
	if got := w.want(t, 201, "POST", groups, `{"name":"Engineering"}`); got["description"] != nil || id(got) == id(made) {
		t.Errorf("a twin without description: %v", got)
	}

	same := w.want(t, 200, "PATCH", path, `{}`)
	if fmt.Sprint(same) != fmt.Sprint(made) {
		t.Errorf("an update of nothing made %v of %v", same, made)
	}
	renamed := w.want(t, 200, "PATCH", path, `{"name":"Ops"}`)
	if renamed["name"] != "Ops" || renamed["description"] != "All of them" || renamed["updated_at"] == made["updated_at"] || renamed["created_at"] != made["created_at"] {
		t.Errorf("renamed %v", renamed)
	}
	// The Node SDK sends a null description with every new name.
	if got := w.want(t, 200, "PATCH", path, `{"name":"Dev","description":null}`); got["name"] != "Dev" || got["description"] != nil {
		t.Errorf("cleared %v", got)
	}
	w.want(t, 200, "PATCH", path, `{"description":"x"}`)
	if got := w.want(t, 200, "PATCH", path, `{"description":""}`); got["description"] != nil {
		t.Errorf("emptied %v", got)
	}
	w.want(t, 204, "DELETE", path, "")
	w.refused(t, 404, "entity_not_found", "GET", path, "")
	w.refused(t, 404, "entity_not_found", "PATCH", path, `{"name":"x"}`)
	w.refused(t, 404, "entity_not_found", "DELETE", path, "")
}

func TestGroupBodiesAreChecked(t *testing.T) {
	w := newTree(t)
	groups := "/organizations/" + w.org + "/groups"
	path := groups + "/" + w.group(t, w.org, "a")
	for _, tt := range []struct {
		name, description string
		code              string // empty if it is good
	}{
		{strings.Repeat("é", 256), "", ""},
		{strings.Repeat("é", 257), "", "name:invalid_name"},
		{"", "", "name:name_required"},
		{"x", strings.Repeat("é", 150), ""},
		{"x", strings.Repeat("é", 151), "description:invalid_description"},
		{"\x00", "", "name:invalid_name"},
	} {
		body := encode(t, map[string]string{"name": tt.name, "description": tt.description})
		if tt.code == "" {
			w.want(t, 201, "POST", groups, body)
			w.want(t, 200, "PATCH", path, body)
			continue
		}
		w.refused(t, 422, tt.code, "POST", groups, body)
		w.refused(t, 422, tt.code, "PATCH", path, body)
	}
	w.refused(t, 422, "name:name_required", "POST", groups, `{}`)
	w.refused(t, 422, "name:name_required", "POST", groups, ``)
	w.refused(t, 422, "name:name_required", "POST", groups, `{"name":null}`)
	w.refused(t, 422, "name:name_required", "PATCH", path, `{"name":null}`)
	w.refused(t, 400, "bad_request", "POST", groups, `{"name":1}`)
	w.refused(t, 400, "bad_request", "POST", groups, `{"name":`)
	w.refused(t, 400, "bad_request", "PATCH", path, `[]`)
	w.refused(t, 404, "entity_not_found", "POST", "/organizations/org_nobody/groups", `{"name":"x"}`)
	w.refused(t, 404, "entity_not_found", "GET", "/organizations/org_nobody/groups", "")
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		w.refused(t, 404, "entity_not_found", method, "/organizations/"+w.other+"/groups/"+strings.TrimPrefix(path, groups+"/"), "")
	}
}

func TestGroupListsArePaged(t *testing.T) {
	w := newTree(t)
	var all []string
	for i := range 5 {
		all = append(all, w.group(t, w.org, fmt.Sprint(i)))
		w.group(t, w.other, "elsewhere")
		w.join(t, w.org, all[i], w.ana)
	}
	w.group(t, w.org, "without ana")
	w.want(t, 204, "DELETE", "/organizations/"+w.org+"/groups/"+id(w.want(t, 200, "GET", "/organizations/"+w.org+"/groups?limit=1", "")["data"].([]any)[0].(map[string]any)), "")
	for _, list := range []string{"/organizations/" + w.org + "/groups", "/user_management/organization_memberships/" + w.ana + "/groups"} {
		paged(t, w.server, list, all)
	}
	w.refused(t, 422, "limit:invalid_limit", "GET", "/organizations/"+w.org+"/groups?limit=0", "")
	w.refused(t, 422, "limit:invalid_limit", "GET", "/organizations/"+w.org+"/groups?limit=101", "")
	w.refused(t, 422, "order:invalid_order", "GET", "/organizations/"+w.org+"/groups?order=up", "")
	w.refused(t, 404, "entity_not_found", "GET", "/user_management/organization_memberships/om_nobody/groups", "")
}

// paged reads a list, which holds these in the order in which they were made, by
// every order, page size and direction.
func paged(t *testing.T, s server, list string, oldestFirst []string) {
	t.Helper()
	sep := "?"
	if strings.Contains(list, "?") {
		sep = "&"
	}
	newestFirst := slices.Clone(oldestFirst)
	slices.Reverse(newestFirst)
	for order, want := range map[string][]string{"": newestFirst, "&order=desc": newestFirst, "&order=asc": oldestFirst} {
		for _, limit := range []int{1, 2, len(want), len(want) + 1} {
			base := fmt.Sprintf("%s%slimit=%d%s", list, sep, min(limit, 100), order)
			if got := walk(t, s, base); !slices.Equal(got, want) {
				t.Errorf("%s lists %v, want %v", base, got, want)
			}
		}
	}
	// Backwards from the last.
	if len(oldestFirst) > 1 {
		v := s.want(t, 200, "GET", fmt.Sprintf("%s%slimit=1&before=%s", list, sep, newestFirst[len(newestFirst)-1]), "")
		if got := column(v, "id"); !slices.Equal(got, newestFirst[len(newestFirst)-2:len(newestFirst)-1]) || after(v) != got[0] {
			t.Errorf("%s before the last: %v, then after %q", list, got, after(v))
		}
		v = s.want(t, 200, "GET", fmt.Sprintf("%s%slimit=1&order=normal&before=%s", list, sep, newestFirst[0]), "")
		if got := column(v, "id"); !slices.Equal(got, newestFirst[1:2]) {
			t.Errorf("%s by order normal, before the newest: %v, want what is older", list, got)
		}
	}
	if got := column(s.want(t, 200, "GET", list+sep+"limit=100&after=nobody", ""), "id"); !slices.Equal(got, newestFirst) {
		t.Errorf("%s after an unknown id: %v", list, got)
	}
}

// walk reads every page of a list.
func walk(t testing.TB, s server, list string) (all []string) {
	t.Helper()
	for next, pages := "", 0; ; pages++ {
		v := s.want(t, 200, "GET", list+next, "")
		got := column(v, "id")
		if len(got) == 0 && pages > 0 || pages > 1000 {
			t.Fatalf("%s: page %d is empty, or there is no end", list, pages)
		}
		if pages > 0 && before(v) != got[0] {
			t.Fatalf("%s: page %d says that before it is %q, want %q", list, pages, before(v), got[0])
		}
		all = append(all, got...)
		if after(v) == "" {
			return all
		}
		if after(v) != got[len(got)-1] {
			t.Fatalf("%s: page %d ends in %q and says after %q", list, pages, got[len(got)-1], after(v))
		}
		next = "&after=" + after(v)
	}
}

func TestGroupMembers(t *testing.T) {
	w := newTree(t)
	g := w.group(t, w.org, "g")
	members := "/organizations/" + w.org + "/groups/" + g + "/organization-memberships"
	all := []string{w.ana, w.ben}
	for i := range 3 {
		all = append(all, w.membership(t, w.org, w.user(t, fmt.Sprintf("u%d@example.com", i))))
	}
	stranger := w.membership(t, w.other, w.user(t, "stranger@example.com"))
	for i := len(all) - 1; i >= 0; i-- { // the order of the list is not that of joining
		w.join(t, w.org, g, all[i])
	}
	got := w.want(t, 200, "POST", members, fmt.Sprintf(`{"organization_membership_id":%q}`, w.ana)) // again
	if got["object"] != "group" || id(got) != g {
		t.Errorf("adding a member answers %v, want the group", got)
	}
	paged(t, w.server, members, all)
	first := w.want(t, 200, "GET", members+"?order=asc&limit=1", "")["data"].([]any)[0].(map[string]any)
	for _, absent := range []string{"role", "roles", "user"} {
		if _, has := first[absent]; has {
			t.Errorf("a member of a group has %q: %v", absent, first)
		}
	}
	if first["organization_name"] != "Acme" || first["organization_id"] != w.org || first["status"] != "active" {
		t.Errorf("the first member is %v", first)
	}
	w.want(t, 200, "PUT", "/user_management/organization_memberships/"+w.ben+"/deactivate", "")
	if got := walk(t, w.server, members+"?limit=100"); len(got) != len(all) {
		t.Errorf("after one was deactivated: %v", got)
	}

	w.refused(t, 404, "entity_not_found", "POST", members, fmt.Sprintf(`{"organization_membership_id":%q}`, stranger))
	w.refused(t, 404, "entity_not_found", "POST", members, `{"organization_membership_id":"om_nobody"}`)
	w.refused(t, 422, "organization_membership_id:organization_membership_id_required", "POST", members, `{}`)
	w.refused(t, 422, "organization_membership_id:organization_membership_id_required", "POST", members, `{"organization_membership_id":null}`)
	w.refused(t, 404, "entity_not_found", "POST", strings.Replace(members, w.org, w.other, 1), fmt.Sprintf(`{"organization_membership_id":%q}`, w.ana))
	w.refused(t, 404, "entity_not_found", "GET", strings.Replace(members, w.org, w.other, 1), "")
	w.refused(t, 404, "entity_not_found", "DELETE", strings.Replace(members, w.org, w.other, 1)+"/"+w.ana, "")

	w.want(t, 204, "DELETE", members+"/"+w.ana, "")
	w.refused(t, 404, "entity_not_found", "DELETE", members+"/"+w.ana, "")
	paged(t, w.server, members, all[1:])
	if got := walk(t, w.server, "/user_management/organization_memberships/"+w.ana+"/groups?limit=100"); len(got) != 0 {
		t.Errorf("whoever was removed is in %v", got)
	}
}

// TestGroupsGoWithTheirPlaces: a group that is deleted takes its places and
// assignments along, and its members' rights, in one commit.
func TestGroupsGoWithTheirPlaces(t *testing.T) {
	w := newTree(t)
	w.permission(t, "docs:read", "project")
	w.role(t, "reader", "project", "docs:read")
	g := w.group(t, w.org, "g")
	w.join(t, w.org, g, w.ana)
	w.want(t, 201, "POST", "/authorization/groups/"+g+"/role_assignments", fmt.Sprintf(`{"role_slug":"reader","resource_id":%q}`, w.project))
	if !w.may(t, w.ana, "docs:read", w.project) {
		t.Fatal("a member of the group does not have what the group has")
	}
	w.want(t, 204, "DELETE", "/organizations/"+w.org+"/groups/"+g, "")
	if w.may(t, w.ana, "docs:read", w.project) {
		t.Error("whoever was a member has what the group had")
	}
	w.refused(t, 404, "entity_not_found", "GET", "/authorization/groups/"+g+"/role_assignments", "")
	if got := walk(t, w.server, "/user_management/organization_memberships/"+w.ana+"/groups?limit=100"); len(got) != 0 {
		t.Errorf("whoever was a member is still in %v", got)
	}
	if got := column(w.want(t, 200, "GET", "/authorization/resources/"+w.project+"/role_assignments", ""), "id"); len(got) != 0 {
		t.Errorf("the resource still has %v", got)
	}
	w.want(t, 204, "DELETE", "/authorization/resources/"+w.project, "") // nothing depends on it any more
	w.want(t, 200, "DELETE", "/user_management/organization_memberships/"+w.ana, "")
}

// TestGroupsOfOrganizationsAreNotTheRealms: the Authress dialect neither shows
// nor changes them.
func TestGroupsOfOrganizationsAreNotTheRealms(t *testing.T) {
	w := newTree(t)
	g := w.group(t, w.org, "g")
	w.Want(t, 201, "POST", "/v1/groups", `{"groupId":"grp_1","name":"x","users":[]}`)
	if got := w.Want(t, 200, "GET", "/v1/groups", "").Body; strings.Contains(got, g) || !strings.Contains(got, "grp_1") {
		t.Errorf("Authress lists %s", got)
	}
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		if got := w.Do(t, method, "/v1/groups/"+g, `{"name":"x","users":[{"userId":"eve"}]}`); got.Status < 400 || got.Status >= 500 {
			t.Errorf("Authress %s of a group of an organization: %d %s", method, got.Status, got.Body)
		}
	}
	if got := w.Do(t, "POST", "/v1/groups", `{"groupId":"group_1","name":"x","users":[]}`); got.Status != 400 {
		t.Errorf("Authress makes a group of an organization's id: %d %s", got.Status, got.Body)
	}
	for _, path := range []string{"/authorization/groups/grp_1/role_assignments", "/organizations/" + w.org + "/groups/grp_1"} {
		w.refused(t, 404, "entity_not_found", "GET", path, "")
	}
}

// TestManyJoinAtOnce: everybody who joins a group at the same time is in it.
func TestManyJoinAtOnce(t *testing.T) {
	w := newTree(t)
	g := w.group(t, w.org, "g")
	all := []string{w.ana, w.ben}
	for i := range 6 {
		all = append(all, w.membership(t, w.org, w.user(t, fmt.Sprintf("u%d@example.com", i))))
	}
	var wg sync.WaitGroup
	for _, m := range append(slices.Clone(all), all...) { // each twice
		wg.Go(func() { w.join(t, w.org, g, m) })
	}
	wg.Wait()
	paged(t, w.server, "/organizations/"+w.org+"/groups/"+g+"/organization-memberships", all)
}
