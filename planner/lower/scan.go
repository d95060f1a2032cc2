package lower

import (
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
	"github.com/tarnsql/tarn/planner/physical"
)

// countScans notes which columns the scans of each table read.
func (b *builder) countScans(root logical.Node) {
	b.readers = map[schema.TableName]map[int]int{}
	seen := map[*logical.CTE]bool{}
	var visit func(logical.Node)
	visit = func(n logical.Node) {
		logical.Walk(n, func(n logical.Node) bool {
			switch n := n.(type) {
			case *logical.Scan:
				name := n.Table.Name()
				if b.readers[name] == nil {
					b.readers[name] = map[int]int{}
				}
				for _, o := range n.Ordinals {
					b.readers[name][o]++
				}
			case *logical.CTERef:
				if !seen[n.Def] {
					seen[n.Def] = true
					visit(n.Def.Plan)
				}
			}
			return true
		})
	}
	visit(root)
}

// filter lowers a filter; over a table it is offered to the scan first.
func (b *builder) filter(n *logical.Filter, r request) rel {
	if s, ok := n.Input.(*logical.Scan); ok && !(b.repeated && !b.varies(s)) {
		return b.scan(s, n.Conds, r)
	}
	in := b.lower(n.Input, r.plain(r.need.Union(expr.Columns(n.Conds...))))
	return b.filtered(in, n.Conds, n)
}

func (b *builder) filtered(in rel, conds []expr.Expr, like logical.Node) rel {
	node := &physical.Filter{Input: in.node, Cond: b.expr(expr.AndOf(conds...), in.cols)}
	return b.finish(node, in.cols, like, in.node.Props().Rows*operatorCost*float64(len(conds)))
}

// scan negotiates with a table. What the scan does not apply in full stays in a filter above.
func (b *builder) scan(n *logical.Scan, conds []expr.Expr, r request) rel {
	offers, own := b.offers(n, conds)
	req := connectors.ScanRequest{Query: b.o.Query, Metrics: &connectors.Metrics{}}
	for _, o := range offers {
		req.Filters = append(req.Filters, o.filter)
	}
	claims := b.dynamicFor(n, r.dynamic)
	for _, c := range claims {
		req.Dynamic = append(req.Dynamic, connectors.DynamicFilter{Column: n.Ordinal(c.col.ID), Keys: c.d.keys, Await: c.d.await})
	}
	if len(own) == 0 && !b.o.NoLimits {
		b.offerLimit(n, r, &req)
	}
	cols := b.scanColumns(n, r.need.Union(expr.Columns(own...)))
	scan := b.negotiate(n, cols, &req)
	residual, again := b.residual(offers, scan.Verdicts(), cols)
	if again {
		// A filter that the scan does not apply reads columns that nobody else does.
		if err := scan.Close(); err != nil {
			raise(err)
		}
		req.Metrics = &connectors.Metrics{}
		cols = b.scanColumns(n, r.need.Union(expr.Columns(conds...)))
		scan = b.negotiate(n, cols, &req)
		residual, _ = b.residual(offers, scan.Verdicts(), cols)
	}
	residual = append(residual, own...)
	node := &physical.Scan{Table: n.Table, Scan: scan, Request: req}
	b.scans = append(b.scans, node)
	for _, c := range claims {
		c.d.used = true
		c.d.reached = append(c.d.reached, reach{node, c.col.Name})
	}
	return b.scanResult(n, node, cols, conds, residual)
}

func (b *builder) scanResult(n *logical.Scan, node *physical.Scan, cols []logical.Column, conds, residual []expr.Expr) rel {
	out := b.finish(node, cols, n, 0)
	p := node.Props()
	est := node.Scan.Estimate()
	stats := b.o.Cost.Filter(b.o.Cost.Stats(n), conds)
	switch {
	case est.Rows >= 0:
		p.Rows = est.Rows
	case len(residual) == 0:
		p.Rows = stats.Rows
	}
	p.Cost = p.Rows * tupleCost
	if est.Bytes > 0 {
		p.Cost += float64(est.Bytes) / pageSize
	} else {
		p.Cost += b.o.Cost.Rows(n) * tupleCost
	}
	if len(residual) == 0 {
		return out
	}
	out = b.filtered(out, residual, nil)
	out.node.Props().Rows = min(stats.Rows, p.Rows)
	return out
}

func (b *builder) negotiate(n *logical.Scan, cols []logical.Column, req *connectors.ScanRequest) connectors.Scan {
	req.Columns = make([]int, len(cols))
	for i, c := range cols {
		req.Columns[i] = n.Ordinal(c.ID)
	}
	req.Shared = nil
	for o, readers := range b.readers[n.Table.Name()] {
		if readers > 1 {
			req.Shared = append(req.Shared, o)
		}
	}
	slices.Sort(req.Shared)
	scan, err := n.Table.Scan(b.ctx, *req)
	if err != nil {
		raise(err)
	}
	return scan
}

