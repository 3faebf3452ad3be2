package main

import (
	"io"
	"net"
	"strings"
	"testing"
)

// answering is a connection to a server that says these bytes.
func answering(t *testing.T, text string) *conn {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = io.WriteString(c, text)
		_, _ = io.Copy(io.Discard, c) // until the client closes
	}()
	c, err := dial(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c
}

func TestConn(t *testing.T) {
	for _, tt := range []struct {
		answer string
		status int
		body   string // "error" if the answer is refused
	}{
		{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, ""},
		{"HTTP/1.1 404 Not Found\r\ncontent-length: 3\r\nX-A: b\r\n\r\nabc", 404, "abc"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", 200, "xabc0123456789"},
		{"HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
		{"HTTP/1.1 200 OK\r\n\r\n", 0, "error"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 0, "error"},
		{"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", 0, "error"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n", 0, "error"},
		{"SSH-2.0-x\r\n", 0, "error"},
	} {
		// Twice on one connection: the second is read right if the first ended right.
		c := answering(t, strings.Repeat(tt.answer, 2))
		for range 2 {
			status, body, err := c.do([]byte("GET / HTTP/1.1\r\n\r\n"))
			got := string(body)
			if err != nil {
				got = "error"
			}
			if status != tt.status || got != tt.body {
				t.Errorf("%q is read as %d %q, want %d %q", tt.answer, status, got, tt.status, tt.body)
			}
		}
	}
}
