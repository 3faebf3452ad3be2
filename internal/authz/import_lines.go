package authz

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// importing is a batch on its way into the realm, with what its lines name again
// and again.
type importing struct {
	s   *Service
	w   *write
	c   access.Caller
	now time.Time

	roles  map[access.RoleID]access.Role
	orgs   map[access.OrganizationID]access.Organization
	groups map[access.GroupID]*access.Group // of either sort
	grown  []access.GroupID                 // of the realm, to be put at the end: each once, however many members come
}

// line applies one. What belongs to an organization comes after it, and what
// names a role, a group or a resource after that. Records and the members of
// groups may name what does not exist, as everywhere.
func (m *importing) line(doc any) error {
	switch doc := doc.(type) {
	case *access.Model:
		return m.model(doc)
	case *access.Role:
		return m.role(*doc)
	case *access.Organization:
		return m.organization(*doc)
	case *access.User:
		return m.user(*doc)
	case *access.Membership:
		return m.membership(*doc)
	case *access.Group:
		return m.group(*doc)
	case *access.Place:
		return m.place(*doc)
	case *access.Resource:
		return m.resource(*doc)
	case *access.Assignment:
		return m.assignment(*doc)
	case *access.Record:
		return m.record(*doc)
	case *access.Assign:
		return m.assign(doc)
	case *access.ResourceSettings:
		return m.settings(*doc)
	}
	return fmt.Errorf("a line of an import is a %T", doc)
}

func (m *importing) model(model *access.Model) error {
	if err := model.Validate(); err != nil {
		return err
	}
	clear(m.roles)
	a := applying{s: m.s, w: m.w, c: m.c, model: model}
	return a.all(false)
}

// role makes a role, or replaces one: not its type, nor who it is.
func (m *importing) role(r access.Role) error {
	if err := refuseReserved(r.ID); err != nil {
		return err
	}
	if r.Organization != "" {
		if _, err := access.ParseRoleSlug(r.ID.Slug()); err != nil {
			return err
		}
		if _, err := m.org(r.Organization); err != nil {
			return err
		}
	}
	if err := r.Validate(); err != nil {
		return err
	}
	r.Type = r.ResourceType()
	if err := definedType(m.w, r.Type); err != nil {
		return err
	}
	old, exists, err := find(m.w, store.Roles, string(r.ID))
	if err != nil {
		return err
	}
	switch {
	case !exists:
		r.UID = m.idOr(r.UID, "role_")
		r.Created, r.Updated = m.since(r.Created), m.now
	case old.ResourceType() != r.Type:
		return access.Errorf(access.Conflict, "the role %q is for resources of the type %q, which cannot be changed", r.ID, old.ResourceType())
	default:
		r.UID, r.Created, r.Updated = old.UID, old.Created, m.s.after(old.Updated)
	}
	m.roles[r.ID] = r
	return put(m.w, store.Roles, string(r.ID), &r)
}

func (m *importing) organization(o access.Organization) error {
	if err := refuseTakenID(m.w, o.ID); err != nil {
		return err
	}
	root, err := m.newResourceID(o.Root)
	if err != nil {
		return err
	}
	o.Root, o.Created, o.Updated = root, m.since(o.Created), m.now
	for _, d := range o.Domains {
		if d.ID == "" {
			return access.Errorf(access.Invalid, "the domain %q needs an id", d.Name)
		}
	}
	res := access.Resource{ID: o.Root, Type: access.OrganizationType, Organization: o.ID, Created: o.Created, Updated: m.now}
	if err := put(m.w, store.Resources, string(res.ID), &res); err != nil {
		return err
	}
	m.orgs[o.ID] = o
	return putOrganization(m.w, &o)
}

func (m *importing) user(u access.User) error {
	if err := u.Validate(); err != nil {
		return err
	}
	if err := fresh(m.w, store.Users, u.ID); err != nil {
		return err
	}
	if other, err := taken(m.w, &u, &access.User{}); err != nil {
		return err
	} else if other != nil {
		return other
	}
	u.Created, u.Updated = m.since(u.Created), m.now
	return put(m.w, store.Users, u.ID, &u)
}

