package workos_test

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// filtered is the path of a list of resources, with names and values in turn.
func filtered(filter ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(filter); i += 2 {
		q.Set(filter[i], filter[i+1])
	}
	return "/authorization/resources?" + q.Encode()
}

func TestListResources(t *testing.T) {
	w := newHierarchy(t)
	otherRoot := id(w.want(t, 200, "GET", externalPath(w.other, "organization", w.other), ""))
	ws1, ws2 := w.resource(t, w.org, "workspace", "ws1", ""), w.resource(t, w.org, "workspace", "ws2", "")
	p1, p2 := w.resource(t, w.org, "project", "p1", ws1), w.resource(t, w.org, "project", "p2", ws1)
	top := w.resource(t, w.org, "project", "ws1", "") // an external id that a workspace has, too
	task := w.resource(t, w.org, "task", "t/1", p1)
	elsewhere := w.resource(t, w.other, "workspace", "ws1", "")
	for _, tt := range []struct {
		filter []string
		want   []string // oldest first
	}{
		{[]string{"organization_id", w.org}, []string{w.root, ws1, ws2, p1, p2, top, task}},
		{[]string{"organization_id", w.other}, []string{otherRoot, elsewhere}},
		{[]string{"organization_id", "org_nothing"}, nil},
		{[]string{"resource_type_slug", "workspace"}, []string{ws1, ws2, elsewhere}},
		{[]string{"resource_type_slug", "organization"}, []string{w.root, otherRoot}},
		{[]string{"resource_type_slug", "nothing"}, nil},
		{[]string{"organization_id", w.org, "resource_type_slug", "workspace"}, []string{ws1, ws2}},
		{[]string{"organization_id", w.org, "resource_type_slug", "organization"}, []string{w.root}},
		{[]string{"organization_id", w.org, "resource_type_slug", ""}, []string{w.root, ws1, ws2, p1, p2, top, task}},

		{[]string{"organization_id", w.org, "resource_external_id", "ws1"}, []string{ws1, top}},
		{[]string{"organization_id", w.org, "resource_external_id", "t/1"}, []string{task}},
		{[]string{"organization_id", w.org, "resource_external_id", w.org}, []string{w.root}},
		{[]string{"organization_id", w.org, "resource_external_id", w.other}, nil},
		{[]string{"organization_id", "org_nothing", "resource_external_id", "ws1"}, nil},
		{[]string{"resource_type_slug", "workspace", "resource_external_id", "ws1"}, []string{ws1, elsewhere}},
		{[]string{"resource_type_slug", "organization", "resource_external_id", w.org}, []string{w.root}},
		{[]string{"resource_type_slug", "organization", "resource_external_id", "ws1"}, nil},
		{[]string{"organization_id", w.org, "resource_type_slug", "project", "resource_external_id", "ws1"}, []string{top}},
		{[]string{"organization_id", w.other, "resource_type_slug", "project", "resource_external_id", "ws1"}, nil},

		{[]string{"organization_id", w.org, "parent_resource_id", ws1}, []string{p1, p2}},
		{[]string{"organization_id", w.org, "parent_resource_id", w.root}, []string{ws1, ws2, top}},
		{[]string{"organization_id", w.org, "parent_resource_id", task}, nil},
		{[]string{"organization_id", w.other, "parent_resource_id", ws1}, nil},
		{[]string{"organization_id", w.org, "parent_resource_id", "authz_resource_nothing"}, nil},
		{[]string{"resource_type_slug", "project", "parent_resource_id", ws1}, []string{p1, p2}},
		{[]string{"resource_type_slug", "task", "parent_resource_id", ws1}, nil},
		{[]string{"organization_id", w.org, "resource_type_slug", "project", "parent_resource_id", w.root}, []string{top}},
		{[]string{"organization_id", w.org, "resource_external_id", "p2", "parent_resource_id", ws1}, []string{p2}},
		{[]string{"organization_id", w.org, "resource_external_id", "p2", "parent_resource_id", ws2}, nil},
		{[]string{"resource_type_slug", "workspace", "resource_external_id", "ws1", "parent_resource_id", w.root}, []string{ws1}},
		{[]string{"organization_id", w.org, "parent_external_id", "ws1", "parent_resource_type_slug", "workspace"}, []string{p1, p2}},
		{[]string{"organization_id", w.org, "parent_external_id", w.org, "parent_resource_type_slug", "organization"}, []string{ws1, ws2, top}},
		{[]string{"organization_id", w.org, "parent_external_id", "nothing", "parent_resource_type_slug", "workspace"}, nil},
		{[]string{"organization_id", w.org, "parent_external_id", "ws1", "parent_resource_type_slug", "nothing"}, nil},
		{[]string{"organization_id", "org_nothing", "parent_external_id", "ws1", "parent_resource_type_slug", "workspace"}, nil},
		{[]string{"organization_id", w.org, "resource_type_slug", "task", "parent_external_id", "p1", "parent_resource_type_slug", "project"}, []string{task}},
	} {
		path := filtered(append(tt.filter, "limit", "100", "order", "asc")...)
		if got := column(w.want(t, 200, "GET", path, ""), "id"); !slices.Equal(got, tt.want) {
			t.Errorf("GET %s: got %v, want %v", path, got, tt.want)
		}
		path = filtered(append(tt.filter, "limit", "100")...)
		got := column(w.want(t, 200, "GET", path, ""), "id")
		slices.Reverse(got)
		if !slices.Equal(got, tt.want) {
			t.Errorf("GET %s, reversed: got %v, want %v", path, got, tt.want)
		}
	}
	named := id(w.want(t, 201, "POST", "/organizations", `{"name":"Named","external_id":"ws1"}`))
	namedRoot := id(w.want(t, 200, "GET", externalPath(named, "organization", "ws1"), ""))
	for _, externalID := range []string{"ws1", named} {
		path := filtered("resource_type_slug", "organization", "resource_external_id", externalID)
		if got := column(w.want(t, 200, "GET", path, ""), "id"); !slices.Equal(got, []string{namedRoot}) {
			t.Errorf("GET %s: got %v, want %s", path, got, namedRoot)
		}
	}
	item := w.want(t, 200, "GET", filtered("organization_id", w.org, "resource_type_slug", "organization"), "")["data"].([]any)[0].(map[string]any)
	if item["name"] != "Acme" || item["external_id"] != w.org || item["parent_resource_id"] != nil {
		t.Errorf("the root is listed as %v", item)
	}

	const missing = "missing_organization_id_or_resource_type_slug"
	for _, tt := range []struct {
		status int
		code   string
		filter []string
	}{
		{400, missing, nil},
		{400, missing, []string{"organization_id", "", "resource_type_slug", ""}},
		{400, missing, []string{"resource_external_id", "ws1"}},
		{400, missing, []string{"parent_resource_id", ws1}},
		{422, "organization_id:organization_id_required", []string{"resource_type_slug", "project", "parent_external_id", "ws1", "parent_resource_type_slug", "workspace"}},
		{422, "parent_resource_id:invalid_resource_target", []string{"organization_id", w.org, "parent_external_id", "ws1"}},
		{422, "parent_resource_id:invalid_resource_target", []string{"organization_id", w.org, "parent_resource_type_slug", "workspace"}},
		{422, "parent_resource_id:invalid_resource_target", []string{"organization_id", w.org, "parent_resource_id", ws1, "parent_resource_type_slug", "workspace"}},
		{422, "parent_resource_id:invalid_resource_target", []string{"organization_id", w.org, "parent_resource_id", ws1, "parent_external_id", "ws1"}},
		{422, "limit:invalid_limit", []string{"organization_id", w.org, "limit", "0"}},
		{422, "limit:invalid_limit", []string{"organization_id", w.org, "limit", "101"}},
		{422, "limit:invalid_limit", []string{"organization_id", w.org, "limit", "x"}},
		{422, "order:invalid_order", []string{"organization_id", w.org, "order", "up"}},
	} {
		w.refused(t, tt.status, tt.code, "GET", filtered(tt.filter...), "")
	}
}

