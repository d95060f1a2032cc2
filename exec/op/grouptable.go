package op

import (
	"encoding/binary"
	"math"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
)

// groupTable numbers groups by their keys. Keys of new groups are kept in builders, in the order of the numbers.
type groupTable struct {
	types []schema.Type
	keys  []*vector.Builder
	n     int
	built []vector.Vector // the keys, once all groups are known

	// ints finds groups of one integer key.
	ints    intTable
	nullID  int32
	single  bool
	encoded bytesTable
	hashes  []uint64
	scratch []byte

	// cells caches the groups of combinations of dictionary codes.
	cells                        []int32
	cellIDs                      []uint64
	first, firstCell, firstGroup []uint32
}

// maxCells is the greatest number of combinations of codes that are cached.
const maxCells = 1 << 16

func newGroupTable(types []schema.Type) *groupTable {
	t := &groupTable{types: types, nullID: -1}
	for _, typ := range types {
		t.keys = append(t.keys, vector.NewBuilder(typ, 0))
	}
	if len(types) == 1 {
		switch types[0].Physical() {
		case schema.PhysInt32, schema.PhysInt64:
			t.single = true
		}
	}
	return t
}

// memory is the bytes that the table takes.
func (t *groupTable) memory() int64 {
	n := t.ints.memory() + t.encoded.memory()
	for _, k := range t.keys {
		n += k.Size() * 3 / 2
	}
	return n
}

// assign sets out[k] to the group of the k-th selected row.
func (t *groupTable) assign(cols []vector.Vector, n int, sel []uint32, out []uint32) {
	if len(cols) == 0 {
		clear(out)
		t.n = max(t.n, 1)
		return
	}
	if t.assignCells(cols, n, sel, out) {
		return
	}
	if t.single {
		t.assignInts(cols[0], n, sel, out)
		return
	}
	t.assignEncoded(cols, n, sel, out)
}

// assignCells groups by the combination of dictionary codes, if all keys are small dictionaries.
func (t *groupTable) assignCells(cols []vector.Vector, n int, sel []uint32, out []uint32) bool {
	size := 1
	for _, c := range cols {
		d, ok := c.(*vector.Dict)
		if !ok {
			return false
		}
		if size *= d.Values.Len() + 1; size > maxCells {
			return false
		}
	}
	if t.cellIDs == nil {
		t.cellIDs = make([]uint64, len(cols))
	}
	fresh := false
	for i, c := range cols {
		if id := c.(*vector.Dict).ID; t.cellIDs[i] != id {
			t.cellIDs[i], fresh = id, true
		}
	}
	if fresh || len(t.cells) != size {
		t.cells = kernel.Grow(&t.cells, size)
		for i := range t.cells {
			t.cells[i] = -1
		}
	}
	t.cellsOf(cols, n, sel, out)
	// The rows that are the first of their cell get their groups together.
	t.first = t.first[:0]
	for k := range out {
		if cell := out[k]; t.cells[cell] == -1 {
			t.cells[cell] = -2
			r := uint32(k)
			if sel != nil {
				r = sel[k]
			}
			t.first = append(t.first, r)
			t.firstCell = append(t.firstCell, cell)
		}
	}
	if len(t.first) > 0 {
		t.firstGroup = growIDs(t.firstGroup, len(t.first))
		if t.single {
			t.assignInts(cols[0], n, t.first, t.firstGroup)
		} else {
			t.assignEncoded(cols, n, t.first, t.firstGroup)
		}
		for i, cell := range t.firstCell {
			t.cells[cell] = int32(t.firstGroup[i])
		}
		t.firstCell = t.firstCell[:0]
	}
	for k, cell := range out {
		out[k] = uint32(t.cells[cell])
	}
	return true
}