func (m *importing) membership(om access.Membership) error {
	om.ID = access.MembershipID(m.idOr(string(om.ID), "om_"))
	if _, err := access.ParseMembershipID(string(om.ID)); err != nil {
		return err
	}
	if user, err := access.ParseUser(om.User); err != nil {
		return err
	} else if user != om.UserSubject() {
		return access.Errorf(access.Invalid, "user: %q is a service client", om.User)
	}
	if _, err := m.org(om.Organization); err != nil {
		return err
	}
	switch om.Status {
	case "":
		om.Status = access.MembershipActive
	case access.MembershipActive, access.MembershipInactive, access.MembershipPending:
	default:
		return access.Errorf(access.Invalid, "status must be %s, %s or %s", access.MembershipActive, access.MembershipInactive, access.MembershipPending)
	}
	if err := fresh(m.w, store.Memberships, string(om.ID)); err != nil {
		return err
	}
	if _, exists, err := membershipOf(m.w, om.Organization, om.User); err != nil {
		return err
	} else if exists {
		return access.Errorf(access.Conflict, "the user %q is a member of the organization %q already", om.User, om.Organization)
	}
	om.Created, om.Updated = m.since(om.Created), m.now
	return put(m.w, store.Memberships, string(om.ID), &om)
}

// resource registers a resource; without a parent it stands right below its
// organization.
func (m *importing) resource(res access.Resource) error {
	if err := validateNewResource(&res, ResourceTarget{ID: res.Parent}); err != nil {
		return err
	}
	org, err := m.org(res.Organization)
	if err != nil {
		return err
	}
	if res.ID, err = m.newResourceID(res.ID); err != nil {
		return err
	}
	if res.Parent, err = allowedParent(m.w, org, res.Type, ResourceTarget{ID: res.Parent}); err != nil {
		return err
	}
	if taken, err := holdsAny(m.w, store.Resources, store.ByExternalID, store.ResourceExternalID(org.ID, res.Type, res.ExternalID)); err != nil {
		return err
	} else if taken {
		return access.Errorf(access.Conflict, "the organization has a resource of the type %q and the external id %q already", res.Type, res.ExternalID).Because(ExternalIDConflict)
	}
	res.Created, res.Updated = m.since(res.Created), m.now
	return put(m.w, store.Resources, string(res.ID), &res)
}

// newResourceID checks the id of a resource that is new, or makes one.
func (m *importing) newResourceID(id access.ResourceID) (access.ResourceID, error) {
	if id == "" {
		return access.ResourceID(m.s.newID(access.ResourcePrefix)), nil
	}
	if _, err := access.ParseRegisteredID(string(id)); err != nil {
		return "", err
	}
	return id, fresh(m.w, store.Resources, string(id))
}

// settings replace what is set on the resource.
func (m *importing) settings(set access.ResourceSettings) error {
	uri, err := access.ParseResourceURI(string(set.Resource))
	if err != nil {
		return err
	}
	set.Resource = uri
	if err := validateSettings(set); err != nil {
		return err
	}
	return put(m.w, store.Settings, string(uri), &set)
}

// org reads an organization that lines name.
func (m *importing) org(id access.OrganizationID) (access.Organization, error) {
	if org, ok := m.orgs[id]; ok {
		return org, nil
	}
	org, err := organizationByID(m.w, id)
	if err == nil {
		m.orgs[id] = org
	}
	return org, err
}

// roleNamed reads a role that lines name.
func (m *importing) roleNamed(id access.RoleID) (access.Role, error) {
	if r, ok := m.roles[id]; ok {
		return r, nil
	}
	r, err := existing(m.w, store.Roles, "Role", string(id))
	if own := builtIn(id); own != nil {
		r, err = *own, nil
	}
	if err == nil {
		m.roles[id] = r
	}
	return r, err
}

// fresh returns a Conflict error if there is such a document.
func fresh[T any](w *write, t store.Table[T], id string) error {
	if _, err := w.Get(t.Kind, id); !errors.Is(err, access.NotFound) {
		if err != nil {
			return fmt.Errorf("reading %s %q: %w", t.Kind, id, err)
		}
		return access.Errorf(access.Conflict, "a %s with the id %q exists already", t.Kind, id)
	}
	return nil
}

func (m *importing) idOr(id, prefix string) string {
	if id == "" {
		return m.s.newID(prefix)
	}
	return id
}

