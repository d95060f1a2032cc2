package vector

import (
	"unsafe"

	"github.com/tarnsql/tarn/catalog/schema"
)

type flatBuilder[T Fixed] struct {
	typ    schema.Type
	values []T
	null   nullBuilder
	from   func(schema.Value) T
}

func newFlat[T Fixed](t schema.Type, n int, from func(schema.Value) T) *flatBuilder[T] {
	return &flatBuilder[T]{typ: t, values: make([]T, 0, n), from: from}
}

func (b *flatBuilder[T]) appendValue(v schema.Value) { b.values = append(b.values, b.from(v)) }

func (b *flatBuilder[T]) appendNull() {
	var zero T
	b.null.set(len(b.values))
	b.values = append(b.values, zero)
}

func (b *flatBuilder[T]) length() int { return len(b.values) }

func (b *flatBuilder[T]) size() int64 {
	var zero T
	return int64(len(b.values))*int64(unsafe.Sizeof(zero)) + b.null.size()
}

func (b *flatBuilder[T]) build() Vector {
	return &Flat[T]{Typ: b.typ, Values: b.values, Null: b.null.finish(len(b.values))}
}

func (b *flatBuilder[T]) appendRows(v Vector, rows []uint32) {
	b.null.gather(v, rows, len(b.values))
	switch v := v.(type) {
	case *Flat[T]:
		if rows == nil {
			b.values = append(b.values, v.Values...)
			return
		}
		at := len(b.values)
		b.values = extend(b.values, len(rows))
		to := b.values[at:]
		for k, r := range rows {
			to[k] = v.Values[r]
		}
	case *Const:
		x := v.Value.(*Flat[T]).Values[0]
		for range RowCount(v.Len(), rows) {
			b.values = append(b.values, x)
		}
	case *Dict:
		vals := v.Values.(*Flat[T]).Values
		if rows == nil {
			for _, c := range v.Codes {
				b.values = append(b.values, vals[c])
			}
			return
		}
		at := len(b.values)
		b.values = extend(b.values, len(rows))
		to := b.values[at:]
		for k, r := range rows {
			to[k] = vals[v.Codes[r]]
		}
	default:
		panic("vector: form does not match builder")
	}
}

// extend lengthens s by n values that the caller sets. Its memory grows by half, as builders hold most of what is kept and are copied
// less often than with the quarter of append.
func extend[T any](s []T, n int) []T {
	if need := len(s) + n; need > cap(s) {
		s = append(make([]T, 0, max(need, cap(s)+cap(s)/2, 16)), s...)
	}
	return s[:len(s)+n]
}

// nullBuilder grows a null mask as rows are appended; it allocates nothing while there are no NULLs.
type nullBuilder struct{ bits Bitmap }

func (b *nullBuilder) set(i int) {
	for len(b.bits) <= i/64 {
		b.bits = append(b.bits, 0)
	}
	b.bits.Set(i)
}

// gather sets the bits at base, base+1, ... for the given rows of v that are NULL.
func (b *nullBuilder) gather(v Vector, rows []uint32, base int) {
	if v.Nulls() == nil {
		return
	}
	if c, ok := v.(*Const); ok {
		if c.IsNull() {
			for i := range RowCount(v.Len(), rows) {
				b.set(base + i)
			}
		}
		return
	}
	nulls := v.Nulls()
	if rows == nil {
		for i := range v.Len() {
			if nulls.Get(i) {
				b.set(base + i)
			}
		}
		return
	}
	for i, r := range rows {
		if nulls.Get(int(r)) {
			b.set(base + i)
		}
	}
}

func (b *nullBuilder) finish(n int) Bitmap {
	if b.bits == nil {
		return nil
	}
	for len(b.bits) < Words(n) {
		b.bits = append(b.bits, 0)
	}
	return b.bits
}

func (b *nullBuilder) size() int64 { return int64(len(b.bits)) * 8 }
