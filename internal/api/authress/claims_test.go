package authress_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

func claimBody(collection, id string) string {
	return fmt.Sprintf(`{"collectionResource":%q,"resourceId":%q}`, collection, id)
}

// countRecords is the number of active records that the caller may read.
func countRecords(t *testing.T, s *servertest.Server, key string) int {
	t.Helper()
	got := s.As(t, key, "GET", "/v1/records?status=ACTIVE", "")
	return strings.Count(got.Body, `"recordId"`)
}

func TestClaim(t *testing.T) {
	s := servertest.Start(t)
	ana, anaKey := s.NewClient(t)
	_, benKey := s.NewClient(t)
	claim := func(key, collection, id string, want int, code string) {
		t.Helper()
		got := s.As(t, key, "POST", "/v1/claims", claimBody(collection, id))
		if got.Status != want || got.ErrorCode() != code || want == 201 && got.Body != "{}" {
			t.Errorf("claiming %s of %s: %d %s, want %d %s", id, collection, got.Status, got.Body, want, code)
		}
	}
	claim(anaKey, "documents", "1", 403, "Forbidden")
	s.Want(t, 200, "PUT", "/v1/resources/documents", settings("CLAIM"))
	claim(anaKey, "documents", "1", 201, "")
	if !allowed(t, s, ana, "documents/1", "anything") || !allowed(t, s, ana, "documents/1/page", "x") || allowed(t, s, ana, "documents/2", "x") || allowed(t, s, ana, "documents", "x") {
		t.Error("want the claimed resource owned, with what is below, and nothing else")
	}
	claim(anaKey, "/documents/*", "1", 201, "") // again, otherwise written
	if n := countRecords(t, s, anaKey); n != 1 {
		t.Errorf("after two claims: %d records, want one", n)
	}
	claim(benKey, "documents", "1", 409, "AlreadyClaimed")
	claim(s.Owner, "documents", "1", 409, "AlreadyClaimed")
	claim(benKey, "documents/1", "2", 403, "Forbidden") // the setting does not cascade
	claim(benKey, "docs", "1", 403, "Forbidden")
	claim(anaKey, "documents/1", "2", 201, "") // who holds everything there needs no setting
	claim(benKey, "documents", "2", 201, "")

	// The owner may share it, as its owner and administrator of the record.
	id := s.As(t, anaKey, "GET", "/v1/records?limit=1", "")
	if !strings.Contains(id.Body, `"admins":`+userList(ana)) || !strings.Contains(id.Body, `"users":`+userList(ana)) {
		t.Errorf("the record is %s, want its claimer as user and admin", id.Body)
	}
	if got := s.As(t, anaKey, "POST", "/v1/records", recordBody("shared", "cid", "Authress:Owner", "documents/1")); got.Status != 201 {
		t.Errorf("sharing: %d %s, want 201", got.Status, got.Body)
	}
	claim(anaKey, "documents", "1", 409, "AlreadyClaimed") // not alone any more

	s.Want(t, 200, "PUT", "/v1/resources/documents", settings("-CLAIM"))
	claim(benKey, "documents", "3", 403, "Forbidden")
	s.Want(t, 200, "PUT", "/v1/resources/documents%2F*", settings("CLAIM")) // the same collection
	claim(benKey, "documents", "3", 201, "")
}

// TestClaimOfWhatSomebodyHas: nobody takes what was given to another, and
// nobody widens what it was given.
func TestClaimOfWhatSomebodyHas(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_reader", "documents:read")
	s.Want(t, 200, "PUT", "/v1/resources/documents", settings("CLAIM"))
	id, key := s.NewClient(t)
	give(t, s, "ana", "ro_reader", "documents/exact")
	give(t, s, "ana", "ro_unknown", "/documents/slashes/")
	give(t, s, "ana", "ro_reader", "documents", "documents/*")
	give(t, s, "ana", "ro_reader", "documents/child/page", "documents/below/*", "documents/ch", "Documents/child")
	give(t, s, id, "ro_reader", "documents/mine")
	give(t, s, id, "Authress:Owner", "documents/owned")
	give(t, s, "ana", "Authress:Owner", "documents/deleted")
	s.Want(t, 201, "POST", "/v1/records", recordBody("r1", "ana", "ro_reader", "documents/gone"))
	s.Want(t, 204, "DELETE", "/v1/records/r1", "")
	s.Want(t, 201, "POST", "/v1/groups", groupBody("grp_a", id))
	groupRecord(t, s, "grp_a", "Authress:Owner", "documents/group")
	s.Want(t, 201, "POST", "/v1/records", fmt.Sprintf(`{"name":"x","statements":[{"roles":["ro_reader"],"resources":[{"resourceUri":"documents/other"}],"users":%s},{"roles":["ro_reader"],"resources":[{"resourceUri":"documents/apart"}],"users":%s}]}`, userList("ana"), userList()))
	for _, tt := range []struct {
		id   string
		want int
	}{
		{"exact", 409}, {"slashes", 409}, {"group", 409}, {"other", 409},
		{"mine", 409},  // a reader does not make itself the owner
		{"owned", 201}, // is the owner already
		{"child", 201}, {"below", 201}, {"gone", 201}, {"apart", 201}, {"Exact", 201}, {"exact1", 201},
	} {
		if got := s.As(t, key, "POST", "/v1/claims", claimBody("documents", tt.id)); got.Status != tt.want {
			t.Errorf("claiming %s: %d %s, want %d", tt.id, got.Status, got.Body, tt.want)
		}
	}
	if allowed(t, s, id, "documents/mine", "documents:write") {
		t.Error("a reader made itself the owner")
	}
}

