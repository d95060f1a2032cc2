package functions

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// Decimal arithmetic. The types of results hold every exact result: sums one digit more, products the sum of both digits and
// scales, capped at 38 digits, where an overflow is an error. Quotients have at least divisionScale digits after the point,
// which is what PostgreSQL shows for quotients of one to four digits before it.

const divisionScale = 16

// numericType is an argument as a decimal; ok is false for other types.
func numericType(t schema.Type) (schema.Type, bool) {
	switch {
	case t.Kind == schema.Decimal:
		return t, true
	case t.IsInteger():
		return schema.DecimalOf(integerDigits[t.Kind], 0), true
	}
	return t, false
}

// decimalPair resolves an operator on decimals: at least one side is one, the other a decimal or an integer.
func decimalPair(args []expr.Arg) (a, b schema.Type, ok bool) {
	if len(args) != 2 {
		return a, b, false
	}
	a, okA := numericType(args[0].Type)
	b, okB := numericType(args[1].Type)
	one := args[0].Type.Kind == schema.Decimal || args[1].Type.Kind == schema.Decimal
	switch {
	case okA && okB && one:
		return a, b, true
	case okA && one && args[1].Type.Kind == schema.Unknown:
		return a, a, true
	case okB && one && args[0].Type.Kind == schema.Unknown:
		return b, b, true
	}
	return a, b, false
}

func capped(precision, scale int) schema.Type {
	if precision > schema.MaxDecimal {
		precision = schema.MaxDecimal
	}
	return schema.DecimalOf(precision, min(scale, precision))
}

func sumType(a, b schema.Type) schema.Type {
	scale := max(a.Scale, b.Scale)
	whole := max(a.Precision-a.Scale, b.Precision-b.Scale)
	return capped(int(whole+scale+1), int(scale))
}

func productType(a, b schema.Type) schema.Type {
	return capped(int(a.Precision+b.Precision), int(min(a.Scale+b.Scale, schema.MaxDecimal)))
}

func quotientType(a, b schema.Type) schema.Type {
	return schema.DecimalOf(schema.MaxDecimal, int(min(max(divisionScale, a.Scale, b.Scale), 30)))
}

func remainderType(a, b schema.Type) schema.Type {
	scale := max(a.Scale, b.Scale)
	return capped(int(max(a.Precision-a.Scale, b.Precision-b.Scale)+scale), int(scale))
}

// decimalOperator declares an operator on decimals. common says that both arguments are first brought to the result's scale.
func (r *Registry) decimalOperator(name string, result func(a, b schema.Type) schema.Type, k Kernel, isOperator bool) {
	o := parseSignature(name + "(numeric, numeric) numeric")
	o.fn.Strict, o.fn.Operator, o.fn.Impl = true, isOperator, k
	o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
		a, b, ok := decimalPair(args)
		if !ok {
			return nil, false
		}
		return &expr.Resolved{Args: []schema.Type{a, b}, Result: result(a, b)}, true
	}
	r.add(expr.Scalar, o)
}

func registerDecimals(r *Registry) {
	r.decimalOperator("+", sumType, decimalSum(false), true)
	r.decimalOperator("-", sumType, decimalSum(true), true)
	r.decimalOperator("*", productType, decimalProduct, true)
	r.decimalOperator("/", quotientType, wide(decimalQuotient), true)
	r.decimalOperator("%", remainderType, wide(decimalRemainder), true)
	r.decimalOperator("mod", remainderType, wide(decimalRemainder), false)
	r.decimalOperator("div", func(a, _ schema.Type) schema.Type { return schema.DecimalOf(schema.MaxDecimal, 0) }, wide(decimalDiv), false)
	r.operator("-(numeric) numeric", sameDecimal(func(v schema.Int128) schema.Int128 { return v.Neg() }), "negation")
	r.strict("abs(numeric) numeric", sameDecimal(func(v schema.Int128) schema.Int128 {
		if v.Sign() < 0 {
			return v.Neg()
		}
		return v
	}), "absolute value")
}

func overflow128() error {
	return sqlerr.New(sqlerr.NumericOutOfRange, "numeric field overflow").
		WithDetail("The result has more than %d digits.", schema.MaxDecimal)
}

// decimal is a view of a decimal argument as 128-bit values.
type decimal struct {
	narrow kernel.Col[int64]
	wide   kernel.Col[schema.Int128]
	is128  bool
	scale  int
}

// decimalRoom is where a dictionary of decimals is written out.
type decimalRoom struct {
	narrow []int64
	wide   []schema.Int128
}

func decimalCol(v vector.Vector, room *decimalRoom) decimal {
	d := decimal{scale: int(v.Type().Scale)}
	if v.Type().Physical() == schema.PhysInt128 {
		d.is128, d.wide = true, kernel.FlatCol(v, &room.wide)
	} else {
		d.narrow = kernel.FlatCol(v, &room.narrow)
	}
	return d
}

// decimalArg returns the first or the second argument of a call, until the next call of its place.
func decimalArg(c *Call, i int) decimal { return decimalCol(c.Args[i], &c.Memo.decimals[i]) }

