package pgtypes

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Decode reads a parameter of a type in a format; raw is nil for NULL. Timestamps that name no zone are in loc. Decimals keep the
// digits that they came with: the value's type is then a decimal of its own precision and scale.
func Decode(t schema.Type, raw []byte, format int16, loc *time.Location) (schema.Value, error) {
	if t.Kind == schema.Unknown {
		t = schema.Text
	}
	switch {
	case raw == nil:
		return schema.NullOf(t), nil
	case format == Text:
		return decodeText(t, raw, loc)
	case format == Binary:
		return decodeBinary(t, raw, loc)
	}
	return schema.Value{}, sqlerr.New(sqlerr.InvalidParameterValue, "unsupported format code: %d", format)
}

func decodeText(t schema.Type, raw []byte, loc *time.Location) (schema.Value, error) {
	if err := checkText(raw); err != nil {
		return schema.Value{}, err
	}
	if t.Kind == schema.Decimal {
		return parseDecimal(t, string(raw))
	}
	return schema.ParseIn(t, string(raw), loc)
}

// checkText refuses what PostgreSQL's UTF8 has no character for.
func checkText(raw []byte) error {
	if i := bytes.IndexByte(raw, 0); i >= 0 {
		return sqlerr.New(sqlerr.CharacterNotInRepertoire, `invalid byte sequence for encoding "UTF8": 0x00`)
	}
	if utf8.Valid(raw) {
		return nil
	}
	for len(raw) > 0 {
		r, n := utf8.DecodeRune(raw)
		if r == utf8.RuneError && n == 1 {
			break
		}
		raw = raw[n:]
	}
	return sqlerr.New(sqlerr.CharacterNotInRepertoire, `invalid byte sequence for encoding "UTF8": 0x%02x`, raw[0])
}

// parseDecimal reads a decimal with as many digits after the point as the text has, if the type's own are fewer.
func parseDecimal(t schema.Type, s string) (schema.Value, error) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(strings.TrimSpace(s)), "e")
	scale := 0
	if _, fraction, ok := strings.Cut(mantissa, "."); ok {
		scale = len(fraction)
	}
	if exponent != "" {
		e, err := parseExponent(exponent)
		if err != nil {
			return schema.Parse(t, s) // which knows the right error
		}
		scale -= e
	}
	scale = min(max(scale, 0), schema.MaxDecimal)
	own := schema.DecimalOf(schema.MaxDecimal, scale)
	v, err := schema.Parse(own, s)
	if err != nil {
		return schema.Parse(t, s) // too many digits before the point for this scale, or no number
	}
	return v, nil
}

func parseExponent(s string) (int, error) {
	v, err := schema.Parse(schema.T(schema.SmallInt), s)
	return int(v.I), err
}

// LongValue is the message for a binary value that ends too late; the caller adds the number of the parameter.
const LongValue = "incorrect binary data format in bind parameter"

// errShort is PostgreSQL's for a binary value that ends too early (pqformat.c).
func errShort() error {
	return sqlerr.New(sqlerr.ProtocolViolation, "insufficient data left in message")
}

func errLong() error {
	return sqlerr.New(sqlerr.InvalidBinaryRepresent, LongValue)
}

func checkWidth(b []byte, n int) error {
	switch {
	case len(b) < n:
		return errShort()
	case len(b) > n:
		return errLong()
	}
	return nil
}

// width is how many bytes a fixed-width type has; 0 for others.
func width(t schema.Type) int {
	switch t.Kind {
	case schema.Name, schema.Void, schema.InternalChar:
		return 0
	}
	return max(int(schema.TypLen(t)), 0)
}

func decodeBinary(t schema.Type, b []byte, loc *time.Location) (schema.Value, error) {
	if n := width(t); n > 0 {
		if err := checkWidth(b, n); err != nil {
			return schema.Value{}, err
		}
	}
	be := binary.BigEndian
	switch t.Kind {
	case schema.Boolean:
		return schema.BoolValue(b[0] != 0), nil
	case schema.TinyInt:
		n := int16(be.Uint16(b))
		if n != int16(int8(n)) {
			return schema.Value{}, sqlerr.New(sqlerr.NumericOutOfRange, "value \"%d\" is out of range for type tinyint", n)
		}
		return schema.IntValue(t, int64(n)), nil
	case schema.SmallInt:
		return schema.IntValue(t, int64(int16(be.Uint16(b)))), nil
	case schema.Integer:
		return schema.IntValue(t, int64(int32(be.Uint32(b)))), nil
	case schema.OID, schema.RegClass, schema.RegType, schema.RegProc, schema.RegNamespace:
		return schema.IntValue(t, int64(be.Uint32(b))), nil
	case schema.BigInt:
		return schema.IntValue(t, int64(be.Uint64(b))), nil
	case schema.Real:
		return schema.FloatValue(t, float64(math.Float32frombits(be.Uint32(b)))), nil
	case schema.Double:
		return schema.FloatValue(t, math.Float64frombits(be.Uint64(b))), nil
	case schema.Date, schema.Time, schema.Timestamp, schema.TimestampTZ:
		return decodeTemporal(t, b)
	case schema.Interval:
		return schema.IntervalOf(schema.IntervalValue{
			Micros: int64(be.Uint64(b)), Days: int32(be.Uint32(b[8:])), Months: int32(be.Uint32(b[12:])),
		}), nil
	case schema.UUID, schema.Varbinary:
		return schema.StringValue(t, string(b)), nil
	case schema.Decimal:
		text, ok := numericText(b)
		if !ok {
			return schema.Value{}, sqlerr.New(sqlerr.InvalidBinaryRepresent, "invalid value in external \"numeric\" value")
		}
		return parseDecimal(t, text)
	case schema.JSONB:
		if len(b) == 0 {
			return schema.Value{}, errShort()
		}
		if b[0] != 1 {
			return schema.Value{}, sqlerr.New(sqlerr.InvalidBinaryRepresent, "unsupported jsonb version number %d", b[0])
		}
		return decodeText(t, b[1:], loc)
	case schema.Array, schema.Int2Vector, schema.OIDVector:
		return decodeArray(t, b, loc)
	}
	return decodeText(t, b, loc)
}

