package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// event is a line of `go test -json`, see `go doc test2json`.
type event struct {
	Action     string
	Package    string
	ImportPath string // of build output
	Test       string
	Elapsed    float64 // seconds
	Output     string
}

// runGo runs `go test -json` with args and shows each package's outcome, with
// the output of what failed and of what was skipped.
func runGo(args []string, verbose bool) sum {
	// -C, which names another module, has to come before any other flag.
	command, at := []string{"test"}, 0
	if len(args) > 1 && args[0] == "-C" {
		command, at = append(command, args[:2]...), 2
	}
	cmd := exec.Command("go", slices.Concat(command, []string{"-json"}, args[at:])...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "go test:", err)
		return sum{failed: 1}
	}
	total := readGo(out, os.Stdout, verbose)
	if err := cmd.Wait(); err != nil && total.failed == 0 {
		fmt.Fprintln(os.Stderr, "go test:", err)
		total.failed = 1
	}
	return total
}

// readGo counts the tests of a `go test -json` stream.
func readGo(r io.Reader, w io.Writer, verbose bool) sum {
	type key struct{ pkg, test string }
	var total sum
	output := map[key][]string{} // of tests and packages that run
	perPkg := map[string]*sum{}

	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			var e event
			if json.Unmarshal([]byte(line), &e) != nil {
				fmt.Fprint(w, line) // not an event: go itself says something
				continue
			}
			if perPkg[e.Package] == nil {
				perPkg[e.Package] = &sum{}
			}
			pkg, k := perPkg[e.Package], key{e.Package, e.Test}
			switch e.Action {
			case "output":
				output[k] = append(output[k], e.Output)
			case "build-output":
				fmt.Fprint(w, e.Output)
			case "pass", "fail", "skip":
				if e.Test == "" {
					total.add(endPackage(w, e, *pkg, output[k]))
				} else {
					if countTest(pkg, e.Action); e.Action != "pass" || verbose {
						fmt.Fprint(w, strings.Join(output[k], ""))
					}
				}
				delete(output, k)
			}
		}
		if err != nil {
			break
		}
	}
	return total
}

func countTest(s *sum, action string) {
	switch action {
	case "pass":
		s.passed++
	case "fail":
		s.failed++
	case "skip":
		s.skipped++
	}
}

// endPackage shows how a package ended, and returns its tests. A failure that
// no test of it accounts for (it does not build, it ran out of time) counts as
// one.
func endPackage(w io.Writer, e event, tests sum, output []string) sum {
	switch {
	case e.Action == "fail":
		if tests.failed == 0 {
			tests.failed = 1
		}
		fmt.Fprint(w, strings.Join(output, ""))
		fmt.Fprintf(w, "FAIL  %s  %d passed, %d failed\n", e.Package, tests.passed, tests.failed)
	case tests == sum{}: // no test files, or none chosen
	default:
		fmt.Fprintf(w, "ok    %s  %d passed  %.1fs\n", e.Package, tests.passed, e.Elapsed)
	}
	return tests
}
