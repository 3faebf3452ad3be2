package authz

import (
	"context"
	"errors"
	"fmt"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// The audit log of an organization holds what the application says of it, and
// belongs to the organization. Each event is a write like every other, with an
// entry in the audit trail that names the event and does not repeat it.

// auditSwept is how many events that are kept no longer are removed with each
// new one: more than one, so that they go faster than they come.
const auditSwept = 2

// CreateAuditEvent puts an event into an organization's log. It is an
// Unprocessable error if the event breaks a rule, and an Invalid error with the
// reason InvalidAuditEvent if its action has a schema that it does not fit.
func (s *Service) CreateAuditEvent(ctx context.Context, c access.Caller, e access.AuditEvent) error {
	e.Received = s.now()
	e.ID = access.AuditEventID(s.newID(access.AuditEventPlace(e.Occurred)))
	return s.update(ctx, c, action{"create", store.AuditEvents.Kind, string(e.ID)}, func(w *write) error {
		if _, err := organizationFor(w, w.snap, c, change, e.Organization); err != nil {
			return err
		}
		if err := e.Validate(); err != nil {
			return err
		}
		if err := checkAgainstSchema(w, &e); err != nil {
			return err
		}
		if err := s.sweepAuditLog(w, e.Organization); err != nil {
			return err
		}
		return put(w, store.AuditEvents, string(e.ID), &e)
	})
}

// checkAgainstSchema holds an event against the version that it names of its
// action's schema. An action without a schema is free.
func checkAgainstSchema(r store.Reader, e *access.AuditEvent) error {
	schema, exists, err := one(r, store.AuditSchemas, store.ByVersion, store.AuditSchemaVersion(e.Action, e.Version))
	if err != nil {
		return err
	}
	if exists {
		return schema.Check(e)
	}
	hasOther, err := holdsAny(r, store.AuditActions, store.ByAction, e.Action)
	if err != nil || !hasOther {
		return err
	}
	return access.ErrAuditEvent(&access.Error{
		Kind: access.Invalid, Reason: "version", Field: "/version",
		Message: fmt.Sprintf("/version: the schema of %q has no version %d", e.Action, e.Version),
	})
}

// sweepAuditLog removes the oldest events of a log, as far as they are kept no
// longer.
func (s *Service) sweepAuditLog(w *write, id access.OrganizationID) error {
	settings, err := auditSettings(w, id)
	if err != nil {
		return err
	}
	kept := access.AuditEventPlace(settings.Since(s.now()))
	oldest, err := w.List(store.ListQuery{Kind: store.AuditEvents.Kind, Index: store.ByOrganization, Value: string(id), Limit: auditSwept})
	if err != nil {
		return fmt.Errorf("reading the oldest audit events of %s: %w", id, err)
	}
	for _, d := range oldest {
		if d.ID > kept {
			break
		}
		if err := remove(w, store.AuditEvents, d.ID); err != nil {
			return err
		}
	}
	return nil
}

// auditSettings are those of an organization, or what holds where nothing was
// set.
func auditSettings(r store.Reader, id access.OrganizationID) (access.AuditSettings, error) {
	settings, exists, err := find(r, store.AuditSettings, string(id))
	if err == nil && !exists {
		settings.Days = access.DefaultAuditDays
	}
	return settings, err
}

// AuditSettings returns how the log of an organization is kept.
func (s *Service) AuditSettings(ctx context.Context, c access.Caller, id access.OrganizationID) (settings access.AuditSettings, err error) {
	err = s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		if _, err := organizationFor(r, snap, c, read, id); err != nil {
			return err
		}
		settings, err = auditSettings(r, id)
		return err
	})
	return settings, err
}

// SetAuditSettings changes how the log of an organization is kept. A shorter
// period hides at once what is past it, and removes it as new events come.
func (s *Service) SetAuditSettings(ctx context.Context, c access.Caller, id access.OrganizationID, settings access.AuditSettings) error {
	return s.update(ctx, c, action{"update", store.AuditSettings.Kind, string(id)}, func(w *write) error {
		if _, err := organizationFor(w, w.snap, c, change, id); err != nil {
			return err
		}
		if err := settings.Validate(); err != nil {
			return err
		}
		return put(w, store.AuditSettings, string(id), &settings)
	})
}

// auditBatch bounds how many events one commit removes.
const auditBatch = 500

// emptyAuditLog removes all but a few events of an organization that is to be
// deleted, in commits of their own: a log may have millions. Ended before its
// time it leaves an organization with a shorter log, which can be deleted again.
func (s *Service) emptyAuditLog(ctx context.Context, c access.Caller, id access.OrganizationID) error {
	batch := store.ListQuery{Kind: store.AuditEvents.Kind, Index: store.ByOrganization, Value: string(id), Limit: auditBatch}
	for {
		var some []store.Document
		err := s.store.View(ctx, c.Realm, 0, func(r store.Reader) (err error) {
			some, err = r.List(batch)
			return err
		})
		if err != nil {
			return fmt.Errorf("reading the audit events of %s: %w", id, err)
		}
		if len(some) < auditBatch {
			return nil
		}
		err = s.update(ctx, c, action{"delete", store.Organizations.Kind, string(id)}, func(w *write) error {
			if _, err := organizationFor(w, w.snap, c, change, id); err != nil {
				return err
			}
			some, err := w.List(batch)
			if err != nil {
				return fmt.Errorf("reading the audit events of %s: %w", id, err)
			}
			for _, d := range some {
				if err := remove(w, store.AuditEvents, d.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// removeAuditLog removes what emptyAuditLog leaves of an organization's log, its
// exports and its settings.
func removeAuditLog(w *write, id access.OrganizationID) error {
	err := eachOf(w, store.AuditEvents, store.ByOrganization, string(id), func(event string, _ *access.AuditEvent) error {
		return remove(w, store.AuditEvents, event)
	})
	if err != nil {
		return err
	}
	err = eachOf(w, store.AuditExports, store.ByOrganization, string(id), func(export string, _ *access.AuditExport) error {
		return remove(w, store.AuditExports, export)
	})
	if err != nil {
		return err
	}
	if err := remove(w, store.AuditSettings, string(id)); !errors.Is(err, access.NotFound) {
		return err
	}
	return nil
}
