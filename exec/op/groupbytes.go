package op

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
)

// bytesGroups are the groups of any keys, found by the bytes of all keys of a row. The bytes lie in one arena.
type bytesGroups struct {
	builders []*vector.Builder // the keys of each group
	entries  []bytesGroup
	used     int
	shift    uint
	at       []int64 // of each group: where its bytes begin in the arena
	arena    []byte
	hashes   []uint64
	scratch  []byte
	fresh    []uint32
	done     []vector.Vector
}

type bytesGroup struct {
	hash uint64
	id   uint32 // number plus one; 0 is free
}

func newBytesGroups(types []schema.Type) *bytesGroups {
	g := &bytesGroups{}
	for _, t := range types {
		g.builders = append(g.builders, vector.NewBuilder(t, 0))
	}
	return g
}

func (g *bytesGroups) memory() int64 {
	n := int64(len(g.entries))*16 + int64(cap(g.at))*8 + int64(cap(g.arena))
	for _, b := range g.builders {
		n += b.Size() * 3 / 2
	}
	return n
}

func (g *bytesGroups) assign(t *groupTable, cols []vector.Vector, n int, sel []uint32, out []uint32, insert bool) {
	g.hashes = kernel.Grow(&g.hashes, n)
	hashKeys(cols, n, sel, g.hashes)
	encoders := make([]keyEncoder, len(cols))
	for i, c := range cols {
		encoders[i] = encoderOf(c)
	}
	g.fresh = g.fresh[:0]
	for k := range out {
		r := uint32(k)
		if sel != nil {
			r = sel[k]
		}
		g.scratch = g.scratch[:0]
		for _, e := range encoders {
			g.scratch = e(g.scratch, int(r))
		}
		id, found := g.group(t, g.hashes[r], insert)
		if !found {
			g.fresh = append(g.fresh, r)
		}
		out[k] = id
	}
	if len(g.fresh) > 0 {
		for i, b := range g.builders {
			b.AppendRows(cols[i], g.fresh)
		}
	}
}

// group finds the group of the bytes in scratch; found is false when it is new.
func (g *bytesGroups) group(t *groupTable, hash uint64, insert bool) (id uint32, found bool) {
	if g.used*2 >= len(g.entries) {
		g.enlarge()
	}
	mask := uint64(len(g.entries) - 1)
	for i := hash >> g.shift; ; i = (i + 1) & mask {
		e := &g.entries[i]
		switch {
		case e.id == 0:
			if !insert {
				return noGroup, true
			}
			e.hash, e.id = hash, uint32(t.n)+1
			g.at = append(g.at, int64(len(g.arena)))
			g.arena = append(g.arena, g.scratch...)
			t.n++
			g.used++
			return e.id - 1, false
		case e.hash == hash && string(g.key(e.id-1)) == string(g.scratch):
			return e.id - 1, true
		}
	}
}

func (g *bytesGroups) key(id uint32) []byte {
	end := int64(len(g.arena))
	if int(id)+1 < len(g.at) {
		end = g.at[id+1]
	}
	return g.arena[g.at[id]:end]
}

func (g *bytesGroups) expect(groups int) { g.allocate(entriesFor(groups)) }

func (g *bytesGroups) allocate(size int) {
	g.entries, g.shift = make([]bytesGroup, size), uint(65-bits.Len(uint(size)))
}

func (g *bytesGroups) enlarge() {
	old := g.entries
	size := max(len(old)*2, minimumEntries)
	g.allocate(size)
	mask := uint64(size - 1)
	for _, e := range old {
		if e.id == 0 {
			continue
		}
		i := e.hash >> g.shift
		for g.entries[i].id != 0 {
			i = (i + 1) & mask
		}
		g.entries[i] = e
	}
}

// build returns the keys; the table can still find groups afterwards but not begin any.
func (g *bytesGroups) build(*groupTable) []vector.Vector {
	if g.done == nil {
		for _, b := range g.builders {
			g.done = append(g.done, b.Build())
		}
	}
	return g.done
}

// keyEncoder appends a row's key so that equal values have equal bytes and no value's bytes begin another's.
type keyEncoder func(dst []byte, r int) []byte

// orNull makes the encoder of a column with NULLs.
func orNull(null vector.Bitmap, e keyEncoder) keyEncoder {
	return func(dst []byte, r int) []byte {
		if null.Get(r) {
			return append(dst, 0)
		}
		return e(append(dst, 1), r)
	}
}

func encoderOf(v vector.Vector) keyEncoder {
	switch v := v.(type) {
	case *vector.Const:
		e := encoderOf(v.Value)
		return func(dst []byte, _ int) []byte { return e(dst, 0) }
	case *vector.Dict:
		e := encoderOf(v.Values)
		return func(dst []byte, r int) []byte {
			if v.Null.Get(r) {
				return append(dst, 0)
			}
			return e(dst, int(v.Codes[r]))
		}
	case *vector.Flat[int32]:
		return orNull(v.Null, func(dst []byte, r int) []byte { return binary.LittleEndian.AppendUint32(dst, uint32(v.Values[r])) })
	case *vector.Flat[int64]:
		return orNull(v.Null, func(dst []byte, r int) []byte { return binary.LittleEndian.AppendUint64(dst, uint64(v.Values[r])) })
	case *vector.Flat[float64]:
		return orNull(v.Null, func(dst []byte, r int) []byte { return binary.LittleEndian.AppendUint64(dst, floatBits(v.Values[r])) })
	case *vector.Bytes:
		if k := v.Typ.Kind; k == schema.Char || k == schema.JSONB {
			return orNull(v.Null, func(dst []byte, r int) []byte { return appendText(dst, textKey(k, string(v.At(r)))) })
		}
		return orNull(v.Null, func(dst []byte, r int) []byte { return appendText(dst, v.At(r)) })
	}
	return func(dst []byte, r int) []byte { return encodeValue(dst, vector.ValueAt(v, r)) }
}

func floatBits(f float64) uint64 {
	switch {
	case f == 0:
		return 0
	case math.IsNaN(f):
		return math.Float64bits(math.NaN())
	}
	return math.Float64bits(f)
}

func appendText[T string | []byte](dst []byte, s T) []byte {
	return append(binary.LittleEndian.AppendUint32(dst, uint32(len(s))), s...)
}

// textKey returns a text that is the same for equal values of a type: trailing blanks of char and zeros behind the digits of numbers in
// jsonb do not count.
func textKey(k schema.Kind, s string) string {
	switch k {
	case schema.Char:
		return strings.TrimRight(s, " ")
	case schema.JSONB:
		return schema.JSONKey(s)
	}
	return s
}

// encodeValue is the slow form, for types that are seldom keys.
func encodeValue(dst []byte, v schema.Value) []byte {
	if !v.Valid {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	switch v.Type.Physical() {
	case schema.PhysFloat32, schema.PhysFloat64:
		return binary.LittleEndian.AppendUint64(dst, floatBits(v.F))
	case schema.PhysBytes:
		return appendText(dst, textKey(v.Type.Kind, v.S))
	case schema.PhysInterval:
		c := v.Interval().Canonical()
		return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(dst, uint64(c.Hi)), c.Lo)
	case schema.PhysList, schema.PhysStruct:
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(v.Elems)))
		for _, e := range v.Elems {
			dst = encodeValue(dst, e)
		}
		return dst
	}
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(dst, uint64(v.I)), uint64(v.Hi))
}
