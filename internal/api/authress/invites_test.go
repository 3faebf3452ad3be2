package authress_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// inviteBody gives a role on a resource; more holds further members.
func inviteBody(role, resource, more string) string {
	return fmt.Sprintf(`{%s"statements":[{"roles":[%q],"resources":[{"resourceUri":%q}]}]}`, more, role, resource)
}

type inviteAnswer struct {
	InviteID   string    `json:"inviteId"`
	ExpiryTime time.Time `json:"expiryTime"`
}

// invite makes an invite and returns its id.
func invite(t *testing.T, s *servertest.Server, key, body string) string {
	t.Helper()
	got := s.As(t, key, "POST", "/v1/invites", body)
	if got.Status != 201 {
		t.Fatalf("inviting with %s: %d %s, want 201", body, got.Status, got.Body)
	}
	var inv inviteAnswer
	got.JSON(t, &inv)
	return inv.InviteID
}

func accept(t *testing.T, s *servertest.Server, key, id string, want int) servertest.Answer {
	t.Helper()
	got := s.As(t, key, "PATCH", "/v1/invites/"+id, `{}`)
	if got.Status != want {
		t.Errorf("accepting: %d %s, want %d", got.Status, got.Body, want)
	}
	return got
}

func TestInviteLifeCycle(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_reader", "documents:read")
	before := time.Now()
	created := s.Want(t, 201, "POST", "/v1/invites", inviteBody("ro_reader", "/documents/1/", `"inviteId":"","tenantId":"ten_a","linkedUserId":"ana_1","authenticationRequestUri":"https://x","expiryTime":null,`))
	var inv inviteAnswer
	created.JSON(t, &inv)
	if len(inv.InviteID) < 47 || !strings.HasPrefix(inv.InviteID, "inv_") { // 256 bits in base64, and the prefix
		t.Errorf("inviteId %q, want inv_ and 43 characters", inv.InviteID)
	}
	if life := inv.ExpiryTime.Sub(before); life < 7*24*time.Hour-time.Minute || life > 7*24*time.Hour+time.Minute {
		t.Errorf("the invite lives for %v, want seven days", life)
	}
	for _, want := range []string{`"tenantId":"ten_a"`, `"defaultLoginTenantId":"ten_a"`, `"linkedUserId":"ana_1"`, `"conflictResolutionStrategy":"GENERATE_NEW_RECORD"`, `"resourceUri":"/documents/1/"`, `"href":"` + s.URL + `/v1/invites/` + inv.InviteID} {
		if !strings.Contains(created.Body, want) {
			t.Errorf("created %s, want %s in it", created.Body, want)
		}
	}
	path := "/v1/invites/" + inv.InviteID
	if got := s.Want(t, 200, "GET", path, ""); got.Body != created.Body {
		t.Errorf("read %s, want %s", got.Body, created.Body)
	}
	id, key := s.NewClient(t)
	for _, method := range []string{"GET", "DELETE"} { // who holds the id may accept, and no more
		if got := s.As(t, key, method, path, ""); got.Status != 403 {
			t.Errorf("%s by the invited: %d %s, want 403", method, got.Status, got.Body)
		}
	}
	if got := accept(t, s, key, inv.InviteID, 200); !strings.Contains(got.Body, `"accountId":"`+s.AccountID+`"`) || !strings.Contains(got.Body, `"company":{}`) || !strings.Contains(got.Body, `"createdTime":"20`) {
		t.Errorf("accepted with %s, want the account", got.Body)
	}
	if !allowed(t, s, id, "documents/1", "documents:read") || allowed(t, s, id, "documents/2", "documents:read") {
		t.Error("after accepting: want what the invite gives, and no more")
	}
	_, other := s.NewClient(t)
	for _, k := range []string{key, other, s.Owner} {
		if got := accept(t, s, k, inv.InviteID, 404); got.ErrorCode() != "NotFound" {
			t.Errorf("accepting again: %s, want NotFound", got.Body)
		}
	}
	s.Want(t, 404, "GET", path, "")
	s.Want(t, 404, "DELETE", path, "")

	withdrawn := invite(t, s, s.Owner, inviteBody("ro_reader", "documents/2", ""))
	s.Want(t, 204, "DELETE", "/v1/invites/"+withdrawn, "")
	accept(t, s, key, withdrawn, 404)
	if log := s.Log.String(); strings.Contains(log, "inv_") {
		t.Errorf("the log has an invite's id: %s", log)
	}
}

