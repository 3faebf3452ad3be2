package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/tools/bench/workload"
)

// program is the server's; set by TestMain.
var program string

// TestMain finds or builds the server, and stands in for the tool's main where
// the tool starts itself.
func TestMain(m *testing.M) {
	did, err := runAsPart(os.Args[1:])
	code := 0
	if !did {
		code, err = runTests(m)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runTests(m *testing.M) (int, error) {
	if program = os.Getenv("REEVE_BIN"); program != "" {
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "reeve-bin")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "reeve")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/reeve-authz/reeve/cmd/reeve").CombinedOutput(); err != nil {
		return 1, fmt.Errorf("building the server: %w\n%s", err, out)
	}
	return m.Run(), nil
}

var tiny = workload.Shape{
	Orgs: 2, Users: 30, Groups: 10, Projects: 2, Folders: 3, Documents: 4, Grants: 120,
	Checks: 1000, Lists: 20, Writes: 40, Seed: 3,
}

var quick = plan{round: 100 * time.Millisecond, rounds: 2, pace: 200}

func generate(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := workload.Generate(dir, tiny); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A whole run, small: every part of it gives a number.
func TestMeasureSize(t *testing.T) {
	s, err := measureSize(program, generate(t), "S", quick, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	if s.Assignments != 240 || s.Lines <= 240 {
		t.Errorf("%d assignments in %d lines, want 240 in more", s.Assignments, s.Lines)
	}
	// In batches at first and after each of four starts, by themselves, and lists.
	if want := 6*1000 + 40; s.Verified != want {
		t.Errorf("%d answers were verified, want %d", s.Verified, want)
	}
	r := Result{Sizes: []Size{s}}
	for _, section := range sections() {
		for _, row := range section.rows {
			switch v := row.value(r, s); {
			case strings.Contains(row.what, "allocations"), strings.Contains(row.what, "growth"), strings.Contains(row.what, "meanwhile"):
			case strings.Contains(row.what, "CPU"), strings.Contains(row.what, "above"): // rounds are shorter than the clock is fine
			case !(v > 0):
				t.Errorf("%s, %s: %v", section.title, row.what, v)
			}
		}
	}
}

// A wrong answer ends the run, and is named.
func TestWrongAnswers(t *testing.T) {
	for _, tt := range []struct{ file, old, altered, want string }{
		{"checks.jsonl", `"allow":true`, `"allow":false`, "1 answers are wrong"},
		{"checks.jsonl", `"allow":false`, `"allow":true`, "expected true"},
		{"lists.jsonl", `"sha256":"`, `"sha256":"0`, "list_resources of user:o"},
		{"lists.jsonl", `"t":"list_users","permission":"read"`, `"t":"list_users","permission":"none"`, "list_users of"},
	} {
		dir := generate(t)
		path := filepath.Join(dir, tt.file)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		altered := strings.Replace(string(text), tt.old, tt.altered, 1)
		if altered == string(text) {
			t.Fatalf("%s has no %s", tt.file, tt.old)
		}
		if err := os.WriteFile(path, []byte(altered), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = measureSize(program, dir, "S", quick, t.Logf)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s with %s: %v, want %q", tt.file, tt.altered, err, tt.want)
		}
	}
}
