package rules

import (
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// pruneColumns drops columns, aggregates and window functions that nobody reads.
func pruneColumns(c *Context, p *Plan) {
	pr := &columnPruner{need: map[*logical.CTE]*expr.ColSet{}}
	all := ctes(p.Root)
	for _, d := range all {
		pr.need[d] = &expr.ColSet{}
	}
	p.Root = pr.node(p.Root, p.Need)
	// Readers of a CTE come after it in the list, so that going back through it all of them were seen.
	for i := len(all) - 1; i >= 0; i-- {
		d := all[i]
		d.Plan = onlyColumns(pr.node(d.Plan, *pr.need[d]), *pr.need[d])
	}
	if pr.changed {
		c.fired()
	}
}

// onlyColumns drops the columns of a shared plan that no reader needs: they would be kept with its rows.
func onlyColumns(n logical.Node, need expr.ColSet) logical.Node {
	if logical.Out(n).SubsetOf(need) {
		return n
	}
	p := &logical.Project{Input: n}
	for _, c := range n.Columns() {
		if need.Has(c.ID) {
			p.Items = append(p.Items, logical.Pass(c))
		}
	}
	return p
}

type columnPruner struct {
	need    map[*logical.CTE]*expr.ColSet
	changed bool
}

// node returns n with at least the columns of need.
func (p *columnPruner) node(n logical.Node, need expr.ColSet) logical.Node {
	switch n := n.(type) {
	case *logical.Scan:
		return p.scan(n, need)
	case *logical.Values:
		return p.values(n, need)
	case *logical.Project:
		return p.project(n, need)
	case *logical.Join:
		below := need.Union(expr.Columns(n.On...))
		return n.WithInputs([]logical.Node{p.node(n.Left, below), p.node(n.Right, below)})
	case *logical.Apply:
		below := need.Union(expr.Columns(n.On...))
		below.AddSet(logical.Free(n.Right))
		return n.WithInputs([]logical.Node{p.node(n.Left, below), p.node(n.Right, below)})
	case *logical.Aggregate:
		return p.aggregate(n, need)
	case *logical.Window:
		return p.window(n, need)
	case *logical.Union:
		return p.union(n, need)
	case *logical.SetOp:
		return n.WithInputs([]logical.Node{p.node(n.Left, expr.SetOf(n.LeftCols...)), p.node(n.Right, expr.SetOf(n.RightCols...))})
	case *logical.CTERef:
		return p.cteRef(n, need)
	case *logical.RecursiveUnion:
		return n.WithInputs([]logical.Node{p.node(n.Base, expr.SetOf(n.BaseCols...)), p.node(n.Step, expr.SetOf(n.StepCols...))})
	case *logical.WorkTable:
		return n
	}
	below := need.Clone()
	n.Each(func(e expr.Expr) { expr.AddColumns(&below, e) })
	return logical.MapInputs(n, func(in logical.Node) logical.Node { return p.node(in, below) })
}

func (p *columnPruner) scan(n *logical.Scan, need expr.ColSet) logical.Node {
	s := &logical.Scan{Table: n.Table, Alias: n.Alias, Pos: n.Pos}
	for i, c := range n.Cols {
		if need.Has(c.ID) {
			s.Cols, s.Ordinals = append(s.Cols, c), append(s.Ordinals, n.Ordinals[i])
		}
	}
	if len(s.Cols) == len(n.Cols) {
		return n
	}
	p.changed = true
	return s
}

func (p *columnPruner) values(n *logical.Values, need expr.ColSet) logical.Node {
	var keep []int
	for i, c := range n.Cols {
		if need.Has(c.ID) {
			keep = append(keep, i)
		}
	}
	if len(keep) == len(n.Cols) {
		return n
	}
	p.changed = true
	v := &logical.Values{Rows: make([][]expr.Expr, len(n.Rows))}
	for _, i := range keep {
		v.Cols = append(v.Cols, n.Cols[i])
	}
	for r := range n.Rows {
		for _, i := range keep {
			v.Rows[r] = append(v.Rows[r], n.Rows[r][i])
		}
	}
	return v
}

func (p *columnPruner) project(n *logical.Project, need expr.ColSet) logical.Node {
	var items []logical.Item
	var below expr.ColSet
	for _, it := range n.Items {
		if need.Has(it.Col.ID) {
			items = append(items, it)
			expr.AddColumns(&below, it.Expr)
		}
	}
	p.changed = p.changed || len(items) < len(n.Items)
	return &logical.Project{Input: p.node(n.Input, below), Items: items}
}

func (p *columnPruner) aggregate(n *logical.Aggregate, need expr.ColSet) logical.Node {
	a := &logical.Aggregate{Keys: n.Keys, Sets: n.Sets, GroupingID: n.GroupingID}
	for _, it := range n.Aggs {
		if need.Has(it.Col.ID) {
			a.Aggs = append(a.Aggs, it)
		}
	}
	p.changed = p.changed || len(a.Aggs) < len(n.Aggs)
	var below expr.ColSet
	a.Input = n.Input
	a.Each(func(e expr.Expr) { expr.AddColumns(&below, e) })
	a.Input = p.node(n.Input, below)
	return a
}

func (p *columnPruner) window(n *logical.Window, need expr.ColSet) logical.Node {
	w := &logical.Window{Partition: n.Partition, Order: n.Order}
	for _, it := range n.Calls {
		if need.Has(it.Col.ID) {
			w.Calls = append(w.Calls, it)
		}
	}
	p.changed = p.changed || len(w.Calls) < len(n.Calls)
	if len(w.Calls) == 0 {
		return p.node(n.Input, need)
	}
	below := need.Clone()
	w.Input = n.Input
	w.Each(func(e expr.Expr) { expr.AddColumns(&below, e) })
	w.Input = p.node(n.Input, below)
	return w
}

func (p *columnPruner) union(n *logical.Union, need expr.ColSet) logical.Node {
	var keep []int
	for i, c := range n.Cols {
		if need.Has(c.ID) {
			keep = append(keep, i)
		}
	}
	u := &logical.Union{}
	for _, i := range keep {
		u.Cols = append(u.Cols, n.Cols[i])
	}
	for j, in := range n.All {
		m := make([]expr.ColumnID, len(keep))
		for k, i := range keep {
			m[k] = n.Maps[j][i]
		}
		u.All, u.Maps = append(u.All, p.node(in, expr.SetOf(m...))), append(u.Maps, m)
	}
	p.changed = p.changed || len(keep) < len(n.Cols)
	return u
}

func (p *columnPruner) cteRef(n *logical.CTERef, need expr.ColSet) logical.Node {
	r := &logical.CTERef{Def: n.Def}
	for i, c := range n.Cols {
		if need.Has(c.ID) {
			r.Cols, r.From = append(r.Cols, c), append(r.From, n.From[i])
			p.need[n.Def].Add(n.Def.Cols[n.From[i]].ID)
		}
	}
	if len(r.Cols) == len(n.Cols) {
		return n
	}
	p.changed = true
	return r
}
