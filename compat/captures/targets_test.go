package captures

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/compat/process"
)

// target is a request line as it stands on the wire, and the status that it
// must get.
type target struct {
	method, path string
	want         int
}

const (
	allowed   = http.StatusOK
	denied    = http.StatusNotFound // of a check
	malformed = http.StatusBadRequest
)

// TestTargets sends paths that a client library or a proxy would clean up. The
// server may neither clean nor guess: a path that names another resource than
// it seems to is how a check of one thing answers for another.
func TestTargets(t *testing.T) {
	s := process.Start(t)
	post(t, s, "/v1/roles", `{"roleId":"ro_read","name":"R","permissions":[{"action":"read","allow":true,"grant":false,"delegate":false}]}`)
	post(t, s, "/v1/records", `{"recordId":"rec_1","name":"R","users":[{"userId":"ana"},{"userId":"a/b"},{"userId":"a+b"}],"statements":[{"roles":["ro_read"],"resources":[{"resourceUri":"documents/1"},{"resourceUri":"a+b"}]}]}`)

	for _, tt := range []target{
		// One segment, escaped; the same as several.
		{"GET", "/v1/users/ana/resources/documents%2F1/permissions/read", allowed},
		{"GET", "/v1/users/ana/resources/documents%2f1/permissions/read", allowed},
		{"GET", "/v1/users/ana/resources/%64ocuments%2F%31/permissions/read", allowed},
		{"GET", "/v1/users/ana/resources/documents/1/permissions/read", allowed},
		{"GET", "/v1/users/ana/resources/%2Fdocuments%2F1/permissions/read", allowed},
		{"GET", "/v1/users/ana/resources/documents%2F1%2F/permissions/read", allowed},
		{"GET", "/v1/users/ana/resources/documents%2F1%2Fpages%2F2/permissions/read", allowed},
		{"GET", "/v1/users/ana/resources/documents%2F10/permissions/read", denied},
		{"GET", "/v1/users/ana/resources/documents/permissions/read", denied},
		{"GET", "/v1/users/a%2Fb/resources/documents%2F1/permissions/read", allowed},
		{"GET", "/v1/users/a+b/resources/a+b/permissions/read", allowed},
		{"GET", "/v1/users/a%2Bb/resources/a%2Bb/permissions/read", allowed},
		{"GET", "/v1/users/a%20b/resources/a%2Bb/permissions/read", denied},

		// Escaped once, not twice.
		{"GET", "/v1/users/ana/resources/documents%252F1/permissions/read", malformed},
		{"GET", "/v1/users/ana/resources/documents%252f1/permissions/read", malformed},

		// Empty and dotted segments, raw and escaped.
		{"GET", "//v1/users/ana/resources/documents%2F1/permissions/read", malformed},
		{"GET", "/v1//users/ana/resources/documents%2F1/permissions/read", malformed},
		{"GET", "/v1/users//resources/documents%2F1/permissions/read", malformed},
		{"GET", "/v1/users/ana/resources//permissions/read", malformed},
		{"GET", "/v1/users/ana/resources/documents//1/permissions/read", malformed},
		{"GET", "/v1/users/ana/resources/documents%2F%2F1/permissions/read", malformed},
		{"GET", "/v1/users/ana/resources/%2F%2Fdocuments%2F1/permissions/read", malformed},
		{"GET", "/v1/users/ana/resources/other/../documents/1/permissions/read", malformed},
		{"GET", "/v1/users/ana/resources/other%2F..%2Fdocuments%2F1/permissions/read", malformed},
		{"GET", "/v1/users/ana/resources/%2e%2e%2Fdocuments%2F1/permissions/read", malformed},
		{"GET", "/v1/users/ana/resources/./documents/1/permissions/read", malformed},
		{"GET", "/v1/users/ana/resources/.%2Fdocuments%2F1/permissions/read", malformed},
		{"GET", "/v1/x/../users/ana/resources/documents%2F1/permissions/read", malformed},
		{"GET", "/v1/users/ana/resources/documents%2F1%00/permissions/read", malformed},
		{"GET", "/v1/users/ana/resources/documents%2F1%0A/permissions/read", malformed},
		{"GET", "/v1/users/ana/resources/documents%5C1/permissions/read", malformed},
		{"GET", "/v1/users/ana/resources/documents%3F1/permissions/read", malformed},
		{"GET", "/v1/users/ana/resources/documents%231/permissions/read", malformed},

		// Broken escapes: never 404, which would read as denied.
		{"GET", "/v1/users/ana/resources/documents%zz1/permissions/read", malformed},
		{"GET", "/v1/users/ana/resources/documents%2/permissions/read", malformed},
		{"GET", "/v1/users/ana/resources/documents%/permissions/read", malformed},
		{"GET", "/v1/users/ana/resources/documents%C3%28/permissions/read", malformed},

		// One needless slash at the end, and no more.
		{"GET", "/v1/users/ana/resources/documents%2F1/permissions/read/", allowed},
		{"GET", "/v1/users/ana/resources/documents%2F1/permissions/read//", malformed},
		{"GET", "/v1/users/ana/resources/documents%2F1/permissions/", http.StatusBadRequest},
		{"GET", "/v1/roles/", http.StatusOK},
		{"GET", "/v1/roles/ro_read/", http.StatusOK},
		{"GET", "/v1/records/rec_1/", http.StatusOK},
		{"GET", "/v1/clients/", http.StatusOK},

		// A whole URL for a target, as a proxy is sent it.
		{"GET", "http://" + host + "/v1/users/ana/resources/documents%2F1/permissions/read", allowed},

		// Queries do not matter to a check, broken ones or not known ones.
		{"GET", "/v1/users/ana/resources/documents%2F1/permissions/read?", allowed},
		{"GET", "/v1/users/ana/resources/documents%2F1/permissions/read?x=1", allowed},
		{"GET", "/v1/roles?limit=2&unknown=1", http.StatusOK},
		{"GET", "/v1/roles?limit=undefined&cursor=null", http.StatusOK},
		{"GET", "/v1/roles?limit=many", malformed},
		{"GET", "/v1/roles?limit=0", malformed},
		{"GET", "/v1/roles?limit=-1", malformed},
		{"GET", "/v1/roles?cursor=zz", malformed},

		// Unknown paths and methods.
		{"GET", "/v1/nothing", http.StatusNotFound},
		{"GET", "/v2/roles", http.StatusNotFound},
		{"GET", "/v1", http.StatusNotFound},
		{"GET", "/V1/roles", http.StatusNotFound},
		{"GET", "/v1/Roles", http.StatusNotFound},
		{"PATCH", "/v1/roles/ro_read", http.StatusMethodNotAllowed},
		{"DELETE", "/v1/roles", http.StatusMethodNotAllowed},
		{"POST", "/v1/users/ana/resources/documents%2F1/permissions/read", http.StatusMethodNotAllowed},
		{"POST", "/v1/roles/ro_read", http.StatusMethodNotAllowed},
		{"TRACE", "/v1/roles", http.StatusMethodNotAllowed},
		{"get", "/v1/roles", http.StatusMethodNotAllowed},

		// Ids that are none.
		{"GET", "/v1/roles/a%20b", malformed},
		{"GET", "/v1/roles/a%2Fb", malformed},
		{"GET", "/v1/records/a%20b", malformed},
		{"GET", "/v1/users/*/resources/documents%2F1/permissions/read", malformed},
		{"GET", "/v1/users/ana/resources/documents%2F1/permissions/re%20ad", malformed},
	} {
		a := s.Raw(t, fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", tt.method, tt.path, host, s.AccessKey))
		if a.Status != tt.want {
			t.Errorf("%s %s = %d, want %d; body %s", tt.method, tt.path, a.Status, tt.want, a.Body)
		}
		if a.Header.Get("Location") != "" {
			t.Errorf("%s %s redirects to %q", tt.method, tt.path, a.Header.Get("Location"))
		}
		switch {
		case a.Status < 400 || a.Header.Get("Content-Type") == "text/plain; charset=utf-8":
		case strings.HasPrefix(tt.path, "/v1"):
			checkError(t, tt, a)
		case a.Header.Get("Content-Type") != "application/json; charset=utf-8": // a path of another dialect, which has JSON of its own
			t.Errorf("%s %s: Content-Type %q of an error, want JSON", tt.method, tt.path, a.Header.Get("Content-Type"))
		}
		if a.Status == http.StatusMethodNotAllowed && a.Header.Get("Allow") == "" {
			t.Errorf("%s %s = 405 without an Allow header", tt.method, tt.path)
		}
	}
}

// checkError asserts that the body of a refusal is the dialect's error. What
// net/http refuses before a handler sees it (a target that is no URL) is plain
// text, which no handler can change.
func checkError(t *testing.T, tt target, a process.Answer) {
	t.Helper()
	if got := a.Header.Get("Content-Type"); got != "application/links+json" {
		t.Errorf("%s %s: Content-Type %q of an error, want application/links+json", tt.method, tt.path, got)
	}
	var e struct{ Title, ErrorCode, ErrorID string }
	if err := json.Unmarshal(a.Body, &e); err != nil || e.Title == "" || e.ErrorCode == "" || e.ErrorID == "" {
		t.Errorf("%s %s: error body %s lacks title, errorCode or errorId (%v)", tt.method, tt.path, a.Body, err)
	}
	if got := a.Header.Get("X-Request-Id"); got != e.ErrorID {
		t.Errorf("%s %s: X-Request-Id %q, errorId %q: want the same", tt.method, tt.path, got, e.ErrorID)
	}
}

// TestMessages sends requests whose frame is odd: what they carry may not be
// read in two ways.
func TestMessages(t *testing.T) {
	s := process.Start(t)
	auth := "Host: " + host + "\r\nAuthorization: Bearer " + s.AccessKey + "\r\n"
	role := `{"roleId":"ro_%d","name":"T","permissions":[{"action":"a","allow":true,"grant":false,"delegate":false}]}`
	n := 0
	body := func() string { n++; return fmt.Sprintf(role, n) }

	for _, tt := range []struct {
		name    string
		request func() string
		want    int
	}{
		{"chunked", func() string {
			b := body()
			return "POST /v1/roles HTTP/1.1\r\n" + auth + fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(b), b)
		}, http.StatusCreated},
		{"another content type", func() string {
			b := body()
			return "POST /v1/roles HTTP/1.1\r\n" + auth + fmt.Sprintf("Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", len(b), b)
		}, http.StatusCreated},
		{"HTTP/1.0", func() string { return "GET /v1/roles HTTP/1.0\r\n" + auth + "\r\n" }, http.StatusOK},
		{"two lengths", func() string {
			b := body()
			return "POST /v1/roles HTTP/1.1\r\n" + auth + fmt.Sprintf("Content-Length: %d\r\nContent-Length: %d\r\n\r\n%s", len(b), len(b)+1, b)
		}, malformed},
		{"no host", func() string { return "GET /v1/roles HTTP/1.1\r\nAuthorization: Bearer " + s.AccessKey + "\r\n\r\n" }, malformed},
		{"two hosts", func() string { return "GET /v1/roles HTTP/1.1\r\nHost: evil.example\r\n" + auth + "\r\n" }, malformed},
		{"a header far too long", func() string {
			// No longer than socket buffers hold: a server that closes on a peer which
			// is still sending may take its answer away again.
			return "GET /v1/roles HTTP/1.1\r\n" + auth + "X-Long: " + strings.Repeat("x", 64<<10) + "\r\n\r\n"
		}, http.StatusRequestHeaderFieldsTooLarge},
		{"a body far too long", func() string {
			b := `{"name":"` + strings.Repeat("x", 1<<20) + `"}`
			return "POST /v1/roles HTTP/1.1\r\n" + auth + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(b), b)
		}, http.StatusRequestEntityTooLarge},
		{"a compressed body", func() string {
			b := body()
			return "POST /v1/roles HTTP/1.1\r\n" + auth + fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(b), b)
		}, malformed},
		{"no body", func() string { return "POST /v1/roles HTTP/1.1\r\n" + auth + "Content-Length: 0\r\n\r\n" }, malformed},
		{"half a body", func() string {
			b := `{"name":`
			return "POST /v1/roles HTTP/1.1\r\n" + auth + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(b), b)
		}, malformed},
	} {
		if a := s.Raw(t, tt.request()); a.Status != tt.want {
			t.Errorf("%s = %d, want %d; body %s", tt.name, a.Status, tt.want, a.Body)
		}
	}
}

