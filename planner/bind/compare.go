package bind

import (
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

var comparisons = map[string]expr.CompareOp{
	"=": expr.Eq, "<>": expr.Ne, "!=": expr.Ne, "<": expr.Lt, "<=": expr.Le, ">": expr.Gt, ">=": expr.Ge,
}

// compare compares two expressions in the type that both become.
func (x *exprBinder) compare(op expr.CompareOp, l, r expr.Expr, lpos, rpos, pos int) expr.Expr {
	if a, ok := l.(*expr.MakeRow); ok {
		if b, ok := r.(*expr.MakeRow); ok {
			return x.compareRows(op, a, b, pos)
		}
	}
	l, r = x.comparands(op.String(), l, r, lpos, rpos, pos)
	return &expr.Compare{Op: op, Left: l, Right: r}
}

func (x *exprBinder) comparands(op string, l, r expr.Expr, lpos, rpos, pos int) (left, right expr.Expr) {
	t, ok := comparison(l.Type(), r.Type())
	if !ok || t.Kind == schema.JSON {
		x.noOperator(op, l.Type(), r.Type(), pos)
	}
	if t.Kind == schema.Unknown {
		t = schema.Text
	}
	l, r = x.b.coerce(l, t, lpos), x.b.coerce(r, t, rpos)
	// A literal number keeps its own digits when it met a decimal: both sides then take the wider type.
	if !SameShape(l.Type(), r.Type()) {
		if t, ok = comparison(l.Type(), r.Type()); ok {
			l, r = x.b.coerce(l, t, lpos), x.b.coerce(r, t, rpos)
		}
	}
	return l, r
}

func (x *exprBinder) noOperator(op string, l, r schema.Type, pos int) {
	panic(failure{sqlerr.New(sqlerr.UndefinedFunction, "operator does not exist: %s %s %s", TypeName(l), op, TypeName(r)).
		WithHint("No operator matches the given name and argument types. You might need to add explicit type casts.").At(pos)})
}

// compareRows compares two rows that are spelled out, part by part.
func (x *exprBinder) compareRows(op expr.CompareOp, a, b *expr.MakeRow, pos int) expr.Expr {
	if len(a.Args) != len(b.Args) {
		fail(pos, sqlerr.SyntaxError, "unequal number of entries in row expressions")
	}
	if len(a.Args) == 0 {
		fail(pos, sqlerr.FeatureNotSupported, "cannot compare rows of zero length")
	}
	part := func(op expr.CompareOp, i int) expr.Expr { return x.compare(op, a.Args[i], b.Args[i], pos, pos, pos) }
	parts := make([]expr.Expr, len(a.Args))
	switch op {
	case expr.Eq, expr.NotDistinct:
		for i := range parts {
			parts[i] = part(op, i)
		}
		return expr.AndOf(parts...)
	case expr.Ne, expr.Distinct:
		for i := range parts {
			parts[i] = part(op, i)
		}
		return expr.OrOf(parts...)
	}
	strict := op
	switch op {
	case expr.Le:
		strict = expr.Lt
	case expr.Ge:
		strict = expr.Gt
	}
	// a1 < b1 OR (a1 = b1 AND (a2 < b2 OR ..)), the last part by the operator itself.
	last := len(parts) - 1
	result := part(op, last)
	for i := last - 1; i >= 0; i-- {
		x.b.copied(a.Args[i], pos)
		x.b.copied(b.Args[i], pos)
		result = expr.OrOf(part(strict, i), expr.AndOf(part(expr.Eq, i), result))
	}
	return result
}

func (x *exprBinder) isDistinct(e *parser.IsDistinct) expr.Expr {
	op := expr.Distinct
	if e.Not {
		op = expr.NotDistinct
	}
	return x.compare(op, x.bind(e.Left), x.bind(e.Right), e.Left.Pos(), e.Right.Pos(), e.Pos())
}

func (x *exprBinder) between(e *parser.Between) expr.Expr {
	arg, low, high := x.bind(e.Expr), x.bind(e.Low), x.bind(e.High)
	x.b.copied(arg, e.Pos())
	bound := func(op expr.CompareOp, limit expr.Expr, pos int) expr.Expr {
		return x.compare(op, arg, limit, e.Expr.Pos(), pos, e.Pos())
	}
	in := expr.AndOf(bound(expr.Ge, low, e.Low.Pos()), bound(expr.Le, high, e.High.Pos()))
	if e.Symmetric {
		x.b.copied(expr.AndOf(arg, arg, low, high), e.Pos())
		in = expr.OrOf(in, expr.AndOf(bound(expr.Ge, high, e.High.Pos()), bound(expr.Le, low, e.Low.Pos())))
	}
	if !e.Not {
		return in
	}
	if and, ok := in.(*expr.And); ok {
		return expr.OrOf(expr.NotOf(and.Args[0]), expr.NotOf(and.Args[1]))
	}
	return expr.NotOf(in)
}

// inList binds IN (a, b, ..). Constants become a sorted set.
func (x *exprBinder) inList(e *parser.InList) expr.Expr {
	arg := x.bind(e.Expr)
	if row, ok := arg.(*expr.MakeRow); ok {
		return x.inRows(row, e)
	}
	items, poss := x.list(e.List)
	t := arg.Type()
	for i, it := range items {
		u, ok := comparison(t, it.Type())
		if !ok {
			x.noOperator("=", arg.Type(), it.Type(), poss[i])
		}
		t = u
	}
	if t.Kind == schema.Unknown {
		t = schema.Text
	}
	arg = x.b.coerce(arg, t, e.Expr.Pos())
	for i := range items {
		l, r := x.comparands("=", arg, items[i], e.Expr.Pos(), poss[i], poss[i])
		if !SameShape(l.Type(), arg.Type()) {
			// An item has more digits than all others: the test is an OR of comparisons.
			return x.inByOr(arg, items, poss, e)
		}
		items[i] = r
	}
	return inOf(arg, items, e.Not)
}

func (x *exprBinder) inByOr(arg expr.Expr, items []expr.Expr, poss []int, e *parser.InList) expr.Expr {
	parts := make([]expr.Expr, len(items))
	for i := range items {
		x.b.copied(arg, poss[i])
		parts[i] = x.compare(expr.Eq, arg, items[i], e.Expr.Pos(), poss[i], poss[i])
	}
	if e.Not {
		return expr.NotOf(expr.OrOf(parts...))
	}
	return expr.OrOf(parts...)
}

// inOf makes an In of expressions of one type.
func inOf(arg expr.Expr, items []expr.Expr, negated bool) expr.Expr {
	in := &expr.In{Arg: arg, Negated: negated}
	for _, it := range items {
		c, ok := it.(*expr.Const)
		switch {
		case !ok:
			in.List = append(in.List, it)
		case !c.Value.Valid:
			in.SetNull = true
		default:
			v := c.Value
			v.Type = arg.Type()
			in.Set = append(in.Set, v)
		}
	}
	slices.SortFunc(in.Set, schema.Value.Compare)
	in.Set = slices.CompactFunc(in.Set, func(a, b schema.Value) bool { return a.Compare(b) == 0 })
	if len(in.List) == 0 && len(in.Set) == 1 && !in.SetNull {
		op := expr.Eq
		if negated {
			op = expr.Ne
		}
		return &expr.Compare{Op: op, Left: arg, Right: &expr.Const{Value: in.Set[0]}}
	}
	return in
}

func (x *exprBinder) inRows(row *expr.MakeRow, e *parser.InList) expr.Expr {
	parts := make([]expr.Expr, len(e.List))
	for i, it := range e.List {
		x.b.copied(row, it.Pos())
		parts[i] = x.compare(expr.Eq, row, x.bind(it), e.Expr.Pos(), it.Pos(), it.Pos())
	}
	if e.Not {
		return expr.NotOf(expr.OrOf(parts...))
	}
	return expr.OrOf(parts...)
}
