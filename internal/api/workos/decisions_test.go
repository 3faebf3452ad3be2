package workos_test

import (
	"fmt"
	"net/url"
	"slices"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/decisions"
	reeve "github.com/reeve-authz/reeve/internal/server"
	"github.com/reeve-authz/reeve/internal/server/servertest"
	"github.com/reeve-authz/reeve/internal/store"
	"github.com/reeve-authz/reeve/internal/store/sqlite"
)

// TestDecisions asks the questions of the decision cases about memberships. A
// case finds its state in the store, as its ids are none that this API makes.
// Questions for which the API has no words are left out: about what is not
// registered by the membership's organization, and permissions that are no slugs.
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
			s := startWith(t, c)
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

// startWith runs a server that finds the case's documents in its store, and the
// organizations that the case only names.
func startWith(t *testing.T, c *decisions.Case) server {
	t.Helper()
	data := t.TempDir()
	var first *servertest.Server
	t.Run("first start", func(t *testing.T) { first = servertest.StartWith(t, reeve.Config{Data: data}) })
	st, err := sqlite.Open(t.Context(), sqlite.Config{Dir: data})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.Update(t.Context(), access.DefaultRealm, func(tx store.Tx) error { return putAll(tx, c) }); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	s := servertest.StartWith(t, reeve.Config{Data: data})
	s.APIKey = first.APIKey
	return server{s}
}

func putAll(tx store.Tx, c *decisions.Case) (err error) {
	for _, change := range c.Changes() {
		switch doc := change.Document.(type) {
		case *access.Role:
			_, err = store.Roles.Put(tx, string(doc.ID), doc)
		case *access.Group:
			_, err = store.Groups.Put(tx, string(doc.ID), doc)
		case *access.GroupMember:
			_, err = store.GroupMembers.Put(tx, string(doc.ID()), doc)
		case *access.Membership:
			_, err = store.Memberships.Put(tx, string(doc.ID), doc)
		case *access.Resource:
			if _, err = store.Resources.Put(tx, string(doc.ID), doc); err == nil && doc.Root() {
				org := access.Organization{ID: doc.Organization, Name: string(doc.Organization), Root: doc.ID}
				_, err = store.Organizations.Put(tx, string(org.ID), &org)
			}
		case *access.Record:
			_, err = store.Records.Put(tx, string(doc.ID), doc)
		case *access.Assignment:
			_, err = store.Assignments.Put(tx, string(doc.ID), doc)
		case *access.ResourceSettings:
			_, err = store.Settings.Put(tx, string(doc.Resource), doc)
		default:
			err = fmt.Errorf("no table for %T", doc)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
