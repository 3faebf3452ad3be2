package authress_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/server"
	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// settings is a body that allows the actions, or with a "-" before it does not.
func settings(actions ...string) string {
	var list []string
	for _, a := range actions {
		list = append(list, fmt.Sprintf(`{"action":%q,"allow":%v}`, strings.TrimPrefix(a, "-"), a[0] != '-'))
	}
	return `{"permissions":[` + strings.Join(list, ",") + `]}`
}

func TestResourceSettingsLifeCycle(t *testing.T) {
	s := servertest.Start(t)
	const path = "/v1/resources/documents%2F1"
	get := func(want string) {
		t.Helper()
		got := s.Do(t, "GET", path, "")
		if want == "" && (got.Status != 404 || got.ErrorCode() != "NotFound") {
			t.Errorf("got %d %s, want 404 NotFound", got.Status, got.Body)
		}
		if want != "" && (got.Status != 200 || got.Body != `{"resourceUri":"documents/1","permissions":[`+want+`]}`) {
			t.Errorf("got %d %s, want %s", got.Status, got.Body, want)
		}
	}
	claim, public := `{"action":"CLAIM","allow":true}`, `{"action":"PUBLIC","allow":true}`
	get("")
	for _, tt := range []struct{ body, want string }{
		{settings("CLAIM"), claim},
		{settings("PUBLIC"), public}, // replaces
		{settings("PUBLIC", "CLAIM", "CLAIM"), claim + "," + public},
		{settings("-CLAIM", "PUBLIC"), public},
		{`{"resourceUri":"/documents/1/","permissions":[` + public + `]}`, public}, // put back as it was read
		{settings("-PUBLIC"), ""},
		{settings("-PUBLIC"), ""}, // again
		{settings("CLAIM"), claim},
	} {
		if got := s.Want(t, 200, "PUT", path, tt.body); got.Body != "" || got.Header.Get("Content-Type") != "" {
			t.Errorf("%s: answered with the body %q of type %q, want neither", tt.body, got.Body, got.Header.Get("Content-Type"))
		}
		get(tt.want)
	}
	// However the path is written, it is the same resource; another is not.
	for _, same := range []string{"/v1/resources/documents/1", "/v1/resources/%2Fdocuments%2F1%2F", "/v1/resources/documents%2f1", "/v1/resources/documents/1/"} {
		s.Want(t, 200, "GET", same, "")
	}
	for _, other := range []string{"documents", "documents%2F1%2F*", "documents%2F10", "Documents%2F1", "*"} {
		s.Want(t, 404, "GET", "/v1/resources/"+other, "")
	}
	s.Want(t, 200, "PUT", "/v1/resources/documents/1", settings("-CLAIM"))
	get("")
}

func TestResourceSettingsRefusals(t *testing.T) {
	s := servertest.Start(t)
	many := func(n int) string { return settings(slices.Repeat([]string{"CLAIM"}, n)...) }
	s.Want(t, 200, "PUT", "/v1/resources/documents", many(1))
	s.Want(t, 200, "PUT", "/v1/resources/documents", many(100))
	for _, body := range []string{
		``, `{}`, `[]`, many(0), many(101), `{"permissions":null}`,
		settings("READ"), settings("claim"), settings("CLAIM", "*"), `{"permissions":[{"allow":true}]}`,
		`{"permissions":[{"action":"CLAIM","allow":"true"}]}`, `{"permissions":[{"action":"CLAIM","Allow":true}]}`,
		settings("CLAIM", "-CLAIM"), `{"resourceUri":"documents/2","permissions":[{"action":"CLAIM","allow":true}]}`,
	} {
		if got := s.Do(t, "PUT", "/v1/resources/documents", body); got.Status != 400 || got.ErrorCode() != "InvalidRequest" {
			t.Errorf("PUT %.80s: %d %s, want 400 InvalidRequest", body, got.Status, got.Body)
		}
	}
	for _, path := range []string{"a%2F%2Fb", "a*", "a%20b", "..%2Fa", "a%2F..%2Fb", strings.Repeat("a", 513)} {
		for _, method := range []string{"GET", "PUT"} {
			if got := s.Do(t, method, "/v1/resources/"+path, settings("CLAIM")); got.Status != 400 {
				t.Errorf("%s %.40s: %d %s, want 400", method, path, got.Status, got.Body)
			}
		}
	}
}

