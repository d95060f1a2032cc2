package op

import (
	"context"
	"errors"
	"io"

	"github.com/tarnsql/tarn/exec/vector"
)

// Operator is a step of a running plan. Open is called once, before Next; Close is idempotent and legal before Open.
type Operator interface {
	Open(ctx context.Context) error
	vector.Source
}

// done reports whether err is the end of a source.
func done(err error) bool { return errors.Is(err, io.EOF) }

// closeAll closes operators and returns the first error.
func closeAll[T interface{ Close() error }](ops []T) error {
	var first error
	for _, o := range ops {
		if err := o.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
