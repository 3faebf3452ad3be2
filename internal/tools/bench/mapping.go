package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/reeve-authz/reeve/internal/tools/bench/workload"
)

// A workload in Reeve's words: an organization's own resource is the root of a
// Reeve organization, what is below it are registered resources, groups are
// groups of the realm, and an assignment is a record. Users need no line.

// importFiles are a workload as reeve import reads it, and how many lines each
// has.
type importFiles struct {
	World  string // everything but the assignments
	Grants string // the assignments

	WorldLines, GrantLines int
}

// convert writes the import files of the workload beside it. What is there
// already from an earlier run is used again.
func convert(dir string) (importFiles, error) {
	files := importFiles{World: filepath.Join(dir, "import-world.jsonl"), Grants: filepath.Join(dir, "import-grants.jsonl")}
	done := filepath.Join(dir, "import.json") // written last
	if text, err := os.ReadFile(done); err == nil {
		err := json.Unmarshal(text, &files)
		return files, err
	}
	world, err := createLines(files.World)
	if err != nil {
		return files, err
	}
	grants, err := createLines(files.Grants)
	if err != nil {
		return files, err
	}
	err = world.put(model)
	if err == nil {
		err = workload.Data(dir, func(l workload.Line) error {
			line, needed := importLine(l)
			switch {
			case !needed:
				return nil
			case line.T == "assign":
				return grants.put(line)
			}
			return world.put(line)
		})
	}
	files.WorldLines, files.GrantLines = world.count, grants.count
	if err = errors.Join(err, world.close(), grants.close()); err != nil {
		return files, fmt.Errorf("writing the import: %w", err)
	}
	text, err := json.Marshal(files)
	if err == nil {
		err = os.WriteFile(done, text, 0o600)
	}
	return files, err
}

// line is any line of an import. "t" stands first, where Reeve looks for it.
type line struct {
	T             string         `json:"t"`
	Format        string         `json:"format,omitempty"`
	Version       int            `json:"version,omitempty"`
	ID            string         `json:"id,omitempty"`
	Name          string         `json:"name,omitempty"`
	Root          string         `json:"root,omitempty"`
	Organization  string         `json:"organization,omitempty"`
	Type          string         `json:"type,omitempty"`
	ExternalID    string         `json:"externalId,omitempty"`
	Parent        string         `json:"parent,omitempty"`
	Permissions   []action       `json:"permissions,omitempty"`
	Group         string         `json:"group,omitempty"`
	Subject       string         `json:"subject,omitempty"`
	Role          string         `json:"role,omitempty"`
	Resource      string         `json:"resource,omitempty"`
	ResourceTypes []resourceType `json:"resource_types,omitempty"`
}

type action struct {
	Action string `json:"action"`
	Allow  bool   `json:"allow"`
}

type resourceType struct {
	Slug    string   `json:"slug"`
	Parents []string `json:"parents,omitempty"`
}

// model makes the types that registered resources are of.
var model = line{T: "model", ResourceTypes: []resourceType{
	{Slug: "project"},
	{Slug: "folder", Parents: []string{"project"}},
	{Slug: "document", Parents: []string{"folder"}},
}}

// importLine is l as Reeve has it; false where Reeve needs no line.
func importLine(l workload.Line) (line, bool) {
	switch l.T {
	case "role":
		role := line{T: "role", ID: l.ID, Name: l.ID}
		for _, p := range l.Permissions {
			role.Permissions = append(role.Permissions, action{p, true})
		}
		return role, true
	case "group":
		return line{T: "group", ID: groupID(l.ID), Name: l.ID}, true
	case "member":
		return line{T: "member", Group: groupID(l.Group), Subject: subject(l.Subject)}, true
	case "assign":
		return line{T: "assign", Subject: subject(l.Subject), Role: l.Role, Resource: resourceID(l.Resource)}, true
	case "resource":
		if l.Parent == "" {
			return line{T: "organization", ID: organizationID(l.ID), Name: l.ID, Root: resourceID(l.ID)}, true
		}
		return line{
			T: "resource", ID: resourceID(l.ID), Name: path.Base(l.ID), Organization: organizationID(l.ID),
			Type: l.Type, ExternalID: l.ID, Parent: resourceID(l.Parent),
		}, true
	}
	return line{}, false
}

const resourcePrefix = "authz_resource_"

// resourceID turns /orgs/o0/projects/p1 into authz_resource_o0p1.
func resourceID(name string) string {
	id := resourcePrefix
	for i, part := range strings.Split(name, "/") {
		if i > 0 && i%2 == 0 {
			id += part
		}
	}
	return id
}

// resourcePath is the inverse of resourceID.
func resourcePath(id string) string {
	names := map[byte]string{'o': "/orgs/", 'p': "/projects/", 'f': "/folders/", 'd': "/documents/"}
	var name strings.Builder
	for _, c := range []byte(strings.TrimPrefix(id, resourcePrefix)) {
		name.WriteString(names[c])
		name.WriteByte(c)
	}
	return name.String()
}

// organizationID turns the path of any resource into its organization's id.
func organizationID(name string) string { return "org_" + strings.Split(name, "/")[2] }

// userID turns user:o3-u17 into o3-u17.
func userID(s string) string { return strings.TrimPrefix(s, "user:") }

// groupID turns group:o3-g5 into grp_o3-g5, as ids of groups of a realm begin
// so.
func groupID(s string) string { return "grp_" + strings.TrimPrefix(s, "group:") }

// subject is a user or a group as an import names it.
func subject(s string) string {
	if strings.HasPrefix(s, "group:") {
		return "group:" + groupID(s)
	}
	return s
}

// lines writes an import.
type lines struct {
	file  *os.File
	out   *bufio.Writer
	enc   *json.Encoder
	count int // without the first
}

// createLines begins an import with its first line.
func createLines(name string) (*lines, error) {
	file, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	out := bufio.NewWriterSize(file, 1<<20)
	l := &lines{file: file, out: out, enc: json.NewEncoder(out)}
	return l, l.enc.Encode(line{T: "meta", Format: "reeve", Version: 1})
}

func (l *lines) put(line line) error {
	l.count++
	return l.enc.Encode(line)
}

func (l *lines) close() error { return errors.Join(l.out.Flush(), l.file.Close()) }
