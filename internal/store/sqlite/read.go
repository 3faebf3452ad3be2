package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// View implements store.Store. The transaction keeps Prune away from what fn
// reads; the revision in every query does the rest.
func (s *Store) View(ctx context.Context, realm access.RealmID, at access.Revision, fn func(store.Reader) error) error {
	return s.use(ctx, s.readers, func(c *conn) (err error) {
		if _, err := c.exec("BEGIN"); err != nil {
			return fmt.Errorf("beginning to read realm %s: %w", realm, err)
		}
		defer func() {
			if _, e := c.exec("ROLLBACK"); e != nil && err == nil {
				err = fmt.Errorf("ending to read realm %s: %w", realm, e)
			}
		}()
		newest, pruned, err := revisions(c, realm)
		if err != nil {
			return err
		}
		r := &reader{ctx: ctx, c: c, realm: string(realm), revision: newest, sees: math.MaxInt64}
		if at != 0 {
			switch {
			case at < 0 || at > newest:
				return access.Errorf(access.NotFound, "revision %d does not exist; the newest is %d", at, newest)
			case at < pruned:
				return access.Errorf(access.NotFound, "revision %d is no longer kept; the oldest is %d", at, pruned)
			case at < newest:
				r.revision, r.sees = at, at
			}
		}
		defer func() { r.err = errOver }()
		return fn(r)
	})
}

// revisions returns the newest revision of a realm and the oldest that can be
// read: zero if it has none.
func revisions(c *conn, realm access.RealmID) (newest, pruned access.Revision, err error) {
	err = c.row(`SELECT revision, pruned FROM realms WHERE id = ?`, []any{string(realm)}, &newest, &pruned)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, 0, fmt.Errorf("reading the revision of realm %s: %w", realm, err)
	}
	return newest, pruned, nil
}

// errOver meets who keeps a Reader or a Tx.
var errOver = errors.New("the transaction is over")

// reader is a store.Reader.
type reader struct {
	ctx      context.Context
	c        *conn
	realm    string
	revision access.Revision
	sees     access.Revision // MaxInt64 if it sees the newest versions
	err      error           // why it can be used no more
}

func (r *reader) Revision() access.Revision { return r.revision }

func (r *reader) newest() bool { return r.sees == math.MaxInt64 }

// documents names the list of documents of a kind.
func (r *reader) documents(kind string) name { return name{realm: r.realm, kind: kind} }

// Get implements store.Reader.
func (r *reader) Get(kind store.Kind, id string) (store.Document, error) {
	if err := r.usable(); err != nil {
		return store.Document{}, err
	}
	d := store.Document{Kind: kind, ID: id}
	err := r.get(&d)
	if errors.Is(err, sql.ErrNoRows) || err == nil && d.Body == nil {
		return store.Document{}, errNo(kind, id)
	}
	if err != nil {
		return store.Document{}, r.broken(fmt.Errorf("reading %s %q: %w", kind, id, err))
	}
	return d, nil
}

// get reads the newest version, and what was before it if it is too new. It
// returns sql.ErrNoRows if there is none.
func (r *reader) get(d *store.Document) error {
	list, err := r.c.number(r.documents(string(d.Kind)))
	if err != nil {
		return err
	}
	err = r.c.row(`
		SELECT revision, body
		FROM documents INDEXED BY documents_newest
		WHERE list = ? AND id = ? AND until IS NULL AND body IS NOT NULL AND revision <= ?`,
		[]any{list, d.ID, int64(r.sees)}, &d.Revision, &d.Body)
	if !errors.Is(err, sql.ErrNoRows) || r.newest() {
		return err
	}
	return r.c.row(`
		SELECT revision, body
		FROM documents INDEXED BY documents_past
		WHERE list = ? AND id = ? AND revision <= ? AND (until IS NOT NULL OR body IS NULL)
		ORDER BY revision DESC
		LIMIT 1`,
		[]any{list, d.ID, int64(r.sees)}, &d.Revision, &d.Body)
}

