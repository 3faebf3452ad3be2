package authz

import (
	"errors"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// stateReader reads what events show, as of one revision. It keeps what many of
// them need.
type stateReader struct {
	store.Reader
	members *memberReader
	groups  map[access.GroupID]access.OrganizationID
}

func newStateReader(r store.Reader, realm access.RealmID) *stateReader {
	return &stateReader{Reader: r, members: newMemberReader(r, realm), groups: map[access.GroupID]access.OrganizationID{}}
}

// loadMembership reads a membership with the roles that it shows.
func loadMembership(r *stateReader, id string) (*access.MembershipRoles, error) {
	m, exists, err := find(r, store.Memberships, id)
	if err != nil || !exists {
		return nil, err
	}
	roles, err := r.members.rolesOf(&m)
	if err != nil && !errors.Is(err, access.NotFound) { // without an organization there are no roles on it
		return nil, err
	}
	return &access.MembershipRoles{Membership: m, Roles: roles}, nil
}

// loadGroupMember reads a membership's place in a group.
func loadGroupMember(r *stateReader, id string) (*groupPlace, error) {
	m, exists, err := find(r, store.GroupMembers, id)
	if err != nil || !exists {
		return nil, err
	}
	org, known := r.groups[m.Group]
	if !known {
		g, _, err := find(r, store.Groups, string(m.Group))
		if err != nil {
			return nil, err
		}
		org = g.Organization
		r.groups[m.Group] = org
	}
	return &groupPlace{GroupMember: m, organization: org}, nil
}

// loadAssignment reads an assignment with the resource that it is on.
func loadAssignment(r *stateReader, id string) (*access.PlacedAssignment, error) {
	a, exists, err := find(r, store.Assignments, id)
	if err != nil || !exists {
		return nil, err
	}
	on, _, err := find(r, store.Resources, string(a.Resource))
	if err != nil {
		return nil, err
	}
	if shown, err := asShown(r, on); err == nil {
		on = shown
	} else if !errors.Is(err, access.NotFound) {
		return nil, err
	}
	return &access.PlacedAssignment{Assignment: a, On: on}, nil
}

// memberOnRoot is the membership whose roles on its organization an assignment
// is one of, and the organization's root; empty if it is another one.
func memberOnRoot(r *stateReader, id string) (access.MembershipID, access.ResourceID, error) {
	a, exists, err := find(r, store.Assignments, id)
	if err != nil || !exists || a.Subject.Kind != access.MembershipKind {
		return "", "", err
	}
	org, err := r.members.organization(a.Organization)
	if errors.Is(err, access.NotFound) || err == nil && org.Root != a.Resource {
		return "", "", nil
	}
	return access.MembershipID(a.Subject.ID), a.Resource, err
}
