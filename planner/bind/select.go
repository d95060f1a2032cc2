package bind

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// selectState is what the clauses of one SELECT have in common.
type selectState struct {
	sel   *parser.Select
	named []parser.NamedWindow

	aggs      []logical.AggregateItem
	groupings []groupingCall
	windows   []window
	srfs      []setFunc
	outs      []selectOut
}

type groupingCall struct {
	col  logical.Column
	args []expr.Expr
	pos  int
}

// selectOut is an item of the select list, stars expanded.
type selectOut struct {
	name string
	expr expr.Expr
	pos  int
}

// orderKey is a bound ORDER BY item. out is the ordinal of the select item that it is, or -1.
type orderKey struct {
	key expr.SortKey
	out int
	pos int
}

// selectBody binds a SELECT with the ORDER BY of the query around it. The plan it returns has the output columns and those
// of the sort keys.
func (b *binder) selectBody(sel *parser.Select, order []parser.OrderItem, parent *scope, ctes *cteFrame) (logical.Node, []outCol, []expr.SortKey) {
	if sel.Into != nil {
		unsupported(sel.Into.Pos(), "SELECT INTO")
	}
	s := newScope(parent, ctes)
	plan := b.from(sel.From, s)
	if sel.Where != nil {
		plan = logical.Where(plan, expr.Conjuncts(nil, b.exprs(s, "WHERE").condition(sel.Where, "WHERE"))...)
	}
	st := &selectState{sel: sel, named: sel.Windows}
	x := b.exprs(s, "SELECT")
	x.sel, x.aggs, x.wins, x.srfs = st, true, true, true
	st.outs = b.selectItems(x, sel.Items)

	g := b.groupBy(x, st)
	var having, qualify []expr.Expr
	if sel.Having != nil {
		h := b.exprs(s, "HAVING")
		h.sel, h.aggs = st, true
		having = expr.Conjuncts(nil, h.condition(sel.Having, "HAVING"))
	}
	if sel.Qualify != nil {
		q := b.exprs(s, "QUALIFY")
		q.sel, q.aggs, q.wins = st, true, true
		qualify = expr.Conjuncts(nil, x.withAliases(st, sel.Qualify, q))
	}
	on, keys := b.selectOrder(x, st, order)

	plan, post := b.group(plan, st, g, having != nil)
	plan = logical.Where(plan, post.list(having)...)
	plan = b.windows(plan, st, post)
	plan = logical.Where(plan, post.list(qualify)...)
	plan = b.setFuncs(plan, st, post)
	for i := range st.outs {
		st.outs[i].expr = post.expr(st.outs[i].expr)
	}
	for i := range keys {
		keys[i].key.Expr = post.expr(keys[i].key.Expr)
	}
	for i := range on {
		on[i].key.Expr = post.expr(on[i].key.Expr)
	}
	return b.selectOutput(plan, st, on, keys)
}

// withAliases binds an expression that may name select items.
func (x *exprBinder) withAliases(st *selectState, e parser.Expr, q *exprBinder) expr.Expr {
	if ref, ok := e.(*parser.ColumnRef); ok && len(ref.Name) == 1 {
		for _, o := range st.outs {
			if o.name == ref.Name[0] {
				return x.b.boolean(o.expr, q.clause, e.Pos())
			}
		}
	}
	outer := newScope(q.s, q.s.ctes)
	alias := &relation{}
	for _, o := range st.outs {
		if _, plain := o.expr.(*expr.ColumnRef); plain && q.s.unqualifiedHas(o.name) {
			continue
		}
		alias.cols = append(alias.cols, scopeCol{name: o.name, expr: o.expr, rel: alias})
	}
	// Names of columns come before those of select items.
	outer.visible = append(outer.visible, q.s.visible...)
	for _, c := range alias.cols {
		if !q.s.unqualifiedHas(c.name) {
			outer.visible = append(outer.visible, c)
		}
	}
	inner := *q
	inner.s = outer
	return inner.condition(e, q.clause)
}

func (s *scope) unqualifiedHas(name string) bool {
	for i := range s.visible {
		if s.visible[i].name == name {
			return true
		}
	}
	return false
}

