package op

import (
	"context"
	"io"
	"sync"
	"sync/atomic"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/physical"
)

// LoopSpec describes a join on any condition.
type LoopSpec struct {
	Kind                  physical.JoinKind
	LeftTypes, RightTypes []schema.Type
	NullAware             bool
	// Output are the columns that are returned, CondColumns those that the condition reads, over left columns then right
	// ones (or the mark).
	Output, CondColumns []int
}

// LoopRight is the right side of a nested-loop join, which is kept; the workers share it.
type LoopRight struct {
	env    *Env
	grant  *Grant
	spec   *LoopSpec
	chains []Operator
	once   sync.Once
	closed sync.Once
	err    error
	rows   *spool
	open   atomic.Int32 // joins that are not closed
}

// NewLoopRight returns the right side of a nested-loop join.
func NewLoopRight(env *Env, grant *Grant, spec *LoopSpec, chains []Operator) *LoopRight {
	return &LoopRight{env: env, grant: grant, spec: spec, chains: chains, rows: newSpool(env, spec.RightTypes, grant)}
}

func (l *LoopRight) build(ctx context.Context) error {
	l.once.Do(func() {
		l.err = Guard(func() error {
			err := Parallel(ctx, l.chains, func(ctx context.Context, _ int, c Operator) error { return Each(ctx, c, l.rows.add) })
			if closeErr := closeAll(l.chains); err == nil {
				err = closeErr
			}
			return err
		})
	})
	return l.err
}

// leave ends one join; the last frees the rows.
func (l *LoopRight) leave() error {
	if l.open.Add(-1) > 0 {
		return nil
	}
	return l.close()
}

func (l *LoopRight) close() (err error) {
	l.closed.Do(func() {
		err = closeAll(l.chains)
		if rowsErr := l.rows.close(); err == nil {
			err = rowsErr
		}
		l.grant.Close()
	})
	return err
}

// NestedLoopJoin pairs each left row with all right rows. FullOuter needs a single worker.
type NestedLoopJoin struct {
	right *LoopRight
	left  Operator
	cond  *eval.Evaluator

	batch   *vector.Batch // of the left side
	reader  *spoolReader
	against *vector.Batch // of the right side
	base    int           // the number of its first row
	l, r    int           // the next pair
	hit     vector.Bitmap // left rows with a match
	unsure  vector.Bitmap // left rows for which the condition was NULL

	pairs loopPairs
	// matched are right rows that found a partner, by number; tail says that those without one are returned.
	matched vector.Bitmap
	tail    bool
	closed  bool
}

// loopPairs makes pairs of rows and what is computed of them, in memory that it reuses.
type loopPairs struct {
	spec        *LoopSpec
	left, right []uint32
	reads       []kernel.Gatherer
	gather      []kernel.Gatherer
	columns     []vector.Vector
	sel         []uint32
	marks       []bool
	out         vector.Batch
}

func newLoopPairs(spec *LoopSpec) loopPairs {
	return loopPairs{spec: spec, reads: make([]kernel.Gatherer, len(spec.CondColumns)), gather: make([]kernel.Gatherer, len(spec.Output)),
		columns: make([]vector.Vector, len(spec.LeftTypes)+len(spec.RightTypes))}
}

// filter keeps the pairs for which the condition is true; unsure gets the left rows for which it was NULL.
func (p *loopPairs) filter(ctx context.Context, cond *eval.Evaluator, left, right *vector.Batch, unsure vector.Bitmap) error {
	if cond == nil || len(p.left) == 0 {
		return nil
	}
	n := len(p.spec.LeftTypes)
	for i, c := range p.spec.CondColumns {
		if c < n {
			p.columns[c] = p.reads[i].Gather(left.Cols[c], p.left, false)
		} else {
			p.columns[c] = p.reads[i].Gather(right.Cols[c-n], p.right, false)
		}
	}
	v, err := cond.EvalRows(ctx, p.columns, len(p.left), nil)
	if err != nil {
		return err
	}
	keep, k := boolAt(v), 0
	for i := range p.left {
		switch keep(i) {
		case 1:
			p.left[k], p.right[k] = p.left[i], p.right[i]
			k++
		case -1:
			unsure.Set(int(p.left[i]))
		}
	}
	p.left, p.right = p.left[:k], p.right[:k]
	return nil
}

