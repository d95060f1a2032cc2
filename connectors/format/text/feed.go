package text

import (
	"context"
	"errors"
	"io"

	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/format/codec"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Sizes of chunks. A record that is longer than MaxRecord is an error.
const (
	chunkBytes = 1 << 20
	firstBytes = 64 << 10
	MaxRecord  = 64 << 20
)

// Cutter finds where records end. The Feed of a file calls it for consecutive data; it may keep a state of the file.
type Cutter interface {
	// Start is called with the first bytes of a file until it returns the length of what precedes the first record (a byte
	// order mark, header lines) and the number of header records in it. more says that it needs more data; it never does
	// when end is set.
	Start(data []byte, end bool) (skip int, records int64, more bool, err error)
	// Cut returns the length of the longest prefix of data that is whole records, and the number of records in it. With end
	// set data is the rest of the file, and the prefix is all of it.
	Cut(data []byte, end bool) (n int, records int64, err error)
	// Count returns the number of records that begin in data[:off], for messages about the record at off. Data is what Cut
	// returned. It is called by readers while the feed goes on: it uses only what Start settled.
	Count(data []byte, off int) int64
}

// Feed reads a file once for all readers of its splits. It is safe for concurrent use.
type Feed struct {
	File  format.File
	req   *format.Request
	codec codec.Codec
	cut   Cutter

	// sem guards what follows.
	sem     chan struct{}
	users   int
	stream  io.ReadCloser
	cancel  context.CancelFunc
	pos     int64  // inflated bytes taken from the stream
	carry   []byte // the beginning of a record that the chunk before ended in
	row     int64
	started bool
	done    bool
	err     error
	begun   bool
}

// NewFeed returns the feed of a file of a request.
func NewFeed(r *format.Request, f format.File, cut Cutter) *Feed {
	return &Feed{File: f, req: r, codec: codec.ByName(f.Object.Key), cut: cut, sem: make(chan struct{}, 1)}
}

// chunk is a run of whole records. Row is the number of records before it.
type chunk struct {
	data []byte
	row  int64
}

func (f *Feed) lock(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case f.sem <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (f *Feed) unlock() { <-f.sem }

// attach and detach count the readers: the stream is closed with the last.
func (f *Feed) attach(ctx context.Context) error {
	if err := f.lock(ctx); err != nil {
		return err
	}
	f.users++
	f.unlock()
	return nil
}

func (f *Feed) detach() {
	f.sem <- struct{}{}
	if f.users--; f.users == 0 {
		f.closeStream()
	}
	f.unlock()
}

func (f *Feed) closeStream() {
	if f.stream != nil {
		f.cancel()
		f.stream.Close() //nolint:errcheck // everything that counts was read
		f.stream = nil
	}
}

// next fills buf with the next whole records. It returns the buffer, which may have grown after asking reserve, and io.EOF
// at the end of the file. After an error of the context the feed goes on for others.
func (f *Feed) next(ctx context.Context, buf []byte, reserve func(int64) error) ([]byte, chunk, error) {
	if err := f.lock(ctx); err != nil {
		return buf, chunk{}, err
	}
	defer f.unlock()
	if f.err != nil || f.done {
		return buf, chunk{}, orEOF(f.err)
	}
	for {
		buf, c, err := f.attempt(ctx, buf, reserve)
		switch {
		case errors.Is(err, errCompressed):
			f.closeStream()
			continue
		case err != nil:
			return buf, chunk{}, f.failed(ctx, err)
		}
		if f.done {
			f.closeStream()
		}
		if len(c.data) == 0 {
			return buf, c, io.EOF
		}
		return buf, c, nil
	}
}

func (f *Feed) attempt(ctx context.Context, buf []byte, reserve func(int64) error) ([]byte, chunk, error) {
	if err := f.open(ctx); err != nil {
		return buf, chunk{}, err
	}
	stop := context.AfterFunc(ctx, f.cancel)
	defer stop()
	return f.fill(buf, reserve)
}

func orEOF(err error) error {
	if err == nil {
		return io.EOF
	}
	return err
}

// failed closes the stream; the error stays unless it is the caller's own end.
func (f *Feed) failed(ctx context.Context, err error) error {
	f.closeStream()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if !sqlerr.Is(err, sqlerr.OutOfMemory) {
		f.err = err
	}
	return err
}

// open starts the stream where the last one was left. The stream must outlive the caller's context, whose end closes
// it through next.
func (f *Feed) open(ctx context.Context) error {
	if f.stream != nil {
		return nil
	}
	if !f.begun {
		f.begin()
	}
	sctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, cancel)
	s, err := openStream(sctx, f.File, f.codec, f.pos, f.req.Query.Memory)
	stop()
	if err != nil {
		cancel()
		return err
	}
	f.stream, f.cancel = s, cancel
	return nil
}

// begin bills and counts the file, once.
func (f *Feed) begin() {
	f.begun = true
	f.req.Metrics.FilesRead.Add(1)
	if f.codec != codec.None {
		f.req.Metrics.BilledBytes.Add(f.File.Object.Size)
	}
}

// errCompressed says that the first bytes are those of a compression that the name does not tell.
var errCompressed = errors.New("file is compressed")

// sniff looks at the first bytes of a file whose name tells no compression.
func (f *Feed) sniff(head []byte) error {
	if f.codec != codec.None || f.started || f.pos > 0 {
		return nil
	}
	if c := codec.ByMagic(head); c != codec.None {
		f.codec = c
		f.req.Metrics.BilledBytes.Add(f.File.Object.Size)
		return errCompressed
	}
	return nil
}

// room is how large a buffer the next chunk should have.
func (f *Feed) room() int {
	left := f.File.Object.Size - f.pos
	if f.codec != codec.None {
		left = max(8*f.File.Object.Size, firstBytes)
	}
	return len(f.carry) + int(min(chunkBytes, left)) + 1
}

// fill reads until there is a whole record. What it took from the stream is the feed's only when it returns no error.
func (f *Feed) fill(buf []byte, reserve func(int64) error) ([]byte, chunk, error) {
	have := len(f.carry)
	if room := f.room(); cap(buf) < room {
		var err error
		if buf, err = enlarge(buf[:0], room, reserve); err != nil {
			return buf, chunk{}, err
		}
	}
	buf = buf[:cap(buf)]
	copy(buf, f.carry)
	read, end := 0, false
	for {
		n, err := io.ReadFull(f.stream, buf[have:])
		have += n
		read += n
		switch {
		case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) && sqlerr.As(err) == nil: //nolint:errorlint // ReadFull's own
			end = true
		case err != nil:
			return buf, chunk{}, err
		}
		if err := f.sniff(buf[:have]); err != nil {
			return buf, chunk{}, err
		}
		out, ok, err := f.settle(buf[:have], read, end)
		if err != nil || ok {
			return buf, out, err
		}
		if have >= MaxRecord {
			return buf, chunk{}, recordFault(sqlerr.ProgramLimit, f.req.Table, f.File, f.row+1, "a record is longer than 64 MiB")
		}
		if buf, err = enlarge(buf[:have], 2*len(buf), reserve); err != nil {
			return buf, chunk{}, err
		}
		buf = buf[:cap(buf)]
	}
}

