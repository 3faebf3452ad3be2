package authz_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/audit"
	"github.com/reeve-authz/reeve/internal/authz"
	"github.com/reeve-authz/reeve/internal/store"
)

// shape is a record in few words: "ACTIVE ana,ben: a; b" gives ana and ben
// ownership of a and of b; "ACTIVE : a@ana; b@ben" has the users in its
// statements.
func shape(rec *access.Record) string {
	names := func(subjects []access.Subject) string {
		var ids []string
		for _, s := range subjects {
			ids = append(ids, s.ID)
		}
		return strings.Join(ids, ",")
	}
	var statements []string
	for _, st := range rec.Statements {
		text := strings.Join(st.Resources, ",")
		if len(st.Subjects) > 0 {
			text += "@" + names(st.Subjects)
		}
		statements = append(statements, text)
	}
	return fmt.Sprintf("%s %s: %s", rec.Status, names(rec.Subjects), strings.Join(statements, "; "))
}

// formed is the record of a shape.
func formed(id access.RecordID, text string) access.Record {
	status, rest, _ := strings.Cut(text, " ")
	users, statements, _ := strings.Cut(rest, ": ")
	rec := access.Record{ID: id, Name: "x", Status: access.RecordStatus(status), Subjects: team("grp_x", split(users, ",")...).Members}
	for st := range strings.SplitSeq(statements, "; ") {
		resource, users, _ := strings.Cut(st, "@")
		rec.Statements = append(rec.Statements, access.Statement{
			Roles: []access.RoleID{access.OwnerRole}, Resources: []string{resource}, Subjects: team("grp_x", split(users, ",")...).Members,
		})
	}
	return rec
}

func split(s, sep string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, sep)
}

