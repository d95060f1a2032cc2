package parquet

import (
	"math/bits"
	"sync"
)

// Memory of fetched ranges and of pages outlives row groups, readers and queries: clearing and faulting in fresh memory
// costs more than decoding a dictionary-coded column. Sizes are powers of two between these.
const (
	minPooled = 16 // 64 KiB
	maxPooled = 25 // 32 MiB
)

var pools [maxPooled + 1]sync.Pool

// capacity returns how much memory pooled(n) takes.
func capacity(n int) int {
	if k := sizeClass(n); k <= maxPooled {
		return 1 << k
	}
	return n
}

func sizeClass(n int) int { return max(bits.Len(uint(max(n, 1)-1)), minPooled) }

// pooled returns n bytes of any content.
func pooled(n int) []byte {
	k := sizeClass(n)
	if k > maxPooled {
		return make([]byte, n)
	}
	if p, ok := pools[k].Get().(*[]byte); ok {
		return (*p)[:n]
	}
	return make([]byte, n, 1<<k)
}

// recycle takes back what pooled returned. Nobody may use b any more.
func recycle(b []byte) {
	k := bits.Len(uint(cap(b))) - 1
	if k < minPooled || k > maxPooled || cap(b) != 1<<k {
		return
	}
	b = b[:cap(b)]
	pools[k].Put(&b)
}
