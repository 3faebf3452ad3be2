package authz_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/audit"
	"github.com/reeve-authz/reeve/internal/authz"
)

// team is a group with users, and groups where the id begins with grp_.
func team(id access.GroupID, members ...string) access.Group {
	g := access.Group{ID: id, Name: "x"}
	for _, m := range members {
		kind := access.UserKind
		if strings.HasPrefix(m, "grp_") {
			kind = access.GroupKind
		}
		g.Members = append(g.Members, access.Subject{Kind: kind, ID: m})
	}
	return g
}

// as is a user of the default realm who calls.
func as(user string) access.Caller {
	return access.Caller{Realm: access.DefaultRealm, Subject: access.Subject{Kind: access.UserKind, ID: user}, Credential: "token", Request: "req_" + user}
}

func TestGroupMayNotContainItself(t *testing.T) {
	f := newFixture(t, nil)
	create := func(g access.Group) error {
		_, err := f.CreateGroup(t.Context(), f.owner, g)
		return err
	}
	change := func(g access.Group) error {
		_, err := f.UpdateGroup(t.Context(), f.owner, g, authz.GroupUpdate{})
		return err
	}
	for _, tt := range []struct {
		what string
		do   func() error
		way  string // refused with it; made if empty
	}{
		{"itself", func() error { return create(team("grp_a", "grp_a")) }, "grp_a contains grp_a"},
		{"one that is not there", func() error { return create(team("grp_a", "ana", "grp_b")) }, ""},
		{"two in a circle", func() error { return create(team("grp_b", "grp_a")) }, "grp_b contains grp_a contains grp_b"},
		{"a chain", func() error {
			return errors.Join(create(team("grp_b", "grp_c")), create(team("grp_c", "grp_d", "grp_e")))
		}, ""},
		{"a diamond", func() error {
			return errors.Join(create(team("grp_d", "grp_f")), create(team("grp_e", "grp_f", "grp_d")))
		}, ""},
		{"four in a circle, by a new one", func() error { return create(team("grp_f", "ben", "grp_a")) }, "grp_f contains grp_a contains grp_b contains grp_c contains grp_"},
		{"the end of the chain", func() error { return create(team("grp_f", "ben")) }, ""},
		{"four in a circle, by a change", func() error { return change(team("grp_f", "grp_a")) }, "grp_f contains grp_a contains grp_b contains grp_c contains grp_"},
		{"itself, by a change", func() error { return change(team("grp_c", "grp_c")) }, "grp_c contains grp_c"},
		{"apart", func() error { return change(team("grp_b", "ana")) }, ""},
		{"no circle any more", func() error { return change(team("grp_f", "grp_a")) }, ""},
	} {
		err := tt.do()
		if tt.way == "" && err != nil {
			t.Errorf("%s: %v, want it made", tt.what, err)
		}
		if tt.way != "" && (!errors.Is(err, access.Conflict) || !strings.Contains(err.Error(), tt.way)) {
			t.Errorf("%s: %v, want a Conflict that says %s", tt.what, err, tt.way)
		}
	}
}

// TestGroupsInAGroupAreBounded: what one write reads is bounded.
func TestGroupsInAGroupAreBounded(t *testing.T) {
	f := newFixture(t, nil)
	var members []string
	for i := range 1001 {
		members = append(members, fmt.Sprintf("grp_%04d", i))
	}
	if _, err := f.CreateGroup(t.Context(), f.owner, team("grp_a", members...)); !errors.Is(err, access.TooLarge) {
		t.Errorf("1001 groups: %v, want TooLarge", err)
	}
	if _, err := f.CreateGroup(t.Context(), f.owner, team("grp_a", members[:1000]...)); err != nil {
		t.Errorf("1000 groups: %v", err)
	}
}

// TestWhoHoldsNothingIsToldNothing: to users without any right, what exists
// looks like what does not. To those with some right it is forbidden.
func TestWhoHoldsNothingIsToldNothing(t *testing.T) {
	f := newFixture(t, nil)
	ctx := t.Context()
	if _, err := f.CreateGroup(ctx, f.owner, team("grp_a", "cid")); err != nil {
		t.Fatal(err)
	}
	if _, err := f.CreateRecord(ctx, f.owner, record("r1", "ana")); err != nil {
		t.Fatal(err)
	}
	for _, id := range []access.GroupID{"grp_a", "grp_none"} {
		for user, kind := range map[string]access.Kind{"eve": access.NotFound, "ana": access.Forbidden, "cid": access.NotFound} {
			_, readErr := f.Group(ctx, as(user), id)
			_, putErr := f.UpdateGroup(ctx, as(user), team(id, user), authz.GroupUpdate{})
			deleteErr := f.DeleteGroup(ctx, as(user), id)
			_, createErr := f.CreateGroup(ctx, as(user), team(id, user))
			for do, err := range map[string]error{"reading": readErr, "changing": putErr, "deleting": deleteErr, "making": createErr} {
				if !errors.Is(err, kind) || strings.Contains(err.Error(), "grp_") {
					t.Errorf("%s %s as %s: %v, want %v, and no id", do, id, user, err, kind)
				}
			}
		}
	}
	if _, _, err := f.Groups(ctx, as("eve"), "", authz.Page{Limit: 1}); !errors.Is(err, access.NotFound) {
		t.Errorf("listing as eve: %v, want NotFound", err)
	}
	if _, err := f.Settings(ctx, as("ana"), "documents"); !errors.Is(err, access.NotFound) {
		t.Errorf("settings as ana: %v, want NotFound", err)
	}
}

// last is the newest audit entry.
func (f *fixture) last(t *testing.T) audit.Entry {
	t.Helper()
	entries := f.entries(t)
	return entries[len(entries)-1]
}

func TestRefusedGroupsAndSettingsAreAudited(t *testing.T) {
	f := newFixture(t, nil)
	ctx := t.Context()
	for _, tt := range []struct {
		verb   string
		object audit.Object
		do     func() error
	}{
		{"create", audit.Object{Kind: "group", ID: "grp_a"}, func() error { _, err := f.CreateGroup(ctx, as("eve"), team("grp_a", "eve")); return err }},
		{"update", audit.Object{Kind: "group", ID: "grp_a"}, func() error {
			_, err := f.UpdateGroup(ctx, as("eve"), team("grp_a", "eve"), authz.GroupUpdate{})
			return err
		}},
		{"delete", audit.Object{Kind: "group", ID: "grp_a"}, func() error { return f.DeleteGroup(ctx, as("eve"), "grp_a") }},
		{"update", audit.Object{Kind: "resource_settings", ID: "documents"}, func() error {
			return f.PutSettings(ctx, as("eve"), access.ResourceSettings{Resource: "documents", Claim: true})
		}},
	} {
		if err := tt.do(); err == nil {
			t.Errorf("%s %v: made, want it refused", tt.verb, tt.object)
		}
		if e := f.last(t); e.Verb != tt.verb || e.Object != tt.object || e.Outcome != audit.Refused || e.Actor.ID != "eve" || len(e.Writes) > 0 || e.Reason == "" {
			t.Errorf("%s %v left the entry %+v", tt.verb, tt.object, e)
		}
	}
}
