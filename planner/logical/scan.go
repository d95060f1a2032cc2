package logical

import (
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/planner/expr"
)

// Scan reads columns of a table.
type Scan struct {
	base
	Table connectors.Table
	// Alias is the name under which the statement knows the table.
	Alias string
	// Cols are the columns read, and Ordinals their places in Table.Columns().
	Cols     []Column
	Ordinals []int
	// Pos is the 1-based character where the statement names the table, for errors.
	Pos int
}

// Columns returns the columns read.
func (n *Scan) Columns() []Column { return n.Cols }

// Inputs returns no node.
func (n *Scan) Inputs() []Node { return nil }

// WithInputs returns n.
func (n *Scan) WithInputs([]Node) Node { return n }

// Each does nothing: a scan has no expressions.
func (n *Scan) Each(func(expr.Expr)) {}

// Map returns n.
func (n *Scan) Map(func(expr.Expr) expr.Expr) Node { return n }

// String returns the plan as a tree.
func (n *Scan) String() string { return Format(n) }

// Ordinal returns the place in Table.Columns() of a column of the scan, or -1.
func (n *Scan) Ordinal(id expr.ColumnID) int {
	for i, c := range n.Cols {
		if c.ID == id {
			return n.Ordinals[i]
		}
	}
	return -1
}
