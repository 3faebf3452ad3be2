package feed

import (
	"context"
	"time"
)

// OpenSmall opens a Feed whose bounds are so small that a few documents pass
// them all.
func OpenSmall(ctx context.Context, cfg Config) (*Feed, error) {
	return openWith(ctx, cfg, sizes{portion: 7, loose: 5, tail: 2, last: 0, saveEvery: time.Millisecond})
}

// FileOf is where the realm's snapshot is saved.
var FileOf = fileOf
