package native_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

const keys = "/api/v1/api-keys"

type keyBody struct {
	ID         string  `json:"id"`
	Name       string  `json:"name"`
	Client     string  `json:"client"`
	Obfuscated string  `json:"obfuscated"`
	Value      string  `json:"value"`
	CreatedAt  string  `json:"created_at"`
	ExpiresAt  *string `json:"expires_at"`
}

func listKeys(t *testing.T, s *servertest.Server) []keyBody {
	t.Helper()
	var list struct {
		Data []keyBody `json:"data"`
	}
	s.Want(t, 200, "GET", keys, "").JSON(t, &list)
	return list.Data
}

func newKey(t *testing.T, s *servertest.Server, body string) keyBody {
	t.Helper()
	var k keyBody
	s.Want(t, 201, "POST", keys, body).JSON(t, &k)
	return k
}

func TestAPIKeys(t *testing.T) {
	s := start(t)
	owner, _, _ := strings.Cut(s.Owner, ".")
	bootstrap := listKeys(t, s)
	if len(bootstrap) != 1 || bootstrap[0].Client != owner || bootstrap[0].Name != "Bootstrap" || bootstrap[0].Value != "" || bootstrap[0].ExpiresAt != nil ||
		bootstrap[0].Obfuscated != "sk_..."+s.APIKey[len(s.APIKey)-4:] {
		t.Fatalf("at first: %+v", bootstrap)
	}
	of := newKey(t, s, fmt.Sprintf(`{"name":"CI","client":%q,"expires_at":"2090-01-01T00:00:00Z"}`, owner))
	if of.Client != owner || of.Name != "CI" || !strings.HasPrefix(of.Value, "sk_") || of.ExpiresAt == nil || *of.ExpiresAt != "2090-01-01T00:00:00.000Z" {
		t.Errorf("made %+v", of)
	}
	if got := s.As(t, of.Value, "GET", "/v1/clients", ""); got.Status != 200 {
		t.Errorf("the key of the owner: %d, want 200", got.Status)
	}
	if all := listKeys(t, s); len(all) != 2 || all[1].ID != of.ID || all[1].Value != "" || all[1].CreatedAt == "" {
		t.Errorf("listed %+v", all)
	}
	s.Want(t, 204, "DELETE", keys+"/"+of.ID, "")
	if got := s.As(t, of.Value, "GET", "/v1/clients", ""); got.Status != 401 {
		t.Errorf("a deleted key: %d, want 401", got.Status)
	}
	s.Want(t, 200, "GET", "/v1/clients/"+owner, "") // which stays
	run(t, s, []step{
		{"DELETE", keys + "/" + of.ID, "", 404, "API key not found"},
		{"POST", keys, `{}`, 422, "name must not be empty"},
		{"POST", keys, `{"name":"x","client":"sc_none"}`, 404, "no client"},
		{"POST", keys, `{"name":"x","expires_at":"2020-01-01T00:00:00Z"}`, 422, "expires_at must be in the future"},
		{"POST", keys, `{"name":"x","expires_at":"soon"}`, 400, "expires_at"},
		{"POST", keys, fmt.Sprintf(`{"name":"x","client":%q,"statements":[{"roles":["Authress:Owner"],"resources":["a"]}]}`, owner), 422, "statements"},
		{"POST", keys, `{"name":"x","statements":[{"roles":[],"resources":["a"]}]}`, 400, "roles"},
		{"POST", keys, `{"name":"x","statements":[{"roles":["Authress:Owner"],"resources":["a//b"]}]}`, 400, "segment"},
	})
	if all := listKeys(t, s); len(all) != 1 {
		t.Errorf("refused requests left %+v", all)
	}
	var clients struct {
		Clients []any `json:"clients"`
	}
	s.Want(t, 200, "GET", "/v1/clients", "").JSON(t, &clients)
	if len(clients.Clients) != 1 {
		t.Errorf("refused requests left the clients %v", clients.Clients)
	}
}

