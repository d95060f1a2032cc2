package logical

import "github.com/tarnsql/tarn/planner/expr"

// TopN returns rows Offset to Offset+Count of the order. WithTies adds the rows that equal the last one.
type TopN struct {
	base
	Input         Node
	Keys          []expr.SortKey
	Count, Offset int64
	WithTies      bool
}

// Columns returns the input's columns.
func (n *TopN) Columns() []Column { return n.Input.Columns() }

// Inputs returns the input.
func (n *TopN) Inputs() []Node { return []Node{n.Input} }

// WithInputs returns the node over another input.
func (n *TopN) WithInputs(in []Node) Node {
	c := *n
	c.base, c.Input = base{}, in[0]
	return &c
}

// Each calls f for every key.
func (n *TopN) Each(f func(expr.Expr)) { eachKey(n.Keys, f) }

// Map returns the node with f applied to every key.
func (n *TopN) Map(f func(expr.Expr) expr.Expr) Node {
	keys := expr.MapKeys(n.Keys, f)
	if sameKeys(keys, n.Keys) {
		return n
	}
	c := *n
	c.base, c.Keys = base{}, keys
	return &c
}

// String returns the plan as a tree.
func (n *TopN) String() string { return Format(n) }
