package authress_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

func recordBody(id, user, role, resource string) string {
	return fmt.Sprintf(`{"recordId":%q,"name":"Record","users":[{"userId":%q}],"statements":[{"roles":[%q],"resources":[{"resourceUri":%q}]}]}`, id, user, role, resource)
}

// allowed asks as the owner.
func allowed(t *testing.T, s *servertest.Server, user, resource, permission string) bool {
	t.Helper()
	path := "/v1/users/" + user + "/resources/" + strings.ReplaceAll(resource, "/", "%2F") + "/permissions/" + permission
	got := s.Do(t, "GET", path, "")
	if got.Status != 200 && got.Status != 404 {
		t.Fatalf("GET %s: %d %s, want 200 or 404", path, got.Status, got.Body)
	}
	if got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("GET %s: Cache-Control %q, want no-store", path, got.Header.Get("Cache-Control"))
	}
	return got.Status == 200
}

func TestRecordLifeCycle(t *testing.T) {
	s := servertest.Start(t)
	s.Want(t, 201, "POST", "/v1/roles", readerRole)
	if allowed(t, s, "ana", "documents/1", "documents:read") {
		t.Error("allowed before the record")
	}
	created := s.Want(t, 201, "POST", "/v1/records", recordBody("r1", "ana", "ro_reader", "/documents/1/"))
	var rec struct {
		LastUpdated string `json:"lastUpdated"`
	}
	created.JSON(t, &rec)
	if got := created.Header.Get("Last-Modified"); got != rec.LastUpdated || got == "" {
		t.Errorf("Last-Modified %q, want lastUpdated %q", got, rec.LastUpdated)
	}
	if !strings.Contains(created.Body, `"resourceUri":"/documents/1/"`) || !strings.Contains(created.Body, `"status":"ACTIVE"`) {
		t.Errorf("created %s, want the resource as written, and ACTIVE", created.Body)
	}
	if !allowed(t, s, "ana", "documents/1", "documents:read") || allowed(t, s, "ben", "documents/1", "documents:read") {
		t.Error("after the record: want ana allowed and ben not")
	}
	if got := s.Do(t, "POST", "/v1/records", recordBody("r1", "ben", "ro_reader", "documents/1")); got.Status != 409 || got.ErrorCode() != "AccessRecordAlreadyExists" {
		t.Errorf("creating it again: %d %s, want 409 AccessRecordAlreadyExists", got.Status, got.Body)
	}
	// The whole answer is put back, with what is read-only in it, for another user.
	back := strings.Replace(s.Want(t, 200, "GET", "/v1/records/r1", "").Body, `"userId":"ana"`, `"userId":"ben"`, 1)
	if got := s.Want(t, 202, "PUT", "/v1/records/r1", back); got.Body != "" || got.Header.Get("Last-Modified") <= rec.LastUpdated {
		t.Errorf("updated with body %q at %q, want none, later than %q", got.Body, got.Header.Get("Last-Modified"), rec.LastUpdated)
	}
	if allowed(t, s, "ana", "documents/1", "documents:read") || !allowed(t, s, "ben", "documents/1", "documents:read") {
		t.Error("after the update: want ben allowed and ana not")
	}
	s.Want(t, 204, "DELETE", "/v1/records/r1", "")
	if allowed(t, s, "ben", "documents/1", "documents:read") {
		t.Error("allowed after the deletion")
	}
	if got := s.Want(t, 200, "GET", "/v1/records/r1", ""); !strings.Contains(got.Body, `"status":"DELETED"`) || !strings.Contains(got.Body, `"userId":"ben"`) {
		t.Errorf("deleted record reads %s, want it DELETED with its content", got.Body)
	}
	s.Want(t, 404, "DELETE", "/v1/records/r1", "")
	s.Want(t, 404, "PUT", "/v1/records/r1", recordBody("r1", "ana", "ro_reader", "documents/1"))
	s.Want(t, 201, "POST", "/v1/records", recordBody("r1", "ana", "ro_reader", "documents/1"))
	if !allowed(t, s, "ana", "documents/1", "documents:read") {
		t.Error("denied after the revival")
	}
}

