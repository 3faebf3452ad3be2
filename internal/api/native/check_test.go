package native_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/decisions"
	"github.com/reeve-authz/reeve/internal/server/servertest"
)

type checkQuestion struct {
	User       string `json:"user,omitzero"`
	Membership string `json:"membership,omitzero"`
	Permission string `json:"permission"`
	Resource   string `json:"resource"`
}

type checkAnswers struct {
	Revision int `json:"revision"`
	Results  []struct {
		Allowed *bool `json:"allowed"`
		Error   *struct {
			Kind    string `json:"kind"`
			Message string `json:"message"`
		} `json:"error"`
	} `json:"results"`
}

// said is what the answer at i says in a word: yes, no, or the kind of error.
func (a checkAnswers) said(i int) string {
	switch r := a.Results[i]; {
	case r.Error != nil:
		return r.Error.Kind
	case *r.Allowed:
		return "yes"
	}
	return "no"
}

// checkAll asks all questions at once.
func checkAll(t testing.TB, s *servertest.Server, key string, qs []checkQuestion) checkAnswers {
	t.Helper()
	body, err := json.Marshal(map[string]any{"checks": qs})
	if err != nil {
		t.Fatal(err)
	}
	got := s.As(t, key, "POST", "/api/v1/check", string(body))
	if got.Status != 200 {
		t.Fatalf("asking %d questions: %d %s", len(qs), got.Status, got.Body)
	}
	var answers checkAnswers
	got.JSON(t, &answers)
	if len(answers.Results) != len(qs) {
		t.Fatalf("%d answers to %d questions", len(answers.Results), len(qs))
	}
	return answers
}

// checkOne asks a question by itself, in the dialect that can: Authress about
// users, WorkOS about memberships.
func checkOne(t testing.TB, s *servertest.Server, key string, q checkQuestion) string {
	t.Helper()
	var got servertest.Answer
	if q.Membership != "" {
		body := fmt.Sprintf(`{"permission_slug":%q,"resource_id":%q}`, q.Permission, q.Resource)
		got = s.As(t, key, "POST", "/authorization/organization_memberships/"+url.PathEscape(q.Membership)+"/check", body)
	} else {
		got = s.As(t, key, "GET", "/v1/users/"+url.PathEscape(q.User)+"/resources/"+url.PathEscape(q.Resource)+"/permissions/"+url.PathEscape(q.Permission), "")
	}
	switch {
	case got.Status == 200 && (q.Membership == "" || got.Body == `{"authorized":true}`):
		return "yes"
	case got.Body == `{"authorized":false}`, q.Membership == "" && got.Status == 404:
		return "no"
	case got.Status == 400, got.Status == 422:
		return "invalid"
	case got.Status == 403:
		return "forbidden"
	case got.Status == 404:
		return "not found"
	}
	return got.Body
}

// TestCheckDecisions asks every check of the decision cases for which there are
// words, each case's at once, and again each by itself, and lists by permission.
func TestCheckDecisions(t *testing.T) {
	cases, err := decisions.Load("../../../testdata/decisions")
	if err != nil {
		t.Fatal(err)
	}
	users, memberships := 0, 0
	for i := range cases {
		c := &cases[i]
		var qs []checkQuestion
		var want []string
		var listed []*decisions.Question
		for j := range c.Questions {
			q := &c.Questions[j]
			asked, ok := questionOf(c, q)
			if !ok {
				continue
			}
			if asked.Membership != "" {
				memberships++
			} else {
				users++
			}
			said := map[bool]string{true: "yes", false: "no"}[q.Yes]
			if q.Refused {
				said = "invalid"
			}
			qs, want = append(qs, asked), append(want, said)
			if asked.User != "" && !q.Refused {
				listed = append(listed, q)
			}
		}
		if len(qs) == 0 {
			continue
		}
		t.Run(c.Title, func(t *testing.T) {
			s := servertest.StartOn(t, c.Changes())
			s.Inspect = inDocument
			answers := checkAll(t, s, s.APIKey, qs)
			for i, q := range qs {
				if got, single := answers.said(i), checkOne(t, s, s.APIKey, q); got != want[i] || single != want[i] {
					t.Errorf("%s: %+v is answered with %q, and by itself with %q; want %q", c.File, q, got, single, want[i])
				}
			}
			for _, q := range listed {
				listsAgree(t, s, c, q)
			}
		})
	}
	if users < 300 || memberships < 20 {
		t.Errorf("asked %d questions about users and %d about memberships, want most of the cases'", users, memberships)
	}
}

