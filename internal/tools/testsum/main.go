// Command testsum runs Go and Node tests, shows what failed, and ends with one
// line that counts them all:
//
//	412 passed, 0 failed, 0 skipped
//
// Subtests count, and so does a package that fails without a failing test. It
// exits with 1 if anything failed, if no test ran, or, where CI=true, if any
// test was skipped: a test that is skipped there proves nothing anywhere.
//
//	testsum -go='-race ./...' -go='-C compat/workos-go ./...' -node=compat/authress-js
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

// sum is how many tests ended which way.
type sum struct{ passed, failed, skipped int }

func (s *sum) add(t sum) {
	s.passed += t.passed
	s.failed += t.failed
	s.skipped += t.skipped
}

func main() {
	var goRuns [][]string
	flag.Func("go", "`arguments` of go test, separated by spaces; may be repeated", func(args string) error {
		goRuns = append(goRuns, strings.Fields(args))
		return nil
	})
	verbose := flag.Bool("v", false, "show the output of Go tests that pass, too")
	var nodeDirs []string
	flag.Func("node", "`directory` to run node --test in; may be repeated", func(dir string) error {
		nodeDirs = append(nodeDirs, dir)
		return nil
	})
	flag.Parse()

	var total sum
	for _, args := range goRuns {
		total.add(runGo(args, *verbose))
	}
	for _, dir := range nodeDirs {
		total.add(runNode(dir))
	}

	fmt.Printf("\n%d passed, %d failed, %d skipped\n", total.passed, total.failed, total.skipped)
	switch {
	case total.failed > 0:
		os.Exit(1)
	case total.passed == 0:
		fmt.Fprintln(os.Stderr, "no test ran")
		os.Exit(1)
	case total.skipped > 0 && os.Getenv("CI") == "true":
		fmt.Fprintln(os.Stderr, "a test was skipped, which CI does not accept")
		os.Exit(1)
	}
}