// scanColumns returns the columns of the scan that are needed, in the order of the table.
func (b *builder) scanColumns(n *logical.Scan, need expr.ColSet) []logical.Column {
	var cols []logical.Column
	for _, c := range n.Cols {
		if need.Has(c.ID) {
			cols = append(cols, c)
		}
	}
	return cols
}

// offer is a condition as a table sees it.
type offer struct {
	cond    expr.Expr
	filter  connectors.Filter
	implied bool
}

// offers splits the conditions into those that a table is offered and those that only the engine can test.
func (b *builder) offers(n *logical.Scan, conds []expr.Expr) (offers []offer, own []expr.Expr) {
	if b.o.NoFilters {
		return nil, conds
	}
	partitions := partitionColumns(n)
	for _, c := range conds {
		f, ok := b.offer(n, c)
		if !ok {
			own = append(own, c)
			continue
		}
		offers = append(offers, offer{cond: c, filter: f})
		if i := impliedBy(c, partitions); i != nil {
			if f, ok := b.offer(n, i); ok {
				offers = append(offers, offer{cond: i, filter: f, implied: true})
			}
		}
	}
	return offers, own
}

// offer makes the filter of a condition.
func (b *builder) offer(n *logical.Scan, c expr.Expr) (connectors.Filter, bool) {
	used := expr.Columns(c)
	if expr.IsVolatile(c) || used.Empty() || !used.SubsetOf(logical.Out(n)) {
		return connectors.Filter{}, false
	}
	var cols []logical.Column
	f := connectors.Filter{Text: c.String(), MayFail: !expr.CannotFail(c)}
	type place struct {
		ordinal int
		col     logical.Column
	}
	var places []place
	for i, col := range n.Cols {
		if used.Has(col.ID) {
			places = append(places, place{n.Ordinals[i], col})
		}
	}
	slices.SortFunc(places, func(a, b place) int { return a.ordinal - b.ordinal })
	for _, p := range places {
		f.Columns = append(f.Columns, p.ordinal)
		cols = append(cols, p.col)
	}
	matcher, err := b.o.Evaluator.Matcher(b.expr(c, cols))
	if err != nil {
		return connectors.Filter{}, false
	}
	f.NewMatcher = matcher
	d := deriver{scan: n, zone: b.o.Zone}
	f.Predicates, f.Exact = d.derive(c)
	return f, true
}

// partitionColumns returns the columns of a scan by which its table is partitioned, if it says so.
func partitionColumns(n *logical.Scan) expr.ColSet {
	var out expr.ColSet
	t, ok := n.Table.(interface{ PartitionColumns() []string })
	if !ok {
		return out
	}
	for _, name := range t.PartitionColumns() {
		for _, c := range n.Cols {
			if c.Name == name {
				out.Add(c.ID)
			}
		}
	}
	return out
}

// impliedBy returns what a disjunction over partition columns and others demands of the partition columns alone, so
// that partitions can be left out; nil when that is nothing.
func impliedBy(c expr.Expr, partitions expr.ColSet) expr.Expr {
	or, ok := c.(*expr.Or)
	if !ok || partitions.Empty() || expr.Columns(c).SubsetOf(partitions) {
		return nil
	}
	branches := make([]expr.Expr, 0, len(or.Args))
	for _, a := range or.Args {
		var own []expr.Expr
		for _, e := range expr.Conjuncts(nil, a) {
			if cols := expr.Columns(e); !cols.Empty() && cols.SubsetOf(partitions) {
				own = append(own, e)
			}
		}
		if len(own) == 0 {
			return nil
		}
		branches = append(branches, expr.AndOf(own...))
	}
	return expr.OrOf(branches...)
}

// residual returns the conditions that the scan does not apply in full, and whether they read columns that the scan does
// not return.
func (b *builder) residual(offers []offer, verdicts []connectors.Verdict, cols []logical.Column) (left []expr.Expr, again bool) {
	for i, o := range offers {
		if o.implied || i < len(verdicts) && verdicts[i] == connectors.Exact {
			continue
		}
		left = append(left, o.cond)
		for id := range expr.Columns(o.cond).All {
			again = again || indexOf(cols, id) < 0
		}
	}
	return left, again
}

// offerLimit offers how many rows suffice.
func (b *builder) offerLimit(n *logical.Scan, r request, req *connectors.ScanRequest) {
	if r.limit <= 0 {
		return
	}
	if len(r.order) == 0 {
		req.Limit = r.limit
		return
	}
	top := &connectors.TopN{Limit: r.limit}
	for _, k := range r.order {
		ref, ok := k.Expr.(*expr.ColumnRef)
		if !ok || n.Ordinal(ref.ID) < 0 {
			return
		}
		top.Keys = append(top.Keys, connectors.SortKey{Column: n.Ordinal(ref.ID), Descending: k.Descending, NullsFirst: k.NullsFirst})
	}
	req.TopN = top
}
