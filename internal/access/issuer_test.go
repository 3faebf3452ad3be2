package access_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
)

func TestValidateIssuer(t *testing.T) {
	good := access.Issuer{URL: "https://issuer.example.com", Audience: "*", UserID: "{sub}"}
	for _, tt := range []struct {
		url, audience, userID string // empty: the good one
		want                  bool
	}{
		{"", "", "", true},
		{"https://issuer.example.com/", "", "", true},
		{"https://issuer.example.com:8443/realms/a%20b", "", "", true},
		{"http://127.0.0.1:8080", "", "", true}, // whether it may be fetched is not asked here
		{"issuer.example.com", "", "", false},
		{"//issuer.example.com", "", "", false},
		{"https://", "", "", false},
		{"https:///path", "", "", false},
		{"https:issuer.example.com", "", "", false},
		{"https://:443", "", "", false},
		{"ftp://issuer.example.com", "", "", false},
		{"javascript:alert(1)", "", "", false},
		{"https://user@issuer.example.com", "", "", false},
		{"https://user:password@issuer.example.com", "", "", false},
		{"https://issuer.example.com?tenant=1", "", "", false},
		{"https://issuer.example.com?", "", "", false},
		{"https://issuer.example.com#x", "", "", false},
		{"https://issuer.example.com#", "", "", false},
		{"https://issuer.example.com//a", "", "", false},
		{"https://issuer.example.com/a/../b", "", "", false},
		{"https://issuer.example.com/..", "", "", false},
		{"https://issuer.example.com/a b", "", "", false},
		{"https://issuer.example.com\\@evil.example", "", "", false},
		{"https://issuer.example.com\n", "", "", false},
		{"https://issuér.example.com", "", "", false},
		{" https://issuer.example.com", "", "", false},
		{"https://issuer.example.com/" + strings.Repeat("x", 512), "", "", false},
		{"", "app 1", "", true},
		{"", strings.Repeat("x", 512), "", true},
		{"", strings.Repeat("x", 513), "", false},
		{"", "a\x00b", "", false},
		{"", "", "google|{sub}", true},
		{"", "", "{tid}|{sub}@x", true},
		{"", "", "{https://example.com/id}", true},
		{"", "", "ana", false}, // everybody would be ana
		{"", "", "{}", false},
		{"", "", "{tid}{sub}", false}, // nobody could tell where one ends
		{"", "", "{tid}|{}", false},
		{"", "", "{sub", false},
		{"", "", "sub}", false},
		{"", "", "{{sub}}", false},
		{"", "", "{a{b}}", false},
		{"", "", "x}{sub}", false},
		{"", "", "{sub}|}", false},
		{"", "", "*{sub}", false},
		{"", "", " {sub}", false},
		{"", "", "sc_{sub}", false}, // a client's
		{"", "", "Authress:ServiceClients/sc_{sub}", false},
		{"", "", strings.Repeat("x", 124) + "{sub}", false},
	} {
		i := good
		if tt.url != "" {
			i.URL = tt.url
		}
		if tt.audience != "" {
			i.Audience = tt.audience
		}
		if tt.userID != "" {
			i.UserID = tt.userID
		}
		if err := i.Validate(); (err == nil) != tt.want || err != nil && !errors.Is(err, access.Invalid) {
			t.Errorf("%+v: got %v, want valid %v", i, err, tt.want)
		}
	}
}

func TestIssuerUser(t *testing.T) {
	claims := map[string]string{"sub": "ana", "tid": "t1", "bar": "a|b", "client": "sc_1", "star": "*"}
	for expr, want := range map[string]string{
		"{sub}":         "ana",
		"x|{sub}|y":     "x|ana|y",
		"{tid}|{sub}":   "t1|ana",
		"{tid}|{bar}":   "t1|a|b",
		"{bar}|{tid}":   "", // could be the user {a}|{b|t1}
		"{bar}/{tid}":   "a|b/t1",
		"{none}":        "",
		"{sub}|{none}":  "",
		"{client}":      "",
		"x{client}":     "xsc_1",
		"{star}":        "",
		"{sub":          "",
		"{tid}{sub}":    "",
		"{sub}{none}":   "",
		"{sub} - {tid}": "ana - t1",
	} {
		i := access.Issuer{UserID: expr}
		got, err := i.User(func(name string) string { return claims[name] })
		if got.ID != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %v, %v; want %q", expr, got, err, want)
		}
	}
}