// TestWhatEveryoneCannotBeGiven: no setting opens the server's own
// administration, nor one that nobody could claim from.
func TestWhatEveryoneCannotBeGiven(t *testing.T) {
	s := servertest.Start(t)
	for _, tt := range []struct {
		resource, action string
		want             int
	}{
		{"Authress:ServiceClients", "CLAIM", 200}, {"Authress:ServiceClients%2F*", "CLAIM", 200},
		{"Authress:ServiceClients%2Fsc_a", "CLAIM", 400}, {"Authress:AccessRecords", "CLAIM", 400},
		{"Authress:Roles", "CLAIM", 400}, {"Authress:*", "CLAIM", 400}, {"Authress:", "CLAIM", 400},
		{"*", "CLAIM", 400}, {"a%2F*%2Fb", "CLAIM", 400}, {"ns:*", "CLAIM", 400}, {"*%2Fa", "CLAIM", 400},
		{"a%2F*", "CLAIM", 200}, {"a", "CLAIM", 200}, {"a%2Fb%2F*", "CLAIM", 200},

		{"Authress:ServiceClients", "PUBLIC", 400}, {"Authress:AccessRecords%2Frec_a", "PUBLIC", 400}, {"Authress:*", "PUBLIC", 400},
		{"*", "PUBLIC", 400}, {"*%2Fa", "PUBLIC", 400}, {"*:*", "PUBLIC", 400}, {"*:Roles", "PUBLIC", 400},
		{"a", "PUBLIC", 200}, {"a%2F*", "PUBLIC", 200}, {"ns:*", "PUBLIC", 200}, {"authress:x", "PUBLIC", 200}, {"Authress", "PUBLIC", 200},
		{"Authress:Roles", "-PUBLIC", 200}, {"*", "-CLAIM", 200},
	} {
		if got := s.Do(t, "PUT", "/v1/resources/"+tt.resource, settings(tt.action)); got.Status != tt.want {
			t.Errorf("%s on %s: %d %s, want %d", tt.action, tt.resource, got.Status, got.Body, tt.want)
		}
	}
}

func TestResourceSettingsLists(t *testing.T) {
	s := servertest.Start(t)
	var want []string
	for i := range 23 {
		id := fmt.Sprintf("documents/%02d", i)
		s.Want(t, 200, "PUT", "/v1/resources/"+id, settings("CLAIM"))
		want = append(want, id)
	}
	for _, limit := range []int{1, 7, 20, 100} {
		if got := walk(t, s, fmt.Sprintf("/v1/resources?limit=%d", limit), limit%2 == 0); !slices.Equal(got, want) {
			t.Errorf("limit %d: got %v, want %v", limit, got, want)
		}
	}
	got := s.Want(t, 200, "GET", "/v1/resources?limit=1", "")
	if !strings.Contains(got.Body, `"resources":[{"resourceUri":"documents/00","permissions":[{"action":"CLAIM","allow":true}]}]`) {
		t.Errorf("listed %s, want the first resource with its setting", got.Body)
	}
	s.Want(t, 400, "GET", "/v1/resources?cursor=x", "")
}

