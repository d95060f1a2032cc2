package rules

import (
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// pruneJoins drops outer joins of which no column is read and whose right side has at most one match for each row.
func pruneJoins(c *Context, p *Plan) {
	for _, d := range ctes(p.Root) {
		var need expr.ColSet
		for _, col := range d.Cols {
			need.Add(col.ID)
		}
		d.Plan = c.pruneJoin(d.Plan, need)
	}
	p.Root = c.pruneJoin(p.Root, p.Need)
}

// pruneJoin goes down through the operators that pass rows on one by one; need are the columns read above.
func (c *Context) pruneJoin(n logical.Node, need expr.ColSet) logical.Node {
	switch n := n.(type) {
	case *logical.Join:
		if (n.Kind == logical.LeftOuter || n.Kind == logical.Mark) && !logical.Out(n).Minus(logical.Out(n.Left)).Intersects(need) &&
			(n.Kind == logical.Mark || c.uniqueRight(n)) {
			c.fired()
			return c.pruneJoin(n.Left, need)
		}
		below := need.Union(expr.Columns(n.On...))
		return logical.MapInputs(n, func(in logical.Node) logical.Node { return c.pruneJoin(in, below) })
	case *logical.Union, *logical.SetOp, *logical.RecursiveUnion:
		return logical.MapInputs(n, func(in logical.Node) logical.Node { return c.pruneJoin(in, logical.Out(in)) })
	case *logical.Apply:
		below := need.Union(expr.Columns(n.On...))
		below.AddSet(logical.Free(n.Right))
		return logical.MapInputs(n, func(in logical.Node) logical.Node { return c.pruneJoin(in, below) })
	case *logical.Project:
		var below expr.ColSet
		for _, it := range n.Items {
			if need.Has(it.Col.ID) {
				expr.AddColumns(&below, it.Expr)
			}
		}
		return logical.MapInputs(n, func(in logical.Node) logical.Node { return c.pruneJoin(in, below) })
	}
	below := need.Clone()
	n.Each(func(e expr.Expr) { expr.AddColumns(&below, e) })
	return logical.MapInputs(n, func(in logical.Node) logical.Node { return c.pruneJoin(in, below) })
}

// uniqueRight reports whether each left row has at most one match.
func (c *Context) uniqueRight(n *logical.Join) bool {
	var keys expr.ColSet
	left, right := logical.Out(n.Left), logical.Out(n.Right)
	for _, cond := range n.On {
		if l, r, ok := keyPair(cond, left, right); ok {
			_ = l
			if ref, ok := r.(*expr.ColumnRef); ok {
				keys.Add(ref.ID)
			}
		}
	}
	return c.Cost.Unique(n.Right, keys)
}
