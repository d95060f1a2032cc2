package bind

import (
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
)

// Convert converts a constant to another type without loss and without running code of the executor: integers, decimals,
// text, and NULL of any type. It reports false for every other pair, and when the value does not fit.
func Convert(v schema.Value, to schema.Type) (schema.Value, bool) {
	from := v.Type
	switch {
	case from.Equal(to):
		return v, true
	case !v.Valid:
		return schema.NullOf(to), true
	case from.IsInteger() && to.IsInteger():
		if !fitsInteger(v.I, to.Kind) {
			return v, false
		}
		v.Type = to
		return v, true
	case (from.IsInteger() || from.Kind == schema.Decimal) && to.Kind == schema.Decimal:
		return rescale(v.Int128(), int(from.Scale), to)
	case from.Kind == schema.Decimal && to.IsInteger():
		u, ok := rescale(v.Int128(), int(from.Scale), schema.DecimalOf(schema.MaxDecimal, 0))
		if !ok {
			return v, false
		}
		i, ok := u.Int128().Int64()
		return schema.IntValue(to, i), ok && fitsInteger(i, to.Kind)
	case from.IsInteger() && to.IsReg():
		return schema.IntValue(to, v.I), v.I >= 0 && v.I <= 1<<32-1
	case from.IsReg() && to.IsReg():
		v.Type = to
		return v, true
	case from.IsInteger() && to.Kind == schema.Double:
		return schema.FloatValue(to, float64(v.I)), v.I > -(1<<53) && v.I < 1<<53
	case from.Kind == schema.Varchar && to.Kind == schema.Varchar && to.Precision == 0,
		(from.Kind == schema.Name || from.Kind == schema.InternalChar) && to.Kind == schema.Varchar && to.Precision == 0:
		v.Type = to
		return v, true
	case from.Kind == schema.Real && to.Kind == schema.Double:
		v.Type = to
		return v, true
	case from.Kind == schema.Date && to.Kind == schema.Timestamp:
		if v.I <= schema.DateMinusInfinity || v.I >= schema.DateInfinity {
			return v, false
		}
		return schema.IntValue(to, v.I*schema.MicrosPerDay), v.I > -100_000_000 && v.I < 100_000_000
	case from.Kind == schema.Timestamp && to.Kind == schema.Date:
		return schema.IntValue(to, v.I/schema.MicrosPerDay), v.I%schema.MicrosPerDay == 0
	}
	return v, false
}

func fitsInteger(i int64, k schema.Kind) bool {
	switch k {
	case schema.TinyInt:
		return i == int64(int8(i))
	case schema.SmallInt:
		return i == int64(int16(i))
	case schema.Integer:
		return i == int64(int32(i))
	}
	return true
}

// rescale gives an unscaled value another scale, exactly.
func rescale(u schema.Int128, scale int, to schema.Type) (schema.Value, bool) {
	for ; scale < int(to.Scale); scale++ {
		var ok bool
		if u, ok = u.MulChecked(schema.Int128FromInt64(10)); !ok {
			return schema.Value{}, false
		}
	}
	for ; scale > int(to.Scale); scale-- {
		q, r := u.QuoRem(schema.Int128FromInt64(10))
		if r.Sign() != 0 {
			return schema.Value{}, false
		}
		u = q
	}
	limit := schema.Pow10(int(to.Precision))
	if u.Compare(limit) >= 0 || u.Compare(limit.Neg()) <= 0 {
		return schema.Value{}, false
	}
	if to.Physical() == schema.PhysInt128 {
		return schema.Int128Value(to, u), true
	}
	i, ok := u.Int64()
	return schema.IntValue(to, i), ok
}

// parseDecimal reads a number with an optional sign, point and exponent as a decimal of the digits that it has. It
// reports false when it is no number or has more digits than a decimal.
func parseDecimal(s string) (schema.Value, bool) {
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(strings.TrimPrefix(s, "-"), "+")
	mantissa, exponent, hasExponent := strings.Cut(strings.ToLower(s), "e")
	exp := 0
	if hasExponent {
		var ok bool
		if exp, ok = smallInt(exponent); !ok {
			return schema.Value{}, false
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if whole+fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return schema.Value{}, false
	}
	scale := len(fraction) - exp
	if scale < 0 {
		if len(digits)-scale > schema.MaxDecimal {
			return schema.Value{}, false
		}
		if digits != "" {
			digits += strings.Repeat("0", -scale)
		}
		scale = 0
	}
	precision := max(len(digits), scale, 1)
	if precision > schema.MaxDecimal {
		return schema.Value{}, false
	}
	var u schema.Int128
	for _, c := range []byte(digits) {
		u = u.Mul(schema.Int128FromInt64(10)).Add(schema.Int128FromInt64(int64(c - '0')))
	}
	if negative {
		u = u.Neg()
	}
	return rescale(u, scale, schema.DecimalOf(precision, scale))
}

func smallInt(s string) (int, bool) {
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(strings.TrimPrefix(s, "-"), "+")
	if s == "" || len(s) > 4 {
		return 0, false
	}
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

func trimSpace(s string) string { return strings.Trim(s, " \t\n\r\f\v") }
