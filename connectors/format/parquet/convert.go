package parquet

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
)

// converter turns a vector of the type that a file has into the type that the table has. It may change v, and may use
// the memory of scratch for as long as the result lives.
type converter func(v vector.Vector, s *scratch) (vector.Vector, error)

// conversion is how values of a file's type become values of a table's type. The zero value leaves them as they are.
type conversion struct {
	vec converter
	// value converts a bound of statistics; nil when the order of the values is not kept, so that bounds say nothing.
	value func(schema.Value) schema.Value
	// distinct says that different values stay different.
	distinct bool
	// limit, where it is not 0, is the length in bytes up to which different texts that do not end in a blank stay different.
	limit int
}

func sameValue(v schema.Value) schema.Value { return v }

// relabel gives the vector, which has the same representation, the table's type.
func relabel(to schema.Type) conversion {
	return conversion{
		vec: func(v vector.Vector, _ *scratch) (vector.Vector, error) {
			switch v := v.(type) {
			case *vector.Flat[int32]:
				v.Typ = to
			case *vector.Flat[int64]:
				v.Typ = to
			case *vector.Flat[schema.Int128]:
				v.Typ = to
			case *vector.Bytes:
				v.Typ = to
			}
			return v, nil
		},
		value:    func(v schema.Value) schema.Value { v.Type = to; return v },
		distinct: true,
	}
}

// intDigits is how many decimal digits hold every value of an integer type.
var intDigits = map[schema.Kind]int32{schema.TinyInt: 3, schema.SmallInt: 5, schema.Integer: 10, schema.BigInt: 19}

// conversionOf returns how a file's type is read as a table's type: widening alone, and anything as text. ok is false
// when values could be lost or have no counterpart.
func conversionOf(from, to schema.Type) (c conversion, ok bool) {
	switch {
	case from.Equal(to):
		return conversion{value: sameValue, distinct: true}, true
	case to.IsString():
		return toText(from, to), true
	case to.Kind == schema.Varbinary, to.Kind == schema.JSON:
		return relabel(to), from.Physical() == schema.PhysBytes && from.Kind != schema.UUID
	case to.Kind == schema.JSONB:
		return conversion{vec: parseDocuments}, from.Physical() == schema.PhysBytes && from.Kind != schema.UUID
	case from.IsInteger():
		return convertInt(from, to)
	case from.Kind == schema.Real && to.Kind == schema.Double:
		return conversion{vec: widenFloats(to), value: func(v schema.Value) schema.Value { v.Type = to; return v }, distinct: true}, true
	case from.Kind == schema.Decimal && to.Kind == schema.Decimal:
		fits := to.Precision-to.Scale >= from.Precision-from.Scale && to.Scale >= from.Scale
		return toDecimal(from, to, int(to.Scale-from.Scale)), fits
	case from.Kind == schema.Date && (to.Kind == schema.Timestamp || to.Kind == schema.TimestampTZ):
		return dateToTimestamp(to), true
	case from.Kind == to.Kind && from.IsTemporal():
		return relabel(to), true
	case from.Kind == schema.Timestamp && to.Kind == schema.TimestampTZ, from.Kind == schema.TimestampTZ && to.Kind == schema.Timestamp:
		return relabel(to), true
	}
	return conversion{}, false
}

func convertInt(from, to schema.Type) (conversion, bool) {
	switch {
	case to.IsInteger() && to.Kind > from.Kind:
		if to.Physical() == from.Physical() {
			return relabel(to), true
		}
		return conversion{vec: widenInts(to, 1), value: func(v schema.Value) schema.Value { v.Type = to; return v }, distinct: true}, true
	case to.Kind == schema.Decimal:
		return toDecimal(from, to, int(to.Scale)), to.Precision-to.Scale >= intDigits[from.Kind]
	case to.Kind == schema.Double && from.Kind != schema.BigInt:
		return intToFloat(to), true
	case to.Kind == schema.Real && (from.Kind == schema.TinyInt || from.Kind == schema.SmallInt):
		return intToFloat(to), true
	}
	return conversion{}, false
}

var errForm = errors.New("a decoded column has an unexpected form")