// since is when something was made, as a line says, or now.
func (m *importing) since(t time.Time) time.Time {
	if t.IsZero() || t.After(m.now) {
		return m.now
	}
	return t.UTC().Truncate(time.Millisecond)
}

// group makes a group without members.
func (m *importing) group(g access.Group) error {
	if len(g.Members) > 0 {
		return access.Errorf(access.Invalid, "members: the members of a group come in lines of their own")
	}
	ofOrganization := g.Organization != ""
	prefix := "grp_"
	if ofOrganization {
		prefix = access.OrganizationGroupPrefix
	}
	g.ID = access.GroupID(m.idOr(string(g.ID), prefix))
	if err := g.Validate(); err != nil {
		return err
	}
	if ofOrganization {
		if _, err := access.ParseOrganizationGroupID(string(g.ID)); err != nil {
			return err
		}
		if len(g.Admins) > 0 || len(g.Tags) > 0 {
			return access.Errorf(access.Invalid, "a group of an organization has no admins and no tags")
		}
		if _, err := m.org(g.Organization); err != nil {
			return err
		}
	}
	if m.groups[g.ID] != nil {
		return access.Errorf(access.Conflict, "a group with the id %q exists already", g.ID)
	}
	if err := fresh(m.w, store.Groups, string(g.ID)); err != nil {
		return err
	}
	g.Created, g.Updated = m.since(g.Created), m.now
	m.groups[g.ID] = &g
	if ofOrganization {
		return put(m.w, store.Groups, string(g.ID), &g)
	}
	m.grown = append(m.grown, g.ID)
	return nil
}

func (m *importing) groupNamed(id access.GroupID) (*access.Group, error) {
	if g := m.groups[id]; g != nil {
		return g, nil
	}
	g, err := existing(m.w, store.Groups, "Group", string(id))
	if err != nil {
		return nil, err
	}
	m.groups[id] = &g
	return &g, nil
}

// place puts a subject into a group.
func (m *importing) place(p access.Place) error {
	g, err := m.groupNamed(p.Group)
	if err != nil {
		return err
	}
	if g.Organization != "" {
		return m.placeMembership(g, p.Subject)
	}
	if p.Subject.Kind == access.MembershipKind || isOrganizationGroup(p.Subject) {
		return access.Errorf(access.Invalid, "subject: %s cannot be in a group of the realm", p.Subject)
	}
	if slices.Contains(g.Members, p.Subject) {
		return access.Errorf(access.Conflict, "%s is in the group %q already", p.Subject, p.Group)
	}
	g.Members = append(slices.Clip(g.Members), p.Subject)
	if !slices.Contains(m.grown, g.ID) {
		m.grown = append(m.grown, g.ID)
		g.Updated = m.s.after(g.Updated)
	}
	return nil
}

func (m *importing) placeMembership(g *access.Group, sub access.Subject) error {
	if sub.Kind != access.MembershipKind {
		return access.Errorf(access.Invalid, "subject: only memberships can be in the group of an organization")
	}
	om, err := membershipByID(m.w, access.MembershipID(sub.ID))
	if err != nil {
		return err
	}
	if om.Organization != g.Organization {
		return access.Errorf(access.Invalid, "subject: %s is in another organization than the group", sub)
	}
	at := access.GroupMember{Group: g.ID, Membership: om.ID, Created: m.now}
	if err := fresh(m.w, store.GroupMembers, string(at.ID())); err != nil {
		return err
	}
	return put(m.w, store.GroupMembers, string(at.ID()), &at)
}

// putGroups writes the groups of the realm that got members.
func (m *importing) putGroups() error {
	for _, id := range m.grown {
		g := m.groups[id]
		if body, err := json.Marshal(g); err != nil || len(body) > access.MaxGroupBytes {
			return access.Errorf(access.TooLarge, "the group %q takes more than %d bytes; spread its members over several", id, access.MaxGroupBytes)
		}
		if err := putGroup(m.w, g); err != nil {
			return about("group", string(id), err)
		}
	}
	return nil
}

func isOrganizationGroup(s access.Subject) bool {
	if s.Kind != access.GroupKind {
		return false
	}
	_, err := access.ParseOrganizationGroupID(s.ID)
	return err == nil
}
