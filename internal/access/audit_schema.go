package access

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// AuditAction is an action of audit events that has a schema, in as many
// versions as were made of it.
type AuditAction struct {
	ID      AuditActionID `json:"id"`
	Name    string        `json:"name"` // unique in the realm
	Created time.Time     `json:"created"`
	Updated time.Time     `json:"updated"` // when the newest version was made
}

// AuditSchema is a version of what events of an action look like. A version
// never changes.
type AuditSchema struct {
	ID       AuditSchemaID     `json:"id"`
	Action   string            `json:"action"`
	Version  int               `json:"version"` // 1, 2, …
	Actor    *MetadataSchema   `json:"actor,omitzero"`
	Targets  []AuditTargetType `json:"targets"` // the types that a target may have
	Metadata *MetadataSchema   `json:"metadata,omitzero"`
	Created  time.Time         `json:"created"`
}

// AuditTargetType is a type of target.
type AuditTargetType struct {
	Type     string          `json:"type"`
	Metadata *MetadataSchema `json:"metadata,omitzero"`
}

// MetadataSchema is the part of JSON Schema that metadata, which is flat, can
// make use of. It is written as JSON Schema is, here and in the WorkOS API.
type MetadataSchema struct {
	Type       string                    `json:"type,omitzero"` // "object" or empty
	Properties map[string]PropertySchema `json:"properties,omitzero"`
	Required   []string                  `json:"required,omitzero"`
	Additional *bool                     `json:"additionalProperties,omitzero"` // whether there may be other properties; nil is yes
}

// PropertySchema says what a value may be.
type PropertySchema struct {
	Type string           `json:"type,omitzero"` // string, number, integer or boolean; empty allows any
	Enum []jsontext.Value `json:"enum,omitzero"` // one of these, unless nil
}

const maxAuditEnum = 100

// Validate returns an Unprocessable error that names the field which breaks a
// rule.
func (s *AuditSchema) Validate() error {
	if err := validateAuditName("action", s.Action); err != nil {
		return err
	}
	if err := s.Actor.validate("actor.metadata"); err != nil {
		return err
	}
	if len(s.Targets) == 0 {
		return FieldErrorf("targets", "required", "targets must name at least one type of target")
	}
	if len(s.Targets) > maxAuditTargets {
		return FieldErrorf("targets", "too_long", "targets has %d elements, at most %d are allowed", len(s.Targets), maxAuditTargets)
	}
	for i, t := range s.Targets {
		field := at("targets", i)
		if err := validateAuditName(field+".type", t.Type); err != nil {
			return err
		}
		if slices.ContainsFunc(s.Targets[:i], func(other AuditTargetType) bool { return other.Type == t.Type }) {
			return FieldErrorf(field+".type", "duplicate", "targets names the type %q twice", t.Type)
		}
		if err := t.Metadata.validate(field + ".metadata"); err != nil {
			return err
		}
	}
	return s.Metadata.validate("metadata")
}

func (m *MetadataSchema) validate(field string) error {
	if m == nil {
		return nil
	}
	if m.Type != "" && m.Type != "object" {
		return FieldErrorf(field, "invalid", `%s: the type must be "object"`, field)
	}
	if len(m.Properties) > maxAuditValues || len(m.Required) > maxAuditValues {
		return FieldErrorf(field, "too_long", "%s: at most %d properties are allowed", field, maxAuditValues)
	}
	for _, key := range m.Required {
		if err := validateAuditKey(field, key); err != nil {
			return err
		}
	}
	for key, p := range m.Properties {
		if err := validateAuditKey(field, key); err != nil {
			return err
		}
		if !slices.Contains([]string{"", "string", "number", "integer", "boolean"}, p.Type) {
			return FieldErrorf(field, "invalid", "%s: the type of %q must be string, number, integer or boolean", field, key)
		}
		if len(p.Enum) > maxAuditEnum {
			return FieldErrorf(field, "too_long", "%s: the enum of %q has %d elements, at most %d are allowed", field, key, len(p.Enum), maxAuditEnum)
		}
		for _, v := range p.Enum {
			if err := (AuditMetadata{key: v}).validate(field); err != nil {
				return err
			}
		}
	}
	return nil
}

