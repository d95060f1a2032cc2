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
	// parameter writes parameter n, counted from 1.
	parameter(n int) string
	// pushable reports whether the database decides a predicate on a column exactly as the engine does.
	pushable(c column, p connectors.Predicate) bool
	// operand writes a column for a comparison with p's operator.
	operand(c column, p connectors.Predicate) string
	// argument converts a constant to the driver's type.
	argument(c column, v schema.Value) any
	// selected writes a column in the select list.
	selected(c column) string
	// inList writes "column in values" and returns its arguments.
	inList(c column, values []schema.Value, first int) (string, []any)
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
	c := b.columns[p.Column]
	operand := b.d.operand(c, p)
	switch p.Op {
	case connectors.IsNull, connectors.IsNotNull:
		b.where = append(b.where, operand+" "+p.Op.String())
	case connectors.In:
		text, args := b.d.inList(c, p.Values, len(b.args)+1)
		b.where = append(b.where, text)
		b.args = append(b.args, args...)
	default:
		b.args = append(b.args, b.d.argument(c, p.Values[0]))
		b.where = append(b.where, fmt.Sprintf("%s %s %s", operand, p.Op, b.d.parameter(len(b.args))))
	}
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
