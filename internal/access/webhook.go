package access

import "time"

// Bounds of webhook endpoints.
const (
	MaxWebhookEndpoints = 100 // of a realm
	MaxWebhookEvents    = 200 // names, of one endpoint
	maxWebhookURLLen    = 2048
	maxEventNameLen     = 128
)

// WebhookEndpoint is where events of the realm are sent to as they happen.
type WebhookEndpoint struct {
	ID       WebhookID   `json:"id"`  // "we_" and a ULID
	URL      string      `json:"url"` // unique in the realm
	Secret   string      `json:"secret"`
	Events   []EventName `json:"events"` // that it is told; names that nothing has are kept and never told
	Disabled bool        `json:"disabled,omitzero"`
	Since    EventID     `json:"since"` // it is told what follows this place
	Created  time.Time   `json:"created"`
	Updated  time.Time   `json:"updated"`
}

// MaskedSecret is what of the secret is shown once it was told: its end, by which
// people know it.
func (e *WebhookEndpoint) MaskedSecret() string {
	const shown = 4
	return WebhookSecretPrefix + "..." + e.Secret[max(0, len(e.Secret)-shown):]
}

// WebhookSecretPrefix begins every secret of an endpoint.
const WebhookSecretPrefix = "whsec_"

// Validate returns an Unprocessable error unless the endpoint keeps within its
// bounds. Which addresses may be called is not its to say.
func (e *WebhookEndpoint) Validate() error {
	if e.URL == "" || len(e.URL) > maxWebhookURLLen {
		return Errorf(Unprocessable, "endpoint_url must be a URL of at most %d characters", maxWebhookURLLen).Because(InvalidURL)
	}
	if len(e.Events) > MaxWebhookEvents {
		return FieldErrorf("events", "too_many_events", "events has %d elements, at most %d are allowed", len(e.Events), MaxWebhookEvents)
	}
	for _, name := range e.Events {
		if !name.valid() {
			return FieldErrorf("events", UnknownEventType, "events: there is no event %q", name)
		}
	}
	return nil
}

// Reasons of errors about webhook endpoints and events, as the WorkOS API names
// them.
const (
	InvalidURL        Reason = "invalid_url"
	DuplicateEndpoint Reason = "duplicate_endpoint"
	UnknownEventType  Reason = "unknown_event_type"
)

// ParseEventName returns an Unprocessable error that names the field events
// unless s has the form of an event's name, whether there is such an event or
// not.
func ParseEventName(s string) (EventName, error) {
	if !EventName(s).valid() {
		return "", FieldErrorf("events", UnknownEventType, "events: %q cannot be the name of an event", s)
	}
	return EventName(s), nil
}

func (n EventName) valid() bool {
	for i := 0; i < len(n); i++ {
		if c := n[i]; (c < 'a' || c > 'z') && c != '_' && c != '.' {
			return false
		}
	}
	return n != "" && len(n) <= maxEventNameLen
}

// WebhookProgress is how far an endpoint was told what happened. It is a document
// of its own, written as deliveries go on.
type WebhookProgress struct {
	Endpoint WebhookID `json:"endpoint"`
	After    EventID   `json:"after"` // everything up to here was tried at least once
	// Waiting are events that could not be delivered and will be tried again, in
	// the order of the first try.
	Waiting []WaitingEvent `json:"waiting,omitempty"`
	// LastFailure is the last event that was given up; zero if there is none.
	LastFailure WebhookFailure `json:"lastFailure,omitzero"`
}

// WaitingEvent is an event that could not be delivered.
type WaitingEvent struct {
	Event EventID   `json:"event"`
	Tries int       `json:"tries"`
	Next  time.Time `json:"next"` // when it is tried again
}

// WebhookFailure is an event that was given up.
type WebhookFailure struct {
	Event  EventID   `json:"event"`
	Time   time.Time `json:"time"`
	Reason string    `json:"reason"`
}
