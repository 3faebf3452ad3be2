package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/reeve-authz/reeve/internal/tools/bench/workload"
)

// revoker gives grants to users whom nobody else knows and takes them away
// again. In between and right behind, another connection asks.
type revoker struct {
	asker
	resource       string // path
	writes, checks *conn
	done           int // grants that were refused by the next request
}

func newRevoker(a asker, resource string) (*revoker, error) {
	writes, err := dial(a.addr)
	if err != nil {
		return nil, err
	}
	checks, err := dial(a.addr)
	if err != nil {
		writes.close()
		return nil, err
	}
	return &revoker{asker: a, resource: resource, writes: writes, checks: checks}, nil
}

func (r *revoker) close() {
	r.writes.close()
	r.checks.close()
}

// run goes on until stop is closed or a check is answered wrong.
func (r *revoker) run(stop <-chan struct{}) error {
	const pause = 5 * time.Millisecond
	for {
		select {
		case <-stop:
			return nil
		case <-time.After(pause):
		}
		if err := r.once(); err != nil {
			return err
		}
		r.done++
	}
}

func (r *revoker) once() error {
	user := fmt.Sprintf("revoked-%d", r.done)
	body, err := recordOf(workload.Line{Subject: user, Role: "viewer", Resource: r.resource})
	if err != nil {
		return err
	}
	var record struct{ RecordID string }
	status, answer, err := r.writes.do(r.post(nil, "/v1/records", body))
	if err == nil && status == http.StatusCreated {
		err = json.Unmarshal(answer, &record)
	}
	if err != nil || status != http.StatusCreated {
		return fmt.Errorf("granting to %s: %d %.500s %w", user, status, answer, err)
	}
	if err := r.check(user, http.StatusOK); err != nil {
		return fmt.Errorf("right behind a grant: %w", err)
	}
	if status, answer, err = r.writes.do(append(r.head(nil, "DELETE", "/v1/records/"+record.RecordID), "\r\n"...)); err != nil || status != http.StatusNoContent {
		return fmt.Errorf("revoking from %s: %d %.500s %w", user, status, answer, err)
	}
	if err := r.check(user, http.StatusNotFound); err != nil {
		return fmt.Errorf("right behind a revocation: %w", err)
	}
	return nil
}

func (r *revoker) check(user string, want int) error {
	path := "/v1/users/" + user + "/resources/" + resourceID(r.resource) + "/permissions/read"
	status, answer, err := r.checks.do(r.get(nil, path))
	if err != nil {
		return err
	}
	if status != want {
		return fmt.Errorf("GET %s: %d %.500s, expected %d", path, status, answer, want)
	}
	return nil
}
