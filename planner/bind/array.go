package bind

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

func (x *exprBinder) array(e *parser.ArrayExpr) expr.Expr {
	if len(e.Items) == 0 {
		return &expr.MakeArray{Typ: schema.ArrayOf(schema.Type{})}
	}
	items, poss := x.list(e.Items)
	items, t := x.b.unifyAll(items, poss, "ARRAY")
	return &expr.MakeArray{Args: items, Typ: schema.ArrayOf(t)}
}

func (x *exprBinder) subscript(e *parser.Subscript) expr.Expr {
	arg := x.bind(e.Expr)
	if arg.Type().Kind == schema.Row {
		if n, ok := e.Index.(*parser.NumberLit); ok {
			return x.rowPosition(arg, n)
		}
	}
	if k := arg.Type().Kind; k != schema.Array && k != schema.Map && k != schema.Int2Vector && k != schema.OIDVector &&
		k != schema.JSON && k != schema.JSONB {
		fail(e.Pos(), sqlerr.DatatypeMismatch, "cannot subscript type %s because it does not support subscripting", TypeName(arg.Type()))
	}
	name := "array_subscript"
	switch arg.Type().Kind {
	case schema.Map:
		name = "map_subscript"
	case schema.JSON, schema.JSONB:
		name = "->"
	}
	return x.scalarCall(name, []expr.Expr{arg, x.bind(e.Index)}, []int{e.Expr.Pos(), e.Index.Pos()}, e.Pos())
}

// rowPosition is Trino's row[n].
func (x *exprBinder) rowPosition(arg expr.Expr, n *parser.NumberLit) expr.Expr {
	v := x.number(n, false)
	if v.Type.Kind != schema.Integer || v.I < 1 || int(v.I) > len(arg.Type().Fields()) {
		fail(n.Pos(), sqlerr.ArraySubscript, "row has no field %s", n.Text)
	}
	return fieldOf(arg, int(v.I)-1)
}

// slice binds a[low:high] as the call array_slice(a, low, high), in which NULL is an open end.
func (x *exprBinder) slice(e *parser.Slice) expr.Expr {
	bound := func(b parser.Expr) expr.Expr {
		if b == nil {
			return &expr.Const{Value: schema.NullOf(schema.T(schema.Integer))}
		}
		return x.bind(b)
	}
	return x.scalarCall("array_slice", []expr.Expr{x.bind(e.Expr), bound(e.Low), bound(e.High)}, []int{e.Pos()}, e.Pos())
}

// quantified binds left op ANY (..) and left op ALL (..), over an array or a subquery.
func (x *exprBinder) quantified(e *parser.QuantifiedExpr) expr.Expr {
	if e.Query != nil {
		return x.quantifiedSubquery(e)
	}
	left := x.bind(e.Left)
	array := x.quantifiedArray(e, left)
	t := array.Type()
	if t.Kind != schema.Array {
		fail(e.Array.Pos(), sqlerr.WrongObjectType, "op ANY/ALL (array) requires array on right side")
	}
	op, comparison := comparisons[e.Op]
	isIn := comparison && (op == expr.Eq && !e.All || op == expr.Ne && e.All)
	if isIn {
		if in := x.inArray(left, array, e); in != nil {
			return in
		}
	}
	if items, ok := arrayItems(array); ok {
		parts := make([]expr.Expr, len(items))
		for i, it := range items {
			parts[i] = x.anyOperator(e.Op, left, it, e.Pos())
		}
		if e.All {
			return expr.AndOf(parts...)
		}
		return expr.OrOf(parts...)
	}
	return x.quantifiedLambda(e, left, array)
}

// quantifiedArray binds the array; a literal takes the type of the left side.
func (x *exprBinder) quantifiedArray(e *parser.QuantifiedExpr, left expr.Expr) expr.Expr {
	array := x.bind(e.Array)
	switch array.Type().Kind {
	case schema.Unknown:
		elem := left.Type()
		if elem.Kind == schema.Unknown || isText(elem) {
			elem = schema.Text
		}
		return x.b.coerce(array, schema.ArrayOf(elem), e.Array.Pos())
	case schema.Int2Vector, schema.OIDVector:
		return &expr.Cast{Arg: array, Typ: vectorAsArray(array.Type()), Implicit: true}
	}
	return array
}

// arrayItems returns the elements of an array that is spelled out or constant.
func arrayItems(array expr.Expr) ([]expr.Expr, bool) {
	switch a := array.(type) {
	case *expr.MakeArray:
		return a.Args, true
	case *expr.Const:
		if !a.Value.Valid {
			return []expr.Expr{&expr.Const{Value: schema.NullOf(a.Value.Type.Elem())}}, true
		}
		items := make([]expr.Expr, len(a.Value.Elems))
		for i, v := range a.Value.Elems {
			v.Type = a.Value.Type.Elem()
			items[i] = &expr.Const{Value: v}
		}
		return items, true
	}
	return nil, false
}

// inArray turns = ANY and <> ALL over a known array into IN. It returns nil when the types do not allow it.
func (x *exprBinder) inArray(left, array expr.Expr, e *parser.QuantifiedExpr) expr.Expr {
	items, ok := arrayItems(array)
	if !ok {
		return nil
	}
	t, ok := comparison(left.Type(), array.Type().Elem())
	if !ok {
		x.noOperator(e.Op, left.Type(), array.Type().Elem(), e.Pos())
	}
	if len(items) == 0 {
		return &expr.Const{Value: schema.BoolValue(e.All)}
	}
	if t.Kind == schema.Unknown {
		t = schema.Text
	}
	left = x.b.coerce(left, t, e.Left.Pos())
	out := make([]expr.Expr, len(items))
	for i, it := range items {
		out[i] = x.b.coerce(it, t, e.Array.Pos())
		if !SameShape(out[i].Type(), left.Type()) {
			return nil
		}
	}
	return inOf(left, out, e.All)
}

// quantifiedLambda tests the elements of an array that is known at run time only.
func (x *exprBinder) quantifiedLambda(e *parser.QuantifiedExpr, left, array expr.Expr) expr.Expr {
	name := "any_match"
	if e.All {
		name = "all_match"
	}
	elem := array.Type().Elem()
	x.b.ids.lambda++
	l := &expr.LambdaExpr{ID: x.b.ids.lambda, Names: []string{"element"}, Params: []schema.Type{elem}}
	l.Body = x.anyOperator(e.Op, left, &expr.LambdaRef{ID: l.ID, Name: "element", Typ: elem}, e.Pos())
	r, err := x.b.env.Registry.Resolve(expr.Scalar, name,
		[]expr.Arg{{Type: array.Type()}, {Type: schema.T(schema.Boolean), Lambda: 1}})
	if err != nil {
		raise(err, e.Pos())
	}
	return &expr.Call{Fn: r.Fn, Args: []expr.Expr{array, l}, Typ: r.Result}
}
