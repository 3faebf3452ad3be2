package workos_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
)

// orgKey makes a key of an organization and returns its id and its value.
func (s server) orgKey(t testing.TB, org, body string) (keyID, value string) {
	t.Helper()
	v := s.want(t, 201, "POST", "/organizations/"+org+"/api_keys", body)
	return id(v), fmt.Sprint(v["value"])
}

// good is the key that a value proves, nil if none.
func (s server) good(t testing.TB, value string) map[string]any {
	t.Helper()
	v := s.want(t, 200, "POST", "/api_keys/validations", fmt.Sprintf(`{"value":%q}`, value))
	key, _ := v["api_key"].(map[string]any)
	return key
}

func TestOrganizationAPIKeys(t *testing.T) {
	s := newServer(t)
	org, other := s.organization(t, "Acme"), s.organization(t, "Other")
	s.permission(t, "posts:read", "organization")
	s.permission(t, "posts:write", "organization")
	keys := "/organizations/" + org + "/api_keys"

	made := s.want(t, 201, "POST", keys, `{"name":"Production","permissions":["posts:write","posts:read","posts:write"]}`)
	value := fmt.Sprint(made["value"])
	if !strings.HasPrefix(value, "sk_") || made["obfuscated_value"] != "sk_..."+value[len(value)-4:] || len(value) < 40 {
		t.Errorf("made %v, want a value that begins with sk_ and its end as obfuscated_value", made)
	}
	if got := fmt.Sprintf("%v %v %v %v %v %v", made["object"], made["name"], made["owner"], made["permissions"], made["expires_at"], made["last_used_at"]); got !=
		fmt.Sprintf("api_key Production map[id:%s type:organization] [posts:write posts:read] <nil> <nil>", org) {
		t.Errorf("made %v", got)
	}
	if !strings.HasPrefix(id(made), "api_key_") || made["created_at"] != made["updated_at"] {
		t.Errorf("made %v", made)
	}
	list := s.want(t, 200, "GET", keys, "")
	if got := column(list, "id"); len(got) != 1 || got[0] != id(made) {
		t.Errorf("listed %v, want the key", list)
	}
	if strings.Contains(fmt.Sprint(list), value) || len(column(s.want(t, 200, "GET", "/organizations/"+other+"/api_keys", ""), "id")) != 0 {
		t.Errorf("listed %v: the value, or to another organization", list)
	}

	// It proves nobody to this server, and is told good by a validation.
	if got := s.As(t, value, "GET", keys, ""); got.Status != 401 {
		t.Errorf("a customer's key as a credential: %d, want 401", got.Status)
	}
	valid := s.good(t, value)
	if valid["id"] != id(made) || valid["value"] != nil || valid["last_used_at"] == nil || fmt.Sprint(valid["permissions"]) != "[posts:write posts:read]" {
		t.Errorf("validated %v", valid)
	}
	if got := column(s.want(t, 200, "GET", keys, ""), "last_used_at"); got[0] != valid["last_used_at"] {
		t.Errorf("listed as last used %v, want %v", got, valid["last_used_at"])
	}
	for _, bad := range []string{"sk_nothing", value + "x", value[:len(value)-1], strings.ToUpper(value), s.APIKey, "%"} {
		if got := s.good(t, bad); got != nil {
			t.Errorf("validated %q: %v, want null", bad, got)
		}
	}

	s.want(t, 204, "DELETE", "/api_keys/"+id(made), "")
	if got := s.good(t, value); got != nil {
		t.Errorf("validated a deleted key: %v", got)
	}
	s.refused(t, 404, "entity_not_found", "DELETE", "/api_keys/"+id(made), "")
	s.refused(t, 404, "entity_not_found", "POST", "/api_keys/"+id(made)+"/expire", "")
}

