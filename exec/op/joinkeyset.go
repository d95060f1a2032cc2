package op

import (
	"math"
	"math/bits"
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
)

// keySetOf summarises a key column of n build rows for scans of the probe side; nil when nothing can be said.
func keySetOf(k vector.Vector, n int) *connectors.KeySet {
	set := &connectors.KeySet{Type: k.Type()}
	switch k.Type().Physical() {
	case schema.PhysInt32, schema.PhysInt64:
		keys, ok := intKeys(kernel.Flatten(k))
		if !ok {
			return nil
		}
		intSet(set, keys, kernel.Nulls(k, n))
	case schema.PhysBytes:
		if kind := k.Type().Kind; kind == schema.Char || kind == schema.JSONB {
			return nil // equal values may have different bytes
		}
		stringSet(set, k, n)
	default:
		return nil
	}
	return set
}

// bitmapRows is how many bits of a bitmap a row is worth.
const bitmapRows = 512

func intSet(set *connectors.KeySet, keys []int64, null vector.Bitmap) {
	lo, hi := int64(math.MaxInt64), int64(math.MinInt64)
	for r, v := range keys {
		if !null.Get(r) {
			lo, hi = min(lo, v), max(hi, v)
			set.Count++
		}
	}
	if set.Count == 0 {
		set.List = []schema.Value{}
		return
	}
	set.Min, set.Max = schema.IntValue(set.Type, lo), schema.IntValue(set.Type, hi)
	span := uint64(hi - lo)
	if span < connectors.MaxBitmapSpan && span < uint64(max(set.Count*bitmapRows, 1<<16)) {
		set.Base, set.Bits = lo, make([]uint64, span/64+1)
		for r, v := range keys {
			if !null.Get(r) {
				d := uint64(v - lo)
				set.Bits[d/64] |= 1 << (d % 64)
			}
		}
		listBits(set)
		return
	}
	set.Bloom = connectors.NewBloom(int(set.Count))
	distinct := map[int64]struct{}{}
	for r, v := range keys {
		if null.Get(r) {
			continue
		}
		set.Bloom.Add(vector.HashInt64(v))
		if len(distinct) <= connectors.MaxListedKeys {
			distinct[v] = struct{}{}
		}
	}
	if len(distinct) > connectors.MaxListedKeys {
		return
	}
	set.List = make([]schema.Value, 0, len(distinct))
	for v := range distinct {
		set.List = append(set.List, schema.IntValue(set.Type, v))
	}
	slices.SortFunc(set.List, schema.Value.Compare)
}

// listBits lists the keys of a bitmap, if they are few.
func listBits(set *connectors.KeySet) {
	n := vector.Bitmap(set.Bits).Count()
	if n > connectors.MaxListedKeys {
		return
	}
	set.List = make([]schema.Value, 0, n)
	for i, w := range set.Bits {
		for ; w != 0; w &= w - 1 {
			set.List = append(set.List, schema.IntValue(set.Type, set.Base+int64(i*64+bits.TrailingZeros64(w))))
		}
	}
}

func stringSet(set *connectors.KeySet, k vector.Vector, n int) {
	col := kernel.StringCol(k, nil)
	distinct := map[string]struct{}{}
	set.Bloom = connectors.NewBloom(max(n, 1))
	var lo, hi []byte
	for r := range n {
		if vector.NullAt(k, r) {
			continue
		}
		s := col.At(r)
		if set.Count == 0 || string(s) < string(lo) {
			lo = s
		}
		if set.Count == 0 || string(s) > string(hi) {
			hi = s
		}
		set.Count++
		set.Bloom.Add(vector.HashBytes(s))
		if len(distinct) <= connectors.MaxListedKeys {
			distinct[string(s)] = struct{}{}
		}
	}
	if set.Count == 0 {
		set.List = []schema.Value{}
		return
	}
	set.Min, set.Max = schema.StringValue(set.Type, string(lo)), schema.StringValue(set.Type, string(hi))
	if len(distinct) > connectors.MaxListedKeys {
		return
	}
	set.List = make([]schema.Value, 0, len(distinct))
	for s := range distinct {
		set.List = append(set.List, schema.StringValue(set.Type, s))
	}
	slices.SortFunc(set.List, schema.Value.Compare)
}
