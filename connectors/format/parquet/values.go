package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"github.com/parquet-go/parquet-go/format"

	"github.com/tarnsql/tarn/connectors/format/parquet/encoding"
	"github.com/tarnsql/tarn/connectors/format/parquet/meta"
	"github.com/tarnsql/tarn/exec/vector"
)

// valueKind is the form in which the values of a page can be read.
type valueKind uint8

const (
	noValues     valueKind = iota
	fixedValues            // value i is data[i*width:]
	bitValues              // booleans, one bit each
	plainStrings           // a length of four bytes before each string
	endedStrings           // string i is data[ends[i-1]:ends[i]]
	dictCodes              // the hybrid encoding of indexes into the dictionary
)

// values are the values of a page that are not NULL. Nothing is decoded that can be read in place.
type values struct {
	kind  valueKind
	n     int
	data  []byte
	width int
	ends  []uint32
	// bits is the width of dictionary codes.
	bits uint
	// owned are buffers to give back.
	owned [][]byte
}

// decodeValues interprets the value section of a page that holds n values.
func (c *chunk) decodeValues(enc format.Encoding, data []byte, n int) (v values, err error) {
	v = values{n: n, data: data, width: c.width}
	if n == 0 {
		return v, nil
	}
	typ := c.leaf.elem.Type
	switch {
	case enc == format.Plain:
		err = v.plain(typ)
	case meta.IsDictionary(enc):
		err = c.codes(&v)
	case enc == format.RLE && typ == format.Boolean:
		err = c.runBooleans(&v)
	case enc == format.DeltaBinaryPacked && (typ == format.Int32 || typ == format.Int64):
		err = c.deltaInts(&v)
	case enc == format.DeltaLengthByteArray && typ == format.ByteArray:
		err = c.deltaLengths(&v)
	case enc == format.DeltaByteArray && (typ == format.ByteArray || typ == format.FixedLenByteArray):
		err = c.deltaStrings(&v)
	case enc == format.ByteStreamSplit && c.width > 1:
		err = c.joinStreams(&v)
	default:
		err = fmt.Errorf("a page has encoding %s (%d) for type %s", enc, enc, typ)
	}
	return v, err
}

func (c *chunk) codes(v *values) error {
	if err := c.needDict(); err != nil {
		return err
	}
	if c.dict == nil || c.dict.n == 0 {
		return errors.New("a page uses a dictionary that the column chunk does not have")
	}
	if len(v.data) == 0 || v.data[0] > 32 {
		return errors.New("a page has dictionary codes of an impossible width")
	}
	v.kind, v.bits, v.data = dictCodes, uint(v.data[0]), v.data[1:]
	return nil
}

func (v *values) plain(typ format.Type) error {
	switch {
	case typ == format.Boolean:
		v.kind = bitValues
		if (v.n+7)/8 > len(v.data) {
			return encoding.ErrShort
		}
	case v.width > 0:
		v.kind = fixedValues
		if v.n > len(v.data)/v.width {
			return encoding.ErrShort
		}
	default:
		v.kind = plainStrings
		if v.n > len(v.data)/4 {
			return encoding.ErrShort
		}
	}
	return nil
}

// own makes a buffer of n bytes the page's.
func (c *chunk) own(v *values, n int) ([]byte, error) {
	b, err := c.mem.get(n)
	if err == nil {
		v.owned = append(v.owned, b)
	}
	return b, err
}

func (c *chunk) runBooleans(v *values) error {
	if len(v.data) < 4 {
		return encoding.ErrShort
	}
	size := binary.LittleEndian.Uint32(v.data)
	if uint64(size) > uint64(len(v.data)-4) {
		return encoding.ErrShort
	}
	var h encoding.Hybrid
	if err := h.Reset(v.data[4:4+size], 1); err != nil {
		return err
	}
	out, err := c.own(v, v.n)
	if err != nil {
		return err
	}
	v.kind, v.data = fixedValues, out
	return h.ReadBytes(out)
}

func (c *chunk) deltaInts(v *values) error {
	out, err := c.own(v, v.n*8)
	if err != nil {
		return err
	}
	ints := cast[int64](out, v.n)
	if _, err := encoding.Delta(ints, v.data); err != nil {
		return err
	}
	v.kind, v.data = fixedValues, out
	if c.width == 4 {
		small := cast[int32](out, v.n)
		for i, x := range ints {
			small[i] = int32(x) // the write at 4*i is behind the read at 8*i
		}
	}
	return nil
}

