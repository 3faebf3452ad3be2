// Package workload is the workload that the benchmark runs: organizations with
// nested groups and a tree of resources, who is assigned what there, and
// questions with the answers that must come back. It reads the format, makes
// such workloads, and answers their questions in the plainest way.
//
// A workload is a folder of four files of JSON lines, whose member "t" says
// what a line is:
//
//	data.jsonl    meta, role, resource, user, group, member, assign
//	checks.jsonl  check
//	lists.jsonl   list_resources, list_users
//	writes.jsonl  assign: grants that data.jsonl does not have
//
// Subjects are "user:o3-u17" and "group:o3-g5", resources are paths like
// "/orgs/o3/projects/p1". An assignment holds at its resource and below it.
package workload

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The files of a workload.
const (
	dataFile   = "data.jsonl"
	checksFile = "checks.jsonl"
	listsFile  = "lists.jsonl"
	writesFile = "writes.jsonl"
)

// Line is a line of data.jsonl. What it is decides which members it has:
//
//	role      ID Permissions
//	resource  ID Type Parent (none for an organization's own)
//	user      ID
//	group     ID
//	member    Group Subject (a user or a group)
//	assign    Subject Role Resource
type Line struct {
	T           string   `json:"t"`
	ID          string   `json:"id,omitempty"`
	Permissions []string `json:"permissions,omitempty"`
	Type        string   `json:"type,omitempty"`
	Parent      string   `json:"parent,omitempty"`
	Group       string   `json:"group,omitempty"`
	Subject     string   `json:"subject,omitempty"`
	Role        string   `json:"role,omitempty"`
	Resource    string   `json:"resource,omitempty"`
}

// Check is a question with its answer.
type Check struct {
	T          string `json:"t"`
	User       string `json:"user"`
	Permission string `json:"permission"`
	Resource   string `json:"resource"`
	Allow      bool   `json:"allow"`
}

// The sorts of List.
const (
	ListResources = "list_resources" // of a type, on which the user has the permission
	ListUsers     = "list_users"     // that have the permission on the resource
)

// List is a question whose answer is a set of ids, which Count and SHA256
// describe.
type List struct {
	T          string `json:"t"`
	User       string `json:"user,omitempty"`
	Permission string `json:"permission"`
	Resource   string `json:"resource,omitempty"`
	Type       string `json:"type,omitempty"`
	Count      int    `json:"count"`
	SHA256     string `json:"sha256"` // Digest of the ids
}

// Digest is how a List describes the ids: the first 8 bytes, in hex, of the
// SHA-256 of the sorted ids with line breaks between them. It sorts ids.
func Digest(ids []string) string {
	slices.Sort(ids)
	sum := sha256.Sum256([]byte(strings.Join(ids, "\n")))
	return hex.EncodeToString(sum[:8])
}

// Exists reports whether the folder holds a whole workload: writes.jsonl is
// written last.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, writesFile))
	return !errors.Is(err, fs.ErrNotExist)
}

// Data calls f for every line of data.jsonl in its order, until f fails.
func Data(dir string, f func(Line) error) error { return each(dir, dataFile, f) }

// Checks reads checks.jsonl.
func Checks(dir string) ([]Check, error) { return all[Check](dir, checksFile) }

// Lists reads lists.jsonl.
func Lists(dir string) ([]List, error) { return all[List](dir, listsFile) }

// Writes reads writes.jsonl.
func Writes(dir string) ([]Line, error) { return all[Line](dir, writesFile) }

func all[T any](dir, name string) (list []T, err error) {
	err = each(dir, name, func(v T) error {
		list = append(list, v)
		return nil
	})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("%s is empty", filepath.Join(dir, name))
	}
	return list, err
}

func each[T any](dir, name string, f func(T) error) error {
	file, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return fmt.Errorf("reading the workload: %w", err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		var v T
		err := json.Unmarshal(lines.Bytes(), &v)
		if err == nil {
			err = f(v)
		}
		if err != nil {
			return fmt.Errorf("%s, line %d: %w", file.Name(), n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading the workload: %w", err)
	}
	return nil
}