func TestRecordConditionalUpdate(t *testing.T) {
	s := servertest.Start(t)
	body := recordBody("r1", "ana", "ro_reader", "documents/1")
	first := s.Want(t, 201, "POST", "/v1/records", body).Header.Get("Last-Modified")
	second := s.Want(t, 202, "PUT", "/v1/records/r1", body).Header.Get("Last-Modified")
	put := func(since string) servertest.Answer {
		return s.As(t, s.Owner, "PUT", "/v1/records/r1", body, "If-Unmodified-Since", since)
	}
	if got := put(first); got.Status != 412 || got.Header.Get("Last-Modified") != second || got.ErrorCode() != "PreconditionFailed" {
		t.Errorf("stale: %d %s at %q, want 412 PreconditionFailed at %q", got.Status, got.Body, got.Header.Get("Last-Modified"), second)
	}
	// Compared at the precision that was sent: Go's SDK sends whole seconds.
	var at time.Time
	for name, form := range map[string]func() string{
		"as given":       func() string { return second },
		"whole seconds":  func() string { return at.Format("2006-01-02T15:04:05Z") },
		"another zone":   func() string { return at.In(time.FixedZone("", 3600)).Format("2006-01-02T15:04:05.000Z07:00") },
		"later":          func() string { return at.Add(time.Hour).Format(time.RFC3339) },
		"an HTTP date":   func() string { return at.Format("Mon, 02 Jan 2006 15:04:05 GMT") },
		"more precision": func() string { return at.Format("2006-01-02T15:04:05.000000000Z") },
	} {
		var err error
		if at, err = time.Parse(time.RFC3339, second); err != nil {
			t.Fatal(err)
		}
		got := put(form())
		if got.Status != 202 {
			t.Errorf("%s, %s: %d %s, want 202", name, form(), got.Status, got.Body)
		}
		second = got.Header.Get("Last-Modified")
	}
	for _, since := range []string{"x", "2026-01-02", "1700000000", strings.Repeat("2", 40)} {
		if got := put(since); got.Status != 400 {
			t.Errorf("%s: %d, want 400", since, got.Status)
		}
	}
	if got := put(at.Add(-2 * time.Second).Format(time.RFC3339)); got.Status != 412 {
		t.Errorf("two seconds before: %d, want 412", got.Status)
	}
}

func TestRecordVersionsNeverShareATime(t *testing.T) {
	s := servertest.Start(t)
	body := recordBody("r1", "ana", "ro_reader", "documents/1")
	last := s.Want(t, 201, "POST", "/v1/records", body).Header.Get("Last-Modified")
	for range 50 {
		next := s.Want(t, 202, "PUT", "/v1/records/r1", body).Header.Get("Last-Modified")
		if next <= last {
			t.Fatalf("changed at %s after %s", next, last)
		}
		last = next
	}
}

