package parquet

import (
	"encoding/binary"

	"github.com/tarnsql/tarn/exec/vector"
)

// outKind is the form of what an output holds.
type outKind uint8

const (
	outNone outKind = iota
	outFixed
	outStrings
	outCodes
)

// output collects the values of one read, page after page, in memory that is reused from read to read. Fixed-width
// values of a single page are not copied.
type output struct {
	kind  outKind
	n     int // rows with their NULLs settled
	width int
	data  []byte // outFixed
	own   []byte // memory for data when it is not a page's
	views []vector.View
	bufs  [][]byte
	codes []uint32
	dict  *dictionary
	null  vector.Bitmap
	nulls int
	// done are vectors of earlier rows of another form: a chunk whose pages change from dictionary codes to plain values.
	done    []vector.Vector
	scratch [2]scratch
}

func (o *output) reset() {
	o.kind, o.n, o.nulls = outNone, 0, 0
	o.data, o.views, o.codes, o.dict, o.done = nil, o.views[:0], o.codes[:0], nil, o.done[:0]
	o.bufs = nil // batches keep the slice
	o.null = o.null[:0]
}

// appendFixed appends whole values, without copying them if they are the first.
func (o *output) appendFixed(src []byte, width int) {
	o.kind, o.width = outFixed, width
	if len(o.data) == 0 {
		o.data = src
		return
	}
	copy(o.extendFixed(len(src)/width, width), src)
}

// extendFixed makes room for n values behind those there are.
func (o *output) extendFixed(n, width int) []byte {
	o.kind, o.width = outFixed, width
	have, need := len(o.data), len(o.data)+n*width
	if cap(o.own) < need {
		b := make([]byte, need, need+need/2+64)
		copy(b, o.data)
		o.own = b
	} else if have > 0 && &o.data[0] != &o.own[:1][0] {
		copy(o.own[:have], o.data)
	}
	o.data = o.own[:need]
	return o.data[have:]
}

func (o *output) gatherFixed(src []byte, width int, at []uint32) {
	dst := o.extendFixed(len(at), width)
	switch width {
	case 8:
		for i, k := range at {
			binary.LittleEndian.PutUint64(dst[8*i:], binary.LittleEndian.Uint64(src[8*k:]))
		}
	case 4:
		for i, k := range at {
			binary.LittleEndian.PutUint32(dst[4*i:], binary.LittleEndian.Uint32(src[4*k:]))
		}
	default:
		for i, k := range at {
			copy(dst[i*width:i*width+width], src[int(k)*width:])
		}
	}
}

func (o *output) extendViews(n int) []vector.View {
	o.kind = outStrings
	have := len(o.views)
	o.views = extend(o.views, n)
	return o.views[have:]
}

func (o *output) extendCodes(n int, d *dictionary) []uint32 {
	o.kind, o.dict = outCodes, d
	have := len(o.codes)
	o.codes = extend(o.codes, n)
	return o.codes[have:]
}

// extend lengthens s by n elements of any content.
func extend[T any](s []T, n int) []T {
	need := len(s) + n
	if cap(s) < need {
		b := make([]T, need, need+need/2)
		copy(b, s)
		return b
	}
	return s[:need]
}

// buffer returns the number of a buffer, which is the last one or new.
func (o *output) buffer(b []byte) uint32 {
	if k := len(o.bufs) - 1; k >= 0 && len(b) > 0 && len(o.bufs[k]) == len(b) && &o.bufs[k][0] == &b[0] {
		return uint32(k)
	}
	o.bufs = append(o.bufs, b)
	return uint32(len(o.bufs) - 1)
}

// grownBy settles n rows without NULLs.
func (o *output) grownBy(n int) {
	o.n += n
	for len(o.null) < vector.Words(o.n) {
		o.null = append(o.null, 0)
	}
}

// spread moves the count values that were appended last to those of n rows that are valid (bit from+i of valid), and
// marks the others as NULL.
func (o *output) spread(valid vector.Bitmap, from, n, count int) {
	base := o.n
	o.grownBy(n)
	for i := range n {
		if !valid.Get(from + i) {
			o.null.Set(base + i)
		}
	}
	o.nulls += n - count
	switch o.kind {
	case outNone:
	case outCodes:
		o.codes = extend(o.codes, n-count)
		spread(o.codes[base:], count, valid, from)
	case outStrings:
		o.views = extend(o.views, n-count)
		spread(o.views[base:], count, valid, from)
	case outFixed:
		o.extendFixed(n-count, o.width)
		tail := o.data[base*o.width:]
		switch o.width {
		case 1:
			spread(tail, count, valid, from)
		case 4:
			spread(cast[uint32](tail, n), count, valid, from)
		case 8:
			spread(cast[uint64](tail, n), count, valid, from)
		default:
			spreadWide(tail, o.width, n, count, valid, from)
		}
	}
}

