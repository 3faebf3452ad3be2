package feed

import (
	"context"
	"fmt"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
)

// awaited is how long Await waits: a commit that the store has is found within
// pollEvery, so what is not there by then is not merely late.
const awaited = 2 * time.Second

// Await returns once Snapshot shows the realm as of the revision or later, and
// everything that listens has heard of it. waited reports whether it was not so
// at once: what was asked of a listener before may be out of date then.
//
// It is an Unavailable error if that does not come about within two seconds, as
// for a revision that the realm does not have yet.
func (f *Feed) Await(ctx context.Context, id access.RealmID, rev access.Revision) (waited bool, err error) {
	v, ok := f.realms.Load(id)
	if !ok {
		return false, errBehind()
	}
	r := v.(*realm)
	if r.shows(rev) {
		return false, nil
	}
	late := time.NewTimer(awaited)
	defer late.Stop()
	for {
		changed := r.changed() // before the look, so that no change falls between
		if r.shows(rev) {
			return true, nil
		}
		select {
		case <-changed:
		case <-late.C:
			return true, access.Errorf(access.Unavailable, "revision %d of the realm has not been reached here; try again", rev)
		case <-ctx.Done():
			return true, fmt.Errorf("waiting for revision %d: %w", rev, ctx.Err())
		}
	}
}

// shows reports whether the realm can be decided by as of the revision.
func (r *realm) shows(rev access.Revision) bool {
	snap := r.current()
	return snap != nil && snap.Revision() >= rev
}

// changed returns a channel that is closed when another snapshot can be decided
// by.
func (r *realm) changed() <-chan struct{} {
	r.waiting.Lock()
	defer r.waiting.Unlock()
	if r.next == nil {
		r.next = make(chan struct{})
	}
	return r.next
}

// tell wakes who waits for another snapshot.
func (r *realm) tell() {
	r.waiting.Lock()
	defer r.waiting.Unlock()
	if r.next != nil {
		close(r.next)
		r.next = nil
	}
}
