package schema

import (
	"encoding/hex"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Parse reads a value of type t from PostgreSQL's text form, as a cast from text does. Timestamps with time zone that name no
// zone are UTC; ParseIn takes another. Errors are PostgreSQL's: 22P02, 22003, 22007, 22008.
func Parse(t Type, s string) (Value, error) { return ParseIn(t, s, time.UTC) }

// ParseIn is Parse with the time zone of timestamps that name none.
func ParseIn(t Type, s string, loc *time.Location) (Value, error) {
	switch t.Kind {
	case Varchar, Char, Name, InternalChar, Unknown, Void:
		return parseText(t, s)
	case Varbinary:
		return parseBytea(t, s)
	case Boolean:
		return parseBool(s)
	case TinyInt, SmallInt, Integer, BigInt, OID, RegClass, RegType, RegProc, RegNamespace:
		return parseInt(t, s)
	case Real, Double:
		return parseFloat(t, s)
	case Decimal:
		return parseDecimalValue(t, s)
	case Date, Time, Timestamp, TimestampTZ:
		return parseTemporal(t, s, loc)
	case Interval:
		iv, err := ParseInterval(s)
		return IntervalOf(iv), err
	case UUID:
		return parseUUID(t, s)
	case JSON, JSONB:
		return parseJSON(t, s)
	case Array:
		return parseArray(t, s, loc)
	case Int2Vector, OIDVector:
		return parseVector(t, s)
	}
	return Value{}, sqlerr.New(sqlerr.CannotCoerce, "cannot cast text to %s", t)
}

// invalid is PostgreSQL's error for text that is no value of a type.
func invalid(t Type, s string) error {
	return sqlerr.New(sqlerr.InvalidTextRepresent, "invalid input syntax for type %s: %q", PostgresName(t), s)
}

func outOfRange(t Type, s string) error {
	return sqlerr.New(sqlerr.NumericOutOfRange, "value %q is out of range for type %s", s, PostgresName(t))
}

// PostgresName returns PostgreSQL's own name of a type, as its messages and format_type spell it.
func PostgresName(t Type) string {
	switch t.Kind {
	case TinyInt, SmallInt:
		return "smallint"
	case Double:
		return "double precision"
	case Decimal:
		return "numeric"
	case Varchar:
		if t.Precision > 0 {
			return "character varying"
		}
		return "text"
	case Char:
		return "character"
	case Varbinary:
		return "bytea"
	case Time:
		return "time without time zone"
	case Timestamp:
		return "timestamp without time zone"
	case Array:
		return PostgresName(t.Elem()) + "[]"
	case Map, Row:
		return "json"
	}
	return t.Kind.String()
}

func parseText(t Type, s string) (Value, error) {
	if strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
		return Value{}, sqlerr.New(sqlerr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\"")
	}
	if t.Precision == 0 || t.Kind != Varchar && t.Kind != Char {
		return StringValue(t, s), nil
	}
	n := utf8.RuneCountInString(s)
	limit := int(t.Precision)
	if n > limit {
		runes := []rune(s)
		if strings.TrimRight(string(runes[limit:]), " ") != "" {
			return Value{}, sqlerr.New(sqlerr.StringTruncation, "value too long for type %s(%d)", PostgresName(t), limit)
		}
		s = string(runes[:limit])
	} else if t.Kind == Char {
		s += strings.Repeat(" ", limit-n)
	}
	return StringValue(t, s), nil
}

func parseBytea(t Type, s string) (Value, error) {
	if rest, ok := strings.CutPrefix(s, `\x`); ok {
		b, err := hex.DecodeString(strings.ReplaceAll(rest, " ", ""))
		if err != nil {
			return Value{}, sqlerr.New(sqlerr.InvalidParameterValue, "invalid hexadecimal data: %q", s)
		}
		return StringValue(t, string(b)), nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\':
			b.WriteByte(s[i])
		case i+1 < len(s) && s[i+1] == '\\':
			b.WriteByte('\\')
			i++
		case i+3 < len(s):
			n, err := strconv.ParseUint(s[i+1:i+4], 8, 8)
			if err != nil {
				return Value{}, invalid(t, s)
			}
			b.WriteByte(byte(n))
			i += 3
		default:
			return Value{}, invalid(t, s)
		}
	}
	return StringValue(t, b.String()), nil
}

func parseBool(s string) (Value, error) {
	word := strings.ToLower(strings.TrimSpace(s))
	for _, w := range []string{"true", "yes", "on"} {
		if word != "" && strings.HasPrefix(w, word) && (w != "on" || len(word) == 2) {
			return BoolValue(true), nil
		}
	}
	for _, w := range []string{"false", "no", "off"} {
		if word != "" && strings.HasPrefix(w, word) && (w != "off" || len(word) >= 2) {
			return BoolValue(false), nil
		}
	}
	switch word {
	case "1":
		return BoolValue(true), nil
	case "0":
		return BoolValue(false), nil
	}
	return Value{}, invalid(T(Boolean), s)
}

