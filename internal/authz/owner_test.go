package authz_test

import (
	"errors"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/audit"
	"github.com/reeve-authz/reeve/internal/authz"
)

// TestOwnersInNestedGroupsCount: an owner is one through any number of groups,
// also through some that contain nobody.
func TestOwnersInNestedGroupsCount(t *testing.T) {
	f := newFixture(t, nil)
	ctx := t.Context()
	for _, g := range []access.Group{team("grp_c", "ana"), team("grp_b", "grp_none", "grp_c"), team("grp_a", "grp_empty", "grp_b")} {
		if _, err := f.CreateGroup(ctx, f.owner, g); err != nil {
			t.Fatal(err)
		}
	}
	owners := access.Record{
		ID: "owners", Name: "x",
		Statements: []access.Statement{{
			Roles: []access.RoleID{access.OwnerRole}, Resources: []string{"documents", "*/"},
			Subjects: []access.Subject{{Kind: access.GroupKind, ID: "grp_a"}},
		}},
	}
	if _, err := f.CreateRecord(ctx, f.owner, owners); err != nil {
		t.Fatal(err)
	}
	ana := as("ana")
	if err := f.DeleteRecord(ctx, ana, "rec_owner"); err != nil {
		t.Fatalf("with another owner left: %v", err)
	}
	lastOwner := func(what string, err error) {
		t.Helper()
		var e *access.Error
		if !errors.As(err, &e) || e.Kind != access.Conflict || e.Reason != access.LastOwner {
			t.Errorf("%s: %v, want a Conflict for the last owner", what, err)
		}
		if entry := f.last(t); entry.Outcome != audit.Refused || entry.Actor != ana.Subject || entry.Reason == "" || len(entry.Writes) > 0 {
			t.Errorf("%s left the entry %+v, want a refusal", what, entry)
		}
	}
	lastOwner("deleting the inner group", f.DeleteGroup(ctx, ana, "grp_c"))
	lastOwner("deleting the outer group", f.DeleteGroup(ctx, ana, "grp_a"))
	_, err := f.UpdateGroup(ctx, ana, team("grp_b", "grp_none"), authz.GroupUpdate{})
	lastOwner("parting the groups", err)
	owners.Statements[0].Resources = []string{"documents"}
	_, err = f.UpdateRecord(ctx, ana, owners, authz.Unmodified{})
	lastOwner("taking the resource away", err)
	if _, err := f.UpdateGroup(ctx, ana, team("grp_a", "ana"), authz.GroupUpdate{}); err != nil {
		t.Errorf("moving the owner: %v", err)
	}
	if err := f.DeleteGroup(ctx, ana, "grp_c"); err != nil {
		t.Errorf("deleting the inner group afterwards: %v", err)
	}
}

func TestRefusedClaimsAndDecisionsAreAudited(t *testing.T) {
	f := newFixture(t, nil)
	ctx := t.Context()
	req, err := f.CreateAccessRequest(ctx, as("eve"), access.AccessRequest{
		Users: []access.Subject{as("eve").Subject}, Statements: []access.Statement{{Roles: []access.RoleID{access.OwnerRole}, Resources: []string{"*"}}},
	})
	if err != nil {
		t.Fatalf("a user without any right asks: %v", err)
	}
	id := string(req.ID)
	for _, tt := range []struct {
		verb   string
		object audit.Object
		kind   access.Kind
		do     func() error
	}{
		{"claim", audit.Object{Kind: "resource", ID: "documents/1"}, access.Forbidden, func() error { return f.Claim(ctx, as("eve"), "documents", "1") }},
		{"claim", audit.Object{Kind: "resource", ID: "Authress:Roles/a"}, access.Forbidden, func() error { return f.Claim(ctx, as("eve"), "Authress:Roles", "a") }},
		{"approve", audit.Object{Kind: "access_request", ID: id}, access.Forbidden, func() error {
			_, err := f.DecideAccessRequest(ctx, as("eve"), req.ID, access.RequestApproved)
			return err
		}},
		{"deny", audit.Object{Kind: "access_request", ID: id}, access.NotFound, func() error { // who may not read it is told nothing
			_, err := f.DecideAccessRequest(ctx, as("ben"), req.ID, access.RequestDenied)
			return err
		}},
		{"delete", audit.Object{Kind: "access_request", ID: id}, access.NotFound, func() error { return f.DeleteAccessRequest(ctx, as("ben"), req.ID) }},
		{"delete", audit.Object{Kind: "access_request", ID: "req_none"}, access.NotFound, func() error { return f.DeleteAccessRequest(ctx, as("ben"), "req_none") }},
	} {
		if err := tt.do(); !errors.Is(err, tt.kind) {
			t.Errorf("%s %v: %v, want %v", tt.verb, tt.object, err, tt.kind)
		}
		if e := f.last(t); e.Verb != tt.verb || e.Object != tt.object || e.Outcome != audit.Refused || len(e.Writes) > 0 || e.Reason == "" {
			t.Errorf("%s %v left the entry %+v", tt.verb, tt.object, e)
		}
	}
	if _, err := f.DecideAccessRequest(ctx, f.owner, req.ID, access.RequestApproved); err != nil {
		t.Fatal(err)
	}
	if e := f.last(t); e.Verb != "approve" || e.Actor != f.owner.Subject || len(e.Writes) != 2 {
		t.Errorf("the approval left the entry %+v, want the record and the request in it", e)
	}
}

// TestRecover: an operator makes one more owner, and changes nothing that was
// there.
func TestRecover(t *testing.T) {
	f := newFixture(t, nil)
	ctx := t.Context()
	made, err := f.Recover(ctx, access.DefaultRealm)
	if err != nil {
		t.Fatal(err)
	}
	e := f.last(t)
	if e.Verb != "recover" || e.Outcome != audit.Done || e.Actor != (access.Subject{Kind: "operator", ID: "host"}) || e.Object != (audit.Object{Kind: "client", ID: string(made.Client)}) {
		t.Errorf("recovering left the entry %+v, want it done by the operator", e)
	}
	for _, w := range e.Writes {
		if w.From != 0 {
			t.Errorf("recovering replaced %s %s", w.Kind, w.ID)
		}
	}
	if len(e.Writes) != 2 {
		t.Errorf("recovering wrote %+v, want a client and a record", e.Writes)
	}
	fresh := access.Caller{Realm: access.DefaultRealm, Subject: access.Subject{Kind: access.ClientKind, ID: string(made.Client)}}
	if err := f.DeleteClient(ctx, fresh, access.ClientID(f.owner.Subject.ID)); err != nil {
		t.Errorf("the new owner deletes the old one: %v", err)
	}
	if _, err := f.Recover(ctx, "elsewhere"); !errors.Is(err, access.NotFound) {
		t.Errorf("recovering a realm that is not there: %v, want NotFound", err)
	}
}
