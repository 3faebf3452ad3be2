package authress_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// TestDeletedRecordIsRevivedByWhoMightHaveChangedIt: the content of a deleted
// record is kept for tracking, and nobody else's to replace.
func TestDeletedRecordIsRevivedByWhoMightHaveChangedIt(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_update", "UPDATE")
	s.Want(t, 201, "POST", "/v1/records", recordBody("rec_payroll", "ana", "ro_update", "payroll"))
	s.Want(t, 204, "DELETE", "/v1/records/rec_payroll", "")
	id, key := s.NewClient(t)
	give(t, s, id, "Authress:Owner", "tenants/t3")
	body := recordBody("rec_payroll", "eve", "Authress:Owner", "tenants/t3")
	if got := s.As(t, key, "POST", "/v1/records", body); got.Status != 409 || got.ErrorCode() != "AccessRecordAlreadyExists" {
		t.Errorf("reviving another's record: %d %s, want 409 AccessRecordAlreadyExists", got.Status, got.Body)
	}
	if got := s.Want(t, 200, "GET", "/v1/records/rec_payroll", ""); !strings.Contains(got.Body, "payroll") || strings.Contains(got.Body, "eve") {
		t.Errorf("the record reads %s, want it as it was", got.Body)
	}
	give(t, s, id, "ro_update", "Authress:AccessRecords/rec_payroll")
	if got := s.As(t, key, "POST", "/v1/records", body); got.Status != 201 {
		t.Errorf("with the right to change it: %d %s, want 201", got.Status, got.Body)
	}
}

// TestRoleThatRecordsNameAlready: making a role that records wait for decides
// what they give, so the right to make roles is not enough.
func TestRoleThatRecordsNameAlready(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_create", "CREATE")
	role(t, s, "ro_change", "UPDATE")
	id, key := s.NewClient(t)
	give(t, s, id, "ro_create", "Authress:Roles")
	give(t, s, id, "ro_waiting", "*")
	own := `{"roleId":"ro_waiting","name":"x","permissions":[{"action":"*","allow":true,"grant":true,"delegate":true}]}`
	if got := s.As(t, key, "POST", "/v1/roles", own); got.Status != 403 {
		t.Errorf("making the role that a record gives the caller: %d %s, want 403", got.Status, got.Body)
	}
	if got := s.As(t, key, "POST", "/v1/roles", `{"roleId":"ro_free","name":"x","permissions":[]}`); got.Status != 201 {
		t.Errorf("making a role that no record names: %d %s, want 201", got.Status, got.Body)
	}
	give(t, s, id, "ro_change", "Authress:Roles/ro_waiting")
	if got := s.As(t, key, "POST", "/v1/roles", own); got.Status != 201 {
		t.Errorf("with the right to change it: %d %s, want 201", got.Status, got.Body)
	}
}

// TestListsOfWhoMayReadNothing: callers without a right get the same refusal
// however much there is, and administrators find theirs among many.
func TestListsOfWhoMayReadNothing(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_read", "READ")
	id, key := s.NewClient(t)
	for i := range 300 { // more than is read at a time
		s.Want(t, 201, "POST", "/v1/records", recordBody(fmt.Sprintf("r%03d", i), "ana", "ro_read", "documents"))
	}
	for _, path := range []string{"/v1/records", "/v1/groups", "/v1/clients", "/v1/requests"} {
		if got := s.As(t, key, "GET", path, ""); got.Status != 403 {
			t.Errorf("GET %s without a right: %d %s, want 403", path, got.Status, got.Body)
		}
	}
	s.Want(t, 202, "PUT", "/v1/records/r250", strings.Replace(recordBody("r250", "ana", "ro_read", "documents"), `"users"`, `"admins":[{"userId":"`+id+`"}],"users"`, 1))
	var p page
	if got := s.As(t, key, "GET", "/v1/records", ""); got.Status != 200 {
		t.Errorf("GET /v1/records of an administrator: %d %s, want 200", got.Status, got.Body)
	} else if got.JSON(t, &p); fmt.Sprint(p.ids()) != "[r250]" || p.Pagination.Next != nil {
		t.Errorf("GET /v1/records of an administrator: %s, want r250 alone", got.Body)
	}
	give(t, s, id, "ro_read", "Authress:AccessRecords/r001")
	p = page{}
	s.As(t, key, "GET", "/v1/records", "").JSON(t, &p)
	if fmt.Sprint(p.ids()) != "[r001 r250]" {
		t.Errorf("GET /v1/records with a right to one more: %v, want r001 and r250", p.ids())
	}
}

