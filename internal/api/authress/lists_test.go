package authress_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

func TestUserRoles(t *testing.T) {
	s := servertest.Start(t)
	give(t, s, "ana", "ro_reader", "documents/1", "documents/2/*")
	give(t, s, "ana", "ro_reader", "/documents/1/")
	give(t, s, "ana", "ro_writer", "documents")
	want := `{"userId":"ana","roles":[{"roleId":"ro_reader"},{"roleId":"ro_reader"}]}`
	for _, uri := range []string{"documents%2F1", "documents/1", "%2Fdocuments%2F1"} {
		if got := s.Want(t, 200, "GET", "/v1/users/ana/resources/"+uri+"/roles", ""); got.Body != want {
			t.Errorf("roles on %s: %s, want %s", uri, got.Body, want)
		}
	}
	for uri, status := range map[string]int{
		"documents%2F2%2F*": 200, "documents": 200, "documents%2F2": 404, "documents%2F1%2Fpages": 404, "documents*": 400, "a%2F%2Fb": 400,
	} {
		if got := s.Do(t, "GET", "/v1/users/ana/resources/"+uri+"/roles", ""); got.Status != status {
			t.Errorf("roles on %s: %d %s, want %d", uri, got.Status, got.Body, status)
		}
	}
	s.Want(t, 404, "GET", "/v1/users/ben/resources/documents%2F1/roles", "")
}

// listed is what a user's resources or a resource's users say.
type listed struct {
	UserID  string `json:"userId"`
	Account struct {
		AccountID string `json:"accountId"`
	} `json:"account"`
	Resources []struct {
		ResourceURI string `json:"resourceUri"`
	} `json:"resources"`
	Users []struct {
		UserID string `json:"userId"`
		Roles  []struct {
			RoleID string `json:"roleId"`
		} `json:"roles"`
	} `json:"users"`
	Pagination struct {
		Next *struct {
			Cursor string `json:"cursor"`
		} `json:"next"`
	} `json:"pagination"`
	Links struct {
		Self struct {
			Href string `json:"href"`
		} `json:"self"`
		Next *struct {
			Href string `json:"href"`
		} `json:"next"`
	} `json:"links"`
}

// elements are the resources, or the users as "ana=reader,writer".
func (l listed) elements() []string {
	var all []string
	for _, r := range l.Resources {
		all = append(all, r.ResourceURI)
	}
	for _, u := range l.Users {
		var roles []string
		for _, r := range u.Roles {
			roles = append(roles, r.RoleID)
		}
		all = append(all, u.UserID+"="+strings.Join(roles, ","))
	}
	return all
}

// walkList reads a list to its end, by links and cursors in turn.
func walkList(t *testing.T, s *servertest.Server, path string) []string {
	t.Helper()
	var all []string
	next := path
	here, err := url.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		var l listed
		s.Want(t, 200, "GET", next, "").JSON(t, &l)
		if len(l.elements()) == 0 && i > 0 {
			t.Fatalf("%s: an empty page, which the page before promised", next)
		}
		all = append(all, l.elements()...)
		if (l.Pagination.Next == nil) != (l.Links.Next == nil) || !strings.HasPrefix(l.Links.Self.Href, s.URL) {
			t.Fatalf("%s: a cursor without a link, or a link without a cursor, or no link to itself", next)
		}
		if l.Pagination.Next == nil {
			return all
		}
		if next = strings.TrimPrefix(l.Links.Next.Href, s.URL); i%2 == 0 {
			q := here.Query()
			q.Set("cursor", l.Pagination.Next.Cursor)
			here.RawQuery = q.Encode()
			next = here.String()
		}
	}
	t.Fatalf("%s has no end", path)
	return nil
}

// resourcesOf are a user's resources, with a query.
func resourcesOf(user string, query ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(query); i += 2 {
		q.Set(query[i], query[i+1])
	}
	return "/v1/users/" + url.PathEscape(user) + "/resources?" + q.Encode()
}

