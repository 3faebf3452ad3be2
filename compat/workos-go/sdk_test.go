// Package workos_test drives the official Go SDK of WorkOS, unmodified, against
// a started server.
package workos_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/compat/process"
	"github.com/workos/workos-go/v9"
)

func TestMain(m *testing.M) { process.Main(m) }

// world is what the cases share: one server, and the SDK as its user has it.
type world struct {
	*testing.T
	*workos.Client

	server *process.Server
	judge  *judge
	made   *int // names given by unique
}

// TestSDK calls every method of the SDK that is about authorization. It is one
// test as what its cases cover is added up.
func TestSDK(t *testing.T) {
	server := process.Start(t, "--outbound-allow", "127.0.0.1")
	j := newJudge(t)
	w := world{T: t, server: server, judge: j, made: new(int)}
	w.Client = w.client(server.APIKey)
	for _, pair := range [][2]string{{"workspace", "organization"}, {"project", "workspace"}, {"document", "project"}} {
		w.native("POST", "/api/v1/resource-types", map[string]any{"slug": pair[0], "name": pair[0], "description": "", "parents": []string{pair[1]}})
	}
	for _, c := range []struct {
		name string
		run  func(world)
	}{
		{"permissions", permissions},
		{"roles", roles},
		{"organization roles", organizationRoles},
		{"organizations", organizations},
		{"users", users},
		{"memberships", memberships},
		{"groups", groups},
		{"resources", resources},
		{"assignments", assignments},
		{"group assignments", groupAssignments},
		{"checks", checks},
		{"keys", keys},
		{"events", events},
		{"webhooks", webhooks},
		{"audit logs", auditLogs},
		{"errors", refusals},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := w
			in.T = t
			c.run(in)
			for _, p := range j.takeProblems() {
				t.Errorf("not as the contract has it: %s", p)
			}
		})
	}
	t.Run("every operation", func(t *testing.T) {
		for _, name := range j.left() {
			t.Errorf("%s never succeeded", name)
		}
	})
}

// client is an SDK client with that key.
func (w world) client(key string) *workos.Client {
	return workos.NewClient(key, workos.WithBaseURL(w.server.URL()), workos.WithMaxRetries(0), workos.WithHTTPClient(&http.Client{Transport: w.judge}))
}

// native calls Reeve's own API, which is no part of the contract.
func (w world) native(method, path string, body any) {
	w.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		w.Fatal(err)
	}
	req, err := http.NewRequestWithContext(w.Context(), method, w.server.URL()+path, bytes.NewReader(text))
	if err != nil {
		w.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.server.APIKey)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.Fatal(err)
	}
	defer res.Body.Close()
	if got, _ := io.ReadAll(res.Body); res.StatusCode >= 300 {
		w.Fatalf("%s %s %s = %d %s", method, path, text, res.StatusCode, got)
	}
}

// unique is a name that nothing has yet.
func (w world) unique(prefix string) string {
	*w.made++
	return fmt.Sprintf("%s-%d", prefix, *w.made)
}

// must returns the result of a call that has to succeed.
func must[T any](v T, err error) func(world) T {
	return func(w world) T {
		w.Helper()
		if err != nil {
			w.Fatal(err)
		}
		return v
	}
}

func (w world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// refused fails the test unless err is a refusal of that status, as the SDK's
// own type for it where there is one, with that code, a message and a request id.
func (w world) refused(err error, status int, code string) {
	w.Helper()
	var refusal *workos.APIError
	if !errors.As(err, &refusal) {
		w.Fatalf("got %v (%T), want a refusal with status %d", err, err, status)
	}
	own := true
	switch status {
	case http.StatusUnauthorized:
		_, own = errors.AsType[*workos.AuthenticationError](err)
	case http.StatusNotFound:
		_, own = errors.AsType[*workos.NotFoundError](err)
	case http.StatusUnprocessableEntity:
		_, own = errors.AsType[*workos.UnprocessableEntityError](err)
	}
	if !own || refusal.StatusCode != status || refusal.Code != code || refusal.Message == "" || refusal.RequestID == "" {
		w.Errorf("got %T %+v, want status %d with code %q", err, refusal, status, code)
	}
}

const (
	badRequest   = http.StatusBadRequest
	notFound     = http.StatusNotFound
	conflict     = http.StatusConflict
	unprocessed  = http.StatusUnprocessableEntity
	noEntity     = "entity_not_found"
	invalid      = "invalid_request_parameters"
	organization = "organization" // the built-in resource type
)

// all reads every page of a list.
func all[T any](w world, it *workos.Iterator[T]) []T {
	w.Helper()
	var items []T
	for it.Next() {
		items = append(items, *it.Current())
	}
	w.ok(it.Err())
	return items
}

// first asks for the first page, and returns how that ended.
func first[T any](it *workos.Iterator[T]) error {
	it.Next()
	return it.Err()
}

// names maps items by what names them.
func names[T any](items []T, name func(T) string) []string {
	var all []string
	for _, item := range items {
		all = append(all, name(item))
	}
	return all
}

// equal compares what was got with what is wanted, by their JSON.
func (w world) equal(what string, got, want any) {
	w.Helper()
	g, errG := json.Marshal(got)
	n, errN := json.Marshal(want)
	if errG != nil || errN != nil || !bytes.Equal(g, n) {
		w.Errorf("%s: got %s, want %s", what, g, n)
	}
}

// pages fails the test unless a list of some items is the same whatever the size
// of its pages and whichever way it is read. list takes the page's parameters;
// want is the order in which the items were made.
func pages[T any](w world, want []string, name func(T) string, list func(workos.PaginationParams) *workos.Iterator[T]) {
	w.Helper()
	for _, limit := range []int{1, 2, 100} {
		asc := all(w, list(workos.PaginationParams{Limit: &limit, Order: workos.Ptr("asc")}))
		w.equal(fmt.Sprintf("ascending by %d", limit), names(asc, name), want)
		desc := all(w, list(workos.PaginationParams{Limit: &limit}))
		slices.Reverse(desc)
		w.equal(fmt.Sprintf("descending by %d, reversed", limit), names(desc, name), want)
	}
}

// hasID fails the test unless id is the prefix and a ULID.
func (w world) hasID(prefix, id string) {
	w.Helper()
	if rest, ok := strings.CutPrefix(id, prefix+"_"); !ok || len(rest) != 26 {
		w.Errorf("got id %q, want %s_ and a ULID", id, prefix)
	}
}
