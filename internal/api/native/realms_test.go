package native_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

const realms = "/api/v1/realms"

type realmBody struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	AccountID   string `json:"account_id"`
	CreatedAt   string `json:"created_at"`
	Credentials *struct {
		AccessKey string `json:"access_key"`
		APIKey    string `json:"api_key"`
	} `json:"credentials"`
}

func newRealm(t *testing.T, s *servertest.Server, body string) realmBody {
	t.Helper()
	var r realmBody
	s.Want(t, 201, "POST", realms, body).JSON(t, &r)
	return r
}

func TestRealms(t *testing.T) {
	s := start(t)
	made := newRealm(t, s, `{"name":"Staging","account_id":"acc_staging"}`)
	if made.Name != "Staging" || made.AccountID != "acc_staging" || made.Credentials == nil || !strings.HasPrefix(made.ID, "realm_") {
		t.Fatalf("made %+v", made)
	}
	chosen := newRealm(t, s, `{"name":"x"}`)
	if !strings.HasPrefix(chosen.AccountID, "acc_") || chosen.AccountID == made.AccountID {
		t.Errorf("made %+v, want an account id of its own", chosen)
	}
	var list struct {
		Data []realmBody `json:"data"`
	}
	s.Want(t, 200, "GET", realms, "").JSON(t, &list)
	if len(list.Data) != 3 || list.Data[0].AccountID != s.AccountID || list.Data[1].ID != made.ID || list.Data[1].Credentials != nil || list.Data[1].CreatedAt == "" {
		t.Errorf("listed %+v", list.Data)
	}
	run(t, s, []step{
		{"GET", realms + "/" + made.ID, "", 200, `"name":"Staging"`},
		{"PATCH", realms + "/" + made.ID, `{"name":"Stage"}`, 200, `"name":"Stage"`},
		{"GET", realms + "/" + made.ID, "", 200, `"name":"Stage"`},
		{"PATCH", realms + "/" + made.ID, `{"name":""}`, 422, "name must not be empty"},
		{"PATCH", realms + "/none", `{"name":"x"}`, 404, "Realm not found"},
		{"GET", realms + "/none", "", 404, "Realm not found"},
		{"POST", realms, `{"name":"x","account_id":"acc_staging"}`, 409, "taken"},
		{"POST", realms, `{"name":"x","account_id":"acc_default"}`, 409, "taken"},
		{"POST", realms, `{"name":"x","account_id":"a.b"}`, 400, "accountId"},
		{"POST", realms, `{}`, 422, "name must not be empty"},
		{"DELETE", realms + "/" + made.ID, "", 405, ""},
	})

	// The owner of the new realm is one at once, and nothing crosses.
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_x","name":"x","permissions":[]}`)
	for _, credential := range []string{made.Credentials.AccessKey, made.Credentials.APIKey} {
		if got := s.As(t, credential, "GET", "/v1/roles/member", ""); got.Status != 200 {
			t.Errorf("the new realm's role: %d %s, want 200", got.Status, got.Body)
		}
		if got := s.As(t, credential, "GET", "/v1/roles/ro_x", ""); got.Status != 404 {
			t.Errorf("the first realm's role: %d, want 404", got.Status)
		}
		if got := s.As(t, credential, "GET", "/v1/accounts", ""); got.Status != 200 || !strings.Contains(got.Body, "acc_staging") || strings.Contains(got.Body, "acc_default") {
			t.Errorf("the accounts: %d %s", got.Status, got.Body)
		}
		for _, st := range []step{
			{"GET", realms, "", 403, ""}, {"POST", realms, `{"name":"x"}`, 403, ""},
			{"GET", realms + "/" + made.ID, "", 403, ""}, {"PATCH", realms + "/" + made.ID, `{"name":"x"}`, 403, ""},
		} {
			if got := s.As(t, credential, st.method, st.path, st.body); got.Status != st.status {
				t.Errorf("%s %s as another realm's owner: %d %s, want %d", st.method, st.path, got.Status, got.Body, st.status)
			}
		}
	}
	if log := s.Log.String(); strings.Contains(log, "sk_") || strings.Contains(log, made.Credentials.AccessKey) {
		t.Error("the log has a credential")
	}
}

// TestRealmsNeedTheirRight: only who holds it in the default realm manages
// realms.
func TestRealmsNeedTheirRight(t *testing.T) {
	s := start(t)
	id := newRealm(t, s, `{"name":"x"}`).ID
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_all","name":"x","permissions":[{"action":"*","allow":true}]}`)
	for _, tt := range []struct {
		resource string
		ok       bool
	}{{"documents", false}, {"Authress:Roles", false}, {"Authress:Realms/none", false}, {"*", true}, {"Authress:Realms", true}, {"Authress:*", true}} {
		k := newKey(t, s, `{"name":"x","statements":[{"roles":["ro_all"],"resources":["`+tt.resource+`"]}]}`).Value
		for _, st := range []step{
			{"GET", realms, "", 200, ""}, {"GET", realms + "/" + id, "", 200, ""}, {"PATCH", realms + "/" + id, `{"name":"y"}`, 200, ""}, {"POST", realms, `{"name":"x"}`, 201, ""},
		} {
			if got := s.As(t, k, st.method, st.path, st.body); (got.Status == st.status) != tt.ok || !tt.ok && got.Status != 403 {
				t.Errorf("%s %s with everything on %s: %d %s, want it to pass: %t", st.method, st.path, tt.resource, got.Status, got.Body, tt.ok)
			}
		}
	}
}

// TestOneRealmOfEachAccountID: of two that are made at once.
func TestOneRealmOfEachAccountID(t *testing.T) {
	s := start(t)
	made := make([]int, 8)
	var all sync.WaitGroup
	for i := range made {
		all.Go(func() { made[i] = s.Do(t, "POST", realms, `{"name":"x","account_id":"acc_one"}`).Status })
	}
	all.Wait()
	n := 0
	for _, status := range made {
		if status == 201 {
			n++
		} else if status != 409 {
			t.Errorf("got %d, want 201 or 409", status)
		}
	}
	if n != 1 {
		t.Errorf("%d realms of one account id", n)
	}
}

// TestAnotherRealmsIssuerIsRefused: a token that two realms accept is refused by
// both, so no realm may take up the issuer of another.
func TestAnotherRealmsIssuerIsRefused(t *testing.T) {
	s := start(t)
	other := newRealm(t, s, `{"name":"x"}`).Credentials.APIKey
	const path = "/v1/identities"
	register := func(audience string) string {
		if audience == "" {
			return `{"issuer":"https://issuer.example"}`
		}
		return `{"issuer":"https://issuer.example","preferredAudience":"` + audience + `"}`
	}
	s.Want(t, 201, "POST", path, register("app"))
	s.Want(t, 201, "POST", path, register("app")) // its own
	for audience, status := range map[string]int{"app": 409, "": 409, "other": 201} {
		if got := s.As(t, other, "POST", path, register(audience)); got.Status != status {
			t.Errorf("another realm for the audience %q: %d %s, want %d", audience, got.Status, got.Body, status)
		}
	}
	s.Want(t, 201, "POST", path, `{"issuer":"https://any.example"}`)
	if got := s.As(t, other, "POST", path, `{"issuer":"https://any.example","preferredAudience":"app"}`); got.Status != 409 {
		t.Errorf("for one audience, where another realm takes any: %d %s, want 409", got.Status, got.Body)
	}
	if got := s.Do(t, "POST", path, register("")); got.Status != 409 {
		t.Errorf("for any audience, where another realm has one: %d %s, want 409", got.Status, got.Body)
	}
}
