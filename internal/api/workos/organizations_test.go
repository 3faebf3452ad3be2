package workos_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestOrganizations(t *testing.T) {
	s := newServer(t)
	made := s.want(t, 201, "POST", "/organizations", `{"name":"Acme","external_id":"x/y ?#%","metadata":{"k":"v","gone":null},
		"domain_data":[{"domain":"A.example","state":"verified"},{"domain":"b.example","state":"pending"},{"domain":"b.example","state":"verified"}],
		"allow_profiles_outside_organization":true,"unknown":1}`)
	org := id(made)
	if !strings.HasPrefix(org, "org_") || made["name"] != "Acme" || made["external_id"] != "x/y ?#%" || made["created_at"] != made["updated_at"] {
		t.Errorf("made %v", made)
	}
	if got := fmt.Sprint(made["metadata"]); got != "map[k:v]" {
		t.Errorf("the metadata is %s", got)
	}
	if got := domainsOf(made); got != "a.example verified, b.example pending" {
		t.Errorf("the domains are %s", got)
	}
	for _, path := range []string{"/organizations/" + org, "/organizations/external_id/" + url.PathEscape("x/y ?#%")} {
		if got := s.want(t, 200, "GET", path, ""); fmt.Sprint(got) != fmt.Sprint(made) {
			t.Errorf("%s: %v, want %v", path, got, made)
		}
	}
	bare := s.want(t, 201, "POST", "/organizations", `{"name":"Bare","external_id":null,"metadata":null}`)
	if v, set := bare["external_id"]; !set || v != nil || fmt.Sprint(bare["metadata"]) != "map[]" || fmt.Sprint(bare["domains"]) != "[]" {
		t.Errorf("a bare one is %v", bare)
	}
	root := s.want(t, 200, "GET", "/authorization/organizations/"+org+"/resources/organization/"+org, "")
	if root["name"] != "Acme" || root["external_id"] != "x/y ?#%" || root["parent_resource_id"] != nil {
		t.Errorf("the root is %v, want it named as the organization", root)
	}
	s.want(t, 200, "DELETE", "/organizations/"+org, "")
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		s.refused(t, 404, "entity_not_found", method, "/organizations/"+org, "")
	}
	s.refused(t, 404, "entity_not_found", "GET", "/organizations/external_id/x%2Fy%20%3F%23%25", "")
	s.organization(t, "Acme") // the name need not be unique
}

// domainsOf tells the names and states of an organization's domains.
func domainsOf(org map[string]any) string {
	var all []string
	for _, d := range org["domains"].([]any) {
		d := d.(map[string]any)
		all = append(all, fmt.Sprint(d["domain"], " ", d["state"]))
	}
	return strings.Join(all, ", ")
}

func TestUpdateOrganization(t *testing.T) {
	s := newServer(t)
	made := s.want(t, 201, "POST", "/organizations", `{"name":"A","external_id":"x","metadata":{"a":"1","b":"2"},"domain_data":[{"domain":"a.example","state":"verified"},{"domain":"b.example","state":"pending"}]}`)
	path := "/organizations/" + id(made)
	for _, tt := range []struct{ body, name, externalID, metadata, domains string }{
		{``, "A", "x", "map[a:1 b:2]", "a.example verified, b.example pending"},
		{`{}`, "A", "x", "map[a:1 b:2]", "a.example verified, b.example pending"},
		{`{"name":"B"}`, "B", "x", "map[a:1 b:2]", "a.example verified, b.example pending"},
		{`{"metadata":{"a":null,"c":"3","no":null}}`, "B", "x", "map[b:2 c:3]", "a.example verified, b.example pending"},
		{`{"metadata":{}}`, "B", "x", "map[b:2 c:3]", "a.example verified, b.example pending"},
		{`{"metadata":null,"external_id":null}`, "B", "<nil>", "map[]", "a.example verified, b.example pending"},
		{`{"metadata":{"d":""},"external_id":"y"}`, "B", "y", "map[d:]", "a.example verified, b.example pending"},
		{`{"domains":["B.example","a.example"]}`, "B", "y", "map[d:]", "b.example pending, a.example verified"},
		{`{"domain_data":[{"domain":"b.example","state":"verified"},{"domain":"c.example","state":"pending"}]}`, "B", "y", "map[d:]", "b.example verified, c.example pending"},
		{`{"domain_data":[]}`, "B", "y", "map[d:]", ""},
		{`{"name":"` + strings.Repeat("é", 256) + `"}`, strings.Repeat("é", 256), "y", "map[d:]", ""},
	} {
		got := s.want(t, 200, "PUT", path, tt.body)
		if got["name"] != tt.name || fmt.Sprint(got["external_id"]) != tt.externalID || fmt.Sprint(got["metadata"]) != tt.metadata || domainsOf(got) != tt.domains {
			t.Errorf("%.80s: %v, want %+v", tt.body, got, tt)
		}
		if got["updated_at"].(string) <= made["updated_at"].(string) || got["created_at"] != made["created_at"] {
			t.Errorf("%.80s: made %v and changed %v, before %v", tt.body, got["created_at"], got["updated_at"], made["updated_at"])
		}
		if read := s.want(t, 200, "GET", path, ""); fmt.Sprint(read) != fmt.Sprint(got) {
			t.Errorf("%.80s: reads %v, want %v", tt.body, read, got)
		}
	}
	if got := s.want(t, 200, "PUT", path, `{"stripe_customer_id":"cus_1"}`); got["stripe_customer_id"] != "cus_1" {
		t.Errorf("the Stripe customer is %v", got["stripe_customer_id"])
	}
	if _, set := s.want(t, 200, "PUT", path, `{"stripe_customer_id":null}`)["stripe_customer_id"]; set {
		t.Error("the Stripe customer stays")
	}
}

