package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
)

// gap is where a transaction that writes many documents of a kind knows of no
// document, without a look at each place: behind the last id that it wrote and
// before the next one that there is. Ids that are made here grow, so most of what
// is new falls into it.
type gap struct {
	outside   int    // documents that were written elsewhere
	low, high string // both there; high is empty if nothing follows low
}

// searchEvery is how many documents a transaction writes outside of the gap
// before it looks for another one.
const searchEvery = 8

func (g *gap) has(id string) bool {
	return g != nil && g.low != "" && id > g.low && (g.high == "" || id < g.high)
}

// wrote notes that a document of the kind was written.
func (t *tx) wrote(kind, id string) error {
	g := t.gaps[kind]
	if g == nil {
		if t.gaps == nil {
			t.gaps = make(map[string]*gap)
		}
		g = new(gap)
		t.gaps[kind] = g
	}
	if g.has(id) {
		g.low = id
		return nil
	}
	if g.outside++; g.outside%searchEvery != 0 {
		return nil
	}
	g.low, g.high = id, ""
	err := t.c.row(`
		SELECT id
		FROM documents INDEXED BY documents_version
		WHERE realm = ? AND kind = ? AND id > ?
		ORDER BY id
		LIMIT 1`,
		[]any{t.realm, kind, id}, &g.high)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("looking for the next id: %w", err)
	}
	return nil
}
