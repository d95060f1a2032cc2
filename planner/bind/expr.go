package bind

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// exprBinder binds the expressions of one clause.
type exprBinder struct {
	b *binder
	s *scope
	// clause names the clause in errors, such as "WHERE".
	clause string
	// sel collects aggregates, window functions and set-returning functions; nil where none is allowed.
	sel *selectState
	// aggs, wins and srfs say which of them are allowed.
	aggs, wins, srfs bool
	// inAgg and inWin say that an argument of an aggregate or a window function is being bound.
	inAgg, inWin bool
	lambdas      []*expr.LambdaExpr
}

func (b *binder) exprs(s *scope, clause string) *exprBinder {
	return &exprBinder{b: b, s: s, clause: clause}
}

// bind binds an expression. Its type may still be unknown.
func (x *exprBinder) bind(e parser.Expr) expr.Expr {
	x.b.enter(e.Pos())
	defer x.b.leave()
	switch e := e.(type) {
	case *parser.ColumnRef:
		return x.column(e)
	case *parser.NumberLit, *parser.StringLit, *parser.BitStringLit, *parser.BoolLit, *parser.NullLit, *parser.TypedLit,
		*parser.IntervalLit:
		return x.literal(e)
	case *parser.Param:
		return x.b.param(e)
	case *parser.SpecialValue:
		return x.specialValue(e)
	case *parser.AndExpr:
		return expr.AndOf(x.booleans(e.Args, "AND")...)
	case *parser.OrExpr:
		return expr.OrOf(x.booleans(e.Args, "OR")...)
	case *parser.NotExpr:
		return expr.NotOf(x.condition(e.Expr, "NOT"))
	case *parser.UnaryExpr:
		return x.unary(e)
	case *parser.BinaryExpr:
		return x.binary(e)
	case *parser.IsNull:
		return x.isNull(e)
	case *parser.IsTruth:
		return x.isTruth(e)
	case *parser.IsDistinct:
		return x.isDistinct(e)
	case *parser.Between:
		return x.between(e)
	case *parser.InList:
		return x.inList(e)
	case *parser.LikeExpr:
		return x.like(e)
	case *parser.CaseExpr:
		return x.caseExpr(e)
	case *parser.CastExpr:
		return x.cast(e)
	case *parser.FuncCall:
		return x.call(e)
	}
	return x.bindRare(e)
}

func (x *exprBinder) bindRare(e parser.Expr) expr.Expr {
	switch e := e.(type) {
	case *parser.QuantifiedExpr:
		return x.quantified(e)
	case *parser.InSubquery:
		return x.inSubquery(e)
	case *parser.ExistsExpr:
		return x.exists(e)
	case *parser.SubqueryExpr:
		return x.scalarSubquery(e)
	case *parser.ArraySubquery:
		return x.arraySubquery(e)
	case *parser.ArrayExpr:
		return x.array(e)
	case *parser.RowExpr:
		return x.row(e)
	case *parser.Subscript:
		return x.subscript(e)
	case *parser.Slice:
		return x.slice(e)
	case *parser.FieldAccess:
		return x.field(x.bind(e.Expr), e.Field, e.Pos())
	case *parser.CollateExpr:
		return x.collate(e)
	case *parser.AtTimeZone:
		return x.atTimeZone(e)
	case *parser.ExtractExpr:
		return x.extract(e)
	case *parser.Star:
		if len(e.Qualifier) > 0 {
			return x.wholeRow(e)
		}
		fail(e.Pos(), sqlerr.SyntaxError, "row expansion via \"*\" is not supported here")
	case *parser.FieldStar:
		fail(e.Pos(), sqlerr.FeatureNotSupported, "row expansion via \"*\" is not supported here")
	case *parser.LambdaExpr:
		fail(e.Pos(), sqlerr.SyntaxError, "a lambda expression is an argument of a function only")
	case *parser.NamedArg:
		unsupported(e.Pos(), "named argument %s", e.Name)
	case *parser.DefaultExpr:
		fail(e.Pos(), sqlerr.SyntaxError, "DEFAULT is not allowed in this context")
	}
	unsupported(e.Pos(), "%T", e)
	return nil
}

// value binds an expression and makes it text when nothing has decided its type.
func (x *exprBinder) value(e parser.Expr) expr.Expr { return x.b.text(x.bind(e), e.Pos()) }

// condition binds a boolean expression.
func (x *exprBinder) condition(e parser.Expr, clause string) expr.Expr {
	return x.b.boolean(x.bind(e), clause, e.Pos())
}

