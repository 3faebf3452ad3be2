package authz

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// Reasons of errors about organizations, as the WorkOS API names them.
const (
	ExternalIDUsed       access.Reason = "external_id_already_used"
	StripeCustomerIDUsed access.Reason = "stripe_customer_id_already_used"
)

// Organization returns an organization.
func (s *Service) Organization(ctx context.Context, c access.Caller, id access.OrganizationID) (org access.Organization, err error) {
	err = s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		if err := need(snap, c, read, organizationsArea, string(id)); err != nil {
			return err
		}
		org, err = organizationByID(r, id)
		return err
	})
	return org, err
}

// OrganizationByExternalID returns the organization that an application knows by
// an id of its own.
func (s *Service) OrganizationByExternalID(ctx context.Context, c access.Caller, externalID string) (org access.Organization, err error) {
	err = s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		var exists bool
		if org, exists, err = one(r, store.Organizations, store.ByExternalID, externalID); err != nil {
			return err
		}
		if err := need(snap, c, read, organizationsArea, string(org.ID)); err != nil {
			return err
		}
		if !exists {
			return errNo("Organization", externalID)
		}
		return nil
	})
	return org, err
}

// OrganizationQuery selects organizations. Its zero value selects all.
type OrganizationQuery struct {
	Name    string   // contained in the name, without regard to case
	Domains []string // of which they have at least one; any if empty
}

// maxQueryDomains bounds the domains that one query names.
const maxQueryDomains = 100

// FindOrganizations returns a part of the organizations that the caller may read.
// It is a Forbidden or NotFound error if the caller may read none at all.
func (s *Service) FindOrganizations(ctx context.Context, c access.Caller, q OrganizationQuery, win Window) (found Slice[access.Organization], err error) {
	if len(q.Domains) > maxQueryDomains {
		return found, access.FieldErrorf("domains", "too_many_domains", "domains may name at most %d domains", maxQueryDomains)
	}
	err = s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		mayRead, err := readerOf(snap, c, organizationsArea)
		if err != nil {
			return err
		}
		sel := selection[access.Organization]{keepID: mayRead, keep: func(o *access.Organization) bool { return matches(q.Name, o.Name) }}
		switch len(q.Domains) {
		case 0:
		case 1:
			sel.index, sel.value = store.ByDomain, q.Domains[0]
		default:
			all, err := withDomains(r, q.Domains)
			if err != nil {
				return err
			}
			all = slices.DeleteFunc(all, func(o access.Organization) bool { return !sel.keepID(string(o.ID)) || !sel.keep(&o) })
			found = windowOf(all, func(o *access.Organization) string { return string(o.ID) }, win)
			return nil
		}
		found, err = window(r, store.Organizations, sel, win)
		return err
	})
	return found, err
}

