package authz

import (
	"context"
	"slices"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// DuplicateGroupAssignment is the reason of a Conflict error about a role that a
// group has already on the resource.
const DuplicateGroupAssignment access.Reason = "duplicate_group_role_assignment"

// MaxGroupAssignments bounds the assignments of a group that one call replaces.
// Source: the WorkOS OpenAPI document.
const MaxGroupAssignments = 100

// GroupRole is a role on a resource, to be given to a group. The target may name
// nothing: then it is the organization.
type GroupRole struct {
	Slug   string
	Target ResourceTarget
}

func (g GroupRole) validate() error {
	if g.Target.None() {
		return validateRoleSlug(g.Slug)
	}
	return validateAssigning(g.Slug, g.Target)
}

// GroupAssignments returns a part of the list of a group's roles on resources.
func (s *Service) GroupAssignments(ctx context.Context, c access.Caller, id access.GroupID, at Window) (Slice[Assigned], error) {
	var out Slice[Assigned]
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		group, err := groupFor(r, snap, c, read, id)
		if err != nil {
			return err
		}
		found, err := window(r, store.Assignments, selection[access.Assignment]{index: store.BySubject, value: group.Subject().String()}, at)
		if err != nil {
			return err
		}
		on := newResourceReader(r)
		out, err = mapSlice(found, func(a *access.Assignment) (Assigned, error) {
			res, err := on.shown(a.Resource)
			return Assigned{Assignment: *a, On: res}, err
		})
		return err
	})
	return out, err
}

// GroupAssignment returns one of a group's assignments.
func (s *Service) GroupAssignment(ctx context.Context, c access.Caller, id access.GroupID, a access.AssignmentID) (Assigned, error) {
	var out Assigned
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		group, err := groupFor(r, snap, c, read, id)
		if err != nil {
			return err
		}
		if out.Assignment, err = assignmentOf(r, &group, a); err != nil {
			return err
		}
		out.On, err = newResourceReader(r).shown(out.Resource)
		return err
	})
	return out, err
}

func assignmentOf(r store.Reader, group *access.Group, id access.AssignmentID) (access.Assignment, error) {
	a, err := existing(r, store.Assignments, "Group role assignment", string(id))
	if err == nil && a.Subject != group.Subject() {
		err = errNo("Group role assignment", string(id))
	}
	return a, err
}

// AssignGroupRole gives a group a role on a resource: its members have it from
// the next request on. The caller must have the authority to grant the role
// there. It is a Conflict error with the reason DuplicateGroupAssignment if the
// group has the role there.
func (s *Service) AssignGroupRole(ctx context.Context, c access.Caller, id access.GroupID, give GroupRole) (Assigned, error) {
	var out Assigned
	err := s.update(ctx, c, action{"assign role", store.Groups.Kind, string(id)}, func(w *write) error {
		group, err := groupFor(w, w.snap, c, change, id)
		if err != nil {
			return err
		}
		var existed bool
		if out, existed, err = s.assignToGroup(w, c, &group, give); err == nil && existed {
			err = access.Errorf(access.Conflict, "the group has the role '%s' there already", give.Slug).Because(DuplicateGroupAssignment)
		}
		return err
	})
	return out, err
}

func (s *Service) assignToGroup(w *write, c access.Caller, group *access.Group, give GroupRole) (out Assigned, existed bool, err error) {
	if err := give.validate(); err != nil {
		return Assigned{}, false, err
	}
	role, res, err := roleAndResource(w, group.Organization, give.Slug, give.Target)
	if err != nil {
		return Assigned{}, false, err
	}
	if out.Assignment, existed, err = s.assign(w, c, group.Subject(), &role, &res); err != nil {
		return Assigned{}, false, err
	}
	out.On, err = asShown(w, res)
	return out, existed, err
}

// ReplaceGroupRoles makes these the roles that a group has, all or nothing, and
// returns its assignments, the newest first. Those that stay keep their ids; what
// is named twice is given once.
func (s *Service) ReplaceGroupRoles(ctx context.Context, c access.Caller, id access.GroupID, give []GroupRole) ([]Assigned, error) {
	if len(give) > MaxGroupAssignments {
		return nil, access.FieldErrorf("role_assignments", "too_many_role_assignments", "role_assignments must have at most %d elements", MaxGroupAssignments)
	}
	var out []Assigned
	err := s.update(ctx, c, action{"replace roles", store.Groups.Kind, string(id)}, func(w *write) error {
		group, err := groupFor(w, w.snap, c, change, id)
		if err != nil {
			return err
		}
		had, err := assignedTo(w, group.Subject(), "")
		if err != nil {
			return err
		}
		out = make([]Assigned, 0, len(give))
		for _, g := range give {
			a, _, err := s.assignToGroup(w, c, &group, g)
			if err != nil {
				return err
			}
			if !hasAssignment(out, a.ID) {
				out = append(out, a)
			}
		}
		for _, a := range had {
			if hasAssignment(out, a.ID) {
				continue
			}
			if err := remove(w, store.Assignments, string(a.ID)); err != nil {
				return err
			}
		}
		return nil
	})
	slices.SortFunc(out, func(a, b Assigned) int { return strings.Compare(string(b.ID), string(a.ID)) })
	return out, err
}

func hasAssignment(all []Assigned, id access.AssignmentID) bool {
	return slices.ContainsFunc(all, func(a Assigned) bool { return a.ID == id })
}

// RemoveGroupRole takes a role on a resource from a group, by its slug as
// RemoveRole does. It is a NotFound error if the group does not have it there.
func (s *Service) RemoveGroupRole(ctx context.Context, c access.Caller, id access.GroupID, take GroupRole) error {
	return s.update(ctx, c, action{"remove role", store.Groups.Kind, string(id)}, func(w *write) error {
		group, err := groupFor(w, w.snap, c, change, id)
		if err != nil {
			return err
		}
		if err := take.validate(); err != nil {
			return err
		}
		_, res, err := roleAndResource(w, group.Organization, take.Slug, take.Target)
		if err != nil {
			return err
		}
		all, err := assignedTo(w, group.Subject(), res.ID)
		if err != nil {
			return err
		}
		missing := error(errNo("Group role assignment", take.Slug))
		for _, a := range all {
			if a.Role.Slug() != take.Slug {
				continue
			}
			if err := remove(w, store.Assignments, string(a.ID)); err != nil {
				return err
			}
			missing = nil
		}
		return missing
	})
}

// RemoveGroupAssignment takes from a group what an assignment gives it.
func (s *Service) RemoveGroupAssignment(ctx context.Context, c access.Caller, id access.GroupID, a access.AssignmentID) error {
	return s.update(ctx, c, action{"remove role", store.Groups.Kind, string(id)}, func(w *write) error {
		group, err := groupFor(w, w.snap, c, change, id)
		if err != nil {
			return err
		}
		if _, err := assignmentOf(w, &group, a); err != nil {
			return err
		}
		return remove(w, store.Assignments, string(a))
	})
}
