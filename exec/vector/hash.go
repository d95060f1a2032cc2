package vector

import "math/bits"

// HashInt64 hashes an integer key: all bits of the result depend on all bits of k (the finaliser of SplitMix64, Steele et
// al. 2014).
func HashInt64(k int64) uint64 {
	h := uint64(k) + 0x9e3779b97f4a7c15
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// HashBytes hashes a string key eight bytes at a time by folded 128-bit multiplication (the construction of wyhash, Wang
// Yi, released to the public domain).
func HashBytes(s []byte) uint64 {
	const a, b = 0xa0761d6478bd642f, 0xe7037ed1a0b428db
	h := uint64(len(s)) ^ a
	for len(s) >= 8 {
		w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		h = fold(h^w, b)
		s = s[8:]
	}
	var tail uint64
	for i := range len(s) {
		tail |= uint64(s[i]) << (8 * i)
	}
	return fold(h^tail, a^b)
}

// CombineHash mixes the hash of a further key column into h.
func CombineHash(h, next uint64) uint64 { return fold(h^0x8ebc6af09c88c6e3, next^0x589965cc75374cc3) }

func fold(x, y uint64) uint64 {
	hi, lo := bits.Mul64(x, y)
	return hi ^ lo
}
