package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/tools/bench/workload"
)

// InProcess is what a check costs without a server: a call of the engine with
// the names as strings.
type InProcess struct {
	CPU    float64 `json:"cpu"` // microseconds of the process for a check
	Allocs float64 `json:"allocs"`
}

// inProcessCommand makes this program measure the engine with the workload of a
// folder and print an InProcess. It is a process of its own for the sake of its
// memory.
const inProcessCommand = "in-process"

func measureInProcess(dir string) (m InProcess, err error) {
	self, err := os.Executable()
	if err != nil {
		return m, fmt.Errorf("measuring the engine: %w", err)
	}
	cmd := exec.Command(self, inProcessCommand, dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &m)
	}
	if err != nil {
		return m, fmt.Errorf("measuring the engine: %w", err)
	}
	return m, nil
}

// inProcess asks all questions of the folder, verifies the answers, and then
// asks again in passes that are measured.
func inProcess(dir string) error {
	snap, err := loadEngine(dir)
	if err != nil {
		return err
	}
	list, err := workload.Checks(dir)
	if err != nil {
		return err
	}
	queries := make([]access.Query, len(list))
	var wrong mistakes
	for i, c := range list {
		queries[i] = queryOf(c)
		if got := snap.Check(queries[i]); got != c.Allow {
			wrong.note(fmt.Errorf("the engine answers %t to %+v", got, c))
		}
	}
	if err := wrong.err(); err != nil {
		return err
	}
	runtime.GC()
	const passes = 5
	var cpu, allocs []float64
	for range passes {
		before, mallocs := ownTime(), countMallocs()
		for _, q := range queries {
			snap.Check(q)
		}
		allocs = append(allocs, float64(countMallocs()-mallocs)/float64(len(queries)))
		cpu = append(cpu, micros(ownTime()-before)/float64(len(queries)))
	}
	return json.NewEncoder(os.Stdout).Encode(InProcess{median(cpu), median(allocs)})
}

// ownTime is the processor time of this process.
func ownTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // fails only if it is asked for nonsense
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func countMallocs() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

func queryOf(c workload.Check) access.Query {
	return access.Query{
		Subject:    access.Subject{Kind: access.UserKind, ID: userID(c.User)},
		Permission: access.Permission(c.Permission), Resource: access.ResourceURI(resourceID(c.Resource)),
	}
}

// portion is how many documents the engine is given at once.
const portion = 50_000

// loadEngine makes a snapshot of a workload's data.
func loadEngine(dir string) (*engine.Snapshot, error) {
	snap := engine.New()
	var changes []access.Change
	groups := map[access.GroupID]*access.Group{} // put at the end, with all members
	n := 0
	err := workload.Data(dir, func(l workload.Line) error {
		if n++; len(changes) >= portion {
			snap = snap.Apply(access.Revision(n), changes)
			if changes = changes[:0]; snap.Unpacked() > 4*portion+snap.Packed()/2 {
				snap = snap.Pack()
			}
		}
		if c, ok := changeOf(l, n, groups); ok {
			changes = append(changes, c)
		}
		return nil
	})
	for id, g := range groups {
		changes = append(changes, access.Change{ID: id, Document: g})
	}
	return snap.Apply(access.Revision(n+1), changes).Pack(), err
}

// changeOf is the document that the n-th line makes; groups take their members
// instead.
func changeOf(l workload.Line, n int, groups map[access.GroupID]*access.Group) (access.Change, bool) {
	switch l.T {
	case "role":
		r := &access.Role{ID: access.RoleID(l.ID)}
		for _, p := range l.Permissions {
			r.Permissions = append(r.Permissions, access.RolePermission{Action: p, Allow: true})
		}
		return access.Change{ID: r.ID, Document: r}, true
	case "group":
		id := access.GroupID(groupID(l.ID))
		groups[id] = &access.Group{ID: id}
	case "member":
		g := groups[access.GroupID(groupID(l.Group))]
		g.Members = append(g.Members, subjectOf(l.Subject))
	case "resource":
		r := &access.Resource{ID: access.ResourceID(resourceID(l.ID)), Type: access.ResourceTypeID(l.Type), Organization: access.OrganizationID(organizationID(l.ID))}
		if l.Parent != "" {
			r.Parent = access.ResourceID(resourceID(l.Parent))
		}
		return access.Change{ID: r.ID, Document: r}, true
	case "assign":
		r := &access.Record{
			ID: access.RecordID(fmt.Sprintf("rec_%d", n)), Status: access.RecordActive, Subjects: []access.Subject{subjectOf(l.Subject)},
			Statements: []access.Statement{{Roles: []access.RoleID{access.RoleID(l.Role)}, Resources: []string{resourceID(l.Resource)}}},
		}
		return access.Change{ID: r.ID, Document: r}, true
	}
	return access.Change{}, false
}

// subjectOf is a user or a group as the engine names it.
func subjectOf(s string) access.Subject {
	sub, _ := access.ParseSubject(subject(s)) // a workload has no other ids
	return sub
}
