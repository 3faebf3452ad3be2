package workos

import (
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

func (h *handler) eventRoutes() []api.Route {
	return []api.Route{
		{Method: "GET", Path: "/events", Needs: "read Authress:Events", Handle: h.listEvents},
	}
}

// event is an event as the API lists it and as webhooks carry it.
type event struct {
	Object    string       `json:"object"` // "event"
	ID        string       `json:"id"`
	Event     string       `json:"event"`
	Data      any          `json:"data"`
	CreatedAt string       `json:"created_at"`
	Context   eventContext `json:"context"`
}

type eventContext struct {
	Actor              eventActor          `json:"actor"`
	PreviousAttributes *previousAttributes `json:"previous_attributes,omitzero"`
}

type eventActor struct {
	ID     string  `json:"id"`
	Source string  `json:"source"` // api, or system for the server and its operator
	Name   *string `json:"name"`
}

// previousAttributes is what an API key was before it was changed.
type previousAttributes struct {
	ExpiresAt *string `json:"expires_at"`
}

// EventBody writes an event as webhooks carry it: compact, the same each time,
// and so that a receiver who parses it and writes it again in JavaScript has the
// very bytes. The Node SDK's verifier is often given a parsed body.
func EventBody(e access.Event) ([]byte, error) {
	written, err := writeEvent(e)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(written, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("encoding the event %s: %w", e.ID, err)
	}
	return inOrderOfJavaScript(body)
}

func writeEvent(e access.Event) (event, error) {
	data, err := eventData(e)
	if err != nil {
		return event{}, err
	}
	out := event{
		Object: "event", ID: string(e.ID), Event: string(e.Name), Data: data, CreatedAt: instant(e.Time),
		Context: eventContext{Actor: eventActor{ID: e.Actor.ID, Source: "api", Name: nullable(e.Actor.Name)}},
	}
	if e.Actor.System {
		out.Context.Actor.Source = "system"
	}
	if before, ok := e.Before.(*access.CustomerKey); ok {
		out.Context.PreviousAttributes = previousExpiry(before, e.Object.(*access.CustomerKey))
	}
	return out, nil
}

// previousExpiry is nil if the key's end did not change.
func previousExpiry(before, after *access.CustomerKey) *previousAttributes {
	if before.Expires.Equal(after.Expires) {
		return nil
	}
	return &previousAttributes{nullableInstant(before.Expires)}
}

// listEvents answers with what has happened, also in organizations that are gone,
// the oldest first unless the caller asks otherwise: pollers name no order and go on after the last event that they
// have seen. That is what the vendor's service does, whatever its document says.
// Source: issue 1610 of workos/workos-node.
func (h *handler) listEvents(w http.ResponseWriter, r *api.Request) error {
	p, q, err := pageOf(r)
	if err != nil {
		return err
	}
	in := authz.EventQuery{
		Organization: access.OrganizationID(q.get("organization_id")),
		After:        access.EventID(p.After), Before: access.EventID(p.Before),
		Limit: p.Limit, Descending: p.Descending && q.get("order") != "",
	}
	if q.get("after") != "" && q.get("range_start") != "" {
		return access.FieldErrorf("after", "invalid_cursor", "after and range_start exclude each other: an event that was seen is a place of its own")
	}
	if in.Organization != "" {
		if _, err := access.ParseOrganizationID(string(in.Organization)); err != nil {
			return access.Errorf(access.Invalid, "Organization not found: '%s'.", in.Organization)
		}
	}
	for _, name := range q.all("events") {
		known, err := access.ParseEventName(name)
		if err != nil {
			return err
		}
		in.Names = append(in.Names, known)
	}
	if len(in.Names) > access.MaxWebhookEvents {
		return access.FieldErrorf("events", "too_many_events", "events has %d elements, at most %d are allowed", len(in.Names), access.MaxWebhookEvents)
	}
	if in.From, err = q.instant("range_start"); err != nil {
		return err
	}
	if in.Until, err = q.instant("range_end"); err != nil {
		return err
	}
	events, err := h.authz.Events(r.Context(), r.Caller, in)
	if err != nil {
		return err
	}
	return writeEvents(w, p, events)
}

// eventList has no cursor to what precedes.
type eventList struct {
	Object       string        `json:"object"` // "list"
	Data         []event       `json:"data"`
	ListMetadata eventMetadata `json:"list_metadata"`
}

type eventMetadata struct {
	After *string `json:"after"`
}

func writeEvents(w http.ResponseWriter, p page, in authz.Slice[access.Event]) error {
	out := eventList{Object: "list", Data: make([]event, len(in.Items)), ListMetadata: eventMetadata{nullable(in.Next)}}
	if p.swapped {
		out.ListMetadata.After = nullable(in.Previous)
	}
	for i, e := range in.Items {
		var err error
		if out.Data[i], err = writeEvent(e); err != nil {
			return err
		}
	}
	return writeJSON(w, http.StatusOK, out)
}

// instant reads a point in time, or a day, which stands for its beginning; zero
// where there is none.
func (q query) instant(name string) (time.Time, error) {
	s := q.get(name)
	if s == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		return day, nil
	}
	return readInstant(name, s)
}
