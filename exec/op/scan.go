package op

import (
	"context"
	"io"
	"iter"
	"sync"

	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/vector"
)

// SplitQueue hands the splits of a scan to its workers, lazily. It is safe for concurrent use.
type SplitQueue struct {
	scan    connectors.Scan
	await   []*connectors.JoinKeys
	mu      sync.Mutex
	next    func() (connectors.Split, error, bool)
	stop    func()
	end     bool
	readers int
}

// NewSplitQueue returns the queue of a scan. Splits are asked for by the first take, which waits for the keys in await:
// the joins that publish them have built their tables before they open what probes.
func NewSplitQueue(s connectors.Scan, await []*connectors.JoinKeys) *SplitQueue {
	return &SplitQueue{scan: s, await: await}
}

// take returns the next split, or nil at the end.
func (q *SplitQueue) take(ctx context.Context) (connectors.Split, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.end {
		return nil, nil //nolint:nilnil // nil is the end
	}
	if q.next == nil {
		for _, k := range q.await {
			if _, err := k.Wait(ctx); err != nil {
				return nil, err
			}
		}
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

// leave ends one reader; the last one ends the listing of splits.
func (q *SplitQueue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.readers--; q.readers > 0 {
		return
	}
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
	closed bool
}

// NewScan returns the scan of one worker.
func NewScan(q *SplitQueue) *Scan {
	q.readers++
	return &Scan{queue: q}
}

// Open makes the reader.
func (s *Scan) Open(context.Context) (err error) {
	s.reader, err = s.queue.scan.NewReader()
	return err
}

// Next returns the next batch of any split.
func (s *Scan) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		if !s.active {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			split, err := s.queue.take(ctx)
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
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
}

// Close closes the reader and leaves the queue.
func (s *Scan) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	var err error
	if s.reader != nil {
		err = s.reader.Close()
		s.reader = nil
	}
	s.queue.leave()
	return err
}