// TestBodies sends JSON that two readers could understand in two ways.
func TestBodies(t *testing.T) {
	s := process.Start(t)
	for _, tt := range []struct {
		name, body string
		want       int
	}{
		{"as it should be", `{"roleId":"ro_ok","name":"T","permissions":[]}`, http.StatusCreated},
		{"a member twice", `{"roleId":"ro_1","roleId":"ro_2","name":"T","permissions":[]}`, malformed},
		{"a member twice, deeper", `{"roleId":"ro_3","name":"T","permissions":[{"action":"a","allow":false,"allow":true,"grant":false,"delegate":false}]}`, malformed},
		{"a member twice, escaped", `{"roleId":"ro_4","role\u0049d":"ro_5","name":"T","permissions":[]}`, malformed},
		{"a member in another case", `{"roleId":"ro_6","name":"T","Permissions":[{"action":"*","allow":true,"grant":true,"delegate":true}],"permissions":[]}`, malformed},
		{"text after the value", `{"roleId":"ro_7","name":"T","permissions":[]} x`, malformed},
		{"two values", `{"roleId":"ro_8","name":"T","permissions":[]}{"roleId":"ro_9"}`, malformed},
		{"not UTF-8", "{\"roleId\":\"ro_10\",\"name\":\"\xff\",\"permissions\":[]}", malformed},
		{"a lone surrogate", `{"roleId":"ro_11","name":"\ud800","permissions":[]}`, malformed},
		{"a control character", `{"roleId":"ro_12","name":"a\u0000b","permissions":[]}`, malformed},
		{"an unknown member", `{"roleId":"ro_13","name":"T","permissions":[],"isNew":true}`, http.StatusCreated},
		{"null for text", `{"roleId":"ro_14","name":"T","description":null,"permissions":[]}`, http.StatusCreated},
		{"a number for text", `{"roleId":"ro_15","name":1,"permissions":[]}`, malformed},
		{"text for a flag", `{"roleId":"ro_16","name":"T","permissions":[{"action":"a","allow":"true","grant":false,"delegate":false}]}`, malformed},
		{"very deep", `{"roleId":"ro_17","name":"T","permissions":[],"x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, malformed},
		{"a byte order mark", "\ufeff" + `{"roleId":"ro_18","name":"T","permissions":[]}`, malformed},
		{"not JSON", `roleId=ro_19`, malformed},
		{"null", `null`, malformed},
	} {
		status, body := send(t, s, "POST", "/v1/roles", tt.body)
		if status != tt.want {
			t.Errorf("%s: %.200s = %d, want %d; body %s", tt.name, tt.body, status, tt.want, body)
		}
	}
}

func post(t *testing.T, s *process.Server, path, body string) {
	t.Helper()
	if status, answer := send(t, s, "POST", path, body); status != http.StatusCreated {
		t.Fatalf("POST %s = %d, want 201; body %s", path, status, answer)
	}
}

// send sends the body as it is.
func send(t *testing.T, s *process.Server, method, path, body string) (int, []byte) {
	t.Helper()
	a := s.Raw(t, fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", method, path, host, s.AccessKey, len(body), body))
	return a.Status, bytes.TrimSpace(a.Body)
}