// emit returns the pairs side by side.
func (p *loopPairs) emit(left, right *vector.Batch) *vector.Batch {
	n := len(p.spec.LeftTypes)
	p.start(len(p.left), nil)
	for i, c := range p.spec.Output {
		if c < n {
			p.out.Cols[i] = p.gather[i].Gather(left.Cols[c], p.left, false)
		} else {
			p.out.Cols[i] = p.gather[i].Gather(right.Cols[c-n], p.right, false)
		}
	}
	return &p.out
}

func (p *loopPairs) start(n int, sel []uint32) {
	if p.out.Cols == nil {
		p.out.Cols = make([]vector.Vector, len(p.spec.Output))
	}
	p.out.Len, p.out.Sel = n, sel
}

// leftOnly returns left rows, with NULLs beside them where right columns are returned.
func (p *loopPairs) leftOnly(b *vector.Batch, sel []uint32) *vector.Batch {
	n := len(p.spec.LeftTypes)
	p.start(b.Len, sel)
	for i, c := range p.spec.Output {
		if c < n {
			p.out.Cols[i] = b.Cols[c]
		} else {
			p.out.Cols[i] = kernel.NullConst(p.spec.RightTypes[c-n], b.Len)
		}
	}
	return &p.out
}

// end returns what the left rows of a batch give once all pairs were seen; nil is nothing.
func (p *loopPairs) end(b *vector.Batch, hit, unsure vector.Bitmap) *vector.Batch {
	want := false
	switch p.spec.Kind {
	case physical.Mark:
		return p.mark(b, hit, unsure)
	case physical.Semi:
		want = true
	case physical.Anti, physical.LeftOuter, physical.FullOuter, physical.Single:
	default:
		return nil
	}
	p.sel = p.sel[:0]
	eachSelected(b, func(r uint32) {
		if hit.Get(int(r)) == want {
			p.sel = append(p.sel, r)
		}
	})
	if len(p.sel) == 0 {
		return nil
	}
	return p.leftOnly(b, p.sel)
}

func (p *loopPairs) mark(b *vector.Batch, hit, unsure vector.Bitmap) *vector.Batch {
	p.marks = kernel.Grow(&p.marks, b.Len)
	m := &vector.Flat[bool]{Typ: schema.T(schema.Boolean), Values: p.marks}
	eachSelected(b, func(r uint32) {
		i := int(r)
		p.marks[i] = hit.Get(i)
		if !p.marks[i] && p.spec.NullAware && unsure.Get(i) {
			if m.Null == nil {
				m.Null = vector.NewBitmap(b.Len)
			}
			m.Null.Set(i)
		}
	})
	p.start(b.Len, b.Sel)
	for i, c := range p.spec.Output {
		if c == len(p.spec.LeftTypes) {
			p.out.Cols[i] = m
		} else {
			p.out.Cols[i] = b.Cols[c]
		}
	}
	return &p.out
}

func (s *LoopSpec) returnsPairs() bool {
	switch s.Kind {
	case physical.Inner, physical.LeftOuter, physical.FullOuter, physical.Single:
		return true
	}
	return false
}

// NewNestedLoopJoin returns the join of one worker; cond may be nil.
func NewNestedLoopJoin(right *LoopRight, left Operator, cond *eval.Evaluator) *NestedLoopJoin {
	right.open.Add(1)
	return &NestedLoopJoin{right: right, left: left, cond: cond, pairs: newLoopPairs(right.spec)}
}

// Open reads the right side, then opens the left one.
func (j *NestedLoopJoin) Open(ctx context.Context) error {
	if err := j.right.build(ctx); err != nil {
		return err
	}
	if j.right.spec.Kind == physical.FullOuter {
		j.matched = vector.NewBitmap(int(j.right.rows.rows))
	}
	return j.left.Open(ctx)
}

// Next returns the next batch.
func (j *NestedLoopJoin) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		out, err := j.advance(ctx)
		if err != nil || out != nil {
			return out, err
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
}

// advance does one step; nil says that there was nothing to return.
func (j *NestedLoopJoin) advance(ctx context.Context) (*vector.Batch, error) {
	if j.tail {
		return j.unmatchedRight(ctx)
	}
	if j.batch == nil {
		b, err := j.left.Next(ctx)
		if done(err) {
			if j.matched == nil {
				return nil, io.EOF
			}
			j.tail, j.reader, j.against, j.base = true, j.right.rows.reader(), nil, 0
			return nil, nil //nolint:nilnil // unmatched rows come next
		}
		if err != nil {
			return nil, err
		}
		j.batch, j.reader, j.against, j.base = b, j.right.rows.reader(), nil, 0
		j.hit, j.unsure = j.hit.Resize(b.Len), j.unsure.Resize(b.Len)
	}
	if j.against == nil {
		b, err := j.reader.next(ctx)
		if done(err) || err == nil && j.decided() {
			b := j.batch
			j.batch = nil
			return j.pairs.end(b, j.hit, j.unsure), nil
		}
		if err != nil {
			return nil, err
		}
		j.against, j.l, j.r = b, 0, 0
		if out := j.oneRow(); out != nil {
			return out, nil
		}
	}
	j.fill()
	right := j.against
	if j.l >= j.batch.Rows() {
		j.base += right.Len
		j.against = nil
	}
	if err := j.pairs.filter(ctx, j.cond, j.batch, right, j.unsure); err != nil {
		return nil, err
	}
	return j.use(right)
}

