package store

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/audit"
)

// Every kind of document that there is, and what finds it besides its id.
var (
	Realms        = Table[access.Realm]{Kind: "realm"} // one a realm, under the realm's id
	Roles         = Table[access.Role]{Kind: "role", Indexes: []Index[access.Role]{{ByOrganization, roleOrganization}, {ByType, roleType}, {ByPermission, rolePermissions}}}
	Permissions   = Table[access.PermissionDefinition]{Kind: "permission", Indexes: []Index[access.PermissionDefinition]{{BySlug, permissionSlug}, {ByType, permissionType}}} // under the UID
	Groups        = Table[access.Group]{Kind: "group", Indexes: []Index[access.Group]{{BySubject, groupSubjects}, {ByOrganization, groupOrganization}}}
	GroupMembers  = Table[access.GroupMember]{Kind: "group_member", Indexes: []Index[access.GroupMember]{{ByGroup, memberGroup}, {ByMembership, memberMembership}}}
	Records       = Table[access.Record]{Kind: "record", Indexes: []Index[access.Record]{{BySubject, recordSubjects}, {ByResource, recordResources}, {ByRole, recordRoles}}}
	ResourceTypes = Table[access.ResourceType]{Kind: "resource_type", Indexes: []Index[access.ResourceType]{{ByParent, typeParents}}}
	Resources     = Table[access.Resource]{Kind: "resource", Indexes: []Index[access.Resource]{{ByOrganization, resourceOrganization}, {ByType, resourceType}, {BySiblingType, resourceSiblingType}, {ByParent, resourceParent}, {ByExternalID, resourceExternalID}}}
	Assignments   = Table[access.Assignment]{Kind: "assignment", Indexes: []Index[access.Assignment]{{BySubject, assignmentSubject}, {ByPair, assignmentPair}, {ByResource, assignmentResource}, {ByRole, assignmentRole}}}
	Settings      = Table[access.ResourceSettings]{Kind: "resource_settings"} // under the resource
	Requests      = Table[access.AccessRequest]{Kind: "access_request", Indexes: []Index[access.AccessRequest]{{BySubject, requester}, {ByOpen, openRequester}}}
	Invites       = Table[access.Invite]{Kind: "invite", Indexes: []Index[access.Invite]{{BySubject, inviteCreator}}} // under the hash of the id
	Clients       = Table[access.ServiceClient]{Kind: "client"}
	APIKeys       = Table[access.APIKey]{Kind: "api_key", Indexes: []Index[access.APIKey]{{ByClient, apiKeyClient}}}
	CustomerKeys  = Table[access.CustomerKey]{Kind: "customer_key", Indexes: []Index[access.CustomerKey]{{ByHash, customerKeyHash}, {ByOwner, customerKeyOwner}, {ByOrganization, customerKeyOrganization}, {ByMembership, customerKeyMembership}, {ByPermission, customerKeyPermissions}}}
	KeyUses       = Table[access.CustomerKeyUse]{Kind: "customer_key_use"} // under the key's id
	Answers       = Table[access.Answer]{Kind: "answer", Indexes: []Index[access.Answer]{{ByHash, answerHash}}}
	Users         = Table[access.User]{Kind: "user", Indexes: []Index[access.User]{{BySubject, userSubject}, {ByEmail, userEmail}, {ByExternalID, userExternalID}}}
	Issuers       = Table[access.Issuer]{Kind: "issuer"}
	Organizations = Table[access.Organization]{Kind: "organization", Indexes: []Index[access.Organization]{{ByExternalID, organizationExternalID}, {ByStripe, organizationStripe}, {ByDomain, organizationDomains}, {ByDomainID, organizationDomainIDs}, {ByRole, organizationRoles}}}
	Memberships   = Table[access.Membership]{Kind: "membership", Indexes: []Index[access.Membership]{{ByOrganization, membershipOrganization}, {ByUser, membershipUser}, {ByPair, membershipPair}}}
	Webhooks      = Table[access.WebhookEndpoint]{Kind: "webhook_endpoint", Indexes: []Index[access.WebhookEndpoint]{{ByURL, webhookURL}}}
	Deliveries    = Table[access.WebhookProgress]{Kind: "webhook_progress"}                                                                      // under the endpoint's id
	AuditEvents   = Table[access.AuditEvent]{Kind: "audit_event", Indexes: []Index[access.AuditEvent]{{ByOrganization, auditEventOrganization}}} // ids in the order of occurrence
	AuditActions  = Table[access.AuditAction]{Kind: "audit_action", Indexes: []Index[access.AuditAction]{{ByAction, auditActionName}}}
	AuditSchemas  = Table[access.AuditSchema]{Kind: "audit_schema", Indexes: []Index[access.AuditSchema]{{ByAction, auditSchemaAction}, {ByVersion, auditSchemaVersion}}}
	AuditExports  = Table[access.AuditExport]{Kind: "audit_export", Indexes: []Index[access.AuditExport]{{ByOrganization, auditExportOrganization}}}
	AuditSettings = Table[access.AuditSettings]{Kind: "audit_settings"} // under the organization's id
	ImportBatches = Table[access.ImportBatch]{Kind: "import_batch"}     // under ImportBatchID
	Audit         = Table[audit.Entry]{Kind: "audit"}                   // under the revision of the commit, in 16 hexadecimal digits
)

