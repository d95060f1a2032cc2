package connectors

import (
	"sort"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
)

// MaxListedKeys is the greatest number of distinct keys that a KeySet lists, for sources that look keys up.
const MaxListedKeys = 10_000

// MaxBitmapSpan is the greatest key span of an exact bitmap: 2^26 keys are 8 MiB.
const MaxBitmapSpan = 1 << 26

// KeySet is the set of a join's build keys of one column. It is immutable. A value that is not Contained is surely
// not a build key; the converse holds when Exact. NULL is never in it.
type KeySet struct {
	// Type is the type of the probe column.
	Type schema.Type
	// Count is the number of build rows with a key: an upper bound of the distinct keys.
	Count int64
	// Min and Max bound the keys; not Valid when the set is empty.
	Min, Max schema.Value
	// List holds the distinct keys, ascending, if there are at most MaxListedKeys; nil otherwise. An empty set has an empty
	// List that is not nil.
	List []schema.Value
	// Bits is the exact set of integer keys: bit k-Base of word (k-Base)/64. nil when the span is too large or the keys are
	// not integers.
	Bits []uint64
	Base int64
	// Bloom is a blocked Bloom filter over vector.HashInt64 or vector.HashBytes of the keys, where there are no Bits; nil
	// when the set has neither, and then only Min and Max exclude.
	Bloom *Bloom
}

// Empty reports whether no key can match, so that the probe side need not be read.
func (s *KeySet) Empty() bool { return s.Count == 0 }

// Overlaps reports whether a value between lo and hi can be in the set; an unknown (not Valid) bound is infinite.
func (s *KeySet) Overlaps(lo, hi schema.Value) bool {
	if s.Count == 0 {
		return false
	}
	if !s.Min.Valid || !s.Max.Valid {
		return true
	}
	if lo.Valid && lo.Compare(s.Max) > 0 || hi.Valid && hi.Compare(s.Min) < 0 {
		return false
	}
	if !lo.Valid || !hi.Valid {
		return true
	}
	if s.Bits != nil {
		return s.anyBit(max(lo.I, s.Min.I), min(hi.I, s.Max.I))
	}
	if s.List != nil {
		i := sort.Search(len(s.List), func(i int) bool { return s.List[i].Compare(lo) >= 0 })
		return i < len(s.List) && s.List[i].Compare(hi) <= 0
	}
	return true
}

func (s *KeySet) anyBit(lo, hi int64) bool {
	a, b := uint64(lo-s.Base), uint64(hi-s.Base)
	for w := a / 64; w <= b/64; w++ {
		word := s.Bits[w]
		if w == a/64 {
			word &= ^uint64(0) << (a % 64)
		}
		if w == b/64 {
			word &= ^uint64(0) >> (63 - b%64)
		}
		if word != 0 {
			return true
		}
	}
	return false
}

// Match appends to out the rows among sel (nil: all) of v whose value can be in the set, and returns it.
func (s *KeySet) Match(v vector.Vector, sel, out []uint32) []uint32 {
	switch v := v.(type) {
	case *vector.Const:
		if v.IsNull() || len(s.Match(v.Value, nil, nil)) == 0 {
			return out
		}
		return appendAll(v.N, sel, out)
	case *vector.Dict:
		return s.matchDict(v, sel, out)
	case *vector.Flat[int32]:
		return matchInts(s, v.Values, v.Null, sel, out)
	case *vector.Flat[int64]:
		return matchInts(s, v.Values, v.Null, sel, out)
	case *vector.Bytes:
		return s.matchBytes(v, sel, out)
	}
	return appendAll(v.Len(), sel, out)
}

func appendAll(n int, sel, out []uint32) []uint32 {
	if sel != nil {
		return append(out, sel...)
	}
	for i := range n {
		out = append(out, uint32(i))
	}
	return out
}

func (s *KeySet) matchDict(v *vector.Dict, sel, out []uint32) []uint32 {
	in := vector.NewBitmap(v.Values.Len())
	for _, r := range s.Match(v.Values, nil, nil) {
		in.Set(int(r))
	}
	return eachRow(len(v.Codes), v.Null, sel, out, func(r uint32) bool { return in.Get(int(v.Codes[r])) })
}

func matchInts[T int32 | int64](s *KeySet, values []T, null vector.Bitmap, sel, out []uint32) []uint32 {
	if s.Count == 0 {
		return out
	}
	lo, hi := int64(0), uint64(0)
	ranged := s.Min.Valid && s.Max.Valid
	if ranged {
		lo, hi = s.Min.I, uint64(s.Max.I-s.Min.I)
	}
	switch {
	case s.Bits != nil:
		shift := uint64(lo - s.Base)
		return eachRow(len(values), null, sel, out, func(r uint32) bool {
			d := uint64(int64(values[r]) - lo)
			if d > hi {
				return false
			}
			d += shift
			return s.Bits[d/64]>>(d%64)&1 != 0
		})
	case s.Bloom != nil:
		return eachRow(len(values), null, sel, out, func(r uint32) bool {
			k := int64(values[r])
			return (!ranged || uint64(k-lo) <= hi) && s.Bloom.Has(vector.HashInt64(k))
		})
	case ranged:
		return eachRow(len(values), null, sel, out, func(r uint32) bool { return uint64(int64(values[r])-lo) <= hi })
	}
	return appendAll(len(values), sel, out)
}

func (s *KeySet) matchBytes(v *vector.Bytes, sel, out []uint32) []uint32 {
	if s.Count == 0 {
		return out
	}
	if s.Bloom != nil {
		return eachRow(len(v.Views), v.Null, sel, out, func(r uint32) bool { return s.Bloom.Has(vector.HashBytes(v.At(int(r)))) })
	}
	return appendAll(len(v.Views), sel, out)
}

// eachRow is inlined with its predicate by the callers' instantiation; rows that are NULL fail.
func eachRow(n int, null vector.Bitmap, sel, out []uint32, keep func(uint32) bool) []uint32 {
	if sel == nil {
		for r := range uint32(n) {
			if !null.Get(int(r)) && keep(r) {
				out = append(out, r)
			}
		}
		return out
	}
	for _, r := range sel {
		if !null.Get(int(r)) && keep(r) {
			out = append(out, r)
		}
	}
	return out
}
