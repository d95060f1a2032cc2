package logical

import "github.com/tarnsql/tarn/planner/expr"

// Limit returns rows Offset to Offset+Count of its input; Count < 0 is all.
type Limit struct {
	base
	Input         Node
	Count, Offset int64
}

// Columns returns the input's columns.
func (n *Limit) Columns() []Column { return n.Input.Columns() }

// Inputs returns the input.
func (n *Limit) Inputs() []Node { return []Node{n.Input} }

// WithInputs returns the node over another input.
func (n *Limit) WithInputs(in []Node) Node {
	return &Limit{Input: in[0], Count: n.Count, Offset: n.Offset}
}

// Each does nothing: a limit has no expressions.
func (n *Limit) Each(func(expr.Expr)) {}

// Map returns n.
func (n *Limit) Map(func(expr.Expr) expr.Expr) Node { return n }

// String returns the plan as a tree.
func (n *Limit) String() string { return Format(n) }
