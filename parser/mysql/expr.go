package mysql

import (
	"github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/opcode"
	driver "github.com/pingcap/tidb/pkg/parser/test_driver"

	"github.com/tarnsql/tarn/parser"
)

func (t *translator) exprs(list []ast.ExprNode) []parser.Expr {
	var out []parser.Expr
	for _, e := range list {
		out = append(out, t.expr(e))
	}
	return out
}

// expr translates a value expression.
func (t *translator) expr(n ast.ExprNode) parser.Expr {
	t.enter(n)
	defer t.leave()
	loc := t.loc(n)
	switch n := n.(type) {
	case *driver.ValueExpr:
		return t.literal(n)
	case *driver.ParamMarkerExpr:
		p := &parser.Param{Loc: loc}
		t.params = append(t.params, placedParam{p, n.Offset})
		return p
	case *ast.ColumnNameExpr:
		return &parser.ColumnRef{Loc: loc, Name: columnName(n.Name)}
	case *ast.ParenthesesExpr:
		return t.expr(n.Expr)
	case *ast.PositionExpr:
		if n.P != nil {
			return t.expr(n.P)
		}
		return number(loc, int64(n.N))
	case *ast.BinaryOperationExpr:
		return t.binary(n)
	case *ast.UnaryOperationExpr:
		return t.unary(n)
	case *ast.RowExpr:
		return &parser.RowExpr{Loc: loc, Items: t.exprs(n.Values), Explicit: len(n.Values) < 2}
	case *ast.FuncCallExpr:
		return t.call(n)
	case *ast.FuncCastExpr:
		return t.cast(n)
	case *ast.AggregateFuncExpr:
		return t.aggregate(n)
	case *ast.WindowFuncExpr:
		return t.window(n)
	case *ast.CaseExpr:
		return t.caseExpr(n)
	default:
		return t.predicate(n)
	}
}

// predicate translates the expressions that yield a truth value, and those that hold a query.
func (t *translator) predicate(n ast.ExprNode) parser.Expr {
	loc := t.loc(n)
	switch n := n.(type) {
	case *ast.BetweenExpr:
		return &parser.Between{Loc: loc, Expr: t.expr(n.Expr), Low: t.expr(n.Left), High: t.expr(n.Right), Not: n.Not}
	case *ast.IsNullExpr:
		return &parser.IsNull{Loc: loc, Expr: t.expr(n.Expr), Not: n.Not}
	case *ast.IsTruthExpr:
		value := parser.TruthTrue
		if n.True == 0 {
			value = parser.TruthFalse
		}
		return &parser.IsTruth{Loc: loc, Expr: t.expr(n.Expr), Value: value, Not: n.Not}
	case *ast.PatternInExpr:
		if n.Sel != nil {
			return &parser.InSubquery{Loc: loc, Expr: t.expr(n.Expr), Query: t.subquery(n.Sel), Not: n.Not}
		}
		return &parser.InList{Loc: loc, Expr: t.expr(n.Expr), List: t.exprs(n.List), Not: n.Not}
	case *ast.PatternLikeOrIlikeExpr:
		return t.like(n)
	case *ast.PatternRegexpExpr:
		op := "~"
		if n.Not {
			op = "!~"
		}
		return &parser.BinaryExpr{Loc: loc, Op: op, Left: t.expr(n.Expr), Right: t.expr(n.Pattern)}
	case *ast.SubqueryExpr:
		return &parser.SubqueryExpr{Loc: loc, Query: t.query(n.Query)}
	case *ast.ExistsSubqueryExpr:
		e := &parser.ExistsExpr{Loc: loc, Query: t.subquery(n.Sel)}
		if n.Not {
			return &parser.NotExpr{Loc: loc, Expr: e}
		}
		return e
	case *ast.CompareSubqueryExpr:
		return t.compareSubquery(n)
	case *ast.SetCollationExpr:
		return &parser.CollateExpr{Loc: loc, Expr: t.expr(n.Expr), Collation: parser.Name{n.Collate}}
	default:
		t.refuse(n)
		return nil
	}
}

// refuse names the expressions that have no counterpart.
func (t *translator) refuse(n ast.ExprNode) {
	switch n := n.(type) {
	case *ast.VariableExpr:
		if n.IsSystem {
			t.unsupported(n, "the system variable @@%s", n.Name)
		}
		t.unsupported(n, "the user variable @%s", n.Name)
	case *ast.DefaultExpr:
		t.unsupported(n, "DEFAULT(..)")
	case *ast.ValuesExpr:
		t.unsupported(n, "VALUES(..)")
	case *ast.MatchAgainst:
		t.unsupported(n, "MATCH .. AGAINST")
	case *ast.MaxValueExpr:
		t.unsupported(n, "MAXVALUE")
	case *ast.JSONSumCrc32Expr:
		t.unsupported(n, "JSON_SUM_CRC32")
	}
	t.unsupported(n, "this expression of MySQL")
}

func columnName(n *ast.ColumnName) parser.Name {
	var out parser.Name
	for _, part := range []string{n.Schema.L, n.Table.L} {
		if part != "" {
			out = append(out, part)
		}
	}
	return append(out, n.Name.L)
}

// subquery translates a query that stands where TiDB's tree allows any expression.
func (t *translator) subquery(n ast.ExprNode) *parser.Query {
	s, ok := n.(*ast.SubqueryExpr)
	if !ok {
		t.unsupported(n, "a value in place of a query")
	}
	return t.query(s.Query)
}

