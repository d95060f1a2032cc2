package bind

import (
	"slices"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// call binds a function call of any kind.
func (x *exprBinder) call(c *parser.FuncCall) expr.Expr {
	name := functionName(c.Name, c.Pos())
	if len(c.Name) == 1 && !c.Quoted {
		if e := x.specialForm(name, c); e != nil {
			return e
		}
	}
	reg := x.b.env.Registry
	if slices.ContainsFunc(c.Args, isNamed) {
		c = x.inPlaces(name, c)
	}
	switch {
	case c.Over != nil:
		return x.windowCall(name, c)
	case c.Nulls == parser.IgnoreNulls:
		fail(c.Pos(), sqlerr.WrongObjectType, "IGNORE NULLS specified, but %s has no OVER clause", name)
	case reg.Has(expr.Aggregate, name):
		return x.aggregateCall(name, c)
	case c.Filter != nil || len(c.OrderBy) > 0 || len(c.WithinGroup) > 0 || c.Distinct || c.Star:
		x.notAggregate(name, c)
	case reg.Has(expr.TableFunction, name):
		return x.setCall(name, c)
	case !reg.Has(expr.Scalar, name):
		if e := x.castByName(name, c); e != nil {
			return e
		}
		if reg.Has(expr.WindowFunction, name) {
			fail(c.Pos(), sqlerr.WrongObjectType, "window function %s requires an OVER clause", name)
		}
	}
	return x.scalarFunction(name, c)
}

func isNamed(e parser.Expr) bool {
	_, ok := e.(*parser.NamedArg)
	return ok
}

// inPlaces puts the named arguments of a call in the places of the parameters they name.
func (x *exprBinder) inPlaces(name string, c *parser.FuncCall) *parser.FuncCall {
	params, optional := x.b.env.Registry.ParamNames(name)
	args := make([]parser.Expr, 0, len(params))
	named := false
	for _, a := range c.Args {
		n, ok := a.(*parser.NamedArg)
		if !ok {
			if named {
				fail(a.Pos(), sqlerr.SyntaxError, "positional argument cannot follow named argument")
			}
			args = append(args, a)
			continue
		}
		named = true
		place := slices.Index(params, n.Name)
		if place < 0 {
			fail(c.Pos(), sqlerr.UndefinedFunction, "function %s has no parameter %s", name, n.Name)
		}
		for len(args) <= place {
			args = append(args, nil)
		}
		if args[place] != nil {
			fail(n.Pos(), sqlerr.SyntaxError, "argument name %q used more than once", n.Name)
		}
		args[place] = n.Value
	}
	for i, a := range args {
		if a == nil && !optional {
			fail(c.Pos(), sqlerr.UndefinedFunction, "function %s needs an argument for its parameter %s", name, params[i])
		}
		if a == nil {
			args[i] = &parser.NumberLit{Text: "0"}
		}
	}
	out := *c
	out.Args = args
	return &out
}

func (x *exprBinder) notAggregate(name string, c *parser.FuncCall) {
	what := "DISTINCT"
	switch {
	case c.Star:
		what = "*"
	case c.Filter != nil:
		what = "FILTER"
	case len(c.OrderBy) > 0:
		what = "ORDER BY"
	case len(c.WithinGroup) > 0:
		what = "WITHIN GROUP"
	}
	if !x.b.env.Registry.Has(expr.Scalar, name) && !x.b.env.Registry.Has(expr.TableFunction, name) {
		args, _ := x.list(c.Args)
		types := make([]string, len(args))
		for i, a := range args {
			types[i] = TypeName(a.Type())
		}
		panic(failure{sqlerr.New(sqlerr.UndefinedFunction, "function %s(%s) does not exist", name, strings.Join(types, ", ")).
			WithHint("No function matches the given name and argument types. You might need to add explicit type casts.").At(c.Pos())})
	}
	fail(c.Pos(), sqlerr.WrongObjectType, "%s specified, but %s is not an aggregate function", what, name)
}

// castByName reads text(x), int4(x) and the like as casts, when no function has the name.
func (x *exprBinder) castByName(name string, c *parser.FuncCall) expr.Expr {
	if len(c.Args) != 1 {
		return nil
	}
	to, known := namedType(name, nil, c.Pos())
	if !known {
		return nil
	}
	return x.castTo(x.bind(c.Args[0]), to, false, c.Args[0].Pos(), c.Pos())
}

func (x *exprBinder) scalarFunction(name string, c *parser.FuncCall) expr.Expr {
	args, infos, poss := x.callArgs(name, c)
	r, err := x.b.env.Registry.Resolve(expr.Scalar, name, infos)
	if err != nil {
		raise(err, c.Pos())
	}
	return x.apply(r, args, poss)
}

// callArgs binds the arguments of a call: those that are no lambdas first, because they decide the lambdas' parameters.
func (x *exprBinder) callArgs(name string, c *parser.FuncCall) ([]expr.Expr, []expr.Arg, []int) {
	n := len(c.Args)
	args, infos, poss := make([]expr.Expr, n), make([]expr.Arg, n), make([]int, n)
	lambdas := false
	for i, a := range c.Args {
		poss[i] = a.Pos()
		if l, ok := a.(*parser.LambdaExpr); ok {
			infos[i] = expr.Arg{Lambda: len(l.Params)}
			lambdas = true
			continue
		}
		args[i] = x.bind(a)
		infos[i] = argOf(args[i])
	}
	if lambdas {
		if reg := x.b.env.Registry; !reg.Has(expr.Scalar, name) && !reg.Has(expr.Aggregate, name) {
			fail(c.Pos(), sqlerr.UndefinedFunction, "function %s does not exist", name)
		}
		for i, a := range c.Args {
			if l, ok := a.(*parser.LambdaExpr); ok {
				args[i] = x.lambda(name, l, infos, i)
			}
		}
	}
	if c.Variadic {
		args, infos, poss = x.spreadVariadic(name, c, args, infos, poss)
	}
	return args, infos, poss
}

// spreadVariadic replaces VARIADIC ARRAY[a, b] by its elements.
func (x *exprBinder) spreadVariadic(name string, c *parser.FuncCall, args []expr.Expr, infos []expr.Arg, poss []int) ([]expr.Expr, []expr.Arg, []int) {
	last := len(args) - 1
	items, ok := arrayItems(args[last])
	if !ok || len(items) == 0 {
		unsupported(c.Pos(), "VARIADIC with an array that is not spelled out, in a call of %s,", name)
	}
	args, infos, poss = args[:last], infos[:last], poss[:last]
	for _, it := range items {
		args, infos, poss = append(args, it), append(infos, argOf(it)), append(poss, c.Args[last].Pos())
	}
	return args, infos, poss
}

// maxLambdaTries is how often a lambda is bound anew because its body changes the types of its own parameters.
const maxLambdaTries = 4

// lambda binds argument i, a lambda, and notes the type of its body. The state of reduce is as wide as what its lambda returns:
// then the body is bound again over the wider one.
func (x *exprBinder) lambda(name string, l *parser.LambdaExpr, infos []expr.Arg, i int) expr.Expr {
	params := x.lambdaTypes(name, l, infos, i)
	for try := 1; ; try++ {
		x.b.ids.lambda++
		e := &expr.LambdaExpr{ID: x.b.ids.lambda, Names: l.Params, Params: params}
		x.lambdas = append(x.lambdas, e)
		e.Body = x.bind(l.Body)
		x.lambdas = x.lambdas[:len(x.lambdas)-1]
		infos[i].Type = e.Body.Type()
		wider := x.lambdaTypes(name, l, infos, i)
		if try == maxLambdaTries || slices.EqualFunc(wider, params, schema.Type.Equal) {
			return e
		}
		params = wider
	}
}

func (x *exprBinder) lambdaTypes(name string, l *parser.LambdaExpr, infos []expr.Arg, i int) []schema.Type {
	params, err := x.b.env.Registry.LambdaParams(name, infos, i)
	if err != nil {
		raise(err, l.Pos())
	}
	if len(params) != len(l.Params) {
		fail(l.Pos(), sqlerr.UndefinedFunction, "the lambda of %s has %d parameters: it is given %d", name, len(l.Params), len(params))
	}
	return params
}

// lambdaReturning casts the body of a lambda to the type that the function wants.
func (x *exprBinder) lambdaReturning(l *expr.LambdaExpr, to schema.Type, name string, pos int) expr.Expr {
	from := l.Body.Type()
	out := *l
	switch {
	case from.Kind == schema.Unknown && to.Kind == schema.Lambda:
		out.Body = x.b.text(l.Body, pos)
	case to.Kind == schema.Lambda || from.Equal(to):
		return l
	default:
		if t, ok := Unify(from, to); !ok || t.Kind != to.Kind {
			fail(pos, sqlerr.DatatypeMismatch, "the lambda of %s must return %s, not %s", name, TypeName(to), TypeName(from))
		}
		out.Body = x.b.coerce(l.Body, to, pos)
	}
	return &out
}

func (x *exprBinder) lambdaParam(name string) expr.Expr {
	for i := len(x.lambdas) - 1; i >= 0; i-- {
		l := x.lambdas[i]
		for j, n := range l.Names {
			if n == name {
				return &expr.LambdaRef{ID: l.ID, Index: j, Name: n, Typ: l.Params[j]}
			}
		}
	}
	return nil
}

// specialForm binds the calls that are no functions, because not all of their arguments are evaluated.
func (x *exprBinder) specialForm(name string, c *parser.FuncCall) expr.Expr {
	if len(c.Args) == 0 || c.Star || c.Distinct || c.Variadic || c.Filter != nil || c.Over != nil || len(c.OrderBy) > 0 || len(c.WithinGroup) > 0 {
		return nil
	}
	switch name {
	case "coalesce":
		args, poss := x.list(c.Args)
		args, _ = x.b.unifyAll(args, poss, "COALESCE")
		if len(args) == 1 {
			return args[0]
		}
		return &expr.Coalesce{Args: args}
	case "nullif":
		return x.nullIf(c)
	case "if":
		if len(c.Args) == 2 || len(c.Args) == 3 {
			e := &parser.CaseExpr{Loc: c.Loc, Whens: []parser.When{{Loc: c.Loc, Cond: c.Args[0], Result: c.Args[1]}}}
			if len(c.Args) == 3 {
				e.Else = c.Args[2]
			}
			return x.caseExpr(e)
		}
	case "grouping":
		return x.grouping(c)
	case "greatest", "least":
		args, poss := x.list(c.Args)
		args, _ = x.b.unifyAll(args, poss, strings.ToUpper(name))
		return x.scalarCall(name, args, poss, c.Pos())
	case "try":
		if len(c.Args) == 1 {
			return x.try(c)
		}
	}
	return nil
}

func (x *exprBinder) nullIf(c *parser.FuncCall) expr.Expr {
	if len(c.Args) != 2 {
		fail(c.Pos(), sqlerr.SyntaxError, "NULLIF has two arguments")
	}
	a, b := x.value(c.Args[0]), x.bind(c.Args[1])
	x.b.copied(a, c.Pos())
	eq := x.compare(expr.Eq, a, b, c.Args[0].Pos(), c.Args[1].Pos(), c.Pos())
	return &expr.Case{Whens: []expr.When{{Cond: eq, Result: &expr.Const{Value: schema.NullOf(a.Type())}}}, Else: a}
}

// try binds Trino's TRY: a failing cast or function gives NULL.
func (x *exprBinder) try(c *parser.FuncCall) expr.Expr {
	inner := c.Args[0]
	if cast, ok := inner.(*parser.CastExpr); ok { // a literal is cast here and now
		tried := *cast
		tried.Try = true
		inner = &tried
	}
	arg := x.value(inner)
	if expr.CannotFail(arg) {
		return arg
	}
	return x.scalarCall("try", []expr.Expr{arg}, []int{inner.Pos()}, c.Pos())
}
