package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
)

// TestAwaitedRevision: what a request names is waited for in the caller's realm,
// and the caller is proved again where that took time.
func TestAwaitedRevision(t *testing.T) {
	var proved int
	var revoked bool
	awaited := access.Revision(-1)
	h := NewHandler(Config{
		Dialects: []*Dialect{{
			Prefix: "/",
			Routes: []Route{
				{Method: "GET", Path: "/thing", Handle: func(w http.ResponseWriter, _ *Request) error {
					w.WriteHeader(http.StatusOK)
					return nil
				}},
				{Method: "PUT", Path: "/thing", Handle: func(w http.ResponseWriter, r *Request) error {
					*r.Caller.Committed = 12
					_, _ = w.Write([]byte("done")) // a status of its own is not said
					return nil
				}},
				{Method: "GET", Path: "/public", Public: true, Handle: func(w http.ResponseWriter, _ *Request) error {
					w.WriteHeader(http.StatusOK)
					return nil
				}},
			},
			WriteError: func(w http.ResponseWriter, _ *Request, e *access.Error) { w.WriteHeader(Status(e.Kind)) },
		}},
		Authenticate: func(context.Context, http.Header) (access.Caller, error) {
			if proved++; revoked && proved > 1 {
				return access.Caller{}, access.Errorf(access.Unauthenticated, "revoked")
			}
			return access.Caller{Realm: "a"}, nil
		},
		Await: func(_ context.Context, realm access.RealmID, rev access.Revision) (bool, error) {
			if awaited = rev; realm != "a" || rev > 20 {
				return true, access.Errorf(access.Unavailable, "not there")
			}
			return rev > 10, nil
		},
	})
	for _, tt := range []struct {
		method, path string
		names        []string
		revoked      bool
		status       int
		proved       int
		awaited      access.Revision
		committed    string
	}{
		{"GET", "/thing", nil, false, 200, 1, -1, ""},
		{"GET", "/thing", []string{"10"}, false, 200, 1, 10, ""},
		{"GET", "/thing", []string{"11"}, false, 200, 2, 11, ""},
		{"GET", "/thing", []string{"11"}, true, 401, 2, 11, ""},
		{"GET", "/thing", []string{"21"}, false, 503, 1, 21, ""},
		{"GET", "/thing", []string{"9223372036854775807"}, false, 503, 1, 9223372036854775807, ""},
		{"GET", "/thing", []string{"9223372036854775808"}, false, 400, 1, -1, ""},
		{"GET", "/thing", []string{"0"}, false, 400, 1, -1, ""},
		{"GET", "/thing", []string{"-1"}, false, 400, 1, -1, ""},
		{"GET", "/thing", []string{"+1"}, false, 400, 1, -1, ""},
		{"GET", "/thing", []string{"1.0"}, false, 400, 1, -1, ""},
		{"GET", "/thing", []string{""}, false, 400, 1, -1, ""},
		{"GET", "/thing", []string{"1", "2"}, false, 400, 1, -1, ""},
		{"PUT", "/thing", nil, false, 200, 1, -1, "12"},
		{"PUT", "/thing", []string{"21"}, false, 503, 1, 21, ""},
		{"GET", "/public", []string{"no number"}, false, 200, 0, -1, ""},
	} {
		proved, awaited, revoked = 0, -1, tt.revoked
		r := httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, http.NoBody)
		r.Header["Reeve-Revision"] = tt.names
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != tt.status || proved != tt.proved || awaited != tt.awaited || w.Header().Get("Reeve-Revision") != tt.committed {
			t.Errorf("%s %s naming %q: %d, proved %d times, awaited %d, answered with the revision %q; want %d, %d, %d, %q",
				tt.method, tt.path, tt.names, w.Code, proved, awaited, w.Header().Get("Reeve-Revision"), tt.status, tt.proved, tt.awaited, tt.committed)
		}
		if w.Code == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
			t.Errorf("naming %q: 503 without Retry-After", tt.names)
		}
	}
}