func TestAPIKeyRules(t *testing.T) {
	s := newServer(t)
	org := s.organization(t, "Acme")
	s.permission(t, "posts:read", "organization")
	keys := "/organizations/" + org + "/api_keys"
	many := make([]string, access.MaxKeyPermissions+1)
	for i := range many {
		many[i] = fmt.Sprintf("%q", fmt.Sprintf("p%d", i))
	}
	for _, tt := range []struct{ body, code string }{
		{`{}`, "name:name_required"},
		{`{"name":""}`, "name:name_required"},
		{`{"name":"` + strings.Repeat("é", access.MaxNameLen+1) + `"}`, "name:invalid_name"},
		{`{"name":"a\u0000"}`, "name:invalid_name"},
		{`{"name":"x","permissions":["none"]}`, "permissions:permission_not_found"},
		{`{"name":"x","permissions":["posts:read","Posts"]}`, "permissions:invalid_permission"},
		{`{"name":"x","permissions":[` + strings.Join(many, ",") + `]}`, "permissions:too_many_permissions"},
		{`{"name":"x","expires_at":"2020-01-01T00:00:00.000Z"}`, "expires_at:expires_at_in_past"},
		{`{"name":"x","expires_at":"tomorrow"}`, "expires_at:invalid_date"},
		{`{"name":"x","expires_at":""}`, "expires_at:invalid_date"},
	} {
		s.refused(t, 422, tt.code, "POST", keys, tt.body)
	}
	s.refused(t, 400, "bad_request", "POST", keys, `{"name":1}`)
	s.refused(t, 404, "entity_not_found", "POST", "/organizations/org_none/api_keys", `{"name":"x"}`)
	s.refused(t, 404, "entity_not_found", "GET", "/organizations/org_none/api_keys", "")
	s.refused(t, 422, "value:value_required", "POST", "/api_keys/validations", `{}`)
	if got := column(s.want(t, 200, "GET", keys, ""), "id"); len(got) != 0 {
		t.Errorf("refused requests left the keys %v", got)
	}
	for _, body := range []string{
		`{"name":"` + strings.Repeat("é", access.MaxNameLen) + `"}`,
		`{"name":"x","permissions":[],"expires_at":null}`,
		`{"name":"x","permissions":["widgets:api-keys:manage"],"expires_at":"2090-01-01T01:00:00.5+01:00"}`,
	} {
		v := s.want(t, 201, "POST", keys, body)
		if strings.Contains(body, "2090") && v["expires_at"] != "2090-01-01T00:00:00.500Z" {
			t.Errorf("made %v", v)
		}
	}
}

func TestAPIKeysAreListedInPages(t *testing.T) {
	s := newServer(t)
	org := s.organization(t, "Acme")
	var made []string
	for i := range 5 {
		keyID, _ := s.orgKey(t, org, fmt.Sprintf(`{"name":"k%d"}`, i))
		made = append(made, keyID)
	}
	newest := slices.Clone(made)
	slices.Reverse(newest)
	path := "/organizations/" + org + "/api_keys?limit=2"
	var got []string
	page := s.want(t, 200, "GET", path, "")
	for got = column(page, "id"); after(page) != ""; got = append(got, column(page, "id")...) {
		page = s.want(t, 200, "GET", path+"&after="+after(page), "")
	}
	if !slices.Equal(got, newest) {
		t.Errorf("pages of two: %v, want %v", got, newest)
	}
	page = s.want(t, 200, "GET", path+"&before="+before(page), "")
	if got := column(page, "id"); !slices.Equal(got, newest[2:4]) {
		t.Errorf("the page before the last: %v, want %v", got, newest[2:4])
	}
	if got := column(s.want(t, 200, "GET", path+"&order=asc", ""), "id"); !slices.Equal(got, made[:2]) {
		t.Errorf("in ascending order: %v, want %v", got, made[:2])
	}
	s.refused(t, 422, "limit:invalid_limit", "GET", "/organizations/"+org+"/api_keys?limit=101", "")
	s.refused(t, 422, "limit:invalid_limit", "GET", "/organizations/"+org+"/api_keys?limit=0", "")
}

