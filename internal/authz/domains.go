package authz

import (
	"context"
	"crypto/rand"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// Reasons of errors about domains, as the WorkOS API names them.
const (
	DomainExists   access.Reason = "domain_already_exists"
	DomainVerified access.Reason = "domain_already_verified"
)

// Domain returns the organization that has the domain of the id, and where among
// its domains that stands.
func (s *Service) Domain(ctx context.Context, c access.Caller, id string) (org access.Organization, i int, err error) {
	err = s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		org, i, err = domainFor(r, snap, c, read, id)
		return err
	})
	return org, i, err
}

// domainFor is Domain for who may do the action to the organization. Everybody
// else is refused in the same way whether there is such a domain or not.
func domainFor(r store.Reader, snap *engine.Snapshot, c access.Caller, do access.Permission, id string) (access.Organization, int, error) {
	org, exists, err := one(r, store.Organizations, store.ByDomainID, id)
	if err != nil {
		return org, 0, err
	}
	if err := need(snap, c, do, organizationsArea, string(org.ID)); err != nil {
		return access.Organization{}, 0, err
	}
	if !exists {
		return org, 0, errNo("Organization domain", id)
	}
	return org, slices.IndexFunc(org.Domains, func(d access.Domain) bool { return d.ID == id }), nil
}

// AddDomain gives an organization a domain that nobody has proved to be its own.
// It is a Conflict error with the reason DomainExists if the organization has it
// already; others may have it.
func (s *Service) AddDomain(ctx context.Context, c access.Caller, id access.OrganizationID, name string) (org access.Organization, i int, err error) {
	err = s.update(ctx, c, action{"add domain", store.Organizations.Kind, string(id)}, func(w *write) error {
		if org, err = organizationFor(w, w.snap, c, change, id); err != nil {
			return err
		}
		if slices.ContainsFunc(org.Domains, func(d access.Domain) bool { return d.Name == name }) {
			return access.Errorf(access.Conflict, "The organization has the domain %q already.", name).Because(DomainExists)
		}
		i = len(org.Domains)
		org.Domains = append(org.Domains, s.newDomain(access.Domain{Name: name}))
		org.Updated = s.after(org.Updated)
		return putOrganization(w, &org)
	})
	return org, i, err
}

// VerifyDomain begins anew to prove that a domain is the organization's: it is
// pending until somebody who may change the organization says that it is
// verified. This server asks no name server: nothing here rests on a domain. It
// is an Invalid error with the reason DomainVerified if the domain is verified.
func (s *Service) VerifyDomain(ctx context.Context, c access.Caller, id string) (org access.Organization, i int, err error) {
	err = s.update(ctx, c, action{"verify domain", store.Organizations.Kind, id}, func(w *write) error {
		if org, i, err = domainFor(w, w.snap, c, change, id); err != nil {
			return err
		}
		d := &org.Domains[i]
		if d.State == access.DomainVerified {
			return access.Errorf(access.Invalid, "The domain %q is verified already.", d.Name).Because(DomainVerified)
		}
		d.State, d.Updated = access.DomainPending, s.after(d.Updated)
		org.Updated = s.after(org.Updated)
		return putOrganization(w, &org)
	})
	return org, i, err
}

// DeleteDomain takes a domain from its organization.
func (s *Service) DeleteDomain(ctx context.Context, c access.Caller, id string) error {
	return s.update(ctx, c, action{"delete domain", store.Organizations.Kind, id}, func(w *write) error {
		org, i, err := domainFor(w, w.snap, c, change, id)
		if err != nil {
			return err
		}
		org.Domains = slices.Delete(org.Domains, i, i+1)
		org.Updated = s.after(org.Updated)
		return putOrganization(w, &org)
	})
}

// settle makes whole what is wanted of an organization's domains, each once: one
// that it had stays as it was, but for a state that is given.
func (s *Service) settle(had, wanted []access.Domain) []access.Domain {
	var settled []access.Domain
	for _, d := range wanted {
		named := func(other access.Domain) bool { return other.Name == d.Name }
		if slices.ContainsFunc(settled, named) {
			continue
		}
		i := slices.IndexFunc(had, named)
		if i < 0 {
			settled = append(settled, s.newDomain(d))
			continue
		}
		kept := had[i]
		if d.State != "" && d.State != kept.State {
			kept.State, kept.Updated = d.State, s.after(kept.Updated)
		}
		settled = append(settled, kept)
	}
	return settled
}

// newDomain is a domain with all that the name and the state leave open.
func (s *Service) newDomain(d access.Domain) access.Domain {
	now := s.now()
	if d.State == "" {
		d.State = access.DomainPending
	}
	d.ID, d.Token, d.Created, d.Updated = s.newID("org_domain_"), rand.Text(), now, now
	return d
}
