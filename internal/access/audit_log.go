package access

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Bounds of an audit event, in characters. Those of metadata are of the WorkOS
// documentation, which names no others.
const (
	maxAuditNameLen     = 256  // of actions and of types
	maxAuditTextLen     = 1024 // of ids, names, locations and user agents
	maxAuditTargets     = 50
	maxAuditValues      = 50 // of one piece of metadata
	maxAuditValueKeyLen = 40
	maxAuditValueLen    = 500
)

// Ids of what the audit log of an application's customers is made of.
type (
	AuditEventID  string
	AuditActionID string
	AuditSchemaID string
	AuditExportID string
)

// AuditEvent is something that an application says has happened to one of its
// customers. It says nothing of what happens to this server: that is in the
// audit trail.
type AuditEvent struct {
	ID           AuditEventID   `json:"id"`
	Organization OrganizationID `json:"organization"` // whose log it is in
	Action       string         `json:"action"`
	Version      int            `json:"version"`  // of the action's schema that it was held against, if there is one
	Occurred     time.Time      `json:"occurred"` // as the application says
	Received     time.Time      `json:"received"`
	Actor        AuditParty     `json:"actor"`
	Targets      []AuditParty   `json:"targets"`
	Location     string         `json:"location"`
	UserAgent    string         `json:"userAgent,omitzero"`
	Metadata     AuditMetadata  `json:"metadata,omitempty"`
}

// AuditParty is who did something, or to what it was done.
type AuditParty struct {
	ID       string        `json:"id"`
	Type     string        `json:"type"`
	Name     string        `json:"name,omitzero"`
	Metadata AuditMetadata `json:"metadata,omitempty"`
}

// AuditMetadata holds strings, numbers, true and false, as the application wrote
// them: a number is not rounded.
type AuditMetadata map[string]jsontext.Value

// AuditEventPlace is before the id of every event that occurred at the time or
// later, and after that of every one that occurred earlier: ids begin with it,
// so that they are in the order of the events.
func AuditEventPlace(occurred time.Time) string {
	return fmt.Sprintf("audit_event_%015d_", occurred.UnixMilli())
}

// Validate returns an Unprocessable error that names the field which breaks a
// rule.
func (e *AuditEvent) Validate() error {
	if err := validateAuditName("event.action", e.Action); err != nil {
		return err
	}
	if err := validateAuditTime("event.occurred_at", e.Occurred); err != nil {
		return err
	}
	if e.Version < 1 {
		return FieldErrorf("event.version", "invalid", "event.version must be a whole number from 1")
	}
	if err := e.Actor.validate("event.actor"); err != nil {
		return err
	}
	if len(e.Targets) == 0 {
		return FieldErrorf("event.targets", "required", "event.targets must name at least one target")
	}
	if len(e.Targets) > maxAuditTargets {
		return FieldErrorf("event.targets", "too_long", "event.targets has %d elements, at most %d are allowed", len(e.Targets), maxAuditTargets)
	}
	for i := range e.Targets {
		if err := e.Targets[i].validate(at("event.targets", i)); err != nil {
			return err
		}
	}
	if err := validateAuditText("event.context.location", e.Location, maxAuditTextLen); err != nil {
		return err
	}
	if err := validateAuditText("event.context.user_agent", e.UserAgent, maxAuditTextLen); err != nil {
		return err
	}
	return e.Metadata.validate("event.metadata")
}

func (p *AuditParty) validate(field string) error {
	if p.ID == "" {
		return FieldErrorf(field+".id", "required", "%s.id is required", field)
	}
	if err := validateAuditText(field+".id", p.ID, maxAuditTextLen); err != nil {
		return err
	}
	if err := validateAuditName(field+".type", p.Type); err != nil {
		return err
	}
	if err := validateAuditText(field+".name", p.Name, maxAuditTextLen); err != nil {
		return err
	}
	return p.Metadata.validate(field + ".metadata")
}

func (m AuditMetadata) validate(field string) error {
	if len(m) > maxAuditValues {
		return FieldErrorf(field, "too_long", "%s has %d keys, at most %d are allowed", field, len(m), maxAuditValues)
	}
	for key, value := range m {
		if err := validateAuditKey(field, key); err != nil {
			return err
		}
		switch value.Kind() {
		case '0', 't', 'f':
			if len(value) > maxAuditValueLen {
				return FieldErrorf(field, "too_long", "%s: the value of %q must be at most %d characters long", field, key, maxAuditValueLen)
			}
		case '"':
			var text string
			if err := json.Unmarshal(value, &text); err != nil {
				return FieldErrorf(field, "invalid", "%s: the value of %q must be valid UTF-8", field, key)
			}
			if err := validateText(field, text, maxAuditValueLen); err != nil {
				return FieldErrorf(field, "invalid", "%s: the value of %q: %v", field, key, err)
			}
		default:
			return FieldErrorf(field, "invalid", "%s: the value of %q must be a string, a number, true or false", field, key)
		}
	}
	return nil
}

