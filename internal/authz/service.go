// Package authz is the one way in: every question about access and every write
// passes through its Service, whatever dialect it came in.
package authz

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/authn"
	"github.com/reeve-authz/reeve/internal/feed"
	"github.com/reeve-authz/reeve/internal/outbound"
	"github.com/reeve-authz/reeve/internal/store"
)

// Config is what a Service needs.
type Config struct {
	Store     store.Store
	Feed      *feed.Feed
	Directory *authn.Directory
	Outbound  *outbound.Client // what issuers may be registered: those that it would reach
	Log       *slog.Logger
	Now       func() time.Time // time.Now if nil
}

// Service answers questions and makes writes for callers. Its methods return
// *access.Error for what the caller can mend, and other errors for what the
// operator must. They are safe for concurrent use.
type Service struct {
	store store.Store
	feed  *feed.Feed
	dir   *authn.Directory
	out   *outbound.Client
	log   *slog.Logger
	clock func() time.Time
	ids   ids
	// acrossRealms is held by the few writes that look at other realms first.
	acrossRealms sync.Mutex

	ahead sync.Map // access.RealmID to ahead: by what the last transaction decided, when the feed was behind
	large sync.Map // largeSlot to *commit: of many writes, whose events were asked for
}

// New returns a Service.
func New(cfg Config) *Service {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Service{ids: ids{entropy: ulid.Monotonic(rand.Reader, 0)}, store: cfg.Store, feed: cfg.Feed, dir: cfg.Directory, out: cfg.Outbound, log: cfg.Log, clock: cfg.Now}
}

// now is the time as documents keep it: UTC, whole milliseconds.
func (s *Service) now() time.Time {
	return s.clock().UTC().Truncate(time.Millisecond)
}

// after is now, or the first millisecond after a document's last change when
// the clock has not moved on: two versions never carry the same time, so a
// conditional write cannot mistake one for the other.
func (s *Service) after(last time.Time) time.Time {
	now := s.now()
	if !now.After(last) {
		now = last.Add(time.Millisecond)
	}
	return now
}

// newID makes an id that sorts by the time it was made, after every id that
// this Service made before. Within a millisecond the next one can be guessed in
// some 2^32 tries, so it is no secret.
func (s *Service) newID(prefix string) string { return prefix + s.ids.next(s.clock()).String() }

// ids makes ULIDs that grow.
type ids struct {
	mu      sync.Mutex
	entropy *ulid.MonotonicEntropy
	last    uint64 // milliseconds
}

// next returns a ULID of the time, or of the last one's when the clock was set
// back.
func (i *ids) next(now time.Time) ulid.ULID {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.last = max(i.last, ulid.Timestamp(now))
	id, err := ulid.New(i.last, i.entropy)
	for err != nil { // the millisecond has no more
		i.last++
		id, err = ulid.New(i.last, i.entropy)
	}
	return id
}

// AccountID is the account id of the caller's realm.
func (s *Service) AccountID(c access.Caller) string {
	if realm := s.dir.Realm(c.Realm); realm != nil {
		return realm.AccountID
	}
	return ""
}

// Account is the caller's realm, which dialects call an account.
func (s *Service) Account(c access.Caller) (access.Realm, error) {
	realm := s.dir.Realm(c.Realm)
	if realm == nil {
		return access.Realm{}, access.Errorf(access.Unavailable, "the realm is not loaded; try again")
	}
	return *realm, nil
}

// Ready returns an Unavailable error while a realm cannot be decided by.
func (s *Service) Ready() error {
	return s.feed.Ready()
}

// Await returns once this node answers by the realm as of the revision or later,
// and whether it did not do so at once. It is an Unavailable error if that does
// not come about within a bound.
func (s *Service) Await(ctx context.Context, realm access.RealmID, rev access.Revision) (waited bool, err error) {
	return s.feed.Await(ctx, realm, rev)
}
