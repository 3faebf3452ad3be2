package workos_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/decisions"
	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// TestDecisions asks the questions of the decision cases about memberships. A
// case finds its state in the store, as its ids are none that this API makes.
// Questions for which the API has no words are left out: about what is not
// registered by the membership's organization, permissions that are no slugs, and
// all permissions that a star stands for: here it is a letter.
func TestDecisions(t *testing.T) {
	cases, err := decisions.Load("../../../testdata/decisions")
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for i := range cases {
		c := &cases[i]
		if !slices.ContainsFunc(c.Questions, func(q decisions.Question) bool { return hasWords(c, &q) }) {
			continue
		}
		t.Run(c.Title, func(t *testing.T) {
			s := server{servertest.StartOn(t, c.Changes())}
			for j := range c.Questions {
				if q := &c.Questions[j]; hasWords(c, q) {
					decide(t, s, c, q)
					asked++
				}
			}
		})
	}
	if asked < 30 {
		t.Errorf("asked %d questions, want most of those about memberships", asked)
	}
}

func hasWords(c *decisions.Case, q *decisions.Question) bool {
	_, err := access.ParsePermissionSlug(q.Permission)
	m, res := membershipIn(c, q), resourceIn(c, q)
	if !q.Query.Literal && strings.Contains(q.Permission, "*") {
		return false
	}
	return (q.Kind == decisions.Check || q.Kind == decisions.Directly) && !q.Refused && err == nil &&
		m != nil && res != nil && m.Organization == res.Organization
}

// membershipIn is the membership that a question is about, or nil.
func membershipIn(c *decisions.Case, q *decisions.Question) *access.Membership {
	for _, m := range c.Memberships {
		if m.Subject() == q.Query.Subject {
			return m
		}
	}
	return nil
}

// resourceIn is the resource that a question is about as it stands in the end,
// or nil.
func resourceIn(c *decisions.Case, q *decisions.Question) *access.Resource {
	for _, r := range slices.Backward(c.Resources) {
		if r.URI() == q.Query.Resource {
			return r
		}
	}
	return nil
}

func decide(t *testing.T, s server, c *decisions.Case, q *decisions.Question) {
	t.Helper()
	var got bool
	switch q.Kind {
	case decisions.Check:
		got = s.want(t, 200, "POST", checkOf(q.Query.Subject.ID), asking(q.Permission, q.Resource))["authorized"] == true
	case decisions.Directly:
		list := "/authorization/resources/" + q.Resource + "/organization_memberships?limit=100&permission_slug=" + url.QueryEscape(q.Permission)
		got = slices.Contains(column(s.want(t, 200, "GET", list, ""), "id"), q.Query.Subject.ID)
	}
	if got != q.Yes {
		t.Errorf("%s:%d: %q is answered with %v", c.File, q.Line, q.Text, got)
	}
}
