package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
)

// rowsAtOnce is how many rows one statement inserts at most. Each takes a quarter
// less than alone; more gain nothing.
const rowsAtOnce = 16

// insertion inserts rows of some columns into a table. It does so OR FAIL, which may
// leave rows of a statement that fails: whoever inserts takes the transaction back
// then. Else SQLite would copy each page first, to take back the statement alone.
type insertion struct {
	width int
	texts [rowsAtOnce + 1]string // by the number of rows
}

func newInsertion(table string, columns ...string) *insertion {
	in := &insertion{width: len(columns)}
	row := "(?" + strings.Repeat(", ?", len(columns)-1) + ")"
	for n := 1; n <= rowsAtOnce; n++ {
		in.texts[n] = fmt.Sprintf("INSERT OR FAIL INTO %s (%s) VALUES %s%s", table, strings.Join(columns, ", "), row, strings.Repeat(", "+row, n-1))
	}
	return in
}

// rows are on their way into a table. They go straight to the driver: on the way
// through database/sql each parameter would be looked at and copied once more.
type rows struct {
	c      *conn
	into   *insertion
	params []driver.NamedValue
}

// add takes a row, and inserts what has come together when that is enough.
func (r *rows) add(row ...any) error {
	for _, v := range row {
		r.params = append(r.params, driver.NamedValue{Ordinal: len(r.params) + 1, Value: v})
	}
	if len(r.params) < rowsAtOnce*r.into.width {
		return nil
	}
	return r.insert()
}

// insert inserts what is left.
func (r *rows) insert() error {
	if len(r.params) == 0 {
		return nil
	}
	text := r.into.texts[len(r.params)/r.into.width]
	err := r.c.sql.Raw(func(c any) error {
		s := r.c.inserts[text]
		if s == nil {
			var err error
			if s, err = c.(driver.ConnPrepareContext).PrepareContext(context.Background(), text); err != nil {
				return err
			}
			r.c.inserts[text] = s
		}
		_, err := s.(driver.StmtExecContext).ExecContext(context.Background(), r.params)
		return err
	})
	r.params = r.params[:0]
	return err
}
