package authress_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/authn"
	"github.com/reeve-authz/reeve/internal/authz"
	"github.com/reeve-authz/reeve/internal/feed"
	"github.com/reeve-authz/reeve/internal/server"
	"github.com/reeve-authz/reeve/internal/server/servertest"
	"github.com/reeve-authz/reeve/internal/store/sqlite"
)

// userList is a JSON list of users.
func userList(ids ...string) string {
	var list []string
	for _, id := range ids {
		list = append(list, fmt.Sprintf(`{"userId":%q}`, id))
	}
	return "[" + strings.Join(list, ",") + "]"
}

func groupBody(id string, users ...string) string {
	return fmt.Sprintf(`{"groupId":%q,"name":"Group","users":%s,"admins":[]}`, id, userList(users...))
}

// groupRecord gives a group a role on a resource.
func groupRecord(t *testing.T, s *servertest.Server, group, role, resource string) {
	t.Helper()
	s.Want(t, 201, "POST", "/v1/records", fmt.Sprintf(`{"name":"test","groups":[{"groupId":%q}],"statements":[{"roles":[%q],"resources":[{"resourceUri":%q}]}]}`, group, role, resource))
}

func TestGroupLifeCycle(t *testing.T) {
	s := servertest.Start(t)
	s.Want(t, 201, "POST", "/v1/roles", readerRole)
	groupRecord(t, s, "grp_a", "ro_reader", "documents/1")
	if allowed(t, s, "ana", "documents/1", "documents:read") {
		t.Error("allowed before the group exists")
	}
	created := s.Want(t, 201, "POST", "/v1/groups", groupBody("grp_a", "ana", "auth0|b"))
	var g struct {
		LastUpdated string `json:"lastUpdated"`
	}
	created.JSON(t, &g)
	want := `{"groupId":"grp_a","name":"Group","users":[{"userId":"ana"},{"userId":"auth0|b"}],"admins":[],"lastUpdated":"` + g.LastUpdated + `","links":{"self":{"href":"` + s.URL + `/v1/groups/grp_a","rel":"self"}}}`
	if created.Body != want || created.Header.Get("Last-Modified") != g.LastUpdated || g.LastUpdated == "" {
		t.Errorf("created %s at %q, want %s", created.Body, created.Header.Get("Last-Modified"), want)
	}
	if got := s.Want(t, 200, "GET", "/v1/groups/grp_a", ""); got.Body != want {
		t.Errorf("read %s, want %s", got.Body, want)
	}
	if !allowed(t, s, "ana", "documents/1", "documents:read") || allowed(t, s, "ben", "documents/1", "documents:read") {
		t.Error("with the group: want ana allowed and ben not")
	}
	if got := s.Do(t, "POST", "/v1/groups", groupBody("grp_a", "ben")); got.Status != 409 || got.ErrorCode() != "GroupAlreadyExists" {
		t.Errorf("creating it again: %d %s, want 409 GroupAlreadyExists", got.Status, got.Body)
	}
	// The whole answer is put back, with what is read-only in it, for another user.
	put := s.Want(t, 200, "PUT", "/v1/groups/grp_a", strings.Replace(want, `"userId":"ana"`, `"userId":"ben"`, 1))
	if !strings.Contains(put.Body, `"userId":"ben"`) || put.Header.Get("Last-Modified") <= g.LastUpdated {
		t.Errorf("changed to %s at %q, want ben in it, later than %q", put.Body, put.Header.Get("Last-Modified"), g.LastUpdated)
	}
	if allowed(t, s, "ana", "documents/1", "documents:read") || !allowed(t, s, "ben", "documents/1", "documents:read") {
		t.Error("after the change: want ben allowed and ana not")
	}
	if got := s.Want(t, 204, "DELETE", "/v1/groups/grp_a", ""); got.Body != "" {
		t.Errorf("deleted with the body %s, want none", got.Body)
	}
	if allowed(t, s, "ben", "documents/1", "documents:read") {
		t.Error("allowed after the deletion")
	}
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		if got := s.Do(t, method, "/v1/groups/grp_a", groupBody("grp_a")); got.Status != 404 || got.ErrorCode() != "NotFound" {
			t.Errorf("%s after the deletion: %d %s, want 404 NotFound", method, got.Status, got.Body)
		}
	}
	// Records still name it, so that a group of this id has it all again.
	s.Want(t, 201, "POST", "/v1/groups", groupBody("grp_a", "cid"))
	if !allowed(t, s, "cid", "documents/1", "documents:read") || allowed(t, s, "ben", "documents/1", "documents:read") {
		t.Error("made again: want cid allowed, and nobody of before")
	}
}

