package vector

import (
	"encoding/binary"
	"math/bits"
)

// HashInt64 hashes an integer key: all bits of the result depend on all bits of k (the finaliser of SplitMix64, Steele et
// al. 2014).
func HashInt64(k int64) uint64 {
	h := uint64(k) + 0x9e3779b97f4a7c15
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// HashBytes hashes a string key sixteen bytes at a time by folded 128-bit multiplication; the last sixteen bytes are read
// together, whether or not they were read before (the construction of wyhash, Wang Yi, released to the public domain).
func HashBytes(s []byte) uint64 {
	const a, b = 0xa0761d6478bd642f, 0xe7037ed1a0b428db
	n, h := len(s), uint64(b)
	var first, last uint64
	switch {
	case n > 16:
		for rest := s; len(rest) > 16; rest = rest[16:] {
			h = fold(binary.LittleEndian.Uint64(rest)^a, binary.LittleEndian.Uint64(rest[8:])^h)
		}
		first, last = binary.LittleEndian.Uint64(s[n-16:]), binary.LittleEndian.Uint64(s[n-8:])
	case n >= 8:
		first, last = binary.LittleEndian.Uint64(s), binary.LittleEndian.Uint64(s[n-8:])
	case n >= 4:
		first, last = uint64(binary.LittleEndian.Uint32(s)), uint64(binary.LittleEndian.Uint32(s[n-4:]))
	case n > 0:
		first = uint64(s[0])<<16 | uint64(s[n/2])<<8 | uint64(s[n-1])
	}
	return fold(uint64(n)^a, fold(first^a, last^h))
}

// CombineHash mixes the hash of a further key column into h.
func CombineHash(h, next uint64) uint64 { return fold(h^0x8ebc6af09c88c6e3, next^0x589965cc75374cc3) }

func fold(x, y uint64) uint64 {
	hi, lo := bits.Mul64(x, y)
	return hi ^ lo
}
