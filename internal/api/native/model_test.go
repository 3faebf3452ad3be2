package native_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

const model = "/api/v1/model"

// aModel says everything that a model can.
const aModel = `{"settings":{"multiple_roles":true,"max_resource_depth":7,"default_role":"viewer"},` +
	`"resource_types":[{"slug":"task","parents":["project"]},{"slug":"project","name":"Project","description":"d","parents":["workspace"]},{"slug":"workspace"}],` +
	`"permissions":[{"slug":"project:edit","name":"Edit","description":"e","resource_type":"project"},{"slug":"project:view"}],` +
	`"roles":[{"slug":"admin","name":"Admin","permissions":["project:edit","project:view"]},{"slug":"viewer","permissions":["project:view"]},` +
	`{"slug":"editor","resource_type":"project","permissions":["project:edit"]}]`

// put applies a model, without its last brace, and returns the plan in short.
func put(t *testing.T, s *servertest.Server, target, body string) string {
	t.Helper()
	var got struct {
		Plan []struct {
			Action  string `json:"action"`
			Kind    string `json:"kind"`
			ID      string `json:"id"`
			Changes []struct {
				Field string `json:"field"`
				From  any    `json:"from"`
				To    any    `json:"to"`
			} `json:"changes"`
		} `json:"plan"`
	}
	s.Want(t, 200, "PUT", target, body+"}").JSON(t, &got)
	var steps []string
	for _, p := range got.Plan {
		step := strings.TrimSpace(p.Action + " " + p.Kind + " " + p.ID)
		for _, c := range p.Changes {
			step += fmt.Sprintf(" %s:%v>%v", c.Field, c.From, c.To)
		}
		steps = append(steps, step)
	}
	return strings.Join(steps, "; ")
}

func wantPlan(t *testing.T, s *servertest.Server, target, body, want string) {
	t.Helper()
	if got := put(t, s, target, body); got != want {
		t.Errorf("PUT %s %s: the plan is\n  %s, want\n  %s", target, body, got, want)
	}
}

func theModel(t *testing.T, s *servertest.Server) string {
	t.Helper()
	return s.Want(t, 200, "GET", model, "").Body
}

func TestModel(t *testing.T) {
	s := start(t)
	fresh := theModel(t, s)
	if want := `{"settings":{"multiple_roles":false,"max_resource_depth":5,"default_role":"member"},"resource_types":[],"permissions":[],` +
		`"roles":[{"slug":"member","name":"Member","description":"The role of whoever is given no other","resource_type":"organization","permissions":[]}]}`; fresh != want {
		t.Errorf("at first the model is %s, want %s", fresh, want)
	}
	plan := "update settings multiple_roles:false>true max_resource_depth:5>7 default_role:member>viewer; " +
		"create resource_type task; create resource_type project; create resource_type workspace; create permission project:edit; create permission project:view; " +
		"create role admin; create role viewer; create role editor"
	wantPlan(t, s, model+"?dry_run=true", aModel, plan)
	if got := theModel(t, s); got != fresh {
		t.Errorf("after a dry run the model is %s", got)
	}
	wantPlan(t, s, model, aModel, plan)
	wantPlan(t, s, model, aModel, "")
	exported := theModel(t, s)
	wantPlan(t, s, model, strings.TrimSuffix(exported, "}")+`,"prune":true`, "")
	for _, says := range []string{
		`"settings":{"multiple_roles":true,"max_resource_depth":7,"default_role":"viewer"}`,
		`{"slug":"project","name":"Project","description":"d","parents":["workspace"]}`, `{"slug":"workspace","name":"workspace","description":"","parents":["organization"]}`,
		`{"slug":"project:edit","name":"Edit","description":"e","resource_type":"project"}`,
		`"roles":[{"slug":"member"`, `{"slug":"editor","name":"editor","description":"","resource_type":"project","permissions":["project:edit"]}]`,
	} {
		if !strings.Contains(exported, says) {
			t.Errorf("the model is %s, want %s in it", exported, says)
		}
	}

	// What it exports makes another realm the same.
	made := newRealm(t, s, `{"name":"copy"}`)
	other := made.Credentials.APIKey
	if got := s.As(t, other, "PUT", model, exported); got.Status != 200 {
		t.Fatalf("applying to another realm: %d %s", got.Status, got.Body)
	}
	if got := s.As(t, other, "GET", model, ""); got.Body != exported {
		t.Errorf("the other realm's model is %s, want %s", got.Body, exported)
	}
}

