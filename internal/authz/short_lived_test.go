package authz_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// TestWhatGoesIsGone: of what is said to go, and of what is written again and
// again, the store has nothing besides what is there now, as of no revision.
func TestWhatGoesIsGone(t *testing.T) {
	const day = 24 * time.Hour
	for _, tt := range []struct {
		kind   store.Kind
		writes func(*testing.T, *clocked) // with something of the kind left in the end, or nothing
		left   int
	}{
		{store.Answers.Kind, func(t *testing.T, c *clocked) {
			for i := range 8 {
				c.KeepAnswer(t.Context(), c.owner, access.Answer{Key: fmt.Append(nil, i), Request: []byte("r"), Status: 200, Type: "t", Body: []byte("b")})
			}
			c.pass(day)
			for i := range 2 {
				c.KeepAnswer(t.Context(), c.owner, access.Answer{Key: fmt.Append(nil, "new", i), Request: []byte("r"), Status: 200, Type: "t", Body: []byte("b")})
			}
		}, 2},
		{store.Deliveries.Kind, func(t *testing.T, c *clocked) {
			c.webhook(t, "we_1")
			for i := range 3 {
				p := access.WebhookProgress{Endpoint: "we_1", After: access.EventID(fmt.Sprint("event_", i))}
				if err := c.SaveWebhookProgress(t.Context(), access.DefaultRealm, p); err != nil {
					t.Fatal(err)
				}
			}
		}, 1},
		{store.KeyUses.Kind, func(t *testing.T, c *clocked) {
			_, secret := c.usedKey(t)
			c.use(t, secret)
			c.use(t, secret)
		}, 1},
		{store.KeyUses.Kind, func(t *testing.T, c *clocked) {
			id, secret := c.usedKey(t)
			c.use(t, secret)
			if err := c.DeleteCustomerKey(t.Context(), c.owner, id); err != nil {
				t.Fatal(err)
			}
		}, 0},
		{store.AuditEvents.Kind, func(t *testing.T, c *clocked) {
			org := c.newOrganization(t)
			if err := c.SetAuditSettings(t.Context(), c.owner, org, access.AuditSettings{Days: 30}); err != nil {
				t.Fatal(err)
			}
			for _, pass := range []time.Duration{0, 0, 31 * day} {
				c.pass(pass)
				if err := c.CreateAuditEvent(t.Context(), c.owner, c.auditEventOf(org, 0)); err != nil {
					t.Fatal(err)
				}
			}
		}, 1},
		{store.AuditEvents.Kind, func(t *testing.T, c *clocked) {
			org := c.newOrganization(t)
			if err := c.CreateAuditEvent(t.Context(), c.owner, c.auditEventOf(org, 0)); err != nil {
				t.Fatal(err)
			}
			if err := c.DeleteOrganization(t.Context(), c.owner, org); err != nil {
				t.Fatal(err)
			}
		}, 0},
		{store.AuditExports.Kind, func(t *testing.T, c *clocked) {
			org := c.newOrganization(t)
			x := access.AuditExport{Organization: org, From: time.Unix(1, 0), Until: time.Unix(2, 0), ActorNames: []string{"Ana"}}
			if _, err := c.CreateAuditExport(t.Context(), c.owner, x); err != nil {
				t.Fatal(err)
			}
			if err := c.DeleteOrganization(t.Context(), c.owner, org); err != nil {
				t.Fatal(err)
			}
		}, 0},
	} {
		c := newClocked(t)
		tt.writes(t, c)
		if n := c.documents(t, tt.kind); n != tt.left {
			t.Errorf("%s: there are %d, want %d", tt.kind, n, tt.left)
		}
		if n := c.versions(t, tt.kind); n != tt.left {
			t.Errorf("%s: the store keeps %d versions of what is there %d times", tt.kind, n, tt.left)
		}
	}
}

// webhook makes an endpoint that nothing is sent to.
func (c *clocked) webhook(t *testing.T, id access.WebhookID) {
	t.Helper()
	rev, err := c.store.Update(t.Context(), access.DefaultRealm, func(tx store.Tx) error {
		_, err := store.Webhooks.Put(tx, string(id), &access.WebhookEndpoint{ID: id, URL: "https://example.com"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	c.feed.Reach(access.DefaultRealm, rev)
}

// usedKey makes a customer's key and uses it.
func (c *clocked) usedKey(t *testing.T) (access.CustomerKeyID, string) {
	t.Helper()
	key, secret, err := c.CreateCustomerKey(t.Context(), c.owner, access.CustomerKey{Name: "x", Organization: c.newOrganization(t)})
	if err != nil {
		t.Fatal(err)
	}
	c.use(t, secret)
	return key.ID, secret
}

// use shows a customer's key, long after it was shown before.
func (c *clocked) use(t *testing.T, secret string) {
	t.Helper()
	c.pass(time.Hour)
	if key, err := c.ValidateCustomerKey(t.Context(), c.owner, secret); key == nil || err != nil {
		t.Fatalf("the key is not good: %v", err)
	}
}

// versions is how many versions with content the store keeps of a kind.
func (c *clocked) versions(t *testing.T, kind store.Kind) int {
	t.Helper()
	commits, err := c.store.Changes(t.Context(), access.DefaultRealm, 0, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, commit := range commits {
		for _, d := range commit.Documents {
			if d.Kind == kind && d.Body != nil {
				n++
			}
		}
	}
	return n
}