// TestPagesOfResources walks every kind of list both ways, in every order.
func TestPagesOfResources(t *testing.T) {
	w := newHierarchy(t)
	ws := w.resource(t, w.org, "workspace", "ws1", "")
	all := []string{w.root, ws}
	for i := range 11 {
		w.resource(t, w.other, "workspace", fmt.Sprint("x", i), "") // stands between them in the store
		all = append(all, w.resource(t, w.org, "project", fmt.Sprint("p", i), ws))
	}
	if got := column(w.want(t, 200, "GET", filtered("organization_id", w.org), ""), "id"); len(got) != 10 || got[0] != all[12] {
		t.Errorf("a page without a limit has %d items and begins with %s", len(got), got[0])
	}
	for _, list := range []struct {
		filter []string
		want   []string // oldest first
	}{
		{[]string{"organization_id", w.org}, all},
		{[]string{"organization_id", w.org, "resource_type_slug", "project"}, all[2:]},
		{[]string{"resource_type_slug", "project"}, all[2:]},
		{[]string{"organization_id", w.org, "parent_resource_id", ws}, all[2:]},
	} {
		for _, order := range []string{"asc", "desc", "normal"} {
			for _, limit := range []int{1, 3, 11, 13, 100} {
				want := slices.Clone(list.want)
				if order != "asc" {
					slices.Reverse(want)
				}
				walkPages(t, w.server, append(list.filter, "order", order, "limit", strconv.Itoa(limit)), order == "normal", want, limit)
			}
		}
	}
}

