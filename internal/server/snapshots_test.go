package server_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/server"
	"github.com/reeve-authz/reeve/internal/server/servertest"
	"github.com/reeve-authz/reeve/internal/store"
	"github.com/reeve-authz/reeve/internal/store/sqlite"
)

// TestStartFromSavedSnapshot: a server that stops saves what it decides by, and
// the next one answers by that and by what was written since.
func TestStartFromSavedSnapshot(t *testing.T) {
	const allowed, denied = 200, 404
	data, owner := t.TempDir(), ""
	run := func(name string, do func(*testing.T, *servertest.Server)) {
		t.Run(name, func(t *testing.T) {
			s := servertest.StartWith(t, server.Config{Data: data})
			if owner == "" {
				owner = s.Owner
			}
			s.Owner = owner
			do(t, s)
		})
	}
	check := func(t *testing.T, s *servertest.Server, user string, want int) {
		t.Helper()
		s.Want(t, want, "GET", "/v1/users/"+user+"/resources/documents/permissions/read", "")
	}

	run("first start", func(*testing.T, *servertest.Server) {})
	putRecords(t, data)
	run("saves", func(t *testing.T, s *servertest.Server) { check(t, s, "user7", allowed) })
	file := filepath.Join(data, "snapshots", string(access.DefaultRealm)+".snap")
	if _, err := os.Stat(file); err != nil {
		t.Fatal(err)
	}
	run("deletes", func(t *testing.T, s *servertest.Server) {
		check(t, s, "user7", allowed)
		s.Want(t, 204, "DELETE", "/v1/records/r7", "")
		check(t, s, "user7", denied)
	})
	run("starts from it", func(t *testing.T, s *servertest.Server) {
		check(t, s, "user8", allowed)
		check(t, s, "user7", denied)
		if got := s.Log.String(); got != "" {
			t.Errorf("logged: %s", got)
		}
	})
}

// putRecords writes so many records that it is worth saving them.
func putRecords(t *testing.T, data string) {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Config{Dir: data})
	if err != nil {
		t.Fatal(err)
	}
	_, err = st.Update(t.Context(), access.DefaultRealm, func(tx store.Tx) error {
		for i := range 1100 {
			rec := access.Record{
				ID: access.RecordID(fmt.Sprint("r", i)), Name: "x", Status: access.RecordActive,
				Subjects:   []access.Subject{{Kind: access.UserKind, ID: fmt.Sprint("user", i)}},
				Statements: []access.Statement{{Roles: []access.RoleID{access.OwnerRole}, Resources: []string{"documents"}}},
			}
			if _, err := store.Records.Put(tx, string(rec.ID), &rec); err != nil {
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
}
