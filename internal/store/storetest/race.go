//go:build race

package storetest

// longListLen is smaller under the race detector, which makes a write in Go's
// SQLite ten times slower and learns nothing from more of them.
const longListLen = 5000
