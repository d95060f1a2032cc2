package snappy_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/s2"

	"github.com/tarnsql/tarn/connectors/format/parquet/snappy"
)

// sample makes n bytes with literals and with matches at short and long distances.
func sample(r *rand.Rand, n int) []byte {
	var b []byte
	for len(b) < n {
		switch r.IntN(4) {
		case 0:
			for range r.IntN(100) {
				b = append(b, byte(r.Uint32()))
			}
		case 1:
			b = binary.LittleEndian.AppendUint64(b, uint64(r.IntN(1000)))
		case 2:
			b = append(b, bytes.Repeat([]byte{byte(r.IntN(4)), 7, byte(r.IntN(3))}[:1+r.IntN(3)], r.IntN(90))...)
		default:
			if len(b) > 0 {
				at := r.IntN(len(b))
				b = append(b, b[at:at+r.IntN(len(b)-at)]...)
			}
		}
	}
	return b[:n]
}

func TestDecodeRestoresWhatS2Encodes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var dst []byte
	for i := range 400 {
		want := sample(r, r.IntN(1+i*40))
		got, err := snappy.Decode(dst, s2.EncodeSnappy(nil, want))
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("round %d: %d bytes: equal %v, error %v", i, len(want), bytes.Equal(got, want), err)
		}
		dst = got
	}
}

func TestDecodeRefusesALengthThatTheInputCannotHold(t *testing.T) {
	if _, err := snappy.Decode(nil, binary.AppendUvarint(nil, 1<<30)); err == nil {
		t.Fatal("a bomb was accepted")
	}
}

func FuzzDecodeAgreesWithS2(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 20 {
		f.Add(s2.EncodeSnappy(nil, sample(r, i*50)))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		got, err := snappy.Decode(nil, src)
		n, lerr := s2.DecodedLen(src)
		if lerr != nil || n > len(src)*22+64 {
			if err == nil {
				t.Fatal("accepted a length that the input cannot hold")
			}
			return
		}
		want, werr := s2.Decode(nil, src)
		// s2 extends Snappy by repeat codes, copies with offset 0, which are corrupt here.
		if err == nil && (werr != nil || !bytes.Equal(got, want)) {
			t.Fatalf("decoded %d bytes, s2 says %v", len(got), werr)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	want := sample(r, 1<<20)
	src := s2.EncodeSnappy(nil, want)
	dst := make([]byte, len(want)+snappy.Slack)
	b.SetBytes(int64(len(want)))
	for b.Loop() {
		if _, err := snappy.Decode(dst, src); err != nil {
			b.Fatal(err)
		}
	}
}
