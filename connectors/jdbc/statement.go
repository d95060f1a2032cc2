package jdbc

import (
	"context"
	"fmt"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
)

// dialect is where databases differ.
type dialect interface {
	// verdict says how the database decides a predicate on a column: Exact as the engine does, Inexact when it may let rows
	// pass that the engine drops, Unsupported when it may drop others.
	verdict(c column, p connectors.Predicate) connectors.Verdict
	// condition writes a predicate that has a verdict, with parameters counted from first, and returns its arguments.
	condition(c column, p connectors.Predicate, first int) (string, []any)
	// selected writes a column in the select list.
	selected(c column) string
}

// column is a column of a remote table.
type column struct {
	name    string
	typ     schema.Type
	remote  string // the database's own type
	notNull bool
	comment string
	// asText says that the value is cast to text, because the engine has no such type.
	asText bool
}

// Trace is told of the statements that scans send, before they are sent: the table, the text and the values of its
// parameters, which it must not change. It is called by several goroutines.
type Trace func(table schema.TableName, text string, args []any)

type traceKey struct{}

// WithTrace returns a context whose scans tell trace what they send.
func WithTrace(ctx context.Context, trace Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, trace)
}

// statement is a SELECT with its arguments.
type statement struct {
	text string
	args []any
}

// quote writes an identifier. A zero byte ends the statement for some databases, so it is refused as a missing name would be.
func quote(name string) string {
	return `"` + strings.ReplaceAll(strings.ReplaceAll(name, "\x00", ""), `"`, `""`) + `"`
}

// builder writes the SELECT of a scan.
type builder struct {
	d       dialect
	columns []column
	where   []string
	args    []any
}

// add adds a predicate to the WHERE clause.
func (b *builder) add(p connectors.Predicate) {
	text, args := b.d.condition(b.columns[p.Column], p, len(b.args)+1)
	b.where = append(b.where, text)
	b.args = append(b.args, args...)
}

// build returns the statement. Without columns it selects NULL, for the number of rows.
func (b *builder) build(from string, ordinals []int, limit int64) statement {
	list := make([]string, len(ordinals))
	for i, o := range ordinals {
		list[i] = b.d.selected(b.columns[o])
	}
	if len(list) == 0 {
		list = []string{"NULL"}
	}
	text := "SELECT " + strings.Join(list, ", ") + " FROM " + from
	if len(b.where) > 0 {
		text += " WHERE " + strings.Join(b.where, " AND ")
	}
	if limit > 0 {
		text += fmt.Sprintf(" LIMIT %d", limit)
	}
	return statement{text, b.args}
}
