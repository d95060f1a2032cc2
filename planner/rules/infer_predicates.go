package rules

import (
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// inferPredicates gives the other columns of an equality the conditions that one of them has: a = b AND a = 5 implies
// b = 5. A second run of PushPredicates moves the new conditions to their tables.
func inferPredicates(c *Context, n logical.Node) logical.Node {
	in := &inferrer{c: c}
	return in.node(n)
}

type inferrer struct{ c *Context }

// node treats each group of inner joins as a whole.
func (i *inferrer) node(n logical.Node) logical.Node {
	switch n := n.(type) {
	case *logical.Filter, *logical.Join:
		return i.group(n)
	}
	return logical.MapInputs(n, i.node)
}

func (i *inferrer) group(n logical.Node) logical.Node {
	g := &group{inferrer: i, eq: classes{}}
	collect(n, &g.conds)
	for _, e := range g.conds {
		g.eq.add(e)
	}
	g.derived = derive(g.conds, g.eq)
	out := logical.Out(n)
	above, _ := split(g.derived, func(e expr.Expr) bool { return expr.Columns(e).SubsetOf(out) })
	if len(above) > 0 {
		i.c.fired()
	}
	return logical.Where(g.below(n), above...)
}

// group is what is known of the rows of a group of joins.
type group struct {
	*inferrer
	conds, derived []expr.Expr
	eq             classes
}

// below goes on under the inner joins and filters of a group, and gives the right sides of its other joins what follows
// for them.
func (g *group) below(n logical.Node) logical.Node {
	switch m := n.(type) {
	case *logical.Filter:
		return logical.MapInputs(n, g.below)
	case *logical.Join:
		switch m.Kind {
		case logical.Inner:
			return logical.MapInputs(n, g.below)
		case logical.FullOuter:
			return logical.MapInputs(n, g.node)
		case logical.Semi:
			out := logical.Out(m.Right)
			own, _ := split(g.derived, func(e expr.Expr) bool { return expr.Columns(e).SubsetOf(out) })
			return g.sides(m, own)
		}
		return g.sides(m, g.forRight(m))
	}
	return g.node(n)
}

func (g *group) sides(m *logical.Join, toRight []expr.Expr) logical.Node {
	left, right := g.below(m.Left), g.node(m.Right)
	if len(toRight) > 0 {
		g.c.fired()
		right = logical.Where(right, toRight...)
	}
	if left == m.Left && right == m.Right {
		return m
	}
	return m.WithInputs([]logical.Node{left, right})
}

// forRight returns what an outer or anti join may demand of its right side: only rows that can match a left row matter.
func (g *group) forRight(m *logical.Join) []expr.Expr {
	if m.NullAware {
		return nil
	}
	left, right := logical.Out(m.Left), logical.Out(m.Right)
	var out []expr.Expr
	for _, on := range m.On {
		l, r, ok := keyPair(on, left, right)
		if !ok || on.(*expr.Compare).Op != expr.Eq {
			continue
		}
		lr, ok1 := l.(*expr.ColumnRef)
		rr, ok2 := r.(*expr.ColumnRef)
		if !ok1 || !ok2 || !lr.Typ.Equal(rr.Typ) {
			continue
		}
		for _, list := range [][]expr.Expr{g.conds, g.derived} {
			for _, e := range list {
				if ref := singleColumn(e); ref != nil && ref.ID == lr.ID {
					out = append(out, substitute(e, map[expr.ColumnID]expr.Expr{ref.ID: rr}))
				}
			}
		}
	}
	return out
}

// collect gathers the conditions of a group of inner joins and filters. Those on the left side of a semi join count.
func collect(n logical.Node, conds *[]expr.Expr) {
	switch n := n.(type) {
	case *logical.Filter:
		*conds = append(*conds, n.Conds...)
		collect(n.Input, conds)
	case *logical.Join:
		switch n.Kind {
		case logical.Inner:
			*conds = append(*conds, n.On...)
			collect(n.Left, conds)
			collect(n.Right, conds)
		case logical.Semi:
			*conds = append(*conds, n.On...)
			collect(n.Left, conds)
			collect(n.Right, conds)
		case logical.Anti, logical.LeftOuter, logical.Mark, logical.Single:
			collect(n.Left, conds)
		}
	}
}

// derive returns the conditions that follow from those of equal columns and are not there yet.
func derive(conds []expr.Expr, eq classes) []expr.Expr {
	var out []expr.Expr
	for _, e := range conds {
		ref := singleColumn(e)
		if ref == nil {
			continue
		}
		for _, other := range eq[ref.ID] {
			if other.ID == ref.ID || !other.Typ.Equal(ref.Typ) {
				continue
			}
			d := substitute(e, map[expr.ColumnID]expr.Expr{ref.ID: other})
			if !contains(conds, d) && !contains(out, d) {
				out = append(out, d)
			}
		}
	}
	return out
}

// singleColumn returns the column of a condition that compares it with constants alone.
func singleColumn(e expr.Expr) *expr.ColumnRef {
	switch e := e.(type) {
	case *expr.Compare:
		ref, ok := e.Left.(*expr.ColumnRef)
		_, constant := e.Right.(*expr.Const)
		if ok && constant {
			return ref
		}
	case *expr.In:
		ref, ok := e.Arg.(*expr.ColumnRef)
		if ok && len(e.List) == 0 {
			return ref
		}
	case *expr.Or:
		var found *expr.ColumnRef
		for _, a := range e.Args {
			ref := singleColumn(a)
			if ref == nil || found != nil && found.ID != ref.ID {
				return nil
			}
			found = ref
		}
		return found
	}
	return nil
}

// classes holds for each column those that are equal to it, itself among them.
type classes map[expr.ColumnID][]*expr.ColumnRef

// add notes an equality of two columns.
func (c classes) add(e expr.Expr) {
	cmp, ok := e.(*expr.Compare)
	if !ok || cmp.Op != expr.Eq {
		return
	}
	l, ok1 := cmp.Left.(*expr.ColumnRef)
	r, ok2 := cmp.Right.(*expr.ColumnRef)
	if !ok1 || !ok2 || l.ID == r.ID {
		return
	}
	merged := append([]*expr.ColumnRef(nil), c.of(l)...)
	for _, m := range c.of(r) {
		known := false
		for _, o := range merged {
			known = known || o.ID == m.ID
		}
		if !known {
			merged = append(merged, m)
		}
	}
	for _, m := range merged {
		c[m.ID] = merged
	}
}

func (c classes) of(r *expr.ColumnRef) []*expr.ColumnRef {
	if m, ok := c[r.ID]; ok {
		return m
	}
	return []*expr.ColumnRef{r}
}
