package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
)

// conn is one connection to the database, with the statements that it has
// prepared. One goroutine uses it at a time.
//
// Statements run without a context: SQLite would drop the whole transaction of
// an interrupted one, and with it the updates of other callers.
type conn struct {
	sql     *sql.Conn
	stmts   map[string]*sql.Stmt   // by their text, which is always a constant
	inserts map[string]driver.Stmt // of rows
	names   names
}

// setUp holds what every connection needs.
//   - fullfsync matters on macOS alone, where fsync leaves data in the disk's cache.
//   - temp_store keeps what a savepoint may have to restore out of files.
//   - wal_autocheckpoint is in pages of 4 KiB. See checkpoint.
const setUp = `
PRAGMA busy_timeout = 10000;
PRAGMA synchronous = FULL;
PRAGMA fullfsync = TRUE;
PRAGMA checkpoint_fullfsync = TRUE;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -16384;
PRAGMA wal_autocheckpoint = 16000;
PRAGMA journal_size_limit = 67108864`

// readOnly is set for connections that only read, or checkpoint. There are several,
// each with a cache of its own, and what they read is in the system's cache as well.
const readOnly = `
PRAGMA query_only = TRUE;
PRAGMA cache_size = -2048`

// connect opens a connection whose journal is of the given mode.
func connect(ctx context.Context, db *sql.DB, journal string) (*conn, error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connecting to the database: %w", err)
	}
	var mode string
	if _, err = c.ExecContext(ctx, setUp); err == nil {
		err = c.QueryRowContext(ctx, "PRAGMA journal_mode = wal").Scan(&mode)
	}
	if err == nil && mode != journal {
		err = fmt.Errorf("the journal is of mode %s instead of %s; does the file system support shared memory?", mode, journal)
	}
	if err != nil {
		c.Close() //nolint:errcheck // what failed before says more
		return nil, fmt.Errorf("setting up a connection: %w", err)
	}
	return &conn{sql: c, stmts: make(map[string]*sql.Stmt), inserts: make(map[string]driver.Stmt), names: newNames()}, nil
}

func (c *conn) close() error {
	for _, s := range c.stmts {
		s.Close()
	}
	for _, s := range c.inserts {
		s.Close() //nolint:errcheck // it has nothing to lose
	}
	return c.sql.Close()
}

func (c *conn) prepare(query string) (*sql.Stmt, error) {
	if s := c.stmts[query]; s != nil {
		return s, nil
	}
	s, err := c.sql.PrepareContext(context.Background(), query)
	if err == nil {
		c.stmts[query] = s
	}
	return s, err
}

func (c *conn) exec(query string, args ...any) (sql.Result, error) {
	s, err := c.prepare(query) //nolint:sqlclosecheck // kept until close
	if err != nil {
		return nil, err
	}
	return s.ExecContext(context.Background(), args...)
}

func (c *conn) query(query string, args ...any) (*sql.Rows, error) {
	s, err := c.prepare(query) //nolint:sqlclosecheck // kept until close
	if err != nil {
		return nil, err
	}
	return s.QueryContext(context.Background(), args...)
}

// row reads one row into dest, or returns sql.ErrNoRows.
func (c *conn) row(query string, args []any, dest ...any) error {
	s, err := c.prepare(query) //nolint:sqlclosecheck // kept until close
	if err != nil {
		return err
	}
	return s.QueryRowContext(context.Background(), args...).Scan(dest...)
}
