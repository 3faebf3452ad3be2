package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/client"
	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// manyLines are of three batches.
func manyLines() string {
	var b strings.Builder
	b.WriteString(`{"t":"meta","format":"reeve","version":1}` + "\n" + `{"t":"role","id":"r","name":"R","permissions":[{"action":"read","allow":true}]}` + "\n")
	for i := range 10_500 {
		fmt.Fprintf(&b, `{"t":"user","id":"u%d"}`+"\n", i)
	}
	return b.String()
}

func TestImportResumes(t *testing.T) {
	s := servertest.Start(t)
	c, err := client.New(s.URL, s.APIKey)
	if err != nil {
		t.Fatal(err)
	}
	all := manyLines()
	opt := client.ImportOptions{ID: client.NewImportID()}

	// It ends after the first batch.
	ctx, cancel := context.WithCancel(t.Context())
	opt.Progress = func(client.ImportProgress) { cancel() }
	done, err := c.Import(ctx, strings.NewReader(all), opt)
	if want := (client.ImportProgress{Batches: 1, Lines: 5000, Bytes: done.Bytes}); !errors.Is(err, context.Canceled) || done != want {
		t.Fatalf("cut off: %+v, %v; want %+v", done, err, want)
	}

	// Another file is refused, and so is a part of it.
	opt.Progress, opt.Resume = nil, true
	for _, other := range []string{strings.Replace(all, "u17", "v17", 1), all[:1000]} {
		if _, err := c.Import(t.Context(), strings.NewReader(other), opt); err == nil || !strings.Contains(err.Error(), "not what the import") {
			t.Errorf("another file: %v", err)
		}
	}

	// A line that is wrong is named by its place in the file.
	bad := strings.Replace(all, `"u7001"`, `"u 7001*"`, 1)
	if done, err := c.Import(t.Context(), strings.NewReader(bad), opt); err == nil || !strings.Contains(err.Error(), "line 7004: ") || done.Lines != 5000 {
		t.Errorf("a wrong line: %+v, %v; want line 7004", done, err)
	}

	var seen []int
	opt.Progress = func(p client.ImportProgress) { seen = append(seen, p.Lines) }
	done, err = c.Import(t.Context(), strings.NewReader(all), opt)
	if err != nil || done.Lines != 10_502 || done.Batches != 3 || done.Bytes != int64(len(all)) || fmt.Sprint(seen) != "[5000 10000 10502]" {
		t.Fatalf("resumed: %+v, %v, %v", done, seen, err)
	}
	if again, err := c.Import(t.Context(), strings.NewReader(all), opt); err != nil || again != done {
		t.Errorf("resumed when it was done: %+v, %v", again, err)
	}

	var out strings.Builder
	if err := c.Export(t.Context(), &out); err != nil || strings.Count(out.String(), `"t":"user"`) != 10_500 {
		t.Errorf("exported %d users, %v; want 10500", strings.Count(out.String(), `"t":"user"`), err)
	}
}

func TestImportErrors(t *testing.T) {
	s := servertest.Start(t)
	c, err := client.New(s.URL, s.APIKey)
	if err != nil {
		t.Fatal(err)
	}
	broken := io.MultiReader(strings.NewReader("{}\n"), readError{})
	for name, tt := range map[string]struct {
		from io.Reader
		opt  client.ImportOptions
		want string
	}{
		"no id":            {strings.NewReader("{}"), client.ImportOptions{}, "an id"},
		"a wrong id":       {strings.NewReader("{}"), client.ImportOptions{ID: "a/b"}, "importId"},
		"nothing":          {strings.NewReader(""), client.ImportOptions{ID: "a"}, "empty"},
		"a long line":      {strings.NewReader(strings.Repeat("x", 1<<20)), client.ImportOptions{ID: "a"}, "line 1 is longer"},
		"a broken file":    {broken, client.ImportOptions{ID: "a"}, "reading line 2: out of order"},
		"never begun":      {strings.NewReader("{}"), client.ImportOptions{ID: "a", Resume: true}, `no import "a"`},
		"no format at all": {strings.NewReader("hello\n"), client.ImportOptions{ID: "a"}, "line 1: the first line must be"},
	} {
		if done, err := c.Import(t.Context(), tt.from, tt.opt); err == nil || !strings.Contains(err.Error(), tt.want) || done.Lines != 0 {
			t.Errorf("%s: %+v, %v; want an error with %q", name, done, err, tt.want)
		}
	}
}

type readError struct{}

func (readError) Read([]byte) (int, error) { return 0, errors.New("out of order") }
