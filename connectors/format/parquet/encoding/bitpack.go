package encoding

import (
	"encoding/binary"

	"github.com/parquet-go/bitpack"
)

// unpack writes the n values of width w that are packed in b, lowest bit first, starting at a byte boundary. b holds at
// least n*w bits. Vector instructions do the most of it, which read up to bitpack.PaddingInt32 bytes more than they use:
// as far as b's capacity allows that.
func unpack(dst []uint32, b []byte, w uint, n int) {
	if w == 0 {
		clear(dst[:n])
		return
	}
	j := 0
	if w < 32 && n >= 16 {
		if j = max(min(n, (cap(b)-bitpack.PaddingInt32)*8/int(w)), 0) &^ 7; j > 0 {
			bitpack.Unpack(dst[:j], b[:j/8*int(w)], w)
		}
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
