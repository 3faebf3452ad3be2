package authz

import (
	"context"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// The lists in this file ask the snapshot that answers checks about every
// element, and so agree with the checks of the same revision.

// CheckMembership decides whether a membership has a permission on a resource of
// its organization. One that is not active has none. It is an Unprocessable
// error if no permission is named, or not one resource; a permission that does
// not exist is had by nobody. Where the resource is named by its id, the snapshot
// alone answers.
func (s *Service) CheckMembership(ctx context.Context, c access.Caller, id access.MembershipID, permission string, on ResourceTarget) (access.Decision, error) {
	q, err := s.askMembership(c, id)
	if err != nil {
		return access.Decision{}, err
	}
	do, err := askedPermission(permission)
	if err != nil {
		return access.Decision{}, err
	}
	res, err := s.targeted(ctx, c, q, on, "")
	if err != nil {
		return access.Decision{}, err
	}
	return access.Decision{Allowed: q.may(do, res), Revision: q.snap.Revision()}, nil
}

// asked is a question about a membership, and the snapshot to answer it from.
type asked struct {
	snap         *engine.Snapshot
	membership   access.Subject
	organization access.OrganizationID
}

func (q asked) may(do access.Permission, on access.ResourceID) bool {
	return q.snap.Check(access.Query{Subject: q.membership, Permission: do, Resource: access.ResourceURI(on), Literal: true})
}

// has returns a NotFound error unless the membership's organization has the
// resource.
func (q asked) has(id access.ResourceID) error {
	if org, exists := q.snap.Resource(id); !exists || org != q.organization {
		return errNo("Resource", string(id))
	}
	return nil
}

// askMembership begins a question about a membership, for who may ask it.
func (s *Service) askMembership(c access.Caller, id access.MembershipID) (asked, error) {
	snap, err := s.feed.Snapshot(c.Realm)
	if err != nil {
		return asked{}, err
	}
	return aboutMembership(snap, c, id)
}

// aboutMembership is askMembership by a snapshot.
func aboutMembership(snap *engine.Snapshot, c access.Caller, id access.MembershipID) (asked, error) {
	q := asked{snap: snap, membership: access.Subject{Kind: access.MembershipKind, ID: string(id)}}
	if !mayAsk(snap, c, q.membership) {
		return asked{}, deny(snap, c)
	}
	var exists bool
	if q.organization, exists = snap.Membership(id); !exists {
		return asked{}, errNo("Organization membership", string(id))
	}
	return q, nil
}

// askedPermission is the permission that a question names; what no permission
// can be called is empty, and had by nobody.
func askedPermission(slug string) (access.Permission, error) {
	if slug == "" {
		return "", access.FieldErrorf("permission_slug", "permission_slug_required", "permission_slug must not be empty")
	}
	do, err := access.ParsePermissionSlug(slug)
	if err != nil {
		return "", nil //nolint:nilerr // as good as one that nobody defined
	}
	return do, nil
}

// targeted finds the resource that a question is about, in the organization of
// the membership. It reads the store for what an application calls a resource.
func (s *Service) targeted(ctx context.Context, c access.Caller, q asked, t ResourceTarget, prefix string) (access.ResourceID, error) {
	if err := t.validate(prefix); err != nil {
		return "", err
	}
	if t.ID != "" {
		return t.ID, q.has(t.ID)
	}
	var res access.Resource
	err := s.store.View(ctx, c.Realm, 0, func(r store.Reader) error {
		org, err := organizationByID(r, q.organization)
		if err == nil {
			res, err = resolveTarget(r, org, t)
		}
		return err
	})
	return res.ID, err
}

// ResourcesOfMembership returns a part of the list of the resources directly
// below a parent on which a membership has a permission.
func (s *Service) ResourcesOfMembership(ctx context.Context, c access.Caller, id access.MembershipID, permission string, parent ResourceTarget, at Window) (Slice[access.Resource], error) {
	q, err := s.askMembership(c, id)
	if err != nil {
		return Slice[access.Resource]{}, err
	}
	do, err := askedPermission(permission)
	if err != nil {
		return Slice[access.Resource]{}, err
	}
	below, err := s.targeted(ctx, c, q, parent, "parent_")
	if err != nil {
		return Slice[access.Resource]{}, err
	}
	var found Slice[access.Resource]
	err = s.store.View(ctx, c.Realm, 0, func(r store.Reader) error {
		found, err = window(r, store.Resources, selection[access.Resource]{
			index: store.ByParent, value: string(below),
			keepID: func(id string) bool { return q.may(do, access.ResourceID(id)) },
		}, at)
		return err
	})
	return found, err
}

// PermissionsOfMembership returns a part of the list of the permissions of the
// catalogue that a membership has on a resource, however it has them.
func (s *Service) PermissionsOfMembership(ctx context.Context, c access.Caller, id access.MembershipID, on ResourceTarget, at Window) (Slice[access.PermissionDefinition], error) {
	q, err := s.askMembership(c, id)
	if err != nil {
		return Slice[access.PermissionDefinition]{}, err
	}
	res, err := s.targeted(ctx, c, q, on, "")
	if err != nil {
		return Slice[access.PermissionDefinition]{}, err
	}
	var all []access.PermissionDefinition
	err = s.store.View(ctx, c.Realm, 0, func(r store.Reader) error {
		all, err = catalogue(r, c.Realm)
		return err
	})
	if err != nil {
		return Slice[access.PermissionDefinition]{}, err
	}
	all = slices.DeleteFunc(all, func(d access.PermissionDefinition) bool { return !q.may(d.Permission, res) })
	return windowOf(all, func(d *access.PermissionDefinition) string { return d.UID }, at), nil
}

// MembershipsOnResource returns a part of the list of the active memberships that
// have a permission on a resource: however they have it, or, if it is to be
// direct, by what is assigned to them or their groups on exactly this resource.
func (s *Service) MembershipsOnResource(ctx context.Context, c access.Caller, on ResourceName, permission string, direct bool, at Window) (Slice[Member], error) {
	var out Slice[Member]
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		res, err := namedResource(r, snap, c, read, on)
		if err != nil {
			return err
		}
		do, err := askedPermission(permission)
		if err != nil {
			return err
		}
		has := snap.Check
		if direct {
			has = func(q access.Query) bool { return snap.HoldsDirectly(q, access.Allow) }
		}
		found, err := window(r, store.Memberships, selection[access.Membership]{
			index: store.ByOrganization, value: string(res.Organization),
			keepID: func(id string) bool {
				member := access.Subject{Kind: access.MembershipKind, ID: id}
				return has(access.Query{Subject: member, Permission: do, Resource: res.URI(), Literal: true})
			},
		}, at)
		if err != nil {
			return err
		}
		out, err = mapSlice(found, newMemberReader(r, c.Realm).base)
		return err
	})
	return out, err
}
