// Command bench measures a real server over HTTP: it makes a workload, starts
// the server, loads the workload by reeve import, compares every answer with
// the expected one, and measures what checks, batches, lists, writes and starts
// cost, with an empty net/http route beside the checks in the same minutes. It
// runs on Linux, whose /proc it reads.
//
//	bench -reeve bin/reeve -dir bin/bench -sizes S,M   measure, print a table, write DIR/result.json
//	bench -dir bin/bench -doc docs/benchmarks.md       put what was measured last into a page
//
// It exits with 1 if any answer is wrong, and names the first ones.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/reeve-authz/reeve/internal/tools/bench/workload"
)

func main() {
	did, err := runAsPart(os.Args[1:])
	if !did {
		program := flag.String("reeve", "bin/reeve", "the server's `program`")
		dir := flag.String("dir", "bin/bench", "`folder` of workloads, which are made once, and of the result")
		sizes := flag.String("sizes", "S,M", "of S, M and L, with commas between them")
		doc := flag.String("doc", "", "measure nothing, but put the last result into this `page`")
		flag.Parse()
		if *doc != "" {
			err = writePage(*doc, resultFile(*dir))
		} else {
			err = run(*program, *dir, strings.Split(*sizes, ","))
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// runAsPart does what this program starts itself for, as a process of its own.
// It reports whether that was asked for.
func runAsPart(args []string) (did bool, err error) {
	switch {
	case len(args) == 1 && args[0] == emptyCommand:
		return true, serveEmpty()
	case len(args) == 2 && args[0] == inProcessCommand:
		return true, inProcess(args[1])
	}
	return false, nil
}

func resultFile(dir string) string { return filepath.Join(dir, "result.json") }

// whole is how a benchmark measures if nothing else is said.
var whole = plan{round: time.Second, rounds: 5, pace: 1000}

func run(program, dir string, sizes []string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the folder of workloads: %w", err)
	}
	result := Result{Date: time.Now().UTC().Truncate(time.Second)}
	var err error
	if result.Version, err = versionOf(program); err != nil {
		return err
	}
	if result.Machine, err = describeMachine(dir); err != nil {
		return err
	}
	began := time.Now()
	say := func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "%4.0fs  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
	for _, name := range sizes {
		folder := filepath.Join(dir, name)
		if err := makeWorkload(folder, name, say); err != nil {
			return err
		}
		size, err := measureSize(program, folder, name, whole, say)
		if err != nil {
			return err
		}
		result.Sizes = append(result.Sizes, size)
	}
	text, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the result: %w", err)
	}
	if err := os.WriteFile(resultFile(dir), append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return printTable(os.Stdout, result)
}

// shared is the generator of the workload that other programs are measured by,
// too, seen from the repository's root.
const shared = "../shared/bench"

// makeWorkload makes the workload of a size, unless it is there: by the shared
// generator if this machine has it, by our own if not.
func makeWorkload(dir, size string, say func(string, ...any)) error {
	shape, ok := workload.Sizes[size]
	if !ok {
		return fmt.Errorf("there is no size %q, only S, M and L", size)
	}
	if workload.Exists(dir) {
		return nil
	}
	say("%s: making the workload", size)
	if _, err := os.Stat(shared); err != nil {
		return workload.Generate(dir, shape)
	}
	to, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("making the workload: %w", err)
	}
	cmd := exec.Command("go", "run", ".", "-size", size, "-out", to)
	cmd.Dir = shared
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("making the workload: %w\n%s", err, out)
	}
	return nil
}
