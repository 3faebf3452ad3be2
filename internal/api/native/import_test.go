package native_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

const importMeta = `{"t":"meta","format":"reeve","version":1}` + "\n"

// everySort has a line of every sort, each after what it names.
const everySort = importMeta +
	`{"t":"model","settings":{"multiple_roles":true},"resource_types":[{"slug":"project"}],"permissions":[{"slug":"project:edit","resource_type":"project"}],"roles":[{"slug":"editor","resource_type":"project","permissions":["project:edit"]}]}
{"t":"role","id":"ro_Reader","name":"Reader","permissions":[{"action":"documents:read","allow":true},{"action":"documents:write","grant":true}]}
{"t":"organization","id":"org_a","name":"A","root":"authz_resource_A"}
{"t":"organization","id":"org_b","name":"B","root":"authz_resource_B"}
{"t":"role","id":"org_a/org-lead","organization":"org_a","type":"organization","name":"Lead","permissions":[{"action":"lead","allow":true,"exact":true}]}
{"t":"user","id":"ana","email":"ana@example.com"}
{"t":"membership","id":"om_A1","organization":"org_a","user":"ana"}
{"t":"membership","id":"om_A2","organization":"org_a","user":"ben","status":"inactive"}
{"t":"group","id":"grp_staff","name":"Staff"}
{"t":"group","id":"grp_all","name":"All"}
{"t":"group","id":"group_A","organization":"org_a","name":"Team"}
{"t":"group","id":"group_B","organization":"org_b","name":"Others"}
{"t":"member","group":"grp_staff","subject":"user:cleo"}
{"t":"member","group":"grp_all","subject":"group:grp_staff"}
{"t":"member","group":"group_A","subject":"membership:om_A1"}
{"t":"resource","id":"authz_resource_P1","organization":"org_a","type":"project","externalId":"p1","name":"P1"}
{"t":"assignment","subject":"membership:om_A1","role":"org_a/org-lead","resource":"authz_resource_A"}
{"t":"assignment","subject":"group:group_A","role":"editor","resource":"authz_resource_P1"}
{"t":"assignment","subject":"membership:om_A2","role":"editor","resource":"authz_resource_P1"}
{"t":"record","id":"r1","name":"Docs","subjects":["group:grp_all","user:dan"],"statements":[{"roles":["ro_Reader"],"resources":["documents/*"]}]}
{"t":"assign","subject":"user:eve","role":"ro_Reader","resource":"/plans/1"}
{"t":"settings","resource":"news","public":true}
`

const batchOne = "/api/v1/imports/one/batches/1"

// sendLines sends a batch and returns status and message.
func sendLines(t testing.TB, s *servertest.Server, target, lines string) string {
	t.Helper()
	a := s.As(t, s.APIKey, "PUT", target, lines)
	if a.Status == 200 {
		return "200"
	}
	var e struct {
		Message string `json:"message"`
	}
	a.JSON(t, &e)
	return fmt.Sprint(a.Status, " ", e.Message)
}

// may asks whether a user may do something to a resource.
func may(t testing.TB, s *servertest.Server, user, permission, resource string) bool {
	t.Helper()
	a := s.As(t, s.Owner, "GET", fmt.Sprintf("/v1/users/%s/resources/%s/permissions/%s", user, strings.ReplaceAll(resource, "/", "%2F"), permission), "")
	if a.Status != 200 && a.Status != 404 {
		t.Fatalf("%s %s %s: %d %s", user, permission, resource, a.Status, a.Body)
	}
	return a.Status == 200
}

func TestImport(t *testing.T) {
	s := start(t)
	if got := sendLines(t, s, batchOne, everySort); got != "200" {
		t.Fatal(got)
	}
	for question, want := range map[string]bool{
		"cleo documents:read documents/1":        true, // by two groups
		"dan documents:read documents/1":         true,
		"dan documents:write documents/1":        false, // grant alone
		"eve documents:read plans/1/x":           true,
		"eve documents:read plans/2":             false,
		"ana project:edit authz_resource_P1":     true, // by the group of the organization
		"ana lead authz_resource_P1":             true, // from its parent
		"ben project:edit authz_resource_P1":     false,
		"nobody public news/1":                   true,
		"nobody documents:read documents/secret": false,
	} {
		q := strings.Fields(question)
		if got := may(t, s, q[0], q[1], q[2]); got != want {
			t.Errorf("%s: %t, want %t", question, got, want)
		}
	}
	var records struct {
		Records []struct {
			RecordID string `json:"recordId"`
			Name     string `json:"name"`
		} `json:"records"`
	}
	s.Want(t, 200, "GET", "/v1/records", "").JSON(t, &records)
	if len(records.Records) != 3 { // the owner's among them
		t.Fatalf("the records are %+v", records)
	}
	for _, rec := range records.Records {
		if rec.Name == "Imported" {
			s.Want(t, 204, "DELETE", "/v1/records/"+rec.RecordID, "")
		}
	}
	if may(t, s, "eve", "documents:read", "plans/1") {
		t.Error("what was assigned could not be taken away")
	}
}

