package rules

import (
	"github.com/tarnsql/tarn/planner/cost"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// orderJoins puts groups of inner joins into the cheapest order.
func orderJoins(c *Context, n logical.Node) logical.Node {
	switch m := n.(type) {
	case *logical.Join:
		if m.Kind == logical.Inner {
			return c.reorder(m, nil)
		}
	case *logical.Filter:
		if j, ok := m.Input.(*logical.Join); ok && j.Kind == logical.Inner {
			return c.reorder(j, m.Conds)
		}
	}
	return logical.MapInputs(n, func(in logical.Node) logical.Node { return orderJoins(c, in) })
}

func (c *Context) reorder(j *logical.Join, conds []expr.Expr) logical.Node {
	g := &cost.Graph{}
	g.Conds = append(g.Conds, conds...)
	c.flattenJoins(j, g)
	if len(g.Relations) > cost.MaxRelations {
		return logical.Where(logical.MapInputs(j, func(in logical.Node) logical.Node { return orderJoins(c, in) }), conds...)
	}
	for i, r := range g.Relations {
		g.Relations[i] = orderJoins(c, r)
	}
	ordered := c.Cost.Order(g)
	if ordered != logical.Node(j) {
		c.fired()
	}
	return ordered
}

// flattenJoins collects the relations and conditions of nested inner joins.
func (c *Context) flattenJoins(n logical.Node, g *cost.Graph) {
	switch m := n.(type) {
	case *logical.Join:
		if m.Kind == logical.Inner {
			g.Conds = append(g.Conds, m.On...)
			c.flattenJoins(m.Left, g)
			c.flattenJoins(m.Right, g)
			return
		}
	case *logical.Filter:
		if j, ok := m.Input.(*logical.Join); ok && j.Kind == logical.Inner {
			volatile := false
			for _, cond := range m.Conds {
				volatile = volatile || expr.IsVolatile(cond)
			}
			if !volatile {
				g.Conds = append(g.Conds, m.Conds...)
				c.flattenJoins(j, g)
				return
			}
		}
	}
	g.Relations = append(g.Relations, n)
}
