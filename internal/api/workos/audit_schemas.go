package workos

import (
	"bytes"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

// auditSchema is a version of an action's schema as the API writes it.
type auditSchema struct {
	Object    string                 `json:"object"` // "audit_log_schema"
	Version   int                    `json:"version"`
	Actor     *auditActorSchema      `json:"actor,omitzero"`
	Targets   []auditTargetType      `json:"targets"`
	Metadata  *access.MetadataSchema `json:"metadata,omitzero"`
	CreatedAt string                 `json:"created_at"`
}

type auditActorSchema struct {
	Metadata *access.MetadataSchema `json:"metadata"`
}

type auditTargetType struct {
	Type     string                 `json:"type"`
	Metadata *access.MetadataSchema `json:"metadata,omitzero"`
}

func writeAuditSchema(in access.AuditSchema) auditSchema {
	out := auditSchema{
		Object: "audit_log_schema", Version: in.Version, Targets: make([]auditTargetType, len(in.Targets)),
		Metadata: in.Metadata, CreatedAt: instant(in.Created),
	}
	if in.Actor != nil {
		out.Actor = &auditActorSchema{in.Actor}
	}
	for i, t := range in.Targets {
		out.Targets[i] = auditTargetType(t)
	}
	return out
}

// auditAction is an action as the API lists it.
type auditAction struct {
	Object    string      `json:"object"` // "audit_log_action"
	Name      string      `json:"name"`
	Schema    auditSchema `json:"schema"` // the newest version
	CreatedAt string      `json:"created_at"`
	UpdatedAt string      `json:"updated_at"`
}

func writeAuditAction(in authz.ActionSchema) auditAction {
	return auditAction{
		Object: "audit_log_action", Name: in.Name, Schema: writeAuditSchema(in.Schema),
		CreatedAt: instant(in.Created), UpdatedAt: instant(in.Updated),
	}
}

func (h *handler) listAuditActions(w http.ResponseWriter, r *api.Request) error {
	p, _, err := pageOf(r)
	if err != nil {
		return err
	}
	actions, err := h.authz.AuditActions(r.Context(), r.Caller, p.Window)
	if err != nil {
		return err
	}
	return writeList(w, p, actions, writeAuditAction)
}

func (h *handler) listAuditSchemas(w http.ResponseWriter, r *api.Request) error {
	p, _, err := pageOf(r)
	if err != nil {
		return err
	}
	schemas, err := h.authz.AuditSchemas(r.Context(), r.Caller, r.Param("action"), p.Window)
	if err != nil {
		return err
	}
	return writeList(w, p, schemas, writeAuditSchema)
}

// auditSchemaBody is the body that makes a version of a schema.
type auditSchemaBody struct {
	Actor *struct {
		Metadata jsontext.Value `json:"metadata"`
	} `json:"actor"`
	Targets []struct {
		Type     string         `json:"type"`
		Metadata jsontext.Value `json:"metadata"`
	} `json:"targets"`
	Metadata jsontext.Value `json:"metadata"`
}

func (b auditSchemaBody) read() (out access.AuditSchema, err error) {
	if b.Actor != nil {
		if out.Actor, err = readMetadataSchema("actor.metadata", b.Actor.Metadata); err != nil {
			return out, err
		}
		if out.Actor == nil {
			return out, errRequired("actor.metadata")
		}
	}
	for _, t := range b.Targets {
		target := access.AuditTargetType{Type: t.Type}
		if target.Metadata, err = readMetadataSchema("targets.metadata", t.Metadata); err != nil {
			return out, err
		}
		out.Targets = append(out.Targets, target)
	}
	out.Metadata, err = readMetadataSchema("metadata", b.Metadata)
	return out, err
}

// readMetadataSchema reads a JSON Schema, nil if there is none. A keyword that
// is not known here is refused: an event would pass that should not.
func readMetadataSchema(field string, body jsontext.Value) (*access.MetadataSchema, error) {
	if body == nil || body.Kind() == 'n' {
		return nil, nil
	}
	schema := &access.MetadataSchema{}
	if err := json.UnmarshalDecode(jsontext.NewDecoder(bytes.NewReader(body)), schema, json.RejectUnknownMembers(true)); err != nil {
		return nil, access.FieldErrorf(field, "invalid", "%s must be a JSON Schema of an object that has no keywords but type, properties, required and additionalProperties (true or false), and of whose properties it says no more than type (one name) and enum", field)
	}
	return schema, nil
}

func (h *handler) createAuditSchema(w http.ResponseWriter, r *api.Request) error {
	in, err := api.ReadJSON[auditSchemaBody](r)
	if err != nil {
		return err
	}
	schema, err := in.read()
	if err != nil {
		return err
	}
	schema.Action = r.Param("action")
	if schema, err = h.authz.CreateAuditSchema(r.Context(), r.Caller, schema); err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, writeAuditSchema(schema))
}
