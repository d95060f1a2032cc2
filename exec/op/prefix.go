package op

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// tied is what equal numbers of orderPrefix say of the keys.
type tied uint8

const (
	// tiedEqual: the keys are equal.
	tiedEqual tied = iota
	// tiedWord: the next words may tell them apart.
	tiedWord
	// tiedCompare: a comparison may tell them apart.
	tiedCompare
)

// orderPrefix computes, for the rows of a sort key in sel (nil: all n), a number that orders as the key does: if two numbers
// differ, the keys compare as they do, those of other vectors of the type too. Texts have as many numbers as words of wordBytes bytes: those of a word tell apart rows
// whose words before are equal. Other types have one word.
func orderPrefix(v vector.Vector, k *expr.SortKey, word, n int, sel []uint32, scratch *[]uint64) (out []uint64, t tied) {
	out = kernel.Grow(scratch, n)
	switch x := v.(type) {
	case *vector.Const:
		one, t := orderPrefix(x.Value, k, word, 1, nil, nil)
		for i := range out {
			out[i] = one[0]
		}
		return out, t
	case *vector.Dict:
		values, t := orderPrefix(x.Values, k, word, x.Values.Len(), nil, nil)
		vector.EachRow(n, sel, func(r int) { out[r] = values[x.Codes[r]] })
		nullPrefix(out, x.Null, k, n, sel)
		return out, t
	}
	flip := uint64(0)
	if k.Descending {
		flip = math.MaxUint64
	}
	switch x := v.(type) {
	case *vector.Flat[bool]:
		vector.EachRow(n, sel, func(r int) {
			w := uint64(1)
			if x.Values[r] {
				w = 2
			}
			out[r] = w ^ flip
		})
	case *vector.Flat[int32]:
		vector.EachRow(n, sel, func(r int) { out[r] = (uint64(int64(x.Values[r])) ^ 1<<63) ^ flip })
	case *vector.Flat[int64]:
		vector.EachRow(n, sel, func(r int) {
			if v := x.Values[r]; v == math.MinInt64 || v == math.MaxInt64 { // it has the number of a NULL, here or in another run
				t = tiedCompare
			}
			out[r] = (uint64(x.Values[r]) ^ 1<<63) ^ flip
		})
	case *vector.Flat[float32]:
		vector.EachRow(n, sel, func(r int) { out[r] = floatOrder(float64(x.Values[r])) ^ flip })
	case *vector.Flat[float64]:
		vector.EachRow(n, sel, func(r int) { out[r] = floatOrder(x.Values[r]) ^ flip })
	case *vector.Flat[schema.Int128]:
		vector.EachRow(n, sel, func(r int) { out[r] = order128(x.Values[r], &t) ^ flip })
	case *vector.Flat[schema.IntervalValue]:
		vector.EachRow(n, sel, func(r int) { out[r] = order128(x.Values[r].Canonical(), &t) ^ flip })
	case *vector.Bytes:
		if x.Typ.Kind != schema.JSONB {
			t = textOrder(x, word, n, sel, flip, out)
			break
		}
		t = unordered(out, n, sel)
	default:
		t = unordered(out, n, sel)
	}
	nullPrefix(out, v.Nulls(), k, n, sel)
	return out, t
}

// unordered gives all rows one number: what their values are made of does not tell their order.
func unordered(out []uint64, n int, sel []uint32) tied {
	vector.EachRow(n, sel, func(r int) { out[r] = 1 })
	return tiedCompare
}

// nullPrefix gives NULL rows the least or the greatest number.
func nullPrefix(out []uint64, null vector.Bitmap, k *expr.SortKey, n int, sel []uint32) {
	if null == nil {
		return
	}
	w := uint64(math.MaxUint64)
	if k.NullsFirst {
		w = 0
	}
	vector.EachRow(n, sel, func(r int) {
		if null.Get(r) {
			out[r] = w
		}
	})
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

// order128 orders numbers that fit 64 bits by their value, the others by their sign, and says when a tie is not one number.
func order128(v schema.Int128, t *tied) uint64 {
	n, ok := v.Int64()
	if !ok || n == math.MinInt64 || n == math.MaxInt64 {
		*t = tiedCompare
	}
	switch {
	case ok:
		return uint64(n) ^ 1<<63
	case v.Sign() < 0:
		return 0
	}
	return math.MaxUint64
}

// wordBytes is how many bytes of a text one number orders. Its last byte is one more than the bytes that the text has from
// the word on, at most wordBytes+2, so that a text goes before those that it begins and a number is never that of NULL.
const wordBytes = 7

// textOrder computes the numbers of a word of texts.
func textOrder(x *vector.Bytes, word, n int, sel []uint32, flip uint64, out []uint64) tied {
	trim, from, t := x.Typ.Kind == schema.Char, word*wordBytes, tiedEqual
	vector.EachRow(n, sel, func(r int) {
		if x.Null.Get(r) {
			return
		}
		s := x.At(r)
		if trim {
			s = bytes.TrimRight(s, " ")
		}
		s = s[min(from, len(s)):]
		if len(s) > wordBytes {
			t = tiedWord
		}
		out[r] = stringOrder(s) ^ flip
	})
	return t
}

func stringOrder(s []byte) uint64 {
	if len(s) > wordBytes {
		return binary.BigEndian.Uint64(s)&^0xff | wordBytes + 2
	}
	w := uint64(len(s) + 1)
	for i, c := range s {
		w |= uint64(c) << (56 - 8*i)
	}
	return w
}
