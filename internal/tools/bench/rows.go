package main

import (
	"fmt"
	"math"
	"strings"
)

// row is a number of every size, and what it is to be.
type row struct {
	what   string
	format func(float64) string
	value  func(Result, Size) float64 // NaN if there is none
	target target
}

// target says what a number is to be at the sizes that have a bound. Its zero
// value is none.
type target struct {
	text    string
	bound   func(Size) float64 // NaN at sizes that have none
	atLeast bool               // else at most
}

var none = math.NaN()

// atM is a bound at a million assignments, where the targets are set.
func atM(text string, bound float64, atLeast bool) target {
	return target{text, func(s Size) float64 { return bySize(s, bound, none) }, atLeast}
}

// bySize picks the bound of a size.
func bySize(s Size, m, l float64) float64 {
	switch s.Name {
	case "M":
		return m
	case "L":
		return l
	}
	return none
}

func atMost(text string, bound float64) target  { return atM("≤ "+text, bound, false) }
func atLeast(text string, bound float64) target { return atM("≥ "+text, bound, true) }

// misses says by how much a value misses its target, as a factor above 1; 1 if
// it does not, and NaN if it has none.
func (t target) misses(s Size, value float64) float64 {
	if t.bound == nil || math.IsNaN(value) {
		return none
	}
	factor := value / t.bound(s)
	if t.atLeast {
		factor = 1 / factor
	}
	if value == 0 && t.bound(s) == 0 {
		factor = 1
	}
	if math.IsNaN(factor) {
		return none
	}
	return max(1, factor)
}

// section is a part of the table.
type section struct {
	title string
	rows  []row
}

// of makes a row of a number that one size has by itself.
func of(what string, format func(float64) string, t target, value func(Size) float64) row {
	return row{what, format, func(_ Result, s Size) float64 { return value(s) }, t}
}

const (
	microsecond = "µs"
	mebibyte    = 1 << 20
)

// sections are the whole table.
func sections() []section {
	return []section{
		{"Checks over HTTP", append(routeRows(), growthRows()...)},
		{"Checks in process", []row{
			of("CPU of a check, from strings", inMicros, target{"≤ 1.5 µs at M, ≤ 5 µs at L", func(s Size) float64 { return bySize(s, 1.5, 5) }, false}, func(s Size) float64 { return s.InProcess.CPU }),
			of("allocations of a check", plain, target{"0", func(s Size) float64 { return bySize(s, 0, 0) }, false}, func(s Size) float64 { return math.Round(s.InProcess.Allocs*1000) / 1000 }),
		}},
		{"Batches and lists", []row{
			of("batch of 100: CPU of a check", inMicros, atMost("2 µs", 2), func(s Size) float64 { return s.Batch.CPU }),
			of("batch of 100: p50", inMicros, target{}, func(s Size) float64 { return s.Batch.P50 }),
			of("batch of 100: p99", inMicros, target{}, func(s Size) float64 { return s.Batch.P99 }),
			of("list resources: p50", inMicros, atMost("400 µs", 400), func(s Size) float64 { return s.ListResources.P50 }),
			of("list resources: p99", inMicros, target{}, func(s Size) float64 { return s.ListResources.P99 }),
			of("list resources: answers", plain, target{}, func(s Size) float64 { return s.ListResources.Answers }),
			of("list users: p50", inMicros, atMost("400 µs", 400), func(s Size) float64 { return s.ListUsers.P50 }),
			of("list users: p99", inMicros, target{}, func(s Size) float64 { return s.ListUsers.P99 }),
			of("list users: answers", plain, target{}, func(s Size) float64 { return s.ListUsers.Answers }),
		}},
		{"Durable writes over HTTP", writeRows()},
		{"Load and start", []row{
			of("load: assignments a second", perSecond, atLeast("60,000/s", 60_000), func(s Size) float64 { return s.Load.AssignmentsPerSecond }),
			of("load: lines of all sorts a second", perSecond, target{}, func(s Size) float64 { return s.Load.LinesPerSecond }),
			of("load: CPU of an assignment", inMicros, target{}, func(s Size) float64 { return s.Load.CPU }),
			of("start from the compact snapshot", inSeconds, atMost("2 s", 2), func(s Size) float64 { return s.Start.Snapshot }),
			of("start without it", inSeconds, atMost("10 s", 10), func(s Size) float64 { return s.Start.Full }),
		}},
		{"Resident memory", memoryRows()},
	}
}