// TestModelChangesWhatItNames and leaves the rest alone.
func TestModelChangesWhatItNames(t *testing.T) {
	s := start(t)
	put(t, s, model, aModel)
	for _, tt := range []struct{ body, plan string }{
		{`{`, ""},
		{`{"roles":[],"permissions":[],"resource_types":[],"settings":{}`, ""},
		{`{"settings":{"multiple_roles":false}`, "update settings multiple_roles:true>false"},
		{`{"resource_types":[{"slug":"project","name":"P","parents":["organization","workspace"]}]`, "update resource_type project name:Project>P parents:[workspace]>[organization workspace]"},
		{`{"resource_types":[{"slug":"project","parents":["workspace","organization"]}]`, ""}, // the same set
		{`{"permissions":[{"slug":"project:edit","description":""}]`, "update permission project:edit description:e>"},
		{`{"roles":[{"slug":"viewer","name":"Viewer","permissions":["project:edit","project:view","project:edit"]}]`, "update role viewer name:viewer>Viewer permissions:[project:view]>[project:edit project:view project:edit]"},
		{`{"roles":[{"slug":"viewer","permissions":["project:view","project:edit"]}]`, ""},
		{`{"roles":[{"slug":"viewer","permissions":[]}]`, "update role viewer permissions:[project:edit project:view]>[]"},
		{`{"roles":[{"slug":"viewer"},{"slug":"admin"}]`, "update role_order roles:[member admin viewer editor]>[member viewer admin editor]"},
		{`{"roles":[{"slug":"editor"},{"slug":"new"},{"slug":"member"}]`, "create role new; update role_order roles:[member viewer admin editor new]>[editor viewer admin new member]"},
		{`{"roles":[{"slug":"editor"},{"slug":"new"},{"slug":"member"}]`, ""},
	} {
		wantPlan(t, s, model+"?dry_run=1", tt.body, tt.plan)
		wantPlan(t, s, model, tt.body, tt.plan)
	}
}

