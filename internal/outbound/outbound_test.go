package outbound

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// trap is a server on the loopback interface that counts who connects.
type trap struct {
	*httptest.Server
	connections atomic.Int32
}

func newTrap(t *testing.T, h http.HandlerFunc) *trap {
	t.Helper()
	tr := &trap{Server: httptest.NewUnstartedServer(h)}
	tr.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			tr.connections.Add(1)
		}
	}
	tr.Start()
	t.Cleanup(tr.Close)
	return tr
}

func newClient(t *testing.T, allow ...string) *Client {
	t.Helper()
	c, err := New(allow)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answer(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }
}

func TestGet(t *testing.T) {
	tr := newTrap(t, answer("hello"))
	port := tr.URL[strings.LastIndexByte(tr.URL, ':'):]
	for _, tt := range []struct{ allow, url string }{
		{"127.0.0.0/8", tr.URL},
		{"127.0.0.1", tr.URL},
		{"localhost", "http://localhost" + port},
		{"LOCALHOST", "http://LocalHost" + port},
	} {
		if got, err := newClient(t, tt.allow).Get(t.Context(), tt.url); string(got) != "hello" || err != nil {
			t.Errorf("with %s allowed, Get(%s) = %q, %v; want hello", tt.allow, tt.url, got, err)
		}
	}
}

// TestNeverConnects is what stands between a caller who may name a URL and
// everything that listens on this host and in its network.
func TestNeverConnects(t *testing.T) {
	tr := newTrap(t, answer("secret"))
	port := tr.URL[strings.LastIndexByte(tr.URL, ':'):]
	for _, tt := range []struct{ allow, url string }{
		{"", tr.URL},
		{"", "https://127.0.0.1" + port},
		{"", "https://localhost" + port}, // a name that resolves to loopback
		{"", "https://LOCALHOST" + port},
		{"", "https://localhost." + port},
		{"", "https://127.1" + port},
		{"", "https://2130706433" + port},
		{"", "https://0x7f.1" + port},
		{"", "https://0.0.0.0" + port},
		{"", "https://[::1]" + port},
		{"", "https://[::ffff:127.0.0.1]" + port},
		{"", "https://[::127.0.0.1]" + port},
		{"", "https://[64:ff9b::7f00:1]" + port},
		{"", "https://[::]" + port},
		{"10.0.0.0/8", tr.URL},
		{"example.com", tr.URL},
		{"localhost", tr.URL},                      // the name is allowed, not the address
		{"127.0.0.0/8", "http://localhost" + port}, // plain HTTP takes the host itself
		{"127.0.0.0/8", "http://user:password@127.0.0.1" + port},
		{"127.0.0.0/8", "ftp://127.0.0.1" + port},
		{"127.0.0.0/8", "file:///etc/hostname"},
		{"127.0.0.0/8", "//127.0.0.1" + port},
		{"127.0.0.0/8", "127.0.0.1" + port},
		{"127.0.0.0/8", ""},
	} {
		var allow []string
		if tt.allow != "" {
			allow = []string{tt.allow}
		}
		if got, err := newClient(t, allow...).Get(t.Context(), tt.url); err == nil {
			t.Errorf("with %q allowed, Get(%s) = %q; want an error", tt.allow, tt.url, got)
		}
		if got, err := newClient(t, allow...).Post(t.Context(), tt.url, http.Header{}, []byte("x")); err == nil {
			t.Errorf("with %q allowed, Post(%s) = %d; want an error", tt.allow, tt.url, got)
		} else if tt.url != "" && strings.Contains(err.Error(), tt.url) {
			t.Errorf("Post(%s): the error names the URL: %v", tt.url, err)
		}
	}
	if n := tr.connections.Load(); n != 0 {
		t.Errorf("the trap counted %d connections, want none", n)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	target := newTrap(t, answer("secret"))
	for _, status := range []int{301, 302, 303, 307, 308} {
		from := newTrap(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target.URL, status) })
		if got, err := newClient(t, "127.0.0.0/8").Get(t.Context(), from.URL); err == nil {
			t.Errorf("over a %d: got %q, want an error", status, got)
		}
		if got, err := newClient(t, "127.0.0.0/8").Post(t.Context(), from.URL, http.Header{}, []byte("x")); got != status || err != nil {
			t.Errorf("over a %d: Post = %d, %v; want the status", status, got, err)
		}
	}
	if n := target.connections.Load(); n != 0 {
		t.Errorf("the redirects' target counted %d connections, want none", n)
	}
}

