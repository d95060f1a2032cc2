package codec

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

var sample = []byte(strings.Repeat("some text that repeats, with 12345 numbers\n", 20_000))

// variant is sample in one framing.
type variant struct {
	codec Codec
	magic bool // the first bytes tell the codec
	data  []byte
	// cut says that a missing end is always noticed.
	cut bool
}

// bzip2Hello is what libbzip2 makes of "hello\n".
const bzip2Hello = "425a6839314159265359c1c080e2000001410000100244a00030cd00c3462997177245385090c1c080e2"

func variants(t testing.TB) map[string]variant {
	t.Helper()
	written := func(open func(io.Writer) io.WriteCloser) []byte {
		var b bytes.Buffer
		w := open(&b)
		if _, err := w.Write(sample); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	zipped := written(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	return map[string]variant{
		"gzip":          {Gzip, true, zipped, true},
		"gzip members":  {Gzip, true, append(members(t, sample[:1000]), members(t, sample[1000:])...), false},
		"zlib":          {Zlib, false, written(func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }), true},
		"snappy frames": {Snappy, true, written(func(w io.Writer) io.WriteCloser { return snappy.NewBufferedWriter(w) }), false},
		"snappy raw":    {Snappy, false, snappy.Encode(nil, sample), true},
		"snappy hadoop": {Snappy, false, hadoop(func(b []byte) []byte { return snappy.Encode(nil, b) }), false},
		"lz4 frames":    {LZ4, true, written(func(w io.Writer) io.WriteCloser { return lz4.NewWriter(w) }), true},
		"lz4 hadoop": {LZ4, false, hadoop(func(b []byte) []byte {
			out := make([]byte, lz4.CompressBlockBound(len(b)))
			n, err := lz4.CompressBlock(b, out, nil)
			if err != nil {
				t.Fatal(err)
			}
			return out[:n]
		}), false},
		"zstd": {Zstd, true, written(func(w io.Writer) io.WriteCloser {
			z, err := zstd.NewWriter(w)
			if err != nil {
				t.Fatal(err)
			}
			return z
		}), true},
	}
}

func members(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// hadoop writes blocks of two chunks.
func hadoop(encode func([]byte) []byte) []byte {
	var out []byte
	for rest := sample; len(rest) > 0; {
		block := rest[:min(len(rest), 200_000)]
		rest = rest[len(block):]
		out = binary.BigEndian.AppendUint32(out, uint32(len(block)))
		for _, part := range [][]byte{block[:len(block)/2], block[len(block)/2:]} {
			stored := encode(part)
			out = binary.BigEndian.AppendUint32(out, uint32(len(stored)))
			out = append(out, stored...)
		}
	}
	return out
}

func inflate(c Codec, data []byte) ([]byte, error) {
	r, err := NewReader(c, bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // frees memory only
	return io.ReadAll(r)
}

func TestEachFramingInflates(t *testing.T) {
	for name, v := range variants(t) {
		got, err := inflate(v.codec, v.data)
		if err != nil || !bytes.Equal(got, sample) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		want := None
		if v.magic {
			want = v.codec
		}
		if c := ByMagic(v.data[:HeadBytes]); c != want {
			t.Errorf("%s: the first bytes say %s", name, c)
		}
	}
	hello, err := hex.DecodeString(bzip2Hello)
	if err != nil {
		t.Fatal(err)
	}
	got, err := inflate(Bzip2, hello)
	if err != nil || string(got) != "hello\n" || ByMagic(hello) != Bzip2 {
		t.Errorf("bzip2: %q, %v, %s", got, err, ByMagic(hello))
	}
}

// Whatever is missing at the end, the reader never hands out more than the true text, and says so where the framing can tell.
func TestCutFilesAreNoticed(t *testing.T) {
	for name, v := range variants(t) {
		for _, n := range []int{1, 4, 9, len(v.data) / 3, len(v.data) / 2, len(v.data) - 9, len(v.data) - 1} {
			got, err := inflate(v.codec, v.data[:n])
			if !bytes.HasPrefix(sample, got) {
				t.Errorf("%s cut at %d: wrong text", name, n)
			}
			if err == nil && (v.cut || len(got) == len(sample)) {
				t.Errorf("%s cut at %d of %d: %d bytes and no error", name, n, len(v.data), len(got))
			}
		}
	}
}

func TestNamesTellTheCodec(t *testing.T) {
	for key, want := range map[string]Codec{
		"a/b.csv": None, "a.gz/b": None, "b.csv.gz": Gzip, "b.CSV.GZ": Gzip, "b.json.zst": Zstd, "b.bz2": Bzip2, "b.snappy": Snappy,
		"b.lz4": LZ4, "b.deflate": Zlib, "b.lzo": Unsupported, "b": None,
	} {
		if got := ByName(key); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
	if got := TrimName("a/b.csv.GZ"); got != "a/b.csv" {
		t.Error(got)
	}
	if _, err := NewReader(Unsupported, nil); !errors.Is(err, ErrUnsupported) {
		t.Error(err)
	}
}

// Text that begins like a signature is text.
func TestTextIsNoMagic(t *testing.T) {
	for _, s := range []string{"BZh9 is a name,1\n", "id,name\n1,x\n1234567", "{\"a\":1}", ""} {
		if c := ByMagic([]byte(s)); c != None {
			t.Errorf("%q: %s", s, c)
		}
	}
}

// Headers that promise gigabytes must not be believed.
func TestLyingHeaders(t *testing.T) {
	huge := binary.AppendUvarint(nil, 1<<31)
	for name, v := range map[string]variant{
		"raw snappy":   {codec: Snappy, data: append(huge, "abcdefgh"...)},
		"hadoop block": {codec: Snappy, data: append([]byte{3, 255, 255, 255, 0, 0, 0, 8}, append(binary.AppendUvarint(nil, 60<<20), 1, 2, 3, 4)...)},
		"hadoop chunk": {codec: LZ4, data: []byte{0, 0, 1, 0, 3, 255, 255, 255, 1}},
		"lz4 block":    {codec: LZ4, data: []byte{0x04, 0x22, 0x4d, 0x18, 0x70, 0x40, 0xad, 0xff, 0xff, 0xff, 0x7f}},
	} {
		if got, err := inflate(v.codec, v.data); err == nil {
			t.Errorf("%s: %d bytes and no error", name, len(got))
		}
	}
}

func FuzzInflate(f *testing.F) {
	for _, v := range variants(f) {
		f.Add(uint8(v.codec), v.data[:min(len(v.data), 3000)])
	}
	f.Fuzz(func(t *testing.T, c uint8, data []byte) {
		if c >= uint8(Unsupported) {
			return
		}
		r, err := NewReader(Codec(c), bytes.NewReader(data))
		if err != nil {
			return
		}
		defer r.Close() //nolint:errcheck // frees memory only
		// The error is what it is; it must come, or the end.
		_, _ = io.Copy(io.Discard, io.LimitReader(r, 64<<20)) //nolint:errcheck // any error will do
	})
}
