package exec

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/op"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/physical"
)

// counters is what the workers of a node count together.
type counters struct {
	rows, batches, nanos, memory, opened atomic.Int64
	workers                              atomic.Int32
}

type statistics struct{ nodes []counters }

func (s *statistics) actual() []physical.Actual {
	out := make([]physical.Actual, len(s.nodes))
	for i := range s.nodes {
		c := &s.nodes[i]
		out[i] = physical.Actual{
			Executed: c.opened.Load() > 0, Rows: c.rows.Load(), Batches: c.batches.Load(), Time: time.Duration(c.nanos.Load()),
			Memory: c.memory.Load(), Workers: int(c.workers.Load()), Loops: 1,
		}
	}
	return out
}

// counted counts what an operator returns; the cost is two clock readings a batch.
type counted struct {
	op.Operator
	c       *counters
	account *memory.Account // nil: the operator holds no memory of its own
}

// Open opens the operator.
func (o *counted) Open(ctx context.Context) error {
	o.c.opened.Add(1)
	began := time.Now()
	err := o.Operator.Open(ctx)
	o.c.nanos.Add(int64(time.Since(began)))
	return err
}

// Next returns the operator's next batch.
func (o *counted) Next(ctx context.Context) (*vector.Batch, error) {
	began := time.Now()
	b, err := o.Operator.Next(ctx)
	o.c.nanos.Add(int64(time.Since(began)))
	if o.account != nil {
		if held := o.account.Held(); held > o.c.memory.Load() {
			o.c.memory.Store(held)
		}
	}
	if b != nil {
		o.c.rows.Add(int64(b.Rows()))
		o.c.batches.Add(1)
	}
	return b, err
}