func TestUserResources(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_reader", "documents:read")
	role(t, s, "ro_gives", "documents:write=grant")
	give(t, s, "ana", "ro_reader", "documents/1", "/documents/2/", "documents/3/pages/7", "documents/4/*")
	give(t, s, "ana", "ro_gives", "documents/5")
	none := s.Want(t, 200, "GET", "/v1/users/ben/resources", "")
	if want := fmt.Sprintf(`{"account":{"accountId":%q},"userId":"ben","resources":[],"pagination":{},"links":{"self":{"href":"%s/v1/users/ben/resources"}}}`, s.AccountID, s.URL); none.Body != want {
		t.Errorf("of a user who has nothing: %s, want %s", none.Body, want)
	}
	top, all := "documents/1 documents/2 documents/5", "documents/1 documents/2 documents/3/pages/7 documents/4/* documents/5"
	for _, tt := range []struct{ query, want string }{
		{"resourceUri=documents", top}, {"resourceUri=documents/*", top}, {"resourceUri=%2Fdocuments%2F%2A", top}, {"resourceUri=documents/", top},
		{"resourceUri=documents&collectionConfiguration=TOP_LEVEL_ONLY&permissions=null&cursor=undefined", top},
		{"resourceUri=documents&collectionConfiguration=INCLUDE_NESTED", all},
		{"resourceUri=undefined&limit=undefined&collectionConfiguration=INCLUDE_NESTED", all}, {"resourceUri=*&collectionConfiguration=INCLUDE_NESTED", all},
		{"", "documents/1 documents/2 documents/3/pages/7 documents/5"},
		{"resourceUri=documents&permissions=documents:read", "documents/1 documents/2"},
		{"resourceUri=documents&permissions=DOCUMENTS:Read:draft", "documents/1 documents/2"},
		{"resourceUri=documents&permissions=documents:write", ""}, {"resourceUri=documents&permissions=*", ""},
		{"resourceUri=folders&collectionConfiguration=INCLUDE_NESTED", ""},
		{"resourceUri=documents/4/x/*&collectionConfiguration=INCLUDE_NESTED&unknown=1", "documents/4/x/*"},
	} {
		var got listed
		s.Want(t, 200, "GET", "/v1/users/ana/resources?"+tt.query, "").JSON(t, &got)
		if text := strings.Join(got.elements(), " "); text != tt.want || got.UserID != "ana" || got.Account.AccountID != s.AccountID {
			t.Errorf("%s: %s of %s in %s, want %s", tt.query, text, got.UserID, got.Account.AccountID, tt.want)
		}
	}
	for _, query := range []string{
		"resourceUri=doc*", "resourceUri=a//b", "resourceUri=/", "permissions=re*d", "permissions=a&permissions=b", "permissions=a,b",
		"collectionConfiguration=top_level_only", "limit=0", "limit=x", "cursor=x", "resourceUri=%zz",
	} {
		if got := s.Do(t, "GET", "/v1/users/ana/resources?"+query, ""); got.Status != 400 || got.ErrorCode() != "InvalidRequest" {
			t.Errorf("%s: %d %s, want 400", query, got.Status, got.Body)
		}
	}
}

func TestResourceUsers(t *testing.T) {
	s := servertest.Start(t)
	give(t, s, "ana", "ro_reader", "documents/1")
	give(t, s, "ben", "ro_writer", "documents/1", "documents")
	s.Want(t, 201, "POST", "/v1/groups", groupBody("grp_a", "cleo", "ana"))
	groupRecord(t, s, "grp_a", "ro_writer", "documents/1")
	body := s.Want(t, 200, "GET", "/v1/resources/documents%2F1/users", "").Body
	want := `{"users":[{"userId":"ana","roles":[{"roleId":"ro_reader"},{"roleId":"ro_writer"}]},{"userId":"ben","roles":[{"roleId":"ro_writer"}]},{"userId":"cleo","roles":[{"roleId":"ro_writer"}]}],"pagination":{},"links":{"self":{"href":"` + s.URL + `/v1/resources/documents%2F1/users"}}}`
	if body != want {
		t.Errorf("users: %s, want %s", body, want)
	}
	for path, want := range map[string]string{
		"documents/1":             "ana=ro_reader,ro_writer ben=ro_writer cleo=ro_writer",
		"documents":               "ben=ro_writer",
		"documents/1/pages":       "",
		"documents%2F*":           "",
		"documents/1/users/users": "",
	} {
		var got listed
		s.Want(t, 200, "GET", "/v1/resources/"+path+"/users", "").JSON(t, &got)
		if text := strings.Join(got.elements(), " "); text != want || got.Users == nil {
			t.Errorf("users of %s: %s, want %s", path, text, want)
		}
	}
	for _, path := range []string{"a*/users", "a%2F%2Fb/users", "a/users?limit=0", "a/users?cursor=x"} {
		s.Want(t, 400, "GET", "/v1/resources/"+path, "")
	}
}