// HasHistory reports whether the store keeps the superseded versions of the kind's
// documents until Prune. Of the others a write drops the version that it
// supersedes, and what indexes held of it: they are written often or kept for a
// time only, some are personal, and nobody asks what they were.
func (k Kind) HasHistory() bool {
	switch k {
	case Answers.Kind, KeyUses.Kind, Deliveries.Kind, AuditEvents.Kind, AuditExports.Kind:
		return false
	}
	return true
}

// The names of indexes.
const (
	BySubject      = "subject"      // what names a subject, as its String
	ByResource     = "resource"     // active records that name a resource, in normal form
	ByRole         = "role"         // what names a role; of records, active ones
	ByOpen         = "open"         // open access requests of a subject
	ByOrganization = "organization" // what belongs to an organization, or with the value "" to none
	ByUser         = "user"         // memberships of a user
	ByPair         = "pair"         // the membership of a user in an organization, under MembershipPair; what a subject is assigned on a resource, under AssignmentPair
	ByGroup        = "group"        // members of a group
	ByMembership   = "membership"   // places of a membership in groups
	ByType         = "type"         // what is about a type of resource
	BySiblingType  = "sibling_type" // resources of a type in an organization, under SiblingType
	ByParent       = "parent"       // resources, or types of resources, under another
	ByPermission   = "permission"   // roles that contain exactly a permission
	BySlug         = "slug"         // a permission's definition
	ByExternalID   = "external_id"  // what an application knows by an id of its own; resources under ResourceExternalID
	ByStripe       = "stripe"       // the organization of a customer of Stripe
	ByDomain       = "domain"       // organizations with a domain, by its name
	ByDomainID     = "domain_id"    // and by its id
	ByURL          = "url"          // the webhook endpoint at a URL
	ByEmail        = "email"        // users with an email address, in lower case
	ByClient       = "client"       // API keys that prove a client
	ByHash         = "hash"         // what is known by a hash, in hexadecimal digits
	ByAction       = "action"       // audit actions by their name, and the versions of their schemas
	ByVersion      = "version"      // the schema of an audit action, under AuditSchemaVersion
	ByOwner        = "owner"        // API keys of an organization's own, or of a user, under OwnerOfKey
)

func groupSubjects(_ string, g *access.Group) []string {
	return texts(g.Members, g.Admins)
}

func recordSubjects(_ string, r *access.Record) []string {
	lists := [][]access.Subject{r.Subjects, r.Admins}
	for _, st := range r.Statements {
		lists = append(lists, st.Subjects)
	}
	return texts(lists...)
}

