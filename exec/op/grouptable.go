package op

import (
	"math/bits"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
)

// noGroup is the number of a row that belongs to no group.
const noGroup = ^uint32(0)

// groupTable numbers groups by their keys, in the order in which they begin. NULLs are equal to each other.
//
// It has a form for each kind of keys: none; small dictionaries, whose codes together are the place in an array (cells); one
// integer; fixed-width keys and short texts that fit 128 bits; and the bytes of all keys for the rest.
type groupTable struct {
	types []schema.Type
	n     int
	keys  keyFinder
	cells cellCache
}

// keyFinder finds or begins groups.
type keyFinder interface {
	// assign sets out[k] to the group of the k-th selected row. Without insert, rows of unknown keys get noGroup.
	assign(t *groupTable, cols []vector.Vector, n int, sel []uint32, out []uint32, insert bool)
	// build returns the keys of all groups.
	build(t *groupTable) []vector.Vector
	// expect makes room for that many groups, in a table that has none.
	expect(groups int)
	memory() int64
}

func newGroupTable(types []schema.Type) *groupTable {
	t := &groupTable{types: types}
	switch {
	case len(types) == 1 && isInt(types[0]):
		t.keys = &intGroups{null: -1}
	case packedBits(types) <= 128:
		t.keys = newPackedGroups(types)
	default:
		t.keys = newBytesGroups(types)
	}
	return t
}

// minimumEntries is the least size of the tables in which groups are found; each is a power of two and at most half full.
const minimumEntries = 1024

// entriesFor is the size of such a table for some groups.
func entriesFor(groups int) int { return max(1<<bits.Len(uint(2*groups)), minimumEntries) }

// groupEntryBytes is about the most that a group takes beside its key: up to four places of 24 bytes while a table is enlarged,
// and where the key begins.
const groupEntryBytes = int64(112)

// fixedBytes is the memory of a value of a type, without the bytes of texts.
func fixedBytes(t schema.Type) int64 {
	if w := t.Physical().Width(); w > 0 {
		return int64(w)
	}
	return 16
}

// textBytes is about the memory of the rows of a column in sel (nil: all n) beyond fixedBytes.
func textBytes(v vector.Vector, n int, sel []uint32) int64 {
	if sel != nil && len(sel) == 0 {
		return 0
	}
	total := int64(0)
	switch v := v.(type) {
	case *vector.Bytes:
		vector.EachRow(n, sel, func(r int) { total += int64(v.Views[r].Len) })
	case *vector.Dict:
		values, ok := v.Values.(*vector.Bytes)
		if !ok {
			return 0
		}
		if rows := vector.RowCount(n, sel); len(values.Views) < rows/8 { // the longest stands for all
			longest := uint32(0)
			for _, w := range values.Views {
				longest = max(longest, w.Len)
			}
			return int64(longest) * int64(rows)
		}
		vector.EachRow(n, sel, func(r int) { total += int64(values.Views[v.Codes[r]].Len) })
	case *vector.Const:
		return textBytes(v.Value, 1, nil) * int64(vector.RowCount(n, sel))
	case *vector.List, *vector.Struct:
		return vectorBytes(v)
	}
	return total
}

// memory is the bytes that the table takes.
func (t *groupTable) memory() int64 { return t.keys.memory() + t.cells.memory() }

// assign sets out[k] to the group of the k-th selected row; new keys begin groups.
func (t *groupTable) assign(cols []vector.Vector, n int, sel []uint32, out []uint32) {
	if len(cols) == 0 {
		clear(out)
		t.n = max(t.n, 1)
		return
	}
	if !t.cells.assign(t, cols, n, sel, out) {
		t.keys.assign(t, cols, n, sel, out, true)
	}
}

// find is assign without new groups: rows of unknown keys get noGroup.
func (t *groupTable) find(cols []vector.Vector, n int, sel []uint32, out []uint32) {
	if len(cols) == 0 {
		clear(out)
		return
	}
	t.keys.assign(t, cols, n, sel, out, false)
}

// built returns the keys of all groups as columns.
func (t *groupTable) built() []vector.Vector {
	if len(t.types) == 0 {
		return nil
	}
	return t.keys.build(t)
}

// maxCells is the greatest number of combinations of codes that are cached, maxIntCells that of the codes of one integer key, which is
// found as fast by itself.
const (
	maxCells    = 1 << 16
	maxIntCells = 1 << 12
)

// cellCache keeps the groups of combinations of dictionary codes, as long as the dictionaries stay the same.
type cellCache struct {
	groups     []int32 // -1: not known
	ids        []uint64
	first      []uint32
	firstCell  []uint32
	firstGroup []uint32
}

func (c *cellCache) memory() int64 { return int64(cap(c.groups)) * 4 }

// assign is for keys that are all small dictionaries; ok is false for others.
func (c *cellCache) assign(t *groupTable, cols []vector.Vector, n int, sel []uint32, out []uint32) bool {
	size, limit := 1, maxCells
	if _, ints := t.keys.(*intGroups); ints {
		limit = maxIntCells
	}
	for _, col := range cols {
		d, ok := col.(*vector.Dict)
		if !ok {
			return false
		}
		if size *= d.Values.Len() + 1; size > limit {
			return false
		}
	}
	fresh := c.ids == nil
	if fresh {
		c.ids = make([]uint64, len(cols))
	}
	for i, col := range cols {
		if id := col.(*vector.Dict).ID; c.ids[i] != id {
			c.ids[i], fresh = id, true
		}
	}
	if fresh || len(c.groups) != size {
		c.groups = kernel.Grow(&c.groups, size)
		for i := range c.groups {
			c.groups[i] = -1
		}
	}
	cellsOf(cols, n, sel, out)
	c.begin(t, cols, n, sel, out)
	for k, cell := range out {
		out[k] = uint32(c.groups[cell])
	}
	return true
}

// begin finds the groups of the cells that are not known: of the first row of each.
func (c *cellCache) begin(t *groupTable, cols []vector.Vector, n int, sel []uint32, cells []uint32) {
	c.first, c.firstCell = c.first[:0], c.firstCell[:0]
	for k, cell := range cells {
		if c.groups[cell] != -1 {
			continue
		}
		c.groups[cell] = -2
		r := uint32(k)
		if sel != nil {
			r = sel[k]
		}
		c.first, c.firstCell = append(c.first, r), append(c.firstCell, cell)
	}
	if len(c.first) == 0 {
		return
	}
	c.firstGroup = growIDs(c.firstGroup, len(c.first))
	t.keys.assign(t, cols, n, c.first, c.firstGroup, true)
	for i, cell := range c.firstCell {
		c.groups[cell] = int32(c.firstGroup[i])
	}
}

// cellsOf sets out[k] to the cell of the k-th selected row: its codes as the digits of a number, 0 for NULL.
func cellsOf(cols []vector.Vector, n int, sel []uint32, out []uint32) {
	for i, c := range cols {
		d := c.(*vector.Dict)
		size := uint32(d.Values.Len() + 1)
		if i == 0 {
			size = 0
		}
		if d.Null == nil && sel == nil {
			for k, code := range d.Codes[:n] {
				out[k] = out[k]*size + code + 1
			}
			continue
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
