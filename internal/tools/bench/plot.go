package main

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// plot is a picture in the making: SVG, in its own units.
type plot struct {
	out  strings.Builder
	high float64 // so far
}

const (
	plotWide = 760.0
	barHigh  = 16.0
	labelEnd = 380.0 // where labels end and bars begin
	barWide  = 290.0 // of the longest bar
	mostOver = 2.5   // of a target: a longer bar is cut

	reeveColour = "#2563eb"
	emptyColour = "#9ca3af"
	goodColour  = "#15803d"
	badColour   = "#c2410c"
)

func (p *plot) text(x float64, anchor, weight, s string) {
	fmt.Fprintf(&p.out, `<text x="%.0f" y="%.0f" text-anchor="%s" font-weight="%s">%s</text>`+"\n", x, p.high+barHigh-4, anchor, weight, html.EscapeString(s))
}

// bar draws one line: a label, a bar of the part of the whole, and a value.
func (p *plot) bar(label string, part float64, colour, value string) {
	p.text(labelEnd-8, "end", "normal", label)
	wide := barWide * min(max(part, 0), 1)
	fmt.Fprintf(&p.out, `<rect x="%.0f" y="%.1f" width="%.1f" height="%.0f" fill="%s"/>`+"\n", labelEnd, p.high, wide, barHigh-3, colour)
	p.text(labelEnd+wide+6, "start", "normal", value)
	p.high += barHigh
}

func (p *plot) title(s string) {
	p.high += barHigh
	p.text(12, "start", "bold", s)
	p.high += 1.5 * barHigh
}

// drawPlot draws how the processor time of a check grows, and how each number
// stands to its target.
func drawPlot(r Result) string {
	var p plot
	p.growth(r)
	p.targets(r)
	p.high += barHigh
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" font-family="sans-serif" font-size="12" fill="#111827">`+"\n"+
		`<rect width="100%%" height="100%%" fill="#ffffff"/>`+"\n%s</svg>\n", plotWide, p.high, p.out.String())
}

func (p *plot) growth(r Result) {
	p.title("Processor time of a check over HTTP, 16 connections")
	most := 0.0
	for _, s := range r.Sizes {
		most = max(most, s.Sixteen.Route.CPU, s.Sixteen.Base.CPU)
	}
	for _, s := range r.Sizes {
		p.bar(count(s.Assignments)+" assignments", s.Sixteen.Route.CPU/most, reeveColour, inMicros(s.Sixteen.Route.CPU))
		p.bar("the empty route meanwhile", s.Sixteen.Base.CPU/most, emptyColour, inMicros(s.Sixteen.Base.CPU))
		p.high += barHigh / 2
	}
}

// targets draws a bar for each number that has a target: what it is in parts of
// the target, or the target in parts of it where more is better.
func (p *plot) targets(r Result) {
	p.title("Measured in parts of the target: up to the line it is met")
	top := p.high
	for _, s := range r.Sizes {
		for _, section := range sections() {
			context := ""
			for _, row := range section.rows {
				label := row.what
				if rest, same := strings.CutPrefix(label, "… "); same {
					label = context + ": " + rest
				} else {
					context, _, _ = strings.Cut(label, ":")
				}
				p.target(r, s, row, label)
			}
		}
	}
	x := labelEnd + barWide/mostOver
	fmt.Fprintf(&p.out, `<line x1="%.1f" x2="%.1f" y1="%.0f" y2="%.0f" stroke="#111827" stroke-dasharray="3 2"/>`+"\n", x, x, top-4, p.high)
}

func (p *plot) target(r Result, s Size, row row, label string) {
	v := row.value(r, s)
	if math.IsNaN(row.target.misses(s, v)) {
		return
	}
	bound := row.target.bound(s)
	part, colour := v/bound, goodColour
	if row.target.atLeast {
		part = bound / v
	}
	if bound == 0 { // nothing is allowed
		part = math.Copysign(min(v, 1)*mostOver, 1)
	}
	if row.target.misses(s, v) > 1 {
		colour = badColour
	}
	p.bar(s.Name+": "+label, part/mostOver, colour, row.format(v))
}
