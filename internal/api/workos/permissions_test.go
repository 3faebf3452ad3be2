package workos_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

const permissions = "/authorization/permissions"

// systemSlugs are the permissions that every realm has, the oldest first.
var systemSlugs = []string{
	"widgets:users-table:manage", "widgets:sso:manage", "widgets:domain-verification:manage",
	"widgets:dsync:manage", "widgets:api-keys:manage", "widgets:audit-log-streaming:manage",
}

// TestSeedPageOnPermissions covers the seed's page on permissions line by line:
// "list, create, get, update, delete; slug rules; system permissions cannot be
// deleted".
func TestSeedPageOnPermissions(t *testing.T) {
	s := newServer(t)

	t.Run("list", func(t *testing.T) {
		got := s.want(t, 200, "GET", permissions+"?order=asc", "")
		if slugs := column(got, "slug"); !slices.Equal(slugs, systemSlugs) {
			t.Errorf("a new environment has %v, want the system permissions alone", slugs)
		}
	})

	var made map[string]any
	t.Run("create", func(t *testing.T) {
		made = s.want(t, 201, "POST", permissions, `{"slug":"documents:read","name":"View Documents","description":"Allows viewing"}`)
		if !strings.HasPrefix(id(made), "perm_") || made["object"] != "permission" || made["slug"] != "documents:read" || made["name"] != "View Documents" ||
			made["description"] != "Allows viewing" || made["system"] != false || made["resource_type_slug"] != "organization" || made["created_at"] != made["updated_at"] {
			t.Errorf("made %v", made)
		}
		s.refused(t, 409, "permission_slug_conflict", "POST", permissions, `{"slug":"documents:read","name":"x"}`)
		s.refused(t, 409, "permission_slug_conflict", "POST", permissions, `{"slug":"widgets:sso:manage","name":"x"}`)
		s.refused(t, 404, "entity_not_found", "POST", permissions, `{"slug":"a","name":"x","resource_type_slug":"nothing"}`)
		s.resourceType(t, "workspace")
		typed := s.want(t, 201, "POST", permissions, `{"slug":"workspaces:read","name":"x","resource_type_slug":"workspace"}`)
		if typed["resource_type_slug"] != "workspace" || typed["description"] != nil {
			t.Errorf("made %v", typed)
		}
	})

	t.Run("get", func(t *testing.T) {
		if got := s.want(t, 200, "GET", permissions+"/documents:read", ""); fmt.Sprint(got) != fmt.Sprint(made) {
			t.Errorf("read %v, made %v", got, made)
		}
		if got := s.want(t, 200, "GET", permissions+"/documents%3Aread", ""); fmt.Sprint(got) != fmt.Sprint(made) {
			t.Errorf("read %v by the escaped path, made %v", got, made)
		}
		s.refused(t, 404, "entity_not_found", "GET", permissions+"/documents", "")
		s.refused(t, 404, "entity_not_found", "GET", permissions+"/"+id(made), "")
	})

	t.Run("update", func(t *testing.T) {
		one := permissions + "/documents:read"
		if got := s.want(t, 200, "PATCH", one, `{}`); fmt.Sprint(got) != fmt.Sprint(made) {
			t.Errorf("an update of nothing made %v of %v", got, made)
		}
		got := s.want(t, 200, "PATCH", one, `{"name":"Read"}`)
		if got["name"] != "Read" || got["description"] != "Allows viewing" || got["id"] != made["id"] || got["created_at"] != made["created_at"] || got["updated_at"].(string) <= made["updated_at"].(string) {
			t.Errorf("renamed %v of %v", got, made)
		}
		if got := s.want(t, 200, "PATCH", one, `{"description":null}`); got["name"] != "Read" || got["description"] != nil {
			t.Errorf("cleared %v", got)
		}
		s.want(t, 200, "PATCH", one, `{"description":"x"}`)
		if got := s.want(t, 200, "PATCH", one, `{"description":""}`); got["description"] != nil {
			t.Errorf("emptied %v", got)
		}
		// Neither can change; the vendor's contract has no members for them.
		if got := s.want(t, 200, "PATCH", one, `{"slug":"other","resource_type_slug":"workspace"}`); got["slug"] != "documents:read" || got["resource_type_slug"] != "organization" {
			t.Errorf("changed what cannot change: %v", got)
		}
		for body, code := range map[string]string{
			`{"name":null}`: "name:name_required", `{"name":""}`: "name:name_required",
			`{"name":"` + strings.Repeat("x", 49) + `"}`: "name:invalid_name", `{"description":"` + strings.Repeat("x", 151) + `"}`: "description:invalid_description",
		} {
			s.refused(t, 422, code, "PATCH", one, body)
		}
		s.want(t, 200, "PATCH", one, `{"name":"`+strings.Repeat("ä", 48)+`","description":"`+strings.Repeat("ä", 150)+`"}`)
		s.refused(t, 404, "entity_not_found", "PATCH", permissions+"/nothing", `{"name":"x"}`)
	})

	t.Run("delete", func(t *testing.T) {
		s.want(t, 204, "DELETE", permissions+"/documents:read", "")
		for _, method := range []string{"GET", "PATCH", "DELETE"} {
			s.refused(t, 404, "entity_not_found", method, permissions+"/documents:read", "")
		}
		again := s.want(t, 201, "POST", permissions, `{"slug":"documents:read","name":"x"}`)
		if id(again) == id(made) {
			t.Errorf("the permission that was made again has the id of the deleted one")
		}
	})

	t.Run("slug rules", func(t *testing.T) {
		long := strings.Repeat("x", 48)
		for _, slug := range []string{"a", "0", "abcxyz-_:.*0189", "*", "a::b", ":", long} {
			s.want(t, 201, "POST", permissions, fmt.Sprintf(`{"slug":%q,"name":"x"}`, slug))
			s.want(t, 200, "GET", permissions+"/"+slug, "")
		}
		for _, slug := range []string{"", "A", "a b", "a/b", "ä", "a\n", "a+b", "a@b", long + "x"} {
			s.refused(t, 422, "slug:invalid_slug", "POST", permissions, fmt.Sprintf(`{"slug":%q,"name":"x"}`, slug))
		}
		s.refused(t, 422, "slug:invalid_slug", "POST", permissions, `{"name":"x"}`)
		s.refused(t, 422, "slug:invalid_slug", "POST", permissions, `{"slug":null,"name":"x"}`)
		s.refused(t, 422, "name:name_required", "POST", permissions, `{"slug":"b"}`)
		s.refused(t, 422, "name:invalid_name", "POST", permissions, `{"slug":"b","name":"`+long+`x"}`)
		s.refused(t, 422, "description:invalid_description", "POST", permissions, `{"slug":"b","name":"x","description":"`+strings.Repeat("x", 151)+`"}`)
		s.refused(t, 422, "resource_type_slug:invalid_resource_type_slug", "POST", permissions, `{"slug":"b","name":"x","resource_type_slug":""}`)
		s.refused(t, 400, "bad_request", "POST", permissions, `{"slug":"b","name":1}`)
		s.refused(t, 400, "bad_request", "POST", permissions, `{"slug":"b",`)
		s.refused(t, 404, "entity_not_found", "GET", permissions+"/b", "") // nothing of all that made it
		s.want(t, 201, "POST", permissions, `{"slug":"b","name":"x","resource_type_slug":null,"description":null,"else":1}`)
	})

	t.Run("system permissions cannot be deleted", func(t *testing.T) {
		for _, slug := range systemSlugs {
			got := s.want(t, 200, "GET", permissions+"/"+slug, "")
			if got["system"] != true || got["slug"] != slug || !strings.HasPrefix(id(got), "perm_") {
				t.Errorf("%s is %v, want a system permission", slug, got)
			}
			s.refused(t, 403, "forbidden", "DELETE", permissions+"/"+slug, "")
			s.refused(t, 403, "forbidden", "PATCH", permissions+"/"+slug, `{"name":"x"}`)
			if after := s.want(t, 200, "GET", permissions+"/"+slug, ""); fmt.Sprint(after) != fmt.Sprint(got) {
				t.Errorf("%s has become %v", slug, after)
			}
		}
	})
}

