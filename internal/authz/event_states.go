package authz

import (
	"reflect"
	"slices"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// happening is an event that has no place yet.
type happening struct {
	name         access.EventName
	organization access.OrganizationID
	object       any
	before       any
}

// eventKind says which events the writes of one kind of document are.
type eventKind struct {
	names []access.EventName // all that tell may return
	// load reads a document as of a revision, with what the event shows besides;
	// nil if there is none.
	load func(r *stateReader, id string) (any, error)
	// tell compares what load returned before and after the commit. A nil before
	// was created, a nil after deleted.
	tell func(before, after any) []happening
}

// eventKinds are all kinds whose writes can be events. What is not among them,
// as an access record, is told by nothing.
var eventKinds = map[store.Kind]eventKind{
	store.Permissions.Kind: kindOf(
		loadDocument(store.Permissions), tellPermission,
		access.PermissionCreated, access.PermissionUpdated, access.PermissionDeleted),
	store.Roles.Kind: kindOf(
		loadDocument(store.Roles), tellRole,
		access.RoleCreated, access.RoleUpdated, access.RoleDeleted,
		access.OrganizationRoleCreated, access.OrganizationRoleUpdated, access.OrganizationRoleDeleted),
	store.Organizations.Kind: kindOf(
		loadDocument(store.Organizations), tellOrganization,
		access.OrganizationCreated, access.OrganizationUpdated, access.OrganizationDeleted,
		access.DomainCreated, access.DomainUpdated, access.DomainDeleted, access.DomainVerifiedNow, access.DomainVerificationFailed),
	store.Users.Kind: kindOf(
		loadDocument(store.Users), tellUser,
		access.UserCreated, access.UserUpdated, access.UserDeleted),
	store.Memberships.Kind: kindOf(
		loadMembership, tellMembership,
		access.MembershipCreated, access.MembershipUpdated, access.MembershipDeleted),
	store.Groups.Kind: kindOf(
		loadDocument(store.Groups), tellGroup,
		access.GroupCreated, access.GroupUpdated, access.GroupDeleted),
	store.GroupMembers.Kind: kindOf(
		loadGroupMember, tellGroupMember,
		access.GroupMemberAdded, access.GroupMemberRemoved),
	store.CustomerKeys.Kind: kindOf(
		loadDocument(store.CustomerKeys), tellCustomerKey,
		access.CustomerKeyCreated, access.CustomerKeyUpdated, access.CustomerKeyRevoked),
	store.Resources.Kind: kindOf(
		loadDocument(store.Resources), tellResource,
		access.ResourceCreated, access.ResourceUpdated, access.ResourceDeleted),
	store.Assignments.Kind: kindOf(
		loadAssignment, tellAssignment,
		access.AssignmentCreated, access.AssignmentDeleted, access.GroupAssignmentCreated, access.GroupAssignmentDeleted),
}

func kindOf[T any](load func(*stateReader, string) (*T, error), tell func(before, after *T) []happening, names ...access.EventName) eventKind {
	return eventKind{
		names: names,
		load: func(r *stateReader, id string) (any, error) {
			state, err := load(r, id)
			if state == nil {
				return nil, err // not a typed nil
			}
			return state, err
		},
		tell: func(before, after any) []happening {
			b, _ := before.(*T)
			a, _ := after.(*T)
			return tell(b, a)
		},
	}
}

func loadDocument[T any](t store.Table[T]) func(*stateReader, string) (*T, error) {
	return func(r *stateReader, id string) (*T, error) {
		doc, exists, err := find(r, t, id)
		if err != nil || !exists {
			return nil, err
		}
		return &doc, nil
	}
}

// lifeOf is what happened to a document, by the usual three names. alike
// clears what an update may change without being an event.
func lifeOf[T any](before, after *T, org access.OrganizationID, alike func(*T), created, updated, deleted access.EventName) []happening {
	switch {
	case before == nil && after == nil:
		return nil
	case before == nil:
		return []happening{{name: created, organization: org, object: after}}
	case after == nil:
		return []happening{{name: deleted, organization: org, object: before}}
	}
	b, a := *before, *after
	alike(&b)
	alike(&a)
	if reflect.DeepEqual(b, a) {
		return nil
	}
	return []happening{{name: updated, organization: org, object: after}}
}

// either is the state that there is, the later one if there are two.
func either[T any](before, after *T) *T {
	if after != nil {
		return after
	}
	return before
}

func tellPermission(before, after *access.PermissionDefinition) []happening {
	alike := func(d *access.PermissionDefinition) { d.Updated = time.Time{} }
	return lifeOf(before, after, "", alike, access.PermissionCreated, access.PermissionUpdated, access.PermissionDeleted)
}

// tellRole knows the roles that show in the WorkOS dialect. A new name alone is
// no event of a role of the realm, whose events carry none. Source: WorkOS
// documents role.updated for changed permissions.
func tellRole(before, after *access.Role) []happening {
	role := either(before, after)
	if role == nil || role.Organization == "" && !isRoleSlug(string(role.ID)) {
		return nil
	}
	if before != nil && after != nil && sameSet(before.Slugs(), after.Slugs()) {
		named := before.Name != after.Name || before.Description != after.Description
		if role.Organization == "" || !named {
			return nil
		}
	}
	alike := func(*access.Role) {}
	if role.Organization != "" {
		return lifeOf(before, after, role.Organization, alike, access.OrganizationRoleCreated, access.OrganizationRoleUpdated, access.OrganizationRoleDeleted)
	}
	return lifeOf(before, after, "", alike, access.RoleCreated, access.RoleUpdated, access.RoleDeleted)
}

func sameSet(a, b []access.Permission) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// tellOrganization tells domains as things of their own, and the organization
// as updated when anything else that it shows has changed.
func tellOrganization(before, after *access.Organization) []happening {
	org := either(before, after)
	if org == nil {
		return nil
	}
	alike := func(o *access.Organization) {
		o.Updated, o.Roles, o.Domains = time.Time{}, access.RoleOrder{}, nil
		o.LookupID, o.Connection, o.TokenConfiguration = "", "", nil // of another dialect
		if len(o.Metadata) == 0 {
			o.Metadata = nil
		}
	}
	all := lifeOf(before, after, org.ID, alike, access.OrganizationCreated, access.OrganizationUpdated, access.OrganizationDeleted)
	return append(all, tellDomains(org.ID, domainsOf(before), domainsOf(after))...)
}

func domainsOf(o *access.Organization) []access.Domain {
	if o == nil {
		return nil
	}
	return o.Domains
}

func tellDomains(org access.OrganizationID, before, after []access.Domain) []happening {
	var all []happening
	tell := func(name access.EventName, d access.Domain) {
		all = append(all, happening{name: name, organization: org, object: &access.OrganizationDomain{Organization: org, Domain: d}})
	}
	named := func(list []access.Domain, id string) *access.Domain {
		if i := slices.IndexFunc(list, func(d access.Domain) bool { return d.ID == id }); i >= 0 {
			return &list[i]
		}
		return nil
	}
	for _, d := range before {
		if named(after, d.ID) == nil {
			tell(access.DomainDeleted, d)
		}
	}
	for _, d := range after {
		old := named(before, d.ID)
		switch {
		case old == nil:
			tell(access.DomainCreated, d)
		case old.State != d.State && d.State == access.DomainVerified:
			tell(access.DomainVerifiedNow, d)
		case old.State != d.State && d.State == access.DomainFailed:
			tell(access.DomainVerificationFailed, d)
		case old.State != d.State || old.Name != d.Name || old.Token != d.Token:
			tell(access.DomainUpdated, d)
		}
	}
	return all
}

// tellUser leaves out what only other dialects show.
func tellUser(before, after *access.User) []happening {
	alike := func(u *access.User) {
		u.Updated, u.AccessTokenClaims, u.IdentityClaims = time.Time{}, nil, nil
		if len(u.Metadata) == 0 {
			u.Metadata = nil
		}
	}
	return lifeOf(before, after, "", alike, access.UserCreated, access.UserUpdated, access.UserDeleted)
}

func tellMembership(before, after *access.MembershipRoles) []happening {
	m := either(before, after)
	if m == nil {
		return nil
	}
	alike := func(m *access.MembershipRoles) { m.Updated = time.Time{} }
	return lifeOf(before, after, m.Organization, alike, access.MembershipCreated, access.MembershipUpdated, access.MembershipDeleted)
}

// tellGroup knows the groups of organizations: those of the realm do not show
// in the WorkOS dialect.
func tellGroup(before, after *access.Group) []happening {
	g := either(before, after)
	if g == nil || g.Organization == "" {
		return nil
	}
	alike := func(g *access.Group) { g.Updated = time.Time{} }
	return lifeOf(before, after, g.Organization, alike, access.GroupCreated, access.GroupUpdated, access.GroupDeleted)
}

// groupPlace is a membership's place in a group, and whose the group is.
type groupPlace struct {
	access.GroupMember
	organization access.OrganizationID
}

func tellGroupMember(before, after *groupPlace) []happening {
	switch {
	case before == nil && after != nil:
		return []happening{{name: access.GroupMemberAdded, organization: after.organization, object: &after.GroupMember}}
	case before != nil && after == nil:
		return []happening{{name: access.GroupMemberRemoved, organization: before.organization, object: &before.GroupMember}}
	}
	return nil
}

// tellCustomerKey also tells what a key was before it changed: the event shows
// its earlier end.
func tellCustomerKey(before, after *access.CustomerKey) []happening {
	key := either(before, after)
	if key == nil {
		return nil
	}
	alike := func(k *access.CustomerKey) { k.Updated = time.Time{} }
	all := lifeOf(before, after, key.Organization, alike, access.CustomerKeyCreated, access.CustomerKeyUpdated, access.CustomerKeyRevoked)
	if before != nil && after != nil && len(all) > 0 {
		all[0].before = before
	}
	return all
}

// tellResource leaves out roots, which come and go with their organizations.
func tellResource(before, after *access.Resource) []happening {
	res := either(before, after)
	if res == nil || res.Root() {
		return nil
	}
	alike := func(r *access.Resource) { r.Updated = time.Time{} }
	return lifeOf(before, after, res.Organization, alike, access.ResourceCreated, access.ResourceUpdated, access.ResourceDeleted)
}

func tellAssignment(before, after *access.PlacedAssignment) []happening {
	a := either(before, after)
	if a == nil || before != nil && after != nil {
		return nil
	}
	created, deleted := access.AssignmentCreated, access.AssignmentDeleted
	if a.Subject.Kind == access.GroupKind {
		created, deleted = access.GroupAssignmentCreated, access.GroupAssignmentDeleted
	}
	name := created
	if after == nil {
		name = deleted
	}
	return []happening{{name: name, organization: a.Organization, object: a}}
}
