package server_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// TestSlowRequests: headers that do not end are not waited for, and a body may
// take longer than they.
func TestSlowRequests(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	const longerThanHeadersMay = 6 * time.Second
	body := `{"checks":[{"user":"ana","permission":"read","resource":"a"}]}`
	headers := fmt.Sprintf("POST /api/v1/check HTTP/1.1\r\nHost: reeve.test\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n", s.Owner, len(body))
	for _, tt := range []struct {
		what, first, then string
		answered          bool
	}{
		{"headers that end late", headers, "\r\n" + body, false},
		{"a body that ends late", headers + "\r\n" + body[:9], body[9:], true},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := conn.Write([]byte(tt.first)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(longerThanHeadersMay)
			_, _ = conn.Write([]byte(tt.then)) // fails if the connection is cut off, as the answer shows
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err == nil {
				defer resp.Body.Close()
			}
			if answered := err == nil && resp.StatusCode == http.StatusOK; answered != tt.answered {
				t.Errorf("answered with %v, %v; want an answer: %v", resp, err, tt.answered)
			}
		})
	}
}
