// Package feed turns commits into snapshots. It is the only place that
// replaces a realm's snapshot: at start, after a write of this node, and after
// a write of another node that shares the store.
package feed

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

const pollEvery = time.Second // finds commits whose wake was lost

// Listener is told of every change of a realm, in order, before the snapshot
// that shows the change. Of what is there when the realm is loaded it is told
// too, but for groups and what is in them, memberships, resources, records and
// assignments: of those there can be millions, and they may come from a saved
// snapshot. It must not block. It is called by one goroutine at a time for a
// realm.
type Listener func(realm access.RealmID, changes []access.Change)

// Config is what a Feed needs.
type Config struct {
	Store     store.Store
	Log       *slog.Logger
	Listeners []Listener

	// Snapshots is the folder that keeps a file of each large realm, for a fast
	// start. It is made when it is needed. There are no files if it is empty.
	Snapshots string

	// Packed, if set, is called after a realm was packed while it is in use: what
	// it was before is garbage now.
	Packed func()
}

// Feed follows the commits of every realm.
type Feed struct {
	store     store.Store
	log       *slog.Logger
	listeners []Listener
	folder    string        // of saved snapshots; empty for none
	packed    func()        // nil for nobody who wants to know
	bulky     chan struct{} // receives when a snapshot wants packing; of capacity 1
	sizes     sizes
	realms    sync.Map // access.RealmID to *realm
}

// realm is what the Feed knows of one realm.
type realm struct {
	id   access.RealmID
	snap atomic.Pointer[engine.Snapshot] // nil until loaded; replaced under mu only
	mu   sync.Mutex
	lost atomic.Bool // a commit of this node could not be followed: the snapshot must not decide

	packing packing // guarded by mu

	waiting sync.Mutex
	next    chan struct{} // guarded by waiting; closed with the next snapshot, nil while nobody waits for it
}

// Open loads every realm of the store. The Feed follows further commits once
// Run is called.
func Open(ctx context.Context, cfg Config) (*Feed, error) {
	return openWith(ctx, cfg, usual)
}

func openWith(ctx context.Context, cfg Config, sizes sizes) (*Feed, error) {
	f := &Feed{
		store: cfg.Store, log: cfg.Log, listeners: cfg.Listeners,
		folder: cfg.Snapshots, packed: cfg.Packed, bulky: make(chan struct{}, 1), sizes: sizes,
	}
	if f.folder != "" {
		removeLeftovers(f.folder)
	}
	if err := f.catchUpAll(ctx); err != nil {
		return nil, err
	}
	return f, nil
}

// Run follows the store until ctx ends, and packs and saves snapshots. What is
// worth it is saved once more before it returns.
func (f *Feed) Run(ctx context.Context) {
	var packing sync.WaitGroup
	packing.Go(func() { f.packAll(ctx) })
	defer packing.Wait()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.store.Wake():
		case <-tick.C:
		}
		if err := f.catchUpAll(ctx); err != nil && ctx.Err() == nil {
			f.log.Error("following the store failed; trying again", "err", err)
		}
	}
}

// Snapshot returns the realm's newest snapshot. It is an Unavailable error
// when the realm is not loaded, or when this node committed a change that it
// could not follow: deciding without it could allow what was just revoked.
func (f *Feed) Snapshot(id access.RealmID) (*engine.Snapshot, error) {
	if v, ok := f.realms.Load(id); ok {
		if snap := v.(*realm).current(); snap != nil {
			return snap, nil
		}
	}
	return nil, errBehind()
}

// Ready returns an Unavailable error while Snapshot refuses a realm.
func (f *Feed) Ready() error {
	var err error
	f.realms.Range(func(_, v any) bool {
		if v.(*realm).current() == nil {
			err = errBehind()
		}
		return err == nil
	})
	return err
}

func errBehind() error {
	return access.Errorf(access.Unavailable, "the realm's decisions are not up to date; try again")
}

// current is the snapshot to decide by, or nil.
func (r *realm) current() *engine.Snapshot {
	if r.lost.Load() {
		return nil
	}
	return r.snap.Load()
}