// TestInviteIDsAreWhole: nothing but the very id is the id.
func TestInviteIDsAreWhole(t *testing.T) {
	s := servertest.Start(t)
	_, key := s.NewClient(t)
	id := invite(t, s, s.Owner, `{"statements":[]}`)
	for _, wrong := range []string{id[:len(id)-1], id + "A", strings.TrimPrefix(id, "inv_"), strings.ToUpper(id), id + "%00", "%20" + id, "inv_", strings.Repeat("a", 1000), "..%2F" + id} {
		accept(t, s, key, wrong, 404)
	}
	accept(t, s, key, id, 200)
}

func TestInviteRefusals(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_reader", "documents:read")
	good := inviteBody("ro_reader", "documents/1", "")
	st := good[len(`{"statements":[`) : len(good)-len(`]}`)]
	swap := func(old, with string) string { return strings.Replace(good, old, with, 1) }
	with := func(more string) string { return inviteBody("ro_reader", "documents/1", more+",") }
	expiry := func(text string) string { return with(fmt.Sprintf(`"expiryTime":%q`, text)) }
	in := func(d time.Duration) string { return expiry(time.Now().UTC().Add(d).Format(time.RFC3339Nano)) }
	list := func(element string, n int) string {
		return strings.TrimSuffix(strings.Repeat(element+",", n), ",")
	}
	for _, tt := range []struct {
		body string
		want int
	}{
		{`{}`, 400}, {``, 400}, {`{"statements":null}`, 400}, {`{"statements":[]}`, 201}, {`[]`, 400}, {`{"Statements":[]}`, 400},
		{swap(st, list(st, 100)), 201}, {swap(st, list(st, 101)), 400},
		{swap(`{"roles"`, `{"users":[{"userId":"ana"}],"roles"`), 400}, {swap(`{"roles"`, `{"groups":[{"groupId":"grp_a"}],"roles"`), 400},
		{swap(`{"roles"`, `{"users":[],"groups":null,"roles"`), 201},
		{swap(`documents/1`, `documents/*`), 201}, {swap(`documents/1`, `doc*`), 400}, {swap(`["ro_reader"]`, `[]`), 400},
		{with(`"conflictResolutionStrategy":"SKIP_CHANGES"`), 201}, {with(`"conflictResolutionStrategy":"OVERWRITE"`), 400},
		{with(`"tenantId":"` + strings.Repeat("a", 128) + `"`), 201}, {with(`"tenantId":"` + strings.Repeat("a", 129) + `"`), 400},
		{with(`"tenantId":"a","defaultLoginTenantId":"a"`), 201}, {with(`"tenantId":"a","defaultLoginTenantId":"b"`), 400},
		{with(`"linkedUserId":"` + strings.Repeat("a", 32) + `"`), 201}, {with(`"linkedUserId":"` + strings.Repeat("a", 33) + `"`), 400}, {with(`"linkedUserId":"a|b"`), 400},

		{expiry("P7D"), 201}, {expiry("P1W"), 201}, {expiry("PT5M"), 201}, {expiry("PT4M59S"), 400}, {expiry("PT5M1S"), 201}, {expiry("PT300S"), 201},
		{expiry("P30D"), 201}, {expiry("P29DT23H59M59S"), 201}, {expiry("P30DT1S"), 400}, {expiry("PT720H"), 201}, {expiry("PT2592000S"), 201}, {expiry("PT2592001S"), 400},
		{expiry("P1WT1H"), 201}, {expiry("P999999999W"), 400}, {expiry("PT2147483647S"), 400}, {expiry("P99999999999999999999D"), 400},
		{expiry("P1M"), 400}, {expiry("P1Y"), 400}, {expiry("P"), 400}, {expiry("PT"), 400}, {expiry("P1DT"), 400}, {expiry("1D"), 400}, {expiry("P-1D"), 400}, {expiry("P1.5D"), 400},
		{expiry("PT1M1H"), 400}, {expiry("P1D1D"), 400}, {expiry("p1d"), 400}, {expiry("PD"), 400}, {expiry("P1"), 400}, {expiry("tomorrow"), 400}, {expiry("P0D"), 400}, {expiry("P+1D"), 400},
		{in(4*time.Minute + 59*time.Second), 400}, {in(5*time.Minute + 5*time.Second), 201}, {in(30*24*time.Hour - time.Second), 201}, {in(30*24*time.Hour + 5*time.Second), 400}, {in(-time.Hour), 400},
		{with(`"expiryTime":604800`), 400},
	} {
		if got := s.Do(t, "POST", "/v1/invites", tt.body); got.Status != tt.want {
			t.Errorf("%.150s: %d %.200s, want %d", tt.body, got.Status, got.Body, tt.want)
		}
	}
	big := swap(st, list(`{"roles":["ro_reader"],"resources":[{"resourceUri":"`+strings.Repeat("a", 500)+`"},{"resourceUri":"`+strings.Repeat("b", 500)+`"}]}`, 100))
	if got := s.Do(t, "POST", "/v1/invites", big); got.Status != 413 || got.ErrorCode() != "PayloadTooLarge" {
		t.Errorf("100 kB: %d %.200s, want 413", got.Status, got.Body)
	}
	for _, method := range []string{"POST", "GET", "PATCH", "DELETE"} {
		path := "/v1/invites/inv_a"
		if method == "POST" {
			path = "/v1/invites"
		}
		if got := s.As(t, "", method, path, good); got.Status != 401 {
			t.Errorf("%s without a credential: %d, want 401", method, got.Status)
		}
	}
}