func decodeTemporal(t schema.Type, b []byte) (schema.Value, error) {
	be := binary.BigEndian
	outOfRange := func() (schema.Value, error) {
		return schema.Value{}, sqlerr.New(sqlerr.DatetimeOverflow, "%s out of range", strings.TrimSuffix(schema.PostgresName(t), " without time zone"))
	}
	switch t.Kind {
	case schema.Date:
		n := int32(be.Uint32(b))
		if n == schema.DateInfinity || n == schema.DateMinusInfinity {
			return schema.IntValue(t, int64(n)), nil
		}
		days := int64(n) + epochDays
		if days >= schema.DateInfinity {
			return outOfRange()
		}
		return schema.IntValue(t, days), nil
	case schema.Time:
		n := int64(be.Uint64(b))
		if n < 0 || n > schema.MicrosPerDay {
			return outOfRange()
		}
		return schema.IntValue(t, n), nil
	}
	n := int64(be.Uint64(b))
	if n == schema.TimestampInfinity || n == schema.TimestampMinusInfinity {
		return schema.IntValue(t, n), nil
	}
	if n >= schema.TimestampInfinity-epochMicros {
		return outOfRange()
	}
	return schema.IntValue(t, n+epochMicros), nil
}

// array reads an array's binary form.
type array struct {
	left []byte
	loc  *time.Location
}

// decodeArray reads an array whose number of dimensions is that of the type: array(array(integer)) takes two.
func decodeArray(t schema.Type, b []byte, loc *time.Location) (schema.Value, error) {
	be := binary.BigEndian
	if len(b) < 12 {
		return schema.Value{}, errShort()
	}
	dims, elem := int(int32(be.Uint32(b))), be.Uint32(b[8:])
	a := &array{left: b[12:], loc: loc}
	depth, leaf := 0, t
	for leaf.Kind == schema.Array || depth == 0 {
		leaf = leaf.Elem()
		depth++
	}
	switch {
	case dims < 0 || dims > maxDims:
		return schema.Value{}, sqlerr.New(sqlerr.ProgramLimit, "number of array dimensions (%d) exceeds the maximum allowed (%d)", dims, maxDims)
	case !sameElement(elem, leaf):
		return schema.Value{}, sqlerr.New(sqlerr.DatatypeMismatch, "binary data has array element type %d instead of expected %d (%s)",
			elem, schema.OIDOf(leaf), schema.PostgresName(leaf))
	case dims == 0 && len(a.left) == 0:
		return schema.NestedValue(t, nil), nil
	case dims == 0:
		return schema.Value{}, errLong()
	case dims != depth:
		return schema.Value{}, sqlerr.Unsupported("a parameter of type %s with %d dimensions", t, dims)
	case len(a.left) < 8*dims:
		return schema.Value{}, errShort()
	}
	lengths := make([]int, dims)
	total := 1
	for i := range lengths {
		n := int(int32(be.Uint32(a.left)))
		a.left = a.left[8:]
		if n < 0 || n > len(b) {
			return schema.Value{}, errShort()
		}
		lengths[i] = n
		total *= n
		if total > len(b) {
			return schema.Value{}, errShort()
		}
	}
	if len(a.left) < 4*total {
		return schema.Value{}, errShort()
	}
	v, err := a.read(t, lengths)
	if err == nil && len(a.left) > 0 {
		return schema.Value{}, errLong()
	}
	return v, err
}

// sameElement reports whether an array may hold elements of the type with an OID. The kinds of text are interchangeable.
func sameElement(oid uint32, leaf schema.Type) bool {
	if oid == schema.OIDOf(leaf) {
		return true
	}
	t, ok := schema.TypeByOID(oid)
	return ok && t.IsString() && leaf.IsString() && oid != schema.OIDOf(schema.T(schema.InternalChar))
}

func (a *array) read(t schema.Type, lengths []int) (schema.Value, error) {
	elems := make([]schema.Value, 0, lengths[0])
	for range lengths[0] {
		v, err := a.element(t.Elem(), lengths[1:])
		if err != nil {
			return v, err
		}
		elems = append(elems, v)
	}
	return schema.NestedValue(t, elems), nil
}

func (a *array) element(t schema.Type, lengths []int) (schema.Value, error) {
	if len(lengths) > 0 {
		return a.read(t, lengths)
	}
	if len(a.left) < 4 {
		return schema.Value{}, errShort()
	}
	n := int(int32(binary.BigEndian.Uint32(a.left)))
	a.left = a.left[4:]
	if n == -1 {
		return schema.NullOf(t), nil
	}
	if n < 0 || n > len(a.left) {
		return schema.Value{}, errShort()
	}
	raw := a.left[:n:n]
	a.left = a.left[n:]
	v, err := decodeBinary(t, raw, a.loc)
	if v.Type.Kind == schema.Decimal && err == nil && !v.Type.Equal(t) {
		return schema.Parse(t, v.Text()) // the elements of an array share one type
	}
	return v, err
}
