package authz_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/authz"
)

// TestSeenUserIsWrittenOncePerChange: tokens that say nothing new write
// nothing, also when many arrive at once.
func TestSeenUserIsWrittenOncePerChange(t *testing.T) {
	f := newFixture(t, nil)
	ctx := t.Context()
	see := func(u access.User) { f.SawUser(ctx, access.DefaultRealm, u) }
	ana := access.Subject{Kind: access.UserKind, ID: "ana"}
	made := len(f.entries(t))
	for i, step := range []struct {
		seen access.User
		want access.User
		made int // commits
	}{
		{access.User{ID: "ana", Name: "Ana"}, access.User{Name: "Ana"}, 1},
		{access.User{ID: "ana", Name: "Ana"}, access.User{Name: "Ana"}, 0},
		{access.User{ID: "ana"}, access.User{Name: "Ana"}, 0},
		{access.User{ID: "ana", Name: strings.Repeat("x", 200)}, access.User{Name: "Ana"}, 0},
		{access.User{ID: "ana", Email: "a@b"}, access.User{Name: "Ana", Email: "a@b"}, 1},
	} {
		see(step.seen)
		got, err := f.User(ctx, f.owner, ana)
		if err != nil || got.Name != step.want.Name || got.Email != step.want.Email || got.Created.IsZero() {
			t.Errorf("step %d: got %+v, %v; want %+v", i, got, err, step.want)
		}
		now := len(f.entries(t))
		if now-made != step.made {
			t.Errorf("step %d: %d commits, want %d", i, now-made, step.made)
		}
		made = now
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { see(access.User{ID: "ben", Email: "a@b"}) })
	}
	all.Wait()
	entries := f.entries(t)
	if len(entries) != made+1 {
		t.Errorf("20 first tokens of a user made %d commits, want one", len(entries)-made)
	}
	last := entries[len(entries)-1]
	if last.Actor != (access.Subject{Kind: "operator", ID: "server"}) || last.Verb != "see" || last.Object.ID != "ben" {
		t.Errorf("the audit entry is %+v, want the server as the actor", last)
	}
}

