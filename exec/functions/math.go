package functions

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

func power(a, b float64) (float64, error) {
	switch {
	case a == 0 && b < 0:
		return 0, sqlerr.New(sqlerr.InvalidPowerArgument, "zero raised to a negative power is undefined")
	case a < 0 && b != math.Trunc(b) && !math.IsInf(b, 0):
		return 0, sqlerr.New(sqlerr.InvalidPowerArgument, "a negative number raised to a non-integer power yields a complex result")
	}
	return checkFloat(math.Pow(a, b), inf(a, b), true)
}

func logarithm(f func(float64) float64) func(float64) (float64, error) {
	return func(a float64) (float64, error) {
		switch {
		case a == 0:
			return 0, sqlerr.New(sqlerr.InvalidLogArgument, "cannot take logarithm of zero")
		case a < 0:
			return 0, sqlerr.New(sqlerr.InvalidLogArgument, "cannot take logarithm of a negative number")
		}
		return f(a), nil
	}
}

func inRange(f func(float64) float64, lo, hi float64) func(float64) (float64, error) {
	return func(a float64) (float64, error) {
		if a < lo || a > hi {
			return 0, sqlerr.New(sqlerr.NumericOutOfRange, "input is out of range")
		}
		return f(a), nil
	}
}

func squareRoot(a float64) (float64, error) {
	if a < 0 {
		return 0, sqlerr.New(sqlerr.InvalidPowerArgument, "cannot take square root of a negative number")
	}
	return math.Sqrt(a), nil
}

func registerMath(r *Registry) {
	simple := map[string]func(float64) float64{
		"cbrt": math.Cbrt, "sin": math.Sin, "cos": math.Cos, "tan": math.Tan, "atan": math.Atan, "sinh": math.Sinh, "cosh": math.Cosh,
		"tanh": math.Tanh, "asinh": math.Asinh, "degrees": func(a float64) float64 { return a * 180 / math.Pi },
		"radians": func(a float64) float64 { return a * math.Pi / 180 }, "abs": math.Abs, "ceil": math.Ceil, "ceiling": math.Ceil,
		"floor": math.Floor, "trunc": math.Trunc, "truncate": math.Trunc, "round": math.RoundToEven, "sign": signFloat,
	}
	for _, name := range sortedNames(simple) {
		r.strict(name+"(double) double", unary(simple[name]), "")
	}
	r.strict("sqrt(double) double", unaryErr(squareRoot), "square root")
	r.operator("|/(double) double", unaryErr(squareRoot), "square root")
	r.operator("||/(double) double", unary(math.Cbrt), "cube root")
	r.strict("exp(double) double", unaryErr(func(a float64) (float64, error) { return checkFloat(math.Exp(a), inf(a), true) }), "e to the power")
	r.strict("ln(double) double", unaryErr(logarithm(math.Log)), "natural logarithm")
	r.strict("log(double) double", unaryErr(logarithm(math.Log10)), "logarithm to base 10")
	r.strict("log10(double) double", unaryErr(logarithm(math.Log10)), "logarithm to base 10")
	r.strict("log2(double) double", unaryErr(logarithm(math.Log2)), "logarithm to base 2")
	r.strict("log(double, double) double", binaryErr(logBase), "logarithm to a base, which comes first")
	r.strict("asin(double) double", unaryErr(inRange(math.Asin, -1, 1)), "")
	r.strict("acos(double) double", unaryErr(inRange(math.Acos, -1, 1)), "")
	r.strict("acosh(double) double", unaryErr(inRange(math.Acosh, 1, math.Inf(1))), "")
	r.strict("atanh(double) double", unaryErr(inRange(math.Atanh, -1, 1)), "")
	r.strict("atan2(double, double) double", binary(math.Atan2), "")
	r.strict("cot(double) double", unary(func(a float64) float64 { return 1 / math.Tan(a) }), "")
	r.strict("power(double, double) double", binaryErr(power), "")
	r.strict("pow(double, double) double", binaryErr(power), "")
	r.strict("mod(double, double) double", binaryErr(func(a, b float64) (float64, error) {
		if b == 0 {
			return 0, divisionByZero()
		}
		return math.Mod(a, b), nil
	}), "remainder")
	r.strict("is_nan(double) boolean", unary(math.IsNaN), "")
	r.strict("is_finite(double) boolean", unary(func(a float64) bool { return !math.IsNaN(a) && !math.IsInf(a, 0) }), "")
	r.strict("is_infinite(double) boolean", unary(func(a float64) bool { return math.IsInf(a, 0) }), "")
	for name, v := range map[string]float64{"pi": math.Pi, "e": math.E, "nan": math.NaN(), "infinity": math.Inf(1)} {
		r.strict(name+"() double", constantFloat(v), "")
	}
	r.lenient("random() double", fillFloat(rand.Float64), "a random number in [0, 1)").volatile()
	r.lenient("rand() double", fillFloat(rand.Float64), "a random number in [0, 1)").volatile()
	registerRounding(r)
	registerIntegerMath(r)
	registerDegrees(r)
}

