package server

import (
	"runtime/debug"
	"testing"
)

func TestGCPercent(t *testing.T) {
	for _, tt := range []struct {
		live, headroom uint64
		want           int
	}{
		{0, 32 << 20, 800}, {8 << 20, 32 << 20, 400}, {32 << 20, 32 << 20, 100}, {64 << 20, 32 << 20, 50},
		{128 << 20, 256 << 20, 200}, {1 << 40, 32 << 20, 1},
	} {
		if got := gcPercent(tt.live, tt.headroom); got != tt.want {
			t.Errorf("with %d bytes live and %d to spare: %d, want %d", tt.live, tt.headroom, got, tt.want)
		}
	}
}

func TestNextHeadroom(t *testing.T) {
	for _, tt := range []struct {
		what                string
		was                 uint64
		collecting, working float64
		want                uint64
	}{
		{"costly", 32 << 20, 0.3, 0.7, 64 << 20},
		{"costly, and as much as there may be", mostHeadroom, 0.3, 0.7, mostHeadroom},
		{"neither", 64 << 20, 0.05, 0.95, 64 << 20},
		{"cheap", 128 << 20, 0.01, 0.99, 64 << 20},
		{"cheap, and as little as there may be", leastHeadroom, 0, 1, leastHeadroom},
		{"idle", 64 << 20, 0, 0, 32 << 20},
		{"one collection while idle", leastHeadroom, 0.002, 0.001, leastHeadroom},
	} {
		if got := nextHeadroom(tt.was, tt.collecting, tt.working); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.what, got, tt.want)
		}
	}
}

// TestBoundMemory sets the collector for as long as it is asked to, and not where
// the operator has.
func TestBoundMemory(t *testing.T) {
	setting := func() int {
		is := debug.SetGCPercent(100)
		debug.SetGCPercent(is)
		return is
	}
	t.Setenv("GOMEMLIMIT", "")
	t.Setenv("GOGC", "50")
	(&Server{}).BoundMemory()()
	if got := setting(); got != 100 {
		t.Errorf("where the operator has set it: %d", got)
	}
	t.Setenv("GOGC", "")
	restore := (&Server{}).BoundMemory()
	if got := setting(); got == 100 {
		t.Error("it is not set")
	}
	restore()
	if got := setting(); got != 100 {
		t.Errorf("afterwards: %d, want 100", got)
	}
}
