// Package snappy decodes raw Snappy blocks (the block format of github.com/google/snappy, format_description.txt) in
// plain Go. On the pages of analytical files it is as fast as assembly: lengths and offsets come from a table instead
// of branches, and literals and copies move in blocks of 16 bytes that may overrun into slack.
package snappy

import (
	"encoding/binary"
	"errors"
	"unsafe"
)

// Slack is how many bytes of capacity beyond the decoded length Decode needs to work without allocating.
const Slack = 64

// ErrCorrupt says that the input is not a Snappy block.
var ErrCorrupt = errors.New("snappy: corrupt input")

// A tag's table entry has the length in bits 0-7 (0: a literal whose length follows), the high bits of the offset in
// bits 8-10, and the number of offset bytes that follow in bits 11-13.
var tags = func() (t [256]uint16) {
	for c := range t {
		switch c & 3 {
		case 0:
			if c>>2 < 60 {
				t[c] = uint16(c>>2 + 1)
			}
		case 1:
			t[c] = uint16(c>>2&7+4) | uint16(c>>5)<<8 | 1<<11
		case 2:
			t[c] = uint16(c>>2+1) | 2<<11
		case 3:
			t[c] = uint16(c>>2+1) | 4<<11
		}
	}
	return t
}()

var trailing = [8]uint32{0, 0xff, 0xffff, 0xffffff, 0xffffffff}

// DecodedLen returns the length that src announces, in a varint of five bytes at most. A length that src cannot
// possibly hold (an element of three bytes stands for 64 at most) is ErrCorrupt, so that the caller may allocate it.
func DecodedLen(src []byte) (int, error) {
	n, k := binary.Uvarint(src)
	if k <= 0 || k > binary.MaxVarintLen32 || n > 1<<31-1 || n > uint64(len(src))*22+64 {
		return 0, ErrCorrupt
	}
	return int(n), nil
}

// Decode returns the decoded form of src in dst's memory if its capacity is the decoded length plus Slack, and in new
// memory otherwise. Bytes of dst between its decoded length and its capacity may be overwritten.
func Decode(dst, src []byte) ([]byte, error) {
	n, err := DecodedLen(src)
	if err != nil {
		return nil, err
	}
	_, k := binary.Uvarint(src)
	if cap(dst) < n+Slack {
		dst = make([]byte, n+Slack)
	}
	dst = dst[:n]
	s, d, err := decodeFast(dst, src, uintptr(k))
	if err != nil {
		return nil, err
	}
	return dst, decodeTail(dst, src, s, d)
}

type block16 [2]uint64

func load64(p unsafe.Pointer, o uintptr) uint64     { return *(*uint64)(unsafe.Add(p, o)) }
func load32(p unsafe.Pointer, o uintptr) uint32     { return *(*uint32)(unsafe.Add(p, o)) }
func store64(p unsafe.Pointer, o uintptr, v uint64) { *(*uint64)(unsafe.Add(p, o)) = v }

func copy16(dst unsafe.Pointer, d uintptr, src unsafe.Pointer, s uintptr) {
	*(*block16)(unsafe.Add(dst, d)) = *(*block16)(unsafe.Add(src, s))
}

func copy64(dst unsafe.Pointer, d uintptr, src unsafe.Pointer, s uintptr, n uintptr) {
	copy16(dst, d, src, s)
	if n > 16 {
		copy16(dst, d+16, src, s+16)
		copy16(dst, d+32, src, s+32)
		copy16(dst, d+48, src, s+48)
	}
}

// decodeFast decodes from offset s of src as long as both buffers have room for the longest short element plus
// overrun: 80 bytes of src, 64 of dst (and Slack beyond it). It returns where it stopped.
func decodeFast(dst, src []byte, s uintptr) (uintptr, uintptr, error) {
	d := uintptr(0)
	send, dend := uintptr(len(src)), uintptr(len(dst))
	if send <= 80 || dend <= 80 {
		return s, d, nil
	}
	sp, dp := unsafe.Pointer(unsafe.SliceData(src)), unsafe.Pointer(unsafe.SliceData(dst))
	sl, dl := send-80, dend-64
	for s < sl && d < dl {
		c := *(*byte)(unsafe.Add(sp, s))
		e := uintptr(tags[c])
		if c&3 == 0 {
			ln := e
			s++
			if ln == 0 {
				extra := uintptr(c>>2) - 59
				ln = uintptr(load32(sp, s)&trailing[extra&7]) + 1
				s += extra
				if ln > send-s || ln > dend-d {
					return 0, 0, ErrCorrupt
				}
				copy(dst[d:d+ln], src[s:s+ln])
			} else {
				copy64(dp, d, sp, s, ln)
			}
			s += ln
			d += ln
			continue
		}
		nb := e >> 11
		off := e&0x700 + uintptr(load32(sp, s+1)&trailing[nb&7])
		ln := e & 0xff
		s += 1 + nb
		if off-1 >= d {
			return 0, 0, ErrCorrupt
		}
		switch {
		case off >= 16:
			copy64(dp, d, dp, d-off, ln)
		case off >= 8:
			for q := uintptr(0); q < ln; q += 8 {
				store64(dp, d+q, load64(dp, d+q-off))
			}
		default:
			repeat(dp, d, off, ln)
		}
		d += ln
	}
	return s, d, nil
}

// repeat copies n bytes from a distance below 8: each pass of the pattern doubles the distance that can be copied at
// once.
func repeat(dp unsafe.Pointer, d, off, n uintptr) {
	q, o := uintptr(0), off
	for o < 8 {
		store64(dp, d+q, load64(dp, d+q-o))
		q += o
		o += o
	}
	for ; q < n; q += 8 {
		store64(dp, d+q, load64(dp, d+q-o))
	}
}

// decodeTail decodes the rest byte by byte.
func decodeTail(dst, src []byte, s, d uintptr) error {
	send, dend := uintptr(len(src)), uintptr(len(dst))
	for s < send {
		c := src[s]
		e := uintptr(tags[c])
		s++
		if c&3 == 0 {
			ln := e
			if ln == 0 {
				extra := uintptr(c>>2) - 59
				if extra > send-s {
					return ErrCorrupt
				}
				for j := range extra {
					ln |= uintptr(src[s+j]) << (8 * j)
				}
				ln++
				s += extra
			}
			if ln > send-s || ln > dend-d {
				return ErrCorrupt
			}
			copy(dst[d:], src[s:s+ln])
			s += ln
			d += ln
			continue
		}
		nb := e >> 11
		if nb > send-s {
			return ErrCorrupt
		}
		off := e & 0x700
		for j := range nb {
			off += uintptr(src[s+j]) << (8 * j)
		}
		s += nb
		ln := e & 0xff
		if off-1 >= d || ln > dend-d {
			return ErrCorrupt
		}
		for ; ln > 0; ln-- {
			dst[d] = dst[d-off]
			d++
		}
	}
	if d != dend {
		return ErrCorrupt
	}
	return nil
}
