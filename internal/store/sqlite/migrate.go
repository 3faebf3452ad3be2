package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
)

// migrations are the steps of the schema in the order of their names. Step n
// leads from version n-1 to n, which the database keeps as its user_version.
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the database to the newest version, each step in a
// transaction. It refuses a database that a newer program has written.
func migrate(ctx context.Context, c *sql.Conn) error {
	steps, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	var version int
	if err := c.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return fmt.Errorf("reading the version of the schema: %w", err)
	}
	if version > len(steps) {
		return fmt.Errorf("a newer version of reeve has written this database: its schema is version %d, this program knows up to %d", version, len(steps))
	}
	for n := version; n < len(steps); n++ {
		step, err := fs.ReadFile(migrations, steps[n])
		if err != nil {
			return err
		}
		// A PRAGMA takes no parameters; the version is a number of ours.
		script := fmt.Sprintf("BEGIN IMMEDIATE;\n%s\nPRAGMA user_version = %d;\nCOMMIT", step, n+1)
		if _, err := c.ExecContext(ctx, script); err != nil {
			return fmt.Errorf("applying %s: %w", steps[n], err) // the connection is given up, and the step with it
		}
	}
	return nil
}
