package native

import (
	_ "embed"
	"net/http"

	"github.com/reeve-authz/reeve/internal/api"
)

// document describes every route of the dialect, and a test holds it to that.
//
//go:embed openapi.yaml
var document []byte

func documentRoutes() []api.Route {
	return []api.Route{{Method: "GET", Path: "/api/v1/openapi.yaml", Public: true, Handle: writeDocument}}
}

func writeDocument(w http.ResponseWriter, _ *api.Request) error {
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(document) // a caller that has gone away is no error
	return nil
}
