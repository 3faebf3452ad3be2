package feed

import (
	"context"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
)

// OpenSmall opens a Feed whose bounds are so small that a few documents pass
// them all.
func OpenSmall(ctx context.Context, cfg Config) (*Feed, error) {
	return openWith(ctx, cfg, sizes{portion: 7, few: 2, loose: 5, tail: 2, last: 0, tendEvery: time.Millisecond, saveEvery: time.Millisecond})
}

// FileOf is where the realm's snapshot is saved.
var FileOf = fileOf

// PackWhile packs the realm, and runs meanwhile before the packed snapshot takes
// the place of the one that it was made of.
func (f *Feed) PackWhile(id access.RealmID, meanwhile func()) {
	f.pack(f.realm(id), func(s *engine.Snapshot) *engine.Snapshot {
		defer meanwhile()
		return s.Pack()
	})
}
