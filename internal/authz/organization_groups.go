package authz

import (
	"context"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// OrganizationGroups returns a part of the list of an organization's groups.
func (s *Service) OrganizationGroups(ctx context.Context, c access.Caller, org access.OrganizationID, at Window) (Slice[access.Group], error) {
	var groups Slice[access.Group]
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		_, err := organizationFor(r, snap, c, read, org)
		if err == nil {
			groups, err = window(r, store.Groups, selection[access.Group]{index: store.ByOrganization, value: string(org)}, at)
		}
		return err
	})
	return groups, err
}

// OrganizationGroup returns a group of an organization.
func (s *Service) OrganizationGroup(ctx context.Context, c access.Caller, org access.OrganizationID, id access.GroupID) (access.Group, error) {
	var group access.Group
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		var err error
		group, err = organizationGroup(r, snap, c, read, org, id)
		return err
	})
	return group, err
}

// organizationGroup reads a group of an organization for who may do the action
// to that.
func organizationGroup(r store.Reader, snap *engine.Snapshot, c access.Caller, do access.Permission, org access.OrganizationID, id access.GroupID) (access.Group, error) {
	if _, err := organizationFor(r, snap, c, do, org); err != nil {
		return access.Group{}, err
	}
	group, err := existing(r, store.Groups, "Group", string(id))
	if err == nil && group.Organization != org {
		return access.Group{}, errNo("Group", string(id))
	}
	return group, err
}

// CreateOrganizationGroup makes a group in an organization, without members.
func (s *Service) CreateOrganizationGroup(ctx context.Context, c access.Caller, org access.OrganizationID, name, description string) (access.Group, error) {
	now := s.now()
	group := access.Group{
		ID: access.GroupID(s.newID(access.OrganizationGroupPrefix)), Organization: org,
		Name: name, Description: description, Created: now, Updated: now,
	}
	err := s.update(ctx, c, action{"create", store.Groups.Kind, string(group.ID)}, func(w *write) error {
		if _, err := organizationFor(w, w.snap, c, change, org); err != nil {
			return err
		}
		if err := group.Validate(); err != nil {
			return err
		}
		return put(w, store.Groups, string(group.ID), &group)
	})
	return group, err
}

// UpdateOrganizationGroup changes a group's name and description as edit does.
func (s *Service) UpdateOrganizationGroup(ctx context.Context, c access.Caller, org access.OrganizationID, id access.GroupID, edit func(*access.Group)) (access.Group, error) {
	var group access.Group
	err := s.update(ctx, c, action{"update", store.Groups.Kind, string(id)}, func(w *write) error {
		var err error
		if group, err = organizationGroup(w, w.snap, c, change, org, id); err != nil {
			return err
		}
		name, description := group.Name, group.Description
		edit(&group)
		if group.Name == name && group.Description == description {
			return nil
		}
		if err := group.Validate(); err != nil {
			return err
		}
		group.Updated = s.after(group.Updated)
		return put(w, store.Groups, string(id), &group)
	})
	return group, err
}

// DeleteOrganizationGroup removes a group, its places and what is assigned to
// it, in one commit.
func (s *Service) DeleteOrganizationGroup(ctx context.Context, c access.Caller, org access.OrganizationID, id access.GroupID) error {
	return s.update(ctx, c, action{"delete", store.Groups.Kind, string(id)}, func(w *write) error {
		group, err := organizationGroup(w, w.snap, c, change, org, id)
		if err != nil {
			return err
		}
		return removeOrganizationGroup(w, &group)
	})
}

func removeOrganizationGroup(w *write, group *access.Group) error {
	if err := removeAll(w, store.GroupMembers, store.ByGroup, string(group.ID)); err != nil {
		return err
	}
	if err := removeAll(w, store.Assignments, store.BySubject, group.Subject().String()); err != nil {
		return err
	}
	return remove(w, store.Groups, string(group.ID))
}

