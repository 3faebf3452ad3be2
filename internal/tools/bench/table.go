package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// missed is behind a value that misses its target.
const missed = " ✗"

// printTable prints all numbers, a column a size. What misses its target is
// marked, and counted at the end.
func printTable(w io.Writer, r Result) error {
	fmt.Fprintf(w, "\n%s on %s, %d cores, %s, fsync %s.%s\n", r.Version, r.Machine.CPU, r.Machine.Cores, r.Machine.Go, inMicros(r.Machine.Fsync), busy(r.Machine))
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	misses := 0
	for _, section := range sections() {
		fmt.Fprintf(out, "\n%s\ttarget at M", section.title)
		for _, s := range r.Sizes {
			fmt.Fprintf(out, "\t%s", s.Name)
		}
		fmt.Fprintln(out)
		for _, row := range section.rows {
			fmt.Fprintf(out, "  %s\t%s", row.what, row.target.text)
			for _, s := range r.Sizes {
				text, miss := row.cell(r, s)
				if fmt.Fprintf(out, "\t%s", text); miss > 1 {
					fmt.Fprint(out, missed)
					misses++
				}
			}
			fmt.Fprintln(out)
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	verified := make([]string, len(r.Sizes))
	for i, s := range r.Sizes {
		verified[i] = fmt.Sprintf("%d of %s", s.Verified, s.Name)
	}
	_, err := fmt.Fprintf(w, "\nAll answers are right (%s). Targets missed: %d.\n", strings.Join(verified, ", "), misses)
	return err
}

// cell is the text of a number, and by which factor it misses its target.
func (row row) cell(r Result, s Size) (text string, miss float64) {
	v := row.value(r, s)
	if math.IsNaN(v) {
		return "–", none
	}
	return row.format(v), row.target.misses(s, v)
}
