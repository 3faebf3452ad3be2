package authz

import (
	"context"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/audit"
	"github.com/reeve-authz/reeve/internal/store"
)

// commit is an audit entry, and what finds its writes. It never changes.
type commit struct {
	*audit.Entry
	memberships map[access.MembershipID]bool // that it wrote
	// The first write that deletes an assignment, or that writes one otherwise.
	gone, made map[string]int
}

func newCommit(entry *audit.Entry) *commit {
	c := &commit{Entry: entry, memberships: map[access.MembershipID]bool{}, gone: map[string]int{}, made: map[string]int{}}
	for i, w := range entry.Writes {
		switch store.Kind(w.Kind) {
		case store.Memberships.Kind:
			c.memberships[access.MembershipID(w.ID)] = true
		case store.Assignments.Kind:
			places := c.assignments(w.To == 0)
			if _, again := places[w.ID]; !again {
				places[w.ID] = i
			}
		}
	}
	return c
}

// assignments are the places of those that are deleted, or of the others.
func (c *commit) assignments(gone bool) map[string]int {
	if gone {
		return c.gone
	}
	return c.made
}

// largeCommits is how many large commits of a realm the Service remembers.
const largeCommits = 4

// largeSlot is where a large commit of the realm is remembered, until another one
// takes the place.
type largeSlot struct {
	realm access.RealmID
	slot  access.Revision // the remainder of the revision by largeCommits
}

// commitAt returns the commit of a revision, or nil if it has no audit entry. A
// large one is read and taken apart once, not anew for every page of its events:
// it is remembered.
func (s *Service) commitAt(ctx context.Context, realm access.RealmID, rev access.Revision) (*commit, error) {
	slot := largeSlot{realm, rev % largeCommits}
	if known, ok := s.large.Load(slot); ok && known.(*commit).Revision == rev {
		return known.(*commit), nil
	}
	var entry audit.Entry
	exists := false
	err := s.store.View(ctx, realm, 0, func(r store.Reader) (err error) {
		entry, exists, err = find(r, store.Audit, audit.ID(rev))
		return err
	})
	if err != nil || !exists {
		return nil, err
	}
	c := newCommit(&entry)
	if len(entry.Writes) > eventWindow {
		s.large.Store(slot, c)
	}
	return c, nil
}
