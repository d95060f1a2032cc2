package objstore

import (
	"context"
	"io"
)

// ReaderAt adapts a pinned object to io.ReaderAt. Each call is one request, so it suits
// footers and small files; use Ranges for data. The context bounds all calls.
func ReaderAt(ctx context.Context, s Store, obj Object) io.ReaderAt {
	return &readerAt{ctx: ctx, s: s, obj: obj}
}

type readerAt struct {
	ctx context.Context
	s   Store
	obj Object
}

func (r *readerAt) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, OutOfRange(r.s.URL(r.obj.Key), off, int64(len(p)), r.obj.Size)
	}
	if off >= r.obj.Size {
		return 0, io.EOF
	}
	n := min(int64(len(p)), r.obj.Size-off)
	if err := r.s.ReadAt(r.ctx, r.obj, p[:n], off); err != nil {
		return 0, err
	}
	if n < int64(len(p)) {
		return int(n), io.EOF
	}
	return int(n), nil
}

// ReadAll returns the whole content of a pinned object of at most limit bytes; a larger one is ErrOutOfRange.
func ReadAll(ctx context.Context, s Store, obj Object, limit int64) ([]byte, error) {
	if obj.Size > limit {
		return nil, OutOfRange(s.URL(obj.Key), 0, obj.Size, limit)
	}
	p := make([]byte, obj.Size)
	if err := s.ReadAt(ctx, obj, p, 0); err != nil {
		return nil, err
	}
	return p, nil
}
