package decisions_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/decisions"
)

func TestParse(t *testing.T) {
	ana, staff := access.Subject{Kind: access.UserKind, ID: "ana"}, access.Subject{Kind: access.GroupKind, ID: "grp_s"}
	bot := access.Subject{Kind: access.ClientKind, ID: "sc_bot"}
	got, err := decisions.Parse("x.txt", strings.NewReader(`
# a comment
== A title   # and another
role r: a:b C=allow,grant D=none
group grp_s (admin ana): ana sc_bot
record a:b|c for ana, grp_s (deleted) (admins sc_bot): r on x/1, /y:
  and r, s on z
record r2: ana, sc_bot are r on x
refuse record r3: ana is r on x*
may ana A:B /x/1/ ? yes
may sc_bot a:b x* ? refused
has grp_s grant a x ? no
permissions ana x ? a:b c=allow,grant
permissions ana x ? none
roles ana x ? r r
public x/1, /y/
resources ana x/* nested A:B ? x/1 x/2/*
resources ana x ? none
resources ana x* nested ? refused
users x ? ana=r,r sc_bot=s
users x ? none
`))
	if err != nil {
		t.Fatal(err)
	}
	roles := func(ids ...access.RoleID) []access.RoleID { return ids }
	want := []decisions.Case{{
		File: "x.txt", Line: 3, Title: "A title",
		Roles: []*access.Role{{ID: "r", Name: "r", Permissions: []access.RolePermission{
			{Action: "a:b", Allow: true}, {Action: "C", Allow: true, Grant: true}, {Action: "D"},
		}}},
		Groups: []*access.Group{{ID: "grp_s", Name: "grp_s", Members: []access.Subject{ana, bot}, Admins: []access.Subject{ana}}},
		Records: []*access.Record{
			{
				ID: "a:b|c", Name: "a:b|c", Status: access.RecordDeleted,
				Subjects: []access.Subject{ana, staff}, Admins: []access.Subject{bot},
				Statements: []access.Statement{
					{Roles: roles("r"), Resources: []string{"x/1", "/y:"}},
					{Roles: roles("r", "s"), Resources: []string{"z"}},
				},
			},
			{ID: "r2", Name: "r2", Status: access.RecordActive, Statements: []access.Statement{
				{Roles: roles("r"), Resources: []string{"x"}, Subjects: []access.Subject{ana, bot}},
			}},
		},
		Public: []access.ResourceURI{"x/1", "y"},
		Refused: []decisions.Refused{{Line: 9, Record: &access.Record{
			ID: "r3", Name: "r3", Status: access.RecordActive,
			Statements: []access.Statement{{Roles: roles("r"), Resources: []string{"x*"}, Subjects: []access.Subject{ana}}},
		}}},
		Questions: []decisions.Question{
			{
				Line: 10, Text: "may ana A:B /x/1/ ? yes", Kind: decisions.Check, Yes: true,
				Query: access.Query{Subject: ana, Permission: "a:b", Resource: "x/1"}, Permission: "A:B", Resource: "/x/1/",
			},
			{
				Line: 11, Text: "may sc_bot a:b x* ? refused", Kind: decisions.Check, Refused: true,
				Query: access.Query{Subject: bot}, Permission: "a:b", Resource: "x*",
			},
			{
				Line: 12, Text: "has grp_s grant a x ? no", Kind: decisions.Holds, Need: access.Grant,
				Query: access.Query{Subject: staff, Permission: "a", Resource: "x"}, Permission: "a", Resource: "x",
			},
			{
				Line: 13, Text: "permissions ana x ? a:b c=allow,grant", Kind: decisions.Permissions,
				Query: access.Query{Subject: ana, Resource: "x"}, Resource: "x",
				Permissions: []access.RolePermission{{Action: "a:b", Allow: true}, {Action: "c", Allow: true, Grant: true}},
			},
			{
				Line: 14, Text: "permissions ana x ? none", Kind: decisions.Permissions,
				Query: access.Query{Subject: ana, Resource: "x"}, Resource: "x",
			},
			{
				Line: 15, Text: "roles ana x ? r r", Kind: decisions.Roles,
				Query: access.Query{Subject: ana, Resource: "x"}, Resource: "x", Roles: roles("r", "r"),
			},
			{
				Line: 17, Text: "resources ana x/* nested A:B ? x/1 x/2/*", Kind: decisions.Resources, Nested: true,
				Query: access.Query{Subject: ana, Permission: "a:b", Resource: "x/*"}, Permission: "A:B", Resource: "x/*",
				Resources: []access.ResourceURI{"x/1", "x/2/*"},
			},
			{
				Line: 18, Text: "resources ana x ? none", Kind: decisions.Resources,
				Query: access.Query{Subject: ana, Resource: "x"}, Resource: "x",
			},
			{
				Line: 19, Text: "resources ana x* nested ? refused", Kind: decisions.Resources, Nested: true, Refused: true,
				Query: access.Query{Subject: ana}, Resource: "x*",
			},
			{
				Line: 20, Text: "users x ? ana=r,r sc_bot=s", Kind: decisions.Users,
				Query: access.Query{Resource: "x"}, Resource: "x",
				Users: []access.Holder{{Subject: ana, Roles: roles("r", "r")}, {Subject: bot, Roles: roles("s")}},
			},
			{
				Line: 21, Text: "users x ? none", Kind: decisions.Users,
				Query: access.Query{Resource: "x"}, Resource: "x",
			},
		},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Parse =\n%+v; want\n%+v", got, want)
	}
	if got := len(got[0].Changes()); got != 6 {
		t.Errorf("%d changes; want 6", got)
	}
}

func TestParseOrganization(t *testing.T) {
	got, err := decisions.Parse("x.txt", strings.NewReader(`
== An organization
role org_a/r (for doc): x=exact y=allow,grant
membership om_a: ana in org_a
membership om_b (pending): ben in org_a
group group_g in org_a: om_a om_b
resource a: root of org_a
resource f: folder under a
resource d: doc under a
move d under f
assignment a1: group_g is org_a/r on d
directly om_a x d ? yes
directly om_a "x.*" d ? no
may ana a.b d/x ? no
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []decisions.Case{{
		File: "x.txt", Line: 2, Title: "An organization",
		Roles: []*access.Role{{ID: "org_a/r", Name: "org_a/r", Organization: "org_a", Type: "doc", Permissions: []access.RolePermission{
			{Action: "x", Allow: true, Exact: true}, {Action: "y", Allow: true, Grant: true},
		}}},
		Memberships: []*access.Membership{
			{ID: "om_a", User: "ana", Organization: "org_a", Status: access.MembershipActive},
			{ID: "om_b", User: "ben", Organization: "org_a", Status: access.MembershipPending},
		},
		Groups:  []*access.Group{{ID: "group_g", Name: "group_g", Organization: "org_a"}},
		Members: []*access.GroupMember{{Group: "group_g", Membership: "om_a"}, {Group: "group_g", Membership: "om_b"}},
		Resources: []*access.Resource{
			{ID: "a", Type: access.OrganizationType, Organization: "org_a"},
			{ID: "f", ExternalID: "f", Name: "f", Type: "folder", Organization: "org_a", Parent: "a"},
			{ID: "d", ExternalID: "d", Name: "d", Type: "doc", Organization: "org_a", Parent: "a"},
			{ID: "d", ExternalID: "d", Name: "d", Type: "doc", Organization: "org_a", Parent: "f"},
		},
		Assignments: []*access.Assignment{{
			ID: "a1", Subject: access.Subject{Kind: access.GroupKind, ID: "group_g"}, Role: "org_a/r", Resource: "d", Organization: "org_a",
		}},
		Questions: []decisions.Question{
			{
				Line: 12, Text: "directly om_a x d ? yes", Kind: decisions.Directly, Yes: true, Permission: "x", Resource: "d",
				Query: access.Query{Subject: access.Subject{Kind: access.MembershipKind, ID: "om_a"}, Permission: "x", Resource: "d"},
			},
			{
				Line: 13, Text: `directly om_a "x.*" d ? no`, Kind: decisions.Directly, Permission: "x.*", Resource: "d",
				Query: access.Query{Subject: access.Subject{Kind: access.MembershipKind, ID: "om_a"}, Permission: "x.*", Resource: "d", Literal: true},
			},
			{
				Line: 14, Text: "may ana a.b d/x ? no", Kind: decisions.Check, Permission: "a.b", Resource: "d/x",
				Query: access.Query{Subject: access.Subject{Kind: access.UserKind, ID: "ana"}, Permission: "a.b", Resource: "d/x"},
			},
		},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Parse =\n%+v; want\n%+v", got, want)
	}
	if got := len(got[0].Changes()); got != 11 {
		t.Errorf("%d changes; want 11", got)
	}
	if !got[0].Organizational() {
		t.Error("the case is not organizational")
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"rolle r: a", "neither"},
		{"role r: a=alow", `no flag "alow"`},
		{"role r: doc*", "a part is"},
		{"role : a", "roleId"},
		{"group staff: ana", "groupId"},
		{"group grp_a: *", "userId"},
		{"group grp_a (deleted): ana", "no note"},
		{"refuse group grp_a: ana", "refuse stands before"},
		{"record r1: reader on x", "who is which role on what"},
		{"record r1: ana is reader", "who is which role on what"},
		{"record r1: ana is reader on x*", "resourceUri"},
		{"record r1 for ana: ben is reader on x", "not in both"},
		{"record r1 (gone): ana is reader on x", "no note"},
		{"and ana is reader on x", "and must follow a record"},
		{"may ana read ? yes", "3 words"},
		{"may ana read x ? perhaps", "yes, no or refused"},
		{"may ana read x ? yes no", "yes, no or refused"},
		{"may ana read x", "question"},
		{"may ana read x* ? no", "resourceUri"},
		{"may ana RE*D x ? no", "permission"},
		{`may ana "Read" x ? no`, "slug"},
		{`may ana "" x ? no`, "permission"},
		{`may ana "read x ? no`, "permission"},
		{`resources ana x "read" ? none`, "permission"},
		{"may * read x ? no", "userId"},
		{"has ana allowance read x ? no", "no flag"},
		{"permissions ana x ? none read", "none stands alone"},
		{"roles ana x ? none reader", "none stands alone"},
		{"resources ana x deep read ? none", "2 words"},
		{"resources ana x ? x//1", "resourceUri"},
		{"resources ana x ? none x/1", "none stands alone"},
		{"users ana x ? none", "1 words"},
		{"users x ? ana", "which roles"},
		{"users x ? *=reader", "userId"},
		{"public x*", "resourceUri"},
		{"role r (deleted): a", "no note"},
		{"role org_a/R/x: a", "organization"},
		{"role r: a=exact,grant", "allow alone"},
		{"membership om_a: ana", "which organization"},
		{"membership a: ana in org_a", "om_"},
		{"membership om_a (gone): ana in org_a", "no note"},
		{"refuse membership om_a: ana in org_a", "refuse stands before"},
		{"group grp_a in org_a: om_a", "group_"},
		{"group group_a in org_a: ana", "no membership"},
		{"group group_a: ana", "groupId"},
		{"resource x", "root of"},
		{"resource x: document under y", `no resource "y"`},
		{"move x under y", "stands before"},
		{"assignment a: om_a is r on x", "stands before"},
		{"refuse public x", "refuse stands before"},
		{"can ana read x ? yes", `no such line: "can"`},
	} {
		_, err := decisions.Parse("x.txt", strings.NewReader("== Title\n\n"+tt.line+"\n"))
		if err == nil {
			t.Errorf("Parse(%q) is no error", tt.line)
			continue
		}
		if got := err.Error(); !strings.HasPrefix(got, "x.txt:3: ") || !strings.Contains(got, tt.want) {
			t.Errorf("Parse(%q): %q; want x.txt:3: … %s", tt.line, got, tt.want)
		}
	}
	if _, err := decisions.Parse("x.txt", strings.NewReader("role r: a\n")); err == nil || !strings.HasPrefix(err.Error(), "x.txt:1: ") {
		t.Errorf("without a title: %v; want an error at x.txt:1", err)
	}
}

func TestLoad(t *testing.T) {
	cases, err := decisions.Load("../../testdata/decisions")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range cases {
		if seen[c.Title] {
			t.Errorf("%s:%d: a second case has the title %q", c.File, c.Line, c.Title)
		}
		seen[c.Title] = true
		if len(c.Questions)+len(c.Refused) == 0 {
			t.Errorf("%s:%d: %q asks nothing", c.File, c.Line, c.Title)
		}
	}
	if _, err := decisions.Load(t.TempDir()); err == nil {
		t.Error("loading an empty directory is no error")
	}
}
