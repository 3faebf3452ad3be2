package main

import (
	"fmt"
	"os"
	"strings"
)

// list is a file of faults: blocks of lines, apart by empty ones. A block whose
// lines begin with "#" is a comment, one whose lines begin with "test" says which
// tests ought to notice what is wrong below a folder,
//
//	test internal/engine: ./internal/engine -questions=50000
//
// and every other block is a fault:
//
//	whoever left a group stays in it
//	internal/engine/closure.go
//	-if !s.hasLeft(id) {
//	+if s != nil {
//
// Lines with "-" are a text that the file has exactly once, and those with "+"
// are what stands there instead; a fault without the latter only takes away.
type list struct {
	tests  []tests
	faults []fault
}

// tests are arguments of go test.
type tests struct {
	below string // folder or file
	args  []string
}

type fault struct {
	name     string // what goes wrong
	file     string
	old, new string
	line     int // in the list, of its name
}

func parse(text string) (list, error) {
	var l list
	lines := strings.Split(text, "\n")
	for from := 0; from < len(lines); from++ {
		to := from
		for to < len(lines) && lines[to] != "" {
			to++
		}
		if to > from {
			if err := l.add(lines[from:to]); err != nil {
				return list{}, fmt.Errorf("line %d of the list: %w", from+1, err)
			}
			if n := len(l.faults); n > 0 && l.faults[n-1].line == 0 {
				l.faults[n-1].line = from + 1
			}
		}
		from = to
	}
	return l, nil
}

func (l *list) add(block []string) error {
	switch first, _, _ := strings.Cut(block[0], " "); first {
	case "#":
		return nil
	case "test":
		return l.addTests(block)
	}
	f := fault{name: block[0]}
	if len(block) > 1 {
		f.file = block[1]
	}
	var old, is []string
	for _, line := range block[min(2, len(block)):] {
		switch {
		case strings.HasPrefix(line, "-") && is == nil:
			old = append(old, line[1:])
		case strings.HasPrefix(line, "+"):
			is = append(is, line[1:])
		default:
			return fmt.Errorf("%q: want lines with \"-\", then lines with \"+\"", line)
		}
	}
	f.old, f.new = strings.Join(old, "\n"), strings.Join(is, "\n")
	if f.old == "" || f.old == f.new {
		return fmt.Errorf("%q changes nothing", f.name)
	}
	for _, other := range l.faults {
		if other.name == f.name {
			return fmt.Errorf("there are two faults %q", f.name)
		}
	}
	l.faults = append(l.faults, f)
	return nil
}

func (l *list) addTests(block []string) error {
	for _, line := range block {
		below, args, ok := strings.Cut(strings.TrimPrefix(line, "test "), ": ")
		if !ok {
			return fmt.Errorf("%q: want a folder, a colon and arguments of go test", line)
		}
		l.tests = append(l.tests, tests{below, strings.Fields(args)})
	}
	return nil
}

// of are the tests that ought to notice the fault.
func (l *list) of(f fault) []tests {
	var all []tests
	for _, t := range l.tests {
		if f.file == t.below || strings.HasPrefix(f.file, t.below+"/") {
			all = append(all, t)
		}
	}
	return all
}

// apply returns what the file is with the fault. It is an error if the file does
// not have the text exactly once.
func (f fault) apply() (string, error) {
	text, err := os.ReadFile(f.file)
	if err != nil {
		return "", fmt.Errorf("%s: %w", f.name, err)
	}
	if n := strings.Count(string(text), f.old); n != 1 {
		return "", fmt.Errorf("%s (line %d of the list): %s has the text %d times, not once:\n%s", f.name, f.line, f.file, n, f.old)
	}
	return strings.Replace(string(text), f.old, f.new, 1), nil
}
