package op

import (
	"math/bits"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
)

// packedKey is a row of keys as one number of 128 bits.
type packedKey struct{ hi, lo uint64 }

// packedGroups are the groups of keys that fit 128 bits, one for NULL each included: fixed-width ones, and texts as long as they
// are short. With the first longer text bytesGroups take their place.
type packedGroups struct {
	types   []schema.Type
	keys    []packedKey // of each group
	entries []packedGroup
	used    int
	shift   uint
	rows    []packedKey
	ints    []int64
	words   []int64
}

type packedGroup struct {
	key packedKey
	id  uint32
}

// keyBits is the width of a packed key; 0 says that the type has none.
func keyBits(t schema.Type) int {
	switch t.Physical() {
	case schema.PhysBool:
		return 1
	case schema.PhysInt32:
		return 32
	case schema.PhysInt64:
		return 64
	}
	if packsText(t) {
		return packedTextBits
	}
	return 0
}

// packedBits is how many bits the keys take, more than 128 if one has no fixed width.
func packedBits(types []schema.Type) int {
	n := 0
	for _, t := range types {
		w := keyBits(t)
		if w == 0 {
			return 1 << 20
		}
		n += w + 1
	}
	return n
}

func newPackedGroups(types []schema.Type) *packedGroups { return &packedGroups{types: types} }

func (g *packedGroups) memory() int64 {
	return int64(cap(g.keys))*16 + int64(len(g.entries))*24
}

func (k packedKey) shifted(n int) packedKey {
	if n >= 64 {
		return packedKey{k.lo << (n - 64), 0}
	}
	return packedKey{k.hi<<n | k.lo>>(64-n), k.lo << n}
}

func (k packedKey) hash() uint64 {
	return vector.CombineHash(vector.HashInt64(int64(k.hi)), k.lo*0x9e3779b97f4a7c15+k.lo>>32)
}

// pack sets rows to the packed keys of the selected rows; it returns false when a text is too long.
func (g *packedGroups) pack(cols []vector.Vector, n int, sel []uint32, count int) bool {
	g.rows = kernel.Grow(&g.rows, count)
	clear(g.rows)
	for i, v := range cols {
		width := keyBits(g.types[i])
		mask := ^uint64(0) >> (64 - width)
		values, ok := g.integers(v, n, sel)
		if !ok {
			return false
		}
		var null vector.Bitmap
		allNull := false
		if c, ok := v.(*vector.Const); ok {
			allNull = c.IsNull()
		} else {
			null = v.Nulls()
		}
		for k := range g.rows {
			r := k
			if sel != nil {
				r = int(sel[k])
			}
			p := g.rows[k].shifted(width + 1)
			if allNull || null.Get(r) {
				p.lo |= 1
			} else {
				w := uint64(values[r]) & mask
				p.lo |= w << 1
				p.hi |= w >> 63
			}
			g.rows[k] = p
		}
	}
	return true
}

// integers returns a key column as 64-bit integers by row; ok is false when a text is too long.
func (g *packedGroups) integers(v vector.Vector, n int, sel []uint32) (out []int64, ok bool) {
	if packsText(v.Type()) {
		return g.packTexts(v, n, sel)
	}
	if v, ok := v.(*vector.Flat[int64]); ok {
		return v.Values, true
	}
	out = kernel.Grow(&g.ints, n)
	switch v := v.(type) {
	case *vector.Flat[int32]:
		for i, x := range v.Values[:n] {
			out[i] = int64(x)
		}
	case *vector.Flat[bool]:
		for i, x := range v.Values[:n] {
			out[i] = 0
			if x {
				out[i] = 1
			}
		}
	case *vector.Const:
		if v.IsNull() {
			return out, true
		}
		one := vector.ValueAt(v.Value, 0).I
		for i := range out {
			out[i] = one
		}
	case *vector.Dict:
		codes := v.Codes
		if dictInts(v, n, sel, out) {
			break
		}
		vector.EachRow(n, sel, func(r int) { out[r] = vector.ValueAt(v.Values, int(codes[r])).I })
	}
	return out, true
}

