package logical

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/planner/expr"
)

// Node is an operator of a logical plan. It is sealed and immutable: a rule that changes a node returns a new one and
// shares what did not change.
//
//sumtype:decl
type Node interface {
	// Columns are the output columns. Their order means nothing.
	Columns() []Column
	// Inputs are the children.
	Inputs() []Node
	// WithInputs returns the node with other children, of which there must be as many as Inputs returns.
	WithInputs(in []Node) Node
	// Each calls f for every expression of the node itself.
	Each(f func(expr.Expr))
	// Map returns the node with f applied to every expression of its own, and the node itself when nothing changed.
	Map(f func(expr.Expr) expr.Expr) Node
	// String is the plan as an indented tree.
	String() string
	cached() *base
}

// Column is an output column of an operator.
type Column struct {
	ID   expr.ColumnID
	Name string
	Type schema.Type
}

// Ref returns an expression that reads the column.
func (c Column) Ref() *expr.ColumnRef { return &expr.ColumnRef{ID: c.ID, Name: c.Name, Typ: c.Type} }

// Item is a computed column. When Expr is a plain column the item has that column's own identity, and passes it on.
type Item struct {
	Col  Column
	Expr expr.Expr
}

// Pass returns the item that passes a column on.
func Pass(c Column) Item { return Item{Col: c, Expr: c.Ref()} }

// Passes reports whether the item passes on a column unchanged.
func (i Item) Passes() bool {
	r, ok := i.Expr.(*expr.ColumnRef)
	return ok && r.ID == i.Col.ID
}

// base is what nodes remember about themselves.
type base struct {
	out, free expr.ColSet
	known     bool
}

func (b *base) cached() *base { return b }

// Out returns the identities of the columns that n returns. The set must not be changed.
func Out(n Node) expr.ColSet {
	b := n.cached()
	fill(n, b)
	return b.out
}

// Free returns the columns that n or a node below it reads and no node below it makes: those of enclosing queries. The
// set must not be changed.
func Free(n Node) expr.ColSet {
	b := n.cached()
	fill(n, b)
	return b.free
}

func fill(n Node, b *base) {
	if b.known {
		return
	}
	b.out = outOf(n)
	var made, used expr.ColSet
	for _, in := range n.Inputs() {
		made.AddSet(Out(in))
		used.AddSet(Free(in))
	}
	n.Each(func(e expr.Expr) { expr.AddColumns(&used, e) })
	if used.Empty() {
		b.free = expr.ColSet{}
	} else {
		b.free = used.Minus(made)
	}
	b.known = true
}

// outOf is the set of the columns of a node. Joins and operators that pass all columns on do not list them: a plan may have
// very many of both.
func outOf(n Node) expr.ColSet {
	switch n := n.(type) {
	case *Join:
		return outOfJoin(n.Kind, n.Left, n.Right, n.MarkCol)
	case *Apply:
		return outOfJoin(n.Kind, n.Left, n.Right, n.MarkCol)
	case *Filter, *Sort, *Limit, *TopN, *DistinctOn:
		return Out(n.Inputs()[0])
	}
	var out expr.ColSet
	for _, c := range n.Columns() {
		out.Add(c.ID)
	}
	return out
}

func outOfJoin(kind JoinKind, left, right Node, mark Column) expr.ColSet {
	switch {
	case kind == Mark:
		return Out(left).Union(expr.SetOf(mark.ID))
	case kind.LeftOnly():
		return Out(left)
	}
	return Out(left).Union(Out(right))
}

// Transform rewrites a plan from the leaves up: f gets each node with its inputs rewritten and returns what stands in its
// place. Plans of common table expressions are not entered.
func Transform(n Node, f func(Node) Node) Node {
	return f(MapInputs(n, func(c Node) Node { return Transform(c, f) }))
}

// MapInputs returns n with f applied to each input, and n itself when f returned each one unchanged.
func MapInputs(n Node, f func(Node) Node) Node {
	in := n.Inputs()
	var out []Node
	for i, c := range in {
		r := f(c)
		if r != c && out == nil {
			out = append([]Node(nil), in...)
		}
		if out != nil {
			out[i] = r
		}
	}
	if out == nil {
		return n
	}
	return n.WithInputs(out)
}

// Walk calls f for n and the nodes below it, outer ones first; f returns false to leave a node's inputs out.
func Walk(n Node, f func(Node) bool) {
	if !f(n) {
		return
	}
	for _, c := range n.Inputs() {
		Walk(c, f)
	}
}
