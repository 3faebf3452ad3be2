package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

// runNode runs the tests below dir, shows them as they go, and counts them by
// the summary at the end of a TAP report.
func runNode(dir string) sum {
	fmt.Printf("\nnode --test (%s)\n", dir)
	tmp, err := os.MkdirTemp("", "testsum")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return sum{failed: 1}
	}
	defer os.RemoveAll(tmp)
	report := filepath.Join(tmp, "report.tap")
	cmd := exec.Command("node", "--test",
		"--test-reporter=spec", "--test-reporter-destination=stdout",
		"--test-reporter=tap", "--test-reporter-destination="+report)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, os.Stdout, os.Stderr
	runErr := cmd.Run()

	tap, err := os.ReadFile(report)
	if err != nil {
		fmt.Fprintln(os.Stderr, "node --test:", runErr, err)
		return sum{failed: 1}
	}
	total := readTAP(tap)
	if runErr != nil && total.failed == 0 {
		fmt.Fprintln(os.Stderr, "node --test:", runErr)
		total.failed = 1
	}
	return total
}

var tapCount = regexp.MustCompile(`^# (pass|fail|cancelled|skipped|todo) (\d+)$`)

// readTAP counts by the comment lines that end node's TAP report. A cancelled
// test did not pass, and a "todo" is a skip under another name.
func readTAP(report []byte) sum {
	var s sum
	for line := range bytes.Lines(report) {
		m := tapCount.FindSubmatch(bytes.TrimRight(line, "\n"))
		if m == nil {
			continue
		}
		n, _ := strconv.Atoi(string(m[2]))
		switch string(m[1]) {
		case "pass":
			s.passed = n
		case "fail", "cancelled":
			s.failed += n
		case "skipped", "todo":
			s.skipped += n
		}
	}
	return s
}
