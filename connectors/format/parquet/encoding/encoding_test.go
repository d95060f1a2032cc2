package encoding_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/encoding/bytestreamsplit"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/rle"

	enc "github.com/tarnsql/tarn/connectors/format/parquet/encoding"
)

// allocate gives what a test can afford.
func allocate(n int) ([]byte, error) {
	if n > 1<<24 {
		return nil, errors.New("too large")
	}
	return make([]byte, n), nil
}

// runs makes n codes below 1<<width with runs and noise.
func runs(r *rand.Rand, n, width int) []int32 {
	var out []int32
	for len(out) < n {
		v := int32(r.Uint64() & (1<<width - 1))
		if r.IntN(2) == 0 {
			for range 1 + r.IntN(40) {
				out = append(out, v)
			}
		} else {
			for range 1 + r.IntN(40) {
				out = append(out, int32(r.Uint64()&(1<<width-1)))
			}
		}
	}
	return out[:n]
}

func TestHybridReadsAndSkipsInAnySteps(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for round := range 600 {
		width := 1 + r.IntN(31)
		want := runs(r, r.IntN(500), width)
		b, err := (&rle.Encoding{BitWidth: width}).EncodeInt32(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		var h enc.Hybrid
		if err := h.Reset(b, uint(width)); err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(want); {
			n := min(1+r.IntN(50), len(want)-at)
			if r.IntN(3) == 0 {
				err = h.Skip(n)
			} else {
				got := make([]uint32, n)
				err = h.Read(got)
				for i, v := range got {
					if int32(v) != want[at+i] {
						t.Fatalf("round %d width %d: value %d is %d, want %d", round, width, at+i, v, want[at+i])
					}
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			at += n
		}
	}
}

func TestLevelsAsBits(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	for range 300 {
		want := runs(r, 1+r.IntN(700), 1)
		b, err := (&rle.Encoding{BitWidth: 1}).EncodeInt32(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		var h enc.Hybrid
		_ = h.Reset(b, 1)
		bits := make([]uint64, (len(want)+63)/64)
		ones, err := h.ReadBits(bits, len(want))
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		for i, v := range want {
			if int32(bits[i/64]>>(i%64)&1) != v {
				t.Fatalf("bit %d differs", i)
			}
			count += int(v)
		}
		if ones != count || enc.AllOnes(b, len(want)) != (count == len(want)) {
			t.Fatalf("%d ones, want %d; all %v", ones, count, enc.AllOnes(b, len(want)))
		}
	}
}

func TestDeltaAgreesWithParquetGo(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for range 400 {
		want := make([]int64, r.IntN(700))
		shift := r.IntN(64)
		for i := range want {
			want[i] = int64(r.Uint64()) >> shift
		}
		b, err := (&delta.BinaryPackedEncoding{}).EncodeInt64(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]int64, len(want))
		rest, err := enc.Delta(got, append(b, 1, 2, 3))
		if err != nil || !slices.Equal(got, want) || !bytes.Equal(rest, []byte{1, 2, 3}) {
			t.Fatalf("%d values, shift %d: %v, rest %v", len(want), shift, err, rest)
		}
	}
}

func TestDeltaStringsAgreeWithParquetGo(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	for range 200 {
		var flat []byte
		offsets := []uint32{0}
		prev := []byte{}
		for range r.IntN(300) {
			s := append(slices.Clone(prev[:r.IntN(len(prev)+1)]), []byte("abcdefgh")[:r.IntN(8)]...)
			flat = append(flat, s...)
			offsets = append(offsets, uint32(len(flat)))
			prev = s
		}
		n := len(offsets) - 1
		b, err := (&delta.ByteArrayEncoding{}).EncodeByteArray(nil, flat, offsets)
		if err != nil {
			t.Fatal(err)
		}
		ends := make([]uint32, n)
		got, err := enc.DeltaStrings(ends, make([]int64, 2*n), b, allocate)
		if err != nil || !bytes.Equal(got, flat) || !slices.Equal(ends, offsets[1:]) {
			t.Fatalf("%d strings: %v", n, err)
		}
		b, err = (&delta.LengthByteArrayEncoding{}).EncodeByteArray(nil, flat, offsets)
		if err != nil {
			t.Fatal(err)
		}
		if got, err = enc.DeltaLengths(make([]int64, n), b); err != nil || !bytes.Equal(got, flat) {
			t.Fatalf("lengths of %d strings: %v", n, err)
		}
	}
}

func TestJoinStreamsUndoesByteStreamSplit(t *testing.T) {
	want := []float64{1, -2.5, 3e100, 0}
	b, err := (&bytestreamsplit.Encoding{}).EncodeDouble(nil, want)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(b))
	enc.JoinStreams(got, b, 8)
	plain := make([]byte, 0, 32)
	for _, f := range want {
		plain, _ = binary.Append(plain, binary.LittleEndian, f)
	}
	if !bytes.Equal(got, plain) {
		t.Fatalf("got %x, want %x", got, plain)
	}
}

func FuzzDecodersNeverPanic(f *testing.F) {
	var _ encoding.Encoding
	f.Add([]byte{3, 0xaa, 4, 1}, uint8(1), uint16(10))
	f.Add([]byte{128, 1, 4, 10, 2, 1, 2, 0, 0, 0}, uint8(7), uint16(10))
	f.Fuzz(func(_ *testing.T, b []byte, width uint8, n uint16) {
		var h enc.Hybrid
		if h.Reset(b, uint(width%33)) == nil {
			_ = h.Skip(int(n % 7))
			_ = h.Read(make([]uint32, n))
		}
		if h.Reset(b, 1) == nil {
			_, _ = h.ReadBits(make([]uint64, n/64+1), int(n))
		}
		if h.Reset(b, uint(width%9)) == nil {
			_ = h.ReadBytes(make([]byte, n))
		}
		enc.AllOnes(b, int(n))
		_, _ = enc.LegacyLevels(make([]byte, n), b, uint(width%10))
		_, _ = enc.Delta(make([]int64, n), b)
		_, _ = enc.DeltaLengths(make([]int64, n), b)
		_, _ = enc.DeltaStrings(make([]uint32, n), make([]int64, 2*int(n)), b, allocate)
	})
}