// TestPermissionPages walks the catalogue both ways, with pages that hold system
// permissions and others.
func TestPermissionPages(t *testing.T) {
	s := newServer(t)
	oldest := slices.Clone(systemSlugs)
	for i := range 7 {
		slug := fmt.Sprintf("p%d", 9-i) // the order of making is not that of the slugs
		s.permission(t, slug, "organization")
		oldest = append(oldest, slug)
	}
	newest := slices.Clone(oldest)
	slices.Reverse(newest)
	if got := column(s.want(t, 200, "GET", permissions, ""), "slug"); !slices.Equal(got, newest[:10]) {
		t.Errorf("the first page is %v, want the 10 newest of %v", got, newest)
	}
	for _, tt := range []struct {
		order      string
		want       []string
		fore, back func(map[string]any) string // cursors
		next, last string                      // parameters that take them
	}{
		{"asc", oldest, after, before, "after", "before"},
		{"desc", newest, after, before, "after", "before"},
		{"normal", newest, before, after, "before", "after"},
	} {
		for _, limit := range []int{1, 2, 5, 13, 100} {
			path := fmt.Sprintf("%s?order=%s&limit=%d", permissions, tt.order, limit)
			got := s.want(t, 200, "GET", path, "")
			if c := tt.back(got); c != "" {
				t.Errorf("%s: something precedes the beginning: %s", path, c)
			}
			var forth, back []string
			for forth = column(got, "slug"); tt.fore(got) != ""; forth = append(forth, column(got, "slug")...) {
				got = s.want(t, 200, "GET", path+"&"+tt.next+"="+tt.fore(got), "")
			}
			for back = column(got, "slug"); tt.back(got) != ""; back = append(column(got, "slug"), back...) {
				got = s.want(t, 200, "GET", path+"&"+tt.last+"="+tt.back(got), "")
			}
			if !slices.Equal(forth, tt.want) || !slices.Equal(back, tt.want) {
				t.Errorf("%s: forth %v and back %v, want %v", path, forth, back, tt.want)
			}
		}
	}
	s.refused(t, 422, "limit:invalid_limit", "GET", permissions+"?limit=0", "")
	s.refused(t, 422, "limit:invalid_limit", "GET", permissions+"?limit=101", "")
	s.refused(t, 422, "order:invalid_order", "GET", permissions+"?order=up", "")
	if got := column(s.want(t, 200, "GET", permissions+"?limit=100&after=perm_nothing", ""), "slug"); !slices.Equal(got, newest) {
		t.Errorf("after an unknown cursor: %v, want all", got)
	}
}

