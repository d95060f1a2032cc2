package schema

import (
	"math"
	"math/bits"
)

// Int128 is a signed 128-bit integer in two's complement, the unscaled value of a decimal of 19 to 38 digits.
type Int128 struct {
	Hi int64
	Lo uint64
}

// Int128FromInt64 widens v.
func Int128FromInt64(v int64) Int128 { return Int128{Hi: v >> 63, Lo: uint64(v)} }

// Int64 returns the value as an int64 and whether it fits.
func (a Int128) Int64() (int64, bool) {
	v := int64(a.Lo)
	return v, a.Hi == v>>63
}

// Sign returns -1, 0 or 1.
func (a Int128) Sign() int {
	switch {
	case a.Hi < 0:
		return -1
	case a.Hi == 0 && a.Lo == 0:
		return 0
	}
	return 1
}

// Compare returns -1, 0 or 1 as a is less than, equal to or greater than b.
func (a Int128) Compare(b Int128) int {
	switch {
	case a.Hi < b.Hi:
		return -1
	case a.Hi > b.Hi:
		return 1
	case a.Lo < b.Lo:
		return -1
	case a.Lo > b.Lo:
		return 1
	}
	return 0
}

// Add returns a+b modulo 2^128.
func (a Int128) Add(b Int128) Int128 {
	lo, carry := bits.Add64(a.Lo, b.Lo, 0)
	hi, _ := bits.Add64(uint64(a.Hi), uint64(b.Hi), carry)
	return Int128{Hi: int64(hi), Lo: lo}
}

// Neg returns -a modulo 2^128.
func (a Int128) Neg() Int128 {
	lo, borrow := bits.Sub64(0, a.Lo, 0)
	hi, _ := bits.Sub64(0, uint64(a.Hi), borrow)
	return Int128{Hi: int64(hi), Lo: lo}
}

// Sub returns a-b modulo 2^128.
func (a Int128) Sub(b Int128) Int128 {
	lo, borrow := bits.Sub64(a.Lo, b.Lo, 0)
	hi, _ := bits.Sub64(uint64(a.Hi), uint64(b.Hi), borrow)
	return Int128{Hi: int64(hi), Lo: lo}
}

// Mul returns a*b modulo 2^128. MulChecked tells overflow.
func (a Int128) Mul(b Int128) Int128 {
	hi, lo := bits.Mul64(a.Lo, b.Lo)
	hi += uint64(a.Hi)*b.Lo + a.Lo*uint64(b.Hi)
	return Int128{Hi: int64(hi), Lo: lo}
}

// AddChecked returns a+b and whether it fits in 128 bits.
func (a Int128) AddChecked(b Int128) (Int128, bool) {
	s := a.Add(b)
	return s, (a.Hi^s.Hi)&(b.Hi^s.Hi) >= 0
}

// MulChecked returns a*b and whether it fits in 128 bits.
func (a Int128) MulChecked(b Int128) (Int128, bool) {
	neg := (a.Hi < 0) != (b.Hi < 0)
	ah, al := a.magnitude()
	bh, bl := b.magnitude()
	if ah != 0 && bh != 0 {
		return Int128{}, false
	}
	hi, lo := bits.Mul64(al, bl)
	c1h, c1 := bits.Mul64(ah, bl)
	c2h, c2 := bits.Mul64(al, bh)
	if c1h != 0 || c2h != 0 {
		return Int128{}, false
	}
	hi, carry := bits.Add64(hi, c1, 0)
	hi, carry2 := bits.Add64(hi, c2, 0)
	if carry|carry2 != 0 || hi > math.MaxInt64 {
		return Int128{}, false
	}
	r := Int128{Hi: int64(hi), Lo: lo}
	if neg {
		r = r.Neg()
	}
	return r, true
}

func (a Int128) magnitude() (hi, lo uint64) {
	if a.Hi < 0 {
		a = a.Neg()
	}
	return uint64(a.Hi), a.Lo
}

// QuoRem returns the quotient truncated toward zero and the remainder with the sign of a. It panics when b is zero, as
// integer division does.
func (a Int128) QuoRem(b Int128) (q, r Int128) {
	ah, al := a.magnitude()
	bh, bl := b.magnitude()
	var qh, ql, rh, rl uint64
	if bh == 0 {
		qh, rl = ah/bl, ah%bl
		ql, rl = bits.Div64(rl, al, bl)
	} else {
		ql, rh, rl = divmodWide(ah, al, bh, bl)
	}
	q, r = Int128{Hi: int64(qh), Lo: ql}, Int128{Hi: int64(rh), Lo: rl}
	if (a.Hi < 0) != (b.Hi < 0) {
		q = q.Neg()
	}
	if a.Hi < 0 {
		r = r.Neg()
	}
	return q, r
}

// divmodWide divides by a divisor of more than 64 bits: the quotient fits 64 bits, found by shift and subtract.
func divmodWide(ah, al, bh, bl uint64) (q, rh, rl uint64) {
	shift := bits.LeadingZeros64(bh) - bits.LeadingZeros64(ah)
	if shift < 0 {
		return 0, ah, al
	}
	dh, dl := bh<<shift|bl>>(64-shift), bl<<shift
	rh, rl = ah, al
	for i := shift; i >= 0; i-- {
		lo, borrow := bits.Sub64(rl, dl, 0)
		hi, borrow := bits.Sub64(rh, dh, borrow)
		q <<= 1
		if borrow == 0 {
			rh, rl = hi, lo
			q |= 1
		}
		dl = dl>>1 | dh<<63
		dh >>= 1
	}
	return q, rh, rl
}

// Float64 returns the nearest double.
func (a Int128) Float64() float64 {
	hi, lo := a.magnitude()
	f := float64(hi)*(1<<32)*(1<<32) + float64(lo)
	if a.Hi < 0 {
		return -f
	}
	return f
}

// String returns the value in decimal.
func (a Int128) String() string {
	var buf [40]byte
	return string(a.Append(buf[:0]))
}

// Append appends the value in decimal to dst.
func (a Int128) Append(dst []byte) []byte {
	hi, lo := a.magnitude()
	var buf [40]byte
	i := len(buf)
	for hi != 0 || lo != 0 {
		var r uint64
		qh := hi / 10
		r = hi % 10
		lo, r = bits.Div64(r, lo, 10)
		hi = qh
		i--
		buf[i] = byte('0' + r)
	}
	if i == len(buf) {
		i--
		buf[i] = '0'
	}
	if a.Hi < 0 {
		dst = append(dst, '-')
	}
	return append(dst, buf[i:]...)
}

// Pow10 returns 10^n for n of 0 to 38.
func Pow10(n int) Int128 { return pow10[n] }

// Pow10Int64 returns 10^n for n of 0 to 18.
func Pow10Int64(n int) int64 { return int64(pow10[n].Lo) }

var pow10 = func() (p [39]Int128) {
	p[0] = Int128FromInt64(1)
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1].Mul(Int128FromInt64(10))
	}
	return p
}()