func (d *decimal) at(i int) schema.Int128 {
	if d.is128 {
		return d.wide.At(i)
	}
	return schema.Int128FromInt64(d.narrow.At(i))
}

// wide makes a kernel of a function of two decimals and their scales, with a 128-bit result of the given scale.
func wide(f func(a, b schema.Int128, sa, sb, scale int) (schema.Int128, error)) Kernel {
	return func(c *Call) (vector.Vector, error) {
		a, b := decimalArg(c, 0), decimalArg(c, 1)
		return putDecimals(c, func(i int) (schema.Int128, error) {
			return f(a.at(i), b.at(i), a.scale, b.scale, int(c.Type.Scale))
		})
	}
}

// putDecimals stores 128-bit results in the width of the call's type.
func putDecimals(c *Call, f func(i int) (schema.Int128, error)) (vector.Vector, error) {
	limit := schema.Pow10(int(c.Type.Precision))
	check := func(v schema.Int128, err error) (schema.Int128, error) {
		if err == nil && (v.Compare(limit) >= 0 || v.Neg().Compare(limit) >= 0) {
			err = overflow128()
		}
		return v, err
	}
	if c.Type.Physical() == schema.PhysInt128 {
		out := outFlat[schema.Int128](c)
		err := rows(c, out.Null, func(i int) (err error) {
			out.Values[i], err = check(f(i))
			return err
		})
		return out, err
	}
	out := outFlat[int64](c)
	err := rows(c, out.Null, func(i int) error {
		v, err := check(f(i))
		out.Values[i], _ = v.Int64()
		return err
	})
	return out, err
}

func sameDecimal(f func(schema.Int128) schema.Int128) Kernel {
	return func(c *Call) (vector.Vector, error) {
		a := decimalArg(c, 0)
		return putDecimals(c, func(i int) (schema.Int128, error) { return f(a.at(i)), nil })
	}
}

// decimalSum adds or subtracts. Where all sides are 64-bit, so is the loop: the result type has room for the carry.
func decimalSum(subtract bool) Kernel {
	return func(c *Call) (vector.Vector, error) {
		a, b := decimalArg(c, 0), decimalArg(c, 1)
		scale := int(c.Type.Scale)
		if !a.is128 && !b.is128 && c.Type.Physical() == schema.PhysInt64 {
			return narrowSum(c, a, b, subtract), nil
		}
		fa, fb := schema.Pow10(scale-a.scale), schema.Pow10(scale-b.scale)
		return putDecimals(c, func(i int) (schema.Int128, error) {
			x, ok1 := a.at(i).MulChecked(fa)
			y, ok2 := b.at(i).MulChecked(fb)
			if subtract {
				y = y.Neg()
			}
			s, ok3 := x.AddChecked(y)
			if !ok1 || !ok2 || !ok3 {
				return s, overflow128()
			}
			return s, nil
		})
	}
}

func narrowSum(c *Call, a, b decimal, subtract bool) vector.Vector {
	out := outFlat[int64](c)
	scale := int(c.Type.Scale)
	fa, fb := schema.Pow10Int64(scale-a.scale), schema.Pow10Int64(scale-b.scale)
	if subtract {
		fb = -fb
	}
	av, bv, am, bm := a.narrow.V, b.narrow.V, a.narrow.Mask, b.narrow.Mask
	if c.Sel == nil {
		for i := range out.Values {
			out.Values[i] = av[i&am]*fa + bv[i&bm]*fb
		}
		return out
	}
	for _, r := range c.Sel {
		i := int(r)
		out.Values[i] = av[i&am]*fa + bv[i&bm]*fb
	}
	return out
}

// decimalProduct multiplies. Where the result has as many digits as both arguments together no product can overflow, and none is
// checked.
func decimalProduct(c *Call) (vector.Vector, error) {
	a, b := decimalArg(c, 0), decimalArg(c, 1)
	drop := a.scale + b.scale - int(c.Type.Scale)
	if c.Args[0].Type().Precision+c.Args[1].Type().Precision <= c.Type.Precision && drop == 0 {
		if c.Type.Physical() == schema.PhysInt64 {
			out := outFlat[int64](c)
			av, bv, am, bm := a.narrow.V, b.narrow.V, a.narrow.Mask, b.narrow.Mask
			if c.Sel == nil {
				for i := range out.Values {
					out.Values[i] = av[i&am] * bv[i&bm]
				}
				return out, nil
			}
			for _, r := range c.Sel {
				i := int(r)
				out.Values[i] = av[i&am] * bv[i&bm]
			}
			return out, nil
		}
		return wideProduct(c, a, b), nil
	}
	if c.Type.Precision == schema.MaxDecimal && drop == 0 {
		return checkedProduct(c, a, b)
	}
	return putDecimals(c, func(i int) (schema.Int128, error) {
		p, ok := a.at(i).MulChecked(b.at(i))
		if !ok {
			return p, overflow128()
		}
		if drop == 0 {
			return p, nil
		}
		return roundQuo(p, schema.Pow10(drop)), nil
	})
}

