package vector

import (
	"sync/atomic"

	"github.com/tarnsql/tarn/catalog/schema"
)

var dictIDs atomic.Uint64

// NewDictID returns an identity for a dictionary that nobody else has.
func NewDictID() uint64 { return dictIDs.Add(1) }

// FromValue returns a Const of n rows that holds v.
func FromValue(v schema.Value, n int) *Const {
	b := NewBuilder(v.Type, 1)
	b.AppendValue(v)
	return &Const{Value: b.Build(), N: n}
}

// ValueAt returns row i of v as a Value. It is for results, constants and tests, not for data paths.
func ValueAt(v Vector, i int) schema.Value {
	if NullAt(v, i) {
		return schema.NullOf(v.Type())
	}
	t := v.Type()
	switch v := v.(type) {
	case *Flat[bool]:
		return schema.Value{Type: t, Valid: true, I: b2i(v.Values[i])}
	case *Flat[int32]:
		return schema.IntValue(t, int64(v.Values[i]))
	case *Flat[int64]:
		return schema.IntValue(t, v.Values[i])
	case *Flat[float32]:
		return schema.FloatValue(t, float64(v.Values[i]))
	case *Flat[float64]:
		return schema.FloatValue(t, v.Values[i])
	case *Flat[schema.Int128]:
		return schema.Int128Value(t, v.Values[i])
	case *Flat[schema.IntervalValue]:
		return schema.IntervalOf(v.Values[i])
	case *Bytes:
		return schema.StringValue(t, string(v.At(i)))
	case *Const:
		return ValueAt(v.Value, 0)
	case *Dict:
		return ValueAt(v.Values, int(v.Codes[i]))
	case *List:
		return listValue(v, i)
	case *Struct:
		elems := make([]schema.Value, len(v.Children))
		for c, child := range v.Children {
			elems[c] = ValueAt(child, i)
		}
		return schema.NestedValue(t, elems)
	}
	panic("vector: unknown form")
}

func listValue(v *List, i int) schema.Value {
	lo, hi := int(v.Offsets[i]), int(v.Offsets[i+1])
	elems := make([]schema.Value, 0, (hi-lo)*len(v.Children))
	for r := lo; r < hi; r++ {
		for _, child := range v.Children {
			elems = append(elems, ValueAt(child, r))
		}
	}
	return schema.NestedValue(v.Typ, elems)
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