// settle cuts data and makes it the feed's progress; ok is false when no record is whole yet.
func (f *Feed) settle(data []byte, read int, end bool) (out chunk, ok bool, err error) {
	skip, row := 0, f.row
	if !f.started {
		n, records, more, err := f.cut.Start(data, end)
		if err != nil {
			return out, false, f.place(err, data, row)
		}
		if more {
			return out, false, nil
		}
		skip, row = n, row+records
	}
	n, records, err := f.cut.Cut(data[skip:], end)
	if err != nil {
		return out, false, f.place(err, data[skip:], row)
	}
	if n == 0 && !end {
		return out, false, nil
	}
	f.started, f.done = true, end
	f.carry = append(f.carry[:0], data[skip+n:]...)
	f.pos += int64(read)
	f.row = row + records
	if f.codec == codec.None {
		f.req.Metrics.BilledBytes.Add(int64(read))
	}
	return chunk{data: data[skip : skip+n], row: row}, true, nil
}

// place names the record of a RecordError.
func (f *Feed) place(err error, data []byte, row int64) error {
	var e *RecordError
	if !errors.As(err, &e) {
		return err
	}
	return recordFault(e.Code, f.req.Table, f.File, row+f.cut.Count(data, e.Off)+1, e.Text)
}

func enlarge(buf []byte, size int, reserve func(int64) error) ([]byte, error) {
	size = min(size, MaxRecord+chunkBytes)
	if err := reserve(int64(size)); err != nil {
		return buf, err
	}
	out := make([]byte, len(buf), size)
	copy(out, buf)
	return out, nil
}

// Cutter returns the file's cutter. What its Start settled does not change any more once there is a chunk.
func (f *Feed) Cutter() Cutter { return f.cut }

// Fault returns an error about a record of the file, counted from 0.
func (f *Feed) Fault(code sqlerr.Code, row int64, what string) error {
	return recordFault(code, f.req.Table, f.File, row+1, what)
}
