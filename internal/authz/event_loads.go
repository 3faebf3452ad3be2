package authz

import (
	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// stateReader reads what events show, as of one revision. It keeps what many of
// them need.
type stateReader struct {
	store.Reader
	realmID       access.RealmID
	realm         *access.Realm
	organizations map[access.OrganizationID]*access.Organization // nil for one that does not exist
	groups        map[access.GroupID]*access.Group               // likewise
}

func newStateReader(r store.Reader, realm access.RealmID) *stateReader {
	return &stateReader{
		Reader: r, realmID: realm,
		organizations: map[access.OrganizationID]*access.Organization{}, groups: map[access.GroupID]*access.Group{},
	}
}

// organization returns nil if there is none.
func (r *stateReader) organization(id access.OrganizationID) (*access.Organization, error) {
	return remember(r, store.Organizations, r.organizations, id)
}

func remember[K ~string, T any](r *stateReader, t store.Table[T], known map[K]*T, id K) (*T, error) {
	if doc, ok := known[id]; ok {
		return doc, nil
	}
	doc, err := loadDocument(t)(r, string(id))
	if err != nil {
		return nil, err
	}
	known[id] = doc
	return doc, nil
}

// order is how the roles of an organization are ordered.
func (r *stateReader) order(org *access.Organization) (order access.RoleOrder, multiple bool, err error) {
	if r.realm == nil {
		realm, err := realmByID(r, r.realmID)
		if err != nil {
			return access.RoleOrder{}, false, err
		}
		r.realm = &realm
	}
	return orderOf(*r.realm, *org), r.realm.MultipleRoles, nil
}

// loadMembership reads a membership with the roles that it shows.
func loadMembership(r *stateReader, id string) (*access.MembershipRoles, error) {
	m, exists, err := find(r, store.Memberships, id)
	if err != nil || !exists {
		return nil, err
	}
	org, err := r.organization(m.Organization)
	if err != nil {
		return nil, err
	}
	state := &access.MembershipRoles{Membership: m}
	if org == nil {
		return state, nil
	}
	subjects, err := groupsOf(r, m.ID)
	if err != nil {
		return nil, err
	}
	ids, err := rolesOnOrganization(r, org.Root, append(subjects, m.Subject())...)
	if err != nil {
		return nil, err
	}
	order, multiple, err := r.order(org)
	if err != nil {
		return nil, err
	}
	roles := make([]access.Role, 0, len(ids))
	for _, id := range ids {
		role, exists, err := find(r, store.Roles, string(id))
		if err != nil {
			return nil, err
		}
		if exists {
			roles = append(roles, role)
		}
	}
	sortRoles(roles, order.Priority)
	for _, role := range roles {
		if len(state.Roles) == 0 || multiple {
			state.Roles = append(state.Roles, role.ID)
		}
	}
	return state, nil
}

// loadGroupMember reads a membership's place in a group.
func loadGroupMember(r *stateReader, id string) (*groupPlace, error) {
	m, exists, err := find(r, store.GroupMembers, id)
	if err != nil || !exists {
		return nil, err
	}
	g, err := remember(r, store.Groups, r.groups, m.Group)
	if err != nil {
		return nil, err
	}
	place := &groupPlace{GroupMember: m}
	if g != nil {
		place.organization = g.Organization
	}
	return place, nil
}

// loadAssignment reads an assignment with the resource that it is on.
func loadAssignment(r *stateReader, id string) (*access.PlacedAssignment, error) {
	a, exists, err := find(r, store.Assignments, id)
	if err != nil || !exists {
		return nil, err
	}
	placed := &access.PlacedAssignment{Assignment: a}
	if placed.On, _, err = find(r, store.Resources, string(a.Resource)); err != nil {
		return nil, err
	}
	if placed.On.Root() {
		org, err := r.organization(a.Organization)
		if err != nil {
			return nil, err
		}
		placed.On.ExternalID = string(a.Organization)
		if org != nil && org.ExternalID != "" {
			placed.On.ExternalID = org.ExternalID
		}
	}
	return placed, nil
}

// memberOnRoot is the membership whose roles on its organization an assignment
// is one of; empty if it is another one.
func memberOnRoot(r *stateReader, id string) (access.MembershipID, error) {
	a, exists, err := find(r, store.Assignments, id)
	if err != nil || !exists || a.Subject.Kind != access.MembershipKind {
		return "", err
	}
	org, err := r.organization(a.Organization)
	if err != nil || org == nil || org.Root != a.Resource {
		return "", err
	}
	return access.MembershipID(a.Subject.ID), nil
}