func TestExpireAPIKey(t *testing.T) {
	s := newServer(t)
	org := s.organization(t, "Acme")
	keyID, value := s.orgKey(t, org, `{"name":"x"}`)
	expire := "/api_keys/" + keyID + "/expire"
	if v := s.want(t, 200, "POST", expire, `{"expires_at":"2090-01-01T00:00:00Z"}`); v["expires_at"] != "2090-01-01T00:00:00.000Z" || v["value"] != nil {
		t.Errorf("scheduled: %v", v)
	}
	if s.good(t, value) == nil {
		t.Error("a key that will end is not good before")
	}
	if v := s.want(t, 200, "POST", expire, `{"expires_at":null}`); v["expires_at"] != nil {
		t.Errorf("cleared: %v", v)
	}
	for _, bad := range []string{`{"expires_at":"x"}`, `{"expires_at":""}`} {
		s.refused(t, 422, "expires_at:invalid_date", "POST", expire, bad)
	}
	v := s.want(t, 200, "POST", expire, "")
	if at, err := time.Parse(time.RFC3339, fmt.Sprint(v["expires_at"])); err != nil || at.After(time.Now()) {
		t.Errorf("ended at %v, want now", v["expires_at"])
	}
	if got := s.good(t, value); got != nil {
		t.Errorf("an expired key is good: %v", got)
	}
	for _, body := range []string{"", `{"expires_at":null}`, `{"expires_at":"2090-01-01T00:00:00Z"}`} {
		s.refused(t, 409, "api_key_already_expired", "POST", expire, body)
	}
	if got := column(s.want(t, 200, "GET", "/organizations/"+org+"/api_keys", ""), "id"); len(got) != 1 {
		t.Errorf("listed %v, want the expired key too", got)
	}
	past, value := s.orgKey(t, org, `{"name":"x"}`)
	s.want(t, 200, "POST", "/api_keys/"+past+"/expire", `{"expires_at":"2020-01-01T00:00:00Z"}`) // as good as now
	if got := s.good(t, value); got != nil {
		t.Errorf("a key that ended in the past is good: %v", got)
	}
}

func TestUserAPIKeys(t *testing.T) {
	s := newServer(t)
	org, other := s.organization(t, "Acme"), s.organization(t, "Other")
	user := s.user(t, "ana@example.com")
	m := s.membership(t, org, user)
	s.membership(t, other, user)
	keys := "/user_management/users/" + user + "/api_keys"
	made := s.want(t, 201, "POST", keys, fmt.Sprintf(`{"name":"x","organization_id":%q}`, org))
	value := fmt.Sprint(made["value"])
	if got := fmt.Sprint(made["owner"]); got != fmt.Sprintf("map[id:%s organization_id:%s type:user]", user, org) {
		t.Errorf("the owner is %v", got)
	}
	second := id(s.want(t, 201, "POST", keys, fmt.Sprintf(`{"name":"x","organization_id":%q}`, other)))
	for query, want := range map[string][]string{
		"": {second, id(made)}, "?organization_id=" + other: {second}, "?organization_id=org_none": {},
	} {
		if got := column(s.want(t, 200, "GET", keys+query, ""), "id"); !slices.Equal(got, want) {
			t.Errorf("listed %s: %v, want %v", query, got, want)
		}
	}
	if got := column(s.want(t, 200, "GET", "/organizations/"+org+"/api_keys", ""), "id"); len(got) != 0 {
		t.Errorf("the organization's list has a user's key: %v", got)
	}

	// It counts while the membership is active.
	change := "/user_management/organization_memberships/" + m
	if s.good(t, value) == nil {
		t.Error("the key is not good")
	}
	s.want(t, 200, "PUT", change+"/deactivate", "")
	if got := s.good(t, value); got != nil {
		t.Errorf("good by an inactive membership: %v", got)
	}
	s.refused(t, 422, "organization_id:membership_not_active", "POST", keys, fmt.Sprintf(`{"name":"x","organization_id":%q}`, org))
	s.want(t, 200, "PUT", change+"/reactivate", "")
	if s.good(t, value) == nil {
		t.Error("the key is not good after the membership was reactivated")
	}

	third := s.organization(t, "Third")
	for _, tt := range []struct {
		status           int
		code, path, body string
	}{
		{422, "organization_id:organization_id_required", keys, `{"name":"x"}`},
		{422, "organization_id:membership_not_active", keys, fmt.Sprintf(`{"name":"x","organization_id":%q}`, third)},
		{422, "name:name_required", keys, fmt.Sprintf(`{"organization_id":%q}`, org)},
		{404, "entity_not_found", keys, `{"name":"x","organization_id":"org_none"}`},
		{404, "entity_not_found", "/user_management/users/user_none/api_keys", fmt.Sprintf(`{"name":"x","organization_id":%q}`, org)},
	} {
		s.refused(t, tt.status, tt.code, "POST", tt.path, tt.body)
	}
	s.refused(t, 404, "entity_not_found", "GET", "/user_management/users/user_none/api_keys", "")

	s.want(t, 200, "DELETE", change, "")
	if got := column(s.want(t, 200, "GET", keys, ""), "id"); !slices.Equal(got, []string{second}) || s.good(t, value) != nil {
		t.Errorf("after the membership went: %v, want the other organization's key", got)
	}
}

