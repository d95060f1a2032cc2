package op

import (
	"context"
	"io"
	"sync"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/physical"
)

// LoopSpec describes a join on any condition.
type LoopSpec struct {
	Kind                  physical.JoinKind
	LeftTypes, RightTypes []schema.Type
	NullAware             bool
	Output                []int
}

// LoopRight is the materialised right side of a nested-loop join, shared by the workers.
type LoopRight struct {
	spec   *LoopSpec
	chains []Operator
	acct   *memory.Account
	once   sync.Once
	closed sync.Once
	err    error
	cols   []vector.Vector
	rows   int
}

// NewLoopRight returns the right side of a nested-loop join.
func NewLoopRight(spec *LoopSpec, chains []Operator, acct *memory.Account) *LoopRight {
	return &LoopRight{spec: spec, chains: chains, acct: acct}
}

func (l *LoopRight) build(ctx context.Context) error {
	l.once.Do(func() { l.cols, l.rows, l.err = collect(ctx, l.chains, l.spec.RightTypes, l.acct) })
	return l.err
}

func (l *LoopRight) close() (err error) {
	l.closed.Do(func() {
		err = closeAll(l.chains)
		l.acct.Close()
	})
	return err
}

// NestedLoopJoin pairs each left row with all right rows. FullOuter needs a single worker.
type NestedLoopJoin struct {
	right *LoopRight
	left  Operator
	cond  *eval.Evaluator

	batch   *vector.Batch
	row     int
	from    int // right rows that the current left row has met
	hit     bool
	null    bool
	pairs   []uint32
	rights  []uint32
	pick    matcher
	matched vector.Bitmap
	tail    bool
	tailAt  int
}

// matcher are the buffers of pair evaluation.
type matcher struct {
	l, r []kernel.Gatherer
	out  []kernel.Gatherer
}

// NewNestedLoopJoin returns the join of one worker; cond may be nil.
func NewNestedLoopJoin(right *LoopRight, left Operator, cond *eval.Evaluator) *NestedLoopJoin {
	return &NestedLoopJoin{right: right, left: left, cond: cond, pick: matcher{
		l: make([]kernel.Gatherer, len(right.spec.LeftTypes)), r: make([]kernel.Gatherer, len(right.spec.RightTypes)),
		out: make([]kernel.Gatherer, len(right.spec.Output))}}
}

// Open reads the right side, then opens the left one.
func (j *NestedLoopJoin) Open(ctx context.Context) error {
	if err := j.right.build(ctx); err != nil {
		return err
	}
	if k := j.right.spec.Kind; k == physical.FullOuter || k == physical.RightOuter {
		j.matched = vector.NewBitmap(j.right.rows)
	}
	return j.left.Open(ctx)
}

// Next returns the next batch: the pairs of some left rows.
func (j *NestedLoopJoin) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		if j.tail {
			return j.unmatchedRight()
		}
		if j.batch == nil {
			b, err := j.left.Next(ctx)
			if done(err) {
				j.tail = true
				continue
			}
			if err != nil {
				return nil, err
			}
			j.batch, j.row, j.from, j.hit, j.null = b, 0, 0, false, false
		}
		out, err := j.step(ctx)
		if err != nil || out != nil {
			return out, err
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
}

// loopResult collects the rows of one step: left rows with a right row or none, and marks.
type loopResult struct {
	left, right []uint32
	mark        []int8 // of Mark: 0 false, 1 true, 2 NULL
}

