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

// noEntry ends a chain of rows.
const noEntry = kernel.NoRow

// joinTable finds build rows by key. Rows of equal hash (or equal dense key) are chained by next.
//
// One integer key whose range is at most denseFactor times the number of rows is found by its place in an array, without
// hashing or comparing; other keys by a table of heads with the hashes beside the rows.
type joinTable struct {
	rows int
	cols []vector.Vector // the build side's columns
	keys []vector.Vector // its key columns
	// dense: head[key-min]. hashed: head[hash>>shift], with hashes to compare first.
	dense  bool
	min    int64
	head   []uint32
	next   []uint32
	hashes []uint64
	shift  uint
	// unique says that no chain of a dense table is longer than one.
	unique   bool
	anyNull  bool // some key is NULL
	nullSafe []bool
}

// denseFactor is how much larger than the rows a dense array may be; denseMinimum is allowed always.
const (
	denseFactor  = 8
	denseMinimum = 1 << 12
)

func newJoinTable(cols, keys []vector.Vector, rows int, nullSafe []bool) *joinTable {
	t := &joinTable{rows: rows, cols: cols, keys: keys, nullSafe: nullSafe, next: make([]uint32, rows)}
	usable := t.usableRows()
	if len(keys) == 1 && !nullSafe[0] && t.buildDense(usable) {
		return t
	}
	t.buildHashed(usable)
	return t
}

// usableRows returns the rows whose key can match: NULL keys never do, unless they are compared as values.
func (t *joinTable) usableRows() []uint32 {
	var null vector.Bitmap
	for i, k := range t.keys {
		if t.nullSafe[i] || k.Nulls() == nil {
			continue
		}
		if null == nil {
			null = vector.NewBitmap(t.rows)
		}
		null.Or(kernel.Nulls(k, t.rows))
	}
	t.anyNull = null.Any()
	if !t.anyNull {
		return nil
	}
	rows := make([]uint32, 0, t.rows)
	for i := range uint32(t.rows) {
		if !null.Get(int(i)) {
			rows = append(rows, i)
		}
	}
	return rows
}

// keyInts returns a key column as integers; ok is false for other types.
func keyInts(v vector.Vector) (at func(i int) int64, ok bool) {
	switch v := v.(type) {
	case *vector.Flat[int32]:
		return func(i int) int64 { return int64(v.Values[i]) }, true
	case *vector.Flat[int64]:
		return func(i int) int64 { return v.Values[i] }, true
	}
	return nil, false
}

func (t *joinTable) buildDense(usable []uint32) bool {
	at, ok := keyInts(t.keys[0])
	n := t.rows
	if usable != nil {
		n = len(usable)
	}
	if !ok || n == 0 {
		return false
	}
	lo, hi := int64(math.MaxInt64), int64(math.MinInt64)
	t.each(usable, func(r uint32) {
		k := at(int(r))
		lo, hi = min(lo, k), max(hi, k)
	})
	span := uint64(hi - lo)
	if span >= uint64(max(n*denseFactor, denseMinimum)) {
		return false
	}
	t.dense, t.min, t.unique = true, lo, true
	t.head = make([]uint32, span+1)
	fill(t.head)
	// From the last row to the first, so that chains are in the order of the rows.
	t.eachBackwards(usable, func(r uint32) {
		slot := &t.head[at(int(r))-lo]
		t.unique = t.unique && *slot == noEntry
		t.next[r], *slot = *slot, r
	})
	return true
}

func fill(s []uint32) {
	for i := range s {
		s[i] = noEntry
	}
}

func (t *joinTable) each(usable []uint32, f func(r uint32)) {
	if usable == nil {
		for r := range uint32(t.rows) {
			f(r)
		}
		return
	}
	for _, r := range usable {
		f(r)
	}
}

func (t *joinTable) eachBackwards(usable []uint32, f func(r uint32)) {
	if usable == nil {
		for r := t.rows - 1; r >= 0; r-- {
			f(uint32(r))
		}
		return
	}
	for i := len(usable) - 1; i >= 0; i-- {
		f(usable[i])
	}
}

