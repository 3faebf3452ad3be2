package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// measured is a result of numbers that are easy to find again.
func measured() Result {
	size := func(name string, assignments int, cpu float64) Size {
		return Size{
			Name: name, Assignments: assignments, Lines: 2 * assignments, Verified: 1234567,
			Sixteen: Pair{
				Route: Route{CPU: cpu, P50: 300, P99: 4000, PerSecond: 52345},
				Base:  Route{CPU: 11, P50: 200, P99: 3000, PerSecond: 60123},
				Ratio: Route{CPU: cpu / 11, P50: 1.5, P99: 1.3, PerSecond: 0.87},
			},
			InProcess: InProcess{CPU: 1.25, Allocs: 1},
			Memory:    Memory{Checked: 100 << 20, Started: 200 << 20},
			Writes:    Writes{Many: Route{PerSecond: 10000}},
		}
	}
	return Result{
		Date: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), Version: "reeve v9",
		Machine: Machine{CPU: "Z80", Cores: 3, Memory: 8 << 30, Kernel: "Linux 9", Disk: "ext4 on /dev/x", Fsync: 77, Go: "go9", Busy: "1.25"},
		Sizes:   []Size{size("S", 10_000, 10), size("M", 1_000_000, 22)},
	}
}

func TestPrintTable(t *testing.T) {
	var out strings.Builder
	if err := printTable(&out, measured()); err != nil {
		t.Fatal(err)
	}
	words := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{
		"reeve v9 on Z80, 3 cores",
		"16 connections: CPU of the server ≤ 20 µs 10 µs 22 µs ✗",
		"… CPU, ratio ≤ 1.4 × 0.91 × 2.00 × ✗",
		"… throughput, ratio ≥ 0.7 × 0.87 × 0.87 ×",
		"growth from S ≤ 1.15 × – 2.20 × ✗",
		"allocations of a check 0 1 1 ✗",
		"behind checks and lists ≤ 100 B an assignment + 30 MiB 100 MiB 100 MiB started",
		"snapshot ≤ 100 B an assignment + 30 MiB 200 MiB 200 MiB ✗",
		"64 writers: writes a second ≥ 20,000/s 10,000/s 10,000/s ✗",
		"1234567 of S, 1234567 of M",
	} {
		if !strings.Contains(words, want) {
			t.Errorf("the table lacks %q:\n%s", want, out.String())
		}
	}
}

func TestWritePage(t *testing.T) {
	dir := t.TempDir()
	text, err := json.Marshal(measured())
	if err != nil {
		t.Fatal(err)
	}
	result, page := filepath.Join(dir, "result.json"), filepath.Join(dir, "page.md")
	write(t, result, string(text))
	write(t, page, "# Title\nby hand\n"+beginMeasured+"old numbers\n"+endMeasured+"by hand, too\n")
	if err := writePage(page, result); err != nil {
		t.Fatal(err)
	}
	first := read(t, page)
	for _, want := range []string{
		"# Title\nby hand\n" + beginMeasured, endMeasured + "by hand, too\n", "4 March 2026", "3 cores and 8 GiB", "in 77 µs. The load average before was 1.25.",
		"](page.svg)", "| target | S | M | |\n|---|---|---|---|---|\n",
		"| 16 connections: CPU of the server | ≤ 20 µs | 10 µs | 22 µs | **missed** by 1.10 × |",
		"| … throughput, ratio | ≥ 0.7 × | 0.87 × | 0.87 × | met |",
		"| allocations of a check | 0 | 1 | 1 | **missed** |",
		"- M: 1,000,000 assignments, 2,000,000 lines; 1,234,567 answers",
	} {
		if !strings.Contains(first, want) {
			t.Errorf("the page lacks %q:\n%s", want, first)
		}
	}
	if strings.Contains(first, "old numbers") || strings.Contains(first, "NaN") {
		t.Errorf("the page has what it should not:\n%s", first)
	}
	if err := writePage(page, result); err != nil || read(t, page) != first {
		t.Errorf("written again, the page differs: %v", err)
	}
	plot := read(t, filepath.Join(dir, "page.svg"))
	if strings.Contains(plot, "NaN") || strings.Contains(plot, "Inf") || !strings.Contains(plot, "M: 16 connections: CPU, ratio") {
		t.Errorf("the plot is\n%s", plot)
	}
	for dec := xml.NewDecoder(strings.NewReader(plot)); ; {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the plot is no XML: %v\n%s", err, plot)
		}
	}

	write(t, page, "# Title\n"+beginMeasured)
	if writePage(page, result) == nil || read(t, page) != "# Title\n"+beginMeasured {
		t.Error("a page without an end of the numbers is written")
	}
}

func TestSignificant(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.1234: "0.123", 1: "1", 9.999: "10", 14.26: "14.3", 99.96: "100", 123.4: "123", 1234: "1,230", 999_999: "1,000,000", 52_345: "52,300",
	} {
		if got := significant(v); got != want {
			t.Errorf("significant(%v) = %q, want %q", v, got, want)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
