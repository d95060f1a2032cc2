package op

import (
	"context"

	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// frameSum is an aggregate over the frame of each row of a partition.
type frameSum struct {
	c        *windowColumn
	p        *functions.Partition
	lo       int
	call     *expr.AggregateCall
	acc      functions.Accumulator
	seen     *distinctRows
	from, to int               // the rows that the state has
	passes   func(row int) int // the call's filter, nil without one
	rows     []uint32
	zeros    []uint32
}

// aggregate computes an aggregate over each row's frame.
func (c *windowColumn) aggregate(ctx context.Context, p *functions.Partition, lo int) error {
	f := &frameSum{c: c, p: p, lo: lo, call: &expr.AggregateCall{Fn: c.call.Fn, Args: c.call.Args, Distinct: c.call.Distinct, Typ: c.call.Typ}}
	if c.filter != nil {
		f.passes = boolAt(c.filter)
	}
	if p.Excluded == nil && !c.call.Fn.OrderSensitive && f.endsTogether() {
		return f.backwards(ctx)
	}
	var last vector.Vector
	for i := range p.N {
		s, e := int(p.Start[i]), int(p.End[i])
		if last != nil && s == f.from && e == f.to && p.Excluded == nil {
			c.out.AppendRows(last, nil)
			continue
		}
		// Frames that only grow are added to; others are computed anew.
		if f.acc == nil || s != f.from || e < f.to || p.Excluded != nil {
			if err := f.reset(); err != nil {
				return err
			}
			f.from, f.to = s, s
		}
		if err := f.add(ctx, f.to, e, i); err != nil {
			return err
		}
		f.to = e
		v, err := f.acc.Result(0, 1)
		if err != nil {
			return err
		}
		c.out.AppendRows(v, nil)
		last = v
		if i&1023 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// endsTogether says that all frames end where the partition does and begin later and later, at more than one place.
func (f *frameSum) endsTogether() bool {
	for i := range f.p.N {
		if int(f.p.End[i]) != f.p.N || i > 0 && f.p.Start[i] < f.p.Start[i-1] {
			return false
		}
	}
	return f.p.Start[f.p.N-1] > f.p.Start[0]
}

// backwards computes frames that grow towards the first row, from the last row on.
func (f *frameSum) backwards(ctx context.Context) error {
	if err := f.reset(); err != nil {
		return err
	}
	results := vector.NewBuilder(f.c.call.Typ, f.p.N)
	from := f.p.N
	for i := f.p.N - 1; i >= 0; i-- {
		if err := f.add(ctx, int(f.p.Start[i]), from, i); err != nil {
			return err
		}
		from = int(f.p.Start[i])
		v, err := f.acc.Result(0, 1)
		if err != nil {
			return err
		}
		results.AppendRows(v, nil)
		if i&1023 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	rows := make([]uint32, f.p.N)
	for i := range rows {
		rows[i] = uint32(f.p.N - 1 - i)
	}
	f.c.out.AppendRows(results.Build(), rows)
	return nil
}

// reset begins an empty state.
func (f *frameSum) reset() (err error) {
	if f.acc, err = functions.NewAccumulator(f.call); err != nil {
		return err
	}
	f.acc.Resize(1)
	if f.call.Distinct && !f.call.Fn.IgnoresDuplicates {
		f.seen = newDistinctRows(f.call)
	}
	return nil
}

// add adds the rows from to to (without it) that count in the frame of row of.
func (f *frameSum) add(ctx context.Context, from, to, of int) error {
	f.rows = f.rows[:0]
	for r := from; r < to; r++ {
		if (f.passes == nil || f.passes(f.lo+r) == 1) && (f.p.Excluded == nil || !f.p.Excluded(r, of)) {
			f.rows = append(f.rows, uint32(r))
		}
	}
	if len(f.rows) == 0 {
		return nil
	}
	if len(f.rows) > 1<<14 && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if len(f.zeros) < len(f.rows) {
		f.zeros = make([]uint32, 2*len(f.rows))
	}
	ids, rows := f.zeros[:len(f.rows)], f.rows
	if f.seen != nil {
		ids, rows = f.seen.fresh(ids, rows, f.p.Args, f.p.N)
		if len(ids) == 0 {
			return nil
		}
	}
	return f.acc.Update(ids, f.p.Args, rows)
}
