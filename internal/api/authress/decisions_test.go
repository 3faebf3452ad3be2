package authress_test

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

// TestDecisions makes the state of every decision case through this API and
// asks its questions there. A case with nouns that the API has no words for
// finds its state in the store instead. Questions for which it has none are
// left out: about a group or a membership itself, about flags, about what is
// held directly, and about a permission that is none here or asked for literally.
func TestDecisions(t *testing.T) {
	cases, err := decisions.Load("../../../testdata/decisions")
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for i := range cases {
		c := &cases[i]
		t.Run(c.Title, func(t *testing.T) {
			var s *servertest.Server
			if c.Organizational() {
				s = servertest.StartOn(t, c.Changes())
			} else {
				s = servertest.Start(t)
				state(t, s, c)
			}
			for _, r := range c.Refused {
				if r.Role != nil && slices.ContainsFunc(r.Role.Permissions, func(p access.RolePermission) bool { return p.Exact }) {
					continue // no word for it
				}
				path, body := "/v1/records", recordJSON(t, r.Record)
				if r.Role != nil {
					path, body = "/v1/roles", roleJSON(t, r.Role)
				}
				if got := s.Do(t, "POST", path, body); got.Status != 400 {
					t.Errorf("%s:%d: answered with %d %s, want 400", c.File, r.Line, got.Status, got.Body)
				}
			}
			for j := range c.Questions {
				if q := &c.Questions[j]; hasWords(q) {
					decide(t, s, c, q)
					asked++
				}
			}
		})
	}
	if asked < 500 {
		t.Errorf("asked %d questions, want most of the cases'", asked)
	}
}

func hasWords(q *decisions.Question) bool {
	switch kind := q.Query.Subject.Kind; {
	case kind == access.GroupKind, kind == access.MembershipKind, q.Kind == decisions.Holds, q.Kind == decisions.Directly, q.Query.Literal:
		return false
	case q.Refused || q.Permission == "":
		return true
	}
	_, err := access.ParsePermission(q.Permission)
	return err == nil
}

// state makes the documents of a case.
func state(t *testing.T, s *servertest.Server, c *decisions.Case) {
	t.Helper()
	for _, r := range c.Roles {
		s.Want(t, 201, "POST", "/v1/roles", roleJSON(t, r))
	}
	for _, g := range c.Groups {
		s.Want(t, 201, "POST", "/v1/groups", encode(t, map[string]any{
			"groupId": g.ID, "name": g.Name, "users": usersJSON(flat(c, g)), "admins": usersJSON(g.Admins),
		}))
	}
	for _, r := range c.Records {
		s.Want(t, 201, "POST", "/v1/records", recordJSON(t, r))
		if r.Status == access.RecordDeleted {
			s.Want(t, 204, "DELETE", "/v1/records/"+url.PathEscape(string(r.ID)), "")
		}
	}
	for _, uri := range c.Public {
		s.Want(t, 200, "PUT", "/v1/resources/"+url.PathEscape(string(uri)), settings("PUBLIC"))
	}
}

// flat are the users in a group and in the groups in it: this API's groups have
// users only.
func flat(c *decisions.Case, g *access.Group) (users []access.Subject) {
	todo := []*access.Group{g}
	for i := 0; i < len(todo); i++ {
		for _, m := range todo[i].Members {
			if m.Kind != access.GroupKind {
				users = append(users, m)
				continue
			}
			for _, g := range c.Groups {
				if string(g.ID) == m.ID && !slices.Contains(todo, g) {
					todo = append(todo, g)
				}
			}
		}
	}
	return users
}

