package bind

import (
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// negatedOps are the operators that negate others.
var negatedOps = map[string]string{"!~~": "~~", "!~~*": "~~*", "!~": "~", "!~*": "~*"}

func (x *exprBinder) unary(e *parser.UnaryExpr) expr.Expr {
	if n, ok := e.Expr.(*parser.NumberLit); ok && e.Op == "-" {
		return &expr.Const{Value: x.number(n, true)}
	}
	arg := x.bind(e.Expr)
	if e.Op == "+" && arg.Type().IsNumeric() {
		return arg
	}
	return x.scalarCall(e.Op, []expr.Expr{arg}, []int{e.Expr.Pos()}, e.Pos())
}

func (x *exprBinder) binary(e *parser.BinaryExpr) expr.Expr {
	if op, ok := comparisons[e.Op]; ok {
		return x.compare(op, x.bind(e.Left), x.bind(e.Right), e.Left.Pos(), e.Right.Pos(), e.Pos())
	}
	return x.operator(e.Op, x.bind(e.Left), x.bind(e.Right), e.Left.Pos(), e.Right.Pos(), e.Pos())
}

// operator binds an infix operator that is no comparison.
func (x *exprBinder) operator(op string, l, r expr.Expr, lpos, rpos, pos int) expr.Expr {
	if positive, ok := negatedOps[op]; ok {
		return expr.NotOf(x.operator(positive, l, r, lpos, rpos, pos))
	}
	return x.scalarCall(op, []expr.Expr{l, r}, []int{lpos, rpos}, pos)
}

// anyOperator binds an infix operator of any kind, for ANY and ALL.
func (x *exprBinder) anyOperator(op string, l, r expr.Expr, pos int) expr.Expr {
	if c, ok := comparisons[op]; ok {
		return x.compare(c, l, r, pos, pos, pos)
	}
	return x.b.boolean(x.operator(op, l, r, pos, pos, pos), "ANY/ALL", pos)
}

func (x *exprBinder) like(e *parser.LikeExpr) expr.Expr {
	args, poss := []expr.Expr{x.value(e.Expr), x.value(e.Pattern)}, []int{e.Expr.Pos(), e.Pattern.Pos()}
	if e.Escape != nil {
		args, poss = append(args, x.value(e.Escape)), append(poss, e.Escape.Pos())
	}
	var call expr.Expr
	switch e.Kind {
	case parser.Like:
		call = x.scalarCall("~~", args, poss, e.Pos())
	case parser.ILike:
		call = x.scalarCall("~~*", args, poss, e.Pos())
	case parser.SimilarTo:
		pattern := x.scalarCall("similar_to_escape", args[1:], poss[1:], e.Pos())
		call = x.scalarCall("~", []expr.Expr{args[0], pattern}, poss[:2], e.Pos())
	}
	if e.Not {
		return expr.NotOf(call)
	}
	return call
}

// argOf is what the resolution of a function knows of an argument.
func argOf(e expr.Expr) expr.Arg {
	a := expr.Arg{Type: e.Type()}
	if c, ok := e.(*expr.Const); ok {
		a.Const = &c.Value
	}
	return a
}

// scalarCall resolves a scalar function or an operator and gives its arguments their types.
func (x *exprBinder) scalarCall(name string, args []expr.Expr, poss []int, pos int) expr.Expr {
	infos := make([]expr.Arg, len(args))
	for i, a := range args {
		infos[i] = argOf(a)
	}
	r, err := x.b.env.Registry.Resolve(expr.Scalar, name, infos)
	if err != nil {
		raise(err, pos)
	}
	return x.apply(r, args, poss)
}

// apply makes the call of a resolved function.
func (x *exprBinder) apply(r *expr.Resolved, args []expr.Expr, poss []int) expr.Expr {
	return &expr.Call{Fn: r.Fn, Args: x.arguments(r, args, poss), Typ: r.Result}
}

func (x *exprBinder) arguments(r *expr.Resolved, args []expr.Expr, poss []int) []expr.Expr {
	out := make([]expr.Expr, len(args))
	for i, a := range args {
		out[i] = a
		if l, ok := a.(*expr.LambdaExpr); ok {
			out[i] = x.lambdaReturning(l, r.Args[i], r.Fn.Name, poss[i])
			continue
		}
		if i < len(r.Args) {
			out[i] = x.b.coerce(a, r.Args[i], poss[min(i, len(poss)-1)])
		}
		if out[i].Type().Kind == schema.Unknown {
			out[i] = x.b.text(out[i], poss[min(i, len(poss)-1)])
		}
	}
	return out
}

func (x *exprBinder) extract(e *parser.ExtractExpr) expr.Expr {
	field := &expr.Const{Value: schema.TextValue(strings.ToLower(e.Field))}
	name := "extract"
	if !x.b.env.Registry.Has(expr.Scalar, name) {
		name = "date_part"
	}
	return x.scalarCall(name, []expr.Expr{field, x.bind(e.From)}, []int{e.Pos(), e.From.Pos()}, e.Pos())
}

func (x *exprBinder) atTimeZone(e *parser.AtTimeZone) expr.Expr {
	if e.Zone == nil {
		zone := "UTC"
		if loc := x.b.env.Settings.Location; loc != nil {
			zone = loc.String()
		}
		return x.scalarCall("timezone", []expr.Expr{&expr.Const{Value: schema.TextValue(zone)}, x.bind(e.Expr)},
			[]int{e.Pos(), e.Expr.Pos()}, e.Pos())
	}
	return x.scalarCall("timezone", []expr.Expr{x.bind(e.Zone), x.bind(e.Expr)}, []int{e.Zone.Pos(), e.Expr.Pos()}, e.Pos())
}

// functionName checks the qualifier of a function's name and returns its last part.
func functionName(name parser.Name, pos int) string {
	if len(name) == 1 {
		return name[0]
	}
	switch name[len(name)-2] {
	case "pg_catalog", "information_schema", "tarn", "public", "system", "builtin":
		return name.Last()
	}
	fail(pos, sqlerr.UndefinedFunction, "function %s does not exist", strings.Join(name, "."))
	return ""
}
