//go:build !race

package storetest

// longListLen is more than a 16-bit count, or a backend's limit on parameters
// or rows, would let through.
const longListLen = 70_000
