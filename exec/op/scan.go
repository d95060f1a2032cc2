package op

import (
	"context"
	"io"
	"iter"
	"sync"

	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/vector"
)

// SplitQueue hands the splits of a scan to its workers, lazily.
type SplitQueue struct {
	scan connectors.Scan
	mu   sync.Mutex
	next func() (connectors.Split, error, bool)
	stop func()
	end  bool
}

// NewSplitQueue returns the queue of a scan. Splits are asked for by the first Take, which is after the build sides of joins
// have published their keys.
func NewSplitQueue(s connectors.Scan) *SplitQueue { return &SplitQueue{scan: s} }

// Take returns the next split, or nil at the end.
func (q *SplitQueue) Take(ctx context.Context) (connectors.Split, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.end {
		return nil, nil //nolint:nilnil // nil is the end
	}
	if q.next == nil {
		q.next, q.stop = iter.Pull2(q.scan.Splits(ctx))
	}
	s, err, ok := q.next()
	if !ok || err != nil {
		q.end = true
		q.stop()
		return nil, err
	}
	return s, nil
}

// Close stops the listing of splits.
func (q *SplitQueue) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.end = true
	if q.stop != nil {
		q.stop()
	}
}

// Scan reads the splits that it takes from a queue.
type Scan struct {
	queue  *SplitQueue
	reader connectors.Reader
	active bool
}

// NewScan returns the scan of one worker.
func NewScan(q *SplitQueue) *Scan { return &Scan{queue: q} }

// Open makes the reader.
func (s *Scan) Open(context.Context) (err error) {
	s.reader, err = s.queue.scan.NewReader()
	return err
}

// Next returns the next batch of any split.
func (s *Scan) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		if !s.active {
			if err := ctx.Err(); err != nil {
				return nil, context.Cause(ctx)
			}
			split, err := s.queue.Take(ctx)
			if err != nil {
				return nil, err
			}
			if split == nil {
				return nil, io.EOF
			}
			if err := s.reader.Assign(ctx, split); err != nil {
				return nil, err
			}
			s.active = true
		}
		b, err := s.reader.Next(ctx)
		if done(err) {
			s.active = false
			continue
		}
		if err != nil || b.Rows() > 0 {
			return b, err
		}
	}
}

// Close closes the reader and the queue.
func (s *Scan) Close() error {
	s.queue.Close()
	if s.reader == nil {
		return nil
	}
	r := s.reader
	s.reader = nil
	return r.Close()
}
