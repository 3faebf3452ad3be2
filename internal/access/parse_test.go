package access_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
)

// long is n times "a".
func long(n int) string { return strings.Repeat("a", n) }

// deep is a resource of n segments.
func deep(n int) string { return strings.TrimSuffix(strings.Repeat("a/", n), "/") }

// TestParseResourceURI: an empty want means refused.
func TestParseResourceURI(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"documents", "documents"},
		{"documents/1", "documents/1"},
		{"/documents/1", "documents/1"},
		{"documents/1/", "documents/1"},
		{"/documents/1/", "documents/1"},
		{"Documents/a", "Documents/a"},
		{"*", "*"}, {"/*", "*"}, {"*/", "*"},
		{"documents/*", "documents/*"}, {"a/*/b/*", "a/*/b/*"}, {"*/a", "*/a"}, {"*/*", "*/*"},
		{"*/*/*/*", "*/*/*/*"}, {"a:*/b:*/*:c/*", "a:*/b:*/*:c/*"}, {"*/*/*/*/*", ""}, {"a:*:*/b:*:*/*", ""}, // too many wildcards
		{"ns:*", "ns:*"}, {"*:a", "*:a"}, {"ns:*:a", "ns:*:a"}, {"*:*", "*:*"},
		{"svc:", "svc:"}, {"svc:/users/1", "svc:/users/1"}, {"a::b", "a::b"}, {"*:", "*:"},
		{"Authress:Roles/ro_1", "Authress:Roles/ro_1"},
		{"-_.+=~|@", "-_.+=~|@"}, {"...", "..."}, {".a", ".a"}, {"a.", "a."}, {"..:", "..:"},
		{long(512), long(512)}, {deep(15), deep(15)}, {deep(15) + "/*", deep(15) + "/*"},
		{"/" + deep(15) + "/*/", deep(15) + "/*"},

		{"", ""}, {"/", ""}, {"//", ""}, {"///", ""}, {"//a", ""}, {"a//", ""}, {"a//b", ""},
		{".", ""}, {"..", ""}, {"a/./b", ""}, {"a/../b", ""}, {"../a", ""}, {"a/..", ""},
		{":", ""}, {":a", ""}, {"a/:b", ""},
		{"a*", ""}, {"*a", ""}, {"a*b", ""}, {"**", ""}, {"a/**", ""}, {"ns:a*", ""}, {"ns:**", ""}, {"documents/pre*", ""},
		{"a b", ""}, {" a", ""}, {"a ", ""}, {"a%2Fb", ""}, {`a\b`, ""}, {"a?b", ""}, {"a#b", ""}, {"a,b", ""},
		{"a\x00", ""}, {"a\n", ""}, {"a\tb", ""}, {"é", ""}, {"a\u202eb", ""}, {"\xff", ""}, {"\u212a", ""},
		{long(513), ""}, {"/" + long(512), ""}, {deep(16), ""}, {deep(16) + "/*", ""}, {deep(15) + "/ns:*", ""},
	} {
		got, err := access.ParseResourceURI(tt.in)
		if string(got) != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("ParseResourceURI(%q) = %q, %v; want %q", tt.in, got, err, tt.want)
		}
		if err != nil && !errors.Is(err, access.Invalid) {
			t.Errorf("ParseResourceURI(%q): %v is not Invalid", tt.in, err)
		}
	}
}

func TestParsePermission(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"read", "read"}, {"READ", "read"}, {"documents:Read", "documents:read"}, {"a-b_c:1", "a-b_c:1"},
		{"*", "*"}, {"documents:*", "documents:*"}, {"*:read", "*:read"}, {"a:*:b", "a:*:b"}, {"*:*", "*:*"},
		{long(64), long(64)},

		{"", ""}, {":", ""}, {"a:", ""}, {":a", ""}, {"a::b", ""}, {"a*", ""}, {"*a", ""}, {"**", ""}, {"a:b*", ""},
		{"a.b", ""}, {"a/b", ""}, {"a b", ""}, {" a", ""}, {"a\n", ""}, {"a\x00", ""}, {"é", ""},
		{"\u212aey", ""}, {"\u0131d", ""}, {"ſ", ""}, // what Unicode, unlike ASCII, folds to k, i and s
		{long(65), ""},
	} {
		got, err := access.ParsePermission(tt.in)
		if string(got) != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("ParsePermission(%q) = %q, %v; want %q", tt.in, got, err, tt.want)
		}
		if err != nil && !errors.Is(err, access.Invalid) {
			t.Errorf("ParsePermission(%q): %v is not Invalid", tt.in, err)
		}
	}
}