func TestDeleteUserIsOneCommit(t *testing.T) {
	f := newFixture(t, nil)
	ctx := t.Context()
	ana := access.Subject{Kind: access.UserKind, ID: "ana"}
	f.SawUser(ctx, access.DefaultRealm, access.User{ID: "ana"})
	for _, id := range []access.RecordID{"r1", "r2"} {
		if _, err := f.CreateRecord(ctx, f.owner, record(id, "ana")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.CreateOrganization(ctx, f.owner, access.Organization{ID: "t1"}); err != nil {
		t.Fatal(err)
	}
	if err := f.AddMember(ctx, f.owner, "t1", ana); err != nil {
		t.Fatal(err)
	}
	if err := f.DeleteUser(ctx, f.owner, ana); err != nil {
		t.Fatal(err)
	}
	entries := f.entries(t)
	last := entries[len(entries)-1]
	var kinds []string
	for _, w := range last.Writes {
		kinds = append(kinds, w.Kind)
	}
	const want = "record, record, assignment, membership, user"
	if got := strings.Join(kinds, ", "); got != want || last.Verb != "delete" || last.Object.ID != "ana" {
		t.Errorf("the last commit wrote %s (%+v), want %s", got, last, want)
	}
	for _, id := range []access.RecordID{"r1", "r2"} {
		rec, err := f.Record(ctx, f.owner, id)
		if err != nil || rec.Status != access.RecordActive || len(rec.Subjects) != 0 {
			t.Errorf("the record is %+v, %v; want it active and without subjects", rec, err)
		}
		if err := rec.Validate(); err != nil {
			t.Errorf("the record could not be written as it is: %v", err)
		}
	}
}

// TestDeletedSubjectsLeaveNoWayBack: what a user or client that is deleted has
// offered and asked for ends with it, in the same commit.
func TestDeletedSubjectsLeaveNoWayBack(t *testing.T) {
	f := newFixture(t, nil)
	ctx := t.Context()
	client, err := f.CreateClient(ctx, f.owner, access.ServiceClient{Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		gone   access.Caller
		remove func(access.Caller) error
	}{
		{as("ana"), func(c access.Caller) error { return f.DeleteUser(ctx, f.owner, c.Subject) }},
		{access.Caller{Realm: access.DefaultRealm, Subject: access.Subject{Kind: access.ClientKind, ID: string(client.ID)}},
			func(access.Caller) error { return f.DeleteClient(ctx, f.owner, client.ID) }},
	} {
		rec := formed("", "ACTIVE : documents")
		rec.Subjects = []access.Subject{tt.gone.Subject}
		if _, err := f.CreateRecord(ctx, f.owner, rec); err != nil {
			t.Fatal(err)
		}
		inv, id, err := f.CreateInvite(ctx, tt.gone, access.Invite{Statements: rec.Statements}, authz.InviteExpiry{})
		if err != nil {
			t.Fatal(err)
		}
		ask := func() access.AccessRequest {
			t.Helper()
			req, err := f.CreateAccessRequest(ctx, tt.gone, access.AccessRequest{Users: rec.Subjects, Statements: rec.Statements})
			if err != nil {
				t.Fatal(err)
			}
			return req
		}
		open, denied := ask(), ask()
		if _, err := f.DecideAccessRequest(ctx, f.owner, denied.ID, access.RequestDenied); err != nil {
			t.Fatal(err)
		}
		if err := tt.remove(tt.gone); err != nil {
			t.Fatal(err)
		}
		wrote := map[string]bool{}
		for _, w := range f.last(t).Writes {
			wrote[w.Kind+" "+w.ID] = true
		}
		if !wrote["invite "+inv.Hash] || !wrote["access_request "+string(open.ID)] || wrote["access_request "+string(denied.ID)] {
			t.Errorf("deleting %v wrote %v, want the invite and the open request in it", tt.gone.Subject, wrote)
		}
		if err := f.AcceptInvite(ctx, tt.gone, id); !errors.Is(err, access.NotFound) {
			t.Errorf("%v comes back by its invite: %v, want NotFound", tt.gone.Subject, err)
		}
		for id, want := range map[access.RequestID]access.RequestStatus{open.ID: access.RequestDeleted, denied.ID: access.RequestDenied} {
			if req, err := f.AccessRequest(ctx, f.owner, id); err != nil || req.Status != want {
				t.Errorf("the request is %s, %v; want %s", req.Status, err, want)
			}
		}
	}
}

// TestOpenRequestsAreBounded: a decision or a deletion makes room.
func TestOpenRequestsAreBounded(t *testing.T) {
	f := newFixture(t, nil)
	ctx := t.Context()
	var last access.AccessRequest
	create := func(user string) error {
		req, err := f.CreateAccessRequest(ctx, as(user), access.AccessRequest{
			Users: []access.Subject{as(user).Subject}, Statements: formed("x", "ACTIVE : documents").Statements,
		})
		if err == nil {
			last = req
		}
		return err
	}
	for range access.MaxOpenRequests {
		if err := create("eve"); err != nil {
			t.Fatal(err)
		}
	}
	if err := create("eve"); !errors.Is(err, access.Conflict) {
		t.Errorf("one too many: %v, want a Conflict", err)
	}
	if err := f.DeleteAccessRequest(ctx, as("eve"), last.ID); err != nil {
		t.Fatal(err)
	}
	if err := create("eve"); err != nil {
		t.Errorf("after one was deleted: %v", err)
	}
	if err := create("ben"); err != nil {
		t.Errorf("somebody else: %v", err)
	}
}

// TestRealmsShareNoUsers: what one realm knows and trusts is nothing to another.
func TestRealmsShareNoUsers(t *testing.T) {
	f := newFixture(t, nil)
	ctx := t.Context()
	other := f.secondRealm(t)
	ana := access.Subject{Kind: access.UserKind, ID: "ana"}

	f.SawUser(ctx, access.DefaultRealm, access.User{ID: "ana"})
	if err := f.RegisterIssuer(ctx, f.owner, authz.Registration{Issuer: "https://issuer.example.com"}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.CreateOrganization(ctx, f.owner, access.Organization{ID: "t1"}); err != nil {
		t.Fatal(err)
	}
	if err := f.AddMember(ctx, f.owner, "t1", ana); err != nil {
		t.Fatal(err)
	}
	if _, err := f.User(ctx, other, ana); !errors.Is(err, access.NotFound) {
		t.Errorf("reading the user: %v, want a NotFound error", err)
	}
	if err := f.DeleteUser(ctx, other, ana); !errors.Is(err, access.NotFound) {
		t.Errorf("deleting the user: %v, want a NotFound error", err)
	}
	if all, err := f.Issuers(ctx, other); err != nil || len(all) != 0 {
		t.Errorf("issuers: %v, %v; want none", all, err)
	}
	if _, err := f.Organization(ctx, other, "t1"); !errors.Is(err, access.NotFound) {
		t.Errorf("reading the tenant: %v, want a NotFound error", err)
	}
	if all, _, err := f.Users(ctx, other, authz.UserFilter{Organization: "t1"}, authz.Page{Limit: 10}); err != nil || len(all) != 0 {
		t.Errorf("its users: %v, %v; want none", all, err)
	}
	if _, err := f.CreateOrganization(ctx, other, access.Organization{ID: "t1"}); err != nil {
		t.Errorf("making a tenant of the same id: %v", err)
	}
	if _, err := f.User(ctx, f.owner, ana); err != nil {
		t.Errorf("the user in her own realm: %v", err)
	}
}
