package kill

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/client"
	"github.com/reeve-authz/reeve/compat/process"
)

// TestKillDuringImport kills the server at random while a file is imported, and
// resumes the import until it is done. Every line must count once: none twice,
// none left out.
func TestKillDuringImport(t *testing.T) {
	const users = 30_000 // each with one assignment: 7 batches
	const kills = 6      // at most
	var lines strings.Builder
	lines.WriteString(`{"t":"meta","format":"reeve","version":1}` + "\n")
	lines.WriteString(`{"t":"role","id":"viewer","name":"Viewer","permissions":[{"action":"read","allow":true}]}` + "\n")
	for i := range users {
		fmt.Fprintf(&lines, `{"t":"assign","subject":"user:u%d","role":"viewer","resource":"docs/%d"}`+"\n", i, i)
	}

	random := newRandom(t)
	dir := t.TempDir()
	ctx := t.Context()
	cut := 0
	for done := false; !done; {
		s := process.StartIn(t, dir)
		c, err := client.New(s.URL(), s.APIKey)
		if err != nil {
			t.Fatal(err)
		}
		var kill sync.Once
		var killed sync.WaitGroup
		applied, err := c.Import(ctx, strings.NewReader(lines.String()), client.ImportOptions{
			ID: "all", Resume: cut > 0,
			Progress: func(client.ImportProgress) { // while the next batch is on its way
				if cut == kills {
					return
				}
				kill.Do(func() {
					after := time.Duration(random.Int64N(int64(lifetime)))
					killed.Go(func() {
						time.Sleep(after)
						s.Kill()
					})
				})
			},
		})
		killed.Wait()
		s.Kill()
		if done = err == nil; !done {
			cut++
		} else if applied.Lines != users+2 {
			t.Fatalf("the import ends with %+v", applied)
		}
	}
	if cut == 0 {
		t.Error("the import was never cut off: this proves nothing")
	}

	s := process.StartIn(t, dir)
	c, err := client.New(s.URL(), s.APIKey)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := c.Export(ctx, &out); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), `"t":"record"`); n != users+1 { // the owner's among them
		t.Errorf("there are %d records, want %d", n, users+1)
	}
	for i := range users {
		if subject := fmt.Sprintf(`"user:u%d"`, i); i%1000 == 0 && strings.Count(out.String(), subject) != 1 {
			t.Errorf("%s is there %d times, want once", subject, strings.Count(out.String(), subject))
		}
	}
	for _, i := range []int{0, 4999, 5000, users - 1} {
		user, res := fmt.Sprintf("u%d", i), fmt.Sprintf("docs/%d", i)
		if ok, err := c.Check(ctx, user, res, "read"); !ok || err != nil {
			t.Errorf("%s: %t, %v; want an allow", user, ok, err)
		}
	}
	t.Logf("cut off %d times", cut)
}
