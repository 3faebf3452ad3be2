package authz_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/authz"
)

// TestDecisionsKeepToTheirRealm gives the same resource to one user in one realm
// and to another in another.
func TestDecisionsKeepToTheirRealm(t *testing.T) {
	f := newFixture(t, nil)
	ctx := t.Context()
	other := f.secondRealm(t)
	ana, ben := access.Subject{Kind: access.UserKind, ID: "ana"}, access.Subject{Kind: access.UserKind, ID: "ben"}
	for _, give := range []struct {
		caller access.Caller
		to     string
	}{{f.owner, "ana"}, {other, "ben"}} {
		if _, err := f.CreateRecord(ctx, give.caller, record("r1", give.to)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		caller access.Caller
		holds  access.Subject
	}{{f.owner, ana}, {other, ben}} {
		realm := tt.caller.Realm
		var all []access.Query
		for _, sub := range []access.Subject{ana, ben} {
			q := access.Query{Subject: sub, Permission: "read", Resource: "documents/1"}
			all = append(all, q)
			if d, err := f.Check(ctx, tt.caller, q); err != nil || d.Allowed != (sub == tt.holds) {
				t.Errorf("realm %s: %v may read: %v, %v; want only what that realm gives", realm, sub, d.Allowed, err)
			}
			perms, err := f.Permissions(ctx, tt.caller, sub, q.Resource)
			if (err == nil && len(perms) > 0) != (sub == tt.holds) { // who has none is not found
				t.Errorf("realm %s: %v has the permissions %v, %v; want only what that realm gives", realm, sub, perms, err)
			}
		}
		answers, _, err := f.CheckAll(ctx, tt.caller, all)
		if err != nil || len(answers) != 2 || answers[0].Allowed != (ana == tt.holds) || answers[1].Allowed != (ben == tt.holds) {
			t.Errorf("realm %s: both together: %v, %v; want only what that realm gives", realm, answers, err)
		}
		list, err := f.HoldersOf(ctx, tt.caller, access.HolderQuery{Permission: "read", Resource: "documents/1"}, authz.Page{Limit: 10})
		if err != nil || !slices.Contains(list.Items, tt.holds) || slices.Contains(list.Items, ana) && slices.Contains(list.Items, ben) {
			t.Errorf("realm %s: %v may read, %v; want only %v of the two", realm, list.Items, err, tt.holds)
		}
	}
}

// secondRealm makes the realm "b" and returns its owner.
func (f *fixture) secondRealm(t *testing.T) access.Caller {
	t.Helper()
	b, err := f.NewBootstrap(authz.Bootstrap{AccountID: "acc_b"})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.CreateRealm(t.Context(), "b", b); err != nil {
		t.Fatal(err)
	}
	id, _, _ := strings.Cut(b.AccessKey, ".")
	return access.Caller{Realm: "b", Subject: access.Subject{Kind: access.ClientKind, ID: id}}
}
