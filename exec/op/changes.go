package op

import (
	"bytes"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
)

// markChanges sets marks[i] for every row i from 1 to n-1 of a column that is not equal to the row before. NULLs are equal.
func markChanges(v vector.Vector, n int, marks []bool) {
	switch x := v.(type) {
	case *vector.Const:
		return
	case *vector.Dict:
		markBy(x.Null, n, marks, func(i int) bool {
			return x.Codes[i] != x.Codes[i-1] && compareKey(x.Values, int(x.Codes[i-1]), x.Values, int(x.Codes[i]), false, false) != 0
		})
	case *vector.Flat[bool]:
		markFlat(x, n, marks)
	case *vector.Flat[int32]:
		markFlat(x, n, marks)
	case *vector.Flat[int64]:
		markFlat(x, n, marks)
	case *vector.Flat[schema.Int128]:
		markFlat(x, n, marks)
	case *vector.Flat[float32]:
		markFloats(x, n, marks)
	case *vector.Flat[float64]:
		markFloats(x, n, marks)
	case *vector.Bytes:
		if x.Typ.Kind != schema.Char && x.Typ.Kind != schema.JSONB {
			markBy(x.Null, n, marks, func(i int) bool {
				a, b := &x.Views[i-1], &x.Views[i]
				return a.Len != b.Len || a.Prefix != b.Prefix || a.Len > 4 && !bytes.Equal(x.At(i-1), x.At(i))
			})
			return
		}
		markCompared(v, n, marks)
	default:
		markCompared(v, n, marks)
	}
}

func markFlat[T vector.Fixed](x *vector.Flat[T], n int, marks []bool) {
	if x.Null != nil {
		markBy(x.Null, n, marks, func(i int) bool { return x.Values[i] != x.Values[i-1] })
		return
	}
	before := x.Values[0]
	for i, v := range x.Values[:n] {
		if v != before {
			marks[i], before = true, v
		}
	}
}

func markFloats[T float32 | float64](x *vector.Flat[T], n int, marks []bool) {
	markBy(x.Null, n, marks, func(i int) bool {
		a, b := x.Values[i-1], x.Values[i]
		return a != b && (a == a || b == b) //nolint:gocritic,staticcheck // all NaNs are equal
	})
}

// markBy marks the rows that changed tells of; it is not asked about NULLs.
func markBy(null vector.Bitmap, n int, marks []bool, changed func(i int) bool) {
	for i := 1; i < n; i++ {
		switch a, b := null.Get(i-1), null.Get(i); {
		case a != b:
			marks[i] = true
		case !a && changed(i):
			marks[i] = true
		}
	}
}

func markCompared(v vector.Vector, n int, marks []bool) {
	for i := 1; i < n; i++ {
		if compareKey(v, i-1, v, i, false, false) != 0 {
			marks[i] = true
		}
	}
}
