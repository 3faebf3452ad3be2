package client_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/client"
	"github.com/reeve-authz/reeve/internal/server/servertest"
)

func TestCheck(t *testing.T) {
	s := servertest.Start(t)
	owner, _, _ := strings.Cut(s.Owner, ".")
	c, err := client.New(s.URL+"/", s.Owner)
	if err != nil {
		t.Fatal(err)
	}
	for user, want := range map[string]bool{owner: true, "ana": false} {
		if got, err := c.Check(t.Context(), user, "documents/1", "documents:read"); got != want || err != nil {
			t.Errorf("Check(%s) = %v, %v; want %v", user, got, err, want)
		}
	}
}

// TestWhatIsNoDecisionIsAnError: an answer that the server did not give to the
// question that was asked is neither yes nor no.
func TestWhatIsNoDecisionIsAnError(t *testing.T) {
	s := servertest.Start(t)
	owner, _, _ := strings.Cut(s.Owner, ".")
	c, err := client.New(s.URL, s.Owner)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range [][3]string{{"", "a", "b"}, {owner, "", "b"}, {owner, "a", ""}, {owner, "a//b", "c"}, {owner, "a", "b c"}} {
		if got, err := c.Check(t.Context(), q[0], q[1], q[2]); got || err == nil {
			t.Errorf("Check(%q) = %v, %v; want an error", q, got, err)
		}
	}
	wrong, err := client.New(s.URL, "sk_wrong")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := wrong.Check(t.Context(), owner, "a", "b"); got || !errors.Is(err, client.ErrUnauthenticated) {
		t.Errorf("with a wrong key: %v, %v; want ErrUnauthenticated", got, err)
	}
	_, limited := s.NewClient(t)
	other, err := client.New(s.URL, limited)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := other.Check(t.Context(), owner, "a", "b"); got || !errors.Is(err, client.ErrForbidden) {
		t.Errorf("without a right: %v, %v; want ErrForbidden", got, err)
	}
}

// TestOtherServersDecideNothing: pages of proxies and of other servers.
func TestOtherServersDecideNothing(t *testing.T) {
	for name, answer := range map[string]struct {
		status int
		body   string
	}{
		"a page":                 {200, "<html>Welcome</html>"},
		"JSON":                   {200, `{"permissions":[]}`},
		"a page that is missing": {404, "<html>Not found</html>"},
		"JSON that is missing":   {404, `{"error":"not found"}`},
		"an unknown path":        {404, `{"title":"no such path","errorCode":"PathNotFound"}`},
		"a redirect":             {302, ""},
		"nothing":                {204, ""},
		"a failure":              {500, ""},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(answer.status)
			_, _ = w.Write([]byte(answer.body))
		}))
		c, err := client.New(s.URL, "sk_1")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Check(t.Context(), "ana", "a", "b"); got || err == nil {
			t.Errorf("%s: %v, %v; want an error", name, got, err)
		}
		s.Close()
	}
}

func TestNewDemandsTheRootOfAHost(t *testing.T) {
	for _, base := range []string{"", "localhost:8700", "http://localhost/api", "ftp://localhost", "http://", "http://user@localhost", "http://localhost?x"} {
		if _, err := client.New(base, "sk_1"); err == nil {
			t.Errorf("New(%q) succeeded", base)
		}
	}
}