// selectItems binds the select list.
func (b *binder) selectItems(x *exprBinder, items []parser.SelectItem) []selectOut {
	outs := make([]selectOut, 0, len(items))
	for _, it := range items {
		switch e := it.Expr.(type) {
		case *parser.Star:
			outs = append(outs, x.star(e)...)
		case *parser.FieldStar:
			row := x.bind(e.Expr)
			if row.Type().Kind != schema.Row {
				fail(e.Pos(), sqlerr.WrongObjectType, "type %s is not composite", TypeName(row.Type()))
			}
			for i, f := range row.Type().Fields() {
				outs = append(outs, selectOut{name: f.Name, expr: fieldOf(row, i), pos: e.Pos()})
			}
		default:
			name := it.Alias
			if name == "" {
				name = columnName(it.Expr)
			}
			v := x.bind(it.Expr)
			if _, row := v.(*expr.MakeRow); row {
				v = x.b.text(v, it.Expr.Pos())
			}
			outs = append(outs, selectOut{name: name, expr: v, pos: it.Expr.Pos()})
		}
	}
	if len(outs) > maxColumns {
		fail(0, sqlerr.TooManyColumns, "target lists can have at most %d entries", maxColumns)
	}
	return outs
}

// maxColumns is PostgreSQL's limit of a select list; its row description counts columns in 16 bits.
const maxColumns = 1664

// star expands * and t.*.
func (x *exprBinder) star(e *parser.Star) []selectOut {
	cols := x.s.visible
	if len(e.Qualifier) > 0 {
		rel := x.starRelation(e)
		if rel == nil {
			return x.starOfRow(e)
		}
		cols = rel.cols
	} else if len(x.s.rels) == 0 {
		fail(e.Pos(), sqlerr.SyntaxError, "SELECT * with no tables specified is not valid")
	}
	// excluded says of each name in EXCLUDE whether a column of it was left out.
	excluded := map[string]bool{}
	for _, n := range e.Except {
		excluded[n] = false
	}
	var outs []selectOut
	for _, c := range cols {
		if c.hidden {
			continue
		}
		if _, skip := excluded[c.name]; skip {
			excluded[c.name] = true
			continue
		}
		x.reachColumn(c.expr)
		outs = append(outs, selectOut{name: c.name, expr: c.expr, pos: e.Pos()})
	}
	for _, n := range e.Except {
		if !excluded[n] {
			fail(e.Pos(), sqlerr.UndefinedColumn, "column %q in EXCLUDE list does not exist", n)
		}
	}
	return x.replaceInStar(e, outs)
}

// reachColumn notes a column of a star that belongs to an enclosing query.
func (x *exprBinder) reachColumn(e expr.Expr) {
	r, ok := e.(*expr.ColumnRef)
	if !ok {
		return
	}
	for s := x.s; s != nil; s = s.parent {
		for _, rel := range s.rels {
			for i := range rel.cols {
				if c, ok := rel.cols[i].expr.(*expr.ColumnRef); ok && c.ID == r.ID {
					x.s.reach(s, e)
					return
				}
			}
		}
	}
}

func (x *exprBinder) starRelation(e *parser.Star) *relation {
	for s := x.s; s != nil; s = s.parent {
		if r := s.relation(e.Qualifier, e.Pos()); r != nil {
			return r
		}
	}
	return nil
}

// starOfRow expands c.* where c is a column of a row type.
func (x *exprBinder) starOfRow(e *parser.Star) []selectOut {
	for s := x.s; s != nil; s = s.parent {
		row, rest := s.find(e.Qualifier, e.Pos())
		if row == nil || len(rest) > 0 || row.Type().Kind != schema.Row {
			continue
		}
		x.s.reach(s, row)
		var outs []selectOut
		for i, f := range row.Type().Fields() {
			outs = append(outs, selectOut{name: f.Name, expr: fieldOf(row, i), pos: e.Pos()})
		}
		return outs
	}
	panic(failure{x.missingFrom(e.Qualifier).At(e.Pos())})
}

func (x *exprBinder) replaceInStar(e *parser.Star, outs []selectOut) []selectOut {
	for _, r := range e.Replace {
		found := false
		for i := range outs {
			if outs[i].name == r.Alias {
				outs[i].expr, outs[i].pos, found = x.bind(r.Expr), r.Expr.Pos(), true
			}
		}
		if !found {
			fail(r.Pos(), sqlerr.UndefinedColumn, "column %q in REPLACE list does not exist", r.Alias)
		}
	}
	return outs
}

// windows puts the window functions over a plan.
func (b *binder) windows(plan logical.Node, st *selectState, post *regroup) logical.Node {
	for _, w := range st.windows {
		n := &logical.Window{Input: plan, Partition: post.list(w.partition)}
		for _, k := range w.order {
			k.Expr = post.expr(k.Expr)
			n.Order = append(n.Order, k)
		}
		for _, c := range w.calls {
			n.Calls = append(n.Calls, logical.WindowItem{Col: c.Col, Call: c.Call.Map(post.expr)})
		}
		plan = n
	}
	return plan
}

