package feed_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/feed"
	"github.com/reeve-authz/reeve/internal/store"
)

// TestPackingAmongWritesAndReads: snapshots are packed again and again while
// several write and read. Whoever wrote, reads it; nothing comes back, and no
// snapshot is older than one before it.
func TestPackingAmongWritesAndReads(t *testing.T) {
	st, folder := open(t), filepath.Join(t.TempDir(), "snapshots")
	for i := range 100 {
		commit(t, st, "a", putRecord(access.RecordID(fmt.Sprint("r", i)), fmt.Sprint("old", i)))
	}
	var packed atomic.Int32
	log := &logged{}
	f, err := feed.OpenSmall(t.Context(), feed.Config{
		Store: st, Log: slog.New(slog.NewTextHandler(log, nil)), Snapshots: folder,
		Packed: func() { packed.Add(1) },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running, writers, readers sync.WaitGroup
	running.Go(func() { f.Run(ctx) })
	var done atomic.Bool
	for range 2 {
		readers.Go(func() {
			last := access.Revision(0)
			for !done.Load() {
				snap, err := f.Snapshot("a")
				if err != nil || snap.Revision() < last {
					t.Errorf("after revision %d: %v, %v", last, snap.Revision(), err)
					return
				}
				last = snap.Revision()
				if !allowed(t, f, "a", "old7") || allowed(t, f, "a", "nobody") {
					t.Error("old7 is denied or nobody is allowed")
					return
				}
			}
		})
	}
	for writer := range 4 {
		writers.Go(func() {
			for i := range 60 {
				id, user := access.RecordID(fmt.Sprintf("w%d-%d", writer, i%20)), fmt.Sprintf("new%d-%d", writer, i)
				f.Reach("a", commit(t, st, "a", putRecord(id, user)))
				if !allowed(t, f, "a", user) {
					t.Errorf("%s is denied after what was written", user)
				}
				f.Reach("a", commit(t, st, "a", func(tx store.Tx) error {
					_, err := store.Records.Delete(tx, string(id))
					return err
				}))
				if allowed(t, f, "a", user) {
					t.Errorf("%s is allowed after the deletion", user)
				}
				if i >= 40 { // stays
					f.Reach("a", commit(t, st, "a", putRecord(id, user)))
				}
			}
		})
	}
	writers.Wait()
	done.Store(true)
	readers.Wait()
	file := feed.FileOf(folder, "a")
	await(t, "the realm is saved in the background", func() bool { _, err := os.Stat(file); return err == nil })
	if snapshot(t, f, "a").Packed() < 100 || packed.Load() == 0 {
		t.Errorf("%d documents are packed, and %d times was packed", snapshot(t, f, "a").Packed(), packed.Load())
	}
	agrees(t, st, f)
	stop()
	running.Wait()
	agrees(t, st, f)
	if log.String() != "" {
		t.Errorf("logged: %s", log)
	}
	again, log := start(t, st, folder)
	agrees(t, st, again)
	if !allowed(t, again, "a", "new3-59") || allowed(t, again, "a", "new3-19") || log.String() != "" {
		t.Errorf("after a start with what was saved, new3-59 is denied or new3-19 is allowed; the log is %q", log)
	}
}

// TestCommitsWhilePacking, few or many, are in the snapshot that was packed when it
// takes its place.
func TestCommitsWhilePacking(t *testing.T) {
	for _, commits := range []int{0, 1, 2, 3, 20} {
		st := open(t)
		for i := range 4 {
			commit(t, st, "a", putRecord(access.RecordID(fmt.Sprint("r", i)), fmt.Sprint("old", i)))
		}
		f, _ := start(t, st, "")
		f.Reach("a", commit(t, st, "a", putRecord("changed", "ana")))
		var last access.Revision
		f.PackWhile("a", func() {
			for i := range commits {
				last = commit(t, st, "a", putRecord("changed", fmt.Sprint("user", i)))
				f.Reach("a", last)
			}
		})
		snap := snapshot(t, f, "a")
		if commits > 0 && (snap.Revision() != last || allowed(t, f, "a", "ana") || !allowed(t, f, "a", fmt.Sprint("user", commits-1))) {
			t.Errorf("%d commits: revision %d, want %d with the last of them", commits, snap.Revision(), last)
		}
		if !allowed(t, f, "a", "old1") || snap.Packed() < 4 {
			t.Errorf("%d commits: old1 is denied, or only %d documents are packed", commits, snap.Packed())
		}
		agrees(t, st, f)
		f.Reach("a", commit(t, st, "a", putRecord("changed", "ben")))
		agrees(t, st, f)
	}
}

// TestSavingAtTheEnd: a realm that is hardly slower to start without it has no
// file, and one change is not worth a new one.
func TestSavingAtTheEnd(t *testing.T) {
	st, folder := open(t), filepath.Join(t.TempDir(), "snapshots")
	commit(t, st, "small", putRecord("r", "ana"))
	commit(t, st, "large", func(tx store.Tx) error {
		for i := range 1001 {
			if err := putRecord(access.RecordID(fmt.Sprint("r", i)), "ana")(tx); err != nil {
				return err
			}
		}
		return nil
	})
	f, err := feed.Open(t.Context(), feed.Config{Store: st, Log: slog.New(slog.DiscardHandler), Snapshots: folder})
	if err != nil {
		t.Fatal(err)
	}
	save(f)
	for realm, want := range map[access.RealmID]bool{"small": false, "large": true} {
		if _, err := os.Stat(feed.FileOf(folder, realm)); (err == nil) != want {
			t.Errorf("the file of the %s realm: %v", realm, err)
		}
	}
	info, err := os.Stat(feed.FileOf(folder, "large"))
	if err != nil {
		t.Fatal(err)
	}
	next, err := feed.Open(t.Context(), feed.Config{Store: st, Log: slog.New(slog.DiscardHandler), Snapshots: folder})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []*feed.Feed{f, next} {
		f.Reach("large", commit(t, st, "large", putRecord("one", "more")))
		save(f)
		if again, err := os.Stat(feed.FileOf(folder, "large")); err != nil || !os.SameFile(info, again) {
			t.Errorf("one change made a new file: %v", err)
		}
	}
}
