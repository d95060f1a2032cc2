package connectors

import "math/bits"

// Bloom is a blocked Bloom filter of 64-bit hashes: a hash sets four bits of one 64-bit word, so that a test touches one
// cache line (Putze, Sanders and Singler, "Cache-, Hash- and Space-Efficient Bloom Filters", 2007). With 12 bits a key
// about 1 in 50 absent keys passes.
type Bloom struct {
	words []uint64
	shift uint
}

// NewBloom returns a filter for about n keys.
func NewBloom(n int) *Bloom {
	size := max(bits.Len(uint(max(n, 1)*12/64)), 4)
	return &Bloom{words: make([]uint64, 1<<size), shift: uint(64 - size)}
}

func bloomMask(h uint64) uint64 {
	return 1<<(h&63) | 1<<(h>>6&63) | 1<<(h>>12&63) | 1<<(h>>18&63)
}

// Add adds a hash.
func (b *Bloom) Add(h uint64) { b.words[h>>b.shift] |= bloomMask(h) }

// Has reports whether a hash may have been added.
func (b *Bloom) Has(h uint64) bool {
	m := bloomMask(h)
	return b.words[h>>b.shift]&m == m
}

// Bytes is the memory that the filter takes.
func (b *Bloom) Bytes() int64 { return int64(len(b.words)) * 8 }
