package authress_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

const ownerRecord = `{"recordId":%q,"name":"x","users":%s,"statements":[{"roles":["Authress:Owner"],"resources":[{"resourceUri":"*"}]}]}`

// wantLastOwner fails the test unless the request is refused because nobody
// would own the account.
func wantLastOwner(t *testing.T, s *servertest.Server, key, method, path, body string) {
	t.Helper()
	got := s.As(t, key, method, path, body)
	if got.Status != 409 || got.ErrorCode() != "LastOwner" || !strings.Contains(got.Body, "without an owner") {
		t.Errorf("%s %s %s: %d %s, want 409 LastOwner", method, path, body, got.Status, got.Body)
	}
}

// TestLastOwnerStays: nothing that the API offers leaves an account that nobody
// owns.
func TestLastOwnerStays(t *testing.T) {
	s := servertest.Start(t)
	owner, rest, _ := strings.Cut(s.Owner, ".")
	keyID, _, _ := strings.Cut(rest, ".")
	keyless, _ := s.NewClient(t)
	var c clientBody
	s.Want(t, 200, "GET", "/v1/clients/"+keyless, "").JSON(t, &c)
	s.Want(t, 204, "DELETE", "/v1/clients/"+keyless+"/access-keys/"+c.VerificationKeys[0].KeyID, "")
	s.Want(t, 201, "POST", "/v1/groups", groupBody("grp_empty"))

	rec := fmt.Sprintf(ownerRecord, "rec_owner", userList(owner))
	path := "/v1/records/rec_owner"
	wantLastOwner(t, s, s.Owner, "DELETE", path, "")
	for _, body := range []string{
		strings.Replace(rec, `"*"`, `"Authress:*"`, 1),
		strings.Replace(rec, `"*"`, `"*/*"`, 1),
		strings.Replace(rec, `Authress:Owner`, `ro_owner`, 1),
		strings.Replace(rec, userList(owner), `[]`, 1),
		fmt.Sprintf(ownerRecord, "rec_owner", userList("sc_nobody")),
		fmt.Sprintf(ownerRecord, "rec_owner", userList(keyless)),
		strings.Replace(rec, `"users":`+userList(owner), `"groups":[{"groupId":"grp_none"}]`, 1),
		strings.Replace(rec, `"users":`+userList(owner), `"groups":[{"groupId":"grp_empty"}]`, 1),
	} {
		wantLastOwner(t, s, s.Owner, "PUT", path, body)
	}
	wantLastOwner(t, s, s.Owner, "DELETE", "/v1/clients/"+owner, "")
	deleteAPIKeys(t, s) // one would be another way in
	wantLastOwner(t, s, s.Owner, "DELETE", "/v1/clients/"+owner+"/access-keys/"+keyID, "")

	// Nothing of it was done, and what leaves an owner is.
	s.Want(t, 202, "PUT", path, strings.Replace(rec, `"*"`, `"/*"`, 1))
	s.Want(t, 201, "POST", "/v1/clients/"+owner+"/access-keys", "")
	s.Want(t, 204, "DELETE", "/v1/clients/"+owner+"/access-keys/"+keyID, "")
}

func deleteAPIKeys(t *testing.T, s *servertest.Server) {
	t.Helper()
	var keys struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	s.Want(t, 200, "GET", "/api/v1/api-keys", "").JSON(t, &keys)
	for _, k := range keys.Data {
		s.Want(t, 204, "DELETE", "/api/v1/api-keys/"+k.ID, "")
	}
}

// TestLastOwnerThroughAGroupStays: members of groups own what the group does.
func TestLastOwnerThroughAGroupStays(t *testing.T) {
	s := servertest.Start(t)
	id, key := s.NewClient(t)
	s.Want(t, 201, "POST", "/v1/groups", groupBody("grp_owners", id))
	groupRecord(t, s, "grp_owners", "Authress:Owner", "*")
	if got := s.As(t, key, "DELETE", "/v1/records/rec_owner", ""); got.Status != 204 {
		t.Fatalf("deleting the first owner's record: %d %s, want 204", got.Status, got.Body)
	}
	wantLastOwner(t, s, key, "PUT", "/v1/groups/grp_owners", groupBody("grp_owners"))
	wantLastOwner(t, s, key, "PUT", "/v1/groups/grp_owners", groupBody("grp_owners", "sc_nobody"))
	wantLastOwner(t, s, key, "DELETE", "/v1/groups/grp_owners", "")
	wantLastOwner(t, s, key, "DELETE", "/v1/clients/"+id, "")
	if got := s.As(t, key, "PUT", "/v1/groups/grp_owners", groupBody("grp_owners", "ana")); got.Status != 200 { // a user counts
		t.Errorf("handing over to a user: %d %s, want 200", got.Status, got.Body)
	}
	if got := s.As(t, key, "GET", "/v1/groups", ""); got.Status != 403 {
		t.Errorf("after handing over: %d, want 403", got.Status)
	}
}

// TestLastTwoOwnersLeaveAtOnce: one of them stays, however they leave.
func TestLastTwoOwnersLeaveAtOnce(t *testing.T) {
	s := servertest.Start(t)
	for round := range 6 {
		var keys, paths [2]string
		for i := range 2 {
			var id string
			id, keys[i] = s.NewClient(t)
			record := fmt.Sprintf("rec_%d_%d", round, i)
			s.Want(t, 201, "POST", "/v1/records", fmt.Sprintf(ownerRecord, record, userList(id)))
			if paths[i] = "/v1/records/" + record; round%3 == 1 || round%3 == 2 && i == 0 {
				paths[i] = "/v1/clients/" + id
			}
		}
		leave(t, s, s.Owner, round)
		got := make([]servertest.Answer, 2)
		var both sync.WaitGroup
		for i := range 2 {
			both.Go(func() { got[i] = s.As(t, keys[i], "DELETE", paths[i], "") })
		}
		both.Wait()
		stayed := 0
		if got[0].Status == 204 {
			stayed = 1
		}
		if got[1-stayed].Status != 204 || got[stayed].Status != 409 || got[stayed].ErrorCode() != "LastOwner" {
			t.Fatalf("round %d: %d %s and %d %s, want one 204 and one 409", round, got[0].Status, got[0].Body, got[1].Status, got[1].Body)
		}
		s.Owner = keys[stayed]
	}
}

// leave takes ownership away from the caller, who is not the last owner.
func leave(t *testing.T, s *servertest.Server, key string, round int) {
	t.Helper()
	id, _, _ := strings.Cut(key, ".")
	if got := s.As(t, key, "DELETE", "/v1/clients/"+id, ""); got.Status != 204 {
		t.Fatalf("round %d: leaving: %d %s, want 204", round, got.Status, got.Body)
	}
}