// TestModelIsOneStep: what turns around needs no order in the file, and what
// fails leaves nothing behind.
func TestModelIsOneStep(t *testing.T) {
	s := start(t)
	put(t, s, model, `{"resource_types":[{"slug":"a"},{"slug":"b","parents":["a"]},{"slug":"c","parents":["b"]}]`)
	wantPlan(t, s, model, `{"resource_types":[{"slug":"a","parents":["b"]},{"slug":"b","parents":["c"]},{"slug":"c","parents":["organization"]}]`,
		"update resource_type a parents:[organization]>[b]; update resource_type b parents:[a]>[c]; update resource_type c parents:[b]>[organization]")
	put(t, s, model, `{"permissions":[{"slug":"p","resource_type":"a"}],"roles":[{"slug":"on-b","resource_type":"b","permissions":["p"]}]`)
	before := theModel(t, s)
	for _, tt := range []struct {
		status     int
		body, says string
	}{
		{422, `"resource_types":[{"slug":"c","parents":["a"]}]`, "could stand below itself"},
		{422, `"resource_types":[{"slug":"d","parents":["none"]}]`, `names \"none\"`},
		{422, `"resource_types":[{"slug":"organization","name":"x"}]`, "resource type 'organization': it is built in"},
		{422, `"resource_types":[{"slug":"D"}]`, "resource type 'D': slug must be"},
		{422, `"resource_types":[{"slug":"d","parents":[]}]`, "resource type 'd': parents must name"},
		{422, `"resource_types":[{"slug":"d","parents":["a"]},{"slug":"e","parents":["d"]},{"slug":"f","parents":["e"]}]`, "levels below"},
		{422, `"resource_types":[{"slug":"a"},{"slug":"a"}]`, "stands there twice"},
		{422, `"permissions":[{"slug":"a"},{"slug":"a"}]`, "stands there twice"},
		{422, `"roles":[{"slug":"a"},{"slug":"a"}]`, "stands there twice"},
		{422, `"roles":[{"slug":"a/b"}]`, "role 'a/b': slug must be"},
		{422, `"roles":[{"slug":"x","name":""}]`, "role 'x': name must not be empty"},
		{404, `"roles":[{"slug":"x","permissions":["none"]}]`, "role 'x': Permission not found: 'none'."},
		{404, `"roles":[{"slug":"x","resource_type":"none"}]`, "role 'x': Resource type not found: 'none'."},
		{409, `"roles":[{"slug":"on-b","resource_type":"a"}]`, "role 'on-b': its resource_type is 'b'"},
		{422, `"roles":[{"slug":"on-a","resource_type":"a","permissions":["q"]}],"permissions":[{"slug":"q","resource_type":"b"}]`, "role 'on-a': "},
		{409, `"permissions":[{"slug":"p","resource_type":"b"}]`, "permission 'p': its resource_type is 'a'"},
		{422, `"permissions":[{"slug":"P"}]`, "permission 'P': slug must be"},
		{422, `"permissions":[{"slug":"widgets:sso:manage"}]`, "built in"},
		{404, `"permissions":[{"slug":"q","resource_type":"none"}]`, "permission 'q': Resource type not found"},
		{422, `"settings":{"default_role":"none"}`, "the 'settings': Role 'none'"},
		{422, `"settings":{"default_role":"on-b"}`, "for organizations"},
		{422, `"settings":{"max_resource_depth":0}`, "max_resource_depth must be"},
		{422, `"settings":{"max_resource_depth":33}`, "max_resource_depth must be"},
		{409, `"settings":{"max_resource_depth":2}`, "change the types first"},
		{400, `"settings":{"max_resource_depth":"2"}`, "wrong type"},
	} {
		for _, target := range []string{model + "?dry_run=true", model} {
			// A change that is right does not happen beside one that is not.
			got := s.Do(t, "PUT", target, `{"prune":true,`+tt.body+`}`)
			if got.Status != tt.status || !strings.Contains(got.Body, tt.says) {
				t.Errorf("PUT %s %s: %d %s, want %d with %s", target, tt.body, got.Status, got.Body, tt.status, tt.says)
			}
		}
		if got := theModel(t, s); got != before {
			t.Fatalf("%s left the model %s, want %s", tt.body, got, before)
		}
	}
	run(t, s, []step{{"PUT", model + "?dry_run=perhaps", `{}`, 400, "dry_run must be"}, {"PUT", model, `{`, 400, ""}})
}

// TestPrune deletes what the lists lack, and nothing that is in use or that a
// model cannot say.
func TestPrune(t *testing.T) {
	s := start(t)
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"authress","name":"x","permissions":[{"action":"docs:read","allow":true,"grant":true}]}`)
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_Upper","name":"x","permissions":[]}`)
	put(t, s, model, aModel)
	wantPlan(t, s, model, `{"prune":true`, "")
	wantPlan(t, s, model, `{"prune":true,"roles":[{"slug":"admin"},{"slug":"viewer"},{"slug":"member"}]`,
		"update role_order roles:[member authress admin viewer editor]>[admin authress viewer member editor]; delete role editor")
	run(t, s, []step{
		{"PUT", model, `{"prune":true,"roles":[{"slug":"admin"}]}`, 409, "role 'viewer': "}, // it is the default
		{"PUT", model, `{"prune":true,"permissions":[]}`, 409, "the role 'admin' contains it"},
		{"PUT", model, `{"prune":true,"resource_types":[]}`, 409, "resource type 'project': "}, // a permission is about it
		{"GET", "/v1/roles/authress", "", 200, ""},
		{"GET", "/v1/roles/ro_Upper", "", 200, ""},
	})
	wantPlan(t, s, model, `{"prune":true,"settings":{"default_role":"member","max_resource_depth":1},"resource_types":[],"permissions":[],"roles":[{"slug":"member"}]`,
		"update settings max_resource_depth:7>1 default_role:viewer>member; delete role admin; delete role viewer; "+
			"delete permission project:edit; delete permission project:view; delete resource_type task; delete resource_type project; delete resource_type workspace")
}

