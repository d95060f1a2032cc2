package bind

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// selectOrder binds DISTINCT ON and ORDER BY of a SELECT.
func (b *binder) selectOrder(x *exprBinder, st *selectState, order []parser.OrderItem) (on, keys []orderKey) {
	for i := range st.outs {
		if st.sel.Distinct {
			st.outs[i].expr = b.text(st.outs[i].expr, st.outs[i].pos)
		}
	}
	for _, e := range st.sel.DistinctOn {
		on = append(on, b.selectKey(x, st, parser.OrderItem{Loc: parser.Loc(e.Pos()), Expr: e}, "DISTINCT ON"))
	}
	for _, o := range order {
		keys = append(keys, b.selectKey(x, st, o, "ORDER BY"))
	}
	return on, keys
}

// selectKey binds one item: the ordinal or the name of a select item, or an expression over FROM.
func (b *binder) selectKey(x *exprBinder, st *selectState, o parser.OrderItem, clause string) orderKey {
	out := -1
	switch e := o.Expr.(type) {
	case *parser.NumberLit:
		out = st.ordinalIndex(e, clause)
	case *parser.ColumnRef:
		if len(e.Name) == 1 {
			out = st.named1(e.Name[0], clause, e.Pos())
		}
	case *parser.StringLit:
		fail(e.Pos(), sqlerr.SyntaxError, "non-integer constant in %s", clause)
	}
	var v expr.Expr
	if out >= 0 {
		v = b.text(st.outs[out].expr, o.Expr.Pos())
	} else {
		y := *x
		y.clause = clause
		v = y.value(o.Expr)
		for i := range st.outs {
			if expr.Equal(st.outs[i].expr, v) && !expr.IsVolatile(v) {
				out = i
				break
			}
		}
	}
	return orderKey{key: b.sortKey(o, v), out: out, pos: o.Expr.Pos()}
}

// named1 returns the ordinal of the select item with a name, or -1.
func (st *selectState) named1(name, clause string, pos int) int {
	found := -1
	for i, o := range st.outs {
		if o.name != name {
			continue
		}
		if found >= 0 && !expr.Equal(st.outs[found].expr, o.expr) {
			fail(pos, sqlerr.AmbiguousColumn, "%s %q is ambiguous", clause, name)
		}
		if found < 0 {
			found = i
		}
	}
	return found
}

// orderOutput binds ORDER BY over a query that is no SELECT: items name output columns.
func (b *binder) orderOutput(order []parser.OrderItem, outs []outCol) []expr.SortKey {
	st := &selectState{}
	for _, o := range outs {
		st.outs = append(st.outs, selectOut{name: o.name, expr: o.col.Ref()})
	}
	keys := make([]expr.SortKey, len(order))
	for i, o := range order {
		out := -1
		switch e := o.Expr.(type) {
		case *parser.NumberLit:
			out = st.ordinalIndex(e, "ORDER BY")
		case *parser.ColumnRef:
			if len(e.Name) == 1 {
				out = st.named1(e.Name[0], "ORDER BY", e.Pos())
			}
			if out < 0 {
				fail(e.Pos(), sqlerr.UndefinedColumn, "column %q does not exist", e.Name.Last())
			}
		}
		if out < 0 {
			panic(failure{sqlerr.New(sqlerr.FeatureNotSupported, "invalid UNION/INTERSECT/EXCEPT ORDER BY clause").
				WithDetail("Only result column names can be used, not expressions or functions.").
				WithHint("Add the expression/function to every SELECT, or move the UNION into a FROM clause.").At(o.Expr.Pos())})
		}
		keys[i] = b.sortKey(o, st.outs[out].expr)
	}
	return keys
}

// limit puts ORDER BY, LIMIT and OFFSET over a plan.
func (b *binder) limit(plan logical.Node, keys []expr.SortKey, q *parser.Query, s *scope) logical.Node {
	count, offset := int64(-1), int64(0)
	if q.Limit != nil {
		count = b.count(q.Limit, "LIMIT", sqlerr.InvalidLimit, -1, s)
	}
	if q.Offset != nil {
		offset = b.count(q.Offset, "OFFSET", sqlerr.InvalidOffset, 0, s)
	}
	if q.WithTies && q.Limit != nil {
		if len(keys) == 0 {
			fail(q.Limit.Pos(), sqlerr.SyntaxError, "WITH TIES cannot be specified without ORDER BY clause")
		}
		return &logical.TopN{Input: plan, Keys: keys, Count: max(count, 0), Offset: offset, WithTies: true}
	}
	if len(keys) > 0 {
		plan = &logical.Sort{Input: plan, Keys: keys}
	}
	if count >= 0 || offset > 0 {
		plan = &logical.Limit{Input: plan, Count: count, Offset: offset}
	}
	return plan
}

// count evaluates a LIMIT or OFFSET. NULL is no limit; a parameter without a value is none either.
func (b *binder) count(e parser.Expr, clause string, code sqlerr.Code, none int64, s *scope) int64 {
	x := b.exprs(newScope(nil, s.ctes), clause)
	v := b.coerceInteger(x.bind(e), clause, e.Pos())
	if expr.HasSubquery(v) {
		unsupported(e.Pos(), "subquery in %s", clause)
	}
	c, ok := b.fold(v, e.Pos()).(*expr.Const)
	switch {
	case !ok && b.describe:
		return none
	case !ok:
		fail(e.Pos(), sqlerr.InvalidColumnReference, "argument of %s must not contain variables", clause)
	case !c.Value.Valid:
		return none
	case c.Value.Type.Kind != schema.BigInt || c.Value.I < 0:
		fail(0, code, "%s must not be negative", clause)
	}
	return c.Value.I
}
