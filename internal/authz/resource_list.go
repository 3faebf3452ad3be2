package authz

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// MissingFilter is the reason of a refused list of all resources of the realm.
const MissingFilter access.Reason = "missing_organization_id_or_resource_type_slug"

// ResourceFilter selects registered resources: those that fit all that is set.
type ResourceFilter struct {
	Organization access.OrganizationID
	Type         access.ResourceTypeID
	ExternalID   string
	Parent       ResourceTarget // by external id only within an organization
}

// Resources returns a part of an organization's resources, or with the right to
// read all organizations of everybody's of a type; roots are among them. What
// names nothing that exists selects nothing.
func (s *Service) Resources(ctx context.Context, c access.Caller, f ResourceFilter, win Window) (Slice[access.Resource], error) {
	if err := f.validate(); err != nil {
		return Slice[access.Resource]{}, err
	}
	var out Slice[access.Resource]
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) (err error) {
		if err := need(snap, c, read, organizationsArea, string(f.Organization)); err != nil {
			return err
		}
		if out, err = f.window(r, win); err != nil {
			return err
		}
		for i := range out.Items {
			if out.Items[i], err = asShown(r, out.Items[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

func (f ResourceFilter) validate() error {
	switch {
	case f.Organization == "" && f.Type == "":
		return access.Errorf(access.Invalid, "organization_id or resource_type_slug must be given").Because(MissingFilter)
	case f.Parent.None():
		return nil
	case f.Parent.ID == "" && f.Organization == "":
		return access.FieldErrorf("organization_id", "organization_id_required", "parent_external_id is unique in an organization: give organization_id with it")
	}
	return f.Parent.validate("parent_")
}

// window reads by the narrowest index that there is, and looks at each resource
// for the rest of the filter.
func (f ResourceFilter) window(r store.Reader, win Window) (Slice[access.Resource], error) {
	parent, err := f.parent(r)
	if errors.Is(err, access.NotFound) {
		return Slice[access.Resource]{}, nil
	}
	if err != nil {
		return Slice[access.Resource]{}, err
	}
	keep := func(res *access.Resource) bool {
		return (f.Organization == "" || res.Organization == f.Organization) && (f.Type == "" || res.Type == f.Type) &&
			(parent == "" || res.Parent == parent)
	}
	sel := selection[access.Resource]{keep: keep}
	switch {
	case f.ExternalID != "" && (f.Organization != "" || f.Type == access.OrganizationType):
		found, err := f.named(r)
		found = slices.DeleteFunc(found, func(res access.Resource) bool { return !keep(&res) })
		return windowOf(found, func(res *access.Resource) string { return string(res.ID) }, win), err
	case f.ExternalID != "":
		sel.index, sel.value = store.ByExternalID, store.ResourceExternalID("", f.Type, f.ExternalID)
	case parent != "":
		sel.index, sel.value = store.ByParent, string(parent)
	case f.Organization == "":
		sel.index, sel.value = store.ByType, string(f.Type)
	case f.Type == "":
		sel.index, sel.value = store.ByOrganization, string(f.Organization)
	default:
		sel.index, sel.value = store.BySiblingType, store.SiblingType(f.Organization, f.Type)
	}
	return window(r, store.Resources, sel, win)
}

// parent is the id of the parent that the filter names, empty if it names none.
func (f ResourceFilter) parent(r store.Reader) (access.ResourceID, error) {
	if f.Parent.ID != "" || f.Parent.None() {
		return f.Parent.ID, nil
	}
	org, err := organizationByID(r, f.Organization)
	if err != nil {
		return "", err
	}
	parent, err := resolveTarget(r, org, f.Parent)
	return parent.ID, err
}

// named are the resources that applications call by the external id: one of a
// type and organization at most.
func (f ResourceFilter) named(r store.Reader) ([]access.Resource, error) {
	orgs, err := f.organizations(r)
	if err != nil {
		return nil, err
	}
	types := []access.ResourceTypeID{f.Type}
	if f.Type == "" {
		types = []access.ResourceTypeID{access.OrganizationType}
		all, err := typesOf(r)
		if err != nil {
			return nil, err
		}
		types = slices.AppendSeq(types, maps.Keys(all))
	}
	var found []access.Resource
	for _, org := range orgs {
		for _, t := range types {
			switch res, err := resourceByExternalID(r, org, t, f.ExternalID); {
			case err == nil:
				found = append(found, res)
			case !errors.Is(err, access.NotFound):
				return nil, err
			}
		}
	}
	return found, nil
}

// organizations are those in which something can have the external id: the one
// of the filter, or those that are called so themselves.
func (f ResourceFilter) organizations(r store.Reader) ([]access.Organization, error) {
	if f.Organization != "" {
		org, exists, err := find(r, store.Organizations, string(f.Organization))
		if err != nil || !exists {
			return nil, err
		}
		return []access.Organization{org}, nil
	}
	orgs, err := every(r, store.Organizations, store.ByExternalID, f.ExternalID)
	if err != nil {
		return nil, err
	}
	org, exists, err := find(r, store.Organizations, f.ExternalID)
	if err == nil && exists && !slices.ContainsFunc(orgs, func(o access.Organization) bool { return o.ID == org.ID }) {
		orgs = append(orgs, org)
	}
	return orgs, err
}
