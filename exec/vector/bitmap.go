package vector

import "math/bits"

// Bitmap is a set of row positions: bit i of word i/64. It serves as the null mask of a vector (1 = NULL) and as the mask of
// a scan pass (1 = row survives). Its length is in the vector that owns it; bits past the end are zero.
type Bitmap []uint64

// NewBitmap returns an empty set for n positions.
func NewBitmap(n int) Bitmap { return make(Bitmap, (n+63)/64) }

// Words returns how many words n positions take.
func Words(n int) int { return (n + 63) / 64 }

// Get reports whether position i is in the set. A nil Bitmap is empty.
func (b Bitmap) Get(i int) bool { return b != nil && b[uint(i)/64]>>(uint(i)%64)&1 != 0 }

// Set adds position i.
func (b Bitmap) Set(i int) { b[uint(i)/64] |= 1 << (uint(i) % 64) }

// Clear removes position i.
func (b Bitmap) Clear(i int) { b[uint(i)/64] &^= 1 << (uint(i) % 64) }

// Resize returns a bitmap of n positions, all clear, that reuses b's memory where it is large enough.
func (b Bitmap) Resize(n int) Bitmap {
	w := Words(n)
	if cap(b) < w {
		return make(Bitmap, w)
	}
	b = b[:w]
	clear(b)
	return b
}

// Fill adds positions 0 to n-1 and clears the rest.
func (b Bitmap) Fill(n int) {
	for i := range b {
		b[i] = ^uint64(0)
	}
	if r := n % 64; r != 0 && len(b) > 0 {
		b[len(b)-1] = 1<<r - 1
	}
}

// Count returns the number of positions in the set.
func (b Bitmap) Count() int {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// Any reports whether the set has a position.
func (b Bitmap) Any() bool {
	for _, w := range b {
		if w != 0 {
			return true
		}
	}
	return false
}

// And keeps the positions that are in o too. Both have the same length.
func (b Bitmap) And(o Bitmap) {
	for i, w := range o {
		b[i] &= w
	}
}

// Or adds the positions of o. Both have the same length; a nil o adds nothing.
func (b Bitmap) Or(o Bitmap) {
	for i, w := range o {
		b[i] |= w
	}
}

// AndNot removes the positions of o. Both have the same length; a nil o removes nothing.
func (b Bitmap) AndNot(o Bitmap) {
	for i, w := range o {
		b[i] &^= w
	}
}

// AppendRows appends the positions in the set, in order, to sel.
func (b Bitmap) AppendRows(sel []uint32) []uint32 {
	for i, w := range b {
		base := uint32(i * 64)
		for w != 0 {
			sel = append(sel, base+uint32(bits.TrailingZeros64(w)))
			w &= w - 1
		}
	}
	return sel
}
