package authz

import (
	"context"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// Assigned is an assignment with what callers see of its resource. One that a
// membership has through a group is not stored: it is the group's, with an id
// and a subject of its own.
type Assigned struct {
	access.Assignment
	Through access.AssignmentID // the group's; empty for what is assigned directly
	On      access.Resource     // as shown
}

// RoleAssignments returns a part of the list of a membership's roles on
// resources, also those that it has through groups. The filter narrows it by
// each of its members that is set.
func (s *Service) RoleAssignments(ctx context.Context, c access.Caller, id access.MembershipID, filter ResourceTarget, at Window) (Slice[Assigned], error) {
	var out Slice[Assigned]
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		m, err := membershipFor(r, snap, c, read, id)
		if err != nil {
			return err
		}
		all, err := heldBy(r, &m, filter.ID)
		if err != nil {
			return err
		}
		on := newResourceReader(r)
		if filter.Type != "" || filter.ExternalID != "" {
			if all, err = on.matching(all, filter); err != nil {
				return err
			}
		}
		out, err = on.assigned(windowOf(all, holdingID, at))
		return err
	})
	return out, err
}

// ResourceAssignments returns a part of the list of the roles that memberships
// have on exactly this resource, also those that they have through groups; with
// a slug, only of the roles that go by it.
func (s *Service) ResourceAssignments(ctx context.Context, c access.Caller, on ResourceName, slug string, at Window) (Slice[Assigned], error) {
	var out Slice[Assigned]
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		res, err := namedResource(r, snap, c, read, on)
		if err != nil {
			return err
		}
		all, err := heldOn(r, res.ID, slug)
		if err != nil {
			return err
		}
		out, err = newResourceReader(r).assigned(windowOf(all, holdingID, at))
		return err
	})
	return out, err
}

// AssignRole gives a membership a role on a resource, unless it has it itself.
// On the organization, where only one role is allowed, it replaces the one that
// the membership has. The caller must have the authority to grant the role
// there. It is an Unprocessable error if the target does not name one resource,
// or if the role is for resources of another type.
func (s *Service) AssignRole(ctx context.Context, c access.Caller, id access.MembershipID, slug string, t ResourceTarget) (Assigned, error) {
	var out Assigned
	err := s.update(ctx, c, action{"assign role", store.Memberships.Kind, string(id)}, func(w *write) error {
		m, role, res, err := s.assigning(w, c, id, slug, t)
		if err != nil {
			return err
		}
		if res.Root() {
			out.Assignment, err = s.assignOnOrganization(w, c, &m, &role, &res)
		} else {
			out.Assignment, _, err = s.assign(w, c, m.Subject(), &role, &res)
		}
		if err == nil {
			out.On, err = asShown(w, res)
		}
		return err
	})
	return out, err
}

// assigning reads what is to be assigned, or taken away, for who may change the
// membership's organization.
func (s *Service) assigning(w *write, c access.Caller, id access.MembershipID, slug string, t ResourceTarget) (m access.Membership, role access.Role, res access.Resource, err error) {
	if m, err = membershipFor(w, w.snap, c, change, id); err != nil {
		return m, role, res, err
	}
	if err = validateAssigning(slug, t); err != nil {
		return m, role, res, err
	}
	role, res, err = roleAndResource(w, m.Organization, slug, t)
	return m, role, res, err
}

func validateAssigning(slug string, t ResourceTarget) error {
	if err := validateRoleSlug(slug); err != nil {
		return err
	}
	return t.validate("")
}

func validateRoleSlug(slug string) error {
	if slug == "" {
		return access.FieldErrorf("role_slug", "role_slug_required", "role_slug must not be empty")
	}
	return nil
}

func roleAndResource(r store.Reader, org access.OrganizationID, slug string, t ResourceTarget) (role access.Role, res access.Resource, err error) {
	o, err := organizationByID(r, org)
	if err != nil {
		return role, res, err
	}
	if role, err = roleBySlug(r, org, slug); err != nil {
		return role, res, err
	}
	res, err = resolveTarget(r, o, t)
	return role, res, err
}

