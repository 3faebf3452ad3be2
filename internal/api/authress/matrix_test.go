package authress_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api/authress"
	"github.com/reeve-authz/reeve/internal/authn"
	"github.com/reeve-authz/reeve/internal/authn/authntest"
	"github.com/reeve-authz/reeve/internal/authz"
	"github.com/reeve-authz/reeve/internal/feed"
	"github.com/reeve-authz/reeve/internal/outbound"
	"github.com/reeve-authz/reeve/internal/server"
	"github.com/reeve-authz/reeve/internal/server/servertest"
	"github.com/reeve-authz/reeve/internal/store/sqlite"
)

// matrix has a line for every route of the dialect: method, path, body, and the
// expected status for
//
//	owner    the client that owns the account
//	limited  a client that holds an unrelated permission
//	admin    a client that administers the record, the group and nothing else
//	user     a user's token; the user may read documents/1
//	other    the owner of another realm, where none of the objects exist
//
// Deleted keys, expired tokens and no credential at all are 401 on every route
// that is not public. A route without a line fails the test.
//
// {client} is a client, {invite} an invite and {request} an access request of
// somebody else's; the other names are made by newMatrix.
const matrix = `
GET    /v1/users/ana/resources/documents%2F1/permissions/documents:read   -  200 403 403 200 404
GET    /v1/users/ana/resources/documents/1/permissions/documents:read     -  200 403 403 200 404
GET    /v1/users/ana/resources/documents%2F1/permissions                  -  200 403 403 200 404
GET    /v1/users/ana/resources/documents/1/permissions                    -  200 403 403 200 404
GET    /v1/users/ana/resources/documents%2F1/roles                        -  200 403 403 200 404
GET    /v1/users/ana/resources/documents/1/roles                          -  200 403 403 200 404
GET    /v1/users/ana/resources                                            -  200 403 403 200 200
GET    /v1/resources/documents%2F1/users                                  -  200 403 403 403 200
GET    /v1/resources/documents/1/users                                    -  200 403 403 403 200
POST   /v1/users/ana/tokens                                               {} 405 405 405 405 405
DELETE /v1/users/ana/tokens/t1                                            -  405 405 405 405 405
GET    /v1/users/ana/resources/documents%2F1/metadata                     -  405 405 405 405 405
GET    /v1/users/ana/resources/documents/1/metadata                       -  405 405 405 405 405
PUT    /v1/users/ana/resources/documents%2F1/metadata                     {} 405 405 405 405 405
PUT    /v1/users/ana/resources/documents/1/metadata                       {} 405 405 405 405 405

GET    /v1/records                          -        200 403 200 403 200
POST   /v1/records                          RECORD   201 403 403 403 201
GET    /v1/records/r1                       -        200 403 200 403 404
PUT    /v1/records/r1                       RECORD   202 403 202 403 404
POST   /v1/records/r1                       RECORD   202 403 202 403 404
DELETE /v1/records/r1                       -        204 403 204 403 404
POST   /v1/claims                           CLAIM    201 201 201 201 201
GET    /v1/requests                         -        200 403 403 403 200
POST   /v1/requests                         REQUEST  201 201 201 201 422
GET    /v1/requests/{request}               -        200 403 403 403 404
PATCH  /v1/requests/{request}               APPROVE  200 403 403 403 404
DELETE /v1/requests/{request}               -        204 403 403 403 404

GET    /v1/roles                            -        200 403 403 403 200
POST   /v1/roles                            ROLE     201 403 403 403 201
GET    /v1/roles/ro_read                    -        200 403 403 403 404
PUT    /v1/roles/ro_read                    ROLE     200 403 403 403 404
DELETE /v1/roles/ro_read                    -        204 403 403 403 404
GET    /v1/groups                           -        200 403 200 403 200
POST   /v1/groups                           GROUP    201 403 403 403 201
GET    /v1/groups/grp_1                     -        200 403 200 403 404
PUT    /v1/groups/grp_1                     GROUP    200 403 200 403 404
DELETE /v1/groups/grp_1                     -        204 403 204 403 404
GET    /v1/resources                        -        200 403 403 403 200
GET    /v1/resources/collection             -        200 404 404 404 404
GET    /v1/resources/a/collection           -        404 404 404 404 404
PUT    /v1/resources/collection             SETTINGS 200 403 403 403 200
PUT    /v1/resources/a/collection           SETTINGS 200 403 403 403 200

POST   /v1/invites                          INVITE   201 403 403 403 201
GET    /v1/invites/{invite}                 -        200 403 403 403 404
PATCH  /v1/invites/{invite}                 {}       200 200 200 200 404
DELETE /v1/invites/{invite}                 -        204 403 403 403 404
GET    /v1/clients                          -        200 403 403 403 200
POST   /v1/clients                          {}       201 403 403 403 201
GET    /v1/clients/{client}                 -        200 403 403 403 404
PUT    /v1/clients/{client}                 {}       200 403 403 403 404
DELETE /v1/clients/{client}                 -        204 403 403 403 404
POST   /v1/clients/{client}/access-keys     {}       201 403 403 403 404
DELETE /v1/clients/{client}/access-keys/{key} -      204 403 403 403 404

GET    /v1/users                            -        200 403 403 200 200
GET    /v1/users/ana                        -        200 403 403 200 404
PUT    /v1/users/ana                        CLAIMS   200 403 403 403 404
PUT    /v1/users/ana/token-configuration    CLAIMS   200 403 403 403 404
DELETE /v1/users/ana                        -        202 403 403 403 404
GET    /v1/tenants                          -        200 403 403 403 200
POST   /v1/tenants                          TENANT   201 403 403 403 201
GET    /v1/tenants/ten_1                    -        200 403 403 403 404
PUT    /v1/tenants/ten_1                    TENANT1  200 403 403 403 404
DELETE /v1/tenants/ten_1                    -        204 403 403 403 404
PATCH  /v1/tenants/ten_1                    USER     204 403 403 403 404
PATCH  /v1/tenants/ten_1/users              USER     204 403 403 403 404
GET    /v1/accounts                         -        200 200 200 200 200
GET    /v1/accounts/acc_default             -        200 200 200 200 404
GET    /v1/identities                       -        200 403 403 403 200
POST   /v1/identities                       IDENTITY 201 403 403 403 201
`

