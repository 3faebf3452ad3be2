package main

import (
	"strings"
	"testing"
)

var asked = []question{
	{"ana", "read", "authz_resource_o0", true},
	{"ben", "read", "authz_resource_o0", false},
	{"eve", "share", "authz_resource_o0p1", true},
}

func TestVerifyCheck(t *testing.T) {
	for _, tt := range []struct {
		n, status   int
		grown, want bool // want: the answer is right
	}{
		{0, 200, false, true},
		{0, 404, false, false},
		{0, 404, true, false}, // grants were added, none was taken away
		{1, 404, false, true},
		{1, 200, false, false},
		{1, 200, true, true},
		{1, 404, true, true},
		{4, 404, false, true}, // around to the second
		{0, 401, false, false},
		{1, 503, true, false},
	} {
		c := &checks{list: asked, grown: tt.grown}
		if err := c.verify(tt.n, tt.status, nil); (err == nil) != tt.want {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}

func TestVerifyBatch(t *testing.T) {
	b := newBatches(asker{"host", "key"}, asked, 2) // one batch; the third question makes none
	const right = `{"revision":7,"results":[{"allowed":true},{"allowed":false}]}`
	for _, tt := range []struct {
		status int
		body   string
		want   string // in the error
	}{
		{200, right, ""},
		{500, right, "answered with 500"},
		{200, `{"revision":7,"results":[{"allowed":true},{"allowed":true}]}`, "may ben read"},
		{200, `{"revision":7,"results":[{"error":{"kind":"invalid","message":"no"}},{"allowed":false}]}`, "may ana read"},
		{200, `{"revision":7,"results":[{"allowed":true}]}`, "answered with 200"},
		{200, ``, "answered with 200"},
	} {
		err := b.verify(3, tt.status, []byte(tt.body))
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%d %s: %v, want %q", tt.status, tt.body, err, tt.want)
		}
	}
	const want = "POST /api/v1/check HTTP/1.1\r\nHost: host\r\nAuthorization: Bearer key\r\nContent-Type: application/json\r\nContent-Length: 144\r\n\r\n" +
		`{"checks":[{"user":"ana","permission":"read","resource":"authz_resource_o0"},{"user":"ben","permission":"read","resource":"authz_resource_o0"}]}`
	if got := string(b.request(nil, 0)); got != want {
		t.Errorf("the request is\n%s\nwant\n%s", got, want)
	}
}