// TestImportIsAllOrNothing also that a batch is sent twice, with other content,
// or too early.
func TestImportIsAllOrNothing(t *testing.T) {
	s := start(t)
	role := importMeta + `{"t":"role","id":"r","name":"R","permissions":[{"action":"read","allow":true}]}` + "\n"
	assign := func(user string) string {
		return `{"t":"assign","subject":"user:` + user + `","role":"r","resource":"a"}` + "\n"
	}
	records := func() int {
		return strings.Count(s.Want(t, 200, "GET", "/v1/records", "").Body, `"recordId"`)
	}
	const two, three = "/api/v1/imports/one/batches/2", "/api/v1/imports/one/batches/3"
	for _, tt := range []struct {
		target, lines, want string
		records             int
	}{
		{two, assign("ana"), `409 batch 2 of the import "one" is not the next one: 0 were applied`, 1},
		{batchOne, role + assign("ana") + `{"t":"assign","subject":"user:ana"` + "\n" + assign("ben"), "400 line 4: no valid JSON", 1},
		{batchOne, role + assign("ana") + assign("ben c*"), "400 line 4: userId", 1},
		{batchOne, role + assign("ana") + `{"t":"assign","subject":"user:ana","role":"none","resource":"a"}`, "404 line 4: Role not found: 'none'.", 1},
		{batchOne, role + assign("ana"), "200", 2},
		{batchOne, role + assign("ana"), "200", 2},
		{batchOne, role + assign("ben"), `409 batch 1 of the import "one" was applied with other content`, 2},
		{three, assign("ben"), "409 batch 3", 2},
		{two, assign("ben"), "200", 3},
		{two + "?line=3", assign("ben"), "200", 3},
		{batchOne, role + assign("ana"), "200", 3},
		{three + "?line=4", assign("ana") + "{}", "400 line 5: there is no line of the sort", 3},
		{"/api/v1/imports/other/batches/1", role + assign("ana"), "200", 4},
	} {
		if got := sendLines(t, s, tt.target, tt.lines); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s %s: %s, want %s", tt.target, tt.lines, got, tt.want)
		}
		if got := records(); got != tt.records {
			t.Fatalf("after %s %s there are %d records, want %d", tt.target, tt.lines, got, tt.records)
		}
	}
	var last struct {
		Batch int `json:"batch"`
		Lines int `json:"lines"`
	}
	s.As(t, s.APIKey, "GET", "/api/v1/imports/one", "").JSON(t, &last)
	if last.Batch != 2 || last.Lines != 1 {
		t.Errorf("the last batch is %+v, want the second with one line", last)
	}
	if a := s.As(t, s.APIKey, "GET", "/api/v1/imports/on", ""); a.Status != 404 {
		t.Errorf("an import that was never made: %d, want 404", a.Status)
	}
}