// questionOf is a question of a case in the words of this API, if it has any.
func questionOf(c *decisions.Case, q *decisions.Question) (checkQuestion, bool) {
	sub := q.Query.Subject
	asked := checkQuestion{User: sub.ID, Permission: q.Permission, Resource: q.Resource}
	switch {
	case q.Kind != decisions.Check, sub.Kind == access.GroupKind:
		return asked, false
	case sub.Kind == access.MembershipKind:
		asked.User, asked.Membership = "", sub.ID
		return asked, !q.Refused && (q.Query.Literal || !strings.Contains(q.Permission, "*")) && registered(c, q)
	}
	_, err := access.ParsePermission(q.Permission)
	return asked, !q.Query.Literal && (q.Refused || err == nil)
}

// registered reports whether the organization of the question's membership has
// registered its resource.
func registered(c *decisions.Case, q *decisions.Question) bool {
	m := slices.IndexFunc(c.Memberships, func(m *access.Membership) bool { return m.Subject() == q.Query.Subject })
	return m >= 0 && slices.ContainsFunc(c.Resources, func(r *access.Resource) bool {
		return r.URI() == q.Query.Resource && r.Organization == c.Memberships[m].Organization
	})
}

// newChecked is a server on which ana may read documents/1 and below it, and the
// membership om_1 may edit r_1, but not the other organization's r_2.
func newChecked(t *testing.T) *servertest.Server {
	t.Helper()
	read := &access.Role{ID: "ro_read", Name: "x", Permissions: []access.RolePermission{{Action: "read", Allow: true}}}
	edit := &access.Role{ID: "editor", Name: "x", Permissions: []access.RolePermission{{Action: "edit", Allow: true, Exact: true}}}
	s := servertest.StartOn(t, []access.Change{
		{Document: read},
		{Document: edit},
		{Document: &access.Record{
			ID: "r1", Name: "x", Status: access.RecordActive, Subjects: []access.Subject{{Kind: access.UserKind, ID: "ana"}},
			Statements: []access.Statement{{Roles: []access.RoleID{"ro_read"}, Resources: []string{"documents/1"}}},
		}},
		{Document: &access.Resource{ID: "r_1", Organization: "org_1", Type: "organization"}},
		{Document: &access.Resource{ID: "r_2", Organization: "org_2", Type: "organization"}},
		{Document: &access.Membership{ID: "om_1", Organization: "org_1", User: "ana", Status: access.MembershipActive}},
		{Document: &access.Assignment{
			ID: "a1", Subject: access.Subject{Kind: access.MembershipKind, ID: "om_1"}, Role: "editor", Resource: "r_1", Organization: "org_1",
		}},
	})
	s.Inspect = inDocument
	return s
}

