package workos_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
)

// events pages through everything that has happened since a cursor, oldest
// first, and returns it with the cursor of the last.
func (s server) events(t testing.TB, cursor, filter string) ([]map[string]any, string) {
	t.Helper()
	var all []map[string]any
	for {
		path := "/events?limit=7" + filter + "&after=" + cursor
		var page map[string]any
		if strings.Contains(filter, string(access.ResourceCreated)) { // which the contract does not have
			s.As(t, s.APIKey, "GET", path, "").JSON(t, &page)
		} else {
			page = s.want(t, 200, "GET", path, "")
		}
		for _, e := range page["data"].([]any) {
			all = append(all, e.(map[string]any))
			cursor = id(e.(map[string]any))
		}
		next := after(page)
		if next == "" {
			return all, cursor
		}
		cursor = next
	}
}

// names are the names of events, in their order.
func names(events []map[string]any) []string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = e["event"].(string)
	}
	return out
}

// everyName asks for the events that are told by name only, too.
func everyName() string {
	var all []string
	for _, n := range slices.Concat(access.UsualEvents(), access.NamedEvents()) {
		all = append(all, string(n))
	}
	return "&events=" + strings.Join(all, ",")
}

// TestEventsOfOperations makes every operation that is an event, and some that
// are none, and demands exactly the events that it is.
func TestEventsOfOperations(t *testing.T) {
	s := newServer(t)
	_, cursor := s.events(t, "", everyName())
	seen := map[string]bool{}
	// does runs an operation; want are the names, separated by spaces.
	var last []map[string]any
	does := func(want, method, path, body string, status int) map[string]any {
		t.Helper()
		answer := s.want(t, status, method, path, body)
		last, cursor = s.events(t, cursor, everyName())
		if got := strings.Join(names(last), " "); got != want {
			t.Errorf("%s %s %s: the events are %q, want %q", method, path, body, got, want)
		}
		for _, e := range last {
			seen[e["event"].(string)] = true
		}
		return answer
	}
	data := func(i int) map[string]any { return last[i]["data"].(map[string]any) }

	s.resourceType(t, "project")
	does("permission.created", "POST", "/authorization/permissions", `{"slug":"docs:read","name":"Read"}`, 201)
	does("permission.created", "POST", "/authorization/permissions", `{"slug":"docs:edit","name":"Edit"}`, 201)
	does("permission.updated", "PATCH", "/authorization/permissions/docs:read", `{"name":"Reads"}`, 200)
	if data(0)["name"] != "Reads" {
		t.Errorf("permission.updated shows %v, want the name as it is after", data(0))
	}

	does("role.created", "POST", "/authorization/roles", `{"slug":"editor","name":"Editor"}`, 201)
	for _, hidden := range []string{"id", "name", "type", "description"} {
		if v, has := data(0)[hidden]; has {
			t.Errorf("role.created has %s = %v; environment roles go by their slug", hidden, v)
		}
	}
	does("", "PATCH", "/authorization/roles/editor", `{"name":"Writer"}`, 200)
	does("role.updated", "PUT", "/authorization/roles/editor/permissions", `{"permissions":["docs:read"]}`, 200)
	does("", "PUT", "/authorization/roles/editor/permissions", `{"permissions":["docs:read"]}`, 200)
	does("role.updated", "POST", "/authorization/roles/editor/permissions", `{"slug":"docs:edit"}`, 200)
	does("role.updated permission.deleted", "DELETE", "/authorization/permissions/docs:edit", "", 204)
	does("role.created", "POST", "/authorization/roles", `{"slug":"on-project","name":"P","resource_type_slug":"project"}`, 201)

	org := id(does("organization.created", "POST", "/organizations", `{"name":"Acme"}`, 201))
	does("organization.updated", "PUT", "/organizations/"+org, `{"name":"Acme Inc","metadata":{"10":"a","2":"b","x":"c"}}`, 200)
	does("", "PUT", "/organizations/"+org, `{"name":"Acme Inc"}`, 200)
	domain := id(does("organization_domain.created", "POST", "/organization_domains", `{"organization_id":"`+org+`","domain":"acme.com"}`, 201))
	does("organization_domain.deleted", "DELETE", "/organization_domains/"+domain, "", 204)

	does("organization_role.created", "POST", "/authorization/organizations/"+org+"/roles", `{"slug":"org-x","name":"X"}`, 201)
	does("organization_role.updated", "PATCH", "/authorization/organizations/"+org+"/roles/org-x", `{"name":"Y"}`, 200)
	does("", "PATCH", "/authorization/organizations/"+org+"/roles/org-x", `{"name":"Y"}`, 200)
	does("organization_role.updated", "POST", "/authorization/organizations/"+org+"/roles/org-x/permissions", `{"slug":"docs:read"}`, 200)
	if p := fmt.Sprint(data(0)["permissions"]); p != "[docs:read]" || data(0)["name"] != "Y" || data(0)["organization_id"] != org {
		t.Errorf("organization_role.updated shows %v", data(0))
	}
	does("organization_role.deleted", "DELETE", "/authorization/organizations/"+org+"/roles/org-x", "", 204)

	user := id(does("user.created", "POST", "/user_management/users", `{"email":"ana@example.com"}`, 201))
	does("user.updated", "PUT", "/user_management/users/"+user, `{"first_name":"Ana"}`, 200)
	om := id(does("organization_membership.created role_assignment.created", "POST", "/user_management/organization_memberships",
		`{"organization_id":"`+org+`","user_id":"`+user+`"}`, 201))
	if r := fmt.Sprint(data(0)["role"], data(0)["roles"]); r != "map[slug:member] [map[slug:member]]" {
		t.Errorf("organization_membership.created shows %s, want the role that it was made with", r)
	}
	if _, has := data(0)["user"]; has {
		t.Error("organization_membership.created shows the user")
	}
	place := "/user_management/organization_memberships/" + om
	does("role_assignment.created role_assignment.deleted organization_membership.updated", "PUT", place, `{"role_slug":"editor"}`, 200)
	i := slices.Index(names(last), "organization_membership.updated")
	if r := fmt.Sprint(data(i)["roles"]); r != "[map[slug:editor]]" {
		t.Errorf("organization_membership.updated shows %s, want the roles as they are after", r)
	}
	does("", "PUT", place, `{"role_slug":"editor"}`, 200)
	does("", "PUT", place, `{}`, 200)
	s.role(t, "passing", "organization")
	s.want(t, 200, "PUT", place, `{"role_slug":"passing"}`)
	_, cursor = s.events(t, cursor, everyName())
	s.want(t, 204, "DELETE", "/api/v1/roles/passing?replacement=editor", "")
	last, cursor = s.events(t, cursor, everyName())
	if got := names(last); len(got) != 4 || !slices.Contains(got, "role.deleted") || !slices.Contains(got, "organization_membership.updated") {
		t.Errorf("with its role deleted: the events are %v, want the membership's among them, once", got)
	}
	does("organization_membership.updated", "PUT", place+"/deactivate", "", 200)
	does("", "PUT", place+"/deactivate", "", 200)
	does("organization_membership.updated", "PUT", place+"/reactivate", "", 200)

	group := id(does("group.created", "POST", "/organizations/"+org+"/groups", `{"name":"G"}`, 201))
	groups := "/organizations/" + org + "/groups/" + group
	does("group.updated", "PATCH", groups, `{"name":"H"}`, 200)
	does("group.member_added", "POST", groups+"/organization-memberships", `{"organization_membership_id":"`+om+`"}`, 200)
	if data(0)["group_id"] != group || data(0)["organization_membership_id"] != om {
		t.Errorf("group.member_added shows %v", data(0))
	}
	does("", "POST", groups+"/organization-memberships", `{"organization_membership_id":"`+om+`"}`, 200)
	does("group.member_removed", "DELETE", groups+"/organization-memberships/"+om, "", 204)

	res := id(does("authorization_resource.created", "POST", "/authorization/resources",
		`{"organization_id":"`+org+`","resource_type_slug":"project","external_id":"p1","name":"P"}`, 201))
	does("authorization_resource.updated", "PATCH", "/authorization/resources/"+res, `{"name":"Q"}`, 200)
	given := `{"role_slug":"on-project","resource_id":"` + res + `"}`
	does("role_assignment.created", "POST", "/authorization/organization_memberships/"+om+"/role_assignments", given, 201)
	does("role_assignment.deleted", "DELETE", "/authorization/organization_memberships/"+om+"/role_assignments", given, 204)
	does("group_role_assignment.created", "POST", "/authorization/groups/"+group+"/role_assignments", `{"role_slug":"editor"}`, 201)
	if on := data(0)["resource"].(map[string]any); on["external_id"] != org {
		t.Errorf("group_role_assignment.created is on %v, want the organization", on)
	}
	does("group_role_assignment.deleted", "DELETE", "/authorization/groups/"+group+"/role_assignments", `{"role_slug":"editor"}`, 204)
	does("authorization_resource.deleted", "DELETE", "/authorization/resources/"+res, "", 204)
	does("group.deleted", "DELETE", groups, "", 204)

	key := id(does("api_key.created", "POST", "/organizations/"+org+"/api_keys", `{"name":"k"}`, 201))
	if v, has := data(0)["value"]; has {
		t.Errorf("api_key.created shows the value %v", v)
	}
	end := time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05.000Z")
	does("api_key.updated", "POST", "/api_keys/"+key+"/expire", `{"expires_at":"`+end+`"}`, 200)
	if p := fmt.Sprint(data(0)["previous_attributes"], data(0)["expires_at"]); p != "map[expires_at:<nil>]"+end {
		t.Errorf("api_key.updated shows %s", p)
	}
	does("api_key.revoked", "DELETE", "/api_keys/"+key, "", 204)

	does("role_assignment.deleted organization_membership.deleted", "DELETE", place, "", 200)
	if r := fmt.Sprint(data(slices.Index(names(last), "organization_membership.deleted"))["roles"]); r != "[map[slug:editor]]" {
		t.Errorf("organization_membership.deleted shows %s, want the roles as they were before", r)
	}
	does("user.deleted", "DELETE", "/user_management/users/"+user, "", 200)
	does("role.deleted", "DELETE", "/api/v1/roles/on-project", "", 204)
	does("organization.deleted", "DELETE", "/organizations/"+org, "", 200)
	does("organization.created organization_domain.created", "POST", "/organizations", `{"name":"B","domain_data":[{"domain":"b.com","state":"pending"}]}`, 201)

	// The other dialect writes the same world.
	does("role.created", "POST", "/v1/roles", `{"roleId":"viewer","name":"V","permissions":[{"action":"docs:read","allow":true,"grant":false,"delegate":false}]}`, 201)
	does("", "POST", "/v1/roles", `{"roleId":"ro_Viewer","name":"V","permissions":[{"action":"docs:read","allow":true,"grant":false,"delegate":false}]}`, 201)
	does("", "POST", "/v1/groups", `{"name":"realm","users":[]}`, 201)

	s.events(t, "", "") // what the contract has is held against it

	for _, n := range slices.Concat(access.UsualEvents(), access.NamedEvents()) {
		if !seen[string(n)] && !slices.Contains(seldom, n) {
			t.Errorf("no operation was the event %s", n)
		}
	}
}

