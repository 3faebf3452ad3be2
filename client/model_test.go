package client_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/client"
	"github.com/reeve-authz/reeve/internal/server/servertest"
)

func TestModel(t *testing.T) {
	s := servertest.Start(t)
	c, err := client.New(s.URL, s.APIKey)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	deep, name := 6, "Project"
	m := client.Model{
		Settings:      client.Settings{MaxResourceDepth: &deep},
		ResourceTypes: []client.ResourceType{{Slug: "project", Name: &name}},
		Permissions:   []client.Permission{{Slug: "project:edit", ResourceType: "project"}},
		Roles:         []client.Role{{Slug: "editor", Permissions: []string{"project:edit"}}},
	}
	planned, err := c.Apply(ctx, m, client.ApplyOptions{DryRun: true})
	if err != nil || len(planned) != 4 {
		t.Fatalf("a dry run: %+v, %v; want four changes", planned, err)
	}
	if want := []client.FieldChange{{Field: "max_resource_depth", From: 5.0, To: 6.0}}; !reflect.DeepEqual(planned[0].Changes, want) || planned[0].Kind != "settings" {
		t.Errorf("the first change is %+v", planned[0])
	}
	done, err := c.Apply(ctx, m, client.ApplyOptions{})
	if err != nil || !reflect.DeepEqual(done, planned) {
		t.Errorf("applied %+v, %v; want %+v", done, err, planned)
	}
	m.Roles[0].Permissions = []string{}
	if done, err := c.Apply(ctx, m, client.ApplyOptions{}); err != nil || len(done) != 1 || done[0].ID != "editor" || done[0].Action != "update" {
		t.Errorf("an empty list: %+v, %v; want the role updated", done, err)
	}
	m.Roles[0].Permissions = nil
	if done, err := c.Apply(ctx, m, client.ApplyOptions{}); err != nil || len(done) != 0 {
		t.Errorf("no list: %+v, %v; want nothing", done, err)
	}
	got, err := c.Model(ctx)
	if err != nil || len(got.Roles) != 2 || *got.Settings.MaxResourceDepth != 6 || *got.ResourceTypes[0].Name != "Project" {
		t.Errorf("the model is %+v, %v", got, err)
	}
	if done, err := c.Apply(ctx, client.Model{Permissions: []client.Permission{}, Roles: nil}, client.ApplyOptions{Prune: true}); err != nil || len(done) != 1 || done[0].Action != "delete" {
		t.Errorf("pruning: %+v, %v; want the permission deleted", done, err)
	}
}

func TestModelErrors(t *testing.T) {
	s := servertest.Start(t)
	_, unprivileged := s.NewClient(t)
	for _, tt := range []struct {
		key  string
		is   error
		says string
	}{
		{"sk_wrong", client.ErrUnauthenticated, ""},
		{unprivileged, client.ErrForbidden, "sufficient access"},
		{s.APIKey, nil, "role 'A': slug must be"},
	} {
		c, err := client.New(s.URL, tt.key)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Apply(t.Context(), client.Model{Roles: []client.Role{{Slug: "A"}}}, client.ApplyOptions{})
		if err == nil || tt.is != nil && !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %v %s", tt.key[:3], err, tt.is, tt.says)
		}
	}
	for status, body := range map[int]string{200: "<html>", 302: "", 500: "<html>", 503: `{"message":""}`} {
		other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", s.URL)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}))
		c, err := client.New(other.URL, s.APIKey)
		if err != nil {
			t.Fatal(err)
		}
		if m, err := c.Model(t.Context()); err == nil {
			t.Errorf("an answer %d %s: %+v, want an error", status, body, m)
		}
		other.Close()
	}
}
