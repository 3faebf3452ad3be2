package authz_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/audit"
	"github.com/reeve-authz/reeve/internal/store"
)

// auditEventOf is an event of the organization, so long before the service's now.
func (c *clocked) auditEventOf(org access.OrganizationID, ago time.Duration) access.AuditEvent {
	return access.AuditEvent{
		Organization: org, Action: "a", Version: 1, Occurred: time.Unix(0, c.at.Load()).Add(-ago),
		Actor: access.AuditParty{ID: "u", Type: "user"}, Targets: []access.AuditParty{{ID: "t", Type: "team"}},
	}
}

// logged are the ids of what is stored of a log.
func (c *clocked) logged(t *testing.T, org access.OrganizationID) []string {
	t.Helper()
	var ids []string
	err := c.store.View(t.Context(), access.DefaultRealm, 0, func(r store.Reader) error {
		docs, err := r.List(store.ListQuery{Kind: store.AuditEvents.Kind, Index: store.ByOrganization, Value: string(org), Limit: 10_000})
		for _, d := range docs {
			ids = append(ids, d.ID)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func (c *clocked) newOrganization(t *testing.T) access.OrganizationID {
	t.Helper()
	org, err := c.CreateOrganization(t.Context(), c.owner, access.Organization{ID: c.NewOrganizationID(), Name: "Acme"})
	if err != nil {
		t.Fatal(err)
	}
	return org.ID
}

// TestOldAuditEventsGo: each new event takes along two of those that are kept no
// longer, and none of those that are.
func TestOldAuditEventsGo(t *testing.T) {
	c := newClocked(t)
	org, other := c.newOrganization(t), c.newOrganization(t)
	const day = 24 * time.Hour
	log := func(org access.OrganizationID, ago time.Duration) {
		t.Helper()
		if err := c.CreateAuditEvent(t.Context(), c.owner, c.auditEventOf(org, ago)); err != nil {
			t.Fatal(err)
		}
	}
	log(other, 300*day)
	for range 5 {
		log(org, 300*day)
	}
	log(org, 10*day)
	if err := c.SetAuditSettings(t.Context(), c.owner, org, access.AuditSettings{Days: 30}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{5, 4, 4, 5} { // 6 there were
		log(org, 0)
		if got := len(c.logged(t, org)); got != want {
			t.Errorf("after %d events there are %d, want %d", i+1, got, want)
		}
	}
	c.pass(20*day - time.Millisecond)
	log(org, 0)
	if got := len(c.logged(t, org)); got != 6 {
		t.Errorf("a moment before the 10 days are 30: %d events, want 6", got)
	}
	c.pass(2 * time.Millisecond)
	log(org, 0)
	if got := len(c.logged(t, org)); got != 6 {
		t.Errorf("a moment after: %d events, want 6", got)
	}
	if got := len(c.logged(t, other)); got != 1 {
		t.Errorf("another log has %d events, want 1", got)
	}
}

// TestAuditEventsInTheTrail: the server's own trail names each event and repeats
// nothing of it.
func TestAuditEventsInTheTrail(t *testing.T) {
	c := newClocked(t)
	org := c.newOrganization(t)
	if err := c.CreateAuditEvent(t.Context(), c.owner, c.auditEventOf(org, 0)); err != nil {
		t.Fatal(err)
	}
	entries := c.entries(t)
	entry, event := entries[len(entries)-1], c.logged(t, org)[0]
	want := audit.Entry{
		Revision: entry.Revision, Time: entry.Time, Actor: c.owner.Subject, Credential: c.owner.Credential, Verb: "create",
		Object: audit.Object{Kind: "audit_event", ID: event}, Writes: []audit.Write{{Kind: "audit_event", ID: event, To: entry.Revision}}, Outcome: audit.Done,
	}
	if fmt.Sprint(entry) != fmt.Sprint(want) {
		t.Errorf("the entry is %v, want %v", entry, want)
	}
	e := c.auditEventOf(org, 0)
	e.Targets = nil
	if err := c.CreateAuditEvent(t.Context(), c.owner, e); !errors.Is(err, access.Unprocessable) {
		t.Errorf("an event without targets: %v", err)
	}
	if entries = c.entries(t); entries[len(entries)-1].Outcome != audit.Refused || len(c.logged(t, org)) != 1 {
		t.Errorf("a refused event is %v", entries[len(entries)-1])
	}
}

// TestLinksToExportsEnd: ten minutes after the export was got, and a new one is to
// be had.
func TestLinksToExportsEnd(t *testing.T) {
	c := newClocked(t)
	org := c.newOrganization(t)
	now := time.Unix(0, c.at.Load())
	x, err := c.CreateAuditExport(t.Context(), c.owner, access.AuditExport{Organization: org, From: now.Add(-time.Hour), Until: now})
	if err != nil {
		t.Fatal(err)
	}
	get := func() string {
		t.Helper()
		_, secret, err := c.AuditExport(t.Context(), c.owner, x.ID)
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	first := get()
	c.pass(5 * time.Minute)
	second := get()
	for _, tt := range []struct {
		pass          time.Duration
		first, second bool
	}{{0, true, true}, {5*time.Minute - time.Second, true, true}, {time.Second, false, true}, {5 * time.Minute, false, false}} {
		c.pass(tt.pass)
		for secret, want := range map[string]bool{first: tt.first, second: tt.second} {
			if _, err := c.OpenAuditExport(t.Context(), x.ID, secret); (err == nil) != want || err != nil && !errors.Is(err, access.NotFound) {
				t.Errorf("%v later: got %v, want it open: %t", tt.pass, err, want)
			}
		}
	}
	if _, err := c.OpenAuditExport(t.Context(), x.ID, get()); err != nil {
		t.Errorf("a new link: %v", err)
	}
}

// TestLinkEndsWithItsKey: what an API key got is not to be had when the key has
// ended or is deleted, be its client there or not.
func TestLinkEndsWithItsKey(t *testing.T) {
	c := newClocked(t)
	org := c.newOrganization(t)
	now := time.Unix(0, c.at.Load())
	x, err := c.CreateAuditExport(t.Context(), c.owner, access.AuditExport{Organization: org, From: now.Add(-time.Hour), Until: now})
	if err != nil {
		t.Fatal(err)
	}
	get := func(expires time.Time) (access.APIKeyID, string) {
		t.Helper()
		key, _, err := c.CreateAPIKey(t.Context(), c.owner, access.APIKey{Name: "x", Client: access.ClientID(c.owner.Subject.ID), Expires: expires}, nil)
		if err != nil {
			t.Fatal(err)
		}
		caller := c.owner
		caller.Credential = string(key.ID)
		_, secret, err := c.AuditExport(t.Context(), caller, x.ID)
		if err != nil {
			t.Fatal(err)
		}
		return key.ID, secret
	}
	_, ending := get(now.Add(5 * time.Minute))
	deleted, gone := get(time.Time{})
	_, lasting := get(time.Time{})
	open := func(when string, secret string, want bool) {
		t.Helper()
		if _, err := c.OpenAuditExport(t.Context(), x.ID, secret); (err == nil) != want || err != nil && !errors.Is(err, access.NotFound) {
			t.Errorf("%s: got %v, want it open: %t", when, err, want)
		}
	}
	c.pass(5*time.Minute - time.Second)
	open("before its key ends", ending, true)
	open("before its key is deleted", gone, true)
	c.pass(time.Second)
	if err := c.DeleteAPIKey(t.Context(), c.owner, deleted); err != nil {
		t.Fatal(err)
	}
	open("when its key has ended", ending, false)
	open("when its key is deleted", gone, false)
	open("when other keys have gone", lasting, true)
}

// TestDeletingALongAuditLog: a deleted organization leaves nothing of its log, and
// no commit removes very much at once. Who may not delete it removes nothing.
func TestDeletingALongAuditLog(t *testing.T) {
	c := newClocked(t)
	org := c.newOrganization(t)
	const n = 1100 // three commits
	_, err := c.store.Update(t.Context(), access.DefaultRealm, func(tx store.Tx) error {
		for i := range n {
			e := c.auditEventOf(org, 0)
			e.ID = access.AuditEventID(fmt.Sprint(access.AuditEventPlace(e.Occurred), i))
			if _, err := store.AuditEvents.Put(tx, string(e.ID), &e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetAuditSettings(t.Context(), c.owner, org, access.AuditSettings{Days: 30}); err != nil {
		t.Fatal(err)
	}
	x, err := c.CreateAuditExport(t.Context(), c.owner, access.AuditExport{Organization: org, From: time.Unix(1, 0), Until: time.Unix(2, 0)})
	if err != nil {
		t.Fatal(err)
	}
	stranger := access.Caller{Realm: access.DefaultRealm, Subject: access.Subject{Kind: access.ClientKind, ID: "stranger"}}
	if err := c.DeleteOrganization(t.Context(), stranger, org); !errors.Is(err, access.Forbidden) {
		t.Errorf("a stranger deletes it: %v", err)
	}
	if got := len(c.logged(t, org)); got != n {
		t.Fatalf("after that there are %d events, want %d", got, n)
	}
	if err := c.DeleteOrganization(t.Context(), c.owner, org); err != nil {
		t.Fatal(err)
	}
	if got := len(c.logged(t, org)); got != 0 {
		t.Errorf("%d events are left", got)
	}
	for _, entry := range c.entries(t) {
		if len(entry.Writes) > 500 {
			t.Errorf("a commit wrote %d documents", len(entry.Writes))
		}
	}
	err = c.store.View(t.Context(), access.DefaultRealm, 0, func(r store.Reader) error {
		if _, err := r.Get(store.AuditExports.Kind, string(x.ID)); !errors.Is(err, access.NotFound) {
			t.Errorf("its export is left: %v", err)
		}
		if _, err := r.Get(store.AuditSettings.Kind, string(org)); !errors.Is(err, access.NotFound) {
			t.Errorf("its settings are left: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
