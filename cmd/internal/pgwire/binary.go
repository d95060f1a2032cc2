package pgwire

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// PostgreSQL counts dates and timestamps from 2000-01-01.
const (
	epochDays   = 10957
	epochMicros = epochDays * 86400 * 1_000_000
)

// appendBinary appends a value in PostgreSQL's binary format (the send functions of its types).
func appendBinary(dst []byte, v schema.Value) ([]byte, error) {
	be := binary.BigEndian
	switch v.Type.Kind {
	case schema.Boolean:
		return append(dst, byte(v.I)), nil
	case schema.TinyInt, schema.SmallInt:
		return be.AppendUint16(dst, uint16(v.I)), nil
	case schema.Integer, schema.OID, schema.RegClass, schema.RegType, schema.RegProc, schema.RegNamespace:
		return be.AppendUint32(dst, uint32(v.I)), nil
	case schema.BigInt, schema.Time:
		return be.AppendUint64(dst, uint64(v.I)), nil
	case schema.Date:
		if v.I == schema.DateInfinity || v.I == schema.DateMinusInfinity {
			return be.AppendUint32(dst, uint32(v.I)), nil
		}
		return be.AppendUint32(dst, uint32(int32(v.I)-epochDays)), nil
	case schema.Timestamp, schema.TimestampTZ:
		if v.I == schema.TimestampInfinity || v.I == schema.TimestampMinusInfinity {
			return be.AppendUint64(dst, uint64(v.I)), nil
		}
		return be.AppendUint64(dst, uint64(v.I-epochMicros)), nil
	case schema.Real:
		return be.AppendUint32(dst, math.Float32bits(float32(v.F))), nil
	case schema.Double:
		return be.AppendUint64(dst, math.Float64bits(v.F)), nil
	case schema.Decimal:
		return appendNumeric(dst, v.Text(), int(v.Type.Scale)), nil
	case schema.Interval:
		iv := v.Interval()
		dst = be.AppendUint64(dst, uint64(iv.Micros))
		dst = be.AppendUint32(dst, uint32(iv.Days))
		return be.AppendUint32(dst, uint32(iv.Months)), nil
	case schema.UUID, schema.Varbinary:
		return append(dst, v.S...), nil
	case schema.JSONB:
		return append(append(dst, 1), v.Text()...), nil
	case schema.Void:
		return dst, nil
	case schema.Array:
		return appendArray(dst, v)
	case schema.Int2Vector, schema.OIDVector:
		return nil, sqlerr.Unsupported("the binary format of %s", v.Type)
	}
	return v.AppendText(dst, time.UTC), nil
}

// appendNumeric appends a decimal from its text: groups of four digits with the weight of the first.
func appendNumeric(dst []byte, text string, scale int) []byte {
	be := binary.BigEndian
	sign := uint16(0)
	if strings.HasPrefix(text, "-") {
		sign, text = 0x4000, text[1:]
	}
	whole, fraction, _ := strings.Cut(text, ".")
	whole = strings.TrimLeft(whole, "0")
	for len(whole)%4 != 0 {
		whole = "0" + whole
	}
	for len(fraction)%4 != 0 {
		fraction += "0"
	}
	digits := whole + fraction
	weight := len(whole)/4 - 1
	for strings.HasPrefix(digits, "0000") {
		digits = digits[4:]
		weight--
	}
	for strings.HasSuffix(digits, "0000") {
		digits = digits[:len(digits)-4]
	}
	if digits == "" {
		weight, sign = 0, 0
	}
	dst = be.AppendUint16(dst, uint16(len(digits)/4))
	dst = be.AppendUint16(dst, uint16(int16(weight)))
	dst = be.AppendUint16(dst, sign)
	dst = be.AppendUint16(dst, uint16(scale))
	for i := 0; i < len(digits); i += 4 {
		n, err := strconv.Atoi(digits[i : i+4])
		if err != nil {
			panic(err) // a decimal's text has digits alone
		}
		dst = be.AppendUint16(dst, uint16(n))
	}
	return dst
}

// appendArray appends an array of one dimension, or of more when all its parts are of equal length.
func appendArray(dst []byte, v schema.Value) ([]byte, error) {
	be := binary.BigEndian
	var dims []int
	elem := v.Type
	for at := v; at.Type.Kind == schema.Array; {
		dims = append(dims, len(at.Elems))
		elem = at.Type.Elem()
		if len(at.Elems) == 0 {
			break
		}
		at = at.Elems[0]
	}
	leaves, null, ok := flatten(v, dims, nil)
	if !ok {
		return nil, sqlerr.Unsupported("the binary format of an array whose parts differ in length")
	}
	if len(leaves) == 0 {
		dims = nil
	}
	dst = be.AppendUint32(dst, uint32(len(dims)))
	dst = be.AppendUint32(dst, map[bool]uint32{true: 1}[null])
	dst = be.AppendUint32(dst, schema.OIDOf(elem))
	for _, d := range dims {
		dst = be.AppendUint32(dst, uint32(d))
		dst = be.AppendUint32(dst, 1)
	}
	for _, x := range leaves {
		if !x.Valid {
			dst = be.AppendUint32(dst, 1<<32-1)
			continue
		}
		at := len(dst)
		dst = append(dst, 0, 0, 0, 0)
		var err error
		if dst, err = appendBinary(dst, x); err != nil {
			return nil, err
		}
		be.PutUint32(dst[at:], uint32(len(dst)-at-4))
	}
	return dst, nil
}

func flatten(v schema.Value, dims []int, out []schema.Value) (leaves []schema.Value, null, ok bool) {
	if len(v.Elems) != dims[0] {
		return nil, false, false
	}
	for _, x := range v.Elems {
		if len(dims) == 1 {
			out = append(out, x)
			null = null || !x.Valid
			continue
		}
		var n, good bool
		if out, n, good = flatten(x, dims[1:], out); !good {
			return nil, false, false
		}
		null = null || n
	}
	return out, null, true
}

