//go:build invariants

package vector

import "github.com/tarnsql/tarn/catalog/schema"

// Invariants reports whether this build checks batch lifetimes.
const Invariants = true

// Mangle overwrites a batch whose life has ended with values that no query expects: a reader that kept the batch or one of its
// vectors then gives wrong answers at once instead of sometimes. Only call it on memory that the caller owns and will not
// share: dictionaries (which outlive batches) and string buffers are left alone.
func Mangle(b *Batch) {
	if b == nil {
		return
	}
	for i := range b.Sel {
		b.Sel[i] = 0
	}
	for _, c := range b.Cols {
		mangle(c)
	}
}

func mangle(v Vector) {
	switch v := v.(type) {
	case *Flat[bool]:
		fill(v.Values, true)
	case *Flat[int32]:
		fill(v.Values, -0x33333334)
	case *Flat[int64]:
		fill(v.Values, -0x3333333333333334)
	case *Flat[float32]:
		fill(v.Values, -1.0737418e+08)
	case *Flat[float64]:
		fill(v.Values, -9.255963134931783e+61)
	case *Flat[schema.Int128]:
		fill(v.Values, schema.Int128{Hi: -0x3333333333333334})
	case *Flat[schema.IntervalValue]:
		fill(v.Values, schema.IntervalValue{Months: -0x33333334})
	case *Bytes:
		fill(v.Views, View{})
	case *Dict:
		fill(v.Codes, 0)
	case *List:
		fill(v.Offsets, 0)
	case *Struct, *Const:
	}
}

func fill[T any](s []T, x T) {
	for i := range s {
		s[i] = x
	}
}