// seldom are events that no operation of the dialect is by itself; the tests of
// package authz have them.
var seldom = []access.EventName{access.DomainUpdated, access.DomainVerifiedNow, access.DomainVerificationFailed}

// TestEventEnvelope looks at what surrounds the data.
func TestEventEnvelope(t *testing.T) {
	s := newServer(t)
	begun := time.Now().Add(-time.Minute)
	org := s.organization(t, "Acme")
	all, _ := s.events(t, "", "&events=organization.created")
	if len(all) != 1 {
		t.Fatalf("got %v, want one event", all)
	}
	e := all[0]
	if e["object"] != "event" || !strings.HasPrefix(id(e), "event_") || len(id(e)) != len("event_")+26 {
		t.Errorf("the event is %v", e)
	}
	if made, err := time.Parse(time.RFC3339, e["created_at"].(string)); err != nil || made.Before(begun) {
		t.Errorf("created_at is %v", e["created_at"])
	}
	actor := e["context"].(map[string]any)["actor"].(map[string]any)
	if actor["source"] != "api" || actor["name"] != "Owner" || !strings.HasPrefix(actor["id"].(string), "sc_") {
		t.Errorf("the actor is %v, want the client that owns the account", actor)
	}
	want := s.want(t, 200, "GET", "/organizations/"+org, "")
	if got, want := fmt.Sprint(e["data"]), fmt.Sprint(want); got != want {
		t.Errorf("the data is %s, want what the API answers: %s", got, want)
	}
	first, _ := s.events(t, "", "&events=role.created") // by the first start
	if len(first) != 1 || first[0]["context"].(map[string]any)["actor"].(map[string]any)["source"] != "system" {
		t.Errorf("the first role's event is %v, want the system as actor", first)
	}
}