// step joins left rows until there are enough pairs.
func (j *NestedLoopJoin) step(ctx context.Context) (*vector.Batch, error) {
	var res loopResult
	for len(res.left) < joinPairs && j.row < j.batch.Rows() {
		r := uint32(j.row)
		if j.batch.Sel != nil {
			r = j.batch.Sel[j.row]
		}
		if err := j.joinRow(ctx, r, &res); err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	b := j.batch
	if j.row >= b.Rows() {
		j.batch = nil
	}
	if len(res.left) == 0 {
		return nil, nil //nolint:nilnil // nothing to return yet
	}
	return j.emit(b, &res), nil
}

// joinRow joins a left row with the next part of the right side.
func (j *NestedLoopJoin) joinRow(ctx context.Context, r uint32, res *loopResult) error {
	n := min(j.right.rows-j.from, 8*vector.DefaultRows)
	j.rights = j.rights[:0]
	for i := range n {
		j.rights = append(j.rights, uint32(j.from+i))
	}
	hits := j.rights
	if j.cond != nil && n > 0 {
		j.pairs = growIDs(j.pairs, n)
		for i := range j.pairs {
			j.pairs[i] = r
		}
		cols := make([]vector.Vector, 0, len(j.pick.l)+len(j.pick.r))
		for i := range j.pick.l {
			cols = append(cols, j.pick.l[i].Gather(j.batch.Cols[i], j.pairs, false))
		}
		for i := range j.pick.r {
			cols = append(cols, j.pick.r[i].Gather(j.right.cols[i], j.rights, false))
		}
		v, err := j.cond.EvalRows(ctx, cols, n, nil)
		if err != nil {
			return err
		}
		k := 0
		for i := range n {
			if vector.NullAt(v, i) {
				j.null = true
			} else if isTrue(v, i) {
				hits[k] = j.rights[i]
				k++
			}
		}
		hits = hits[:k]
	}
	j.from += n
	return j.use(r, hits, res)
}

func (j *NestedLoopJoin) use(r uint32, hits []uint32, res *loopResult) error {
	kind := j.right.spec.Kind
	if kind == physical.Single && (len(hits) > 1 || len(hits) == 1 && j.hit) {
		return moreThanOne()
	}
	j.hit = j.hit || len(hits) > 0
	switch kind {
	case physical.Inner, physical.LeftOuter, physical.FullOuter, physical.RightOuter, physical.Single:
		for _, h := range hits {
			res.left, res.right = append(res.left, r), append(res.right, h)
			if j.matched != nil {
				j.matched.Set(int(h))
			}
		}
	default:
		if j.hit {
			j.from = j.right.rows
		}
	}
	if j.from < j.right.rows {
		return nil
	}
	j.endRow(r, kind, res)
	return nil
}

// endRow adds what a left row gives at its end.
func (j *NestedLoopJoin) endRow(r uint32, kind physical.JoinKind, res *loopResult) {
	switch {
	case kind == physical.Mark:
		m := int8(0)
		if j.hit {
			m = 1
		} else if j.right.spec.NullAware && j.null {
			m = 2
		}
		res.left, res.mark = append(res.left, r), append(res.mark, m)
	case kind == physical.Semi && j.hit, kind == physical.Anti && !j.hit:
		res.left = append(res.left, r)
	case !j.hit && (kind == physical.LeftOuter || kind == physical.FullOuter || kind == physical.Single):
		res.left, res.right = append(res.left, r), append(res.right, kernel.NoRow)
	}
	j.row++
	j.from, j.hit, j.null = 0, false, false
}

func (j *NestedLoopJoin) emit(b *vector.Batch, res *loopResult) *vector.Batch {
	spec := j.right.spec
	out := &vector.Batch{Len: len(res.left), Cols: make([]vector.Vector, len(spec.Output))}
	for i, o := range spec.Output {
		switch {
		case o < len(spec.LeftTypes):
			out.Cols[i] = j.pick.out[i].Gather(b.Cols[o], res.left, false)
		case res.mark != nil:
			out.Cols[i] = markColumn(res.mark)
		default:
			out.Cols[i] = j.pick.out[i].Gather(j.right.cols[o-len(spec.LeftTypes)], res.right, true)
		}
	}
	return out
}

func markColumn(marks []int8) vector.Vector {
	m := &vector.Flat[bool]{Typ: schema.T(schema.Boolean), Values: make([]bool, len(marks))}
	for i, v := range marks {
		m.Values[i] = v == 1
		if v == 2 {
			if m.Null == nil {
				m.Null = vector.NewBitmap(len(marks))
			}
			m.Null.Set(i)
		}
	}
	return m
}

// unmatchedRight returns the right rows without a partner.
func (j *NestedLoopJoin) unmatchedRight() (*vector.Batch, error) {
	if j.matched == nil {
		return nil, io.EOF
	}
	spec := j.right.spec
	var rows []uint32
	for ; j.tailAt < j.right.rows && len(rows) < joinPairs; j.tailAt++ {
		if !j.matched.Get(j.tailAt) {
			rows = append(rows, uint32(j.tailAt))
		}
	}
	if len(rows) == 0 {
		return nil, io.EOF
	}
	out := &vector.Batch{Len: len(rows), Cols: make([]vector.Vector, len(spec.Output))}
	for i, o := range spec.Output {
		if o < len(spec.LeftTypes) {
			out.Cols[i] = kernel.NullConst(spec.LeftTypes[o], len(rows))
			continue
		}
		out.Cols[i] = j.pick.out[i].Gather(j.right.cols[o-len(spec.LeftTypes)], rows, false)
	}
	return out, nil
}

// Close closes both sides.
func (j *NestedLoopJoin) Close() error {
	err := j.left.Close()
	if rightErr := j.right.close(); err == nil {
		err = rightErr
	}
	return err
}
