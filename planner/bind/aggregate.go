package bind

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// orderedSet are the aggregates whose WITHIN GROUP order is what they aggregate: their last argument is its expression.
var orderedSet = map[string]bool{"percentile_cont": true, "percentile_disc": true, "mode": true}

// aggregateCall binds an aggregate and returns the column of its result.
func (x *exprBinder) aggregateCall(name string, c *parser.FuncCall) expr.Expr {
	if x.inAgg {
		fail(c.Pos(), sqlerr.GroupingError, "aggregate function calls cannot be nested")
	}
	if x.sel == nil || !x.aggs {
		fail(c.Pos(), sqlerr.GroupingError, "aggregate functions are not allowed in %s", x.clause)
	}
	inner := *x
	inner.inAgg, inner.wins, inner.srfs = true, false, false
	call := inner.aggregate(name, c)
	inner.checkLevel(&call, c.Pos())
	for i := range x.sel.aggs {
		if expr.EqualAggregates(&x.sel.aggs[i].Call, &call) {
			return x.sel.aggs[i].Col.Ref()
		}
	}
	col := x.b.ids.Column(name, call.Typ)
	x.sel.aggs = append(x.sel.aggs, logical.AggregateItem{Col: col, Call: call})
	return col.Ref()
}

// checkLevel refuses an aggregate over columns of enclosing queries alone: it would belong to the enclosing query.
func (x *exprBinder) checkLevel(call *expr.AggregateCall, pos int) {
	var used expr.ColSet
	call.Each(func(e expr.Expr) { expr.AddColumns(&used, e) })
	if !used.Empty() && used.SubsetOf(x.s.outer) {
		unsupported(pos, "aggregate over columns of an enclosing query alone")
	}
}

// aggregate binds an aggregate's arguments, filter and order.
func (x *exprBinder) aggregate(name string, c *parser.FuncCall) expr.AggregateCall {
	call := expr.AggregateCall{Distinct: c.Distinct}
	args, infos, poss := x.callArgs(name, c)
	switch {
	case len(c.WithinGroup) > 0 && orderedSet[name]:
		for _, o := range c.WithinGroup {
			e := x.value(o.Expr)
			args, infos, poss = append(args, e), append(infos, argOf(e)), append(poss, o.Expr.Pos())
		}
		call.OrderBy = x.sortKeys(c.WithinGroup)
	case len(c.WithinGroup) > 0:
		call.OrderBy = x.sortKeys(c.WithinGroup)
	case orderedSet[name]:
		fail(c.Pos(), sqlerr.WrongObjectType, "WITHIN GROUP is required for ordered-set aggregate %s", name)
	default:
		call.OrderBy = x.sortKeys(c.OrderBy)
	}
	if !c.Star && len(c.Args) == 0 && name == "count" {
		fail(c.Pos(), sqlerr.WrongObjectType, "count(*) must be used to call a parameterless aggregate function")
	}
	r, err := x.b.env.Registry.Resolve(expr.Aggregate, name, infos)
	if err != nil {
		raise(err, c.Pos())
	}
	call.Fn, call.Typ = r.Fn, r.Result
	call.Args = x.arguments(r, args, poss)
	if len(c.WithinGroup) > 0 && orderedSet[name] {
		call.OrderBy[0].Expr = call.Args[len(call.Args)-1]
	}
	if c.Filter != nil {
		call.Filter = x.condition(c.Filter, "FILTER")
	}
	if call.Distinct && call.Fn.IgnoresDuplicates {
		call.Distinct = false
	}
	if call.Distinct && len(call.OrderBy) > 0 {
		x.checkDistinctOrder(&call, c)
	}
	if !call.Fn.OrderSensitive && !orderedSet[name] {
		call.OrderBy = nil
	}
	return call
}

func (x *exprBinder) checkDistinctOrder(call *expr.AggregateCall, c *parser.FuncCall) {
	for _, k := range call.OrderBy {
		found := false
		for _, a := range call.Args {
			found = found || expr.Equal(a, k.Expr)
		}
		if !found {
			fail(c.Pos(), sqlerr.InvalidColumnReference, "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list")
		}
	}
}

// grouping binds GROUPING(a, b): the bits say which of its arguments are not in the grouping set of the row.
func (x *exprBinder) grouping(c *parser.FuncCall) expr.Expr {
	if x.sel == nil || !x.aggs || x.inAgg {
		fail(c.Pos(), sqlerr.GroupingError, "grouping operations are not allowed in %s", x.clause)
	}
	if len(c.Args) > 31 {
		fail(c.Pos(), sqlerr.ProgramLimit, "GROUPING must have fewer than 32 arguments")
	}
	args, _ := x.list(c.Args)
	typ := schema.T(schema.Integer)
	if x.b.env.trino() {
		typ = schema.T(schema.BigInt)
	}
	col := x.b.ids.Column("grouping", typ)
	x.sel.groupings = append(x.sel.groupings, groupingCall{col: col, args: args, pos: c.Pos()})
	return col.Ref()
}

// sortKeys binds ORDER BY items that are expressions alone.
func (x *exprBinder) sortKeys(items []parser.OrderItem) []expr.SortKey {
	keys := make([]expr.SortKey, len(items))
	for i, o := range items {
		keys[i] = x.b.sortKey(o, x.value(o.Expr))
	}
	return keys
}

// sortKey gives an expression the direction and the place of NULLs that an ORDER BY item asks for. By default NULLs are
// greater than all values in PostgreSQL, and come last in Trino.
func (b *binder) sortKey(o parser.OrderItem, e expr.Expr) expr.SortKey {
	if k := e.Type().Kind; k == schema.JSON || k == schema.Map {
		panic(failure{sqlerr.New(sqlerr.UndefinedFunction, "could not identify an ordering operator for type %s", TypeName(e.Type())).
			WithHint("Use an explicit ordering operator or modify the query.").At(o.Expr.Pos())})
	}
	k := expr.SortKey{Expr: e, Descending: o.Direction == parser.Descending}
	switch o.Using {
	case "":
	case ">", ">=":
		k.Descending = true
	case "<", "<=":
	default:
		fail(o.Pos(), sqlerr.WrongObjectType, "operator %s is not a valid ordering operator", o.Using)
	}
	switch o.Nulls {
	case parser.NullsFirst:
		k.NullsFirst = true
	case parser.NullsLast:
	default:
		k.NullsFirst = k.Descending && !b.env.trino()
	}
	return k
}