func FuzzIssuerUser(f *testing.F) {
	f.Add("{sub}", "ana")
	f.Add("{a}|{b}", "sc_1")
	f.Add("Authress:ServiceClients/{a}", "sc_1")
	f.Fuzz(func(t *testing.T, expr, claim string) {
		i := access.Issuer{URL: "https://issuer.example.com", Audience: "*", UserID: expr}
		valid := i.Validate() == nil
		user, err := i.User(func(string) string { return claim })
		if err != nil {
			return
		}
		if parsed, err := access.ParseUser(user.ID); err != nil || parsed != user || user.Kind != access.UserKind {
			t.Errorf("expression %q with %q makes %v, %v", expr, claim, user, err)
		}
		if !valid && expr != "" && !strings.Contains(expr, "{") {
			t.Errorf("expression %q makes %v without a claim", expr, user)
		}
	})
}

func TestLearn(t *testing.T) {
	u := access.User{ID: "ana", Name: "Ana", Email: "ana@example.com"}
	for _, tt := range []struct {
		seen access.User
		want access.User
		new  bool
	}{
		{access.User{}, u, false},
		{access.User{Name: "Ana"}, u, false},
		{access.User{Name: "a\x00b"}, u, false},
		{access.User{Name: strings.Repeat("x", 129)}, u, false},
		{access.User{Picture: "https://example.com/a.png"}, access.User{ID: "ana", Name: "Ana", Email: "ana@example.com", Picture: "https://example.com/a.png"}, true},
		{access.User{ID: "ben", Name: "Anna"}, access.User{ID: "ana", Name: "Anna", Email: "ana@example.com"}, true},
	} {
		got := u
		if changed := got.Learn(tt.seen); changed != tt.new || got.ID != tt.want.ID || got.Name != tt.want.Name || got.Email != tt.want.Email || got.Picture != tt.want.Picture {
			t.Errorf("learning %+v: got %+v, %v; want %+v, %v", tt.seen, got, changed, tt.want, tt.new)
		}
	}
}

func TestValidateUser(t *testing.T) {
	big := []byte(`{"x":"` + strings.Repeat("x", 1015) + `"}`) // 1023 bytes
	for _, tt := range []struct {
		user access.User
		want bool
	}{
		{access.User{ID: "ana", AccessTokenClaims: big, IdentityClaims: big}, true},
		{access.User{ID: "ana", AccessTokenClaims: append([]byte(" "), big...)}, false},
		{access.User{ID: "ana", IdentityClaims: append([]byte(" "), big...)}, false},
		{access.User{ID: "sc_a"}, false},
		{access.User{ID: "*"}, false},
		{access.User{ID: "ana", Name: "a\x00"}, false},
		{access.User{ID: "ana", Email: strings.Repeat("x", 255)}, false},
		{access.User{ID: "ana", Picture: strings.Repeat("x", 1025)}, false},
		{access.User{ID: "ana", FirstName: strings.Repeat("é", 128), LastName: "b", Locale: "sr-Latn-RS", ExternalID: "x"}, true},
		{access.User{ID: "ana", FirstName: strings.Repeat("é", 129)}, false},
		{access.User{ID: "ana", LastName: "a\x1b"}, false},
		{access.User{ID: "ana", Locale: "en US"}, false},
		{access.User{ID: "ana", Locale: strings.Repeat("x", 36)}, false},
		{access.User{ID: "ana", ExternalID: "é"}, false},
		{access.User{ID: "ana", Metadata: map[string]string{"k": strings.Repeat("x", 601)}}, false},
	} {
		if err := tt.user.Validate(); (err == nil) != tt.want || err != nil && !isRefusal(err) {
			t.Errorf("%+v: got %v, want valid %v", tt.user, err, tt.want)
		}
	}
}