// TestDomainsKeepTheirIDs: replacing the domains, in either dialect, makes anew
// only those that are new.
func TestDomainsKeepTheirIDs(t *testing.T) {
	s := newServer(t)
	made := s.want(t, 201, "POST", "/organizations", `{"name":"A","external_id":"x","metadata":{"a":"1"},"domain_data":[{"domain":"a.example","state":"verified"}]}`)
	first := made["domains"].([]any)[0].(map[string]any)
	s.Want(t, 200, "PUT", "/v1/tenants/"+id(made), `{"data":{"name":"B"},"domains":[{"domain":"b.example"},{"domain":"a.example"}]}`)
	got := s.want(t, 200, "GET", "/organizations/"+id(made), "")
	if domainsOf(got) != "b.example pending, a.example verified" || fmt.Sprint(got["domains"].([]any)[1]) != fmt.Sprint(first) {
		t.Errorf("the domains are %v, want %v among them", got["domains"], first)
	}
	if got["name"] != "B" || got["external_id"] != "x" || fmt.Sprint(got["metadata"]) != "map[a:1]" {
		t.Errorf("the other dialect left %v", got)
	}
	root := s.want(t, 200, "GET", "/authorization/organizations/"+id(made)+"/resources/organization/x", "")
	if root["name"] != "B" {
		t.Errorf("the root is %v, want it to follow", root)
	}
}