func TestParseUser(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"ana", "user:ana"}, {"Ana", "user:Ana"}, {"auth0|1", "user:auth0|1"}, {"a/b c~d:e@f.g+h-i_j", "user:a/b c~d:e@f.g+h-i_j"},
		{"grp_a", "user:grp_a"}, {"me", "user:me"}, {long(128), "user:" + long(128)},
		{"sc_bot", "client:sc_bot"}, {"Authress:ServiceClients/sc_bot", "client:sc_bot"},
		{"Sc_bot", "user:Sc_bot"}, {"xsc_bot", "user:xsc_bot"},
		{"Authress:ServiceClients/bot", "user:Authress:ServiceClients/bot"},
		{"authress:serviceclients/sc_bot", "user:authress:serviceclients/sc_bot"},

		{"", ""}, {" ana", ""}, {"ana ", ""}, {" ", ""}, {"a\tb", ""}, {"a\nb", ""}, {"a\r", ""}, {"a\x00", ""}, {"\v", ""},
		{"*", ""}, {"a*", ""}, {"a,b", ""}, {`a\b`, ""}, {"a%b", ""}, {"a=b", ""}, {"é", ""}, {"a\u200bb", ""}, {"\xff", ""},
		{"sc_b|t", ""}, {"sc_b t", ""}, {"sc_" + long(62), ""}, {"Authress:ServiceClients/sc_b/t", ""},
		{long(129), ""},
	} {
		got, err := access.ParseUser(tt.in)
		text := got.String()
		if err != nil {
			text = ""
		}
		if text != tt.want {
			t.Errorf("ParseUser(%q) = %q, %v; want %q", tt.in, got, err, tt.want)
		}
		if err != nil && (got != access.Subject{} || !errors.Is(err, access.Invalid)) {
			t.Errorf("ParseUser(%q) = %q, %v; want an Invalid error alone", tt.in, got, err)
		}
	}
}

// id is a parser of ids and a restatement of its grammar.
type id struct {
	what    string
	parse   func(string) (string, error)
	grammar *regexp.Regexp
	yes, no []string
}

var ids = []id{
	{
		"RoleID", func(s string) (string, error) { id, err := access.ParseRoleID(s); return string(id), err },
		regexp.MustCompile(`\A[a-zA-Z0-9\-._:@]{1,64}\z`),
		[]string{"ro_1", "Authress:Owner", "a-b.c_d:e@f", long(64)},
		[]string{"a|b", "a/b", "a~b", long(65)},
	},
	{
		"RecordID", func(s string) (string, error) { id, err := access.ParseRecordID(s); return string(id), err },
		regexp.MustCompile(`\A[a-zA-Z0-9\-_:|~]{1,100}\z`),
		[]string{"rec_A:acc:U:auth0|1~", "a-b", long(100)},
		[]string{"a.b", "a@b", "a/b", long(101)},
	},
	{
		"GroupID", func(s string) (string, error) { id, err := access.ParseGroupID(s); return string(id), err },
		regexp.MustCompile(`\Agrp_[a-zA-Z0-9\-_]{1,60}\z`),
		[]string{"grp_a", "grp_-", "grp__", "grp_" + long(60)},
		[]string{"a", "grp_", "Grp_a", "GRP_A", " grp_a", "grp_a.b", "grp_a:b", "grp_" + long(61)},
	},
}

func TestParseIDs(t *testing.T) {
	never := []string{"", " ", "a b", "*", "a*", "a,b", `a\b`, "a\n", "a\x00", "é", "\xff", "a%b"}
	for _, tt := range ids {
		for _, s := range tt.yes {
			if got, err := tt.parse(s); got != s || err != nil {
				t.Errorf("Parse%s(%q) = %q, %v; want it back", tt.what, s, got, err)
			}
		}
		for _, s := range slices.Concat(tt.no, never) {
			if got, err := tt.parse(s); got != "" || !errors.Is(err, access.Invalid) {
				t.Errorf("Parse%s(%q) = %q, %v; want an Invalid error", tt.what, s, got, err)
			}
		}
	}
}

