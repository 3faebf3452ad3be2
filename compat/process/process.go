// Package process runs the real server, as a process of its own, for tests
// that drive it from outside.
package process

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	startWithin = 20 * time.Second
	stopWithin  = 10 * time.Second
)

// binary is the server's program; set by Main before any test runs.
var binary string

// Main runs the tests of a package with a server to start: the one that the
// environment variable REEVE_BIN names, or one that is built from this source.
// A package's TestMain calls it and nothing else.
func Main(m *testing.M) {
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	if binary = os.Getenv("REEVE_BIN"); binary != "" {
		// Stat lets go test see when the program is another one than before.
		if _, err := os.Stat(binary); err != nil {
			return 1, fmt.Errorf("REEVE_BIN: %w", err)
		}
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "reeve-bin")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "reeve")
	build := exec.Command("go", "build", "-o", binary, "github.com/reeve-authz/reeve/cmd/reeve")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("building the server: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// Server is a running server process with a data directory.
type Server struct {
	Addr string // host:port
	Dir  string // its data

	// What the server wrote at its first start.
	AccountID string
	AccessKey string
	APIKey    string

	cmd  *exec.Cmd
	log  *syncBuffer
	done chan struct{} // closed when the process has ended
}

// Start starts a server with an empty data directory and waits until it is
// ready. The test fails, with the server's log, if it does not come up. The
// server is stopped when the test ends.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	return StartIn(t, t.TempDir(), args...)
}

// StartIn is Start with a data directory that may hold data already.
func StartIn(t testing.TB, dir string, args ...string) *Server {
	t.Helper()
	for attempt := 1; ; attempt++ {
		s, err := start(dir, args)
		if err == nil {
			t.Cleanup(func() { s.stop(t) })
			return s
		}
		// Another program may take the port before the server does.
		if attempt == 3 || !strings.Contains(err.Error(), "address already in use") {
			t.Fatal(err)
		}
	}
}

// Launch starts a server and does not wait for it. Whoever calls it calls Kill.
func Launch(t testing.TB, dir string, args ...string) *Server {
	t.Helper()
	s, err := launch(dir, args)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func launch(dir string, args []string) (*Server, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	s := &Server{Addr: addr, Dir: dir, log: &syncBuffer{}, done: make(chan struct{})}
	s.cmd = exec.Command(binary, append([]string{"serve", "--listen", addr, "--data", dir}, args...)...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	go func() {
		_ = s.cmd.Wait() // ProcessState tells
		close(s.done)
	}()
	return s, nil
}

func start(dir string, args []string) (*Server, error) {
	s, err := launch(dir, args)
	if err != nil {
		return nil, err
	}
	if err := s.waitReady(); err != nil {
		s.Kill()
		return nil, fmt.Errorf("%w; its log:\n%s", err, s.log)
	}
	if err := s.readBootstrap(); err != nil {
		s.Kill()
		return nil, err
	}
	return s, nil
}

func (s *Server) waitReady() error {
	deadline := time.Now().Add(startWithin)
	for {
		select {
		case <-s.done:
			return fmt.Errorf("the server ended before it was ready: %s", s.cmd.ProcessState)
		case <-time.After(5 * time.Millisecond):
		}
		if s.ready() {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the server was not ready within %s", startWithin)
		}
	}
}

func (s *Server) ready() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL()+"/readyz", nil)
	if err != nil {
		return false
	}
	res, err := oneShot.Do(req)
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// oneShot keeps no connection: the server behind an address changes.
var oneShot = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func (s *Server) readBootstrap() error {
	file, err := os.ReadFile(filepath.Join(s.Dir, "bootstrap.json"))
	if err != nil {
		return err
	}
	var b struct{ AccountID, AccessKey, APIKey string }
	if err := json.Unmarshal(file, &b); err != nil {
		return fmt.Errorf("bootstrap.json: %w", err)
	}
	if b.AccountID == "" || b.AccessKey == "" {
		return errors.New("bootstrap.json lacks accountId or accessKey")
	}
	s.AccountID, s.AccessKey, s.APIKey = b.AccountID, b.AccessKey, b.APIKey
	return nil
}

// URL is where the server is, without a slash at the end.
func (s *Server) URL() string { return "http://" + s.Addr }

// Log is what the server printed so far.
func (s *Server) Log() string { return s.log.String() }

// Done is closed when the process has ended.
func (s *Server) Done() <-chan struct{} { return s.done }

// Kill ends the server as a lost power cord would, and waits until it is gone.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill() // fails only if it has ended already
	<-s.done
}

// Stop asks the server to end and reports whether it did so cleanly and soon.
func (s *Server) Stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(stopWithin):
		s.Kill()
		return fmt.Errorf("the server did not stop within %s", stopWithin)
	}
	if !s.cmd.ProcessState.Success() {
		return fmt.Errorf("the server ended with %s", s.cmd.ProcessState)
	}
	return nil
}

// stop is for the end of a test: a server that was killed is left alone.
func (s *Server) stop(t testing.TB) {
	select {
	case <-s.done:
	default:
		if err := s.Stop(); err != nil {
			t.Errorf("%v; its log:\n%s", err, s.log)
		}
	}
	if strings.Contains(s.Log(), "DATA RACE") { // REEVE_BIN may be built with -race
		t.Error("the server has a data race")
	}
	if t.Failed() {
		t.Logf("the server's log:\n%s", s.log)
	}
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("finding a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// syncBuffer takes what the process prints while tests read it.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer // guarded by mu
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
