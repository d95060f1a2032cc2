package codec

import (
	"bufio"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// ErrUnsupported says that no decoder exists for the compression.
var ErrUnsupported = errors.New("compression is not supported")

// maxWindow bounds the window of a zstd frame, as zstd --long=27 writes at most.
const maxWindow = 128 << 20

// NewReader returns the decompressed content of r. A stream that ends early is io.ErrUnexpectedEOF; anything else that is
// not of the codec is an error of the decoder. The reader needs closing, which leaves r open.
func NewReader(c Codec, r io.Reader) (io.ReadCloser, error) {
	switch c {
	case None:
		return io.NopCloser(r), nil
	case Gzip:
		return gzipReader(r)
	case Zlib:
		z, err := zlib.NewReader(bufio.NewReaderSize(r, 64<<10))
		return opened(z, err)
	case Zstd:
		return zstdReader(r)
	case Bzip2:
		return &decoder{r: bzip2.NewReader(bufio.NewReaderSize(r, 64<<10))}, nil
	case Snappy:
		return snappyReader(bufio.NewReaderSize(r, 64<<10))
	case LZ4:
		return lz4Reader(bufio.NewReaderSize(r, 64<<10))
	}
	return nil, ErrUnsupported
}

// Decoders for the most common codecs are used again: a lake has many small files, and a decoder takes more memory than
// most of them.
var (
	gzips = sync.Pool{New: func() any { return &pooledGzip{in: bufio.NewReaderSize(nil, 64<<10), z: new(gzip.Reader)} }}
	zstds = sync.Pool{}
)

type pooledGzip struct {
	in *bufio.Reader
	z  *gzip.Reader
}

func gzipReader(r io.Reader) (io.ReadCloser, error) {
	p, _ := gzips.Get().(*pooledGzip)
	p.in.Reset(r)
	if err := p.z.Reset(p.in); err != nil {
		gzips.Put(p)
		return nil, early(err)
	}
	return &decoder{r: p.z, close: func() {
		p.in.Reset(nil)
		gzips.Put(p)
	}}, nil
}

func zstdReader(r io.Reader) (io.ReadCloser, error) {
	z, _ := zstds.Get().(*zstd.Decoder)
	var err error
	if z == nil {
		z, err = zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
	} else {
		err = z.Reset(r)
	}
	if err != nil {
		return nil, early(err)
	}
	return &decoder{r: z, close: func() {
		if z.Reset(nil) == nil {
			zstds.Put(z)
		}
	}}, nil
}

func opened(r io.ReadCloser, err error) (io.ReadCloser, error) {
	if err != nil {
		return nil, early(err)
	}
	return &decoder{r: r, close: func() { r.Close() }}, nil //nolint:errcheck // closing a decoder frees memory only
}

// decoder turns decoders that end with io.EOF in the middle of a structure, and those that panic on bad input, into plain
// errors.
type decoder struct {
	r     io.Reader
	close func()
	err   error
}

// Read implements io.Reader.
func (d *decoder) Read(p []byte) (n int, err error) {
	if d.err != nil {
		return 0, d.err
	}
	n, err = d.r.Read(p)
	if err != nil {
		if !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = early(err)
		}
		d.err = err
	}
	return n, err
}

// Close frees the decoder.
func (d *decoder) Close() error {
	if d.close != nil {
		d.close()
		d.close, d.r = nil, nil
	}
	d.err = errors.New("codec: reader is closed")
	return nil
}

// early makes an end of input inside a header what it is: too early.
func early(err error) error {
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("header: %w", io.ErrUnexpectedEOF)
	}
	return err
}

func snappyReader(r *bufio.Reader) (io.ReadCloser, error) {
	head, err := r.Peek(HeadBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case ByMagic(head) == Snappy:
		return &decoder{r: snappy.NewReader(r)}, nil
	case looksHadoop(head):
		return &decoder{r: &blocks{r: r, decode: decodeSnappy}}, nil
	case len(head) == 0:
		return &decoder{r: r}, nil
	}
	return rawSnappy(r)
}

func lz4Reader(r *bufio.Reader) (io.ReadCloser, error) {
	head, err := r.Peek(HeadBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if ByMagic(head) == LZ4 || !looksHadoop(head) {
		return &decoder{r: lz4.NewReader(r)}, nil
	}
	return &decoder{r: &blocks{r: r, decode: lz4.UncompressBlock}}, nil
}
