// Package encoding decodes the value encodings of Parquet pages from untrusted bytes: the hybrid of run lengths and bit
// packing (dictionary codes, levels, booleans), the delta encodings, and byte stream split. Decoders write into
// memory that the caller sized; a page that holds fewer values than were asked for is an error, never a panic.
package encoding

import (
	"encoding/binary"
	"errors"
	mathbits "math/bits"
)

// ErrShort says that the data ends before the values that the page announced.
var ErrShort = errors.New("the page ends before its last value")

var errRun = errors.New("a run of the page is malformed")

// Hybrid reads the RLE / bit-packing hybrid as a stream, so that a page is never expanded as a whole. The zero value is
// empty.
type Hybrid struct {
	b     []byte
	width uint
	mask  uint32
	// A run of one value has run > 0; a packed run has left values from value index at of packed.
	run    int
	value  uint32
	packed []byte
	at     int
	left   int
}

// Reset begins to read b, whose values have the given width of 0 to 32 bits.
func (h *Hybrid) Reset(b []byte, width uint) error {
	if width > 32 {
		return errRun
	}
	*h = Hybrid{b: b, width: width, mask: uint32(uint64(1)<<width - 1)}
	return nil
}

// next begins the next run.
func (h *Hybrid) next() error {
	if h.width == 0 && len(h.b) == 0 {
		h.run, h.value = 1<<31-1, 0 // codes of a dictionary with one entry may be left out
		return nil
	}
	u, k := binary.Uvarint(h.b)
	if k <= 0 {
		return ErrShort
	}
	h.b = h.b[k:]
	if u>>1 > 1<<31-1 {
		return errRun
	}
	n := int(u >> 1)
	if u&1 == 0 {
		bytes := int(h.width+7) / 8
		if len(h.b) < bytes {
			return ErrShort
		}
		var x uint32
		for j := range bytes {
			x |= uint32(h.b[j]) << (8 * j)
		}
		h.b = h.b[bytes:]
		h.run, h.value = n, x&h.mask
		return nil
	}
	size := min(n*int(h.width), len(h.b))
	h.packed, h.b = h.b[:size], h.b[size:]
	h.at, h.left = 0, n*8
	if h.width > 0 {
		h.left = min(h.left, size*8/int(h.width)) // some writers cut the padding of the last run
	}
	if h.left == 0 && n > 0 && h.width > 0 {
		return ErrShort
	}
	return nil
}

// Run returns how many values (at most n) follow that are all the same, and the value; 0 when the next ones are packed.
func (h *Hybrid) Run(n int) (int, uint32, error) {
	for h.run == 0 && h.left == 0 {
		if err := h.next(); err != nil {
			return 0, 0, err
		}
	}
	return min(h.run, n), h.value, nil
}

// Packed returns how many values (at most n) follow in the current packed run.
func (h *Hybrid) Packed(n int) int { return min(h.left, n) }

// Read fills dst.
func (h *Hybrid) Read(dst []uint32) error {
	for len(dst) > 0 {
		n, v, err := h.Run(len(dst))
		if err != nil {
			return err
		}
		if n > 0 {
			d := dst[:n]
			for i := range d {
				d[i] = v
			}
			h.run -= n
		} else {
			n = h.readPacked(dst)
		}
		dst = dst[n:]
	}
	return nil
}

// readPacked fills dst from the packed run and returns how much of it.
func (h *Hybrid) readPacked(dst []uint32) int {
	n := min(h.left, len(dst))
	dst = dst[:n]
	i := 0
	for ; i < n && h.at&7 != 0; i++ {
		dst[i] = extract(h.packed, uint(h.at)*h.width, h.width)
		h.at++
	}
	if i < n {
		unpack(dst[i:], h.packed[h.at/8*int(h.width):], h.width, n-i)
		h.at += n - i
	}
	h.left -= n
	return n
}

// Skip passes over n values.
func (h *Hybrid) Skip(n int) error {
	for n > 0 {
		k, _, err := h.Run(n)
		if err != nil {
			return err
		}
		if k > 0 {
			h.run -= k
		} else {
			k = min(h.left, n)
			h.at += k
			h.left -= k
		}
		n -= k
	}
	return nil
}

