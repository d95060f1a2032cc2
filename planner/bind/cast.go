package bind

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// cast binds CAST, :: and TRY_CAST.
func (x *exprBinder) cast(c *parser.CastExpr) expr.Expr {
	to := typeOf(c.Type)
	arg := x.bind(c.Expr)
	return x.castTo(arg, to, c.Try, c.Expr.Pos(), c.Pos())
}

func (x *exprBinder) castTo(arg expr.Expr, to schema.Type, try bool, argPos, pos int) expr.Expr {
	from := arg.Type()
	if from.Kind == schema.Unknown {
		switch a := arg.(type) {
		case *expr.Param:
			return x.b.typeParam(a.Index, to)
		case *expr.Const:
			return x.castLiteral(a, to, try, argPos)
		}
		arg = x.b.text(arg, argPos)
		from = arg.Type()
	}
	if from.Equal(to) {
		return arg
	}
	if a, ok := arg.(*expr.MakeArray); ok && to.Kind == schema.Array {
		items := expr.MapList(a.Args, func(e expr.Expr) expr.Expr { return x.castTo(e, to.Elem(), try, argPos, pos) })
		return &expr.MakeArray{Args: items, Typ: to}
	}
	if to.Equal(Numeric) && (from.IsInteger() || from.Kind == schema.Decimal) && !try {
		p, scale := decimalShape(from)
		return x.b.coerce(arg, schema.DecimalOf(p, scale), argPos)
	}
	if !castable(from, to) {
		fail(pos, sqlerr.CannotCoerce, "cannot cast type %s to %s", TypeName(from), TypeName(to))
	}
	if c, ok := arg.(*expr.Const); ok && !(to.Kind == schema.Decimal || to.Kind == schema.Varchar && to.Precision > 0) {
		if v, ok := Convert(c.Value, to); ok {
			return &expr.Const{Value: v}
		}
	}
	return &expr.Cast{Arg: arg, Typ: to, Try: try}
}

// castLiteral casts a quoted literal or NULL: it is read as the type at once.
func (x *exprBinder) castLiteral(c *expr.Const, to schema.Type, try bool, pos int) expr.Expr {
	if !c.Value.Valid {
		return &expr.Const{Value: schema.NullOf(to)}
	}
	if to.Kind == schema.Varchar && to.Precision == 0 {
		return &expr.Const{Value: schema.StringValue(to, c.Value.S)}
	}
	if to.Equal(Numeric) && !try {
		return x.b.numericLiteral(c.Value.S, to, pos)
	}
	if v, ok := x.b.parse(c.Value.S, to, pos, try); ok {
		return v
	}
	return x.b.fold(&expr.Cast{Arg: &expr.Const{Value: schema.TextValue(c.Value.S)}, Typ: to, Try: try}, pos)
}

// castable reports whether an explicit cast exists.
func castable(from, to schema.Type) bool {
	f, t := from.Kind, to.Kind
	switch {
	case isText(from) || isText(to) || f == schema.Unknown:
		return t != schema.Void && f != schema.Void
	case from.IsNumeric() && to.IsNumeric():
		return true
	case f == schema.Boolean:
		return t == schema.Boolean || to.IsNumeric() || t == schema.JSON || t == schema.JSONB
	case t == schema.Boolean:
		return from.IsNumeric() || f == schema.JSON || f == schema.JSONB
	case from.IsTemporal() && to.IsTemporal():
		return f == t || f != schema.Time && !(t == schema.Time && f == schema.Date)
	case f == schema.Interval || t == schema.Interval:
		return f == t || f == schema.Time || t == schema.Time
	case from.IsReg() || to.IsReg():
		return (from.IsReg() || from.IsInteger()) && (to.IsReg() || to.IsInteger())
	case f == schema.JSON || f == schema.JSONB || t == schema.JSON || t == schema.JSONB:
		return true
	}
	from, to = vectorAsArray(from), vectorAsArray(to)
	if from.Kind != to.Kind {
		return f == schema.Varbinary && t == schema.UUID || f == schema.UUID && t == schema.Varbinary
	}
	fa, fb := from.Fields(), to.Fields()
	if len(fa) != len(fb) {
		return false
	}
	for i := range fa {
		if !castable(fa[i].Type, fb[i].Type) {
			return false
		}
	}
	return true
}
