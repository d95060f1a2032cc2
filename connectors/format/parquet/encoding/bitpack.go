package encoding

import "encoding/binary"

// unpack writes the n values of width w that are packed in b, lowest bit first, starting at a byte boundary. b holds at
// least n*w bits.
func unpack(dst []uint32, b []byte, w uint, n int) {
	j := 0
	switch {
	case w == 0:
		clear(dst[:n])
		return
	case w == 1:
		j = unpack1(dst[:n], b)
	case w <= 7:
		j = unpackNarrow(dst[:n], b, w)
	case w <= 14:
		j = unpackMiddle(dst[:n], b, w)
	default:
		j = unpackWide(dst[:n], b, w)
	}
	for ; j < n; j++ {
		dst[j] = extract(b, uint(j)*w, w)
	}
}

// extract reads the value of width w at a bit position.
func extract(b []byte, bit, w uint) uint32 {
	o := bit >> 3
	mask := uint64(1)<<w - 1
	if o+8 <= uint(len(b)) {
		return uint32(binary.LittleEndian.Uint64(b[o:]) >> (bit & 7) & mask)
	}
	var x uint64
	for q := uint(0); q < 8 && o+q < uint(len(b)); q++ {
		x |= uint64(b[o+q]) << (8 * q)
	}
	return uint32(x >> (bit & 7) & mask)
}

func unpack1(dst []uint32, b []byte) int {
	j := 0
	for ; j+8 <= len(dst); j += 8 {
		x := uint32(b[j>>3])
		d := dst[j : j+8 : j+8]
		d[0] = x & 1
		d[1] = x >> 1 & 1
		d[2] = x >> 2 & 1
		d[3] = x >> 3 & 1
		d[4] = x >> 4 & 1
		d[5] = x >> 5 & 1
		d[6] = x >> 6 & 1
		d[7] = x >> 7
	}
	return j
}

func unpackNarrow(dst []uint32, b []byte, w uint) int {
	mask := uint64(1)<<w - 1
	j := 0
	for ; j+8 <= len(dst) && len(b) >= 8; j += 8 {
		x := binary.LittleEndian.Uint64(b)
		d := dst[j : j+8 : j+8]
		d[0] = uint32(x & mask)
		d[1] = uint32(x >> (w & 63) & mask)
		d[2] = uint32(x >> (2 * w & 63) & mask)
		d[3] = uint32(x >> (3 * w & 63) & mask)
		d[4] = uint32(x >> (4 * w & 63) & mask)
		d[5] = uint32(x >> (5 * w & 63) & mask)
		d[6] = uint32(x >> (6 * w & 63) & mask)
		d[7] = uint32(x >> (7 * w & 63) & mask)
		b = b[w:]
	}
	return j
}

func unpackMiddle(dst []uint32, b []byte, w uint) int {
	mask := uint64(1)<<w - 1
	half, odd := w/2, w&1*4
	j := 0
	for ; j+8 <= len(dst) && len(b) >= 16; j += 8 {
		x := binary.LittleEndian.Uint64(b)
		y := binary.LittleEndian.Uint64(b[half:]) >> odd
		d := dst[j : j+8 : j+8]
		d[0] = uint32(x & mask)
		d[1] = uint32(x >> (w & 63) & mask)
		d[2] = uint32(x >> (2 * w & 63) & mask)
		d[3] = uint32(x >> (3 * w & 63) & mask)
		d[4] = uint32(y & mask)
		d[5] = uint32(y >> (w & 63) & mask)
		d[6] = uint32(y >> (2 * w & 63) & mask)
		d[7] = uint32(y >> (3 * w & 63) & mask)
		b = b[w:]
	}
	return j
}

func unpackWide(dst []uint32, b []byte, w uint) int {
	mask := uint64(1)<<w - 1
	j := 0
	for ; j+8 <= len(dst) && len(b) >= int(w)+8; j += 8 {
		d := dst[j : j+8 : j+8]
		for q := uint(0); q < 8; q++ {
			o := q * w
			d[q&7] = uint32(binary.LittleEndian.Uint64(b[o>>3:]) >> (o & 7) & mask)
		}
		b = b[w:]
	}
	return j
}