// operators are the infix operators that PostgreSQL has too.
var operators = map[opcode.Op]string{
	opcode.GE: ">=", opcode.LE: "<=", opcode.EQ: "=", opcode.NE: "<>", opcode.LT: "<", opcode.GT: ">", opcode.Plus: "+",
	opcode.Minus: "-", opcode.Mul: "*", opcode.And: "&", opcode.Or: "|", opcode.Xor: "#", opcode.LeftShift: "<<",
	opcode.RightShift: ">>", opcode.LogicXor: "<>",
}

func (t *translator) binary(n *ast.BinaryOperationExpr) parser.Expr {
	loc := t.loc(n)
	switch n.Op {
	case opcode.LogicAnd:
		return &parser.AndExpr{Loc: loc, Args: t.chain(n, opcode.LogicAnd)}
	case opcode.LogicOr:
		return &parser.OrExpr{Loc: loc, Args: t.chain(n, opcode.LogicOr)}
	}
	left, right := t.expr(n.L), t.expr(n.R)
	switch n.Op {
	case opcode.NullEQ:
		return &parser.IsDistinct{Loc: loc, Left: left, Right: right, Not: true}
	case opcode.Div:
		return &parser.BinaryExpr{Loc: loc, Op: "/", Left: exact(left), Right: nonZero(right)}
	case opcode.Mod:
		return &parser.BinaryExpr{Loc: loc, Op: "%", Left: left, Right: nonZero(right)}
	case opcode.IntDiv:
		return call(loc, "div", left, nonZero(right))
	}
	op, ok := operators[n.Op]
	if !ok {
		t.unsupported(n, "the operator %s", n.Op.String())
	}
	return &parser.BinaryExpr{Loc: loc, Op: op, Left: left, Right: right}
}

// chain collects the operands of AND or OR without descending into the left spine by recursion.
func (t *translator) chain(n *ast.BinaryOperationExpr, op opcode.Op) []parser.Expr {
	var nodes []ast.ExprNode
	for {
		nodes = append(nodes, n.R)
		left, ok := n.L.(*ast.BinaryOperationExpr)
		if !ok || left.Op != op {
			nodes = append(nodes, n.L)
			break
		}
		n = left
	}
	args := make([]parser.Expr, 0, len(nodes))
	for i := len(nodes) - 1; i >= 0; i-- {
		args = append(args, t.expr(nodes[i]))
	}
	return args
}

// exact keeps a division of integers from losing its fraction.
func exact(e parser.Expr) parser.Expr {
	if n, ok := e.(*parser.NumberLit); ok && n.Kind != parser.IntegerNumber {
		return e
	}
	return &parser.BinaryExpr{Loc: parser.Loc(e.Pos()), Op: "*", Left: e,
		Right: &parser.NumberLit{Kind: parser.DecimalNumber, Text: "1.0"}}
}

// nonZero makes a divisor of zero NULL.
func nonZero(e parser.Expr) parser.Expr {
	if n, ok := e.(*parser.NumberLit); ok {
		for _, c := range n.Text {
			if c >= '1' && c <= '9' {
				return e
			}
		}
	}
	return call(parser.Loc(e.Pos()), "nullif", e, number(0, 0))
}

func (t *translator) unary(n *ast.UnaryOperationExpr) parser.Expr {
	loc := t.loc(n)
	switch n.Op {
	case opcode.Not, opcode.Not2:
		return &parser.NotExpr{Loc: loc, Expr: t.expr(n.V)}
	case opcode.Minus:
		return &parser.UnaryExpr{Loc: loc, Op: "-", Expr: t.expr(n.V)}
	case opcode.Plus:
		return &parser.UnaryExpr{Loc: loc, Op: "+", Expr: t.expr(n.V)}
	case opcode.BitNeg:
		return &parser.UnaryExpr{Loc: loc, Op: "~", Expr: t.expr(n.V)}
	}
	t.unsupported(n, "the operator %s", n.Op.String())
	return nil
}

func (t *translator) like(n *ast.PatternLikeOrIlikeExpr) parser.Expr {
	e := &parser.LikeExpr{Loc: t.loc(n), Expr: t.expr(n.Expr), Pattern: t.expr(n.Pattern), Not: n.Not}
	if !n.IsLike {
		e.Kind = parser.ILike
	}
	if n.EscapeExplicit {
		escape := ""
		if n.Escape != 0 {
			escape = string(rune(n.Escape))
		}
		e.Escape = &parser.StringLit{Value: escape}
	}
	return e
}

func (t *translator) compareSubquery(n *ast.CompareSubqueryExpr) parser.Expr {
	op, ok := operators[n.Op]
	if !ok {
		t.unsupported(n, "%s before ANY or ALL", n.Op.String())
	}
	return &parser.QuantifiedExpr{Loc: t.loc(n), Left: t.expr(n.L), Op: op, All: n.All, Query: t.subquery(n.R)}
}

func (t *translator) caseExpr(n *ast.CaseExpr) parser.Expr {
	e := &parser.CaseExpr{Loc: t.loc(n)}
	if n.Value != nil {
		e.Operand = t.expr(n.Value)
	}
	for _, w := range n.WhenClauses {
		e.Whens = append(e.Whens, parser.When{Loc: t.loc(w), Cond: t.expr(w.Expr), Result: t.expr(w.Result)})
	}
	if n.ElseClause != nil {
		e.Else = t.expr(n.ElseClause)
	}
	return e
}
