package functions

import (
	"math"
	"math/bits"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func divisionByZero() error { return sqlerr.New(sqlerr.DivisionByZero, "division by zero") }

func outOfRange(t string) error { return sqlerr.New(sqlerr.NumericOutOfRange, "%s out of range", t) }

// signed are the physical integers.
type signed interface{ int32 | int64 }

func add[T signed](name string, lo, hi int64) func(a, b T) (T, error) {
	return func(a, b T) (T, error) {
		s := int64(a) + int64(b)
		if s < lo || s > hi || (int64(a)^s)&(int64(b)^s) < 0 {
			return 0, outOfRange(name)
		}
		return T(s), nil
	}
}

func sub[T signed](name string, lo, hi int64) func(a, b T) (T, error) {
	return func(a, b T) (T, error) {
		s := int64(a) - int64(b)
		if s < lo || s > hi || (int64(a)^int64(b))&(int64(a)^s) < 0 {
			return 0, outOfRange(name)
		}
		return T(s), nil
	}
}

func mul[T signed](name string, lo, hi int64) func(a, b T) (T, error) {
	return func(a, b T) (T, error) {
		p, ok := mul64(int64(a), int64(b))
		if !ok || p < lo || p > hi {
			return 0, outOfRange(name)
		}
		return T(p), nil
	}
}

// mul64 multiplies and reports whether the product fits.
func mul64(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if a < 0 {
		hi -= uint64(b)
	}
	if b < 0 {
		hi -= uint64(a)
	}
	return int64(lo), int64(hi) == int64(lo)>>63
}

func div[T signed](name string, lo int64) func(a, b T) (T, error) {
	return func(a, b T) (T, error) {
		switch {
		case b == 0:
			return 0, divisionByZero()
		case b == -1 && int64(a) == lo:
			return 0, outOfRange(name)
		}
		return a / b, nil
	}
}

func mod[T signed](a, b T) (T, error) {
	switch b {
	case 0:
		return 0, divisionByZero()
	case -1:
		return 0, nil
	}
	return a % b, nil
}

func neg[T signed](name string, lo int64) func(a T) (T, error) {
	return func(a T) (T, error) {
		if int64(a) == lo {
			return 0, outOfRange(name)
		}
		return -a, nil
	}
}

func registerOperators(r *Registry) {
	registerIntegers[int32](r, "smallint", math.MinInt16, math.MaxInt16)
	registerIntegers[int32](r, "integer", math.MinInt32, math.MaxInt32)
	registerIntegers[int64](r, "bigint", math.MinInt64, math.MaxInt64)
	registerFloats(r)
	registerDecimals(r)
	registerBits[int32](r, "integer", 31)
	registerBits[int64](r, "bigint", 63)
	registerTimeOperators(r)
	registerLike(r)
}

func registerIntegers[T signed](r *Registry, t string, lo, hi int64) {
	r.operator("+("+t+", "+t+") "+t, binaryErr(add[T](t, lo, hi)), "sum")
	r.operator("-("+t+", "+t+") "+t, binaryErr(sub[T](t, lo, hi)), "difference")
	r.operator("*("+t+", "+t+") "+t, binaryErr(mul[T](t, lo, hi)), "product")
	r.operator("/("+t+", "+t+") "+t, binaryErr(div[T](t, lo)), "quotient, truncated toward zero")
	r.operator("%("+t+", "+t+") "+t, binaryErr(mod[T]), "remainder")
	r.operator("-("+t+") "+t, unaryErr(neg[T](t, lo)), "negation")
	r.operator("@("+t+") "+t, unaryErr(absolute[T](t, lo)), "absolute value")
	r.strict("mod("+t+", "+t+") "+t, binaryErr(mod[T]), "remainder")
	r.strict("abs("+t+") "+t, unaryErr(absolute[T](t, lo)), "absolute value")
}

func absolute[T signed](name string, lo int64) func(a T) (T, error) {
	return func(a T) (T, error) {
		if int64(a) == lo {
			return 0, outOfRange(name)
		}
		return max(a, -a), nil
	}
}

// checkFloat tells overflow and underflow of a result from those of its arguments, as PostgreSQL does.
func checkFloat(f float64, infOK, zeroOK bool) (float64, error) {
	switch {
	case math.IsInf(f, 0) && !infOK:
		return 0, sqlerr.New(sqlerr.NumericOutOfRange, "value out of range: overflow")
	case f == 0 && !zeroOK:
		return 0, sqlerr.New(sqlerr.NumericOutOfRange, "value out of range: underflow")
	}
	return f, nil
}

func inf(fs ...float64) bool {
	for _, f := range fs {
		if math.IsInf(f, 0) {
			return true
		}
	}
	return false
}

func addFloat(a, b float64) (float64, error) { return checkFloat(a+b, inf(a, b), true) }
func subFloat(a, b float64) (float64, error) { return checkFloat(a-b, inf(a, b), true) }
func mulFloat(a, b float64) (float64, error) {
	return checkFloat(a*b, inf(a, b), a == 0 || b == 0)
}

func divFloat(a, b float64) (float64, error) {
	if b == 0 && !math.IsNaN(a) {
		return 0, divisionByZero()
	}
	return checkFloat(a/b, inf(a), a == 0 || inf(b))
}

func narrow(f func(a, b float64) (float64, error)) func(a, b float32) (float32, error) {
	return func(a, b float32) (float32, error) {
		v, err := f(float64(a), float64(b))
		if err != nil {
			return 0, err
		}
		if w := float32(v); !math.IsInf(float64(w), 0) || math.IsInf(v, 0) {
			return w, nil
		}
		return 0, sqlerr.New(sqlerr.NumericOutOfRange, "value out of range: overflow")
	}
}

func registerFloats(r *Registry) {
	for _, op := range []struct {
		name string
		f    func(a, b float64) (float64, error)
	}{{"+", addFloat}, {"-", subFloat}, {"*", mulFloat}, {"/", divFloat}} {
		r.operator(op.name+"(double, double) double", binaryErr(op.f), "")
		r.operator(op.name+"(real, real) real", binaryErr(narrow(op.f)), "")
	}
	r.operator("-(double) double", unary(func(a float64) float64 { return -a }), "negation")
	r.operator("-(real) real", unary(func(a float32) float32 { return -a }), "negation")
	r.operator("^(double, double) double", binaryErr(power), "power")
	r.operator("%(double, double) double", binaryErr(func(a, b float64) (float64, error) {
		if b == 0 {
			return 0, divisionByZero()
		}
		return math.Mod(a, b), nil
	}), "remainder")
}

func registerBits[T signed](r *Registry, t string, width T) {
	r.operator("&("+t+", "+t+") "+t, binary(func(a, b T) T { return a & b }), "bitwise and")
	r.operator("|("+t+", "+t+") "+t, binary(func(a, b T) T { return a | b }), "bitwise or")
	r.operator("#("+t+", "+t+") "+t, binary(func(a, b T) T { return a ^ b }), "bitwise exclusive or")
	r.operator("~("+t+") "+t, unary(func(a T) T { return ^a }), "bitwise not")
	r.operator("<<("+t+", integer) "+t, binary(func(a T, n int32) T { return a << (uint(n) & uint(width)) }), "shift left")
	r.operator(">>("+t+", integer) "+t, binary(func(a T, n int32) T { return a >> (uint(n) & uint(width)) }), "shift right")
	if t == "bigint" {
		r.strict("bitwise_and(bigint, bigint) bigint", binary(func(a, b T) T { return a & b }), "bitwise and")
		r.strict("bitwise_or(bigint, bigint) bigint", binary(func(a, b T) T { return a | b }), "bitwise or")
		r.strict("bitwise_xor(bigint, bigint) bigint", binary(func(a, b T) T { return a ^ b }), "bitwise exclusive or")
		r.strict("bitwise_not(bigint) bigint", unary(func(a T) T { return ^a }), "bitwise not")
		r.strict("bitwise_left_shift(bigint, bigint) bigint", binary(func(a T, n int64) T { return a << min(uint64(n), 64) }), "shift left")
		r.strict("bitwise_right_shift(bigint, bigint) bigint", binary(func(a T, n int64) T { return T(uint64(a) >> min(uint64(n), 64)) }), "shift right")
		r.strict("bit_count(bigint) bigint", unary(func(a T) int64 { return int64(bits.OnesCount64(uint64(a))) }), "number of bits that are set")
	}
}

// nullOf is the NULL result of a call.
func nullOf(c *Call) (schema.Value, error) { return schema.NullOf(c.Type), nil }
