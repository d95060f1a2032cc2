package rules

import (
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/logical"
)

// simplifyComparisons puts constants on the right and takes widening casts off columns: CAST(int_col AS bigint) = 5
// becomes int_col = 5, so that sources can use the condition.
func simplifyComparisons(c *Context, n logical.Node) logical.Node {
	return rewrite(c, n, func(e expr.Expr) expr.Expr {
		return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
			switch e := e.(type) {
			case *expr.Compare:
				return c.unwrapCompare(constantRight(e))
			case *expr.In:
				return c.unwrapIn(e)
			}
			return e
		})
	})
}

func constantRight(e *expr.Compare) *expr.Compare {
	if _, ok := e.Left.(*expr.Const); !ok {
		return e
	}
	if _, ok := e.Right.(*expr.Const); ok {
		return e
	}
	return &expr.Compare{Op: e.Op.Swap(), Left: e.Right, Right: e.Left}
}

// widening reports whether a cast keeps the order and the distinctness of all values.
func widening(from, to schema.Type) bool {
	switch {
	case from.IsInteger() && to.IsInteger():
		return to.Kind > from.Kind
	case from.IsInteger() && to.Kind == schema.Decimal:
		return int(to.Precision-to.Scale) >= map[schema.Kind]int{schema.TinyInt: 3, schema.SmallInt: 5, schema.Integer: 10, schema.BigInt: 19}[from.Kind]
	case from.Kind == schema.Decimal && to.Kind == schema.Decimal:
		return to.Scale >= from.Scale && to.Precision-to.Scale >= from.Precision-from.Scale
	case from.Kind == schema.Real && to.Kind == schema.Double:
		return true
	case from.IsInteger() && to.Kind == schema.Double:
		return from.Kind != schema.BigInt
	case from.Kind == schema.Date && to.Kind == schema.Timestamp:
		return true
	case (from.Kind == schema.Varchar || from.Kind == schema.Name || from.Kind == schema.InternalChar) && to.Kind == schema.Varchar:
		return to.Precision == 0
	case from.Kind == schema.Timestamp && to.Kind == schema.Timestamp:
		return to.Precision == 0
	}
	return false
}

func (c *Context) unwrapCompare(e *expr.Compare) expr.Expr {
	cast, ok := e.Left.(*expr.Cast)
	k, constant := e.Right.(*expr.Const)
	if !ok || !constant || !k.Value.Valid || cast.Try || !widening(cast.Arg.Type(), cast.Typ) {
		return e
	}
	from := cast.Arg.Type()
	if v, ok := c.narrow(k.Value, cast.Typ, from); ok {
		return &expr.Compare{Op: e.Op, Left: cast.Arg, Right: &expr.Const{Value: v}}
	}
	lower, ok := c.floor(k.Value, from)
	if !ok {
		return e
	}
	// The constant lies between two values of the column's type.
	switch e.Op {
	case expr.Lt, expr.Le:
		return &expr.Compare{Op: expr.Le, Left: cast.Arg, Right: &expr.Const{Value: lower}}
	case expr.Gt, expr.Ge:
		return &expr.Compare{Op: expr.Gt, Left: cast.Arg, Right: &expr.Const{Value: lower}}
	}
	return e
}

// narrow converts a constant back to the type under a widening cast, when that loses nothing.
func (c *Context) narrow(v schema.Value, wide, to schema.Type) (schema.Value, bool) {
	if to.IsString() {
		v.Type = to
		return v, true
	}
	n, err := c.Evaluator.Fold(c.Ctx, &expr.Cast{Arg: &expr.Const{Value: v}, Typ: to})
	if err != nil || !n.Valid {
		return n, false
	}
	n.Type = to
	back, err := c.Evaluator.Fold(c.Ctx, &expr.Cast{Arg: &expr.Const{Value: n}, Typ: wide})
	if err != nil {
		return n, false
	}
	back.Type, v.Type = wide, wide
	return n, back.Compare(v) == 0
}

// floor returns the greatest value of a type of whole steps that is not greater than a constant.
func (c *Context) floor(v schema.Value, to schema.Type) (schema.Value, bool) {
	switch {
	case to.IsInteger() && v.Type.Kind == schema.Decimal:
		q, r := v.Int128().QuoRem(schema.Pow10(int(v.Type.Scale)))
		if r.Sign() < 0 {
			q = q.Sub(schema.Int128FromInt64(1))
		}
		i, ok := q.Int64()
		if !ok || to.Kind == schema.Integer && i != int64(int32(i)) || to.Kind == schema.SmallInt && i != int64(int16(i)) ||
			to.Kind == schema.TinyInt && i != int64(int8(i)) {
			return schema.Value{}, false
		}
		return schema.IntValue(to, i), true
	case to.Kind == schema.Date && v.Type.Kind == schema.Timestamp:
		days, _ := schema.SplitTimestamp(v.I)
		return schema.IntValue(to, days), days > schema.DateMinusInfinity && days < schema.DateInfinity
	}
	return schema.Value{}, false
}

func (c *Context) unwrapIn(e *expr.In) expr.Expr {
	cast, ok := e.Arg.(*expr.Cast)
	if !ok || cast.Try || len(e.List) > 0 || !widening(cast.Arg.Type(), cast.Typ) {
		return e
	}
	set := make([]schema.Value, 0, len(e.Set))
	for _, v := range e.Set {
		if n, ok := c.narrow(v, cast.Typ, cast.Arg.Type()); ok {
			set = append(set, n)
		}
	}
	if len(set) == 0 {
		// False, but NULL where the column is.
		return e
	}
	// Values outside of the column's type are equal to none of its values.
	if len(set) == 1 && !e.SetNull {
		op := expr.Eq
		if e.Negated {
			op = expr.Ne
		}
		return &expr.Compare{Op: op, Left: cast.Arg, Right: &expr.Const{Value: set[0]}}
	}
	return &expr.In{Arg: cast.Arg, Set: sortedSet(set), SetNull: e.SetNull, Negated: e.Negated}
}

func sortedSet(set []schema.Value) []schema.Value {
	slices.SortFunc(set, schema.Value.Compare)
	return slices.CompactFunc(set, func(a, b schema.Value) bool { return a.Compare(b) == 0 })
}
