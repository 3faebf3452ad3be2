package access

import "time"

// Bounds of an organization, in characters where nothing else is said.
const (
	maxOrganizationNameLen = 64
	maxLookupIDLen         = 64
	maxDomains             = 10
	maxDomainLen           = 253
	maxConnectionLen       = 64
	maxTokenConfiguration  = 1024 // bytes
)

// Organization groups users of the realm, as an Authress tenant does. It gives
// its users no permission.
type Organization struct {
	ID       OrganizationID `json:"id"`
	LookupID string         `json:"lookupId,omitzero"`
	Name     string         `json:"name,omitzero"`
	Domains  []string       `json:"domains,omitempty"`
	// Connection and TokenConfiguration are kept for callers that set them.
	Connection         string    `json:"connection,omitzero"`
	TokenConfiguration []byte    `json:"tokenConfiguration,omitempty"` // JSON object
	Created            time.Time `json:"created"`
}

// Validate returns an Invalid error that names the field which breaks a rule.
func (o *Organization) Validate() error {
	if _, err := ParseOrganizationID(string(o.ID)); err != nil {
		return err
	}
	if o.LookupID != "" {
		if _, err := parseID[string]("tenantLookupIdentifier", o.LookupID, maxLookupIDLen, "-_.:"); err != nil {
			return err
		}
	}
	if err := validateText("data.name", o.Name, maxOrganizationNameLen); err != nil {
		return err
	}
	if err := atMost("domains", len(o.Domains), maxDomains); err != nil {
		return err
	}
	for i, d := range o.Domains {
		if err := in(at("domains", i), validateDomain(d)); err != nil {
			return err
		}
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

func validateDomain(d string) error {
	if d == "" || len(d) > maxDomainLen {
		return Errorf(Invalid, "domain must be 1 to %d characters long", maxDomainLen)
	}
	for i := 0; i < len(d); i++ {
		if c := d[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '-' {
			return Errorf(Invalid, "domain %q: only lower-case letters, digits, . and - are allowed", d)
		}
	}
	return nil
}

// Membership is a user's place in an organization.
type Membership struct {
	ID           MembershipID   `json:"id"`
	Organization OrganizationID `json:"organization"`
	User         string         `json:"user"`
	Created      time.Time      `json:"created"`
}

// MembershipOf is the id of a user's membership: one for each pair. An
// organization's id has no slash, so two pairs never share one, and the ids of
// an organization's memberships sort by their users.
func MembershipOf(org OrganizationID, user string) MembershipID {
	return MembershipID(string(org) + "/" + user)
}
