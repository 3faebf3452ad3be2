// Package servertest runs a whole server inside a test, on the real store.
package servertest

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/reeve-authz/reeve/internal/server"
)

// Server is a server that runs until the test ends.
type Server struct {
	URL       string
	AccountID string
	Owner     string // access key of the client that owns the account
	APIKey    string // proves the same client
	Data      string // its folder
	Log       *Log   // what it logged
	// Inspect is shown every answer of As, if it is set.
	Inspect func(t testing.TB, method, path string, a Answer)
}

// Start runs a server on a store in a temporary folder.
func Start(t testing.TB) *Server {
	t.Helper()
	return StartWith(t, server.Config{Data: t.TempDir()})
}

// StartWith runs a server with a configuration; Listen is set here.
func StartWith(t testing.TB, cfg server.Config) *Server {
	t.Helper()
	cfg.Listen = "127.0.0.1:0"
	logged := &Log{}
	s, err := server.Open(context.Background(), cfg, slog.New(slog.NewTextHandler(logged, nil)))
	if err != nil {
		t.Fatalf("opening the server: %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serving: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("closing the server: %v", err)
		}
	})
	out := &Server{URL: s.URL(), Data: cfg.Data, Log: logged}
	if s.Bootstrap != nil {
		out.AccountID, out.Owner, out.APIKey = s.Bootstrap.AccountID, s.Bootstrap.AccessKey, s.Bootstrap.APIKey
	}
	return out
}

// Answer is what the server answered.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// JSON decodes the body.
func (a Answer) JSON(t testing.TB, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.Body), into); err != nil {
		t.Fatalf("decoding %s: %v", a.Body, err)
	}
}

// ErrorCode is the stable name of an error, in whatever dialect it came.
func (a Answer) ErrorCode() string {
	var body struct {
		Authress string `json:"errorCode"`
		WorkOS   string `json:"code"`
		Native   string `json:"error"`
	}
	_ = json.Unmarshal([]byte(a.Body), &body) // no error body: no code
	return cmp.Or(body.Authress, body.WorkOS, body.Native)
}

// Do sends a request as the owner; body is sent as it is.
func (s *Server) Do(t testing.TB, method, path, body string) Answer {
	t.Helper()
	return s.As(t, s.Owner, method, path, body)
}

// As sends a request with a credential, none if empty. header holds names and
// values in turn.
func (s *Server) As(t testing.TB, credential, method, path, body string, header ...string) Answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	if credential != "" {
		req.Header.Set("Authorization", "Bearer "+credential)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: reading the answer: %v", method, path, err)
	}
	a := Answer{resp.StatusCode, resp.Header, string(got)}
	if s.Inspect != nil {
		s.Inspect(t, method, path, a)
	}
	return a
}

// client follows no redirect: the server must not send one.
var client = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
}

// Want sends a request as the owner and fails the test unless it is answered
// with the status.
func (s *Server) Want(t testing.TB, status int, method, path, body string) Answer {
	t.Helper()
	a := s.Do(t, method, path, body)
	if a.Status != status {
		t.Fatalf("%s %s %s: got %d %s, want %d", method, path, body, a.Status, a.Body, status)
	}
	return a
}

// NewClient makes a service client without any right, and returns its id and
// an access key.
func (s *Server) NewClient(t testing.TB) (id, accessKey string) {
	t.Helper()
	var client struct {
		ClientID string `json:"clientId"`
	}
	s.Want(t, http.StatusCreated, "POST", "/v1/clients", `{"name":"test"}`).JSON(t, &client)
	var key struct {
		AccessKey string `json:"accessKey"`
	}
	s.Want(t, http.StatusCreated, "POST", "/v1/clients/"+client.ClientID+"/access-keys", "").JSON(t, &key)
	return client.ClientID, key.AccessKey
}

// Log collects what a server logs.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// String is everything logged so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
