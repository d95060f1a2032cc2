package op

import (
	"context"

	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/expr"
)

// frameRows computes an aggregate row after row, for calls whose states cannot be put together from states of parts: those
// that depend on the order of rows, that leave rows of the frame out or count values once, and whose states grow.
type frameRows struct {
	c        *windowColumn
	call     *expr.AggregateCall
	acc      functions.Accumulator
	seen     *distinctRows
	from, to int               // the rows that the state has
	passes   func(row int) int // the call's filter, nil without one
	excluded func(row, of int) bool
	rows     []uint32
	zeros    []uint32
}

func (c *windowColumn) aggregateRows(ctx context.Context, call *expr.AggregateCall) error {
	f := &frameRows{c: c, call: call, excluded: c.excluder()}
	if c.filter != nil {
		f.passes = boolAt(c.filter)
	}
	for i, from := range c.partitions[:len(c.partitions)-1] {
		lo, hi := int(from), int(c.partitions[i+1])
		f.acc = nil
		if f.excluded == nil && !c.call.Fn.OrderSensitive && f.endsTogether(lo, hi) {
			if err := f.backwards(ctx, lo, hi); err != nil {
				return err
			}
			continue
		}
		if err := f.forwards(ctx, lo, hi); err != nil {
			return err
		}
	}
	return nil
}

func (f *frameRows) forwards(ctx context.Context, lo, hi int) error {
	var last vector.Vector
	for i := lo; i < hi; i++ {
		s, e := int(f.c.start[i]), int(f.c.end[i])
		if last != nil && s == f.from && e == f.to && f.excluded == nil {
			f.c.out.AppendRows(last, nil)
			continue
		}
		// Frames that only grow are added to; others are computed anew.
		if f.acc == nil || s != f.from || e < f.to || f.excluded != nil {
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
		f.c.out.AppendRows(v, nil)
		last = v
		if i&1023 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// endsTogether says that all frames end where the partition does and begin later and later, at more than one place.
func (f *frameRows) endsTogether(lo, hi int) bool {
	start := f.c.start
	for i := lo; i < hi; i++ {
		if int(f.c.end[i]) != hi || i > lo && start[i] < start[i-1] {
			return false
		}
	}
	return start[hi-1] > start[lo]
}

// backwards computes frames that grow towards the first row, from the last row on.
func (f *frameRows) backwards(ctx context.Context, lo, hi int) error {
	if err := f.reset(); err != nil {
		return err
	}
	results := vector.NewBuilder(f.c.call.Typ, hi-lo)
	from := hi
	for i := hi - 1; i >= lo; i-- {
		if err := f.add(ctx, int(f.c.start[i]), from, i); err != nil {
			return err
		}
		from = int(f.c.start[i])
		v, err := f.acc.Result(0, 1)
		if err != nil {
			return err
		}
		results.AppendRows(v, nil)
		if i&1023 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	rows := make([]uint32, hi-lo)
	for i := range rows {
		rows[i] = uint32(hi - lo - 1 - i)
	}
	f.c.out.AppendRows(results.Build(), rows)
	return nil
}

// reset begins an empty state.
func (f *frameRows) reset() (err error) {
	if f.acc, err = functions.NewAccumulator(f.call); err != nil {
		return err
	}
	f.acc.Resize(1)
	if f.call.Distinct && !f.call.Fn.IgnoresDuplicates {
		f.seen = newDistinctRows(f.call)
	}
	return nil
}

// add adds the rows from one up to another that count in the frame of row of.
func (f *frameRows) add(ctx context.Context, from, to, of int) error {
	f.rows = f.rows[:0]
	for r := from; r < to; r++ {
		if (f.passes == nil || f.passes(r) == 1) && (f.excluded == nil || !f.excluded(r, of)) {
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
		ids, rows = f.seen.fresh(ids, rows, f.c.args, f.c.rows)
		if len(ids) == 0 {
			return nil
		}
	}
	return f.acc.Update(ids, f.c.args, rows)
}