// spread moves the first count elements of s to the positions that are valid, from the end on; a NULL gets the value of
// the nearest row before it.
func spread[T any](s []T, count int, valid vector.Bitmap, from int) {
	var zero T
	if count == 0 {
		for i := range s {
			s[i] = zero
		}
		return
	}
	v := count - 1
	for i := len(s) - 1; i >= 0; i-- {
		s[i] = s[max(v, 0)]
		k := uint(from + i)
		v -= int(valid[k/64] >> (k % 64) & 1)
	}
}

func spreadWide(b []byte, width, n, count int, valid vector.Bitmap, from int) {
	if count == 0 {
		clear(b)
		return
	}
	v := count - 1
	for i := n - 1; i >= 0; i-- {
		copy(b[i*width:i*width+width], b[max(v, 0)*width:max(v, 0)*width+width])
		if valid.Get(from + i) {
			v--
		}
	}
}

// missing settles rows of a page that has no values at all: n NULLs.
func (o *output) missing(n, width int, d *dictionary) {
	switch {
	case o.kind == outCodes || o.kind == outNone && d != nil && d.n > 0:
		clear(o.extendCodes(n, d))
	case width > 0:
		clear(o.extendFixed(n, width))
	default:
		o.buffer([]byte{})
		clear(o.extendViews(n))
	}
	base := o.n
	o.grownBy(n)
	for i := base; i < o.n; i++ {
		o.null.Set(i)
	}
	o.nulls += n
}

// switchTo flushes what there is when the next page has another form.
func (o *output) switchTo(k valueKind, d *dictionary, c *chunk) error {
	coded := k == dictCodes
	if o.n == 0 || k == noValues || coded == (o.kind == outCodes) && (!coded || o.dict == d) {
		return nil
	}
	v, err := o.vector(c)
	if err != nil {
		return err
	}
	done := o.done
	o.reset()
	o.done = done
	o.done = append(o.done, vector.CloneRows(v, nil))
	return nil
}

// vector returns what was collected, in the table's type.
func (o *output) vector(c *chunk) (vector.Vector, error) {
	last, err := o.current(c)
	if err != nil || len(o.done) == 0 {
		return last, err
	}
	b := vector.NewBuilder(last.Type(), o.n)
	for _, v := range o.done {
		b.AppendRows(v, nil)
	}
	b.AppendRows(last, nil)
	return b.Build(), nil
}

func (o *output) current(c *chunk) (vector.Vector, error) {
	var null vector.Bitmap
	if o.nulls > 0 {
		null = o.null
	}
	if o.kind == outCodes {
		v := &vector.Dict{Codes: o.codes, Values: o.dict.values, ID: o.dict.id, Null: null}
		if o.dict.expand {
			b := vector.NewBuilder(v.Type(), len(v.Codes))
			b.AppendRows(v, nil)
			return b.Build(), nil
		}
		return v, nil
	}
	r := raw{n: o.rows(), data: o.data, views: o.views, buffers: o.bufs, null: null}
	if len(r.buffers) == 0 {
		r.buffers = [][]byte{{}}
	}
	v, err := c.mapper(r, &o.scratch[0])
	if err != nil || c.conv.vec == nil {
		return v, err
	}
	return c.conv.vec(v, &o.scratch[1])
}

// shortTexts reports whether all texts have at most n bytes and none ends in a blank.
func (o *output) shortTexts(n int) bool {
	for _, v := range o.views {
		if int(v.Len) > n || v.Len > 0 && o.bufs[v.Buf][v.Off+v.Len-1] == ' ' {
			return false
		}
	}
	return true
}

// rows returns how many rows the current form holds: dictionaries are built without settling rows.
func (o *output) rows() int {
	switch {
	case o.kind == outFixed && o.width > 0:
		return len(o.data) / o.width
	case o.kind == outStrings:
		return len(o.views)
	}
	return o.n
}