// decodeBinary reads a parameter in the binary format.
func decodeBinary(t schema.Type, b []byte) (schema.Value, error) {
	be := binary.BigEndian
	bad := sqlerr.New(sqlerr.InvalidBinaryRepresent, "incorrect binary data format for type %s: %d bytes", t, len(b))
	if n := int(schema.TypLen(t)); n > 0 && t.Kind != schema.Name && len(b) != n {
		return schema.Value{}, bad
	}
	switch t.Kind {
	case schema.Boolean:
		return schema.BoolValue(b[0] != 0), nil
	case schema.TinyInt, schema.SmallInt:
		return schema.IntValue(t, int64(int16(be.Uint16(b)))), nil
	case schema.Integer:
		return schema.IntValue(t, int64(int32(be.Uint32(b)))), nil
	case schema.OID, schema.RegClass, schema.RegType, schema.RegProc, schema.RegNamespace:
		return schema.IntValue(t, int64(be.Uint32(b))), nil
	case schema.BigInt, schema.Time:
		return schema.IntValue(t, int64(be.Uint64(b))), nil
	case schema.Date:
		days := int64(int32(be.Uint32(b)))
		if days != schema.DateInfinity && days != schema.DateMinusInfinity {
			days += epochDays
		}
		return schema.IntValue(t, days), nil
	case schema.Timestamp, schema.TimestampTZ:
		micros := int64(be.Uint64(b))
		if micros != schema.TimestampInfinity && micros != schema.TimestampMinusInfinity {
			micros += epochMicros
		}
		return schema.IntValue(t, micros), nil
	case schema.Real:
		return schema.FloatValue(t, float64(math.Float32frombits(be.Uint32(b)))), nil
	case schema.Double:
		return schema.FloatValue(t, math.Float64frombits(be.Uint64(b))), nil
	case schema.Interval:
		return schema.IntervalOf(schema.IntervalValue{Micros: int64(be.Uint64(b)), Days: int32(be.Uint32(b[8:])), Months: int32(be.Uint32(b[12:]))}), nil
	case schema.UUID, schema.Varbinary:
		return schema.StringValue(t, string(b)), nil
	case schema.Decimal:
		text, ok := numericText(b)
		if !ok {
			return schema.Value{}, bad
		}
		return schema.Parse(t, text)
	case schema.JSONB:
		if len(b) == 0 || b[0] != 1 {
			return schema.Value{}, bad
		}
		return schema.Parse(t, string(b[1:]))
	case schema.Array:
		return decodeArray(t, b)
	}
	if !utf8.Valid(b) {
		return schema.Value{}, sqlerr.New(sqlerr.CharacterNotInRepertoire, "invalid byte sequence for encoding %q", "UTF8")
	}
	return schema.Parse(t, string(b))
}

func numericText(b []byte) (string, bool) {
	be := binary.BigEndian
	if len(b) < 8 {
		return "", false
	}
	n, weight, sign, scale := int(be.Uint16(b)), int(int16(be.Uint16(b[2:]))), be.Uint16(b[4:]), int(be.Uint16(b[6:]))
	if len(b) != 8+2*n || scale > 16383 || weight > 1000 || weight < -5000 {
		return "", false
	}
	switch sign {
	case 0, 0x4000:
	case 0xC000:
		return "NaN", true
	default:
		return "", false
	}
	var s strings.Builder
	if sign == 0x4000 {
		s.WriteByte('-')
	}
	digit := func(i int) string {
		if i < 0 || i >= n {
			return "0000"
		}
		text := strconv.Itoa(int(be.Uint16(b[8+2*i:])))
		return strings.Repeat("0", max(4-len(text), 0)) + text
	}
	s.WriteByte('0')
	for i := 0; i <= weight; i++ {
		s.WriteString(digit(i))
	}
	var fraction strings.Builder
	for i := weight + 1; fraction.Len() < scale; i++ {
		fraction.WriteString(digit(i))
	}
	if scale > 0 {
		s.WriteByte('.')
		s.WriteString(fraction.String()[:scale])
	}
	return s.String(), true
}

// decodeArray reads an array of at most one dimension.
func decodeArray(t schema.Type, b []byte) (schema.Value, error) {
	be := binary.BigEndian
	bad := sqlerr.New(sqlerr.InvalidBinaryRepresent, "incorrect binary data format for type %s", t)
	if len(b) < 12 {
		return schema.Value{}, bad
	}
	dims := be.Uint32(b)
	b = b[12:]
	switch {
	case dims == 0:
		return schema.NestedValue(t, nil), nil
	case dims > 1:
		return schema.Value{}, sqlerr.Unsupported("a binary parameter that is an array of %d dimensions", dims)
	case len(b) < 8:
		return schema.Value{}, bad
	}
	n := be.Uint32(b)
	b = b[8:]
	if int64(n)*4 > int64(len(b)) {
		return schema.Value{}, bad
	}
	elems := make([]schema.Value, 0, n)
	for range n {
		if len(b) < 4 {
			return schema.Value{}, bad
		}
		size := int32(be.Uint32(b))
		b = b[4:]
		if size < 0 {
			elems = append(elems, schema.NullOf(t.Elem()))
			continue
		}
		if int(size) > len(b) {
			return schema.Value{}, bad
		}
		v, err := decodeBinary(t.Elem(), b[:size])
		if err != nil {
			return v, err
		}
		elems = append(elems, v)
		b = b[size:]
	}
	return schema.NestedValue(t, elems), nil
}
