package authz

import (
	"slices"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// Ids of assignments tell whom they are to.
const (
	assignmentPrefix      = "role_assignment_"
	groupAssignmentPrefix = "gra_"
)

// assign gives a subject a role on a resource of its organization, unless it has
// it. The caller of the API must have the authority to grant it there.
func (s *Service) assign(w *write, c access.Caller, sub access.Subject, role *access.Role, res *access.Resource) (a access.Assignment, existed bool, err error) {
	if err := suits(role, res); err != nil {
		return access.Assignment{}, false, err
	}
	if a, existed, err = assignment(w, sub, role.ID, res.ID); err != nil || existed {
		return a, existed, err
	}
	if err := hasAuthority(w, c, role.Permissions, res.URI()); err != nil {
		return access.Assignment{}, false, err
	}
	a, err = s.putAssignment(w, sub, role.ID, res)
	return a, false, err
}

// putAssignment writes an assignment that is nobody's to refuse: a caller who
// was authorized, or the realm's own default.
func (s *Service) putAssignment(w *write, sub access.Subject, role access.RoleID, res *access.Resource) (access.Assignment, error) {
	prefix := assignmentPrefix
	if sub.Kind == access.GroupKind {
		prefix = groupAssignmentPrefix
	}
	now := s.now()
	a := access.Assignment{
		ID: access.AssignmentID(s.newID(prefix)), Subject: sub, Role: role, Resource: res.ID, Organization: res.Organization, Created: now, Updated: now,
	}
	err := put(w, store.Assignments, string(a.ID), &a)
	return a, err
}

// suits refuses a role that is made for resources of another type, or by another
// organization.
func suits(role *access.Role, res *access.Resource) error {
	if role.Organization != "" && role.Organization != res.Organization {
		return errNo("Role", role.ID.Slug())
	}
	if role.ResourceType() != res.Type {
		return access.FieldErrorf("role_slug", InvalidRole, "role %q is for resources of the type %q, and this is of the type %q", role.ID.Slug(), role.ResourceType(), res.Type)
	}
	return nil
}

// assignment finds what gives the subject itself the role on the resource.
func assignment(r store.Reader, sub access.Subject, role access.RoleID, res access.ResourceID) (access.Assignment, bool, error) {
	all, err := every(r, store.Assignments, store.ByPair, store.AssignmentPair(sub, res))
	if err != nil {
		return access.Assignment{}, false, err
	}
	for _, a := range all {
		if a.Role == role {
			return a, true, nil
		}
	}
	return access.Assignment{}, false, nil
}

// rolesOnOrganization are the roles that assignments of the subjects give on the
// root of an organization, each once.
func rolesOnOrganization(r store.Reader, root access.ResourceID, subs ...access.Subject) ([]access.RoleID, error) {
	var ids []access.RoleID
	for _, sub := range subs {
		all, err := every(r, store.Assignments, store.ByPair, store.AssignmentPair(sub, root))
		if err != nil {
			return nil, err
		}
		for _, a := range all {
			if !slices.Contains(ids, a.Role) {
				ids = append(ids, a.Role)
			}
		}
	}
	return ids, nil
}

// groupsOf are the groups that a membership is in, in the order of their ids.
func groupsOf(r store.Reader, m access.MembershipID) ([]access.Subject, error) {
	places, err := every(r, store.GroupMembers, store.ByMembership, string(m))
	if err != nil {
		return nil, err
	}
	groups := make([]access.Subject, len(places))
	for i, p := range places {
		groups[i] = access.Subject{Kind: access.GroupKind, ID: string(p.Group)}
	}
	slices.SortFunc(groups, func(a, b access.Subject) int { return strings.Compare(a.ID, b.ID) })
	return groups, nil
}

// setOrganizationRoles makes these the roles that a membership has on its
// organization by itself; what groups give stays.
func (s *Service) setOrganizationRoles(w *write, c access.Caller, m *access.Membership, root *access.Resource, roles []access.Role) error {
	ids := make([]access.RoleID, len(roles))
	for i := range roles {
		ids[i] = roles[i].ID
		if _, _, err := s.assign(w, c, m.Subject(), &roles[i], root); err != nil {
			return err
		}
	}
	return takeOtherRoles(w, m, root, ids...)
}

// takeOtherRoles takes from a membership the roles that it has on its
// organization by itself, but for these.
func takeOtherRoles(w *write, m *access.Membership, root *access.Resource, stay ...access.RoleID) error {
	return eachOf(w, store.Assignments, store.ByPair, store.AssignmentPair(m.Subject(), root.ID), func(id string, a *access.Assignment) error {
		if slices.Contains(stay, a.Role) {
			return nil
		}
		return remove(w, store.Assignments, id)
	})
}

// keepRole gives a membership the default role if it has none on its
// organization any more. Source: WorkOS documents that every membership always
// has one.
func (s *Service) keepRole(w *write, realm access.RealmID, m *access.Membership, root *access.Resource) error {
	has, err := rolesOnOrganization(w, root.ID, m.Subject())
	if err != nil || len(has) > 0 {
		return err
	}
	doc, err := realmByID(w, realm)
	if err != nil {
		return err
	}
	org, err := organizationByID(w, m.Organization)
	if err != nil {
		return err
	}
	def := orderOf(doc, org).Default
	if def == "" {
		return nil
	}
	_, err = s.putAssignment(w, m.Subject(), def, root)
	return err
}

// rootOf reads the resource that is the organization itself.
func rootOf(r store.Reader, o *access.Organization) (access.Resource, error) {
	return existing(r, store.Resources, "Resource", string(o.Root))
}
