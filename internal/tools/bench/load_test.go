package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// numbers asks a server for the number of the request, and notes which were
// asked.
type numbers struct {
	asker
	wrong func(n int) bool

	mu    sync.Mutex
	asked []int // guarded by mu
}

func (t *numbers) request(buf []byte, n int) []byte { return t.get(buf, fmt.Sprint("/", n)) }

func (t *numbers) verify(n, status int, body []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked = append(t.asked, n)
	if status != http.StatusOK || string(body) != fmt.Sprint("/", n) || t.wrong(n) {
		return fmt.Errorf("wrong: %d", n)
	}
	return nil
}

func startNumbers(t *testing.T, wrong func(n int) bool) (*load, *numbers) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path) }))
	t.Cleanup(srv.Close)
	traffic := &numbers{asker: asker{addr: srv.Listener.Addr().String()}, wrong: wrong}
	l, err := newLoad(traffic.addr, 5, traffic)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	return l, traffic
}

// Every request is sent once, and the next round goes on behind the last.
func TestLoad(t *testing.T) {
	l, traffic := startNumbers(t, func(int) bool { return false })
	for i := range 3 {
		r, err := l.run(bounds{requests: 101})
		if err != nil || r.requests != 101 || len(r.latency) != 101 || !slices.IsSorted(r.latency) || r.latency[0] <= 0 {
			t.Fatalf("round %d: %d requests, %v", i, r.requests, err)
		}
	}
	r, err := l.run(bounds{time: 20 * time.Millisecond})
	if err != nil || r.requests == 0 || r.took < 20*time.Millisecond {
		t.Fatalf("in 20 ms: %d requests in %s, %v", r.requests, r.took, err)
	}
	slices.Sort(traffic.asked)
	for i, n := range traffic.asked {
		if n != i {
			t.Fatalf("the requests were %v", traffic.asked)
		}
	}
	if want := 3*101 + r.requests; len(traffic.asked) != want {
		t.Errorf("%d requests, want %d", len(traffic.asked), want)
	}
}

func TestLoadWrong(t *testing.T) {
	l, _ := startNumbers(t, func(n int) bool { return n >= 20 && n < 50 })
	_, err := l.run(bounds{requests: 100})
	if err == nil || !strings.Contains(err.Error(), "30 answers are wrong") || strings.Count(err.Error(), "wrong: ") != maxShown {
		t.Errorf("of 30 wrong answers: %v", err)
	}
}

func TestQuantile(t *testing.T) {
	var r round
	if got := r.quantile(0.5); got != 0 {
		t.Errorf("the median of nothing is %v", got)
	}
	for i := range 100 {
		r.latency = append(r.latency, time.Duration(i))
	}
	for q, want := range map[float64]time.Duration{0: 0, 0.5: 50, 0.99: 99, 1: 99} {
		if got := r.quantile(q); got != want {
			t.Errorf("quantile(%v) = %d, want %d", q, got, want)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		of   []float64
		want float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 2, 100}, 3}} {
		if got := median(tt.of); got != tt.want {
			t.Errorf("median(%v) = %v, want %v", tt.of, got, tt.want)
		}
	}
}

func TestProc(t *testing.T) {
	before, err := cpuTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	own := ownTime()
	for ownTime()-own < 5*tick { // work
		_ = fmt.Sprint(own)
	}
	if after, err := cpuTime(os.Getpid()); err != nil || after-before < 4*tick {
		t.Errorf("%s of work are %s, %v", 5*tick, after-before, err)
	}
	m, err := memoryOf(os.Getpid())
	if err != nil || m.resident < 1<<20 || m.peak < m.resident {
		t.Errorf("memory %+v, %v", m, err)
	}
	if _, err := cpuTime(-1); err == nil {
		t.Error("no process has a time")
	}
}
