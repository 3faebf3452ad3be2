package authz_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/authn"
	"github.com/reeve-authz/reeve/internal/authz"
	"github.com/reeve-authz/reeve/internal/feed"
	"github.com/reeve-authz/reeve/internal/store"
	"github.com/reeve-authz/reeve/internal/store/sqlite"
)

// clocked is a Service whose time stands still until a test moves it.
type clocked struct {
	*fixture
	at atomic.Int64 // nanoseconds since 1970
}

func (c *clocked) pass(d time.Duration) { c.at.Add(int64(d)) }

func newClocked(t *testing.T) *clocked {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	dir, log := authn.NewDirectory(), slog.New(slog.DiscardHandler)
	f, err := feed.Open(t.Context(), feed.Config{Store: st, Log: log, Listeners: []feed.Listener{dir.Update}})
	if err != nil {
		t.Fatal(err)
	}
	c := &clocked{}
	c.at.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano())
	svc := authz.New(authz.Config{Store: st, Feed: f, Directory: dir, Log: log, Now: func() time.Time { return time.Unix(0, c.at.Load()) }})
	b, err := svc.NewBootstrap(authz.Bootstrap{})
	if err != nil {
		t.Fatal(err)
	}
	if err := svc.CreateRealm(t.Context(), access.DefaultRealm, b); err != nil {
		t.Fatal(err)
	}
	key, err := authn.ParseAccessKey(b.AccessKey)
	if err != nil {
		t.Fatal(err)
	}
	c.fixture = &fixture{svc, st, f, access.Caller{
		Realm: access.DefaultRealm, Subject: access.Subject{Kind: access.ClientKind, ID: string(key.Client)}, Credential: "key_1",
	}}
	return c
}

func (c *clocked) revision(t *testing.T) access.Revision {
	t.Helper()
	heads, err := c.store.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return heads[access.DefaultRealm]
}

// TestUseOfAKeyIsKeptOnceAMinute: and is no news for the audit trail.
func TestUseOfAKeyIsKeptOnceAMinute(t *testing.T) {
	c := newClocked(t)
	ctx := t.Context()
	org, err := c.CreateOrganization(ctx, c.owner, access.Organization{Name: "Acme"})
	if err != nil {
		t.Fatal(err)
	}
	end := time.Unix(0, c.at.Load()).Add(time.Hour)
	key, secret, err := c.CreateCustomerKey(ctx, c.owner, access.CustomerKey{Name: "x", Organization: org.ID, Expires: end})
	if err != nil {
		t.Fatal(err)
	}
	entries, rev := len(c.entries(t)), c.revision(t)
	for _, tt := range []struct {
		pass    time.Duration
		commits access.Revision // since the key was made
	}{{0, 1}, {0, 1}, {59 * time.Second, 1}, {time.Second, 2}, {time.Second, 2}, {10 * time.Minute, 3}} {
		c.pass(tt.pass)
		got, err := c.ValidateCustomerKey(ctx, c.owner, secret)
		if err != nil || got == nil || got.ID != key.ID || got.LastUsed.IsZero() {
			t.Fatalf("after another %v: %+v, %v; want the key", tt.pass, got, err)
		}
		if kept, err := c.OrganizationKeys(ctx, c.owner, org.ID, authz.Window{Limit: 1}); err != nil || kept.Items[0].LastUsed != got.LastUsed {
			t.Errorf("after another %v: told the last use %v, and kept %+v, %v", tt.pass, got.LastUsed, kept, err)
		}
		if n := c.revision(t) - rev; n != tt.commits {
			t.Errorf("after another %v: %d commits, want %d", tt.pass, n, tt.commits)
		}
	}
	if n := len(c.entries(t)); n != entries {
		t.Errorf("validations left %d audit entries", n-entries)
	}
	keys, err := c.OrganizationKeys(ctx, c.owner, org.ID, authz.Window{Limit: 10})
	if err != nil || len(keys.Items) != 1 || !keys.Items[0].LastUsed.Equal(time.Unix(0, c.at.Load())) || !keys.Items[0].Updated.Equal(key.Updated) {
		t.Errorf("listed %+v, %v; want the last use, and the key unchanged", keys, err)
	}
	c.pass(end.Sub(time.Unix(0, c.at.Load())) - time.Millisecond)
	if got, err := c.ValidateCustomerKey(ctx, c.owner, secret); err != nil || got == nil {
		t.Errorf("just before its end: %v, %v; want the key", got, err)
	}
	c.pass(time.Millisecond)
	if got, err := c.ValidateCustomerKey(ctx, c.owner, secret); err != nil || got != nil {
		t.Errorf("at its end: %v, %v; want none", got, err)
	}
	if err := c.DeleteCustomerKey(ctx, c.owner, key.ID); err != nil {
		t.Fatal(err)
	}
	if n := c.documents(t, store.KeyUses.Kind); n != 0 {
		t.Errorf("%d uses are left of a key that is gone", n)
	}
}

// TestAnswersAreKeptForADay: the first one, and no longer; what is past goes as
// new ones come.
func TestAnswersAreKeptForADay(t *testing.T) {
	c := newClocked(t)
	ctx := t.Context()
	entries := len(c.entries(t))
	key := func(i int) []byte { return fmt.Appendf(nil, "key %d", i) }
	keep := func(i, status int) {
		c.KeepAnswer(ctx, c.owner, access.Answer{Key: key(i), Request: []byte("r"), Status: status, Type: "t", Body: []byte("b")})
	}
	want := func(i, status int) {
		t.Helper()
		a, ok, err := c.KeptAnswer(ctx, c.owner, key(i))
		if err != nil || ok != (status != 0) || ok && (a.Status != status || a.Type != "t" || !bytes.Equal(a.Body, []byte("b"))) {
			t.Errorf("the answer %d is %+v, %t, %v; want the status %d", i, a, ok, err, status)
		}
	}
	want(0, 0)
	for i := range 10 {
		keep(i, 200)
	}
	keep(3, 201) // the first stays
	want(3, 200)
	other := c.owner
	other.Realm = "other"
	if _, ok, err := c.KeptAnswer(ctx, other, key(3)); ok || err != nil {
		t.Errorf("another realm has the answer: %t, %v", ok, err)
	}
	c.pass(24*time.Hour - time.Millisecond)
	want(3, 200)
	c.pass(time.Millisecond)
	want(3, 0)
	keep(3, 202)
	want(3, 202)
	if n := c.documents(t, store.Answers.Kind); n != 7 {
		t.Errorf("%d answers are left, want 7: four of ten are gone, one is new", n)
	}
	keep(9, 203) // while the one of the day before is still there
	want(9, 203)
	keep(10, 200)
	if n := c.documents(t, store.Answers.Kind); n != 3 {
		t.Errorf("%d answers are left, want the three new ones", n)
	}
	want(3, 202)
	if n := len(c.entries(t)); n != entries {
		t.Errorf("answers left %d audit entries", n-entries)
	}
}

// documents is how many there are of a kind.
func (c *clocked) documents(t *testing.T, kind store.Kind) int {
	t.Helper()
	n := 0
	err := c.store.View(t.Context(), access.DefaultRealm, 0, func(r store.Reader) error {
		docs, err := r.List(store.ListQuery{Kind: kind, Limit: 1000})
		n = len(docs)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
