package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// The part of a page between these lines is the tool's; the rest is written by
// hand, and kept.
const (
	beginMeasured = "<!-- measured: make bench-page writes what follows -->\n"
	endMeasured   = "<!-- end of what was measured -->\n"
)

// writePage puts a result into a page of Markdown, and its plot beside it.
func writePage(page, result string) error {
	text, err := os.ReadFile(result)
	if err != nil {
		return fmt.Errorf("reading what was measured last: %w", err)
	}
	var r Result
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("reading %s: %w", result, err)
	}
	old, err := os.ReadFile(page)
	if err != nil {
		return fmt.Errorf("reading the page: %w", err)
	}
	plot := strings.TrimSuffix(page, filepath.Ext(page)) + ".svg"
	before, rest, begins := strings.Cut(string(old), beginMeasured)
	_, after, ends := strings.Cut(rest, endMeasured)
	if !begins || !ends {
		return fmt.Errorf("%s lacks the lines that the numbers stand between:\n%s%s", page, beginMeasured, endMeasured)
	}
	if err := os.WriteFile(plot, []byte(drawPlot(r)), 0o644); err != nil { //nolint:gosec // a page for everyone
		return fmt.Errorf("writing the plot: %w", err)
	}
	measured := before + beginMeasured + "\n" + describe(r, filepath.Base(plot)) + endMeasured + after
	if err := os.WriteFile(page, []byte(measured), 0o644); err != nil { //nolint:gosec // a page for everyone
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}

// describe is the machine, the plot and the tables in Markdown.
func describe(r Result, plot string) string {
	var out strings.Builder
	m := r.Machine
	fmt.Fprintf(&out, "Measured on %s: `%s`, built with %s, on %s with %d cores and %.0f GiB of memory, %s, %s; a page is on disk (fsync) in %s.%s\n\n",
		r.Date.Format("2 January 2006"), r.Version, m.Go, m.CPU, m.Cores, float64(m.Memory)/(1<<30), m.Kernel, m.Disk, inMicros(m.Fsync), busy(m))
	for _, s := range r.Sizes {
		fmt.Fprintf(&out, "- %s: %s assignments, %s lines; %s answers verified, and every one of the measured rounds\n",
			s.Name, count(s.Assignments), count(s.Lines), count(s.Verified))
	}
	fmt.Fprintf(&out, "\n![CPU of a check by size, and what was measured in parts of its target](%s)\n", plot)
	for _, section := range sections() {
		fmt.Fprintf(&out, "\n### %s\n\n|", section.title)
		fmt.Fprint(&out, " | target |")
		for _, s := range r.Sizes {
			fmt.Fprintf(&out, " %s |", s.Name)
		}
		fmt.Fprint(&out, " |\n|---|---|", strings.Repeat("---|", len(r.Sizes)), "---|\n")
		for _, row := range section.rows {
			row.write(&out, r)
		}
	}
	return out.String() + "\n"
}

// busy says what else the machine did when the run began.
func busy(m Machine) string {
	if m.Busy == "" {
		return ""
	}
	return fmt.Sprintf(" The load average before was %s.", m.Busy)
}

// write writes the row as a line of a table, which ends with the verdict of the
// largest size that has a target.
func (row row) write(out *strings.Builder, r Result) {
	fmt.Fprintf(out, "| %s | %s |", row.what, row.target.text)
	verdict := ""
	for _, s := range r.Sizes {
		text, miss := row.cell(r, s)
		fmt.Fprintf(out, " %s |", text)
		switch {
		case miss > 1 && math.IsInf(miss, 0):
			verdict = "**missed**"
		case miss > 1:
			verdict = fmt.Sprintf("**missed** by %.2f ×", miss)
		case miss == 1:
			verdict = "met"
		}
	}
	fmt.Fprintf(out, " %s |\n", verdict)
}

func count(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
