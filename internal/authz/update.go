package authz

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/audit"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/feed"
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
	snap *engine.Snapshot // of the revision before the transaction's own: decides what the caller may
	made []audit.Write
	// authority is on whose authority the write rests, when that is not the
	// caller's.
	authority access.Subject
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

// eachOf calls do with every document that an index holds under a value. do may
// write the document, also so that the index does not hold it any more.
func eachOf[T any](w *write, t store.Table[T], index, value string, do func(id string, doc *T) error) error {
	q := store.ListQuery{Index: index, Value: value, Limit: listChunk}
	for {
		rows, err := t.List(w, q)
		if err != nil {
			return fmt.Errorf("listing what holds %q: %w", value, err)
		}
		for i := range rows {
			if err := do(rows[i].ID, &rows[i].Doc); err != nil {
				return err
			}
		}
		if len(rows) < listChunk {
			return nil
		}
		q.After = rows[len(rows)-1].ID
	}
}

// removeAll deletes every document that an index holds under a value.
func removeAll[T any](w *write, t store.Table[T], index, value string) error {
	return eachOf(w, t, index, value, func(id string, _ *T) error { return remove(w, t, id) })
}

// update is the one function through which every write passes. It runs fn in
// a transaction, puts the audit entry beside what fn wrote, commits, and
// returns once this node's decisions show it. fn says first whether the caller
// may. When fn refuses with an *access.Error, the refusal is recorded, in a
// commit of its own. After the commit nothing turns the answer into a failure.
func (s *Service) update(ctx context.Context, c access.Caller, a action, fn func(*write) error) error {
	var made func() feed.Made
	rev, failed := s.store.Update(ctx, c.Realm, func(tx store.Tx) error {
		snap, err := s.snapshotOf(tx, c.Realm)
		if err != nil {
			return err
		}
		w := &write{Tx: tx, snap: snap} // anew at every run of the transaction
		if err := fn(w); err != nil {
			return err
		}
		if err := s.record(w, c, a, nil); err != nil {
			return err
		}
		made, err = w.makeSnapshot()
		return err
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
	s.feed.ReachFrom(c.Realm, rev, made())
	if c.Committed != nil {
		*c.Committed = rev
	}
	return nil
}

// manyWrites are worth making a snapshot while the store writes them to disk.
const manyWrites = 100

// makeSnapshot begins to make the snapshot that the feed will go on from, once
// the commit is on disk: of a large commit the one behind it, else the one before.
// It returns what waits for it. It comes last in the transaction.
func (w *write) makeSnapshot() (made func() feed.Made, err error) {
	before := feed.Made{Snapshot: w.snap}
	if len(w.made) < manyWrites {
		return func() feed.Made { return before }, nil
	}
	docs, err := w.Changes(w.Revision())
	if err != nil {
		return nil, fmt.Errorf("reading what is written: %w", err)
	}
	rev, behind := w.Next(), make(chan feed.Made, 1)
	go func() {
		changes, err := feed.Changes(docs)
		if err != nil { // which the feed will meet as well
			behind <- before
			return
		}
		behind <- feed.Made{Snapshot: w.snap.Apply(rev, changes), Last: changes}
	}()
	return func() feed.Made { return <-behind }, nil
}

// note writes what says nothing of access and what nobody asked to be written:
// when something was last used, answers that are kept for repeats, how far a
// delivery is. The commit has no audit entry, and so is no event either. fn
// decides nothing: what a caller may or what it changes belongs into update.
//
// It returns errNoNews, or whatever else fn refused with, as it is.
func (s *Service) note(ctx context.Context, realm access.RealmID, fn func(*write) error) error {
	rev, err := s.store.Update(ctx, realm, func(tx store.Tx) error { return fn(&write{Tx: tx}) })
	if err != nil {
		return err
	}
	s.feed.Reach(realm, rev)
	return nil
}

// ahead is a snapshot that some transaction decided by, which the feed may not
// have reached: it holds commits that were not on disk then.
type ahead struct {
	lineage uint64
	snap    *engine.Snapshot
}

// snapshotOf returns the snapshot to decide a transaction by: the realm as the
// transaction sees it, with every commit before it. The feed's snapshot may lack
// those that wait for the disk in the same batch. One of them could have revoked
// what the caller holds.
func (s *Service) snapshotOf(tx store.Tx, realm access.RealmID) (*engine.Snapshot, error) {
	snap, err := s.feed.Snapshot(realm)
	if err != nil {
		return nil, err
	}
	if snap.Revision() == tx.Revision() {
		s.ahead.Delete(realm) // it would only keep what is past in memory
		return snap, nil
	}
	if v, ok := s.ahead.Load(realm); ok {
		a := v.(ahead)
		rev := a.snap.Revision()
		holds := a.lineage == tx.Lineage() && snap.Revision() < rev && rev <= tx.Revision()
		if holds && a.snap.Packed() == snap.Packed() { // if not, the feed has packed its own since, and that one is to be kept
			snap = a.snap
		}
	}
	docs, err := tx.Changes(snap.Revision())
	if err != nil {
		return nil, fmt.Errorf("reading the changes since revision %d: %w", snap.Revision(), err)
	}
	changes, err := feed.Changes(docs)
	if err != nil {
		return nil, err
	}
	snap = snap.Apply(tx.Revision(), changes)
	s.ahead.Store(realm, ahead{tx.Lineage(), snap})
	return snap, nil
}

// recordRefusal writes the audit entry of a write that was refused. It does not
// hang on whether the caller still waits for the answer.
func (s *Service) recordRefusal(c access.Caller, a action, refusal *access.Error) error {
	rev, err := s.store.Update(context.Background(), c.Realm, func(tx store.Tx) error {
		return s.record(&write{Tx: tx}, c, a, refusal)
	})
	if err != nil {
		return fmt.Errorf("recording a refused %s of %s %q: %w", a.verb, a.kind, a.id, err)
	}
	s.feed.Reach(c.Realm, rev)
	return nil
}

// record puts the audit entry of the transaction's commit.
func (s *Service) record(w *write, c access.Caller, a action, refusal *access.Error) error {
	entry := audit.Entry{
		Revision:   w.Next(),
		Time:       s.now(),
		Actor:      c.Subject,
		Authority:  w.authority,
		Credential: c.Credential,
		Request:    c.Request,
		Verb:       a.verb,
		Object:     audit.Object{Kind: string(a.kind), ID: strings.ToValidUTF8(a.id, "\ufffd")}, // as the path named it
		Writes:     w.made,
		Outcome:    audit.Done,
	}
	if refusal != nil {
		entry.Outcome, entry.Reason = audit.Refused, strings.ToValidUTF8(refusal.Message, "\ufffd")
	}
	if _, err := store.Audit.Put(w, audit.ID(entry.Revision), &entry); err != nil {
		return fmt.Errorf("putting the audit entry: %w", err)
	}
	return nil
}