func (t *joinTable) buildHashed(usable []uint32) {
	n := max(t.rows, 1)
	size := 1 << bits.Len(uint(n*2-1))
	t.head = make([]uint32, size)
	fill(t.head)
	t.shift = uint(64 - bits.Len(uint(size-1)))
	t.hashes = make([]uint64, t.rows)
	hashKeys(t.keys, t.rows, nil, t.hashes)
	t.eachBackwards(usable, func(r uint32) {
		slot := &t.head[t.hashes[r]>>t.shift]
		t.next[r], *slot = *slot, r
	})
}

func hashKeys(keys []vector.Vector, n int, sel []uint32, out []uint64) {
	for i, k := range keys {
		kernel.Hash(k, n, sel, out, i > 0)
	}
}

// memory is the bytes of the table beside its columns.
func (t *joinTable) memory() int64 {
	return int64(len(t.head)+len(t.next))*4 + int64(len(t.hashes))*8
}

// keySet summarises key column i for scans of the probe side; typ is the probe column's type.
func (t *joinTable) keySet(i int) *connectors.KeySet {
	k := t.keys[i]
	set := &connectors.KeySet{Type: k.Type()}
	switch k.Type().Physical() {
	case schema.PhysInt32, schema.PhysInt64:
		t.intSet(k, set)
	case schema.PhysBytes:
		if k.Type().Kind == schema.Char {
			return nil // blanks do not count
		}
		t.stringSet(k, set)
	default:
		return nil
	}
	return set
}

func (t *joinTable) intSet(k vector.Vector, set *connectors.KeySet) {
	at, ok := keyInts(kernel.Flatten(k))
	if !ok {
		return
	}
	lo, hi := int64(math.MaxInt64), int64(math.MinInt64)
	for r := range t.rows {
		if vector.NullAt(k, r) {
			continue
		}
		v := at(r)
		lo, hi = min(lo, v), max(hi, v)
		set.Count++
	}
	if set.Count == 0 {
		set.List = []schema.Value{}
		return
	}
	set.Min, set.Max = schema.IntValue(k.Type(), lo), schema.IntValue(k.Type(), hi)
	distinct := map[int64]struct{}{}
	span := uint64(hi - lo)
	exact := span < connectors.MaxBitmapSpan && span < uint64(max(set.Count*256, 1<<16))
	if exact {
		set.Base = lo
		set.Bits = make([]uint64, span/64+1)
	} else {
		set.Bloom = connectors.NewBloom(int(set.Count))
	}
	for r := range t.rows {
		if vector.NullAt(k, r) {
			continue
		}
		v := at(r)
		if exact {
			d := uint64(v - lo)
			set.Bits[d/64] |= 1 << (d % 64)
		} else {
			set.Bloom.Add(vector.HashInt64(v))
		}
		if len(distinct) <= connectors.MaxListedKeys {
			distinct[v] = struct{}{}
		}
	}
	if len(distinct) > connectors.MaxListedKeys {
		return
	}
	set.List = make([]schema.Value, 0, len(distinct))
	for v := range distinct {
		set.List = append(set.List, schema.IntValue(k.Type(), v))
	}
	slices.SortFunc(set.List, schema.Value.Compare)
}

func (t *joinTable) stringSet(k vector.Vector, set *connectors.KeySet) {
	col := kernel.StringCol(k, nil)
	distinct := map[string]struct{}{}
	set.Bloom = connectors.NewBloom(max(t.rows, 1))
	var lo, hi []byte
	for r := range t.rows {
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
	set.Min, set.Max = schema.StringValue(k.Type(), string(lo)), schema.StringValue(k.Type(), string(hi))
	if len(distinct) > connectors.MaxListedKeys {
		return
	}
	set.List = make([]schema.Value, 0, len(distinct))
	for s := range distinct {
		set.List = append(set.List, schema.StringValue(k.Type(), s))
	}
	slices.SortFunc(set.List, schema.Value.Compare)
}
