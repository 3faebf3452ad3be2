package authz

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/audit"
	"github.com/reeve-authz/reeve/internal/store"
)

// EventQuery selects events of a realm.
type EventQuery struct {
	Names        []access.EventName    // access.UsualEvents if empty
	Organization access.OrganizationID // that they belong to; all if empty
	From, Until  time.Time             // not before From, and before Until; unbounded where zero
	After        access.EventID        // only what follows it in the order of the list
	Before       access.EventID        // only the nearest that precede it
	Limit        int                   // at most so many; must be positive
	Descending   bool                  // the newest first
}

// eventReach bounds how many commits and writes are looked at for one page of
// events: a page that meets it is short, and says where to go on.
const eventReach = 2_000

// How many writes of one commit are read at a time: about as many as the page
// takes, within bounds.
const (
	minEventWindow = 20
	eventWindow    = 200
)

// Events returns a page of what has happened in the realm, in the order of the
// commits. It is for who may read all events: they show objects of every sort. An
// After or Before that is no event's place in this realm is ignored.
//
// A range of time is found by bisection, so it presumes that the server's clock
// was not set back.
func (s *Service) Events(ctx context.Context, c access.Caller, q EventQuery) (Slice[access.Event], error) {
	snap, err := s.feed.Snapshot(c.Realm)
	if err != nil {
		return Slice[access.Event]{}, err
	}
	if err := need(snap, c, read, eventsArea, ""); err != nil {
		return Slice[access.Event]{}, err
	}
	after, err := s.eventCursor(ctx, c.Realm, q.After)
	if err != nil {
		return Slice[access.Event]{}, err
	}
	before, err := s.eventCursor(ctx, c.Realm, q.Before)
	if err != nil {
		return Slice[access.Event]{}, err
	}
	scan := s.scan(c.Realm, q)
	if before == nil || after != nil {
		scan.from, scan.until = after, before
		err = scan.run(ctx)
		return Slice[access.Event]{Items: scan.found, Next: string(scan.more)}, err
	}
	// The nearest that precede: the opposite way from there, and turned round.
	scan.descending, scan.from = !q.Descending, before
	if err := scan.run(ctx); err != nil {
		return Slice[access.Event]{}, err
	}
	slices.Reverse(scan.found)
	out := Slice[access.Event]{Items: scan.found, Previous: string(scan.more)}
	if len(scan.found) > 0 {
		out.Next = string(scan.found[len(scan.found)-1].ID)
	}
	return out, nil
}

// EventsAfter returns at most limit events of the names behind a place, oldest
// first, and the place up to which all were looked at. It asks for nobody: what
// delivers events to endpoints calls it.
func (s *Service) EventsAfter(ctx context.Context, realm access.RealmID, after access.EventID, names []access.EventName, limit int) ([]access.Event, access.EventID, error) {
	if len(names) == 0 { // an endpoint that hears nothing; an empty list would mean the usual ones
		return nil, after, nil
	}
	scan := s.scan(realm, EventQuery{Names: names, Limit: limit})
	if place, ok := parseEventID(after); ok {
		scan.from = &place
	}
	if err := scan.run(ctx); err != nil {
		return nil, after, err
	}
	switch {
	case scan.more != "":
		return scan.found, scan.more, nil
	case scan.last.revision != 0:
		return scan.found, scan.last.id(), nil
	}
	return scan.found, after, nil
}

// EventAt returns the event of that id, as it is told, or false if there is none
// any more.
func (s *Service) EventAt(ctx context.Context, realm access.RealmID, id access.EventID) (access.Event, bool, error) {
	place, ok := parseEventID(id)
	if !ok {
		return access.Event{}, false, nil
	}
	c, err := s.commitAt(ctx, realm, place.revision)
	if err != nil || c == nil || place.write >= len(c.Writes) {
		return access.Event{}, false, err
	}
	p := &projection{s: s, realm: realm, commit: c, named: namedSet(slices.Concat(access.UsualEvents(), access.NamedEvents()))}
	events, err := p.events(ctx, place.write, place.write+1)
	for _, e := range events {
		if e.ID == id {
			return e, true, err
		}
	}
	return access.Event{}, false, err
}

// eventCursor is the place of an id, or nil if the realm has no commit that the
// id could be of: there is none at the revision, or it was made at another time,
// as before a backup was restored.
func (s *Service) eventCursor(ctx context.Context, realm access.RealmID, id access.EventID) (*eventPlace, error) {
	place, ok := parseEventID(id)
	if !ok {
		return nil, nil
	}
	c, err := s.commitAt(ctx, realm, place.revision)
	if err != nil || c == nil || !c.Time.Equal(place.time) {
		return nil, err
	}
	return &place, nil
}

func namedSet(names []access.EventName) map[access.EventName]bool {
	set := make(map[access.EventName]bool, len(names))
	for _, n := range names {
		set[n] = true
	}
	return set
}

// eventScan walks through the audit trail and collects events.
type eventScan struct {
	s           *Service
	realm       access.RealmID
	q           EventQuery
	named       map[access.EventName]bool
	descending  bool
	from, until *eventPlace // exclusive, in the direction of the walk; nil for no bound

	found  []access.Event
	looked int
	last   eventPlace     // up to where everything was looked at
	more   access.EventID // after which there is more, or may be; empty if there is not
}

func (s *Service) scan(realm access.RealmID, q EventQuery) *eventScan {
	names := q.Names
	if len(names) == 0 {
		names = access.UsualEvents()
	}
	return &eventScan{s: s, realm: realm, q: q, named: namedSet(names), descending: q.Descending}
}