// List implements store.Reader.
func (r *reader) List(q store.ListQuery) ([]store.Document, error) {
	if err := r.usable(); err != nil {
		return nil, err
	}
	if q.Limit <= 0 {
		return nil, fmt.Errorf("listing %s: limit %d is not positive", q.Kind, q.Limit)
	}
	rows, err := r.list(q)
	if err != nil {
		return nil, r.broken(fmt.Errorf("listing %s: %w", q.Kind, err))
	}
	defer rows.Close()
	var docs []store.Document
	for rows.Next() {
		if err := r.ctx.Err(); err != nil {
			return nil, err
		}
		d := store.Document{Kind: q.Kind}
		if err := rows.Scan(&d.ID, &d.Revision, &d.Body); err != nil {
			return nil, r.broken(fmt.Errorf("listing %s: %w", q.Kind, err))
		}
		docs = append(docs, d)
	}
	if err := rows.Err(); err != nil {
		return nil, r.broken(fmt.Errorf("listing %s: %w", q.Kind, err))
	}
	return docs, nil
}

// Changes implements store.Reader.
func (r *reader) Changes(after access.Revision) (docs []store.Document, err error) {
	if err := r.usable(); err != nil {
		return nil, err
	}
	err = changes(r.ctx, r.c, r.realm, after, r.sees, func(d store.Document) bool {
		docs = append(docs, d)
		return true
	})
	if err != nil && r.ctx.Err() == nil {
		err = r.broken(err)
	}
	slices.SortFunc(docs, inOrderOfChange)
	return docs, err
}

