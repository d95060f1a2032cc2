package bind

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// nested binds a query inside an expression.
func (x *exprBinder) nested(q *parser.Query) (logical.Node, []outCol) {
	s := newScope(x.s, x.s.ctes)
	plan, outs := x.b.query(q, s, x.s.ctes)
	return x.b.settle(plan, outs)
}

// subquery makes the expression of a bound query. Its input is a projection of exactly the output columns, in order.
func (x *exprBinder) subquery(kind expr.SubqueryKind, plan logical.Node, outs []outCol, typ schema.Type) *expr.Subquery {
	p := &logical.Project{Input: plan}
	for _, o := range outs {
		p.Items = append(p.Items, logical.Pass(o.col))
	}
	sub := &expr.Subquery{Kind: kind, Input: p, Typ: typ}
	for id := range logical.Free(p).All {
		sub.Outer = append(sub.Outer, id)
	}
	return sub
}

func (x *exprBinder) scalarSubquery(e *parser.SubqueryExpr) expr.Expr {
	plan, outs := x.nested(e.Query)
	if len(outs) != 1 {
		fail(e.Pos(), sqlerr.SyntaxError, "subquery must return only one column")
	}
	return x.subquery(expr.ScalarSubquery, plan, outs, outs[0].col.Type)
}

func (x *exprBinder) exists(e *parser.ExistsExpr) expr.Expr {
	plan, _ := x.nested(e.Query)
	return x.subquery(expr.ExistsSubquery, plan, nil, schema.T(schema.Boolean))
}

// arraySubquery binds ARRAY(query): an aggregate over it, in its order.
func (x *exprBinder) arraySubquery(e *parser.ArraySubquery) expr.Expr {
	plan, outs := x.nested(e.Query)
	if len(outs) != 1 {
		fail(e.Pos(), sqlerr.SyntaxError, "subquery must return only one column")
	}
	r, err := x.b.env.Registry.Resolve(expr.Aggregate, "array_agg", []expr.Arg{{Type: outs[0].col.Type}})
	if err != nil {
		raise(err, e.Pos())
	}
	call := expr.AggregateCall{Fn: r.Fn, Args: columnsOf(outs), Typ: r.Result}
	if sort, ok := plan.(*logical.Sort); ok {
		call.OrderBy, plan = sort.Keys, sort.Input
	} else if limit, ok := plan.(*logical.Limit); ok {
		if sort, ok := limit.Input.(*logical.Sort); ok {
			call.OrderBy = sort.Keys
		}
	}
	col := x.b.ids.Column("array", r.Result)
	agg := &logical.Aggregate{Input: plan, Aggs: []logical.AggregateItem{{Col: col, Call: call}}}
	sub := x.subquery(expr.ScalarSubquery, agg, []outCol{{name: "array", col: col}}, r.Result)
	empty := &expr.Const{Value: schema.NestedValue(r.Result, []schema.Value{})}
	return &expr.Coalesce{Args: []expr.Expr{sub, empty}}
}

// inSubquery binds x IN (query) and (x, y) IN (query).
func (x *exprBinder) inSubquery(e *parser.InSubquery) expr.Expr {
	return x.compareSubquery(expr.InSubquery, expr.Eq, e.Expr, e.Query, e.Not, e.Pos())
}

func (x *exprBinder) quantifiedSubquery(e *parser.QuantifiedExpr) expr.Expr {
	op, ok := comparisons[e.Op]
	switch {
	case !ok:
		unsupported(e.Pos(), "operator %s with ANY or ALL of a subquery", e.Op)
	case op == expr.Eq && !e.All:
		return x.compareSubquery(expr.InSubquery, op, e.Left, e.Query, false, e.Pos())
	case op == expr.Ne && e.All:
		return x.compareSubquery(expr.InSubquery, expr.Eq, e.Left, e.Query, true, e.Pos())
	case e.All:
		return x.compareSubquery(expr.AllSubquery, op, e.Left, e.Query, false, e.Pos())
	}
	return x.compareSubquery(expr.AnySubquery, op, e.Left, e.Query, false, e.Pos())
}

func (x *exprBinder) compareSubquery(kind expr.SubqueryKind, op expr.CompareOp, left parser.Expr, q *parser.Query, negated bool, pos int) expr.Expr {
	arg := x.bind(left)
	test := []expr.Expr{arg}
	if row, ok := arg.(*expr.MakeRow); ok {
		test = row.Args
	}
	plan, outs := x.nested(q)
	switch {
	case len(outs) < len(test):
		fail(pos, sqlerr.SyntaxError, "subquery has too few columns")
	case len(outs) > len(test):
		fail(pos, sqlerr.SyntaxError, "subquery has too many columns")
	case len(test) > 1 && kind != expr.InSubquery && op != expr.Eq && op != expr.Ne:
		unsupported(pos, "comparison of rows with ANY or ALL of a subquery")
	}
	types := make([]schema.Type, len(outs))
	test = append([]expr.Expr(nil), test...)
	for i, o := range outs {
		t, ok := comparison(test[i].Type(), o.col.Type)
		if !ok {
			x.noOperator(op.String(), test[i].Type(), o.col.Type, pos)
		}
		types[i] = t
		test[i] = x.b.coerce(test[i], t, left.Pos())
	}
	plan, outs = x.b.castOutputs(plan, outs, types)
	sub := x.subquery(kind, plan, outs, schema.T(schema.Boolean))
	sub.Op, sub.Test, sub.Negated = op, test, negated
	return sub
}
