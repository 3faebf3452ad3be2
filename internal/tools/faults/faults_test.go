package main

import (
	"go/format"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestListFitsTheCode holds that every fault of the list is one of the code as it
// is now. Whether it compiles shows when it is tried.
func TestListFitsTheCode(t *testing.T) {
	text, err := os.ReadFile("faults.txt")
	if err != nil {
		t.Fatal(err)
	}
	l, err := parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(l.faults), 60; got < want {
		t.Errorf("%d faults; want at least %d", got, want)
	}
	t.Chdir(filepath.Join("..", "..", ".."))
	for _, f := range l.faults {
		changed, err := f.apply()
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := format.Source([]byte(changed)); err != nil {
			t.Errorf("%s (line %d of the list) is no Go: %v", f.name, f.line, err)
		}
		if len(l.of(f)) == 0 {
			t.Errorf("%s: no tests are named for %s", f.name, f.file)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct{ what, list, want string }{
		{"no text", "name\nfile.go", "changes nothing"},
		{"nothing new", "name\nfile.go\n-a\n+a", "changes nothing"},
		{"old after new", "name\nfile.go\n-a\n+b\n-c", "want lines"},
		{"no sign", "name\nfile.go\na", "want lines"},
		{"a name twice", "name\nfile.go\n-a\n\nname\nfile.go\n-b", "two faults"},
		{"tests of nothing", "test ./internal/engine", "want a folder"},
	} {
		if _, err := parse(tt.list); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v; want an error with %q", tt.what, err, tt.want)
		}
	}
}

func TestApply(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.go")
	if err := os.WriteFile(file, []byte("one two\n\ntwo three\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ old, is, want string }{
		{"one", "1", "1 two\n\ntwo three\n"},
		{"two\n\ntwo", "2", "one 2 three\n"},
		{"three", "", "one two\n\ntwo \n"},
		{"two", "2", ""}, // twice
		{"four", "4", ""},
	} {
		got, err := fault{name: "x", file: file, old: tt.old, new: tt.is}.apply()
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%q for %q: %q, %v; want %q", tt.is, tt.old, got, err, tt.want)
		}
	}
}