func TestEventsAreListed(t *testing.T) {
	s := newServer(t)
	for i := range 25 {
		s.permission(t, fmt.Sprintf("p:%d", i), "organization")
	}
	org := s.organization(t, "Acme")
	s.organization(t, "Other")
	all, _ := s.events(t, "", "")
	if len(all) != 28 { // with the first role
		t.Fatalf("got %d events, want 28: %v", len(all), names(all))
	}
	ids := make([]string, len(all))
	for i, e := range all {
		ids[i] = id(e)
	}
	if again, _ := s.events(t, "", ""); fmt.Sprint(again) != fmt.Sprint(all) {
		t.Error("the events are not the same when they are read again")
	}

	backwards := slices.Clone(ids)
	slices.Reverse(backwards)
	for _, size := range []string{"1", "7", "27", "28", "100"} {
		var got []string
		for cursor := ""; ; {
			page := s.want(t, 200, "GET", "/events?order=desc&limit="+size+"&after="+cursor, "")
			got = append(got, column(page, "id")...)
			if cursor = after(page); cursor == "" {
				break
			}
		}
		if !slices.Equal(got, backwards) {
			t.Errorf("backwards in pages of %s: got %d events, not all in their order", size, len(got))
		}
	}
	for _, tt := range []struct {
		query string
		want  []string
	}{
		{"limit=3", ids[:3]},
		{"order=asc&limit=3", ids[:3]},
		{"order=desc&limit=3", backwards[:3]},
		{"order=normal&limit=3", backwards[:3]},
		{"order=asc&limit=3&before=" + ids[10], ids[7:10]},
		{"order=asc&limit=3&before=" + ids[1], ids[:1]},
		{"order=asc&limit=3&before=" + ids[0], nil},
		{"order=desc&limit=3&before=" + ids[10], []string{ids[13], ids[12], ids[11]}},
		{"order=normal&limit=3&after=" + ids[10], []string{ids[13], ids[12], ids[11]}},
		{"order=normal&limit=3&before=" + ids[10], []string{ids[9], ids[8], ids[7]}},
		{"order=asc&limit=10&after=" + ids[3] + "&before=" + ids[7], ids[4:7]},
		{"order=desc&limit=10&after=" + ids[7] + "&before=" + ids[3], []string{ids[6], ids[5], ids[4]}},
		{"limit=100&after=" + ids[27], nil},
		{"limit=3&after=event_nonsense", ids[:3]},
		{"limit=3&after=" + changed(ids[10]), ids[:3]}, // an id that nothing has
		{"limit=100&organization_id=" + org, ids[26:27]},
		{"limit=100&organization_id=org_none", nil},
		{"events=organization.created&limit=1", ids[26:27]},
		{"events[]=organization.created&events[]=role.created", []string{ids[0], ids[26], ids[27]}},
		{"events=organization.created&events=role.created", []string{ids[0], ids[26], ids[27]}},
		{"events=dsync.user.created,role.created", ids[:1]},
		{"events=dsync.user.created", nil},
		{"limit=100&range_start=2099-01-01T00:00:00Z", nil},
		{"limit=100&range_end=2020-01-01", nil},
		{"limit=100&range_start=2020-01-01T00:00:00Z&range_end=2099-01-01T00:00:00.5Z", ids},
		{"limit=100&order=desc&range_start=2020-01-01&range_end=2099-01-01T00:00:00Z", backwards},
	} {
		page := s.want(t, 200, "GET", "/events?"+tt.query, "")
		if got := column(page, "id"); !slices.Equal(got, tt.want) && len(got)+len(tt.want) > 0 {
			t.Errorf("%s: got %d events %v, want %v", tt.query, len(got), got, tt.want)
		}
	}
	// From the very time of an event on, and up to it.
	at := url.QueryEscape(all[20]["created_at"].(string))
	from := column(s.want(t, 200, "GET", "/events?limit=100&range_start="+at, ""), "id")
	until := column(s.want(t, 200, "GET", "/events?limit=100&range_end="+at, ""), "id")
	if !slices.Contains(from, ids[20]) || slices.Contains(until, ids[20]) || !slices.Equal(slices.Concat(until, from), ids) {
		t.Errorf("split at %s: got %d before and %d from there on, want all of %d once", at, len(until), len(from), len(ids))
	}
	down := column(s.want(t, 200, "GET", "/events?limit=100&order=desc&range_start="+at, ""), "id")
	slices.Reverse(down)
	if !slices.Equal(down, from) {
		t.Errorf("range_start backwards: got %d events, want %d", len(down), len(from))
	}
}

