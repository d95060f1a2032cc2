package rules

import (
	"math"

	"github.com/tarnsql/tarn/planner/logical"
)

// pushLimits moves limits below projections, into unions and to the preserved side of outer joins, and merges limits.
func pushLimits(c *Context, n logical.Node) logical.Node {
	return logical.Transform(n, func(n logical.Node) logical.Node {
		l, ok := n.(*logical.Limit)
		if !ok || l.Count < 0 {
			return n
		}
		out := c.pushLimit(l)
		if out != n {
			c.fired()
		}
		return out
	})
}

func (c *Context) pushLimit(l *logical.Limit) logical.Node {
	switch in := l.Input.(type) {
	case *logical.Project:
		return in.WithInputs([]logical.Node{c.pushLimit(&logical.Limit{Input: in.Input, Count: l.Count, Offset: l.Offset})})
	case *logical.Limit:
		// Rows Offset.. of rows in.Offset.. are rows in.Offset+Offset.. of the input.
		if in.Offset > math.MaxInt64-l.Offset {
			return l
		}
		count := l.Count
		if in.Count >= 0 {
			count = min(count, max(in.Count-l.Offset, 0))
		}
		return &logical.Limit{Input: in.Input, Count: count, Offset: in.Offset + l.Offset}
	case *logical.Union:
		if len(in.All) > 0 {
			return c.limitUnion(l, in)
		}
	case *logical.Join:
		if in.Kind == logical.LeftOuter || in.Kind == logical.Single || in.Kind == logical.Mark {
			if left := c.limited(in.Left, l.Count+l.Offset); left != in.Left {
				return &logical.Limit{Input: in.WithInputs([]logical.Node{left, in.Right}), Count: l.Count, Offset: l.Offset}
			}
		}
	}
	return l
}

func (c *Context) limitUnion(l *logical.Limit, u *logical.Union) logical.Node {
	all := make([]logical.Node, len(u.All))
	changed := false
	for i, in := range u.All {
		all[i] = c.limited(in, l.Count+l.Offset)
		changed = changed || all[i] != in
	}
	if !changed {
		return l
	}
	return &logical.Limit{Input: u.WithInputs(all), Count: l.Count, Offset: l.Offset}
}

// limited returns at most count rows of n, and n itself when it surely has no more.
func (c *Context) limited(n logical.Node, count int64) logical.Node {
	if count < 0 || atMost(n, count) {
		return n
	}
	return c.pushLimit(&logical.Limit{Input: n, Count: count})
}

// atMost reports whether n surely has at most count rows.
func atMost(n logical.Node, count int64) bool {
	switch n := n.(type) {
	case *logical.Limit:
		return n.Count >= 0 && n.Count <= count
	case *logical.TopN:
		return n.Count <= count && !n.WithTies
	case *logical.Values:
		return int64(len(n.Rows)) <= count
	case *logical.Project:
		return atMost(n.Input, count)
	case *logical.Filter:
		return atMost(n.Input, count)
	case *logical.Aggregate:
		return n.Scalar() && count >= 1
	}
	return false
}
