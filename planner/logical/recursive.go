package logical

import "github.com/tarnsql/tarn/planner/expr"

// RecursiveUnion is WITH RECURSIVE: the rows of Base, then those of Step over the rows of the round before, until a round
// is empty. Cols[i] is BaseCols[i] of Base and StepCols[i] of Step.
type RecursiveUnion struct {
	base
	ID                 int
	Base, Step         Node
	Cols               []Column
	BaseCols, StepCols []expr.ColumnID
	// Distinct drops rows seen before.
	Distinct bool
}

// WorkTable is the rows of the round before, inside the Step of RecursiveUnion ID. All of its columns are read.
type WorkTable struct {
	base
	ID   int
	Name string
	Cols []Column
}

// Columns returns the columns.
func (n *RecursiveUnion) Columns() []Column { return n.Cols }

// Inputs returns the base and the step.
func (n *RecursiveUnion) Inputs() []Node { return []Node{n.Base, n.Step} }

// WithInputs returns the node over other inputs.
func (n *RecursiveUnion) WithInputs(in []Node) Node {
	c := *n
	c.base, c.Base, c.Step = base{}, in[0], in[1]
	return &c
}

// Each does nothing: the node has no expressions.
func (n *RecursiveUnion) Each(func(expr.Expr)) {}

// Map returns n.
func (n *RecursiveUnion) Map(func(expr.Expr) expr.Expr) Node { return n }

// String returns the plan as a tree.
func (n *RecursiveUnion) String() string { return Format(n) }

// Columns returns the columns.
func (n *WorkTable) Columns() []Column { return n.Cols }

// Inputs returns no node.
func (n *WorkTable) Inputs() []Node { return nil }

// WithInputs returns n.
func (n *WorkTable) WithInputs([]Node) Node { return n }

// Each does nothing: the node has no expressions.
func (n *WorkTable) Each(func(expr.Expr)) {}

// Map returns n.
func (n *WorkTable) Map(func(expr.Expr) expr.Expr) Node { return n }

// String returns the plan as a tree.
func (n *WorkTable) String() string { return Format(n) }
