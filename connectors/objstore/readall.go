package objstore

import "context"

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