// texts are the subjects, each once.
func texts(lists ...[]access.Subject) []string {
	var all []string
	for _, list := range lists {
		for _, s := range list {
			all = append(all, s.String())
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func recordResources(_ string, r *access.Record) []string {
	if r.Status != access.RecordActive {
		return nil
	}
	var all []string
	for _, st := range r.Statements {
		for _, written := range st.Resources {
			if uri, err := access.ParseResourceURI(written); err == nil {
				all = append(all, string(uri))
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func recordRoles(_ string, r *access.Record) []string {
	if r.Status != access.RecordActive {
		return nil
	}
	var all []string
	for _, st := range r.Statements {
		for _, id := range st.Roles {
			all = append(all, string(id))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func userSubject(_ string, u *access.User) []string { return []string{u.Subject().String()} }

func requester(_ string, r *access.AccessRequest) []string { return []string{r.Requester.String()} }

func openRequester(id string, r *access.AccessRequest) []string {
	if r.Status != access.RequestOpen {
		return nil
	}
	return requester(id, r)
}

func inviteCreator(_ string, i *access.Invite) []string { return []string{i.Creator.String()} }

func membershipOrganization(_ string, m *access.Membership) []string {
	return []string{string(m.Organization)}
}

func membershipUser(_ string, m *access.Membership) []string { return []string{m.User} }

func membershipPair(_ string, m *access.Membership) []string {
	return []string{MembershipPair(m.Organization, m.User)}
}

// MembershipPair is what ByPair holds a membership under. An organization's id
// has no slash, so two pairs never share one.
func MembershipPair(org access.OrganizationID, user string) string {
	return string(org) + "/" + user
}

func roleOrganization(_ string, r *access.Role) []string { return []string{string(r.Organization)} }

func roleType(_ string, r *access.Role) []string { return []string{string(r.ResourceType())} }

func rolePermissions(_ string, r *access.Role) []string {
	var exact []string
	for _, p := range r.Permissions {
		if p.Exact {
			exact = append(exact, p.Action)
		}
	}
	return exact
}

func permissionSlug(_ string, p *access.PermissionDefinition) []string {
	return []string{string(p.Permission)}
}

func permissionType(_ string, p *access.PermissionDefinition) []string {
	return []string{string(p.Type)}
}

func groupOrganization(_ string, g *access.Group) []string { return []string{string(g.Organization)} }

func memberGroup(_ string, m *access.GroupMember) []string { return []string{string(m.Group)} }

func memberMembership(_ string, m *access.GroupMember) []string {
	return []string{string(m.Membership)}
}

func typeParents(_ string, t *access.ResourceType) []string {
	var parents []string
	for _, p := range t.Parents {
		parents = append(parents, string(p))
	}
	return parents
}

func resourceOrganization(_ string, r *access.Resource) []string {
	return []string{string(r.Organization)}
}

func resourceType(_ string, r *access.Resource) []string { return []string{string(r.Type)} }

func resourceSiblingType(_ string, r *access.Resource) []string {
	return []string{SiblingType(r.Organization, r.Type)}
}

// SiblingType is what BySiblingType holds a resource under. Neither part has a
// slash.
func SiblingType(org access.OrganizationID, t access.ResourceTypeID) string {
	return string(org) + "/" + string(t)
}

func resourceParent(_ string, r *access.Resource) []string { return present(string(r.Parent)) }

func resourceExternalID(_ string, r *access.Resource) []string {
	if r.ExternalID == "" { // a root goes by what its organization is called
		return nil
	}
	return []string{ResourceExternalID(r.Organization, r.Type, r.ExternalID), ResourceExternalID("", r.Type, r.ExternalID)}
}

// ResourceExternalID is what ByExternalID holds a resource under, once with its
// organization and once with none. Only the last part may have a slash.
func ResourceExternalID(org access.OrganizationID, t access.ResourceTypeID, externalID string) string {
	return SiblingType(org, t) + "/" + externalID
}

func assignmentSubject(_ string, a *access.Assignment) []string { return []string{a.Subject.String()} }

func assignmentPair(_ string, a *access.Assignment) []string {
	return []string{AssignmentPair(a.Subject, a.Resource)}
}

// AssignmentPair is what ByPair holds an assignment under. The id of a
// registered resource has no slash.
func AssignmentPair(sub access.Subject, res access.ResourceID) string {
	return string(res) + "/" + sub.String()
}

func assignmentResource(_ string, a *access.Assignment) []string { return []string{string(a.Resource)} }

func assignmentRole(_ string, a *access.Assignment) []string { return []string{string(a.Role)} }

func userEmail(_ string, u *access.User) []string { return present(strings.ToLower(u.Email)) }

func userExternalID(_ string, u *access.User) []string { return present(u.ExternalID) }

func organizationExternalID(_ string, o *access.Organization) []string { return present(o.ExternalID) }

func organizationStripe(_ string, o *access.Organization) []string {
	return present(o.StripeCustomerID)
}

func organizationDomains(_ string, o *access.Organization) []string {
	var names []string
	for _, d := range o.Domains {
		names = append(names, d.Name)
	}
	return names
}

func organizationDomainIDs(_ string, o *access.Organization) []string {
	var ids []string
	for _, d := range o.Domains {
		ids = append(ids, d.ID)
	}
	return ids
}

// organizationRoles are those that the organization's own order names.
func organizationRoles(_ string, o *access.Organization) []string {
	ids := present(string(o.Roles.Default))
	for _, id := range o.Roles.Priority {
		ids = append(ids, string(id))
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func apiKeyClient(_ string, k *access.APIKey) []string { return []string{string(k.Client)} }

func customerKeyHash(_ string, k *access.CustomerKey) []string {
	return []string{hex.EncodeToString(k.Hash)}
}

func customerKeyOwner(_ string, k *access.CustomerKey) []string {
	return []string{OwnerOfKey(k.Organization, k.User)}
}

// OwnerOfKey is what ByOwner holds a key under: its user's or, where it has
// none, its organization's.
func OwnerOfKey(org access.OrganizationID, user string) string {
	if user != "" {
		return "user:" + user
	}
	return "organization:" + string(org)
}

func customerKeyOrganization(_ string, k *access.CustomerKey) []string {
	return []string{string(k.Organization)}
}

func customerKeyMembership(_ string, k *access.CustomerKey) []string {
	return present(string(k.Membership))
}

func customerKeyPermissions(_ string, k *access.CustomerKey) []string {
	var slugs []string
	for _, p := range k.Permissions {
		slugs = append(slugs, string(p))
	}
	return slugs
}

func answerHash(_ string, a *access.Answer) []string { return []string{hex.EncodeToString(a.Key)} }

func webhookURL(_ string, e *access.WebhookEndpoint) []string { return []string{e.URL} }

func auditEventOrganization(_ string, e *access.AuditEvent) []string {
	return []string{string(e.Organization)}
}

func auditActionName(_ string, a *access.AuditAction) []string { return []string{a.Name} }

func auditSchemaAction(_ string, s *access.AuditSchema) []string { return []string{s.Action} }

func auditSchemaVersion(_ string, s *access.AuditSchema) []string {
	return []string{AuditSchemaVersion(s.Action, s.Version)}
}

// AuditSchemaVersion is what ByVersion holds a schema under.
func AuditSchemaVersion(action string, version int) string {
	return strconv.Itoa(version) + "/" + action
}

// ImportBatchID is what a batch is stored under: the batches of an import stand
// together, in their order. An import's id has no slash.
func ImportBatchID(id access.ImportID, number int) string {
	return fmt.Sprintf("%s/%016x", id, number)
}

func auditExportOrganization(_ string, x *access.AuditExport) []string {
	return []string{string(x.Organization)}
}

// present is the value, if there is one.
func present(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}
