package sqlite

import (
	"sync"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// maxRecent is how many bytes of commits are kept for who follows them. That is
// what a few batches of updates take; the last commit stays however large it is.
const maxRecent = 1 << 20

// recent are the last commits: who follows them needs no query, as he comes
// right after them.
type recent struct {
	mu      sync.Mutex
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
		if _, ok := r.known[c.realm]; !ok {
			if r.known == nil {
				r.known = map[access.RealmID]access.Revision{}
			}
			r.known[c.realm] = c.Revision - 1
		}
		r.commits, r.size = append(r.commits, c), r.size+c.size
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
	known, ok := r.known[realm]
	if !ok || after < known {
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

// forget is for when versions go.
func (r *recent) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clear()
}

func (r *recent) clear() { r.size, r.commits, r.known = 0, nil, nil }
