package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/reeve-authz/reeve/internal/store"
)

// name is what stands in rows as a number: a realm, a list of its documents of a
// kind, or the list of an index of theirs. The unused parts are empty.
type name struct{ realm, kind, index string }

// String is how the table names spells it.
func (n name) String() string {
	switch {
	case n.kind == "":
		return n.realm
	case n.index == "":
		return n.realm + "/" + n.kind
	}
	return n.realm + "/" + n.kind + "/" + n.index
}

// names are the numbers that a connection has come across. What a transaction adds
// is forgotten with it.
type names struct {
	numbers map[name]int64
	kinds   map[int64]store.Kind // of lists of documents
}

func newNames() names { return names{map[name]int64{}, map[int64]store.Kind{}} }

// number of a name; zero if it has none, as nothing was written under it.
func (c *conn) number(n name) (int64, error) {
	if number, ok := c.names.numbers[n]; ok {
		return number, nil
	}
	var number int64
	err := c.row("SELECT number FROM names WHERE name = ?", []any{n.String()}, &number)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading the number of %s: %w", n, err)
	}
	c.names.numbers[n] = number
	return number, nil
}

// numberOrNew gives a name a number if it has none.
func (c *conn) numberOrNew(n name) (int64, error) {
	number, err := c.number(n)
	if err != nil || number != 0 {
		return number, err
	}
	if err := c.row("INSERT INTO names (name) VALUES (?) RETURNING number", []any{n.String()}, &number); err != nil {
		return 0, fmt.Errorf("numbering %s: %w", n, err)
	}
	c.names.numbers[n] = number
	return number, nil
}

// kind is that of a list of documents.
func (c *conn) kind(number int64) (store.Kind, error) {
	if kind, ok := c.names.kinds[number]; ok {
		return kind, nil
	}
	var text string
	if err := c.row("SELECT name FROM names WHERE number = ?", []any{number}, &text); err != nil {
		return "", fmt.Errorf("reading the name %d: %w", number, err)
	}
	kind := store.Kind(text[strings.LastIndexByte(text, '/')+1:])
	c.names.kinds[number] = kind
	return kind, nil
}