// TestAcceptingTouchesNoRecordOfOthers: whoever accepts an invite, and however
// its user id came to be, no record that gives somebody else something is
// taken over, and nobody but the creator can have wished a change to one.
func TestAcceptingTouchesNoRecordOfOthers(t *testing.T) {
	const (
		generate = access.GenerateRecord
		force    = access.ForceMerge
		replace  = access.ReplaceRecord
		skip     = access.SkipChanges
	)
	// The invite is for "new". Its creator is the owner, who may change every
	// record, or "eve", who may give "new" and change no record.
	for _, tt := range []struct {
		user, before string
		strategy     access.ConflictStrategy
		creator      string
		after        string // of the record whose id is the user's
		another      bool   // a record is made beside it
	}{
		{"ana", "", "", "owner", "ACTIVE ana: new", false},
		{"ana", "", skip, "eve", "ACTIVE ana: new", false},
		{"auth0|1", "", "", "eve", "ACTIVE auth0|1: new", false},
		{"a@example.com", "", "", "eve", "", true}, // no id of a record
		{"a b", "", force, "owner", "", true},

		// Alone in it: the statements are added.
		{"ana", "ACTIVE ana: old", generate, "eve", "ACTIVE ana: old; new", false},
		{"ana", "ACTIVE ana: old", "", "owner", "ACTIVE ana: old; new", false},
		{"ana", "ACTIVE ana: old", skip, "eve", "ACTIVE ana: old; new", false},
		{"ana", "ACTIVE ana: old", force, "eve", "ACTIVE ana: old; new", false},
		{"ana", "ACTIVE ana,ana: old", "", "eve", "ACTIVE ana,ana: old; new", false},
		{"ana", "ACTIVE : old@ana", "", "eve", "ACTIVE : old@ana; new@ana", false},
		{"ana", "ACTIVE ana: old", replace, "owner", "ACTIVE ana: new", false},
		{"ana", "ACTIVE : old@ana", replace, "owner", "ACTIVE ana: new", false},
		{"ana", "ACTIVE ana: old", replace, "eve", "ACTIVE ana: old; new", false}, // who may not take away

		// With others in it, or nobody.
		{"ana", "ACTIVE ana,ben: old", generate, "owner", "ACTIVE ana,ben: old", true},
		{"ana", "ACTIVE ana,ben: old", skip, "owner", "ACTIVE ana,ben: old", true},
		{"ana", "ACTIVE ana,ben: new", skip, "eve", "ACTIVE ana,ben: new", false}, // holds it already
		{"ana", "ACTIVE : old@ana,ben; /new/@ana", skip, "eve", "ACTIVE : old@ana,ben; /new/@ana", false},
		{"ana", "ACTIVE : old@ana; new@ben", skip, "owner", "ACTIVE : old@ana; new@ben", true},
		{"ana", "ACTIVE ana,ben: old", replace, "owner", "ACTIVE ana,ben: old", true},
		{"ana", "ACTIVE ana,ben: old", force, "owner", "ACTIVE : old@ana,ben; new@ana", false}, // ben gains nothing
		{"ana", "ACTIVE ana,ben: old", force, "eve", "ACTIVE ana,ben: old", true},
		{"ana", "ACTIVE : old@ana; old@ben", force, "owner", "ACTIVE : old@ana; old@ben; new@ana", false},
		{"ana", "ACTIVE : old@ana; old@ben", "", "owner", "ACTIVE : old@ana; old@ben", true},
		{"ana", "ACTIVE ana,grp_a: old", "", "eve", "ACTIVE ana,grp_a: old", true},
		{"ana", "ACTIVE : old", replace, "owner", "ACTIVE : old", true},
		{"ana", "ACTIVE : old", force, "owner", "ACTIVE : old", true},

		// Somebody else's: the user id was chosen for it.
		{"rec_team", "ACTIVE ben: old", generate, "owner", "ACTIVE ben: old", true},
		{"rec_team", "ACTIVE ben: old", force, "owner", "ACTIVE ben: old", true},
		{"rec_team", "ACTIVE ben: old", replace, "owner", "ACTIVE ben: old", true},
		{"rec_team", "ACTIVE ben: old", skip, "owner", "ACTIVE ben: old", true},
		{"rec_team", "ACTIVE : old@ben", force, "owner", "ACTIVE : old@ben", true},
		{"rec_team", "DELETED ben: old", replace, "owner", "DELETED ben: old", true},
		{"rec_team", "DELETED ana,rec_team: old", "", "owner", "DELETED ana,rec_team: old", true},

		// What was deleted does not come back.
		{"ana", "DELETED ana: old", "", "eve", "ACTIVE ana: new", false},
		{"ana", "DELETED ana: old", force, "owner", "ACTIVE ana: new", false},
	} {
		f := newFixture(t, nil)
		ctx := t.Context()
		name := fmt.Sprintf("%s, %q, %s by %s", tt.user, tt.before, tt.strategy, tt.creator)
		if _, err := f.CreateRecord(ctx, f.owner, formed("eves", "ACTIVE eve: new")); err != nil {
			t.Fatal(err)
		}
		if tt.before != "" {
			rec := formed(access.RecordID(tt.user), tt.before)
			rec.Admins = []access.Subject{}
			if _, err := f.CreateRecord(ctx, f.owner, rec); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(tt.before, "DELETED") {
				if err := f.DeleteRecord(ctx, f.owner, access.RecordID(tt.user)); err != nil {
					t.Fatal(err)
				}
			}
		}
		creator := as("eve")
		if tt.creator == "owner" {
			creator = f.owner
		}
		_, id, err := f.CreateInvite(ctx, creator, access.Invite{Statements: formed("x", "ACTIVE : new").Statements, Strategy: tt.strategy}, authz.InviteExpiry{})
		if err != nil {
			t.Fatalf("%s: inviting: %v", name, err)
		}
		before := recordIDs(t, f)
		if err := f.AcceptInvite(ctx, as(tt.user), id); err != nil {
			t.Errorf("%s: accepting: %v", name, err)
			continue
		}
		rec, err := f.Record(ctx, f.owner, access.RecordID(tt.user))
		if got := shape(&rec); tt.after != "" && (err != nil || got != tt.after) {
			t.Errorf("%s: the record is %q, %v; want %q", name, got, err, tt.after)
		}
		added := slices.DeleteFunc(recordIDs(t, f), func(id access.RecordID) bool { return slices.Contains(before, id) || string(id) == tt.user })
		if (len(added) == 1) != tt.another || len(added) > 1 {
			t.Errorf("%s: made the records %v; want another: %v", name, added, tt.another)
		}
		for _, id := range added {
			if rec, err := f.Record(ctx, f.owner, id); err != nil || shape(&rec) != "ACTIVE "+tt.user+": new" || !slices.Equal(rec.Admins, []access.Subject{creator.Subject}) {
				t.Errorf("%s: made %q with the admins %v, want the user alone in it, and the creator as admin", name, shape(&rec), rec.Admins)
			}
		}
		d, err := f.Check(ctx, as(tt.user), access.Query{Subject: as(tt.user).Subject, Permission: "x", Resource: "new/1"})
		if gains := tt.strategy != skip || tt.another || strings.Contains(tt.after, "new"); err != nil || d.Allowed != gains {
			t.Errorf("%s: allowed is %v, %v; want %v", name, d.Allowed, err, gains)
		}
	}
}

