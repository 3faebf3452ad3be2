package authz

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// Page asks for a part of a list, in the order of the ids.
type Page struct {
	After string // only ids after it
	Limit int    // at most so many; must be positive
}

const (
	listChunk = 200   // documents read at a time
	listReach = 2_000 // documents, or resources, passed over for one page of a list that keeps few
)

// list returns a page of the documents that keep says yes to, of those that the
// index of from holds if it names one, and the id after which the next page
// begins: "" at the end. A page may hold fewer than its limit before the end,
// when many documents had to be passed over.
func list[T any](ctx context.Context, s *Service, c access.Caller, t store.Table[T], from store.ListQuery, p Page, keep func(*T) bool) ([]T, string, error) {
	var kept []T
	next := ""
	err := s.store.View(ctx, c.Realm, 0, func(r store.Reader) error {
		kept, next = make([]T, 0, p.Limit), ""
		after := p.After
		from.Limit = listChunk
		for looked := 0; looked < listReach; looked += listChunk {
			from.After = after
			rows, err := t.List(r, from)
			if err != nil {
				return err
			}
			for i := range rows {
				if !keep(&rows[i].Doc) {
					continue
				}
				if len(kept) == p.Limit {
					next = after
					return nil
				}
				kept = append(kept, rows[i].Doc)
				after = rows[i].ID
			}
			if len(rows) < listChunk {
				return nil
			}
			after = rows[len(rows)-1].ID
		}
		next = after
		return nil
	})
	if err != nil {
		return nil, "", fmt.Errorf("listing %s: %w", t.Kind, err)
	}
	return kept, next, nil
}

// readsWithin reports whether the caller may read anything in the area by a
// grant.
func readsWithin(snap *engine.Snapshot, c access.Caller, area string) bool {
	q := access.ResourceQuery{Subject: c.Subject, Within: access.ResourceURI(area), Permission: read, Nested: true}
	some, stopped := snap.Resources(q, "", 1, listReach)
	return len(some) > 0 || stopped != ""
}

// reader reports whether the caller may read a document.
type reader[T any] func(*engine.Snapshot, access.Caller, *T) bool

// listReadable is list of what the caller may read, where area is the resource
// of all of it. It is a Forbidden or NotFound error if the caller may read none
// at all. Callers who hold nothing in the area see what names them, and cost
// what that is.
func listReadable[T any](ctx context.Context, s *Service, c access.Caller, t store.Table[T], area string, p Page, mayRead reader[T], keep func(*T) bool) ([]T, string, error) {
	return listReadableFrom(ctx, s, c, t, store.ListQuery{}, area, p, mayRead, keep)
}

// listReadableFrom is listReadable of what an index holds, if from names one.
func listReadableFrom[T any](ctx context.Context, s *Service, c access.Caller, t store.Table[T], from store.ListQuery, area string, p Page, mayRead reader[T], keep func(*T) bool) ([]T, string, error) {
	snap, err := s.feed.Snapshot(c.Realm)
	if err != nil {
		return nil, "", err
	}
	readsAll := mayAll(snap, c, read, area)
	if !readsAll && !readsWithin(snap, c, area) {
		from = store.ListQuery{Index: store.BySubject, Value: c.Subject.String()}
	}
	readsSome := readsAll || p.After != ""
	docs, next, err := list(ctx, s, c, t, from, p, func(doc *T) bool {
		if !readsAll && !mayRead(snap, c, doc) {
			return false
		}
		readsSome = true
		return keep(doc)
	})
	if err != nil {
		return nil, "", err
	}
	if !readsSome && next == "" {
		return nil, "", deny(snap, c)
	}
	return docs, next, nil
}

// matches reports whether one of the texts contains the filter, without regard
// to case. An empty filter matches.
func matches(filter string, texts ...string) bool {
	if filter == "" {
		return true
	}
	filter = strings.ToLower(filter)
	for _, t := range texts {
		if strings.Contains(strings.ToLower(t), filter) {
			return true
		}
	}
	return false
}

// SealCursor makes a page cursor from the id where the next page begins. Only
// a list of the same realm and scope opens it; scope names the endpoint and
// everything that selects what is listed. It holds the realm's revision, too.
// It is encrypted: the id may be of a document that the caller may not read.
func (s *Service) SealCursor(c access.Caller, scope, after string) (string, error) {
	snap, err := s.feed.Snapshot(c.Realm)
	if err != nil {
		return "", err
	}
	seal, err := s.cursorCipher(c)
	if err != nil {
		return "", err
	}
	position := append(binary.AppendVarint(nil, int64(snap.Revision())), after...)
	return base64.RawURLEncoding.EncodeToString(seal.Seal(nil, nil, position, cursorScope(c, scope))), nil
}

// OpenCursor returns what SealCursor was given, or an Invalid error if this
// server did not make the cursor for the caller's realm and the scope, or made
// it at a revision that the realm does not have, as before a backup was restored.
// It stays good across later commits: a page begins after an id, so what did not
// change in between is listed once.
func (s *Service) OpenCursor(c access.Caller, scope, cursor string) (after string, err error) {
	snap, err := s.feed.Snapshot(c.Realm)
	if err != nil {
		return "", err
	}
	seal, err := s.cursorCipher(c)
	if err != nil {
		return "", err
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil {
		return "", errCursor()
	}
	position, err := seal.Open(nil, nil, raw, cursorScope(c, scope))
	if err != nil {
		return "", errCursor()
	}
	rev, n := binary.Varint(position)
	if n <= 0 || access.Revision(rev) > snap.Revision() {
		return "", errCursor()
	}
	return string(position[n:]), nil
}

func errCursor() error {
	return access.Errorf(access.Invalid, "cursor: pass a cursor as it was given, with the other parameters unchanged")
}

func (s *Service) cursorCipher(c access.Caller) (cipher.AEAD, error) {
	realm := s.dir.Realm(c.Realm)
	if realm == nil {
		return nil, access.Errorf(access.Unavailable, "the realm is not loaded; try again")
	}
	block, err := aes.NewCipher(realm.CursorKey)
	if err != nil {
		return nil, fmt.Errorf("the realm's cursor key: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// cursorScope is different for different realms and scopes.
func cursorScope(c access.Caller, scope string) []byte {
	return fmt.Appendf(nil, "%d:%s%s", len(c.Realm), c.Realm, scope)
}
