package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
)

// names are the numbers of the table names that a connection has come across.
// What a transaction adds is forgotten with it.
type names struct {
	numbers map[string]int64
	names   map[int64]string
}

func newNames() names { return names{map[string]int64{}, map[int64]string{}} }

func (n *names) add(name string, number int64) {
	n.numbers[name], n.names[number] = number, name
}

// number of a name; zero if it has none, as nothing was written under it.
func (c *conn) number(name string) (int64, error) {
	if number, ok := c.names.numbers[name]; ok {
		return number, nil
	}
	var number int64
	err := c.row("SELECT number FROM names WHERE name = ?", []any{name}, &number)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading the number of %s: %w", name, err)
	}
	c.names.add(name, number)
	return number, nil
}

// numberOrNew gives a name a number if it has none.
func (c *conn) numberOrNew(name string) (int64, error) {
	number, err := c.number(name)
	if err != nil || number != 0 {
		return number, err
	}
	if err := c.row("INSERT INTO names (name) VALUES (?) RETURNING number", []any{name}, &number); err != nil {
		return 0, fmt.Errorf("numbering %s: %w", name, err)
	}
	c.names.add(name, number)
	return number, nil
}

// name that has the number.
func (c *conn) name(number int64) (string, error) {
	if name, ok := c.names.names[number]; ok {
		return name, nil
	}
	var name string
	if err := c.row("SELECT name FROM names WHERE number = ?", []any{number}, &name); err != nil {
		return "", fmt.Errorf("reading the name %d: %w", number, err)
	}
	c.names.add(name, number)
	return name, nil
}