// ReadBytes fills dst with values of at most 8 bits.
func (h *Hybrid) ReadBytes(dst []byte) error {
	var tmp [256]uint32
	for len(dst) > 0 {
		n, v, err := h.Run(len(dst))
		if err != nil {
			return err
		}
		if n > 0 {
			for i := range dst[:n] {
				dst[i] = byte(v)
			}
			h.run -= n
		} else {
			n = h.readPacked(tmp[:min(len(dst), len(tmp))])
			for i, x := range tmp[:n] {
				dst[i] = byte(x)
			}
		}
		dst = dst[n:]
	}
	return nil
}

// ReadBits sets the bits of the n next values, which are one bit wide, in bits (lowest bit first, cleared by the
// caller) and returns how many are 1.
func (h *Hybrid) ReadBits(bits []uint64, n int) (int, error) {
	if h.width != 1 {
		return 0, errRun
	}
	ones := 0
	for i := 0; i < n; {
		k, v, err := h.Run(n - i)
		if err != nil {
			return 0, err
		}
		switch {
		case k == 0:
			k = min(h.left, n-i)
			ones += copyBits(bits, i, h.packed, h.at, k)
			h.at += k
			h.left -= k
		case v != 0:
			SetRange(bits, i, i+k)
			ones += k
			h.run -= k
		default:
			h.run -= k
		}
		i += k
	}
	return ones, nil
}

// copyBits ors the n bits of src from bit at into dst at bit i, and counts the ones among them.
func copyBits(dst []uint64, i int, src []byte, at, n int) int {
	ones := 0
	for n > 0 {
		var x uint64
		if b := src[at>>3:]; len(b) >= 8 {
			x = binary.LittleEndian.Uint64(b)
		} else {
			for q, c := range b {
				x |= uint64(c) << (8 * q)
			}
		}
		k := min(n, 56, 64-i&63)
		x = x >> (at & 7) & (1<<k - 1)
		dst[uint(i)/64] |= x << (uint(i) % 64)
		ones += mathbits.OnesCount64(x)
		i, at, n = i+k, at+k, n-k
	}
	return ones
}

// SetRange sets the bits from lo to hi-1.
func SetRange(bits []uint64, lo, hi int) {
	if lo >= hi {
		return
	}
	a, b := lo/64, (hi-1)/64
	first, last := ^uint64(0)<<(lo%64), ^uint64(0)>>(63-(hi-1)%64)
	if a == b {
		bits[a] |= first & last
		return
	}
	bits[a] |= first
	for w := a + 1; w < b; w++ {
		bits[w] = ^uint64(0)
	}
	bits[b] |= last
}

// AllOnes reports whether b, levels of width 1, begins with runs of ones that cover n values: the usual form of an
// optional column without NULLs.
func AllOnes(b []byte, n int) bool {
	for n > 0 {
		u, k := binary.Uvarint(b)
		if k <= 0 {
			return false
		}
		b = b[k:]
		if u&1 == 0 {
			if len(b) == 0 || b[0] != 1 || u>>1 > 1<<31-1 {
				return false
			}
			b = b[1:]
			n -= int(u >> 1)
			continue
		}
		for groups := u >> 1; groups > 0 && n > 0; groups-- {
			if len(b) == 0 {
				return false
			}
			want := byte(0xff)
			if n < 8 {
				want = byte(1<<n - 1)
			}
			if b[0]&want != want {
				return false
			}
			b = b[1:]
			n -= 8
		}
	}
	return true
}

// LegacyLevels reads the deprecated BIT_PACKED levels: no runs, the highest bit of a byte first. It returns how many
// bytes they took.
func LegacyLevels(dst, b []byte, width uint) (int, error) {
	size := (len(dst)*int(width) + 7) / 8
	if width > 8 || size > len(b) {
		return 0, ErrShort
	}
	bit := 0
	for i := range dst {
		x := byte(0)
		for range width {
			x = x<<1 | b[bit>>3]>>(7-bit&7)&1
			bit++
		}
		dst[i] = x
	}
	return size, nil
}
