package native_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

const types = "/api/v1/resource-types"

// step is a request, and what must come of it: in order.
type step struct {
	method, path, body string
	status             int
	says               string // contained in the answer
}

func run(t *testing.T, s *servertest.Server, steps []step) {
	t.Helper()
	for _, st := range steps {
		got := s.Do(t, st.method, st.path, st.body)
		if got.Status != st.status || !strings.Contains(got.Body, st.says) {
			t.Errorf("%s %s %s: got %d %s, want %d with %q", st.method, st.path, st.body, got.Status, got.Body, st.status, st.says)
		}
	}
}

func TestResourceTypes(t *testing.T) {
	s := start(t)
	long := strings.Repeat("x", 48)
	run(t, s, []step{
		{"GET", types, "", 200, `{"data":[{"slug":"organization","name":"Organization","description":"The root of everything that an organization registers","parents":[]}]}`},
		{"GET", types + "/organization", "", 200, `"slug":"organization"`},
		{"POST", types, `{"slug":"workspace","name":"Workspace"}`, 201, `{"slug":"workspace","name":"Workspace","description":"","parents":["organization"]}`},
		{"POST", types, `{"slug":"project","name":"Project","description":"d","parents":["workspace","organization","workspace"]}`, 201, `"description":"d","parents":["workspace","organization"]`},
		{"GET", types + "/project", "", 200, `"parents":["workspace","organization"]`},
		{"POST", types, `{"slug":"workspace","name":"x"}`, 409, `"error":"conflict"`},
		{"POST", types, `{"slug":"organization","name":"x"}`, 409, `exists already`},
		{"GET", types + "/nothing", "", 404, `Resource type not found: 'nothing'.`},

		{"POST", types, `{"slug":"` + long + `","name":"` + long + `"}`, 201, ""},
		{"POST", types, `{"slug":"` + long + `x","name":"x"}`, 422, "slug must be"},
		{"POST", types, `{"slug":"","name":"x"}`, 422, "slug must be"},
		{"POST", types, `{"slug":"Upper","name":"x"}`, 422, "slug must be"},
		{"POST", types, `{"slug":"a/b","name":"x"}`, 422, "slug must be"},
		{"POST", types, `{"slug":"a","name":""}`, 422, "name must not be empty"},
		{"POST", types, `{"slug":"a","name":"` + long + `x"}`, 422, "at most 48"},
		{"POST", types, `{"slug":"a","name":"x","description":"` + strings.Repeat("d", 151) + `"}`, 422, "at most 150"},
		{"POST", types, `{"slug":"a","name":"x","description":"` + strings.Repeat("d", 150) + `"}`, 201, ""},
		{"POST", types, `{"slug":"b","name":"x","parents":[]}`, 422, "parents must name"},
		{"POST", types, `{"slug":"b","name":"x","parents":["nothing"]}`, 422, `which is no resource type`},
		{"POST", types, `{"slug":"b","name":"x","parents":["b"]}`, 422, "below itself"},
		{"POST", types, `{"slug":"b","name":"x","parents":"workspace"}`, 400, "wrong type"},
		{"POST", types, `{`, 400, ""},
		{"GET", types + "/b", "", 404, ""},

		{"PATCH", types + "/project", `{"name":"P"}`, 200, `{"slug":"project","name":"P","description":"d","parents":["workspace","organization"]}`},
		{"PATCH", types + "/project", `{"description":null}`, 200, `"description":""`},
		{"PATCH", types + "/project", `{"slug":"project","parents":["workspace"]}`, 200, `"name":"P","description":"","parents":["workspace"]`},
		{"PATCH", types + "/project", `{"slug":"other"}`, 422, "cannot be changed"},
		{"PATCH", types + "/project", `{"name":""}`, 422, "name must not be empty"},
		{"PATCH", types + "/project", `{"parents":[]}`, 422, "parents must name"},
		{"PATCH", types + "/workspace", `{"parents":["organization","project"]}`, 422, "below itself"},
		{"PATCH", types + "/organization", `{"name":"x"}`, 403, "built in"},
		{"PATCH", types + "/nothing", `{"name":"x"}`, 404, ""},

		{"DELETE", types + "/organization", "", 403, "built in"},
		{"DELETE", types + "/workspace", "", 409, `under it`},
		{"DELETE", types + "/project", "", 204, ""},
		{"DELETE", types + "/project", "", 404, ""},
		{"DELETE", types + "/workspace", "", 204, ""},
		{"GET", types, "", 200, `{"data":[{"slug":"organization"`},
	})
}

