package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/reeve-authz/reeve/internal/tools/bench/workload"
)

// pageSize is the most that a list has in one answer.
const pageSize = 1000

// Lists is what complete lists of one sort cost, all pages of one together.
// Times are in microseconds.
type Lists struct {
	CPU     float64 `json:"cpu"`
	P50     float64 `json:"p50"`
	P99     float64 `json:"p99"`
	Answers float64 `json:"answers"` // in a list, on average
}

// measureLists asks every list of the sort, one after the other, verifies each,
// and goes on from the first until the time is up.
func measureLists(s *server, a asker, sort string, all []workload.List, atLeast time.Duration) (Lists, error) {
	c, err := dial(a.addr)
	if err != nil {
		return Lists{}, fmt.Errorf("connecting to the server: %w", err)
	}
	defer c.close()
	var of []workload.List
	for _, l := range all {
		if l.T == sort {
			of = append(of, l)
		}
	}
	before, err := cpuTime(s.pid())
	if err != nil {
		return Lists{}, err
	}
	var wrong mistakes
	var latency []time.Duration
	answers := 0
	for began := time.Now(); len(latency) < len(of) || time.Since(began) < atLeast; {
		l := of[len(latency)%len(of)]
		ids, took, err := listAll(c, a, l)
		if err != nil {
			return Lists{}, err
		}
		wrong.note(verifyList(l, ids))
		latency, answers = append(latency, took), answers+len(ids)
	}
	after, err := cpuTime(s.pid())
	slices.Sort(latency)
	r, n := round{latency: latency}, float64(len(latency))
	return Lists{
		CPU: micros(after-before) / n, P50: micros(r.quantile(0.5)), P99: micros(r.quantile(0.99)), Answers: float64(answers) / n,
	}, errors.Join(err, wrong.err())
}

// listAll reads all pages of a list, and says how long the server took for
// them.
func listAll(c *conn, a asker, l workload.List) (ids []string, took time.Duration, err error) {
	path := fmt.Sprintf("/api/v1/users/%s/resources?permission=%s&type=%s&limit=%d", userID(l.User), l.Permission, l.Type, pageSize)
	if l.T == workload.ListUsers {
		path = fmt.Sprintf("/api/v1/resources/%s/users?permission=%s&limit=%d", resourceID(l.Resource), l.Permission, pageSize)
	}
	for cursor := ""; ; {
		next := path
		if cursor != "" {
			next += "&cursor=" + url.QueryEscape(cursor)
		}
		request := a.get(nil, next)
		began := time.Now()
		status, body, err := c.do(request)
		took += time.Since(began)
		if err != nil {
			return nil, 0, err
		}
		var page struct {
			Resources, Users []string
			Cursor           string
		}
		if err := json.Unmarshal(body, &page); err != nil || status != http.StatusOK {
			return nil, 0, fmt.Errorf("GET %s: %d %.500s", next, status, body)
		}
		ids = append(append(ids, page.Resources...), page.Users...)
		if cursor = page.Cursor; cursor == "" {
			return ids, took, nil
		}
	}
}

// clientPrefix begins the id of every client, and of no user.
const clientPrefix = "sc_"

// verifyList returns an error unless these are the ids, in their order. The
// first owner, a client, holds everything and is in no workload.
func verifyList(l workload.List, ids []string) error {
	var names []string
	for _, id := range ids {
		switch {
		case l.T == workload.ListResources:
			names = append(names, resourcePath(id))
		case !strings.HasPrefix(id, clientPrefix):
			names = append(names, "user:"+id)
		}
	}
	if !slices.IsSorted(ids) {
		return fmt.Errorf("%s of %s %s %s: the answers are not in order", l.T, l.User, l.Resource, l.Permission)
	}
	if digest := workload.Digest(names); len(names) != l.Count || digest != l.SHA256 {
		return fmt.Errorf("%s of %s %s %s: %d answers (%s), expected %d (%s)", l.T, l.User, l.Resource, l.Permission, len(names), digest, l.Count, l.SHA256)
	}
	return nil
}
