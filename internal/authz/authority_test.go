package authz_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/authz"
)

// wideRecord is as much as fits into a record: a thousand users hold a hundred
// roles on a hundred resources by each of its statements.
func wideRecord(id access.RecordID, statements int) access.Record {
	rec := access.Record{ID: id, Name: "x"}
	for i := range access.MaxRecordUsers {
		rec.Subjects = append(rec.Subjects, access.Subject{Kind: access.UserKind, ID: fmt.Sprint("u", i)})
	}
	for i := range statements {
		st := access.Statement{}
		for n := range 100 {
			st.Roles = append(st.Roles, access.RoleID(fmt.Sprint("r", n)))
			st.Resources = append(st.Resources, fmt.Sprintf("t/%d/%d", i, n))
		}
		rec.Statements = append(rec.Statements, st)
	}
	return rec
}

// TestWideRecordsAreCompared: the work of comparing what a record gave and gives
// does not grow with the product of its lists. (With the product, this test
// takes minutes.)
func TestWideRecordsAreCompared(t *testing.T) {
	f := newFixture(t, nil)
	ctx := t.Context()
	rec := wideRecord("r1", 16)
	if _, err := f.CreateRecord(ctx, f.owner, rec); err != nil {
		t.Fatal(err)
	}
	admin := as("adm")
	rec.Admins = []access.Subject{admin.Subject}
	if _, err := f.UpdateRecord(ctx, f.owner, rec, authz.Unmodified{}); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := f.UpdateRecord(ctx, admin, rec, authz.Unmodified{}); err != nil {
			t.Errorf("changing nothing: %v", err)
		}
	}
	last := &rec.Statements[15]
	last.Roles = append(last.Roles[:99:99], "r_new")
	if _, err := f.UpdateRecord(ctx, admin, rec, authz.Unmodified{}); !errors.Is(err, access.Forbidden) {
		t.Errorf("adding a role in the last statement: %v, want Forbidden", err)
	}
}

// TestAuthorityIsComparedBySubject goes through the ways in which one statement
// may take over from others.
func TestAuthorityIsComparedBySubject(t *testing.T) {
	user := func(ids ...string) (subjects []access.Subject) {
		for _, id := range ids {
			subjects = append(subjects, access.Subject{Kind: access.UserKind, ID: id})
		}
		return subjects
	}
	st := func(subjects []access.Subject, roles []access.RoleID, resources ...string) access.Statement {
		return access.Statement{Subjects: subjects, Roles: roles, Resources: resources}
	}
	a, b, ab := []access.RoleID{"a"}, []access.RoleID{"b"}, []access.RoleID{"a", "b"}
	f := newFixture(t, nil)
	for n, tt := range []struct {
		what   string
		before []access.Statement
		now    []access.Statement
		ok     bool
	}{
		{"split in two", []access.Statement{st(user("u", "v"), ab, "x", "y")},
			[]access.Statement{st(user("u"), a, "x"), st(user("v"), b, "y")}, true},
		{"joined, each with what both had", []access.Statement{st(user("u"), a, "x"), st(user("v"), a, "x")},
			[]access.Statement{st(user("u", "v"), a, "x")}, true},
		{"joined, each with what one had", []access.Statement{st(user("u"), a, "x"), st(user("v"), b, "x")},
			[]access.Statement{st(user("u", "v"), ab, "x")}, false},
		{"resources joined", []access.Statement{st(user("u"), a, "x"), st(user("u"), b, "y")},
			[]access.Statement{st(user("u"), ab, "x", "y")}, false},
		{"swapped", []access.Statement{st(user("u"), a, "x"), st(user("v"), a, "y")},
			[]access.Statement{st(user("v"), a, "x"), st(user("u"), a, "y")}, false},
		{"in another order and spelling", []access.Statement{st(user("u"), ab, "x", "y")},
			[]access.Statement{st(user("u"), []access.RoleID{"b", "a"}, "/y/", "/x")}, true},
		{"twice", []access.Statement{st(user("u"), a, "x")},
			[]access.Statement{st(user("u"), a, "x", "x"), st(user("u"), a, "x")}, true},
		{"one of three statements widened", []access.Statement{st(user("u"), a, "x"), st(user("v"), a, "x"), st(user("w"), b, "x")},
			[]access.Statement{st(user("u"), a, "x"), st(user("v"), a, "x"), st(user("w"), ab, "x")}, false},
	} {
		id := access.RecordID(fmt.Sprint("r", n))
		admin := as("adm")
		rec := access.Record{ID: id, Name: "x", Admins: []access.Subject{admin.Subject}, Statements: tt.before}
		if _, err := f.CreateRecord(t.Context(), f.owner, rec); err != nil {
			t.Fatal(err)
		}
		rec.Statements = tt.now
		_, err := f.UpdateRecord(t.Context(), admin, rec, authz.Unmodified{})
		if (err == nil) != tt.ok || err != nil && !errors.Is(err, access.Forbidden) && !errors.Is(err, access.NotFound) {
			t.Errorf("%s: %v, want it allowed %v", tt.what, err, tt.ok)
		}
	}
}
