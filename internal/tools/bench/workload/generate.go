package workload

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Shape says how large a workload is.
type Shape struct {
	Orgs int

	// Of each organization.
	Users, Groups, Projects int
	Folders, Documents      int // of a project, of a folder
	Grants                  int

	Checks, Lists, Writes int // Lists: of either sort
	Seed                  uint64
}

// Sizes are the shapes that have a name: ten thousand, a million and ten
// million assignments.
var Sizes = map[string]Shape{"S": sized(2), "M": sized(200), "L": sized(2000)}

func sized(orgs int) Shape {
	return Shape{
		Orgs: orgs, Users: 1000, Groups: 50, Projects: 10, Folders: 10, Documents: 20, Grants: 5000,
		Checks: 200_000, Lists: 300, Writes: 4000, Seed: 42,
	}
}

// The roles, each with how often in a hundred it is given.
var (
	roles = []Line{
		{T: "role", ID: "viewer", Permissions: []string{"read"}},
		{T: "role", ID: "commenter", Permissions: []string{"read", "comment"}},
		{T: "role", ID: "editor", Permissions: []string{"read", "comment", "write"}},
		{T: "role", ID: "manager", Permissions: []string{"read", "comment", "write", "delete", "share"}},
		{T: "role", ID: "owner", Permissions: []string{"read", "comment", "write", "delete", "share", "admin"}},
	}
	roleShares = []int{45, 15, 25, 10, 5}
)

// resourceTypes are the levels of an organization's tree, from its top.
var resourceTypes = [levels]string{"org", "project", "folder", "document"}

const levels = 4

// Generate writes a workload of the shape into the folder, which it makes. The
// same shape gives the same bytes. It is an error if the shape leaves no room
// for what it asks for.
func Generate(dir string, shape Shape) error {
	g := &generator{Shape: shape, random: rand.New(rand.NewPCG(shape.Seed, 0)), truth: NewEvaluator()}
	err := os.MkdirAll(dir, 0o755)
	for _, part := range []struct {
		name  string
		write func(put) error
	}{{dataFile, g.data}, {checksFile, g.checks}, {listsFile, g.lists}, {writesFile, g.writes}} {
		if err == nil {
			err = writeLines(filepath.Join(dir, part.name), part.write)
		}
	}
	if err != nil {
		return fmt.Errorf("making the workload: %w", err)
	}
	return nil
}

// put writes a line.
type put func(any) error

func writeLines(path string, write func(put) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(file, 1<<20)
	lines := json.NewEncoder(out)
	return errors.Join(write(lines.Encode), out.Flush(), file.Close())
}

type generator struct {
	Shape
	random *rand.Rand
	truth  *Evaluator
	orgs   []org
	spare  []Line // grants for writes.jsonl
}

// org is what questions about an organization name.
type org struct {
	users, groups []string
	resources     [levels][]string
}

func (g *generator) data(put put) error {
	write := func(l Line) error {
		g.truth.Add(l)
		return put(l)
	}
	err := put(map[string]any{"t": "meta", "format": 1, "orgs": g.Orgs, "seed": g.Seed})
	for _, role := range roles {
		err = errors.Join(err, write(role))
	}
	g.orgs = make([]org, g.Orgs)
	for n := range g.orgs {
		o := &g.orgs[n]
		for _, l := range append(o.tree(n, g.Shape), append(g.people(o, n), g.grants(o)...)...) {
			err = errors.Join(err, write(l))
		}
	}
	return err
}

// tree makes the resources, each after its parent.
func (o *org) tree(n int, shape Shape) (lines []Line) {
	var grow func(path, parent string, level int)
	grow = func(path, parent string, level int) {
		lines = append(lines, Line{T: "resource", ID: path, Type: resourceTypes[level], Parent: parent})
		o.resources[level] = append(o.resources[level], path)
		if level+1 < levels {
			for i := range [...]int{shape.Projects, shape.Folders, shape.Documents}[level] {
				below := resourceTypes[level+1]
				grow(fmt.Sprintf("%s/%ss/%c%d", path, below, below[0], i), path, level+1)
			}
		}
	}
	grow(fmt.Sprintf("/orgs/o%d", n), "", 0)
	return lines
}

// people makes users, each in one to three groups, and groups: a fifth of them
// on top, two fifths inside of those, and the rest inside of the second.
func (g *generator) people(o *org, n int) (lines []Line) {
	for i := range g.Users {
		o.users = append(o.users, fmt.Sprintf("user:o%d-u%d", n, i))
		lines = append(lines, Line{T: "user", ID: o.users[i]})
	}
	for i := range g.Groups {
		o.groups = append(o.groups, fmt.Sprintf("group:o%d-g%d", n, i))
		lines = append(lines, Line{T: "group", ID: o.groups[i]})
	}
	top := max(1, g.Groups/5)
	middle := min(3*top, g.Groups)
	for i := top; i < g.Groups; i++ {
		around := o.groups[:top]
		if i >= middle {
			around = o.groups[top:middle]
		}
		lines = append(lines, Line{T: "member", Group: one(g.random, around), Subject: o.groups[i]})
	}
	for _, user := range o.users {
		several := g.random.Perm(g.Groups)
		for _, i := range several[:min(1+g.random.IntN(3), g.Groups)] {
			lines = append(lines, Line{T: "member", Group: o.groups[i], Subject: user})
		}
	}
	return lines
}

// grants draws different ones: those of the organization, and some to spare.
func (g *generator) grants(o *org) (lines []Line) {
	spare := min((g.Writes+g.Orgs-1)/g.Orgs, g.Writes-len(g.spare))
	drawn := map[grantKey]bool{}
	for len(lines) < g.Grants+spare {
		level := pick(g.random, []int{1, 20, 179, 800})
		l := Line{T: "assign", Subject: one(g.random, o.users), Role: roles[pick(g.random, roleShares)].ID, Resource: one(g.random, o.resources[level])}
		if level > 0 && g.random.IntN(5) == 0 {
			l.Subject = one(g.random, o.groups)
		}
		if key := (grantKey{l.Subject, l.Role, l.Resource}); !drawn[key] {
			drawn[key] = true
			lines = append(lines, l)
		}
	}
	g.spare = append(g.spare, lines[g.Grants:]...)
	return lines[:g.Grants]
}

// grantKey is what makes one assignment differ from another.
type grantKey struct{ subject, role, resource string }

func (g *generator) writes(put put) (err error) {
	for _, l := range g.spare {
		err = errors.Join(err, put(l))
	}
	return err
}

// one draws an element, all alike.
func one[T any](random *rand.Rand, of []T) T { return of[random.IntN(len(of))] }

// pick draws a place in shares by what stands there.
func pick(random *rand.Rand, shares []int) int {
	sum := 0
	for _, share := range shares {
		sum += share
	}
	at := random.IntN(sum)
	for i, share := range shares {
		if at -= share; at < 0 {
			return i
		}
	}
	return len(shares) - 1 // never reached
}
