package op

import (
	"context"
	"io"

	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/physical"
)

// ApplySpec describes a correlated join.
type ApplySpec struct {
	LoopSpec
	Params []physical.ApplyParam
}

// Apply runs its right side for each left row, with the row's values as outer columns. Results are kept by the parameters' values,
// as long as they are small.
type Apply struct {
	spec  *ApplySpec
	left  Operator
	right func() (Operator, error)
	outer *eval.Outer
	cond  *eval.Evaluator
	memo  map[string][]*vector.Batch
	kept  int

	batch *vector.Batch
	row   int
	out   []kernel.Gatherer
	pick  matcher
}

// maxKept is how many rows of results are kept.
const maxKept = 1 << 16

// NewApply returns the join; right makes the plan of one evaluation, whose outer columns are in outer.
func NewApply(spec *ApplySpec, left Operator, right func() (Operator, error), outer *eval.Outer, cond *eval.Evaluator) *Apply {
	return &Apply{spec: spec, left: left, right: right, outer: outer, cond: cond, memo: map[string][]*vector.Batch{},
		out: make([]kernel.Gatherer, len(spec.Output)), pick: matcher{l: make([]kernel.Gatherer, len(spec.LeftTypes)), r: make([]kernel.Gatherer, len(spec.RightTypes))}}
}

// Open opens the left side.
func (a *Apply) Open(ctx context.Context) error { return a.left.Open(ctx) }

// Next returns the rows of some left rows.
func (a *Apply) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		if a.batch == nil {
			b, err := a.left.Next(ctx)
			if err != nil {
				return nil, err
			}
			a.batch, a.row = b, 0
		}
		out, err := a.step(ctx)
		if err != nil || out != nil {
			return out, err
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
}

// step evaluates left rows until there are enough results.
func (a *Apply) step(ctx context.Context) (*vector.Batch, error) {
	var res loopResult
	right := make([]*vector.Builder, len(a.spec.RightTypes))
	for i, t := range a.spec.RightTypes {
		right[i] = vector.NewBuilder(t, 0)
	}
	b := a.batch
	for len(res.left) < joinPairs && a.row < b.Rows() {
		r := uint32(a.row)
		if b.Sel != nil {
			r = b.Sel[a.row]
		}
		a.row++
		batches, err := a.results(ctx, b, r)
		if err != nil {
			return nil, err
		}
		if err := a.join(ctx, r, batches, right, &res); err != nil {
			return nil, err
		}
	}
	if a.row >= b.Rows() {
		a.batch = nil
	}
	if len(res.left) == 0 {
		return nil, nil //nolint:nilnil // nothing to return yet
	}
	out := &vector.Batch{Len: len(res.left), Cols: make([]vector.Vector, len(a.spec.Output))}
	built := make([]vector.Vector, len(right))
	for i, rb := range right {
		built[i] = rb.Build()
	}
	for i, o := range a.spec.Output {
		switch {
		case o < len(a.spec.LeftTypes):
			out.Cols[i] = a.out[i].Gather(b.Cols[o], res.left, false)
		case res.mark != nil:
			out.Cols[i] = markColumn(res.mark)
		default:
			out.Cols[i] = built[o-len(a.spec.LeftTypes)]
		}
	}
	return out, nil
}

// results returns the right side's rows for a left row.
func (a *Apply) results(ctx context.Context, b *vector.Batch, r uint32) ([]*vector.Batch, error) {
	var key []byte
	for _, p := range a.spec.Params {
		v := vector.ValueAt(b.Cols[p.Index], int(r))
		a.outer.Set(p.ID, v)
		key = encodeValue(key, v)
	}
	if got, ok := a.memo[string(key)]; ok {
		return got, nil
	}
	op, err := a.right()
	if err != nil {
		return nil, err
	}
	var batches []*vector.Batch
	rows := 0
	err = Each(ctx, op, func(b *vector.Batch) error {
		batches = append(batches, b.Clone())
		if rows += b.Rows(); a.enough() {
			return io.EOF
		}
		return nil
	})
	if done(err) {
		err = nil
	}
	if closeErr := op.Close(); err == nil {
		err = closeErr
	}
	if err == nil && a.kept+rows <= maxKept && len(a.memo) < maxKept {
		a.memo[string(key)] = batches
		a.kept += rows
	}
	return batches, err
}

// enough says that one row of the right side decides.
func (a *Apply) enough() bool {
	return a.cond == nil && (a.spec.Kind == physical.Semi || a.spec.Kind == physical.Anti || a.spec.Kind == physical.Mark)
}

// join adds the results of a left row.
func (a *Apply) join(ctx context.Context, r uint32, batches []*vector.Batch, right []*vector.Builder, res *loopResult) error {
	hits, null := 0, false
	pairs := a.spec.Kind == physical.Inner || a.spec.Kind == physical.LeftOuter || a.spec.Kind == physical.Single
	for _, rb := range batches {
		sel, unsure, err := a.matches(ctx, r, rb)
		if err != nil {
			return err
		}
		null = null || unsure
		n := rb.Len
		if sel != nil {
			n = len(sel)
		}
		if hits += n; a.spec.Kind == physical.Single && hits > 1 {
			return moreThanOne()
		}
		if pairs {
			for range n {
				res.left = append(res.left, r)
			}
			for i, b := range right {
				b.AppendRows(rb.Cols[i], sel)
			}
		}
	}
	switch {
	case a.spec.Kind == physical.Mark:
		m := int8(0)
		if hits > 0 {
			m = 1
		} else if a.spec.NullAware && null {
			m = 2
		}
		res.left, res.mark = append(res.left, r), append(res.mark, m)
	case a.spec.Kind == physical.Semi && hits > 0, a.spec.Kind == physical.Anti && hits == 0:
		res.left = append(res.left, r)
	case hits == 0 && (a.spec.Kind == physical.LeftOuter || a.spec.Kind == physical.Single):
		res.left = append(res.left, r)
		for _, b := range right {
			b.AppendNull()
		}
	}
	return nil
}

// matches returns the right rows for which the condition is true (nil: all), and whether it was NULL for some.
func (a *Apply) matches(ctx context.Context, r uint32, rb *vector.Batch) ([]uint32, bool, error) {
	if a.cond == nil {
		return nil, false, nil
	}
	lefts := make([]uint32, rb.Len)
	for i := range lefts {
		lefts[i] = r
	}
	var cols []vector.Vector
	for i := range a.pick.l {
		cols = append(cols, a.pick.l[i].Gather(a.batch.Cols[i], lefts, false))
	}
	cols = append(cols, rb.Cols...)
	v, err := a.cond.EvalRows(ctx, cols, rb.Len, nil)
	if err != nil {
		return nil, false, err
	}
	sel, null := []uint32{}, false
	for i := range rb.Len {
		if vector.NullAt(v, i) {
			null = true
		} else if isTrue(v, i) {
			sel = append(sel, uint32(i))
		}
	}
	return sel, null, nil
}

// Close closes the left side.
func (a *Apply) Close() error { return a.left.Close() }
