package authress_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/authn/authntest"
	"github.com/reeve-authz/reeve/internal/server"
	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// trusting is a server whose account trusts an issuer for any audience.
type trusting struct {
	*servertest.Server
	issuer *authntest.Issuer
}

func startTrusting(t *testing.T) trusting {
	t.Helper()
	s := trusting{servertest.StartWith(t, server.Config{Data: t.TempDir(), OutboundAllow: []string{"127.0.0.0/8"}}), authntest.New(t)}
	s.Want(t, 201, "POST", "/v1/identities", fmt.Sprintf(`{"issuer":%q}`, s.issuer.URL))
	return s
}

// token is a user's, with more claims as names and values in turn.
func (s trusting) token(user string, more ...string) string {
	claims := map[string]any{"sub": user, "exp": time.Now().Add(time.Hour).Unix()}
	for i := 0; i+1 < len(more); i += 2 {
		claims[more[i]] = more[i+1]
	}
	return s.issuer.Token(claims)
}

// status is the status and error code that a credential gets for a GET.
func status(t *testing.T, s *servertest.Server, credential, path string) string {
	t.Helper()
	a := s.As(t, credential, "GET", path, "")
	return strings.TrimSpace(fmt.Sprint(a.Status, " ", a.ErrorCode()))
}

func TestUserTokenFromEndToEnd(t *testing.T) {
	s := startTrusting(t)
	role(t, s.Server, "ro_docs", "documents:read")
	ana, ben := s.token("ana"), s.token("ben")
	const check = "/v1/users/ana/resources/documents%2F1/permissions/documents:read"
	for _, step := range []struct{ who, token, path, want string }{
		{"ana, without grants, about herself", ana, check, "404 NotFound"},
		{"ben about ana", ben, check, "403 Forbidden"},
		{"ana on records, without grants", ana, "/v1/records", "404 NotFound"},
		{"ana on roles, without grants", ana, "/v1/roles", "404 NotFound"},
		{"ana on a record that exists", ana, "/v1/records/rec_owner", "404 NotFound"},
		{"ana on her account", ana, "/v1/accounts", "200"},
	} {
		if got := status(t, s.Server, step.token, step.path); got != step.want {
			t.Errorf("%s: %s, want %s", step.who, got, step.want)
		}
	}
	give(t, s.Server, "ana", "ro_docs", "documents/1")
	for _, step := range []struct{ who, token, path, want string }{
		{"ana about herself", ana, check, "200"},
		{"ana about herself elsewhere", ana, strings.Replace(check, "%2F1", "%2F2", 1), "404 NotFound"},
		{"ana listing what she holds", ana, "/v1/users/ana/resources/documents%2F1/permissions", "200"},
		{"ana about ben", ana, strings.Replace(check, "ana", "ben", 1), "403 Forbidden"},
		{"ana about Ana", ana, strings.Replace(check, "ana", "Ana", 1), "403 Forbidden"},
		{"ben about ana", ben, check, "403 Forbidden"},
		{"ana on records, with grants", ana, "/v1/records", "403 Forbidden"},
		{"ana on a record that does not exist", ana, "/v1/records/none", "403 Forbidden"},
		{"ana on roles", ana, "/v1/roles", "403 Forbidden"},
		{"ana on identities", ana, "/v1/identities", "403 Forbidden"},
	} {
		if got := status(t, s.Server, step.token, step.path); got != step.want {
			t.Errorf("%s: %s, want %s", step.who, got, step.want)
		}
	}
	// What a user may do here is decided as for anybody: by records.
	give(t, s.Server, "ben", "Authress:Owner", "Authress:*")
	if a := s.As(t, ben, "POST", "/v1/roles", `{"roleId":"ro_ben","name":"x","permissions":[]}`); a.Status != 201 {
		t.Errorf("ben, an administrator, making a role: %d %s, want 201", a.Status, a.Body)
	}
	for what, token := range map[string]string{
		"a client's id": s.token("sc_1"),
		"no user":       s.issuer.Token(map[string]any{"exp": time.Now().Add(time.Hour).Unix()}),
		"expired":       s.issuer.Token(map[string]any{"sub": "ana", "exp": time.Now().Add(-time.Hour).Unix()}),
		"another's":     authntest.New(t).Token(map[string]any{"sub": "ana", "exp": time.Now().Add(time.Hour).Unix()}),
	} {
		if got := status(t, s.Server, token, check); got != "401 Unauthorized" {
			t.Errorf("%s: %s, want 401 Unauthorized", what, got)
		}
	}
}