// TestKeysGoWithWhatTheyBelongTo: an organization, a user, and a permission.
func TestKeysGoWithWhatTheyBelongTo(t *testing.T) {
	s := newServer(t)
	org, other := s.organization(t, "Acme"), s.organization(t, "Other")
	user := s.user(t, "ana@example.com")
	s.membership(t, org, user)
	s.membership(t, other, user)
	s.permission(t, "a", "organization")
	s.permission(t, "b", "organization")
	_, first := s.orgKey(t, org, `{"name":"x","permissions":["a"]}`)
	_, kept := s.orgKey(t, other, `{"name":"x","permissions":["a","b"]}`)
	keys := "/user_management/users/" + user + "/api_keys"
	inOrg := fmt.Sprint(s.want(t, 201, "POST", keys, fmt.Sprintf(`{"name":"x","organization_id":%q}`, org))["value"])
	inOther := fmt.Sprint(s.want(t, 201, "POST", keys, fmt.Sprintf(`{"name":"x","organization_id":%q}`, other))["value"])

	s.want(t, 204, "DELETE", "/authorization/permissions/a", "")
	if got := s.good(t, kept); fmt.Sprint(got["permissions"]) != "[b]" || got["updated_at"] == got["created_at"] {
		t.Errorf("after a permission went: %v, want the other one", got)
	}
	if got := s.good(t, first); fmt.Sprint(got["permissions"]) != "[]" {
		t.Errorf("after its only permission went: %v, want none", got)
	}
	if status, _ := s.call(t, "DELETE", "/organizations/"+org, ""); status >= 300 {
		t.Fatalf("deleting the organization: %d", status)
	}
	if s.good(t, first) != nil || s.good(t, inOrg) != nil || s.good(t, kept) == nil || s.good(t, inOther) == nil {
		t.Error("after an organization went: want its keys gone, and no other")
	}
	s.want(t, 200, "DELETE", "/user_management/users/"+user, "")
	if s.good(t, inOther) != nil || s.good(t, kept) == nil {
		t.Error("after the user went: want the user's key gone, and no other")
	}
}

// TestKeyRights: who may change an organization makes its keys, and puts into
// them only what it may grant.
func TestKeyRights(t *testing.T) {
	s := newServer(t)
	org := s.organization(t, "Acme")
	s.permission(t, "a", "organization")
	s.want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_x","name":"x","permissions":[{"action":"update","allow":true}]}`)
	made := s.want(t, 201, "POST", "/api/v1/api-keys", fmt.Sprintf(`{"name":"x","statements":[{"roles":["ro_x"],"resources":["Authress:Connections/%s"]}]}`, org))
	limited := fmt.Sprint(made["value"])
	keys := "/organizations/" + org + "/api_keys"
	status, v := s.as(t, limited, "POST", keys, `{"name":"x"}`)
	if status != 201 {
		t.Fatalf("a key without permissions: %d %v, want 201", status, v)
	}
	if status, v := s.as(t, limited, "POST", keys, `{"name":"x","permissions":["a"]}`); status != 403 {
		t.Errorf("a key with what the caller may not grant: %d %v, want 403", status, v)
	}
	for _, tt := range [][3]string{
		{"GET", keys, ""}, {"POST", "/api_keys/validations", `{"value":"sk_x"}`}, {"DELETE", "/api_keys/api_key_none", ""},
		{"POST", "/organizations/" + s.organization(t, "Other") + "/api_keys", `{"name":"x"}`},
	} {
		if status, v := s.as(t, limited, tt[0], tt[1], tt[2]); status != 403 {
			t.Errorf("%s %s: %d %v, want 403", tt[0], tt[1], status, v)
		}
	}
	if status, v := s.as(t, limited, "DELETE", "/api_keys/"+id(v), ""); status != 204 {
		t.Errorf("deleting its own: %d %v, want 204", status, v)
	}
}

