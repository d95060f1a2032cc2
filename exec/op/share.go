package op

import (
	"context"
	"io"
	"sync"
	"sync/atomic"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
)

// Shared runs a plan once for several readers: the first that comes reads it whole and keeps it.
type Shared struct {
	env     *Env
	inputs  []Operator
	grant   *Grant
	once    sync.Once
	cancel  context.CancelFunc // ends the reading, when it has begun
	done    chan struct{}      // closed when the plan has been read
	err     error
	rows    *spool
	mu      sync.Mutex
	readers int
	closed  bool
}

// NewShared returns a common plan with a number of readers; 0 is any number, and then only Close ends it.
func NewShared(env *Env, grant *Grant, inputs []Operator, types []schema.Type, readers int) *Shared {
	return &Shared{env: env, inputs: inputs, grant: grant, rows: newSpool(env, types, grant), readers: readers}
}

// Readers returns one reader of all rows as chains for that many workers, who take batches from each other.
func (s *Shared) Readers(workers int) []Operator {
	g := &readerGroup{open: int32(workers)}
	chains := make([]Operator, workers)
	for i := range chains {
		chains[i] = &sharedReader{shared: s, group: g}
	}
	return chains
}

// read waits until the plan has been read, which the first reader begins. The plan goes on when that reader is ended, by a limit above it
// perhaps: the others need it. Close ends it.
func (s *Shared) read(ctx context.Context) error {
	s.once.Do(func() {
		var own context.Context
		own, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
		s.done = make(chan struct{})
		go func() {
			defer close(s.done)
			s.err = Guard(func() error { return s.collect(own) })
		}()
	})
	select {
	case <-s.done:
		return s.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *Shared) collect(ctx context.Context) error {
	err := Parallel(ctx, s.inputs, func(ctx context.Context, _ int, c Operator) error {
		return Each(ctx, c, s.rows.add)
	})
	if closeErr := closeAll(s.inputs); err == nil {
		err = closeErr
	}
	return err
}

// closeOne ends one reader; after the last the rows are freed.
func (s *Shared) closeOne() error {
	s.mu.Lock()
	s.readers--
	last := s.readers == 0
	s.mu.Unlock()
	if !last {
		return nil
	}
	return s.Close()
}

// Close frees the rows. It is idempotent.
func (s *Shared) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.once.Do(func() {})
	if s.cancel != nil {
		s.cancel()
		<-s.done
	}
	err := closeAll(s.inputs)
	if rowsErr := s.rows.close(); err == nil {
		err = rowsErr
	}
	s.grant.Close()
	return err
}

// readerGroup is one reader of a Shared, maybe in several chains.
type readerGroup struct {
	mu   sync.Mutex
	in   *spoolReader
	open int32
}

type sharedReader struct {
	shared *Shared
	group  *readerGroup
	closed atomic.Bool
	out    vector.Batch
}

// Open reads the plan if nobody has.
func (r *sharedReader) Open(ctx context.Context) error { return r.shared.read(ctx) }

// Next returns the next batch that no other chain of the group took.
func (r *sharedReader) Next(ctx context.Context) (*vector.Batch, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	g := r.group
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.closed.Load() {
		return nil, io.EOF
	}
	if g.in == nil {
		g.in = r.shared.rows.reader()
	}
	b, err := g.in.next(ctx)
	if err != nil {
		return nil, err
	}
	r.out = *b
	if g.in.over != nil && g.open > 1 {
		// A batch from the file lives until the next is read, which another chain may do.
		r.out = *b.Clone()
	}
	return &r.out, nil
}

// Close lets go; the last chain ends the reader.
func (r *sharedReader) Close() error {
	if r.closed.Swap(true) {
		return nil
	}
	r.group.mu.Lock()
	r.group.open--
	last := r.group.open == 0
	r.group.mu.Unlock()
	if !last {
		return nil
	}
	return r.shared.closeOne()
}