// changed is the id of another event, or of none.
func changed(event string) string {
	tail := "0"
	if strings.HasSuffix(event, tail) {
		tail = "1"
	}
	return strings.Replace(event[:len(event)-1]+tail, "event_01", "event_00", 1)
}

func TestEventsRefuse(t *testing.T) {
	s := newServer(t)
	for _, tt := range []struct {
		status      int
		code, query string
	}{
		{422, "limit:invalid_limit", "limit=0"},
		{422, "limit:invalid_limit", "limit=101"},
		{422, "order:invalid_order", "order=up"},
		{422, "after:invalid_cursor", "after=event_1&range_start=2026-01-01"},
		{422, "range_start:invalid_date", "range_start=yesterday"},
		{422, "range_end:invalid_date", "range_end=2026-13-01"},
		{422, "events:unknown_event_type", "events=Role.created"},
		{422, "events:unknown_event_type", "events=role%20created"},
		{422, "events:unknown_event_type", "events=" + strings.Repeat("a", 129)},
		{422, "events:too_many_events", "events=" + strings.Repeat("a,", 201)},
		{400, "bad_request", "organization_id=a%2Fb"},
	} {
		s.refused(t, tt.status, tt.code, "GET", "/events?"+tt.query, "")
	}
	s.want(t, 200, "GET", "/events?limit=100", "")
	s.want(t, 200, "GET", "/events?limit=1", "")
}

