package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
)

// gap is where the writer knows of no document of a list, without a look at each
// place: behind an id and before the next one that there is. Ids that are made
// here grow, so most of what is new falls into it.
//
// It outlives transactions, as nobody else writes; what is taken back only leaves
// more room.
type gap struct {
	misses    int    // new documents that were outside
	known     bool   // whether low and high are
	low, high string // neither is within; high is empty if nothing follows low
}

// searchEvery is how many new documents are written outside of the gap before
// another one is looked for.
const searchEvery = 8

func (g *gap) has(id string) bool {
	return g != nil && g.known && id > g.low && (g.high == "" || id < g.high)
}

// wrote notes that there is a document now.
func (g *gap) wrote(id string) {
	if g.has(id) {
		g.low = id
	}
}

// missed notes that a document, of which the database has nothing, was looked for
// in vain.
func (t *tx) missed(list name, id string) error {
	g := t.b.gaps[list]
	if g == nil {
		g = new(gap)
		t.b.gaps[list] = g
	}
	if g.misses++; g.misses%searchEvery != 0 {
		return nil
	}
	number, err := t.c.number(list)
	if err != nil {
		return err
	}
	var high string
	err = t.c.row(`
		SELECT min(id)
		FROM (
			SELECT min(id) AS id
			FROM documents INDEXED BY documents_newest
			WHERE list = ?1 AND id > ?2 AND until IS NULL AND body IS NOT NULL
			UNION ALL
			SELECT min(id)
			FROM documents INDEXED BY documents_past
			WHERE list = ?1 AND id > ?2 AND (until IS NOT NULL OR body IS NULL))
		HAVING min(id) IS NOT NULL`,
		[]any{number, id}, &high)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("looking for the next id: %w", err)
	}
	g.known, g.low, g.high = true, id, high
	return nil
}