func routeRows() []row {
	route := func(s Size) Route { return s.Sixteen.Route }
	return []row{
		of("16 connections: CPU of the server", inMicros, atMost("20 µs", 20), func(s Size) float64 { return route(s).CPU }),
		of("… of the empty route", inMicros, target{}, func(s Size) float64 { return s.Sixteen.Base.CPU }),
		of("… CPU, ratio", asRatio, atMost("1.4 ×", 1.4), func(s Size) float64 { return s.Sixteen.Ratio.CPU }),
		of("… of the load generator", inMicros, target{}, func(s Size) float64 { return route(s).Generator }),
		of("16 connections: checks a second", perSecond, target{}, func(s Size) float64 { return route(s).PerSecond }),
		of("… of the empty route", perSecond, target{}, func(s Size) float64 { return s.Sixteen.Base.PerSecond }),
		of("… throughput, ratio", asRatio, atLeast("0.7 ×", 0.7), func(s Size) float64 { return s.Sixteen.Ratio.PerSecond }),
		of("16 connections: p50", inMicros, target{}, func(s Size) float64 { return route(s).P50 }),
		of("16 connections: p99", inMicros, target{}, func(s Size) float64 { return route(s).P99 }),
		of("… of the empty route", inMicros, target{}, func(s Size) float64 { return s.Sixteen.Base.P99 }),
		of("1 connection: p50", inMicros, target{}, func(s Size) float64 { return s.One.Route.P50 }),
		of("… of the empty route", inMicros, target{}, func(s Size) float64 { return s.One.Base.P50 }),
		of("… p50, ratio", asRatio, atMost("1.5 ×", 1.5), func(s Size) float64 { return s.One.Ratio.P50 }),
		of("1 connection: p99", inMicros, target{}, func(s Size) float64 { return s.One.Route.P99 }),
		of("1 connection: checks a second", perSecond, target{}, func(s Size) float64 { return s.One.Route.PerSecond }),
		of("beside 1,000 writes/s: p99", inMicros, target{}, func(s Size) float64 { return s.Mixed.Pair.Route.P99 }),
		of("… idle in the same minute", inMicros, target{}, func(s Size) float64 { return s.Mixed.Pair.Base.P99 }),
		of("… p99, ratio", asRatio, atMost("2 ×", 2), func(s Size) float64 { return s.Mixed.Pair.Ratio.P99 }),
		of("… writes a second that were made", perSecond, target{}, func(s Size) float64 { return s.Mixed.WritesPerSecond }),
		of("… grants revoked, refused by the next request", plain, target{}, func(s Size) float64 { return float64(s.Mixed.Revoked) }),
	}
}

// growthRows compare a size with S, if that was measured.
func growthRows() []row {
	growth := func(cpu func(Size) float64) func(Result, Size) float64 {
		return func(r Result, s Size) float64 {
			if first := r.Sizes[0]; first.Name == "S" && s.Name != "S" {
				return cpu(s) / cpu(first)
			}
			return none
		}
	}
	return []row{
		{"16 connections: CPU, growth from S", asRatio, growth(func(s Size) float64 { return s.Sixteen.Route.CPU }), atMost("1.15 ×", 1.15)},
		{"… of the empty route meanwhile", asRatio, growth(func(s Size) float64 { return s.Sixteen.Base.CPU }), target{}},
	}
}

func writeRows() []row {
	return []row{
		of("1 writer: p50 above the machine's fsync", inMicros, atMost("200 µs", 200), func(s Size) float64 { return s.Writes.Above }),
		of("1 writer: p50", inMicros, target{}, func(s Size) float64 { return s.Writes.One.P50 }),
		of("1 writer: p99", inMicros, target{}, func(s Size) float64 { return s.Writes.One.P99 }),
		of("fsync of a page", inMicros, target{}, func(s Size) float64 { return s.Writes.Fsync }),
		of("1 writer: writes a second", perSecond, target{}, func(s Size) float64 { return s.Writes.One.PerSecond }),
		of("64 writers: writes a second", perSecond, atLeast("20,000/s", 20_000), func(s Size) float64 { return s.Writes.Many.PerSecond }),
		of("64 writers: p50", inMicros, target{}, func(s Size) float64 { return s.Writes.Many.P50 }),
		of("64 writers: p99", inMicros, target{}, func(s Size) float64 { return s.Writes.Many.P99 }),
		of("64 writers: CPU of a write", inMicros, target{}, func(s Size) float64 { return s.Writes.Many.CPU }),
	}
}

func memoryRows() []row {
	limit := target{"≤ 100 B an assignment + 30 MiB", func(s Size) float64 {
		most := 100*float64(s.Assignments) + 30*mebibyte
		return bySize(s, most, none)
	}, false}
	at := func(what string, t target, value func(Memory) int64) row {
		return of(what, inMiB, t, func(s Size) float64 { return float64(value(s.Memory)) })
	}
	return []row{
		at("right behind the load", target{}, func(m Memory) int64 { return m.Loaded }),
		at("behind checks and lists", limit, func(m Memory) int64 { return m.Checked }),
		at("started from the compact snapshot", limit, func(m Memory) int64 { return m.Started }),
		at("… the most beside writes", limit, func(m Memory) int64 { return m.MixedPeak }),
		at("started from the store alone", target{}, func(m Memory) int64 { return m.Full }),
		at("the most during the load", target{}, func(m Memory) int64 { return m.LoadPeak }),
		at("the most during a start from the compact snapshot", target{}, func(m Memory) int64 { return m.StartPeak }),
		at("the most during a start from the store alone", target{}, func(m Memory) int64 { return m.FullPeak }),
	}
}

func inMicros(v float64) string  { return significant(v) + " " + microsecond }
func inSeconds(v float64) string { return significant(v) + " s" }
func inMiB(v float64) string     { return significant(v/mebibyte) + " MiB" }
func asRatio(v float64) string   { return fmt.Sprintf("%.2f ×", v) }
func perSecond(v float64) string { return significant(v) + "/s" }
func plain(v float64) string     { return significant(v) }

// significant writes three digits that count, and commas between thousands.
func significant(v float64) string {
	if v < 100 {
		return strings.TrimSuffix(fmt.Sprintf("%.3g", v), ".0")
	}
	scale := math.Pow(10, math.Floor(math.Log10(v))-2)
	digits := fmt.Sprintf("%.0f", math.Round(v/scale)*scale)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
