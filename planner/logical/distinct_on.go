package logical

import "github.com/tarnsql/tarn/planner/expr"

// DistinctOn keeps the first row of each run of equal keys. Its input is sorted by the keys, in any directions.
type DistinctOn struct {
	base
	Input Node
	Keys  []expr.Expr
}

// Columns returns the input's columns.
func (n *DistinctOn) Columns() []Column { return n.Input.Columns() }

// Inputs returns the input.
func (n *DistinctOn) Inputs() []Node { return []Node{n.Input} }

// WithInputs returns the node over another input.
func (n *DistinctOn) WithInputs(in []Node) Node { return &DistinctOn{Input: in[0], Keys: n.Keys} }

// Each calls f for every key.
func (n *DistinctOn) Each(f func(expr.Expr)) { each(n.Keys, f) }

// Map returns the node with f applied to every key.
func (n *DistinctOn) Map(f func(expr.Expr) expr.Expr) Node {
	keys := expr.MapList(n.Keys, f)
	if sameList(keys, n.Keys) {
		return n
	}
	return &DistinctOn{Input: n.Input, Keys: keys}
}

// String returns the plan as a tree.
func (n *DistinctOn) String() string { return Format(n) }
