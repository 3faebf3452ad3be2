package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/reeve-authz/reeve/internal/tools/bench/workload"
)

// Size is what was measured of one workload.
type Size struct {
	Name          string    `json:"name"`
	Assignments   int       `json:"assignments"`
	Lines         int       `json:"lines"`    // of the import, assignments included
	Verified      int       `json:"verified"` // answers that were compared with the expected ones, beside those of the measured rounds
	Load          Load      `json:"load"`
	Sixteen       Pair      `json:"sixteen"` // checks at 16 connections, beside the empty route
	One           Pair      `json:"one"`     // at one
	InProcess     InProcess `json:"inProcess"`
	Batch         Batch     `json:"batch"`
	ListResources Lists     `json:"listResources"`
	ListUsers     Lists     `json:"listUsers"`
	Start         Start     `json:"start"`
	Memory        Memory    `json:"memory"`
	Mixed         Mixed     `json:"mixed"`
	Writes        Writes    `json:"writes"`
}

// Load is how fast reeve import loads, durable and audited.
type Load struct {
	AssignmentsPerSecond float64 `json:"assignmentsPerSecond"`
	LinesPerSecond       float64 `json:"linesPerSecond"` // of all lines
	CPU                  float64 `json:"cpu"`            // of the server for an assignment, in microseconds
}

// Batch is what requests of 100 checks cost at one connection.
type Batch struct {
	CPU float64 `json:"cpu"` // of the server for one check, in microseconds
	P50 float64 `json:"p50"` // of the request
	P99 float64 `json:"p99"`
}

// Start is the time from starting the process until it is ready, in seconds.
type Start struct {
	Snapshot float64 `json:"snapshot"` // from the compact snapshot
	Full     float64 `json:"full"`     // from the store alone
}

// Memory is what the server occupies, in bytes. Each peak is the most since the
// number before it was taken, or since the start.
type Memory struct {
	Loaded    int64 `json:"loaded"` // right behind the load
	LoadPeak  int64 `json:"loadPeak"`
	Checked   int64 `json:"checked"` // behind checks, batches and lists
	CheckPeak int64 `json:"checkPeak"`
	Full      int64 `json:"full"` // started from the store alone
	FullPeak  int64 `json:"fullPeak"`
	Started   int64 `json:"started"` // started from the compact snapshot
	StartPeak int64 `json:"startPeak"`
	Mixed     int64 `json:"mixed"` // behind checks while others write
	MixedPeak int64 `json:"mixedPeak"`
}

// bench measures one size.
type bench struct {
	plan
	program string // reeve
	say     func(format string, args ...any)

	files importFiles
	list  []question
	lists []workload.List
	grant []workload.Line

	srv   *server
	empty *emptyServer
	asker asker
	out   Size
}

// measureSize measures the workload in dir, on a server of its own.
func measureSize(program, dir, name string, p plan, say func(string, ...any)) (Size, error) {
	b := &bench{plan: p, program: program, say: say, out: Size{Name: name}}
	b.say("%s: reading the workload", name)
	if err := b.read(dir); err != nil {
		return b.out, err
	}
	data := filepath.Join(dir, "data")
	os.RemoveAll(data) // of a run that was broken off
	defer os.RemoveAll(data)
	var err error
	if b.empty, err = startEmpty(); err != nil {
		return b.out, err
	}
	defer func() {
		_ = b.empty.stop() // it has done its part
		if b.srv != nil {
			b.srv.kill()
		}
	}()
	if _, err := b.start(data); err != nil {
		return b.out, err
	}
	for _, step := range []struct {
		what string
		run  func() error
	}{
		{"loading", b.load}, {"verifying", b.verify}, {"checks", b.checks}, {"batches and lists", b.many},
		{"starting again", b.restart}, {"checks beside writes", b.mixed}, {"writes", b.writes},
	} {
		b.say("%s: %s", name, step.what)
		if err := step.run(); err != nil {
			return b.out, fmt.Errorf("size %s, %s: %w", name, step.what, err)
		}
	}
	b.say("%s: the engine in process", name)
	if err = b.srv.stop(); err == nil {
		b.out.InProcess, err = measureInProcess(dir)
	}
	return b.out, err
}

func (b *bench) read(dir string) (err error) {
	if b.files, err = convert(dir); err != nil {
		return err
	}
	b.out.Assignments, b.out.Lines = b.files.GrantLines, b.files.GrantLines+b.files.WorldLines
	checks, err := workload.Checks(dir)
	if err != nil {
		return err
	}
	b.list = questions(checks)
	if b.lists, err = workload.Lists(dir); err != nil {
		return err
	}
	b.grant, err = workload.Writes(dir)
	return err
}

// start starts the server on the folder, with a credential as an SDK has it.
func (b *bench) start(data string) (time.Duration, error) {
	srv, took, err := startServer(b.program, data)
	if err != nil {
		return 0, err
	}
	b.srv = srv
	token, err := signToken(srv.keys.AccessKey, "http://"+srv.addr)
	b.asker = asker{srv.addr, token}
	return took, err
}

func (b *bench) load() error {
	began := time.Now()
	if err := b.srv.importFile(b.files.World); err != nil {
		return err
	}
	before, err := cpuTime(b.srv.pid())
	if err != nil {
		return err
	}
	world := time.Now()
	if err := b.srv.importFile(b.files.Grants); err != nil {
		return err
	}
	end := time.Now()
	after, err := cpuTime(b.srv.pid())
	n := float64(b.out.Assignments)
	b.out.Load = Load{
		AssignmentsPerSecond: n / end.Sub(world).Seconds(),
		LinesPerSecond:       float64(b.out.Lines) / end.Sub(began).Seconds(),
		CPU:                  micros(after-before) / n,
	}
	return errors.Join(err, b.memory(&b.out.Memory.Loaded, &b.out.Memory.LoadPeak))
}

