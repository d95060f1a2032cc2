package parquet

import (
	"slices"

	"github.com/tarnsql/tarn/connectors/format/parquet/codec"
	"github.com/tarnsql/tarn/exec/memory"
)

// buffers keeps one worker's page memory between pages and row groups, and accounts for it.
type buffers struct {
	acct *memory.Account
	free [][]byte
	idle int // bytes in free
}

// maxFree bounds how many buffers wait to be used again, and maxIdle their bytes.
const (
	maxFree = 64
	maxIdle = 24 << 20
)

// minBuffer is the least size of a buffer: small pages share sizes.
const minBuffer = 64 << 10

// get returns n bytes with codec.Slack more of capacity.
func (b *buffers) get(n int) ([]byte, error) {
	need := n + codec.Slack
	best := -1
	for i, f := range b.free {
		if cap(f) >= need && (best < 0 || cap(f) < cap(b.free[best])) {
			best = i
		}
	}
	if best >= 0 && (cap(b.free[best]) <= 4*need || cap(b.free[best]) <= 4*minBuffer) {
		f := b.free[best]
		b.free = slices.Delete(b.free, best, best+1)
		b.idle -= cap(f)
		return f[:n], nil
	}
	size := capacity(max(minBuffer, need))
	for len(b.free) > 0 && b.reserve(size) != nil {
		b.discard()
	}
	if len(b.free) == 0 {
		if err := b.reserve(size); err != nil {
			return nil, err
		}
	}
	return pooled(size)[:n], nil
}

// put takes back what get returned.
func (b *buffers) put(f []byte) {
	if cap(f) == 0 {
		return
	}
	b.free = append(b.free, f)
	b.idle += cap(f)
	for len(b.free) > maxFree || b.idle > maxIdle {
		b.discard()
	}
}

// discard gives up the buffer that has waited longest.
func (b *buffers) discard() {
	f := b.free[0]
	b.free = slices.Delete(b.free, 0, 1)
	b.idle -= cap(f)
	b.release(cap(f))
	recycle(f)
}

// reserve accounts for memory that is not from get.
func (b *buffers) reserve(n int) error {
	if b.acct == nil {
		return nil
	}
	return b.acct.Grow(int64(n))
}

func (b *buffers) release(n int) {
	if b.acct != nil {
		_ = b.acct.Resize(max(b.acct.Held()-int64(n), 0)) // shrinking never fails
	}
}

// close frees everything.
func (b *buffers) close() {
	for _, f := range b.free {
		recycle(f)
	}
	b.free, b.idle = nil, 0
	if b.acct != nil {
		b.acct.Close()
	}
}
