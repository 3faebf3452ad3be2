package authz_test

import (
	"errors"
	"fmt"
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
