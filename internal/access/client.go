package access

import "time"

// Bounds of a service client.
const (
	MaxClientKeys     = 5
	MaxPublicKeyLen   = 256 // characters, as uploaded
	maxClientNameLen  = 128
	maxRateLimitRules = 1
)

// ServiceClient is a program that calls this server. It is a Subject of kind
// client and proves itself with one of its access keys.
type ServiceClient struct {
	ID      ClientID          `json:"id"`
	Name    string            `json:"name,omitzero"`
	Created time.Time         `json:"created"` // UTC, whole milliseconds
	Options ClientOptions     `json:"options,omitzero"`
	Limits  []RateLimit       `json:"limits,omitempty"`
	Keys    []AccessKey       `json:"keys,omitempty"`
	Tags    map[string]string `json:"tags,omitempty"`
}

// ClientOptions are rights of a client that no record gives.
type ClientOptions struct {
	// ChecksUsers lets the client ask what any user may do.
	ChecksUsers bool `json:"checksUsers,omitzero"`
	// IssuesTokens is kept for callers that set it and gives nothing: this
	// server issues no user tokens.
	IssuesTokens bool `json:"issuesTokens,omitzero"`
}

// RateLimit bounds a client's requests in a sliding window.
type RateLimit struct {
	Duration string `json:"duration"` // ISO 8601: PT0S, PT5M, PT1H, P1D or P1M
	Quota    int    `json:"quota"`    // 100, 1000, 100000 or 1000000
}

// AccessKey is the public half of an Ed25519 key that proves its client. A key
// id is never used again.
type AccessKey struct {
	ID      KeyID     `json:"id"`
	Created time.Time `json:"created"` // UTC, whole milliseconds
	Public  []byte    `json:"public"`  // the 32 bytes of the key
	Written string    `json:"written"` // the key as it was uploaded, or as we encode it
}

// Subject is the client as a holder of permissions.
func (c *ServiceClient) Subject() Subject { return Subject{ClientKind, string(c.ID)} }

// Key returns the client's key of that id, or nil.
func (c *ServiceClient) Key(id KeyID) *AccessKey {
	for i := range c.Keys {
		if c.Keys[i].ID == id {
			return &c.Keys[i]
		}
	}
	return nil
}

// Validate returns an Invalid error that names the field which breaks a rule.
func (c *ServiceClient) Validate() error {
	if _, err := ParseClientID(string(c.ID)); err != nil {
		return err
	}
	if err := validateText("name", c.Name, maxClientNameLen); err != nil {
		return err
	}
	if err := atMost("rateLimits", len(c.Limits), maxRateLimitRules); err != nil {
		return err
	}
	for i, l := range c.Limits {
		if err := in(at("rateLimits", i), l.validate()); err != nil {
			return err
		}
	}
	return validateTags(c.Tags)
}

func (l RateLimit) validate() error {
	switch l.Duration {
	case "PT0S", "PT5M", "PT1H", "P1D", "P1M":
	default:
		return Errorf(Invalid, "duration must be PT0S, PT5M, PT1H, P1D or P1M")
	}
	switch l.Quota {
	case 100, 1000, 100_000, 1_000_000:
		return nil
	}
	return Errorf(Invalid, "quota must be 100, 1000, 100000 or 1000000")
}

// APIKey is a secret that proves a client without a signature. Only the
// SHA-256 of the secret is kept.
type APIKey struct {
	ID         APIKeyID  `json:"id"`
	Name       string    `json:"name"`
	Client     ClientID  `json:"client"`     // whom it proves
	Hash       []byte    `json:"hash"`       // 32 bytes
	Obfuscated string    `json:"obfuscated"` // the end of the secret, by which people know it
	Created    time.Time `json:"created"`
	Expires    time.Time `json:"expires,omitzero"` // zero: never
	// Own says that the client was made for the key, and goes with it; Record is
	// what gives the client its permissions, if anything was given.
	Own    bool     `json:"own,omitzero"`
	Record RecordID `json:"record,omitzero"`
}

// Expired reports whether the key is past its end.
func (k *APIKey) Expired(now time.Time) bool { return expired(k.Expires, now) }

// Validate returns an Unprocessable error that names the field which breaks a
// rule.
func (k *APIKey) Validate() error { return validateFieldName(k.Name) }

// DefaultRealm is the realm that the first start makes. What needs no
// credential and names no client is answered for it.
const DefaultRealm RealmID = "default"

// Realm isolates one customer of this server from every other. A credential
// belongs to exactly one realm.
type Realm struct {
	ID        RealmID   `json:"id"`
	AccountID string    `json:"accountId"` // the realm's name in access keys and tokens, "acc_…"
	Name      string    `json:"name"`
	Created   time.Time `json:"created"`
	CursorKey []byte    `json:"cursorKey"` // 32 random bytes that encrypt the realm's page cursors
	// PublicPermissions are what a public resource gives everyone, beside
	// PublicPermission.
	PublicPermissions []Permission `json:"publicPermissions,omitempty"`
	Roles             RoleOrder    `json:"roles,omitzero"` // of organizations that have none of their own
	// MultipleRoles lets a membership have several roles on its organization.
	MultipleRoles bool `json:"multipleRoles,omitzero"`
	// MaxResourceDepth bounds the levels of registered resources below an
	// organization; DefaultResourceDepth if zero.
	MaxResourceDepth int `json:"maxResourceDepth,omitzero"`
}

// ValidateRealmName returns an Unprocessable error unless the realm's name is
// right.
func ValidateRealmName(name string) error { return validateFieldName(name) }

// DefaultResourceDepth is how many levels of resources stand below an
// organization where the realm says nothing. Source: the limit that WorkOS
// documents. MaxResourceDepth is ours: a check looks at every level.
const (
	DefaultResourceDepth = 5
	MaxResourceDepth     = 32
)
