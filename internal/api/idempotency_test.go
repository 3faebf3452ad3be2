package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/reeve-authz/reeve/internal/access"
)

// memory keeps answers in memory.
type memory struct {
	mu   sync.Mutex
	kept map[string]access.Answer
}

func (m *memory) KeptAnswer(_ context.Context, _ access.Caller, key []byte) (access.Answer, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.kept[string(key)]
	return a, ok, nil
}

func (m *memory) KeepAnswer(_ context.Context, _ access.Caller, a access.Answer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept[string(a.Key)] = a
}

// replayed is a server with one handler on some routes; who calls stands in the
// Authorization header.
func replayed(handle Handler) http.Handler {
	d := &Dialect{
		Prefix: "/",
		Routes: []Route{
			{Method: "POST", Path: "/things", Handle: handle},
			{Method: "POST", Path: "/things/{id}", Handle: handle},
			{Method: "PUT", Path: "/things", Handle: handle},
			{Method: "POST", Path: "/questions", NoReplay: true, Handle: handle},
		},
		WriteError: func(w http.ResponseWriter, _ *Request, e *access.Error) {
			w.WriteHeader(Status(e.Kind))
			_, _ = io.WriteString(w, e.Message)
		},
	}
	d.Replay(&memory{kept: map[string]access.Answer{}})
	return NewHandler(Config{
		Dialects: []*Dialect{d},
		Authenticate: func(_ context.Context, h http.Header) (access.Caller, error) {
			realm, credential, _ := strings.Cut(h.Get("Authorization"), "/")
			return access.Caller{Realm: access.RealmID(realm), Credential: credential}, nil
		},
		Log: slog.New(slog.DiscardHandler),
	})
}

type sent struct{ method, path, key, who, body string }

func (s sent) to(h http.Handler) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(context.Background(), s.method, s.path, strings.NewReader(s.body))
	r.Header.Set("Authorization", s.who)
	r.Header.Set("Idempotency-Key", s.key)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestReplayIsForTheVerySameRequest: everything that makes a request another one
// lets it be carried out.
func TestReplayIsForTheVerySameRequest(t *testing.T) {
	calls := 0
	h := replayed(func(w http.ResponseWriter, r *Request) error {
		calls++
		body, err := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "text/x")
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, "%d %s", calls, body)
		return err
	})
	first := sent{"POST", "/things", "k", "realm/key", "b"}
	if got := first.to(h); got.Code != 201 || got.Body.String() != "1 b" {
		t.Fatalf("the first: %d %s", got.Code, got.Body)
	}
	if got := first.to(h); got.Code != 201 || got.Body.String() != "1 b" || got.Header().Get("Content-Type") != "text/x" || got.Header().Get("Idempotent-Replayed") != "true" {
		t.Errorf("again: %d %s %v", got.Code, got.Body, got.Header())
	}
	change := func(f func(*sent)) sent { s := first; f(&s); return s }
	for i, other := range []sent{
		change(func(s *sent) { s.path = "/things/1" }),
		change(func(s *sent) { s.path = "/things/2" }),
		change(func(s *sent) { s.path = "/things?a=b" }),
		change(func(s *sent) { s.key = "k2" }),
		change(func(s *sent) { s.who = "realm/key2" }),
		change(func(s *sent) { s.who = "realm2/key" }),
		change(func(s *sent) { s.method = "PUT" }),
		change(func(s *sent) { s.method = "PUT" }),
		change(func(s *sent) { s.path = "/questions" }),
		change(func(s *sent) { s.path = "/questions" }),
		change(func(s *sent) { s.key = "" }),
		change(func(s *sent) { s.key = "" }),
	} {
		if got := other.to(h); got.Code != 201 || got.Body.String() != fmt.Sprintf("%d b", i+2) || got.Header().Get("Idempotent-Replayed") != "" {
			t.Errorf("%+v: %d %s, want it carried out as number %d", other, got.Code, got.Body, i+2)
		}
	}
	before := calls
	for _, body := range []string{"c", "", "b "} {
		if got := change(func(s *sent) { s.body = body }).to(h); got.Code != 422 || calls != before {
			t.Errorf("the key with the body %q: %d %s after %d calls, want 422", body, got.Code, got.Body, calls)
		}
	}
	if got := first.to(h); got.Body.String() != "1 b" {
		t.Errorf("after another body: %s, want the first answer", got.Body)
	}
}

// TestWhatIsKept: judgements are, and what was no judgement is not.
func TestWhatIsKept(t *testing.T) {
	for _, tt := range []struct {
		err  error
		code int
		kept bool
	}{
		{nil, 200, true},
		{access.Errorf(access.Invalid, "m"), 400, true},
		{access.Errorf(access.Forbidden, "m"), 403, false},
		{access.Errorf(access.NotFound, "m"), 404, true},
		{access.Errorf(access.Conflict, "m"), 409, true},
		{access.FieldErrorf("f", "r", "m"), 422, true},
		{access.Errorf(access.Unauthenticated, "m"), 401, false},
		{access.Errorf(access.TooMany, "m"), 429, false},
		{access.Errorf(access.TooLarge, "m"), 413, false},
		{access.Errorf(access.Unavailable, "m"), 503, false},
		{errors.New("the disk is gone"), 500, false},
	} {
		calls := 0
		h := replayed(func(w http.ResponseWriter, _ *Request) error {
			calls++
			if tt.err == nil {
				fmt.Fprint(w, "m")
			}
			return tt.err
		})
		s := sent{"POST", "/things", "k", "realm/key", ""}
		first, second := s.to(h), s.to(h)
		if first.Code != tt.code || second.Code != tt.code || first.Body.String() != second.Body.String() || (calls == 1) != tt.kept {
			t.Errorf("%v: %d %s, then %d %s after %d calls; want it kept: %t", tt.err, first.Code, first.Body, second.Code, second.Body, calls, tt.kept)
		}
	}
}

// TestTwinWaits: for the first, whose answer it gets; or, where that is not kept,
// until it is its turn.
func TestTwinWaits(t *testing.T) {
	for _, status := range []int{201, 503} {
		synctest.Test(t, func(t *testing.T) {
			release := make(chan struct{})
			calls := 0 // never at the same time
			h := replayed(func(w http.ResponseWriter, _ *Request) error {
				calls++
				<-release
				w.WriteHeader(status)
				return nil
			})
			got := make([]*httptest.ResponseRecorder, 3)
			var all sync.WaitGroup
			for i := range got {
				all.Go(func() { got[i] = sent{"POST", "/things", "k", "realm/key", ""}.to(h) })
			}
			synctest.Wait()
			if calls != 1 {
				t.Errorf("%d are carried out at once, want 1", calls)
			}
			close(release)
			all.Wait()
			want := 1
			if status == 503 {
				want = 3
			}
			if calls != want || got[0].Code != status || got[1].Code != status || got[2].Code != status {
				t.Errorf("%d calls answered %d, %d, %d; want %d calls and %d", calls, got[0].Code, got[1].Code, got[2].Code, want, status)
			}
		})
	}
}

// TestTwinGivesUp: who stops waiting for the first leaves it alone.
func TestTwinGivesUp(t *testing.T) {
	in := &inHand{done: map[[32]byte]chan struct{}{}}
	var key [32]byte
	if err := in.enter(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := in.enter(ctx, key); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want it cancelled", err)
	}
	in.leave(key)
	if err := in.enter(t.Context(), key); err != nil || len(in.done) != 1 {
		t.Errorf("got %v with %d in hand, want its turn", err, len(in.done))
	}
	in.leave(key)
	if len(in.done) != 0 {
		t.Error("what is done is still in hand")
	}
}
