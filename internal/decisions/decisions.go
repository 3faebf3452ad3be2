// Package decisions reads the decision cases in testdata/decisions: who holds
// what, and which questions must be answered how, in lines that anybody can
// read. Whatever decides must decide so; testdata/decisions/README.md describes
// the lines.
package decisions

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
)

// Case is one state of a realm and the questions about it.
type Case struct {
	File      string
	Line      int // of the title
	Title     string
	Roles     []*access.Role
	Groups    []*access.Group
	Records   []*access.Record
	Public    []access.ResourceURI
	Refused   []Refused
	Questions []Question

	Memberships []*access.Membership
	Members     []*access.GroupMember // of groups of organizations
	Resources   []*access.Resource    // a later one of the same id is where it was moved to
	Assignments []*access.Assignment
}

// Refused is a document that must not pass its Validate. One of the two is set.
type Refused struct {
	Line   int
	Record *access.Record
	Role   *access.Role
}

// Kind says what a Question asks.
type Kind string

// The kinds of question.
const (
	Check       Kind = "may"         // may the subject do this? Answer: Yes, or Refused
	Directly    Kind = "directly"    // may it by roles given on exactly the resource? Answer: Yes
	Holds       Kind = "has"         // has the subject one of the flags in Need? Answer: Yes
	Permissions Kind = "permissions" // what does it hold on the resource? Answer: Permissions
	Roles       Kind = "roles"       // which roles on exactly the resource? Answer: Roles
	Resources   Kind = "resources"   // on what within the resource does it hold something? Answer: Resources
	Users       Kind = "users"       // who has roles on exactly the resource? Answer: Users
)

// Question is a question with its answer.
type Question struct {
	Line int
	Text string // the whole line
	Kind Kind

	Query      access.Query // zero resource and permission when Refused
	Permission string       // as written, without quotes; "" where the Kind needs none
	Resource   string       // as written
	Need       access.Flags
	Nested     bool // of Resources

	Yes         bool
	Refused     bool // the question itself is malformed and must be refused
	Permissions []access.RolePermission
	Roles       []access.RoleID
	Resources   []access.ResourceURI
	Users       []access.Holder
}

// ResourceQuery is what a question of the kind Resources asks.
func (q *Question) ResourceQuery() access.ResourceQuery {
	return access.ResourceQuery{
		Subject: q.Query.Subject, Within: q.Query.Resource, Permission: q.Query.Permission, Nested: q.Nested,
	}
}

// Organizational reports whether the case has what only organizations have:
// memberships, registered resources, assignments, their groups and their roles,
// or exact permissions.
func (c *Case) Organizational() bool {
	return len(c.Memberships)+len(c.Members)+len(c.Resources)+len(c.Assignments) > 0 ||
		slices.ContainsFunc(c.Groups, func(g *access.Group) bool { return g.Organization != "" }) ||
		slices.ContainsFunc(c.Roles, func(r *access.Role) bool {
			return r.Organization != "" || slices.ContainsFunc(r.Permissions, func(p access.RolePermission) bool { return p.Exact })
		})
}

// Changes are the documents of the case, for a snapshot.
func (c *Case) Changes() []access.Change {
	var all []access.Change
	for _, r := range c.Roles {
		all = append(all, access.Change{ID: r.ID, Document: r})
	}
	for _, g := range c.Groups {
		all = append(all, access.Change{ID: g.ID, Document: g})
	}
	for _, m := range c.Members {
		all = append(all, access.Change{ID: m.ID(), Document: m})
	}
	for _, m := range c.Memberships {
		all = append(all, access.Change{ID: m.ID, Document: m})
	}
	for _, r := range c.Resources {
		all = append(all, access.Change{ID: r.ID, Document: r})
	}
	for _, r := range c.Records {
		all = append(all, access.Change{ID: r.ID, Document: r})
	}
	for _, a := range c.Assignments {
		all = append(all, access.Change{ID: a.ID, Document: a})
	}
	for _, uri := range c.Public {
		all = append(all, access.Change{ID: uri, Document: &access.ResourceSettings{Resource: uri, Public: true}})
	}
	return all
}

// Load reads all cases in a directory's .txt files, in the order of their
// names. It is an error if there are none.
func Load(dir string) ([]Case, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	var all []Case
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		cases, err := Parse(filepath.Base(name), f)
		f.Close()
		if err != nil {
			return nil, err
		}
		all = append(all, cases...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no decision cases in %s", dir)
	}
	return all, nil
}

// Parse reads the cases of one file. Errors begin with the file and the line.
func Parse(file string, r io.Reader) ([]Case, error) {
	p := parser{file: file}
	for lines := bufio.NewScanner(r); ; {
		if !lines.Scan() {
			return p.cases, lines.Err()
		}
		p.line++
		if err := p.read(lines.Text()); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, p.line, err)
		}
	}
}
