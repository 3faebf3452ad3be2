package authz

import (
	"context"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// ActionSchema is an action with the newest version of its schema.
type ActionSchema struct {
	access.AuditAction
	Schema access.AuditSchema
}

// AuditActions returns a part of the list of the actions that have a schema.
func (s *Service) AuditActions(ctx context.Context, c access.Caller, win Window) (out Slice[ActionSchema], err error) {
	err = s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		if err := need(snap, c, read, configurationArea, ""); err != nil {
			return err
		}
		actions, err := window(r, store.AuditActions, selection[access.AuditAction]{}, win)
		if err != nil {
			return err
		}
		out, err = mapSlice(actions, func(a *access.AuditAction) (ActionSchema, error) {
			newest, err := newestSchema(r, a.Name)
			return ActionSchema{*a, newest}, err
		})
		return err
	})
	return out, err
}

// newestSchema reads the newest version of an action's schema, of the version 0
// if there is none: ids are in the order in which versions were made.
func newestSchema(r store.Reader, action string) (newest access.AuditSchema, err error) {
	rows, err := store.AuditSchemas.List(r, store.ListQuery{Index: store.ByAction, Value: action, Limit: 1, Descending: true})
	if err != nil || len(rows) == 0 {
		return newest, err
	}
	return rows[0].Doc, nil
}

// AuditSchemas returns a part of the versions of an action's schema.
func (s *Service) AuditSchemas(ctx context.Context, c access.Caller, name string, win Window) (out Slice[access.AuditSchema], err error) {
	err = s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		if err := need(snap, c, read, configurationArea, ""); err != nil {
			return err
		}
		if _, err := auditAction(r, name); err != nil {
			return err
		}
		out, err = window(r, store.AuditSchemas, selection[access.AuditSchema]{index: store.ByAction, value: name}, win)
		return err
	})
	return out, err
}

func auditAction(r store.Reader, name string) (access.AuditAction, error) {
	a, exists, err := one(r, store.AuditActions, store.ByAction, name)
	if err == nil && !exists {
		err = errNo("Audit Log action", name)
	}
	return a, err
}

// CreateAuditSchema makes the next version of an action's schema, and the action
// with the first. Events are held against the version that they name, so earlier
// ones stay in force for who sends what fits them.
func (s *Service) CreateAuditSchema(ctx context.Context, c access.Caller, schema access.AuditSchema) (access.AuditSchema, error) {
	schema.ID = access.AuditSchemaID(s.newID("audit_log_schema_"))
	err := s.update(ctx, c, action{"create", store.AuditSchemas.Kind, string(schema.ID)}, func(w *write) error {
		if err := need(w.snap, c, change, configurationArea, ""); err != nil {
			return err
		}
		if err := schema.Validate(); err != nil {
			return err
		}
		a, exists, err := one(w, store.AuditActions, store.ByAction, schema.Action)
		if err != nil {
			return err
		}
		newest, err := newestSchema(w, schema.Action)
		if err != nil {
			return err
		}
		schema.Version, schema.Created = newest.Version+1, s.after(newest.Created)
		if !exists {
			a = access.AuditAction{ID: access.AuditActionID(s.newID("audit_log_action_")), Name: schema.Action, Created: schema.Created}
		}
		a.Updated = schema.Created
		if err := put(w, store.AuditActions, string(a.ID), &a); err != nil {
			return err
		}
		return put(w, store.AuditSchemas, string(schema.ID), &schema)
	})
	return schema, err
}
