// Command faults asks whether the tests would notice. It puts the faults of a
// list into the code, one at a time, by go test's -overlay, so that no file of
// the checkout changes; runs the tests that ought to fail then; and prints which
// faults the tests killed and which survived. It exits with 1 if fewer than 95 of
// a hundred were killed, or if the list is not right: a fault that the code has
// outgrown, or that does not compile, proves nothing.
//
//	faults -list internal/tools/faults/faults.txt -run 'realm|page'
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"sync/atomic"
	"time"
)

// enough is the share of faults that have to be killed, in per cent.
const enough = 95

func main() {
	list := flag.String("list", "internal/tools/faults/faults.txt", "`file` of the faults; the paths in it are below the current folder")
	only := flag.String("run", "", "only the faults whose names match the `expression`")
	workers := flag.Int("p", runtime.NumCPU(), "how many faults to try at the same time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, *list, *only, *workers)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, list, only string, workers int) error {
	named, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	text, err := os.ReadFile(list)
	if err != nil {
		return fmt.Errorf("reading the list: %w", err)
	}
	l, err := parse(string(text))
	if err != nil {
		return err
	}
	var chosen []fault
	for _, f := range l.faults {
		if named.MatchString(f.name) {
			chosen = append(chosen, f)
		}
	}
	if len(chosen) == 0 {
		return errors.New("no fault has such a name")
	}
	dir, err := os.MkdirTemp("", "faults")
	if err != nil {
		return fmt.Errorf("making a folder for changed files: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	t := &trial{list: l, dir: dir}
	_, _ = fmt.Fprintln(out, "The tests as they are …")
	if err := t.sane(ctx, chosen); err != nil {
		return err
	}
	return report(out, chosen, start(ctx, t, chosen, workers))
}

// start tries the faults, some at a time. The results come in the order of the
// list.
func start(ctx context.Context, t *trial, faults []fault, workers int) []chan result {
	found := make([]chan result, len(faults))
	for i := range found {
		found[i] = make(chan result, 1)
	}
	var next atomic.Int64
	for range max(1, workers) {
		go func() {
			for i := int(next.Add(1)) - 1; i < len(faults); i = int(next.Add(1)) - 1 {
				found[i] <- t.try(ctx, i, faults[i])
			}
		}()
	}
	return found
}

// report prints every result and the share of those killed.
func report(out io.Writer, faults []fault, found []chan result) error {
	began, killed, wrong := time.Now(), 0, 0
	for i, f := range faults {
		r := <-found[i]
		fmt.Fprintf(out, "%-9s %4.0fs  %s (%s)\n", r.outcome, r.took.Seconds(), f.name, f.file)
		switch r.outcome {
		case wasKilled:
			killed++
			fmt.Fprintf(out, "%17s%s\n", "", r.by)
		case wasWrong:
			wrong++
			fmt.Fprintf(out, "%v\n", r.err)
		}
	}
	share := 100 * killed / len(faults)
	fmt.Fprintf(out, "\n%d of %d faults killed: %d %%, in %.0f s\n", killed, len(faults), share, time.Since(began).Seconds())
	if wrong > 0 {
		return fmt.Errorf("%d faults of the list prove nothing", wrong)
	}
	if killed*100 < enough*len(faults) {
		return fmt.Errorf("fewer than %d %% of the faults were killed", enough)
	}
	return nil
}
