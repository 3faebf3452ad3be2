package api

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
)

// TestSecretPathsAreNotLogged: what failed is logged by its path, and by its
// route where the path holds a secret.
func TestSecretPathsAreNotLogged(t *testing.T) {
	fails := func(http.ResponseWriter, *Request) error { return errors.New("the disk is gone") }
	var log bytes.Buffer
	h := NewHandler(Config{
		Dialects: []*Dialect{{
			Routes: []Route{
				{Method: "GET", Path: "/v1/records/{record}", Handle: fails},
				{Method: "GET", Path: "/v1/invites/{invite}", Secret: true, Handle: fails},
			},
			WriteError: func(w http.ResponseWriter, _ *Request, e *access.Error) { w.WriteHeader(Status(e.Kind)) },
		}},
		Authenticate: func(context.Context, http.Header) (access.Caller, error) { return access.Caller{}, nil },
		Log:          slog.New(slog.NewTextHandler(&log, nil)),
	})
	for _, path := range []string{"/v1/records/rec_1", "/v1/invites/inv_1"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, http.NoBody))
		if w.Code != http.StatusInternalServerError {
			t.Errorf("%s: %d, want 500", path, w.Code)
		}
	}
	if got := log.String(); !strings.Contains(got, "/v1/records/rec_1") || !strings.Contains(got, "/v1/invites/{invite}") || strings.Contains(got, "inv_1") {
		t.Errorf("logged %s, want the record's path and the invite's route", got)
	}
}
