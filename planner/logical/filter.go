package logical

import "github.com/tarnsql/tarn/planner/expr"

// Filter keeps the rows for which all conditions are true.
type Filter struct {
	base
	Input Node
	Conds []expr.Expr
}

// Where returns a filter of the conditions over the input, and the input itself when there are none. A filter over a filter
// becomes one.
func Where(in Node, conds ...expr.Expr) Node {
	if len(conds) == 0 {
		return in
	}
	if f, ok := in.(*Filter); ok {
		return &Filter{Input: f.Input, Conds: append(append([]expr.Expr(nil), f.Conds...), conds...)}
	}
	return &Filter{Input: in, Conds: conds}
}

// Columns returns the input's columns.
func (n *Filter) Columns() []Column { return n.Input.Columns() }

// Inputs returns the input.
func (n *Filter) Inputs() []Node { return []Node{n.Input} }

// WithInputs returns the node over another input.
func (n *Filter) WithInputs(in []Node) Node { return &Filter{Input: in[0], Conds: n.Conds} }

// Each calls f for every condition.
func (n *Filter) Each(f func(expr.Expr)) { each(n.Conds, f) }

// Map returns the node with f applied to every condition.
func (n *Filter) Map(f func(expr.Expr) expr.Expr) Node {
	conds := expr.MapList(n.Conds, f)
	if sameList(conds, n.Conds) {
		return n
	}
	return &Filter{Input: n.Input, Conds: conds}
}

// String returns the plan as a tree.
func (n *Filter) String() string { return Format(n) }

func each(es []expr.Expr, f func(expr.Expr)) {
	for _, e := range es {
		f(e)
	}
}

func sameList(a, b []expr.Expr) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }
