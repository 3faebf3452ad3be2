package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// emptyCommand makes this program the server to compare with.
const emptyCommand = "serve-empty"

// serveEmpty serves a route of the shape of a check that does nothing: what
// net/http itself costs. It prints its address, and ends when the standard input
// does, and so with whoever started it.
func serveEmpty() error {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it lasts as long as the process
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/users/{user}/resources/{resource}/permissions/{permission}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("user") == "" || r.PathValue("resource") == "" || r.PathValue("permission") == "" {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = srv.Close() // the process ends
	}()
	fmt.Println(l.Addr())
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// emptyServer is a process that runs serveEmpty.
type emptyServer struct {
	addr  string
	cmd   *exec.Cmd
	input io.Closer
}

func startEmpty() (*emptyServer, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("starting the empty server: %w", err)
	}
	s := &emptyServer{cmd: exec.Command(self, emptyCommand)}
	s.cmd.Stderr = os.Stderr
	if s.input, err = s.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("starting the empty server: %w", err)
	}
	out, err := s.cmd.StdoutPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	if err == nil {
		s.addr, err = bufio.NewReader(out).ReadString('\n')
	}
	if err != nil {
		return nil, fmt.Errorf("starting the empty server: %w", err)
	}
	s.addr = strings.TrimSpace(s.addr)
	return s, nil
}

func (s *emptyServer) stop() error {
	s.input.Close()
	return s.cmd.Wait()
}
