package text

import (
	"math"
	"strconv"
	"unsafe"

	"github.com/tarnsql/tarn/catalog/schema"
)

// The fast parsers read the plain forms that files hold and report false for everything else, which the slow parsers of
// package schema then accept or refuse.

// parseInt64 reads an optional sign and up to 18 digits.
func parseInt64(s []byte) (int64, bool) {
	if len(s) == 0 {
		return 0, false
	}
	neg := s[0] == '-'
	if neg || s[0] == '+' {
		s = s[1:]
	}
	if len(s) == 0 || len(s) > 18 {
		return 0, false
	}
	var n int64
	for _, c := range s {
		d := c - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int64(d)
	}
	if neg {
		n = -n
	}
	return n, true
}

// parseSmall returns a parser of the integers from -limit-1 to limit.
func parseSmall(limit int64) func([]byte) (int32, bool) {
	return func(s []byte) (int32, bool) {
		n, ok := parseInt64(s)
		return int32(n), ok && n <= limit && n >= -limit-1
	}
}

// number is a decimal number in plain form: digits and an exponent of ten, exact up to 18 digits.
type number struct {
	digits   int64
	exponent int
	negative bool
}

// lastOf18 is the least number of 18 digits: no further digit fits.
const lastOf18 = 100_000_000_000_000_000

// parseNumber reads [sign] digits [. digits] [e [sign] digits] of at most 18 significant digits.
func parseNumber(s []byte) (n number, ok bool) {
	i := 0
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		n.negative = s[0] == '-'
		i++
	}
	start, point := i, 0
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		if n.digits >= lastOf18 {
			return n, false
		}
		n.digits = n.digits*10 + int64(s[i]-'0')
	}
	if i < len(s) && s[i] == '.' {
		point = 1
		for i++; i < len(s) && s[i]-'0' <= 9; i++ {
			if n.digits >= lastOf18 {
				return n, false
			}
			n.digits = n.digits*10 + int64(s[i]-'0')
			n.exponent--
		}
	}
	if i-start == point { // no digit
		return n, false
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		e, ok := parseInt64(s[i+1:])
		if !ok || e > 400 || e < -400 {
			return n, false
		}
		n.exponent += int(e)
		i = len(s)
	}
	return n, i == len(s)
}

var float10 = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
	1e20, 1e21, 1e22}

// parseFloat64 reads a number. Up to 2^53 and 10^22 both factors are exact, and so is the rounding of one operation
// (Clinger, "How to read floating point numbers accurately", 1990); the rest is strconv's.
func parseFloat64(s []byte) (float64, bool) {
	n, ok := parseNumber(s)
	if ok && n.digits <= 1<<53 && n.exponent >= -22 && n.exponent <= 22 {
		f := float64(n.digits)
		if n.exponent < 0 {
			f /= float10[-n.exponent]
		} else {
			f *= float10[n.exponent]
		}
		if n.negative {
			f = -f
		}
		return f, true
	}
	return strictFloat(s, 64)
}

// strictFloat leaves hexadecimal, underscores, infinities and what overflows or vanishes to the slow parser.
func strictFloat(s []byte, bits int) (float64, bool) {
	for _, c := range s {
		if c-'0' > 9 && c != '.' && c != '-' && c != '+' && c|0x20 != 'e' {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(s), len(s)), bits)
	return f, err == nil && !math.IsInf(f, 0) && f != 0
}

func parseFloat32(s []byte) (float32, bool) {
	if n, ok := parseNumber(s); ok && n.digits == 0 {
		if n.negative {
			return float32(math.Copysign(0, -1)), true
		}
		return 0, true
	}
	f, ok := strictFloat(s, 32)
	return float32(f), ok
}

// parseDecimal64 returns a parser of decimals of up to 18 digits as unscaled values, rounded half away from zero.
func parseDecimal64(precision, scale int) func([]byte) (int64, bool) {
	limit := schema.Pow10Int64(precision)
	return func(s []byte) (int64, bool) {
		n, ok := parseNumber(s)
		if !ok {
			return 0, false
		}
		v, shift := n.digits, n.exponent+scale
		switch {
		case v == 0:
			return 0, true
		case shift > 18 || shift < -18:
			return 0, false
		case shift >= 0:
			p := schema.Pow10Int64(shift)
			if v > (limit-1)/p {
				return 0, false
			}
			v *= p
		default:
			p := schema.Pow10Int64(-shift)
			half := v % p
			v /= p
			if half >= p-half {
				v++
			}
		}
		if v >= limit {
			return 0, false
		}
		if n.negative {
			v = -v
		}
		return v, true
	}
}

// parseDecimal128 returns a parser of decimals of more than 18 digits.
func parseDecimal128(precision, scale int) func([]byte) (schema.Int128, bool) {
	small := parseDecimal64(schema.MaxDecimal64, min(scale, schema.MaxDecimal64))
	return func(s []byte) (schema.Int128, bool) {
		if scale <= schema.MaxDecimal64 {
			if v, ok := small(s); ok {
				r := schema.Int128FromInt64(v)
				return r, true
			}
		}
		v, err := schema.ParseDecimal(string(s), precision, scale)
		return v, err == nil
	}
}

func parseBool(s []byte) (value, ok bool) {
	switch len(s) {
	case 1:
		switch s[0] {
		case 't', 'T', '1':
			return true, true
		case 'f', 'F', '0':
			return false, true
		}
	case 4:
		if s[0]|0x20 == 't' && s[1]|0x20 == 'r' && s[2]|0x20 == 'u' && s[3]|0x20 == 'e' {
			return true, true
		}
	case 5:
		if s[0]|0x20 == 'f' && s[1]|0x20 == 'a' && s[2]|0x20 == 'l' && s[3]|0x20 == 's' && s[4]|0x20 == 'e' {
			return false, true
		}
	}
	return false, false
}

// wholeNumber reads an integer that is written as a fraction or with an exponent, 3.0 or 1e3, if it is exact.
func wholeNumber(s []byte) (int64, bool) {
	n, ok := parseNumber(s)
	if !ok {
		return 0, false
	}
	for ; n.exponent < 0; n.exponent++ {
		if n.digits%10 != 0 {
			return 0, false
		}
		n.digits /= 10
		if n.digits == 0 {
			return 0, true
		}
	}
	for ; n.exponent > 0 && n.digits != 0; n.exponent-- {
		if n.digits > math.MaxInt64/10 {
			return 0, false
		}
		n.digits *= 10
	}
	if n.negative {
		n.digits = -n.digits
	}
	return n.digits, true
}
