package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/reeve-authz/reeve/internal/tools/bench/workload"
)

// asker writes requests with the credential that it has.
type asker struct{ addr, credential string }

// head begins a request.
func (a asker) head(buf []byte, method, path string) []byte {
	buf = append(buf, method...)
	buf = append(buf, ' ')
	buf = append(buf, path...)
	return a.headers(buf)
}

// headers go on behind the path.
func (a asker) headers(buf []byte) []byte {
	buf = append(buf, " HTTP/1.1\r\nHost: "...)
	buf = append(buf, a.addr...)
	buf = append(buf, "\r\nAuthorization: Bearer "...)
	buf = append(buf, a.credential...)
	return append(buf, "\r\n"...)
}

// get is a request without a body.
func (a asker) get(buf []byte, path string) []byte {
	return append(a.head(buf, "GET", path), "\r\n"...)
}

// post is a request with a body of JSON.
func (a asker) post(buf []byte, path string, body []byte) []byte {
	buf = a.head(buf, "POST", path)
	buf = fmt.Appendf(buf, "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n", len(body))
	return append(buf, body...)
}

// checks asks the questions one by one, by the Authress route.
type checks struct {
	asker
	list []question
	// grown says that grants were added since: a denial may be an allow by now.
	grown bool
}

// question is a workload's check in the words of the server.
type question struct {
	user, permission, resource string
	allow                      bool
}

func questions(of []workload.Check) []question {
	list := make([]question, len(of))
	for i, c := range of {
		list[i] = question{userID(c.User), c.Permission, resourceID(c.Resource), c.Allow}
	}
	return list
}

func (q question) String() string {
	return fmt.Sprintf("may %s %s %s", q.user, q.permission, q.resource)
}

func (c *checks) request(buf []byte, n int) []byte {
	q := &c.list[n%len(c.list)]
	buf = append(buf, "GET /v1/users/"...)
	buf = append(buf, q.user...)
	buf = append(buf, "/resources/"...)
	buf = append(buf, q.resource...)
	buf = append(buf, "/permissions/"...)
	buf = append(buf, q.permission...)
	return append(c.headers(buf), "\r\n"...)
}

func (c *checks) verify(n, status int, body []byte) error {
	q := c.list[n%len(c.list)]
	switch {
	case status == http.StatusOK && (q.allow || c.grown), status == http.StatusNotFound && !q.allow:
		return nil
	case status == http.StatusOK, status == http.StatusNotFound:
		return fmt.Errorf("%s: the answer is %t, expected %t", q, status == http.StatusOK, q.allow)
	}
	return fmt.Errorf("%s: the answer is %d %s", q, status, body)
}

// emptyChecks are the same requests to a server that says yes to all.
type emptyChecks struct{ checks }

func (c *emptyChecks) verify(_, status int, body []byte) error {
	if status != http.StatusOK || len(body) > 0 {
		return fmt.Errorf("the empty route answered %d %s", status, body)
	}
	return nil
}

// batches ask the questions in requests of several.
type batches struct {
	asker
	list []question
	size int // questions in a request

	bodies  [][]byte // made once
	answers []string // what each is to be answered with, behind the revision
}

// newBatches leaves out the questions at the end that would make less than a
// batch, unless there are no others.
func newBatches(a asker, list []question, size int) *batches {
	b := &batches{asker: a, list: list, size: min(size, len(list))}
	for from := 0; from+b.size <= len(list); from += b.size {
		var body, answer strings.Builder
		for i, q := range list[from : from+b.size] {
			separator := ','
			if i == 0 {
				separator = '['
			}
			fmt.Fprintf(&body, `%c{"user":%q,"permission":%q,"resource":%q}`, separator, q.user, q.permission, q.resource)
			fmt.Fprintf(&answer, `%c{"allowed":%t}`, separator, q.allow)
		}
		b.bodies = append(b.bodies, []byte(`{"checks":`+body.String()+"]}"))
		b.answers = append(b.answers, answer.String()+"]}")
	}
	return b
}

func (b *batches) request(buf []byte, n int) []byte {
	return b.post(buf, "/api/v1/check", b.bodies[n%len(b.bodies)])
}

// verify compares the text, which is cheap, and looks into it where it differs.
func (b *batches) verify(n, status int, body []byte) error {
	n %= len(b.bodies)
	_, results, _ := strings.Cut(string(body), `"results":`)
	if status == http.StatusOK && results == b.answers[n] {
		return nil
	}
	var answer struct {
		Results []struct {
			Allowed bool
			Error   json.RawMessage
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil || status != http.StatusOK || len(answer.Results) != b.size {
		return fmt.Errorf("a batch is answered with %d %.500s", status, body)
	}
	for i, got := range answer.Results {
		if q := b.list[n*b.size+i]; got.Error != nil || got.Allowed != q.allow {
			return fmt.Errorf("%s, in a batch: the answer is %t %s, expected %t", q, got.Allowed, got.Error, q.allow)
		}
	}
	return fmt.Errorf("a batch is answered with %.500s", body)
}
