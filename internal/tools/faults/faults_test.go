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

// TestRun tries faults of a small module: one that its test notices, one that it
// does not, and what is no fault of it.
func TestRun(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"go.mod":      "module small\n\ngo 1.24\n",
		"add.go":      "package small\n\nfunc add(a, b int) int { return a + b }\n\nfunc twice(a int) int { return 2 * a }\n",
		"add_test.go": "package small\n\nimport \"testing\"\n\nfunc TestAdd(t *testing.T) {\n\tif add(1, 2) != 3 || twice(0) != 0 {\n\t\tt.Error(\"wrong\")\n\t}\n}\n",
		"list": `# A list.

test add.go: .

adds too little
add.go
-a + b
+a - b

twice is thrice
add.go
-2 * a
+3 * a

a sum that does not compile
add.go
-a + b
+a + c

a sum that is not there
add.go
-a + a
+a
`,
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ only, printed, failed string }{
		{"little", "1 of 1 faults killed: 100 %", ""},
		{"little", "--- FAIL: TestAdd", ""},
		{"little|thrice", "SURVIVED", "fewer than 95 %"},
		{"little|compile", "undefined: c", "1 faults of the list prove nothing"},
		{"little|there", "has the text 0 times", "1 faults of the list prove nothing"},
		{"nothing", "", "no fault has such a name"},
	} {
		var out strings.Builder
		err := run(t.Context(), &out, "list", tt.only, 2)
		if !strings.Contains(out.String(), tt.printed) || (err == nil) != (tt.failed == "") || err != nil && !strings.Contains(err.Error(), tt.failed) {
			t.Errorf("%s: %v, after\n%s\nwant an error with %q after %q", tt.only, err, &out, tt.failed, tt.printed)
		}
	}
	if err := os.WriteFile("more_test.go", []byte("package small\n\nimport \"testing\"\n\nfunc TestNever(t *testing.T) { t.Error(\"never\") }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), &strings.Builder{}, "list", "little", 1); err == nil || !strings.Contains(err.Error(), "without any fault") {
		t.Errorf("with a test that always fails: %v; want an error that says so", err)
	}
}
