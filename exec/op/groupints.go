package op

import (
	"math/bits"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
)

// smallKeys is the greatest number of integer keys from 0 on whose groups are found in an array.
const smallKeys = 1 << 16

// intGroups are the groups of one integer key. Small keys are found by their place in an array, others in a table with linear
// probing that has the keys inline.
type intGroups struct {
	keys    []int64 // of each group
	null    int32   // the group of NULL, -1 without one
	small   []uint32
	entries []intGroup
	used    int
	shift   uint
	scratch []int64
}

// intGroup is an entry: id is the group's number plus one, 0 says that the entry is free.
type intGroup struct {
	key int64
	id  uint32
}

func (g *intGroups) memory() int64 {
	return int64(cap(g.keys))*8 + int64(len(g.small))*4 + int64(len(g.entries))*16
}

func (g *intGroups) assign(t *groupTable, cols []vector.Vector, n int, sel []uint32, out []uint32, insert bool) {
	v := cols[0]
	if c, ok := v.(*vector.Const); ok {
		id := g.constant(t, c, insert)
		for k := range out {
			out[k] = id
		}
		return
	}
	null := v.Nulls()
	keys := g.ints(v, n, sel)
	if null == nil && sel == nil && insert {
		g.assignAll(t, keys, out)
		return
	}
	last, lastID := int64(0), noGroup
	for k := range out {
		r := k
		if sel != nil {
			r = int(sel[k])
		}
		if null.Get(r) {
			out[k] = g.nullGroup(t, insert)
			continue
		}
		if key := keys[r]; key != last || lastID == noGroup {
			last, lastID = key, g.group(t, key, insert)
		}
		out[k] = lastID
	}
}

// assignAll is the loop over all rows without NULLs. Clustered keys come in runs: a key like the one before is not looked up.
func (g *intGroups) assignAll(t *groupTable, keys []int64, out []uint32) {
	last, lastID := int64(0), noGroup
	for k, key := range keys[:len(out)] {
		if key != last || lastID == noGroup {
			last = key
			if uint64(key) < uint64(len(g.small)) && g.small[key] != 0 {
				lastID = g.small[key] - 1
			} else {
				lastID = g.group(t, key, true)
			}
		}
		out[k] = lastID
	}
}

// ints returns the keys as 64-bit integers by row.
func (g *intGroups) ints(v vector.Vector, n int, sel []uint32) []int64 {
	switch v := v.(type) {
	case *vector.Flat[int64]:
		return v.Values
	case *vector.Flat[int32]:
		out := kernel.Grow(&g.scratch, n)
		for i, x := range v.Values[:n] {
			out[i] = int64(x)
		}
		return out
	case *vector.Dict:
		out := kernel.Grow(&g.scratch, n)
		dictInts(v, n, sel, out)
		return out
	}
	panic("op: form does not fit an integer key")
}

func (g *intGroups) constant(t *groupTable, c *vector.Const, insert bool) uint32 {
	if c.IsNull() {
		return g.nullGroup(t, insert)
	}
	one, _ := intKeys(c.Value)
	return g.group(t, one[0], insert)
}

func (g *intGroups) nullGroup(t *groupTable, insert bool) uint32 {
	if g.null < 0 {
		if !insert {
			return noGroup
		}
		g.null = int32(t.n)
		g.keys = append(g.keys, 0)
		t.n++
	}
	return uint32(g.null)
}

func (g *intGroups) begin(t *groupTable, key int64) uint32 {
	id := uint32(t.n)
	g.keys = append(g.keys, key)
	t.n++
	return id
}

func (g *intGroups) group(t *groupTable, key int64, insert bool) uint32 {
	if uint64(key) < uint64(len(g.small)) || uint64(key) < smallKeys && g.widen(t, key) {
		if g.small[key] == 0 {
			if !insert {
				return noGroup
			}
			g.small[key] = g.begin(t, key) + 1
		}
		return g.small[key] - 1
	}
	if g.used*2 >= len(g.entries) {
		g.enlarge()
	}
	mask := uint64(len(g.entries) - 1)
	for i := vector.HashInt64(key) >> g.shift; ; i = (i + 1) & mask {
		e := &g.entries[i]
		switch {
		case e.id == 0:
			if !insert {
				return noGroup
			}
			e.key, e.id = key, g.begin(t, key)+1
			g.used++
			return e.id - 1
		case e.key == key:
			return e.id - 1
		}
	}
}

// widen makes the array reach a key, when there are enough groups for its size. Groups that were found in the table before are found
// in the array from then on.
func (g *intGroups) widen(t *groupTable, key int64) bool {
	if key >= 16*(int64(t.n)+64) {
		return false
	}
	size := max(1<<bits.Len64(uint64(key)), 1024)
	old := len(g.small)
	g.small = append(g.small, make([]uint32, size-old)...)
	for id, k := range g.keys {
		if k >= int64(old) && k < int64(size) && int32(id) != g.null {
			g.small[k] = uint32(id) + 1
		}
	}
	return true
}

func (g *intGroups) expect(groups int) {
	g.allocate(entriesFor(groups))
	g.keys = make([]int64, 0, groups)
}

func (g *intGroups) allocate(size int) {
	g.entries, g.shift = make([]intGroup, size), uint(65-bits.Len(uint(size)))
}

func (g *intGroups) enlarge() {
	old := g.entries
	size := max(len(old)*2, minimumEntries)
	if len(old) < 1<<16 {
		size = max(len(old)*4, minimumEntries)
	}
	g.allocate(size)
	mask := uint64(size - 1)
	for _, e := range old {
		if e.id == 0 {
			continue
		}
		i := vector.HashInt64(e.key) >> g.shift
		for g.entries[i].id != 0 {
			i = (i + 1) & mask
		}
		g.entries[i] = e
	}
}

func (g *intGroups) build(t *groupTable) []vector.Vector {
	var null vector.Bitmap
	if g.null >= 0 {
		null = vector.NewBitmap(t.n)
		null.Set(int(g.null))
	}
	typ := t.types[0]
	if typ.Physical() == schema.PhysInt64 {
		return []vector.Vector{&vector.Flat[int64]{Typ: typ, Values: g.keys[:t.n], Null: null}}
	}
	out := make([]int32, t.n)
	for i, k := range g.keys {
		out[i] = int32(k)
	}
	return []vector.Vector{&vector.Flat[int32]{Typ: typ, Values: out, Null: null}}
}
