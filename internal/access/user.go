package access

import (
	"net/mail"
	"time"
	"unicode/utf8"
)

// Bounds of what is known of a user, in characters; of claims in bytes.
const (
	maxUserNameLen    = 128
	maxUserEmailLen   = 254
	maxUserPictureLen = 1024
	maxLocaleLen      = 35   // Source: RFC 5646, 4.4.1
	maxUserClaimBytes = 1023 // the Authress API wants less than 1024
)

// User is what the realm knows of a user. A user needs no such document to
// hold permissions: it is made when a user is first seen, by a token of a
// trusted issuer.
type User struct {
	ID      string    `json:"id"` // as ParseUser reads it
	Name    string    `json:"name,omitzero"`
	Email   string    `json:"email,omitzero"`
	Picture string    `json:"picture,omitzero"`
	Created time.Time `json:"created"` // UTC, whole milliseconds
	Updated time.Time `json:"updated,omitzero"`

	EmailVerified bool              `json:"emailVerified,omitzero"`
	FirstName     string            `json:"firstName,omitzero"`
	LastName      string            `json:"lastName,omitzero"`
	ExternalID    string            `json:"externalId,omitzero"` // unique in the realm
	Locale        string            `json:"locale,omitzero"`
	Metadata      map[string]string `json:"metadata,omitempty"`
	// AccessTokenClaims and IdentityClaims are kept for callers that set them.
	AccessTokenClaims []byte `json:"accessTokenClaims,omitempty"` // JSON object
	IdentityClaims    []byte `json:"identityClaims,omitempty"`    // JSON object
}

// Subject is the user as a holder of permissions.
func (u *User) Subject() Subject { return Subject{UserKind, u.ID} }

// Validate returns an Invalid or Unprocessable error that names the field which
// breaks a rule.
func (u *User) Validate() error {
	if s, err := ParseUser(u.ID); err != nil {
		return err
	} else if s.Kind != UserKind {
		return Errorf(Invalid, "userId %q is a service client", u.ID)
	}
	for _, text := range []struct {
		field, value string
		maxLen       int
	}{
		{"name", u.Name, maxUserNameLen},
		{"first_name", u.FirstName, maxUserNameLen},
		{"last_name", u.LastName, maxUserNameLen},
		{"email", u.Email, maxUserEmailLen},
		{"picture", u.Picture, maxUserPictureLen},
	} {
		if err := validateField(text.field, text.value, text.maxLen); err != nil {
			return err
		}
	}
	if !isLocale(u.Locale) {
		return Errorf(Invalid, "locale must be a language tag like en-US, of at most %d characters", maxLocaleLen).Because(InvalidLocale)
	}
	if u.ExternalID != "" {
		if err := ValidateExternalID("external_id", u.ExternalID); err != nil {
			return err
		}
	}
	if err := validateMetadata(u.Metadata); err != nil {
		return err
	}
	if len(u.AccessTokenClaims) > maxUserClaimBytes {
		return Errorf(Invalid, "defaultAccessTokenClaims must take less than %d bytes", maxUserClaimBytes+1)
	}
	if len(u.IdentityClaims) > maxUserClaimBytes {
		return Errorf(Invalid, "defaultUserIdentityClaims must take less than %d bytes", maxUserClaimBytes+1)
	}
	return nil
}

// InvalidLocale is the reason of an error about a locale.
const InvalidLocale Reason = "invalid_locale"

// isLocale reports whether s could be a language tag, or is empty.
func isLocale(s string) bool {
	for i := 0; i < len(s); i++ {
		if !alphanumeric(s[i]) && s[i] != '-' && s[i] != '_' {
			return false
		}
	}
	return len(s) <= maxLocaleLen
}

// IsEmail reports whether s could be an email address. Only a message that
// arrives could tell more.
func IsEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && utf8.RuneCountInString(s) <= maxUserEmailLen
}

// Learn takes over what seen says and u does not, and reports whether that
// changed u. What seen leaves open stays, as tokens of one user do not all say
// the same; so does what would not be valid.
func (u *User) Learn(seen User) bool {
	before := *u
	learn := func(field *string, s string, maxLen int) {
		if s != "" && validateText("", s, maxLen) == nil {
			*field = s
		}
	}
	learn(&u.Name, seen.Name, maxUserNameLen)
	learn(&u.Email, seen.Email, maxUserEmailLen)
	learn(&u.Picture, seen.Picture, maxUserPictureLen)
	if u.Email != before.Email {
		u.EmailVerified = false
	}
	return u.Name != before.Name || u.Email != before.Email || u.Picture != before.Picture
}
