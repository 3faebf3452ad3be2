package authz

import (
	"fmt"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// holding is one thing that a record gives: a role on a resource.
type holding struct {
	role     access.RoleID
	resource access.ResourceURI
}

// mayGrant demands that the caller has the authority to give what the record
// gives now and did not give before: each role on each resource that is new,
// or new for some subject.
//
// To give a permission on a resource, the caller must hold grant or delegate of
// it there; to give it with grant or delegate in turn, delegate. A role that
// does not exist might be given any permission later, so it takes delegate of
// everything. Administrators of a record have no authority by that alone.
func mayGrant(w *write, c access.Caller, before, now *access.Record) error {
	had, has := holders(before), holders(now)
	roles := map[access.RoleID][]access.RolePermission{}
	for h, statements := range has {
		if old, ok := had[h]; ok && covers(before, old, now, statements) {
			continue
		}
		perms, ok := roles[h.role]
		if !ok {
			var err error
			if perms, err = contents(w, h.role); err != nil {
				return err
			}
			roles[h.role] = perms
		}
		for _, p := range perms {
			if !hasAuthority(w, c, p, h.resource) {
				return access.Errorf(access.Forbidden,
					"User does not have sufficient access to grant permissions to resources: the role %s on %s gives %s", h.role, h.resource, p.Action)
			}
		}
	}
	return nil
}

func hasAuthority(w *write, c access.Caller, p access.RolePermission, uri access.ResourceURI) bool {
	need := access.Delegate
	if !p.Grant && !p.Delegate {
		need |= access.Grant
	}
	return w.snap.Holds(access.Query{Subject: c.Subject, Permission: p.Permission(), Resource: uri}, need)
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

// holders maps each thing that an active record gives to the indexes of the
// statements that give it.
func holders(rec *access.Record) map[holding][]int {
	m := map[holding][]int{}
	if rec.Status != access.RecordActive {
		return m
	}
	for i := range rec.Statements {
		st := &rec.Statements[i]
		for _, written := range st.Resources {
			uri, err := access.ParseResourceURI(written)
			if err != nil { // a record is validated before it is written
				panic(fmt.Sprintf("authz: record %s has the resource %q: %v", rec.ID, written, err))
			}
			for _, role := range st.Roles {
				h := holding{role, uri}
				if have := m[h]; len(have) == 0 || have[len(have)-1] != i {
					m[h] = append(have, i)
				}
			}
		}
	}
	return m
}

// covers reports whether the old statements already applied to every subject
// of the new ones.
func covers(before *access.Record, old []int, now *access.Record, statements []int) bool {
	have := map[access.Subject]bool{}
	for _, i := range old {
		for _, s := range subjects(before, i) {
			have[s] = true
		}
	}
	for _, i := range statements {
		for _, s := range subjects(now, i) {
			if !have[s] {
				return false
			}
		}
	}
	return true
}

// subjects are those to whom the record's i-th statement applies.
func subjects(rec *access.Record, i int) []access.Subject {
	if len(rec.Subjects) > 0 {
		return rec.Subjects
	}
	return rec.Statements[i].Subjects
}