func TestIssuerOutOfReach(t *testing.T) {
	s := startTrusting(t)
	s.issuer.Replace(authntest.KeySet, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	a := s.As(t, s.token("ana"), "GET", "/v1/accounts", "")
	if a.Status != 503 || a.ErrorCode() != "ServiceUnavailable" || a.Header.Get("Retry-After") == "" || !strings.Contains(a.Body, "issuer") {
		t.Errorf("%d %s, want a 503 that speaks of the issuer", a.Status, a.Body)
	}
	if log := s.Log.String(); !strings.Contains(log, s.issuer.URL) || !strings.Contains(log, "502") {
		t.Errorf("the log does not say why: %s", log)
	}
}

// TestPrivateIssuerIsNotReached: without the operator's leave, registering an
// issuer makes the server connect to nothing private.
func TestPrivateIssuerIsNotReached(t *testing.T) {
	s := servertest.Start(t)
	issuer := authntest.New(t)
	local := strings.Replace(issuer.URL, "http://127.0.0.1", "https://localhost", 1)
	for _, url := range []string{issuer.URL, strings.Replace(issuer.URL, "http", "https", 1), strings.Replace(local, "https", "http", 1), "https://169.254.169.254", "https://[::1]"} {
		if a := s.Do(t, "POST", "/v1/identities", fmt.Sprintf(`{"issuer":%q}`, url)); a.Status != 400 || a.ErrorCode() != "InvalidRequest" {
			t.Errorf("%s: %d %s, want 400", url, a.Status, a.Body)
		}
	}
	s.Want(t, 201, "POST", "/v1/identities", fmt.Sprintf(`{"issuer":%q}`, local)) // a name: where it leads is judged when it is dialled
	token := issuer.Token(map[string]any{"iss": local, "sub": "ana", "exp": time.Now().Add(time.Hour).Unix()})
	if got := status(t, s, token, "/v1/accounts"); got != "503 ServiceUnavailable" {
		t.Errorf("a token of it: %s, want 503", got)
	}
	if n := issuer.Connections(); n != 0 {
		t.Errorf("%d connections to the loopback interface, want none", n)
	}
	if log := s.Log.String(); !strings.Contains(log, "not a public address") {
		t.Errorf("the log does not say why: %s", log)
	}
}

type identities struct {
	Identities []struct {
		Issuer           string `json:"issuer"`
		Audience         string `json:"audience"`
		UserIDExpression string `json:"userIdExpression"`
	} `json:"identities"`
	Links struct {
		Self struct {
			Href string `json:"href"`
		} `json:"self"`
	} `json:"links"`
}

func (i identities) texts() []string {
	var all []string
	for _, e := range i.Identities {
		all = append(all, e.Issuer+" "+e.Audience+" "+e.UserIDExpression)
	}
	slices.Sort(all)
	return all
}

func TestIdentities(t *testing.T) {
	s := servertest.Start(t)
	want := func(want ...string) {
		t.Helper()
		var got identities
		s.Want(t, 200, "GET", "/v1/identities", "").JSON(t, &got)
		if !slices.Equal(got.texts(), want) || got.Links.Self.Href != s.URL+"/v1/identities" {
			t.Errorf("got %q, %s; want %q", got.texts(), got.Links.Self.Href, want)
		}
	}
	want()
	issuer := authntest.New(t)
	sample := func(aud any) string {
		return issuer.Token(map[string]any{"iss": "https://sample.example.com", "aud": aud})
	}
	for _, body := range []string{
		`{"issuer":"https://a.example.com"}`,
		`{"issuer":"https://a.example.com/","preferredAudience":"app","userIdExpression":"a|{sub}"}`,
		`{"issuer":"https://a.example.com","preferredAudience":"app"}`,
		`{"jwt":"` + sample("one") + `"}`,
		`{"jwt":"` + sample([]string{"one", "two"}) + `","preferredAudience":"two"}`,
		`{"jwt":"` + sample([]string{"one"}) + `","preferredAudience":"*","issuer":null}`,
	} {
		if a := s.Do(t, "POST", "/v1/identities", body); a.Status != 201 || a.Body != "" {
			t.Errorf("%s: %d %q, want 201 without a body", body, a.Status, a.Body)
		}
	}
	want("https://a.example.com * {sub}", "https://a.example.com app {sub}", "https://a.example.com/ app a|{sub}",
		"https://sample.example.com * {sub}", "https://sample.example.com one {sub}", "https://sample.example.com two {sub}")
	s.Want(t, 201, "POST", "/v1/identities", `{"issuer":"https://a.example.com","preferredAudience":"app","userIdExpression":"b|{sub}"}`)
	want("https://a.example.com * {sub}", "https://a.example.com app b|{sub}", "https://a.example.com/ app a|{sub}",
		"https://sample.example.com * {sub}", "https://sample.example.com one {sub}", "https://sample.example.com two {sub}")
	for _, body := range []string{
		``, `{}`, `[]`, `{"issuer":""}`, `{"issuer":7}`,
		`{"issuer":"a.example.com"}`, `{"issuer":"http://a.example.com"}`, `{"issuer":"https://a.example.com?x"}`,
		`{"issuer":"https://a.example.com","userIdExpression":"ana"}`,
		`{"issuer":"https://a.example.com","userIdExpression":"sc_{sub}"}`,
		`{"issuer":"https://a.example.com","jwt":"` + sample("one") + `"}`,
		`{"jwt":"x"}`, `{"jwt":"a.b.c"}`,
		`{"jwt":"` + sample([]string{"one", "two"}) + `"}`, // which?
		`{"jwt":"` + sample(nil) + `"}`,
		`{"jwt":"` + sample("one") + `","preferredAudience":"two"}`,
		`{"jwt":"` + issuer.Token(map[string]any{"aud": "one"}) + `"}`, // an issuer on the loopback interface
		`{"Issuer":"https://a.example.com"}`,
	} {
		if a := s.Do(t, "POST", "/v1/identities", body); a.Status != 400 {
			t.Errorf("%s: %d %s, want 400", body, a.Status, a.Body)
		}
	}
}

func TestRightsOnIdentities(t *testing.T) {
	s := servertest.Start(t)
	role(t, s, "ro_read", "READ")
	role(t, s, "ro_update", "UPDATE")
	const body = `{"issuer":"https://a.example.com"}`
	for _, tt := range []struct {
		role, resource string
		get, post      int
	}{
		{"", "", 403, 403},
		{"ro_read", "Authress:Configuration", 200, 403},
		{"ro_update", "Authress:Configuration", 403, 201},
		{"ro_update", "Authress:*", 403, 201},
		{"ro_read", "Authress:Configurations", 403, 403},
		{"ro_update", "Authress:ServiceClients", 403, 403},
		{"ro_update", "configuration", 403, 403},
	} {
		id, key := s.NewClient(t)
		if tt.role != "" {
			give(t, s, id, tt.role, tt.resource)
		}
		get, post := s.As(t, key, "GET", "/v1/identities", ""), s.As(t, key, "POST", "/v1/identities", body)
		if get.Status != tt.get || post.Status != tt.post {
			t.Errorf("with %s on %s: GET %d, POST %d; want %d, %d", tt.role, tt.resource, get.Status, post.Status, tt.get, tt.post)
		}
	}
	if got := s.As(t, "", "POST", "/v1/identities", body).Status; got != 401 {
		t.Errorf("without a credential: %d, want 401", got)
	}
}

func TestIdentitiesAreBounded(t *testing.T) {
	s := servertest.Start(t)
	for i := range 100 {
		s.Want(t, 201, "POST", "/v1/identities", fmt.Sprintf(`{"issuer":"https://i%d.example.com"}`, i))
	}
	if a := s.Do(t, "POST", "/v1/identities", `{"issuer":"https://more.example.com"}`); a.Status != 409 {
		t.Errorf("number 101: %d %s, want 409", a.Status, a.Body)
	}
	s.Want(t, 201, "POST", "/v1/identities", `{"issuer":"https://i7.example.com","userIdExpression":"x|{sub}"}`)
	var got identities
	if s.Want(t, 200, "GET", "/v1/identities", "").JSON(t, &got); len(got.Identities) != 100 {
		t.Errorf("%d identities, want all 100 of them", len(got.Identities))
	}
}

// TestRegistrationsCount: what is registered and who is named by it is looked
// up at every request, and outlives a restart.
func TestRegistrationsCount(t *testing.T) {
	cfg := server.Config{Data: t.TempDir(), OutboundAllow: []string{"127.0.0.1"}}
	issuer := authntest.New(t)
	token := issuer.Token(map[string]any{"sub": "ana", "aud": "app", "exp": time.Now().Add(time.Hour).Unix()})
	var owner string
	t.Run("first", func(t *testing.T) {
		s := servertest.StartWith(t, cfg)
		owner = s.Owner
		if got := status(t, s, token, "/v1/accounts"); got != "401 Unauthorized" {
			t.Errorf("before it is registered: %s, want 401", got)
		}
		s.Want(t, 201, "POST", "/v1/identities", fmt.Sprintf(`{"issuer":%q,"preferredAudience":"app"}`, issuer.URL))
		if got := status(t, s, token, "/v1/users/ana"); got != "200" {
			t.Errorf("registered, on ana: %s, want 200", got)
		}
		s.Want(t, 201, "POST", "/v1/identities", fmt.Sprintf(`{"issuer":%q,"preferredAudience":"app","userIdExpression":"x|{sub}"}`, issuer.URL))
		if got := status(t, s, token, "/v1/users/ana"); got != "404 NotFound" {
			t.Errorf("with another expression, on ana: %s, want 404", got)
		}
	})
	s := servertest.StartWith(t, cfg)
	if got := status(t, s, token, "/v1/users/x%7Cana"); got != "200" {
		t.Errorf("after a restart: %s, want 200", got)
	}
	if a := s.As(t, owner, "GET", "/v1/identities", ""); a.Status != 200 || !strings.Contains(a.Body, issuer.URL) {
		t.Errorf("after a restart: %d %s", a.Status, a.Body)
	}
}

func TestClientsRateLimit(t *testing.T) {
	s := servertest.Start(t)
	id, key := s.NewClient(t)
	s.Want(t, 200, "PUT", "/v1/clients/"+id, `{"rateLimits":[{"duration":"PT1H","quota":100}]}`)
	_, other := s.NewClient(t)
	for i := range 100 {
		if a := s.As(t, key, "GET", "/v1/accounts", ""); a.Status != 200 {
			t.Fatalf("request %d: %d %s", i, a.Status, a.Body)
		}
	}
	a := s.As(t, key, "GET", "/v1/accounts", "")
	if a.Status != 429 || a.ErrorCode() != "TooManyRequests" || a.Header.Get("Retry-After") == "" || a.Header.Get("Retry-After") == "1" {
		t.Errorf("request 101: %d %s, Retry-After %q; want 429 and when to come back", a.Status, a.Body, a.Header.Get("Retry-After"))
	}
	if a := s.As(t, key, "POST", "/v1/records", recordBody("r1", "ana", "ro_x", "documents/1")); a.Status != 429 {
		t.Errorf("a write: %d, want 429", a.Status)
	}
	if got := status(t, s, other, "/v1/accounts"); got != "200" {
		t.Errorf("another client: %s, want 200", got)
	}
	s.Want(t, 200, "PUT", "/v1/clients/"+id, `{"rateLimits":[{"duration":"PT0S","quota":100}]}`)
	for range 150 {
		if got := status(t, s, key, "/v1/accounts"); got != "200" {
			t.Fatalf("without a limit: %s, want 200", got)
		}
	}
}
