package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the scripts run this test binary as reeve.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"reeve": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			os.Exit(run(ctx, os.Args[1:]))
		},
	})
}

// TestScripts runs the command line sessions in testdata/script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			for _, name := range []string{"ADDR", "ADDR2"} {
				addr, err := freeAddress()
				if err != nil {
					return err
				}
				env.Setenv(name, addr)
			}
			return importedLines(env)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"ready": ready, "mode": mode},
	})
}

// importedLines puts the example of docs/import.md into a file of the folder
// $DOCS.
func importedLines(env *testscript.Env) error {
	doc, err := os.ReadFile("../../docs/import.md")
	if err != nil {
		return err
	}
	_, lines, _ := strings.Cut(string(doc), "```json\n")
	lines, _, ok := strings.Cut(lines, "```\n")
	if !ok {
		return errors.New("docs/import.md has no example")
	}
	env.Setenv("DOCS", env.WorkDir)
	return os.WriteFile(filepath.Join(env.WorkDir, "lines.jsonl"), []byte(lines), 0o600)
}

// freeAddress is a loopback address where nothing listens now.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// ready waits until a server on the address answers. Usage: ready ADDR
func ready(ts *testscript.TestScript, _ bool, args []string) {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get("http://" + args[0] + "/readyz")
		if err != nil {
			continue
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return
		}
	}
	ts.Fatalf("no server became ready on %s", args[0])
}

// mode checks a file's permissions. Usage: mode 0600 FILE
func mode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] {
		ts.Fatalf("%s has the mode %s, want %s", args[1], got, args[0])
	}
}
