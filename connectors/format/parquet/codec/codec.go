// Package codec decompresses Parquet pages. Every codec is told the length that the page header announces, allocates no
// more than it, and fails when the data gives another one.
package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"

	"github.com/tarnsql/tarn/connectors/format/parquet/snappy"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Slack is how much more capacity than the decompressed length a buffer should have, so that Decode can use it.
const Slack = snappy.Slack

var errLength = errors.New("the page decompresses to another length than its header announces")

// Check reports whether Tarn reads the codec; if not, the error is 0A000.
func Check(c format.CompressionCodec) error {
	switch c {
	case format.Uncompressed, format.Snappy, format.Gzip, format.Brotli, format.Zstd, format.Lz4, format.Lz4Raw:
		return nil
	}
	return sqlerr.Unsupported("Parquet compression %s", c)
}

// Plausible reports whether n bytes can have been compressed to size by c: what a header announces is allocated only
// then. Zstandard and Brotli have no bound worth the name.
func Plausible(c format.CompressionCodec, size, n int) bool {
	switch c {
	case format.Uncompressed:
		return size == n
	case format.Snappy:
		return n <= size*22+64
	case format.Gzip:
		return n <= size*1040+64
	case format.Lz4, format.Lz4Raw:
		return n <= size*256+64
	}
	return true
}

// Decode decompresses src to exactly n bytes into dst's memory, which must have a capacity of n+Slack; data without
// compression is returned as it is.
func Decode(c format.CompressionCodec, dst, src []byte, n int) ([]byte, error) {
	switch c {
	case format.Uncompressed:
		if len(src) != n {
			return nil, errLength
		}
		return src, nil
	case format.Snappy:
		if m, err := snappy.DecodedLen(src); err != nil || m != n {
			return nil, errLength
		}
		return snappy.Decode(dst, src)
	case format.Zstd:
		return decodeZstd(dst[:0:n], src, n)
	case format.Gzip:
		return decodeGzip(dst[:n], src)
	case format.Brotli:
		return decodeBrotli(dst[:n], src)
	case format.Lz4Raw:
		return decodeLZ4(dst[:n], src)
	case format.Lz4:
		if err := decodeHadoopLZ4(dst[:n], src); err == nil {
			return dst[:n], nil
		}
		return decodeLZ4(dst[:n], src)
	}
	return nil, Check(c)
}

var zstdPool = sync.Pool{New: func() any {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		return nil
	}
	return d
}}

func decodeZstd(dst, src []byte, n int) ([]byte, error) {
	d, ok := zstdPool.Get().(*zstd.Decoder)
	if !ok {
		return nil, errors.New("zstd: no decoder")
	}
	defer zstdPool.Put(d)
	out, err := d.DecodeAll(src, dst)
	if err != nil {
		return nil, err
	}
	if len(out) != n {
		return nil, errLength
	}
	return out, nil
}

var gzipPool = sync.Pool{New: func() any { return new(gzip.Reader) }}

func decodeGzip(dst, src []byte) ([]byte, error) {
	z, ok := gzipPool.Get().(*gzip.Reader)
	if !ok {
		return nil, errors.New("gzip: no decoder")
	}
	defer gzipPool.Put(z)
	r := &byteReader{b: src}
	if err := z.Reset(r); err != nil {
		return nil, err
	}
	return fill(z, dst)
}

var brotliPool = sync.Pool{New: func() any { return brotli.NewReader(nil) }}

func decodeBrotli(dst, src []byte) ([]byte, error) {
	z, ok := brotliPool.Get().(*brotli.Reader)
	if !ok {
		return nil, errors.New("brotli: no decoder")
	}
	defer brotliPool.Put(z)
	if err := z.Reset(&byteReader{b: src}); err != nil {
		return nil, err
	}
	return fill(z, dst)
}

// fill reads exactly dst and the end of the stream.
func fill(r io.Reader, dst []byte) ([]byte, error) {
	if _, err := io.ReadFull(r, dst); err != nil {
		return nil, fmt.Errorf("%w: %w", errLength, err)
	}
	var one [1]byte
	if n, err := io.ReadFull(r, one[:]); n != 0 || !errors.Is(err, io.EOF) {
		return nil, errLength
	}
	return dst, nil
}

func decodeLZ4(dst, src []byte) ([]byte, error) {
	if len(dst) == 0 && len(src) == 0 {
		return dst, nil
	}
	n, err := lz4.UncompressBlock(src, dst)
	if err != nil {
		return nil, err
	}
	if n != len(dst) {
		return nil, errLength
	}
	return dst, nil
}

// decodeHadoopLZ4 reads the framing that Hadoop put around the deprecated LZ4 codec: blocks that begin with their
// decompressed and compressed sizes as big-endian numbers.
func decodeHadoopLZ4(dst, src []byte) error {
	for len(src) > 0 {
		if len(src) < 8 {
			return errLength
		}
		n, size := binary.BigEndian.Uint32(src), binary.BigEndian.Uint32(src[4:])
		src = src[8:]
		if uint64(n) > uint64(len(dst)) || uint64(size) > uint64(len(src)) {
			return errLength
		}
		if _, err := decodeLZ4(dst[:n], src[:size]); err != nil {
			return err
		}
		dst, src = dst[n:], src[size:]
	}
	if len(dst) != 0 {
		return errLength
	}
	return nil
}

// byteReader is a bytes.Reader that gzip does not wrap in a buffer.
type byteReader struct{ b []byte }

func (r *byteReader) Read(p []byte) (int, error) {
	if len(r.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.b)
	r.b = r.b[n:]
	return n, nil
}

func (r *byteReader) ReadByte() (byte, error) {
	if len(r.b) == 0 {
		return 0, io.EOF
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c, nil
}
