package op

import (
	"math"
	"math/bits"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// noEntry ends a chain of rows.
const noEntry = kernel.NoRow

// tableForm is how a joinTable finds rows.
type tableForm uint8

const (
	// The zero form has no row.
	_ tableForm = iota
	// bitsForm only knows which integer keys there are: a bit each.
	bitsForm
	// denseForm finds rows of an integer key by its place in an array of chains.
	denseForm
	// intForm finds rows of an integer key by hashing; an entry has the key.
	intForm
	// hashForm finds rows of any keys by hashing; an entry has the hash, and the keys are compared.
	hashForm
)

// joinTable finds build rows by key. It has no pointers but those of its few slices.
//
// Hashed forms are a directory of buckets over one array of entries (compressed sparse rows): the word of a bucket has the number
// of its first entry and a filter of 16 bits over the hashes in it, so that most keys that are not there cost one access
// (Birler, Schmidt, Fent and Neumann, "Simple, Efficient, and Robust Hash Tables for Join Processing", 2024).
type joinTable struct {
	form tableForm
	rows int
	cols []vector.Vector // what is kept of the build side
	keys []vector.Vector // its keys, which are among cols

	min     int64
	bits    []uint64
	head    []uint32
	next    []uint32 // nil: no chain is longer than one
	dir     []uint64
	shift   uint
	entries []joinEntry
	// unique says that no two rows have the same key, as far as the form knows.
	unique bool
}

// joinEntry is a row with its integer key or the hash of its keys.
type joinEntry struct {
	key uint64
	row uint32
}

const (
	offsetBits = 48
	offsetMask = 1<<offsetBits - 1
)

// tagOf is the bit of a hash in the filter of its bucket.
func tagOf(h uint64) uint64 { return 1 << (offsetBits + h&15) }

// denseFactor is how much larger than the rows an array may be; denseMinimum is allowed always.
const (
	denseFactor  = 8
	denseMinimum = 1 << 12
	// entryBytes is about what a hashed row takes: an entry and up to two words of the directory.
	entryBytes = 32
	// bitsPerRow is how many bits of a bitsForm are worth a row.
	bitsPerRow = 128
	bitsMaxKey = 1 << 30
)

// newJoinTable makes the table of rows with the given columns, of which keySlot are the keys. keysOnly says that only the
// existence of keys matters.
func newJoinTable(cols []vector.Vector, keySlot []int, rows int, nullSafe []bool, keysOnly bool) (*joinTable, error) {
	t := &joinTable{rows: rows, cols: cols, unique: true}
	for _, s := range keySlot {
		t.keys = append(t.keys, cols[s])
	}
	if uint64(rows) >= uint64(noEntry) {
		return nil, sqlerr.New(sqlerr.ProgramLimit, "the build side of a join has more than %d rows", noEntry-1)
	}
	usable := usableRows(t.keys, rows, nullSafe)
	n := rows
	if usable != nil {
		n = len(usable)
	}
	if n == 0 {
		return t, nil
	}
	if len(t.keys) == 1 && !nullSafe[0] {
		if keys, ok := intKeys(t.keys[0]); ok {
			t.buildInts(keys, usable, n, keysOnly)
			return t, nil
		}
	}
	t.form = hashForm
	hashes := make([]uint64, rows)
	hashKeys(t.keys, rows, nil, hashes)
	t.buildBuckets(hashes, hashes, usable, n)
	t.unique = false
	return t, nil
}

// usableRows returns the rows whose key can match: NULL keys never do, unless they are compared as values. nil is all.
func usableRows(keys []vector.Vector, rows int, nullSafe []bool) []uint32 {
	null := nullKeys(keys, rows, nullSafe, nil)
	if !null.Any() {
		return nil
	}
	out := make([]uint32, 0, rows)
	for i := range uint32(rows) {
		if !null.Get(int(i)) {
			out = append(out, i)
		}
	}
	return out
}

// nullKeys returns the rows with a NULL among the keys that are not compared as values; nil is none. out is reused.
func nullKeys(keys []vector.Vector, n int, nullSafe []bool, out vector.Bitmap) vector.Bitmap {
	first := true
	for i, k := range keys {
		if nullSafe[i] {
			continue
		}
		null := kernel.Nulls(k, n)
		if null == nil {
			continue
		}
		if first {
			out = out.Resize(n)
			first = false
		}
		out.Or(null[:len(out)])
	}
	if first {
		return nil
	}
	return out
}

// intKeys returns a key column as 64-bit integers; ok is false for other types.
func intKeys(v vector.Vector) ([]int64, bool) {
	switch v := v.(type) {
	case *vector.Flat[int32]:
		out := make([]int64, len(v.Values))
		for i, x := range v.Values {
			out[i] = int64(x)
		}
		return out, true
	case *vector.Flat[int64]:
		return v.Values, true
	}
	return nil, false
}

// dictInts sets out[r] to the integer of each selected row; it returns false for a dictionary of other values. The dictionary may be much
// larger than the batch, and is not looked at as a whole.
func dictInts(v *vector.Dict, n int, sel []uint32, out []int64) bool {
	codes := v.Codes
	switch values := v.Values.(type) {
	case *vector.Flat[int32]:
		vector.EachRow(n, sel, func(r int) { out[r] = int64(values.Values[codes[r]]) })
	case *vector.Flat[int64]:
		vector.EachRow(n, sel, func(r int) { out[r] = values.Values[codes[r]] })
	default:
		return false
	}
	return true
}

func isInt(t schema.Type) bool {
	p := t.Physical()
	return p == schema.PhysInt32 || p == schema.PhysInt64
}

func (t *joinTable) buildInts(keys []int64, usable []uint32, n int, keysOnly bool) {
	lo, hi := int64(math.MaxInt64), int64(math.MinInt64)
	vector.EachRow(t.rows, usable, func(r int) { lo, hi = min(lo, keys[r]), max(hi, keys[r]) })
	span := uint64(hi - lo) // one less than the number of keys from lo to hi
	t.min = lo
	switch {
	case keysOnly && span < bitsMaxKey && span < uint64(max(n*bitsPerRow, denseMinimum)):
		t.form = bitsForm
		t.bits = make([]uint64, span/64+1)
		vector.EachRow(t.rows, usable, func(r int) {
			d := uint64(keys[r] - lo)
			t.bits[d/64] |= 1 << (d % 64)
		})
	case span < uint64(max(n*denseFactor, denseMinimum)):
		t.buildDense(keys, usable, span)
	default:
		t.form = intForm
		hashes := make([]uint64, t.rows)
		words := make([]uint64, t.rows)
		vector.EachRow(t.rows, usable, func(r int) {
			hashes[r] = vector.HashInt64(keys[r])
			words[r] = uint64(keys[r])
		})
		t.buildBuckets(words, hashes, usable, n)
	}
}

func (t *joinTable) buildDense(keys []int64, usable []uint32, span uint64) {
	t.form = denseForm
	t.head = make([]uint32, span+1)
	for i := range t.head {
		t.head[i] = noEntry
	}
	// From the last row to the first, so that chains are in the order of the rows.
	put := func(r uint32) {
		slot := &t.head[uint64(keys[r]-t.min)]
		if *slot != noEntry {
			if t.next == nil {
				t.next = make([]uint32, t.rows)
				for i := range t.next {
					t.next[i] = noEntry
				}
				t.unique = false
			}
			t.next[r] = *slot
		}
		*slot = r
	}
	if usable == nil {
		for r := t.rows - 1; r >= 0; r-- {
			put(uint32(r))
		}
		return
	}
	for i := len(usable) - 1; i >= 0; i-- {
		put(usable[i])
	}
}

// scatterRows is the number of rows from which they are first ordered by the top bits of their hashes: then the directory
// and the entries are filled region by region, each within the cache.
const scatterRows = 1 << 16

// buildBuckets fills the directory and the entries; words are what entries keep of a row.
func (t *joinTable) buildBuckets(words, hashes []uint64, usable []uint32, n int) {
	size := max(bits.Len(uint(n-1)), 1)
	t.shift = uint(64 - size)
	t.dir = make([]uint64, 1<<size+1)
	t.entries = make([]joinEntry, n)
	if n >= scatterRows {
		usable = byTopByte(hashes, usable, t.rows)
	}
	vector.EachRow(t.rows, usable, func(r int) {
		d := &t.dir[hashes[r]>>t.shift]
		*d = (*d + 1) | tagOf(hashes[r])
	})
	off := uint64(0)
	for i := range t.dir {
		off += t.dir[i] & offsetMask
		t.dir[i] = t.dir[i]&^offsetMask | off
	}
	// Counting down from the end of each bucket leaves its beginning. Backwards, so that buckets keep the order of rows.
	put := func(r uint32) {
		d := &t.dir[hashes[r]>>t.shift]
		*d--
		t.entries[*d&offsetMask] = joinEntry{words[r], r}
	}
	if usable == nil {
		for r := t.rows - 1; r >= 0; r-- {
			put(uint32(r))
		}
	} else {
		for i := len(usable) - 1; i >= 0; i-- {
			put(usable[i])
		}
	}
	t.unique = !t.hasTwins()
}

// hasTwins reports whether a bucket has two entries with the same word.
func (t *joinTable) hasTwins() bool {
	for i := range len(t.dir) - 1 {
		lo, hi := t.dir[i]&offsetMask, t.dir[i+1]&offsetMask
		for a := lo; a+1 < hi; a++ {
			for b := a + 1; b < hi; b++ {
				if t.entries[a].key == t.entries[b].key {
					return true
				}
			}
		}
	}
	return false
}

// byTopByte orders rows by the top byte of their hash and keeps their order otherwise.
func byTopByte(hashes []uint64, rows []uint32, n int) []uint32 {
	var at [257]uint32
	vector.EachRow(n, rows, func(r int) { at[hashes[r]>>56+1]++ })
	for i := range 256 {
		at[i+1] += at[i]
	}
	out := make([]uint32, at[256])
	vector.EachRow(n, rows, func(r int) {
		b := hashes[r] >> 56
		out[at[b]] = uint32(r)
		at[b]++
	})
	return out
}

func hashKeys(keys []vector.Vector, n int, sel []uint32, out []uint64) {
	for i, k := range keys {
		kernel.Hash(k, n, sel, out, i > 0)
	}
}

// tableExtra is the most that a table of some rows takes beyond entryBytes a row.
func tableExtra(rows int) int64 { return int64(rows)*4 + 4*denseMinimum + 64 }

// memory is the bytes of the table beside its columns.
func (t *joinTable) memory() int64 {
	return int64(len(t.head)+len(t.next))*4 + int64(len(t.bits)+len(t.dir))*8 + int64(len(t.entries))*16
}