func TestPost(t *testing.T) {
	var method, contentType, agent, body string
	h := func(w http.ResponseWriter, r *http.Request) {
		read, _ := io.ReadAll(r.Body)
		method, contentType, agent, body = r.Method, r.Header.Get("Content-Type"), r.Header.Get("User-Agent"), string(read)
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write(make([]byte, 2*MaxBody)) // of no interest
	}
	tr := newTrap(t, h)
	header := http.Header{"Content-Type": {"application/json"}}
	got, err := newClient(t, "127.0.0.1").Post(t.Context(), tr.URL, header, []byte(`{"a":"<"}`))
	if got != http.StatusAccepted || err != nil {
		t.Errorf("Post = %d, %v; want 202", got, err)
	}
	if method != "POST" || contentType != "application/json" || agent != "reeve" || body != `{"a":"<"}` || len(header) != 1 {
		t.Errorf("sent %s %s by %s: %s; the header is then %v", method, contentType, agent, body, header)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := newClient(t, "127.0.0.1").Post(ctx, tr.URL, header, nil); err == nil {
		t.Errorf("with an ended context, Post = %d, want an error", got)
	}
}

// TestPostByTLS: a receiver is who its certificate says, or it is told nothing.
func TestPostByTLS(t *testing.T) {
	var told atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { told.Add(1) }))
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	srv.StartTLS()
	defer srv.Close()
	c := newClient(t, "127.0.0.1")
	if got, err := c.Post(t.Context(), srv.URL, http.Header{}, []byte("x")); err == nil || told.Load() != 0 {
		t.Errorf("to a certificate of nobody's: Post = %d, want an error", got)
	}
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	c.http.Transport.(*http.Transport).TLSClientConfig.RootCAs = pool
	if got, err := c.Post(t.Context(), srv.URL, http.Header{}, []byte("x")); got != 200 || err != nil || told.Load() != 1 {
		t.Errorf("Post = %d, %v; want 200", got, err)
	}
}

// TestNoProxy: a proxy would dial in our place, and judge nothing. What the
// environment names is read once in a process, so the field tells more than a
// request.
func TestNoProxy(t *testing.T) {
	if newClient(t).http.Transport.(*http.Transport).Proxy != nil {
		t.Error("the transport asks for a proxy")
	}
}

func TestBodyIsCut(t *testing.T) {
	for size, ok := range map[int]bool{MaxBody: true, MaxBody + 1: false, 8 * MaxBody: false} {
		tr := newTrap(t, answer(strings.Repeat("x", size)))
		got, err := newClient(t, "127.0.0.0/8").Get(t.Context(), tr.URL)
		if (err == nil) != ok || ok && len(got) != size {
			t.Errorf("%d bytes: got %d, %v; want accepted %v", size, len(got), err, ok)
		}
	}
}

func TestOnlyStatusOK(t *testing.T) {
	for _, status := range []int{201, 204, 304, 404, 500} {
		tr := newTrap(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		if _, err := newClient(t, "127.0.0.0/8").Get(t.Context(), tr.URL); err == nil {
			t.Errorf("%d: got no error", status)
		}
	}
}

// TestSlowAnswerIsCut: the time that is left bounds the head and the body.
func TestSlowAnswerIsCut(t *testing.T) {
	for _, part := range []string{"head", "body"} {
		tr := newTrap(t, func(w http.ResponseWriter, r *http.Request) {
			if part == "body" {
				_, _ = w.Write([]byte("{"))
				_ = http.NewResponseController(w).Flush()
			}
			<-r.Context().Done() // until the client goes away
		})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := newClient(t, "127.0.0.0/8").Get(ctx, tr.URL)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a slow %s: got %v, want an exceeded deadline", part, err)
		}
	}
	if got := newClient(t).http.Timeout; got != Timeout {
		t.Errorf("without a deadline of the caller, the bound is %v, want %v", got, Timeout)
	}
}

func TestPublic(t *testing.T) {
	for addr, want := range map[string]bool{
		"1.1.1.1": true, "93.184.216.34": true, "172.15.255.255": true, "172.32.0.0": true, "100.128.0.0": true,
		"2606:4700::1111": true, "2a00:1450:4001::1": true,
		"127.0.0.1": false, "127.255.255.255": false, "0.0.0.0": false, "0.1.2.3": false, "10.1.2.3": false,
		"100.64.0.1": false, "100.100.100.200": false, "169.254.169.254": false, "172.16.0.1": false, "172.31.255.255": false,
		"192.168.1.1": false, "192.0.0.192": false, "198.18.0.1": false, "224.0.0.1": false, "239.1.1.1": false,
		"255.255.255.255": false, "168.63.129.16": false,
		"::": false, "::1": false, "fe80::1": false, "fe80::1%eth0": false, "fd00:ec2::254": false, "fc00::1": false,
		"ff02::1": false, "64:ff9b::a00:1": false, "64:ff9b:1::1": false, "2001::1": false, "2002:7f00:1::": false, "100::1": false,
		"::ffff:10.0.0.1": false, "::ffff:169.254.169.254": false, "::10.0.0.1": false,
	} {
		if got := public(netip.MustParseAddr(addr).Unmap()); got != want {
			t.Errorf("public(%s) = %v, want %v", addr, got, want)
		}
	}
}

func TestAllowIsNamesAndNetworks(t *testing.T) {
	for _, bad := range []string{"", " ", "http://issuer", "issuer:8080", "10.0.0.0/33", "*.example.com", "a b", "user@host"} {
		if _, err := New([]string{bad}); err == nil {
			t.Errorf("New(%q) has no error", bad)
		}
	}
	for _, good := range []string{"issuer", "issuer.example.com", " 10.0.0.0/8", "10.1.2.3", "fd00::/8", "::1", "::ffff:10.0.0.1"} {
		if _, err := New([]string{good}); err != nil {
			t.Errorf("New(%q): %v", good, err)
		}
	}
}
