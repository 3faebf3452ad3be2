package durable_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/reeve-authz/reeve/internal/durable"
)

func TestReplace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path+".tmp", []byte("left behind"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"old", "new"} {
		err := durable.Replace(path, func(w io.Writer) error {
			_, err := io.WriteString(w, content)
			return err
		})
		if got, _ := os.ReadFile(path); err != nil || string(got) != content {
			t.Errorf("%q, %v; want %q", got, err, content)
		}
	}
	refused := errors.New("refused")
	err := durable.Replace(path, func(w io.Writer) error {
		_, _ = io.WriteString(w, "half")
		return refused
	})
	if got, _ := os.ReadFile(path); !errors.Is(err, refused) || string(got) != "new" {
		t.Errorf("after a failure: %q, %v; want the file as it was", got, err)
	}
	if fi, err := os.Stat(path); err != nil || fi.Mode() != 0o600 {
		t.Errorf("%v, %v; want mode 0600", fi.Mode(), err)
	}
	if _, err := os.Stat(path + ".tmp"); !os.IsNotExist(err) {
		t.Errorf("the temporary file: %v; want none", err)
	}
}
