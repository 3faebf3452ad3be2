package authz

import (
	"context"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// Organization returns an organization.
func (s *Service) Organization(ctx context.Context, c access.Caller, id access.OrganizationID) (access.Organization, error) {
	return readable(ctx, s, c, store.Organizations, organizationsArea, string(id), mayReadOrganization)
}

// Organizations returns a page of the organizations that the caller may read,
// whose id, lookup id or name contains the filter. It is a Forbidden or
// NotFound error if the caller may read none at all.
func (s *Service) Organizations(ctx context.Context, c access.Caller, filter string, p Page) ([]access.Organization, string, error) {
	return listReadable(ctx, s, c, store.Organizations, organizationsArea, p, mayReadOrganization, func(o *access.Organization) bool {
		return matches(filter, string(o.ID), o.LookupID, o.Name)
	})
}

func mayReadOrganization(snap *engine.Snapshot, c access.Caller, o *access.Organization) bool {
	return may(snap, c, read, organizationsArea, string(o.ID))
}

// CreateOrganization makes an organization without users; an empty id is chosen
// here. It is a Conflict error with the reason TenantExists if the id is taken.
func (s *Service) CreateOrganization(ctx context.Context, c access.Caller, o access.Organization) (access.Organization, error) {
	if o.ID == "" {
		o.ID = access.OrganizationID(s.newID("ten_"))
	}
	o.Root = access.ResourceID(s.newID(access.ResourcePrefix))
	o.Created = s.now()
	o.Updated = o.Created
	if err := o.Validate(); err != nil {
		return access.Organization{}, err
	}
	err := s.update(ctx, c, action{"create", store.Organizations.Kind, string(o.ID)}, func(w *write) error {
		if !may(w.snap, c, create, organizationsArea, string(o.ID)) {
			return deny(w.snap, c)
		}
		if _, exists, err := find(w, store.Organizations, string(o.ID)); err != nil {
			return err
		} else if exists {
			return access.Errorf(access.Conflict, "a tenant with the id %q exists already", o.ID).Because(access.TenantExists)
		}
		root := access.Resource{ID: o.Root, Type: access.OrganizationType, Organization: o.ID, Created: o.Created, Updated: o.Created}
		if err := put(w, store.Resources, string(root.ID), &root); err != nil {
			return err
		}
		return put(w, store.Organizations, string(o.ID), &o)
	})
	return o, err
}

// UpdateOrganization replaces everything but an organization's users.
func (s *Service) UpdateOrganization(ctx context.Context, c access.Caller, o access.Organization) (access.Organization, error) {
	if err := o.Validate(); err != nil {
		return access.Organization{}, err
	}
	err := s.update(ctx, c, action{"update", store.Organizations.Kind, string(o.ID)}, func(w *write) error {
		old, err := changeableOrganization(w, c, o.ID)
		if err != nil {
			return err
		}
		o.Created, o.Root, o.Roles, o.Updated = old.Created, old.Root, old.Roles, s.now()
		return put(w, store.Organizations, string(o.ID), &o)
	})
	return o, err
}

// DeleteOrganization removes an organization. Its users stay users.
func (s *Service) DeleteOrganization(ctx context.Context, c access.Caller, id access.OrganizationID) error {
	return s.update(ctx, c, action{"delete", store.Organizations.Kind, string(id)}, func(w *write) error {
		if _, err := changeableOrganization(w, c, id); err != nil {
			return err
		}
		err := eachOf(w, store.Memberships, store.ByOrganization, string(id), func(id string, _ *access.Membership) error {
			return remove(w, store.Memberships, id)
		})
		if err != nil {
			return err
		}
		return remove(w, store.Organizations, string(id))
	})
}

// AddMember makes a user a member of an organization. It is no error if the
// user is one. The user need not be known.
func (s *Service) AddMember(ctx context.Context, c access.Caller, id access.OrganizationID, user access.Subject) error {
	if user.Kind != access.UserKind {
		return access.Errorf(access.Invalid, "userId %q is a service client; a tenant has users", user.ID)
	}
	now := s.now()
	m := access.Membership{
		ID: access.MembershipID(s.newID("om_")), Organization: id, User: user.ID, Status: access.MembershipActive, Created: now, Updated: now,
	}
	return s.update(ctx, c, action{"add user", store.Organizations.Kind, string(id)}, func(w *write) error {
		if _, err := changeableOrganization(w, c, id); err != nil {
			return err
		}
		if _, exists, err := membershipOf(w, id, user.ID); err != nil || exists {
			return err
		}
		return put(w, store.Memberships, string(m.ID), &m)
	})
}

func changeableOrganization(w *write, c access.Caller, id access.OrganizationID) (access.Organization, error) {
	if !may(w.snap, c, change, organizationsArea, string(id)) {
		return access.Organization{}, deny(w.snap, c)
	}
	o, exists, err := find(w, store.Organizations, string(id))
	if err == nil && !exists {
		err = access.Errorf(access.NotFound, "no tenant %q", id)
	}
	return o, err
}
