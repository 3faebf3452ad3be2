package servertest

import (
	"fmt"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/server"
	"github.com/reeve-authz/reeve/internal/store"
	"github.com/reeve-authz/reeve/internal/store/sqlite"
)

// StartOn runs a server that finds documents in its store when it starts, also
// such as no API could write. Of an organization, its root is enough.
func StartOn(t *testing.T, changes []access.Change) *Server {
	t.Helper()
	data := t.TempDir()
	var first *Server
	t.Run("first start", func(t *testing.T) { first = StartWith(t, server.Config{Data: data}) })
	st, err := sqlite.Open(t.Context(), sqlite.Config{Dir: data})
	if err != nil {
		t.Fatal(err)
	}
	_, err = st.Update(t.Context(), access.DefaultRealm, func(tx store.Tx) error {
		for _, c := range changes {
			if err := putDocument(tx, c.Document); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	s := StartWith(t, server.Config{Data: data})
	s.AccountID, s.Owner, s.APIKey = first.AccountID, first.Owner, first.APIKey
	return s
}

func putDocument(tx store.Tx, doc any) (err error) {
	switch doc := doc.(type) {
	case *access.Role:
		_, err = store.Roles.Put(tx, string(doc.ID), doc)
	case *access.Group:
		_, err = store.Groups.Put(tx, string(doc.ID), doc)
	case *access.GroupMember:
		_, err = store.GroupMembers.Put(tx, string(doc.ID()), doc)
	case *access.Membership:
		_, err = store.Memberships.Put(tx, string(doc.ID), doc)
	case *access.Resource:
		if doc.Root() {
			org := access.Organization{ID: doc.Organization, Name: string(doc.Organization), Root: doc.ID}
			if _, err := store.Organizations.Put(tx, string(org.ID), &org); err != nil {
				return err
			}
		}
		_, err = store.Resources.Put(tx, string(doc.ID), doc)
	case *access.Record:
		_, err = store.Records.Put(tx, string(doc.ID), doc)
	case *access.Assignment:
		_, err = store.Assignments.Put(tx, string(doc.ID), doc)
	case *access.ResourceSettings:
		_, err = store.Settings.Put(tx, string(doc.Resource), doc)
	default:
		err = fmt.Errorf("no table for %T", doc)
	}
	return err
}
