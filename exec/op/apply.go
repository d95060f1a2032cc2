package op

import (
	"context"
	"encoding/binary"
	"io"
	"math"

	"github.com/tarnsql/tarn/catalog/schema"
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

// Apply runs its right side for each left row, with the row's values as outer columns. Results are kept by the parameters'
// values, as long as they fit.
type Apply struct {
	env   *Env
	grant *Grant
	spec  *ApplySpec
	left  Operator
	right func() (Operator, error)
	outer *eval.Outer
	cond  *eval.Evaluator

	memo     map[string][]*vector.Batch
	memory   part // of the memo
	current  part // of a result that is not kept
	keepMemo bool

	batch   *vector.Batch
	row     int
	results []*vector.Batch // of the current row
	at      int
	r       uint32
	hit     vector.Bitmap
	unsure  vector.Bitmap
	pairs   loopPairs
	key     []byte
}

// maxKept is how many results are kept.
const maxKept = 1 << 16

// NewApply returns the join; right makes the plan of one evaluation, whose outer columns are in outer.
func NewApply(env *Env, grant *Grant, spec *ApplySpec, left Operator, right func() (Operator, error), outer *eval.Outer, cond *eval.Evaluator) *Apply {
	return &Apply{env: env, grant: grant, spec: spec, left: left, right: right, outer: outer, cond: cond, keepMemo: true,
		memo: map[string][]*vector.Batch{}, memory: part{g: grant}, current: part{g: grant}, pairs: newLoopPairs(&spec.LoopSpec)}
}

// Open opens the left side.
func (a *Apply) Open(ctx context.Context) error { return a.left.Open(ctx) }

// Next returns the next batch.
func (a *Apply) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		out, err := a.advance(ctx)
		if err != nil || out != nil {
			return out, err
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
}

// advance does one step: the pairs of the current row with one batch of its results, or the end of a left batch.
func (a *Apply) advance(ctx context.Context) (*vector.Batch, error) {
	if a.batch == nil {
		b, err := a.left.Next(ctx)
		if err != nil {
			return nil, err
		}
		a.batch, a.row, a.results, a.at = b, 0, nil, 0
		a.hit, a.unsure = a.hit.Resize(b.Len), a.unsure.Resize(b.Len)
	}
	if a.at < len(a.results) {
		right := a.results[a.at]
		a.at++
		return a.pairWith(ctx, right)
	}
	if a.row >= a.batch.Rows() {
		b := a.batch
		a.batch = nil
		return a.pairs.end(b, a.hit, a.unsure), nil
	}
	a.r = uint32(a.row)
	if a.batch.Sel != nil {
		a.r = a.batch.Sel[a.row]
	}
	a.row++
	var err error
	a.results, err = a.evaluate(ctx, a.r)
	a.at = 0
	return nil, err
}

// pairWith pairs the current row with a batch of results.
func (a *Apply) pairWith(ctx context.Context, right *vector.Batch) (*vector.Batch, error) {
	p := &a.pairs
	p.left, p.right = p.left[:0], p.right[:0]
	for i := range right.Len {
		p.left, p.right = append(p.left, a.r), append(p.right, uint32(i))
	}
	if err := p.filter(ctx, a.cond, a.batch, right, a.unsure); err != nil {
		return nil, err
	}
	if len(p.left) == 0 {
		return nil, nil //nolint:nilnil // nothing to return yet
	}
	if a.spec.Kind == physical.Single && (len(p.left) > 1 || a.hit.Get(int(a.r))) {
		return nil, moreThanOne()
	}
	a.hit.Set(int(a.r))
	if a.spec.returnsPairs() {
		return p.emit(a.batch, right), nil
	}
	a.at = len(a.results)
	return nil, nil //nolint:nilnil // the row is decided
}

// evaluate returns the right side's rows for a left row.
func (a *Apply) evaluate(ctx context.Context, r uint32) ([]*vector.Batch, error) {
	a.key = a.key[:0]
	for _, p := range a.spec.Params {
		v := vector.ValueAt(a.batch.Cols[p.Index], int(r))
		a.outer.Set(p.ID, v)
		a.key = appendExact(a.key, v)
	}
	if got, ok := a.memo[string(a.key)]; ok {
		return got, nil
	}
	op, err := a.right()
	if err != nil {
		return nil, err
	}
	var batches []*vector.Batch
	size := int64(len(a.key)) + 128
	err = Each(ctx, op, func(b *vector.Batch) error {
		c := b.Clone()
		for i, col := range c.Cols {
			if _, ok := col.(*vector.Const); ok {
				c.Cols[i] = kernel.Flatten(col)
			}
		}
		batches = append(batches, c)
		size += batchBytes(c)
		if err := a.current.must(size); err != nil {
			return err
		}
		if a.enough() {
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
	if err != nil {
		return nil, err
	}
	if a.keepMemo {
		a.remember(batches, size)
	}
	return batches, nil
}

// appendExact appends a value so that only values that nothing can tell apart have equal bytes: results are kept by them, and 1 day is
// equal to 24 hours but another text.
func appendExact(dst []byte, v schema.Value) []byte {
	if !v.Valid {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	switch v.Type.Physical() {
	case schema.PhysFloat32, schema.PhysFloat64:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.F))
	case schema.PhysBytes:
		return appendText(dst, v.S)
	case schema.PhysList, schema.PhysStruct:
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(v.Elems)))
		for _, e := range v.Elems {
			dst = appendExact(dst, e)
		}
		return dst
	}
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(dst, uint64(v.I)), uint64(v.Hi))
}

// remember keeps a result, if it fits.
func (a *Apply) remember(batches []*vector.Batch, size int64) {
	if len(a.memo) >= maxKept || !a.memory.fit(a.memory.held+size) {
		a.keepMemo = false
		return
	}
	a.memo[string(a.key)] = batches
}

// enough says that one row of the right side decides.
func (a *Apply) enough() bool {
	return a.cond == nil && (a.spec.Kind == physical.Semi || a.spec.Kind == physical.Anti || a.spec.Kind == physical.Mark)
}

// Close closes the left side.
func (a *Apply) Close() error {
	a.memo, a.results = nil, nil
	err := a.left.Close()
	a.grant.Release(a.memory.held + a.current.held)
	a.memory.held, a.current.held = 0, 0
	return err
}
