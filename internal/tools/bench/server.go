package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const (
	readyWithin = 20 * time.Minute // a full load of the largest size
	stopWithin  = 2 * time.Minute
)

// server is a Reeve process with the settings that it has by default.
type server struct {
	addr string // host:port
	data string // its folder
	keys keys

	cmd  *exec.Cmd
	log  bytes.Buffer  // to be read when done is closed
	done chan struct{} // closed when the process has ended
}

// keys are the first owner's, as the server writes them to bootstrap.json.
type keys struct{ AccountID, AccessKey, APIKey string }

// startServer starts the program on a folder, waits until the server is ready,
// and says how long that took. The folder may hold data already.
func startServer(program, data string) (*server, time.Duration, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, 0, err
	}
	s := &server{addr: addr, data: data, done: make(chan struct{})}
	s.cmd = exec.Command(program, "serve", "--listen", addr, "--data", data)
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, 0, fmt.Errorf("starting the server: %w", err)
	}
	go func() {
		_ = s.cmd.Wait() // ProcessState tells
		close(s.done)
	}()
	err = s.waitReady(began)
	took := time.Since(began)
	if err == nil {
		err = s.readKeys()
	}
	if err != nil {
		s.kill()
		return nil, 0, fmt.Errorf("%w; its log:\n%s", err, s.log.String())
	}
	return s, took, nil
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed at once
	if err != nil {
		return "", fmt.Errorf("finding a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func (s *server) waitReady(began time.Time) error {
	for time.Since(began) < readyWithin {
		select {
		case <-s.done:
			return fmt.Errorf("the server ended before it was ready: %s", s.cmd.ProcessState)
		case <-time.After(2 * time.Millisecond):
		}
		if s.ready() {
			return nil
		}
	}
	return fmt.Errorf("the server was not ready within %s", readyWithin)
}

func (s *server) ready() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.addr+"/readyz", http.NoBody)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == http.StatusOK
}

func (s *server) readKeys() error {
	text, err := os.ReadFile(filepath.Join(s.data, "bootstrap.json"))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, &s.keys)
}

// importFile has the real client load a file.
func (s *server) importFile(name string) error {
	cmd := exec.Command(s.cmd.Path, "import", "--url", "http://"+s.addr, name)
	cmd.Env = append(os.Environ(), "REEVE_KEY="+s.keys.APIKey)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("importing %s: %w\n%s", name, err, out)
	}
	return nil
}

func (s *server) pid() int { return s.cmd.Process.Pid }

// stop asks the server to end, and waits for what it does then.
func (s *server) stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // fails only if it has ended already
	select {
	case <-s.done:
	case <-time.After(stopWithin):
		s.kill()
		return fmt.Errorf("the server did not stop within %s", stopWithin)
	}
	if !s.cmd.ProcessState.Success() {
		return fmt.Errorf("the server ended with %s; its log:\n%s", s.cmd.ProcessState, s.log.String())
	}
	return nil
}

// kill ends the server, if it has not ended, and waits until it is gone.
func (s *server) kill() {
	_ = s.cmd.Process.Kill() // fails only if it has ended already
	<-s.done
}