// wideProduct multiplies into 128 bits, where nothing can overflow.
func wideProduct(c *Call, a, b decimal) vector.Vector {
	out := outFlat[schema.Int128](c)
	if c.Sel == nil {
		for i := range out.Values {
			out.Values[i] = a.at(i).Mul(b.at(i))
		}
		return out
	}
	for _, r := range c.Sel {
		out.Values[r] = a.at(int(r)).Mul(b.at(int(r)))
	}
	return out
}

// checkedProduct multiplies into decimals of the greatest precision. Two 64-bit factors cannot overflow it.
func checkedProduct(c *Call, a, b decimal) (vector.Vector, error) {
	out := outFlat[schema.Int128](c)
	limit := schema.Pow10(schema.MaxDecimal)
	n := c.N
	if c.Sel != nil {
		n = len(c.Sel)
	}
	for k := range n {
		i := k
		if c.Sel != nil {
			i = int(c.Sel[k])
		}
		x, y := a.at(i), b.at(i)
		if x.Hi == int64(x.Lo)>>63 && y.Hi == int64(y.Lo)>>63 {
			out.Values[i] = x.Mul(y)
			continue
		}
		if out.Null.Get(i) {
			continue
		}
		p, ok := x.MulChecked(y)
		if !ok || p.Compare(limit) >= 0 || p.Neg().Compare(limit) >= 0 {
			return nil, overflow128()
		}
		out.Values[i] = p
	}
	return out, nil
}

// roundQuo divides and rounds half away from zero.
func roundQuo(a, b schema.Int128) schema.Int128 {
	q, rem := a.QuoRem(b)
	if rem.Sign() == 0 {
		return q
	}
	twice := rem.Add(rem)
	if twice.Sign() < 0 {
		twice = twice.Neg()
	}
	if b.Sign() < 0 {
		b = b.Neg()
	}
	if twice.Compare(b) < 0 {
		return q
	}
	if (a.Sign() < 0) != (b.Sign() < 0) {
		return q.Sub(schema.Int128FromInt64(1))
	}
	return q.Add(schema.Int128FromInt64(1))
}

func decimalQuotient(a, b schema.Int128, sa, sb, scale int) (schema.Int128, error) {
	if b.Sign() == 0 {
		return a, divisionByZero()
	}
	neg := (a.Sign() < 0) != (b.Sign() < 0)
	if a.Sign() < 0 {
		a = a.Neg()
	}
	if b.Sign() < 0 {
		b = b.Neg()
	}
	q, rem := a.QuoRem(b)
	for shift := scale - sa + sb; shift != 0; {
		if shift < 0 { // fewer digits than the division gives: cut them off, rounding at the end
			q, _ = q.QuoRem(schema.Int128FromInt64(10))
			shift++
			continue
		}
		next, ok := q.MulChecked(schema.Int128FromInt64(10))
		tenfold, ok2 := rem.MulChecked(schema.Int128FromInt64(10))
		if !ok || !ok2 {
			return q, overflow128()
		}
		digit, r := tenfold.QuoRem(b)
		q, rem = next.Add(digit), r
		shift--
	}
	if twice := rem.Add(rem); twice.Compare(b) >= 0 && rem.Sign() != 0 {
		q = q.Add(schema.Int128FromInt64(1))
	}
	if neg {
		q = q.Neg()
	}
	return q, nil
}

func decimalRemainder(a, b schema.Int128, sa, sb, scale int) (schema.Int128, error) {
	if b.Sign() == 0 {
		return a, divisionByZero()
	}
	x, ok1 := a.MulChecked(schema.Pow10(scale - sa))
	y, ok2 := b.MulChecked(schema.Pow10(scale - sb))
	if !ok1 || !ok2 {
		return a, overflow128()
	}
	_, rem := x.QuoRem(y)
	return rem, nil
}

func decimalDiv(a, b schema.Int128, sa, sb, _ int) (schema.Int128, error) {
	if b.Sign() == 0 {
		return a, divisionByZero()
	}
	scale := max(sa, sb)
	x, ok1 := a.MulChecked(schema.Pow10(scale - sa))
	y, ok2 := b.MulChecked(schema.Pow10(scale - sb))
	if !ok1 || !ok2 {
		return a, overflow128()
	}
	q, _ := x.QuoRem(y)
	return q, nil
}

// RescaleDecimal changes the scale of an unscaled value, rounding half away from zero; ok is false when it does not fit
// precision digits.
func RescaleDecimal(v schema.Int128, from, to, precision int) (schema.Int128, bool) {
	if to >= from {
		var ok bool
		if v, ok = v.MulChecked(schema.Pow10(min(to-from, schema.MaxDecimal))); !ok {
			return v, false
		}
	} else {
		v = roundQuo(v, schema.Pow10(from-to))
	}
	limit := schema.Pow10(precision)
	return v, v.Compare(limit) < 0 && v.Neg().Compare(limit) < 0
}
