package logical

import "github.com/tarnsql/tarn/planner/expr"

// Sort orders all rows.
type Sort struct {
	base
	Input Node
	Keys  []expr.SortKey
}

// Columns returns the input's columns.
func (n *Sort) Columns() []Column { return n.Input.Columns() }

// Inputs returns the input.
func (n *Sort) Inputs() []Node { return []Node{n.Input} }

// WithInputs returns the node over another input.
func (n *Sort) WithInputs(in []Node) Node { return &Sort{Input: in[0], Keys: n.Keys} }

// Each calls f for every key.
func (n *Sort) Each(f func(expr.Expr)) { eachKey(n.Keys, f) }

// Map returns the node with f applied to every key.
func (n *Sort) Map(f func(expr.Expr) expr.Expr) Node {
	keys := expr.MapKeys(n.Keys, f)
	if sameKeys(keys, n.Keys) {
		return n
	}
	return &Sort{Input: n.Input, Keys: keys}
}

// String returns the plan as a tree.
func (n *Sort) String() string { return Format(n) }

func sameKeys(a, b []expr.SortKey) bool { return len(a) == 0 || &a[0] == &b[0] }
