package rules

import (
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// pruneSorts drops sorts whose order nobody sees: below another sort, a group, a join or a set operation, and over rows
// that have the order already.
func pruneSorts(c *Context, n logical.Node) logical.Node {
	return c.sortsBelow(n, true)
}

// sortsBelow goes down; ordered says that the order of n's rows is seen.
func (c *Context) sortsBelow(n logical.Node, ordered bool) logical.Node {
	switch n := n.(type) {
	case *logical.Sort:
		if !ordered || hasOrder(n.Input, n.Keys) {
			c.fired()
			return c.sortsBelow(n.Input, ordered)
		}
		return logical.MapInputs(n, func(in logical.Node) logical.Node { return c.sortsBelow(in, false) })
	case *logical.TopN:
		return logical.MapInputs(n, func(in logical.Node) logical.Node { return c.sortsBelow(in, false) })
	case *logical.Project, *logical.Filter, *logical.TableFunc:
		return logical.MapInputs(n, func(in logical.Node) logical.Node { return c.sortsBelow(in, ordered) })
	case *logical.Limit, *logical.DistinctOn:
		// Which rows these keep depends on the order.
		return logical.MapInputs(n, func(in logical.Node) logical.Node { return c.sortsBelow(in, true) })
	case *logical.Window:
		// Without an order of their own window functions see the rows as they come.
		return logical.MapInputs(n, func(in logical.Node) logical.Node { return c.sortsBelow(in, len(n.Order) == 0) })
	case *logical.Aggregate:
		keep := false
		for _, a := range n.Aggs {
			keep = keep || a.Call.Fn.OrderSensitive
		}
		return logical.MapInputs(n, func(in logical.Node) logical.Node { return c.sortsBelow(in, keep) })
	case *logical.Apply:
		return logical.MapInputs(n, func(in logical.Node) logical.Node { return c.sortsBelow(in, true) })
	}
	return logical.MapInputs(n, func(in logical.Node) logical.Node { return c.sortsBelow(in, false) })
}

// hasOrder reports whether rows come in an order already.
func hasOrder(n logical.Node, keys []expr.SortKey) bool {
	switch n := n.(type) {
	case *logical.Sort:
		return len(keys) <= len(n.Keys) && expr.EqualKeys(n.Keys[:len(keys)], keys)
	case *logical.DistinctOn:
		return hasOrder(n.Input, keys)
	case *logical.Limit:
		return hasOrder(n.Input, keys)
	case *logical.TopN:
		return len(keys) <= len(n.Keys) && expr.EqualKeys(n.Keys[:len(keys)], keys)
	case *logical.Values:
		return len(n.Rows) < 2
	case *logical.Aggregate:
		return n.Scalar()
	}
	return false
}