// assignOnOrganization gives a membership a role on its organization: one more,
// or where only one is allowed, this one for the one that it has.
func (s *Service) assignOnOrganization(w *write, c access.Caller, m *access.Membership, role *access.Role, root *access.Resource) (access.Assignment, error) {
	realm, err := realmByID(w, c.Realm)
	if err != nil {
		return access.Assignment{}, err
	}
	before := len(w.made)
	a, _, err := s.assign(w, c, m.Subject(), role, root)
	if err == nil && !realm.MultipleRoles {
		err = takeOtherRoles(w, m, root, role.ID)
	}
	if err == nil && len(w.made) > before {
		err = s.touch(w, m)
	}
	return a, err
}

// touch moves a membership's time with its roles on the organization.
func (s *Service) touch(w *write, m *access.Membership) error {
	m.Updated = s.after(m.Updated)
	return put(w, store.Memberships, string(m.ID), m)
}

// RemoveRole takes a role on a resource from a membership: whatever goes by the
// slug, as a role of the organization may have been made since under the slug of
// the realm's that was assigned. It is a NotFound error if the membership does
// not have it, and Forbidden if it has it through a group alone.
func (s *Service) RemoveRole(ctx context.Context, c access.Caller, id access.MembershipID, slug string, t ResourceTarget) error {
	return s.update(ctx, c, action{"remove role", store.Memberships.Kind, string(id)}, func(w *write) error {
		m, _, res, err := s.assigning(w, c, id, slug, t)
		if err != nil {
			return err
		}
		all, err := heldBy(w, &m, res.ID)
		if err != nil {
			return err
		}
		return s.unassign(w, c, &m, all, errNo("Role assignment", slug), func(h *holding) bool { return h.of.Role.Slug() == slug })
	})
}

// RemoveRoleAssignment takes from a membership what an assignment gives it. It
// is a NotFound error if there is no such assignment, and Forbidden if it is
// through a group.
func (s *Service) RemoveRoleAssignment(ctx context.Context, c access.Caller, id access.MembershipID, a access.AssignmentID) error {
	return s.update(ctx, c, action{"remove role", store.Memberships.Kind, string(id)}, func(w *write) error {
		m, err := membershipFor(w, w.snap, c, change, id)
		if err != nil {
			return err
		}
		direct, exists, err := find(w, store.Assignments, string(a))
		all := []holding{ownOf(&direct)}
		if err == nil && (!exists || direct.Subject != m.Subject()) {
			all, err = heldBy(w, &m, "")
		}
		if err != nil {
			return err
		}
		return s.unassign(w, c, &m, all, errNo("Role assignment", string(a)), func(h *holding) bool { return h.id == a })
	})
}

// unassign removes those that are meant of the assignments that a membership
// holds on one resource; missing is the error if there is none. Source: WorkOS
// documents that every membership has a role on its organization, so the last one
// that goes makes room for the default.
func (s *Service) unassign(w *write, c access.Caller, m *access.Membership, all []holding, missing error, meant func(*holding) bool) error {
	var on access.ResourceID
	for i := range all { // the direct ones first
		h := &all[i]
		switch {
		case !meant(h):
			continue
		case h.direct():
			if err := remove(w, store.Assignments, string(h.id)); err != nil {
				return err
			}
			on = h.of.Resource
		case on == "":
			return access.Errorf(access.Forbidden, "the role assignment '%s' is managed by the group role assignment '%s': change that", h.id, h.of.ID)
		}
	}
	if on == "" {
		return missing
	}
	res, err := resourceByID(w, on)
	if err != nil || !res.Root() {
		return err
	}
	if err := s.keepRole(w, c.Realm, m, &res); err != nil {
		return err
	}
	return s.touch(w, m)
}
