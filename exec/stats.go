package exec

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/tarnsql/tarn/exec/op"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/physical"
)

// counters is what the workers of a node count together.
type counters struct {
	rows, batches, nanos, opened atomic.Int64
	workers                      atomic.Int32
	usage                        op.Usage
}

type statistics struct{ nodes []counters }

func (s *statistics) actual() []physical.Actual {
	out := make([]physical.Actual, len(s.nodes))
	for i := range s.nodes {
		c := &s.nodes[i]
		workers := max(int64(c.workers.Load()), 1)
		out[i] = physical.Actual{
			Executed: c.opened.Load() > 0, Rows: c.rows.Load(), Batches: c.batches.Load(), Time: time.Duration(c.nanos.Load()),
			Memory: c.usage.Peak.Load(), SpilledBytes: c.usage.Spilled.Load(), Spills: c.usage.Spills.Load(),
			Workers: int(c.workers.Load()), Loops: (c.opened.Load() + workers - 1) / workers,
		}
	}
	return out
}

// counted is the decorator of every operator: it counts what the operator returns, at the cost of two clock readings a batch,
// and ends it when the context has ended.
type counted struct {
	op.Operator
	c *counters
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
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	began := time.Now()
	b, err := o.Operator.Next(ctx)
	o.c.nanos.Add(int64(time.Since(began)))
	if b != nil {
		o.c.rows.Add(int64(b.Rows()))
		o.c.batches.Add(1)
	}
	return b, err
}
