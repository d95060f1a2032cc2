package vector_test

import (
	"testing"

	"github.com/tarnsql/tarn/exec/vector"
)

// TestHashBytesDependsOnEveryByte hashes strings of many lengths, and each with one byte changed: all differ, in the high bits and
// in the low ones, which tables and partitions go by.
func TestHashBytesDependsOnEveryByte(t *testing.T) {
	seen := map[uint64]string{}
	low, high := map[uint64]int{}, map[uint64]int{}
	add := func(s string) {
		h := vector.HashBytes([]byte(s))
		if other, ok := seen[h]; ok {
			t.Fatalf("%q and %q have the same hash", s, other)
		}
		seen[h] = s
		low[h&0xff]++
		high[h>>56]++
	}
	for n := range 80 {
		s := make([]byte, n)
		for i := range s {
			s[i] = byte('a' + i%26)
		}
		add(string(s))
		for i := range s {
			for _, c := range []byte{0, 'A', 0xff} {
				kept := s[i]
				s[i] = c
				add(string(s))
				s[i] = kept
			}
		}
	}
	for i := range uint64(256) {
		if want := len(seen) / 256; low[i] < want/2 || low[i] > want*2 || high[i] < want/2 || high[i] > want*2 {
			t.Errorf("of %d hashes %d end in %#x and %d begin with it, want about %d", len(seen), low[i], i, high[i], want)
		}
	}
}