func validateAuditKey(field, key string) error {
	if len(key) > maxAuditValueKeyLen || strings.ContainsFunc(key, func(c rune) bool {
		return c > '~' || !alphanumeric(byte(c)) && c != '_' && c != '-'
	}) {
		return FieldErrorf(field, "invalid", "%s: the key %q must be at most %d letters, digits, - and _", field, key, maxAuditValueKeyLen)
	}
	return nil
}

// validateAuditName is for actions and types, which exist to be looked for.
func validateAuditName(field, s string) error {
	if s == "" {
		return FieldErrorf(field, "required", "%s is required", field)
	}
	return validateAuditText(field, s, maxAuditNameLen)
}

func validateAuditText(field, s string, maxLen int) error {
	if utf8.RuneCountInString(s) > maxLen {
		return FieldErrorf(field, "too_long", "%s must be at most %d characters long", field, maxLen)
	}
	if err := validateText(field, s, maxLen); err != nil {
		return FieldErrorf(field, "invalid", "%v", err)
	}
	return nil
}

// validateAuditTime keeps times within what the ids of events can tell.
func validateAuditTime(field string, t time.Time) error {
	if t.IsZero() {
		return FieldErrorf(field, "required", "%s is required", field)
	}
	if year := t.UTC().Year(); year < 1970 || year > 9999 {
		return FieldErrorf(field, "invalid", "%s must be a time from 1970 to 9999", field)
	}
	return nil
}

// AuditSettings are how an organization's log is kept.
type AuditSettings struct {
	Days int `json:"days"` // how long an event is kept after it occurred
}

// Bounds of how long events are kept, in days. The WorkOS API speaks of 30 and
// 365; its SDKs offer one month to ten years. Where nothing was chosen, it is a
// year, the longer of the two: what is gone cannot be had back.
const (
	DefaultAuditDays = 365
	maxAuditDays     = 3650
)

// Validate returns an Unprocessable error unless the period can be kept.
func (s *AuditSettings) Validate() error {
	if s.Days < 1 || s.Days > maxAuditDays {
		return FieldErrorf("retention_period_in_days", "invalid", "retention_period_in_days must be a whole number from 1 to %d", maxAuditDays)
	}
	return nil
}

// Since is when the oldest event occurred that is kept.
func (s *AuditSettings) Since(now time.Time) time.Time { return now.AddDate(0, 0, -s.Days) }

// AuditExport asks for a part of an organization's log: the events of a range of
// time that match every filter. An empty filter matches all, another one what
// equals one of its elements.
type AuditExport struct {
	ID           AuditExportID  `json:"id"`
	Organization OrganizationID `json:"organization"`
	From         time.Time      `json:"from"`
	Until        time.Time      `json:"until"` // the last moment of the range
	Actions      []string       `json:"actions,omitempty"`
	ActorNames   []string       `json:"actorNames,omitempty"`
	ActorIDs     []string       `json:"actorIds,omitempty"`
	TargetTypes  []string       `json:"targetTypes,omitempty"`
	Key          []byte         `json:"key"` // makes links to the export, and leaves the server never
	Created      time.Time      `json:"created"`
}

// maxAuditFilter bounds the elements of one filter.
const maxAuditFilter = 100

// InvalidAuditRange is the reason of the error about a range of time that ends
// before it begins, as the WorkOS API names it.
const InvalidAuditRange Reason = "invalid_audit_log_export_range_date"

// Validate returns an Unprocessable error that names the field which breaks a
// rule, or an Invalid one with the reason InvalidAuditRange.
func (x *AuditExport) Validate() error {
	if err := validateAuditTime("range_start", x.From); err != nil {
		return err
	}
	if err := validateAuditTime("range_end", x.Until); err != nil {
		return err
	}
	if x.Until.Before(x.From) {
		return Errorf(Invalid, "Invalid date range: range_end is before range_start.").Because(InvalidAuditRange)
	}
	for _, filter := range []struct {
		field    string
		elements []string
	}{{"actions", x.Actions}, {"actor_names", x.ActorNames}, {"actor_ids", x.ActorIDs}, {"targets", x.TargetTypes}} {
		if len(filter.elements) > maxAuditFilter {
			return FieldErrorf(filter.field, "too_long", "%s has %d elements, at most %d are allowed", filter.field, len(filter.elements), maxAuditFilter)
		}
		for i, s := range filter.elements {
			if err := validateAuditText(at(filter.field, i), s, maxAuditTextLen); err != nil {
				return err
			}
		}
	}
	return nil
}
