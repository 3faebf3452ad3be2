package server

import "testing"

func TestGCPercent(t *testing.T) {
	for _, tt := range []struct {
		live uint64
		want int
	}{
		{0, 100}, {1 << 20, 100}, {32 << 20, 100}, {64 << 20, 50}, {128 << 20, 25}, {256 << 20, 12}, {1 << 40, 12},
	} {
		if got := gcPercent(tt.live); got != tt.want {
			t.Errorf("with %d bytes live: %d, want %d", tt.live, got, tt.want)
		}
	}
}