func TestGroupIDIsChosenHereIfAbsent(t *testing.T) {
	s := servertest.Start(t)
	owner, _, _ := strings.Cut(s.Owner, ".")
	for _, body := range []string{`{"name":"x"}`, `{"groupId":"","name":"x","users":null,"admins":null,"lastUpdated":"0001-01-01T00:00:00Z"}`} {
		var g struct {
			GroupID string `json:"groupId"`
			Admins  []struct {
				UserID string `json:"userId"`
			} `json:"admins"`
		}
		s.Want(t, 201, "POST", "/v1/groups", body).JSON(t, &g)
		if !strings.HasPrefix(g.GroupID, "grp_") || len(g.Admins) != 1 || g.Admins[0].UserID != owner {
			t.Errorf("%s: made %+v, want grp_… with its creator as admin", body, g)
		}
	}
}

func TestGroupAdmins(t *testing.T) {
	s := servertest.Start(t)
	admins := func() []string {
		var g struct {
			Admins []struct {
				UserID string `json:"userId"`
			} `json:"admins"`
		}
		s.Want(t, 200, "GET", "/v1/groups/grp_a", "").JSON(t, &g)
		var ids []string
		for _, a := range g.Admins {
			ids = append(ids, a.UserID)
		}
		return ids
	}
	s.Want(t, 201, "POST", "/v1/groups", `{"groupId":"grp_a","name":"x","users":[],"admins":[{"userId":"ana"}]}`)
	for _, tt := range []struct {
		body string
		want []string
	}{
		{`{"name":"x","users":[]}`, []string{"ana"}},
		{`{"name":"x","users":[],"admins":null}`, []string{"ana"}},
		{`{"name":"x","users":[],"admins":[{"userId":"ben"},{"userId":"cid"}]}`, []string{"ben", "cid"}},
		{`{"name":"x","users":[],"admins":[]}`, nil},
	} {
		s.Want(t, 200, "PUT", "/v1/groups/grp_a", tt.body)
		if got := admins(); !slices.Equal(got, tt.want) {
			t.Errorf("after %s: admins %v, want %v", tt.body, got, tt.want)
		}
	}
}

func TestGroupConditionalUpdate(t *testing.T) {
	s := servertest.Start(t)
	first := s.Want(t, 201, "POST", "/v1/groups", groupBody("grp_a")).Header.Get("Last-Modified")
	second := s.Want(t, 200, "PUT", "/v1/groups/grp_a", groupBody("grp_a", "ana")).Header.Get("Last-Modified")
	put := func(since string) servertest.Answer {
		return s.As(t, s.Owner, "PUT", "/v1/groups/grp_a", groupBody("grp_a", "ben"), "If-Unmodified-Since", since)
	}
	if got := put(first); got.Status != 412 || got.ErrorCode() != "PreconditionFailed" || got.Header.Get("Last-Modified") != second {
		t.Errorf("stale: %d %s at %q, want 412 at %q", got.Status, got.Body, got.Header.Get("Last-Modified"), second)
	}
	if got := put("yesterday"); got.Status != 400 {
		t.Errorf("no time: %d %s, want 400", got.Status, got.Body)
	}
	at, err := time.Parse(time.RFC3339, second)
	if err != nil {
		t.Fatal(err)
	}
	if got := put(at.Format("2006-01-02T15:04:05Z")); got.Status != 200 { // what Go sends
		t.Errorf("in whole seconds: %d %s, want 200", got.Status, got.Body)
	}
}

