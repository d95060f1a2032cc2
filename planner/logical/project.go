package logical

import "github.com/tarnsql/tarn/planner/expr"

// Project computes columns, and passes on those of its input that are among its items.
type Project struct {
	base
	Input Node
	Items []Item
}

// Columns returns a column for each item.
func (n *Project) Columns() []Column {
	cols := make([]Column, len(n.Items))
	for i, it := range n.Items {
		cols[i] = it.Col
	}
	return cols
}

// Inputs returns the input.
func (n *Project) Inputs() []Node { return []Node{n.Input} }

// WithInputs returns the node over another input.
func (n *Project) WithInputs(in []Node) Node { return &Project{Input: in[0], Items: n.Items} }

// Each calls f for the expression of every item.
func (n *Project) Each(f func(expr.Expr)) { eachItem(n.Items, f) }

// Map returns the node with f applied to the expression of every item.
func (n *Project) Map(f func(expr.Expr) expr.Expr) Node {
	items, changed := mapItems(n.Items, f)
	if !changed {
		return n
	}
	return &Project{Input: n.Input, Items: items}
}

// String returns the plan as a tree.
func (n *Project) String() string { return Format(n) }

func eachItem(items []Item, f func(expr.Expr)) {
	for _, it := range items {
		f(it.Expr)
	}
}

func mapItems(items []Item, f func(expr.Expr) expr.Expr) ([]Item, bool) {
	var out []Item
	for i, it := range items {
		e := f(it.Expr)
		if e != it.Expr && out == nil {
			out = append([]Item(nil), items...)
		}
		if out != nil {
			out[i].Expr = e
		}
	}
	if out == nil {
		return items, false
	}
	return out, true
}
