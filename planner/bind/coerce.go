package bind

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// coerce gives e a type by an implicit cast. What is undecided yet (a quoted literal, NULL, a parameter) takes the type
// without one. The caller has made sure that the types go together.
func (b *binder) coerce(e expr.Expr, to schema.Type, pos int) expr.Expr {
	from := e.Type()
	switch {
	case to.Kind == schema.Unknown || from.Equal(to):
		return e
	case from.Kind == schema.Unknown:
		return b.decide(e, to, pos)
	case SameShape(from, to):
		return e
	}
	switch c := e.(type) {
	case *expr.Const:
		if v, ok := Convert(c.Value, to); ok {
			return &expr.Const{Value: v}
		}
	case *expr.MakeArray:
		if to.Kind == schema.Array {
			args := expr.MapList(c.Args, func(a expr.Expr) expr.Expr { return b.coerce(a, to.Elem(), pos) })
			return &expr.MakeArray{Args: args, Typ: to}
		}
	case *expr.MakeRow:
		if fields := to.Fields(); to.Kind == schema.Row && len(fields) == len(c.Args) {
			args := make([]expr.Expr, len(c.Args))
			for i, a := range c.Args {
				args[i] = b.coerce(a, fields[i].Type, pos)
			}
			return &expr.MakeRow{Args: args, Typ: to}
		}
	}
	return &expr.Cast{Arg: e, Typ: to, Implicit: true}
}

// decide gives an undecided expression its type.
func (b *binder) decide(e expr.Expr, to schema.Type, pos int) expr.Expr {
	switch e := e.(type) {
	case *expr.Param:
		return b.typeParam(e.Index, to)
	case *expr.Const:
		if !e.Value.Valid {
			return &expr.Const{Value: schema.NullOf(to)}
		}
		return b.literal(e.Value.S, to, pos)
	case *expr.Case:
		whens := make([]expr.When, len(e.Whens))
		for i, w := range e.Whens {
			whens[i] = expr.When{Cond: w.Cond, Result: b.coerce(w.Result, to, pos)}
		}
		return &expr.Case{Whens: whens, Else: b.coerce(e.Else, to, pos)}
	case *expr.Coalesce:
		return &expr.Coalesce{Args: expr.MapList(e.Args, func(a expr.Expr) expr.Expr { return b.coerce(a, to, pos) })}
	}
	return &expr.Cast{Arg: e, Typ: to, Implicit: true}
}

// literal reads a quoted literal as a value of a type; what it does not spell is an error of the statement.
func (b *binder) literal(s string, to schema.Type, pos int) expr.Expr {
	switch {
	case to.Kind == schema.Unknown, to.Kind == schema.Varchar && to.Precision == 0:
		return &expr.Const{Value: schema.StringValue(schema.Text, s)}
	case to.Kind == schema.Varchar:
		// A literal is compared as it is: only an explicit cast cuts it.
		return &expr.Const{Value: schema.StringValue(schema.Text, s)}
	case to.Kind == schema.Char:
		to = schema.CharOf(0)
	case to.Kind == schema.Decimal:
		return b.numericLiteral(s, to, pos)
	}
	return b.read(s, to, pos)
}

// read reads text as a value of a type, as a cast does.
func (b *binder) read(s string, to schema.Type, pos int) expr.Expr {
	if v, ok := b.parse(s, to, pos, false); ok {
		return v
	}
	return b.fold(&expr.Cast{Arg: &expr.Const{Value: schema.TextValue(s)}, Typ: to, Implicit: true}, pos)
}

// parse reads text as a value of a simple type without the evaluator. It reports false for the types of which values
// depend on the session, and for times, of which some words do ('now').
func (b *binder) parse(s string, to schema.Type, pos int, try bool) (expr.Expr, bool) {
	switch to.Kind {
	case schema.Boolean, schema.TinyInt, schema.SmallInt, schema.Integer, schema.BigInt, schema.Real, schema.Double, schema.OID:
	case schema.Date:
		if len(s) != len("2006-01-02") || s[0] < '0' || s[0] > '9' {
			return nil, false
		}
	default:
		return nil, false
	}
	v, err := schema.Parse(to, s)
	switch {
	case err != nil && try:
		return &expr.Const{Value: schema.NullOf(to)}, true
	case err != nil:
		raise(err, pos)
	}
	v.Type = to
	return &expr.Const{Value: v}, true
}

// numericLiteral reads a quoted number that meets a decimal: it keeps its own digits, and the two then meet as decimals.
func (b *binder) numericLiteral(s string, to schema.Type, pos int) expr.Expr {
	if v, ok := parseDecimal(trimSpace(s)); ok {
		if c, ok := Convert(v, to); ok {
			return &expr.Const{Value: c}
		}
		return &expr.Const{Value: v}
	}
	return b.read(s, to, pos)
}

// fold evaluates an expression of constants; an error is one of the statement, at the literal.
func (b *binder) fold(e expr.Expr, pos int) expr.Expr {
	if c, ok := e.(*expr.Const); ok {
		return c
	}
	if !expr.IsFoldable(e) {
		return e
	}
	v, err := b.env.Evaluator.Fold(b.ctx, e)
	if err != nil {
		raise(err, pos)
	}
	v.Type = e.Type()
	return &expr.Const{Value: v}
}

// unifyAll gives all expressions one type; context names the construct in the error.
func (b *binder) unifyAll(es []expr.Expr, poss []int, context string) ([]expr.Expr, schema.Type) {
	t := schema.Type{}
	for i, e := range es {
		u, ok := Unify(t, e.Type())
		if !ok {
			fail(poss[i], sqlerr.DatatypeMismatch, "%s types %s and %s cannot be matched", context, TypeName(t), TypeName(e.Type()))
		}
		t = u
	}
	if t.Kind == schema.Unknown {
		t = schema.Text
	}
	out := make([]expr.Expr, len(es))
	for i, e := range es {
		out[i] = b.coerce(e, t, poss[i])
	}
	return out, t
}

// boolean gives e the type boolean, which a condition must have.
func (b *binder) boolean(e expr.Expr, clause string, pos int) expr.Expr {
	switch e.Type().Kind {
	case schema.Boolean:
		return e
	case schema.Unknown:
		return b.decide(e, schema.T(schema.Boolean), pos)
	}
	fail(pos, sqlerr.DatatypeMismatch, "argument of %s must be type boolean, not type %s", clause, TypeName(e.Type()))
	return nil
}

// text makes an undecided expression text, as PostgreSQL does with what is still undecided at the end, and the undecided
// parts of a row as well.
func (b *binder) text(e expr.Expr, pos int) expr.Expr {
	if row, ok := e.(*expr.MakeRow); ok {
		return b.textRow(row, pos)
	}
	if e.Type().Kind == schema.Unknown {
		return b.decide(e, schema.Text, pos)
	}
	return e
}

func (b *binder) textRow(row *expr.MakeRow, pos int) expr.Expr {
	args := expr.MapList(row.Args, func(a expr.Expr) expr.Expr { return b.text(a, pos) })
	if len(args) == 0 || &args[0] == &row.Args[0] {
		return row
	}
	fields := make([]schema.Field, len(args))
	for i, f := range row.Typ.Fields() {
		fields[i] = schema.Field{Name: f.Name, Type: args[i].Type()}
	}
	return &expr.MakeRow{Args: args, Typ: schema.RowOf(fields...)}
}
