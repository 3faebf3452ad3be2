package authz

import (
	"context"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// Export calls emit with everything that a realm grants, as of one revision, in
// an order in which Import takes it: pointers to what Batch lists, but no
// Assign. It is for who may import.
//
// What is no grant is left out: clients, keys, issuers, invites, requests, the
// audit trail, and records that are deleted. The record that every realm begins
// with has no id, so that it can stand beside another realm's.
func (s *Service) Export(ctx context.Context, c access.Caller, emit func(line any) error) error {
	x := exporting{s: s, ctx: ctx, c: c, emit: emit}
	if err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		x.at = r.Revision()
		return ownsEverything(snap, c)
	}); err != nil {
		return err
	}
	for _, step := range []func() error{
		x.model, x.organizations, x.roles, x.users, x.memberships, x.groups, x.members, x.places, x.resources, x.assignments, x.records, x.settings,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// exporting reads a realm as of a revision, a page at a time: whoever takes the
// lines may be slow, and no transaction waits for that.
type exporting struct {
	s    *Service
	ctx  context.Context
	c    access.Caller
	at   access.Revision
	emit func(any) error
}

func (x *exporting) view(fn func(store.Reader) error) error {
	return x.s.store.View(x.ctx, x.c.Realm, x.at, fn)
}

// exportPage is how many documents are read at a time.
const exportPage = 500

// eachExported calls do with every document of a table, outside the transaction
// that read it.
func eachExported[T any](x *exporting, t store.Table[T], do func(*T) error) error {
	q := store.ListQuery{Limit: exportPage}
	for {
		var rows []store.Row[T]
		err := x.view(func(r store.Reader) (err error) {
			rows, err = t.List(r, q)
			return err
		})
		if err != nil {
			return err
		}
		for i := range rows {
			if err := do(&rows[i].Doc); err != nil {
				return err
			}
		}
		if len(rows) < exportPage {
			return nil
		}
		q.After = rows[len(rows)-1].ID
	}
}

// emitAll emits every document of a table.
func emitAll[T any](x *exporting, t store.Table[T]) error {
	return eachExported(x, t, func(doc *T) error { return x.emit(doc) })
}

func (x *exporting) model() error {
	var m access.Model
	err := x.view(func(r store.Reader) (err error) {
		m, err = modelOf(r, x.c.Realm)
		return err
	})
	if err != nil {
		return err
	}
	return x.emit(&m)
}

func (x *exporting) organizations() error { return emitAll(x, store.Organizations) }
func (x *exporting) users() error         { return emitAll(x, store.Users) }
func (x *exporting) memberships() error   { return emitAll(x, store.Memberships) }
func (x *exporting) assignments() error   { return emitAll(x, store.Assignments) }
func (x *exporting) settings() error      { return emitAll(x, store.Settings) }

// roles are those that the model does not have.
func (x *exporting) roles() error {
	return eachExported(x, store.Roles, func(r *access.Role) error {
		if r.Organization == "" && inModel(r) {
			return nil
		}
		return x.emit(r)
	})
}

func (x *exporting) groups() error {
	return eachExported(x, store.Groups, func(g *access.Group) error {
		g.Members = nil
		return x.emit(g)
	})
}

// members are in groups of the realm.
func (x *exporting) members() error {
	return eachExported(x, store.Groups, func(g *access.Group) error {
		for _, sub := range eachOnce(g.Members) {
			if err := x.emit(&access.Place{Group: g.ID, Subject: sub}); err != nil {
				return err
			}
		}
		return nil
	})
}

// places are in groups of organizations.
func (x *exporting) places() error {
	return eachExported(x, store.GroupMembers, func(at *access.GroupMember) error {
		return x.emit(&access.Place{Group: at.Group, Subject: access.Subject{Kind: access.MembershipKind, ID: string(at.Membership)}})
	})
}

// resources come after their parents; roots come with their organizations.
func (x *exporting) resources() error {
	return eachExported(x, store.Organizations, func(o *access.Organization) error {
		var all []access.Resource
		err := x.view(func(r store.Reader) (err error) {
			all, err = descendants(r, o.Root)
			return err
		})
		if err != nil {
			return err
		}
		for i := range all {
			if err := x.emit(&all[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (x *exporting) records() error {
	return eachExported(x, store.Records, func(rec *access.Record) error {
		if rec.Status != access.RecordActive {
			return nil
		}
		if rec.ID == ownerRecordID {
			rec.ID = ""
		}
		return x.emit(rec)
	})
}
