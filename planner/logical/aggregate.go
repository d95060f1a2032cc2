package logical

import "github.com/tarnsql/tarn/planner/expr"

// AggregateItem is an aggregate and the column of its result.
type AggregateItem struct {
	Col  Column
	Call expr.AggregateCall
}

// Aggregate groups its input by Keys, or by each of Sets. Without keys and sets it returns exactly one row. SELECT
// DISTINCT is an Aggregate without Aggs.
type Aggregate struct {
	base
	Input Node
	Keys  []Item
	// Sets are grouping sets as ordinals into Keys; nil is the one set of all keys.
	Sets [][]int
	// GroupingID is the bigint column whose bit i from the left is set when key i is not in the row's set. It exists
	// only when there are Sets.
	GroupingID Column
	Aggs       []AggregateItem
}

// Scalar reports whether the node returns exactly one row.
func (n *Aggregate) Scalar() bool { return len(n.Keys) == 0 && n.Sets == nil }

// Columns returns the keys, the grouping id and the aggregates.
func (n *Aggregate) Columns() []Column {
	cols := make([]Column, 0, len(n.Keys)+len(n.Aggs)+1)
	for _, k := range n.Keys {
		cols = append(cols, k.Col)
	}
	if n.Sets != nil {
		cols = append(cols, n.GroupingID)
	}
	for _, a := range n.Aggs {
		cols = append(cols, a.Col)
	}
	return cols
}

// Inputs returns the input.
func (n *Aggregate) Inputs() []Node { return []Node{n.Input} }

// WithInputs returns the node over another input.
func (n *Aggregate) WithInputs(in []Node) Node {
	c := *n
	c.base, c.Input = base{}, in[0]
	return &c
}

// Each calls f for the keys and all expressions of the aggregates.
func (n *Aggregate) Each(f func(expr.Expr)) {
	eachItem(n.Keys, f)
	for i := range n.Aggs {
		n.Aggs[i].Call.Each(f)
	}
}

// Map returns the node with f applied to the keys and all expressions of the aggregates.
func (n *Aggregate) Map(f func(expr.Expr) expr.Expr) Node {
	changed := false
	g := func(e expr.Expr) expr.Expr {
		r := f(e)
		changed = changed || r != e
		return r
	}
	c := *n
	c.base = base{}
	c.Keys, _ = mapItems(n.Keys, g)
	c.Aggs = append([]AggregateItem(nil), n.Aggs...)
	for i := range c.Aggs {
		c.Aggs[i].Call = c.Aggs[i].Call.Map(g)
	}
	if !changed {
		return n
	}
	return &c
}

// String returns the plan as a tree.
func (n *Aggregate) String() string { return Format(n) }
