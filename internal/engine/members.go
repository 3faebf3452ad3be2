package engine

import (
	"slices"
	"strings"
	"unique"

	"github.com/reeve-authz/reeve/internal/access"
)

func (e *edit) putGroup(id access.GroupID, doc *access.Group) {
	self := access.Subject{Kind: access.GroupKind, ID: string(id)}
	old, existed := e.next.groups.Get(id)
	var members []access.Subject
	if doc == nil {
		e.next.groups = e.next.groups.Delete(id)
	} else {
		members = distinct(doc.Members)
		e.next.groups = e.next.groups.Set(id, members)
	}
	e.leave(self, minus(old, members))
	e.join(self, minus(members, old))
	switch exists := doc != nil; {
	case exists && !existed:
		e.join(self, e.next.joinedTo(id))
	case existed && !exists:
		e.leave(self, e.next.joinedTo(id))
	}
}

// putGroupMember puts a membership in a group by a document of its own, which
// its id says in full. A group that does not exist yet finds it there.
func (e *edit) putGroupMember(id access.GroupMemberID, doc *access.GroupMember) {
	group, membership, ok := strings.Cut(string(id), "/")
	if !ok {
		return // no such pair
	}
	_, was := e.next.joined.Get(id)
	if is := doc != nil; is == was {
		return
	}
	if was {
		e.next.joined = e.next.joined.Delete(id)
	} else {
		e.next.joined = e.next.joined.Set(id, struct{}{})
	}
	if _, exists := e.next.groups.Get(access.GroupID(group)); !exists {
		return
	}
	self := access.Subject{Kind: access.GroupKind, ID: group}
	member := []access.Subject{{Kind: access.MembershipKind, ID: membership}}
	if was {
		e.leave(self, member)
	} else {
		e.join(self, member)
	}
}

// membership is what the snapshot knows of one.
type membership struct {
	user         access.Subject
	organization unique.Handle[access.OrganizationID] // kept once for all that is of it
	active       bool
}

// putMembership lets a user hold what the membership holds while that is
// active.
func (e *edit) putMembership(id access.MembershipID, doc *access.Membership) {
	self := access.Subject{Kind: access.MembershipKind, ID: string(id)}
	if was, _ := e.next.memberships.Get(id); was.active {
		e.leave(self, []access.Subject{was.user})
	}
	if doc == nil {
		e.next.memberships = e.next.memberships.Delete(id)
		return
	}
	is := membership{user: doc.UserSubject(), organization: unique.Make(doc.Organization), active: doc.Status == access.MembershipActive}
	if is.active {
		e.join(self, []access.Subject{is.user})
	}
	e.next.memberships = e.next.memberships.Set(id, is)
}

// Membership returns the organization of a membership, whatever its status;
// false if there is no such membership.
func (s *Snapshot) Membership(id access.MembershipID) (access.OrganizationID, bool) {
	m, ok := s.memberships.Get(id)
	if !ok {
		return "", false
	}
	return m.organization.Value(), true
}

// join puts the subjects in a group, crowd or membership, once more if they are
// in it already.
func (e *edit) join(group access.Subject, subs []access.Subject) {
	for _, sub := range subs {
		h := e.holder(sub)
		h.groups = append(h.groups, group)
	}
}

// leave undoes one join.
func (e *edit) leave(group access.Subject, subs []access.Subject) {
	for _, sub := range subs {
		h := e.holder(sub)
		if i := slices.Index(h.groups, group); i >= 0 {
			h.groups = slices.Delete(h.groups, i, i+1)
		}
	}
}

// members are those of a group, some perhaps twice; none if the group does not
// exist.
func (s *Snapshot) members(id access.GroupID) []access.Subject {
	listed, ok := s.groups.Get(id)
	if !ok {
		return nil
	}
	return slices.Concat(listed, s.joinedTo(id))
}

// joinedTo are the memberships that documents of their own put in the group,
// whether it exists or not.
func (s *Snapshot) joinedTo(id access.GroupID) []access.Subject {
	if s.joined.Len() == 0 {
		return nil
	}
	var found []access.Subject
	before := access.GroupMemberID(id) + "/"
	at := s.joined.Iterator()
	for at.Seek(before); !at.Done(); {
		key, _, _ := at.Next()
		membership, ok := strings.CutPrefix(string(key), string(before))
		if !ok {
			break
		}
		found = append(found, access.Subject{Kind: access.MembershipKind, ID: membership})
	}
	return found
}