// InvalidAuditEvent is the reason of the error about an event that does not fit
// the schema of its action, as the WorkOS API names it.
const InvalidAuditEvent Reason = "invalid_audit_log_event"

// Check returns an Invalid error with the reason InvalidAuditEvent unless the
// event fits. Its causes name each place that does not by a JSON pointer into the
// event.
func (s *AuditSchema) Check(e *AuditEvent) error {
	wrong := s.Actor.misfits("/actor/metadata", e.Actor.Metadata)
	for i, target := range e.Targets {
		place := "/targets/" + strconv.Itoa(i)
		known := slices.IndexFunc(s.Targets, func(t AuditTargetType) bool { return t.Type == target.Type })
		if known < 0 {
			wrong = append(wrong, misfit(place+"/type", "enum", "the schema has no target of the type %q", target.Type))
			continue
		}
		wrong = append(wrong, s.Targets[known].Metadata.misfits(place+"/metadata", target.Metadata)...)
	}
	wrong = append(wrong, s.Metadata.misfits("/metadata", e.Metadata)...)
	if len(wrong) == 0 {
		return nil
	}
	return ErrAuditEvent(wrong...)
}

// ErrAuditEvent is the error about an event that does not fit its schema.
func ErrAuditEvent(causes ...*Error) error {
	err := Errorf(Invalid, "Invalid Audit Log event.").Because(InvalidAuditEvent)
	err.Causes = causes
	return err
}

// misfits lists what of the metadata does not fit, in order.
func (m *MetadataSchema) misfits(place string, metadata AuditMetadata) []*Error {
	if m == nil {
		return nil
	}
	var wrong []*Error
	for _, key := range m.Required {
		if _, has := metadata[key]; !has {
			wrong = append(wrong, misfit(place, "required", "must have the property %q", key))
		}
	}
	for key, value := range metadata {
		p, known := m.Properties[key]
		switch {
		case !known && m.Additional != nil && !*m.Additional:
			wrong = append(wrong, misfit(place, "additionalProperties", "may not have the property %q", key))
		case p.Type != "" && !isOfType(value, p.Type):
			wrong = append(wrong, misfit(place+"/"+key, "type", "must be of the type %s", p.Type))
		case p.Enum != nil && !slices.ContainsFunc(p.Enum, func(v jsontext.Value) bool { return same(v, value) }):
			wrong = append(wrong, misfit(place+"/"+key, "enum", "must be one of the values that the schema names"))
		}
	}
	slices.SortFunc(wrong, func(a, b *Error) int { return strings.Compare(a.Message, b.Message) }) // begins with the place
	return wrong
}

// misfit is one place that does not fit, with the keyword of JSON Schema that it
// breaks.
func misfit(place string, keyword Reason, format string, args ...any) *Error {
	return &Error{Kind: Invalid, Reason: keyword, Field: place, Message: place + " " + fmt.Sprintf(format, args...)}
}

// isOfType reports whether a value has a type of JSON Schema, to which 1.0 is an
// integer.
func isOfType(v jsontext.Value, name string) bool {
	switch v.Kind() {
	case '"':
		return name == "string"
	case 't', 'f':
		return name == "boolean"
	}
	if name == "integer" {
		n, err := strconv.ParseFloat(string(v), 64)
		return err == nil && n == math.Trunc(n)
	}
	return name == "number"
}

// same reports whether two values are equal to JavaScript.
func same(a, b jsontext.Value) bool {
	a, b = a.Clone(), b.Clone()
	return a.Canonicalize() == nil && b.Canonicalize() == nil && string(a) == string(b)
}
