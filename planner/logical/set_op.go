package logical

import "github.com/tarnsql/tarn/planner/expr"

// SetOpKind is INTERSECT or EXCEPT.
type SetOpKind uint8

// The kinds.
const (
	Intersect SetOpKind = iota
	Except
)

// SetOp is INTERSECT or EXCEPT, for which NULLs are equal. Column Cols[i] is LeftCols[i], compared with RightCols[i].
type SetOp struct {
	base
	Kind                SetOpKind
	All                 bool
	Left, Right         Node
	Cols                []Column
	LeftCols, RightCols []expr.ColumnID
}

// Columns returns the columns.
func (n *SetOp) Columns() []Column { return n.Cols }

// Inputs returns both sides.
func (n *SetOp) Inputs() []Node { return []Node{n.Left, n.Right} }

// WithInputs returns the node over other inputs.
func (n *SetOp) WithInputs(in []Node) Node {
	c := *n
	c.base, c.Left, c.Right = base{}, in[0], in[1]
	return &c
}

// Each does nothing: a set operation has no expressions.
func (n *SetOp) Each(func(expr.Expr)) {}

// Map returns n.
func (n *SetOp) Map(func(expr.Expr) expr.Expr) Node { return n }

// String returns the plan as a tree.
func (n *SetOp) String() string { return Format(n) }
