package parquet

import (
	"encoding/binary"
	"errors"
	"math"
	"unsafe"

	"github.com/parquet-go/parquet-go/format"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/format/parquet/meta"
	"github.com/tarnsql/tarn/exec/vector"
)

// raw is a run of decoded values, aligned to rows, in the file's own representation: fixed-width values one after the
// other in data (booleans one byte each), or views of strings. NULL rows hold anything that is in range.
type raw struct {
	n       int
	data    []byte
	views   []vector.View
	buffers [][]byte
	null    vector.Bitmap
}

// mapper turns raw values of a leaf into a vector of the leaf's type. The vector may share the memory of r and of
// scratch, which is the caller's for as long as the vector lives.
type mapper func(r raw, scratch *scratch) (vector.Vector, error)

// scratch is memory for values that mappers and converters compute; each stage owns one slot.
type scratch struct {
	i64  []int64
	f32  []float32
	f64  []float64
	i128 []schema.Int128
	iv   []schema.IntervalValue
	v    []vector.View
}

func grow[T any](buf *[]T, n int) []T {
	if cap(*buf) < n {
		*buf = make([]T, n, n+n/4)
	}
	*buf = (*buf)[:n]
	return *buf
}

var errDecimal = errors.New("a decimal has more digits than its type")

// width returns the bytes of a leaf's raw value, or 0 for strings.
func width(e *meta.Element) int {
	switch e.Type {
	case format.Boolean:
		return 1
	case format.Int32, format.Float:
		return 4
	case format.Int64, format.Double:
		return 8
	case format.Int96:
		return 12
	case format.FixedLenByteArray:
		return int(e.TypeLength)
	}
	return 0
}

// mapperOf returns the mapper of a leaf whose type is t, and whether distinct raw values stay distinct values.
func mapperOf(e *meta.Element, t schema.Type) (m mapper, distinct bool) {
	a := annotation(e)
	w := width(e)
	switch e.Type {
	case format.Boolean:
		return func(r raw, _ *scratch) (vector.Vector, error) {
			return &vector.Flat[bool]{Typ: t, Values: cast[bool](r.data, r.n), Null: r.null}, nil
		}, true
	case format.Int32:
		return int32Mapper(a, t), true
	case format.Int64:
		return int64Mapper(a, t), a.Unit != meta.Nanos
	case format.Int96:
		return mapInt96(t), false
	case format.Float:
		return func(r raw, _ *scratch) (vector.Vector, error) {
			return &vector.Flat[float32]{Typ: t, Values: cast[float32](r.data, r.n), Null: r.null}, nil
		}, false
	case format.Double:
		return func(r raw, _ *scratch) (vector.Vector, error) {
			return &vector.Flat[float64]{Typ: t, Values: cast[float64](r.data, r.n), Null: r.null}, nil
		}, false
	case format.ByteArray:
		if t.Kind == schema.Decimal {
			return mapBytesDecimal(t), false
		}
		return func(r raw, _ *scratch) (vector.Vector, error) {
			return &vector.Bytes{Typ: t, Views: r.views, Buffers: r.buffers, Null: r.null}, nil
		}, true
	}
	switch t.Kind {
	case schema.Decimal:
		return mapFixedDecimal(t, w), true
	case schema.Real:
		return mapFloat16(t), false
	case schema.Interval:
		return mapInterval(t), false
	}
	return mapFixedBytes(t, w), true
}

// cast reinterprets n values of T at the start of b. Loads need no alignment: T has no pointers.
func cast[T any](b []byte, n int) []T {
	if n == 0 {
		return []T{}
	}
	var z T
	_ = b[n*int(unsafe.Sizeof(z))-1]
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), n)
}

func int32Mapper(a meta.Logical, t schema.Type) mapper {
	switch {
	case t.Physical() == schema.PhysInt32:
		return func(r raw, _ *scratch) (vector.Vector, error) {
			return &vector.Flat[int32]{Typ: t, Values: cast[int32](r.data, r.n), Null: r.null}, nil
		}
	case t.Kind == schema.Decimal && t.Physical() == schema.PhysInt128:
		return mapTo128(t, func(r raw, i int) schema.Int128 {
			return schema.Int128FromInt64(int64(int32(binary.LittleEndian.Uint32(r.data[4*i:]))))
		})
	case t.Kind == schema.Time:
		return mapTo64[int32](t, func(v int32) int64 { return int64(v) * 1000 })
	case a.Kind == meta.Integer && !a.Signed:
		return mapTo64[uint32](t, func(v uint32) int64 { return int64(v) })
	}
	return mapTo64[int32](t, func(v int32) int64 { return int64(v) })
}