// TestLaterEndOfAKey: to let a key live longer is to give what it gives, so it
// takes the same authority; to end it sooner takes none.
func TestLaterEndOfAKey(t *testing.T) {
	s := newServer(t)
	org := s.organization(t, "Acme")
	s.permission(t, "a", "organization")
	limited := clientWith(t, s, "update", "Authress:Connections/"+org)
	key, _ := s.orgKey(t, org, `{"name":"x","permissions":["a"],"expires_at":"2090-01-01T00:00:00.000Z"}`)
	empty, _ := s.orgKey(t, org, `{"name":"x","expires_at":"2090-01-01T00:00:00.000Z"}`)
	endless, _ := s.orgKey(t, org, `{"name":"x","permissions":["a"]}`)
	for _, tt := range []struct {
		key, body string
		status    int
	}{
		{key, `{"expires_at":"2090-01-01T00:00:00.001Z"}`, 403},
		{key, `{"expires_at":null}`, 403},
		{key, `{"expires_at":"2090-01-01T00:00:00.000Z"}`, 200},
		{key, `{"expires_at":"2080-01-01T00:00:00.000Z"}`, 200},
		{key, `{"expires_at":"2090-01-01T00:00:00.000Z"}`, 403},
		{key, ``, 200},
		{empty, `{"expires_at":null}`, 200},
		{endless, `{"expires_at":null}`, 200},
		{endless, `{"expires_at":"2090-01-01T00:00:00.000Z"}`, 200},
	} {
		if status, v := s.as(t, limited, "POST", "/api_keys/"+tt.key+"/expire", tt.body); status != tt.status {
			t.Errorf("%s: %d %v, want %d", tt.body, status, v, tt.status)
		}
	}
}

// TestKeysOfAnotherRealm are unknown, and cannot be changed.
func TestKeysOfAnotherRealm(t *testing.T) {
	s := newServer(t)
	org := s.organization(t, "Acme")
	keyID, value := s.orgKey(t, org, `{"name":"x"}`)
	realm := s.want(t, 201, "POST", "/api/v1/realms", `{"name":"other"}`)
	other := fmt.Sprint(member(realm, "credentials", "api_key"))
	for _, tt := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/organizations/" + org + "/api_keys", "", 404},
		{"POST", "/organizations/" + org + "/api_keys", `{"name":"x"}`, 404},
		{"DELETE", "/api_keys/" + keyID, "", 404},
		{"POST", "/api_keys/" + keyID + "/expire", "", 404},
	} {
		if status, v := s.as(t, other, tt.method, tt.path, tt.body); status != tt.status {
			t.Errorf("%s %s: %d %v, want %d", tt.method, tt.path, status, v, tt.status)
		}
	}
	if _, v := s.as(t, other, "POST", "/api_keys/validations", fmt.Sprintf(`{"value":%q}`, value)); v["api_key"] != nil {
		t.Errorf("another realm's key is good: %v", v)
	}
	if s.good(t, value) == nil {
		t.Error("the key is not good any more")
	}
}

// TestManyKeysAtOnce: all are made, each has a value of its own, and validations
// in between never fail.
func TestManyKeysAtOnce(t *testing.T) {
	s := newServer(t)
	org := s.organization(t, "Acme")
	_, value := s.orgKey(t, org, `{"name":"x"}`)
	values := make([]string, 16)
	var all sync.WaitGroup
	for i := range values {
		all.Go(func() {
			_, v := s.call(t, "POST", "/organizations/"+org+"/api_keys", `{"name":"x"}`)
			values[i] = fmt.Sprint(v["value"])
			if status, v := s.call(t, "POST", "/api_keys/validations", `{"value":"`+url.QueryEscape(value)+`"}`); status != 200 || v["api_key"] == nil {
				t.Errorf("validating: %d %v", status, v)
			}
		})
	}
	all.Wait()
	slices.Sort(values)
	if n := len(slices.Compact(values)); n != 16 {
		t.Errorf("%d different values, want 16", n)
	}
	if got := column(s.want(t, 200, "GET", "/organizations/"+org+"/api_keys?limit=100", ""), "id"); len(got) != 17 {
		t.Errorf("%d keys, want 17", len(got))
	}
}
