package logical

import "github.com/tarnsql/tarn/planner/expr"

// WindowItem is a window function and the column of its result.
type WindowItem struct {
	Col  Column
	Call expr.WindowCall
}

// Window adds the results of window functions that share a partition and an order.
type Window struct {
	base
	Input     Node
	Partition []expr.Expr
	Order     []expr.SortKey
	Calls     []WindowItem
}

// Columns returns the input's columns and the results.
func (n *Window) Columns() []Column {
	in := n.Input.Columns()
	cols := in[:len(in):len(in)]
	for _, c := range n.Calls {
		cols = append(cols, c.Col)
	}
	return cols
}

// Inputs returns the input.
func (n *Window) Inputs() []Node { return []Node{n.Input} }

// WithInputs returns the node over another input.
func (n *Window) WithInputs(in []Node) Node {
	c := *n
	c.base, c.Input = base{}, in[0]
	return &c
}

// Each calls f for the partition, the order and all expressions of the calls.
func (n *Window) Each(f func(expr.Expr)) {
	each(n.Partition, f)
	eachKey(n.Order, f)
	for i := range n.Calls {
		n.Calls[i].Call.Each(f)
	}
}

// Map returns the node with f applied to all of its expressions.
func (n *Window) Map(f func(expr.Expr) expr.Expr) Node {
	changed := false
	g := func(e expr.Expr) expr.Expr {
		r := f(e)
		changed = changed || r != e
		return r
	}
	c := *n
	c.base = base{}
	c.Partition = expr.MapList(n.Partition, g)
	c.Order = expr.MapKeys(n.Order, g)
	c.Calls = append([]WindowItem(nil), n.Calls...)
	for i := range c.Calls {
		c.Calls[i].Call = c.Calls[i].Call.Map(g)
	}
	if !changed {
		return n
	}
	return &c
}

// String returns the plan as a tree.
func (n *Window) String() string { return Format(n) }

func eachKey(keys []expr.SortKey, f func(expr.Expr)) {
	for _, k := range keys {
		f(k.Expr)
	}
}
