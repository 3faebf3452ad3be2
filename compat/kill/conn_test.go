package kill

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/compat/process"
)

// conn is one caller's way to a server that may die at any time.
type conn struct {
	url, key string
	client   *http.Client
}

func newConn(s *process.Server) *conn {
	return &conn{s.URL(), s.AccessKey, &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}}
}

// answer is what came back. Status is 0 if nothing did: then nobody knows what
// became of the request.
type answer struct {
	status   int
	modified string // Last-Modified
	body     []byte
}

// do sends a JSON body (none if nil) with the headers.
func (c *conn) do(method, path string, header map[string]string, body any) answer {
	var reader io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			panic(err) // of types that are ours
		}
		reader = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, c.url+path, reader)
	if err != nil {
		panic(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	for name, value := range header {
		req.Header.Set(name, value)
	}
	res, err := c.client.Do(req)
	if err != nil {
		return answer{}
	}
	defer res.Body.Close()
	// The status is an acknowledgement, whether the body came through or not.
	read, _ := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header.Get("Last-Modified"), read}
}

// as is the same way for the holder of another key.
func (c *conn) as(key string) *conn { return &conn{c.url, key, c.client} }

// status is the status of a request to a server that nobody kills.
func (c *conn) status(t *testing.T, method, path string, body any) int {
	t.Helper()
	a := c.do(method, path, nil, body)
	if a.status == 0 {
		t.Fatalf("%s %s: no answer", method, path)
	}
	return a.status
}
