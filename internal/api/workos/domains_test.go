package workos_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestDomains(t *testing.T) {
	s := newServer(t)
	org, other := s.organization(t, "A"), s.organization(t, "B")
	body := func(org, name string) string {
		return fmt.Sprintf(`{"organization_id":%q,"domain":%q}`, org, name)
	}
	made := s.want(t, 201, "POST", "/organization_domains", body(org, "A.example"))
	if !strings.HasPrefix(id(made), "org_domain_") || made["domain"] != "a.example" || made["state"] != "pending" || made["organization_id"] != org || made["verification_token"] == "" {
		t.Errorf("made %v", made)
	}
	path := "/organization_domains/" + id(made)
	if got := s.want(t, 200, "GET", path, ""); fmt.Sprint(got) != fmt.Sprint(made) {
		t.Errorf("reads %v, want %v", got, made)
	}
	if got := s.want(t, 200, "GET", "/organizations/"+org, ""); fmt.Sprint(got["domains"]) != fmt.Sprint([]any{made}) {
		t.Errorf("the organization has %v, want %v", got["domains"], made)
	}
	s.refused(t, 409, "domain_already_exists", "POST", "/organization_domains", body(org, "a.example"))
	theirs := s.want(t, 201, "POST", "/organization_domains", body(other, "a.example"))
	if id(theirs) == id(made) || theirs["verification_token"] == made["verification_token"] {
		t.Errorf("two organizations share %v", theirs)
	}

	if got := s.want(t, 201, "POST", path+"/verify", ""); got["state"] != "pending" || got["id"] != made["id"] {
		t.Errorf("to be verified: %v", got)
	}
	s.want(t, 200, "PUT", "/organizations/"+org, `{"domain_data":[{"domain":"a.example","state":"verified"}]}`)
	s.refused(t, 400, "domain_already_verified", "POST", path+"/verify", "")
	if got := s.want(t, 200, "GET", path, ""); got["state"] != "verified" {
		t.Errorf("verified: %v", got)
	}

	s.want(t, 204, "DELETE", path, "")
	s.refused(t, 404, "entity_not_found", "GET", path, "")
	s.refused(t, 404, "entity_not_found", "DELETE", path, "")
	s.refused(t, 404, "entity_not_found", "POST", path+"/verify", "")
	if got := s.want(t, 200, "GET", "/organizations/"+org, ""); domainsOf(got) != "" {
		t.Errorf("the organization has still %v", got["domains"])
	}
	s.want(t, 200, "GET", "/organization_domains/"+id(theirs), "")
	s.want(t, 200, "DELETE", "/organizations/"+other, "")
	s.refused(t, 404, "entity_not_found", "GET", "/organization_domains/"+id(theirs), "")

	for _, tt := range []struct {
		body, code string
		status     int
	}{
		{`{}`, "organization_id:organization_id_required", 422},
		{`{"organization_id":"` + org + `"}`, "domain:invalid_domain", 422},
		{body(org, "a b"), "domain:invalid_domain", 422},
		{body(org, strings.Repeat("x", 254)), "domain:invalid_domain", 422},
		{body("none", "a.example"), "entity_not_found", 404},
	} {
		s.refused(t, tt.status, tt.code, "POST", "/organization_domains", tt.body)
	}
}
