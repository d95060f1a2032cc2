package vector

import "context"

// DefaultRows is how many rows a batch holds unless a setting says otherwise.
const DefaultRows = 2048

// Batch is a set of columns of Len rows each. Sel lists, in ascending order, the rows that count; nil selects all, and an
// empty non-nil Sel selects none.
type Batch struct {
	Len  int
	Sel  []uint32
	Cols []Vector
}

// Rows returns the number of selected rows.
func (b *Batch) Rows() int { return RowCount(b.Len, b.Sel) }

// Source yields batches and ends with io.EOF. A batch is valid only until the next call of Next or Close. Next is not
// called concurrently and not after it has returned an error. Close is idempotent, legal at any time, and frees all that the
// source holds.
type Source interface {
	Next(ctx context.Context) (*Batch, error)
	Close() error
}