// TestPruneSparesWhatIsInUse by customers.
func TestPruneSparesWhatIsInUse(t *testing.T) {
	s := start(t)
	put(t, s, model, aModel)
	s.Owner = s.APIKey
	var org, res, user struct {
		ID string `json:"id"`
	}
	s.Want(t, 201, "POST", "/organizations", `{"name":"Acme"}`).JSON(t, &org)
	s.Want(t, 201, "POST", "/user_management/users", `{"email":"a@example.com"}`).JSON(t, &user)
	s.Want(t, 201, "POST", "/user_management/organization_memberships", fmt.Sprintf(`{"organization_id":%q,"user_id":%q,"role_slug":"admin"}`, org.ID, user.ID))
	s.Want(t, 201, "POST", "/authorization/resources", fmt.Sprintf(`{"organization_id":%q,"resource_type_slug":"workspace","external_id":"w","name":"w"}`, org.ID)).JSON(t, &res)
	put(t, s, model, `{"permissions":[{"slug":"keys"},{"slug":"named"}],"roles":[{"slug":"recorded"}],"resource_types":[{"slug":"leaf"}]`)
	s.Want(t, 201, "POST", "/organizations/"+org.ID+"/api_keys", `{"name":"x","permissions":["keys"]}`)
	s.Want(t, 201, "POST", "/v1/records", `{"name":"x","users":[{"userId":"ana"}],"statements":[{"roles":["recorded"],"resources":[{"resourceUri":"a"}]}]}`)
	before := theModel(t, s)
	run(t, s, []step{
		{"PUT", model, `{"prune":true,"roles":[{"slug":"member"},{"slug":"viewer"},{"slug":"recorded"}]}`, 409, "role 'admin': the model lacks it, and somebody holds it"},
		{"PUT", model, `{"prune":true,"roles":[{"slug":"member"},{"slug":"viewer"},{"slug":"admin"}]}`, 409, "role 'recorded': the model lacks it, and somebody holds it"},
		{"PUT", model, `{"prune":true,"permissions":[{"slug":"project:edit"},{"slug":"project:view"}]}`, 409, "permission 'keys': the model lacks it, and the API key"},
		{"PUT", model, `{"prune":true,"resource_types":[{"slug":"project"},{"slug":"task","parents":["project"]}]}`, 409, "resource type 'workspace'"},
		{"PUT", model, `{"prune":true,"resource_types":[{"slug":"project","parents":["organization"]},{"slug":"task","parents":["project"]}]}`, 409, "the resource '" + res.ID},
	})
	if got := theModel(t, s); got != before {
		t.Errorf("what was refused left the model %s, want %s", got, before)
	}
}

// TestModelMindsWhatIsThere: resources stay where their types allow it, and a
// membership that may have one role keeps the most important.
func TestModelMindsWhatIsThere(t *testing.T) {
	s := start(t)
	put(t, s, model, aModel)
	s.Owner = s.APIKey
	var made struct {
		ID string `json:"id"`
	}
	create := func(path, body string) string {
		s.Want(t, 201, "POST", path, body).JSON(t, &made)
		return made.ID
	}
	org, user := create("/organizations", `{"name":"Acme"}`), create("/user_management/users", `{"email":"a@example.com"}`)
	workspace := create("/authorization/resources", fmt.Sprintf(`{"organization_id":%q,"resource_type_slug":"workspace","external_id":"w","name":"w"}`, org))
	create("/authorization/resources", fmt.Sprintf(`{"organization_id":%q,"resource_type_slug":"project","external_id":"p","name":"p","parent_resource_id":%q}`, org, workspace))
	m := create("/user_management/organization_memberships", fmt.Sprintf(`{"organization_id":%q,"user_id":%q,"role_slugs":["viewer","admin"]}`, org, user))

	run(t, s, []step{{"PUT", model, `{"resource_types":[{"slug":"project","parents":["organization"]}]}`, 409, "resource type 'project': the resource"}})
	wantPlan(t, s, model, `{"resource_types":[{"slug":"project","parents":["organization","workspace"]}]`, "update resource_type project parents:[workspace]>[organization workspace]")
	wantPlan(t, s, model, `{"settings":{"multiple_roles":false}`, "update settings multiple_roles:true>false")
	got := s.Want(t, 200, "GET", "/user_management/organization_memberships/"+m, "")
	if !strings.Contains(got.Body, `"roles":[{"slug":"admin"}]`) {
		t.Errorf("the membership is %s, want the role admin alone", got.Body)
	}
	if got := s.Want(t, 200, "GET", "/authorization/organization_memberships/"+m+"/role_assignments", ""); strings.Contains(got.Body, "viewer") {
		t.Errorf("its assignments are %s", got.Body)
	}
}