// integerLimits are the least and greatest values of the integer types.
var integerLimits = map[Kind][2]int64{
	TinyInt: {math.MinInt8, math.MaxInt8}, SmallInt: {math.MinInt16, math.MaxInt16}, Integer: {math.MinInt32, math.MaxInt32},
	BigInt: {math.MinInt64, math.MaxInt64}, OID: {math.MinInt32, math.MaxUint32}, RegClass: {0, math.MaxUint32},
	RegType: {0, math.MaxUint32}, RegProc: {0, math.MaxUint32}, RegNamespace: {0, math.MaxUint32},
}

func parseInt(t Type, s string) (Value, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	limits := integerLimits[t.Kind]
	switch {
	case errors.Is(err, strconv.ErrRange), err == nil && (n < limits[0] || n > limits[1]):
		return Value{}, outOfRange(t, s)
	case err != nil:
		return Value{}, invalid(t, s)
	}
	if t.Kind == OID {
		n = int64(uint32(n))
	}
	return IntValue(t, n), nil
}

func parseFloat(t Type, s string) (Value, error) {
	text := strings.TrimSpace(s)
	bits := 64
	if t.Kind == Real {
		bits = 32
	}
	if strings.ContainsAny(text, "xXpP_") {
		return Value{}, invalid(t, s)
	}
	f, err := strconv.ParseFloat(text, bits)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return Value{}, sqlerr.New(sqlerr.NumericOutOfRange, "%q is out of range for type %s", s, PostgresName(t))
	case err != nil:
		return Value{}, invalid(t, s)
	case f == 0 && strings.ContainsAny(mantissa(text), "123456789"):
		return Value{}, sqlerr.New(sqlerr.NumericOutOfRange, "%q is out of range for type %s", s, PostgresName(t))
	}
	return FloatValue(t, f), nil
}

func mantissa(s string) string {
	m, _, _ := strings.Cut(strings.ToLower(s), "e")
	return m
}

func parseDecimalValue(t Type, s string) (Value, error) {
	v, err := ParseDecimal(s, int(t.Precision), int(t.Scale))
	if err != nil {
		return Value{}, err
	}
	if t.Physical() == PhysInt128 {
		return Int128Value(t, v), nil
	}
	n, _ := v.Int64()
	return IntValue(t, n), nil
}

// ParseDecimal reads a number as an unscaled value of the given scale, rounded half away from zero. More than precision
// digits are 22003.
func ParseDecimal(s string, precision, scale int) (Int128, error) {
	t := DecimalOf(precision, scale)
	text := strings.TrimSpace(s)
	negative := false
	if text != "" && (text[0] == '-' || text[0] == '+') {
		negative = text[0] == '-'
		text = text[1:]
	}
	number, exponentText, hasExponent := strings.Cut(strings.ToLower(text), "e")
	exponent := 0
	if hasExponent {
		n, err := strconv.Atoi(exponentText)
		if err != nil || n > 1<<20 || n < -1<<20 {
			return Int128{}, invalid(t, s)
		}
		exponent = n
	}
	whole, fraction, _ := strings.Cut(number, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return Int128{}, invalid(t, s)
	}
	keep := len(whole) + exponent + scale // digits before the unscaled value's end
	v, err := scaledDigits(digits, keep)
	if err != nil || !fitsDigits(v, precision) {
		return Int128{}, sqlerr.New(sqlerr.NumericOutOfRange, "numeric field overflow").
			WithDetail("A field with precision %d, scale %d must round to an absolute value less than 10^%d.", precision, scale, precision-scale)
	}
	if negative {
		v = v.Neg()
	}
	return v, nil
}

// scaledDigits reads the first keep digits as a number, padded with zeros, and rounds half up by the next one.
func scaledDigits(digits string, keep int) (Int128, error) {
	if keep < 0 {
		return Int128{}, nil
	}
	round := keep < len(digits) && digits[keep] >= '5'
	significant := strings.TrimLeft(digits[:min(keep, len(digits))], "0")
	zeros := max(keep-len(digits), 0)
	if significant == "" {
		zeros = 0
	}
	if len(significant)+zeros > MaxDecimal {
		return Int128{}, strconv.ErrRange
	}
	var v Int128
	for i := range len(significant) {
		v = v.Mul(Int128FromInt64(10)).Add(Int128FromInt64(int64(significant[i] - '0')))
	}
	v = v.Mul(Pow10(zeros))
	if round {
		v = v.Add(Int128FromInt64(1))
	}
	return v, nil
}

func fitsDigits(v Int128, precision int) bool { return v.Compare(Pow10(precision)) < 0 }

func parseUUID(t Type, s string) (Value, error) {
	text := s
	if strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}") {
		text = text[1 : len(text)-1]
	}
	var b []byte
	for i := 0; i < len(text); i++ {
		if text[i] == '-' {
			if n := len(b); n == 0 || n == 32 || n%4 != 0 {
				return Value{}, invalid(t, s)
			}
			continue
		}
		b = append(b, text[i])
	}
	raw, err := hex.DecodeString(string(b))
	if err != nil || len(raw) != 16 {
		return Value{}, invalid(t, s)
	}
	return StringValue(t, string(raw)), nil
}

func parseVector(t Type, s string) (Value, error) {
	var elems []Value
	for word := range strings.FieldsSeq(s) {
		e, err := parseInt(t.Elem(), word)
		if err != nil {
			return Value{}, err
		}
		elems = append(elems, e)
	}
	return NestedValue(t, elems), nil
}
