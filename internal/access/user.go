package access

import "time"

// User is what the realm knows of a user. A user needs no such document to
// hold permissions: it is made when a user is first seen, by a token of a
// trusted issuer, or created through a dialect.
type User struct {
	ID      string    `json:"id"` // as ParseUser reads it
	Name    string    `json:"name,omitzero"`
	Email   string    `json:"email,omitzero"`
	Picture string    `json:"picture,omitzero"`
	Created time.Time `json:"created"` // UTC, whole milliseconds
	// AccessTokenClaims and IdentityClaims are kept for callers that set them.
	AccessTokenClaims []byte `json:"accessTokenClaims,omitempty"` // JSON object
	IdentityClaims    []byte `json:"identityClaims,omitempty"`    // JSON object
}

// Subject is the user as a holder of permissions.
func (u *User) Subject() Subject { return Subject{UserKind, u.ID} }

// Issuer is an OpenID Connect provider whose users' tokens the realm accepts.
type Issuer struct {
	ID       IssuerID `json:"id"`
	URL      string   `json:"url"`      // the tokens' iss, to the letter
	Audience string   `json:"audience"` // must be among the tokens' aud; "*" is any
	// UserID makes the user's id from the token: "{claim}" stands for a claim.
	UserID  string    `json:"userId"`
	Created time.Time `json:"created"`
}

// Organization groups users of the realm, as an Authress tenant does.
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

// Membership is a user's place in an organization.
type Membership struct {
	ID           MembershipID   `json:"id"`
	Organization OrganizationID `json:"organization"`
	User         string         `json:"user"`
	Created      time.Time      `json:"created"`
}