// TestGroupThatRecordsNameAlready: making a group that records wait for decides
// who holds what they give, so the right to make groups is not enough.
func TestGroupThatRecordsNameAlready(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_create", "CREATE")
	role(t, s, "ro_change", "UPDATE")
	id, key := s.NewClient(t)
	give(t, s, id, "ro_create", "Authress:Groups")
	s.Want(t, 201, "POST", "/v1/records", `{"name":"x","groups":[{"groupId":"grp_waiting"}],"statements":[{"roles":["Authress:Owner"],"resources":[{"resourceUri":"*"}]}]}`)
	own := `{"groupId":"grp_waiting","name":"x","users":[{"userId":"` + id + `"}],"admins":null}`
	if got := s.As(t, key, "POST", "/v1/groups", own); got.Status != 403 {
		t.Errorf("making the group that a record makes owner: %d %s, want 403", got.Status, got.Body)
	}
	if got := s.As(t, key, "POST", "/v1/groups", `{"groupId":"grp_free","name":"x","users":[],"admins":null}`); got.Status != 201 {
		t.Errorf("making a group that nothing names: %d %s, want 201", got.Status, got.Body)
	}
	give(t, s, id, "ro_change", "Authress:Groups/grp_waiting")
	if got := s.As(t, key, "POST", "/v1/groups", own); got.Status != 201 {
		t.Errorf("with the right to change it: %d %s, want 201", got.Status, got.Body)
	}
}

// TestCursorsAreOpaque: a cursor stands after a document that its holder may not
// know of.
func TestCursorsAreOpaque(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_read", "READ")
	id, key := s.NewClient(t)
	for i := range 230 {
		s.Want(t, 201, "POST", "/v1/groups", fmt.Sprintf(`{"groupId":"grp_secret%03d","name":"x","users":[],"admins":null}`, i))
	}
	for _, g := range []string{"grp_aaa", "grp_zzz"} {
		s.Want(t, 201, "POST", "/v1/groups", `{"groupId":"`+g+`","name":"x","users":[],"admins":null}`)
		give(t, s, id, "ro_read", "Authress:Groups/"+g)
	}
	var p page
	s.As(t, key, "GET", "/v1/groups?limit=1", "").JSON(t, &p)
	if p.Pagination.Next == nil {
		t.Fatal("no next page")
	}
	raw, err := base64.RawURLEncoding.DecodeString(p.Pagination.Next.Cursor)
	if err != nil || strings.Contains(string(raw), "grp_") {
		t.Errorf("the cursor holds %q, %v; want nothing to read", raw, err)
	}
}

// TestWhoMayNotRegisterLearnsNoHosts: what is refused of an issuer depends on
// what the operator lets the server reach.
func TestWhoMayNotRegisterLearnsNoHosts(t *testing.T) {
	s := servertest.Start(t)
	_, key := s.NewClient(t)
	var first string
	for _, issuer := range []string{"https://issuer.example.com", "https://127.0.0.1", "http://10.0.0.1", "nonsense"} {
		got := s.As(t, key, "POST", "/v1/identities", `{"issuer":"`+issuer+`"}`)
		var e struct {
			Title string `json:"title"`
		}
		got.JSON(t, &e)
		if first == "" {
			first = e.Title
		}
		if got.Status != 403 || e.Title != first {
			t.Errorf("registering %s: %d %s, want 403 and the same words", issuer, got.Status, got.Body)
		}
	}
}
