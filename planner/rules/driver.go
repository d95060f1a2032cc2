package rules

import (
	"context"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/planner/cost"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// Plan is the logical plan of a statement.
type Plan struct {
	Root logical.Node
	// Need are the columns of the root that the statement returns.
	Need expr.ColSet
}

// IDs hands out column identities and numbers of common table expressions.
type IDs interface {
	Column(name string, t schema.Type) logical.Column
	CTE() int
}

// Context is what rules work with.
type Context struct {
	Ctx       context.Context
	IDs       IDs
	Evaluator expr.Evaluator
	Registry  expr.Registry
	Cost      *cost.Estimator
	// Fired counts how often each rule changed something, by name.
	Fired map[string]int
	rule  string
}

// fired records that the running rule changed something.
func (c *Context) fired() { c.Fired[c.rule]++ }

// Run applies all rules that are not switched off. It stops early when the context ends.
func Run(c *Context, p *Plan, off map[string]bool) {
	if c.Fired == nil {
		c.Fired = map[string]int{}
	}
	for i := range List {
		if c.Ctx.Err() != nil {
			return
		}
		r := &List[i]
		if off[r.Name] && !r.Always {
			continue
		}
		c.rule = r.Name
		if r.Whole != nil {
			r.Whole(c, p)
			continue
		}
		for _, cte := range ctes(p.Root) {
			cte.Plan = r.Apply(c, cte.Plan)
		}
		p.Root = r.Apply(c, p.Root)
	}
}

// ctes returns the common table expressions that a plan reads, each after those that it reads itself.
func ctes(root logical.Node) []*logical.CTE {
	var found []*logical.CTE
	seen := map[*logical.CTE]bool{}
	var visit func(n logical.Node)
	visit = func(n logical.Node) {
		logical.Walk(n, func(n logical.Node) bool {
			if r, ok := n.(*logical.CTERef); ok && !seen[r.Def] {
				seen[r.Def] = true
				visit(r.Def.Plan)
				found = append(found, r.Def)
			}
			n.Each(func(e expr.Expr) {
				expr.Walk(e, func(e expr.Expr) bool {
					if s, ok := e.(*expr.Subquery); ok {
						visit(s.Input.(logical.Node))
					}
					return true
				})
			})
			return true
		})
	}
	visit(root)
	return found
}

// rewrite applies f to every expression of a plan, and records a change.
func rewrite(c *Context, n logical.Node, f func(expr.Expr) expr.Expr) logical.Node {
	return logical.Transform(n, func(n logical.Node) logical.Node {
		m := n.Map(f)
		if m != n {
			c.fired()
		}
		return m
	})
}
