package workload_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/reeve-authz/reeve/internal/tools/bench/workload"
)

var tiny = workload.Shape{
	Orgs: 3, Users: 20, Groups: 10, Projects: 2, Folders: 2, Documents: 3, Grants: 60,
	Checks: 500, Lists: 20, Writes: 40, Seed: 7,
}

func TestEvaluator(t *testing.T) {
	e := workload.NewEvaluator()
	for _, l := range []workload.Line{
		{T: "role", ID: "viewer", Permissions: []string{"read"}},
		{T: "role", ID: "editor", Permissions: []string{"read", "write"}},
		{T: "resource", ID: "/orgs/o0"},
		{T: "resource", ID: "/orgs/o0/projects/p0", Parent: "/orgs/o0"},
		{T: "resource", ID: "/orgs/o0/projects/p1", Parent: "/orgs/o0"},
		{T: "member", Group: "group:top", Subject: "group:inner"},
		{T: "member", Group: "group:inner", Subject: "user:ben"},
		{T: "assign", Subject: "user:ana", Role: "editor", Resource: "/orgs/o0/projects/p0"},
		{T: "assign", Subject: "group:top", Role: "viewer", Resource: "/orgs/o0"},
		{T: "assign", Subject: "group:inner", Role: "editor", Resource: "/orgs/o0/projects/p1"},
	} {
		e.Add(l)
	}
	for _, tt := range []struct {
		user, permission, resource string
		want                       bool
	}{
		{"user:ana", "write", "/orgs/o0/projects/p0", true},
		{"user:ana", "share", "/orgs/o0/projects/p0", false},
		{"user:ana", "read", "/orgs/o0/projects/p1", false},
		{"user:ana", "read", "/orgs/o0", false},            // nothing goes up
		{"user:ben", "read", "/orgs/o0/projects/p0", true}, // two groups and one parent away
		{"user:ben", "write", "/orgs/o0/projects/p0", false},
		{"user:ben", "write", "/orgs/o0/projects/p1", true},
		{"user:eve", "read", "/orgs/o0", false},
	} {
		if got := e.Allowed(tt.user, tt.permission, tt.resource); got != tt.want {
			t.Errorf("Allowed(%s, %s, %s) = %t, want %t", tt.user, tt.permission, tt.resource, got, tt.want)
		}
	}
}

func TestGenerate(t *testing.T) {
	dir := t.TempDir()
	if workload.Exists(dir) {
		t.Error("an empty folder holds a workload")
	}
	if err := workload.Generate(dir, tiny); err != nil {
		t.Fatal(err)
	}
	if !workload.Exists(dir) {
		t.Error("what was made is not there")
	}
	count := map[string]int{}
	type grant [3]string
	granted, resources := map[grant]bool{}, map[string]bool{"": true}
	err := workload.Data(dir, func(l workload.Line) error {
		count[l.T]++
		switch l.T {
		case "resource":
			if !resources[l.Parent] {
				t.Errorf("%s comes before its parent", l.ID)
			}
			resources[l.ID] = true
		case "assign":
			if granted[grant{l.Subject, l.Role, l.Resource}] {
				t.Errorf("%v stands there twice", l)
			}
			granted[grant{l.Subject, l.Role, l.Resource}] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for sort, want := range map[string]int{
		"meta": 1, "role": 5, "user": 3 * 20, "group": 3 * 10, "assign": 3 * 60, "resource": 3 * (1 + 2 + 4 + 12),
	} {
		if count[sort] != want {
			t.Errorf("%d lines are of the sort %s, want %d", count[sort], sort, want)
		}
	}
	writes, err := workload.Writes(dir)
	if err != nil || len(writes) != 40 {
		t.Errorf("%d writes, %v; want 40", len(writes), err)
	}
	for _, l := range writes {
		if granted[grant{l.Subject, l.Role, l.Resource}] {
			t.Errorf("%v is to be written and there already", l)
		}
	}
	if allows, checks := verify(t, dir); checks != 500 || allows != 350 {
		t.Errorf("%d of %d checks are allowed, want 350 of 500", allows, checks)
	}
}

// The same shape gives the same bytes, and another seed others.
func TestGenerateAgain(t *testing.T) {
	read := func(shape workload.Shape) (all []byte) {
		dir := t.TempDir()
		if err := workload.Generate(dir, shape); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"data", "checks", "lists", "writes"} {
			file, err := os.ReadFile(filepath.Join(dir, name+".jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, file...)
		}
		return all
	}
	other := tiny
	other.Seed++
	if first := read(tiny); !bytes.Equal(first, read(tiny)) || bytes.Equal(first, read(other)) {
		t.Error("a workload is not a function of its shape")
	}
}

func TestGenerateImpossible(t *testing.T) {
	shape := tiny
	shape.Grants = 0
	if workload.Generate(t.TempDir(), shape) == nil {
		t.Error("there are checks to allow without a grant")
	}
}

// The workload that benchmarks of several programs share has the same format
// and the same meaning. It is not part of this repository: without it there is
// nothing to compare with.
func TestShared(t *testing.T) {
	const shared = "../../../../../shared/bench"
	if _, err := os.Stat(shared); err != nil {
		return
	}
	dir := t.TempDir()
	cmd := exec.Command("go", "run", ".", "-size", "S", "-checks", "1000", "-lists", "4", "-out", dir)
	cmd.Dir = shared
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if _, checks := verify(t, dir); checks != 1000 {
		t.Errorf("%d checks, want 1000", checks)
	}
}

// verify asks an evaluator all questions of a workload.
func verify(t *testing.T, dir string) (allows, checks int) {
	t.Helper()
	e := workload.NewEvaluator()
	var users, documents []string
	err := workload.Data(dir, func(l workload.Line) error {
		e.Add(l)
		switch {
		case l.T == "user":
			users = append(users, l.ID)
		case l.Type == "document":
			documents = append(documents, l.ID)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	questions, err := workload.Checks(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range questions {
		got := e.Allowed(c.User, c.Permission, c.Resource)
		if got != c.Allow {
			t.Fatalf("%+v is answered %t", c, got)
		}
		if checks++; got {
			allows++
		}
	}
	lists, err := workload.Lists(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lists {
		var got []string
		if l.T == workload.ListResources {
			got = e.Resources(l.User, l.Permission, documents)
		} else {
			got = e.Users(l.Permission, l.Resource, users)
		}
		if len(got) != l.Count || workload.Digest(got) != l.SHA256 {
			t.Fatalf("%+v is answered with %d", l, len(got))
		}
	}
	return allows, checks
}