// withDomains returns the organizations that have one of the domains, each once.
func withDomains(r store.Reader, domains []string) ([]access.Organization, error) {
	var all []access.Organization
	for _, d := range domains {
		some, err := every(r, store.Organizations, store.ByDomain, d)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.SortFunc(all, func(a, b access.Organization) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return slices.CompactFunc(all, func(a, b access.Organization) bool { return a.ID == b.ID }), nil
}

// readerOf returns what reports whether the caller may read the object of an id
// in the area: nil if it may read all. It is a Forbidden or NotFound error if the
// caller may read none at all.
func readerOf(snap *engine.Snapshot, c access.Caller, area string) (func(id string) bool, error) {
	if mayAll(snap, c, read, area) {
		return func(string) bool { return true }, nil
	}
	if !readsWithin(snap, c, area) {
		return nil, deny(snap, c)
	}
	return func(id string) bool { return may(snap, c, read, area, id) }, nil
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

// NewOrganizationID makes an id of the form that the WorkOS API gives
// organizations.
func (s *Service) NewOrganizationID() access.OrganizationID {
	return access.OrganizationID(s.newID("org_"))
}

// CreateOrganization makes an organization without users; an empty id is chosen
// here, as the Authress API does. It is a Conflict error with the reason
// TenantExists if the id is taken, be it as another's external id, and an Invalid
// error with the reason ExternalIDUsed or StripeCustomerIDUsed if one of those is.
func (s *Service) CreateOrganization(ctx context.Context, c access.Caller, o access.Organization) (access.Organization, error) {
	if o.ID == "" {
		o.ID = access.OrganizationID(s.newID("ten_"))
	}
	o.Root = access.ResourceID(s.newID(access.ResourcePrefix))
	o.Created = s.now()
	wanted := o.Domains
	err := s.update(ctx, c, action{"create", store.Organizations.Kind, string(o.ID)}, func(w *write) error {
		if !may(w.snap, c, create, organizationsArea, string(o.ID)) {
			return deny(w.snap, c)
		}
		if err := refuseTakenID(w, o.ID); err != nil {
			return err
		}
		root := access.Resource{ID: o.Root, Type: access.OrganizationType, Organization: o.ID, Created: o.Created, Updated: o.Created}
		if err := put(w, store.Resources, string(root.ID), &root); err != nil {
			return err
		}
		o.Domains, o.Updated = s.settle(nil, wanted), o.Created
		return putOrganization(w, &o)
	})
	return o, err
}

// refuseTakenID keeps an organization from being taken for another one: as a
// resource, each goes by its id and by its external id.
func refuseTakenID(w *write, id access.OrganizationID) error {
	if _, exists, err := find(w, store.Organizations, string(id)); err != nil {
		return err
	} else if exists {
		return access.Errorf(access.Conflict, "a tenant with the id %q exists already", id).Because(access.TenantExists)
	}
	if _, exists, err := one(w, store.Organizations, store.ByExternalID, string(id)); err != nil {
		return err
	} else if exists {
		return access.Errorf(access.Conflict, "the id %q is the external id of another organization", id).Because(access.TenantExists)
	}
	return nil
}

// ReplaceOrganization replaces what an Authress tenant has of an organization.
func (s *Service) ReplaceOrganization(ctx context.Context, c access.Caller, o access.Organization) (access.Organization, error) {
	return s.EditOrganization(ctx, c, o.ID, func(org *access.Organization) {
		org.LookupID, org.Name, org.Domains = o.LookupID, o.Name, o.Domains
		org.Connection, org.TokenConfiguration = o.Connection, o.TokenConfiguration
	})
}

// EditOrganization changes what edit changes: not the id, the root, the roles or
// the times. Domains are told apart by their names; those that stay keep their
// ids, and their states where edit leaves them empty. edit may be called more than
// once. Errors are those of CreateOrganization.
func (s *Service) EditOrganization(ctx context.Context, c access.Caller, id access.OrganizationID, edit func(*access.Organization)) (access.Organization, error) {
	var o access.Organization
	err := s.update(ctx, c, action{"update", store.Organizations.Kind, string(id)}, func(w *write) error {
		old, err := organizationFor(w, w.snap, c, change, id)
		if err != nil {
			return err
		}
		o = old
		o.Domains, o.Metadata = slices.Clone(old.Domains), maps.Clone(old.Metadata)
		edit(&o)
		o.ID, o.Root, o.Roles, o.Created = old.ID, old.Root, old.Roles, old.Created
		o.Domains, o.Updated = s.settle(old.Domains, o.Domains), s.after(old.Updated)
		return putOrganization(w, &o)
	})
	return o, err
}

// putOrganization writes an organization unless it breaks a rule, or another one
// has an id that must be unique.
func putOrganization(w *write, o *access.Organization) error {
	if err := o.Validate(); err != nil {
		return err
	}
	for _, unique := range []struct {
		index, value, what string
		reason             access.Reason
	}{
		{store.ByExternalID, o.ExternalID, "external id", ExternalIDUsed},
		{store.ByStripe, o.StripeCustomerID, "Stripe customer id", StripeCustomerIDUsed},
	} {
		if unique.value == "" {
			continue
		}
		other, exists, err := one(w, store.Organizations, unique.index, unique.value)
		if err != nil {
			return err
		}
		if exists && other.ID != o.ID {
			return access.Errorf(access.Invalid, "Another organization has the %s %q.", unique.what, unique.value).Because(unique.reason)
		}
	}
	if o.ExternalID != "" && o.ExternalID != string(o.ID) { // see refuseTakenID
		if _, exists, err := find(w, store.Organizations, o.ExternalID); err != nil {
			return err
		} else if exists {
			return access.Errorf(access.Invalid, "The external id %q is the id of another organization.", o.ExternalID).Because(ExternalIDUsed)
		}
	}
	return put(w, store.Organizations, string(o.ID), o)
}

// DeleteOrganization removes an organization with everything in it: resources,
// memberships, groups, roles, customers' API keys, its audit log, and what was
// assigned to whom. Its users stay users.
func (s *Service) DeleteOrganization(ctx context.Context, c access.Caller, id access.OrganizationID) error {
	if err := s.emptyAuditLog(ctx, c, id); err != nil {
		return err
	}
	return s.update(ctx, c, action{"delete", store.Organizations.Kind, string(id)}, func(w *write) error {
		if _, err := organizationFor(w, w.snap, c, change, id); err != nil {
			return err
		}
		for _, empty := range []func(*write, access.OrganizationID) error{removeResources, removeGroups, removeMemberships, removeRoles, removeKeys, removeAuditLog} {
			if err := empty(w, id); err != nil {
				return err
			}
		}
		return remove(w, store.Organizations, string(id))
	})
}

// removeResources takes along every assignment of the organization: each is on
// one of its resources.
func removeResources(w *write, id access.OrganizationID) error {
	return eachOf(w, store.Resources, store.ByOrganization, string(id), func(_ string, res *access.Resource) error {
		return removeResource(w, res.ID)
	})
}

func removeGroups(w *write, id access.OrganizationID) error {
	return eachOf(w, store.Groups, store.ByOrganization, string(id), func(group string, _ *access.Group) error {
		err := eachOf(w, store.GroupMembers, store.ByGroup, group, func(place string, _ *access.GroupMember) error {
			return remove(w, store.GroupMembers, place)
		})
		if err != nil {
			return err
		}
		return remove(w, store.Groups, group)
	})
}

func removeMemberships(w *write, id access.OrganizationID) error {
	return eachOf(w, store.Memberships, store.ByOrganization, string(id), func(_ string, m *access.Membership) error {
		return removeMembership(w, m)
	})
}

func removeRoles(w *write, id access.OrganizationID) error {
	return eachOf(w, store.Roles, store.ByOrganization, string(id), func(role string, _ *access.Role) error {
		return remove(w, store.Roles, role)
	})
}

func removeKeys(w *write, id access.OrganizationID) error {
	return removeCustomerKeys(w, store.ByOrganization, string(id))
}