var matrixBodies = map[string]string{
	"-":        "",
	"{}":       "{}",
	"RECORD":   `{"name":"x","users":[{"userId":"ana"}],"statements":[{"roles":["ro_read"],"resources":[{"resourceUri":"documents/1"}]}]}`,
	"CLAIM":    `{"collectionResource":"collection","resourceId":"new"}`,
	"REQUEST":  `{"access":{"users":[{"userId":"ben"}],"statements":[{"roles":["ro_read"],"resources":[{"resourceUri":"documents/1"}]}]}}`,
	"APPROVE":  `{"status":"APPROVED"}`,
	"ROLE":     `{"name":"x","permissions":[]}`,
	"GROUP":    `{"name":"x","users":[],"admins":null}`,
	"SETTINGS": `{"permissions":[{"action":"CLAIM","allow":true}]}`,
	"INVITE":   `{"statements":[{"roles":["ro_read"],"resources":[{"resourceUri":"documents/1"}]}]}`,
	"CLAIMS":   `{"defaultClaims":{"defaultAccessTokenClaims":{"a":"b"}}}`,
	"TENANT":   `{"tenantId":"ten_2","data":{"name":"x"}}`,
	"TENANT1":  `{"data":{"name":"x"}}`,
	"USER":     `{"userId":"ana"}`,
	"IDENTITY": `{"issuer":"http://127.0.0.1:1","preferredAudience":"app"}`,
}

// line is a line of the matrix.
type line struct {
	method, path, body string
	codes              []string // owner limited admin user other
}

func (l line) String() string { return l.method + " " + l.path }