func TestEveryPageSizeGivesTheSameLists(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_reader", "documents:read")
	var uris, users []string
	for i := range 45 {
		uris = append(uris, fmt.Sprintf("documents/%d", i))
		users = append(users, fmt.Sprintf("u|%02d=ro_reader", i))
		give(t, s, fmt.Sprintf("u|%02d", i), "ro_reader", "shared/a+b")
	}
	give(t, s, "ana", "ro_reader", uris...)
	slices.Sort(uris)
	for _, limit := range []int{1, 2, 7, 19, 20, 1000} {
		for path, want := range map[string][]string{
			resourcesOf("ana", "resourceUri", "documents", "limit", fmt.Sprint(limit), "permissions", "documents:read"): uris,
			resourcesOf("ana", "limit", fmt.Sprint(limit), "collectionConfiguration", "INCLUDE_NESTED"):                 uris,
			fmt.Sprintf("/v1/resources/shared%%2Fa+b/users?limit=%d", limit):                                            users,
		} {
			if got := walkList(t, s, path); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", path, got, want)
			}
		}
	}
	var first listed
	s.Want(t, 200, "GET", "/v1/users/ana/resources", "").JSON(t, &first)
	if len(first.Resources) != 20 || first.Pagination.Next == nil {
		t.Fatalf("without a limit: %d resources, want a page of 20", len(first.Resources))
	}
	cursor := url.QueryEscape(first.Pagination.Next.Cursor)
	for _, path := range []string{
		"/v1/users/ben/resources?cursor=", "/v1/users/ana/resources?permissions=a&cursor=", "/v1/resources/documents/users?cursor=",
	} {
		s.Want(t, 400, "GET", path+cursor, "")
	}
	// What is granted and taken away meanwhile moves nothing else.
	give(t, s, "ana", "ro_reader", "a/0", "documents/999")
	if got := walkList(t, s, "/v1/users/ana/resources?cursor="+cursor); len(got) != 26 || slices.Contains(got, "a/0") {
		t.Errorf("the rest after a new grant: %v, want the 25 and documents/999", got)
	}
}

// TestWhoMayList holds each list against clients that hold what it needs, and
// all but that.
func TestWhoMayList(t *testing.T) {
	s := servertest.Start(t)
	give(t, s, "ana", "ro_reader", "documents/1")
	role(t, s, "ro_read", "READ")
	role(t, s, "ro_everything", "*")
	role(t, s, "ro_sets", "*=grant")
	role(t, s, "ro_delegates", "*=delegate")
	role(t, s, "ro_gives", "documents:read=grant")
	roles, resources := "/v1/users/ana/resources/documents%2F1/roles", "/v1/users/ana/resources"
	users := "/v1/resources/documents%2F1/users"
	id, self := s.NewClient(t)
	for path, want := range map[string]int{
		roles: 403, resources: 403, users: 403,
		"/v1/users/" + id + "/resources": 200, "/v1/users/" + id + "/resources/documents%2F1/roles": 404,
	} {
		if got := s.As(t, self, "GET", path, ""); got.Status != want {
			t.Errorf("with nothing, %s: %d %s, want %d", path, got.Status, got.Body, want)
		}
		if got := s.As(t, "", "GET", path, ""); got.Status != 401 {
			t.Errorf("without a credential, %s: %d, want 401", path, got.Status)
		}
	}
	for _, tt := range []struct {
		holds        []string // role and resource in turn
		roles, users int      // the status of the lists of a user, and of the users
	}{
		{[]string{"ro_read", "Authress:UserPermissions/ana"}, 200, 403},
		{[]string{"ro_read", "Authress:UserPermissions/ben"}, 403, 403},
		{[]string{"ro_read", "Authress:UserPermissions"}, 200, 403},
		{[]string{"ro_sets", "Authress:ResourcePermissions"}, 403, 403},
		{[]string{"ro_read", "Authress:UserPermissions", "ro_sets", "Authress:ResourcePermissions/documents/1"}, 200, 200},
		{[]string{"ro_read", "Authress:UserPermissions/*", "ro_delegates", "Authress:ResourcePermissions/documents"}, 200, 200},
		{[]string{"ro_read", "Authress:UserPermissions", "ro_sets", "Authress:ResourcePermissions/documents/2"}, 200, 403},
		{[]string{"ro_read", "Authress:UserPermissions/ana", "ro_sets", "Authress:ResourcePermissions"}, 200, 403},
		{[]string{"ro_read", "Authress:UserPermissions", "ro_everything", "Authress:ResourcePermissions"}, 200, 403},
		{[]string{"ro_sets", "documents/1"}, 403, 200},
		{[]string{"ro_delegates", "documents"}, 403, 200},
		{[]string{"ro_everything", "documents/1"}, 403, 403},
		{[]string{"ro_gives", "documents/1"}, 403, 403},
		{[]string{"ro_sets", "documents/1/pages"}, 403, 403},
	} {
		id, key := s.NewClient(t)
		for i := 0; i < len(tt.holds); i += 2 {
			give(t, s, id, tt.holds[i], tt.holds[i+1])
		}
		for path, want := range map[string]int{roles: tt.roles, resources: tt.roles, users: tt.users} {
			if got := s.As(t, key, "GET", path, ""); got.Status != want {
				t.Errorf("holding %v, %s: %d %s, want %d", tt.holds, path, got.Status, got.Body, want)
			}
		}
	}
	other, key := s.NewClient(t)
	s.Want(t, 200, "PUT", "/v1/clients/"+other, `{"options":{"grantUserPermissionsAccess":true}}`)
	for path, want := range map[string]int{roles: 200, resources: 200, users: 403} {
		if got := s.As(t, key, "GET", path, ""); got.Status != want {
			t.Errorf("with the option, %s: %d %s, want %d", path, got.Status, got.Body, want)
		}
	}
}

