package authz

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// Webhooks returns the part of the list of the realm's webhook endpoints that
// the Window asks for, with masked secrets.
func (s *Service) Webhooks(ctx context.Context, c access.Caller, win Window) (Slice[access.WebhookEndpoint], error) {
	var all Slice[access.WebhookEndpoint]
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) (err error) {
		if err := need(snap, c, read, webhooksArea, ""); err != nil {
			return err
		}
		all, err = window(r, store.Webhooks, selection[access.WebhookEndpoint]{}, win)
		return err
	})
	for i := range all.Items {
		mask(&all.Items[i])
	}
	return all, err
}

func mask(e *access.WebhookEndpoint) { e.Secret = e.MaskedSecret() }

// CreateWebhook makes an endpoint, which is told what happens from then on, and
// returns it with its secret: this once. It is an Unprocessable error with the
// reason InvalidURL if the server would not call the URL, and a Conflict error
// with the reason DuplicateEndpoint if there is an endpoint at it.
//
// An endpoint is told objects of every sort, so whoever may make or change one
// is trusted with reading all events.
func (s *Service) CreateWebhook(ctx context.Context, c access.Caller, e access.WebhookEndpoint) (access.WebhookEndpoint, error) {
	e.ID = access.WebhookID(s.newID("we_"))
	e.Secret = access.WebhookSecretPrefix + rand.Text()
	err := s.update(ctx, c, action{"create", store.Webhooks.Kind, string(e.ID)}, func(w *write) error {
		// The right comes first: what is refused of a URL tells which hosts the
		// operator lets the server reach.
		if err := need(w.snap, c, create, webhooksArea, ""); err != nil {
			return err
		}
		if err := roomForWebhook(w); err != nil {
			return err
		}
		e.Created = s.now()
		e.Updated = e.Created
		e.Since = endOf(w.Next(), e.Created).id()
		return s.putWebhook(w, &e)
	})
	if err != nil {
		return access.WebhookEndpoint{}, err
	}
	return e, nil
}

func roomForWebhook(w *write) error {
	all, err := w.List(store.ListQuery{Kind: store.Webhooks.Kind, Limit: access.MaxWebhookEndpoints})
	if err != nil {
		return fmt.Errorf("counting webhook endpoints: %w", err)
	}
	if len(all) >= access.MaxWebhookEndpoints {
		return access.FieldErrorf("endpoint_url", "too_many_endpoints", "there are %d webhook endpoints already; delete one first", access.MaxWebhookEndpoints)
	}
	return nil
}

// putWebhook writes an endpoint that the caller may write.
func (s *Service) putWebhook(w *write, e *access.WebhookEndpoint) error {
	var once []access.EventName
	for _, name := range e.Events {
		if !slices.Contains(once, name) {
			once = append(once, name)
		}
	}
	e.Events = once
	if err := e.Validate(); err != nil {
		return err
	}
	if err := s.out.Check(e.URL); err != nil {
		return access.Errorf(access.Unprocessable, "endpoint_url: %v", err).Because(access.InvalidURL)
	}
	twin, exists, err := one(w, store.Webhooks, store.ByURL, e.URL)
	if err != nil {
		return err
	}
	if exists && twin.ID != e.ID {
		return access.Errorf(access.Conflict, "there is a webhook endpoint with this URL already").Because(access.DuplicateEndpoint)
	}
	return put(w, store.Webhooks, string(e.ID), e)
}

// WebhookUpdate says what of an endpoint changes: nil leaves it as it is.
type WebhookUpdate struct {
	URL      *string
	Events   *[]access.EventName
	Disabled *bool
}

// UpdateWebhook changes an endpoint, and returns it with a masked secret. From
// the next moment it is told by what it is then; one that was disabled is told
// nothing that happened meanwhile. The errors are those of CreateWebhook.
func (s *Service) UpdateWebhook(ctx context.Context, c access.Caller, id access.WebhookID, u WebhookUpdate) (access.WebhookEndpoint, error) {
	var e access.WebhookEndpoint
	err := s.update(ctx, c, action{"update", store.Webhooks.Kind, string(id)}, func(w *write) (err error) {
		if e, err = changeableWebhook(w, c, id); err != nil {
			return err
		}
		if u.URL != nil {
			e.URL = *u.URL
		}
		if u.Events != nil {
			e.Events = *u.Events
		}
		now := s.now()
		if u.Disabled != nil {
			if e.Disabled && !*u.Disabled {
				e.Since = endOf(w.Next(), now).id()
			}
			e.Disabled = *u.Disabled
		}
		e.Updated = now
		return s.putWebhook(w, &e)
	})
	if err != nil {
		return access.WebhookEndpoint{}, err
	}
	mask(&e)
	return e, nil
}

// DeleteWebhook removes an endpoint: it is told nothing more.
func (s *Service) DeleteWebhook(ctx context.Context, c access.Caller, id access.WebhookID) error {
	return s.update(ctx, c, action{"delete", store.Webhooks.Kind, string(id)}, func(w *write) error {
		if _, err := changeableWebhook(w, c, id); err != nil {
			return err
		}
		_, begun, err := find(w, store.Deliveries, string(id))
		if err == nil && begun {
			err = remove(w, store.Deliveries, string(id))
		}
		if err != nil {
			return err
		}
		return remove(w, store.Webhooks, string(id))
	})
}

func changeableWebhook(w *write, c access.Caller, id access.WebhookID) (access.WebhookEndpoint, error) {
	if err := need(w.snap, c, change, webhooksArea, string(id)); err != nil {
		return access.WebhookEndpoint{}, err
	}
	return existing(w, store.Webhooks, "Webhook endpoint", string(id))
}

// WebhookProgress returns how far an endpoint was told: not at all since it was
// enabled, if it was told nothing since. It asks for nobody, as
// SaveWebhookProgress writes for nobody: what delivers calls them.
func (s *Service) WebhookProgress(ctx context.Context, realm access.RealmID, e *access.WebhookEndpoint) (access.WebhookProgress, error) {
	var p access.WebhookProgress
	err := s.store.View(ctx, realm, 0, func(r store.Reader) (err error) {
		p, _, err = find(r, store.Deliveries, string(e.ID))
		return err
	})
	after, _ := parseEventID(p.After)
	if since, _ := parseEventID(e.Since); after.compare(since) < 0 {
		p.After, p.Waiting = e.Since, nil
	}
	p.Endpoint = e.ID
	return p, err
}

// SaveWebhookProgress keeps how far an endpoint was told, unless it is gone.
func (s *Service) SaveWebhookProgress(ctx context.Context, realm access.RealmID, p access.WebhookProgress) error {
	err := s.note(ctx, realm, func(w *write) error {
		_, exists, err := find(w, store.Webhooks, string(p.Endpoint))
		if err != nil {
			return err
		}
		if !exists {
			return errNoNews
		}
		return put(w, store.Deliveries, string(p.Endpoint), &p)
	})
	if errors.Is(err, errNoNews) {
		return nil
	}
	return err
}
