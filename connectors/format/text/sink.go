package text

import (
	"errors"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
)

// errBroken says that a span has the flag Broken.
var errBroken = errors.New("malformed value")

// Decoder knows how a format escapes text.
type Decoder interface {
	// Unescape appends the text that raw stands for. Raw is the content of a span with the flag Escaped.
	Unescape(dst, raw []byte, s Span) ([]byte, error)
}

// Source is what values are converted from: the located values of one column.
type Source struct {
	// Data is the chunk.
	Data []byte
	// Spans has an entry for each row.
	Spans []Span
	// Decoder is the format's.
	Decoder Decoder
	// ValidUTF8 says that Data as a whole is valid UTF-8.
	ValidUTF8 bool
	// IgnoreMalformed makes values NULL that the type cannot hold.
	IgnoreMalformed bool
	// Typed says that the format itself tells text from other values (JSON): times must then be Quoted.
	Typed bool
}

// Sink converts located values of one column into a vector. It keeps its memory from batch to batch and is not safe for
// concurrent use.
type Sink interface {
	// Convert converts the spans of the given rows (nil: all) and returns the vector, which has len(src.Spans) rows and is
	// valid until the next call. Other rows have unspecified values. On an error row is the one at fault.
	Convert(src *Source, rows []uint32) (v vector.Vector, row int, err error)
}

// NewSink returns the sink of a type, nil for nested types, which formats have their own sinks for. With epoch dates and times
// may be numbers, as OpenCSVSerde writes them.
func NewSink(t schema.Type, epoch bool) Sink {
	switch t.Kind {
	case schema.Boolean:
		return newFixed(t, parseBool, func(v schema.Value) bool { return v.Bool() })
	case schema.TinyInt:
		return newFixed(t, parseSmall(127), int32Of)
	case schema.SmallInt:
		return newFixed(t, parseSmall(1<<15-1), int32Of)
	case schema.Integer:
		return newFixed(t, parseSmall(1<<31-1), int32Of)
	case schema.BigInt:
		return newFixed(t, parseInt64, int64Of)
	case schema.Real:
		return newFixed(t, parseFloat32, func(v schema.Value) float32 { return float32(v.F) })
	case schema.Double:
		return newFixed(t, parseFloat64, func(v schema.Value) float64 { return v.F })
	case schema.Decimal:
		if t.Physical() == schema.PhysInt128 {
			return newFixed(t, parseDecimal128(int(t.Precision), int(t.Scale)), schema.Value.Int128)
		}
		return newFixed(t, parseDecimal64(int(t.Precision), int(t.Scale)), int64Of)
	case schema.Date, schema.Time, schema.Timestamp, schema.TimestampTZ:
		return temporalSink(t, epoch)
	case schema.Interval:
		return newFixed(t, never[schema.IntervalValue], schema.Value.Interval)
	case schema.Array, schema.Map, schema.Row:
		return nil
	}
	switch t.Physical() {
	case schema.PhysInt64:
		return newFixed(t, parseInt64, int64Of)
	case schema.PhysBytes:
		return newBytesSink(t)
	}
	return nil
}

func temporalSink(t schema.Type, epoch bool) Sink {
	declared := t.Digits() >= 0 && t.Digits() < 6
	switch {
	case t.Kind == schema.Date && epoch:
		return newFixed(t, epochDate, int32Of)
	case t.Kind == schema.Date:
		return newFixed(t, parseDate, int32Of)
	case declared:
		return newFixed(t, never[int64], int64Of)
	case t.Kind == schema.Time:
		return newFixed(t, parseTime, int64Of)
	case epoch:
		return newFixed(t, epochTimestamp, int64Of)
	}
	return newFixed(t, parseTimestamp, int64Of)
}

func never[T any]([]byte) (v T, ok bool) { return v, false }

func int32Of(v schema.Value) int32 { return int32(v.I) }

func int64Of(v schema.Value) int64 { return v.I }

// fixed is the sink of a fixed-width type.
type fixed[T vector.Fixed] struct {
	typ     schema.Type
	parse   func([]byte) (T, bool)
	from    func(schema.Value) T
	values  []T
	null    vector.Bitmap
	scratch []byte
	out     vector.Flat[T]
}

func newFixed[T vector.Fixed](t schema.Type, parse func([]byte) (T, bool), from func(schema.Value) T) *fixed[T] {
	return &fixed[T]{typ: t, parse: parse, from: from}
}

// Convert implements Sink. An empty text is NULL: it holds no value of the type.
func (f *fixed[T]) Convert(src *Source, rows []uint32) (vector.Vector, int, error) {
	n := len(src.Spans)
	if cap(f.values) < n {
		f.values = make([]T, n, max(n, cap(f.values)))
	}
	f.values = f.values[:n]
	f.null = f.null.Resize(n)
	nulls := false
	count := n
	if rows != nil {
		count = len(rows)
	}
	for i := range count {
		r := i
		if rows != nil {
			r = int(rows[i])
		}
		s := src.Spans[r]
		if s.meta&(Null|Escaped|Broken) == 0 && s.meta&lengthMask != 0 {
			if v, ok := f.parse(s.In(src.Data)); ok && (!src.Typed || s.meta&Quoted != 0 || !f.typ.IsTemporal()) {
				f.values[r] = v
				continue
			}
		}
		null, err := f.slow(src, r)
		if err != nil {
			return nil, r, err
		}
		if null {
			f.null.Set(r)
			nulls = true
		}
	}
	f.out = vector.Flat[T]{Typ: f.typ, Values: f.values}
	if nulls {
		f.out.Null = f.null
	}
	return &f.out, 0, nil
}

// slow converts what the fast parser did not.
func (f *fixed[T]) slow(src *Source, r int) (null bool, err error) {
	s := src.Spans[r]
	if s.Has(Null) {
		return true, nil
	}
	b := s.In(src.Data)
	if s.Has(Broken) {
		err = errBroken
	} else if s.Has(Escaped) {
		f.scratch, err = src.Decoder.Unescape(f.scratch[:0], b, s)
		b = f.scratch
	}
	if err == nil {
		if len(trimmed(b)) == 0 {
			return true, nil
		}
		err = f.parseSlow(src, b, s, r)
	}
	if err != nil && src.IgnoreMalformed {
		return true, nil
	}
	return false, err
}

func (f *fixed[T]) parseSlow(src *Source, b []byte, s Span, r int) error {
	if src.Typed && f.typ.IsTemporal() && !s.Has(Quoted) {
		return errors.New("a time must be a string")
	}
	b = trimmed(b)
	if v, ok := f.parse(b); ok {
		f.values[r] = v
		return nil
	}
	t := f.typ
	if t.Kind == schema.Timestamp { // an offset counts, as in parseTimestamp
		t.Kind = schema.TimestampTZ
	}
	v, err := schema.Parse(t, string(b))
	if err != nil && f.typ.IsInteger() {
		if n, ok := wholeNumber(b); ok {
			v, err = schema.Parse(t, schema.IntValue(schema.T(schema.BigInt), n).Text())
		}
	}
	if err == nil {
		f.values[r] = f.from(v)
	}
	return err
}

func trimmed(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t' || b[len(b)-1] == '\r') {
		b = b[:len(b)-1]
	}
	return b
}
