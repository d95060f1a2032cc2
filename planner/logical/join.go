package logical

import (
	"github.com/tarnsql/tarn/planner/expr"
)

// JoinKind is what a join returns. A right outer join is a left outer join with its sides exchanged.
type JoinKind uint8

// The kinds. Semi and Anti return left rows only. Mark returns all left rows and a boolean column that says whether there
// is a match. Single is LeftOuter that fails with 21000 when a left row has two matches.
const (
	Inner JoinKind = iota
	LeftOuter
	FullOuter
	Semi
	Anti
	Mark
	Single
)

// String returns the kind in lower case.
func (k JoinKind) String() string {
	return [...]string{"inner", "left", "full", "semi", "anti", "mark", "single"}[k]
}

// LeftOnly reports whether the join returns no columns of its right side.
func (k JoinKind) LeftOnly() bool { return k == Semi || k == Anti || k == Mark }

// Join joins two inputs on the conjunction of conditions; none at all is a cross join.
type Join struct {
	base
	Kind        JoinKind
	Left, Right Node
	On          []expr.Expr
	// MarkCol is the column of a Mark join.
	MarkCol Column
	// NullAware gives Anti and Mark the rules of NOT IN and IN: a condition that is NULL counts. On has one equality then.
	NullAware bool
	// Ordered says that the inputs of an inner join are in the order that the cost model chose.
	Ordered bool
}

// Columns returns the columns of both sides, of the left one, or of the left one and the mark.
func (n *Join) Columns() []Column { return joinColumns(n.Kind, n.Left, n.Right, n.MarkCol) }

func joinColumns(kind JoinKind, left, right Node, mark Column) []Column {
	l := left.Columns()
	switch {
	case kind == Mark:
		return append(l[:len(l):len(l)], mark)
	case kind.LeftOnly():
		return l
	}
	return append(l[:len(l):len(l)], right.Columns()...)
}

// Inputs returns both sides.
func (n *Join) Inputs() []Node { return []Node{n.Left, n.Right} }

// WithInputs returns the node over other inputs.
func (n *Join) WithInputs(in []Node) Node {
	c := *n
	c.base, c.Left, c.Right = base{}, in[0], in[1]
	return &c
}

// WithOn returns the node with other conditions.
func (n *Join) WithOn(on []expr.Expr) *Join {
	c := *n
	c.base, c.On = base{}, on
	return &c
}

// Each calls f for every condition.
func (n *Join) Each(f func(expr.Expr)) { each(n.On, f) }

// Map returns the node with f applied to every condition.
func (n *Join) Map(f func(expr.Expr) expr.Expr) Node {
	on := expr.MapList(n.On, f)
	if sameList(on, n.On) {
		return n
	}
	return n.WithOn(on)
}

// String returns the plan as a tree.
func (n *Join) String() string { return Format(n) }