func TestClaimRefusals(t *testing.T) {
	s := servertest.Start(t)
	s.Want(t, 200, "PUT", "/v1/resources/documents", settings("CLAIM"))
	s.Want(t, 200, "PUT", "/v1/resources/"+strings.Repeat("a", 128), settings("CLAIM"))
	s.Want(t, 200, "PUT", "/v1/resources/Authress:ServiceClients", settings("CLAIM"))
	deep := strings.TrimSuffix(strings.Repeat("a/", 14), "/")
	for _, tt := range []struct {
		collection, id string
		want           int
	}{
		{"documents", "", 400}, {"", "1", 400}, {"documents", "*", 400}, {"documents", "a/b", 400}, {"documents", "/a", 400}, {"documents", "a/", 400},
		{"documents", "a*", 400}, {"documents", "ns:*", 400}, {"documents", "..", 400}, {"documents", ".", 400}, {"documents", " ", 400}, {"documents", "a%2Fb", 400},
		{"documents", ":a", 400}, {"documents", "é", 400}, {"documents", "a\n", 400}, {"documents", strings.Repeat("a", 129), 400},
		{"documents", strings.Repeat("a", 128), 201}, {"documents", strings.Repeat("a", 127), 201}, {"documents", "ns:1", 201},
		{strings.Repeat("a", 129), "1", 400}, {strings.Repeat("a", 128), "1", 201},
		{"*", "1", 400}, {"/", "1", 400}, {"a//b", "1", 400}, {"a/*/b", "1", 400}, {"ns:*", "1", 400}, {"*/*", "1", 400}, {"doc*", "1", 400},
		{deep, "1", 201}, {deep + "/a", "1", 400}, // by who holds everything
		{"Authress:ServiceClients", "sc_a", 403}, {"Authress:ServiceClients/*", "sc_a", 403}, {"Authress:AccessRecords", "r1", 403},
		{"Authress:Roles/a", "b", 403}, {"Authress:*", "b", 400},
	} {
		if got := s.Do(t, "POST", "/v1/claims", claimBody(tt.collection, tt.id)); got.Status != tt.want {
			t.Errorf("claiming %.40q of %.40q: %d %s, want %d", tt.id, tt.collection, got.Status, got.Body, tt.want)
		}
	}
	for _, body := range []string{``, `{}`, `[]`, `{"collectionResource":1,"resourceId":"1"}`, `{"CollectionResource":"documents","resourceId":"1"}`} {
		if got := s.Do(t, "POST", "/v1/claims", body); got.Status != 400 {
			t.Errorf("%s: %d %s, want 400", body, got.Status, got.Body)
		}
	}
	if got := s.As(t, "", "POST", "/v1/claims", claimBody("documents", "x")); got.Status != 401 {
		t.Errorf("without a credential: %d, want 401", got.Status)
	}
}

