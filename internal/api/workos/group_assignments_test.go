package workos_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestRolesOfGroups(t *testing.T) {
	w := newRoles(t)
	g := w.group(t, w.org, "g")
	w.join(t, w.org, g, w.ana)
	path := "/authorization/groups/" + g + "/role_assignments"
	made := w.want(t, 201, "POST", path, onResource("reader", w.project))
	if made["object"] != "group_role_assignment" || !strings.HasPrefix(id(made), "gra_") || made["group_id"] != g ||
		fmt.Sprint(made["role"]) != "map[slug:reader]" || fmt.Sprint(made["resource"]) != fmt.Sprintf("map[external_id:p1 id:%s resource_type_slug:project]", w.project) {
		t.Errorf("made %v", made)
	}
	if got := w.want(t, 200, "GET", path+"/"+id(made), ""); fmt.Sprint(got) != fmt.Sprint(made) {
		t.Errorf("read %v, made %v", got, made)
	}
	if !w.may(t, w.ana, "project:do", w.project) || w.may(t, w.ben, "project:do", w.project) {
		t.Error("the group's role is not what the check says")
	}
	w.refused(t, 409, "duplicate_group_role_assignment", "POST", path, onResource("reader", w.project))
	w.refused(t, 409, "duplicate_group_role_assignment", "POST", path, onExternal("reader", "project", "p1"))

	root := w.want(t, 201, "POST", path, `{"role_slug":"boss"}`)
	if fmt.Sprint(root["resource"]) != fmt.Sprintf("map[external_id:%s id:%s resource_type_slug:organization]", w.org, w.root) {
		t.Errorf("without a target it is on %v", root["resource"])
	}
	w.refused(t, 409, "duplicate_group_role_assignment", "POST", path, `{"role_slug":"boss","resource_id":null}`)
	if !w.may(t, w.ana, "organization:do", w.project) {
		t.Error("the group's role on the organization does not reach its resources")
	}
	paged(t, w.server, path, []string{id(made), id(root)})

	w.want(t, 204, "DELETE", path, `{"role_slug":"boss"}`)
	w.refused(t, 404, "entity_not_found", "DELETE", path, `{"role_slug":"boss"}`)
	w.want(t, 204, "DELETE", path+"/"+id(made), "")
	for _, method := range []string{"GET", "DELETE"} {
		w.refused(t, 404, "entity_not_found", method, path+"/"+id(made), "")
		w.refused(t, 404, "entity_not_found", method, path+"/gra_nobody", "")
	}
	if w.may(t, w.ana, "project:do", w.project) || w.may(t, w.ana, "organization:do", w.project) {
		t.Error("the roles stayed")
	}

	// An assignment of another group, or of a membership, is not this group's.
	second := w.group(t, w.org, "second")
	theirs := id(w.want(t, 201, "POST", "/authorization/groups/"+second+"/role_assignments", onResource("reader", w.project)))
	direct := id(w.want(t, 201, "POST", assignmentsOf(w.ana), onResource("reader", w.project)))
	for _, foreign := range []string{theirs, direct} {
		w.refused(t, 404, "entity_not_found", "GET", path+"/"+foreign, "")
		w.refused(t, 404, "entity_not_found", "DELETE", path+"/"+foreign, "")
	}
	w.want(t, 204, "DELETE", "/organizations/"+w.org+"/groups/"+g+"/organization-memberships/"+w.ana, "")
}