// TestUsersListWhatIsTheirs asks with the tokens of users, as a browser does.
func TestUsersListWhatIsTheirs(t *testing.T) {
	s := startTrusting(t)
	give(t, s.Server, "ana", "Authress:Owner", "documents/1")
	s.Want(t, 200, "PUT", "/v1/resources/documents%2F2", settings("PUBLIC"))
	ana, ben := s.token("ana"), s.token("ben")
	for _, tt := range []struct{ token, path, want string }{
		{ana, "/v1/users/ana/resources?resourceUri=documents", "200 documents/1 documents/2"},
		{ana, "/v1/users/ana/resources?resourceUri=documents&permissions=documents:read", "200 documents/1"},
		{ana, "/v1/users/ben/resources", "403"},
		{ana, "/v1/users/ben/resources/documents%2F1/roles", "403"},
		{ana, "/v1/resources/documents%2F1/users", "200 ana=Authress:Owner"},
		{ana, "/v1/resources/documents%2F2/users", "403"},
		{ben, "/v1/users/ben/resources", "200 documents/2"},
		{ben, "/v1/users/ben/resources/documents%2F2/roles", "404"},
		{ben, "/v1/resources/documents%2F2/users", "404"}, // what is public is no grant
	} {
		got := s.As(t, tt.token, "GET", tt.path, "")
		text := fmt.Sprint(got.Status)
		if got.Status == 200 {
			var l listed
			got.JSON(t, &l)
			text += " " + strings.Join(l.elements(), " ")
		}
		if text != tt.want {
			t.Errorf("%s: %s, want %s", tt.path, text, tt.want)
		}
	}
}

// TestListAfterCheckOfTheCollection is what version 2 of the JavaScript SDK
// does for getUserResources: it lists only if the user may not do it to the
// whole collection.
func TestListAfterCheckOfTheCollection(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_reader", "documents:read")
	give(t, s, "ana", "ro_reader", "documents/1", "documents/2")
	give(t, s, "ben", "ro_reader", "documents/*")
	get := func(user string) string {
		if allowed(t, s, user, "documents/*", "documents:read") {
			return "all"
		}
		return strings.Join(walkList(t, s, resourcesOf(user, "resourceUri", "documents/*", "permissions", "documents:read")), " ")
	}
	if got, want := get("ana"), "documents/1 documents/2"; got != want {
		t.Errorf("ana's documents: %s, want %s", got, want)
	}
	if got := get("ben"); got != "all" {
		t.Errorf("ben's documents: %s, want all", got)
	}
	if got := get("cleo"); got != "" {
		t.Errorf("cleo's documents: %s, want none", got)
	}
}

func TestRetiredEndpoints(t *testing.T) {
	s := servertest.Start(t)
	for _, req := range []string{
		"POST /v1/users/ana/tokens", "DELETE /v1/users/ana/tokens/t1",
		"GET /v1/users/ana/resources/documents%2F1/metadata", "GET /v1/users/ana/resources/documents/1/metadata",
		"PUT /v1/users/ana/resources/documents%2F1/metadata", "PUT /v1/users/ana/resources/documents/1/metadata",
	} {
		method, path, _ := strings.Cut(req, " ")
		if got := s.Do(t, method, path, `{}`); got.Status != 405 || got.ErrorCode() != "NotSupported" {
			t.Errorf("%s: %d %s, want 405 NotSupported", req, got.Status, got.Body)
		}
		if got := s.As(t, "", method, path, `{}`); got.Status != 401 {
			t.Errorf("%s without a credential: %d, want 401", req, got.Status)
		}
	}
}