func TestOrganizationsRefuse(t *testing.T) {
	s := newServer(t)
	s.want(t, 201, "POST", "/organizations", `{"name":"A","external_id":"taken"}`)
	other := s.organization(t, "B")
	s.want(t, 200, "PUT", "/organizations/"+other, `{"stripe_customer_id":"cus_1","external_id":"own"}`)
	third := s.organization(t, "C")
	keys := func(n, size int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(`"%0*d":"v"`, size, i))
		}
		return "{" + strings.Join(all, ",") + "}"
	}
	domains := strings.TrimSuffix(strings.Repeat(`"%d.example",`, 101), ",")
	for _, tt := range []struct {
		body, code string
		status     int
	}{
		{`{"name":""}`, "name:name_required", 422},
		{`{"name":null}`, "name:name_required", 422},
		{`{"name":"x","external_id":""}`, "external_id:invalid_external_id", 422},
		{`{"name":"` + strings.Repeat("x", 257) + `"}`, "name:invalid_name", 422},
		{`{"name":"a\u0007"}`, "name:invalid_name", 422},
		{`{"name":"x","external_id":"` + strings.Repeat("x", 129) + `"}`, "external_id:invalid_external_id", 422},
		{`{"name":"x","external_id":"é"}`, "external_id:invalid_external_id", 422},
		{`{"name":"x","external_id":"taken"}`, "external_id_already_used", 400},
		{`{"name":"x","metadata":` + keys(51, 40) + `}`, "invalid_metadata", 400},
		{`{"name":"x","metadata":` + keys(1, 41) + `}`, "invalid_metadata", 400},
		{`{"name":"x","metadata":{"k":"` + strings.Repeat("é", 601) + `"}}`, "invalid_metadata", 400},
		{`{"name":"x","metadata":{"k":1}}`, "invalid_metadata", 400},
		{`{"name":"x","metadata":{"k":{}}}`, "invalid_metadata", 400},
		{`{"name":"x","metadata":"k"}`, "bad_request", 400},
		{`{"name":"x","domain_data":[{"domain":"a.example"}]}`, "domain_data:invalid_state", 422},
		{`{"name":"x","domain_data":[{"domain":"a.example","state":"failed"}]}`, "domain_data:invalid_state", 422},
		{`{"name":"x","domain_data":[{"domain":"","state":"verified"}]}`, "domain:invalid_domain", 422},
		{`{"name":"x","domains":["a b"]}`, "domain:invalid_domain", 422},
		{`{"name":"x","domains":["` + strings.Repeat("x", 254) + `"]}`, "domain:invalid_domain", 422},
		{`{"name":"x","domains":[` + fmt.Sprintf(domains, numbers(101)...) + `]}`, "domains:too_many_domains", 422},
		{`{"name":5}`, "bad_request", 400},
		{`{"name":`, "bad_request", 400},
		{`[]`, "bad_request", 400},
	} {
		s.refused(t, tt.status, tt.code, "POST", "/organizations", tt.body)
		s.refused(t, tt.status, tt.code, "PUT", "/organizations/"+third, tt.body)
	}
	s.refused(t, 422, "name:name_required", "POST", "/organizations", `{}`)
	s.refused(t, 400, "stripe_customer_id_already_used", "PUT", "/organizations/"+third, `{"stripe_customer_id":"cus_1"}`)
	s.want(t, 200, "PUT", "/organizations/"+other, `{"stripe_customer_id":"cus_1","external_id":"own"}`) // its own
	s.want(t, 200, "PUT", "/organizations/"+third, `{"name":"C2","metadata":`+keys(50, 40)+`}`)
	s.refused(t, 400, "invalid_metadata", "PUT", "/organizations/"+third, `{"metadata":{"one more":"v"}}`)
	s.want(t, 200, "PUT", "/organizations/"+third, `{"metadata":{"one more":"`+strings.Repeat("é", 600)+`","`+strings.Repeat("0", 40)+`":null}}`)
	if got := s.want(t, 200, "GET", "/organizations/"+third, ""); got["name"] != "C2" || got["external_id"] != nil {
		t.Errorf("what was refused changed %v", got)
	}
	for _, path := range []string{"/organizations/none", "/organizations/%2A", "/organizations/a%2Fb", "/organizations/a%00b", "/organizations/external_id/none", "/organizations/" + strings.Repeat("x", 300)} {
		s.refused(t, 404, "entity_not_found", "GET", path, "")
	}
	for _, path := range []string{"/organizations?limit=0", "/organizations?limit=101", "/organizations?limit=x"} {
		s.refused(t, 422, "limit:invalid_limit", "GET", path, "")
	}
	s.refused(t, 422, "order:invalid_order", "GET", "/organizations?order=up", "")
	s.refused(t, 422, "domains:too_many_domains", "GET", "/organizations?domains="+strings.Repeat("a.example,", 101), "")
}

