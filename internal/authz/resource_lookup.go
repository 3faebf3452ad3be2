package authz

import (
	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// ResourceTarget names a registered resource: by its id, or within an
// organization by its type and what the application calls it.
type ResourceTarget struct {
	ID         access.ResourceID
	Type       access.ResourceTypeID
	ExternalID string
}

// None reports whether the target names nothing.
func (t ResourceTarget) None() bool { return t == ResourceTarget{} }

// validate returns an Unprocessable error unless the target names a resource in
// exactly one of the two ways. Fields begin with the prefix: "parent_" for a
// parent.
func (t ResourceTarget) validate(prefix string) error {
	byID, byExternalID := t.ID != "", t.Type != "" && t.ExternalID != ""
	if byID == byExternalID || byID && (t.Type != "" || t.ExternalID != "") {
		return access.FieldErrorf(prefix+"resource_id", "invalid_resource_target",
			"name the resource either by %[1]sresource_id, or by %[1]sresource_external_id and %[1]sresource_type_slug", prefix)
	}
	return nil
}

// resolveTarget finds the resource that a target names in an organization; a
// target that names nothing is the organization itself. A resource of another
// organization is not found.
func resolveTarget(r store.Reader, org access.Organization, t ResourceTarget) (access.Resource, error) {
	switch {
	case t.None():
		return rootOf(r, &org)
	case t.ID == "":
		return resourceByExternalID(r, org, t.Type, t.ExternalID)
	}
	res, err := resourceByID(r, t.ID)
	if err == nil && res.Organization != org.ID {
		return access.Resource{}, errNo("Resource", string(t.ID))
	}
	return res, err
}

// resourceByID reads a registered resource of whatever organization.
func resourceByID(r store.Reader, id access.ResourceID) (access.Resource, error) {
	return existing(r, store.Resources, "Resource", string(id))
}

// resourceByExternalID finds the resource that an application knows by an id of
// its own. An organization as a resource goes both by its id and by its external
// id. Source: WorkOS documents the one and answers with the other.
func resourceByExternalID(r store.Reader, org access.Organization, t access.ResourceTypeID, externalID string) (access.Resource, error) {
	if t == access.OrganizationType {
		if externalID == "" || externalID != string(org.ID) && externalID != org.ExternalID {
			return access.Resource{}, errNo("Resource", externalID)
		}
		return rootOf(r, &org)
	}
	res, exists, err := one(r, store.Resources, store.ByExternalID, store.ResourceExternalID(org.ID, t, externalID))
	// What is asked for may have a slash where no type has one.
	if err == nil && (!exists || res.Type != t || res.ExternalID != externalID) {
		err = errNo("Resource", externalID)
	}
	return res, err
}

// asShown is a resource as callers see it: a root has the name of its
// organization, and as external id the organization's, or its id where it has
// none.
func asShown(r store.Reader, res access.Resource) (access.Resource, error) {
	if !res.Root() {
		return res, nil
	}
	org, err := organizationByID(r, res.Organization)
	if err != nil {
		return access.Resource{}, err
	}
	res.Name, res.ExternalID = org.Name, org.ExternalID
	if res.ExternalID == "" {
		res.ExternalID = string(org.ID)
	}
	return res, nil
}
