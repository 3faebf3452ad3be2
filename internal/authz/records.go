package authz

import (
	"context"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// RecordFilter selects records. Its zero value selects all.
type RecordFilter struct {
	Text   string              // contained in the id, the name or the description
	Status access.RecordStatus // any if empty
}

// Record returns a record, deleted or not, to who may read it or administers
// it.
func (s *Service) Record(ctx context.Context, c access.Caller, id access.RecordID) (access.Record, error) {
	return readable(ctx, s, c, store.Records, recordsArea, string(id), mayReadRecord)
}

// Records returns a page of the records that the caller may read. It is a
// Forbidden or NotFound error if the caller may read none at all.
func (s *Service) Records(ctx context.Context, c access.Caller, f RecordFilter, p Page) ([]access.Record, string, error) {
	return listReadable(ctx, s, c, store.Records, recordsArea, p, mayReadRecord, func(rec *access.Record) bool {
		return (f.Status == "" || f.Status == rec.Status) && matches(f.Text, string(rec.ID), rec.Name, rec.Description)
	})
}

func mayReadRecord(snap *engine.Snapshot, c access.Caller, rec *access.Record) bool {
	return isAdmin(c, rec.Admins) || may(snap, c, read, recordsArea, string(rec.ID))
}

// CreateRecord makes a record, or revives a deleted one under its id, for those
// who might have changed it; an empty id is chosen here. The caller needs the
// authority to grant everything that the record gives. Without admins, the
// caller becomes its administrator. It is a Conflict error with the reason
// RecordExists if the id is taken.
func (s *Service) CreateRecord(ctx context.Context, c access.Caller, rec access.Record) (access.Record, error) {
	if rec.ID == "" {
		rec.ID = access.RecordID(s.newID("rec_"))
	}
	rec.Status = access.RecordActive
	if rec.Admins == nil {
		rec.Admins = []access.Subject{c.Subject}
	}
	if err := rec.Validate(); err != nil {
		return access.Record{}, err
	}
	err := s.update(ctx, c, action{"create", store.Records.Kind, string(rec.ID)}, func(w *write) error {
		// The authority comes first: whoever lacks it learns of no id.
		if err := mayGrant(w, c, &access.Record{}, &rec); err != nil {
			return err
		}
		old, exists, err := find(w, store.Records, string(rec.ID))
		if err != nil {
			return err
		}
		if exists && (old.Status == access.RecordActive || !mayChangeRecord(w, c, &old)) {
			return access.Errorf(access.Conflict, "an access record with the id %q exists already", rec.ID).Because(access.RecordExists)
		}
		rec.Updated = s.after(old.Updated)
		return put(w, store.Records, string(rec.ID), &rec)
	})
	return rec, err
}

// Unmodified is the condition of a write that must not undo one that its
// caller has not seen: the object's last change is not later than At, at the
// given precision. The zero value is no condition.
type Unmodified struct {
	At        time.Time
	Precision time.Duration // of At, as the caller wrote it; zero is no condition
}

// StaleError is a failed Unmodified condition. It wraps an *access.Error of
// kind Stale.
type StaleError struct {
	Updated time.Time // the object's last change
}

func (e *StaleError) Error() string { return e.Unwrap().Error() }

// Unwrap is what the caller is told.
func (e *StaleError) Unwrap() error {
	return access.Errorf(access.Stale, "the object was changed at %s, after the time in If-Unmodified-Since; read it again", e.Updated.Format(time.RFC3339Nano))
}

func (u Unmodified) check(updated time.Time) error {
	if u.Precision == 0 || !updated.Truncate(u.Precision).After(u.At) {
		return nil
	}
	return &StaleError{updated}
}

// UpdateRecord replaces a record, for its administrators and who may update
// records. Beside that the caller needs the authority to grant everything that
// the record gives now and did not give before; to take away needs none. When
// rec.Admins is nil, the administrators stay. It is a Conflict error with the
// reason LastOwner if nobody would own the realm.
func (s *Service) UpdateRecord(ctx context.Context, c access.Caller, rec access.Record, when Unmodified) (access.Record, error) {
	rec.Status = access.RecordActive
	if err := rec.Validate(); err != nil {
		return access.Record{}, err
	}
	keepAdmins := rec.Admins == nil
	err := s.update(ctx, c, action{"update", store.Records.Kind, string(rec.ID)}, func(w *write) error {
		old, err := activeRecord(w, c, rec.ID)
		if err != nil {
			return err
		}
		if err := when.check(old.Updated); err != nil {
			return err
		}
		if keepAdmins {
			rec.Admins = old.Admins
		}
		if err := mayGrant(w, c, &old, &rec); err != nil {
			return err
		}
		rec.Updated = s.after(old.Updated)
		return replaceRecord(w, &old, &rec)
	})
	return rec, err
}

// replaceRecord writes a record in the place of one that may have made somebody
// the owner of the realm.
func replaceRecord(w *write, old, rec *access.Record) error {
	wasOwning := len(owners(old)) > 0
	if err := put(w, store.Records, string(rec.ID), rec); err != nil || !wasOwning {
		return err
	}
	return keepOwner(w)
}

// DeleteRecord makes a record grant nothing. Its content stays readable, and
// CreateRecord can revive it. It is a Conflict error with the reason LastOwner
// if nobody would own the realm.
func (s *Service) DeleteRecord(ctx context.Context, c access.Caller, id access.RecordID) error {
	return s.update(ctx, c, action{"delete", store.Records.Kind, string(id)}, func(w *write) error {
		rec, err := activeRecord(w, c, id)
		if err != nil {
			return err
		}
		old := rec
		rec.Status, rec.Updated = access.RecordDeleted, s.after(rec.Updated)
		return replaceRecord(w, &old, &rec)
	})
}

func mayChangeRecord(w *write, c access.Caller, rec *access.Record) bool {
	return isAdmin(c, rec.Admins) || may(w.snap, c, change, recordsArea, string(rec.ID))
}

// activeRecord returns a record that the caller may change.
func activeRecord(w *write, c access.Caller, id access.RecordID) (access.Record, error) {
	rec, exists, err := find(w, store.Records, string(id))
	if err != nil {
		return access.Record{}, err
	}
	rec.ID = id // also of one that does not exist
	if !mayChangeRecord(w, c, &rec) {
		return access.Record{}, deny(w.snap, c)
	}
	if !exists || rec.Status != access.RecordActive {
		return access.Record{}, access.Errorf(access.NotFound, "no active access record %q", id)
	}
	return rec, nil
}