func TestGroupRefusals(t *testing.T) {
	s := servertest.Start(t)
	long := strings.Repeat("a", 60)
	s.Want(t, 201, "POST", "/v1/groups", groupBody("grp_"+long))
	var hundred []string
	for i := range 100 {
		hundred = append(hundred, fmt.Sprintf("u%d", i))
	}
	admins := func(ids ...string) string { return `{"name":"x","users":[],"admins":` + userList(ids...) + `}` }
	s.Want(t, 201, "POST", "/v1/groups", admins(hundred...))
	for _, body := range []string{
		``, `{}`, `[]`, `{"name":""}`, `{"name":"x","name":"y"}`, `{"Name":"x"}`,
		groupBody("grp_"), groupBody("team"), groupBody("grp_a b"), groupBody("grp_a:b"), groupBody("grp_" + long + "a"),
		groupBody("grp_b", ""), groupBody("grp_b", "*"), groupBody("grp_b", " ana"), groupBody("grp_b", strings.Repeat("a", 129)),
		`{"name":"x","users":"ana"}`, `{"name":"` + strings.Repeat("a", 129) + `"}`, `{"name":"x","tags":{"a":1}}`,
		admins(append(slices.Clip(hundred), "one more")...), admins("*"),
	} {
		if got := s.Do(t, "POST", "/v1/groups", body); got.Status != 400 || got.ErrorCode() != "InvalidRequest" {
			t.Errorf("POST %.80s: %d %s, want 400 InvalidRequest", body, got.Status, got.Body)
		}
	}
	for path, body := range map[string]string{"/v1/groups/team": `{"name":"x"}`, "/v1/groups/grp_other": groupBody("grp_a")} {
		if got := s.Do(t, "PUT", path, body); got.Status != 400 {
			t.Errorf("PUT %s: %d %s, want 400", path, got.Status, got.Body)
		}
	}
}

// TestGroupSize: users are bounded by the size of the group alone.
func TestGroupSize(t *testing.T) {
	s := servertest.Start(t)
	body := func(size int) string {
		b := `{"groupId":"grp_a","name":"Group","users":[{"userId":"ana"},`
		for i := 0; len(b)+64+len(`],"admins":[]}`) < size; i++ {
			b += fmt.Sprintf(`{"userId":"%048d"},`, i)
		}
		tail := `],"admins":[]}`
		rest := size - len(b) - len(tail) - len(`{"userId":""}`)
		return b + `{"userId":"` + strings.Repeat("z", rest) + `"}` + tail
	}
	for _, method := range []string{"POST", "PUT"} {
		path, ok := "/v1/groups", 201
		if method == "PUT" {
			path, ok = "/v1/groups/grp_a", 200
		}
		for size, want := range map[int]int{100_001: 413, 100_000: ok} {
			got := s.Do(t, method, path, body(size))
			if got.Status != want || want == 413 && got.ErrorCode() != "PayloadTooLarge" {
				t.Errorf("%s of %d bytes: %d %.200s, want %d", method, size, got.Status, got.Body, want)
			}
		}
	}
	if got := s.Want(t, 200, "GET", "/v1/groups/grp_a", ""); strings.Count(got.Body, "userId") < 1000 {
		t.Errorf("the group has %d users, want all of them", strings.Count(got.Body, "userId"))
	}
}

func TestGroupLists(t *testing.T) {
	s := servertest.Start(t)
	var want []string
	for i := range 43 {
		id := fmt.Sprintf("grp_%02d", i)
		s.Want(t, 201, "POST", "/v1/groups", groupBody(id))
		want = append(want, id)
	}
	for _, limit := range []int{1, 19, 20, 21, 1000} {
		if got := walk(t, s, fmt.Sprintf("/v1/groups?limit=%d", limit), limit%2 == 0); !slices.Equal(got, want) {
			t.Errorf("limit %d: got %v, want %v", limit, got, want)
		}
	}
	if got := walk(t, s, "/v1/groups?limit=3&filter=GRP_1", true); !slices.Equal(got, want[10:20]) {
		t.Errorf("filtered: got %v, want the ten of grp_1…", got)
	}
	s.Want(t, 400, "GET", "/v1/groups?filter="+strings.Repeat("a", 65), "")
	s.Want(t, 200, "GET", "/v1/groups?filter="+strings.Repeat("a", 64), "")
	s.Want(t, 400, "GET", "/v1/groups?limit=0", "")
	s.Want(t, 400, "GET", "/v1/groups?cursor=x", "")
}

