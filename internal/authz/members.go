package authz

import (
	"errors"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// Member is a membership with what is shown beside it.
type Member struct {
	access.Membership
	OrganizationName string
	// Roles are those on the organization itself, by assignments to the
	// membership and to its groups, the most important first. All count in a
	// check, so all are shown, also where a membership has one role by itself.
	Roles []access.RoleID
	// Known is the user; of one that nobody has told anything about, the id alone.
	Known access.User
}

// memberReader reads what stands beside memberships, and remembers what several have
// in common.
type memberReader struct {
	r     store.Reader
	realm access.RealmID
	doc   *access.Realm // read when it is needed
	orgs  map[access.OrganizationID]access.Organization
	roles map[access.RoleID]*access.Role // nil for one that does not exist
}

func newMemberReader(r store.Reader, realm access.RealmID) *memberReader {
	return &memberReader{r: r, realm: realm, orgs: map[access.OrganizationID]access.Organization{}, roles: map[access.RoleID]*access.Role{}}
}

// full is a membership with everything.
func (v *memberReader) full(m *access.Membership) (Member, error) {
	out, err := v.base(m)
	if err == nil {
		out.Roles, err = v.rolesOf(m)
	}
	return out, err
}

// base is a membership without its roles.
func (v *memberReader) base(m *access.Membership) (Member, error) {
	org, err := v.organization(m.Organization)
	if err != nil {
		return Member{}, err
	}
	user, err := knownUser(v.r, m)
	return Member{Membership: *m, OrganizationName: org.Name, Known: user}, err
}

func (v *memberReader) organization(id access.OrganizationID) (access.Organization, error) {
	org, known := v.orgs[id]
	if known {
		return org, nil
	}
	org, err := organizationByID(v.r, id)
	if err == nil {
		v.orgs[id] = org
	}
	return org, err
}

// rolesOf are the membership's roles as Member shows them, whatever its status.
func (v *memberReader) rolesOf(m *access.Membership) ([]access.RoleID, error) {
	if v.doc == nil {
		doc, err := realmByID(v.r, v.realm)
		if err != nil {
			return nil, err
		}
		v.doc = &doc
	}
	org, err := v.organization(m.Organization)
	if err != nil {
		return nil, err
	}
	groups, err := groupsOf(v.r, m.ID)
	if err != nil {
		return nil, err
	}
	held, err := rolesOnOrganization(v.r, org.Root, append(groups, m.Subject())...)
	if err != nil {
		return nil, err
	}
	var roles []access.Role
	for _, id := range held {
		role, err := v.role(id)
		if err != nil {
			return nil, err
		}
		if role != nil {
			roles = append(roles, *role)
		}
	}
	sortRoles(roles, orderOf(*v.doc, org).Priority)
	return idsOf(roles), nil
}

func (v *memberReader) role(id access.RoleID) (*access.Role, error) {
	if role, known := v.roles[id]; known {
		return role, nil
	}
	role, exists, err := find(v.r, store.Roles, string(id))
	if err != nil {
		return nil, err
	}
	v.roles[id] = nil
	if exists {
		v.roles[id] = &role
	}
	return v.roles[id], nil
}

// giveRoles makes the roles of these slugs the ones that a membership has on its
// organization by itself, or the default role if there is none, and reports
// whether that changed anything.
func (s *Service) giveRoles(w *write, c access.Caller, m *access.Membership, org *access.Organization, slugs []string) (changed bool, err error) {
	roles, err := organizationRoles(w, c.Realm, org.ID, slugs)
	if err != nil {
		return false, err
	}
	root, err := rootOf(w, org)
	if err != nil {
		return false, err
	}
	before := len(w.made)
	if len(roles) > 0 {
		err = s.setOrganizationRoles(w, c, m, &root, roles)
	} else {
		err = s.giveDefaultRole(w, c.Realm, m, org, &root)
	}
	return len(w.made) > before, err
}

// giveDefaultRole makes the default role the only one that a membership has on
// its organization by itself. Nobody needs the authority to give what every
// member gets.
func (s *Service) giveDefaultRole(w *write, realm access.RealmID, m *access.Membership, org *access.Organization, root *access.Resource) error {
	doc, err := realmByID(w, realm)
	if err != nil {
		return err
	}
	if err := takeOtherRoles(w, m, root, orderOf(doc, *org).Default); err != nil {
		return err
	}
	return s.keepRole(w, realm, m, root)
}

// organizationRoles are the roles that the slugs name, each once. It is an
// Unprocessable error with a reason of its own if one does not exist, is not for
// organizations themselves, or if there are more than the realm allows.
func organizationRoles(r store.Reader, realm access.RealmID, org access.OrganizationID, slugs []string) ([]access.Role, error) {
	var roles []access.Role
	for _, slug := range slugs {
		role, err := roleBySlug(r, org, slug)
		switch {
		case errors.Is(err, access.NotFound):
			return nil, access.Errorf(access.Unprocessable, "Role '%s' is not a valid role.", slug).Because(InvalidRole)
		case err != nil:
			return nil, err
		case role.ResourceType() != access.OrganizationType:
			return nil, access.Errorf(access.Unprocessable, "Role '%s' is for resources of the type '%s', not for organizations.", slug, role.ResourceType()).
				Because(SubResourceScopedRole).About(slug)
		}
		if !slices.ContainsFunc(roles, func(other access.Role) bool { return other.ID == role.ID }) {
			roles = append(roles, role)
		}
	}
	if len(roles) > 1 {
		doc, err := realmByID(r, realm)
		if err != nil {
			return nil, err
		}
		if !doc.MultipleRoles {
			return nil, access.Errorf(access.Unprocessable, "Multiple roles are not enabled: name one role.").Because(MultipleRolesNotEnabled)
		}
	}
	return roles, nil
}