func readMatrix(t *testing.T) []line {
	t.Helper()
	var lines []line
	for text := range strings.Lines(matrix) {
		fields := strings.Fields(text)
		if len(fields) == 0 {
			continue
		}
		if len(fields) != 8 {
			t.Fatalf("the line %q has %d fields, want 8", text, len(fields))
		}
		body, ok := matrixBodies[fields[2]]
		if !ok {
			t.Fatalf("the line %q names an unknown body", text)
		}
		lines = append(lines, line{fields[0], fields[1], body, fields[3:]})
	}
	return lines
}

// fits reports whether a path of the matrix is one of the route's.
func fits(route, path string) bool {
	r, p := strings.Split(strings.Trim(route, "/"), "/"), strings.Split(strings.Trim(path, "/"), "/")
	many := slices.IndexFunc(r, func(s string) bool { return strings.HasSuffix(s, "...}") })
	if many >= 0 { // matched by more than one segment, so that its twin with one is not meant
		if len(p) <= len(r) {
			return false
		}
		p = slices.Concat(p[:many], []string{"many"}, p[len(p)-(len(r)-many-1):])
	}
	if len(r) != len(p) {
		return false
	}
	for i := range r {
		if !strings.HasPrefix(r[i], "{") && r[i] != p[i] {
			return false
		}
	}
	return true
}

// matrixWorld is a server with two realms and every kind of object and
// credential.
type matrixWorld struct {
	*servertest.Server
	names                 *strings.Replacer
	other, limited, admin string
	user, expired, gone   string
}

func newMatrixWorld(t *testing.T, issuer *authntest.Issuer) *matrixWorld {
	t.Helper()
	data := t.TempDir()
	first, second := createRealms(t, data)
	w := &matrixWorld{Server: servertest.StartWith(t, server.Config{Data: data, OutboundAllow: []string{"127.0.0.1/32"}}), other: second}
	w.Owner = first
	post := func(path, body string, into any) { w.Want(t, 201, "POST", path, body).JSON(t, into) }
	var ignored any
	role(t, w.Server, "ro_read", "documents:read")
	clientID, keyText := w.NewClient(t)
	limitedID, limited := w.NewClient(t)
	adminID, admin := w.NewClient(t)
	goneID, gone := w.NewClient(t)
	w.limited, w.admin, w.gone = limited, admin, gone
	w.Want(t, 204, "DELETE", "/v1/clients/"+goneID, "")
	give(t, w.Server, limitedID, "ro_read", "elsewhere")
	admins := `"admins":[{"userId":"` + adminID + `"}]`
	post("/v1/records", `{"recordId":"r1",`+admins+`,`+strings.TrimPrefix(matrixBodies["RECORD"], "{"), &ignored)
	post("/v1/groups", `{"groupId":"grp_1","name":"x","users":[{"userId":"ben"}],`+admins+`}`, &ignored)
	post("/v1/tenants", `{"tenantId":"ten_1","data":{"name":"x"}}`, &ignored)
	w.Want(t, 200, "PUT", "/v1/resources/collection", matrixBodies["SETTINGS"])
	if got := w.As(t, w.Owner, "POST", "/v1/identities", `{"issuer":"`+issuer.URL+`","preferredAudience":"app"}`); got.Status != 201 {
		t.Fatalf("registering the issuer: %d %s", got.Status, got.Body)
	}
	w.user = issuer.Token(map[string]any{"sub": "ana", "aud": "app", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()})
	w.expired = issuer.Token(map[string]any{"sub": "ana", "aud": "app", "iat": time.Now().Add(-2 * time.Hour).Unix(), "exp": time.Now().Add(-time.Hour).Unix()})
	var request struct {
		ID string `json:"requestId"`
	}
	post("/v1/requests", matrixBodies["REQUEST"], &request)
	var invite struct {
		ID string `json:"inviteId"`
	}
	post("/v1/invites", matrixBodies["INVITE"], &invite)
	key := strings.Split(keyText, ".")[1]
	w.names = strings.NewReplacer("{client}", clientID, "{key}", key, "{request}", request.ID, "{invite}", invite.ID)
	if got := w.As(t, w.user, "GET", "/v1/accounts", ""); got.Status != 200 { // ana is seen
		t.Fatalf("the user's token: %d %s", got.Status, got.Body)
	}
	for deadline := time.Now().Add(10 * time.Second); w.Do(t, "GET", "/v1/users/ana", "").Status != 200; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the user of the token was not kept")
		}
	}
	return w
}

