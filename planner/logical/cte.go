package logical

import "github.com/tarnsql/tarn/planner/expr"

// CTE is a plan that several places of a statement read: a common table expression, or a subplan that the optimiser found
// twice. It is the one part of a logical plan that changes in place, so that all readers see the optimised plan.
type CTE struct {
	ID   int
	Name string
	Plan Node
	// Cols are the columns that readers see, among those of Plan, in order. A column may appear twice.
	Cols []Column
	// Keep says that the plan is computed once even for a single reader (MATERIALIZED).
	Keep bool
}

// CTERef reads a CTE. Cols[i] is the reader's own identity of Def.Cols[From[i]].
type CTERef struct {
	base
	Def  *CTE
	Cols []Column
	From []int
}

// Columns returns the columns.
func (n *CTERef) Columns() []Column { return n.Cols }

// Inputs returns no node: the plan belongs to all readers.
func (n *CTERef) Inputs() []Node { return nil }

// WithInputs returns n.
func (n *CTERef) WithInputs([]Node) Node { return n }

// Each does nothing: a reference has no expressions.
func (n *CTERef) Each(func(expr.Expr)) {}

// Map returns n.
func (n *CTERef) Map(func(expr.Expr) expr.Expr) Node { return n }

// String returns the plan as a tree.
func (n *CTERef) String() string { return Format(n) }

// Inline returns the CTE's own plan in the place of the reference, under the reference's names.
func (n *CTERef) Inline() Node {
	items := make([]Item, len(n.Cols))
	for i, c := range n.Cols {
		items[i] = Item{Col: c, Expr: n.Def.Cols[n.From[i]].Ref()}
	}
	return &Project{Input: n.Def.Plan, Items: items}
}
