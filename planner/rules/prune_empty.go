package rules

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// pruneEmpty replaces what surely has no rows, such as a filter that is false, by an empty relation, and what is built on
// it as well.
func pruneEmpty(c *Context, n logical.Node) logical.Node {
	return logical.Transform(n, func(n logical.Node) logical.Node {
		if logical.IsEmpty(n) || !emptied(n) {
			return c.dropEmptyBranches(n)
		}
		c.fired()
		return logical.Empty(n.Columns())
	})
}

// emptied reports whether a node has no rows because its inputs or its conditions have none.
func emptied(n logical.Node) bool {
	switch n := n.(type) {
	case *logical.Filter:
		for _, cond := range n.Conds {
			if expr.IsFalseOrNull(cond) {
				return true
			}
		}
		return logical.IsEmpty(n.Input)
	case *logical.Join:
		return emptyJoin(n.Kind, n.Left, n.Right, n.On)
	case *logical.Apply:
		return emptyJoin(n.Kind, n.Left, n.Right, n.On)
	case *logical.Aggregate:
		return !n.Scalar() && n.Sets == nil && logical.IsEmpty(n.Input)
	case *logical.Limit:
		return n.Count == 0 || logical.IsEmpty(n.Input)
	case *logical.TopN:
		return n.Count == 0 || logical.IsEmpty(n.Input)
	case *logical.Project, *logical.Sort, *logical.Window, *logical.DistinctOn, *logical.TableFunc:
		return logical.IsEmpty(n.Inputs()[0])
	case *logical.Union:
		for _, in := range n.All {
			if !logical.IsEmpty(in) {
				return false
			}
		}
		return true
	case *logical.SetOp:
		return logical.IsEmpty(n.Left) || n.Kind == logical.Intersect && logical.IsEmpty(n.Right)
	}
	return false
}

func emptyJoin(kind logical.JoinKind, left, right logical.Node, on []expr.Expr) bool {
	never := logical.IsEmpty(right)
	for _, cond := range on {
		never = never || expr.IsFalseOrNull(cond)
	}
	switch kind {
	case logical.Inner, logical.Semi:
		return logical.IsEmpty(left) || never
	case logical.FullOuter:
		return logical.IsEmpty(left) && logical.IsEmpty(right)
	}
	return logical.IsEmpty(left)
}

// dropEmptyBranches leaves empty inputs of a union out.
func (c *Context) dropEmptyBranches(n logical.Node) logical.Node {
	if j, ok := n.(*logical.Join); ok && logical.IsEmpty(j.Right) {
		return c.withoutRight(j)
	}
	u, ok := n.(*logical.Union)
	if !ok {
		return n
	}
	out := &logical.Union{Cols: u.Cols}
	for i, in := range u.All {
		if !logical.IsEmpty(in) {
			out.All, out.Maps = append(out.All, in), append(out.Maps, u.Maps[i])
		}
	}
	if len(out.All) == len(u.All) {
		return n
	}
	c.fired()
	if len(out.All) > 1 {
		return out
	}
	p := &logical.Project{Input: out.All[0]}
	defs := renaming(u.Cols, out.Maps[0])
	for _, col := range u.Cols {
		p.Items = append(p.Items, logical.Item{Col: col, Expr: defs[col.ID]})
	}
	return p
}

// withoutRight is a join whose right side has no rows.
func (c *Context) withoutRight(j *logical.Join) logical.Node {
	var added []logical.Item
	switch j.Kind {
	case logical.Anti:
	case logical.Mark:
		added = []logical.Item{{Col: j.MarkCol, Expr: expr.False}}
	case logical.LeftOuter, logical.FullOuter, logical.Single:
		for _, col := range j.Right.Columns() {
			added = append(added, logical.Item{Col: col, Expr: &expr.Const{Value: schema.NullOf(col.Type)}})
		}
	default:
		return j
	}
	c.fired()
	if len(added) == 0 {
		return j.Left
	}
	p := &logical.Project{Input: j.Left}
	for _, col := range j.Left.Columns() {
		p.Items = append(p.Items, logical.Pass(col))
	}
	p.Items = append(p.Items, added...)
	return p
}
