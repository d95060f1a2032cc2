package rules

import (
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// mergeProjections makes one projection of two, and drops those that change nothing.
func mergeProjections(c *Context, n logical.Node) logical.Node {
	return logical.Transform(n, func(n logical.Node) logical.Node {
		p, ok := n.(*logical.Project)
		if !ok {
			return n
		}
		if in, ok := p.Input.(*logical.Project); ok && mergeable(p, in) {
			c.fired()
			p = &logical.Project{Input: in.Input, Items: substituteItems(p.Items, definitions(in))}
		}
		if passesAll(p) {
			c.fired()
			return p.Input
		}
		return p
	})
}

// passesAll reports whether a projection returns its input as it is.
func passesAll(p *logical.Project) bool {
	for _, it := range p.Items {
		if !it.Passes() {
			return false
		}
	}
	return len(p.Items) == logical.Out(p.Input).Len()
}

// mergeable reports whether the lower projection's expressions may be computed in the upper one: none is volatile, and
// none that is more than a column would be computed twice.
func mergeable(upper, lower *logical.Project) bool {
	uses := map[expr.ColumnID]int{}
	upper.Each(func(e expr.Expr) {
		expr.Walk(e, func(e expr.Expr) bool {
			if r, ok := e.(*expr.ColumnRef); ok {
				uses[r.ID]++
			}
			return true
		})
	})
	for _, it := range lower.Items {
		switch it.Expr.(type) {
		case *expr.ColumnRef, *expr.Const:
			continue
		}
		if uses[it.Col.ID] > 1 || expr.IsVolatile(it.Expr) {
			return false
		}
	}
	return true
}

// definitions are the expressions that a projection computes, by their columns.
func definitions(p *logical.Project) map[expr.ColumnID]expr.Expr {
	defs := make(map[expr.ColumnID]expr.Expr, len(p.Items))
	for _, it := range p.Items {
		if !it.Passes() {
			defs[it.Col.ID] = it.Expr
		}
	}
	return defs
}

func substituteItems(items []logical.Item, defs map[expr.ColumnID]expr.Expr) []logical.Item {
	out := make([]logical.Item, len(items))
	for i, it := range items {
		out[i] = logical.Item{Col: it.Col, Expr: substitute(it.Expr, defs)}
	}
	return out
}

// substitute replaces columns by the expressions that they are computed by.
func substitute(e expr.Expr, defs map[expr.ColumnID]expr.Expr) expr.Expr {
	if len(defs) == 0 {
		return e
	}
	return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		if r, ok := e.(*expr.ColumnRef); ok {
			if d, ok := defs[r.ID]; ok {
				return d
			}
		}
		return e
	})
}
