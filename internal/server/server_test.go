package server_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/server"
	"github.com/reeve-authz/reeve/internal/server/servertest"
)

func TestHealth(t *testing.T) {
	s := servertest.Start(t)
	for _, path := range []string{"/healthz", "/readyz", "/healthz/"} {
		if got := s.As(t, "", "GET", path, ""); got.Status != 200 || !strings.Contains(got.Header.Get("Content-Type"), "application/json") {
			t.Errorf("GET %s: %d %s, want 200 and JSON", path, got.Status, got.Body)
		}
	}
}

func TestUnknownPathsAndMethodsAnswerJSON(t *testing.T) {
	s := servertest.Start(t)
	for _, tt := range []struct {
		method, path string
		status       int
		code, allow  string
	}{
		{"GET", "/", 404, "not_found", ""},
		{"GET", "/v1", 404, "PathNotFound", ""},
		{"GET", "/v1/nothing", 404, "PathNotFound", ""},
		{"GET", "/index.html", 404, "not_found", ""},
		{"GET", "/v10/roles", 404, "not_found", ""},
		{"GET", "/api/v1/nothing", 404, "not found", ""},
		{"PATCH", "/v1/roles", 405, "NotSupported", "GET, POST"},
		{"HEAD", "/v1/roles", 200, "", ""},
		{"HEAD", "/v1/records", 200, "", ""},
		{"POST", "/v1/users/a/resources/b/permissions/c", 405, "NotSupported", "GET"},
		{"DELETE", "/healthz", 405, "not supported", "GET"},
		{"GET", "/v1//roles", 400, "InvalidRequest", ""},
		{"GET", "/v1/roles//", 400, "InvalidRequest", ""},
		{"GET", "/v1/x/../roles", 400, "InvalidRequest", ""},
	} {
		got := s.Do(t, tt.method, tt.path, "")
		if got.Status != tt.status || got.ErrorCode() != tt.code || got.Header.Get("Allow") != tt.allow || !strings.Contains(got.Header.Get("Content-Type"), "json") {
			t.Errorf("%s %s: %d %s, Allow %q; want %d %s, Allow %q", tt.method, tt.path, got.Status, got.Body, got.Header.Get("Allow"), tt.status, tt.code, tt.allow)
		}
	}
}

func TestRequestIDs(t *testing.T) {
	s := servertest.Start(t)
	for sent, echoed := range map[string]bool{
		"abc-123": true, strings.Repeat("a", 256): true,
		"": false, strings.Repeat("a", 257): false, "a b": false, "a\tb": false, "é": false,
	} {
		got := s.As(t, s.Owner, "GET", "/v1/roles/none", "", "X-Request-Id", sent)
		id := got.Header.Get("X-Request-Id")
		if (id == sent) != echoed || id == "" || !strings.Contains(got.Body, id) {
			t.Errorf("sent %q: got %q in header and %s, want it echoed %v, in both", sent, id, got.Body, echoed)
		}
	}
}

// TestSecretsAreNotLogged sends and makes secrets in every way and looks for
// them in the log.
func TestSecretsAreNotLogged(t *testing.T) {
	s := servertest.Start(t)
	_, key := s.NewClient(t)
	const canary = "canary-7f3a"
	for _, credential := range []string{s.Owner, s.APIKey, key, canary, canary + ".b.c", canary + ".b.c.d", "sk_" + canary} {
		s.As(t, credential, "GET", "/v1/roles", "", "X-Secret", canary)
		s.As(t, credential, "POST", "/v1/clients", `{"name":"`+canary+`"`)
		s.As(t, credential, "GET", "/v1/"+canary+"?"+canary, "")
	}
	logged := s.Log.String()
	for _, secret := range []string{canary, s.Owner, s.APIKey, key, s.Owner[len(s.Owner)-20:], s.APIKey[3:20]} {
		if strings.Contains(logged, secret) {
			t.Errorf("the log holds %q:\n%s", secret, logged)
		}
	}
}