// The grammars once more, as patterns. Go's engine takes linear time.
var (
	uriGrammar = regexp.MustCompile(`\A` + segment + `(/` + segment + `)*\z`)
	permission = regexp.MustCompile(`\A(\*|[a-zA-Z0-9_-]+)(:(\*|[a-zA-Z0-9_-]+))*\z`)
	userID     = regexp.MustCompile(`\A[a-zA-Z0-9+._|/~:@-]([a-zA-Z0-9+._|/~:@ -]*[a-zA-Z0-9+._|/~:@-])?\z`)
	clientID   = regexp.MustCompile(`\Asc_[a-zA-Z0-9_-]{0,61}\z`)
)

const segment = `(\*|[a-zA-Z0-9\-_.+=~|@]+)(:(\*|[a-zA-Z0-9\-_.+=~|@]*))*`

func FuzzParseResourceURI(f *testing.F) {
	for _, s := range []string{
		"documents/1", "/a/", "//", "*", "a/*", "ns:*/b", "svc:", "a::b", ":a", "a*", "..", "a/./b", deep(15) + "/*", deep(16), long(513), "é",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := access.ParseResourceURI(s)
		normal := strings.TrimSuffix(strings.TrimPrefix(s, "/"), "/")
		segs := strings.Split(normal, "/")
		count := len(segs)
		if segs[count-1] == "*" {
			count--
		}
		legal := len(s) <= 512 && uriGrammar.MatchString(normal) && count <= 15 &&
			!slices.Contains(segs, ".") && !slices.Contains(segs, "..")
		if legal != (err == nil) || legal && string(got) != normal || !legal && got != "" {
			t.Fatalf("ParseResourceURI(%q) = %q, %v; legal: %v", s, got, err, legal)
		}
		if again, err := access.ParseResourceURI(string(got)); legal && (again != got || err != nil) {
			t.Fatalf("ParseResourceURI(%q) = %q, %v; want it back", got, again, err)
		}
		if got.HasWildcard() != strings.Contains(string(got), "*") {
			t.Fatalf("%q.HasWildcard() = %v", got, got.HasWildcard())
		}
	})
}

func FuzzParsePermission(f *testing.F) {
	for _, s := range []string{"documents:read", "READ", "*", "a:*:b", "a:", ":", "a::b", "a*", "\u212a", long(65)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := access.ParsePermission(s)
		legal := len(s) <= 64 && permission.MatchString(s)
		if legal != (err == nil) || !legal && got != "" || legal && !strings.EqualFold(string(got), s) {
			t.Fatalf("ParsePermission(%q) = %q, %v; legal: %v", s, got, err, legal)
		}
		if again, err := access.ParsePermission(string(got)); legal && (again != got || err != nil) {
			t.Fatalf("ParsePermission(%q) = %q, %v; want it back", got, again, err)
		}
		if strings.ContainsAny(string(got), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
			t.Fatalf("ParsePermission(%q) = %q has capitals", s, got)
		}
	})
}

func FuzzParseUser(f *testing.F) {
	for _, s := range []string{"ana", "auth0|1", "a b", " a", "a ", "sc_bot", "sc_", "sc_b|t", "Authress:ServiceClients/sc_b", "Authress:ServiceClients/", long(129), "a\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := access.ParseUser(s)
		legal := len(s) <= 128 && userID.MatchString(s)
		want := access.Subject{Kind: access.UserKind, ID: s}
		if client := strings.TrimPrefix(s, "Authress:ServiceClients/"); strings.HasPrefix(client, "sc_") {
			legal = legal && clientID.MatchString(client)
			want = access.Subject{Kind: access.ClientKind, ID: client}
		}
		if !legal {
			want = access.Subject{}
		}
		if legal != (err == nil) || got != want {
			t.Fatalf("ParseUser(%q) = %v, %v; want %v", s, got, err, want)
		}
		if again, err := access.ParseUser(got.ID); legal && (again != got || err != nil) {
			t.Fatalf("ParseUser(%q) = %v, %v; want %v", got.ID, again, err, got)
		}
	})
}

func FuzzParseIDs(f *testing.F) {
	for _, tt := range ids {
		for _, s := range slices.Concat(tt.yes, tt.no) {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, tt := range ids {
			got, err := tt.parse(s)
			if legal := tt.grammar.MatchString(s); legal != (err == nil) || legal && got != s || !legal && got != "" {
				t.Fatalf("Parse%s(%q) = %q, %v; legal: %v", tt.what, s, got, err, legal)
			}
		}
	})
}
