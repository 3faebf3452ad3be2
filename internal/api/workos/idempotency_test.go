package workos_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	config "github.com/reeve-authz/reeve/internal/server"
	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// TestRepeatedPOSTs: what an SDK sends again under its key is answered as at
// first, also by a server that has been started again.
func TestRepeatedPOSTs(t *testing.T) {
	data := t.TempDir()
	var first servertest.Answer
	var key string
	again := func(s *servertest.Server, credential, idempotency, body string) servertest.Answer {
		t.Helper()
		return s.As(t, credential, "POST", "/organizations", body, "Idempotency-Key", idempotency)
	}
	t.Run("first", func(t *testing.T) {
		s := servertest.StartWith(t, config.Config{Data: data})
		key = s.APIKey
		first = again(s, key, "retry-1", `{"name":"Acme"}`)
		if first.Status != 201 || first.Header.Get("Idempotent-Replayed") != "" {
			t.Fatalf("the first: %d %s", first.Status, first.Body)
		}
		got := again(s, key, "retry-1", `{"name":"Acme"}`)
		if got.Status != 201 || got.Body != first.Body || got.Header.Get("Content-Type") != first.Header.Get("Content-Type") || got.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("the second: %d %s, want what came first: %s", got.Status, got.Body, first.Body)
		}
		if got := again(s, key, "retry-1", `{"name":"Another"}`); got.Status != 422 || got.ErrorCode() != "idempotency_key_reused" {
			t.Errorf("the key with another body: %d %s, want 422", got.Status, got.Body)
		}
		if got := s.As(t, "sk_wrong", "POST", "/organizations", `{"name":"Acme"}`, "Idempotency-Key", "retry-1"); got.Status != 401 {
			t.Errorf("the key without a credential: %d, want 401", got.Status)
		}
		for _, tt := range [][2]string{{s.Owner, "retry-1"}, {key, "retry-2"}} {
			if got := again(s, tt[0], tt[1], `{"name":"Acme"}`); got.Status != 201 || got.Body == first.Body {
				t.Errorf("another credential or key: %d %s, want an organization of its own", got.Status, got.Body)
			}
		}
		if got := again(s, key, strings.Repeat("x", 256), `{"name":"Acme"}`); got.Status != 400 {
			t.Errorf("a key that is too long: %d, want 400", got.Status)
		}
		refused := again(s, key, "retry-3", `{"name":"Acme","external_id":"é"}`)
		if got := again(s, key, "retry-3", `{"name":"Acme","external_id":"é"}`); got.Body != refused.Body || got.Status != refused.Status || got.Header.Get("Idempotent-Replayed") == "" || got.Status < 400 {
			t.Errorf("a refusal again: %d %s, want %s", got.Status, got.Body, refused.Body)
		}
	})
	t.Run("rights", func(t *testing.T) { // who is given the right after a refusal is not refused again
		s := servertest.StartWith(t, config.Config{Data: data})
		s.Owner = key
		client, theirs := s.NewClient(t)
		if got := again(s, theirs, "retry-4", `{"name":"Theirs"}`); got.Status != 403 {
			t.Fatalf("without the right: %d %s, want 403", got.Status, got.Body)
		}
		s.Want(t, 201, "POST", "/v1/records", `{"name":"x","users":[{"userId":"`+client+`"}],"statements":[{"roles":["Authress:Owner"],"resources":[{"resourceUri":"Authress:Connections"}]}]}`)
		if got := again(s, theirs, "retry-4", `{"name":"Theirs"}`); got.Status != 201 {
			t.Errorf("with the right: %d %s, want 201", got.Status, got.Body)
		}
	})
	t.Run("later", func(t *testing.T) {
		s := servertest.StartWith(t, config.Config{Data: data})
		if got := again(s, key, "retry-1", `{"name":"Acme"}`); got.Status != 201 || got.Body != first.Body {
			t.Errorf("after a restart: %d %s, want %s", got.Status, got.Body, first.Body)
		}
	})
}

// TestTwinsMakeOne: a request that is sent many times at once is carried out
// once, and what it made is there when any of its answers is.
func TestTwinsMakeOne(t *testing.T) {
	s := newServer(t)
	bodies := make([]string, 12)
	var all sync.WaitGroup
	for i := range bodies {
		all.Go(func() {
			got := s.As(t, s.APIKey, "POST", "/organizations", `{"name":"Acme"}`, "Idempotency-Key", "one")
			var o struct {
				ID string `json:"id"`
			}
			got.JSON(t, &o)
			if status, v := s.call(t, "GET", "/organizations/"+o.ID, ""); status != 200 {
				t.Errorf("reading what was made: %d %v", status, v)
			}
			bodies[i] = got.Body
		})
	}
	all.Wait()
	for _, b := range bodies {
		if b != bodies[0] {
			t.Errorf("answered %s and %s, want one answer", bodies[0], b)
		}
	}
	if got := column(s.want(t, 200, "GET", "/organizations?limit=100", ""), "id"); len(got) != 1 {
		t.Errorf("%d organizations, want 1", len(got))
	}
}

// TestSecretsAreNotKept: the value of a key is told once, whatever is repeated.
func TestSecretsAreNotKept(t *testing.T) {
	s := newServer(t)
	org := s.organization(t, "Acme")
	values := map[string]bool{}
	for range 2 {
		got := s.As(t, s.APIKey, "POST", "/organizations/"+org+"/api_keys", `{"name":"x"}`, "Idempotency-Key", "one")
		var k struct {
			Value string `json:"value"`
		}
		got.JSON(t, &k)
		values[k.Value] = true
	}
	if len(values) != 2 || values[""] {
		t.Errorf("the values are %v, want two", values)
	}
	body := fmt.Sprintf(`{"value":%q}`, "sk_x")
	s.As(t, s.APIKey, "POST", "/api_keys/validations", body, "Idempotency-Key", "two")
	if got := s.As(t, s.APIKey, "POST", "/api_keys/validations", body, "Idempotency-Key", "two"); got.Header.Get("Idempotent-Replayed") != "" {
		t.Error("a validation is answered from what was kept")
	}
}