// TestWhoMaySet: it takes the right to give everything on the settings of this
// resource. Rights on the resource itself are not enough.
func TestWhoMaySet(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_allow", "*")
	role(t, s, "ro_grant", "*=grant")
	role(t, s, "ro_delegate", "*=delegate")
	role(t, s, "ro_some", "public=grant", "claim=grant", "update=grant")
	role(t, s, "ro_read", "READ")
	s.Want(t, 200, "PUT", "/v1/resources/documents%2F1", settings("CLAIM"))
	const area = "Authress:ResourcePermissions"
	for _, tt := range []struct {
		role, on       string
		put, get, list int
	}{
		{"ro_grant", area + "/documents/1", 200, 200, 403},
		{"ro_delegate", area + "/documents/1", 200, 200, 403},
		{"ro_grant", area + "/documents", 200, 200, 403},
		{"ro_grant", area + "/documents/*", 200, 200, 403},
		{"ro_grant", area, 200, 200, 403},
		{"ro_grant", area + "/*", 200, 200, 403},
		{"ro_grant", "Authress:*", 200, 200, 403},
		{"Authress:Owner", "Authress:*", 200, 200, 200},
		{"Authress:Owner", "*", 200, 200, 200},
		{"ro_allow", area, 403, 200, 200}, // may read everything there, and give nothing
		{"ro_some", area, 403, 404, 403},
		{"ro_read", area, 403, 200, 200},
		{"ro_read", area + "/*", 403, 200, 200},
		{"ro_read", area + "/documents/1", 403, 200, 403},
		{"ro_grant", area + "/documents/2", 403, 404, 403},
		{"ro_grant", area + "/documents/1/*", 403, 404, 403},
		{"Authress:Owner", "documents", 403, 404, 403},
		{"Authress:Owner", "documents/1", 403, 404, 403},
	} {
		id, key := s.NewClient(t)
		give(t, s, id, tt.role, tt.on)
		for _, do := range []struct {
			method, path string
			want         int
		}{
			{"PUT", "/v1/resources/documents%2F1", tt.put},
			{"GET", "/v1/resources/documents%2F1", tt.get},
			{"GET", "/v1/resources", tt.list},
		} {
			if got := s.As(t, key, do.method, do.path, settings("CLAIM")); got.Status != do.want {
				t.Errorf("%s %s with %s on %s: %d %s, want %d", do.method, do.path, tt.role, tt.on, got.Status, got.Body, do.want)
			}
		}
	}
	for method, path := range map[string]string{"GET": "/v1/resources", "PUT": "/v1/resources/a"} {
		if got := s.As(t, "", method, path, settings("CLAIM")); got.Status != 401 {
			t.Errorf("%s %s without a credential: %d, want 401", method, path, got.Status)
		}
	}
}

// TestPublicPermissionsOfTheOperator: what the operator adds, a public resource
// gives, until a start that does not add it.
func TestPublicPermissionsOfTheOperator(t *testing.T) {
	data := t.TempDir()
	var owner string
	for n, tt := range []struct {
		added []string
		read  bool
	}{{nil, false}, {[]string{"documents:READ", "lists"}, true}, {[]string{"documents:write"}, false}, {[]string{"*:read"}, true}, {nil, false}} {
		t.Run(fmt.Sprint(tt.added), func(t *testing.T) {
			s := servertest.StartWith(t, server.Config{Data: data, PublicPermissions: tt.added})
			if n == 0 {
				owner = s.Owner
				s.Want(t, 200, "PUT", "/v1/resources/documents%2F1", `{"permissions":[{"action":"PUBLIC","allow":true}]}`)
			}
			s.Owner = owner
			if got := allowed(t, s, "anybody", "documents/1/pages/2", "documents:read"); got != tt.read {
				t.Errorf("reading: %v, want %v", got, tt.read)
			}
			if !allowed(t, s, "anybody", "documents/1", "public") || allowed(t, s, "anybody", "documents/2", "public") {
				t.Error("want the permission public on the resource, and not beside it")
			}
		})
	}
	if _, err := server.Open(t.Context(), server.Config{Data: data, Listen: "127.0.0.1:0", PublicPermissions: []string{"a b"}}, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a malformed permission is accepted")
	}
}
