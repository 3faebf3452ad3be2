package authn

import (
	"errors"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
)

// TestAPIKeyExpires: a key proves its client up to its end, and not at it.
func TestAPIKeyExpires(t *testing.T) {
	w := newWorld(t)
	secret := NewAPIKey()
	key := &access.APIKey{ID: "api_key_1", Client: "sc_a", Hash: HashAPIKey(secret), Expires: testTime.Add(time.Hour)}
	w.dir.Update("a", []access.Change{{ID: key.ID, Document: key}})
	for _, tt := range []struct {
		after time.Duration
		ok    bool
	}{{0, true}, {time.Hour - time.Millisecond, true}, {time.Hour, false}, {2 * time.Hour, false}} {
		w.now = testTime.Add(tt.after)
		c, err := w.authenticate("Bearer " + secret)
		if tt.ok && (err != nil || c.Subject.ID != "sc_a" || c.Credential != "api_key_1") || !tt.ok && !errors.Is(err, access.Unauthenticated) {
			t.Errorf("after %v: %+v, %v; want it good: %t", tt.after, c, err, tt.ok)
		}
	}
}

func TestObfuscatedAPIKey(t *testing.T) {
	if got := ObfuscateAPIKey("sk_preset_0123456789abcdefghijklmnopqrst"); got != "sk_...qrst" {
		t.Errorf("got %s", got)
	}
}