// isRefusal reports whether the error is one that a caller can mend.
func isRefusal(err error) bool {
	return errors.Is(err, access.Invalid) || errors.Is(err, access.Unprocessable)
}

func TestIsEmail(t *testing.T) {
	for email, want := range map[string]bool{
		"a@b.c": true, "Ana.Müller+x@sub.example.com": true, "o'neil@example.com": true,
		strings.Repeat("x", 242) + "@example.com": true,
		strings.Repeat("x", 243) + "@example.com": false,
		"": false, "a": false, "@b.c": false, "a@": false, "a b@c.d": false, "Ana <a@b.c>": false, "a@b.c,d@e.f": false, "a@b.c\n": false, " a@b.c": false,
	} {
		if got := access.IsEmail(email); got != want {
			t.Errorf("IsEmail(%q) = %v, want %v", email, got, want)
		}
	}
}

func TestValidateOrganization(t *testing.T) {
	domains := func(n int) []access.Domain {
		return slices.Repeat([]access.Domain{{Name: "a.example", State: access.DomainPending}}, n)
	}
	for _, tt := range []struct {
		org  access.Organization
		want bool
	}{
		{access.Organization{ID: "t1"}, true},
		{access.Organization{ID: "a-b_c.d:e", LookupID: "t", Name: strings.Repeat("é", 256), Domains: domains(100), Connection: "con_1"}, true},
		{access.Organization{ID: ""}, false},
		{access.Organization{ID: "a/b"}, false},
		{access.Organization{ID: "a*"}, false},
		{access.Organization{ID: access.OrganizationID(strings.Repeat("x", 129))}, false},
		{access.Organization{ID: "t1", LookupID: strings.Repeat("x", 65)}, false},
		{access.Organization{ID: "t1", LookupID: "a b"}, false},
		{access.Organization{ID: "t1", Name: strings.Repeat("x", 257)}, false},
		{access.Organization{ID: "t1", Domains: domains(101)}, false},
		{access.Organization{ID: "t1", Domains: []access.Domain{{Name: "Example.com", State: access.DomainPending}}}, false},
		{access.Organization{ID: "t1", Domains: []access.Domain{{Name: "a_b.com", State: access.DomainPending}}}, false},
		{access.Organization{ID: "t1", Domains: []access.Domain{{Name: "", State: access.DomainPending}}}, false},
		{access.Organization{ID: "t1", Domains: []access.Domain{{Name: "a.example"}}}, false}, // of no state
		{access.Organization{ID: "t1", ExternalID: "x/y", StripeCustomerID: "cus_1", Metadata: map[string]string{strings.Repeat("k", 40): strings.Repeat("é", 600)}}, true},
		{access.Organization{ID: "t1", ExternalID: strings.Repeat("x", 129)}, false},
		{access.Organization{ID: "t1", StripeCustomerID: strings.Repeat("x", 256)}, false},
		{access.Organization{ID: "t1", Metadata: map[string]string{strings.Repeat("k", 41): "v"}}, false},
		{access.Organization{ID: "t1", Metadata: map[string]string{"k": strings.Repeat("x", 601)}}, false},
		{access.Organization{ID: "t1", Metadata: map[string]string{"k": "\x00"}}, false},
		{access.Organization{ID: "t1", Metadata: map[string]string{"": "v"}}, false},
		{access.Organization{ID: "t1", Connection: strings.Repeat("x", 65)}, false},
		{access.Organization{ID: "t1", TokenConfiguration: []byte(strings.Repeat("x", 1025))}, false},
	} {
		if err := tt.org.Validate(); (err == nil) != tt.want || err != nil && !isRefusal(err) {
			t.Errorf("%+v: got %v, want valid %v", tt.org, err, tt.want)
		}
	}
}
