package packed

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
)

// small is the file of a Base that has one or two of everything, and the Base.
func small(tb testing.TB) ([]byte, *Base) {
	tb.Helper()
	ana, staff := access.Subject{Kind: access.UserKind, ID: "ana"}, access.Subject{Kind: access.GroupKind, ID: "staff"}
	first := Empty()
	w := first.Next(func(Digest) bool { return false }, func(uint32) bool { return false }, 0)
	w.Grant(ana, "docs/1", false, "a,b", first.Digest('r', "r1"), 0)
	w.Grant(staff, "", true, "c", first.Digest('a', "a1"), 0)
	w.Grant(ana, "docs", true, "c", first.Digest('r', "r1"), MaxStatements-1)
	w.Group("staff", true, []access.Subject{ana, {Kind: access.GroupKind, ID: "all"}})
	w.Membership("om_ana", ana, "org_1", true)
	w.Membership("om_ben", access.Subject{Kind: access.ClientKind, ID: "sc_ben"}, "org_2", false)
	w.Join("staff", "om_ana")
	w.Register("page", "plan", Kind{"org_1", "page"})
	w.Register("plan", "", Kind{"org_1", "plan"})
	b := w.Base()
	var file bytes.Buffer
	if err := b.Save(&file); err != nil {
		tb.Fatal(err)
	}
	return file.Bytes(), b
}

// TestSaveIsRepeatable loads what was saved, and saves that.
func TestSaveIsRepeatable(t *testing.T) {
	file, _ := small(t)
	b, err := Load(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := b.Save(&again); err != nil || !bytes.Equal(again.Bytes(), file) {
		t.Errorf("saved again, it is %d other bytes, %v; want the same %d", again.Len(), err, len(file))
	}
	if msg := wrong(b); msg != "" {
		t.Error(msg)
	}
}

// full is a disk that takes so many bytes.
type full struct{ left int }

var errFull = errors.New("full")

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestSaveSaysThatItFailed(t *testing.T) {
	file, b := small(t)
	if err := b.Save(&full{len(file) - 1}); !errors.Is(err, errFull) {
		t.Errorf("saving to a full disk: %v; want %v", err, errFull)
	}
}

// TestLoadOfTruncated loads every beginning of a file.
func TestLoadOfTruncated(t *testing.T) {
	file, _ := small(t)
	for n := range file {
		if _, err := Load(bytes.NewReader(file[:n])); err == nil {
			t.Errorf("the first %d of %d bytes are loaded", n, len(file))
		}
	}
	if _, err := Load(io.LimitReader(bytes.NewReader(file), int64(len(file)))); err != nil {
		t.Errorf("the whole file: %v", err)
	}
}

// TestLoadOfDamaged changes each byte of a file in several ways: what is loaded
// all the same can be asked everything.
func TestLoadOfDamaged(t *testing.T) {
	file, _ := small(t)
	loaded := 0
	for i, was := range file {
		for _, is := range []byte{0, 1, 2, 3, was + 1, was - 1, was + 2, was ^ 0x04, was ^ 0x08, was ^ 0x10, was ^ 0x80, was << 1, was >> 1, 0x7f, 0xff} {
			damaged := bytes.Clone(file)
			damaged[i] = is
			what := fmt.Sprintf("byte %d is %#x, not %#x", i, is, was)
			if tryLoad(t, what, damaged) {
				loaded++
			}
		}
	}
	if loaded == 0 {
		t.Error("nothing that was changed is loaded; want that which is sound, as the test can show nothing otherwise")
	}
}

// tryLoad loads what may be damaged, and reports whether that can be. It asks
// what was loaded everything, and builds the next Base on it.
func tryLoad(t *testing.T, what string, file []byte) (loaded bool) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Fatalf("%s: panic: %v", what, p)
		}
	}()
	b, err := Load(bytes.NewReader(file))
	if err != nil {
		return false
	}
	if msg := wrong(b); msg != "" {
		t.Fatalf("%s: %s", what, msg)
	}
	next := b.Next(func(Digest) bool { return false }, func(uint32) bool { return false }, 0)
	next.Register("more", "", Kind{})
	if after := next.Base(); after != nil {
		if msg := wrong(after); msg != "" {
			t.Fatalf("%s: after that: %s", what, msg)
		}
	}
	return true
}

// TestLoadTakesNoMoreThanThereIs puts lengths into a file that it is much too
// short for.
func TestLoadTakesNoMoreThanThereIs(t *testing.T) {
	file, _ := small(t)
	for i := range len(file) - 8 {
		for _, length := range []uint64{1 << 20, 1<<22 - 1, 1<<32 - 1, 1 << 40} {
			damaged := bytes.Clone(file)
			binary.LittleEndian.PutUint64(damaged[i:], length)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			tryLoad(t, fmt.Sprintf("at %d stands %d", i, length), damaged)
			runtime.ReadMemStats(&after)
			if took := after.TotalAlloc - before.TotalAlloc; took > 8<<20 {
				t.Fatalf("%d bytes, of which those from %d on are %d, took %d bytes of memory", len(file), i, length, took)
			}
		}
	}
}

// FuzzLoad loads whatever bytes: an error, or a Base that can be asked.
func FuzzLoad(f *testing.F) {
	file, _ := small(f)
	f.Add(file)
	f.Add(file[:len(file)/2])
	f.Add([]byte{})
	var empty bytes.Buffer
	if err := Empty().Save(&empty); err != nil {
		f.Fatal(err)
	}
	f.Add(empty.Bytes())
	f.Fuzz(func(t *testing.T, file []byte) { tryLoad(t, fmt.Sprintf("%q", file), file) })
}