// Reach returns once the realm's snapshot, and everything that listens, shows
// the revision. It does not fail: when the store cannot be read, Snapshot
// refuses to serve the realm until Run has caught up.
func (f *Feed) Reach(id access.RealmID, rev access.Revision) { f.ReachFrom(id, rev, Made{}) }

// Made is a snapshot that was made already, of a revision that is on disk.
type Made struct {
	*engine.Snapshot
	Last []access.Change // of its last commit, whole; nil if that is to be read
}

// ReachFrom is Reach for who has made a snapshot already: there is less to read
// and to apply then.
func (f *Feed) ReachFrom(id access.RealmID, rev access.Revision, made Made) {
	r := f.realm(id)
	if snap := r.snap.Load(); snap != nil && snap.Revision() >= rev {
		return
	}
	// A context of its own: the commit is made, so its effect may not hang on
	// whether the caller still waits for the answer.
	if err := f.catchUp(context.Background(), r, made); err != nil {
		r.lost.Store(true)
		f.log.Error("following an own commit failed; the realm decides nothing until it is followed",
			"realm", id, "revision", rev, "err", err)
	}
}

func (f *Feed) realm(id access.RealmID) *realm {
	if v, ok := f.realms.Load(id); ok {
		return v.(*realm)
	}
	v, _ := f.realms.LoadOrStore(id, &realm{id: id})
	return v.(*realm)
}

func (f *Feed) catchUpAll(ctx context.Context) error {
	heads, err := f.store.Heads(ctx)
	if err != nil {
		return fmt.Errorf("listing realms: %w", err)
	}
	for id, head := range heads {
		r := f.realm(id)
		if snap := r.snap.Load(); snap != nil && snap.Revision() >= head && !r.lost.Load() {
			continue
		}
		if err := f.catchUp(ctx, r, Made{}); err != nil {
			return fmt.Errorf("realm %s: %w", id, err)
		}
	}
	return nil
}

// catchUp brings the realm to the store's newest revision, by way of a snapshot
// that was made already, if there is one.
func (f *Feed) catchUp(ctx context.Context, r *realm, made Made) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	snap := r.snap.Load()
	if snap == nil {
		return f.load(ctx, r)
	}
	for limit := commitsFirst; ; {
		commits, err := f.store.Changes(ctx, r.id, snap.Revision(), limit)
		if err != nil {
			return fmt.Errorf("reading changes after revision %d: %w", snap.Revision(), err)
		}
		if len(commits) == 0 {
			break
		}
		// A batch of commits becomes visible at once: nobody sees half of one.
		var changes []access.Change
		shown := 0 // how many of them snap shows
		for _, c := range commits {
			ready := made.Snapshot != nil && made.Revision() == c.Revision
			if ready && made.Last != nil {
				changes = append(changes, made.Last...)
			} else if changes, err = appendChanges(changes, c.Documents); err != nil {
				return err
			}
			if ready && made.Packed() == snap.Packed() {
				snap, shown = made.Snapshot, len(changes)
			}
		}
		limit = commitsNext(commits)
		snap = f.show(r, snap, commits[len(commits)-1].Revision, changes, shown)
	}
	if r.lost.Swap(false) {
		r.tell()
	}
	return nil
}

// show tells the listeners and replaces the snapshot by one with the changes, of
// which snap shows the first. Once Reach returns, both have happened.
func (f *Feed) show(r *realm, snap *engine.Snapshot, rev access.Revision, changes []access.Change, shown int) *engine.Snapshot {
	f.announce(r, changes)
	snap = snap.Apply(rev, changes[shown:])
	r.snap.Store(snap)
	r.tell()
	r.packing.note(commit{rev, changes})
	if !r.packing.going && crowded(snap, r.packing.rest, f.sizes.loose) {
		f.wantPacking()
	}
	return snap
}

func (f *Feed) announce(r *realm, changes []access.Change) {
	for _, listen := range f.listeners {
		listen(r.id, changes)
	}
}