func int64Mapper(a meta.Logical, t schema.Type) mapper {
	switch {
	case t.Physical() == schema.PhysInt128 && a.Kind == meta.Integer:
		return mapTo128(t, func(r raw, i int) schema.Int128 { return schema.Int128{Lo: binary.LittleEndian.Uint64(r.data[8*i:])} })
	case t.Physical() == schema.PhysInt128:
		return mapTo128(t, func(r raw, i int) schema.Int128 {
			return schema.Int128FromInt64(int64(binary.LittleEndian.Uint64(r.data[8*i:])))
		})
	case t.IsTemporal() && a.Unit == meta.Millis:
		return mapTo64[int64](t, millisToMicros)
	case t.IsTemporal() && a.Unit == meta.Nanos:
		return mapTo64[int64](t, nanosToMicros)
	}
	return func(r raw, _ *scratch) (vector.Vector, error) {
		return &vector.Flat[int64]{Typ: t, Values: cast[int64](r.data, r.n), Null: r.null}, nil
	}
}

// millisToMicros saturates: what lies beyond the range of microseconds becomes an infinity.
func millisToMicros(v int64) int64 {
	switch {
	case v > math.MaxInt64/1000:
		return schema.TimestampInfinity
	case v < math.MinInt64/1000:
		return schema.TimestampMinusInfinity
	}
	return v * 1000
}

// nanosToMicros rounds down.
func nanosToMicros(v int64) int64 {
	q := v / 1000
	if v%1000 < 0 {
		q--
	}
	return q
}

func mapTo64[T int32 | uint32 | int64](t schema.Type, f func(T) int64) mapper {
	return func(r raw, s *scratch) (vector.Vector, error) {
		out := grow(&s.i64, r.n)
		for i, v := range cast[T](r.data, r.n) {
			out[i] = f(v)
		}
		return &vector.Flat[int64]{Typ: t, Values: out, Null: r.null}, nil
	}
}

func mapTo128(t schema.Type, f func(raw, int) schema.Int128) mapper {
	return func(r raw, s *scratch) (vector.Vector, error) {
		out := grow(&s.i128, r.n)
		for i := range out {
			out[i] = f(r, i)
		}
		return &vector.Flat[schema.Int128]{Typ: t, Values: out, Null: r.null}, nil
	}
}

// julianEpoch is the Julian day number of 1970-01-01.
const julianEpoch = 2440588

// mapInt96 reads the legacy timestamps of Hive, Impala and Spark: nanoseconds of the day and a Julian day.
func mapInt96(t schema.Type) mapper {
	return func(r raw, s *scratch) (vector.Vector, error) {
		out := grow(&s.i64, r.n)
		for i := range out {
			out[i] = int96Micros(r.data[12*i:])
		}
		return &vector.Flat[int64]{Typ: t, Values: out, Null: r.null}, nil
	}
}

func int96Micros(b []byte) int64 {
	nanos := int64(binary.LittleEndian.Uint64(b))
	days := int64(int32(binary.LittleEndian.Uint32(b[8:]))) - julianEpoch
	return daysToMicros(days, nanosToMicros(nanos))
}

// daysToMicros saturates as millisToMicros does; days of infinity are beyond the range too.
func daysToMicros(days, micros int64) int64 {
	const reach = math.MaxInt64/schema.MicrosPerDay - 1
	switch {
	case days > reach:
		return schema.TimestampInfinity
	case days < -reach:
		return schema.TimestampMinusInfinity
	}
	return days*schema.MicrosPerDay + micros
}

// bigEndian64 reads a two's complement number of at most 8 significant bytes.
func bigEndian64(b []byte) (int64, bool) {
	ok := true
	if len(b) > 8 {
		head := b[:len(b)-8]
		b = b[len(b)-8:]
		sign := byte(int8(b[0]) >> 7)
		for _, c := range head {
			ok = ok && c == sign
		}
	}
	if len(b) == 8 {
		return int64(binary.BigEndian.Uint64(b)), ok
	}
	if len(b) == 0 {
		return 0, ok
	}
	v := int64(int8(b[0]))
	for _, c := range b[1:] {
		v = v<<8 | int64(c)
	}
	return v, ok
}