// GroupMembers returns a part of the list of a group's members, whatever their
// status, in the order in which their memberships were made.
func (s *Service) GroupMembers(ctx context.Context, c access.Caller, org access.OrganizationID, id access.GroupID, at Window) (Slice[Member], error) {
	var members Slice[Member]
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		if _, err := organizationGroup(r, snap, c, read, org, id); err != nil {
			return err
		}
		place := func(m string) string { return placeID(id, access.MembershipID(m)) }
		places, err := window(r, store.GroupMembers, selection[access.GroupMember]{index: store.ByGroup, value: string(id)}, at.of(place))
		if err != nil {
			return err
		}
		beside := newMemberReader(r, c.Realm)
		members, err = mapSlice(places, func(p *access.GroupMember) (Member, error) {
			m, err := membershipByID(r, p.Membership)
			if err != nil {
				return Member{}, err
			}
			return beside.base(&m)
		})
		_, members.Previous = splitPlace(places.Previous)
		_, members.Next = splitPlace(places.Next)
		return err
	})
	return members, err
}

// GroupsOfMembership returns a part of the list of the groups that a membership
// is in.
func (s *Service) GroupsOfMembership(ctx context.Context, c access.Caller, id access.MembershipID, at Window) (Slice[access.Group], error) {
	var groups Slice[access.Group]
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		if _, err := membershipFor(r, snap, c, read, id); err != nil {
			return err
		}
		place := func(g string) string { return placeID(access.GroupID(g), id) }
		places, err := window(r, store.GroupMembers, selection[access.GroupMember]{index: store.ByMembership, value: string(id)}, at.of(place))
		if err != nil {
			return err
		}
		groups, err = mapSlice(places, func(p *access.GroupMember) (access.Group, error) {
			return existing(r, store.Groups, "Group", string(p.Group))
		})
		groups.Previous, _ = splitPlace(places.Previous)
		groups.Next, _ = splitPlace(places.Next)
		return err
	})
	return groups, err
}

func placeID(g access.GroupID, m access.MembershipID) string {
	place := access.GroupMember{Group: g, Membership: m}
	return string(place.ID())
}

// splitPlace takes a place's id apart; both parts are empty if it is.
func splitPlace(id string) (group, membership string) {
	group, membership, _ = strings.Cut(id, "/")
	return group, membership
}

// of is the window whose cursors are the ids of others, as id makes them.
func (w Window) of(id func(string) string) Window {
	for _, cursor := range []*string{&w.After, &w.Before} {
		if *cursor != "" {
			*cursor = id(*cursor)
		}
	}
	return w
}

// AddGroupMember puts a membership in a group of its organization. The caller
// must have the authority to grant all that the group is assigned. It is no error
// if the membership is in it. There is no limit to a group's members.
func (s *Service) AddGroupMember(ctx context.Context, c access.Caller, org access.OrganizationID, id access.GroupID, m access.MembershipID) (access.Group, error) {
	var group access.Group
	err := s.update(ctx, c, action{"add member", store.Groups.Kind, string(id)}, func(w *write) error {
		var err error
		if group, err = organizationGroup(w, w.snap, c, change, org, id); err != nil {
			return err
		}
		membership, err := membershipByID(w, m)
		if err == nil && membership.Organization != org {
			err = errNo("Organization membership", string(m))
		}
		if err != nil {
			return err
		}
		place := access.GroupMember{Group: id, Membership: m, Created: s.now()}
		if _, exists, err := find(w, store.GroupMembers, string(place.ID())); err != nil || exists {
			return err
		}
		if err := mayShare(w, c, group.Subject()); err != nil {
			return err
		}
		return put(w, store.GroupMembers, string(place.ID()), &place)
	})
	return group, err
}

// mayShare demands that the caller has the authority to grant what is assigned to
// a group, as whoever joins gets it.
func mayShare(w *write, c access.Caller, group access.Subject) error {
	return eachOf(w, store.Assignments, store.BySubject, group.String(), func(_ string, a *access.Assignment) error {
		perms, err := contents(w, a.Role)
		if err != nil {
			return err
		}
		return hasAuthority(w, c, perms, access.ResourceURI(a.Resource))
	})
}

// RemoveGroupMember takes a membership out of a group. It is a NotFound error if
// it is not in it.
func (s *Service) RemoveGroupMember(ctx context.Context, c access.Caller, org access.OrganizationID, id access.GroupID, m access.MembershipID) error {
	return s.update(ctx, c, action{"remove member", store.Groups.Kind, string(id)}, func(w *write) error {
		if _, err := organizationGroup(w, w.snap, c, change, org, id); err != nil {
			return err
		}
		place := placeID(id, m)
		if _, exists, err := find(w, store.GroupMembers, place); err != nil {
			return err
		} else if !exists {
			return errNo("Organization membership", string(m))
		}
		return remove(w, store.GroupMembers, place)
	})
}
