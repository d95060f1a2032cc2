package lower

import (
	"math"

	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
	"github.com/tarnsql/tarn/planner/physical"
)

func (b *builder) values(n *logical.Values) rel {
	node := &physical.Values{Rows: n.Rows}
	if !b.outer.Empty() {
		node.Rows = make([][]expr.Expr, len(n.Rows))
		for i, r := range n.Rows {
			node.Rows[i] = b.exprs(r, nil)
		}
	}
	return b.finish(node, n.Cols, n, float64(len(n.Rows))*tupleCost)
}

// project lowers a projection. One that only drops columns is left out: the operators above know which they read.
func (b *builder) project(n *logical.Project, r request) rel {
	var items []logical.Item
	var below expr.ColSet
	plain := true
	for _, it := range n.Items {
		if r.need.Has(it.Col.ID) {
			items = append(items, it)
			plain = plain && it.Passes()
			expr.AddColumns(&below, it.Expr)
		}
	}
	ds, renamed := throughItems(r.dynamic, n.Items)
	in := b.lower(n.Input, request{need: below, dynamic: ds, limit: r.limit, order: orderBelow(r.order, n.Items)})
	settleAll(r.dynamic, renamed)
	if plain {
		return in
	}
	node := &physical.Project{Input: in.node}
	cols := make([]logical.Column, len(items))
	work := 0.0
	for i, it := range items {
		cols[i] = it.Col
		node.Exprs = append(node.Exprs, b.expr(it.Expr, in.cols))
		if !it.Passes() {
			work += in.node.Props().Rows * operatorCost
		}
	}
	out := b.finish(node, cols, n, work)
	node.P.Rows = in.node.Props().Rows
	return out
}

// orderBelow is the order of a request in terms of a projection's input. An order over computed columns gives none, and
// then the number of rows means nothing either: the caller checks both.
func orderBelow(keys []expr.SortKey, items []logical.Item) []expr.SortKey {
	return expr.MapKeys(keys, func(e expr.Expr) expr.Expr {
		if ref, ok := e.(*expr.ColumnRef); ok {
			for _, it := range items {
				if it.Col.ID == ref.ID {
					return it.Expr
				}
			}
		}
		return e
	})
}

func (b *builder) aggregate(n *logical.Aggregate, r request) rel {
	var below expr.ColSet
	n.Each(func(e expr.Expr) { expr.AddColumns(&below, e) })
	var ds, renamed []*dynamic
	if n.Sets == nil {
		ds, renamed = throughItems(r.dynamic, n.Keys)
	}
	in := b.lower(n.Input, request{need: below, dynamic: ds})
	settleAll(r.dynamic, renamed)
	node := &physical.Aggregate{Input: in.node, Sets: n.Sets}
	for _, k := range n.Keys {
		node.Keys = append(node.Keys, b.expr(k.Expr, in.cols))
	}
	for i := range n.Aggs {
		call := n.Aggs[i].Call.Map(func(e expr.Expr) expr.Expr { return b.expr(e, in.cols) })
		node.Aggs = append(node.Aggs, call)
	}
	out := b.finish(node, n.Columns(), n, in.node.Props().Rows*(tupleCost+operatorCost*float64(len(n.Keys)+len(n.Aggs))))
	node.Groups = node.P.Rows
	return out
}

func (b *builder) window(n *logical.Window, r request) rel {
	below := r.need.Clone()
	n.Each(func(e expr.Expr) { expr.AddColumns(&below, e) })
	var ds []*dynamic
	for _, d := range r.dynamic {
		for _, p := range n.Partition {
			if ref, ok := p.(*expr.ColumnRef); ok && ref.ID == d.id {
				ds = append(ds, d)
			}
		}
	}
	in := b.lower(n.Input, request{need: below, dynamic: ds})
	node := &physical.Window{Input: in.node, Partition: b.exprs(n.Partition, in.cols), Order: b.keys(n.Order, in.cols)}
	cols := in.cols[:len(in.cols):len(in.cols)]
	for _, c := range n.Calls {
		node.Calls = append(node.Calls, c.Call.Map(func(e expr.Expr) expr.Expr { return b.expr(e, in.cols) }))
		cols = append(cols, c.Col)
	}
	return b.finish(node, cols, n, sortCost(in.node.Props().Rows))
}

func sortCost(rows float64) float64 { return rows * math.Log2(math.Max(rows, 2)) * operatorCost }

// ordered lowers sorts and limits.
func (b *builder) ordered(n logical.Node, r request) rel {
	switch n := n.(type) {
	case *logical.Sort:
		in := b.lower(n.Input, r.plain(r.need.Union(keyColumns(n.Keys))))
		return b.finish(&physical.Sort{Input: in.node, Keys: b.keys(n.Keys, in.cols)}, in.cols, n, sortCost(in.node.Props().Rows))
	case *logical.TopN:
		below := request{need: r.need.Union(keyColumns(n.Keys))}
		if !n.WithTies && n.Count > 0 && !limitOver(n.Count, n.Offset) {
			below.limit, below.order = n.Count+n.Offset, n.Keys
		}
		in := b.lower(n.Input, below)
		node := &physical.TopN{Input: in.node, Keys: b.keys(n.Keys, in.cols), Limit: n.Count, Offset: n.Offset, WithTies: n.WithTies}
		rows := in.node.Props().Rows
		return b.finish(node, in.cols, n, rows*math.Log2(float64(n.Count+n.Offset)+2)*operatorCost)
	case *logical.Limit:
		below := request{need: r.need}
		if n.Count > 0 && !limitOver(n.Count, n.Offset) {
			below.limit = n.Count + n.Offset
		}
		in := b.lower(n.Input, below)
		return b.finish(&physical.Limit{Input: in.node, Limit: n.Count, Offset: n.Offset}, in.cols, n, 0)
	case *logical.DistinctOn:
		keys := expr.Columns(n.Keys...)
		var ds []*dynamic
		for _, d := range r.dynamic {
			if keys.Has(d.id) {
				ds = append(ds, d)
			}
		}
		in := b.lower(n.Input, request{need: r.need.Union(keys), dynamic: ds})
		return b.finish(&physical.DistinctOn{Input: in.node, Keys: b.exprs(n.Keys, in.cols)}, in.cols, n, in.node.Props().Rows*operatorCost)
	}
	return rel{}
}

