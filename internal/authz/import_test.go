package authz_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/audit"
	"github.com/reeve-authz/reeve/internal/authz"
)

// TestImportInTheAuditTrail: each batch has one entry that names it and lists
// what it wrote, a batch that is refused one that says why, and one that is sent
// again none.
func TestImportInTheAuditTrail(t *testing.T) {
	f := newFixture(t, nil)
	batch := func(n int, lines ...any) authz.Batch {
		return authz.Batch{Import: "one", Number: n, Digest: []byte(fmt.Sprint(lines...)), First: 10, Lines: lines}
	}
	ana, ben := &access.User{ID: "ana"}, &access.User{ID: "ben"}
	first := len(f.entries(t))
	for _, b := range []authz.Batch{batch(1, ana), batch(1, ana), batch(2, ben, ana), batch(2, ben)} {
		if _, err := f.Import(t.Context(), f.owner, b); err != nil && !errors.Is(err, access.Conflict) {
			t.Fatal(err)
		}
	}
	var got []string
	for _, e := range f.entries(t)[first:] {
		got = append(got, fmt.Sprint(e.Verb, " ", e.Object, " ", e.Outcome, " ", e.Reason, " ", len(e.Writes)))
		if e.Actor != f.owner.Subject || e.Outcome == audit.Done && e.Writes[0].Kind != "user" {
			t.Errorf("the entry is %+v", e)
		}
	}
	want := []string{
		"import {import_batch one/1} done  2",
		`import {import_batch one/2} refused line 11: a user with the id "ana" exists already 0`,
		"import {import_batch one/2} done  2",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the entries are\n%q, want\n%q", got, want)
	}
}

// TestImportAmongWriters imports large batches while others write and take away,
// several at a time: whoever has an answer finds what it wrote, and nothing that
// was taken away comes back.
func TestImportAmongWriters(t *testing.T) {
	f := newFixture(t, nil)
	allowed := func(user string) bool {
		d, err := f.Check(t.Context(), f.owner, access.Query{
			Subject: access.Subject{Kind: access.UserKind, ID: user}, Permission: "read", Resource: "documents/1",
		})
		if err != nil {
			t.Error(err)
		}
		return d.Allowed
	}
	const batches, lines = 6, 300
	var all sync.WaitGroup
	for w := range 3 {
		all.Go(func() {
			for n := range batches {
				b := authz.Batch{Import: access.ImportID(fmt.Sprint(w)), Number: n + 1, Digest: []byte{1}, First: 1}
				for i := range lines {
					user := access.Subject{Kind: access.UserKind, ID: fmt.Sprint("i", w, "-", n, "-", i)}
					b.Lines = append(b.Lines, &access.Assign{Subject: user, Role: access.OwnerRole, Resource: "documents"})
				}
				if _, err := f.Import(t.Context(), f.owner, b); err != nil {
					t.Error(err)
				}
				for _, i := range []int{0, lines - 1} {
					if user := fmt.Sprint("i", w, "-", n, "-", i); !allowed(user) {
						t.Errorf("%s is denied after the import", user)
					}
				}
			}
		})
		all.Go(func() {
			for n := range 40 {
				id := access.RecordID(fmt.Sprint("r", w, "-", n))
				_, err := f.CreateRecord(t.Context(), f.owner, access.Record{
					ID: id, Name: "x", Subjects: []access.Subject{{Kind: access.UserKind, ID: string(id)}},
					Statements: []access.Statement{{Roles: []access.RoleID{access.OwnerRole}, Resources: []string{"documents"}}},
				})
				if err != nil || !allowed(string(id)) {
					t.Errorf("%s is denied after the write, %v", id, err)
				}
				if err := f.DeleteRecord(t.Context(), f.owner, id); err != nil || allowed(string(id)) {
					t.Errorf("%s is allowed after the record was deleted, %v", id, err)
				}
			}
		})
	}
	all.Wait()
	for w := range 3 {
		for n := range batches * lines {
			if user := fmt.Sprint("i", w, "-", n/lines, "-", n%lines); !allowed(user) {
				t.Errorf("%s is denied at the end", user)
			}
		}
		for n := range 40 {
			if user := fmt.Sprint("r", w, "-", n); allowed(user) {
				t.Errorf("%s is allowed at the end", user)
			}
		}
	}
}