// walkPages follows the cursors to the end of a list and back. With swapped
// cursors, before leads on and after leads back.
func walkPages(t *testing.T, s server, filter []string, swapped bool, want []string, limit int) {
	t.Helper()
	onward, back := "after", "before"
	if swapped {
		onward, back = back, onward
	}
	var pages [][]string
	var seen []string
	var page map[string]any
	for at := ""; ; {
		page = s.want(t, 200, "GET", filtered(append(filter, onward, at)...), "")
		ids := column(page, "id")
		if (cursor(page, back) != "") != (len(seen) > 0) {
			t.Errorf("%v, page %d: the cursor back is %q", filter, len(pages), cursor(page, back))
		}
		pages, seen = append(pages, ids), append(seen, ids...)
		if at = cursor(page, onward); at == "" {
			break
		}
		if len(ids) != limit {
			t.Errorf("%v, page %d has %d items and is not the last", filter, len(pages), len(ids))
		}
		if len(pages) > len(want) {
			t.Fatalf("%v: the pages do not end", filter)
		}
	}
	if !slices.Equal(seen, want) {
		t.Errorf("%v: got %v, want %v", filter, seen, want)
	}
	for i := len(pages) - 2; i >= 0; i-- {
		page = s.want(t, 200, "GET", filtered(append(filter, back, cursor(page, back))...), "")
		if got := column(page, "id"); !slices.Equal(got, pages[i]) {
			t.Errorf("%v, back to page %d: got %v, want %v", filter, i, got, pages[i])
		}
	}
	if cursor(page, back) != "" {
		t.Errorf("%v: at the beginning the cursor back is %q", filter, cursor(page, back))
	}
}