// TestEventsAreForWhoMayReadThem: the right is on the events, not on what they
// show.
func TestEventsAreForWhoMayReadThem(t *testing.T) {
	s := newServer(t)
	client, key := s.NewClient(t)
	give := func(role, resource string) {
		t.Helper()
		s.Want(t, 201, "POST", "/v1/roles", fmt.Sprintf(`{"roleId":%q,"name":"x","permissions":[{"action":"read","allow":true,"grant":false,"delegate":false}]}`, role))
		s.Want(t, 201, "POST", "/v1/records", fmt.Sprintf(`{"name":"x","users":[{"userId":%q}],"statements":[{"roles":[%q],"resources":[{"resourceUri":%q}]}]}`, client, role, resource))
	}
	give("ro_other", "Authress:Configuration")
	if got, _ := s.as(t, key, "GET", "/events", ""); got != 403 {
		t.Errorf("with a right to something else: got %d, want 403", got)
	}
	give("ro_events", "Authress:Events")
	if got, _ := s.as(t, key, "GET", "/events", ""); got != 200 {
		t.Errorf("with the right to read events: got %d, want 200", got)
	}
	if got, _ := s.as(t, "", "GET", "/events", ""); got != 401 {
		t.Errorf("without a credential: got %d, want 401", got)
	}
}

// TestEventsOfLargeCommits pages through a commit that is far more events than a
// page, and through many commits that are none.
func TestEventsOfLargeCommits(t *testing.T) {
	s := newServer(t)
	org := s.organization(t, "Acme")
	const members = 450
	for i := range members {
		s.membership(t, org, s.user(t, fmt.Sprintf("u%d@example.com", i)))
	}
	_, cursor := s.events(t, "", "")
	s.want(t, 200, "DELETE", "/organizations/"+org, "")
	for _, order := range []string{"asc", "desc"} {
		got := map[string]bool{}
		start := "&after=" + cursor
		if order == "desc" {
			start = ""
		}
		for pages := 0; len(got) < members && pages < 50; pages++ {
			page := s.want(t, 200, "GET", "/events?limit=100&events=organization_membership.deleted&order="+order+start, "")
			for _, id := range column(page, "id") {
				if got[id] {
					t.Fatalf("%s: the event %s came twice", order, id)
				}
				got[id] = true
			}
			if start = "&after=" + after(page); after(page) == "" {
				break
			}
		}
		if len(got) != members {
			t.Errorf("%s: got %d memberships that were deleted, want %d", order, len(got), members)
		}
	}
}