func numbers(n int) []any {
	all := make([]any, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func TestListOrganizations(t *testing.T) {
	s := newServer(t)
	var ids []string
	for i, body := range []string{
		`{"name":"Acme One","domains":["a.example"]}`,
		`{"name":"Other","domains":["b.example","a.example"]}`,
		`{"name":"ACME two","domains":["b.example"]}`,
		`{"name":"Bare"}`,
		`{"name":"acme 3","domains":["c.example"]}`,
	} {
		ids = append(ids, id(s.want(t, 201, "POST", "/organizations", body)))
		if i == 0 {
			s.Want(t, 201, "POST", "/v1/tenants", `{"tenantId":"zz","data":{"name":"Tenant"}}`) // of the other dialect
		}
	}
	at := func(indexes ...int) (some []string) {
		for _, i := range indexes {
			some = append(some, ids[i])
		}
		return some
	}
	for path, want := range map[string][]string{
		"order=asc":                             append(at(0, 1, 2, 3, 4), "zz"),
		"":                                      append([]string{"zz"}, at(4, 3, 2, 1, 0)...),
		"search=acme&order=asc":                 at(0, 2, 4),
		"search=nobody":                         nil,
		"domains=A.example&order=asc":           at(0, 1),
		"domains=a.example,b.example&order=asc": at(0, 1, 2),
		"domains=a.example&domains=b.example":   at(2, 1, 0),
		"domains%5B%5D=a.example&domains%5B%5D=c.example":   at(4, 1, 0),
		"domains=a.example&search=acme":                     at(0),
		"domains=a.example,b.example&search=acme&order=asc": at(0, 2),
		"domains=none.example":                              nil,
		"after=unknown&order=asc&search=acme":               at(0, 2, 4),
	} {
		if got := column(s.want(t, 200, "GET", "/organizations?"+path, ""), "id"); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
		walksBothWays(t, s, "/organizations?"+path, want)
	}
}

// walksBothWays pages through a list and back.
func walksBothWays(t *testing.T, s server, path string, want []string) {
	t.Helper()
	if strings.Contains(path, "after=") {
		return
	}
	for _, limit := range []int{1, 2, len(want) + 1} {
		var forth, back []string
		page := s.want(t, 200, "GET", fmt.Sprintf("%s&limit=%d", path, limit), "")
		for {
			forth = append(forth, column(page, "id")...)
			if after(page) == "" {
				break
			}
			page = s.want(t, 200, "GET", fmt.Sprintf("%s&limit=%d&after=%s", path, limit, url.QueryEscape(after(page))), "")
		}
		for {
			back = append(column(page, "id"), back...)
			if before(page) == "" {
				break
			}
			page = s.want(t, 200, "GET", fmt.Sprintf("%s&limit=%d&before=%s", path, limit, url.QueryEscape(before(page))), "")
		}
		if !slices.Equal(forth, want) || !slices.Equal(back, want) {
			t.Errorf("%s by %d: forth %q, back %q, want %q", path, limit, forth, back, want)
		}
	}
}

// TestOrganizationTwins: of concurrent writes that want the same unique id, one
// succeeds; of others all do.
func TestOrganizationTwins(t *testing.T) {
	s := newServer(t)
	org := s.organization(t, "A")
	var mu sync.Mutex
	made := map[int]int{}
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			status, _ := s.call(t, "POST", "/organizations", `{"name":"x","external_id":"same"}`)
			mu.Lock()
			made[status]++
			mu.Unlock()
			if status, body := s.call(t, "PUT", "/organizations/"+org, fmt.Sprintf(`{"metadata":{"k%d":"v"}}`, i)); status != 200 {
				t.Errorf("a change of one organization among others: %d %v", status, body)
			}
		})
	}
	all.Wait()
	if made[201] != 1 || made[400] != 9 {
		t.Errorf("of ten with one external id: %v, want one made", made)
	}
	if got := s.want(t, 200, "GET", "/organizations/"+org, "")["metadata"].(map[string]any); len(got) != 10 {
		t.Errorf("ten merges left %v", got)
	}
}

// TestOrganizationInTheNameOfAnother: none has the id of another one as its
// external id, be it made before or after, and so none answers for another one.
func TestOrganizationInTheNameOfAnother(t *testing.T) {
	s := withRoles(t, false, "editor")
	first, second := s.organization(t, "First"), s.organization(t, "Second")
	om := s.membership(t, first, s.user(t, "ana@example.com"), "editor")
	asSecond := fmt.Sprintf(`{"name":"x","external_id":%q}`, second)
	s.refused(t, 400, "external_id_already_used", "PUT", "/organizations/"+first, asSecond)
	s.refused(t, 400, "external_id_already_used", "POST", "/organizations", asSecond)
	s.refused(t, 404, "entity_not_found", "POST", "/authorization/organization_memberships/"+om+"/check",
		fmt.Sprintf(`{"permission_slug":"editor","resource_type_slug":"organization","resource_external_id":%q}`, second))

	s.want(t, 200, "PUT", "/organizations/"+first, `{"external_id":"t1"}`)
	s.Want(t, 409, "POST", "/v1/tenants", `{"tenantId":"t1","data":{"name":"x"}}`)
	s.want(t, 200, "PUT", "/organizations/"+first, fmt.Sprintf(`{"external_id":%q}`, first)) // its own
	if !s.holdsIn(t, om, first, "editor") {
		t.Error("with its id as external id an organization is not found")
	}
	s.Want(t, 201, "POST", "/v1/tenants", `{"tenantId":"t1","data":{"name":"x"}}`)
}