func limitOver(count, offset int64) bool { return count > math.MaxInt64-offset }

func keyColumns(keys []expr.SortKey) expr.ColSet {
	var s expr.ColSet
	for _, k := range keys {
		expr.AddColumns(&s, k.Expr)
	}
	return s
}

func (b *builder) union(n *logical.Union, r request) rel {
	node := &physical.Union{}
	for j, in := range n.All {
		all := in.Columns()
		out := make([]logical.Column, len(n.Cols))
		var ds, renamed []*dynamic
		for i, id := range n.Maps[j] {
			out[i] = all[indexOf(all, id)]
			for _, d := range r.dynamic {
				if d.id == n.Cols[i].ID {
					rd := d.as(id)
					ds, renamed = append(ds, rd), append(renamed, rd)
				}
			}
		}
		part := b.lower(in, request{need: expr.SetOf(n.Maps[j]...), dynamic: ds, limit: unorderedLimit(r)})
		settleAll(r.dynamic, renamed)
		node.All = append(node.All, b.exact(part, out).node)
	}
	return b.finish(node, n.Cols, n, 0)
}

func unorderedLimit(r request) int64 {
	if len(r.order) > 0 {
		return 0
	}
	return r.limit
}

func (b *builder) setOp(n *logical.SetOp) rel {
	left, right := b.exactIDs(n.Left, n.LeftCols), b.exactIDs(n.Right, n.RightCols)
	node := &physical.SetOp{Kind: physical.Intersect, All: n.All, Left: left.node, Right: right.node}
	if n.Kind == logical.Except {
		node.Kind = physical.Except
	}
	return b.finish(node, n.Cols, n, (left.node.Props().Rows+right.node.Props().Rows)*tupleCost)
}

func (b *builder) tableFunc(n *logical.TableFunc, r request) rel {
	below := r.need.Clone()
	n.Each(func(e expr.Expr) { expr.AddColumns(&below, e) })
	in := b.lower(n.Input, request{need: below, dynamic: within(r.dynamic, n.Input)})
	node := &physical.TableFunc{Input: in.node, Ordinality: n.Ordinality != nil, Outer: n.Outer}
	cols := in.cols[:len(in.cols):len(in.cols)]
	for _, f := range n.Calls {
		node.Calls = append(node.Calls, expr.Call{Fn: f.Call.Fn, Args: b.exprs(f.Call.Args, in.cols), Typ: f.Call.Typ})
		cols = append(cols, f.Cols...)
	}
	if n.Ordinality != nil {
		cols = append(cols, *n.Ordinality)
	}
	return b.finish(node, cols, n, b.o.Cost.Rows(n)*tupleCost)
}

// cteRef reads a plan that is computed once. The first reader lowers it.
func (b *builder) cteRef(n *logical.CTERef) rel {
	shared, ok := b.shared[n.Def]
	if !ok {
		outer, repeated := b.outer, b.repeated
		b.outer, b.repeated = expr.ColSet{}, false
		var need expr.ColSet
		out := logical.Out(n.Def.Plan)
		for _, c := range n.Def.Cols {
			if out.Has(c.ID) {
				need.Add(c.ID)
			}
		}
		in := b.lower(n.Def.Plan, request{need: need})
		b.outer, b.repeated = outer, repeated
		shared = &physical.Shared{Input: in.node}
		b.finish(shared, in.cols, n.Def.Plan, in.node.Props().Rows*operatorCost)
		b.shared[n.Def], b.sharedCols[n.Def] = shared, in.cols
	}
	shared.Readers++
	src := b.sharedCols[n.Def]
	cols := make([]logical.Column, len(src))
	for i := range cols {
		cols[i] = logical.Column{ID: -1, Name: src[i].Name, Type: src[i].Type}
	}
	var twice []logical.Item
	for i, c := range n.Cols {
		def := n.Def.Cols[n.From[i]]
		at := indexOf(src, def.ID)
		if cols[at].ID >= 0 {
			twice = append(twice, logical.Item{Col: c, Expr: &expr.InputRef{Index: at, Name: c.Name, Typ: c.Type}})
			continue
		}
		cols[at] = c
	}
	r := rel{node: shared, cols: cols}
	if len(twice) == 0 {
		return r
	}
	p := &physical.Project{Input: shared}
	for i, c := range cols {
		p.Exprs = append(p.Exprs, &expr.InputRef{Index: i, Name: c.Name, Typ: c.Type})
	}
	for _, it := range twice {
		p.Exprs = append(p.Exprs, it.Expr)
		cols = append(cols, it.Col)
	}
	return b.finish(p, cols, n, 0)
}

func (b *builder) recursive(n *logical.RecursiveUnion) rel {
	base := b.exactIDs(n.Base, n.BaseCols)
	repeated := b.repeated
	b.repeated = true
	step := b.exactIDs(n.Step, n.StepCols)
	b.repeated = repeated
	node := &physical.RecursiveUnion{ID: n.ID, Base: base.node, Step: step.node, Distinct: n.Distinct}
	return b.finish(node, n.Cols, n, 0)
}
