package text

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/format/codec"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/exec/memory"
)

// Ranges of remote files are fetched side by side ahead of the parser.
const (
	rangeBytes  = 4 << 20
	rangesAhead = 4
	smallFile   = 4 << 20 // up to here a file is one request
)

// openStream returns the inflated content of a file from an inflated offset on.
func openStream(ctx context.Context, f format.File, c codec.Codec, off int64, budget *memory.Budget) (io.ReadCloser, error) {
	if c == codec.None {
		return openPlain(ctx, f, off, budget), nil
	}
	body, err := f.Store.Open(ctx, f.Object, 0)
	if err != nil {
		return nil, err
	}
	z, err := codec.NewReader(c, body)
	if err != nil {
		body.Close() //nolint:errcheck // the first error counts
		return nil, streamFault(err, f, c)
	}
	s := &inflated{ReadCloser: z, body: body, file: f, codec: c}
	if off > 0 {
		if _, err := io.CopyN(io.Discard, s, off); err != nil {
			s.Close() //nolint:errcheck // the first error counts
			return nil, err
		}
	}
	return s, nil
}

// inflated is a decoder over an object's body.
type inflated struct {
	io.ReadCloser
	body  io.Closer
	file  format.File
	codec codec.Codec
}

func (s *inflated) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // decoders return it bare at a proper end
		err = streamFault(err, s.file, s.codec)
	}
	return n, err
}

func (s *inflated) Close() error { return errors.Join(s.ReadCloser.Close(), s.body.Close()) }

func openPlain(ctx context.Context, f format.File, off int64, budget *memory.Budget) io.ReadCloser {
	local := strings.HasPrefix(url(f), "file:") || strings.HasPrefix(url(f), "mem:")
	if local || f.Object.Size-off <= smallFile {
		return &pinned{ctx: ctx, f: f, off: off}
	}
	s := &ranged{}
	var rs []objstore.Range
	for ; off < f.Object.Size; off += rangeBytes {
		rs = append(rs, objstore.Range{Off: off, Len: min(rangeBytes, f.Object.Size-off)})
	}
	s.left = len(rs)
	s.r = objstore.Ranges(ctx, f.Store, f.Object, rs, objstore.RangeOptions{
		MaxGap: -1, MaxRequest: rangeBytes, InFlight: rangesAhead, Budget: rangesAhead * rangeBytes,
		Reserve: budget.Try, Release: budget.Release,
	})
	return s
}

// pinned reads an object by one request for each Read.
type pinned struct {
	ctx context.Context
	f   format.File
	off int64
}

func (s *pinned) Read(p []byte) (int, error) {
	n := min(int64(len(p)), s.f.Object.Size-s.off)
	if n <= 0 {
		return 0, io.EOF
	}
	if err := s.f.Store.ReadAt(s.ctx, s.f.Object, p[:n], s.off); err != nil {
		return 0, err
	}
	s.off += n
	return int(n), nil
}

func (s *pinned) Close() error { return nil }

// ranged reads an object by requests ahead.
type ranged struct {
	r       *objstore.RangeReader
	i, left int
	cur     []byte
	held    bool
}

func (s *ranged) Read(p []byte) (int, error) {
	for len(s.cur) == 0 {
		if s.held {
			s.r.Release(s.i - 1)
			s.held = false
		}
		if s.left == 0 {
			return 0, io.EOF
		}
		b, err := s.r.Get(s.i)
		if err != nil {
			return 0, err
		}
		s.cur, s.held = b, true
		s.i++
		s.left--
	}
	n := copy(p, s.cur)
	s.cur = s.cur[n:]
	return n, nil
}

func (s *ranged) Close() error {
	s.r.Close()
	return nil
}