func TestRecordRefusals(t *testing.T) {
	s := servertest.Start(t)
	good := recordBody("r1", "ana", "ro_reader", "documents/1")
	swap := func(old, with string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%s does not contain %s", good, old)
		}
		return strings.Replace(good, old, with, 1)
	}
	list := func(element string, n int) string {
		return strings.TrimSuffix(strings.Repeat(element+",", n), ",")
	}
	st := `{"roles":["ro_reader"],"resources":[{"resourceUri":"documents/1"}]}`
	for name, body := range map[string]string{
		"no body":            ``,
		"no statements":      swap(st, ``),
		"empty id":           swap(`"r1"`, `"a b"`),
		"long id":            swap(`"r1"`, `"`+strings.Repeat("a", 101)+`"`),
		"no name":            swap(`"name":"Record",`, ``),
		"user with star":     swap(`"ana"`, `"*"`),
		"user with newline":  swap(`"ana"`, `"a\nb"`),
		"user with NUL":      swap(`"ana"`, `"a\u0000b"`),
		"empty user":         swap(`"ana"`, `""`),
		"no roles":           swap(`["ro_reader"]`, `[]`),
		"bad role":           swap(`"ro_reader"`, `"a b"`),
		"no resources":       swap(`[{"resourceUri":"documents/1"}]`, `[]`),
		"empty resource":     swap(`documents/1`, ``),
		"root resource":      swap(`documents/1`, `/`),
		"empty segment":      swap(`documents/1`, `documents//1`),
		"step up":            swap(`documents/1`, `documents/../x`),
		"prefix star":        swap(`documents/1`, `documents/pre*`),
		"two stars":          swap(`documents/1`, `**`),
		"space":              swap(`documents/1`, `documents 1`),
		"percent":            swap(`documents/1`, `documents%2F1`),
		"long resource":      swap(`documents/1`, strings.Repeat("a", 513)),
		"deep resource":      swap(`documents/1`, list("a/", 1)+strings.Repeat("a/", 16)),
		"bad group":          swap(`"users"`, `"groups":[{"groupId":"team"}],"users"`),
		"both levels":        swap(`{"roles"`, `{"users":[{"userId":"ben"}],"roles"`),
		"101 statements":     swap(st, list(st, 101)),
		"101 roles":          swap(`"ro_reader"`, list(`"ro_reader"`, 101)),
		"101 resources":      swap(`{"resourceUri":"documents/1"}`, list(`{"resourceUri":"documents/1"}`, 101)),
		"1001 users":         swap(`{"userId":"ana"}`, list(`{"userId":"ana"}`, 1001)),
		"101 admins":         swap(`"users"`, `"admins":[`+list(`{"userId":"ana"}`, 101)+`],"users"`),
		"long tag":           swap(`"users"`, `"tags":{"a":"`+strings.Repeat("a", 129)+`"},"users"`),
		"member in a case":   swap(`"users"`, `"Users":[{"userId":"ben"}],"users"`),
		"member twice":       swap(`"users"`, `"users":[{"userId":"ben"}],"users"`),
		"null in statements": swap(st, `null`),
	} {
		if got := s.Do(t, "POST", "/v1/records", body); got.Status != 400 || got.ErrorCode() != "InvalidRequest" {
			t.Errorf("%s: %d %s, want 400 InvalidRequest", name, got.Status, got.Body)
		}
	}
	s.Want(t, 404, "GET", "/v1/records/r1", "")
	if got := s.Do(t, "PUT", "/v1/records/r2", good); got.Status != 400 {
		t.Errorf("a body of another id than its path: %d, want 400", got.Status)
	}
	s.Want(t, 400, "GET", "/v1/records?status=active", "")
	s.Want(t, 404, "DELETE", "/v1/records/nothing", "")
}

func TestRecordSize(t *testing.T) {
	s := servertest.Start(t)
	users := func(n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`{"userId":"%0100d"}`, i))
		}
		return `{"recordId":"r1","name":"x","users":[` + strings.Join(list, ",") + `],"statements":[{"roles":["r"],"resources":[{"resourceUri":"a"}]}]}`
	}
	got := s.Want(t, 201, "POST", "/v1/records", users(850))
	var rec struct {
		Capacity float64 `json:"capacity"`
		Users    []any   `json:"users"`
	}
	got.JSON(t, &rec)
	if rec.Capacity < 0.9 || rec.Capacity > 1 || len(rec.Users) != 850 {
		t.Errorf("capacity %v with %d users, want most of it, and 850", rec.Capacity, len(rec.Users))
	}
	if got := s.Do(t, "PUT", "/v1/records/r1", users(900)); got.Status != 413 || got.ErrorCode() != "PayloadTooLarge" {
		t.Errorf("100 kB and more: %d %s, want 413 PayloadTooLarge", got.Status, got.Body)
	}
	if got := s.Do(t, "POST", "/v1/records", `{"name":"`+strings.Repeat("a", 1<<20)+`"}`); got.Status != 413 {
		t.Errorf("more than a MiB: %d, want 413", got.Status)
	}
}