func (c *chunk) deltaLengths(v *values) error {
	buf, err := c.own(v, v.n*12)
	if err != nil {
		return err
	}
	lengths := cast[int64](buf, v.n)
	rest, err := encoding.DeltaLengths(lengths, v.data)
	if err != nil {
		return err
	}
	v.kind, v.data, v.ends = endedStrings, rest, cast[uint32](buf[v.n*8:], v.n)
	end := uint32(0)
	for i, n := range lengths {
		end += uint32(n)
		v.ends[i] = end
	}
	return nil
}

func (c *chunk) deltaStrings(v *values) error {
	tmp, err := c.mem.get(v.n * 16)
	if err != nil {
		return err
	}
	defer c.mem.put(tmp)
	ends, err := c.own(v, v.n*4)
	if err != nil {
		return err
	}
	v.ends = cast[uint32](ends, v.n)
	out, err := encoding.DeltaStrings(v.ends, cast[int64](tmp, 2*v.n), v.data, func(n int) ([]byte, error) { return c.own(v, n) })
	if err != nil {
		return err
	}
	v.kind, v.data = endedStrings, out
	if c.width == 0 {
		return nil
	}
	for i, end := range v.ends {
		if int64(end) != int64(i+1)*int64(c.width) {
			return errors.New("a value has another length than its type")
		}
	}
	v.kind = fixedValues
	return nil
}

func (c *chunk) joinStreams(v *values) error {
	if v.n > len(v.data)/c.width {
		return encoding.ErrShort
	}
	out, err := c.own(v, v.n*c.width)
	if err != nil {
		return err
	}
	encoding.JoinStreams(out, v.data[:v.n*c.width], c.width)
	v.kind, v.data = fixedValues, out
	return nil
}

// valueCursor reads values in ascending order.
type valueCursor struct {
	v   *values
	at  int // the next value
	off int // of plain strings: where it is
	hyb encoding.Hybrid
}

func (r *valueCursor) reset(v *values) error {
	*r = valueCursor{v: v}
	if v.kind == dictCodes {
		return r.hyb.Reset(v.data, v.bits)
	}
	return nil
}

// seek moves forward to value i.
func (r *valueCursor) seek(i int) error {
	if i < r.at || i > r.v.n {
		return encoding.ErrShort
	}
	switch r.v.kind {
	case dictCodes:
		if err := r.hyb.Skip(i - r.at); err != nil {
			return err
		}
	case plainStrings:
		off, data := r.off, r.v.data
		for range i - r.at {
			if off+4 > len(data) {
				return encoding.ErrShort
			}
			off += 4 + int(binary.LittleEndian.Uint32(data[off:]))
		}
		if off > len(data) {
			return encoding.ErrShort
		}
		r.off = off
	}
	r.at = i
	return nil
}

// take appends the n next values to o. d is the dictionary of codes.
func (r *valueCursor) take(o *output, n int, d *dictionary) error {
	v := r.v
	if n > v.n-r.at {
		return encoding.ErrShort
	}
	switch v.kind {
	case noValues:
		return nil
	case fixedValues:
		o.appendFixed(v.data[r.at*v.width:(r.at+n)*v.width], v.width)
	case bitValues:
		dst := o.extendFixed(n, 1)
		for i := range dst {
			k := r.at + i
			dst[i] = v.data[k>>3] >> (k & 7) & 1
		}
	case plainStrings:
		if err := r.walk(o.extendViews(n), o.buffer(v.data)); err != nil {
			return err
		}
	case endedStrings:
		dst, buf := o.extendViews(n), o.buffer(v.data)
		for i := range dst {
			dst[i] = v.ended(r.at+i, buf)
		}
	case dictCodes:
		dst := o.extendCodes(n, d)
		if err := r.hyb.Read(dst); err != nil {
			return err
		}
		if err := d.check(dst, v.bits); err != nil {
			return err
		}
	}
	r.at += n
	return nil
}

// walk writes the views of the next len(dst) plain strings.
func (r *valueCursor) walk(dst []vector.View, buf uint32) error {
	off, data := r.off, r.v.data
	for i := range dst {
		if off+4 > len(data) {
			return encoding.ErrShort
		}
		n := int(binary.LittleEndian.Uint32(data[off:]))
		off += 4
		var prefix uint32
		if off+4 <= len(data) {
			prefix = binary.BigEndian.Uint32(data[off:])
			if n < 4 {
				prefix &= ^uint32(0) << (32 - 8*n)
			}
		} else if n <= len(data)-off {
			prefix = vector.Prefix(data[off : off+n])
		}
		if n > len(data)-off {
			return encoding.ErrShort
		}
		dst[i] = vector.View{Prefix: prefix, Len: uint32(n), Buf: buf, Off: uint32(off)}
		off += n
	}
	r.off = off
	return nil
}