// createRealms makes two realms in a folder and returns their owners' keys.
func createRealms(t *testing.T, data string) (first, second string) {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Config{Dir: data})
	if err != nil {
		t.Fatal(err)
	}
	dir, log := authn.NewDirectory(), slog.New(slog.DiscardHandler)
	f, err := feed.Open(t.Context(), feed.Config{Store: st, Log: log, Listeners: []feed.Listener{dir.Update}})
	if err != nil {
		t.Fatal(err)
	}
	out, err := outbound.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	svc := authz.New(authz.Config{Store: st, Feed: f, Directory: dir, Outbound: out, Log: log})
	keys := map[access.RealmID]string{}
	for realm, account := range map[access.RealmID]string{access.DefaultRealm: "acc_default", "other": "acc_other"} {
		b, err := svc.NewBootstrap(authz.Bootstrap{AccountID: account})
		if err != nil {
			t.Fatal(err)
		}
		if err := svc.CreateRealm(t.Context(), realm, b); err != nil {
			t.Fatal(err)
		}
		keys[realm] = b.AccessKey
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	return keys[access.DefaultRealm], keys["other"]
}

// TestEveryRouteAgainstEveryCredential holds the matrix against the routes that
// the dialect really has.
func TestEveryRouteAgainstEveryCredential(t *testing.T) {
	lines := readMatrix(t)
	used := map[string]bool{}
	issuer := authntest.New(t)
	for _, route := range authress.New(authress.Config{}).Routes {
		name := route.Method + " " + route.Path
		if route.Public || strings.HasPrefix(route.Path, "/v1/connections") || strings.HasPrefix(route.Path, "/v1/extensions") ||
			strings.HasPrefix(route.Path, "/v1/applications") || strings.HasPrefix(route.Path, "/api/") {
			continue // of the login side nothing is here to be protected
		}
		i := slices.IndexFunc(lines, func(l line) bool { return l.method == route.Method && fits(route.Path, l.path) && !used[l.String()] })
		if i < 0 {
			t.Errorf("the route %s has no line in the matrix", name)
			continue
		}
		used[lines[i].String()] = true
		testLine(t, lines[i], issuer)
	}
	for _, l := range lines {
		if !used[l.String()] {
			t.Errorf("the line %s is of no route", l)
		}
	}
}

// testLine asks with the least credential first, so that what the owner changes
// comes last.
func testLine(t *testing.T, l line, issuer *authntest.Issuer) {
	t.Helper()
	w := newMatrixWorld(t, issuer)
	path := w.names.Replace(l.path)
	for _, tt := range []struct {
		who, want  string
		credential func() string
	}{
		{"nobody", "401", func() string { return "" }},
		{"a deleted key", "401", func() string { return w.gone }},
		{"an expired token", "401", func() string { return w.expired }},
		{"the owner of another realm", l.codes[4], func() string { return w.other }},
		{"a limited client", l.codes[1], func() string { return w.limited }},
		{"a user", l.codes[3], func() string { return w.user }},
		{"an administrator", l.codes[2], func() string { return w.admin }},
		{"the owner", l.codes[0], func() string { return w.Owner }},
	} {
		got := w.As(t, tt.credential(), l.method, path, l.body)
		if fmt.Sprint(got.Status) != tt.want {
			t.Errorf("%s as %s: %d %s, want %s", l, tt.who, got.Status, got.Body, tt.want)
		}
		if got.Status < 300 && (l.method == "DELETE" || l.path == "/v1/claims" || l.method+l.path == "POST/v1/identities" || strings.HasPrefix(l.path, "/v1/invites/{") && l.method == "PATCH") {
			w = newMatrixWorld(t, issuer) // the next one finds it again
			path = w.names.Replace(l.path)
		}
	}
}
