package spill

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"sync"
	"unsafe"

	"github.com/cespare/xxhash/v2"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
)

// header is before each block: its length and its checksum.
const header = 16

// writeBuffer is how many bytes are written to a file at once.
const writeBuffer = 64 << 10

// maxBlock bounds a block, so that a damaged length does not ask for all memory.
const maxBlock = 1 << 32

// maxRows bounds the rows of a block.
const maxRows = 1 << 31

// Stream is a sequence of batches of the same column types in a file, which is made by the first Write. Writes may be
// concurrent; reading begins after the last one.
type Stream struct {
	dir   *Dir
	types []schema.Type

	mu    sync.Mutex
	file  *os.File
	w     *bufio.Writer
	enc   encoder
	rows  int64
	bytes int64
}

// Stream returns an empty stream of batches with columns of the given types.
func (d *Dir) Stream(types []schema.Type) *Stream { return &Stream{dir: d, types: types} }

// Rows returns the number of rows written.
func (s *Stream) Rows() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rows
}

// Bytes returns the bytes written.
func (s *Stream) Bytes() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes
}

// Types returns the types of the columns.
func (s *Stream) Types() []schema.Type { return s.types }

// Write appends the rows of the columns that sel lists (nil: all n), and returns the bytes that they take. The columns are
// not kept.
func (s *Stream) Write(cols []vector.Vector, n int, sel []uint32) (int64, error) {
	rows := vector.RowCount(n, sel)
	if rows == 0 {
		return 0, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		f, err := s.dir.create()
		if err != nil {
			return 0, err
		}
		s.file, s.w = f, bufio.NewWriterSize(f, writeBuffer)
	}
	s.enc.buf = append(s.enc.buf[:0], make([]byte, header)...)
	s.enc.u64(uint64(rows))
	for i := range s.types {
		s.enc.column(cols[i], n, sel)
	}
	block := s.enc.buf
	binary.LittleEndian.PutUint64(block, uint64(len(block)-header))
	binary.LittleEndian.PutUint64(block[8:], xxhash.Sum64(block[header:]))
	if _, err := s.w.Write(block); err != nil {
		return 0, ioError("write spill file", err)
	}
	s.rows += int64(rows)
	s.bytes += int64(len(block))
	s.dir.bytes.Add(int64(len(block)))
	return int64(len(block)), nil
}

// WriteBatch appends the selected rows of a batch.
func (s *Stream) WriteBatch(b *vector.Batch) (int64, error) { return s.Write(b.Cols, b.Len, b.Sel) }

// Reader returns a source of the batches from the first on. No Write may follow. Readers are independent of each other; each is
// for one goroutine. Closing one leaves the stream as it is.
func (s *Stream) Reader() (*Reader, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return &Reader{}, nil
	}
	if err := s.w.Flush(); err != nil {
		return nil, ioError("write spill file", err)
	}
	s.enc.buf = nil
	return &Reader{types: s.types, in: bufio.NewReaderSize(io.NewSectionReader(s.file, 0, s.bytes), writeBuffer)}, nil
}

// Close removes the file. It is idempotent.
func (s *Stream) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file, s.w, s.enc.buf = nil, nil, nil
	return s.dir.remove(f)
}

// Reader reads the batches of a Stream; it implements vector.Source.
type Reader struct {
	types []schema.Type
	in    *bufio.Reader
	block []uint64
	batch vector.Batch
}

// Next returns the next batch.
func (r *Reader) Next(ctx context.Context) (*vector.Batch, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if r.in == nil {
		return nil, io.EOF
	}
	var head [header]byte
	if _, err := io.ReadFull(r.in, head[:]); err != nil {
		if errors.Is(err, io.EOF) {
			r.in = nil
			return nil, io.EOF
		}
		return nil, readError(err)
	}
	n := binary.LittleEndian.Uint64(head[:])
	if n > maxBlock || n%8 != 0 || n == 0 {
		return nil, damaged("a block of impossible length")
	}
	if uint64(cap(r.block)) < n/8 {
		r.block = make([]uint64, n/8+n/32)
	}
	buf := unsafe.Slice((*byte)(unsafe.Pointer(&r.block[:1][0])), n)
	if _, err := io.ReadFull(r.in, buf); err != nil {
		return nil, readError(err)
	}
	if xxhash.Sum64(buf) != binary.LittleEndian.Uint64(head[8:]) {
		return nil, damaged("a checksum does not match")
	}
	return r.decode(buf)
}

func (r *Reader) decode(buf []byte) (*vector.Batch, error) {
	d := decoder{buf: buf}
	rows, err := d.u64()
	if err != nil {
		return nil, err
	}
	if rows > maxRows || len(r.types) > 0 && rows > uint64(len(buf))*64 {
		return nil, damaged("an impossible number of rows")
	}
	r.batch = vector.Batch{Len: int(rows), Cols: make([]vector.Vector, len(r.types))}
	for i, t := range r.types {
		if r.batch.Cols[i], err = d.column(t, int(rows)); err != nil {
			return nil, err
		}
	}
	return &r.batch, nil
}

func readError(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return damaged("it ends early")
	}
	return ioError("read spill file", err)
}

// Close ends reading.
func (r *Reader) Close() error {
	r.in, r.block = nil, nil
	return nil
}