// TestModelRights: the configuration and, for what is changed of roles and
// permissions, roles.
func TestModelRights(t *testing.T) {
	s := start(t)
	put(t, s, model, aModel)
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_all","name":"x","permissions":[{"action":"*","allow":true}]}`)
	key := func(resources string) string {
		return newKey(t, s, `{"name":"x","statements":[{"roles":["ro_all"],"resources":[`+resources+`]}]}`).Value
	}
	none, config, both := key(`"Authress:Roles"`), key(`"Authress:Configuration"`), key(`"Authress:Roles","Authress:Configuration"`)
	for i, tt := range []struct {
		method, body       string
		none, config, both int
	}{
		{"GET", "", 403, 403, 200},
		{"PUT", `{}`, 403, 200, 200},
		{"PUT", aModel + "}", 403, 200, 200}, // which changes nothing
		{"PUT", `{"resource_types":[{"slug":"x%d"}]}`, 403, 200, 200},
		{"PUT", `{"permissions":[{"slug":"x%d"}]}`, 403, 403, 200},
		{"PUT", `{"permissions":[{"slug":"project:edit","name":"x%d"}]}`, 403, 403, 200},
		{"PUT", `{"roles":[{"slug":"x%d"}]}`, 403, 403, 200},
		{"PUT", `{"roles":[{"slug":"viewer","name":"x%d"}]}`, 403, 403, 200},
		{"PUT", `{"roles":[{"slug":"editor"},{"slug":"admin"}]}`, 403, 403, 200},
		{"PUT", `{"settings":{"default_role":"admin"}}`, 403, 403, 200},
		{"PUT", `{"prune":true,"permissions":[{"slug":"project:edit"},{"slug":"project:view"}]}`, 403, 403, 200},
		{"PUT", `{"prune":true,"roles":[{"slug":"member"},{"slug":"admin"},{"slug":"editor"},{"slug":"viewer"}]}`, 403, 403, 200},
	} {
		body := tt.body
		if strings.Contains(body, "%d") {
			body = fmt.Sprintf(body, i)
		}
		for _, as := range []struct {
			who, key string
			want     int
		}{{"roles", none, tt.none}, {"configuration", config, tt.config}, {"both", both, tt.both}} {
			if got := s.As(t, as.key, tt.method, model, body); got.Status != as.want {
				t.Errorf("%s %s with the right on %s: %d %s, want %d", tt.method, body, as.who, got.Status, got.Body, as.want)
			}
		}
	}
}

// TestModelReadsNoRoles: the right to read or change the configuration is none to
// learn which roles there are, be it by a dry run.
func TestModelReadsNoRoles(t *testing.T) {
	s := start(t)
	put(t, s, model, aModel)
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_all","name":"x","permissions":[{"action":"*","allow":true}]}`)
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_read","name":"x","permissions":[{"action":"read","allow":true}]}`)
	const all = `{"roles":["ro_all"],"resources":["Authress:Configuration"]}`
	limited := newKey(t, s, `{"name":"x","statements":[`+all+`]}`).Value
	reader := newKey(t, s, `{"name":"x","statements":[`+all+`,{"roles":["ro_read"],"resources":["Authress:Roles"]}]}`).Value
	for _, tt := range []struct {
		method, path, body string
		limited, reader    int
	}{
		{"GET", model, "", 403, 200},
		{"PUT", model + "?dry_run=true", `{}`, 403, 200},
		{"PUT", model + "?dry_run=true", aModel + "}", 403, 200},
		{"PUT", model + "?dry_run=true", `{"resource_types":[{"slug":"x"}]}`, 403, 200},
		{"PUT", model + "?dry_run=true", `{"roles":[{"slug":"x"}]}`, 403, 403}, // tells what would be done, also that it may not be
		{"PUT", model, `{"resource_types":[{"slug":"x"}]}`, 200, 200},
	} {
		for key, want := range map[string]int{limited: tt.limited, reader: tt.reader} {
			if got := s.As(t, key, tt.method, tt.path, tt.body); got.Status != want {
				t.Errorf("%s %s %s: %d %s, want %d", tt.method, tt.path, tt.body, got.Status, got.Body, want)
			}
		}
	}
}