func bigEndian128(b []byte) (schema.Int128, bool) {
	if len(b) <= 8 {
		v, ok := bigEndian64(b)
		return schema.Int128FromInt64(v), ok
	}
	lo := binary.BigEndian.Uint64(b[len(b)-8:])
	hi, ok := bigEndian64(b[:len(b)-8])
	return schema.Int128{Hi: hi, Lo: lo}, ok
}

func mapFixedDecimal(t schema.Type, w int) mapper {
	if t.Physical() == schema.PhysInt128 {
		return func(r raw, s *scratch) (vector.Vector, error) {
			out, good := grow(&s.i128, r.n), true
			for i := range out {
				v, ok := bigEndian128(r.data[i*w : i*w+w])
				out[i], good = v, good && ok
			}
			return checkedDecimal(&vector.Flat[schema.Int128]{Typ: t, Values: out, Null: r.null}, good)
		}
	}
	return func(r raw, s *scratch) (vector.Vector, error) {
		out, good := grow(&s.i64, r.n), true
		if w < 8 {
			shortDecimals(out, r.data, w)
		} else {
			for i := range out {
				v, ok := bigEndian64(r.data[i*w : i*w+w])
				out[i], good = v, good && ok
			}
		}
		return checkedDecimal(&vector.Flat[int64]{Typ: t, Values: out, Null: r.null}, good)
	}
}

// shortDecimals reads big-endian numbers of w < 8 bytes by whole words where the buffer allows it.
func shortDecimals(out []int64, data []byte, w int) {
	shift := uint(64 - 8*w)
	i := 0
	for ; i < len(out) && i*w+8 <= len(data); i++ {
		out[i] = int64(binary.BigEndian.Uint64(data[i*w:])) >> shift
	}
	for ; i < len(out); i++ {
		out[i], _ = bigEndian64(data[i*w : i*w+w])
	}
}

func checkedDecimal(v vector.Vector, good bool) (vector.Vector, error) {
	if !good {
		return nil, errDecimal
	}
	return v, nil
}

func mapBytesDecimal(t schema.Type) mapper {
	return func(r raw, s *scratch) (vector.Vector, error) {
		good := true
		at := func(i int) []byte {
			w := r.views[i]
			return r.buffers[w.Buf][w.Off : w.Off+w.Len]
		}
		if t.Physical() == schema.PhysInt128 {
			out := grow(&s.i128, r.n)
			for i := range out {
				v, ok := bigEndian128(at(i))
				out[i], good = v, good && ok
			}
			return checkedDecimal(&vector.Flat[schema.Int128]{Typ: t, Values: out, Null: r.null}, good)
		}
		out := grow(&s.i64, r.n)
		for i := range out {
			v, ok := bigEndian64(at(i))
			out[i], good = v, good && ok
		}
		return checkedDecimal(&vector.Flat[int64]{Typ: t, Values: out, Null: r.null}, good)
	}
}

func mapFloat16(t schema.Type) mapper {
	return func(r raw, s *scratch) (vector.Vector, error) {
		out := grow(&s.f32, r.n)
		for i := range out {
			out[i] = halfToFloat(binary.LittleEndian.Uint16(r.data[2*i:]))
		}
		return &vector.Flat[float32]{Typ: t, Values: out, Null: r.null}, nil
	}
}

// halfToFloat widens an IEEE 754 half.
func halfToFloat(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10&31), uint32(h&1023)
	switch exp {
	case 0:
		f := float32(frac) * (1.0 / (1 << 24))
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 31:
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}

func mapInterval(t schema.Type) mapper {
	return func(r raw, s *scratch) (vector.Vector, error) {
		out := grow(&s.iv, r.n)
		for i := range out {
			b := r.data[12*i:]
			out[i] = schema.IntervalValue{
				Months: int32(binary.LittleEndian.Uint32(b)), Days: int32(binary.LittleEndian.Uint32(b[4:])),
				Micros: int64(binary.LittleEndian.Uint32(b[8:])) * 1000,
			}
		}
		return &vector.Flat[schema.IntervalValue]{Typ: t, Values: out, Null: r.null}, nil
	}
}

func mapFixedBytes(t schema.Type, w int) mapper {
	return func(r raw, s *scratch) (vector.Vector, error) {
		out := grow(&s.v, r.n)
		for i := range out {
			out[i] = vector.MakeView(r.data[i*w:i*w+w], 0, uint32(i*w))
		}
		return &vector.Bytes{Typ: t, Views: out, Buffers: [][]byte{r.data}, Null: r.null}, nil
	}
}
