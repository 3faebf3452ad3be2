package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Outcomes of a fault.
const (
	wasKilled = "killed"
	survived  = "SURVIVED"
	wasWrong  = "WRONG" // stale, or it does not compile
)

type result struct {
	outcome string
	by      string // what killed it
	err     error  // of one that was wrong
	took    time.Duration
}

// trial runs tests.
type trial struct {
	list list
	dir  string // for changed files
}

// sane returns an error unless the tests that the faults need succeed without any.
func (t *trial) sane(ctx context.Context, faults []fault) error {
	done := map[string]bool{}
	for _, f := range faults {
		all := t.list.of(f)
		if len(all) == 0 {
			return fmt.Errorf("%s: no tests are named for %s", f.name, f.file)
		}
		for _, tests := range all {
			if key := strings.Join(tests.args, " "); !done[key] {
				done[key] = true
				if out, err := goTest(ctx, tests.args); err != nil {
					return fmt.Errorf("without any fault, go test %s: %w\n%s", key, err, out)
				}
			}
		}
	}
	return nil
}

// try runs the tests with the fault until one fails. i is the fault's own.
func (t *trial) try(ctx context.Context, i int, f fault) result {
	began := time.Now()
	r := t.outcome(ctx, i, f)
	r.took = time.Since(began)
	return r
}

func (t *trial) outcome(ctx context.Context, i int, f fault) result {
	overlay, err := t.overlay(i, f)
	if err != nil {
		return result{outcome: wasWrong, err: err}
	}
	for _, tests := range t.list.of(f) {
		out, err := goTest(ctx, append([]string{"-overlay=" + overlay}, tests.args...))
		var exit *exec.ExitError
		switch {
		case err == nil:
		case ctx.Err() != nil || !errors.As(err, &exit) || strings.Contains(out, " failed]\n"): // [build failed] or [setup failed]
			return result{outcome: wasWrong, err: fmt.Errorf("%s: %w\n%s", f.name, err, out)}
		default:
			return result{outcome: wasKilled, by: reason(out)}
		}
	}
	return result{outcome: survived}
}

// overlay writes what go's -overlay reads: which file stands for which.
func (t *trial) overlay(i int, f fault) (path string, err error) {
	text, err := f.apply()
	if err != nil {
		return "", err
	}
	file, err := filepath.Abs(f.file)
	if err != nil {
		return "", fmt.Errorf("naming a file: %w", err)
	}
	changed := filepath.Join(t.dir, fmt.Sprint(i, ".go"))
	files, err := json.Marshal(map[string]map[string]string{"Replace": {file: changed}})
	if err != nil {
		return "", fmt.Errorf("writing an overlay: %w", err)
	}
	path = filepath.Join(t.dir, fmt.Sprint(i, ".json"))
	if err := errors.Join(os.WriteFile(changed, []byte(text), 0o600), os.WriteFile(path, files, 0o600)); err != nil {
		return "", fmt.Errorf("writing an overlay: %w", err)
	}
	return path, nil
}

// limited runs a test in 8 GB of addresses where the shell can do that: some
// faults have the code collect for ever.
const limited = `sh -c 'ulimit -v 8000000 2>/dev/null; exec "$@"' sh`

// goTest runs go test and returns what it printed. A test that takes a minute
// hangs: that fails, too.
func goTest(ctx context.Context, args []string) (out string, err error) {
	args = append([]string{"test", "-failfast", "-vet=off", "-ldflags=-s -w", "-timeout=1m", "-exec=" + limited}, args...)
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // arguments are of the list, which is of the checkout
	text, err := cmd.CombinedOutput()
	return string(text), err //nolint:wrapcheck // callers tell an exit from others
}

// reason is the line of what tests printed that says best why they failed.
func reason(out string) string {
	for _, sign := range []string{"--- FAIL: ", "panic: ", "fatal error: "} {
		for line := range strings.Lines(out) {
			if strings.HasPrefix(line, sign) {
				return strings.TrimSpace(line)
			}
		}
	}
	return "the tests failed"
}