// run collects until the page is full, the reach is met, or nothing is left.
func (e *eventScan) run(ctx context.Context) error {
	key, err := e.start(ctx)
	if err == nil && e.from != nil { // the rest of its commit
		var c *commit
		if c, err = e.s.commitAt(ctx, e.realm, e.from.revision); err == nil && c != nil {
			var done bool
			if done, err = e.entry(ctx, c); done {
				return err
			}
		}
	}
	for err == nil {
		var rows []store.Row[audit.Entry]
		err = e.s.store.View(ctx, e.realm, 0, func(r store.Reader) (err error) {
			rows, err = store.Audit.List(r, store.ListQuery{After: key, Limit: listChunk, Descending: e.descending})
			return err
		})
		if err != nil {
			return fmt.Errorf("reading the audit trail: %w", err)
		}
		for i := range rows {
			done, err := e.entry(ctx, newCommit(&rows[i].Doc))
			if err != nil || done {
				return err
			}
		}
		if len(rows) < listChunk {
			return nil
		}
		key = rows[len(rows)-1].ID
	}
	return err
}

// start is the key in the audit trail behind which the walk begins.
func (e *eventScan) start(ctx context.Context) (string, error) {
	switch {
	case e.from != nil:
		return audit.ID(e.from.revision), nil
	case e.descending && !e.q.Until.IsZero():
		rev, err := e.s.firstNotBefore(ctx, e.realm, e.q.Until)
		return audit.ID(rev), err
	case !e.descending && !e.q.From.IsZero():
		rev, err := e.s.firstNotBefore(ctx, e.realm, e.q.From)
		return audit.ID(max(rev-1, 0)), err
	}
	return "", nil
}

// firstNotBefore is the first revision whose commit was not made before the
// time, or the one that the next commit will have.
func (s *Service) firstNotBefore(ctx context.Context, realm access.RealmID, at time.Time) (access.Revision, error) {
	var first access.Revision
	err := s.store.View(ctx, realm, 0, func(r store.Reader) error {
		var failed error
		head := int(r.Revision())
		first = access.Revision(1 + sort.Search(head, func(i int) bool {
			// Commits without an entry are as old as the next that has one.
			rows, err := store.Audit.List(r, store.ListQuery{After: audit.ID(access.Revision(i)), Limit: 1})
			if err != nil {
				failed = err
				return true
			}
			return len(rows) == 0 || !rows[0].Doc.Time.Before(at)
		}))
		return failed
	})
	if err != nil {
		return 0, fmt.Errorf("looking for %v in the audit trail: %w", at, err)
	}
	return first, nil
}

// entry collects the events of one commit, and reports whether that was enough.
func (e *eventScan) entry(ctx context.Context, entry *commit) (done bool, err error) {
	if e.passed(entry) {
		return true, nil
	}
	if e.before(entry) {
		return false, nil
	}
	p := &projection{s: e.s, realm: e.realm, commit: entry, named: e.named}
	window := min(max(e.q.Limit+1, minEventWindow), eventWindow)
	lo, hi := 0, len(entry.Writes)
	if e.from != nil && e.from.revision == entry.Revision { // what is on the other side is not read
		if e.descending {
			hi = min(hi, e.from.write+1)
		} else {
			lo = min(hi, e.from.write)
		}
	}
	for lo < hi {
		from, to := lo, min(hi, lo+window)
		if e.descending {
			from, to = max(lo, hi-window), hi
		}
		events, err := p.events(ctx, from, to)
		if err != nil {
			return false, err
		}
		if e.take(events) {
			return true, nil
		}
		e.last = eventPlace{time: entry.Time, revision: entry.Revision, write: to - 1, part: maxEventPart}
		if e.descending {
			e.last.write, e.last.part = from, 0
			hi = from
		} else {
			lo = to
		}
		if e.far(to - from) {
			return true, nil
		}
	}
	e.last = endOf(entry.Revision, entry.Time)
	if e.descending {
		e.last = eventPlace{time: entry.Time, revision: entry.Revision}
	}
	return e.far(1), nil
}

// far notes what was looked at, and reports whether it is enough for one page.
func (e *eventScan) far(n int) bool {
	if e.looked += n; e.looked >= eventReach {
		e.more = e.last.id()
	}
	return e.more != ""
}

// passed reports whether everything from here on is behind the bounds.
func (e *eventScan) passed(entry *commit) bool {
	if e.descending {
		return e.until != nil && entry.Revision < e.until.revision || !e.q.From.IsZero() && entry.Time.Before(e.q.From)
	}
	return e.until != nil && entry.Revision > e.until.revision || !e.q.Until.IsZero() && !entry.Time.Before(e.q.Until)
}

// before reports whether the commit is before the bounds of time.
func (e *eventScan) before(entry *commit) bool {
	if e.descending {
		return !e.q.Until.IsZero() && !entry.Time.Before(e.q.Until)
	}
	return !e.q.From.IsZero() && entry.Time.Before(e.q.From)
}

// take adds events, oldest first, to what was found, and reports whether that is
// all there is to look for.
func (e *eventScan) take(events []access.Event) (done bool) {
	if e.descending {
		slices.Reverse(events)
	}
	follows := func(id access.EventID, other *eventPlace) int {
		place, _ := parseEventID(id)
		if e.descending {
			return other.compare(place)
		}
		return place.compare(*other)
	}
	for _, event := range events {
		switch {
		case e.q.Organization != "" && event.Organization != e.q.Organization:
		case e.from != nil && follows(event.ID, e.from) <= 0:
		case e.until != nil && follows(event.ID, e.until) >= 0:
			return true
		case len(e.found) == e.q.Limit:
			e.more = e.found[len(e.found)-1].ID
			return true
		default:
			e.found = append(e.found, event)
		}
	}
	return false
}