func encode(t *testing.T, v any) string {
	t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

type object = map[string]any

func roleJSON(t *testing.T, r *access.Role) string {
	t.Helper()
	perms := []object{}
	for _, p := range r.Permissions {
		perms = append(perms, object{"action": p.Action, "allow": p.Allow, "grant": p.Grant, "delegate": p.Delegate})
	}
	return encode(t, object{"roleId": r.ID, "name": r.Name, "permissions": perms})
}

func usersJSON(subjects []access.Subject) []object {
	list := []object{}
	for _, s := range subjects {
		if s.Kind != access.GroupKind {
			list = append(list, object{"userId": s.ID})
		}
	}
	return list
}

func groupsJSON(subjects []access.Subject) []object {
	list := []object{}
	for _, s := range subjects {
		if s.Kind == access.GroupKind {
			list = append(list, object{"groupId": s.ID})
		}
	}
	return list
}

func recordJSON(t *testing.T, r *access.Record) string {
	t.Helper()
	if r == nil {
		return ""
	}
	statements := []object{}
	for _, st := range r.Statements {
		resources := []object{}
		for _, uri := range st.Resources {
			resources = append(resources, object{"resourceUri": uri})
		}
		statements = append(statements, object{
			"roles": st.Roles, "resources": resources, "users": usersJSON(st.Subjects), "groups": groupsJSON(st.Subjects),
		})
	}
	return encode(t, object{
		"recordId": r.ID, "name": r.Name, "admins": usersJSON(r.Admins), "statements": statements,
		"users": usersJSON(r.Subjects), "groups": groupsJSON(r.Subjects),
	})
}

// decide asks a question, in the way of the official SDKs: every part of a path
// escaped.
func decide(t *testing.T, s *servertest.Server, c *decisions.Case, q *decisions.Question) {
	t.Helper()
	user := "/v1/users/" + url.PathEscape(q.Query.Subject.ID) + "/resources"
	resource := "/" + url.PathEscape(q.Resource)
	var path string
	var want []string
	switch q.Kind {
	case decisions.Check:
		path = user + resource + "/permissions/" + url.PathEscape(q.Permission)
	case decisions.Permissions:
		path = user + resource + "/permissions"
		for i, p := range q.Permissions {
			if i > 0 && q.Permissions[i-1].Action == p.Action { // held exactly, too: this API shows an action once
				before := q.Permissions[i-1]
				p.Allow, p.Grant, p.Delegate = p.Allow || before.Allow, p.Grant || before.Grant, p.Delegate || before.Delegate
				want = want[:len(want)-1]
			}
			want = append(want, fmt.Sprintf("%s=%v,%v,%v", p.Action, p.Allow, p.Grant, p.Delegate))
		}
	case decisions.Roles:
		path = user + resource + "/roles"
		for _, id := range q.Roles {
			want = append(want, string(id))
		}
	case decisions.Resources:
		query := url.Values{"resourceUri": {q.Resource}, "permissions": {q.Permission}, "limit": {"3"}}
		if q.Nested {
			query.Set("collectionConfiguration", "INCLUDE_NESTED")
		}
		path = user + "?" + query.Encode()
		for _, uri := range q.Resources {
			want = append(want, string(uri))
		}
	case decisions.Users:
		path = "/v1/resources" + resource + "/users?limit=3"
		for _, h := range q.Users {
			var roles []string
			for _, id := range h.Roles {
				roles = append(roles, string(id))
			}
			want = append(want, h.Subject.ID+"="+strings.Join(roles, ","))
		}
	default:
		t.Fatalf("%s:%d: nobody asks %q", c.File, q.Line, q.Kind)
	}
	first := s.Do(t, "GET", path, "")
	status := 200
	switch {
	case q.Refused:
		status = 400
	case q.Kind == decisions.Check && !q.Yes, (q.Kind == decisions.Permissions || q.Kind == decisions.Roles) && len(want) == 0:
		status = 404
	}
	if first.Status != status {
		t.Errorf("%s:%d: %q is answered with %d %s, want %d", c.File, q.Line, q.Text, first.Status, first.Body, status)
		return
	}
	if status != 200 || q.Kind == decisions.Check {
		return
	}
	if got := answers(t, s, q.Kind, path, first); !slices.Equal(got, want) {
		t.Errorf("%s:%d: %q is answered with %v", c.File, q.Line, q.Text, got)
	}
}

// answers are what a list says, in the words of decide.
func answers(t *testing.T, s *servertest.Server, kind decisions.Kind, path string, first servertest.Answer) (all []string) {
	t.Helper()
	if kind == decisions.Resources || kind == decisions.Users {
		owner, _, _ := strings.Cut(s.Owner, ".") // of the account, who is in no case
		return slices.DeleteFunc(walkList(t, s, path), func(e string) bool { return strings.HasPrefix(e, owner+"=") })
	}
	var body struct {
		Permissions []struct {
			Action   string `json:"action"`
			Allow    bool   `json:"allow"`
			Grant    bool   `json:"grant"`
			Delegate bool   `json:"delegate"`
		} `json:"permissions"`
		Roles []struct {
			RoleID string `json:"roleId"`
		} `json:"roles"`
	}
	first.JSON(t, &body)
	for _, p := range body.Permissions {
		all = append(all, fmt.Sprintf("%s=%v,%v,%v", p.Action, p.Allow, p.Grant, p.Delegate))
	}
	for _, r := range body.Roles {
		all = append(all, r.RoleID)
	}
	return all
}
