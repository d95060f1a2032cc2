package schema

import (
	"encoding/hex"
	"math"
	"strconv"
	"time"
)

// Text returns the value as PostgreSQL's cast to text prints it, timestamps with time zone in UTC. NULL is the empty string.
func (v Value) Text() string { return string(v.AppendText(nil, time.UTC)) }

// AppendText appends the text form of v to dst, timestamps with time zone in loc.
func (v Value) AppendText(dst []byte, loc *time.Location) []byte {
	if !v.Valid {
		return dst
	}
	switch v.Type.Kind {
	case Boolean:
		return strconv.AppendBool(dst, v.I != 0)
	case Decimal:
		return AppendDecimal(dst, v.Int128(), int(v.Type.Scale))
	case Real:
		return AppendFloat(dst, v.F, 32)
	case Double:
		return AppendFloat(dst, v.F, 64)
	case Date:
		return AppendDate(dst, int32(v.I))
	case Time:
		return AppendTime(dst, v.I)
	case Timestamp:
		return AppendTimestamp(dst, v.I)
	case TimestampTZ:
		return AppendTimestampTZ(dst, v.I, loc)
	case Interval:
		return AppendInterval(dst, v.Interval())
	case UUID:
		return AppendUUID(dst, []byte(v.S))
	case Varbinary:
		return AppendBytea(dst, []byte(v.S))
	case Array:
		return v.appendArray(dst, loc)
	case Int2Vector, OIDVector:
		return v.appendVector(dst, loc)
	case Map, Row:
		return v.AppendJSON(dst, loc)
	}
	if v.Type.Physical() == PhysBytes {
		return append(dst, v.S...)
	}
	return strconv.AppendInt(dst, v.I, 10)
}

// AppendFloat appends a float as PostgreSQL prints it: the shortest digits that read back, an exponent below 1e-4 and from
// 1e15 (real: 1e6) up.
func AppendFloat(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	case f == 0:
		if math.Signbit(f) {
			dst = append(dst, '-')
		}
		return append(dst, '0')
	}
	limit := 1e15
	if bits == 32 {
		limit = 1e6
	}
	if a := math.Abs(f); a < 1e-4 || a >= limit {
		return strconv.AppendFloat(dst, f, 'e', -1, bits)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, bits)
}

