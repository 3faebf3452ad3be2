package sqlite

import (
	"context"
	"fmt"

	"github.com/reeve-authz/reeve/internal/access"
)

// pruneStep is how many rows one transaction deletes, so that updates wait a
// few milliseconds for it and no longer.
const pruneStep = 500

// Prune implements store.Store. It first refuses readers of what it is about
// to delete: a Prune that is cut short leaves only rows that nobody sees, and
// the next one deletes them.
func (s *Store) Prune(ctx context.Context, realm access.RealmID, before access.Revision) error {
	_, err := s.prune(ctx, `
		UPDATE realms
		SET pruned = max(pruned, min(revision, ?))
		WHERE id = ?`,
		int64(before), string(realm))
	if err != nil {
		return fmt.Errorf("pruning realm %s: %w", realm, err)
	}
	s.recent.forget()
	for _, step := range []string{`
		DELETE FROM documents
		WHERE row IN (
			SELECT d.row
			FROM realms r
			CROSS JOIN names n ON n.name = r.id
			CROSS JOIN documents d INDEXED BY documents_superseded
				ON d.realm = n.number AND d.until <= r.pruned AND d.until IS NOT NULL
			WHERE r.id = ?
			LIMIT ? + 0)`, `
		DELETE FROM entries_past
		WHERE (list, value, id, revision) IN (
			SELECT e.list, e.value, e.id, e.revision
			FROM realms r
			CROSS JOIN names n ON n.name = r.id
			CROSS JOIN entries_past e INDEXED BY entries_past_until
				ON e.realm = n.number AND e.until <= r.pruned
			WHERE r.id = ?
			LIMIT ? + 0)`,
	} {
		for {
			n, err := s.prune(ctx, step, string(realm), pruneStep)
			if err != nil {
				return fmt.Errorf("pruning realm %s: %w", realm, err)
			}
			if n < pruneStep {
				break
			}
		}
	}
	return nil
}

// prune runs a statement between two batches of updates, in a transaction of
// its own, and returns how many rows it changed.
func (s *Store) prune(ctx context.Context, query string, args ...any) (n int64, err error) {
	err = s.use(ctx, s.writer, func(c *conn) error {
		res, err := c.exec(query, args...)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, err
}