func (v *values) ended(i int, buf uint32) vector.View {
	lo := uint32(0)
	if i > 0 {
		lo = v.ends[i-1]
	}
	return vector.MakeView(v.data[lo:v.ends[i]], buf, lo)
}

// gather appends the values at the given positions, which ascend from the cursor on (and may repeat), to o.
func (r *valueCursor) gather(o *output, at []uint32, d *dictionary) error {
	v := r.v
	if len(at) > 0 && int(at[len(at)-1]) >= v.n && v.kind != noValues {
		return encoding.ErrShort
	}
	switch v.kind {
	case noValues:
		return nil
	case fixedValues:
		o.gatherFixed(v.data, v.width, at)
	case bitValues:
		dst := o.extendFixed(len(at), 1)
		for i, k := range at {
			dst[i] = v.data[k>>3] >> (k & 7) & 1
		}
	case endedStrings:
		dst, buf := o.extendViews(len(at)), o.buffer(v.data)
		for i, k := range at {
			dst[i] = v.ended(int(k), buf)
		}
	case plainStrings:
		return r.gatherStrings(o.extendViews(len(at)), o.buffer(v.data), at)
	case dictCodes:
		return r.gatherCodes(o, at, d)
	}
	return nil
}

func (r *valueCursor) gatherStrings(dst []vector.View, buf uint32, at []uint32) error {
	for i, k := range at {
		if i > 0 && k == at[i-1] {
			dst[i] = dst[i-1]
			continue
		}
		if err := r.seek(int(k)); err != nil {
			return err
		}
		if err := r.walk(dst[i:i+1], buf); err != nil {
			return err
		}
		r.at++
	}
	return nil
}

// gatherCodes decodes short spans of codes around the wanted ones: single codes of a packed run cost as much as eight.
func (r *valueCursor) gatherCodes(o *output, at []uint32, d *dictionary) error {
	const span = 256
	var tmp [span]uint32
	dst := o.extendCodes(len(at), d)
	for i := 0; i < len(at); {
		first := at[i]
		if int(first) == r.at-1 && i > 0 { // repeated: the code before stands for a NULL
			dst[i] = dst[i-1]
			i++
			continue
		}
		if err := r.seek(int(first)); err != nil {
			return err
		}
		j := i + 1
		for j < len(at) && at[j]-first < span {
			j++
		}
		n := int(at[j-1]-first) + 1
		if err := r.hyb.Read(tmp[:n]); err != nil {
			return err
		}
		r.at += n
		for k := i; k < j; k++ {
			dst[k] = tmp[at[k]-first]
		}
		i = j
	}
	return d.check(dst, r.v.bits)
}

// check makes sure that the codes lie inside the dictionary, and merges those that stand for one value.
func (d *dictionary) check(codes []uint32, bits uint) error {
	if (bits >= 32 || 1<<bits > d.n) && !below(codes, d.n) {
		return errors.New("a page has a code outside its dictionary")
	}
	if d.remap != nil {
		for i, c := range codes {
			codes[i] = d.remap[c]
		}
	}
	return nil
}

// below reports whether all codes are less than n. Two codes are tested at once: last with its high bit set, minus a
// code, keeps the high bit if the code is at most last, and borrows from nothing.
func below(codes []uint32, n int) bool {
	const high = 1<<63 | 1<<31
	last := uint64(uint32(n-1) | 1<<31)
	last |= last << 32
	ok, all := ^uint64(0), uint64(0)
	var pairs []uint64
	if len(codes) >= 8 {
		pairs = unsafe.Slice((*uint64)(unsafe.Pointer(&codes[0])), len(codes)/2)
	}
	for ; len(pairs) >= 4; pairs = pairs[4:] {
		a, b, c, d := pairs[0], pairs[1], pairs[2], pairs[3]
		all |= a | b | c | d
		ok &= (last - a) & (last - b) & (last - c) & (last - d)
	}
	for _, c := range codes[len(codes)&^7:] {
		if int64(c) >= int64(n) {
			return false
		}
	}
	return all&high == 0 && ok&high == high
}
