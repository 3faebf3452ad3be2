package engine_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/decisions"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/engine/naive"
)

// decider is what both the engine and the naive evaluator do.
type decider interface {
	Check(access.Query) bool
	Holds(access.Query, access.Flags) bool
	HoldsDirectly(access.Query, access.Flags) bool
	Permissions(access.Subject, access.ResourceURI) []access.RolePermission
	Roles(access.Subject, access.ResourceURI) []access.RoleID
	HasGrants(access.Subject) bool
	Resources(q access.ResourceQuery, after access.ResourceURI, limit int) []access.ResourceURI
	Users(uri access.ResourceURI, after access.Subject, limit int) []access.Holder
	Registered(q access.RegisteredQuery, after access.ResourceID, limit int) []access.ResourceID
	Holders(q access.HolderQuery, after access.Subject, limit int) []access.Subject
}

func TestDecisions(t *testing.T) {
	cases, err := decisions.Load("../../testdata/decisions")
	if err != nil {
		t.Fatal(err)
	}
	for i := range cases {
		c := &cases[i]
		t.Run(c.Title, func(t *testing.T) {
			snap := engine.New().Apply(1, c.Changes())
			twin := &naive.State{
				AllRoles: c.Roles, AllGroups: c.Groups, AllMembers: c.Members, AllMemberships: c.Memberships,
				AllResources: c.Resources, AllRecords: c.Records, AllAssignments: c.Assignments, Public: c.Public,
			}
			for _, q := range c.Questions {
				decide(t, c, "engine", complete(snap), q)
				decide(t, c, "naive", twin, q)
			}
			for _, r := range c.Refused {
				if r.Record != nil && r.Record.Validate() == nil || r.Role != nil && r.Role.Validate() == nil {
					t.Errorf("%s:%d: accepted; want it refused", c.File, r.Line)
				}
			}
		})
	}
}

func decide(t *testing.T, c *decisions.Case, who string, d decider, q decisions.Question) {
	t.Helper()
	wrong := func(got any) { t.Errorf("%s:%d: %s answers %q with %v", c.File, q.Line, who, q.Text, got) }
	if q.Refused {
		_, badURI := access.ParseResourceURI(q.Resource)
		_, badPermission := access.ParsePermission(q.Permission)
		if badURI == nil && badPermission == nil {
			wrong("a decision")
		}
		return
	}
	switch q.Kind {
	case decisions.Check:
		if got := d.Check(q.Query); got != q.Yes {
			wrong(got)
		}
		list(t, c, who, d, q)
	case decisions.Directly:
		if got := d.HoldsDirectly(q.Query, access.Allow); got != q.Yes {
			wrong(got)
		}
	case decisions.Holds:
		if got := d.Holds(q.Query, q.Need); got != q.Yes {
			wrong(got)
		}
	case decisions.Permissions:
		if got := d.Permissions(q.Query.Subject, q.Query.Resource); !slices.Equal(got, q.Permissions) {
			wrong(fmt.Sprintf("%+v", got))
		}
	case decisions.Roles:
		if got := d.Roles(q.Query.Subject, q.Query.Resource); !slices.Equal(got, q.Roles) {
			wrong(got)
		}
	case decisions.Resources:
		if got := d.Resources(q.ResourceQuery(), "", 100); !slices.Equal(got, q.Resources) {
			wrong(got)
		}
	case decisions.Users:
		if got := d.Users(q.Query.Resource, access.Subject{}, 100); !slices.EqualFunc(got, q.Users, sameHolder) {
			wrong(got)
		}
	default:
		t.Errorf("%s:%d: nobody asks %q", c.File, q.Line, q.Kind)
	}
}

// list demands of the lists what a check says: who may is listed, and who may not
// is not. Who may because of what is public need not be listed as a holder.
func list(t *testing.T, c *decisions.Case, who string, d decider, q decisions.Question) {
	t.Helper()
	sub, do, uri, literal := q.Query.Subject, q.Query.Permission, q.Query.Resource, q.Query.Literal
	if slices.ContainsFunc(c.Resources, func(r *access.Resource) bool { return r.URI() == uri }) {
		got := d.Registered(access.RegisteredQuery{Subject: sub, Permission: do, Literal: literal}, "", 1000)
		if slices.Contains(got, access.ResourceID(uri)) != q.Yes {
			t.Errorf("%s:%d: %s lists the resources %v; want as %q says", c.File, q.Line, who, got, q.Text)
		}
	}
	if sub.Kind != access.UserKind && sub.Kind != access.ClientKind {
		return
	}
	got := d.Holders(access.HolderQuery{Permission: do, Resource: uri, Literal: literal}, access.Subject{}, 1000)
	if listed := slices.Contains(got, sub); listed != q.Yes && (listed || len(c.Public) == 0) {
		t.Errorf("%s:%d: %s lists the users %v; want as %q says", c.File, q.Line, who, got, q.Text)
	}
}

// FuzzCheck asks for whatever text: parsed, the answers must agree; unparsed,
// there must be one.
func FuzzCheck(f *testing.F) {
	grants := []string{"docs/1", "docs/*", "orgs/*/docs", "ns:*/a", "ns:*:b/*", "*:a", "svc:", "*/x/ns::*"}
	for _, g := range grants {
		f.Add(g, "docs:read", g)
	}
	f.Add("*", "*:read", "a//b/")
	f.Add("svc:*", "a:*", "svc::")
	f.Fuzz(func(t *testing.T, granted, action, asked string) {
		st := access.Statement{Roles: []access.RoleID{"r"}, Resources: append([]string{granted}, grants...)}
		ana := access.Subject{Kind: access.UserKind, ID: "ana"}
		rec := &access.Record{ID: "r1", Status: access.RecordActive, Subjects: []access.Subject{ana}, Statements: []access.Statement{st}}
		r := &access.Role{ID: "r", Permissions: []access.RolePermission{{Action: action, Allow: true}, {Action: "docs:*:x", Grant: true}}}
		snap := engine.New().Apply(1, []access.Change{{ID: rec.ID, Document: rec}, {ID: r.ID, Document: r}})
		snap.Check(access.Query{Subject: ana, Permission: access.Permission(action), Resource: access.ResourceURI(asked)})

		twin := &naive.State{AllRoles: []*access.Role{r}, AllRecords: []*access.Record{rec}}
		uri, err := access.ParseResourceURI(asked)
		if _, bad := access.ParseResourceURI(granted); bad != nil || err != nil {
			return
		}
		do, err := access.ParsePermission(action)
		if err != nil {
			return
		}
		for _, do := range []access.Permission{do, "docs", "docs:read:x", "*"} {
			q := access.Query{Subject: ana, Permission: do, Resource: uri}
			if got, want := snap.Check(q), twin.Check(q); got != want {
				t.Fatalf("%q with %q on %q: %v; want %v", do, action, uri, got, want)
			}
		}
		if got, want := snap.Permissions(ana, uri), twin.Permissions(ana, uri); !slices.Equal(got, want) {
			t.Fatalf("permissions on %q: %v; want %v", uri, got, want)
		}
		if got, want := snap.Roles(ana, uri), twin.Roles(ana, uri); !slices.Equal(got, want) {
			t.Fatalf("roles on %q: %v; want %v", uri, got, want)
		}
	})
}
