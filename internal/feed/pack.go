package feed

import (
	"context"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
)

// sizes are bounds in documents and changes. Tests have smaller ones.
type sizes struct {
	portion   int           // documents to load before they are packed
	few       int           // documents outside of the packed form before it is packed anew when there is time
	loose     int           // and beside a share of what is in it, before it is packed anew at once
	tail      int           // changes to apply while others wait
	last      int           // unsaved changes that are worth saving when the Feed ends
	tendEvery time.Duration // to see what there is to do
	saveEvery time.Duration // a realm is saved no more often
}

var usual = sizes{portion: 5000, few: 1000, loose: 20_000, tail: 1000, last: 1000, tendEvery: time.Second, saveEvery: time.Minute}

// idle is how many times as long as packing took there is time for other things
// while more comes, so that fewer than one in a hundred requests waits for a
// processor behind it. It is worth that to keep little outside: the garbage
// collector looks at it again and again.
const idle = 100

// tidyEvery is how often at most garbage is given back while there is packing to
// do.
const tidyEvery = 10 * time.Second

// rounds is how often what was shown meanwhile is applied before others wait for
// it. Applying is faster than committing, so each round has less to do.
const rounds = 8

// packing is what a realm's snapshot needs to be packed and saved.
type packing struct {
	going   bool      // the snapshot is being packed
	changed time.Time // when something was shown last
	free    time.Time // when there is time to pack again although more comes
	since   []commit  // while that goes on: what was shown since it began
	rest    int       // documents that packing leaves outside
	unsaved int       // changes that the saved snapshot lacks
	tried   time.Time // when it was last saved, or could not be
}

// commit is what was shown at once: the changes of one or more commits, the last
// of them rev.
type commit struct {
	rev     access.Revision
	changes []access.Change
}

// note takes in what was shown.
func (p *packing) note(c commit) {
	p.changed = time.Now()
	p.unsaved += len(c.changes)
	if p.going {
		p.since = append(p.since, c)
	}
}

// crowded reports whether so much is outside of the packed form, beside what
// cannot be in it, that packing is worth it: more than a few documents and a
// share of what is packed.
func crowded(snap *engine.Snapshot, rest, few int) bool {
	return snap.Unpacked()-rest > few+share(snap)
}

// share is as much as is held in another form beside so much that is packed.
func share(snap *engine.Snapshot) int { return snap.Packed() / 32 }

func (f *Feed) wantPacking() {
	select {
	case f.bulky <- struct{}{}:
	default: // one stands for many
	}
}

// packAll packs realms when they want it, one at a time, and saves them. When
// ctx ends, it saves once more what is worth it.
func (f *Feed) packAll(ctx context.Context) {
	tick := time.NewTicker(f.sizes.tendEvery)
	defer tick.Stop()
	tidied, untidy := time.Now(), false
	for ctx.Err() == nil {
		packed := f.tendAll(ctx)
		untidy = untidy || packed
		if f.packed != nil && untidy && (!packed || time.Since(tidied) >= tidyEvery) {
			f.packed()
			tidied, untidy = time.Now(), false
		}
		select {
		case <-ctx.Done():
		case <-f.bulky:
		case <-tick.C:
		}
	}
	f.tendAll(ctx)
}

func (f *Feed) tendAll(ctx context.Context) (packed bool) {
	ending := ctx.Err() != nil
	f.realms.Range(func(_, v any) bool {
		r := v.(*realm)
		pack, save := f.due(r, ending)
		if pack || save {
			snap, unsaved := f.pack(r, (*engine.Snapshot).Pack)
			if save {
				f.save(context.WithoutCancel(ctx), r, snap, unsaved)
			}
			packed = true
		}
		return ending || ctx.Err() == nil
	})
	return packed
}

// due reports whether the realm is to be packed, and whether it is to be saved.
func (f *Feed) due(r *realm, ending bool) (pack, save bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	snap, p := r.snap.Load(), &r.packing
	switch {
	case snap == nil:
		return false, false
	case ending:
		return false, f.folder != "" && p.unsaved > f.sizes.last
	}
	quiet := time.Since(p.changed) >= f.sizes.tendEvery
	return crowded(snap, p.rest, f.sizes.loose) || snap.Unpacked()-p.rest > f.sizes.few && (quiet || time.Now().After(p.free)),
		f.folder != "" && p.unsaved > f.sizes.loose+share(snap) && time.Since(p.tried) >= f.sizes.saveEvery
}

// pack replaces the realm's snapshot by one that says the same in packed form.
// Nobody waits for the packing itself: what is committed meanwhile is shown, and
// kept to be applied to the packed snapshot, too. It returns the snapshot as it
// was packed, and how many changes of it are not saved.
func (f *Feed) pack(r *realm, pack func(*engine.Snapshot) *engine.Snapshot) (packed *engine.Snapshot, unsaved int) {
	r.mu.Lock()
	packed, unsaved = r.snap.Load(), r.packing.unsaved
	if packed.Unpacked() == r.packing.rest {
		r.mu.Unlock()
		return packed, unsaved
	}
	r.packing.going = true
	r.mu.Unlock()

	began := time.Now()
	packed = pack(packed)
	free := time.Now().Add(idle * time.Since(began))
	for next, round := packed, 0; ; round++ {
		r.mu.Lock()
		since := r.packing.since
		r.packing.since = nil
		if changesOf(since) <= f.sizes.tail || round == rounds {
			r.snap.Store(applied(next, since))
			r.packing.going, r.packing.rest, r.packing.free = false, packed.Unpacked(), free
			r.mu.Unlock()
			return packed, unsaved
		}
		r.mu.Unlock()
		next = applied(next, since)
	}
}

func changesOf(commits []commit) (n int) {
	for _, c := range commits {
		n += len(c.changes)
	}
	return n
}

func applied(snap *engine.Snapshot, commits []commit) *engine.Snapshot {
	for _, c := range commits {
		snap = snap.Apply(c.rev, c.changes)
	}
	return snap
}

// save writes the packed snapshot, of which so many changes are not saved. If it
// cannot be, that is logged: the realm is only slower to start.
func (f *Feed) save(ctx context.Context, r *realm, packed *engine.Snapshot, unsaved int) {
	err := f.write(ctx, r.id, packed)
	r.mu.Lock()
	r.packing.tried = time.Now()
	if err == nil {
		r.packing.unsaved -= unsaved
	}
	r.mu.Unlock()
	if err != nil {
		f.log.Warn("saving the snapshot of a realm failed; it starts slower", "realm", r.id, "err", err)
	}
}