// TestCursors: a cursor may be of something that is gone, and one of nothing is
// ignored.
func TestCursors(t *testing.T) {
	w := newHierarchy(t)
	a, b, c := w.resource(t, w.org, "workspace", "a", ""), w.resource(t, w.org, "workspace", "b", ""), w.resource(t, w.org, "workspace", "c", "")
	w.want(t, 204, "DELETE", idPath(b), "")
	list := func(extra ...string) string {
		return strings.Join(column(w.want(t, 200, "GET", filtered(append([]string{"organization_id", w.org, "resource_type_slug", "workspace", "order", "asc"}, extra...)...), ""), "id"), " ")
	}
	for _, tt := range []struct{ after, before, want string }{
		{b, "", c},
		{"", b, a},
		{"nonsense", "", a + " " + c},
		{"", "nonsense", a + " " + c},
		{a, c, ""},
		{c, a, ""},
		{a, "", c},
		{"\xff\x00", "", a + " " + c},
	} {
		if got := list("after", tt.after, "before", tt.before); got != tt.want {
			t.Errorf("after %q before %q: got %q, want %q", tt.after, tt.before, got, tt.want)
		}
	}
}

// TestTreesOfResources makes, moves and deletes at random and compares with a
// model: no circle, no orphan, every child listed under its parent.
func TestTreesOfResources(t *testing.T) {
	w := newHierarchy(t)
	allowed := map[string][]string{"workspace": {"organization"}, "project": {"workspace", "organization"}, "task": {"project"}}
	type node struct{ kind, parent string }
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		org := w.organization(t, fmt.Sprint("Random", n))
		root := id(w.want(t, 200, "GET", externalPath(org, "organization", org), ""))
		nodes := map[string]node{root: {kind: "organization"}}
		pick := func(label string) string {
			ids := make([]string, 0, len(nodes))
			for id := range nodes {
				ids = append(ids, id)
			}
			slices.Sort(ids)
			return rapid.SampledFrom(ids).Draw(rt, label)
		}
		fits := func(kind, parent string) bool { return slices.Contains(allowed[kind], nodes[parent].kind) }
		var drop func(id string)
		drop = func(id string) {
			delete(nodes, id)
			for child, at := range nodes {
				if at.parent == id {
					drop(child)
				}
			}
		}
		steps := rapid.IntRange(1, 25).Draw(rt, "steps")
		for i := range steps {
			at := pick("resource")
			switch rapid.IntRange(0, 4).Draw(rt, "do") {
			case 0, 1, 2:
				kind := rapid.SampledFrom([]string{"workspace", "project", "task"}).Draw(rt, "kind")
				status, v := w.call(t, "POST", "/authorization/resources",
					body("external_id", fmt.Sprint(i), "name", "x", "resource_type_slug", kind, "organization_id", org, "parent_resource_id", at))
				if (status == 201) != fits(kind, at) {
					rt.Fatalf("a %s under a %s: got %d %v", kind, nodes[at].kind, status, v)
				}
				if status == 201 {
					nodes[id(v)] = node{kind, at}
				}
			case 3:
				to := pick("new parent")
				status, v := w.call(t, "PATCH", idPath(at), body("parent_resource_id", to))
				if (status == 200) != (at != root && fits(nodes[at].kind, to)) {
					rt.Fatalf("moving a %s under a %s: got %d %v", nodes[at].kind, nodes[to].kind, status, v)
				}
				if status == 200 {
					nodes[at] = node{nodes[at].kind, to}
				}
			case 4:
				if status, v := w.call(t, "DELETE", idPath(at)+"?cascade_delete=true", ""); (status == 204) != (at != root) {
					rt.Fatalf("deleting a %s: got %d %v", nodes[at].kind, status, v)
				}
				if at != root {
					drop(at)
				}
			}
		}
		children := map[string][]string{}
		for id, at := range nodes {
			children[at.parent] = append(children[at.parent], id)
		}
		for id := range nodes {
			want := children[id]
			slices.Sort(want)
			if got := column(w.want(t, 200, "GET", filtered("organization_id", org, "parent_resource_id", id, "order", "asc", "limit", "100"), ""), "id"); !slices.Equal(got, want) {
				rt.Fatalf("below %s are %v, want %v", id, got, want)
			}
		}
		if got := column(w.want(t, 200, "GET", filtered("organization_id", org, "limit", "100"), ""), "id"); len(got) != len(nodes) {
			rt.Fatalf("the organization has %d resources, want %d", len(got), len(nodes))
		}
	})
}
