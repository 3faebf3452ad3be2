package process

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Answer is what came back for a raw request.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // without its transfer and content encoding
}

// Raw writes the bytes of one request to a connection of its own and reads the
// answer. The bytes are sent as they are: no client cleans them up on the way.
func (s *Server) Raw(t testing.TB, request string) Answer {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatalf("sending %q: %v", firstLine(request), err)
	}
	method, _, _ := strings.Cut(request, " ")
	answer, err := readAnswer(bufio.NewReader(conn), method)
	if err != nil {
		t.Fatalf("reading the answer to %q: %v", firstLine(request), err)
	}
	return answer
}

func readAnswer(r *bufio.Reader, method string) (Answer, error) {
	res, err := http.ReadResponse(r, &http.Request{Method: method})
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	body := io.Reader(res.Body)
	if res.Header.Get("Content-Encoding") == "gzip" {
		if body, err = gzip.NewReader(res.Body); err != nil {
			return Answer{}, fmt.Errorf("Content-Encoding is gzip: %w", err)
		}
	}
	all, err := io.ReadAll(body)
	if err != nil {
		return Answer{}, err
	}
	return Answer{res.StatusCode, res.Header, all}, nil
}

func firstLine(request string) string {
	line, _, _ := strings.Cut(request, "\r\n")
	return line
}
