package workos

import (
	"fmt"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/authz"
)

// eventData is what an event says of its object: what the API answers about it,
// or where the vendor's document has less in events, that.
func eventData(e access.Event) (any, error) {
	switch o := e.Object.(type) {
	case *access.PermissionDefinition:
		return writePermission(*o), nil
	case *access.Role:
		return writeRoleEvent(o), nil
	case *access.Organization:
		return writeOrganization(*o), nil
	case *access.OrganizationDomain:
		return writeDomainEvent(e.Name, o), nil
	case *access.User:
		return writeUser(*o), nil
	case *access.MembershipRoles:
		return writeMembershipEvent(o), nil
	case *access.Group:
		return writeGroup(*o), nil
	case *access.GroupMember:
		return groupMemberEvent{string(o.Group), string(o.Membership)}, nil
	case *access.CustomerKey:
		return writeKeyEvent(e, o), nil
	case *access.Resource:
		return writeResource(*o), nil
	case *access.PlacedAssignment:
		in := authz.Assigned{Assignment: o.Assignment, On: o.On}
		if o.Subject.Kind == access.GroupKind {
			return writeGroupAssignment(in), nil
		}
		return writeRoleAssignment(in), nil
	}
	return nil, fmt.Errorf("the event %s is about a %T, which cannot be written", e.ID, e.Object)
}

// roleEvent is an environment role in an event: it goes by its slug alone.
type roleEvent struct {
	Object           string   `json:"object"` // "role"
	Slug             string   `json:"slug"`
	ResourceTypeSlug string   `json:"resource_type_slug"`
	Permissions      []string `json:"permissions"`
	CreatedAt        string   `json:"created_at"`
	UpdatedAt        string   `json:"updated_at"`
}

// organizationRoleEvent is an organization's own role in an event.
type organizationRoleEvent struct {
	Object           string   `json:"object"` // "organization_role"
	OrganizationID   string   `json:"organization_id"`
	Slug             string   `json:"slug"`
	Name             string   `json:"name"`
	Description      *string  `json:"description"`
	ResourceTypeSlug string   `json:"resource_type_slug"`
	Permissions      []string `json:"permissions"`
	CreatedAt        string   `json:"created_at"`
	UpdatedAt        string   `json:"updated_at"`
}

func writeRoleEvent(in *access.Role) any {
	out := writeRole(*in)
	if in.Organization == "" {
		return roleEvent{"role", out.Slug, out.ResourceTypeSlug, out.Permissions, out.CreatedAt, out.UpdatedAt}
	}
	return organizationRoleEvent{
		"organization_role", string(in.Organization), out.Slug, out.Name, out.Description,
		out.ResourceTypeSlug, out.Permissions, out.CreatedAt, out.UpdatedAt,
	}
}

// domainFailedEvent says why a domain could not be verified.
type domainFailedEvent struct {
	Reason string `json:"reason"`
	Domain domain `json:"organization_domain"`
}

func writeDomainEvent(name access.EventName, in *access.OrganizationDomain) any {
	out := writeDomain(in.Organization, in.Domain)
	if name == access.DomainVerificationFailed {
		return domainFailedEvent{"domain_verification_period_expired", out}
	}
	return out
}

// membershipEvent is a membership in an event: with its roles and without its
// user.
type membershipEvent struct {
	Object           string     `json:"object"` // "organization_membership"
	ID               string     `json:"id"`
	UserID           string     `json:"user_id"`
	OrganizationID   string     `json:"organization_id"`
	Status           string     `json:"status"`
	Role             slimRole   `json:"role"`
	Roles            []slimRole `json:"roles"`
	CustomAttributes struct{}   `json:"custom_attributes"`
	DirectoryManaged bool       `json:"directory_managed"`
	CreatedAt        string     `json:"created_at"`
	UpdatedAt        string     `json:"updated_at"`
}

func writeMembershipEvent(in *access.MembershipRoles) membershipEvent {
	out := writeMembership(authz.Member{Membership: in.Membership, Roles: in.Roles})
	return membershipEvent{
		Object: out.Object, ID: out.ID, UserID: out.UserID, OrganizationID: out.OrganizationID, Status: out.Status,
		Role: *out.Role, Roles: out.Roles, CreatedAt: out.CreatedAt, UpdatedAt: out.UpdatedAt,
	}
}

type groupMemberEvent struct {
	GroupID      string `json:"group_id"`
	MembershipID string `json:"organization_membership_id"`
}

// keyUpdatedEvent is a changed API key: the vendor's document has what it was
// before here, too.
type keyUpdatedEvent struct {
	apiKeyBody         `json:",inline"`
	PreviousAttributes *previousAttributes `json:"previous_attributes,omitzero"`
}

// writeKeyEvent does not say when the key was last used, which is not kept of
// the past.
func writeKeyEvent(e access.Event, in *access.CustomerKey) any {
	out := writeKey(authz.CustomerKeyState{CustomerKey: *in})
	if before, ok := e.Before.(*access.CustomerKey); ok {
		return keyUpdatedEvent{out, previousExpiry(before, in)}
	}
	return out
}