func TestWhoMayInvite(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_reader", "documents:read")
	role(t, s, "ro_gives", "documents:read=grant")
	role(t, s, "ro_invites", "Invites:Create")
	role(t, s, "ro_read", "READ")
	role(t, s, "ro_update", "UPDATE")
	id, key := s.NewClient(t)
	try := func(what, resource, more string, want int) {
		t.Helper()
		if got := s.As(t, key, "POST", "/v1/invites", inviteBody("ro_reader", resource, more)); got.Status != want {
			t.Errorf("%s: %d %s, want %d", what, got.Status, got.Body, want)
		}
	}
	try("without authority", "documents/1", "", 403)
	give(t, s, id, "ro_gives", "documents")
	try("with authority", "documents/1", "", 201)
	try("elsewhere", "docs/1", "", 403)
	try("on everything", "*", "", 403)
	try("with an expiry", "documents/1", `"expiryTime":"P1D",`, 403)
	try("with an expiry at a time", "documents/1", `"expiryTime":"`+time.Now().Add(24*time.Hour).UTC().Format(time.RFC3339)+`",`, 403)
	try("with the default expiry", "documents/1", `"expiryTime":"P7D",`, 201)
	give(t, s, id, "ro_invites", "Authress:Invites")
	try("with an expiry and the right to it", "documents/1", `"expiryTime":"P1D",`, 201)
	try("with that right and without authority", "docs/1", `"expiryTime":"P1D",`, 403)

	for _, tt := range []struct {
		role, on  string
		get, gone int
	}{
		{"ro_read", "Authress:Invites", 200, 403}, {"ro_read", "Authress:Invites/*", 200, 403},
		{"ro_update", "Authress:Invites", 403, 204}, {"ro_update", "Authress:Records", 403, 403},
		{"Authress:Owner", "Authress:*", 200, 204},
	} {
		id, key := s.NewClient(t)
		give(t, s, id, tt.role, tt.on)
		path := "/v1/invites/" + invite(t, s, s.Owner, `{"statements":[]}`)
		if got := s.As(t, key, "GET", path, ""); got.Status != tt.get {
			t.Errorf("reading with %s on %s: %d %s, want %d", tt.role, tt.on, got.Status, got.Body, tt.get)
		}
		if got := s.As(t, key, "DELETE", path, ""); got.Status != tt.gone {
			t.Errorf("deleting with %s on %s: %d %s, want %d", tt.role, tt.on, got.Status, got.Body, tt.gone)
		}
	}
}

// TestManyAcceptAtOnce: an invite is for one.
func TestManyAcceptAtOnce(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_reader", "documents:read")
	inv := invite(t, s, s.Owner, inviteBody("ro_reader", "documents/1", ""))
	var ids, keys []string
	for range 20 {
		id, key := s.NewClient(t)
		ids, keys = append(ids, id), append(keys, key)
	}
	got := make([]servertest.Answer, len(keys))
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() { got[i] = s.As(t, keys[i], "PATCH", "/v1/invites/"+inv, "") })
	}
	all.Wait()
	winners := 0
	for i, a := range got {
		if a.Status == 200 {
			winners++
		} else if a.Status != 404 {
			t.Errorf("got %d %s, want 200 or 404", a.Status, a.Body)
		}
		if allowed(t, s, ids[i], "documents/1", "documents:read") != (a.Status == 200) {
			t.Errorf("%s was answered %d, and holds the opposite", ids[i], a.Status)
		}
	}
	if winners != 1 {
		t.Errorf("%d accepted, want one", winners)
	}
}
