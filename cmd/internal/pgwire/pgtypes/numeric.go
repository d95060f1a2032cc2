package pgtypes

import (
	"encoding/binary"
	"strconv"

	"github.com/tarnsql/tarn/catalog/schema"
)

// The sign words of the binary form of numeric (src/backend/utils/adt/numeric.c).
const (
	numericPositive = 0x0000
	numericNegative = 0x4000
	numericNaN      = 0xC000
	numericPlusInf  = 0xD000
	numericMinusInf = 0xF000
)

// appendDecimal64 appends an unscaled value with its point.
func appendDecimal64(dst []byte, unscaled int64, scale int) []byte {
	if scale <= 0 {
		return strconv.AppendInt(dst, unscaled, 10)
	}
	u := uint64(unscaled)
	if unscaled < 0 {
		dst = append(dst, '-')
		u = -u
	}
	var buf [24]byte
	i := len(buf)
	for n := 0; u != 0 || n <= scale; n++ {
		if n == scale {
			i--
			buf[i] = '.'
		}
		i--
		buf[i] = byte('0' + u%10)
		u /= 10
	}
	return append(dst, buf[i:]...)
}

// appendNumeric appends the binary form of a decimal: groups of four digits, aligned to the point, without leading and trailing
// groups of zeros.
func appendNumeric(dst []byte, digits []byte, negative bool, scale int) []byte {
	be := binary.BigEndian
	for len(digits) > 0 && digits[0] == '0' {
		digits = digits[1:]
	}
	if len(digits) == 0 {
		return be.AppendUint16(append(dst, 0, 0, 0, 0, 0, 0), uint16(scale))
	}
	// The exponent of ten of the first digit gives the weight: the exponent of 10,000 of the first group.
	exponent := len(digits) - 1 - scale
	weight := exponent >> 2
	var groups [16]uint16
	last := 0
	for _, d := range digits {
		g := weight - exponent>>2
		if d != '0' {
			groups[g] += uint16(d-'0') * powers[exponent&3]
			last = g
		}
		exponent--
	}
	sign := uint16(numericPositive)
	if negative {
		sign = numericNegative
	}
	dst = be.AppendUint16(dst, uint16(last+1))
	dst = be.AppendUint16(dst, uint16(int16(weight)))
	dst = be.AppendUint16(dst, sign)
	dst = be.AppendUint16(dst, uint16(scale))
	for _, g := range groups[:last+1] {
		dst = be.AppendUint16(dst, g)
	}
	return dst
}

var powers = [4]uint16{1, 10, 100, 1000}

func appendNumeric64(dst []byte, unscaled int64, scale int) []byte {
	var buf [24]byte
	u := uint64(unscaled)
	if unscaled < 0 {
		u = -u
	}
	return appendNumeric(dst, strconv.AppendUint(buf[:0], u, 10), unscaled < 0, scale)
}

func appendNumeric128(dst []byte, v schema.Int128, scale int) []byte {
	var buf [48]byte
	digits := v.Append(buf[:0])
	if digits[0] == '-' {
		digits = digits[1:]
	}
	return appendNumeric(dst, digits, v.Sign() < 0, scale)
}

// maxNumericWeight bounds what a numeric parameter may say about its size before its digits are written out: far more than any
// decimal holds.
const maxNumericWeight = 64

// numericText returns the text of a numeric in its binary form; ok is false when the form is broken.
func numericText(b []byte) (text string, ok bool) {
	be := binary.BigEndian
	if len(b) < 8 {
		return "", false
	}
	n, weight, sign, scale := int(be.Uint16(b)), int(int16(be.Uint16(b[2:]))), be.Uint16(b[4:]), int(be.Uint16(b[6:]))
	if len(b) != 8+2*n || scale > 0x3fff {
		return "", false
	}
	switch sign {
	case numericNaN:
		return "NaN", true
	case numericPlusInf:
		return "Infinity", true
	case numericMinusInf:
		return "-Infinity", true
	case numericPositive, numericNegative:
	default:
		return "", false
	}
	groups := make([]uint16, n)
	for i := range groups {
		if groups[i] = be.Uint16(b[8+2*i:]); groups[i] > 9999 {
			return "", false
		}
	}
	if n > 0 && weight > maxNumericWeight {
		return "1e" + strconv.Itoa(4*weight), true // out of every decimal's range, whatever its digits
	}
	return writeNumeric(groups, weight, sign == numericNegative, scale), true
}

func writeNumeric(groups []uint16, weight int, negative bool, scale int) string {
	var out []byte
	if negative {
		out = append(out, '-')
	}
	group := func(i int) {
		g := uint16(0)
		if i >= 0 && i < len(groups) {
			g = groups[i]
		}
		out = append(out, byte('0'+g/1000), byte('0'+g/100%10), byte('0'+g/10%10), byte('0'+g%10))
	}
	out = append(out, '0')
	for i := 0; i <= weight; i++ {
		group(i)
	}
	if scale == 0 {
		return string(out)
	}
	out = append(out, '.')
	point := len(out)
	for i := weight + 1; len(out)-point < scale; i++ {
		group(i)
	}
	return string(out[:point+scale])
}