// TestSmuggledRequestIsNotServed is security root cause R23: a request that
// names its length twice is answered, and its connection closed.
func TestSmuggledRequestIsNotServed(t *testing.T) {
	s := servertest.Start(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := "0\r\n\r\n"
	fmt.Fprintf(conn, "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n%sGET /readyz HTTP/1.1\r\nHost: x\r\n\r\n", len(body)+40, body)
	if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatalf("the connection stays open: %v", err)
	}
	if n := strings.Count(string(answer), "HTTP/1.1 "); n != 1 {
		t.Errorf("%d answers, want 1:\n%s", n, answer)
	}
}

func TestRawRequestTargets(t *testing.T) {
	s := servertest.Start(t)
	for target, status := range map[string]string{
		"/v1/roles/%zz": "400", "/v1/roles/%": "400", "/v1/roles/%2": "400",
		"//v1/roles": "400", "/v1/./roles": "400", "/v1/roles/..": "400",
		"/v1/roles/%2E%2E": "404", "/v1/roles/a%2Fb": "400", "/v1/roles/Authress%3aOwner/": "200",
		"http://other/v1/roles/Authress:Owner": "200", "*": "404",
		"/v1/users/u%00/resources/a/permissions/b": "400", "/v1/users/u/resources/a%0a/permissions/b": "400",
		"/v1/users/u/resources/a%252Fb/permissions/b": "400", "/v1/users/u/resources/%2e%2e/permissions/b": "400",
		"/v1/users/u/resources/a%5Cb/permissions/b": "400", "/v1/users/u/resources/a/permissions/b%20": "400",
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n", target, s.Owner)
		line, err := bufio.NewReader(conn).ReadString('\n')
		conn.Close()
		if err != nil || !strings.HasPrefix(line, "HTTP/1.1 "+status) {
			t.Errorf("GET %s: %q, %v; want %s", target, line, err, status)
		}
	}
}

func TestStateOutlivesARestart(t *testing.T) {
	data := t.TempDir()
	var first *servertest.Server
	t.Run("first", func(t *testing.T) {
		first = servertest.StartWith(t, server.Config{Data: data})
		first.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_kept","name":"x","permissions":[]}`)
	})
	second := servertest.StartWith(t, server.Config{Data: data})
	if second.Owner != "" {
		t.Error("the second start made an owner again")
	}
	if got := second.As(t, first.Owner, "GET", "/v1/roles/ro_kept", ""); got.Status != 200 {
		t.Errorf("with the first start's key: %d %s, want 200", got.Status, got.Body)
	}
}

func TestDevKeepsNothing(t *testing.T) {
	s := servertest.StartWith(t, server.Config{Dev: true})
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_1","name":"x","permissions":[]}`)
	s.Want(t, 200, "GET", "/v1/roles/ro_1", "")
}

func TestPublicURLIsInLinks(t *testing.T) {
	s := servertest.StartWith(t, server.Config{Data: t.TempDir(), PublicURLs: []string{"https://authz.example.com/"}})
	got := s.As(t, s.Owner, "GET", "/v1/roles", "", "X-Forwarded-Host", "evil.example", "Host", "evil.example")
	if strings.Contains(got.Body, "evil") || !strings.Contains(got.Body, `"https://authz.example.com/v1/roles"`) {
		t.Errorf("links in %s, want the public URL", got.Body)
	}
}

func TestTLS(t *testing.T) {
	dir := t.TempDir()
	s, cert := startTLS(t, dir)
	pool := x509.NewCertPool()
	chain, err := os.ReadFile(cert)
	if err != nil || !pool.AppendCertsFromPEM(chain) {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		version uint16
		ok      bool
	}{{tls.VersionTLS10, false}, {tls.VersionTLS11, false}, {tls.VersionTLS12, true}, {tls.VersionTLS13, true}} {
		client := &http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tt.version, MaxVersion: tt.version}, ForceAttemptHTTP2: true,
		}}
		resp, err := client.Get(s.URL() + "/healthz")
		if (err == nil) != tt.ok {
			t.Errorf("%s: %v, want served %v", tls.VersionName(tt.version), err, tt.ok)
		}
		if err == nil {
			resp.Body.Close()
			if resp.Header.Get("Strict-Transport-Security") == "" {
				t.Errorf("%s: no Strict-Transport-Security", tls.VersionName(tt.version))
			}
			if resp.ProtoMajor != 2 {
				t.Errorf("%s: %s, want HTTP/2", tls.VersionName(tt.version), resp.Proto)
			}
		}
	}
}

