package authz_test

import (
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

// history writes commits of its own making, as no operation need do.
type history struct {
	*fixture
	t testing.TB
}

func newHistory(t *testing.T) history { return history{newFixture(t, nil), t} }

// commit makes one commit at a time, with an audit entry.
func (h history) commit(at time.Time, fn func(*log)) access.Revision {
	h.t.Helper()
	rev, err := h.store.Update(h.t.Context(), access.DefaultRealm, func(tx store.Tx) error {
		l := &log{tx: tx, t: h.t}
		fn(l)
		entry := audit.Entry{Revision: tx.Next(), Time: at, Actor: access.Subject{Kind: access.UserKind, ID: "ana"}, Verb: "test", Outcome: audit.Done, Writes: l.made}
		_, err := store.Audit.Put(tx, audit.ID(tx.Next()), &entry)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.feed.Reach(access.DefaultRealm, rev)
	return rev
}

// log notes what a commit writes.
type log struct {
	tx   store.Tx
	t    testing.TB
	made []audit.Write
}

func write[T any](l *log, table store.Table[T], id string, doc *T) {
	l.t.Helper()
	w := audit.Write{Kind: string(table.Kind), ID: id}
	var err error
	if doc == nil {
		w.From, err = table.Delete(l.tx, id)
	} else {
		w.From, err = table.Put(l.tx, id, doc)
		w.To = l.tx.Next()
	}
	if err != nil {
		l.t.Fatal(err)
	}
	l.made = append(l.made, w)
}

// all are the events of a query, page by page.
func (h history) all(q authz.EventQuery) []access.Event {
	h.t.Helper()
	if q.Limit == 0 {
		q.Limit = 100
	}
	var all []access.Event
	for range 1000 {
		page, err := h.Events(h.t.Context(), h.owner, q)
		if err != nil {
			h.t.Fatalf("%+v: %v", q, err)
		}
		all = append(all, page.Items...)
		if page.Next == "" {
			return all
		}
		q.After = access.EventID(page.Next)
	}
	h.t.Fatalf("%+v: the pages do not end", q)
	return nil
}

func told(events []access.Event) string {
	var names []string
	for _, e := range events {
		names = append(names, string(e.Name))
	}
	return strings.Join(names, " ")
}

// noon is of a day after the first start.
var noon = time.Date(2100, 1, 2, 12, 0, 0, 0, time.UTC)

// everything names all events.
var everything = slices.Concat(access.UsualEvents(), access.NamedEvents())

func TestEventsOfDomains(t *testing.T) {
	h := newHistory(t)
	org := access.Organization{ID: "org_1", Name: "Acme", Root: "r", Created: noon}
	d := func(id string, s access.DomainState) access.Domain {
		return access.Domain{ID: id, Name: id + ".com", State: s, Created: noon}
	}
	retold := func(of access.Domain) access.Domain { of.Token = "other"; return of }
	const pending, verified, failed = access.DomainPending, access.DomainVerified, access.DomainFailed
	var since access.EventID
	for _, tt := range []struct {
		domains []access.Domain
		want    string
	}{
		{nil, "organization.created"},
		{[]access.Domain{d("a", pending)}, "organization_domain.created"},
		{[]access.Domain{d("a", pending)}, ""},
		{[]access.Domain{d("a", verified)}, "organization_domain.verified"},
		{[]access.Domain{d("a", verified), d("b", pending), d("c", verified)}, "organization_domain.created organization_domain.created"},
		{[]access.Domain{d("a", verified), d("b", failed), d("c", pending)}, "organization_domain.verification_failed organization_domain.updated"},
		{[]access.Domain{d("a", verified), retold(d("b", failed)), d("d", pending)}, "organization_domain.deleted organization_domain.updated organization_domain.created"},
		{[]access.Domain{d("d", pending), retold(d("b", failed)), d("a", verified)}, ""},
		{nil, "organization_domain.deleted organization_domain.deleted organization_domain.deleted"},
	} {
		org.Domains = tt.domains
		org.Updated = org.Updated.Add(time.Second)
		h.commit(noon, func(l *log) { write(l, store.Organizations, "org_1", &org) })
		got := h.all(authz.EventQuery{After: since, Names: everything})
		if len(got) > 0 && since == "" { // with those of the first start
			got = got[len(got)-1:]
		}
		if told(got) != tt.want {
			t.Errorf("%v: got %q, want %q", tt.domains, told(got), tt.want)
		}
		if len(got) > 0 {
			since = got[len(got)-1].ID
		}
		for _, e := range got {
			if e.Organization != "org_1" {
				t.Errorf("%s belongs to %q, want its organization", e.Name, e.Organization)
			}
		}
	}
	h.commit(noon, func(l *log) { write(l, store.Organizations, "org_1", nil) })
	if got := h.all(authz.EventQuery{After: since}); told(got) != "organization.deleted" || got[0].Object.(*access.Organization).Name != "Acme" {
		t.Errorf("got %q %+v, want organization.deleted with what was there", told(got), got)
	}
	// A page may end between events of one write.
	all := told(h.all(authz.EventQuery{}))
	if got := told(h.all(authz.EventQuery{Limit: 1})); got != all {
		t.Errorf("one by one: got %q, want %q", got, all)
	}
	backwards := h.all(authz.EventQuery{Limit: 1, Descending: true})
	slices.Reverse(backwards)
	if got := told(backwards); got != all {
		t.Errorf("one by one and backwards: got %q, want %q", got, all)
	}
}

// TestEventsOfAssignmentsAlone: a commit that changes what memberships show
// without writing them is an event of each, once.
func TestEventsOfAssignmentsAlone(t *testing.T) {
	h := newHistory(t)
	org := access.Organization{ID: "org_1", Name: "Acme", Root: "root"}
	root := access.Resource{ID: "root", Type: access.OrganizationType, Organization: "org_1"}
	other := access.Resource{ID: "other", ExternalID: "x", Type: "project", Organization: "org_1", Parent: "root"}
	on := func(id, m string, role access.RoleID, res access.ResourceID) *access.Assignment {
		return &access.Assignment{ID: access.AssignmentID(id), Subject: access.Subject{Kind: access.MembershipKind, ID: m}, Role: role, Resource: res, Organization: "org_1"}
	}
	h.commit(noon, func(l *log) {
		write(l, store.Organizations, "org_1", &org)
		write(l, store.Resources, "root", &root)
		write(l, store.Resources, "other", &other)
		for _, m := range []string{"om_1", "om_2"} {
			write(l, store.Memberships, m, &access.Membership{ID: access.MembershipID(m), Organization: "org_1", User: m, Status: access.MembershipActive})
			write(l, store.Assignments, "a_"+m, on("a_"+m, m, "member", "root"))
		}
		write(l, store.Roles, "editor", &access.Role{ID: "editor", UID: "role_2"})
	})
	since := h.all(authz.EventQuery{Names: everything})
	after := since[len(since)-1].ID
	does := func(want string, fn func(*log)) []access.Event {
		t.Helper()
		h.commit(noon, fn)
		got := h.all(authz.EventQuery{After: after, Names: everything})
		if told(got) != want {
			t.Errorf("got %q, want %q", told(got), want)
		}
		if len(got) > 0 {
			after = got[len(got)-1].ID
		}
		return got
	}
	// Another role in the place of one, of two memberships.
	got := does("role_assignment.deleted organization_membership.updated role_assignment.created role_assignment.deleted organization_membership.updated role_assignment.created", func(l *log) {
		for _, m := range []string{"om_1", "om_2"} {
			write(l, store.Assignments, "a_"+m, nil)
			write(l, store.Assignments, "b_"+m, on("b_"+m, m, "editor", "root"))
		}
	})
	if m := got[1].Object.(*access.MembershipRoles); m.ID != "om_1" || !slices.Equal(m.Roles, []access.RoleID{"editor"}) {
		t.Errorf("the event shows %+v, want om_1 as editor", m)
	}
	// The same role by another assignment shows nothing new.
	does("role_assignment.deleted role_assignment.created", func(l *log) {
		write(l, store.Assignments, "b_om_1", nil)
		write(l, store.Assignments, "c_om_1", on("c_om_1", "om_1", "editor", "root"))
	})
	// A role elsewhere is none of the organization's.
	does("role_assignment.created", func(l *log) { write(l, store.Assignments, "d", on("d", "om_1", "editor", "other")) })
	// One that the commit writes itself, or removes, is told once.
	does("role_assignment.deleted organization_membership.updated", func(l *log) {
		write(l, store.Assignments, "c_om_1", nil)
		write(l, store.Memberships, "om_1", &access.Membership{ID: "om_1", Organization: "org_1", User: "om_1", Status: access.MembershipInactive})
	})
	does("role_assignment.deleted organization_membership.deleted", func(l *log) {
		write(l, store.Assignments, "b_om_2", nil)
		write(l, store.Memberships, "om_2", nil)
	})
	// Whatever else is asked for, an event has its one id.
	for _, e := range h.all(authz.EventQuery{Names: everything}) {
		alone := h.all(authz.EventQuery{Names: []access.EventName{e.Name}})
		if !slices.ContainsFunc(alone, func(a access.Event) bool { return a.ID == e.ID }) {
			t.Errorf("%s is not among those of its name alone", e.Name)
		}
		if got, ok, err := h.EventAt(t.Context(), access.DefaultRealm, e.ID); !ok || err != nil || got.Name != e.Name {
			t.Errorf("by its id, %s is %+v, %v, %v", e.Name, got, ok, err)
		}
	}
}

// TestEventsReachIsBounded: many commits that are no event are passed over in
// several pages, each of which says where to go on.
func TestEventsReachIsBounded(t *testing.T) {
	h := newHistory(t)
	const commits = 2_010 // each with its one write counts twice: what is looked at is 2,000 for a page
	begun := h.all(authz.EventQuery{Names: everything})
	for i := range commits {
		h.commit(noon.Add(time.Duration(i)*time.Second), func(l *log) {
			write(l, store.Settings, "documents", &access.ResourceSettings{})
		})
	}
	h.commit(noon.Add(24*time.Hour), func(l *log) {
		write(l, store.Users, "ana", &access.User{ID: "ana"})
	})
	q := authz.EventQuery{Names: []access.EventName{access.UserCreated}, Limit: 10}
	empty := 0
	for {
		page, err := h.Events(t.Context(), h.owner, q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Items) == 1 {
			break
		}
		if page.Next == "" {
			t.Fatal("the pages end before the event")
		}
		empty++
		q.After = access.EventID(page.Next)
	}
	if empty != 2 {
		t.Errorf("%d pages passed over %d commits, want 2", empty, commits)
	}
	// A range begins where it begins, however far that is.
	page, err := h.Events(t.Context(), h.owner, authz.EventQuery{From: noon.Add(23 * time.Hour), Limit: 10})
	if err != nil || told(page.Items) != "user.created" || page.Next != "" {
		t.Errorf("from the last hour on: got %q, then %q, %v; want the one event", told(page.Items), page.Next, err)
	}
	page, err = h.Events(t.Context(), h.owner, authz.EventQuery{Until: noon, Names: everything, Descending: true, Limit: 100})
	slices.Reverse(page.Items)
	if err != nil || told(page.Items) != told(begun) {
		t.Errorf("until noon: got %q, %v; want %q", told(page.Items), err, told(begun))
	}
	last := h.all(authz.EventQuery{Descending: true, Names: everything})
	if len(last) != len(begun)+1 || last[0].Name != access.UserCreated {
		t.Errorf("backwards: got %d events, want %d", len(last), len(begun)+1)
	}
}

func TestEventsOfAnActorWithAName(t *testing.T) {
	h := newHistory(t)
	h.commit(noon, func(l *log) { write(l, store.Users, "ana", &access.User{ID: "ana", Name: "Ana"}) })
	got := h.all(authz.EventQuery{Names: []access.EventName{access.UserCreated}})
	if want := (access.EventActor{ID: "ana", Name: "Ana"}); len(got) != 1 || got[0].Actor != want {
		t.Errorf("got %+v, want one event by %+v", got, want)
	}
}

// TestEventsArePruned: what the store has forgotten is told no more, and is no
// error.
func TestEventsArePruned(t *testing.T) {
	h := newHistory(t)
	for i := range 3 {
		h.commit(noon, func(l *log) { write(l, store.Users, fmt.Sprint("u", i), &access.User{ID: fmt.Sprint("u", i)}) })
	}
	rev := h.commit(noon, func(l *log) { write(l, store.Users, "u0", nil) })
	if err := h.store.Prune(t.Context(), access.DefaultRealm, rev-1); err != nil {
		t.Fatal(err)
	}
	if got := told(h.all(authz.EventQuery{})); got != "user.created user.deleted" {
		t.Errorf("got %q, want what is kept in both states", got)
	}
}

// TestEventAt finds each event by its id, and nothing by another.
func TestEventAt(t *testing.T) {
	h := newHistory(t)
	h.commit(noon, func(l *log) {
		for i := range 3 {
			write(l, store.Users, fmt.Sprint("u", i), &access.User{ID: fmt.Sprint("u", i)})
		}
	})
	all := h.all(authz.EventQuery{Names: everything})
	for _, want := range all {
		got, ok, err := h.EventAt(t.Context(), access.DefaultRealm, want.ID)
		if err != nil || !ok || got.ID != want.ID || got.Name != want.Name {
			t.Errorf("%s: got %+v, %v, %v", want.ID, got, ok, err)
		}
	}
	for _, none := range []access.EventID{"", "event_x", all[0].ID[:31] + "7", access.EventID("event_01" + strings.Repeat("0", 24)), access.EventID("event_0" + strings.Repeat("Z", 25))} {
		if got, ok, err := h.EventAt(t.Context(), access.DefaultRealm, none); ok || err != nil {
			t.Errorf("%s: got %+v, %v; want none", none, got, err)
		}
	}
}
