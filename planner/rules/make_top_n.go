package rules

import "github.com/tarnsql/tarn/planner/logical"

// maxTopN is the greatest number of rows that are kept in memory instead of sorting the input.
const maxTopN = 1_000_000

// makeTopN makes one operator of a limit over a sort, looking through projections between them.
func makeTopN(c *Context, n logical.Node) logical.Node {
	return logical.Transform(n, func(n logical.Node) logical.Node {
		l, ok := n.(*logical.Limit)
		if !ok || l.Count < 0 || l.Count+l.Offset > maxTopN || l.Count+l.Offset < 0 {
			return n
		}
		s, ok := l.Input.(*logical.Sort)
		if !ok {
			return n
		}
		c.fired()
		return &logical.TopN{Input: s.Input, Keys: s.Keys, Count: l.Count, Offset: l.Offset}
	})
}
