package authz

import (
	"context"
	"errors"
	"fmt"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/audit"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// action says what a write is, for the audit trail.
type action struct {
	verb string
	kind store.Kind
	id   string // empty while the caller has named no object
}

// write is a transaction in hand. It notes what is put, for the audit entry.
type write struct {
	store.Tx
	snap *engine.Snapshot // decides what the caller may; at least as new as every write answered before
	made []audit.Write
}

// put writes a document in the transaction.
func put[T any](w *write, t store.Table[T], id string, doc *T) error {
	from, err := t.Put(w.Tx, id, doc)
	if err != nil {
		return fmt.Errorf("putting %s %q: %w", t.Kind, id, err)
	}
	w.made = append(w.made, audit.Write{Kind: string(t.Kind), ID: id, From: from, To: w.Next()})
	return nil
}

// remove deletes a document in the transaction.
func remove[T any](w *write, t store.Table[T], id string) error {
	from, err := t.Delete(w.Tx, id)
	if err != nil {
		return fmt.Errorf("deleting %s %q: %w", t.Kind, id, err)
	}
	w.made = append(w.made, audit.Write{Kind: string(t.Kind), ID: id, From: from})
	return nil
}

// update is the one function through which every write passes. It runs fn in
// a transaction, puts the audit entry beside what fn wrote, commits, and
// returns once this node's decisions show it. fn says first whether the caller
// may. When fn refuses with an *access.Error, the refusal is recorded, in a
// commit of its own. After the commit nothing turns the answer into a failure.
func (s *Service) update(ctx context.Context, c access.Caller, a action, fn func(*write) error) error {
	snap, err := s.feed.Snapshot(c.Realm)
	if err != nil {
		return err
	}
	rev, failed := s.store.Update(ctx, c.Realm, func(tx store.Tx) error {
		w := &write{Tx: tx, snap: snap} // anew at every run of the transaction
		if err := fn(w); err != nil {
			return err
		}
		return s.record(tx, c, a, w.made, nil)
	})
	var refusal *access.Error
	if errors.As(failed, &refusal) {
		if err := s.recordRefusal(c, a, refusal); err != nil {
			return err
		}
		return failed
	}
	if failed != nil {
		return fmt.Errorf("%s %s %q: %w", a.verb, a.kind, a.id, failed)
	}
	s.feed.Reach(c.Realm, rev)
	return nil
}

// recordRefusal writes the audit entry of a write that was refused. It does not
// hang on whether the caller still waits for the answer.
func (s *Service) recordRefusal(c access.Caller, a action, refusal *access.Error) error {
	rev, err := s.store.Update(context.Background(), c.Realm, func(tx store.Tx) error {
		return s.record(tx, c, a, nil, refusal)
	})
	if err != nil {
		return fmt.Errorf("recording a refused %s of %s %q: %w", a.verb, a.kind, a.id, err)
	}
	s.feed.Reach(c.Realm, rev)
	return nil
}

// record puts the audit entry of the transaction's commit.
func (s *Service) record(tx store.Tx, c access.Caller, a action, made []audit.Write, refusal *access.Error) error {
	entry := audit.Entry{
		Revision:   tx.Next(),
		Time:       s.now(),
		Actor:      c.Subject,
		Credential: c.Credential,
		Request:    c.Request,
		Verb:       a.verb,
		Object:     audit.Object{Kind: string(a.kind), ID: a.id},
		Writes:     made,
		Outcome:    audit.Done,
	}
	if refusal != nil {
		entry.Outcome, entry.Reason = audit.Refused, refusal.Message
	}
	if _, err := store.Audit.Put(tx, audit.ID(entry.Revision), &entry); err != nil {
		return fmt.Errorf("putting the audit entry: %w", err)
	}
	return nil
}
