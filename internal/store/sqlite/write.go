package sqlite

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// Bounds of a batch, so that its first update does not wait for the disk much
// longer than it would alone.
const (
	maxBatch     = 256
	maxBatchTime = 20 * time.Millisecond // no update begins later
)

// job is one call of Update. Its fn runs in the goroutine of the caller, where
// a panic belongs, when the writer gives it the turn. No send on these
// channels ever waits: each has room for the one value that it carries.
type job struct {
	ctx   context.Context
	realm access.RealmID
	turn  chan *tx     // from the writer: run fn; closed without one if it is not to run
	ran   chan error   // to the writer: how fn ended
	done  chan outcome // from the writer: how the update ended
	outcome
}

type outcome struct {
	revision access.Revision
	err      error
}

// errUnfinished stands for the result of a fn that panicked or ended its
// goroutine. Nobody is left to read it.
var errUnfinished = errors.New("the update did not return")

// Update implements store.Store.
func (s *Store) Update(ctx context.Context, realm access.RealmID, fn func(store.Tx) error) (access.Revision, error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.leave()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	j := newJob(ctx, realm)
	select {
	case s.jobs <- j:
		return j.wait(fn)
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func newJob(ctx context.Context, realm access.RealmID) *job {
	return &job{
		ctx:   ctx,
		realm: realm,
		turn:  make(chan *tx, 1),
		ran:   make(chan error, 1),
		done:  make(chan outcome, 1),
	}
}

// wait runs fn when its turn comes, and returns the outcome.
func (j *job) wait(fn func(store.Tx) error) (access.Revision, error) {
	if tx, ok := <-j.turn; ok {
		j.run(tx, fn)
	}
	o := <-j.done
	return o.revision, o.err
}

func (j *job) run(tx *tx, fn func(store.Tx) error) {
	err := errUnfinished
	defer func() {
		if tx.err != nil {
			tx.failed, err = tx.err, tx.err
		}
		tx.err = errOver
		j.ran <- err
	}()
	err = fn(tx)
}

// write runs the updates, as many in one transaction of the database as are
// waiting, until jobs is closed. It is the only goroutine that commits
// documents.
func (s *Store) write() {
	defer close(s.stopped)
	w := writer{recent: &s.recent, gaps: make(map[name]*gap), due: make(chan struct{})}
	var beside sync.WaitGroup
	if s.checkpointer != nil {
		beside.Go(func() { s.checkpoint(w.due) })
	}
	defer beside.Wait()
	defer close(w.due)
	for j := s.next(); j != nil; j = s.next() {
		c := <-s.writer
		b := w.begin(c)
		b.run(j)
		for j := s.another(b); j != nil; j = s.another(b) {
			b.run(j)
		}
		b.commit()
		w.last = len(b.jobs)
		s.writer <- c
		if b.err == nil && len(b.commits) > 0 {
			s.signal()
		}
		b.tell()
	}
}

// idle is after how long without an update the writer gives up the pages of the
// database that it holds in memory, which take up to twice what cache_size says.
const idle = 5 * time.Second

// next waits for an update; nil if there will be none.
func (s *Store) next() *job {
	late := time.NewTimer(idle)
	defer late.Stop()
	select {
	case j := <-s.jobs:
		return j
	case <-late.C:
		c := <-s.writer
		c.exec("PRAGMA shrink_memory") //nolint:errcheck // then it keeps them
		s.writer <- c
		return <-s.jobs
	}
}

// Writers that were told at the same time come back at about the same time. So a
// batch behind one of at least crowd updates waits crowdWait for as many: a commit
// for a few of them would cost more. With 64 writers on two processors it halves
// the number of commits.
const (
	crowd     = 4
	crowdWait = time.Millisecond
)

// another is the next update of the batch; nil if that is to be committed now.
func (s *Store) another(b *batch) *job {
	if !b.open() {
		return nil
	}
	select {
	case j := <-s.jobs: // nil once it is closed
		return j
	default:
	}
	if b.last < crowd || len(b.jobs) >= b.last {
		return nil
	}
	late := time.NewTimer(crowdWait - time.Since(b.started))
	defer late.Stop()
	select {
	case j := <-s.jobs:
		return j
	case <-late.C:
		return nil
	}
}

// signal wakes whoever waits on Wake; a wake that nobody has taken yet stands
// for this one as well.
func (s *Store) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// writer is what outlives a batch, and holds as nobody else writes.
type writer struct {
	recent  *recent
	lineage uint64
	gaps    map[name]*gap // by the list of documents
	row     int64         // the last of documents; zero before the first batch
	last    int           // how many updates the batch before had
	logged  int           // documents since the last checkpoint that was asked for
	due     chan struct{} // to the goroutine checkpoint, of no capacity
}

// batch is one transaction of the database that holds several updates.
type batch struct {
	*writer
	c       *conn
	started time.Time
	jobs    []*job
	newest  map[access.RealmID]access.Revision // of the realms that it has seen
	commits []realmCommit
	err     error // why nothing of it can be committed
}

func (w *writer) begin(c *conn) *batch {
	b := &batch{
		writer:  w,
		c:       c,
		started: time.Now(),
		newest:  make(map[access.RealmID]access.Revision),
	}
	_, err := c.exec("BEGIN IMMEDIATE")
	if err == nil && w.row == 0 {
		err = c.row("SELECT coalesce(max(row), 0) FROM documents", nil, &w.row)
	}
	if err != nil {
		b.err = fmt.Errorf("beginning to write: %w", err)
	}
	return b
}

// open reports whether the batch takes another update.
func (b *batch) open() bool {
	return b.err == nil && len(b.jobs) < maxBatch && time.Since(b.started) < maxBatchTime
}

// run lets the caller of j run its fn, and takes back what a failing fn wrote.
func (b *batch) run(j *job) {
	b.jobs = append(b.jobs, j)
	if b.err == nil {
		j.err = j.ctx.Err()
	}
	if b.err != nil || j.err != nil {
		close(j.turn)
		return
	}
	newest, ok := b.newest[j.realm]
	if !ok {
		newest = b.recent.head(j.realm)
		b.newest[j.realm] = newest
	}
	tx := newTx(b, j.realm, newest)
	j.turn <- tx
	j.err = <-j.ran
	if tx.failed != nil {
		// The database may have dropped the whole transaction by itself, and with
		// it the updates before this one.
		b.err = tx.failed
		return
	}
	if len(tx.order) == 0 {
		j.revision = newest
		return
	}
	if b.end(tx, j.err) && j.err == nil {
		j.revision = tx.next
		b.newest[j.realm] = tx.next
		b.commits = append(b.commits, tx.commit())
	}
}

// end gives the database the rest of what a transaction wrote, or takes back what
// a failing one wrote. It returns false, and sets err, if the batch is lost.
func (b *batch) end(t *tx, failed error) bool {
	if failed == nil {
		b.err = t.flush()
	} else if t.began {
		if _, err := b.c.exec("ROLLBACK TO fn"); err != nil {
			b.err = fmt.Errorf("taking back an update: %w", errors.Join(err, failed))
		}
		b.c.names = newNames()
	}
	if b.err == nil && t.began {
		if _, err := b.c.exec("RELEASE fn"); err != nil {
			b.err = fmt.Errorf("ending an update: %w", err)
		}
	}
	return b.err == nil
}

// changes are those of the batch and of the commits before it, after a revision.
// ok is false if some may be missing.
func (b *batch) changes(realm access.RealmID, after access.Revision) (docs []store.Document, ok bool) {
	commits, ok := b.recent.after(realm, after, math.MaxInt)
	for _, c := range b.commits {
		if c.drops {
			return nil, false
		}
		if c.realm == realm && c.Revision > after {
			commits = append(commits, c.Commit)
		}
	}
	for _, c := range commits {
		docs = append(docs, c.Documents...)
	}
	return docs, ok
}

// commit puts the batch on disk, or sets err and takes everything back.
func (b *batch) commit() {
	last := make(map[access.RealmID]access.Revision)
	for _, c := range b.commits {
		last[c.realm] = c.Revision
	}
	for realm, revision := range last {
		if b.err != nil {
			break
		}
		_, err := b.c.exec(`
			INSERT INTO realms (id, revision)
			VALUES (?, ?)
			ON CONFLICT (id) DO UPDATE SET revision = excluded.revision`,
			string(realm), int64(revision))
		if err != nil {
			b.err = fmt.Errorf("writing the revision of realm %s: %w", realm, err)
		}
	}
	if b.err == nil {
		if _, err := b.c.exec("COMMIT"); err != nil {
			b.err = fmt.Errorf("committing: %w", err)
		}
	}
	if b.err != nil {
		b.c.exec("ROLLBACK") //nolint:errcheck // fails if the database has done so by itself
		b.c.names = newNames()
		b.lineage++ // the revisions that it gave will be given again
		return
	}
	b.recent.add(b.commits)
	for _, c := range b.commits {
		b.logged += len(c.Documents)
	}
	if b.logged >= checkpointEvery {
		select {
		case b.due <- struct{}{}:
			b.logged = 0
		default: // it is not done with what was before
		}
	}
}

// tell gives every caller the outcome of its update. If the batch was not
// committed, that is what a failed update is told too: it may have failed over
// what an update before it had written.
func (b *batch) tell() {
	for _, j := range b.jobs {
		switch {
		case b.err != nil:
			j.outcome = outcome{err: b.err}
		case j.err != nil:
			j.outcome = outcome{err: j.err}
		}
		j.done <- j.outcome
	}
}
