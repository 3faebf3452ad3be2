package feed_test

import (
	"context"
	crand "crypto/rand"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/audit"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// Few names, so that documents come, go, come back and mean one another.
var (
	users       = []string{"ana", "ben", "cy"}
	groups      = []string{"grp_a", "grp_b"}
	memberships = []string{"om_a", "om_b"}
	resources   = []string{"res_a", "res_b", "res_c", "res_d"}
	paths       = []string{"docs", "docs/1", "docs/*", "docs/1/x", "*", "res_a", "res_b/*", "res_*"}
	roleIDs     = []access.RoleID{"reader", "writer", access.OwnerRole}
	actions     = []string{"docs:read", "docs:write", "docs", "public"}
)

// world writes random documents into a realm.
type world struct {
	*rand.Rand
	t  *testing.T
	st store.Store
}

func newWorld(t *testing.T, st store.Store, seed uint64) *world {
	return &world{rand.New(rand.NewPCG(seed, 5)), t, st}
}

func (w *world) one(names []string) string { return names[w.IntN(len(names))] }

func (w *world) subject() access.Subject {
	switch w.IntN(4) {
	case 0:
		return access.Subject{Kind: access.GroupKind, ID: w.one(groups)}
	case 1:
		return access.Subject{Kind: access.MembershipKind, ID: w.one(memberships)}
	}
	return access.Subject{Kind: access.UserKind, ID: w.one(users)}
}

func (w *world) subjects() (all []access.Subject) {
	for range 1 + w.IntN(3) {
		all = append(all, w.subject())
	}
	return all
}

// write commits a few documents, with an audit entry as every write has.
func (w *world) write() access.Revision {
	return commit(w.t, w.st, "a", func(tx store.Tx) error {
		for range 1 + w.IntN(5) {
			if err := w.document(tx); err != nil {
				return err
			}
		}
		return nil
	})
}

// commit writes with an audit entry.
func commit(t *testing.T, st store.Store, realm access.RealmID, write func(store.Tx) error) access.Revision {
	t.Helper()
	rev, err := st.Update(context.Background(), realm, func(tx store.Tx) error {
		if err := write(tx); err != nil {
			return err
		}
		_, err := store.Audit.Put(tx, audit.ID(tx.Next()), &audit.Entry{Revision: tx.Next(), Request: crand.Text()})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rev
}

func (w *world) document(tx store.Tx) error {
	switch w.IntN(9) {
	case 0:
		id := roleIDs[w.IntN(2)]
		return putOrDelete(w, tx, store.Roles, string(id), &access.Role{ID: id, Permissions: []access.RolePermission{{Action: w.one(actions), Allow: true}}})
	case 1:
		uri := access.ResourceURI(w.one(paths))
		return putOrDelete(w, tx, store.Settings, string(uri), &access.ResourceSettings{Resource: uri, Public: w.IntN(2) == 0})
	case 2:
		return putOrDelete(w, tx, store.Realms, "a", &access.Realm{ID: "a", PublicPermissions: []access.Permission{access.Permission(w.one(actions))}})
	case 3:
		id := w.one(groups)
		return putOrDelete(w, tx, store.Groups, id, &access.Group{ID: access.GroupID(id), Members: w.subjects()})
	case 4:
		m := &access.GroupMember{Group: access.GroupID(w.one(groups)), Membership: access.MembershipID(w.one(memberships))}
		return putOrDelete(w, tx, store.GroupMembers, string(m.ID()), m)
	case 5:
		m := &access.Membership{ID: access.MembershipID(w.one(memberships)), User: w.one(users), Status: access.MembershipActive}
		if w.IntN(3) == 0 {
			m.Status = access.MembershipInactive
		}
		return putOrDelete(w, tx, store.Memberships, string(m.ID), m)
	case 6:
		i := w.IntN(len(resources))
		r := &access.Resource{ID: access.ResourceID(resources[i]), Type: "folder", Organization: "org"}
		if i > 0 {
			r.Parent = access.ResourceID(resources[w.IntN(i)])
		}
		return putOrDelete(w, tx, store.Resources, string(r.ID), r)
	case 7:
		a := &access.Assignment{
			ID: access.AssignmentID(fmt.Sprint("ra_", w.IntN(12))), Subject: w.subject(),
			Role: roleIDs[w.IntN(len(roleIDs))], Resource: access.ResourceID(w.one(resources)),
		}
		return putOrDelete(w, tx, store.Assignments, string(a.ID), a)
	}
	rec := &access.Record{
		ID: access.RecordID(fmt.Sprint("r", w.IntN(12))), Status: access.RecordActive, Subjects: w.subjects(),
		Statements: []access.Statement{{Roles: []access.RoleID{roleIDs[w.IntN(len(roleIDs))]}, Resources: []string{w.one(paths)}}},
	}
	if w.IntN(8) == 0 { // so many subjects on so many resources are held in another way
		for i := range 300 {
			rec.Subjects = append(rec.Subjects, access.Subject{Kind: access.UserKind, ID: fmt.Sprint("user", i)})
		}
		rec.Statements[0].Resources = append(rec.Statements[0].Resources, "a", "b", "c", "d")
	}
	return putOrDelete(w, tx, store.Records, string(rec.ID), rec)
}

// putOrDelete writes a document, but deletes it now and then if it is there.
func putOrDelete[T any](w *world, tx store.Tx, table store.Table[T], id string, doc *T) error {
	if _, err := table.Get(tx, id); err == nil && w.IntN(3) == 0 {
		_, err := table.Delete(tx, id)
		return err
	}
	_, err := table.Put(tx, id, doc)
	return err
}

// answers are what a snapshot says to every question about the few names.
func answers(s *engine.Snapshot) string {
	var asked []access.Subject
	for kind, ids := range map[access.SubjectKind][]string{access.UserKind: append(users, "user7"), access.GroupKind: groups, access.MembershipKind: memberships} {
		for _, id := range ids {
			asked = append(asked, access.Subject{Kind: kind, ID: id})
		}
	}
	out := map[string]string{} // printed in the order of its keys
	uris := append(append([]string{"docs/1/x/y", "res_a/1", "d/1", "elsewhere"}, resources...), "docs", "docs/1", "docs/1/x")
	for _, sub := range asked {
		out[fmt.Sprint(sub, " has grants")] = fmt.Sprint(s.HasGrants(sub))
		for _, action := range actions {
			q := access.RegisteredQuery{Subject: sub, Permission: access.Permission(action)}
			out[fmt.Sprint(sub, " ", action, " on")] = fmt.Sprint(s.Registered(q, "", 100))
		}
		for _, uri := range uris {
			out[fmt.Sprint(sub, " holds on ", uri)] = fmt.Sprint(s.Permissions(sub, access.ResourceURI(uri)), s.Roles(sub, access.ResourceURI(uri)))
		}
	}
	for _, uri := range uris {
		for _, action := range actions {
			q := access.HolderQuery{Permission: access.Permission(action), Resource: access.ResourceURI(uri)}
			out[fmt.Sprint("who ", action, " on ", uri)] = fmt.Sprint(s.Holders(q, access.Subject{}, 1000))
		}
	}
	text := ""
	for _, k := range sortedKeys(out) {
		text += k + ": " + out[k] + "\n"
	}
	return text
}
