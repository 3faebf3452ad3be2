package authz

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/audit"
	"github.com/reeve-authz/reeve/internal/store"
)

// projection turns a commit's audit entry into events. Nothing of an event is
// stored: the entry says which documents the commit wrote, and the store has
// them as they were before and after.
type projection struct {
	s     *Service
	realm access.RealmID
	entry *audit.Entry
	named map[access.EventName]bool // only these
	// shown are the memberships whose roles a write of an assignment changes, by
	// the place of the first such write.
	shown map[int]access.MembershipID
}

// project begins with an entry. Only Done entries have writes.
func (s *Service) project(ctx context.Context, realm access.RealmID, entry *audit.Entry, named map[access.EventName]bool) (*projection, error) {
	p := &projection{s: s, realm: realm, entry: entry, named: named}
	if !named[access.MembershipUpdated] || !slices.ContainsFunc(entry.Writes, isAssignment) {
		return p, nil
	}
	err := p.findShown(ctx)
	return p, err
}

func isAssignment(w audit.Write) bool { return w.Kind == string(store.Assignments.Kind) }

// findShown looks for memberships whose roles the commit changed by assignments
// alone. What becomes of a membership that the commit wrote itself is told at
// that write.
func (p *projection) findShown(ctx context.Context) error {
	written := map[access.MembershipID]bool{}
	for _, w := range p.entry.Writes {
		if w.Kind == string(store.Memberships.Kind) {
			written[access.MembershipID(w.ID)] = true
		}
	}
	found := map[int]access.MembershipID{}
	find := func(gone bool) func(*stateReader) error {
		return func(r *stateReader) error {
			for i, w := range p.entry.Writes {
				if !isAssignment(w) || (w.To == 0) != gone {
					continue
				}
				m, err := memberOnRoot(r, w.ID)
				if err != nil {
					return err
				}
				if m != "" {
					found[i] = m
				}
			}
			return nil
		}
	}
	if err := p.asOf(ctx, p.entry.Revision-1, find(true)); err != nil {
		return err
	}
	if err := p.asOf(ctx, p.entry.Revision, find(false)); err != nil {
		return err
	}
	p.shown = map[int]access.MembershipID{}
	for i := range p.entry.Writes {
		if m, ok := found[i]; ok && !written[m] {
			p.shown[i] = m
			written[m] = true
		}
	}
	return nil
}

// asOf runs fn with the realm as of a revision. It does not run it for what was
// before the first commit, nor for what was pruned: of that there are no events
// any more.
func (p *projection) asOf(ctx context.Context, rev access.Revision, fn func(*stateReader) error) error {
	if rev == 0 {
		return nil
	}
	began := false
	err := p.s.store.View(ctx, p.realm, rev, func(r store.Reader) error {
		began = true
		return fn(newStateReader(r, p.realm))
	})
	if !began && errors.Is(err, access.NotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading what revision %d changed: %w", p.entry.Revision, err)
	}
	return nil
}

// thing is a document that a write is about, in its two states.
type thing struct {
	place         eventPlace
	kind          eventKind
	id            string
	from, to      bool // there is a state before, and after
	before, after any
}

// partsOfThing is how many events one thing can be at most: an organization with
// each domain, before and after.
const partsOfThing = 1024

// things are what the writes lo to hi (not included) are about, as far as it can
// be an event that is wanted.
func (p *projection) things(lo, hi int) []thing {
	var all []thing
	for i := lo; i < hi; i++ {
		w := p.entry.Writes[i]
		place := eventPlace{time: p.entry.Time, revision: p.entry.Revision, write: i}
		if kind, ok := p.wanted(store.Kind(w.Kind)); ok {
			all = append(all, thing{place: place, kind: kind, id: w.ID, from: w.From != 0, to: w.To != 0})
		}
		if m, ok := p.shown[i]; ok {
			place.part = partsOfThing // whether the write itself is wanted or not: ids stay the same
			all = append(all, thing{place: place, kind: eventKinds[store.Memberships.Kind], id: string(m), from: true, to: true})
		}
	}
	return all
}

// wanted returns how documents of the kind are told, if they can be an event that
// is wanted.
func (p *projection) wanted(kind store.Kind) (eventKind, bool) {
	k, ok := eventKinds[kind]
	return k, ok && slices.ContainsFunc(k.names, func(n access.EventName) bool { return p.named[n] })
}

// events are those of the writes lo to hi (not included), oldest first.
func (p *projection) events(ctx context.Context, lo, hi int) ([]access.Event, error) {
	things := p.things(lo, hi)
	if len(things) == 0 {
		return nil, nil
	}
	if slices.ContainsFunc(things, func(t thing) bool { return t.from }) {
		err := p.asOf(ctx, p.entry.Revision-1, func(r *stateReader) error {
			return load(r, things, func(t *thing) (bool, *any) { return t.from, &t.before })
		})
		if err != nil {
			return nil, err
		}
	}
	var actor access.EventActor
	err := p.asOf(ctx, p.entry.Revision, func(r *stateReader) (err error) {
		if actor, err = eventActor(r, p.entry.Actor); err != nil {
			return err
		}
		return load(r, things, func(t *thing) (bool, *any) { return t.to, &t.after })
	})
	if err != nil {
		return nil, err
	}
	var events []access.Event
	for _, t := range things {
		for i, h := range t.kind.tell(t.before, t.after) {
			if !p.named[h.name] {
				continue
			}
			place := t.place
			place.part += i
			events = append(events, access.Event{
				ID: place.id(), Name: h.name, Time: p.entry.Time, Actor: actor,
				Organization: h.organization, Object: h.object, Before: h.before,
			})
		}
	}
	return events, nil
}

// load reads one state of the things that have it.
func load(r *stateReader, things []thing, state func(*thing) (exists bool, into *any)) error {
	for i := range things {
		exists, into := state(&things[i])
		if !exists {
			continue
		}
		var err error
		if *into, err = things[i].kind.load(r, things[i].id); err != nil {
			return err
		}
	}
	return nil
}

// eventActor says who made a commit, with the name that it had then.
func eventActor(r store.Reader, sub access.Subject) (access.EventActor, error) {
	actor := access.EventActor{ID: sub.ID}
	switch sub.Kind {
	case access.ClientKind:
		client, _, err := find(r, store.Clients, sub.ID)
		actor.Name = client.Name
		return actor, err
	case access.UserKind:
		user, _, err := find(r, store.Users, sub.ID)
		actor.Name = user.Name
		return actor, err
	}
	actor.System = true
	return actor, nil
}