func TestImportRefuses(t *testing.T) {
	s := start(t)
	if got := sendLines(t, s, batchOne, everySort); got != "200" {
		t.Fatal(got)
	}
	for n, tt := range []struct{ line, want string }{
		{`{"t":"role","id":"Authress:Owner","name":"x","permissions":[]}`, "403 line 2: roles that begin"},
		{`{"t":"role","id":"editor","name":"x","permissions":[]}`, "409 line 2: the role"}, // of another type
		{`{"t":"role","id":"a b","name":"x","permissions":[]}`, "400 line 2: roleId"},
		{`{"t":"role","id":"org_z/a","organization":"org_z","name":"x","permissions":[]}`, "404 line 2: Organization"},
		{`{"t":"role","id":"x","name":"x","type":"none","permissions":[]}`, "404 line 2: "},
		{`{"t":"role","id":"x","labels":"x"}`, "400 line 2: there is no member /labels"},
		{`{"t":"role","id":7}`, "400 line 2: the member /id has the wrong type"},
		{`{"t":"organization","id":"org_a"}`, "409 line 2: a tenant with"},
		{`{"t":"organization","id":"org_c","root":"authz_resource_P1"}`, "409 line 2: a resource with"},
		{`{"t":"organization","id":"org_c","root":"x"}`, "400 line 2: resourceId"},
		{`{"t":"user","id":"ana"}`, "409 line 2: a user with"},
		{`{"t":"user","id":"ann","email":"Ana@example.com"}`, "400 line 2: Another user has the email"},
		{`{"t":"user","id":"sc_1"}`, "400 line 2: userId"},
		{`{"t":"membership","organization":"org_a","user":"ana"}`, "409 line 2: the user"},
		{`{"t":"membership","id":"x","organization":"org_a","user":"fay"}`, "400 line 2: membershipId"},
		{`{"t":"membership","organization":"org_a","user":"fay","status":"x"}`, "400 line 2: status"},
		{`{"t":"membership","organization":"org_z","user":"fay"}`, "404 line 2: Organization"},
		{`{"t":"group","id":"grp_all","name":"x"}`, "409 line 2: a group with"},
		{`{"t":"group","id":"x","name":"x"}`, "400 line 2: groupId"},
		{`{"t":"group","id":"grp_x","organization":"org_a","name":"x"}`, "400 line 2: groupId"},
		{`{"t":"group","id":"grp_x","name":"x","members":["user:ana"]}`, "400 line 2: members"},
		{`{"t":"member","group":"grp_none","subject":"user:ana"}`, "404 line 2: Group"},
		{`{"t":"member","group":"grp_staff","subject":"user:cleo"}`, "409 line 2: user:cleo is in"},
		{`{"t":"member","group":"grp_staff","subject":"membership:om_A1"}`, "400 line 2: subject"},
		{`{"t":"member","group":"grp_staff","subject":"group:grp_all"}`, "409 group 'grp_staff': the group would contain itself"},
		{`{"t":"member","group":"group_A","subject":"user:ana"}`, "400 line 2: subject"},
		{`{"t":"member","group":"group_A","subject":"membership:om_A1"}`, "409 line 2: a group_member"},
		{`{"t":"resource","organization":"org_a","type":"organization","externalId":"x","name":"x"}`, "400 line 2: the resource"},
		{`{"t":"resource","organization":"org_a","type":"project","externalId":"p1","name":"x"}`, "409 line 2: the organization has"},
		{`{"t":"resource","organization":"org_b","type":"project","externalId":"p1","name":"x","parent":"authz_resource_A"}`, "404 line 2: Resource"},
		{`{"t":"resource","organization":"org_a","type":"project","externalId":"p2","name":"x","parent":"authz_resource_P1"}`, "422 line 2: a resource"},
		{`{"t":"assignment","subject":"user:ana","role":"editor","resource":"authz_resource_P1"}`, "400 line 2: subject"},
		{`{"t":"assignment","subject":"group:group_A","role":"editor","resource":"authz_resource_P1"}`, "409 line 2: group:group_A has"},
		{`{"t":"assignment","subject":"group:group_A","role":"editor","resource":"authz_resource_A"}`, "422 line 2: role"},
		{`{"t":"assignment","subject":"membership:om_none","role":"editor","resource":"authz_resource_P1"}`, "404 line 2: Organization membership"},
		{`{"t":"assignment","subject":"membership:om_A1","role":"member","resource":"authz_resource_B"}`, "400 line 2: resource"},
		{`{"t":"assignment","subject":"group:group_B","role":"org_a/org-lead","resource":"authz_resource_B"}`, "404 line 2: Role"},
		{`{"t":"model","settings":{"multiple_roles":false}}` + "\n" + `{"t":"assignment","subject":"membership:om_A1","role":"member","resource":"authz_resource_A"}`, "409 line 3: membership:om_A1 has the role"},
		{`{"t":"member","group":"group_B","subject":"membership:om_A1"}`, "400 line 2: subject: membership:om_A1 is in another"},
		{`{"t":"record","id":"r1","name":"x","statements":[{"roles":["a"],"resources":["b"]}]}`, "409 line 2: a record with"},
		{`{"t":"record","name":"x","status":"DELETED","statements":[{"roles":["a"],"resources":["b"]}]}`, "400 line 2: status"},
		{`{"t":"record","name":"x","subjects":["membership:om_A1"],"statements":[{"roles":["a"],"resources":["b"]}]}`, "400 line 2: subject"},
		{`{"t":"record","name":"x","statements":[{"roles":["a"],"resources":["b//c"]}]}`, "400 line 2: statements[0]: resources[0]"},
		{`{"t":"assign","subject":"group:group_A","role":"editor","resource":"a"}`, "400 line 2: subject"},
		{`{"t":"assign","subject":"group:grp_none","role":"editor","resource":"a"}`, "404 line 2: Group"},
		{`{"t":"assign","subject":"user:sc_1","role":"editor","resource":"a"}`, `400 line 2: subject "user:sc_1"`},
		{`{"t":"assign","subject":"everyone:*","role":"editor","resource":"a"}`, "400 line 2: subject"},
		{`{"t":"assign","subject":7,"role":"editor","resource":"a"}`, "400 line 2: a subject is a string"},
		{`{"t":"assign","subject":"user:ana","role":"editor","resource":"a b"}`, "400 line 2: resources[0]"},
		{`{"t":"settings","resource":"*","public":true}`, "400 line 2: "},
		{`{"t":"model","roles":[{"slug":"x","permissions":["none"]}]}`, "404 line 2: role 'x'"},
		{`{"t":"everything"}`, "400 line 2: there is no line of the sort"},
		{`[]`, "400 line 2: "},
		{``, "400 line 2: "},
	} {
		target := fmt.Sprintf("/api/v1/imports/r%d/batches/1", n)
		if got := sendLines(t, s, target, importMeta+tt.line+"\n"); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %s, want %s", tt.line, got, tt.want)
		}
	}
	for lines, want := range map[string]string{
		"":                                      "400 a batch has 1 to 5000 lines",
		`{"t":"user","id":"u"}`:                 "400 line 1: the first line must be",
		`{"t":"meta","format":"x","version":1}`: "400 line 1: the first line must be",
		`{"t":"meta","format":"reeve","version":2}`:      "400 line 1: this server reads version 1",
		importMeta + strings.Repeat("\n", 5000):          "400 a batch has 1 to 5000 lines",
		importMeta + strings.Repeat("x", 1<<20):          "413 ",
		strings.TrimSuffix(importMeta, "\n") + "\r\n{}x": "400 line 2: ",
	} {
		if got := sendLines(t, s, "/api/v1/imports/first/batches/1", lines); !strings.HasPrefix(got, want) {
			t.Errorf("%.60q: %s, want %s", lines, got, want)
		}
	}
	for _, target := range []string{"/api/v1/imports/a%20b/batches/1", "/api/v1/imports/a/batches/0", "/api/v1/imports/a/batches/x", batchOne + "?line=0"} {
		if got := sendLines(t, s, target, importMeta); !strings.HasPrefix(got, "400 ") {
			t.Errorf("%s: %s, want 400", target, got)
		}
	}
}