// TestDeletedPermissionLeavesRoles takes a permission out of every role, and so
// away from everybody at once; another one stays, also one that it begins.
func TestDeletedPermissionLeavesRoles(t *testing.T) {
	w := newTree(t)
	w.permission(t, "docs", "organization")
	w.permission(t, "docs:read", "organization")
	w.role(t, "reader", "organization", "docs", "docs:read")
	one := orgRoles(w.org) + "/org-custom"
	w.want(t, 201, "POST", orgRoles(w.org), `{"name":"Custom","slug":"org-custom"}`)
	w.want(t, 200, "PUT", one+"/permissions", `{"permissions":["docs:read","docs"]}`)
	w.want(t, 201, "POST", "/organizations/"+w.org+"/api_keys", `{"name":"k","permissions":["docs","docs:read"]}`)
	w.giveRole(t, w.ana, "reader")
	w.giveRole(t, w.ben, "org-custom")
	before := w.want(t, 200, "GET", "/authorization/roles/reader", "")

	w.want(t, 204, "DELETE", permissions+"/docs", "")
	for _, om := range []string{w.ana, w.ben} {
		if w.holds(t, om, "docs", w.root) || !w.holds(t, om, "docs:read", w.root) {
			t.Errorf("%s holds docs: %t, docs:read: %t; want only the latter", om, w.holds(t, om, "docs", w.root), w.holds(t, om, "docs:read", w.root))
		}
	}
	role := w.want(t, 200, "GET", "/authorization/roles/reader", "")
	if got := rolePermissions(role); !slices.Equal(got, []string{"docs:read"}) || role["updated_at"] == before["updated_at"] {
		t.Errorf("the environment role is %v", role)
	}
	if got := rolePermissions(w.want(t, 200, "GET", one, "")); !slices.Equal(got, []string{"docs:read"}) {
		t.Errorf("the organization's role contains %v", got)
	}
	keys := w.want(t, 200, "GET", "/organizations/"+w.org+"/api_keys", "")
	if got := column(keys, "permissions"); !slices.Equal(got, []string{"[docs:read]"}) {
		t.Errorf("the API key has %v", got)
	}
	// A permission that is made again is another one.
	w.permission(t, "docs", "organization")
	if w.holds(t, w.ana, "docs", w.root) {
		t.Error("the permission that was made again is held at once")
	}
}

// TestPermissionTwins lets many make the same permission: one does.
func TestPermissionTwins(t *testing.T) {
	s := newServer(t)
	statuses := make([]int, 8)
	var wg sync.WaitGroup
	for i := range statuses {
		wg.Go(func() { statuses[i] = s.As(t, s.APIKey, "POST", permissions, `{"slug":"twin","name":"x"}`).Status })
	}
	wg.Wait()
	slices.Sort(statuses)
	if want := []int{201, 409, 409, 409, 409, 409, 409, 409}; !slices.Equal(statuses, want) {
		t.Errorf("got %v, want %v", statuses, want)
	}
	if got := column(s.want(t, 200, "GET", permissions+"?limit=100", ""), "slug"); len(got) != len(systemSlugs)+1 {
		t.Errorf("the catalogue is %v", got)
	}
}
