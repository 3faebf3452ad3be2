package authz

import (
	"crypto/sha256"
	"strings"

	"github.com/oklog/ulid/v2"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// holding is an assignment as a membership has it: its own, or that of a group that
// it is in. A group's stands for as many of these as the group has members, so
// they are small.
type holding struct {
	id         access.AssignmentID // as it is shown
	of         *access.Assignment  // as it is stored
	membership access.MembershipID
}

func holdingID(h *holding) string { return string(h.id) }

// direct reports whether the assignment is the membership's own.
func (h *holding) direct() bool { return h.id == h.of.ID }

// ownOf is an assignment to a membership.
func ownOf(a *access.Assignment) holding { return holding{a.ID, a, access.MembershipID(a.Subject.ID)} }

// through is an assignment of a group as a member has it. Its id stays the same
// while both are there, and sorts by the time of the group's.
func through(a *access.Assignment, m access.MembershipID) holding {
	id, _ := ulid.ParseStrict(strings.TrimPrefix(string(a.ID), groupAssignmentPrefix)) // made by newID
	entropy := sha256.Sum256([]byte(string(a.ID) + "/" + string(m)))
	copy(id[6:], entropy[:]) // the first six bytes are the time
	return holding{access.AssignmentID(assignmentPrefix + id.String()), a, m}
}

// assignedTo are the assignments of a subject: on one resource, or with an empty
// one on all.
func assignedTo(r store.Reader, sub access.Subject, on access.ResourceID) ([]access.Assignment, error) {
	if on != "" {
		return every(r, store.Assignments, store.ByPair, store.AssignmentPair(sub, on))
	}
	return every(r, store.Assignments, store.BySubject, sub.String())
}

// heldBy are the assignments that a membership has itself, first, and through its
// groups: on one resource, or with an empty one on all.
func heldBy(r store.Reader, m *access.Membership, on access.ResourceID) ([]holding, error) {
	direct, err := assignedTo(r, m.Subject(), on)
	if err != nil {
		return nil, err
	}
	all := make([]holding, 0, len(direct))
	for i := range direct {
		all = append(all, ownOf(&direct[i]))
	}
	groups, err := groupsOf(r, m.ID)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		theirs, err := assignedTo(r, g, on)
		if err != nil {
			return nil, err
		}
		for i := range theirs {
			all = append(all, through(&theirs[i], m.ID))
		}
	}
	return all, nil
}

// heldOn are the assignments on a resource, those of groups once for each
// member; with a slug, only of roles that go by it.
func heldOn(r store.Reader, on access.ResourceID, slug string) ([]holding, error) {
	stored, err := every(r, store.Assignments, store.ByResource, string(on))
	if err != nil {
		return nil, err
	}
	var all []holding
	members := map[access.Subject][]access.GroupMember{}
	for i := range stored {
		a := &stored[i]
		switch {
		case slug != "" && a.Role.Slug() != slug:
		case a.Subject.Kind == access.MembershipKind:
			all = append(all, ownOf(a))
		default:
			in, ok := members[a.Subject]
			if !ok {
				if in, err = every(r, store.GroupMembers, store.ByGroup, a.Subject.ID); err != nil {
					return nil, err
				}
				members[a.Subject] = in
			}
			for _, m := range in {
				all = append(all, through(a, m.Membership))
			}
		}
	}
	return all, nil
}

// resourceReader reads resources as they are shown, each once.
type resourceReader struct {
	r    store.Reader
	seen map[access.ResourceID]access.Resource
}

func newResourceReader(r store.Reader) *resourceReader {
	return &resourceReader{r, map[access.ResourceID]access.Resource{}}
}

func (on *resourceReader) shown(id access.ResourceID) (access.Resource, error) {
	res, ok := on.seen[id]
	if ok {
		return res, nil
	}
	res, err := resourceByID(on.r, id)
	if err == nil {
		res, err = asShown(on.r, res)
	}
	if err == nil {
		on.seen[id] = res
	}
	return res, err
}

// matching keeps the assignments on resources of the filter's type and external
// id, where those are set. An organization goes by its id, too.
func (on *resourceReader) matching(all []holding, filter ResourceTarget) ([]holding, error) {
	var kept []holding
	for _, h := range all {
		res, err := on.shown(h.of.Resource)
		if err != nil {
			return nil, err
		}
		byID := res.Root() && filter.ExternalID == string(res.Organization)
		if (filter.Type == "" || filter.Type == res.Type) && (filter.ExternalID == "" || filter.ExternalID == res.ExternalID || byID) {
			kept = append(kept, h)
		}
	}
	return kept, nil
}

// assigned are the assignments as callers see them.
func (on *resourceReader) assigned(part Slice[holding]) (Slice[Assigned], error) {
	return mapSlice(part, func(h *holding) (Assigned, error) {
		res, err := on.shown(h.of.Resource)
		a := Assigned{Assignment: *h.of, On: res}
		if !h.direct() {
			a.ID, a.Through = h.id, h.of.ID
			a.Subject = access.Subject{Kind: access.MembershipKind, ID: string(h.membership)}
		}
		return a, err
	})
}