func widenInts(to schema.Type, factor int64) converter {
	return func(v vector.Vector, s *scratch) (vector.Vector, error) {
		switch v := v.(type) {
		case *vector.Flat[int32]:
			out := grow(&s.i64, len(v.Values))
			for i, x := range v.Values {
				out[i] = int64(x) * factor
			}
			return &vector.Flat[int64]{Typ: to, Values: out, Null: v.Null}, nil
		case *vector.Flat[int64]:
			out := grow(&s.i64, len(v.Values))
			for i, x := range v.Values {
				out[i] = x * factor
			}
			return &vector.Flat[int64]{Typ: to, Values: out, Null: v.Null}, nil
		}
		return nil, errForm
	}
}

func widenFloats(to schema.Type) converter {
	return func(v vector.Vector, s *scratch) (vector.Vector, error) {
		f, ok := v.(*vector.Flat[float32])
		if !ok {
			return nil, errForm
		}
		out := grow(&s.f64, len(f.Values))
		for i, x := range f.Values {
			out[i] = float64(x)
		}
		return &vector.Flat[float64]{Typ: to, Values: out, Null: f.Null}, nil
	}
}

// toDecimal multiplies integers or decimals by 10^scale.
func toDecimal(from, to schema.Type, scale int) conversion {
	if scale < 0 || scale > schema.MaxDecimal {
		return conversion{}
	}
	if scale == 0 && from.Physical() == to.Physical() && from.Kind == schema.Decimal {
		return relabel(to)
	}
	c := conversion{distinct: true, value: func(v schema.Value) schema.Value {
		x := v.Int128().Mul(schema.Pow10(scale))
		if to.Physical() == schema.PhysInt128 {
			return schema.Int128Value(to, x)
		}
		return schema.IntValue(to, int64(x.Lo))
	}}
	if to.Physical() == schema.PhysInt64 {
		c.vec = widenInts(to, schema.Pow10Int64(min(scale, schema.MaxDecimal64)))
		return c
	}
	factor := schema.Pow10(scale)
	c.vec = func(v vector.Vector, s *scratch) (vector.Vector, error) {
		var out []schema.Int128
		switch v := v.(type) {
		case *vector.Flat[int32]:
			out = grow(&s.i128, len(v.Values))
			for i, x := range v.Values {
				out[i] = schema.Int128FromInt64(int64(x)).Mul(factor)
			}
		case *vector.Flat[int64]:
			out = grow(&s.i128, len(v.Values))
			for i, x := range v.Values {
				out[i] = schema.Int128FromInt64(x).Mul(factor)
			}
		case *vector.Flat[schema.Int128]:
			out = grow(&s.i128, len(v.Values))
			for i, x := range v.Values {
				out[i] = x.Mul(factor)
			}
		default:
			return nil, errForm
		}
		return &vector.Flat[schema.Int128]{Typ: to, Values: out, Null: v.Nulls()}, nil
	}
	return c
}

func intToFloat(to schema.Type) conversion {
	return conversion{
		distinct: true,
		value:    func(v schema.Value) schema.Value { return schema.FloatValue(to, float64(v.I)) },
		vec: func(v vector.Vector, s *scratch) (vector.Vector, error) {
			in, ok := v.(*vector.Flat[int32])
			if !ok {
				return nil, errForm
			}
			if to.Kind == schema.Real {
				out := grow(&s.f32, len(in.Values))
				for i, x := range in.Values {
					out[i] = float32(x)
				}
				return &vector.Flat[float32]{Typ: to, Values: out, Null: in.Null}, nil
			}
			out := grow(&s.f64, len(in.Values))
			for i, x := range in.Values {
				out[i] = float64(x)
			}
			return &vector.Flat[float64]{Typ: to, Values: out, Null: in.Null}, nil
		},
	}
}

func dateToTimestamp(to schema.Type) conversion {
	micros := func(days int64) int64 { return daysToMicros(days, 0) }
	return conversion{
		value: func(v schema.Value) schema.Value { return schema.IntValue(to, micros(v.I)) },
		vec: func(v vector.Vector, s *scratch) (vector.Vector, error) {
			in, ok := v.(*vector.Flat[int32])
			if !ok {
				return nil, errForm
			}
			out := grow(&s.i64, len(in.Values))
			for i, x := range in.Values {
				out[i] = micros(int64(x))
			}
			return &vector.Flat[int64]{Typ: to, Values: out, Null: in.Null}, nil
		},
	}
}

