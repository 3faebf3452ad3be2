package server_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/server"
	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// The paths of two checks in the world of openForChecks.
const (
	allowedPath    = "/v1/users/ana/resources/authz_resource_doc/permissions/document:read"
	deniedPath     = "/v1/users/bob/resources/authz_resource_doc/permissions/document:read"
	membershipPath = "/authorization/organization_memberships/om_ana/check"
)

const membershipBody = `{"permission_slug":"document:read","resource_id":"authz_resource_doc"}`

// batchBody asks what allowedPath asks, many times over.
func batchBody(questions int) string {
	one := `{"user":"ana","permission":"document:read","resource":"authz_resource_doc"}`
	return `{"checks":[` + one + strings.Repeat(","+one, questions-1) + `]}`
}

// checkWorld is a document four levels deep in an organization, which ana may
// read: as a user by a group of the realm, and as a member of the organization.
const checkWorld = `{"t":"meta","format":"reeve","version":1}
{"t":"model","resource_types":[{"slug":"folder"},{"slug":"document","parents":["folder"]}],"permissions":[{"slug":"document:read","resource_type":"document"}],"roles":[{"slug":"reader","resource_type":"organization","permissions":["document:read"]}]}
{"t":"organization","id":"org_a","name":"Acme","root":"authz_resource_org"}
{"t":"user","id":"ana","email":"ana@example.com"}
{"t":"membership","id":"om_ana","organization":"org_a","user":"ana"}
{"t":"resource","id":"authz_resource_folder","organization":"org_a","type":"folder","externalId":"f","name":"F"}
{"t":"resource","id":"authz_resource_doc","organization":"org_a","type":"document","externalId":"d","name":"D","parent":"authz_resource_folder"}
{"t":"assignment","subject":"membership:om_ana","role":"reader","resource":"authz_resource_org"}
{"t":"group","id":"grp_readers","name":"Readers"}
{"t":"member","group":"grp_readers","subject":"user:ana"}
{"t":"assign","subject":"group:grp_readers","role":"reader","resource":"authz_resource_folder"}
`

// openForChecks runs a server with that world, on an address and as a handler.
func openForChecks(tb testing.TB) (*servertest.Server, http.Handler) {
	tb.Helper()
	running, err := server.Open(tb.Context(), server.Config{Data: tb.TempDir(), Listen: "127.0.0.1:0"}, slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- running.Serve(ctx) }()
	tb.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			tb.Error(err)
		}
		if err := running.Close(); err != nil {
			tb.Error(err)
		}
	})
	s := &servertest.Server{URL: running.URL(), Owner: running.Bootstrap.AccessKey, APIKey: running.Bootstrap.APIKey}
	s.Want(tb, 200, "PUT", "/api/v1/imports/imp_checks/batches/1", checkWorld)
	s.Want(tb, 200, "GET", allowedPath, "")
	s.Want(tb, 404, "GET", deniedPath, "")
	if got := s.Want(tb, 200, "POST", membershipPath, membershipBody); !strings.Contains(got.Body, "true") {
		tb.Fatalf("the check of the membership: %s", got.Body)
	}
	return s, running.Handler()
}

// emptyMux is the least that net/http does for a route of the shape of a check.
func emptyMux() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/users/{user}/resources/{resource}/permissions/{permission}", func(w http.ResponseWriter, r *http.Request) {
		_, _, _ = r.PathValue("user"), r.PathValue("resource"), r.PathValue("permission")
		w.WriteHeader(http.StatusOK)
	})
	return mux
}

// rawRequest is a request as an official SDK sends it.
func rawRequest(method, path, credential, body string) []byte {
	head := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: reeve.test\r\nAuthorization: Bearer %s\r\nUser-Agent: Authress SDK; Go; 1.0;\r\nAccept-Encoding: gzip\r\n", method, path, credential)
	if body != "" {
		head += fmt.Sprintf("Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	return []byte(head + "\r\n" + body)
}
