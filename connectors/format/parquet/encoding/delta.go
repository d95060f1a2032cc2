package encoding

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

var errDelta = errors.New("a delta-coded block is malformed")

// deltaReader walks the blocks of DELTA_BINARY_PACKED.
type deltaReader struct {
	b         []byte
	miniSize  int
	miniCount int
	total     int
	first     int64
}

func (d *deltaReader) uvarint() (uint64, error) {
	v, k := binary.Uvarint(d.b)
	if k <= 0 {
		return 0, ErrShort
	}
	d.b = d.b[k:]
	return v, nil
}

func (d *deltaReader) varint() (int64, error) {
	u, err := d.uvarint()
	return int64(u>>1) ^ -int64(u&1), err
}

func (d *deltaReader) header() error {
	block, err := d.uvarint()
	if err != nil {
		return err
	}
	minis, err := d.uvarint()
	if err != nil {
		return err
	}
	total, err := d.uvarint()
	if err != nil {
		return err
	}
	if d.first, err = d.varint(); err != nil {
		return err
	}
	if block == 0 || block > 1<<24 || minis == 0 || minis > block || block%minis != 0 || block/minis%8 != 0 || total > 1<<31-1 {
		return errDelta
	}
	d.miniSize, d.miniCount, d.total = int(block/minis), int(minis), int(total)
	return nil
}

// Delta fills dst from DELTA_BINARY_PACKED data, whose own count must be len(dst), and returns what follows. Sums wrap,
// as the format says.
func Delta(dst []int64, b []byte) ([]byte, error) {
	d := deltaReader{b: b}
	if err := d.header(); err != nil {
		return nil, err
	}
	if d.total != len(dst) {
		return nil, errDelta
	}
	if d.total == 0 {
		return d.b, nil
	}
	dst[0] = d.first
	last := d.first
	for i := 1; i < len(dst); {
		n, err := d.block(dst[i:], last)
		if err != nil {
			return nil, err
		}
		i += n
		last = dst[i-1]
	}
	return d.b, nil
}

// block decodes a block into the front of dst and returns how many values were wanted of it.
func (d *deltaReader) block(dst []int64, last int64) (int, error) {
	least, err := d.varint()
	if err != nil {
		return 0, err
	}
	if len(d.b) < d.miniCount {
		return 0, ErrShort
	}
	widths := d.b[:d.miniCount]
	d.b = d.b[d.miniCount:]
	n := 0
	for _, w := range widths {
		if n == len(dst) {
			break // the widths of miniblocks without values are arbitrary, and they have no data
		}
		if w > 64 {
			return 0, errDelta
		}
		want := min(d.miniSize, len(dst)-n)
		size := d.miniSize / 8 * int(w)
		if size > len(d.b) {
			// Some writers cut the padding of the last miniblock.
			if want*int(w) > len(d.b)*8 {
				return 0, ErrShort
			}
			size = len(d.b)
		}
		last = addDeltas(dst[n:n+want], d.b[:size], uint(w), least, last)
		d.b = d.b[size:]
		n += want
	}
	return n, nil
}

// addDeltas writes running sums of least plus the packed differences.
func addDeltas(dst []int64, b []byte, w uint, least, last int64) int64 {
	if w == 0 {
		for i := range dst {
			last += least
			dst[i] = last
		}
		return last
	}
	mask := ^uint64(0) >> (64 - w)
	bit := uint(0)
	for i := range dst {
		o := bit >> 3
		var x uint64
		if o+9 <= uint(len(b)) {
			x = binary.LittleEndian.Uint64(b[o:]) >> (bit & 7)
			if w > 56 {
				x |= uint64(b[o+8]) << (64 - bit&7)
			}
		} else {
			x = tailBits(b[o:], bit&7)
		}
		last += least + int64(x&mask)
		dst[i] = last
		bit += w
	}
	return last
}

// tailBits loads up to 64 bits from bit shift of the at most 9 bytes left.
func tailBits(b []byte, shift uint) uint64 {
	var lo, hi uint64
	for q, c := range b {
		switch {
		case q < 8:
			lo |= uint64(c) << (8 * q)
		case q == 8:
			hi = uint64(c)
		}
	}
	if shift == 0 {
		return lo
	}
	return lo>>shift | bits.RotateLeft64(hi, -int(shift))&(^uint64(0)<<(64-shift))
}

// DeltaLengths reads the lengths of DELTA_LENGTH_BYTE_ARRAY into lengths, and returns the strings' bytes, one after
// the other. The sum of the lengths is checked against them.
func DeltaLengths(lengths []int64, b []byte) ([]byte, error) {
	rest, err := Delta(lengths, b)
	if err != nil {
		return nil, err
	}
	total := int64(0)
	for _, n := range lengths {
		if n < 0 || n > int64(len(rest))-total {
			return nil, ErrShort
		}
		total += n
	}
	return rest, nil
}

// DeltaStrings decodes DELTA_BYTE_ARRAY: each string is a prefix of the one before it and a suffix. ends[i] becomes the
// end of string i in the returned buffer, where it begins at the end of the string before. len(scratch) is
// 2*len(ends). alloc gives the buffer of n bytes; its error ends the decoding.
func DeltaStrings(ends []uint32, scratch []int64, b []byte, alloc func(n int) ([]byte, error)) ([]byte, error) {
	n := len(ends)
	prefixes, suffixes := scratch[:n], scratch[n:2*n]
	rest, err := Delta(prefixes, b)
	if err != nil {
		return nil, err
	}
	if rest, err = DeltaLengths(suffixes, rest); err != nil {
		return nil, err
	}
	total, before := int64(0), int64(0)
	for i, p := range prefixes {
		if p < 0 || p > before {
			return nil, errDelta
		}
		before = p + suffixes[i]
		total += before
		if total > 1<<31-1 {
			return nil, errors.New("the strings of the page are longer than 2 GiB")
		}
		ends[i] = uint32(total)
	}
	buf, err := alloc(int(total))
	if err != nil {
		return nil, err
	}
	buf = buf[:0]
	start := 0
	for i, p := range prefixes {
		at := len(buf)
		buf = append(buf, buf[start:start+int(p)]...)
		buf = append(buf, rest[:suffixes[i]]...)
		rest = rest[suffixes[i]:]
		start = at
	}
	return buf, nil
}

// JoinStreams undoes BYTE_STREAM_SPLIT: byte j of value i is src[j*n+i]. len(dst) and len(src) are n*width.
func JoinStreams(dst, src []byte, width int) {
	if width == 0 {
		return
	}
	n := len(src) / width
	for j := range width {
		s := src[j*n : j*n+n]
		for i, c := range s {
			dst[i*width+j] = c
		}
	}
}
