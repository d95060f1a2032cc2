package rules

import "github.com/tarnsql/tarn/planner/logical"

// inlineCTEs puts the plan of a common table expression that is read once in the place of its reader, unless it would
// give other rows each time that the reader runs.
func inlineCTEs(c *Context, p *Plan) {
	readers := map[*logical.CTE]int{}
	count := func(n logical.Node) {
		logical.Walk(n, func(n logical.Node) bool {
			if r, ok := n.(*logical.CTERef); ok {
				readers[r.Def]++
			}
			return true
		})
	}
	all := ctes(p.Root)
	for _, d := range all {
		count(d.Plan)
	}
	count(p.Root)
	inline := func(n logical.Node) logical.Node {
		return logical.Transform(n, func(n logical.Node) logical.Node {
			if r, ok := n.(*logical.CTERef); ok && readers[r.Def] == 1 && !r.Def.Keep && !volatilePlan(r.Def.Plan) {
				c.fired()
				return r.Inline()
			}
			return n
		})
	}
	for _, d := range all {
		d.Plan = inline(d.Plan)
	}
	p.Root = inline(p.Root)
}