// startTLS runs a server with a certificate in the folder, until the test ends.
func startTLS(t *testing.T, dir string) (s *server.Server, certFile string) {
	t.Helper()
	cert, key := selfSigned(t, dir)
	s, err := server.Open(t.Context(), server.Config{Data: filepath.Join(dir, "data"), Listen: "127.0.0.1:0", TLSCert: cert, TLSKey: key}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(t.Context()) }()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, cert
}

// selfSigned writes a certificate of 127.0.0.1 and its key.
func selfSigned(t *testing.T, dir string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("cert.pem", "CERTIFICATE", cert), write("key.pem", "PRIVATE KEY", der)
}

func TestCORS(t *testing.T) {
	s := servertest.StartWith(t, server.Config{Data: t.TempDir(), CORSOrigins: []string{"https://app.example.com"}})
	preflight := func(origin string) servertest.Answer {
		return s.As(t, "", "OPTIONS", "/v1/roles", "", "Origin", origin,
			"Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "authorization,content-type,if-unmodified-since,reeve-revision")
	}
	got := preflight("https://app.example.com")
	if got.Status != 204 || got.Header.Get("Access-Control-Allow-Origin") != "https://app.example.com" || got.Header.Get("Access-Control-Allow-Methods") != "PUT" ||
		got.Header.Get("Access-Control-Allow-Headers") == "" || got.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("preflight: %d %v, want it allowed, without credentials", got.Status, got.Header)
	}
	got = s.As(t, "", "GET", "/v1/roles", "", "Origin", "https://app.example.com")
	shown := got.Header.Get("Access-Control-Expose-Headers")
	if got.Status != 401 || got.Header.Get("Access-Control-Allow-Origin") != "https://app.example.com" || !strings.Contains(shown, "Last-Modified") || !strings.Contains(shown, "Reeve-Revision") {
		t.Errorf("a refusal: %d %v, want it readable by the page", got.Status, got.Header)
	}
	for _, origin := range []string{"https://evil.example.com", "http://app.example.com", "https://app.example.com.evil", "https://APP.example.com:8443", "null"} {
		if got := preflight(origin); got.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s is allowed: %v", origin, got.Header)
		}
	}
	if got := servertest.Start(t).As(t, "", "OPTIONS", "/v1/roles", "", "Origin", "https://app.example.com", "Access-Control-Request-Method", "GET"); got.Status != 405 || got.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("without the setting: %d %v, want 405", got.Status, got.Header)
	}
}

func TestLargeAnswersAreCompressed(t *testing.T) {
	s := servertest.Start(t)
	for i := range 30 {
		s.Want(t, 201, "POST", "/v1/roles", fmt.Sprintf(`{"roleId":"ro_%d","name":"x","permissions":[]}`, i))
	}
	plain := s.As(t, s.Owner, "GET", "/v1/roles", "")
	packed := s.As(t, s.Owner, "GET", "/v1/roles", "", "Accept-Encoding", "gzip")
	if packed.Header.Get("Content-Encoding") != "gzip" || len(packed.Body) >= len(plain.Body)/2 {
		t.Errorf("%q of %d bytes, want gzip and much fewer than %d", packed.Header.Get("Content-Encoding"), len(packed.Body), len(plain.Body))
	}
	if got := s.As(t, s.Owner, "GET", "/v1/roles/ro_1", "", "Accept-Encoding", "gzip"); got.Header.Get("Content-Encoding") != "" {
		t.Errorf("a small answer has the encoding %q, want none", got.Header.Get("Content-Encoding"))
	}
}