// memory reads the server's memory, and lets a new peak begin.
func (b *bench) memory(resident, peak *int64) error {
	m, err := memoryOf(b.srv.pid())
	*resident, *peak = m.resident, m.peak
	return errors.Join(err, resetPeak(b.srv.pid()))
}

// ask runs traffic and returns what it cost.
func (b *bench) ask(conns int, t traffic, until bounds) (Route, error) {
	l, err := newLoad(b.asker.addr, conns, t)
	if err != nil {
		return Route{}, err
	}
	defer l.close()
	return measureRoute(l, b.srv.pid(), until)
}

// verify asks every question once in a batch and once by itself.
func (b *bench) verify() error {
	if err := b.verifyBatches(); err != nil {
		return err
	}
	_, err := b.ask(16, &checks{asker: b.asker, list: b.list}, bounds{requests: len(b.list)})
	b.out.Verified += len(b.list)
	return err
}

func (b *bench) verifyBatches() error {
	t := newBatches(b.asker, b.list, 1000)
	_, err := b.ask(2, t, bounds{requests: len(t.bodies)})
	b.out.Verified += len(t.bodies) * t.size
	return err
}

// checks measures the Authress route beside the empty one.
func (b *bench) checks() (err error) {
	for _, at := range []struct {
		conns int
		to    *Pair
	}{{16, &b.out.Sixteen}, {1, &b.out.One}} {
		if *at.to, err = b.beside(at.conns); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) beside(conns int) (Pair, error) {
	reeve, err := newLoad(b.srv.addr, conns, &checks{asker: b.asker, list: b.list})
	if err != nil {
		return Pair{}, err
	}
	defer reeve.close()
	empty, err := newLoad(b.empty.addr, conns, &emptyChecks{checks{asker: b.asker, list: b.list}})
	if err != nil {
		return Pair{}, err
	}
	defer empty.close()
	return measurePair(b.rounds,
		func() (Route, error) { return measureRoute(reeve, b.srv.pid(), bounds{time: b.round}) },
		func() (Route, error) { return measureRoute(empty, b.empty.cmd.Process.Pid, bounds{time: b.round}) })
}

// many measures what answers many questions at once.
func (b *bench) many() error {
	const size = 100
	var rounds []Route
	t := newBatches(b.asker, b.list, size)
	for range b.rounds {
		r, err := b.ask(1, t, bounds{time: b.round})
		if err != nil {
			return err
		}
		rounds = append(rounds, r)
	}
	r := medianRoute(rounds)
	b.out.Batch = Batch{CPU: r.CPU / float64(t.size), P50: r.P50, P99: r.P99}

	var err error
	atLeast := b.round * time.Duration(b.rounds)
	if b.out.ListResources, err = measureLists(b.srv, b.asker, workload.ListResources, b.lists, atLeast); err != nil {
		return err
	}
	if b.out.ListUsers, err = measureLists(b.srv, b.asker, workload.ListUsers, b.lists, atLeast); err != nil {
		return err
	}
	b.out.Verified += len(b.lists)
	return b.memory(&b.out.Memory.Checked, &b.out.Memory.CheckPeak)
}

// snapshots is where a data folder keeps the compact ones.
const snapshots = "snapshots"

// restart starts the server again: without a compact snapshot, and then several
// times from the one that it wrote when it stopped first.
func (b *bench) restart() error {
	if err := b.srv.stop(); err != nil {
		return err
	}
	kept, aside := filepath.Join(b.srv.data, snapshots), filepath.Join(b.srv.data, "aside")
	err := os.Rename(kept, aside)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("taking the compact snapshot away: %w", err)
	}
	if b.out.Start.Full, err = b.startAgain(&b.out.Memory.Full, &b.out.Memory.FullPeak); err != nil {
		return err
	}
	if err := errors.Join(b.srv.stop(), os.RemoveAll(kept)); err != nil {
		return err
	}
	if err := os.Rename(aside, kept); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("putting the compact snapshot back: %w", err)
	}
	const times = 3
	var took []float64
	for i := range times {
		seconds, err := b.startAgain(&b.out.Memory.Started, &b.out.Memory.StartPeak)
		if err == nil && i < times-1 {
			err = b.srv.stop()
		}
		if err != nil {
			return err
		}
		took = append(took, seconds)
	}
	b.out.Start.Snapshot = median(took)
	return nil
}

// startAgain starts the server that was stopped, verifies answers, and returns
// how many seconds it took until it was ready.
func (b *bench) startAgain(resident, peak *int64) (float64, error) {
	took, err := b.start(b.srv.data)
	if err == nil {
		err = b.memory(resident, peak)
	}
	if err == nil {
		err = b.verifyBatches()
	}
	return took.Seconds(), err
}

func (b *bench) mixed() error {
	w, err := newWrites(b.asker, b.grant)
	if err != nil {
		return err
	}
	l, err := newLoad(b.srv.addr, 16, &checks{asker: b.asker, list: b.list, grown: true})
	if err != nil {
		return err
	}
	defer l.close()
	if b.out.Mixed, err = measureMixed(b.srv, l, w, b.grant[0].Resource, b.plan); err != nil {
		return err
	}
	return b.memory(&b.out.Memory.Mixed, &b.out.Memory.MixedPeak)
}

func (b *bench) writes() error {
	w, err := newWrites(b.asker, b.grant)
	if err == nil {
		b.out.Writes, err = measureWrites(b.srv, w, b.plan)
	}
	return err
}
