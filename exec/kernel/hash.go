package kernel

import (
	"bytes"
	"math"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
)

// nullHash is the hash of NULL.
const nullHash = 0x9ae16a3b2f90404f

// Hash sets out[i] to the hash of row i of v for the selected rows (nil: all n); with combine it mixes it into what is there.
// Equal values of one type hash equally: 0 and -0, all NaNs, char with and without trailing blanks, jsonb
// with 1 and 1.0.
func Hash(v vector.Vector, n int, sel []uint32, out []uint64, combine bool) {
	switch v := v.(type) {
	case *vector.Const:
		var h [1]uint64
		Hash(v.Value, 1, nil, h[:], false)
		spread(n, sel, out, combine, nil, func(int) uint64 { return h[0] })
	case *vector.Dict:
		if rows := vector.RowCount(n, sel); rows < v.Values.Len() {
			one := hashOf(v.Values)
			spread(n, sel, out, combine, v.Null, func(i int) uint64 { return one(int(v.Codes[i])) })
			return
		}
		h := make([]uint64, v.Values.Len())
		Hash(v.Values, len(h), nil, h, false)
		hashCodes(v.Codes, h, v.Null, n, sel, out, combine)
	case *vector.Flat[int32]:
		hashInts(v.Values, v.Null, n, sel, out, combine)
	case *vector.Flat[int64]:
		hashInts(v.Values, v.Null, n, sel, out, combine)
	case *vector.Bytes:
		if v.Typ.Kind == schema.Char || v.Typ.Kind == schema.JSONB {
			spread(n, sel, out, combine, nil, hashOf(v))
			return
		}
		hashStrings(v, n, sel, out, combine)
	default:
		spread(n, sel, out, combine, nil, hashOf(v))
	}
}

// hashOf returns the hash of a row of v, for columns that are seldom keys and for the few values of a large dictionary that are looked
// at.
func hashOf(v vector.Vector) func(i int) uint64 {
	hash := hashNotNull(v)
	null := v.Nulls()
	if null == nil {
		return hash
	}
	return func(i int) uint64 {
		if null.Get(i) {
			return nullHash
		}
		return hash(i)
	}
}

func hashNotNull(v vector.Vector) func(i int) uint64 {
	switch v := v.(type) {
	case *vector.Flat[bool]:
		return func(i int) uint64 { return vector.HashInt64(int64(b2i(v.Values[i]))) }
	case *vector.Flat[int32]:
		return func(i int) uint64 { return vector.HashInt64(int64(v.Values[i])) }
	case *vector.Flat[int64]:
		return func(i int) uint64 { return vector.HashInt64(v.Values[i]) }
	case *vector.Flat[float32]:
		return func(i int) uint64 { return hashFloat(float64(v.Values[i])) }
	case *vector.Flat[float64]:
		return func(i int) uint64 { return hashFloat(v.Values[i]) }
	case *vector.Flat[schema.Int128]:
		return func(i int) uint64 { return hash128(v.Values[i]) }
	case *vector.Flat[schema.IntervalValue]:
		return func(i int) uint64 { return hash128(v.Values[i].Canonical()) }
	case *vector.Bytes:
		switch v.Typ.Kind {
		case schema.Char:
			return func(i int) uint64 { return vector.HashBytes(bytes.TrimRight(v.At(i), " ")) }
		case schema.JSONB:
			return func(i int) uint64 { return vector.HashBytes([]byte(schema.JSONKey(string(v.At(i))))) }
		}
		return func(i int) uint64 { return vector.HashBytes(v.At(i)) }
	}
	return func(i int) uint64 { return hashValue(vector.ValueAt(v, i)) }
}

// mix stores the hash of row i, or mixes it into the one that is there.
func mix(out []uint64, i int, h uint64, combine bool) {
	if combine {
		h = vector.CombineHash(out[i], h)
	}
	out[i] = h
}

// hashInts, hashCodes and hashStrings are spread without a call for each row, for the columns that most keys are.
func hashInts[T int32 | int64](values []T, null vector.Bitmap, n int, sel []uint32, out []uint64, combine bool) {
	if null == nil {
		hashKnown(values[:n], sel, out, combine)
		return
	}
	for k := range vector.RowCount(n, sel) {
		i := rowAt(sel, k)
		h := uint64(nullHash)
		if !null.Get(i) {
			h = vector.HashInt64(int64(values[i]))
		}
		mix(out, i, h, combine)
	}
}

// hashKnown is hashInts without NULLs.
func hashKnown[T int32 | int64](values []T, sel []uint32, out []uint64, combine bool) {
	out = out[:len(values)]
	switch {
	case sel == nil && !combine:
		for i, x := range values {
			out[i] = vector.HashInt64(int64(x))
		}
	case sel == nil:
		for i, x := range values {
			out[i] = vector.CombineHash(out[i], vector.HashInt64(int64(x)))
		}
	case !combine:
		for _, r := range sel {
			out[r] = vector.HashInt64(int64(values[r]))
		}
	default:
		for _, r := range sel {
			out[r] = vector.CombineHash(out[r], vector.HashInt64(int64(values[r])))
		}
	}
}

func hashCodes(codes []uint32, hashes []uint64, null vector.Bitmap, n int, sel []uint32, out []uint64, combine bool) {
	for k := range vector.RowCount(n, sel) {
		i := rowAt(sel, k)
		h := uint64(nullHash)
		if !null.Get(i) {
			h = hashes[codes[i]]
		}
		mix(out, i, h, combine)
	}
}

func hashStrings(v *vector.Bytes, n int, sel []uint32, out []uint64, combine bool) {
	for k := range vector.RowCount(n, sel) {
		i := rowAt(sel, k)
		h := uint64(nullHash)
		if !v.Null.Get(i) {
			h = vector.HashBytes(v.At(i))
		}
		mix(out, i, h, combine)
	}
}

// rowAt is the k-th row of a selection.
func rowAt(sel []uint32, k int) int {
	if sel != nil {
		return int(sel[k])
	}
	return k
}

func spread(n int, sel []uint32, out []uint64, combine bool, null vector.Bitmap, hash func(int) uint64) {
	put := func(i int) {
		h := uint64(nullHash)
		if !null.Get(i) {
			h = hash(i)
		}
		mix(out, i, h, combine)
	}
	vector.EachRow(n, sel, put)
}

func hashFloat(f float64) uint64 {
	switch {
	case f == 0:
		f = 0
	case math.IsNaN(f):
		return vector.HashInt64(int64(math.Float64bits(math.NaN())))
	}
	return vector.HashInt64(int64(math.Float64bits(f)))
}

func hash128(v schema.Int128) uint64 {
	if n, ok := v.Int64(); ok {
		return vector.HashInt64(n)
	}
	return vector.CombineHash(vector.HashInt64(v.Hi), vector.HashInt64(int64(v.Lo)))
}

func hashValue(v schema.Value) uint64 {
	if !v.Valid {
		return nullHash
	}
	b := vector.NewBuilder(v.Type, 1)
	switch v.Type.Physical() {
	case schema.PhysList, schema.PhysStruct:
		h := vector.HashInt64(int64(len(v.Elems)))
		for _, e := range v.Elems {
			h = vector.CombineHash(h, hashValue(e))
		}
		return h
	}
	b.AppendValue(v)
	var h [1]uint64
	Hash(b.Build(), 1, nil, h[:], false)
	return h[0]
}