func (x *exprBinder) booleans(es []parser.Expr, clause string) []expr.Expr {
	out := make([]expr.Expr, len(es))
	for i, e := range es {
		out[i] = x.condition(e, clause)
	}
	return out
}

func (x *exprBinder) list(es []parser.Expr) ([]expr.Expr, []int) {
	out, poss := make([]expr.Expr, len(es)), make([]int, len(es))
	for i, e := range es {
		out[i], poss[i] = x.bind(e), e.Pos()
	}
	return out, poss
}

func (x *exprBinder) isNull(e *parser.IsNull) expr.Expr {
	if row, ok := e.Expr.(*parser.RowExpr); ok {
		var parts []expr.Expr
		for _, it := range row.Items {
			parts = append(parts, &expr.IsNull{Arg: x.value(it), Negated: e.Not})
		}
		return expr.AndOf(parts...)
	}
	return &expr.IsNull{Arg: x.value(e.Expr), Negated: e.Not}
}

func (x *exprBinder) isTruth(e *parser.IsTruth) expr.Expr {
	arg := x.condition(e.Expr, "IS TRUE")
	if e.Value == parser.TruthUnknown {
		return &expr.IsNull{Arg: arg, Negated: e.Not}
	}
	op := expr.NotDistinct
	if e.Not {
		op = expr.Distinct
	}
	return &expr.Compare{Op: op, Left: arg, Right: &expr.Const{Value: schema.BoolValue(e.Value == parser.TruthTrue)}}
}

func (x *exprBinder) caseExpr(e *parser.CaseExpr) expr.Expr {
	var operand expr.Expr
	if e.Operand != nil {
		operand = x.value(e.Operand)
	}
	c := &expr.Case{}
	var results []expr.Expr
	var poss []int
	for i, w := range e.Whens {
		var cond expr.Expr
		if operand == nil {
			cond = x.condition(w.Cond, "CASE/WHEN")
		} else {
			if i > 0 {
				x.b.copied(operand, w.Cond.Pos())
			}
			cond = x.compare(expr.Eq, operand, x.bind(w.Cond), e.Operand.Pos(), w.Cond.Pos(), w.Cond.Pos())
		}
		c.Whens = append(c.Whens, expr.When{Cond: cond})
		results, poss = append(results, x.bind(w.Result)), append(poss, w.Result.Pos())
	}
	if e.Else == nil {
		results, poss = append(results, &expr.Const{}), append(poss, e.Pos())
	} else {
		results, poss = append(results, x.bind(e.Else)), append(poss, e.Else.Pos())
	}
	results, _ = x.b.unifyAll(results, poss, "CASE")
	for i := range c.Whens {
		c.Whens[i].Result = results[i]
	}
	c.Else = results[len(results)-1]
	return c
}

func (x *exprBinder) collate(e *parser.CollateExpr) expr.Expr {
	arg := x.value(e.Expr)
	if !arg.Type().IsString() {
		fail(e.Pos(), sqlerr.DatatypeMismatch, "collations are not supported by type %s", TypeName(arg.Type()))
	}
	switch e.Collation.Last() {
	case "default", "C", "POSIX", "ucs_basic", "C.UTF-8", "c", "posix":
		return arg
	}
	fail(e.Pos(), sqlerr.UndefinedObject, "collation %q for encoding \"UTF8\" does not exist", e.Collation.Last())
	return nil
}

// wholeRow binds t.* where a single value stands.
func (x *exprBinder) wholeRow(e *parser.Star) expr.Expr {
	for s := x.s; s != nil; s = s.parent {
		if r := s.relation(e.Qualifier, e.Pos()); r != nil {
			row := r.row()
			x.s.reach(s, row)
			return row
		}
	}
	panic(failure{x.missingFrom(e.Qualifier).At(e.Pos())})
}

// row binds a row. Its parts may still be of unknown type: those of a row that is compared take the other row's types.
func (x *exprBinder) row(e *parser.RowExpr) expr.Expr {
	row := &expr.MakeRow{}
	var fields []schema.Field
	add := func(v expr.Expr, name string) {
		row.Args = append(row.Args, v)
		fields = append(fields, schema.Field{Name: name, Type: v.Type()})
	}
	for i, it := range e.Items {
		if star, ok := it.(*parser.Star); ok && len(star.Qualifier) > 0 {
			whole := x.wholeRow(star)
			for j, f := range whole.Type().Fields() {
				add(fieldOf(whole, j), f.Name)
			}
			continue
		}
		add(x.bind(it), rowFieldName(i))
	}
	row.Typ = schema.RowOf(fields...)
	return row
}
