package authz

import (
	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// organizationFor reads an organization for who may do the action to it and to
// what belongs to it.
func organizationFor(r store.Reader, snap *engine.Snapshot, c access.Caller, do access.Permission, id access.OrganizationID) (access.Organization, error) {
	if err := need(snap, c, do, organizationsArea, string(id)); err != nil {
		return access.Organization{}, err
	}
	return organizationByID(r, id)
}

// belonging reads what belongs to an organization, for who may do the action to
// that organization. Whoever may not is refused in the same way whether there
// is such a thing or not.
func belonging[T any](r store.Reader, snap *engine.Snapshot, c access.Caller, do access.Permission,
	t store.Table[T], what, id string, to func(*T) access.OrganizationID) (T, error) {
	var none T
	doc, exists, err := find(r, t, id)
	if err != nil {
		return none, err
	}
	var org access.OrganizationID // none: then it takes the right to all of them
	if exists {
		org = to(&doc)
	}
	if err := need(snap, c, do, organizationsArea, string(org)); err != nil {
		return none, err
	}
	if org == "" {
		return none, errNo(what, id)
	}
	return doc, nil
}

// membershipFor reads a membership for who may do the action to its
// organization.
func membershipFor(r store.Reader, snap *engine.Snapshot, c access.Caller, do access.Permission, id access.MembershipID) (access.Membership, error) {
	return belonging(r, snap, c, do, store.Memberships, "Organization membership", string(id),
		func(m *access.Membership) access.OrganizationID { return m.Organization })
}

// groupFor reads a group of an organization for who may do the action to that.
func groupFor(r store.Reader, snap *engine.Snapshot, c access.Caller, do access.Permission, id access.GroupID) (access.Group, error) {
	return belonging(r, snap, c, do, store.Groups, "Group", string(id),
		func(g *access.Group) access.OrganizationID { return g.Organization })
}

// resourceFor reads a registered resource for who may do the action to its
// organization.
func resourceFor(r store.Reader, snap *engine.Snapshot, c access.Caller, do access.Permission, id access.ResourceID) (access.Resource, error) {
	return belonging(r, snap, c, do, store.Resources, "Resource", string(id),
		func(res *access.Resource) access.OrganizationID { return res.Organization })
}