// TestWhoMayClaimWithoutTheSetting: it takes delegate of everything.
func TestWhoMayClaimWithoutTheSetting(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_allow", "*")
	role(t, s, "ro_grant", "*=grant")
	role(t, s, "ro_delegate", "*=delegate")
	role(t, s, "ro_some", "documents=delegate")
	for i, tt := range []struct {
		role, on string
		want     int
	}{
		{"ro_delegate", "documents", 201}, {"ro_delegate", "documents/*", 201}, {"Authress:Owner", "*", 201},
		{"ro_allow", "documents", 403}, {"ro_grant", "documents", 403}, {"ro_some", "documents", 403},
		{"ro_delegate", "documents/1", 403}, {"ro_delegate", "document", 403}, {"Authress:Owner", "Authress:*", 403},
	} {
		id, key := s.NewClient(t)
		give(t, s, id, tt.role, tt.on)
		if got := s.As(t, key, "POST", "/v1/claims", claimBody("documents", fmt.Sprint("new", i))); got.Status != tt.want {
			t.Errorf("with %s on %s: %d %s, want %d", tt.role, tt.on, got.Status, got.Body, tt.want)
		}
	}
}

// TestFiftyClaimAtOnce: one of them gets it.
func TestFiftyClaimAtOnce(t *testing.T) {
	s := servertest.Start(t)
	s.Want(t, 200, "PUT", "/v1/resources/documents", settings("CLAIM"))
	const claimants = 50
	var keys, ids []string
	for range claimants {
		id, key := s.NewClient(t)
		ids, keys = append(ids, id), append(keys, key)
	}
	got := make([]servertest.Answer, claimants)
	var all sync.WaitGroup
	for i := range claimants {
		all.Go(func() { got[i] = s.As(t, keys[i], "POST", "/v1/claims", claimBody("documents", "1")) })
	}
	all.Wait()
	winners := 0
	for i, a := range got {
		switch {
		case a.Status == 201:
			winners++
			if !allowed(t, s, ids[i], "documents/1", "x") {
				t.Errorf("%s was told that the claim is made, and is denied", ids[i])
			}
		case a.Status != 409 || a.ErrorCode() != "AlreadyClaimed":
			t.Errorf("got %d %s, want 201 or 409 AlreadyClaimed", a.Status, a.Body)
		case allowed(t, s, ids[i], "documents/1", "x"):
			t.Errorf("%s was told that another has it, and is allowed", ids[i])
		}
	}
	if winners != 1 {
		t.Errorf("%d claims were made, want one", winners)
	}
}

// TestClientsCanBeClaimed: the setting lets everybody make a client and own it,
// and it alone.
func TestClientsCanBeClaimed(t *testing.T) {
	s := servertest.Start(t)
	_, key := s.NewClient(t)
	other, _ := s.NewClient(t)
	if got := s.As(t, key, "POST", "/v1/clients", `{}`); got.Status != 403 {
		t.Fatalf("before: %d %s, want 403", got.Status, got.Body)
	}
	s.Want(t, 200, "PUT", "/v1/resources/Authress:ServiceClients", settings("CLAIM"))
	var c clientBody
	got := s.As(t, key, "POST", "/v1/clients", `{"name":"mine"}`)
	if got.Status != 201 {
		t.Fatalf("with the setting: %d %s, want 201", got.Status, got.Body)
	}
	got.JSON(t, &c)
	for _, tt := range []struct {
		method, path, body string
		want               int
	}{
		{"GET", "/v1/clients/" + c.ClientID, "", 200},
		{"PUT", "/v1/clients/" + c.ClientID, `{"name":"still mine"}`, 200},
		{"PUT", "/v1/clients/" + c.ClientID, `{"options":{"grantUserPermissionsAccess":true}}`, 403},
		{"POST", "/v1/clients", `{"options":{"grantUserPermissionsAccess":true}}`, 403},
		{"POST", "/v1/clients/" + c.ClientID + "/access-keys", "", 201},
		{"GET", "/v1/clients/" + other, "", 403},
		{"POST", "/v1/clients/" + other + "/access-keys", "", 403},
		{"POST", "/v1/claims", claimBody("Authress:ServiceClients", other), 403},
		{"GET", "/v1/roles", "", 403},
		{"DELETE", "/v1/clients/" + c.ClientID, "", 204},
	} {
		if got := s.As(t, key, tt.method, tt.path, tt.body); got.Status != tt.want {
			t.Errorf("%s %s %s: %d %s, want %d", tt.method, tt.path, tt.body, got.Status, got.Body, tt.want)
		}
	}
	s.Want(t, 200, "PUT", "/v1/resources/Authress:ServiceClients", settings("-CLAIM"))
	if got := s.As(t, key, "POST", "/v1/clients", `{}`); got.Status != 403 {
		t.Errorf("after: %d %s, want 403", got.Status, got.Body)
	}
	if n := countRecords(t, s, s.Owner); n != 2 {
		t.Errorf("%d records, want the owner's and the claim's: owners' clients need none", n)
	}
}
