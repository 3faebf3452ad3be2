// Package sqlite is the embedded store: one SQLite file, one process, one
// writer that joins concurrent updates into one commit.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	_ "modernc.org/sqlite" // the driver

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/durable"
	"github.com/reeve-authz/reeve/internal/store"
)

// Config says where the data is.
type Config struct {
	Dir string // the folder of the database, made if it is missing; this Store's alone

	// Memory keeps everything in memory and leaves Dir unused. Such a store
	// has one connection: readers and the writer take turns.
	Memory bool
}

// Store is a store.Store in a SQLite database.
type Store struct {
	folder *os.File // holds the lock on the folder; nil in memory
	db     *sql.DB

	// The connections that nobody is using. All are the same channel in memory.
	writer   chan *conn // one
	readers  chan *conn
	follower chan *conn // one, for Changes: who follows commits does not wait for who reads

	checkpointer chan *conn // one, for the goroutine checkpoint; nil in memory

	recent recent

	jobs    chan *job     // to the goroutine write
	stopped chan struct{} // closed when write has returned
	wake    chan struct{} // of capacity 1

	mu      sync.Mutex
	closed  bool           // guarded by mu
	calls   sync.WaitGroup // that are running; grows under mu only, and not once closed
	closing sync.Once
	failure error // of closing; written in closing only
}

var _ store.Store = (*Store)(nil)

// Open opens the database, makes it if there is none, and brings its schema up
// to date. It fails if another Store, in this process or another, has the
// folder open, and if a newer version of the program has written it.
func Open(ctx context.Context, cfg Config) (_ *Store, err error) {
	s := &Store{
		jobs:    make(chan *job),
		stopped: make(chan struct{}),
		wake:    make(chan struct{}, 1),
	}
	defer func() {
		if err != nil {
			s.disconnect() //nolint:errcheck // why it failed to open says more
		}
	}()
	if cfg.Memory {
		err = s.openMemory(ctx)
	} else {
		err = s.openFile(ctx, cfg.Dir)
	}
	if err != nil {
		return nil, err
	}
	go s.write()
	return s, nil
}

func (s *Store) openMemory(ctx context.Context) (err error) {
	if s.db, err = sql.Open("sqlite", ":memory:"); err != nil {
		return err
	}
	c, err := connect(ctx, s.db, "memory")
	if err != nil {
		return err
	}
	s.writer = make(chan *conn, 1)
	s.writer <- c
	s.readers, s.follower = s.writer, s.writer
	return s.begin(ctx, c)
}

func (s *Store) openFile(ctx context.Context, dir string) (err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return fmt.Errorf("finding the data folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the data folder: %w", err)
	}
	if s.folder, err = lock(dir); err != nil {
		return err
	}
	// SQLite gives its other files the mode of this one.
	path := filepath.Join(dir, "reeve.db")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("making the database: %w", err)
	}
	f.Close()
	for _, d := range []string{dir, filepath.Dir(dir)} { // that the folder has a database, and its parent the folder
		if err := durable.SyncFolder(d); err != nil {
			return fmt.Errorf("making the database: %w", err)
		}
	}
	uri := url.URL{Scheme: "file", Path: path}
	if s.db, err = sql.Open("sqlite", uri.String()); err != nil {
		return fmt.Errorf("opening %s: %w", path, err)
	}
	w, err := connect(ctx, s.db, "wal")
	if err != nil {
		return fmt.Errorf("opening %s: %w", path, err)
	}
	s.writer = make(chan *conn, 1)
	s.writer <- w
	if err := s.begin(ctx, w); err != nil {
		return fmt.Errorf("opening %s: %w", path, err)
	}
	s.readers = make(chan *conn, max(4, runtime.GOMAXPROCS(0)))
	s.follower = make(chan *conn, 1)
	s.checkpointer = make(chan *conn, 1)
	for _, pool := range []chan *conn{s.readers, s.follower, s.checkpointer} {
		for range cap(pool) {
			r, err := connect(ctx, s.db, "wal")
			if err != nil {
				return fmt.Errorf("opening %s: %w", path, err)
			}
			pool <- r
			if _, err := r.exec(readOnly); err != nil {
				return fmt.Errorf("opening %s: %w", path, err)
			}
		}
	}
	return nil
}

// begin brings the schema up to date, and reads what is known of the commits.
func (s *Store) begin(ctx context.Context, c *conn) error {
	if err := migrate(ctx, c.sql); err != nil {
		return err
	}
	heads, err := readHeads(c)
	if err != nil {
		return fmt.Errorf("reading the newest revisions: %w", err)
	}
	s.recent.begin(heads)
	return nil
}

// Close implements store.Store.
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		s.calls.Wait()
		close(s.jobs)
		<-s.stopped
		close(s.wake)
		s.failure = s.disconnect()
	})
	return s.failure
}

// disconnect closes the connections that are in their channels, the database,
// and last the lock.
func (s *Store) disconnect() error {
	var errs []error
	for _, pool := range []chan *conn{s.writer, s.readers, s.follower, s.checkpointer} {
		for len(pool) > 0 {
			errs = append(errs, (<-pool).close())
		}
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.folder != nil {
		errs = append(errs, s.folder.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("closing the store: %w", err)
	}
	return nil
}

// enter begins a call, which Close waits for until leave.
func (s *Store) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	s.calls.Add(1)
	return nil
}

func (s *Store) leave() { s.calls.Done() }

// use gives fn a connection of the pool.
func (s *Store) use(ctx context.Context, pool chan *conn, fn func(*conn) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case c := <-pool:
		defer func() { pool <- c }()
		return fn(c)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Heads implements store.Store.
func (s *Store) Heads(ctx context.Context) (map[access.RealmID]access.Revision, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.recent.allHeads(), nil
}

// Wake implements store.Store.
func (s *Store) Wake() <-chan struct{} { return s.wake }
