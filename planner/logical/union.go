package logical

import "github.com/tarnsql/tarn/planner/expr"

// Union concatenates its inputs. Column Cols[i] is column Maps[j][i] of input j, of the same type.
type Union struct {
	base
	All  []Node
	Cols []Column
	Maps [][]expr.ColumnID
}

// Columns returns the columns.
func (n *Union) Columns() []Column { return n.Cols }

// Inputs returns the inputs.
func (n *Union) Inputs() []Node { return n.All }

// WithInputs returns the node over other inputs.
func (n *Union) WithInputs(in []Node) Node { return &Union{All: in, Cols: n.Cols, Maps: n.Maps} }

// Each does nothing: a union has no expressions.
func (n *Union) Each(func(expr.Expr)) {}

// Map returns n.
func (n *Union) Map(func(expr.Expr) expr.Expr) Node { return n }

// String returns the plan as a tree.
func (n *Union) String() string { return Format(n) }
