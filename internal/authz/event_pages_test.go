package authz_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/authz"
	"github.com/reeve-authz/reeve/internal/store"
)

// weighed counts what views read of a store.
type weighed struct {
	store.Store
	docs, bytes atomic.Int64
}

func (w *weighed) View(ctx context.Context, realm access.RealmID, at access.Revision, fn func(store.Reader) error) error {
	return w.Store.View(ctx, realm, at, func(r store.Reader) error { return fn(weighedReader{r, w}) })
}

func (w *weighed) read(docs ...store.Document) {
	w.docs.Add(1) // also for what is not found
	for _, d := range docs {
		w.docs.Add(1)
		w.bytes.Add(int64(len(d.Body)))
	}
}

type weighedReader struct {
	store.Reader
	by *weighed
}

func (r weighedReader) Get(kind store.Kind, id string) (store.Document, error) {
	d, err := r.Reader.Get(kind, id)
	r.by.read(d)
	return d, err
}

func (r weighedReader) List(q store.ListQuery) ([]store.Document, error) {
	docs, err := r.Reader.List(q)
	r.by.read(docs...)
	return docs, err
}

// swaps are two large commits, each of which takes a role on the organization from
// every membership, and after that gives every one another role.
type swaps struct {
	history
	*weighed
	before access.EventID // the last event before both
	second access.EventID // the last one of the first
}

func newSwaps(t *testing.T, memberships int) *swaps {
	s := &swaps{weighed: &weighed{}}
	s.history = history{newFixture(t, func(st store.Store) store.Store { s.Store = st; return s.weighed }), t}
	write1 := func(l *log, m int, role access.RoleID) {
		id := access.AssignmentID(fmt.Sprint("a_", role, m))
		write(l, store.Assignments, string(id), &access.Assignment{
			ID: id, Subject: access.Subject{Kind: access.MembershipKind, ID: fmt.Sprint("om_", m)}, Role: role, Resource: "root", Organization: "org_1",
		})
	}
	s.commit(noon, func(l *log) {
		write(l, store.Organizations, "org_1", &access.Organization{ID: "org_1", Root: "root"})
		write(l, store.Resources, "root", &access.Resource{ID: "root", Organization: "org_1", Type: access.OrganizationType})
		for _, role := range []access.RoleID{"a", "b", "c"} {
			write(l, store.Roles, string(role), &access.Role{ID: role, UID: "role_" + string(role)})
		}
		for m := range memberships {
			id := access.MembershipID(fmt.Sprint("om_", m))
			write(l, store.Memberships, string(id), &access.Membership{ID: id, Organization: "org_1", User: string(id), Status: access.MembershipActive})
			write1(l, m, "a")
		}
	})
	swap := func(from, to access.RoleID) access.EventID {
		all, err := s.Events(t.Context(), s.owner, authz.EventQuery{Names: everything, Descending: true, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		s.commit(noon, func(l *log) {
			for m := range memberships {
				write(l, store.Assignments, fmt.Sprint("a_", from, m), nil)
			}
			for m := range memberships {
				write1(l, m, to)
			}
		})
		return all.Items[0].ID
	}
	s.before = swap("a", "b")
	s.second = swap("b", "c")
	return s
}

// follower is told as an endpoint is.
type follower struct {
	names []access.EventName
	after access.EventID
	told  []access.Event
}

// step has it told some more, and reports whether there was any.
func (f *follower) step(s *swaps) bool {
	s.t.Helper()
	events, upTo, err := s.EventsAfter(s.t.Context(), access.DefaultRealm, f.after, f.names, 20)
	if err != nil {
		s.t.Fatal(err)
	}
	more := upTo != f.after
	f.after, f.told = upTo, append(f.told, events...)
	return more
}

// TestLargeCommitsAreToldOnce: every membership whose role changed is told of once,
// at the same place however large the pages are, and in whatever direction.
func TestLargeCommitsAreToldOnce(t *testing.T) {
	const n = 25 // twice as many writes, of which 20 are read at a time
	s := newSwaps(t, n)
	whole := s.all(authz.EventQuery{After: s.before, Names: everything, Limit: 10 * n})
	updated := map[string]int{}
	for _, e := range whole {
		if m, ok := e.Object.(*access.MembershipRoles); ok && len(m.Roles) == 1 {
			updated[fmt.Sprint(m.ID, " is ", m.Roles[0])]++
		}
	}
	if len(whole) != 6*n || len(updated) != 2*n {
		t.Errorf("there are %d events, and %d of them about roles; want %d and %d", len(whole), len(updated), 6*n, 2*n)
	}
	same := func(how string, got []access.Event) {
		t.Helper()
		if !slices.EqualFunc(got, whole, func(a, b access.Event) bool { return a.ID == b.ID && a.Name == b.Name }) {
			t.Errorf("%s: %d events are not the %d of one page", how, len(got), len(whole))
		}
	}
	same("7 at a time", s.all(authz.EventQuery{After: s.before, Names: everything, Limit: 7}))
	back := s.all(authz.EventQuery{Names: everything, Limit: 7, Descending: true})
	slices.Reverse(back)
	same("7 at a time, backwards", back[len(back)-len(whole):])
	f := &follower{names: everything, after: s.before}
	for f.step(s) {
	}
	same("to an endpoint", f.told)
	// One event by its id costs what that one costs, not the whole commit.
	s.docs.Store(0)
	if e, ok, err := s.EventAt(t.Context(), access.DefaultRealm, whole[1].ID); !ok || err != nil || e.ID != whole[1].ID {
		t.Errorf("by its id: %+v, %v, %v", e, ok, err)
	}
	if docs := s.docs.Load(); docs > 50 {
		t.Errorf("one event by its id takes %d reads", docs)
	}
}

// TestTellingALargeCommitIsLinear: three times the writes take three times the
// reading, page after page, and not nine times: neither of what the writes are
// about nor of the audit entry.
func TestTellingALargeCommitIsLinear(t *testing.T) {
	const n = 101 // twice as many writes: enough to be remembered
	updates := []access.EventName{access.MembershipUpdated}
	small, large := newSwaps(t, n), newSwaps(t, 3*n)
	for _, tt := range []struct {
		name string
		tell func(*swaps)
	}{
		{"to two endpoints that are at different commits", func(s *swaps) {
			a, b := &follower{names: updates, after: s.before}, &follower{names: updates, after: s.second}
			for b.step(s) {
				a.step(s)
			}
		}},
		{"in pages, the newest first", func(s *swaps) {
			s.all(authz.EventQuery{Names: updates, Limit: 20, Descending: true})
		}},
	} {
		weigh := func(s *swaps) (docs, bytes int64) {
			s.docs.Store(0)
			s.bytes.Store(0)
			tt.tell(s)
			return s.docs.Load(), s.bytes.Load()
		}
		docs, bytes := weigh(small)
		manyDocs, manyBytes := weigh(large)
		if docs == 0 || manyDocs > 4*docs {
			t.Errorf("%s: %d and %d reads", tt.name, docs, manyDocs)
		}
		if manyBytes > 4*bytes {
			t.Errorf("%s: %d and %d bytes read", tt.name, bytes, manyBytes)
		}
	}
}
