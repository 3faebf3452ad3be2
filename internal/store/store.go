// Package store is the contract of the durable store: versioned documents of
// a realm, secondary indexes, numbered commits, and the changes that commits
// made. Package storetest defines what a correct store is.
package store

import (
	"context"
	"errors"

	"github.com/reeve-authz/reeve/internal/access"
)

// Kind is a sort of document; a Table gives each kind its Go type.
type Kind string

// Document is one version of a document. Whoever reads one must not change its
// body.
type Document struct {
	Kind     Kind
	ID       string
	Revision access.Revision // of the commit that wrote this version
	Body     []byte          // nil when that commit deleted the document
}

// Commit is everything that one transaction wrote.
type Commit struct {
	Revision  access.Revision
	Documents []Document // in the order of kind and id
}

// ErrClosed meets every call after Close.
var ErrClosed = errors.New("the store is closed")

// Store keeps the documents of every realm. All methods may be called
// concurrently. An error that is not described here is the operator's: the
// disk is full, the database is away.
type Store interface {
	// Heads returns the newest revision of every realm that has a commit.
	Heads(ctx context.Context) (map[access.RealmID]access.Revision, error)

	// View runs fn with a Reader that sees the realm as of one revision: at,
	// or the newest when at is zero. fn must not keep the Reader, nor call the
	// Store. Reading a revision that the realm has not reached, or one whose
	// versions were pruned, is a NotFound error. Of a kind without history an
	// earlier revision shows only what was not written since.
	View(ctx context.Context, realm access.RealmID, at access.Revision, fn func(Reader) error) error

	// Update runs fn in a transaction and commits what it wrote as the realm's
	// next revision, which it returns once the commit is on disk. Transactions
	// of a realm are serial: fn sees every earlier commit and nothing of a
	// later one. If fn returns an error, that error comes back and nothing is
	// written; if it panics, the same, and the panic goes on. If fn wrote
	// nothing there is no commit, and the newest revision comes back. fn may
	// run more than once, must not keep the Tx, and must neither call the Store
	// nor take a lock that another Update could hold.
	//
	// When ctx ends before fn has begun, nothing is written and its error comes
	// back; once fn has begun, the outcome is always told.
	Update(ctx context.Context, realm access.RealmID, fn func(Tx) error) (access.Revision, error)

	// Changes returns the realm's commits after a revision, oldest first, at
	// most limit of them, each whole; limit must be positive. It is empty when
	// there is none. A commit lists only the versions that are kept, by Prune and
	// for kinds without history, and one that has none is left out; the newest
	// always has some.
	Changes(ctx context.Context, realm access.RealmID, after access.Revision, limit int) ([]Commit, error)

	// Wake returns a channel that receives after a commit to any realm, by
	// this process or another. Wakes join: one may stand for many commits.
	// There is one channel; it is closed by Close.
	Wake() <-chan struct{}

	// Prune forgets the versions that nobody sees as of the revision or a later
	// one. The newest version of every document stays, deletions included. View
	// as of an earlier revision is a NotFound error afterwards. A revision that
	// the realm has not reached stands for the newest.
	Prune(ctx context.Context, realm access.RealmID, before access.Revision) error

	// Close waits for running calls, and makes every later one fail with
	// ErrClosed. Closing again does nothing.
	Close() error
}

// Reader reads a realm as of one revision.
type Reader interface {
	// Revision is the one that the Reader sees; zero if nothing was ever
	// committed. In a transaction it is the one before the transaction's own.
	Revision() access.Revision

	// Get returns the document, or a NotFound error if there is none.
	Get(kind Kind, id string) (Document, error)

	// Changes returns every version that was written after a revision, and is
	// kept, in the order of revision, kind and id: in a transaction, those of
	// transactions before it that are not committed yet, and its own, too.
	Changes(after access.Revision) ([]Document, error)

	// List returns documents in the order of their ids, byte by byte, or in the
	// opposite order.
	List(q ListQuery) ([]Document, error)
}

// ListQuery selects documents of one kind.
type ListQuery struct {
	Kind  Kind
	Index string // all documents if empty, else those that the index holds under Value
	Value string
	After string // only ids after it, in the order of the list; all if empty
	Limit int    // at most so many; must be positive

	Descending bool // the greatest id first
}

// Tx reads and writes a realm in a transaction. Its reads see its own writes,
// as versions of the revision Next. When a document is written several times,
// only the last version is kept, be it a deletion.
type Tx interface {
	Reader

	// Put writes a document and replaces what indexes hold of it; an entry that
	// is given twice counts once. Of a kind without history the version that it
	// replaces is dropped, be it a deletion. It returns the revision of the version that
	// it replaces: zero if there was none, or if the document was deleted.
	//
	// The store keeps body and entries, which nobody may change any more.
	//
	// An id or body that is empty, and an id or index value that is not UTF-8
	// or has a NUL, is an error: not every backend can keep it. All else comes
	// back byte by byte, and ids and values are compared so.
	Put(kind Kind, id string, body []byte, entries []IndexEntry) (replaced access.Revision, err error)

	// Delete removes a document from Get, List and every index and returns the
	// revision of the version that it removes, or a NotFound error. Of a kind
	// without history nothing else is left of the document than the deletion.
	Delete(kind Kind, id string) (removed access.Revision, err error)

	// Lineage tells whether what an earlier transaction of the realm saw still
	// holds: if it had the same lineage, this one sees all that the earlier one
	// saw, under the same revisions, and more behind it. A failed commit begins
	// a new lineage. A backend that cannot tell gives each transaction its own.
	Lineage() uint64

	// Next is the revision that this transaction will have if it commits.
	Next() access.Revision
}

// IndexEntry is a place where an index holds a document.
type IndexEntry struct {
	Index string
	Value string
}
