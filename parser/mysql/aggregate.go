package mysql

import (
	"strings"

	"github.com/pingcap/tidb/pkg/parser/ast"
	driver "github.com/pingcap/tidb/pkg/parser/test_driver"

	"github.com/tarnsql/tarn/parser"
)

// aggregates are the aggregates with another name in PostgreSQL or Trino.
var aggregates = map[string]string{
	"std": "stddev_pop", "stddev": "stddev_pop", "variance": "var_pop", "json_arrayagg": "json_agg",
	"json_objectagg": "json_object_agg", "approx_count_distinct": "approx_distinct",
}

func (t *translator) aggregate(n *ast.AggregateFuncExpr) parser.Expr {
	name := strings.ToLower(n.F)
	switch name {
	case "group_concat":
		return t.groupConcat(n)
	case "approx_percentile":
		return t.approxPercentile(n)
	}
	c := t.aggregateCall(n, name, n.Args, n.Distinct)
	c.OrderBy = t.orderBy(n.Order)
	return c
}

// aggregateCall translates what a plain aggregate and an aggregate over a window have in common.
func (t *translator) aggregateCall(n ast.Node, name string, args []ast.ExprNode, distinct bool) *parser.FuncCall {
	if other, ok := aggregates[name]; ok {
		name = other
	}
	c := call(t.loc(n), name)
	c.Distinct = distinct
	if name == "count" && !distinct && len(args) == 1 && isOne(args[0]) {
		c.Star = true
		return c
	}
	c.Args = t.exprs(args)
	if name == "count" && distinct && len(c.Args) > 1 {
		c.Filter = notNull(c.Args)
		c.Args = []parser.Expr{&parser.RowExpr{Loc: c.Loc, Items: c.Args, Explicit: true}}
	}
	return c
}

// isOne reports whether e is the constant 1, which TiDB's tree has in place of the star of COUNT(*).
func isOne(e ast.ExprNode) bool {
	v, ok := e.(*driver.ValueExpr)
	return ok && v.Kind() == driver.KindInt64 && v.GetInt64() == 1
}

// notNull is the condition that none of the expressions is NULL, nil when they are all constants.
func notNull(list []parser.Expr) parser.Expr {
	and := &parser.AndExpr{}
	for _, e := range list {
		switch e.(type) {
		case *parser.StringLit, *parser.NumberLit:
			continue
		}
		and.Args = append(and.Args, &parser.IsNull{Loc: parser.Loc(e.Pos()), Expr: e, Not: true})
	}
	switch len(and.Args) {
	case 0:
		return nil
	case 1:
		return and.Args[0]
	}
	return and
}

// groupConcat turns GROUP_CONCAT(a, b ORDER BY c SEPARATOR s) into string_agg(concat(a, b), s ORDER BY c). The last
// argument in TiDB's tree is the separator.
func (t *translator) groupConcat(n *ast.AggregateFuncExpr) parser.Expr {
	loc := t.loc(n)
	args := t.exprs(n.Args)
	separator := args[len(args)-1]
	args = args[:len(args)-1]
	var value parser.Expr = call(loc, "concat", args...)
	if len(args) == 1 {
		value = asText(args[0])
	}
	c := call(loc, "string_agg", value, separator)
	c.Distinct = n.Distinct
	c.OrderBy = t.orderBy(n.Order)
	if len(args) > 1 {
		// MySQL leaves out a row of which one part is NULL; concat would take it as empty.
		c.Filter = notNull(args)
	}
	return c
}

func asText(e parser.Expr) parser.Expr {
	if _, ok := e.(*parser.StringLit); ok {
		return e
	}
	return &parser.CastExpr{Loc: parser.Loc(e.Pos()), Expr: e, Type: &parser.TypeName{Name: parser.Name{"varchar"}}}
}

// approxPercentile turns percent into a fraction.
func (t *translator) approxPercentile(n *ast.AggregateFuncExpr) parser.Expr {
	if len(n.Args) != 2 {
		t.unsupported(n, "APPROX_PERCENTILE with %d arguments", len(n.Args))
	}
	hundred := &parser.NumberLit{Kind: parser.DecimalNumber, Text: "100.0"}
	fraction := &parser.BinaryExpr{Op: "/", Left: t.expr(n.Args[1]), Right: hundred}
	return call(t.loc(n), "approx_percentile", t.expr(n.Args[0]), fraction)
}

// window translates a function with OVER.
func (t *translator) window(n *ast.WindowFuncExpr) parser.Expr {
	if n.FromLast {
		t.unsupported(n, "FROM LAST")
	}
	c := t.aggregateCall(n, strings.ToLower(n.Name), n.Args, n.Distinct)
	if n.IgnoreNull {
		c.Nulls = parser.IgnoreNulls
	}
	c.Over = t.windowSpec(&n.Spec)
	if n.Spec.OnlyAlias {
		c.Over = &parser.WindowSpec{Ref: n.Spec.Name.L}
	}
	return c
}

func (t *translator) windowSpec(s *ast.WindowSpec) *parser.WindowSpec {
	w := &parser.WindowSpec{Loc: t.loc(s), Base: s.Ref.L, OrderBy: t.orderBy(s.OrderBy)}
	if s.PartitionBy != nil {
		for _, item := range s.PartitionBy.Items {
			w.PartitionBy = append(w.PartitionBy, t.expr(item.Expr))
		}
	}
	if f := s.Frame; f != nil {
		w.Frame = &parser.WindowFrame{Loc: t.loc(f), Start: t.bound(&f.Extent.Start), End: t.bound(&f.Extent.End)}
		switch f.Type {
		case ast.Ranges:
			w.Frame.Unit = parser.RangeFrame
		case ast.Groups:
			w.Frame.Unit = parser.GroupsFrame
		}
	}
	return w
}

func (t *translator) bound(b *ast.FrameBound) parser.FrameBound {
	out := parser.FrameBound{Loc: t.loc(b)}
	switch b.Type {
	case ast.CurrentRow:
		out.Kind = parser.CurrentRow
		return out
	case ast.Preceding:
		out.Kind = parser.OffsetPreceding
		if b.UnBounded {
			out.Kind = parser.UnboundedPreceding
		}
	default:
		out.Kind = parser.OffsetFollowing
		if b.UnBounded {
			out.Kind = parser.UnboundedFollowing
		}
	}
	if b.Expr == nil {
		return out
	}
	if b.Unit != ast.TimeUnitInvalid {
		out.Offset = t.interval(b.Expr, b.Unit)
	} else {
		out.Offset = t.expr(b.Expr)
	}
	return out
}