// TestAcceptingFillsNoRecordThatAnotherAdministers: who makes the record of a
// user's id beforehand neither gains what the user is invited to, nor may read
// or delete it, nor can it make the invite come to nothing.
func TestAcceptingFillsNoRecordThatAnotherAdministers(t *testing.T) {
	for _, before := range []string{"ACTIVE bob: bait", "ACTIVE bob,mal: bait", "ACTIVE : bait@bob; bait@mal"} {
		for _, strategy := range []access.ConflictStrategy{"", access.ForceMerge, access.ReplaceRecord, access.SkipChanges} {
			for _, shared := range []bool{false, true} {
				f := newFixture(t, nil)
				ctx := t.Context()
				name := fmt.Sprintf("%q, %s, administered with the owner: %v", before, strategy, shared)
				if _, err := f.CreateRecord(ctx, f.owner, formed("mals", "ACTIVE mal: bait")); err != nil {
					t.Fatal(err)
				}
				rec := formed("bob", before)
				if rec.Admins = []access.Subject{as("mal").Subject}; shared {
					rec.Admins = append(rec.Admins, f.owner.Subject)
				}
				if _, err := f.CreateRecord(ctx, as("mal"), rec); err != nil {
					t.Fatal(err)
				}
				_, id, err := f.CreateInvite(ctx, f.owner, access.Invite{Statements: formed("x", "ACTIVE : new").Statements, Strategy: strategy}, authz.InviteExpiry{})
				if err != nil {
					t.Fatal(err)
				}
				if err := f.AcceptInvite(ctx, as("bob"), id); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if got, err := f.Record(ctx, f.owner, "bob"); err != nil || shape(&got) != before {
					t.Errorf("%s: the record is %q, %v", name, shape(&got), err)
				}
				for user, want := range map[string]bool{"bob": true, "mal": false} {
					d, err := f.Check(ctx, as(user), access.Query{Subject: as(user).Subject, Permission: "x", Resource: "new/1"})
					if err != nil || d.Allowed != want {
						t.Errorf("%s: %s is allowed: %v, %v; want %v", name, user, d.Allowed, err, want)
					}
				}
			}
		}
	}
}

