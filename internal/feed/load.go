package feed

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

const (
	rowsRead     = 1000 // documents at a time, when loading
	commitsFirst = 16   // commits that are read at first, when catching up
	commitsMost  = 256  // at a time
	wanted       = 5000 // documents at a time: commits have between one and many thousands
)

// commitsNext is how many commits to read, after these were read.
func commitsNext(commits []store.Commit) int {
	documents := 0
	for _, c := range commits {
		documents += len(c.Documents)
	}
	return max(1, min(len(commits)*wanted/max(1, documents), commitsMost))
}

// loaded is what a realm was when it was loaded.
type loaded struct {
	snap    *engine.Snapshot
	small   []access.Change // all documents of the small kinds
	rest    int             // documents that cannot be packed
	unsaved int             // changes that the saved snapshot lacks
}

// load makes the realm's first snapshot: from the one that was saved and the
// commits since then or, if there is none that can be used, from its newest
// documents. The caller holds mu.
func (f *Feed) load(ctx context.Context, r *realm) error {
	l, err := f.loadSaved(ctx, r.id)
	if err != nil && ctx.Err() == nil {
		if !errors.Is(err, fs.ErrNotExist) {
			f.log.Warn("the saved snapshot of a realm cannot be used; loading the whole realm", "realm", r.id, "err", err)
		}
		l, err = f.loadAll(ctx, r.id)
	}
	if err != nil {
		return fmt.Errorf("loading: %w", err)
	}
	f.announce(r, l.small)
	r.packing.rest, r.packing.unsaved = l.rest, l.unsaved
	r.snap.Store(l.snap)
	r.tell()
	return nil
}

// loadAll reads all newest documents, as if one commit had written them.
func (f *Feed) loadAll(ctx context.Context, realm access.RealmID) (l loaded, err error) {
	err = f.store.View(ctx, realm, 0, func(rd store.Reader) error {
		l = loaded{}
		if l.small, err = readAll(rd, small); err != nil {
			return err
		}
		loader := engine.NewLoader()
		loader.Add(l.small)
		// What was read is packed while more is read.
		portions := make(chan []access.Change)
		var packing sync.WaitGroup
		packing.Go(func() {
			for changes := range portions {
				loader.Add(changes)
				l.unsaved += len(changes)
			}
		})
		err := f.read(rd, portions)
		close(portions)
		packing.Wait()
		if err == nil {
			l.snap, err = loader.Snapshot(rd.Revision())
		}
		return err
	})
	if err == nil {
		l.rest = l.snap.Unpacked()
	}
	return l, err
}

func (l *loaded) pack() {
	l.snap = l.snap.Pack()
	l.rest = l.snap.Unpacked()
}

// read sends the documents of the packable kinds.
func (f *Feed) read(rd store.Reader, portions chan<- []access.Change) error {
	var changes []access.Change
	for _, kind := range packable {
		err := pages(rd, kind, func(docs []store.Document) (err error) {
			if changes, err = appendChanges(changes, docs); err == nil && len(changes) >= f.sizes.portion {
				portions <- changes
				changes = nil
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	portions <- changes
	return nil
}

// loadSaved reads the realm's saved snapshot, and from the store what it does
// not hold and what has changed since. Its error says why the snapshot cannot be
// used; it is fs.ErrNotExist if there is none.
func (f *Feed) loadSaved(ctx context.Context, realm access.RealmID) (l loaded, err error) {
	if f.folder == "" {
		return l, fs.ErrNotExist
	}
	var head access.Revision
	err = f.store.View(ctx, realm, 0, func(rd store.Reader) error {
		l, head = loaded{}, rd.Revision()
		snap, loose, err := readSnapshot(fileOf(f.folder, realm), func(h header) error { return h.belongsTo(realm, rd) })
		if err != nil {
			return err
		}
		if l.small, err = readAll(rd, small); err != nil {
			return err
		}
		changes, err := newest(rd, loose)
		if err != nil {
			return err
		}
		l.snap = snap.Apply(snap.Revision(), append(changes, l.small...))
		l.rest = l.snap.Unpacked()
		return nil
	})
	if err == nil {
		err = f.followTo(ctx, realm, head, &l)
	}
	return l, err
}

// followTo applies the commits after the saved snapshot up to head. What it has
// of the small kinds is as of head already.
func (f *Feed) followTo(ctx context.Context, realm access.RealmID, head access.Revision, l *loaded) error {
	most := f.sizes.loose + l.snap.Packed()/2 // then it takes less to load everything
	for limit := commitsFirst; l.snap.Revision() < head; {
		commits, err := f.store.Changes(ctx, realm, l.snap.Revision(), limit)
		if err != nil {
			return fmt.Errorf("reading changes after revision %d: %w", l.snap.Revision(), err)
		}
		limit = commitsNext(commits)
		reached := head
		var changes []access.Change
		for _, c := range commits {
			if c.Revision > head {
				break
			}
			reached = c.Revision
			docs := slices.DeleteFunc(c.Documents, func(d store.Document) bool { return !slices.Contains(packable, d.Kind) })
			if changes, err = appendChanges(changes, docs); err != nil {
				return err
			}
		}
		l.snap = l.snap.Apply(reached, changes)
		if l.unsaved += len(changes); l.unsaved > most {
			return fmt.Errorf("it is too old: more than %d changes are newer", most)
		}
		if crowded(l.snap, l.rest, f.sizes.portion) {
			l.pack()
		}
	}
	return nil
}

// pages calls do with the newest documents of a kind, some at a time.
func pages(rd store.Reader, kind store.Kind, do func([]store.Document) error) error {
	for after := ""; ; {
		docs, err := rd.List(store.ListQuery{Kind: kind, After: after, Limit: rowsRead})
		if err != nil {
			return err
		}
		if err := do(docs); err != nil || len(docs) < rowsRead {
			return err
		}
		after = docs[len(docs)-1].ID
	}
}

// readAll returns the newest documents of the kinds.
func readAll(rd store.Reader, kinds []store.Kind) (changes []access.Change, err error) {
	for _, kind := range kinds {
		err = pages(rd, kind, func(docs []store.Document) (err error) {
			changes, err = appendChanges(changes, docs)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return changes, nil
}

// newest returns the documents with these ids as they are now, if they still are.
func newest(rd store.Reader, ids []any) ([]access.Change, error) {
	changes := make([]access.Change, 0, len(ids))
	for _, id := range ids {
		kind, key, err := place(id)
		if err != nil {
			return nil, err
		}
		d, err := rd.Get(kind, key)
		if errors.Is(err, access.NotFound) { // deleted since, and in no base
			continue
		}
		if err != nil {
			return nil, err
		}
		c, err := decode(d)
		if err != nil {
			return nil, err
		}
		changes = append(changes, c)
	}
	return changes, nil
}