// TestHalfClosedConnectionIsToldTheTruth: a client that closes its sending side
// and goes on reading has its request cancelled. It must not read a success that
// was none.
func TestHalfClosedConnectionIsToldTheTruth(t *testing.T) {
	s := servertest.Start(t)
	s.Want(t, 201, "POST", "/v1/roles", `{"roleId":"ro_1","name":"x","permissions":[]}`)
	for i := range 300 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		body := fmt.Sprintf(`{"roleId":"ro_half_%d","name":"x","permissions":[]}`, i)
		method, path := "POST", "/v1/roles"
		if i%2 == 0 {
			method, path, body = "GET", "/v1/roles/ro_1", ""
		}
		fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", method, path, s.Owner, len(body), body)
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			conn.Close()
			continue // no answer is no success
		}
		answer, err := io.ReadAll(resp.Body)
		conn.Close()
		if err == nil && resp.StatusCode < 300 && len(answer) == 0 {
			t.Fatalf("%s %s: %d with an empty body", method, path, resp.StatusCode)
		}
		if method == "POST" && err == nil && resp.StatusCode == http.StatusCreated {
			s.Want(t, 200, "GET", fmt.Sprintf("/v1/roles/ro_half_%d", i), "")
		}
	}
}

func TestHostileHostIsRefused(t *testing.T) {
	s := servertest.Start(t)
	for _, target := range []string{"http://%ff/.well-known/openid-configuration", "http://a%20b/.well-known/openid-configuration", "http://%ff/v1/roles"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n", target, s.Owner)
		line, err := bufio.NewReader(conn).ReadString('\n')
		conn.Close()
		if err != nil || !strings.HasPrefix(line, "HTTP/1.1 400") {
			t.Errorf("GET %s: %q, %v; want 400", target, line, err)
		}
	}
}

// TestFirstStartThatCannotListenMakesNoOwner: the credentials of a first start
// are shown once, so it must not make them before it can serve.
func TestFirstStartThatCannotListenMakesNoOwner(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	data := t.TempDir()
	for name, cfg := range map[string]server.Config{
		"a taken port":     {Data: data, Listen: taken.Addr().String()},
		"no certificate":   {Data: data, Listen: "127.0.0.1:0", TLSCert: "nowhere", TLSKey: "nowhere"},
		"a bad account id": {Data: data, Listen: "127.0.0.1:0", AccountID: "acc.dot"},
	} {
		if _, err := server.Open(t.Context(), cfg, slog.New(slog.DiscardHandler)); err == nil {
			t.Fatalf("%s: the server opened", name)
		}
		if _, err := os.Stat(filepath.Join(data, "bootstrap.json")); !os.IsNotExist(err) {
			t.Errorf("%s: bootstrap.json is there: %v", name, err)
		}
	}
	if s := servertest.StartWith(t, server.Config{Data: data}); s.Owner == "" {
		t.Error("the start that could serve made no owner")
	}
}

// TestAnswerReachesAPeerThatIsStillSending: closing at once would take the answer
// away again.
func TestAnswerReachesAPeerThatIsStillSending(t *testing.T) {
	s := servertest.Start(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: %s\r\n\r\n", strings.Repeat("x", 64<<10))
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "HTTP/1.1 431") {
		t.Errorf("%q, %v; want 431", line, err)
	}
}

// TestCertificateIsRenewedWithoutARestart, and one that is no good is passed by.
func TestCertificateIsRenewedWithoutARestart(t *testing.T) {
	dir := t.TempDir()
	s, cert := startTLS(t, dir)
	served := func() string {
		t.Helper()
		conn, err := tls.Dial("tcp", strings.TrimPrefix(s.URL(), "https://"), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // looks at what is served
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() //nolint:errcheck // nothing was sent
		return string(conn.ConnectionState().PeerCertificates[0].Raw)
	}
	first := served()
	later := time.Now().Add(time.Minute)
	if err := os.WriteFile(cert, []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(cert, later, later); err != nil {
		t.Fatal(err)
	}
	if served() != first {
		t.Error("a broken certificate took the place of a good one")
	}
	selfSigned(t, dir)
	if err := os.Chtimes(cert, later.Add(time.Minute), later.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if served() == first {
		t.Error("the new certificate is not served")
	}
}
