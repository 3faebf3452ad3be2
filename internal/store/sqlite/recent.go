package sqlite

import (
	"maps"
	"sync"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// maxRecent is how many bytes of commits are kept for who follows them. That is
// what a few batches of updates take; the last commit stays however large it is.
const maxRecent = 1 << 20

// recent is what is known of commits without a query, as all are made here: the
// newest revisions, and the last commits whole. Who follows them comes right after
// them.
type recent struct {
	mu      sync.Mutex
	heads   map[access.RealmID]access.Revision // the newest of every realm that has a commit
	size    int
	commits []realmCommit                      // oldest first
	known   map[access.RealmID]access.Revision // every commit of the realm behind it is there
}

// realmCommit is a commit of a realm.
type realmCommit struct {
	store.Commit
	realm access.RealmID
	size  int
	// drops tells that versions went that earlier commits wrote, so that these do
	// not list them any more.
	drops bool
}

// add keeps commits that are on disk.
func (r *recent) add(commits []realmCommit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range commits {
		if c.drops {
			r.clear()
		}
		r.commits, r.size = append(r.commits, c), r.size+c.size
		r.heads[c.realm] = c.Revision
	}
	for r.size > maxRecent && len(r.commits) > 1 {
		oldest := &r.commits[0]
		r.known[oldest.realm] = oldest.Revision
		r.size -= oldest.size
		*oldest = realmCommit{}
		r.commits = r.commits[1:]
	}
}

// after returns the realm's commits after a revision, oldest first, at most limit
// of them. ok is false if some may be missing.
func (r *recent) after(realm access.RealmID, after access.Revision, limit int) (commits []store.Commit, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if after < r.known[realm] {
		return nil, false
	}
	first := len(r.commits) // from the end: what is asked for is mostly the very last
	for i := len(r.commits) - 1; i >= 0; i-- {
		if c := &r.commits[i]; c.realm == realm {
			if c.Revision <= after {
				break
			}
			first = i
		}
	}
	for _, c := range r.commits[first:] {
		if c.realm == realm && len(commits) < limit {
			commits = append(commits, c.Commit)
		}
	}
	return commits, true
}

// head is the realm's newest revision, or zero.
func (r *recent) head(realm access.RealmID) access.Revision {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.heads[realm]
}

func (r *recent) allHeads() map[access.RealmID]access.Revision {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.heads)
}

// forget is for when versions go.
func (r *recent) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clear()
}

func (r *recent) clear() { r.size, r.commits, r.known = 0, nil, maps.Clone(r.heads) }

// begin takes in what was committed before.
func (r *recent) begin(heads map[access.RealmID]access.Revision) {
	r.heads = heads
	r.clear()
}

func readHeads(c *conn) (map[access.RealmID]access.Revision, error) {
	rows, err := c.query("SELECT id, revision FROM realms")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	heads := make(map[access.RealmID]access.Revision)
	for rows.Next() {
		var id access.RealmID
		var newest access.Revision
		if err := rows.Scan(&id, &newest); err != nil {
			return nil, err
		}
		heads[id] = newest
	}
	return heads, rows.Err()
}
