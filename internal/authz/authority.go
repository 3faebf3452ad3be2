package authz

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// mayGrant demands that the caller has the authority to give what the record
// gives now and did not give before: each role on each resource that is new,
// or new for some subject.
//
// To give a permission on a resource, the caller must hold grant or delegate of
// it there; to give it with grant or delegate in turn, delegate. A role that
// does not exist might be given any permission later, so it takes delegate of
// everything. Administrators of a record have no authority by that alone.
//
// It runs while every other writer waits, so its work grows with the record's
// size and not with the product of its lists: resources that the same
// statements name are compared once.
func mayGrant(w *write, c access.Caller, before, now *access.Record) error {
	g := newGranting(w, before, now)
	for uri, statements := range g.now.statements {
		if mayGiveAll(w, c, uri) { // no matter what the roles contain
			continue
		}
		perms, err := g.newPermissions(g.before.statements[uri], statements)
		if err != nil {
			return err
		}
		if err := hasAuthority(w, c, perms, uri); err != nil {
			return err
		}
	}
	return nil
}

// hasAuthority returns a Forbidden error if the caller may not give one of the
// permissions on the resource.
func hasAuthority(w *write, c access.Caller, perms []access.RolePermission, uri access.ResourceURI) error {
	if len(perms) == 0 || mayGiveAll(w, c, uri) {
		return nil
	}
	for _, p := range perms {
		need := access.Delegate
		if !p.Grant && !p.Delegate {
			need |= access.Grant
		}
		if !w.snap.Holds(access.Query{Subject: c.Subject, Permission: p.Permission(), Resource: uri}, need) {
			return access.Errorf(access.Forbidden,
				"User does not have sufficient access to grant permissions to resources: %s on %s is not the caller's to give", p.Action, uri)
		}
	}
	return nil
}

// mayGiveAll reports whether the caller may give everything on the resource.
func mayGiveAll(w *write, c access.Caller, uri access.ResourceURI) bool {
	return w.snap.Holds(access.Query{Subject: c.Subject, Permission: "*", Resource: uri}, access.Delegate)
}

// granting compares what two versions of a record give, and remembers what it
// has compared.
type granting struct {
	w           *write
	before, now giver
	isNew       map[string][]access.RoleID         // by lists of statements: the roles that are new for somebody
	gives       map[string][]access.RolePermission // by roles: what they contain
	subset      map[string]bool                    // by lists of statements: whether the subjects are a subset
}

func newGranting(w *write, before, now *access.Record) *granting {
	return &granting{
		w: w, before: newGiver(before), now: newGiver(now),
		isNew: map[string][]access.RoleID{}, gives: map[string][]access.RolePermission{}, subset: map[string]bool{},
	}
}

// newPermissions are those that the new statements give on a resource to
// somebody to whom the old ones did not.
func (g *granting) newPermissions(old, statements []int) ([]access.RolePermission, error) {
	key := listKey(old, statements)
	roles, ok := g.isNew[key]
	if !ok {
		roles = g.newRoles(old, statements)
		g.isNew[key] = roles
	}
	return g.contents(roles)
}

// newRoles are the roles of the new statements that some subject did not have
// by the old ones.
func (g *granting) newRoles(old, statements []int) []access.RoleID {
	had, has := g.before.byRole(old), g.now.byRole(statements)
	var roles []access.RoleID
	for role, by := range has {
		if prior, ok := had[role]; !ok || !g.covered(prior, by) {
			roles = append(roles, role)
		}
	}
	slices.Sort(roles)
	return roles
}

// covered reports whether every subject of the new statements is one of the old.
func (g *granting) covered(old, statements []int) bool {
	key := listKey(g.before.sameSubjects(old), g.now.sameSubjects(statements))
	is, ok := g.subset[key]
	if !ok {
		have := map[access.Subject]bool{}
		for _, i := range g.before.sameSubjects(old) {
			for _, s := range g.before.subjects(i) {
				have[s] = true
			}
		}
		is = true
		for _, i := range g.now.sameSubjects(statements) {
			for _, s := range g.now.subjects(i) {
				is = is && have[s]
			}
		}
		g.subset[key] = is
	}
	return is
}