// AppendDecimal appends an unscaled value with its point: exactly scale digits after it.
func AppendDecimal(dst []byte, unscaled Int128, scale int) []byte {
	if unscaled.Hi < 0 {
		dst = append(dst, '-')
		unscaled = unscaled.Neg()
	}
	var buf [48]byte
	digits := unscaled.Append(buf[:0])
	if unscaled.Hi < 0 { // the least int128 has no positive counterpart
		digits = digits[1:]
	}
	if scale <= 0 {
		return append(dst, digits...)
	}
	if len(digits) <= scale {
		dst = append(dst, '0', '.')
		for range scale - len(digits) {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	dst = append(dst, digits[:len(digits)-scale]...)
	dst = append(dst, '.')
	return append(dst, digits[len(digits)-scale:]...)
}

// AppendDate appends days since 1970-01-01 as yyyy-mm-dd, with BC for years before 1.
func AppendDate(dst []byte, days int32) []byte {
	switch days {
	case DateInfinity:
		return append(dst, "infinity"...)
	case DateMinusInfinity:
		return append(dst, "-infinity"...)
	}
	dst, bc := appendCivil(dst, int64(days))
	return appendEra(dst, bc)
}

func appendCivil(dst []byte, days int64) ([]byte, bool) {
	y, m, d := Civil(days)
	bc := y <= 0
	if bc {
		y = 1 - y
	}
	dst = appendPadded(dst, y, 4)
	dst = append(dst, '-', byte('0'+m/10), byte('0'+m%10), '-', byte('0'+d/10), byte('0'+d%10))
	return dst, bc
}

func appendEra(dst []byte, bc bool) []byte {
	if bc {
		return append(dst, " BC"...)
	}
	return dst
}

func appendPadded(dst []byte, n, width int) []byte {
	for ; width > 1 && int64(n) < Pow10Int64(width-1); width-- {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, int64(n), 10)
}

// AppendTime appends microseconds since midnight as hh:mm:ss[.ffffff], trailing zeros of the fraction dropped.
func AppendTime(dst []byte, micros int64) []byte {
	h, rest := micros/MicrosPerHour, micros%MicrosPerHour
	m, rest := rest/MicrosPerMinute, rest%MicrosPerMinute
	dst = appendPadded(dst, int(h), 2)
	dst = append(dst, ':', byte('0'+m/10), byte('0'+m%10), ':')
	return appendSeconds(dst, rest, 2)
}

func appendSeconds(dst []byte, micros int64, width int) []byte {
	dst = appendPadded(dst, int(micros/MicrosPerSecond), width)
	frac := micros % MicrosPerSecond
	if frac == 0 {
		return dst
	}
	dst = append(dst, '.')
	n := len(dst)
	dst = appendPadded(dst, int(frac), 6)
	for len(dst) > n && dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// AppendTimestamp appends microseconds since 1970-01-01 as yyyy-mm-dd hh:mm:ss[.ffffff].
func AppendTimestamp(dst []byte, micros int64) []byte {
	dst, bc := appendTimestamp(dst, micros)
	return appendEra(dst, bc)
}

func appendTimestamp(dst []byte, micros int64) ([]byte, bool) {
	switch micros {
	case TimestampInfinity:
		return append(dst, "infinity"...), false
	case TimestampMinusInfinity:
		return append(dst, "-infinity"...), false
	}
	days, ofDay := SplitTimestamp(micros)
	dst, bc := appendCivil(dst, days)
	return AppendTime(append(dst, ' '), ofDay), bc
}

// AppendTimestampTZ appends an instant in loc with its offset: +00, +05:30, -07.
func AppendTimestampTZ(dst []byte, micros int64, loc *time.Location) []byte {
	if micros == TimestampInfinity || micros == TimestampMinusInfinity {
		return AppendTimestamp(dst, micros)
	}
	_, offset := time.UnixMicro(micros).In(loc).Zone()
	dst, bc := appendTimestamp(dst, micros+int64(offset)*MicrosPerSecond)
	dst = appendOffset(dst, offset)
	return appendEra(dst, bc)
}

func appendOffset(dst []byte, seconds int) []byte {
	sign := byte('+')
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	dst = appendPadded(append(dst, sign), seconds/3600, 2)
	if m, s := seconds/60%60, seconds%60; m != 0 || s != 0 {
		dst = appendPadded(append(dst, ':'), m, 2)
		if s != 0 {
			dst = appendPadded(append(dst, ':'), s, 2)
		}
	}
	return dst
}

// AppendInterval appends an interval in PostgreSQL's own style: 1 year 2 mons 3 days 04:05:06.789.
func AppendInterval(dst []byte, iv IntervalValue) []byte {
	start, negative := len(dst), false
	unit := func(n int64, one, many string) {
		if n == 0 {
			return
		}
		if len(dst) > start {
			dst = append(dst, ' ')
		}
		if negative && n > 0 {
			dst = append(dst, '+')
		}
		negative = n < 0
		dst = append(strconv.AppendInt(dst, n, 10), ' ')
		if n == 1 {
			dst = append(dst, one...)
			return
		}
		dst = append(dst, many...)
	}
	unit(int64(iv.Months/12), "year", "years")
	unit(int64(iv.Months%12), "mon", "mons")
	unit(int64(iv.Days), "day", "days")
	if iv.Micros == 0 && len(dst) > start {
		return dst
	}
	if len(dst) > start {
		dst = append(dst, ' ')
	}
	micros := uint64(iv.Micros)
	switch {
	case iv.Micros < 0:
		dst = append(dst, '-')
		micros = -micros
	case negative:
		dst = append(dst, '+')
	}
	hours := micros / uint64(MicrosPerHour)
	dst = appendPadded(dst, int(hours), 2)
	rest := int64(micros % uint64(MicrosPerHour))
	dst = appendPadded(append(dst, ':'), int(rest/MicrosPerMinute), 2)
	return appendSeconds(append(dst, ':'), rest%MicrosPerMinute, 2)
}

// AppendUUID appends 16 bytes in the form 8-4-4-4-12.
func AppendUUID(dst, id []byte) []byte {
	for i, b := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, []byte{b})
	}
	return dst
}

// AppendBytea appends bytes in PostgreSQL's hex form: \x0a1b.
func AppendBytea(dst, b []byte) []byte { return hex.AppendEncode(append(dst, `\x`...), b) }
