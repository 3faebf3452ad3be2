package access

import "time"

// EventName says what happened to what.
type EventName string

// The events that there are. Source: the names of the WorkOS API, and in its
// manner those that it does not have.
const (
	PermissionCreated EventName = "permission.created"
	PermissionUpdated EventName = "permission.updated"
	PermissionDeleted EventName = "permission.deleted"

	RoleCreated EventName = "role.created" // of the realm
	RoleUpdated EventName = "role.updated" // other permissions; a new name alone is none
	RoleDeleted EventName = "role.deleted"

	OrganizationRoleCreated EventName = "organization_role.created"
	OrganizationRoleUpdated EventName = "organization_role.updated" // other permissions
	OrganizationRoleDeleted EventName = "organization_role.deleted"

	OrganizationCreated EventName = "organization.created"
	OrganizationUpdated EventName = "organization.updated" // other than in its domains
	OrganizationDeleted EventName = "organization.deleted"

	DomainCreated            EventName = "organization_domain.created"
	DomainUpdated            EventName = "organization_domain.updated"
	DomainDeleted            EventName = "organization_domain.deleted"
	DomainVerifiedNow        EventName = "organization_domain.verified"
	DomainVerificationFailed EventName = "organization_domain.verification_failed"

	UserCreated EventName = "user.created"
	UserUpdated EventName = "user.updated"
	UserDeleted EventName = "user.deleted"

	MembershipCreated EventName = "organization_membership.created"
	MembershipUpdated EventName = "organization_membership.updated" // its status, or its roles on the organization
	MembershipDeleted EventName = "organization_membership.deleted"

	GroupCreated       EventName = "group.created" // of an organization, as all events of groups
	GroupUpdated       EventName = "group.updated"
	GroupDeleted       EventName = "group.deleted"
	GroupMemberAdded   EventName = "group.member_added"
	GroupMemberRemoved EventName = "group.member_removed"

	CustomerKeyCreated EventName = "api_key.created"
	CustomerKeyUpdated EventName = "api_key.updated"
	CustomerKeyRevoked EventName = "api_key.revoked"

	// What follows is told to who asks for it by name.
	ResourceCreated        EventName = "authorization_resource.created"
	ResourceUpdated        EventName = "authorization_resource.updated"
	ResourceDeleted        EventName = "authorization_resource.deleted"
	AssignmentCreated      EventName = "role_assignment.created"
	AssignmentDeleted      EventName = "role_assignment.deleted"
	GroupAssignmentCreated EventName = "group_role_assignment.created"
	GroupAssignmentDeleted EventName = "group_role_assignment.deleted"
)

// usualEvents are those that who names none is told.
var usualEvents = [...]EventName{
	PermissionCreated, PermissionUpdated, PermissionDeleted, RoleCreated, RoleUpdated, RoleDeleted,
	OrganizationRoleCreated, OrganizationRoleUpdated, OrganizationRoleDeleted,
	OrganizationCreated, OrganizationUpdated, OrganizationDeleted,
	DomainCreated, DomainUpdated, DomainDeleted, DomainVerifiedNow, DomainVerificationFailed,
	UserCreated, UserUpdated, UserDeleted, MembershipCreated, MembershipUpdated, MembershipDeleted,
	GroupCreated, GroupUpdated, GroupDeleted, GroupMemberAdded, GroupMemberRemoved,
	CustomerKeyCreated, CustomerKeyUpdated, CustomerKeyRevoked,
}

// namedEvents are told only to who names them: the SDKs of WorkOS do not know
// them.
var namedEvents = [...]EventName{
	ResourceCreated, ResourceUpdated, ResourceDeleted,
	AssignmentCreated, AssignmentDeleted, GroupAssignmentCreated, GroupAssignmentDeleted,
}

// UsualEvents lists the events that are told to who names none.
func UsualEvents() []EventName { return usualEvents[:] }

// NamedEvents lists the events that are told only to who names them.
func NamedEvents() []EventName { return namedEvents[:] }

// EventID is "event_" and a ULID that says when the event was, and where in the
// realm's history. It is the same whenever the event is read.
type EventID string

// Event is something that a commit did, as those are told who follow the realm.
type Event struct {
	ID    EventID
	Name  EventName
	Time  time.Time
	Actor EventActor
	// Organization is the one that the event belongs to; empty if it belongs to
	// none.
	Organization OrganizationID
	// Object is what the event is about, as it was after the commit, and what
	// was deleted as it was before: a *PermissionDefinition, *Role, *Organization,
	// *User, *Group, *GroupMember, *CustomerKey, *Resource, *OrganizationDomain,
	// *MembershipRoles or *PlacedAssignment.
	Object any
	// Before is the *CustomerKey before a CustomerKeyUpdated, else nil.
	Before any
}

// OrganizationDomain is a domain, and whose it is.
type OrganizationDomain struct {
	Organization OrganizationID
	Domain
}

// MembershipRoles is a membership with the roles that it shows on its
// organization, the most important first.
type MembershipRoles struct {
	Membership
	Roles []RoleID
}

// PlacedAssignment is an assignment with the resource that it is on. A root
// goes by the external id of its organization.
type PlacedAssignment struct {
	Assignment
	On Resource
}

// EventActor is who made the commit.
type EventActor struct {
	ID     string
	Name   string // empty if unknown
	System bool   // the server or its operator rather than a caller of an API
}