func (g *packedGroups) assign(t *groupTable, cols []vector.Vector, n int, sel []uint32, out []uint32, insert bool) {
	if !g.pack(cols, n, sel, len(out)) {
		g.unpack(t)
		t.keys.assign(t, cols, n, sel, out, insert)
		return
	}
	var last packedKey
	lastID := noGroup
	for k, key := range g.rows {
		if key != last || lastID == noGroup {
			last, lastID = key, g.group(t, key, insert)
		}
		out[k] = lastID
	}
}

func (g *packedGroups) group(t *groupTable, key packedKey, insert bool) uint32 {
	if g.used*2 >= len(g.entries) {
		g.enlarge()
	}
	mask := uint64(len(g.entries) - 1)
	for i := key.hash() >> g.shift; ; i = (i + 1) & mask {
		e := &g.entries[i]
		switch {
		case e.id == 0:
			if !insert {
				return noGroup
			}
			e.key, e.id = key, uint32(t.n)+1
			g.keys = append(g.keys, key)
			t.n++
			g.used++
			return e.id - 1
		case e.key == key:
			return e.id - 1
		}
	}
}

func (g *packedGroups) expect(groups int) {
	g.allocate(entriesFor(groups))
	g.keys = make([]packedKey, 0, groups)
}

func (g *packedGroups) allocate(size int) {
	g.entries, g.shift = make([]packedGroup, size), uint(65-bits.Len(uint(size)))
}

func (g *packedGroups) enlarge() {
	old := g.entries
	size := max(len(old)*2, minimumEntries)
	g.allocate(size)
	mask := uint64(size - 1)
	for _, e := range old {
		if e.id == 0 {
			continue
		}
		i := e.key.hash() >> g.shift
		for g.entries[i].id != 0 {
			i = (i + 1) & mask
		}
		g.entries[i] = e
	}
}

func (g *packedGroups) build(t *groupTable) []vector.Vector {
	cols := make([]vector.Vector, len(g.types))
	at := 0
	for i := len(g.types) - 1; i >= 0; i-- {
		cols[i] = g.column(i, at)
		at += keyBits(g.types[i]) + 1
	}
	return cols
}

// column unpacks key i, whose lowest bit, which tells NULL, is at the given place.
func (g *packedGroups) column(i, at int) vector.Vector {
	width := keyBits(g.types[i])
	null := vector.NewBitmap(len(g.keys))
	word := func(r int) uint64 {
		k := g.keys[r]
		if at >= 64 {
			k = packedKey{0, k.hi >> (at - 64)}
		} else if at > 0 {
			k = packedKey{k.hi >> at, k.lo>>at | k.hi<<(64-at)}
		}
		if k.lo&1 != 0 {
			null.Set(r)
			return 0
		}
		return k.lo>>1 | k.hi<<63
	}
	var v vector.Vector
	switch width {
	case 1:
		out := &vector.Flat[bool]{Typ: g.types[i], Values: make([]bool, len(g.keys))}
		for r := range out.Values {
			out.Values[r] = word(r)&1 != 0
		}
		if null.Any() {
			out.Null = null
		}
		v = out
	case 32:
		out := &vector.Flat[int32]{Typ: g.types[i], Values: make([]int32, len(g.keys))}
		for r := range out.Values {
			out.Values[r] = int32(uint32(word(r)))
		}
		if null.Any() {
			out.Null = null
		}
		v = out
	case packedTextBits:
		out := unpackTexts(g.types[i], len(g.keys), word)
		if null.Any() {
			out.Null = null
		}
		v = out
	default:
		out := &vector.Flat[int64]{Typ: g.types[i], Values: make([]int64, len(g.keys))}
		for r := range out.Values {
			out.Values[r] = int64(word(r))
		}
		if null.Any() {
			out.Null = null
		}
		v = out
	}
	return v
}
