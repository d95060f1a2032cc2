package rules

import (
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// decorrelate turns an Apply into a join: the conditions of the right side that read columns of the left move up into
// the join, and aggregates below them group by what they compare. What it cannot turn stays an Apply, which is run for
// each distinct combination of the columns that it reads.
func decorrelate(c *Context, n logical.Node) logical.Node {
	return logical.Transform(n, func(n logical.Node) logical.Node {
		a, ok := n.(*logical.Apply)
		if !ok {
			return n
		}
		if j := c.unapply(a); j != nil {
			c.fired()
			return j
		}
		return a
	})
}

// unapply returns the join that an Apply is, or nil.
func (c *Context) unapply(a *logical.Apply) logical.Node {
	outer := logical.Out(a.Left)
	if !logical.Free(a.Right).Intersects(outer) {
		return &logical.Join{Kind: a.Kind, Left: a.Left, Right: a.Right, On: a.On, MarkCol: a.MarkCol, NullAware: a.NullAware}
	}
	if n := c.rebase(a); n != nil {
		return n
	}
	if a.Kind == logical.Inner || a.Kind == logical.LeftOuter || a.Kind == logical.Single {
		if n := c.scalarAggregate(a); n != nil {
			return n
		}
	}
	p := &puller{c: c, outer: outer}
	right, conds, ok := p.pull(anyRow(a))
	if !ok || logical.Free(right).Intersects(outer) {
		return nil
	}
	on := append(append([]expr.Expr(nil), a.On...), conds...)
	j := &logical.Join{Kind: a.Kind, Left: a.Left, Right: right, On: on, MarkCol: a.MarkCol, NullAware: a.NullAware}
	if a.NullAware && len(conds) > 0 {
		nullAwareResidual(j, a.On, conds)
	}
	return j
}

// anyRow is the right side of an Apply, without a limit at its top where only matters whether there are rows at all.
func anyRow(a *logical.Apply) logical.Node {
	right := a.Right
	if len(a.On) > 0 || !a.Kind.LeftOnly() {
		return right
	}
	for {
		switch n := right.(type) {
		case *logical.Project:
			right = n.Input
			continue
		case *logical.Sort:
			right = n.Input
			continue
		case *logical.Limit:
			if n.Count != 0 && n.Offset == 0 {
				right = n.Input
				continue
			}
		}
		return right
	}
}

// nullAwareResidual spells NOT IN and IN over a correlated subquery out: among the rows that the correlation selects a
// comparison that is NULL counts.
func nullAwareResidual(j *logical.Join, on, conds []expr.Expr) {
	if j.Kind == logical.Anti {
		j.NullAware = false
		j.On = append([]expr.Expr{notFalse(expr.AndOf(on...))}, conds...)
		return
	}
	j.On = append([]expr.Expr(nil), on...)
	for _, cond := range conds {
		j.On = append(j.On, &expr.Compare{Op: expr.NotDistinct, Left: cond, Right: expr.True})
	}
}

// rebase puts a right side that reads no table, a chain of projections and functions over one row, on top of the left
// side: LATERAL (SELECT a + b), LATERAL unnest(a).
func (c *Context) rebase(a *logical.Apply) logical.Node {
	if len(a.On) > 0 || a.Kind != logical.Inner && a.Kind != logical.LeftOuter && a.Kind != logical.Single {
		return nil
	}
	var chain []logical.Node
	n := a.Right
	for !logical.IsOneRow(n) {
		switch n.(type) {
		case *logical.Project:
		case *logical.Filter, *logical.TableFunc:
			if a.Kind != logical.Inner {
				return nil
			}
		default:
			return nil
		}
		chain = append(chain, n)
		n = n.Inputs()[0]
	}
	out := a.Left
	for i := len(chain) - 1; i >= 0; i-- {
		p, ok := chain[i].(*logical.Project)
		if !ok {
			out = chain[i].WithInputs([]logical.Node{out})
			continue
		}
		out = extend(p, out, logical.Out(a.Left))
	}
	return out
}

// extend is a projection over another input that also passes on the given columns of it.
func extend(p *logical.Project, in logical.Node, keep expr.ColSet) *logical.Project {
	q := &logical.Project{Input: in, Items: append([]logical.Item(nil), p.Items...)}
	var have expr.ColSet
	for _, it := range p.Items {
		have.Add(it.Col.ID)
	}
	for _, col := range in.Columns() {
		if keep.Has(col.ID) && !have.Has(col.ID) {
			q.Items = append(q.Items, logical.Pass(col))
			have.Add(col.ID)
		}
	}
	return q
}

// emptyZero are the aggregates that are not NULL over no rows: they are zero.
var emptyZero = map[string]bool{"count": true, "count_if": true, "approx_distinct": true, "regr_count": true}

// emptyOther are the aggregates whose value over no rows is neither NULL nor zero.
var emptyOther = map[string]bool{"approx_set": true, "merge": true}

// scalarAggregate turns a correlated aggregate without groups into an outer join with the aggregate by group: a left row
// whose group is empty gets what the aggregate is over no rows.
func (c *Context) scalarAggregate(a *logical.Apply) logical.Node {
	outer := logical.Out(a.Left)
	var projects []*logical.Project
	n := a.Right
	for {
		if s, ok := n.(*logical.Sort); ok {
			n = s.Input
			continue
		}
		p, ok := n.(*logical.Project)
		if !ok {
			break
		}
		projects = append(projects, p)
		n = p.Input
	}
	agg, ok := n.(*logical.Aggregate)
	if !ok || !agg.Scalar() || len(a.On) > 0 {
		return nil
	}
	for _, it := range agg.Aggs {
		if emptyOther[it.Call.Fn.Name] {
			return nil
		}
	}
	p := &puller{c: c, outer: outer}
	in, conds, ok := p.pull(agg.Input)
	if !ok || logical.Free(in).Intersects(outer) {
		return nil
	}
	grouped := &logical.Aggregate{Input: in, Aggs: append([]logical.AggregateItem(nil), agg.Aggs...)}
	on, ok := c.groupBy(grouped, conds, outer)
	if !ok || readsAny(grouped, outer) {
		return nil
	}
	top := &logical.Project{}
	for _, col := range a.Left.Columns() {
		top.Items = append(top.Items, logical.Pass(col))
	}
	zeros := false
	for i, it := range grouped.Aggs {
		if !emptyZero[it.Call.Fn.Name] {
			top.Items = append(top.Items, logical.Pass(it.Col))
			continue
		}
		inner := c.IDs.Column(it.Col.Name, it.Col.Type)
		grouped.Aggs[i].Col = inner
		zero := &expr.Const{Value: schema.IntValue(it.Col.Type, 0)}
		top.Items = append(top.Items, logical.Item{Col: it.Col, Expr: &expr.Coalesce{Args: []expr.Expr{inner.Ref(), zero}}})
		zeros = true
	}
	var out logical.Node = &logical.Join{Kind: logical.LeftOuter, Left: a.Left, Right: grouped, On: on}
	if zeros {
		top.Input = out
		out = top
	}
	for i := len(projects) - 1; i >= 0; i-- {
		out = extend(projects[i], out, outer)
	}
	return out
}

// readsAny reports whether an aggregate's own expressions read one of the columns.
func readsAny(agg *logical.Aggregate, cols expr.ColSet) bool {
	reads := false
	agg.Each(func(e expr.Expr) { reads = reads || expr.Columns(e).Intersects(cols) })
	return reads
}

// groupBy adds to an aggregate the keys by which correlated conditions select its input: each must be an equality of an
// expression over the input with one over outer columns. It returns the conditions over the keys.
func (c *Context) groupBy(agg *logical.Aggregate, conds []expr.Expr, outer expr.ColSet) ([]expr.Expr, bool) {
	inner := logical.Out(agg.Input)
	var on []expr.Expr
	for _, cond := range conds {
		cmp, ok := cond.(*expr.Compare)
		if !ok || cmp.Op != expr.Eq && cmp.Op != expr.NotDistinct {
			return nil, false
		}
		key, other := cmp.Left, cmp.Right
		if expr.Columns(key).Intersects(outer) {
			key, other = other, key
		}
		if !expr.Columns(key).SubsetOf(inner) || expr.Columns(other).Intersects(inner) {
			return nil, false
		}
		col := c.keyColumn(agg, key)
		on = append(on, &expr.Compare{Op: cmp.Op, Left: other, Right: col.Ref()})
	}
	return on, true
}

// keyColumn returns the column of a key, which it adds when it is new.
func (c *Context) keyColumn(agg *logical.Aggregate, key expr.Expr) logical.Column {
	for _, k := range agg.Keys {
		if expr.Equal(k.Expr, key) {
			return k.Col
		}
	}
	item := logical.Item{Expr: key}
	if r, ok := key.(*expr.ColumnRef); ok {
		item.Col = logical.Column{ID: r.ID, Name: r.Name, Type: r.Typ}
	} else {
		item.Col = c.IDs.Column("", key.Type())
	}
	agg.Keys = append(agg.Keys, item)
	return item.Col
}

// puller moves conditions that read outer columns to the top of a plan.
type puller struct {
	c     *Context
	outer expr.ColSet
}

// pull returns a plan that together with the conditions is n.
func (p *puller) pull(n logical.Node) (logical.Node, []expr.Expr, bool) {
	if !logical.Free(n).Intersects(p.outer) {
		return n, nil, true
	}
	switch n := n.(type) {
	case *logical.Filter:
		return p.filter(n)
	case *logical.Project:
		return p.project(n)
	case *logical.Join:
		return p.join(n)
	case *logical.Aggregate:
		return p.aggregate(n)
	case *logical.Window:
		return p.window(n)
	case *logical.TableFunc:
		return p.tableFunc(n)
	case *logical.Sort:
		return p.sort(n)
	}
	return nil, nil, false
}

func (p *puller) correlated(e expr.Expr) bool { return expr.Columns(e).Intersects(p.outer) }

func (p *puller) filter(n *logical.Filter) (logical.Node, []expr.Expr, bool) {
	in, conds, ok := p.pull(n.Input)
	if !ok {
		return nil, nil, false
	}
	var rest []expr.Expr
	for _, cond := range n.Conds {
		if p.correlated(cond) {
			conds = append(conds, cond)
		} else {
			rest = append(rest, cond)
		}
	}
	return logical.Where(in, rest...), conds, true
}

func (p *puller) project(n *logical.Project) (logical.Node, []expr.Expr, bool) {
	in, conds, ok := p.pull(n.Input)
	if !ok {
		return nil, nil, false
	}
	for _, it := range n.Items {
		if p.correlated(it.Expr) {
			return nil, nil, false
		}
	}
	return extend(n, in, expr.Columns(conds...)), conds, true
}

func (p *puller) join(n *logical.Join) (logical.Node, []expr.Expr, bool) {
	left, lconds, ok := p.pull(n.Left)
	if !ok {
		return nil, nil, false
	}
	if n.Kind != logical.Inner {
		// Only the left side's rows may be selected above the join.
		if logical.Free(n.Right).Intersects(p.outer) {
			return nil, nil, false
		}
		for _, cond := range n.On {
			if p.correlated(cond) {
				return nil, nil, false
			}
		}
		if n.Kind == logical.FullOuter {
			return nil, nil, false
		}
		return n.WithInputs([]logical.Node{left, n.Right}), lconds, true
	}
	right, rconds, ok := p.pull(n.Right)
	if !ok {
		return nil, nil, false
	}
	conds := slices.Concat(lconds, rconds)
	var on []expr.Expr
	for _, cond := range n.On {
		if p.correlated(cond) {
			conds = append(conds, cond)
		} else {
			on = append(on, cond)
		}
	}
	return &logical.Join{Kind: logical.Inner, Left: left, Right: right, On: on}, conds, true
}

func (p *puller) aggregate(n *logical.Aggregate) (logical.Node, []expr.Expr, bool) {
	if n.Scalar() || n.Sets != nil {
		return nil, nil, false
	}
	in, conds, ok := p.pull(n.Input)
	if !ok {
		return nil, nil, false
	}
	agg := &logical.Aggregate{Input: in, Keys: append([]logical.Item(nil), n.Keys...), Aggs: n.Aggs}
	on, ok := p.c.groupBy(agg, conds, p.outer)
	if !ok {
		return nil, nil, false
	}
	return agg, on, true
}

func (p *puller) window(n *logical.Window) (logical.Node, []expr.Expr, bool) {
	in, conds, ok := p.pull(n.Input)
	if !ok {
		return nil, nil, false
	}
	w := &logical.Window{Input: in, Partition: append([]expr.Expr(nil), n.Partition...), Order: n.Order, Calls: n.Calls}
	inner := logical.Out(in)
	for _, cond := range conds {
		cmp, isCmp := cond.(*expr.Compare)
		if !isCmp || cmp.Op != expr.Eq {
			return nil, nil, false
		}
		key, other := cmp.Left, cmp.Right
		if p.correlated(key) {
			key, other = other, key
		}
		if !expr.Columns(key).SubsetOf(inner) || expr.Columns(other).Intersects(inner) {
			return nil, nil, false
		}
		w.Partition = append(w.Partition, key)
	}
	return w, conds, true
}

// sort keeps the order, which an aggregate or a window function above may see.
func (p *puller) sort(n *logical.Sort) (logical.Node, []expr.Expr, bool) {
	for _, k := range n.Keys {
		if p.correlated(k.Expr) {
			return nil, nil, false
		}
	}
	in, conds, ok := p.pull(n.Input)
	if !ok {
		return nil, nil, false
	}
	return n.WithInputs([]logical.Node{in}), conds, true
}

func (p *puller) tableFunc(n *logical.TableFunc) (logical.Node, []expr.Expr, bool) {
	for _, f := range n.Calls {
		if p.correlated(f.Call) {
			return nil, nil, false
		}
	}
	in, conds, ok := p.pull(n.Input)
	if !ok {
		return nil, nil, false
	}
	return n.WithInputs([]logical.Node{in}), conds, true
}
