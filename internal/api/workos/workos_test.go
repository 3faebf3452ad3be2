package workos_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// server is a server whose answers are held against the contract.
type server struct{ *servertest.Server }

func newServer(t testing.TB) server {
	t.Helper()
	return server{servertest.Start(t)}
}

// call sends a request with the bootstrap's API key and returns the status and
// the decoded body, nil if there is none. body is sent as it is.
func (s server) call(t testing.TB, method, path, body string) (int, map[string]any) {
	t.Helper()
	return s.as(t, s.APIKey, method, path, body)
}

// as is call with another credential.
func (s server) as(t testing.TB, credential, method, path, body string) (int, map[string]any) {
	t.Helper()
	got := s.As(t, credential, method, path, body, "Content-Type", "application/json")
	inContract(t, method, path, got.Status, got.Body)
	if got.Body == "" {
		return got.Status, nil
	}
	var v map[string]any
	if err := json.Unmarshal([]byte(got.Body), &v); err != nil {
		t.Fatalf("%s %s: the body %q: %v", method, path, got.Body, err)
	}
	return got.Status, v
}

// want is call, and fails the test unless the answer has the status.
func (s server) want(t testing.TB, status int, method, path, body string) map[string]any {
	t.Helper()
	got, v := s.call(t, method, path, body)
	if got != status {
		t.Fatalf("%s %s %s: got %d %v, want %d", method, path, body, got, v, status)
	}
	return v
}

// refused demands an error with the status and the code; for a code of one field
// it is "field:code".
func (s server) refused(t testing.TB, status int, code, method, path, body string) {
	t.Helper()
	got, v := s.call(t, method, path, body)
	if c := codeOf(v); got != status || c != code {
		t.Errorf("%s %s %s: got %d %s %v, want %d %s", method, path, body, got, c, v["message"], status, code)
	}
}

// codeOf is the code of an error, or of the field that it is about.
func codeOf(v map[string]any) string {
	if fields, _ := v["errors"].([]any); len(fields) > 0 {
		f := fields[0].(map[string]any)
		return fmt.Sprintf("%v:%v", f["field"], f["code"])
	}
	code, _ := v["code"].(string)
	return code
}

// id is the id of an object.
func id(v map[string]any) string {
	s, _ := v["id"].(string)
	return s
}

// column is one member of every item of a list.
func column(v map[string]any, name string) []string {
	items, _ := v["data"].([]any)
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = fmt.Sprint(item.(map[string]any)[name])
	}
	return out
}

// after is the cursor of the page after this one, "" if there is none; before
// that of the page before.
func after(v map[string]any) string { return cursor(v, "after") }

func before(v map[string]any) string { return cursor(v, "before") }

func cursor(v map[string]any, name string) string {
	metadata, _ := v["list_metadata"].(map[string]any)
	s, _ := metadata[name].(string)
	return s
}

// resourceType defines a type of resources, under the parents.
func (s server) resourceType(t testing.TB, slug string, parents ...string) {
	t.Helper()
	if len(parents) == 0 {
		parents = []string{"organization"}
	}
	list, err := json.Marshal(parents)
	if err != nil {
		t.Fatal(err)
	}
	s.want(t, 201, "POST", "/api/v1/resource-types", fmt.Sprintf(`{"slug":%q,"name":%q,"parents":%s}`, slug, slug, list))
}

// organization makes an organization and returns its id.
func (s server) organization(t testing.TB, name string) string {
	t.Helper()
	return id(s.want(t, 201, "POST", "/organizations", fmt.Sprintf(`{"name":%q}`, name)))
}

// user makes a user and returns its id.
func (s server) user(t testing.TB, email string) string {
	t.Helper()
	return id(s.want(t, 201, "POST", "/user_management/users", fmt.Sprintf(`{"email":%q}`, email)))
}

// membership makes a user a member, with the roles or the default one, and
// returns the membership's id.
func (s server) membership(t testing.TB, org, user string, roles ...string) string {
	t.Helper()
	body := map[string]any{"organization_id": org, "user_id": user}
	if len(roles) > 0 {
		body["role_slugs"] = roles
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return id(s.want(t, 201, "POST", "/user_management/organization_memberships", string(text)))
}

// resource registers a resource and returns its id; parent is an id, or empty
// for the organization.
func (s server) resource(t testing.TB, org, typeSlug, externalID, parent string) string {
	t.Helper()
	body := map[string]any{"organization_id": org, "resource_type_slug": typeSlug, "external_id": externalID, "name": externalID}
	if parent != "" {
		body["parent_resource_id"] = parent
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return id(s.want(t, 201, "POST", "/authorization/resources", string(text)))
}

// permission defines a permission.
func (s server) permission(t testing.TB, slug, typeSlug string) {
	t.Helper()
	s.want(t, 201, "POST", "/authorization/permissions", fmt.Sprintf(`{"slug":%q,"name":"x","resource_type_slug":%q}`, slug, typeSlug))
}

// role makes an environment role with permissions.
func (s server) role(t testing.TB, slug, typeSlug string, permissions ...string) {
	t.Helper()
	s.want(t, 201, "POST", "/authorization/roles", fmt.Sprintf(`{"slug":%q,"name":"x","resource_type_slug":%q}`, slug, typeSlug))
	if len(permissions) == 0 {
		return
	}
	list, err := json.Marshal(permissions)
	if err != nil {
		t.Fatal(err)
	}
	s.want(t, 200, "PUT", "/authorization/roles/"+slug+"/permissions", fmt.Sprintf(`{"permissions":%s}`, list))
}

// tree is a small world: the types workspace and project below it, two
// organizations, and in the first of them two members, a workspace and a project.
type tree struct {
	server
	org, other         string // organizations
	root               string // the first organization as a resource
	ana, ben           string // memberships in the first
	workspace, project string // resources in the first: ws1, and p1 below it
}

func newTree(t testing.TB) tree {
	t.Helper()
	w := tree{server: newServer(t)}
	w.resourceType(t, "workspace")
	w.resourceType(t, "project", "workspace")
	w.org, w.other = w.organization(t, "Acme"), w.organization(t, "Other")
	w.ana = w.membership(t, w.org, w.user(t, "ana@example.com"))
	w.ben = w.membership(t, w.org, w.user(t, "ben@example.com"))
	w.workspace = w.resource(t, w.org, "workspace", "ws1", "")
	w.project = w.resource(t, w.org, "project", "p1", w.workspace)
	w.root = id(w.want(t, 200, "GET", "/authorization/organizations/"+w.org+"/resources/organization/"+w.org, ""))
	return w
}
