package authz

import (
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// giveInvited writes into a record what the invite gives the caller.
//
// By the dialect's custom that is the record whose id is the caller's user id.
// But who accepts may have come by a user id that is the id of somebody else's
// record ("rec_owner"), and who invites may wish to touch records that are not
// for it to change. So the record of that id is left alone unless
//
//   - it does not exist, or was deleted and concerned nobody but the caller: it
//     is made, and nothing that it gave before comes back;
//   - it concerns nobody but the caller: the statements are added, or replace
//     the others if the invite says REPLACE_RECORD_DATA and its creator may
//     change the record;
//   - it gives the caller something besides others, the invite says
//     UNSAFE_FORCE_MERGE, and its creator may change the record: the statements
//     are added, for the caller alone. Subjects of the whole record become
//     those of the statements that it had.
//
// An active record that somebody besides the creator administers is left alone
// always: whoever knows a user's id can make the record before the invite is
// accepted, and could then read and delete what the invite gives.
//
// In every other case, and if the record would become too large, a record with
// a generated id is made; with SKIP_CHANGES, none if the record of the caller's
// id gives the caller all of it already.
func (s *Service) giveInvited(w *write, c access.Caller, inv *access.Invite) error {
	if len(inv.Statements) == 0 {
		return nil
	}
	made := access.Record{
		ID: access.RecordID(s.newID("rec_")), Name: "Invite", Description: "Made when an invite was accepted.",
		Status: access.RecordActive, Updated: s.now(),
		Subjects: []access.Subject{c.Subject}, Admins: []access.Subject{inv.Creator}, Statements: inv.Statements,
	}
	id, err := access.ParseRecordID(c.Subject.ID)
	if err != nil { // the grammar of user ids is wider
		return put(w, store.Records, string(made.ID), &made)
	}
	old, exists, err := find(w, store.Records, string(id))
	if err != nil {
		return err
	}
	switch {
	case !exists:
		made.ID = id
	case old.Status != access.RecordActive:
		if alone(&old, c.Subject) {
			made.ID, made.Updated = id, s.after(old.Updated)
		}
	default:
		next, how := resolve(w, c, inv, &old)
		if how == skipped {
			return nil
		}
		if how == changed && fits(next) {
			next.Updated = s.after(old.Updated)
			return replaceRecord(w, &old, next)
		}
	}
	return put(w, store.Records, string(made.ID), &made)
}

// resolution is what becomes of a record that an invite meets.
type resolution int

const (
	untouched resolution = iota // and another is made
	changed
	skipped // and none is made
)

// resolve returns the active record old as the invite changes it.
func resolve(w *write, c access.Caller, inv *access.Invite, old *access.Record) (*access.Record, resolution) {
	creator := access.Caller{Realm: c.Realm, Subject: inv.Creator}
	mayChange := mayChangeRecord(w, creator, old)
	foreign := slices.ContainsFunc(old.Admins, func(s access.Subject) bool { return s != inv.Creator })
	own := alone(old, c.Subject) && !foreign
	switch {
	case own && inv.Strategy == access.ReplaceRecord && mayChange:
		next := *old
		next.Subjects, next.Statements = []access.Subject{c.Subject}, inv.Statements
		return &next, changed
	case own:
		return merged(old, inv, c.Subject), changed
	case inv.Strategy == access.SkipChanges && givesAll(old, inv, c.Subject):
		return nil, skipped
	case inv.Strategy == access.ForceMerge && mayChange && !foreign && slices.Contains(principals(old), c.Subject):
		return merged(old, inv, c.Subject), changed
	}
	return nil, untouched
}

// merged adds the invite's statements, for the subject alone, to a record that
// gives it something. A record has subjects of its own or in its statements: if
// others are among its own, they move into the statements that it had.
func merged(old *access.Record, inv *access.Invite, subject access.Subject) *access.Record {
	next := *old
	next.Statements = slices.Clone(old.Statements)
	whole := len(old.Subjects) > 0 && alone(old, subject)
	if !whole {
		next.Subjects = nil
	}
	for i := range next.Statements {
		if len(old.Subjects) > 0 && !whole {
			next.Statements[i].Subjects = slices.Clone(old.Subjects)
		}
	}
	for _, st := range inv.Statements {
		if !whole {
			st.Subjects = []access.Subject{subject}
		}
		next.Statements = append(next.Statements, st)
	}
	return &next
}

// givesAll reports whether the record gives the subject itself every role on
// every resource that the invite offers.
func givesAll(rec *access.Record, inv *access.Invite, subject access.Subject) bool {
	offered := access.Record{Status: access.RecordActive, Subjects: []access.Subject{subject}, Statements: inv.Statements}
	g := newGranting(nil, rec, &offered)
	for uri, statements := range g.now.statements {
		if len(g.newRoles(g.before.statements[uri], statements)) > 0 {
			return false
		}
	}
	return true
}

// principals are all to whom the record gives something.
func principals(rec *access.Record) []access.Subject {
	all := slices.Clone(rec.Subjects)
	for _, st := range rec.Statements {
		all = append(all, st.Subjects...)
	}
	return all
}

// alone reports whether the record gives something to the subject and to nobody
// else.
func alone(rec *access.Record, subject access.Subject) bool {
	all := principals(rec)
	return len(all) > 0 && !slices.ContainsFunc(all, func(s access.Subject) bool { return s != subject })
}

// fits reports whether the record is within its limits. Its size is measured as
// the store keeps it, which is somewhat more than the API counts.
func fits(rec *access.Record) bool {
	if rec.Validate() != nil {
		return false
	}
	body, err := json.Marshal(rec)
	if err != nil {
		panic(fmt.Sprintf("authz: record %s: %v", rec.ID, err)) // of strings and times: it encodes
	}
	return len(body) <= access.MaxRecordBytes
}