// TestScopedAPIKey: what a key's own client may do is what the statements give,
// and both go with the key.
func TestScopedAPIKey(t *testing.T) {
	s := start(t)
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_read","name":"x","permissions":[{"action":"read","allow":true}]}`)
	k := newKey(t, s, `{"name":"scoped","statements":[{"roles":["ro_read"],"resources":["Authress:Roles","documents/1"]}]}`)
	if got := s.As(t, k.Value, "GET", "/v1/roles", ""); got.Status != 200 {
		t.Errorf("what the statements give: %d %s, want 200", got.Status, got.Body)
	}
	for _, path := range []string{"/v1/clients", keys, "/v1/records/none", "/api/v1/realms"} {
		if got := s.As(t, k.Value, "GET", path, ""); got.Status != 403 {
			t.Errorf("%s: %d %s, want 403", path, got.Status, got.Body)
		}
	}
	if got := s.As(t, k.Value, "DELETE", keys+"/"+k.ID, ""); got.Status != 403 {
		t.Errorf("deleting itself: %d, want 403", got.Status)
	}
	if got := s.As(t, k.Value, "DELETE", keys+"/none", ""); got.Status != 403 {
		t.Errorf("deleting what is not there: %d, want 403", got.Status)
	}
	other := newKey(t, s, fmt.Sprintf(`{"name":"second","client":%q}`, k.Client))
	s.Want(t, 204, "DELETE", keys+"/"+k.ID, "")
	if got := s.As(t, other.Value, "GET", "/v1/roles", ""); got.Status != 200 {
		t.Errorf("the client's other key: %d %s, want the client to stay for it", got.Status, got.Body)
	}
	s.Want(t, 200, "GET", "/v1/clients/"+k.Client, "")
	s.Want(t, 204, "DELETE", "/v1/clients/"+k.Client, "")
	if all := listKeys(t, s); len(all) != 1 {
		t.Errorf("the keys of a client that is gone are left: %+v", all)
	}

	k = newKey(t, s, `{"name":"scoped","statements":[{"roles":["ro_read"],"resources":["Authress:Roles"]}]}`)
	s.Want(t, 204, "DELETE", keys+"/"+k.ID, "")
	if got := s.As(t, k.Value, "GET", "/v1/roles", ""); got.Status != 401 {
		t.Errorf("a deleted key: %d, want 401", got.Status)
	}
	s.Want(t, 404, "GET", "/v1/clients/"+k.Client, "")
	if got := s.Want(t, 200, "GET", "/v1/records?status=ACTIVE", ""); strings.Contains(got.Body, k.Client) {
		t.Errorf("a record is left: %s", got.Body)
	}
}

// TestKeysRightDoesNotDeleteClients: who may make and delete a client's keys
// cannot take the client away by the last one.
func TestKeysRightDoesNotDeleteClients(t *testing.T) {
	s := start(t)
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_change","name":"x","permissions":[{"action":"update","allow":true}]}`)
	k := newKey(t, s, `{"name":"own"}`)
	keeper := newKey(t, s, `{"name":"x","statements":[{"roles":["ro_change"],"resources":["Authress:ServiceClients/`+k.Client+`/api-keys"]}]}`).Value
	if got := s.As(t, keeper, "DELETE", keys+"/"+k.ID, ""); got.Status != 403 {
		t.Errorf("the last key: %d %s, want 403", got.Status, got.Body)
	}
	got := s.As(t, keeper, "POST", keys, `{"name":"x","client":"`+k.Client+`"}`)
	if got.Status != 201 {
		t.Fatalf("another key: %d %s, want 201", got.Status, got.Body)
	}
	if got := s.As(t, keeper, "DELETE", keys+"/"+k.ID, ""); got.Status != 204 {
		t.Errorf("a key that is not the last: %d %s, want 204", got.Status, got.Body)
	}
	s.Want(t, 200, "GET", "/v1/clients/"+k.Client, "")
}

