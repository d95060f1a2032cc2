package op

import (
	"context"

	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/vector"
)

// DistinctOn keeps the first row of each run of equal keys.
type DistinctOn struct {
	Operator
	keys []*eval.Evaluator
	cols []vector.Vector
	last []vector.Vector // the keys of the last row of the batch before
	sel  []uint32
	out  vector.Batch
}

// NewDistinctOn returns the first rows of an input that is sorted by the keys.
func NewDistinctOn(in Operator, keys []*eval.Evaluator) *DistinctOn {
	return &DistinctOn{Operator: in, keys: keys, cols: make([]vector.Vector, len(keys))}
}

// Next returns the next first rows.
func (d *DistinctOn) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		b, err := d.Operator.Next(ctx)
		if err != nil {
			return nil, err
		}
		for i, k := range d.keys {
			if d.cols[i], err = k.Eval(ctx, b); err != nil {
				return nil, err
			}
		}
		d.sel = d.sel[:0]
		before, at := d.last, uint32(0)
		eachSelected(b, func(r uint32) {
			if before == nil || !sameRow(before, int(at), d.cols, int(r)) {
				d.sel = append(d.sel, r)
			}
			before, at = d.cols, r
		})
		if b.Rows() > 0 {
			d.last = make([]vector.Vector, len(d.cols))
			for i, c := range d.cols {
				d.last[i] = vector.CloneRows(c, []uint32{at})
			}
		}
		if len(d.sel) > 0 {
			d.out = vector.Batch{Len: b.Len, Sel: d.sel, Cols: b.Cols}
			return &d.out, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
}

// sameRow reports whether row i of some columns equals row j of others, NULLs being equal.
func sameRow(x []vector.Vector, i int, y []vector.Vector, j int) bool {
	for k := range x {
		if compareKey(x[k], i, y[k], j, false, false) != 0 {
			return false
		}
	}
	return true
}
