package authz

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// Batch is a part of an import: lines that are applied all or not at all.
type Batch struct {
	Import access.ImportID
	Number int    // 1 for the first of the import, and so on without a gap
	Digest []byte // SHA-256 of the batch as it was sent
	First  int    // where the first line stands in the whole, as errors name it
	// Lines are pointers to an access.Model, Role, Organization, User, Membership,
	// Group, Place, Resource, Assignment, Record, Assign or ResourceSettings.
	Lines []any
}

// Import applies a batch in one commit, with one audit entry that names import
// and batch. What is imported is new: only models, roles and settings replace
// what there is. It is for owners: the caller must have the authority to give
// everything on everything.
//
// A batch that was applied before changes nothing; the same number with other
// content is a Conflict error, and so is a number that leaves a gap. Other errors
// of the caller's name the line. The answer is the import's last batch.
func (s *Service) Import(ctx context.Context, c access.Caller, b Batch) (access.ImportBatch, error) {
	var last access.ImportBatch
	a := action{"import", store.ImportBatches.Kind, fmt.Sprintf("%s/%d", b.Import, b.Number)}
	err := s.update(ctx, c, a, func(w *write) error {
		if err := ownsEverything(w.snap, c); err != nil {
			return err
		}
		var err error
		if last, err = lastBatch(w, b.Import); err != nil {
			return err
		}
		if b.Number <= last.Number {
			return appliedBefore(w, b)
		}
		if b.Number != last.Number+1 {
			return access.Errorf(access.Conflict, "batch %d of the import %q is not the next one: %d were applied", b.Number, b.Import, last.Number)
		}
		if err := s.apply(w, c, b); err != nil {
			return err
		}
		last = access.ImportBatch{Import: b.Import, Number: b.Number, Digest: b.Digest, Lines: len(b.Lines), Time: s.now()}
		return put(w, store.ImportBatches, store.ImportBatchID(b.Import, b.Number), &last)
	})
	if err != nil && !errors.Is(err, errNoNews) {
		return access.ImportBatch{}, err
	}
	return last, nil
}

// LastImportBatch returns the last batch of an import that was applied, to who
// may import.
func (s *Service) LastImportBatch(ctx context.Context, c access.Caller, id access.ImportID) (last access.ImportBatch, err error) {
	err = s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		if err := ownsEverything(snap, c); err != nil {
			return err
		}
		if last, err = lastBatch(r, id); err == nil && last.Number == 0 {
			err = access.Errorf(access.NotFound, "no import %q", id)
		}
		return err
	})
	return last, err
}

// ownsEverything returns the error for a caller without the authority to give
// everything on everything.
func ownsEverything(snap *engine.Snapshot, c access.Caller) error {
	if !snap.Holds(access.Query{Subject: c.Subject, Permission: "*", Resource: everything}, access.Delegate) {
		return deny(snap, c)
	}
	return nil
}

// lastBatch is zero if none was applied.
func lastBatch(r store.Reader, id access.ImportID) (access.ImportBatch, error) {
	rows, err := store.ImportBatches.List(r, store.ListQuery{
		After: store.ImportBatchID(id, math.MaxInt), Descending: true, Limit: 1,
	})
	if err != nil {
		return access.ImportBatch{}, fmt.Errorf("reading how far the import %q is: %w", id, err)
	}
	if len(rows) == 0 || rows[0].Doc.Import != id {
		return access.ImportBatch{}, nil
	}
	return rows[0].Doc, nil
}

func appliedBefore(r store.Reader, b Batch) error {
	before, err := existing(r, store.ImportBatches, "Batch", store.ImportBatchID(b.Import, b.Number))
	if err != nil {
		return err
	}
	if !bytes.Equal(before.Digest, b.Digest) {
		return access.Errorf(access.Conflict, "batch %d of the import %q was applied with other content; another file is another import", b.Number, b.Import)
	}
	return errNoNews
}

// apply writes what the lines say.
func (s *Service) apply(w *write, c access.Caller, b Batch) error {
	m := importing{
		s: s, w: w, c: c, now: s.now(),
		roles: map[access.RoleID]access.Role{}, orgs: map[access.OrganizationID]access.Organization{}, groups: map[access.GroupID]*access.Group{},
	}
	for i, doc := range b.Lines {
		if err := m.line(doc); err != nil {
			return onLine(b.First+i, err)
		}
	}
	return m.putGroups()
}

// onLine names the line that an error of the caller's is about.
func onLine(n int, err error) error {
	var e *access.Error
	if !errors.As(err, &e) {
		return err
	}
	named := *e
	named.Message = fmt.Sprintf("line %d: %s", n, e.Message)
	return &named
}
