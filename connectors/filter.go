package connectors

import (
	"context"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
)

// Op is the operator of a Predicate.
type Op uint8

// The operators. Prefix holds for strings that begin with the value.
const (
	Eq Op = iota
	Ne
	Lt
	Le
	Gt
	Ge
	In
	IsNull
	IsNotNull
	Prefix
)

var opNames = [...]string{"=", "<>", "<", "<=", ">", ">=", "IN", "IS NULL", "IS NOT NULL", "starts with"}

// String returns the operator in SQL.
func (o Op) String() string { return opNames[o] }

// Predicate compares a column with constants. As in a WHERE clause, only rows for which it is true pass: a NULL value
// passes IsNull alone.
type Predicate struct {
	// Column is the ordinal in Table.Columns.
	Column int
	Op     Op
	// Values are not NULL and have exactly the column's type: one for the comparisons and Prefix, one or more, ascending and
	// distinct, for In, none for IsNull and IsNotNull.
	Values []schema.Value
}

// Filter is one conjunct of the WHERE clause over columns of one table.
type Filter struct {
	// Columns are the ordinals in Table.Columns that the filter reads, ascending.
	Columns []int
	// Predicates are conditions that every row passing the filter meets: what statistics and remote sources can use. There
	// may be none.
	Predicates []Predicate
	// Exact says that the predicates together are equivalent to the filter.
	Exact bool
	// MayFail says that the filter may raise an error for a row. It is tested only on rows that pass all filters before it in
	// the request; the others may be tested in any order.
	MayFail bool
	// NewMatcher returns an evaluator of the whole filter for one worker. It is never nil.
	NewMatcher func() Matcher
	// Text is the filter in SQL, for EXPLAIN.
	Text string
}

// Matcher evaluates a Filter. It keeps buffers and is not safe for concurrent use.
type Matcher interface {
	// Match returns the rows among sel (nil: all n rows) for which the filter is true, ascending. cols[i] is the column
	// Filter.Columns[i] and has n rows. The result is valid until the next call and never nil; sel is not changed.
	//
	// A scan may call Match on the entries of a dictionary instead of on rows; when that returns an error, it must
	// evaluate the rows themselves, because the entry at fault may belong to no surviving row.
	Match(ctx context.Context, cols []vector.Vector, n int, sel []uint32) ([]uint32, error)
}

// Verdict says what a Scan does with a Filter.
type Verdict uint8

// The verdicts.
const (
	// Unsupported filters are not looked at: the engine applies them.
	Unsupported Verdict = iota
	// Inexact filters remove rows that surely fail; the engine applies them again.
	Inexact
	// Exact filters are applied in full: the engine drops them.
	Exact
)

// String returns the verdict in lower case.
func (v Verdict) String() string { return [...]string{"unsupported", "inexact", "exact"}[v] }

// Describe returns the predicate in SQL with the given column name, for EXPLAIN.
func (p Predicate) Describe(column string) string {
	var b strings.Builder
	b.WriteString(column + " " + p.Op.String())
	for i, v := range p.Values {
		switch {
		case i == 8:
			b.WriteString(", ...")
		case i > 8:
			continue
		case i > 0:
			b.WriteString(", " + v.Literal())
		case p.Op == In:
			b.WriteString(" (" + v.Literal())
		default:
			b.WriteString(" " + v.Literal())
		}
	}
	if p.Op == In {
		b.WriteByte(')')
	}
	return b.String()
}