func TestRecordLists(t *testing.T) {
	s := servertest.Start(t)
	want := []string{}
	for i := range 30 {
		id := fmt.Sprintf("r%02d", i)
		s.Want(t, 201, "POST", "/v1/records", strings.Replace(recordBody(id, "ana", "ro_reader", "documents/1"), `"Record"`, `"Record Nr `+id+`"`, 1))
		if i%3 == 0 {
			s.Want(t, 204, "DELETE", "/v1/records/"+id, "")
		} else {
			want = append(want, id)
		}
	}
	want = append(want, "rec_owner")
	for _, limit := range []int{1, 4, 20, 100} {
		if got := walk(t, s, fmt.Sprintf("/v1/records?status=ACTIVE&limit=%d", limit), true); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("limit %d: got %v, want %v", limit, got, want)
		}
	}
	if got := walk(t, s, "/v1/records?status=DELETED&limit=3", false); len(got) != 10 {
		t.Errorf("deleted: got %v, want ten", got)
	}
	if got := walk(t, s, "/v1/records?filter=nR+R0&limit=3", false); len(got) != 10 {
		t.Errorf("filtered: got %v, want the ten of r0…", got)
	}
}

func TestRecordUpdateByPost(t *testing.T) {
	s := servertest.Start(t)
	s.Want(t, 404, "POST", "/v1/records/r1", recordBody("", "ana", "ro_reader", "documents/1"))
	s.Want(t, 201, "POST", "/v1/records", recordBody("r1", "ana", "ro_reader", "documents/1"))
	s.Want(t, 202, "POST", "/v1/records/r1", recordBody("r1", "ben", "ro_reader", "documents/1"))
	if got := s.Want(t, 200, "GET", "/v1/records/r1", ""); !strings.Contains(got.Body, `"userId":"ben"`) {
		t.Errorf("read %s, want ben", got.Body)
	}
}

func TestRecordAdmins(t *testing.T) {
	s := servertest.Start(t)
	admins := func(id string) string {
		var rec struct {
			Admins []struct {
				UserID string `json:"userId"`
			} `json:"admins"`
		}
		s.Want(t, 200, "GET", "/v1/records/"+id, "").JSON(t, &rec)
		var ids []string
		for _, a := range rec.Admins {
			ids = append(ids, a.UserID)
		}
		return strings.Join(ids, " ")
	}
	owner, _, _ := strings.Cut(s.Owner, ".")
	with := func(id, admins string) string {
		return strings.Replace(recordBody(id, "ana", "ro_reader", "documents/1"), `"users"`, `"admins":`+admins+`,"users"`, 1)
	}
	s.Want(t, 201, "POST", "/v1/records", recordBody("r1", "ana", "ro_reader", "documents/1"))
	s.Want(t, 201, "POST", "/v1/records", with("r2", `null`))
	s.Want(t, 201, "POST", "/v1/records", with("r3", `[]`))
	s.Want(t, 201, "POST", "/v1/records", with("r4", `[{"userId":"ben"}]`))
	for id, want := range map[string]string{"r1": owner, "r2": owner, "r3": "", "r4": "ben"} {
		if got := admins(id); got != want {
			t.Errorf("admins of %s: %q, want %q", id, got, want)
		}
	}
	s.Want(t, 202, "PUT", "/v1/records/r4", with("r4", `null`))
	if got := admins("r4"); got != "ben" {
		t.Errorf("after an update without admins: %q, want them kept", got)
	}
	s.Want(t, 202, "PUT", "/v1/records/r4", with("r4", `[]`))
	if got := admins("r4"); got != "" {
		t.Errorf("after an update with no admin: %q, want none", got)
	}
}
