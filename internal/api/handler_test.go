package api

import (
	"bytes"
	"context"
	"errors"
	"io"
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

// TestBrokenAnswers: an answer that fails on the way ends in a broken connection,
// not in what passes for the whole, and is logged.
func TestBrokenAnswers(t *testing.T) {
	var log bytes.Buffer
	server := httptest.NewServer(NewHandler(Config{
		Dialects: []*Dialect{{
			Routes: []Route{{Method: "GET", Path: "/file", Public: true, Handle: func(w http.ResponseWriter, _ *Request) error {
				_, _ = w.Write([]byte("the first half"))
				return errors.New("the disk is gone")
			}}},
			WriteError: func(w http.ResponseWriter, _ *Request, e *access.Error) { w.WriteHeader(Status(e.Kind)) },
		}},
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	}))
	resp, err := server.Client().Get(server.URL + "/file")
	if err == nil {
		_, err = io.ReadAll(resp.Body)
		_ = resp.Body.Close()
	}
	if err == nil {
		t.Error("the answer was read to its end as if it were whole")
	}
	server.Close()
	if got := log.String(); !strings.Contains(got, "the disk is gone") {
		t.Errorf("logged %q, want what broke the answer", got)
	}
}