// TestCheckAll: the answers stand in the order of the questions, those that mean
// nothing or may not be asked have an error of their own, as by themselves.
func TestCheckAll(t *testing.T) {
	s := newChecked(t)
	may := checkQuestion{User: "ana", Permission: "read", Resource: "documents/1"}
	mayNot := checkQuestion{User: "ben", Permission: "read", Resource: "documents/1"}
	cases := []struct {
		q    checkQuestion
		want string
	}{
		{may, "yes"},
		{mayNot, "no"},
		{may, "yes"},
		{may, "yes"},
		{checkQuestion{User: "ana", Permission: "READ", Resource: "/documents/1/"}, "yes"},
		{checkQuestion{User: "ana", Permission: "read", Resource: "documents/1/pages/2"}, "yes"},
		{checkQuestion{User: "ana", Permission: "write", Resource: "documents/1"}, "no"},
		{checkQuestion{User: "ana", Permission: "read", Resource: "documents"}, "no"},
		{checkQuestion{User: "ana\n", Permission: "read", Resource: "documents/1"}, "invalid"},
		{may, "yes"},
		{checkQuestion{User: "ana", Permission: "a b", Resource: "documents/1"}, "invalid"},
		{checkQuestion{User: "ana", Permission: "read", Resource: "documents//1"}, "invalid"},
		{checkQuestion{User: "ana", Permission: "edit", Resource: "r_1"}, "yes"},
		{checkQuestion{Membership: "om_1", Permission: "edit", Resource: "r_1"}, "yes"},
		{checkQuestion{Membership: "om_1", Permission: "Edit", Resource: "r_1"}, "no"},
		{checkQuestion{Membership: "om_1", Permission: "*", Resource: "r_1"}, "no"},
		{checkQuestion{Membership: "om_1", Permission: "é / &", Resource: "r_1"}, "no"},
		{checkQuestion{Membership: "om_1", Permission: "", Resource: "r_1"}, "invalid"},
		{checkQuestion{Membership: "om_1", Permission: "edit", Resource: "r_2"}, "not found"},
		{checkQuestion{Membership: "om_1", Permission: "edit", Resource: "none"}, "not found"},
		{checkQuestion{Membership: "om_1", Permission: "edit", Resource: ""}, "invalid"},
		{checkQuestion{Membership: "om_2", Permission: "edit", Resource: "r_1"}, "not found"},
		{checkQuestion{Membership: "om_1", Permission: "edit", Resource: "r_1"}, "yes"},
		{mayNot, "no"},
	}
	var qs []checkQuestion
	for _, c := range cases {
		qs = append(qs, c.q)
	}
	answers := checkAll(t, s, s.Owner, qs)
	for i, c := range cases {
		single := checkOne(t, s, s.Owner, c.q)
		if got := answers.said(i); got != c.want || single != c.want {
			t.Errorf("%+v is answered with %q, and by itself with %q; want %q", c.q, got, single, c.want)
		}
	}
	named := s.Want(t, 200, "PATCH", "/api/v1/settings", `{"multiple_roles":true}`).Header.Get("Reeve-Revision")
	if got := checkAll(t, s, s.Owner, qs[:1]); fmt.Sprint(got.Revision) != named {
		t.Errorf("answered at revision %d after the commit %s", got.Revision, named)
	}
}

// TestCheckAllByWhoMayNotAsk: each question is the caller's to ask, or not.
func TestCheckAllByWhoMayNotAsk(t *testing.T) {
	s := newChecked(t)
	id, key := s.NewClient(t)
	other, _ := s.NewClient(t)
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_ask","name":"x","permissions":[{"action":"read","allow":true,"grant":false,"delegate":false}]}`)
	s.Want(t, 201, "POST", "/v1/records", fmt.Sprintf(
		`{"name":"x","users":[{"userId":%q}],"statements":[{"roles":["ro_ask"],"resources":[{"resourceUri":"Authress:UserPermissions/ana"}]}]}`, id))
	qs := []checkQuestion{
		{User: "ana", Permission: "read", Resource: "documents/1"},
		{User: "ben", Permission: "read", Resource: "documents/1"},
		{User: id, Permission: "read", Resource: "documents/1"}, // itself
		{User: other, Permission: "read", Resource: "documents/1"},
		{User: "ben", Permission: "read", Resource: "documents/1"},
		{User: "ana", Permission: "write", Resource: "documents/1"},
		{Membership: "om_1", Permission: "edit", Resource: "r_1"},
		{Membership: "none", Permission: "edit", Resource: "r_1"},
		{User: "ana", Permission: "", Resource: "documents/1"},
	}
	want := []string{"yes", "forbidden", "no", "forbidden", "forbidden", "no", "forbidden", "forbidden", "invalid"}
	answers := checkAll(t, s, key, qs)
	for i, q := range qs {
		got := answers.said(i)
		single := want[i]
		if q.Permission != "" { // has no path
			single = checkOne(t, s, key, q)
		}
		if got != want[i] || single != want[i] {
			t.Errorf("%+v is answered with %q, and by itself with %q; want %q", q, got, single, want[i])
		}
	}
	if got := s.As(t, "", "POST", "/api/v1/check", `{"checks":[{"user":"ana","permission":"read","resource":"documents/1"}]}`); got.Status != 401 {
		t.Errorf("without a credential: %d, want 401", got.Status)
	}
}