// TestImportIsForOwners: who may write records, roles and organizations, but
// does not own everything, may neither import nor export.
func TestImportIsForOwners(t *testing.T) {
	s := start(t)
	id, key := s.NewClient(t)
	try := func(want int) {
		t.Helper()
		for _, r := range [][2]string{{"PUT", batchOne}, {"GET", "/api/v1/imports/one"}, {"GET", "/api/v1/export"}} {
			body := ""
			if r[0] == "PUT" {
				body = importMeta
			}
			if a := s.As(t, key, r[0], r[1], body); a.Status != want {
				t.Errorf("%s %s: %d %s, want %d", r[0], r[1], a.Status, a.Body, want)
			}
		}
	}
	try(403)
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"most","name":"Most","permissions":[{"action":"*","allow":true,"grant":true}]}`)
	s.Want(t, 201, "POST", "/v1/records", `{"recordId":"m","name":"m","users":[{"userId":"`+id+`"}],"statements":[{"roles":["most"],"resources":[{"resourceUri":"*"}]}]}`)
	try(403)
	s.Want(t, 202, "PUT", "/v1/records/m", `{"recordId":"m","name":"m","users":[{"userId":"`+id+`"}],"statements":[{"roles":["Authress:Owner"],"resources":[{"resourceUri":"*"}]}]}`)
	try(200)
}
