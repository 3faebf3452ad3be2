package engine

import (
	"errors"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine/packed"
)

// Loader makes the snapshot of a realm out of its documents, packed as they come.
type Loader struct {
	empty *Snapshot
	into  *packed.Builder
	rest  []access.Change // documents that are not packed
}

// NewLoader returns a Loader without documents.
func NewLoader() *Loader {
	s := New()
	none := func(uint32) bool { return false }
	return &Loader{empty: s, into: s.base.Next(func(packed.Digest) bool { return false }, none, 0)}
}

// Add takes in documents, in the form that Apply takes, of which none may come
// twice in a Loader's life, nor be a deletion.
func (l *Loader) Add(docs []access.Change) {
	for _, c := range docs {
		if !l.pack(c) {
			l.rest = append(l.rest, c)
		}
	}
}

func (l *Loader) pack(c access.Change) bool {
	switch id := c.ID.(type) {
	case access.GroupID:
		l.into.Group(id, true, distinct(document[access.Group](c).Members))
	case access.GroupMemberID:
		if in, member, ok := strings.Cut(string(id), "/"); ok {
			l.into.Join(access.GroupID(in), access.MembershipID(member))
		}
	case access.MembershipID:
		m := prepareMembership(document[access.Membership](c))
		l.into.Membership(id, m.user, m.organization.Value(), m.active)
	case access.ResourceID:
		if registrable(id) {
			r := prepareResource(document[access.Resource](c))
			l.into.Register(access.ResourceURI(id), r.parent, r.Kind)
		}
	case access.RecordID:
		return l.empty.packDocument(l.into, recordKind, string(id), l.empty.prepareRecord(id, document[access.Record](c)))
	case access.AssignmentID:
		a := prepareAssignment(id, document[access.Assignment](c))
		return l.empty.packDocument(l.into, assignmentKind, string(id), []statement{a.statement()})
	default:
		return false
	}
	return true
}

// Snapshot returns the snapshot of what was added, at a revision. It is an error
// if that is more than numbers can count. The Loader is of no use afterwards.
func (l *Loader) Snapshot(rev access.Revision) (*Snapshot, error) {
	base := l.into.Base()
	if base == nil {
		return nil, errors.New("the realm is larger than a snapshot can be")
	}
	s := on(base).Apply(rev, l.rest)
	s.loose = s.records.Len() + s.assignments.Len()
	return s, nil
}
