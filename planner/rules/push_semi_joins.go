package rules

import (
	"github.com/tarnsql/tarn/planner/cost"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

func keyPair(e expr.Expr, left, right expr.ColSet) (l, r expr.Expr, ok bool) {
	return cost.KeyPair(e, left, right)
}

// pushSemiJoins moves a semi join over a join to the side whose columns it reads, when it removes most of that side's rows
// or has no more rows to look up there: the joins above then have less to do. One that removes little stays where its own
// input is smaller.
func pushSemiJoins(c *Context, n logical.Node) logical.Node {
	return logical.Transform(n, func(n logical.Node) logical.Node {
		j, ok := n.(*logical.Join)
		if !ok || j.Kind != logical.Semi {
			return n
		}
		if moved := c.pushSemi(j, j.Left, c.Cost.Rows(j.Left)); moved != nil {
			c.fired()
			return moved
		}
		return n
	})
}

// pushSemi returns in with the semi join inside of it, or nil when it stays above, over the given number of rows.
func (c *Context) pushSemi(j *logical.Join, in logical.Node, rows float64) logical.Node {
	inner, ok := in.(*logical.Join)
	if !ok || inner.Kind != logical.Inner && inner.Kind != logical.LeftOuter {
		return nil
	}
	right := logical.Out(j.Right)
	read := expr.Columns(j.On...).Minus(right)
	for side, target := range inner.Inputs() {
		if side == 1 && inner.Kind != logical.Inner || !read.SubsetOf(logical.Out(target)) {
			continue
		}
		if deeper := c.pushSemi(j, target, rows); deeper != nil {
			return withInput(inner, side, deeper)
		}
		semi := &logical.Join{Kind: logical.Semi, Left: target, Right: j.Right, On: j.On}
		if at := c.Cost.Rows(target); c.Cost.Rows(semi) > at/2 && at > rows {
			return nil
		}
		return withInput(inner, side, semi)
	}
	return nil
}

func withInput(n *logical.Join, side int, in logical.Node) logical.Node {
	inputs := n.Inputs()
	inputs[side] = in
	return n.WithInputs(inputs)
}