// setFuncs puts the set-returning functions of the select list over a plan, level by level.
func (b *binder) setFuncs(plan logical.Node, st *selectState, post *regroup) logical.Node {
	for level := 0; ; level++ {
		n := &logical.TableFunc{Input: plan}
		for _, f := range st.srfs {
			if f.level == level {
				call := &expr.Call{Fn: f.item.Call.Fn, Args: post.list(f.item.Call.Args), Typ: f.item.Call.Typ}
				n.Calls = append(n.Calls, logical.FuncItem{Call: call, Cols: f.item.Cols})
			}
		}
		if len(n.Calls) == 0 {
			return plan
		}
		plan = n
	}
}

// selectOutput computes the select list and the sort keys, and removes duplicates.
func (b *binder) selectOutput(plan logical.Node, st *selectState, on, keys []orderKey) (logical.Node, []outCol, []expr.SortKey) {
	p := newProjection(b, plan)
	outs := make([]outCol, len(st.outs))
	for i, o := range st.outs {
		outs[i] = outCol{name: o.name, col: p.add(o.expr, o.name)}
	}
	distinct := st.sel.Distinct && len(on) == 0
	sortKeys := make([]expr.SortKey, len(keys))
	for i, k := range keys {
		sortKeys[i] = k.key
		if distinct && k.out < 0 && !p.has(k.key.Expr) {
			fail(k.pos, sqlerr.InvalidColumnReference, "for SELECT DISTINCT, ORDER BY expressions must appear in select list")
		}
		sortKeys[i].Expr = p.add(k.key.Expr, "").Ref()
	}
	onKeys := make([]expr.Expr, len(on))
	for i, k := range on {
		onKeys[i] = p.add(k.key.Expr, "").Ref()
	}
	plan = p.node()
	switch {
	case len(on) > 0:
		plan, sortKeys = b.distinctOn(plan, on, onKeys, sortKeys)
	case distinct:
		plan = distinctPlan(plan, outs)
	}
	return plan, outs, sortKeys
}

// distinctPlan removes duplicates of the output columns.
func distinctPlan(plan logical.Node, outs []outCol) logical.Node {
	agg := &logical.Aggregate{Input: plan}
	var seen expr.ColSet
	for _, o := range outs {
		if !seen.Has(o.col.ID) {
			seen.Add(o.col.ID)
			agg.Keys = append(agg.Keys, logical.Pass(o.col))
		}
	}
	if len(agg.Keys) == 0 {
		return &logical.Limit{Input: plan, Count: 1}
	}
	return agg
}

// distinctOn sorts by the keys of DISTINCT ON, in the order that ORDER BY asks for, and keeps the first row of each run.
func (b *binder) distinctOn(plan logical.Node, on []orderKey, onKeys []expr.Expr, keys []expr.SortKey) (logical.Node, []expr.SortKey) {
	isOn := func(e expr.Expr) bool {
		for _, k := range onKeys {
			if expr.Equal(k, e) {
				return true
			}
		}
		return false
	}
	left := len(uniqueExprs(onKeys))
	seen := []expr.Expr{}
	for _, k := range keys {
		if left == 0 {
			break
		}
		if !isOn(k.Expr) {
			fail(on[0].pos, sqlerr.InvalidColumnReference, "SELECT DISTINCT ON expressions must match initial ORDER BY expressions")
		}
		if !containsExpr(seen, k.Expr) {
			seen = append(seen, k.Expr)
			left--
		}
	}
	full := keys
	for _, k := range onKeys {
		if !containsExpr(seen, k) {
			seen = append(seen, k)
			full = append(full[:len(full):len(full)], expr.SortKey{Expr: k})
		}
	}
	plan = &logical.DistinctOn{Input: &logical.Sort{Input: plan, Keys: full}, Keys: uniqueExprs(onKeys)}
	// The rows come out in this order; the sort that the query asks for stays, and a rule drops it.
	return plan, keys
}

func uniqueExprs(es []expr.Expr) []expr.Expr {
	var out []expr.Expr
	for _, e := range es {
		if !containsExpr(out, e) {
			out = append(out, e)
		}
	}
	return out
}

func containsExpr(es []expr.Expr, e expr.Expr) bool {
	for _, o := range es {
		if expr.Equal(o, e) {
			return true
		}
	}
	return false
}
