package access

import (
	"net/url"
	"strings"
	"time"
)

// Bounds of an issuer, in characters.
const (
	MaxIssuers           = 100 // of a realm
	maxIssuerURLLen      = 512
	maxAudienceLen       = 512
	maxUserExpressionLen = 128
)

// AnyAudience as an issuer's audience accepts its tokens whomever they are for.
const AnyAudience = "*"

// DefaultUserExpression makes a user's id of the token's subject.
const DefaultUserExpression = "{sub}"

// Issuer is an OpenID Connect provider whose users' tokens the realm accepts.
// Whoever can sign for it can act as any user that UserID can make.
type Issuer struct {
	ID       IssuerID `json:"id"`
	URL      string   `json:"url"`      // the tokens' iss, to the letter
	Audience string   `json:"audience"` // must be among the tokens' aud; "*" is any
	// UserID makes the user's id from the token: "{claim}" stands for a claim.
	UserID  string    `json:"userId"`
	Created time.Time `json:"created"`
}

// Validate returns an Invalid error that names the field which breaks a rule.
func (i *Issuer) Validate() error {
	if err := validateIssuerURL(i.URL); err != nil {
		return in("issuer", err)
	}
	if i.Audience == "" || len(i.Audience) > maxAudienceLen {
		return Errorf(Invalid, "preferredAudience must be 1 to %d characters long", maxAudienceLen)
	}
	if err := validateText("preferredAudience", i.Audience, maxAudienceLen); err != nil {
		return err
	}
	return in("userIdExpression", validateUserExpression(i.UserID))
}

// validateIssuerURL holds what OpenID Connect Discovery demands of an issuer:
// nothing but a place to which the path of its document can be joined.
func validateIssuerURL(s string) error {
	if len(s) > maxIssuerURLLen {
		return Errorf(Invalid, "the URL must be at most %d characters long", maxIssuerURLLen)
	}
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] > '~' || s[i] == '\\' {
			return Errorf(Invalid, "the URL may have visible ASCII characters only")
		}
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.Opaque != "" {
		return Errorf(Invalid, "%q is not an https:// URL", s)
	}
	if u.User != nil || strings.ContainsAny(s, "?#") {
		return Errorf(Invalid, "the URL may not have a user, a query or a fragment")
	}
	if strings.Contains(u.EscapedPath(), "//") || strings.Contains(u.EscapedPath()+"/", "/../") || strings.Contains(u.EscapedPath()+"/", "/./") {
		return Errorf(Invalid, "the URL's path may not have an empty, . or .. segment")
	}
	return nil
}

// validateUserExpression refuses an expression that would make one user of all,
// that makes no user, or that cannot tell where a claim ends.
func validateUserExpression(expr string) error {
	if expr == "" || len(expr) > maxUserExpressionLen {
		return Errorf(Invalid, "it must be 1 to %d characters long", maxUserExpressionLen)
	}
	parts, ok := splitExpression(expr)
	if !ok {
		return Errorf(Invalid, "%q: a claim stands in braces, as in %s", expr, DefaultUserExpression)
	}
	sample := ""
	for i, p := range parts {
		if p.claim == "" {
			return Errorf(Invalid, "%q must name a claim, and between two claims there must be other characters", expr)
		}
		if i < len(parts)-1 && p.after == "" {
			return Errorf(Invalid, "%q: between two claims there must be other characters", expr)
		}
		sample += p.before + "x" + p.after
	}
	user, err := ParseUser(sample)
	if err != nil {
		return Errorf(Invalid, "%q makes no user id: %v", expr, err)
	}
	if user.Kind != UserKind {
		return Errorf(Invalid, "%q would make service clients, which prove themselves with their own keys", expr)
	}
	return nil
}

// claimPart is a claim of an expression with the text around it: what is before
// belongs to the first claim alone.
type claimPart struct{ before, claim, after string }

// splitExpression returns the claims of an expression, one at least; claim is
// "" where the braces are empty.
func splitExpression(expr string) ([]claimPart, bool) {
	var parts []claimPart
	text, rest, more := strings.Cut(expr, "{")
	if strings.Contains(text, "}") || !more {
		return nil, false
	}
	for more {
		var p claimPart
		var closed bool
		if p.claim, rest, closed = strings.Cut(rest, "}"); !closed || strings.Contains(p.claim, "{") {
			return nil, false
		}
		p.before, text = text, ""
		if p.after, rest, more = strings.Cut(rest, "{"); strings.Contains(p.after, "}") {
			return nil, false
		}
		parts = append(parts, p)
	}
	return parts, true
}

// User makes the user of a token whose claims are text, or numbers written as
// in the token; claim returns "" for any other.
//
// It is an Invalid error if a claim is missing, if the result is no user's id,
// or if it is a client's: nobody becomes a client by a token of an issuer. A
// claim that has in it the character that follows it in the expression is
// refused, as it could stand for another user's two claims.
func (i *Issuer) User(claim func(name string) string) (Subject, error) {
	parts, ok := splitExpression(i.UserID)
	if !ok {
		return Subject{}, Errorf(Invalid, "the expression %q is malformed", i.UserID)
	}
	id := ""
	for n, p := range parts {
		value := claim(p.claim)
		if value == "" {
			return Subject{}, Errorf(Invalid, "the token has no claim %q that is text or a whole number", p.claim)
		}
		if n < len(parts)-1 && (p.after == "" || strings.Contains(value, p.after[:1])) {
			return Subject{}, Errorf(Invalid, "the claim %q holds what ends it in %q", p.claim, i.UserID)
		}
		id += p.before + value + p.after
	}
	user, err := ParseUser(id)
	if err != nil {
		return Subject{}, err
	}
	if user.Kind != UserKind {
		return Subject{}, Errorf(Invalid, "a token of an issuer cannot stand for the service client %q", id)
	}
	return user, nil
}
