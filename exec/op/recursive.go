package op

import (
	"context"
	"io"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
)

// WorkTable is the rows of the last round of a recursive query.
type WorkTable struct{ rows *spool }

// Reader returns an operator over the current rows.
func (w *WorkTable) Reader() Operator { return &workReader{table: w} }

type workReader struct {
	table *WorkTable
	in    *spoolReader
}

// Open takes the current rows.
func (r *workReader) Open(context.Context) error {
	if r.table.rows != nil {
		r.in = r.table.rows.reader()
	}
	return nil
}

// Next returns the next batch.
func (r *workReader) Next(ctx context.Context) (*vector.Batch, error) {
	if r.in == nil {
		return nil, io.EOF
	}
	return r.in.next(ctx)
}

// Close has nothing to free.
func (r *workReader) Close() error {
	r.in = nil
	return nil
}

// Recursive is WITH RECURSIVE: the base, then the step over the rows of the round before, until a round is empty.
type Recursive struct {
	env     *Env
	base    Operator
	step    func() (Operator, error)
	work    *WorkTable
	types   []schema.Type
	seen    *groupTable
	kept    part
	grant   *Grant
	current Operator
	fresh   *spool
	ids     []uint32
	sel     []uint32
	out     vector.Batch
}

// NewRecursive returns a recursive union; step makes the plan of a round, which reads work. A distinct union drops rows that
// it returned before.
func NewRecursive(env *Env, grant *Grant, base Operator, step func() (Operator, error), work *WorkTable, types []schema.Type, distinct bool) *Recursive {
	r := &Recursive{env: env, base: base, step: step, work: work, types: types, grant: grant, kept: part{g: grant}, current: base}
	if distinct {
		r.seen = newGroupTable(types)
	}
	r.fresh = newSpool(env, types, grant)
	return r
}

// Open opens the base.
func (r *Recursive) Open(ctx context.Context) error { return r.base.Open(ctx) }

// Next returns the next new rows.
func (r *Recursive) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		b, err := r.current.Next(ctx)
		if done(err) {
			if err := r.nextRound(ctx); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		r.out = vector.Batch{Len: b.Len, Sel: b.Sel, Cols: b.Cols}
		if r.seen != nil {
			if err := r.dropSeen(b); err != nil {
				return nil, err
			}
		}
		if r.out.Rows() == 0 {
			continue
		}
		if err := r.fresh.add(&r.out); err != nil {
			return nil, err
		}
		return &r.out, nil
	}
}

// dropSeen leaves the rows selected that no round returned.
func (r *Recursive) dropSeen(b *vector.Batch) error {
	before := r.seen.n
	r.ids = growIDs(r.ids, b.Rows())
	r.seen.assign(b.Cols, b.Len, b.Sel, r.ids)
	r.sel = firstOf(r.ids, before, b.Sel, r.sel[:0])
	r.out.Sel = r.sel
	return r.kept.must(r.seen.memory())
}

// firstOf appends the rows that began a group with a number from before on: groups are numbered as they begin.
func firstOf(ids []uint32, before int, sel, out []uint32) []uint32 {
	next := uint32(before)
	for k, id := range ids {
		if id != next {
			continue
		}
		next++
		r := uint32(k)
		if sel != nil {
			r = sel[k]
		}
		out = append(out, r)
	}
	if out == nil {
		out = []uint32{}
	}
	return out
}

func (r *Recursive) nextRound(ctx context.Context) error {
	if r.current != r.base {
		if err := r.current.Close(); err != nil {
			return err
		}
	}
	if r.work.rows != nil {
		if err := r.work.rows.close(); err != nil {
			return err
		}
	}
	if r.fresh.rows == 0 {
		return io.EOF
	}
	r.work.rows, r.fresh = r.fresh, newSpool(r.env, r.types, r.grant)
	op, err := r.step()
	if err != nil {
		return err
	}
	r.current = op
	return op.Open(ctx)
}

// Close closes the base and the current round.
func (r *Recursive) Close() error {
	err := r.base.Close()
	if r.current != r.base {
		if stepErr := r.current.Close(); err == nil {
			err = stepErr
		}
	}
	for _, s := range []*spool{r.work.rows, r.fresh} {
		if s != nil {
			if spoolErr := s.close(); err == nil {
				err = spoolErr
			}
		}
	}
	r.grant.Close()
	return err
}
