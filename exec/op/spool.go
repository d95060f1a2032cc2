package op

import (
	"context"
	"io"
	"sync"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/spill"
	"github.com/tarnsql/tarn/exec/vector"
)

// spool keeps batches in memory as long as they fit and in a file after that, and returns them in their order as often as
// wanted. add is safe for concurrent use; reading begins after the last add.
type spool struct {
	env   *Env
	types []schema.Type
	grant *Grant

	mu      sync.Mutex
	memory  part
	batches []*vector.Batch
	over    *spill.Stream
	rows    int64
}

func newSpool(env *Env, types []schema.Type, grant *Grant) *spool {
	return &spool{env: env, types: types, grant: grant, memory: part{g: grant}}
}

// add keeps a copy of the selected rows of a batch.
func (s *spool) add(b *vector.Batch) error {
	if b.Rows() == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows += int64(b.Rows())
	if s.over == nil {
		c := b.Clone()
		if s.memory.fit(s.memory.held + batchBytes(c)) {
			s.batches = append(s.batches, c)
			return nil
		}
		s.over = s.env.Spill.Stream(s.types)
		s.grant.began()
	}
	written, err := s.over.WriteBatch(b)
	s.grant.wrote(written)
	return err
}

// batchBytes is about the memory of a batch that owns it.
func batchBytes(b *vector.Batch) int64 {
	n := int64(128)
	for _, c := range b.Cols {
		n += vectorBytes(c)
	}
	return n
}

func vectorBytes(v vector.Vector) int64 {
	n := int64(64) + int64(v.Len())/8
	switch v := v.(type) {
	case *vector.Bytes:
		n += int64(len(v.Views)) * 16
		for _, buf := range v.Buffers {
			n += int64(cap(buf))
		}
	case *vector.Dict:
		n += int64(len(v.Codes)) * 4
	case *vector.Const:
	case *vector.List:
		n += int64(len(v.Offsets)) * 4
		for _, c := range v.Children {
			n += vectorBytes(c)
		}
	case *vector.Struct:
		for _, c := range v.Children {
			n += vectorBytes(c)
		}
	default:
		n += int64(v.Len()) * 16
	}
	return n
}

// reader returns a source of all batches. Each reader is for one goroutine.
func (s *spool) reader() *spoolReader { return &spoolReader{s: s} }

// close frees all that is kept.
func (s *spool) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches = nil
	s.grant.Release(s.memory.held)
	s.memory.held = 0
	if s.over == nil {
		return nil
	}
	return s.over.Close()
}

type spoolReader struct {
	s    *spool
	at   int
	over *spill.Reader
	out  vector.Batch
}

// next returns the next batch; its columns stay as they are until the call after, even if the caller changes the batch.
func (r *spoolReader) next(ctx context.Context) (*vector.Batch, error) {
	if r.at < len(r.s.batches) {
		r.out = *r.s.batches[r.at]
		r.at++
		return &r.out, nil
	}
	if r.s.over == nil {
		return nil, io.EOF
	}
	if r.over == nil {
		var err error
		if r.over, err = r.s.over.Reader(); err != nil {
			return nil, err
		}
	}
	return r.over.Next(ctx)
}
