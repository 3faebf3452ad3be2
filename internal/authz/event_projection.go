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

// projection turns a commit into events. Nothing of an event is stored: the audit
// entry says which documents the commit wrote, and the store has them as they
// were before and after.
type projection struct {
	s      *Service
	realm  access.RealmID
	commit *commit
	named  map[access.EventName]bool // only these
}

// roleChange is where a commit first changes the roles of a membership by an
// assignment on the organization's root.
type roleChange struct {
	first int
	root  access.ResourceID
}

// findShown returns the memberships whose roles the commit changed by assignments
// alone, by the place of the first such write, as far as that is among the writes
// lo to hi (not included). What becomes of a membership that the commit wrote
// itself is told at that write.
//
// It reads what belongs to these writes only, however many there are: a page of a
// large commit costs no more than one of a small commit.
func (p *projection) findShown(ctx context.Context, lo, hi int) (map[int]access.MembershipID, error) {
	if !p.named[access.MembershipUpdated] || !slices.ContainsFunc(p.commit.Writes[lo:hi], isAssignment) {
		return nil, nil
	}
	changes := map[access.MembershipID]roleChange{}
	before, after := p.commit.Revision-1, p.commit.Revision
	err := p.asOf(ctx, before, func(r *stateReader) error { return p.findChanges(r, lo, hi, true, changes) })
	if err != nil {
		return nil, err
	}
	err = p.asOf(ctx, after, func(r *stateReader) error {
		if err := p.findChanges(r, lo, hi, false, changes); err != nil || lo == 0 {
			return err
		}
		return p.findEarlier(r, false, changes)
	})
	if err == nil && lo > 0 && len(changes) > 0 {
		err = p.asOf(ctx, before, func(r *stateReader) error { return p.findEarlier(r, true, changes) })
	}
	if err != nil {
		return nil, err
	}
	shown := map[int]access.MembershipID{}
	for m, c := range changes {
		if c.first >= lo {
			shown[c.first] = m
		}
	}
	return shown, nil
}

func isAssignment(w audit.Write) bool { return w.Kind == string(store.Assignments.Kind) }

// findChanges notes the first of the writes lo to hi that changes the roles of a
// membership: of those that delete an assignment, read as of before the commit, or
// of the others.
func (p *projection) findChanges(r *stateReader, lo, hi int, gone bool, changes map[access.MembershipID]roleChange) error {
	for i := lo; i < hi; i++ {
		w := p.commit.Writes[i]
		if !isAssignment(w) || (w.To == 0) != gone {
			continue
		}
		m, root, err := memberOnRoot(r, w.ID)
		if err != nil {
			return err
		}
		if known, ok := changes[m]; m != "" && !p.commit.memberships[m] && (!ok || i < known.first) {
			changes[m] = roleChange{i, root}
		}
	}
	return nil
}

// findEarlier notes writes anywhere in the commit that change the same roles and
// come first.
func (p *projection) findEarlier(r *stateReader, gone bool, changes map[access.MembershipID]roleChange) error {
	places := p.commit.assignments(gone)
	for m, c := range changes {
		subject := access.Subject{Kind: access.MembershipKind, ID: string(m)}
		all, err := every(r, store.Assignments, store.ByPair, store.AssignmentPair(subject, c.root))
		if err != nil {
			return err
		}
		for _, a := range all {
			if i, ok := places[string(a.ID)]; ok {
				c.first = min(c.first, i)
			}
		}
		changes[m] = c
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
		return fmt.Errorf("reading what revision %d changed: %w", p.commit.Revision, err)
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
// be an event that is wanted. shown is what findShown found among them.
func (p *projection) things(lo, hi int, shown map[int]access.MembershipID) []thing {
	var all []thing
	for i := lo; i < hi; i++ {
		w := p.commit.Writes[i]
		place := eventPlace{time: p.commit.Time, revision: p.commit.Revision, write: i}
		if kind, ok := p.wanted(store.Kind(w.Kind)); ok {
			all = append(all, thing{place: place, kind: kind, id: w.ID, from: w.From != 0, to: w.To != 0})
		}
		if m, ok := shown[i]; ok {
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
	shown, err := p.findShown(ctx, lo, hi)
	if err != nil {
		return nil, err
	}
	things := p.things(lo, hi, shown)
	if len(things) == 0 {
		return nil, nil
	}
	if slices.ContainsFunc(things, func(t thing) bool { return t.from }) {
		err := p.asOf(ctx, p.commit.Revision-1, func(r *stateReader) error {
			return load(r, things, func(t *thing) (bool, *any) { return t.from, &t.before })
		})
		if err != nil {
			return nil, err
		}
	}
	var actor access.EventActor
	err = p.asOf(ctx, p.commit.Revision, func(r *stateReader) (err error) {
		if actor, err = eventActor(r, p.commit.Actor); err != nil {
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
				ID: place.id(), Name: h.name, Time: p.commit.Time, Actor: actor,
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