// contents are the permissions of the roles, each once.
func (g *granting) contents(roles []access.RoleID) ([]access.RolePermission, error) {
	key := fmt.Sprintf("%q", roles)
	if perms, ok := g.gives[key]; ok {
		return perms, nil
	}
	var perms []access.RolePermission
	seen := map[access.RolePermission]bool{}
	for _, id := range roles {
		of, err := contents(g.w, id)
		if err != nil {
			return nil, err
		}
		for _, p := range of {
			p.Action = string(p.Permission())
			if !seen[p] {
				seen[p] = true
				perms = append(perms, p)
			}
		}
	}
	g.gives[key] = perms
	return perms, nil
}

// contents are the permissions of a role, read in the transaction: all of
// them, with every flag, for a role that does not exist.
func contents(w *write, id access.RoleID) ([]access.RolePermission, error) {
	if role := builtIn(id); role != nil {
		return role.Permissions, nil
	}
	role, exists, err := find(w, store.Roles, string(id))
	if err != nil {
		return nil, err
	}
	if !exists {
		return []access.RolePermission{{Action: "*", Allow: true, Grant: true, Delegate: true}}, nil
	}
	return role.Permissions, nil
}

// giver is a version of a record, by resource.
type giver struct {
	rec        *access.Record
	statements map[access.ResourceURI][]int // that name the resource, in order; none if the record grants nothing
}

func newGiver(rec *access.Record) giver {
	g := giver{rec, map[access.ResourceURI][]int{}}
	if rec.Status != access.RecordActive {
		return g
	}
	for i := range rec.Statements {
		for _, written := range rec.Statements[i].Resources {
			uri, err := access.ParseResourceURI(written)
			if err != nil { // a record is validated before it is written
				panic(fmt.Sprintf("authz: record %s has the resource %q: %v", rec.ID, written, err))
			}
			if have := g.statements[uri]; len(have) == 0 || have[len(have)-1] != i {
				g.statements[uri] = append(have, i)
			}
		}
	}
	return g
}

// byRole are those of the statements that have the role.
func (g giver) byRole(statements []int) map[access.RoleID][]int {
	m := map[access.RoleID][]int{}
	for _, i := range statements {
		for _, role := range g.rec.Statements[i].Roles {
			if have := m[role]; len(have) == 0 || have[len(have)-1] != i {
				m[role] = append(have, i)
			}
		}
	}
	return m
}

// sameSubjects shortens a list of statements to one that applies to the same
// subjects: where the record has the subjects, any statement stands for all.
func (g giver) sameSubjects(statements []int) []int {
	if len(g.rec.Subjects) > 0 && len(statements) > 0 {
		return []int{-1}
	}
	return statements
}

// subjects are those to whom the i-th statement applies; the record's own if i
// is negative.
func (g giver) subjects(i int) []access.Subject {
	if i < 0 {
		return g.rec.Subjects
	}
	return g.rec.Statements[i].Subjects
}

// givenOn calls visit with the roles and the subjects of each statement that
// names exactly this resource.
func givenOn(rec *access.Record, uri access.ResourceURI, visit func([]access.RoleID, []access.Subject)) {
	g := newGiver(rec)
	for _, i := range g.statements[uri] {
		visit(rec.Statements[i].Roles, append(slices.Clip(rec.Subjects), rec.Statements[i].Subjects...))
	}
}

// listKey is different for different pairs of lists.
func listKey(a, b []int) string {
	key := binary.AppendVarint(nil, int64(len(a)))
	for _, list := range [][]int{a, b} {
		for _, i := range list {
			key = binary.AppendVarint(key, int64(i))
		}
	}
	return string(key)
}
