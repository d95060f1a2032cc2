package logical

import "github.com/tarnsql/tarn/planner/expr"

// Apply is a join whose right side reads columns of the left: it is evaluated anew for each left row. Rules turn it into
// a Join where they can.
type Apply struct {
	base
	Kind        JoinKind
	Left, Right Node
	On          []expr.Expr
	MarkCol     Column
	NullAware   bool
}

// NewJoin returns a Join, or an Apply when right reads columns of left.
func NewJoin(kind JoinKind, left, right Node, on ...expr.Expr) Node {
	if Free(right).Intersects(Out(left)) {
		return &Apply{Kind: kind, Left: left, Right: right, On: on}
	}
	return &Join{Kind: kind, Left: left, Right: right, On: on}
}

// Columns returns the columns of both sides, of the left one, or of the left one and the mark.
func (n *Apply) Columns() []Column { return joinColumns(n.Kind, n.Left, n.Right, n.MarkCol) }

// Inputs returns both sides.
func (n *Apply) Inputs() []Node { return []Node{n.Left, n.Right} }

// WithInputs returns the node over other inputs.
func (n *Apply) WithInputs(in []Node) Node {
	c := *n
	c.base, c.Left, c.Right = base{}, in[0], in[1]
	return &c
}

// Each calls f for every condition.
func (n *Apply) Each(f func(expr.Expr)) { each(n.On, f) }

// Map returns the node with f applied to every condition.
func (n *Apply) Map(f func(expr.Expr) expr.Expr) Node {
	on := expr.MapList(n.On, f)
	if sameList(on, n.On) {
		return n
	}
	c := *n
	c.base, c.On = base{}, on
	return &c
}

// String returns the plan as a tree.
func (n *Apply) String() string { return Format(n) }