// decided says that no further right row changes what the batch gives.
func (j *NestedLoopJoin) decided() bool {
	switch j.right.spec.Kind {
	case physical.Semi, physical.Anti, physical.Mark:
		return j.hit.Count() == j.batch.Rows()
	}
	return false
}

// oneRow pairs all left rows with a right side of one row, without a condition: its values become constants.
func (j *NestedLoopJoin) oneRow() *vector.Batch {
	spec := j.right.spec
	if j.cond != nil || j.against.Len != 1 || !spec.returnsPairs() || j.right.rows.rows != 1 || j.matched != nil {
		return nil
	}
	p, n := &j.pairs, len(spec.LeftTypes)
	p.start(j.batch.Len, j.batch.Sel)
	for i, c := range spec.Output {
		if c < n {
			p.out.Cols[i] = j.batch.Cols[c]
		} else {
			p.out.Cols[i] = &vector.Const{Value: kernel.Flatten(j.against.Cols[c-n]), N: j.batch.Len}
		}
	}
	j.batch, j.against = nil, nil
	return &p.out
}

// fill makes the next pairs of the two batches.
func (j *NestedLoopJoin) fill() {
	p := &j.pairs
	p.left, p.right = p.left[:0], p.right[:0]
	limit, rows, n := j.right.env.pairs(), j.batch.Rows(), j.against.Len
	skip := !j.right.spec.returnsPairs()
	for len(p.left) < limit && j.l < rows {
		r := uint32(j.l)
		if j.batch.Sel != nil {
			r = j.batch.Sel[j.l]
		}
		if skip && j.hit.Get(int(r)) {
			j.l, j.r = j.l+1, 0
			continue
		}
		for j.r < n && len(p.left) < limit {
			p.left, p.right = append(p.left, r), append(p.right, uint32(j.r))
			j.r++
		}
		if j.r >= n {
			j.l, j.r = j.l+1, 0
		}
	}
}

// use marks matches and returns the pairs where the join returns them.
func (j *NestedLoopJoin) use(right *vector.Batch) (*vector.Batch, error) {
	p, single := &j.pairs, j.right.spec.Kind == physical.Single
	for _, r := range p.left {
		if single && j.hit.Get(int(r)) {
			return nil, moreThanOne()
		}
		j.hit.Set(int(r))
	}
	if j.matched != nil {
		base := j.base
		if j.against == nil {
			base -= right.Len
		}
		for _, r := range p.right {
			j.matched.Set(base + int(r))
		}
	}
	if j.right.spec.returnsPairs() && len(p.left) > 0 {
		return p.emit(j.batch, right), nil
	}
	return nil, nil //nolint:nilnil // nothing to return yet
}

// unmatchedRight returns the right rows without a partner.
func (j *NestedLoopJoin) unmatchedRight(ctx context.Context) (*vector.Batch, error) {
	b, err := j.reader.next(ctx)
	if err != nil {
		return nil, err
	}
	p, spec := &j.pairs, j.right.spec
	p.sel = p.sel[:0]
	for r := range b.Len {
		if !j.matched.Get(j.base + r) {
			p.sel = append(p.sel, uint32(r))
		}
	}
	j.base += b.Len
	if len(p.sel) == 0 {
		return nil, nil //nolint:nilnil // nothing to return yet
	}
	n := len(spec.LeftTypes)
	p.start(b.Len, p.sel)
	for i, c := range spec.Output {
		if c < n {
			p.out.Cols[i] = kernel.NullConst(spec.LeftTypes[c], b.Len)
		} else {
			p.out.Cols[i] = b.Cols[c-n]
		}
	}
	return &p.out, nil
}

// Close closes the left side; the last worker closes the right one.
func (j *NestedLoopJoin) Close() error {
	if j.closed {
		return nil
	}
	j.closed = true
	err := j.left.Close()
	if rightErr := j.right.leave(); err == nil {
		err = rightErr
	}
	return err
}