// TestGroupAdminMayChangeThatGroupOnly: the administrator of a group may make
// itself a member, which is the trust that the position is, and reaches
// nothing else by it.
func TestGroupAdminMayChangeThatGroupOnly(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_reader", "documents:read")
	groupRecord(t, s, "grp_mine", "ro_reader", "documents/1")
	groupRecord(t, s, "grp_other", "ro_reader", "documents/2")
	id, key := s.NewClient(t)
	s.Want(t, 201, "POST", "/v1/groups", fmt.Sprintf(`{"groupId":"grp_mine","name":"x","users":[],"admins":%s}`, userList(id)))
	s.Want(t, 201, "POST", "/v1/groups", groupBody("grp_other", "ana"))
	for _, tt := range []struct {
		method, path, body string
		want               int
	}{
		{"GET", "/v1/groups/grp_other", "", 403},
		{"PUT", "/v1/groups/grp_other", groupBody("grp_other", id), 403},
		{"DELETE", "/v1/groups/grp_other", "", 403},
		{"PUT", "/v1/groups/grp_none", groupBody("grp_none", id), 403},
		{"POST", "/v1/groups", groupBody("grp_new", id), 403},
		{"GET", "/v1/groups/grp_mine", "", 200},
		{"PUT", "/v1/groups/grp_mine", fmt.Sprintf(`{"name":"y","users":%s,"admins":%s}`, userList(id), userList(id)), 200},
	} {
		if got := s.As(t, key, tt.method, tt.path, tt.body); got.Status != tt.want {
			t.Errorf("%s %s: %d %s, want %d", tt.method, tt.path, got.Status, got.Body, tt.want)
		}
	}
	if !allowed(t, s, id, "documents/1", "documents:read") || allowed(t, s, id, "documents/2", "documents:read") {
		t.Error("want the group's document allowed, and no other")
	}
	if got := s.As(t, key, "GET", "/v1/groups", ""); got.Status != 200 || strings.Contains(got.Body, "grp_other") || !strings.Contains(got.Body, "grp_mine") {
		t.Errorf("listing: %d %s, want grp_mine alone", got.Status, got.Body)
	}
	if got := s.As(t, key, "DELETE", "/v1/groups/grp_mine", ""); got.Status != 204 {
		t.Errorf("deleting it: %d %s, want 204", got.Status, got.Body)
	}
	if got := s.As(t, key, "POST", "/v1/groups", groupBody("grp_mine", id)); got.Status != 403 {
		t.Errorf("making it again: %d %s, want 403", got.Status, got.Body)
	}
}

// TestMemberGroupsStay: the groups in a group cannot be said in this dialect,
// so that what it writes leaves them alone.
func TestMemberGroupsStay(t *testing.T) {
	dir := t.TempDir()
	b := prepare(t, dir, access.Group{ID: "grp_inner", Name: "x", Members: []access.Subject{{Kind: access.UserKind, ID: "ana"}}},
		access.Group{ID: "grp_outer", Name: "x", Members: []access.Subject{{Kind: access.GroupKind, ID: "grp_inner"}}})
	s := servertest.StartWith(t, server.Config{Data: dir})
	s.Owner = b.AccessKey
	s.Want(t, 201, "POST", "/v1/roles", readerRole)
	groupRecord(t, s, "grp_outer", "ro_reader", "documents/1")
	for range 2 {
		got := s.Want(t, 200, "PUT", "/v1/groups/grp_outer", groupBody("grp_outer", "ben"))
		if strings.Contains(got.Body, "grp_inner") || !strings.Contains(got.Body, `"ben"`) {
			t.Errorf("changed to %s, want ben alone in it", got.Body)
		}
		if !allowed(t, s, "ana", "documents/1", "documents:read") || !allowed(t, s, "ben", "documents/1", "documents:read") {
			t.Error("want both allowed: ana through the group in the group")
		}
	}
}

// prepare makes a realm with groups in a folder, for a server that starts
// afterwards, and returns its owner.
func prepare(t *testing.T, dir string, groups ...access.Group) authz.Bootstrap {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	directory := authn.NewDirectory()
	f, err := feed.Open(t.Context(), feed.Config{Store: st, Log: slog.New(slog.DiscardHandler), Listeners: []feed.Listener{directory.Update}})
	if err != nil {
		t.Fatal(err)
	}
	svc := authz.New(authz.Config{Store: st, Feed: f, Directory: directory})
	b, err := svc.NewBootstrap(authz.Bootstrap{})
	if err != nil {
		t.Fatal(err)
	}
	if err := svc.CreateRealm(t.Context(), access.DefaultRealm, b); err != nil {
		t.Fatal(err)
	}
	client, _, _ := strings.Cut(b.AccessKey, ".")
	owner := access.Caller{Realm: access.DefaultRealm, Subject: access.Subject{Kind: access.ClientKind, ID: client}}
	for _, g := range groups {
		if _, err := svc.CreateGroup(t.Context(), owner, g); err != nil {
			t.Fatal(err)
		}
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	return b
}
