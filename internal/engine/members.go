package engine

import (
	"iter"
	"slices"
	"strings"
	"unique"

	"github.com/benbjohnson/immutable"

	"github.com/reeve-authz/reeve/internal/access"
)

// group is what a changed group is instead of what the base says.
type group struct {
	exists  bool
	members []access.Subject // those that it lists, each once
}

// listed are the members that a group lists.
func (s *Snapshot) listed(id access.GroupID) []access.Subject {
	self := s.subject(groupSubject(id))
	if g, changed := s.groups.get(self); changed {
		return g.members
	}
	var members []access.Subject
	for member, joined := range s.base.Members(self.number) {
		if !joined {
			members = append(members, s.base.SubjectAt(member))
		}
	}
	return members
}

func groupSubject(id access.GroupID) access.Subject {
	return access.Subject{Kind: access.GroupKind, ID: string(id)}
}

func membershipSubject(id access.MembershipID) access.Subject {
	return access.Subject{Kind: access.MembershipKind, ID: string(id)}
}

// putGroup replaces whom a group lists. Who joined it stays in it even while it
// does not exist, and then holds nothing by it.
func (e *edit) putGroup(id access.GroupID, doc *access.Group) {
	old := e.next.listed(id)
	var is group
	if doc != nil {
		is = group{exists: true, members: distinct(doc.Members)}
	}
	self := groupSubject(id)
	e.leave(self, minus(old, is.members))
	e.join(self, minus(is.members, old))
	if who := e.next.subject(self); is.exists || e.next.base.Exists(who.number) {
		e.next.groups.set(who, is)
	} else {
		e.next.groups.remove(who)
	}
}

// putGroupMember puts a membership in a group by a document of its own, which
// its id says in full. A group that does not exist yet finds it there.
func (e *edit) putGroupMember(id access.GroupMemberID, doc *access.GroupMember) {
	in, member, ok := strings.Cut(string(id), "/")
	if !ok {
		return // no such pair
	}
	self, who := groupSubject(access.GroupID(in)), membershipSubject(access.MembershipID(member))
	if place, packed := e.placeOf(who, self, true); packed {
		e.setLeft(place, doc == nil)
		return
	}
	switch _, was := e.next.joined.Get(id); {
	case doc != nil && !was:
		e.next.joined = e.next.joined.Set(id, struct{}{})
		e.enter(self, who)
	case doc == nil && was:
		e.next.joined = e.next.joined.Delete(id)
		e.exit(self, who)
	}
}

// membership is what a changed membership is instead of what the base says.
type membership struct {
	exists       bool
	active       bool
	user         access.Subject
	organization unique.Handle[access.OrganizationID] // kept once for all that is of it
}

// userOf returns the user of a membership; false if there is none, or none
// that is active if it has to be.
func (s *Snapshot) userOf(id access.MembershipID, active bool) (access.Subject, bool) {
	self := s.subject(membershipSubject(id))
	if m, changed := s.memberships.get(self); changed {
		return m.user, m.exists && (m.active || !active)
	}
	m, ok := s.base.Membership(self.number)
	if !ok || active && !m.Active {
		return access.Subject{}, false
	}
	return s.base.SubjectAt(m.User), true
}

// putMembership lets a user hold what the membership holds while that is
// active.
func (e *edit) putMembership(id access.MembershipID, doc *access.Membership) {
	self := membershipSubject(id)
	user, was := e.next.userOf(id, false)
	var is membership
	if doc != nil {
		is = prepareMembership(doc)
	}
	if was && is.user != user {
		e.leave(self, []access.Subject{user})
	}
	if is.exists && (!was || is.user != user) {
		e.join(self, []access.Subject{is.user})
	}
	if who := e.next.subject(self); is.exists || e.next.base.Exists(who.number) {
		e.next.memberships.set(who, is)
	} else {
		e.next.memberships.remove(who)
	}
}

func prepareMembership(doc *access.Membership) membership {
	return membership{
		exists: true, active: doc.Status == access.MembershipActive,
		user: doc.UserSubject(), organization: unique.Make(doc.Organization),
	}
}

// Membership returns the organization of a membership, whatever its status;
// false if there is no such membership.
func (s *Snapshot) Membership(id access.MembershipID) (access.OrganizationID, bool) {
	self := s.subject(membershipSubject(id))
	if m, changed := s.memberships.get(self); changed {
		if !m.exists {
			return "", false
		}
		return m.organization.Value(), true
	}
	m, ok := s.base.Membership(self.number)
	return m.Organization, ok
}

// join puts the subjects, which are not in it so, into a group that lists them,
// or a membership.
func (e *edit) join(in access.Subject, subs []access.Subject) {
	for _, sub := range subs {
		if place, packed := e.placeOf(sub, in, false); packed {
			e.setLeft(place, false)
		} else {
			e.enter(in, sub)
		}
	}
}

// leave undoes one join.
func (e *edit) leave(in access.Subject, subs []access.Subject) {
	for _, sub := range subs {
		if place, packed := e.placeOf(sub, in, false); packed {
			e.setLeft(place, true)
		} else {
			e.exit(in, sub)
		}
	}
}

// placeOf returns the number of a place that the base has.
func (e *edit) placeOf(sub, in access.Subject, joined bool) (id uint32, packed bool) {
	base := e.next.base
	return base.PlaceOf(base.Subject(sub), base.Subject(in), joined)
}

func (e *edit) setLeft(place uint32, left bool) {
	if left {
		e.next.left = e.next.left.Set(place, struct{}{})
	} else {
		e.next.left = e.next.left.Delete(place)
	}
}

// enter puts a subject into a group, crowd or membership, once more if it is in it
// already.
func (e *edit) enter(in, sub access.Subject) {
	h := e.holder(sub)
	h.groups = append(h.groups, in)
}

// exit undoes one enter.
func (e *edit) exit(in, sub access.Subject) {
	h := e.holder(sub)
	if i := slices.Index(h.groups, in); i >= 0 {
		h.groups = slices.Delete(h.groups, i, i+1)
	}
}

// members are those of a group, some perhaps twice; none if the group does not
// exist.
func (s *Snapshot) members(id access.GroupID) []access.Subject {
	if !s.counts(s.subject(groupSubject(id))) {
		return nil
	}
	return slices.Concat(s.listed(id), s.joinedTo(id))
}

// joinedTo are the memberships that documents of their own put in the group,
// whether it exists or not.
func (s *Snapshot) joinedTo(id access.GroupID) []access.Subject {
	var found []access.Subject
	self := s.base.Subject(groupSubject(id))
	for member, joined := range s.base.Members(self) {
		if place, _ := s.base.PlaceOf(member, self, true); joined && !s.hasLeft(place) {
			found = append(found, s.base.SubjectAt(member))
		}
	}
	before := access.GroupMemberID(id) + "/"
	for key := range under(s.joined, before) {
		found = append(found, membershipSubject(access.MembershipID(key[len(before):])))
	}
	return found
}

// under are the keys of a map that begin with a text, in order.
func under[K ~string](keys *immutable.SortedMap[K, struct{}], before K) iter.Seq[K] {
	return func(yield func(K) bool) {
		if keys.Len() == 0 {
			return
		}
		at := keys.Iterator()
		for at.Seek(before); !at.Done(); {
			key, _, _ := at.Next()
			if !strings.HasPrefix(string(key), string(before)) || !yield(key) {
				return
			}
		}
	}
}
