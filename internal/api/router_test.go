package api

import (
	"strings"
	"testing"
)

func testRouter() *router {
	r := &router{}
	d := &Dialect{}
	for _, path := range []string{
		"/v1/records", "/v1/records/{record}",
		"/v1/users/{user}/resources/{resource}/permissions/{permission}",
		"/v1/users/{user}/resources/{resource...}/permissions/{permission}",
		"/v1/users/{user}/resources/{resource}/permissions",
		"/v1/users/{user}/resources/{resource...}/permissions",
		"/v1/resources/{resource}", "/v1/resources/{resource...}",
		"/v1/resources/{resource}/users", "/v1/resources/{resource...}/users",
		"/organizations/{id}/groups", "/organizations/external_id/{external}", // refused by the standard mux
	} {
		r.add(d, Route{Method: "GET", Path: path})
	}
	return r
}

func TestRouterFindsTheRoute(t *testing.T) {
	for _, tt := range []struct{ path, params string }{
		{"/v1/records", ""},
		{"/v1/records/", ""},
		{"/v1/records/r1", "record=r1"},
		{"/v1/records/r1/", "record=r1"},
		{"/v1/records/a%2Fb", "record=a/b"},
		{"/v1/records/a%252Fb", "record=a%2Fb"}, // unescaped once
		{"/v1/records/a+b", "record=a+b"},
		{"/v1/records/%2E%2E", "record=.."}, // a name, not a step up
		{"/v1/users/u/resources/documents%2F1/permissions/read", "user=u resource=documents/1 permission=read"},
		{"/v1/users/u/resources/documents%2f1/permissions/read", "user=u resource=documents/1 permission=read"},
		{"/v1/users/u/resources/documents/1/permissions/read", "user=u resource=documents/1 permission=read"},
		{"/v1/users/u/resources/documents/1/permissions", "user=u resource=documents/1"},
		{"/v1/users/u/resources/a/permissions/permissions", "user=u resource=a permission=permissions"},
		{"/v1/users/u/resources/a/permissions/b/permissions/c", "user=u resource=a/permissions/b permission=c"}, // the last marker
		{"/v1/resources/a", "resource=a"},
		{"/v1/resources/users", "resource=users"},
		{"/v1/resources/a/b", "resource=a/b"},
		{"/v1/resources/a/users", "resource=a"},
		{"/v1/resources/a/b/users", "resource=a/b"},
		{"/v1/resources/a/users/users", "resource=a/users"},
		{"/v1/resources/a/users/b", "resource=a/users/b"},
		{"/organizations/o1/groups", "id=o1"},
		{"/organizations/external_id/groups", "external=groups"},
		{"/organizations/external_id/x", "external=x"},
	} {
		n, p, err := testRouter().find(tt.path, nil)
		if n == nil || err != nil {
			t.Errorf("find(%q) = %v, %v; want a route", tt.path, n, err)
			continue
		}
		var got []string
		for _, x := range p {
			got = append(got, x.name+"="+x.value)
		}
		if s := strings.Join(got, " "); s != tt.params {
			t.Errorf("find(%q) = %q, want %q", tt.path, s, tt.params)
		}
	}
}

func TestRouterRefusesUncleanPaths(t *testing.T) {
	for _, path := range []string{
		"//v1/records", "/v1//records", "/v1/records//", "/v1/records/../roles", "/v1/./records", "//",
		"/v1/records/%zz", "/v1/records/%2", "/" + strings.Repeat("a/", maxSegments+1),
	} {
		if n, _, err := testRouter().find(path, nil); err == nil {
			t.Errorf("find(%q) = %v, nil; want an error", path, n)
		}
	}
}

func TestRouterFindsNothing(t *testing.T) {
	for _, path := range []string{"/", "", "/v1", "/v1/record", "/v1/records/a/b", "/v1/users/u/resources/permissions/read", "/V1/records"} {
		if n, _, err := testRouter().find(path, nil); n != nil || err != nil {
			t.Errorf("find(%q) = %v, %v; want no route", path, n, err)
		}
	}
}

func FuzzRouter(f *testing.F) {
	f.Add("/v1/users/u/resources/a%2Fb/permissions/c")
	f.Add("/v1/users/u/resources/permissions/permissions/permissions")
	r := testRouter()
	f.Fuzz(func(t *testing.T, path string) {
		n, p, err := r.find(path, nil)
		if err == nil && n != nil {
			for _, x := range p {
				if x.escaped == "" {
					t.Errorf("find(%q): the parameter %s is empty", path, x.name)
				}
			}
		}
	})
}