// changes calls each with the versions of revisions behind after, up to another
// one, in the order of their revisions, until it returns false.
func changes(ctx context.Context, c *conn, realm string, after, upTo access.Revision, each func(store.Document) bool) error {
	number, err := c.number(name{realm: realm})
	if err != nil {
		return err
	}
	rows, err := c.query(`
		SELECT revision, list, id, body
		FROM documents INDEXED BY documents_change
		WHERE realm = ? AND revision > ? AND revision <= ?
		ORDER BY revision`,
		number, int64(after), int64(upTo))
	if err != nil {
		return fmt.Errorf("changes after %d: %w", after, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		var d store.Document
		var list int64
		if err := rows.Scan(&d.Revision, &list, &d.ID, &d.Body); err != nil {
			return fmt.Errorf("changes after %d: %w", after, err)
		}
		if d.Kind, err = c.kind(list); err != nil {
			return err
		}
		if !each(d) {
			return nil
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("changes after %d: %w", after, err)
	}
	return nil
}

// list begins the query. The newest versions have indexes of their own, so
// that lists of them do not wade through old ones; SQLite takes such an index
// only where the query repeats its condition. CROSS JOIN keeps the order of
// the tables. The statements are written in ascending order.
//
// The limit has a zero added, as SQLite plans a statement anew for every value
// that a bare parameter there takes.
func (r *reader) list(q store.ListQuery) (*sql.Rows, error) {
	kind, sees := string(q.Kind), int64(r.sees)
	ordered, after := ascending, any(q.After)
	if q.Descending {
		ordered = descending
		if q.After == "" {
			after = []byte{0xff} // a blob is after every text
		}
	}
	docs, err := r.c.number(r.documents(kind))
	if err != nil {
		return nil, err
	}
	var list int64
	if q.Index != "" {
		if list, err = r.c.number(name{r.realm, kind, q.Index}); err != nil {
			return nil, err
		}
	}
	switch {
	case q.Index == "" && r.newest():
		return r.c.query(ordered(`
			SELECT id, revision, body
			FROM documents INDEXED BY documents_newest
			WHERE list = ? AND id > ? AND until IS NULL AND body IS NOT NULL
			ORDER BY id
			LIMIT ? + 0`),
			docs, after, q.Limit)
	case q.Index == "":
		return r.c.query(ordered(`
			SELECT id, revision, body
			FROM documents INDEXED BY documents_newest
			WHERE list = ? AND id > ? AND until IS NULL AND body IS NOT NULL AND revision <= ?
			UNION ALL
			SELECT id, revision, body
			FROM documents INDEXED BY documents_past
			WHERE list = ? AND id > ? AND (until IS NOT NULL OR body IS NULL)
				AND revision <= ? AND until > ? AND body IS NOT NULL
			ORDER BY id
			LIMIT ? + 0`),
			docs, after, sees, docs, after, sees, sees, q.Limit)
	case r.newest():
		return r.c.query(ordered(`
			SELECT e.id, d.revision, d.body
			FROM entries e
			CROSS JOIN documents d INDEXED BY documents_newest
				ON d.list = ? AND d.id = e.id AND d.until IS NULL AND d.body IS NOT NULL
			WHERE e.list = ? AND e.value = ? AND e.id > ?
			ORDER BY e.id
			LIMIT ? + 0`),
			docs, list, q.Value, after, q.Limit)
	default:
		return r.c.query(ordered(`
			SELECT e.id AS id, d.revision, d.body
			FROM entries e
			CROSS JOIN documents d ON d.row = `+rowThen+`
			WHERE e.list = ? AND e.value = ? AND e.id > ? AND e.revision <= ?
			UNION ALL
			SELECT e.id AS id, d.revision, d.body
			FROM entries_past e
			CROSS JOIN documents d ON d.row = `+rowThen+`
			WHERE e.list = ? AND e.value = ? AND e.id > ? AND e.revision <= ? AND e.until > ?
			ORDER BY id
			LIMIT ? + 0`),
			docs, sees, docs, sees, list, q.Value, after, sees,
			docs, sees, docs, sees, list, q.Value, after, sees, sees, q.Limit)
	}
}

// rowThen is where the version of the document e.id is that a reader sees.
const rowThen = `coalesce((
				SELECT row
				FROM documents INDEXED BY documents_newest
				WHERE list = ? AND id = e.id AND until IS NULL AND body IS NOT NULL AND revision <= ?), (
				SELECT row
				FROM documents INDEXED BY documents_past
				WHERE list = ? AND id = e.id AND (until IS NOT NULL OR body IS NULL) AND revision <= ?
				ORDER BY revision DESC
				LIMIT 1))`

// ascending and descending put a statement of list in order.
func ascending(statement string) string { return statement }

var descending = func() func(string) string {
	turn := strings.NewReplacer("id > ?", "id < ?", "ORDER BY id", "ORDER BY id DESC", "ORDER BY e.id", "ORDER BY e.id DESC")
	return turn.Replace
}()

func (r *reader) usable() error {
	if r.err != nil {
		return r.err
	}
	return r.ctx.Err()
}

// broken keeps the first failure of the database, which every later use gets
// too: a transaction that met one is not committed, whatever its fn returns.
func (r *reader) broken(err error) error {
	r.err = err
	return err
}

// Changes implements store.Store. Who follows the commits finds them in memory,
// unless it comes late.
func (s *Store) Changes(ctx context.Context, realm access.RealmID, after access.Revision, limit int) (commits []store.Commit, err error) {
	if limit <= 0 {
		return nil, fmt.Errorf("changes of realm %s: limit %d is not positive", realm, limit)
	}
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if commits, ok := s.recent.after(realm, after, limit); ok {
		return commits, nil
	}
	err = s.use(ctx, s.follower, func(c *conn) error {
		return changes(ctx, c, string(realm), after, math.MaxInt64, func(d store.Document) bool {
			if n := len(commits); n == 0 || commits[n-1].Revision != d.Revision {
				if n == limit {
					return false
				}
				commits = append(commits, store.Commit{Revision: d.Revision})
			}
			last := &commits[len(commits)-1]
			last.Documents = append(last.Documents, d)
			return true
		})
	})
	if err != nil {
		return nil, fmt.Errorf("changes of realm %s: %w", realm, err)
	}
	for _, c := range commits {
		slices.SortFunc(c.Documents, inOrderOfChange)
	}
	return commits, nil
}