func logBase(b, x float64) (float64, error) {
	den, err := logarithm(math.Log)(b)
	if err != nil {
		return 0, err
	}
	num, err := logarithm(math.Log)(x)
	if err != nil {
		return 0, err
	}
	return divFloat(num, den)
}

func signFloat(a float64) float64 {
	switch {
	case a > 0:
		return 1
	case a < 0:
		return -1
	}
	return a
}

func constantFloat(v float64) Kernel { return fillFloat(func() float64 { return v }) }

func fillFloat(f func() float64) Kernel {
	return func(c *Call) (vector.Vector, error) {
		out := outFlat[float64](c)
		for i := range out.Values {
			out.Values[i] = f()
		}
		return out, nil
	}
}

// registerRounding declares round, trunc, ceil, floor and sign of decimals.
func registerRounding(r *Registry) {
	for _, f := range []struct {
		name string
		do   func(v schema.Int128, drop int) schema.Int128
	}{
		{"round", func(v schema.Int128, drop int) schema.Int128 { return roundQuo(v, schema.Pow10(drop)) }},
		{"trunc", func(v schema.Int128, drop int) schema.Int128 { q, _ := v.QuoRem(schema.Pow10(drop)); return q }},
		{"truncate", func(v schema.Int128, drop int) schema.Int128 { q, _ := v.QuoRem(schema.Pow10(drop)); return q }},
		{"ceil", ceilDecimal}, {"ceiling", ceilDecimal}, {"floor", floorDecimal},
	} {
		r.roundTo(f.name, f.do)
		if f.name == "round" || f.name == "trunc" || f.name == "truncate" {
			r.roundDigits(f.name, f.do)
		}
	}
	r.strict("sign(numeric) decimal(1,0)", func(c *Call) (vector.Vector, error) {
		out := outFlat[int64](c)
		a := decimalArg(c, 0)
		err := rows(c, out.Null, func(i int) error {
			out.Values[i] = int64(a.at(i).Sign())
			return nil
		})
		return out, err
	}, "")
	r.strict("round(double, integer) double", binary(func(a float64, n int32) float64 {
		p := math.Pow(10, float64(n))
		if v := math.Round(a*p) / p; !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v
		}
		return a
	}), "round to a number of digits")
}

func ceilDecimal(v schema.Int128, drop int) schema.Int128 {
	q, rem := v.QuoRem(schema.Pow10(drop))
	if rem.Sign() > 0 {
		q = q.Add(schema.Int128FromInt64(1))
	}
	return q
}

func floorDecimal(v schema.Int128, drop int) schema.Int128 {
	q, rem := v.QuoRem(schema.Pow10(drop))
	if rem.Sign() < 0 {
		q = q.Sub(schema.Int128FromInt64(1))
	}
	return q
}

// roundTo declares a function of a decimal to a whole number.
func (r *Registry) roundTo(name string, f func(schema.Int128, int) schema.Int128) {
	o := parseSignature(name + "(numeric) numeric")
	o.fn.Strict = true
	o.fn.Impl = Kernel(func(c *Call) (vector.Vector, error) {
		a := decimalArg(c, 0)
		return putDecimals(c, func(i int) (schema.Int128, error) { return f(a.at(i), a.scale), nil })
	})
	o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
		if len(args) != 1 {
			return nil, false
		}
		t, ok := numericType(args[0].Type)
		if !ok {
			return nil, false
		}
		whole := int(t.Precision-t.Scale) + 1
		return &expr.Resolved{Args: []schema.Type{t}, Result: capped(whole, 0)}, true
	}
	r.add(expr.Scalar, o)
}

// roundDigits declares a function of a decimal and a number of digits. A constant number is the scale of the result.
func (r *Registry) roundDigits(name string, f func(schema.Int128, int) schema.Int128) {
	o := parseSignature(name + "(numeric, integer) numeric")
	o.fn.Strict = true
	o.fn.Impl = Kernel(func(c *Call) (vector.Vector, error) {
		a := decimalArg(c, 0)
		return putDecimals(c, func(i int) (schema.Int128, error) {
			n := int(min(max(vector.ValueAt(c.Args[1], i).I, -schema.MaxDecimal), schema.MaxDecimal))
			v := a.at(i)
			if drop := a.scale - n; drop > schema.MaxDecimal {
				v = schema.Int128{}
			} else if drop > 0 {
				var ok bool
				if v, ok = f(v, drop).MulChecked(schema.Pow10(drop)); !ok {
					return v, overflow128()
				}
			}
			v, ok := RescaleDecimal(v, a.scale, int(c.Type.Scale), schema.MaxDecimal)
			if !ok {
				return v, overflow128()
			}
			return v, nil
		})
	})
	o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
		if len(args) != 2 || !args[1].Type.IsInteger() && args[1].Type.Kind != schema.Unknown {
			return nil, false
		}
		t, ok := numericType(args[0].Type)
		if !ok || args[1].Type.Kind == schema.BigInt {
			return nil, false
		}
		scale := int(t.Scale)
		if c := args[1].Const; c != nil && c.Valid {
			scale = int(min(max(c.I, 0), 30))
		}
		whole := int(t.Precision-t.Scale) + 1
		return &expr.Resolved{Args: []schema.Type{t, schema.T(schema.Integer)}, Result: capped(whole+scale, scale)}, true
	}
	r.add(expr.Scalar, o)
}

