package op

import (
	"math"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// orderPrefix computes, for the rows of a sort key in sel (nil: all n), a number that orders as the key does: if two numbers
// differ, the keys compare as they do. exact says that equal numbers mean equal keys, so that nothing needs to be compared.
func orderPrefix(v vector.Vector, k *expr.SortKey, n int, sel []uint32, scratch *[]uint64) (out []uint64, exact bool) {
	out = kernel.Grow(scratch, n)
	switch x := v.(type) {
	case *vector.Const:
		one, _ := orderPrefix(x.Value, k, 1, nil, nil)
		for i := range out {
			out[i] = one[0]
		}
		return out, true
	case *vector.Dict:
		values, exact := orderPrefix(x.Values, k, x.Values.Len(), nil, nil)
		eachRow(n, sel, func(r int) { out[r] = values[x.Codes[r]] })
		nullPrefix(out, x.Null, k, n, sel)
		return out, exact
	}
	flip := uint64(0)
	if k.Descending {
		flip = math.MaxUint64
	}
	exact = true // as long as there are no NULLs, or none can be mistaken for a value
	apart := true
	switch x := v.(type) {
	case *vector.Flat[bool]:
		eachRow(n, sel, func(r int) {
			w := uint64(1)
			if x.Values[r] {
				w = 2
			}
			out[r] = w ^ flip
		})
	case *vector.Flat[int32]:
		eachRow(n, sel, func(r int) { out[r] = (uint64(int64(x.Values[r])) ^ 1<<63) ^ flip })
	case *vector.Flat[int64]:
		eachRow(n, sel, func(r int) { out[r] = (uint64(x.Values[r]) ^ 1<<63) ^ flip })
		apart = false
	case *vector.Flat[float32]:
		eachRow(n, sel, func(r int) { out[r] = floatOrder(float64(x.Values[r])) ^ flip })
	case *vector.Flat[float64]:
		eachRow(n, sel, func(r int) { out[r] = floatOrder(x.Values[r]) ^ flip })
	case *vector.Flat[schema.Int128]:
		eachRow(n, sel, func(r int) { out[r] = order128(x.Values[r]) ^ flip })
		exact = false
	case *vector.Flat[schema.IntervalValue]:
		eachRow(n, sel, func(r int) { out[r] = order128(x.Values[r].Canonical()) ^ flip })
		exact = false
	case *vector.Bytes:
		trim, document := x.Typ.Kind == schema.Char, x.Typ.Kind == schema.JSONB
		eachRow(n, sel, func(r int) {
			switch {
			case document: // its bytes do not tell its order
				out[r] = 1
			case !x.Null.Get(r):
				out[r] = stringOrder(x.At(r), trim) ^ flip
			}
		})
		exact = false
	default:
		eachRow(n, sel, func(r int) { out[r] = 1 })
		exact = false
	}
	if v.Nulls() == nil {
		return out, exact
	}
	nullPrefix(out, v.Nulls(), k, n, sel)
	return out, exact && apart
}

// nullPrefix gives NULL rows the least or the greatest number.
func nullPrefix(out []uint64, null vector.Bitmap, k *expr.SortKey, n int, sel []uint32) {
	w := uint64(math.MaxUint64)
	if k.NullsFirst {
		w = 0
	}
	eachRow(n, sel, func(r int) {
		if null.Get(r) {
			out[r] = w
		}
	})
}

func eachRow(n int, sel []uint32, f func(r int)) {
	if sel == nil {
		for r := range n {
			f(r)
		}
		return
	}
	for _, r := range sel {
		f(int(r))
	}
}

// floatOrder orders as PostgreSQL does: -0 equals 0 and NaN is greatest; 0 and the greatest number stand for no float.
func floatOrder(f float64) uint64 {
	if f == 0 {
		f = 0
	} else if math.IsNaN(f) {
		return 0xfff8 << 48
	}
	b := math.Float64bits(f)
	if b>>63 != 0 {
		return ^b
	}
	return b | 1<<63
}

// order128 orders numbers that fit 64 bits by their value, the others by their sign.
func order128(v schema.Int128) uint64 {
	if n, ok := v.Int64(); ok {
		return uint64(n) ^ 1<<63
	}
	if v.Sign() < 0 {
		return 0
	}
	return math.MaxUint64
}

// stringOrder is the first eight bytes, big endian.
func stringOrder(s []byte, trim bool) uint64 {
	for trim && len(s) > 0 && s[len(s)-1] == ' ' {
		s = s[:len(s)-1]
	}
	if len(s) >= 8 {
		return uint64(s[0])<<56 | uint64(s[1])<<48 | uint64(s[2])<<40 | uint64(s[3])<<32 | uint64(s[4])<<24 | uint64(s[5])<<16 | uint64(s[6])<<8 | uint64(s[7])
	}
	w := uint64(0)
	for i, c := range s {
		w |= uint64(c) << (56 - 8*i)
	}
	return w
}
