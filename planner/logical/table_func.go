package logical

import "github.com/tarnsql/tarn/planner/expr"

// FuncItem is a set-returning function and the columns of its rows.
type FuncItem struct {
	Call *expr.Call
	Cols []Column
}

// TableFunc adds to each input row the rows of set-returning functions, side by side, the shorter ones padded with NULL.
// Outer keeps an input row for which all of them are empty.
type TableFunc struct {
	base
	Input Node
	Calls []FuncItem
	// Ordinality is the bigint column that numbers the rows of each input row; nil when there is none.
	Ordinality *Column
	Outer      bool
}

// Columns returns the input's columns, the functions' and the ordinality.
func (n *TableFunc) Columns() []Column {
	in := n.Input.Columns()
	cols := in[:len(in):len(in)]
	for _, c := range n.Calls {
		cols = append(cols, c.Cols...)
	}
	if n.Ordinality != nil {
		cols = append(cols, *n.Ordinality)
	}
	return cols
}

// Inputs returns the input.
func (n *TableFunc) Inputs() []Node { return []Node{n.Input} }

// WithInputs returns the node over another input.
func (n *TableFunc) WithInputs(in []Node) Node {
	c := *n
	c.base, c.Input = base{}, in[0]
	return &c
}

// Each calls f for every call.
func (n *TableFunc) Each(f func(expr.Expr)) {
	for _, c := range n.Calls {
		f(c.Call)
	}
}

// Map returns the node with f applied to the arguments of every call.
func (n *TableFunc) Map(f func(expr.Expr) expr.Expr) Node {
	var calls []FuncItem
	for i, c := range n.Calls {
		args := expr.MapList(c.Call.Args, f)
		if sameList(args, c.Call.Args) {
			continue
		}
		if calls == nil {
			calls = append([]FuncItem(nil), n.Calls...)
		}
		calls[i].Call = &expr.Call{Fn: c.Call.Fn, Args: args, Typ: c.Call.Typ}
	}
	if calls == nil {
		return n
	}
	c := *n
	c.base, c.Calls = base{}, calls
	return &c
}

// String returns the plan as a tree.
func (n *TableFunc) String() string { return Format(n) }