// TestResourceTypeDepth counts by the longest way.
func TestResourceTypeDepth(t *testing.T) {
	s := start(t)
	for i, parent := range []string{"organization", "t1", "t2", "t3", "t4"} {
		s.Want(t, 201, "POST", types, fmt.Sprintf(`{"slug":"t%d","name":"x","parents":["organization",%q]}`, i+1, parent))
	}
	run(t, s, []step{
		{"POST", types, `{"slug":"t6","name":"x","parents":["organization","t5"]}`, 422, "6 levels below their organization; 5 are allowed"},
		{"POST", types, `{"slug":"t6","name":"x","parents":["t5","organization"]}`, 422, "6 levels"},
		{"POST", types, `{"slug":"u","name":"x"}`, 201, ""},
		// t1 would come to stand on the second level, and t5 with it on the sixth.
		{"PATCH", types + "/t1", `{"parents":["u"]}`, 422, "6 levels"},
		{"PATCH", types + "/t2", `{"parents":["u"]}`, 200, ""},
		{"PATCH", "/api/v1/settings", `{"max_resource_depth":4}`, 409, "5 levels below"},
		{"PATCH", "/api/v1/settings", `{"max_resource_depth":6}`, 200, `"max_resource_depth":6`},
		{"PATCH", types + "/t1", `{"parents":["u"]}`, 200, ""},
		// From u down to t5 is a way, so none may lead back.
		{"PATCH", types + "/u", `{"parents":["t5"]}`, 422, "below itself"},
		{"PATCH", types + "/u", `{"parents":["t1"]}`, 422, "below itself"},
		{"DELETE", types + "/t5", "", 204, ""},
		{"PATCH", "/api/v1/settings", `{"max_resource_depth":4}`, 200, `"max_resource_depth":4`},
	})
}

func TestManyResourceTypes(t *testing.T) {
	s := start(t)
	s.Want(t, 200, "PATCH", "/api/v1/settings", `{"max_resource_depth":32}`)
	parent := "organization"
	var slugs []string
	for i := range 32 { // a chain as long as a chain may be
		slug := fmt.Sprintf("t%02d", i)
		s.Want(t, 201, "POST", types, fmt.Sprintf(`{"slug":%q,"name":"x","parents":[%q]}`, slug, parent))
		parent, slugs = slug, append(slugs, slug)
	}
	if got := s.Do(t, "POST", types, fmt.Sprintf(`{"slug":"more","name":"x","parents":[%q]}`, parent)); got.Status != 422 {
		t.Errorf("a 33rd level: got %d %s, want 422", got.Status, got.Body)
	}
	var list struct {
		Data []struct {
			Slug string `json:"slug"`
		} `json:"data"`
	}
	s.Want(t, 200, "GET", types, "").JSON(t, &list)
	var got []string
	for _, item := range list.Data[1:] {
		got = append(got, item.Slug)
	}
	if !slices.Equal(got, slugs) {
		t.Errorf("the types are %v, want %v", got, slugs)
	}
	parents := `"` + strings.Join(slugs[:20], `","`) + `"`
	run(t, s, []step{
		{"POST", types, `{"slug":"wide","name":"x","parents":[` + parents + `]}`, 201, ""},
		{"POST", types, `{"slug":"wider","name":"x","parents":[` + parents + `,"t20"]}`, 422, "1 to 20"},
	})
}

// TestConfigurationTakesItsRight: read is not enough to write, nor is a right to
// something else.
func TestConfigurationTakesItsRight(t *testing.T) {
	s := start(t)
	s.Want(t, 201, "POST", types, `{"slug":"workspace","name":"Workspace"}`)
	requests := []step{
		{"GET", types, "", 200, ""},
		{"GET", types + "/workspace", "", 200, ""},
		{"GET", types + "/nothing", "", 404, ""},
		{"GET", "/api/v1/settings", "", 200, ""},
		{"POST", types, `{"slug":"more","name":"x"}`, 201, ""},
		{"PATCH", types + "/workspace", `{"name":"x"}`, 200, ""},
		{"PATCH", types + "/nothing", `{"name":"x"}`, 404, ""},
		{"PATCH", "/api/v1/settings", `{"multiple_roles":true}`, 200, ""},
		{"PATCH", "/api/v1/settings", `{"default_role":"member"}`, 403, ""}, // takes the right to change roles, too
		{"DELETE", types + "/workspace", "", 204, ""},
	}
	for _, tt := range []struct {
		action, resource string
		reads, writes    bool
	}{
		{"read", "Authress:Roles/*", false, false},
		{"read", "Authress:Configuration/*", true, false},
		{"update", "Authress:Connections/*", false, false},
		{"update", "Authress:Configuration/*", false, true},
	} {
		_, key := clientWith(t, s, tt.action, tt.resource)
		for _, st := range requests {
			want := st.status
			if st.method == "GET" && !tt.reads || st.method != "GET" && !tt.writes {
				want = 403
			}
			if got := s.As(t, key, st.method, st.path, st.body); got.Status != want {
				t.Errorf("%s on %s: %s %s: got %d %s, want %d", tt.action, tt.resource, st.method, st.path, got.Status, got.Body, want)
			}
		}
	}
	if got := s.As(t, "", "GET", types, ""); got.Status != 401 {
		t.Errorf("without a credential: got %d, want 401", got.Status)
	}
}

// clientWith makes a client that may do one thing.
func clientWith(t *testing.T, s *servertest.Server, action, resource string) (id, key string) {
	t.Helper()
	id, key = s.NewClient(t)
	role := "ro_" + id
	s.Want(t, 201, "POST", "/v1/roles", fmt.Sprintf(`{"roleId":%q,"name":"x","permissions":[{"action":%q,"allow":true}]}`, role, action))
	s.Want(t, 201, "POST", "/v1/records", fmt.Sprintf(`{"name":"x","users":[{"userId":%q}],"statements":[{"roles":[%q],"resources":[{"resourceUri":%q}]}]}`, id, role, resource))
	return id, key
}
