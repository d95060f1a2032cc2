package parquet

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// place says where in a file something is, for errors. Negative numbers and empty strings are not mentioned.
type place struct {
	url    string
	group  int
	column string
	page   int
}

func (p place) String() string {
	s := fmt.Sprintf("file %q", p.url)
	if p.group >= 0 {
		s += fmt.Sprintf(", row group %d", p.group)
	}
	if p.column != "" {
		s += fmt.Sprintf(", column %q", p.column)
	}
	if p.page >= 0 {
		s += fmt.Sprintf(", page %d", p.page)
	}
	return s
}

// corrupt makes the XX001 error for a cause found at p. Causes that say themselves what they are (out of memory, a
// cancelled query, a changed object, an unsupported codec) pass through.
func corrupt(p place, cause error) error {
	if cause == nil {
		return nil
	}
	if sqlerr.As(cause) != nil || errors.Is(cause, context.Canceled) || errors.Is(cause, context.DeadlineExceeded) {
		return cause
	}
	return sqlerr.New(sqlerr.DataCorrupted, "parquet %s is corrupt: %w", p, cause)
}

// inTable adds the table to an error.
func inTable(err error, t schema.TableName) error {
	if e := sqlerr.As(err); e != nil && t.Table != "" {
		if e.Table == "" {
			e.Schema, e.Table = t.Schema, t.Table
		}
		_ = e.WithContext("reading table %s", t)
	}
	return err
}

// guard turns a panic below it into an error: a second net under checks that should have refused the file before.
func guard(p place, err *error) {
	if r := recover(); r != nil { //nolint:revive // guard itself is deferred
		*err = sqlerr.New(sqlerr.DataCorrupted, "parquet %s cannot be read: %v", p, r).WithDetail("%s", debug.Stack())
	}
}