func registerIntegerMath(r *Registry) {
	registerDivisors[int32](r, "integer", math.MinInt32, math.MaxInt32)
	registerDivisors[int64](r, "bigint", math.MinInt64, math.MaxInt64)
	whole := r.strict("div(numeric, numeric) numeric", wide(decimalDiv), "integer quotient")
	whole.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
		if len(args) != 2 || !args[0].Type.IsInteger() || !args[1].Type.IsInteger() {
			return nil, false
		}
		a, _ := numericType(args[0].Type)
		b, _ := numericType(args[1].Type)
		return &expr.Resolved{Args: []schema.Type{a, b}, Result: schema.DecimalOf(schema.MaxDecimal, 0)}, true
	}
	r.strict("scale(numeric) integer", strictValues(func(c *Call, args []schema.Value) (schema.Value, error) {
		return intResult(c, int64(args[0].Type.Scale))
	}), "number of digits after the point")
	r.strict("min_scale(numeric) integer", strictValues(func(c *Call, args []schema.Value) (schema.Value, error) {
		v, scale := args[0].Int128(), int64(args[0].Type.Scale)
		for ; scale > 0; scale-- {
			q, rem := v.QuoRem(schema.Int128FromInt64(10))
			if rem.Sign() != 0 {
				break
			}
			v = q
		}
		return intResult(c, scale)
	}), "number of digits after the point that are needed")
	r.strict("width_bucket(anyelement, anyarray) integer", strictValues(func(c *Call, args []schema.Value) (schema.Value, error) {
		n, found := slices.BinarySearchFunc(args[1].Elems, args[0], schema.Value.Compare)
		for ; found && n < len(args[1].Elems) && args[1].Elems[n].Compare(args[0]) == 0; n++ {
			continue
		}
		return intResult(c, int64(n))
	}), "number of the bucket, whose lower bounds are given")
	r.strict("sign(bigint) double", unary(func(a int64) float64 { return signFloat(float64(a)) }), "")
	r.strict("width_bucket(double, double, double, integer) integer", strictValues(widthBucket), "number of the bucket of a histogram")
	r.strict("factorial(bigint) numeric", strictValues(func(c *Call, args []schema.Value) (schema.Value, error) {
		v := schema.Int128FromInt64(1)
		if args[0].I < 0 || args[0].I > 33 {
			return schema.Value{}, sqlerr.New(sqlerr.NumericOutOfRange, "factorial of %d is undefined or out of range", args[0].I)
		}
		for n := int64(2); n <= args[0].I; n++ {
			v = v.Mul(schema.Int128FromInt64(n))
		}
		return schema.Int128Value(c.Type, v), nil
	}), "").result.param = param{typ: schema.DecimalOf(38, 0)}
}

// registerDivisors declares gcd and lcm of an integer type.
func registerDivisors[T signed](r *Registry, t string, lo, hi int64) {
	gcd := func(a, b T) (T, error) {
		for b != 0 {
			if b == -1 { // the least integer has no remainder by it
				a = 1
				break
			}
			a, b = b, a%b
		}
		if int64(a) == lo {
			return 0, outOfRange(t)
		}
		return max(a, -a), nil
	}
	r.strict("gcd("+t+", "+t+") "+t, binaryErr(gcd), "greatest common divisor")
	r.strict("lcm("+t+", "+t+") "+t, binaryErr(func(a, b T) (T, error) {
		if a == 0 || b == 0 {
			return 0, nil
		}
		d, err := gcd(a, b)
		if err != nil {
			return 0, err
		}
		p, ok := mul64(int64(a/d), int64(b))
		if p = max(p, -p); !ok || p < 0 || p > hi {
			return 0, outOfRange(t)
		}
		return T(p), nil
	}), "least common multiple")
}

func widthBucket(c *Call, args []schema.Value) (schema.Value, error) {
	x, lo, hi, n := args[0].F, args[1].F, args[2].F, args[3].I
	switch {
	case n <= 0:
		return schema.Value{}, sqlerr.New(sqlerr.InvalidWidthBucket, "count must be greater than zero")
	case lo == hi:
		return schema.Value{}, sqlerr.New(sqlerr.InvalidWidthBucket, "lower bound cannot equal upper bound")
	}
	k := int64(0)
	switch {
	case lo < hi && x < lo || lo > hi && x > lo:
	case lo < hi && x >= hi || lo > hi && x <= hi:
		k = n + 1
	default:
		k = int64(math.Floor((x-lo)/(hi-lo)*float64(n))) + 1
	}
	return schema.IntValue(c.Type, k), nil
}
