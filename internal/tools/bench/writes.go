package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/reeve-authz/reeve/internal/tools/bench/workload"
)

// writes makes records of one grant each by the Authress API. There are more
// requests than grants: each record is a new one, whatever it grants.
type writes struct {
	asker
	bodies [][]byte
}

func newWrites(a asker, grants []workload.Line) (*writes, error) {
	w := &writes{asker: a}
	for _, g := range grants {
		body, err := recordOf(g)
		if err != nil {
			return nil, err
		}
		w.bodies = append(w.bodies, body)
	}
	return w, nil
}

// recordOf is the body that makes a record of the grant.
func recordOf(g workload.Line) ([]byte, error) {
	record := map[string]any{
		"name":       "bench",
		"statements": []any{map[string]any{"roles": []string{g.Role}, "resources": []any{map[string]string{"resourceUri": resourceID(g.Resource)}}}},
	}
	if strings.HasPrefix(g.Subject, "group:") {
		record["groups"] = []any{map[string]string{"groupId": groupID(g.Subject)}}
	} else {
		record["users"] = []any{map[string]string{"userId": userID(g.Subject)}}
	}
	return json.Marshal(record)
}

func (w *writes) request(buf []byte, n int) []byte {
	return w.post(buf, "/v1/records", w.bodies[n%len(w.bodies)])
}

func (w *writes) verify(_, status int, body []byte) error {
	if status != http.StatusCreated {
		return fmt.Errorf("a write is answered with %d %.500s", status, body)
	}
	return nil
}

// fsyncs is how many times measureFsync asks.
const fsyncs = 100

// measureFsync is the median time, in microseconds, in which this machine has a
// page of a file in the folder on disk, where the page was there before.
func measureFsync(dir string) (float64, error) {
	file, err := os.CreateTemp(dir, "fsync")
	if err != nil {
		return 0, fmt.Errorf("measuring fsync: %w", err)
	}
	defer os.Remove(filepath.Clean(file.Name()))
	defer file.Close()
	page := make([]byte, 4096)
	var took []time.Duration
	for i := range fsyncs + 1 {
		page[0]++
		began := time.Now()
		_, err := file.WriteAt(page, 0)
		if err == nil {
			err = file.Sync()
		}
		if err != nil {
			return 0, fmt.Errorf("measuring fsync: %w", err)
		}
		if i > 0 { // the first makes the file longer
			took = append(took, time.Since(began))
		}
	}
	slices.Sort(took)
	return micros(round{latency: took}.quantile(0.5)), nil
}

// Writes is what durable writes cost. Times are in microseconds.
type Writes struct {
	One   Route   `json:"one"`   // at one writer
	Many  Route   `json:"many"`  // at manyWriters
	Fsync float64 `json:"fsync"` // of this machine
	Above float64 `json:"above"` // One.P50 above the fsync of the same round
}

const manyWriters = 64

func measureWrites(s *server, w *writes, p plan) (Writes, error) {
	one, err := newLoad(s.addr, 1, w)
	if err != nil {
		return Writes{}, err
	}
	defer one.close()
	many, err := newLoad(s.addr, manyWriters, w)
	if err != nil {
		return Writes{}, err
	}
	defer many.close()
	var ones, manys []Route
	var fsync, above []float64
	for range p.rounds {
		before, err := measureFsync(s.data)
		if err != nil {
			return Writes{}, err
		}
		single, err := measureRoute(one, s.pid(), bounds{time: p.round})
		if err != nil {
			return Writes{}, err
		}
		behind, err := measureFsync(s.data)
		if err != nil {
			return Writes{}, err
		}
		joint, err := measureRoute(many, s.pid(), bounds{time: p.round})
		if err != nil {
			return Writes{}, err
		}
		ones, manys = append(ones, single), append(manys, joint)
		sync := (before + behind) / 2
		fsync, above = append(fsync, sync), append(above, single.P50-sync)
	}
	return Writes{medianRoute(ones), medianRoute(manys), median(fsync), median(above)}, nil
}