var errUTF8 = errors.New("a binary value that the table reads as text is not valid UTF-8")

// parseDocuments makes jsonb of texts.
func parseDocuments(v vector.Vector, _ *scratch) (vector.Vector, error) {
	texts, ok := v.(*vector.Bytes)
	if !ok {
		return nil, errForm
	}
	b := vector.NewBuilder(schema.T(schema.JSONB), v.Len())
	for i := range texts.Views {
		if texts.Null.Get(i) {
			b.AppendNull()
			continue
		}
		doc, err := schema.Parse(b.Type(), string(texts.At(i)))
		if err != nil {
			return nil, fmt.Errorf("a text that the table reads as jsonb is no document: %s", err) //nolint:errorlint // the file is at fault
		}
		b.AppendValue(doc)
	}
	return b.Build(), nil
}

// toText reads strings as they are, binary data as UTF-8, and everything else in its text form. Text is cut to the length of
// varchar(n) and char(n), and padded to that of char(n).
func toText(from, to schema.Type) conversion {
	c := asText(from, to)
	if to.Precision == 0 {
		return c
	}
	whole, value := c.vec, c.value
	c.vec = func(v vector.Vector, s *scratch) (vector.Vector, error) {
		v, err := whole(v, s)
		if err != nil {
			return nil, err
		}
		b, ok := v.(*vector.Bytes)
		if !ok {
			return nil, errForm
		}
		fit(b, to)
		return b, nil
	}
	if c.distinct {
		c.limit = int(to.Precision)
	}
	c.distinct = false
	if value != nil {
		c.value = func(v schema.Value) schema.Value {
			if !utf8.ValidString(v.S) { // a bound that was cut inside a character is in another order when it is cut again
				return schema.Value{}
			}
			v = value(v)
			v.S = v.S[:cutAt([]byte(v.S), int(to.Precision))]
			return v
		}
	}
	return c
}

// cutAt returns how many bytes the first n characters take.
func cutAt(b []byte, n int) int {
	if len(b) <= n {
		return len(b)
	}
	for i := range string(b) {
		if n == 0 {
			return i
		}
		n--
	}
	return len(b)
}

// fit cuts and pads the texts of v to the length of type t.
func fit(v *vector.Bytes, t schema.Type) {
	n := int(t.Precision)
	var padded []byte
	for i, w := range v.Views {
		if t.Kind != schema.Char && int(w.Len) <= n || v.Null.Get(i) {
			continue
		}
		text := v.At(i)
		text = text[:cutAt(text, n)]
		v.Views[i] = vector.MakeView(text, w.Buf, w.Off)
		if short := n - utf8.RuneCount(text); t.Kind == schema.Char && short > 0 {
			off := len(padded)
			padded = append(padded, text...)
			padded = append(padded, bytes.Repeat([]byte{' '}, short)...)
			v.Views[i] = vector.MakeView(padded[off:], uint32(len(v.Buffers)), uint32(off))
		}
	}
	if padded != nil {
		v.Buffers = append(slices.Clip(v.Buffers), padded)
	}
}

// asText is toText for text of any length.
func asText(from, to schema.Type) conversion {
	switch {
	case from.IsString():
		return relabel(to)
	case from.Kind == schema.JSON:
		return relabel(to)
	case from.Kind == schema.Varbinary:
		c := relabel(to)
		label := c.vec
		c.vec = func(v vector.Vector, s *scratch) (vector.Vector, error) {
			if b, ok := v.(*vector.Bytes); ok {
				for i := range b.Views {
					if !b.Null.Get(i) && !utf8.Valid(b.At(i)) {
						return nil, errUTF8
					}
				}
			}
			return label(v, s)
		}
		return c
	}
	return conversion{vec: func(v vector.Vector, _ *scratch) (vector.Vector, error) {
		b := vector.NewBuilder(to, v.Len())
		var text []byte
		for i := range v.Len() {
			if vector.NullAt(v, i) {
				b.AppendNull()
				continue
			}
			text = vector.ValueAt(v, i).AppendText(text[:0], time.UTC)
			b.AppendBytes(text)
		}
		return b.Build(), nil
	}, distinct: from.Kind != schema.Real && from.Kind != schema.Double}
}
