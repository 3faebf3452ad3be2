package client_test

import (
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/reeve-authz/reeve/client"
	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// newListed is a server on which ana owns the organization acme with 1,050
// resources, and 1,050 users may read documents.
func newListed(t *testing.T) (*servertest.Server, *client.Client) {
	t.Helper()
	owns := func(id access.RecordID, who []access.Subject, on string) access.Change {
		return access.Change{Document: &access.Record{
			ID: id, Name: "x", Status: access.RecordActive, Subjects: who,
			Statements: []access.Statement{{Roles: []access.RoleID{access.OwnerRole}, Resources: []string{on}}},
		}}
	}
	docs := []access.Change{{Document: &access.Resource{ID: "acme", Organization: "org_1", Type: access.OrganizationType}}}
	var users []access.Subject
	for i := range 1050 {
		id := access.ResourceID(fmt.Sprintf("r_%04d", i))
		docs = append(docs, access.Change{Document: &access.Resource{ID: id, ExternalID: string(id), Parent: "acme", Type: "file", Organization: "org_1"}})
		users = append(users, access.Subject{Kind: access.UserKind, ID: fmt.Sprintf("u/%04d", i)})
	}
	docs = append(docs, owns("r1", []access.Subject{{Kind: access.UserKind, ID: "ana/b"}}, "acme"), owns("r2", users, "documents/1"))
	s := servertest.StartOn(t, docs)
	c, err := client.New(s.URL, s.APIKey)
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

// whole reads a list to its end, or to the error.
func whole(list iter.Seq2[string, error]) (ids []string, err error) {
	for id, err := range list {
		if err != nil {
			return ids, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func TestLists(t *testing.T) {
	s, c := newListed(t)
	for _, tt := range []struct {
		filter client.ResourceFilter
		want   int
	}{
		{client.ResourceFilter{}, 1051},
		{client.ResourceFilter{Type: "file"}, 1050},
		{client.ResourceFilter{Type: "organization"}, 1},
		{client.ResourceFilter{Organization: "org_1", Type: "file"}, 1050},
		{client.ResourceFilter{Organization: "org_2"}, 0},
	} {
		list := c.ResourcesOf(t.Context(), "ana/b", "read", tt.filter)
		for range 2 { // it can be read again
			got, err := whole(list)
			if err != nil || len(got) != tt.want || !slices.IsSorted(got) || len(slices.Compact(got)) != tt.want {
				t.Errorf("%+v: %d resources, %v; want %d, each once and in order", tt.filter, len(got), err, tt.want)
			}
		}
	}
	got, err := whole(c.UsersOf(t.Context(), "documents/1", "read"))
	if err != nil || len(got) != 1051 || got[1050] != "u/1049" { // the owner of everything is another
		t.Errorf("%d users, %v; want 1,051", len(got), err)
	}
	for id, err := range c.UsersOf(t.Context(), "documents/1", "read") {
		if err != nil || id == "" {
			t.Errorf("the first user is %q, %v", id, err)
		}
		break // whoever has enough asks for no more
	}
	_, key := s.NewClient(t)
	limited, err := client.New(s.URL, key)
	if err != nil {
		t.Fatal(err)
	}
	for what, list := range map[string]iter.Seq2[string, error]{
		"resources": limited.ResourcesOf(t.Context(), "ana/b", "read", client.ResourceFilter{}),
		"users":     limited.UsersOf(t.Context(), "documents/1", "read"),
	} {
		if got, err := whole(list); len(got) != 0 || !errors.Is(err, client.ErrForbidden) {
			t.Errorf("%s without the right to ask: %d, %v; want ErrForbidden", what, len(got), err)
		}
	}
	for what, list := range map[string]iter.Seq2[string, error]{
		"of nobody":             c.ResourcesOf(t.Context(), "", "read", client.ResourceFilter{}),
		"with no permission":    c.ResourcesOf(t.Context(), "ana", "", client.ResourceFilter{}),
		"of nothing":            c.UsersOf(t.Context(), "", "read"),
		"of what has no name":   c.UsersOf(t.Context(), "a//b", "read"),
		"with a bad permission": c.UsersOf(t.Context(), "a", "a b"),
	} {
		if got, err := whole(list); len(got) != 0 || err == nil {
			t.Errorf("%s: %d, %v; want an error", what, len(got), err)
		}
	}
}

// TestOtherServersListNothing: an answer that is no list is not an empty one, and
// an error on the way is not the end.
func TestOtherServersListNothing(t *testing.T) {
	for _, body := range []string{"<html>", "", "{}", `{"revision":1}`, `{"revision":1,"users":null}`, `{"users":[1]}`, `[]`} {
		first := true
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if first {
				_, _ = w.Write([]byte(`{"revision":1,"users":["ana"],"cursor":"c"}`))
			} else {
				_, _ = w.Write([]byte(body))
			}
			first = false
		}))
		c, err := client.New(s.URL, "sk_1")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := whole(c.UsersOf(t.Context(), "a", "b")); err == nil || len(got) != 1 {
			t.Errorf("%s: %v, %v; want ana and an error", body, got, err)
		}
		s.Close()
	}
}