// TestAPIKeyGivesNoMoreThanItsMakerMay: neither by statements nor by a client of
// somebody else.
func TestAPIKeyGivesNoMoreThanItsMakerMay(t *testing.T) {
	s := start(t)
	owner, _, _ := strings.Cut(s.Owner, ".")
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_clients","name":"x","permissions":[{"action":"create","allow":true},{"action":"read","allow":true}]}`)
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_doc","name":"x","permissions":[{"action":"read","allow":true}]}`)
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_give","name":"x","permissions":[{"action":"read","grant":true}]}`)
	maker := newKey(t, s, `{"name":"maker","statements":[{"roles":["ro_clients"],"resources":["Authress:ServiceClients/*"]},{"roles":["ro_give"],"resources":["documents/*"]}]}`)
	for _, tt := range []struct {
		body   string
		status int
	}{
		{`{"name":"x"}`, 201},
		{`{"name":"x","statements":[{"roles":["ro_doc"],"resources":["documents/1"]}]}`, 201},
		{`{"name":"x","statements":[{"roles":["ro_doc"],"resources":["others/1"]}]}`, 403},
		{`{"name":"x","statements":[{"roles":["Authress:Owner"],"resources":["documents/1"]}]}`, 403},
		{`{"name":"x","statements":[{"roles":["ro_none"],"resources":["documents/1"]}]}`, 403},
		{fmt.Sprintf(`{"name":"x","client":%q}`, owner), 403},
	} {
		if got := s.As(t, maker.Value, "POST", keys, tt.body); got.Status != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.body, got.Status, got.Body, tt.status)
		}
	}
	if got := s.As(t, maker.Value, "DELETE", keys+"/"+listKeys(t, s)[0].ID, ""); got.Status != 403 {
		t.Errorf("deleting the owner's key: %d, want 403", got.Status)
	}
}

// TestLastOwnersAPIKeyStays: an API key counts as a way in while it has no end.
func TestLastOwnersAPIKeyStays(t *testing.T) {
	s := start(t)
	owner, rest, _ := strings.Cut(s.Owner, ".")
	accessKey, _, _ := strings.Cut(rest, ".")
	bootstrap := listKeys(t, s)[0].ID
	s.Owner = s.APIKey
	s.Want(t, 204, "DELETE", "/v1/clients/"+owner+"/access-keys/"+accessKey, "")
	ending := newKey(t, s, fmt.Sprintf(`{"name":"x","client":%q,"expires_at":"2090-01-01T00:00:00Z"}`, owner))
	for range 2 {
		got := s.As(t, ending.Value, "DELETE", keys+"/"+bootstrap, "")
		if got.Status != 409 || !strings.Contains(got.Body, "without an owner") {
			t.Errorf("deleting the last way in: %d %s, want 409", got.Status, got.Body)
		}
	}
	own := newKey(t, s, `{"name":"x","statements":[{"roles":["Authress:Owner"],"resources":["*"]}]}`)
	s.Want(t, 204, "DELETE", keys+"/"+bootstrap, "")
	s.Owner = own.Value
	if got := s.Do(t, "DELETE", keys+"/"+own.ID, ""); got.Status != 409 {
		t.Errorf("deleting the last owner's own key: %d %s, want 409", got.Status, got.Body)
	}
	s.Want(t, 200, "GET", "/v1/clients", "")
}

// TestAPIKeyIsRefusedFromItsEndOn over HTTP, with the clock of the server.
func TestAPIKeyIsRefusedFromItsEndOn(t *testing.T) {
	s := start(t)
	owner, _, _ := strings.Cut(s.Owner, ".")
	end := time.Now().Add(time.Second)
	k := newKey(t, s, fmt.Sprintf(`{"name":"x","client":%q,"expires_at":%q}`, owner, end.UTC().Format(time.RFC3339Nano)))
	for {
		before := time.Now()
		got := s.As(t, k.Value, "GET", "/v1/clients", "").Status
		if got == http.StatusUnauthorized {
			if before.Add(time.Minute).Before(end) {
				t.Error("refused before its end")
			}
			return
		}
		if before.After(end) {
			t.Fatalf("%d after its end, want 401", got)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