func TestReplaceRolesOfGroups(t *testing.T) {
	w := newRoles(t)
	g := w.group(t, w.org, "g")
	w.join(t, w.org, g, w.ana)
	path := "/authorization/groups/" + g + "/role_assignments"
	stays := id(w.want(t, 201, "POST", path, onResource("reader", w.project)))
	goes := id(w.want(t, 201, "POST", path, onResource("keeper", w.workspace)))

	v := w.want(t, 200, "PUT", path, `{"role_assignments":[`+onExternal("reader", "project", "p1")+`,{"role_slug":"boss"},`+onResource("reader", w.project)+`]}`)
	got := column(v, "id")
	if len(got) != 2 || got[1] != stays || slices.Contains(got, goes) || after(v) != "" || before(v) != "" {
		t.Errorf("replaced by %v, want a new one and %s", v, stays)
	}
	if listed := walk(t, w.server, path+"?limit=100"); !slices.Equal(listed, got) {
		t.Errorf("the list is %v, the answer was %v", listed, got)
	}
	if w.may(t, w.ana, "workspace:do", w.workspace) || !w.may(t, w.ana, "organization:do", w.workspace) || !w.may(t, w.ana, "project:do", w.project) {
		t.Error("the members do not hold what the group has now")
	}
	// All or nothing.
	w.refused(t, 404, "entity_not_found", "PUT", path, `{"role_assignments":[`+onResource("keeper", w.workspace)+`,{"role_slug":"nobody"}]}`)
	w.refused(t, 422, "role_assignments[1].resource_id:invalid_resource_target", "PUT", path, `{"role_assignments":[`+onResource("keeper", w.workspace)+`,{"role_slug":"boss","resource_id":""}]}`)
	w.refused(t, 422, "role_slug:role_slug_required", "PUT", path, `{"role_assignments":[{}]}`)
	for _, body := range []string{`{}`, ``, `{"role_assignments":null}`} {
		w.refused(t, 422, "role_assignments:role_assignments_required", "PUT", path, body)
	}
	w.refused(t, 400, "bad_request", "PUT", path, `{"role_assignments":{}}`)
	if listed := walk(t, w.server, path+"?limit=100"); !slices.Equal(listed, got) {
		t.Errorf("after refusals the list is %v, want %v", listed, got)
	}

	many := func(n int) string {
		all := make([]string, n)
		for i := range all {
			all[i] = `{"role_slug":"boss"}`
		}
		return `{"role_assignments":[` + strings.Join(all, ",") + `]}`
	}
	w.want(t, 200, "PUT", path, many(99))
	w.want(t, 200, "PUT", path, many(100))
	w.refused(t, 422, "role_assignments:too_many_role_assignments", "PUT", path, many(101))
	if v := w.want(t, 200, "PUT", path, `{"role_assignments":[]}`); len(column(v, "id")) != 0 {
		t.Errorf("cleared, and left %v", v)
	}
	if w.may(t, w.ana, "organization:do", w.root) {
		t.Error("a cleared group gives something")
	}
	w.refused(t, 404, "entity_not_found", "PUT", "/authorization/groups/nobody/role_assignments", `{"role_assignments":[]}`)
}

// TestAGroupIsGivenARoleOnce, however many ask at the same time.
func TestAGroupIsGivenARoleOnce(t *testing.T) {
	w := newRoles(t)
	g := w.group(t, w.org, "g")
	path := "/authorization/groups/" + g + "/role_assignments"
	statuses := make([]int, 8)
	var wg sync.WaitGroup
	for i := range statuses {
		wg.Go(func() { statuses[i], _ = w.call(t, "POST", path, onResource("reader", w.project)) })
	}
	wg.Wait()
	slices.Sort(statuses)
	if !slices.Equal(statuses, []int{201, 409, 409, 409, 409, 409, 409, 409}) {
		t.Errorf("answered %v", statuses)
	}
	if got := walk(t, w.server, path+"?limit=100"); len(got) != 1 {
		t.Errorf("the group has %v", got)
	}
}

// TestMembersHoldWhatTheirGroupsHave from the next request on, by whichever group.
func TestMembersHoldWhatTheirGroupsHave(t *testing.T) {
	w := newRoles(t)
	first, second := w.group(t, w.org, "first"), w.group(t, w.org, "second")
	for _, g := range []string{first, second} {
		w.want(t, 201, "POST", "/authorization/groups/"+g+"/role_assignments", onResource("reader", w.project))
	}
	place := func(g string) string {
		return "/organizations/" + w.org + "/groups/" + g + "/organization-memberships/" + w.ana
	}
	demand := func(want bool) {
		t.Helper()
		if got := w.may(t, w.ana, "project:do", w.project); got != want {
			t.Errorf("may = %v, want %v", got, want)
		}
	}
	demand(false)
	w.join(t, w.org, first, w.ana)
	demand(true)
	w.join(t, w.org, second, w.ana)
	if got := column(w.want(t, 200, "GET", assignmentsOf(w.ana)+"?resource_id="+w.project, ""), "id"); len(got) != 2 || got[0] == got[1] {
		t.Errorf("by two groups she has %v", got)
	}
	w.want(t, 204, "DELETE", place(first), "")
	demand(true)
	w.want(t, 204, "DELETE", place(second), "")
	demand(false)
}