// cellsOf sets out[k] to the cell of the k-th selected row: its codes as the digits of a number, 0 for NULL.
func (t *groupTable) cellsOf(cols []vector.Vector, n int, sel []uint32, out []uint32) {
	for i, c := range cols {
		d := c.(*vector.Dict)
		size := uint32(d.Values.Len() + 1)
		if i == 0 {
			size = 0
		}
		put := func(k int, r uint32) {
			code := d.Codes[r] + 1
			if d.Null.Get(int(r)) {
				code = 0
			}
			out[k] = out[k]*size + code
		}
		if sel == nil {
			for r := range uint32(n) {
				put(int(r), r)
			}
			continue
		}
		for k, r := range sel {
			put(k, r)
		}
	}
}

func (t *groupTable) assignInts(v vector.Vector, n int, sel []uint32, out []uint32) {
	if t.types[0].Physical() == schema.PhysInt32 {
		assignIntKeys(t, kernel.FlatCol[int32](v, nil), v, n, sel, out)
		return
	}
	assignIntKeys(t, kernel.FlatCol[int64](v, nil), v, n, sel, out)
}

func assignIntKeys[T int32 | int64](t *groupTable, c kernel.Col[T], v vector.Vector, n int, sel []uint32, out []uint32) {
	var lastKey int64
	last := int32(-1)
	put := func(k, r int) {
		if c.AllNull || c.Null.Get(r) {
			if t.nullID < 0 {
				t.nullID = int32(t.n)
				t.keys[0].AppendNull()
				t.n++
			}
			out[k] = uint32(t.nullID)
			return
		}
		key := int64(c.V[r&c.Mask])
		if last >= 0 && key == lastKey { // clustered keys come in runs
			out[k] = uint32(last)
			return
		}
		g, found := t.ints.find(key, int32(t.n))
		if !found {
			t.keys[0].AppendInt(key)
			t.n++
		}
		lastKey, last = key, g
		out[k] = uint32(g)
	}
	if sel == nil {
		for r := range n {
			put(r, r)
		}
		return
	}
	for k, r := range sel {
		put(k, int(r))
	}
}

// assignEncoded groups by the bytes of all keys of a row.
func (t *groupTable) assignEncoded(cols []vector.Vector, n int, sel []uint32, out []uint32) {
	t.hashes = kernel.Grow(&t.hashes, n)
	hashKeys(cols, n, sel, t.hashes)
	encoders := make([]func(dst []byte, r int) []byte, len(cols))
	for i, c := range cols {
		encoders[i] = keyEncoder(c)
	}
	one := make([]uint32, 1)
	put := func(k int, r uint32) {
		t.scratch = t.scratch[:0]
		for _, e := range encoders {
			t.scratch = e(t.scratch, int(r))
		}
		g, found := t.encoded.find(t.hashes[r], t.scratch, int32(t.n))
		if !found {
			one[0] = r
			for i, b := range t.keys {
				b.AppendRows(cols[i], one)
			}
			t.n++
		}
		out[k] = uint32(g)
	}
	if sel == nil {
		for r := range uint32(n) {
			put(int(r), r)
		}
		return
	}
	for k, r := range sel {
		put(k, r)
	}
}

