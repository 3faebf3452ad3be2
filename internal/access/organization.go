package access

import "time"

// Bounds of an organization, in characters where nothing else is said.
const (
	maxOrganizationNameLen = 256
	maxLookupIDLen         = 64
	maxDomains             = 100
	maxDomainLen           = 253
	maxConnectionLen       = 64
	maxStripeCustomerIDLen = 255
	maxTokenConfiguration  = 1024 // bytes
)

// Organization groups users of the realm: an Authress tenant, a WorkOS
// organization. It gives its users nothing by itself; roles that their
// memberships are assigned on its resources do.
type Organization struct {
	ID       OrganizationID `json:"id"`
	LookupID string         `json:"lookupId,omitzero"`
	Name     string         `json:"name,omitzero"`
	Domains  []Domain       `json:"domains,omitempty"`
	Root     ResourceID     `json:"root"` // the organization itself as a resource
	Roles    RoleOrder      `json:"roles,omitzero"`
	Created  time.Time      `json:"created"`
	Updated  time.Time      `json:"updated,omitzero"`

	// What follows is kept for callers that set it.
	Connection         string            `json:"connection,omitzero"`
	TokenConfiguration []byte            `json:"tokenConfiguration,omitempty"` // JSON object
	ExternalID         string            `json:"externalId,omitzero"`          // unique in the realm
	Metadata           map[string]string `json:"metadata,omitempty"`
	StripeCustomerID   string            `json:"stripeCustomerId,omitzero"` // unique in the realm
}

// Domain is a domain name of an organization, which has it once. Other
// organizations may have the same.
type Domain struct {
	ID      string      `json:"id"` // "org_domain_" and a ULID
	Name    string      `json:"name"`
	State   DomainState `json:"state"`
	Token   string      `json:"token,omitzero"` // that a DNS record is to show to prove the domain
	Created time.Time   `json:"created"`
	Updated time.Time   `json:"updated"`
}

// DomainPrefix begins the DNS record that shows a domain's token.
const DomainPrefix = "reeve-domain-verification"

// DomainState says whether a domain was proved to be the organization's.
type DomainState string

// The states of a domain.
const (
	DomainPending  DomainState = "pending"
	DomainVerified DomainState = "verified"
	DomainFailed   DomainState = "failed"
)

// Validate returns an Invalid or Unprocessable error that names the field which
// breaks a rule.
func (o *Organization) Validate() error {
	if _, err := ParseOrganizationID(string(o.ID)); err != nil {
		return err
	}
	if o.LookupID != "" {
		if _, err := parseID[string]("tenantLookupIdentifier", o.LookupID, maxLookupIDLen, "-_.:"); err != nil {
			return err
		}
	}
	if err := validateField("name", o.Name, maxOrganizationNameLen); err != nil {
		return err
	}
	if len(o.Domains) > maxDomains {
		return FieldErrorf("domains", "too_many_domains", "an organization has at most %d domains", maxDomains)
	}
	for _, d := range o.Domains {
		if err := d.validate(); err != nil {
			return err
		}
	}
	if o.ExternalID != "" {
		if err := ValidateExternalID("external_id", o.ExternalID); err != nil {
			return err
		}
	}
	if err := validateField("stripe_customer_id", o.StripeCustomerID, maxStripeCustomerIDLen); err != nil {
		return err
	}
	if err := validateMetadata(o.Metadata); err != nil {
		return err
	}
	if o.Connection != "" {
		if _, err := parseID[string]("connection.connectionId", o.Connection, maxConnectionLen, "-_.:"); err != nil {
			return err
		}
	}
	if len(o.TokenConfiguration) > maxTokenConfiguration {
		return Errorf(Invalid, "tokenConfiguration must take at most %d bytes", maxTokenConfiguration)
	}
	return nil
}

func (d *Domain) validate() error {
	if d.Name == "" || len(d.Name) > maxDomainLen {
		return FieldErrorf("domain", "invalid_domain", "a domain must be 1 to %d characters long", maxDomainLen)
	}
	for i := 0; i < len(d.Name); i++ {
		if c := d.Name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '-' {
			return FieldErrorf("domain", "invalid_domain", "the domain %q: only lower-case letters, digits, . and - are allowed", d.Name)
		}
	}
	if d.State != DomainPending && d.State != DomainVerified && d.State != DomainFailed {
		return FieldErrorf("state", "invalid_state", "the state of a domain must be %s or %s", DomainPending, DomainVerified)
	}
	return nil
}

// Membership is a user's place in an organization: one for each pair.
type Membership struct {
	ID           MembershipID     `json:"id"` // "om_" and a ULID
	Organization OrganizationID   `json:"organization"`
	User         string           `json:"user"`
	Status       MembershipStatus `json:"status"`
	Created      time.Time        `json:"created"`
	Updated      time.Time        `json:"updated"`
}

// MembershipStatus says whether a membership gives its user anything.
type MembershipStatus string

// The states of a membership. Only an active one gives what it holds.
const (
	MembershipActive   MembershipStatus = "active"
	MembershipInactive MembershipStatus = "inactive"
	MembershipPending  MembershipStatus = "pending"
)

// Subject is the membership as a holder of permissions.
func (m *Membership) Subject() Subject { return Subject{MembershipKind, string(m.ID)} }

// UserSubject is the user whose membership it is.
func (m *Membership) UserSubject() Subject { return Subject{UserKind, m.User} }
