package server_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkCheckHTTP measures a check over HTTP beside a route of the same shape
// that net/http answers with nothing, in the same run: turn by turn, so that
// what else the machine does is borne by both. The client is another process,
// so the CPU time is that of the servers alone.
func BenchmarkCheckHTTP(b *testing.B) {
	s, _ := openForChecks(b)
	address := strings.TrimPrefix(s.URL, "http://")
	empty := load{Address: serveEmpty(b), Request: rawRequest("GET", allowedPath, s.Owner, ""), Status: 200}
	for _, tt := range []struct {
		name         string
		method, path string
		body         string
		status       int
		connections  int
	}{
		{"allowed/conns=1", "GET", allowedPath, "", 200, 1},
		{"allowed/conns=16", "GET", allowedPath, "", 200, 16},
		{"denied/conns=16", "GET", deniedPath, "", 404, 16},
		{"membership/conns=16", "POST", membershipPath, membershipBody, 200, 16},
		{"batch=100/conns=16", "POST", "/api/v1/check", batchBody(100), 200, 16},
	} {
		b.Run(tt.name, func(b *testing.B) {
			empty.Connections = tt.connections
			compare(b, empty, load{
				Address: address, Request: rawRequest(tt.method, tt.path, s.Owner, tt.body), Status: tt.status, Connections: tt.connections,
			})
		})
	}
}

// compare puts two loads on this process in turn, each of b.N requests, and
// reports what one of theirs takes.
func compare(b *testing.B, empty, check load) {
	const rounds = 10
	c := startClient(b)
	c.send(b, empty, 1000) // what is made once
	c.send(b, check, 1000)
	var floor, ours cost
	b.ResetTimer()
	for range rounds {
		floor.add(c.send(b, empty, b.N/rounds+1))
		ours.add(c.send(b, check, b.N/rounds+1))
	}
	b.StopTimer()
	b.ReportMetric(0, "ns/op") // of both, and the client's too: says nothing
	b.ReportMetric(floor.perRequest(), "empty-cpu-ns")
	b.ReportMetric(ours.perRequest(), "cpu-ns")
	b.ReportMetric(ours.perRequest()/floor.perRequest(), "cpu-ratio")
	b.ReportMetric(float64(floor.elapsed)/float64(ours.elapsed), "throughput-ratio")
	b.ReportMetric(float64(ours.median)/float64(floor.median), "p50-ratio")
}

// cost is what requests took.
type cost struct {
	requests int
	cpu      time.Duration // of this process
	elapsed  time.Duration
	median   time.Duration // of an answer; the sum over the rounds
}

func (c *cost) add(more cost) {
	c.requests += more.requests
	c.cpu += more.cpu
	c.elapsed += more.elapsed
	c.median += more.median
}

func (c *cost) perRequest() float64 { return float64(c.cpu) / float64(c.requests) }

// cpuTime is the processor time of this process so far.
func cpuTime(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func serveEmpty(b *testing.B) (address string) {
	listener, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	s := &http.Server{Handler: emptyMux()} // without the bounds that a real one has
	go func() { _ = s.Serve(listener) }()
	b.Cleanup(func() { _ = s.Close() })
	return listener.Addr().String()
}

// BenchmarkCheckHandler measures what is between net/http and the answer.
func BenchmarkCheckHandler(b *testing.B) {
	s, handler := openForChecks(b)
	for _, tt := range []struct {
		name, method, path, body, credential string
		handler                              http.Handler
		status                               int
	}{
		{"empty", "GET", allowedPath, "", "", emptyMux(), 200},
		{"allowed", "GET", allowedPath, "", s.Owner, handler, 200},
		{"api-key", "GET", allowedPath, "", s.APIKey, handler, 200},
		{"denied", "GET", deniedPath, "", s.Owner, handler, 404},
		{"membership", "POST", membershipPath, membershipBody, s.Owner, handler, 200},
		{"batch=100", "POST", "/api/v1/check", batchBody(100), s.Owner, handler, 200},
	} {
		b.Run(tt.name, func(b *testing.B) {
			in := strings.NewReader(tt.body)
			r, err := http.NewRequestWithContext(b.Context(), tt.method, "http://reeve.test"+tt.path, io.NopCloser(in))
			if err != nil {
				b.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+tt.credential)
			r.Header.Set("Accept-Encoding", "gzip")
			r.ContentLength = int64(len(tt.body))
			w := &unread{header: http.Header{}}
			body := r.Body
			if tt.body == "" {
				body = http.NoBody
			}
			b.ReportAllocs()
			before := cpuTime(b)
			for b.Loop() {
				in.Reset(tt.body)
				r.Body, w.status = body, 0 // a handler may put its own around it
				clear(w.header)
				tt.handler.ServeHTTP(w, r)
				if w.status != tt.status {
					b.Fatalf("%s %s: got %d, want %d", tt.method, tt.path, w.status, tt.status)
				}
			}
			b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns")
		})
	}
}

// unread is an answer that nobody reads.
type unread struct {
	header http.Header
	status int
}

func (u *unread) Header() http.Header { return u.header }

func (u *unread) WriteHeader(status int) { u.status = status }

func (u *unread) Write(p []byte) (int, error) { return len(p), nil }
