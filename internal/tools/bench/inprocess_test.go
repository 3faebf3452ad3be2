package main

import (
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine/naive"
	"github.com/reeve-authz/reeve/internal/tools/bench/workload"
)

// The engine's twin gives every answer that a workload of ours expects.
func TestNaiveAgrees(t *testing.T) {
	dir := generate(t)
	state := &naive.State{}
	groups := map[access.GroupID]*access.Group{}
	n := 0
	err := workload.Data(dir, func(l workload.Line) error {
		n++
		c, ok := changeOf(l, n, groups)
		if !ok {
			return nil
		}
		switch doc := c.Document.(type) {
		case *access.Role:
			state.AllRoles = append(state.AllRoles, doc)
		case *access.Resource:
			state.AllResources = append(state.AllResources, doc)
		case *access.Record:
			state.AllRecords = append(state.AllRecords, doc)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		state.AllGroups = append(state.AllGroups, g)
	}
	checks, err := workload.Checks(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checks {
		if got := state.Check(queryOf(c)); got != c.Allow {
			t.Errorf("%+v is answered %t", c, got)
		}
	}
}

func TestResourcePath(t *testing.T) {
	for path, id := range map[string]string{
		"/orgs/o0":              "authz_resource_o0",
		"/orgs/o12/projects/p3": "authz_resource_o12p3",
		"/orgs/o1/projects/p0/folders/f29/documents/d100": "authz_resource_o1p0f29d100",
	} {
		if got := resourceID(path); got != id {
			t.Errorf("resourceID(%s) = %s, want %s", path, got, id)
		}
		if got := resourcePath(id); got != path {
			t.Errorf("resourcePath(%s) = %s, want %s", id, got, path)
		}
	}
}
