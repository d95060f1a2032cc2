package rules

import (
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// pushPredicates moves conditions down to the tables whose columns they read. On the way outer joins become inner ones
// where a condition refuses the padded rows, and mark joins become semi and anti joins where the mark is a condition.
func pushPredicates(c *Context, n logical.Node) logical.Node {
	p := &predicatePusher{c: c}
	out := p.push(n, nil)
	if p.changed {
		c.fired()
	}
	return out
}

type predicatePusher struct {
	c       *Context
	changed bool
}

// push returns n with the conditions applied, as far down as they go.
func (p *predicatePusher) push(n logical.Node, preds []expr.Expr) logical.Node {
	var volatile []expr.Expr
	preds, volatile = split(preds, func(e expr.Expr) bool { return !expr.IsVolatile(e) })
	return logical.Where(p.node(n, preds), volatile...)
}

func split(es []expr.Expr, f func(expr.Expr) bool) (yes, no []expr.Expr) {
	for _, e := range es {
		if f(e) {
			yes = append(yes, e)
		} else {
			no = append(no, e)
		}
	}
	return yes, no
}

func (p *predicatePusher) node(n logical.Node, preds []expr.Expr) logical.Node {
	switch n := n.(type) {
	case *logical.Filter:
		// The lower conditions come first: they may keep rows away for which the upper ones fail.
		return p.push(n.Input, slices.Concat(n.Conds, preds))
	case *logical.Project:
		return p.project(n, preds)
	case *logical.Join:
		return p.join(n, preds)
	case *logical.Apply:
		return p.apply(n, preds)
	case *logical.Aggregate:
		return p.aggregate(n, preds)
	case *logical.Window:
		return p.window(n, preds)
	case *logical.Sort:
		p.moved(preds)
		return mapInput(n, n.Input, p.push(n.Input, preds))
	case *logical.Union:
		return p.union(n, preds)
	case *logical.SetOp:
		return p.setOp(n, preds)
	case *logical.TableFunc:
		in := logical.Out(n.Input)
		below, above := split(preds, func(e expr.Expr) bool { return expr.Columns(e).SubsetOf(in) })
		p.moved(below)
		return logical.Where(mapInput(n, n.Input, p.push(n.Input, below)), above...)
	case *logical.DistinctOn:
		keys := expr.Columns(n.Keys...)
		below, above := split(preds, func(e expr.Expr) bool { return expr.Columns(e).SubsetOf(keys) })
		p.moved(below)
		return logical.Where(mapInput(n, n.Input, p.push(n.Input, below)), above...)
	}
	return logical.Where(logical.MapInputs(n, func(in logical.Node) logical.Node { return p.push(in, nil) }), preds...)
}

func (p *predicatePusher) moved(preds []expr.Expr) { p.changed = p.changed || len(preds) > 0 }

func mapInput(n, old, in logical.Node) logical.Node {
	if old == in {
		return n
	}
	return n.WithInputs([]logical.Node{in})
}

func (p *predicatePusher) project(n *logical.Project, preds []expr.Expr) logical.Node {
	var volatile expr.ColSet
	for _, it := range n.Items {
		if expr.IsVolatile(it.Expr) {
			volatile.Add(it.Col.ID)
		}
	}
	defs := definitions(n)
	var below, above []expr.Expr
	for _, e := range preds {
		if expr.Columns(e).Intersects(volatile) {
			above = append(above, e)
		} else if moved := substitute(e, defs); grown(e, moved) {
			above = append(above, e)
		} else {
			below = append(below, moved)
		}
	}
	p.moved(below)
	return logical.Where(mapInput(n, n.Input, p.push(n.Input, below)), above...)
}

// maxGrown is the greatest size of a condition that has become larger on its way down.
const maxGrown = 10_000

// grown reports whether a condition that stood over a projection is too large below it: where each level of projections
// reads a column twice it doubles.
func grown(above, below expr.Expr) bool {
	const most = 100 * maxGrown
	size := expr.Size(below, most)
	return size > maxGrown && size > expr.Size(above, most)
}

func (p *predicatePusher) join(n *logical.Join, preds []expr.Expr) logical.Node {
	n = p.strengthen(n, preds)
	switch n.Kind {
	case logical.Inner:
		return p.inner(n, preds)
	case logical.FullOuter:
		return logical.Where(n.WithInputs([]logical.Node{p.push(n.Left, nil), p.push(n.Right, nil)}), preds...)
	case logical.Mark:
		if j := p.markToSemi(n, preds); j != nil {
			return j
		}
	}
	// The conditions above may go to the left side; those of the join itself to the right one, and to the left one of a
	// semi join.
	right, mark := logical.Out(n.Right), n.MarkCol.ID
	below, above := split(preds, func(e expr.Expr) bool {
		cols := expr.Columns(e)
		return !(cols.Intersects(right) && !n.Kind.LeftOnly()) && !(n.Kind == logical.Mark && cols.Has(mark))
	})
	p.moved(below)
	left := logical.Out(n.Left)
	var toRight, on []expr.Expr
	if n.NullAware {
		on = n.On
	} else {
		toRight, on = split(n.On, func(e expr.Expr) bool { return !expr.Columns(e).Intersects(left) && !expr.IsVolatile(e) })
		if n.Kind == logical.Semi {
			var toLeft []expr.Expr
			toLeft, on = split(on, func(e expr.Expr) bool { return !expr.Columns(e).Intersects(right) && !expr.IsVolatile(e) })
			below = append(below, toLeft...)
			p.moved(toLeft)
		}
		toRight = append(toRight, p.implied(on, right, left)...)
		if n.Kind == logical.Semi {
			below = append(below, p.implied(on, left, right)...)
		}
	}
	p.moved(toRight)
	out := &logical.Join{Kind: n.Kind, Left: p.push(n.Left, below), Right: p.push(n.Right, toRight), On: on, MarkCol: n.MarkCol, NullAware: n.NullAware}
	return logical.Where(out, above...)
}

// strengthen makes an outer join that the conditions above turn into one an inner join, or a full one a left one.
func (p *predicatePusher) strengthen(n *logical.Join, preds []expr.Expr) *logical.Join {
	if n.Kind != logical.LeftOuter && n.Kind != logical.FullOuter {
		return n
	}
	rejects := func(side logical.Node) bool {
		cols := logical.Out(side)
		for _, e := range preds {
			if expr.RejectsNull(e, cols) {
				return true
			}
		}
		return false
	}
	left, right := n.Left, n.Right
	kind := n.Kind
	switch noPadRight := rejects(right); {
	case kind == logical.LeftOuter && noPadRight:
		kind = logical.Inner
	case kind == logical.FullOuter:
		switch noPadLeft := rejects(left); {
		case noPadLeft && noPadRight:
			kind = logical.Inner
		case noPadLeft:
			kind = logical.LeftOuter
		case noPadRight:
			kind, left, right = logical.LeftOuter, right, left
		}
	}
	if kind == n.Kind {
		return n
	}
	p.changed = true
	return &logical.Join{Kind: kind, Left: left, Right: right, On: n.On}
}

func (p *predicatePusher) inner(n *logical.Join, preds []expr.Expr) logical.Node {
	left, right := logical.Out(n.Left), logical.Out(n.Right)
	var toLeft, toRight, on, above []expr.Expr
	all := slices.Concat(n.On, preds)
	for i, e := range all {
		cols := expr.Columns(e)
		switch {
		case expr.IsVolatile(e):
			above = append(above, e)
		case !cols.Intersects(right):
			toLeft = append(toLeft, e)
		case !cols.Intersects(left):
			toRight = append(toRight, e)
		default:
			on = append(on, e)
			p.changed = p.changed || i >= len(n.On)
		}
	}
	p.moved(toLeft)
	p.moved(toRight)
	toLeft = append(toLeft, p.implied(on, left, right)...)
	toRight = append(toRight, p.implied(on, right, left)...)
	out := &logical.Join{Kind: logical.Inner, Left: p.push(n.Left, toLeft), Right: p.push(n.Right, toRight), On: on}
	return logical.Where(out, above...)
}

// implied returns what disjunctions over both sides demand of one side: (a AND x) OR (b AND y) implies a OR b.
func (p *predicatePusher) implied(on []expr.Expr, side, other expr.ColSet) []expr.Expr {
	var out []expr.Expr
	for _, e := range on {
		or, ok := e.(*expr.Or)
		if !ok {
			continue
		}
		branches := make([]expr.Expr, 0, len(or.Args))
		for _, b := range or.Args {
			own, _ := split(expr.Conjuncts(nil, b), func(e expr.Expr) bool {
				cols := expr.Columns(e)
				return !cols.Intersects(other) && cols.Intersects(side) && !expr.IsVolatile(e)
			})
			if len(own) == 0 {
				break
			}
			branches = append(branches, expr.AndOf(own...))
		}
		if len(branches) == len(or.Args) {
			out = append(out, simplify(expr.OrOf(branches...)))
		}
	}
	return out
}

// markToSemi makes a semi or anti join of a mark join whose mark is a condition.
func (p *predicatePusher) markToSemi(n *logical.Join, preds []expr.Expr) logical.Node {
	for i, e := range preds {
		kind := logical.Semi
		if not, ok := e.(*expr.Not); ok {
			kind, e = logical.Anti, not.Arg
		}
		if r, ok := e.(*expr.ColumnRef); !ok || r.ID != n.MarkCol.ID {
			continue
		}
		if kind == logical.Anti && n.NullAware && len(n.On) != 1 {
			return nil
		}
		rest := append(append([]expr.Expr(nil), preds[:i]...), preds[i+1:]...)
		for j, r := range rest {
			if expr.Columns(r).Has(n.MarkCol.ID) {
				rest[j] = substitute(r, map[expr.ColumnID]expr.Expr{n.MarkCol.ID: &expr.Const{Value: schema.BoolValue(kind == logical.Semi)}})
			}
		}
		p.changed = true
		j := &logical.Join{Kind: kind, Left: n.Left, Right: n.Right, On: n.On, NullAware: n.NullAware && kind == logical.Anti}
		items := make([]logical.Item, 0, len(n.Columns()))
		for _, col := range n.Left.Columns() {
			items = append(items, logical.Pass(col))
		}
		// The mark stays a column for whoever reads it above.
		items = append(items, logical.Item{Col: n.MarkCol, Expr: &expr.Const{Value: schema.BoolValue(kind == logical.Semi)}})
		return &logical.Project{Input: p.join(j, rest), Items: items}
	}
	return nil
}

func (p *predicatePusher) apply(n *logical.Apply, preds []expr.Expr) logical.Node {
	right := logical.Out(n.Right)
	below, above := split(preds, func(e expr.Expr) bool {
		cols := expr.Columns(e)
		return !(cols.Intersects(right) && !n.Kind.LeftOnly()) && !(n.Kind == logical.Mark && cols.Has(n.MarkCol.ID))
	})
	p.moved(below)
	out := n.WithInputs([]logical.Node{p.push(n.Left, below), p.push(n.Right, nil)})
	return logical.Where(out, above...)
}

func (p *predicatePusher) aggregate(n *logical.Aggregate, preds []expr.Expr) logical.Node {
	defs := map[expr.ColumnID]expr.Expr{}
	var keys expr.ColSet
	if n.Sets == nil {
		for _, k := range n.Keys {
			keys.Add(k.Col.ID)
			defs[k.Col.ID] = k.Expr
		}
	}
	out := logical.Out(n)
	below, above := split(preds, func(e expr.Expr) bool {
		cols := expr.Columns(e)
		// Columns of enclosing queries are as good as constants.
		return !cols.Minus(keys).Intersects(out) && cols.Intersects(keys)
	})
	p.moved(below)
	for i, e := range below {
		below[i] = substitute(e, defs)
	}
	return logical.Where(mapInput(n, n.Input, p.push(n.Input, below)), above...)
}

func (p *predicatePusher) window(n *logical.Window, preds []expr.Expr) logical.Node {
	var keys expr.ColSet
	for _, k := range n.Partition {
		if r, ok := k.(*expr.ColumnRef); ok {
			keys.Add(r.ID)
		}
	}
	out := logical.Out(n)
	below, above := split(preds, func(e expr.Expr) bool {
		cols := expr.Columns(e)
		return !cols.Minus(keys).Intersects(out) && cols.Intersects(keys)
	})
	p.moved(below)
	return logical.Where(mapInput(n, n.Input, p.push(n.Input, below)), above...)
}

// renaming maps columns of a set operation to those of one of its inputs.
func renaming(cols []logical.Column, ids []expr.ColumnID) map[expr.ColumnID]expr.Expr {
	defs := make(map[expr.ColumnID]expr.Expr, len(cols))
	for i, c := range cols {
		defs[c.ID] = &expr.ColumnRef{ID: ids[i], Name: c.Name, Typ: c.Type}
	}
	return defs
}

func (p *predicatePusher) renamed(preds []expr.Expr, cols []logical.Column, ids []expr.ColumnID) []expr.Expr {
	defs := renaming(cols, ids)
	out := make([]expr.Expr, len(preds))
	for i, e := range preds {
		out[i] = substitute(e, defs)
	}
	return out
}

func (p *predicatePusher) union(n *logical.Union, preds []expr.Expr) logical.Node {
	p.moved(preds)
	all := make([]logical.Node, len(n.All))
	for i, in := range n.All {
		all[i] = p.push(in, p.renamed(preds, n.Cols, n.Maps[i]))
	}
	return n.WithInputs(all)
}

func (p *predicatePusher) setOp(n *logical.SetOp, preds []expr.Expr) logical.Node {
	p.moved(preds)
	return n.WithInputs([]logical.Node{
		p.push(n.Left, p.renamed(preds, n.Cols, n.LeftCols)),
		p.push(n.Right, p.renamed(preds, n.Cols, n.RightCols)),
	})
}
