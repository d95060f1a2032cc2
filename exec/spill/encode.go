package spill

import (
	"encoding/binary"
	"unsafe"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
)

// A block is a batch: the number of rows, then its columns one after the other. All parts begin at multiples of eight bytes, so
// that they can be used in place. A column is its kind of NULLs (0 none, 1 a mask follows), the mask, and its
// values: fixed-width values as they are; strings as their lengths, the number of all bytes, and the bytes; lists as their lengths
// and the columns of their elements; rows as the columns of their fields.
const (
	noNulls  = 0
	someNull = 1
)

// encoder appends blocks to a buffer that it reuses.
type encoder struct {
	buf []byte
}

func (e *encoder) u64(v uint64) { e.buf = binary.LittleEndian.AppendUint64(e.buf, v) }

func (e *encoder) pad() {
	for len(e.buf)%8 != 0 {
		e.buf = append(e.buf, 0)
	}
}

// column appends the rows of v in sel (nil: all n).
func (e *encoder) column(v vector.Vector, n int, sel []uint32) {
	switch v.(type) {
	case *vector.Const, *vector.Dict:
		b := vector.NewBuilder(v.Type(), vector.RowCount(n, sel))
		b.AppendRows(v, sel)
		v, n, sel = b.Build(), vector.RowCount(n, sel), nil
	}
	e.nulls(v.Nulls(), n, sel)
	switch v := v.(type) {
	case *vector.Flat[bool]:
		encodeFixed(e, v.Values, n, sel)
	case *vector.Flat[int32]:
		encodeFixed(e, v.Values, n, sel)
	case *vector.Flat[int64]:
		encodeFixed(e, v.Values, n, sel)
	case *vector.Flat[float32]:
		encodeFixed(e, v.Values, n, sel)
	case *vector.Flat[float64]:
		encodeFixed(e, v.Values, n, sel)
	case *vector.Flat[schema.Int128]:
		encodeFixed(e, v.Values, n, sel)
	case *vector.Flat[schema.IntervalValue]:
		encodeFixed(e, v.Values, n, sel)
	case *vector.Bytes:
		e.strings(v, n, sel)
	case *vector.List:
		e.list(v, n, sel)
	case *vector.Struct:
		for _, c := range v.Children {
			e.column(c, n, sel)
		}
	}
}

func (e *encoder) nulls(null vector.Bitmap, n int, sel []uint32) {
	if !null.Any() {
		e.u64(noNulls)
		return
	}
	e.u64(someNull)
	if sel == nil {
		for _, w := range null[:vector.Words(n)] {
			e.u64(w)
		}
		return
	}
	var w uint64
	for k, r := range sel {
		if null.Get(int(r)) {
			w |= 1 << (k % 64)
		}
		if k%64 == 63 {
			e.u64(w)
			w = 0
		}
	}
	if len(sel)%64 != 0 {
		e.u64(w)
	}
}

func encodeFixed[T vector.Fixed](e *encoder, values []T, n int, sel []uint32) {
	if sel == nil {
		e.buf = append(e.buf, bytesOf(values[:n])...)
		e.pad()
		return
	}
	var zero T
	start := len(e.buf)
	e.buf = append(e.buf, make([]byte, len(sel)*int(unsafe.Sizeof(zero)))...)
	if len(sel) > 0 {
		out := unsafe.Slice((*T)(unsafe.Pointer(&e.buf[start])), len(sel))
		for k, r := range sel {
			out[k] = values[r]
		}
	}
	e.pad()
}

// bytesOf is the memory of a slice.
func bytesOf[T any](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	var zero T
	return unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), len(s)*int(unsafe.Sizeof(zero)))
}

func (e *encoder) strings(v *vector.Bytes, n int, sel []uint32) {
	total := 0
	count := vector.RowCount(n, sel)
	vector.EachRow(n, sel, func(r int) {
		l := v.Views[r].Len
		if v.Null.Get(r) {
			l = 0
		}
		e.buf = binary.LittleEndian.AppendUint32(e.buf, l)
		total += int(l)
	})
	if count%2 != 0 {
		e.buf = append(e.buf, 0, 0, 0, 0)
	}
	e.u64(uint64(total))
	vector.EachRow(n, sel, func(r int) {
		if !v.Null.Get(r) {
			e.buf = append(e.buf, v.At(r)...)
		}
	})
	e.pad()
}

func (e *encoder) list(v *vector.List, n int, sel []uint32) {
	var rows []uint32
	count := vector.RowCount(n, sel)
	vector.EachRow(n, sel, func(r int) {
		lo, hi := v.Offsets[r], v.Offsets[r+1]
		if v.Null.Get(r) {
			hi = lo
		}
		e.buf = binary.LittleEndian.AppendUint32(e.buf, hi-lo)
		for ; lo < hi; lo++ {
			rows = append(rows, lo)
		}
	})
	if count%2 != 0 {
		e.buf = append(e.buf, 0, 0, 0, 0)
	}
	e.u64(uint64(len(rows)))
	if rows == nil {
		rows = []uint32{}
	}
	for _, c := range v.Children {
		e.column(c, c.Len(), rows)
	}
}