// TestCheckAllByWhatTheCallerHolds: whatever gives a caller the right to ask, and
// about whomever it does, many questions are answered as each by itself.
func TestCheckAllByWhatTheCallerHolds(t *testing.T) {
	s := newChecked(t)
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_ask","name":"x","permissions":[{"action":"read","allow":true,"grant":false,"delegate":false}]}`)
	var qs []checkQuestion
	for _, user := range []string{"ana", "ben", "team/ana", "team/ben", "org:ana", "ana"} {
		qs = append(qs, checkQuestion{User: user, Permission: "read", Resource: "documents/1"})
	}
	for _, member := range []string{"om_1", "none", "om_1"} {
		qs = append(qs, checkQuestion{Membership: member, Permission: "edit", Resource: "r_1"})
	}
	const nobody, somebody, everybody = 0, 1, 2
	for on, may := range map[string]int{
		"*": everybody, "Authress:UserPermissions": everybody, "Authress:UserPermissions/*": everybody,
		"Authress:UserPermissions/team": somebody, "Authress:UserPermissions/team/*": somebody, "Authress:UserPermissions/org:*": somebody,
		"Authress:UserPermissions/om_1": somebody, "Authress:UserPermissions/ben": somebody, "Authress:*": everybody, "Authress:UserPermission/*": nobody, "documents/*": nobody,
	} {
		id, key := s.NewClient(t)
		s.Want(t, 201, "POST", "/v1/records", fmt.Sprintf(
			`{"name":"x","users":[{"userId":%q}],"statements":[{"roles":["ro_ask"],"resources":[{"resourceUri":%q}]}]}`, id, on))
		answers := checkAll(t, s, key, qs)
		refused := 0
		for i, q := range qs {
			got, single := answers.said(i), checkOne(t, s, key, q)
			if got != single {
				t.Errorf("who may read %s asks %+v and is answered with %q, and by itself with %q", on, q, got, single)
			}
			if got == "forbidden" {
				refused++
			}
		}
		if refused == 0 && may != everybody || refused == len(qs) && may != nobody || refused > 0 && refused < len(qs) && may != somebody {
			t.Errorf("who may read %s is refused %d of %d questions", on, refused, len(qs))
		}
	}
}

// TestCheckAllBounds: 10,000 questions of the longest names are answered in
// order, and one more is not.
func TestCheckAllBounds(t *testing.T) {
	s := newChecked(t)
	long := func(text string, to int) string { return text + strings.Repeat("x", to-len(text)) }
	qs := make([]checkQuestion, 10_000)
	for i := range qs {
		qs[i] = checkQuestion{
			User: long(fmt.Sprintf("user%d", i), access.MaxUserIDLen), Permission: long("read", access.MaxPermissionLen),
			Resource: long("documents/", access.MaxURILen),
		}
		if i%3 == 0 {
			qs[i] = checkQuestion{User: "ana", Permission: "read", Resource: "documents/1/" + fmt.Sprint(i)}
		}
	}
	answers := checkAll(t, s, s.Owner, qs)
	for i := range qs {
		want := map[bool]string{true: "yes", false: "no"}[i%3 == 0]
		if got := answers.said(i); got != want {
			t.Fatalf("question %d is answered with %q, want %q", i, got, want)
		}
	}
	one := `{"user":"ana","permission":"read","resource":"documents/1"}`
	for body, status := range map[string]int{
		`{"checks":[` + strings.Repeat(one+",", 10_000) + one + `]}`: 400,
		`{"checks":[` + one + `],"x":"` + long("", 8<<20) + `"}`:     413,
		`{"checks":[]}`:                 400,
		`{"checks":null}`:               400,
		`{}`:                            400,
		``:                              400,
		`{"checks":{}}`:                 400,
		`{"checks":["ana"]}`:            400,
		`{"checks":[` + one + `]`:       400,
		`{"checks":[` + one + `]}{}`:    400,
		`{"Checks":[` + one + `]}`:      400,
		`{"checks":[{"User":"ana"}]}`:   400,
		`{"checks":[{"user":["ana"]}]}`: 400,
		`{"checks":[` + one + `,{"user":"ana","user":"ben","permission":"read","resource":"documents/1"}]}`: 400,
	} {
		if got := s.As(t, s.Owner, "POST", "/api/v1/check", body); got.Status != status {
			t.Errorf("%.80s is answered with %d %.200s, want %d", body, got.Status, got.Body, status)
		}
	}
	mixed := s.As(t, s.Owner, "POST", "/api/v1/check", `{"more":[{"x":1}],"checks":[null,{"user":null},`+one+`,{"x":{"User":1},"user":"ana","membership":"om_1"}]}`)
	var answered checkAnswers
	mixed.JSON(t, &answered)
	if mixed.Status != 200 || len(answered.Results) != 4 || answered.said(2) != "yes" || answered.said(0)+answered.said(1)+answered.said(3) != "invalidinvalidinvalid" {
		t.Errorf("questions that name nobody, or two: %d %s", mixed.Status, mixed.Body)
	}
}