// keyEncoder returns a function that appends row r of v so that equal values have equal bytes and no value's bytes begin
// another's.
func keyEncoder(v vector.Vector) func(dst []byte, r int) []byte {
	null := func(r int) bool { return v.Nulls().Get(r) }
	switch v := v.(type) {
	case *vector.Const:
		e := keyEncoder(v.Value)
		return func(dst []byte, _ int) []byte { return e(dst, 0) }
	case *vector.Dict:
		e := keyEncoder(v.Values)
		return func(dst []byte, r int) []byte {
			if v.Null.Get(r) {
				return append(dst, 0)
			}
			return e(dst, int(v.Codes[r]))
		}
	case *vector.Flat[int32]:
		return func(dst []byte, r int) []byte {
			if v.Null.Get(r) {
				return append(dst, 0)
			}
			return binary.LittleEndian.AppendUint32(append(dst, 1), uint32(v.Values[r]))
		}
	case *vector.Flat[int64]:
		return func(dst []byte, r int) []byte {
			if v.Null.Get(r) {
				return append(dst, 0)
			}
			return binary.LittleEndian.AppendUint64(append(dst, 1), uint64(v.Values[r]))
		}
	case *vector.Flat[float64]:
		return func(dst []byte, r int) []byte {
			if v.Null.Get(r) {
				return append(dst, 0)
			}
			return binary.LittleEndian.AppendUint64(append(dst, 1), floatBits(v.Values[r]))
		}
	case *vector.Bytes:
		trim := v.Typ.Kind == schema.Char
		return func(dst []byte, r int) []byte {
			if v.Null.Get(r) {
				return append(dst, 0)
			}
			s := v.At(r)
			for trim && len(s) > 0 && s[len(s)-1] == ' ' {
				s = s[:len(s)-1]
			}
			return append(binary.LittleEndian.AppendUint32(append(dst, 1), uint32(len(s))), s...)
		}
	}
	return func(dst []byte, r int) []byte {
		if null(r) {
			return append(dst, 0)
		}
		return encodeValue(append(dst, 1), vector.ValueAt(v, r))
	}
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
		return append(binary.LittleEndian.AppendUint32(dst, uint32(len(v.S))), v.S...)
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

// intTable maps integers to numbers by linear probing; the entries are inline.
type intTable struct {
	keys []int64
	ids  []int32 // number+1; 0 is empty
	n    int
	mask uint64
}

func (t *intTable) memory() int64 { return int64(len(t.keys)) * 12 }

// find returns the number of a key; a new key gets next.
func (t *intTable) find(key int64, next int32) (id int32, found bool) {
	if t.n*2 >= len(t.keys) {
		t.enlarge()
	}
	i := vector.HashInt64(key) & t.mask
	for {
		switch {
		case t.ids[i] == 0:
			t.keys[i], t.ids[i] = key, next+1
			t.n++
			return next, false
		case t.keys[i] == key:
			return t.ids[i] - 1, true
		}
		i = (i + 1) & t.mask
	}
}

func (t *intTable) enlarge() {
	old := *t
	size := max(len(old.keys)*2, 1024)
	t.keys, t.ids, t.mask = make([]int64, size), make([]int32, size), uint64(size-1)
	for j, id := range old.ids {
		if id == 0 {
			continue
		}
		i := vector.HashInt64(old.keys[j]) & t.mask
		for t.ids[i] != 0 {
			i = (i + 1) & t.mask
		}
		t.keys[i], t.ids[i] = old.keys[j], id
	}
}

// bytesTable maps byte strings to numbers; the strings lie in one arena.
type bytesTable struct {
	hashes []uint64
	ids    []int32 // number+1; 0 is empty
	at     []int64 // of each number: where its string begins in the arena
	arena  []byte
	mask   uint64
}

func (t *bytesTable) memory() int64 {
	return int64(len(t.hashes))*12 + int64(cap(t.at))*8 + int64(cap(t.arena))
}

func (t *bytesTable) find(hash uint64, key []byte, next int32) (id int32, found bool) {
	if len(t.at)*2 >= len(t.hashes) {
		t.enlarge()
	}
	i := hash & t.mask
	for {
		switch {
		case t.ids[i] == 0:
			t.hashes[i], t.ids[i] = hash, next+1
			t.at = append(t.at, int64(len(t.arena)))
			t.arena = append(t.arena, key...)
			return next, false
		case t.hashes[i] == hash && string(t.key(t.ids[i]-1)) == string(key):
			return t.ids[i] - 1, true
		}
		i = (i + 1) & t.mask
	}
}

func (t *bytesTable) key(id int32) []byte {
	end := int64(len(t.arena))
	if int(id)+1 < len(t.at) {
		end = t.at[id+1]
	}
	return t.arena[t.at[id]:end]
}

func (t *bytesTable) enlarge() {
	old := *t
	size := max(len(old.hashes)*2, 256)
	t.hashes, t.ids, t.mask = make([]uint64, size), make([]int32, size), uint64(size-1)
	for j, id := range old.ids {
		if id == 0 {
			continue
		}
		i := old.hashes[j] & t.mask
		for t.ids[i] != 0 {
			i = (i + 1) & t.mask
		}
		t.hashes[i], t.ids[i] = old.hashes[j], id
	}
}