func recordIDs(t *testing.T, f *fixture) []access.RecordID {
	t.Helper()
	recs, _, err := f.Records(t.Context(), f.owner, authz.RecordFilter{}, authz.Page{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var ids []access.RecordID
	for _, rec := range recs {
		ids = append(ids, rec.ID)
	}
	return ids
}

// TestAcceptingDoesNotTakeTheAccount: the record of the account's owner stays,
// for a user who comes by its id, and for the owner who is invited to lose it.
func TestAcceptingDoesNotTakeTheAccount(t *testing.T) {
	f := newFixture(t, nil)
	ctx := t.Context()
	invite := func(strategy access.ConflictStrategy) string {
		t.Helper()
		_, id, err := f.CreateInvite(ctx, f.owner, access.Invite{Statements: formed("x", "ACTIVE : new").Statements, Strategy: strategy}, authz.InviteExpiry{})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	for _, strategy := range []access.ConflictStrategy{access.GenerateRecord, access.ForceMerge, access.ReplaceRecord, access.SkipChanges} {
		if err := f.AcceptInvite(ctx, as("rec_owner"), invite(strategy)); err != nil {
			t.Errorf("%s: %v", strategy, err)
		}
		if rec, err := f.Record(ctx, f.owner, "rec_owner"); err != nil || shape(&rec) != "ACTIVE "+f.owner.Subject.ID+": *" {
			t.Errorf("%s: the owner's record is %q, %v", strategy, shape(&rec), err)
		}
	}
	if d, err := f.Check(ctx, f.owner, access.Query{Subject: as("rec_owner").Subject, Permission: "x", Resource: "elsewhere"}); err != nil || d.Allowed {
		t.Errorf("who came by the owner's record is allowed elsewhere: %v, %v", d, err)
	}
	rec := formed("ana", "ACTIVE ana: *")
	rec.Admins = []access.Subject{as("ana").Subject}
	if _, err := f.CreateRecord(ctx, f.owner, rec); err != nil {
		t.Fatal(err)
	}
	if err := f.DeleteRecord(ctx, as("ana"), "rec_owner"); err != nil {
		t.Fatal(err)
	}
	f.owner = as("ana")
	id := invite(access.ReplaceRecord)
	if err := f.AcceptInvite(ctx, as("ana"), id); !errors.Is(err, access.Conflict) {
		t.Errorf("the last owner replaces its record: %v, want a Conflict", err)
	}
	if _, err := f.Invite(ctx, as("ana"), id); err != nil {
		t.Errorf("after the refusal the invite is gone: %v", err)
	}
}

// TestAcceptedRecordsStayWithinTheirLimits: what does not fit is a record of its
// own.
func TestAcceptedRecordsStayWithinTheirLimits(t *testing.T) {
	f := newFixture(t, nil)
	ctx := t.Context()
	for _, n := range []int{99, 1, 1} { // 99, 100, and one too many
		statements := slices.Repeat(formed("x", "ACTIVE : new").Statements, n)
		_, id, err := f.CreateInvite(ctx, f.owner, access.Invite{Statements: statements}, authz.InviteExpiry{})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.AcceptInvite(ctx, as("ana"), id); err != nil {
			t.Fatal(err)
		}
	}
	rec, err := f.Record(ctx, f.owner, "ana")
	if err != nil || len(rec.Statements) != 100 {
		t.Errorf("the record has %d statements, %v; want 100", len(rec.Statements), err)
	}
	if ids := recordIDs(t, f); len(ids) != 3 { // the owner's, ana, and another
		t.Errorf("records %v, want three", ids)
	}
	crowd := formed("ben", "ACTIVE ben: old") // more than a statement may have
	for i := range access.MaxStatementUsers {
		crowd.Subjects = append(crowd.Subjects, as(fmt.Sprintf("u%d", i)).Subject)
	}
	if _, err := f.CreateRecord(ctx, f.owner, crowd); err != nil {
		t.Fatal(err)
	}
	_, id, err := f.CreateInvite(ctx, f.owner, access.Invite{Statements: formed("x", "ACTIVE : new").Statements, Strategy: access.ForceMerge}, authz.InviteExpiry{})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.AcceptInvite(ctx, as("ben"), id); err != nil {
		t.Fatal(err)
	}
	rec, err = f.Record(ctx, f.owner, "ben")
	if ids := recordIDs(t, f); err != nil || len(rec.Subjects) != 101 || len(rec.Statements) != 1 || len(ids) != 5 {
		t.Errorf("%d subjects, %d statements, records %v, %v; want the record of many as it was, and another", len(rec.Subjects), len(rec.Statements), ids, err)
	}
}

func TestInvitesExpire(t *testing.T) {
	f := newFixture(t, nil)
	ctx := t.Context()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	svc := authz.New(authz.Config{Store: f.store, Feed: f.feed, Now: func() time.Time { return now }})
	statements := formed("x", "ACTIVE : new").Statements
	inv, id, err := svc.CreateInvite(ctx, f.owner, access.Invite{Statements: statements}, authz.InviteExpiry{After: access.MinInviteLife})
	if err != nil || !inv.Expires.Equal(now.Add(5*time.Minute)) {
		t.Fatalf("made an invite until %v, %v; want five minutes", inv.Expires, err)
	}
	now = inv.Expires
	if err := svc.AcceptInvite(ctx, as("ana"), id); !errors.Is(err, access.NotFound) {
		t.Errorf("accepting when it ends: %v, want NotFound", err)
	}
	if _, err := svc.Invite(ctx, f.owner, id); !errors.Is(err, access.NotFound) {
		t.Errorf("reading when it ends: %v, want NotFound", err)
	}
	now = inv.Expires.Add(-time.Millisecond)
	if _, err := svc.Invite(ctx, f.owner, id); err != nil {
		t.Errorf("reading a millisecond before: %v", err)
	}
	if err := svc.AcceptInvite(ctx, as("ana"), id); err != nil {
		t.Errorf("accepting a millisecond before: %v", err)
	}
	_, id, err = svc.CreateInvite(ctx, f.owner, access.Invite{}, authz.InviteExpiry{})
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(access.DefaultInviteLife)
	if err := svc.DeleteInvite(ctx, f.owner, id); err != nil {
		t.Errorf("deleting one that has ended: %v", err)
	}
}

// TestInvitesAreBounded: nobody keeps more than so many, those that have ended
// make room, and one that gives nothing takes a right.
func TestInvitesAreBounded(t *testing.T) {
	f := newFixture(t, nil)
	ctx := t.Context()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	svc := authz.New(authz.Config{Store: f.store, Feed: f.feed, Now: func() time.Time { return now }})
	if _, _, err := svc.CreateInvite(ctx, as("eve"), access.Invite{}, authz.InviteExpiry{}); !errors.Is(err, access.Forbidden) {
		t.Errorf("an invite to nothing by a stranger: %v, want Forbidden", err)
	}
	kept := func() int {
		t.Helper()
		n := 0
		err := f.store.View(ctx, access.DefaultRealm, 0, func(r store.Reader) error {
			rows, err := store.Invites.List(r, store.ListQuery{Limit: 10_000})
			n = len(rows)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	_, err := f.store.Update(ctx, access.DefaultRealm, func(tx store.Tx) error {
		for i := range access.MaxLiveInvites - 1 {
			inv := access.Invite{Hash: fmt.Sprintf("%064x", i), Creator: f.owner.Subject, Created: now, Expires: now.Add(access.MinInviteLife)}
			if _, err := store.Invites.Put(tx, inv.Hash, &inv); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	create := func() error {
		_, _, err := svc.CreateInvite(ctx, f.owner, access.Invite{}, authz.InviteExpiry{})
		return err
	}
	if err := create(); err != nil {
		t.Errorf("the last that is allowed: %v", err)
	}
	if err := create(); !errors.Is(err, access.Conflict) || kept() != access.MaxLiveInvites {
		t.Errorf("one too many: %v, %d are kept; want a Conflict", err, kept())
	}
	now = now.Add(access.MinInviteLife)
	if err := create(); err != nil || kept() != 2 {
		t.Errorf("after the others have ended: %v, %d are kept; want two", err, kept())
	}
}

// TestInvitesAreAudited: the trail names the invite by its hash, and says on
// whose authority the accepted one rests.
func TestInvitesAreAudited(t *testing.T) {
	f := newFixture(t, nil)
	ctx := t.Context()
	inv, id, err := f.CreateInvite(ctx, f.owner, access.Invite{Statements: formed("x", "ACTIVE : new").Statements}, authz.InviteExpiry{})
	if err != nil {
		t.Fatal(err)
	}
	object := audit.Object{Kind: "invite", ID: inv.Hash}
	last := func(verb string, outcome audit.Outcome, actor, authority access.Subject, writes int) {
		t.Helper()
		if e := f.last(t); e.Verb != verb || e.Object != object || e.Outcome != outcome || e.Actor != actor || e.Authority != authority || len(e.Writes) != writes {
			t.Errorf("the last entry is %+v, want %s %s by %v on the authority of %v", e, outcome, verb, actor, authority)
		}
	}
	nobody := access.Subject{}
	last("create", audit.Done, f.owner.Subject, nobody, 1)
	if err := f.DeleteInvite(ctx, as("eve"), id); !errors.Is(err, access.NotFound) {
		t.Errorf("deleting by a stranger: %v, want NotFound", err)
	}
	last("delete", audit.Refused, as("eve").Subject, nobody, 0)
	if err := f.AcceptInvite(ctx, as("ana"), id); err != nil {
		t.Fatal(err)
	}
	last("accept", audit.Done, as("ana").Subject, f.owner.Subject, 2)
	if err := f.AcceptInvite(ctx, as("ben"), id); !errors.Is(err, access.NotFound) {
		t.Errorf("accepting again: %v, want NotFound", err)
	}
	last("accept", audit.Refused, as("ben").Subject, nobody, 0)
	_, _, err = f.CreateInvite(ctx, as("ana"), access.Invite{Statements: formed("x", "ACTIVE : *").Statements}, authz.InviteExpiry{})
	if !errors.Is(err, access.Forbidden) {
		t.Errorf("inviting without authority: %v, want Forbidden", err)
	}
	if e := f.last(t); e.Verb != "create" || e.Outcome != audit.Refused {
		t.Errorf("the last entry is %+v, want the refusal", e)
	}
	for _, e := range f.entries(t) {
		if text := fmt.Sprintf("%+v", e); strings.Contains(text, "inv_") {
			t.Errorf("the entry %s has an invite's id", text)
		}
	}
}
