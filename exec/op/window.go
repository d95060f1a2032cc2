package op

import (
	"context"
	"io"
	"math"
	"sort"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// WindowInput is the evaluators of a window over its input: partition and order expressions, and for each call its arguments,
// its filter (or nil) and the offsets of its frame (or nil).
type WindowInput struct {
	Partition, Order []*eval.Evaluator
	Args             [][]*eval.Evaluator
	Filters          []*eval.Evaluator
	Starts, Ends     []*eval.Evaluator
}

// Window appends a column for each call. Its input is sorted by partition and order. Whole partitions are worked on as they come, many
// small ones at once: one partition must fit in memory.
type Window struct {
	Operator
	env    *Env
	in     WindowInput
	order  []expr.SortKey
	calls  []expr.WindowCall
	types  []schema.Type
	memory part

	store *rowStore
	last  []vector.Vector // the partition of the last row that was stored
	whole int             // rows of the store that are whole partitions
	ended bool

	cols   []vector.Vector
	at, n  int
	gather []kernel.Gatherer
	rows   []uint32
	sel    []uint32
	out    vector.Batch
}

// NewWindow returns a window over a sorted input whose columns have the given types.
func NewWindow(env *Env, grant *Grant, input Operator, in WindowInput, order []expr.SortKey, calls []expr.WindowCall, types []schema.Type) *Window {
	return &Window{Operator: input, env: env, in: in, order: order, calls: calls, types: types, memory: part{g: grant},
		store: newRowStore(types), gather: make([]kernel.Gatherer, len(types)+len(calls))}
}

// Next returns the next rows.
func (w *Window) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		if w.at < w.n {
			return w.emit(), nil
		}
		if w.ended {
			return nil, io.EOF
		}
		w.cols = nil
		if err := w.read(ctx); err != nil {
			return nil, err
		}
		if err := w.compute(ctx); err != nil {
			return nil, err
		}
	}
}

func (w *Window) emit() *vector.Batch {
	n := min(w.env.batchRows(), w.n-w.at)
	rows := iota32(&w.rows, w.at, n)
	w.at += n
	w.out = vector.Batch{Len: n, Cols: w.out.Cols[:0]}
	for i, c := range w.cols {
		w.out.Cols = append(w.out.Cols, w.gather[i].Gather(c, rows, false))
	}
	return &w.out
}

// windowRows is how many rows of whole partitions are worked on at once, if there are that many.
const windowRows = 4 * vector.DefaultRows

// read stores rows until there are enough whole partitions.
func (w *Window) read(ctx context.Context) error {
	for w.whole < windowRows {
		b, err := w.Operator.Next(ctx)
		if done(err) {
			w.ended, w.whole = true, w.store.rows
			return nil
		}
		if err != nil {
			return err
		}
		if err := w.add(ctx, b); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// add stores a batch and notes where the last partition in it begins.
func (w *Window) add(ctx context.Context, b *vector.Batch) error {
	keys := make([]vector.Vector, len(w.in.Partition))
	for i, e := range w.in.Partition {
		v, err := e.Eval(ctx, b)
		if err != nil {
			return err
		}
		keys[i] = v
	}
	if len(keys) > 0 && b.Rows() > 0 {
		before, at := w.last, uint32(0)
		k := w.store.rows
		eachSelected(b, func(r uint32) {
			if before != nil && !sameRow(before, int(at), keys, int(r)) {
				w.whole = k
			}
			before, at = keys, r
			k++
		})
		w.last = make([]vector.Vector, len(keys))
		for i, c := range keys {
			w.last[i] = vector.CloneRows(c, []uint32{at})
		}
	}
	w.store.add(b.Cols, b.Len, b.Sel)
	return w.memory.must(w.store.size())
}

// compute makes the columns of the whole partitions and leaves the rest in the store.
func (w *Window) compute(ctx context.Context) error {
	cols, rows := w.store.finish()
	n := w.whole
	if n < rows {
		rest := iota32(&w.sel, n, rows-n)
		w.store.add(cols, rows, rest)
		head := iota32(&w.rows, 0, n)
		for i, c := range cols {
			cols[i] = vector.CloneRows(c, head)
		}
	}
	w.cols, w.at, w.n, w.whole = cols, 0, n, 0
	if n == 0 {
		return nil
	}
	partition, err := w.evalAll(ctx, cols, n, w.in.Partition)
	if err != nil {
		return err
	}
	order, err := w.evalAll(ctx, cols, n, w.in.Order)
	if err != nil {
		return err
	}
	size := w.store.size()
	for i := range w.calls {
		extra, err := w.evalAll(ctx, cols, n, []*eval.Evaluator{w.in.Filters[i], w.in.Starts[i], w.in.Ends[i]})
		if err != nil {
			return err
		}
		args, err := w.arguments(ctx, cols, n, i, extra[0])
		if err != nil {
			return err
		}
		c := &windowColumn{w: w, call: &w.calls[i], partition: partition, order: order, args: args, filter: extra[0], start: extra[1], end: extra[2],
			rows: n, out: vector.NewBuilder(w.calls[i].Typ, n)}
		if err := c.run(ctx); err != nil {
			return err
		}
		w.cols = append(w.cols, c.out.Build())
	}
	for _, c := range w.cols {
		size += vectorBytes(c)
	}
	return w.memory.must(size)
}

// evalAll evaluates expressions, where there are any, over all rows, into memory that stays.
func (w *Window) evalAll(ctx context.Context, cols []vector.Vector, n int, es []*eval.Evaluator) ([]vector.Vector, error) {
	out := make([]vector.Vector, len(es))
	for i, e := range es {
		if e == nil {
			continue
		}
		v, err := e.EvalRows(ctx, cols, n, nil)
		if err != nil {
			return nil, err
		}
		out[i] = vector.CloneRows(v, nil)
	}
	return out, nil
}

// arguments evaluates the arguments of a call for the rows that pass its filter, if it has one.
func (w *Window) arguments(ctx context.Context, cols []vector.Vector, n, call int, filter vector.Vector) ([]vector.Vector, error) {
	es := w.in.Args[call]
	if filter == nil {
		return w.evalAll(ctx, cols, n, es)
	}
	pass, sel, keep := make([]bool, n), make([]uint32, 0, n), boolAt(filter)
	for r := range pass {
		if pass[r] = keep(r) == 1; pass[r] {
			sel = append(sel, uint32(r))
		}
	}
	out := make([]vector.Vector, len(es))
	for i, e := range es {
		v, err := e.EvalRows(ctx, cols, n, sel)
		if err != nil {
			return nil, err
		}
		out[i] = onlyPassing(v, pass)
	}
	return out, nil
}

// Close closes the input and frees the rows.
func (w *Window) Close() error {
	w.cols, w.n = nil, 0
	w.memory.g.Release(w.memory.held)
	w.memory.held = 0
	return w.Operator.Close()
}

// windowColumn computes one call over all partitions.
type windowColumn struct {
	w                  *Window
	call               *expr.WindowCall
	partition, order   []vector.Vector
	args               []vector.Vector
	filter, start, end vector.Vector
	rows               int
	out                *vector.Builder
}

func sameKeys(cols []vector.Vector, a, b int) bool {
	for _, c := range cols {
		if compareKey(c, a, c, b, false, false) != 0 {
			return false
		}
	}
	return true
}

func (c *windowColumn) run(ctx context.Context) error {
	for lo := 0; lo < c.rows; {
		hi := lo + 1
		for hi < c.rows && sameKeys(c.partition, hi-1, hi) {
			hi++
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := c.runPartition(ctx, lo, hi); err != nil {
			return err
		}
		lo = hi
	}
	return nil
}

func (c *windowColumn) runPartition(ctx context.Context, lo, hi int) error {
	p := &functions.Partition{N: hi - lo, Peer: make([]int32, hi-lo), IgnoreNulls: c.call.IgnoreNulls}
	for i := lo; i < hi; i++ {
		if i == lo || len(c.order) > 0 && !sameKeys(c.order, i-1, i) {
			p.PeerStart = append(p.PeerStart, int32(i-lo))
			if i > lo {
				p.PeerEnd = append(p.PeerEnd, int32(i-lo))
			}
		}
		p.Peer[i-lo] = int32(len(p.PeerStart) - 1)
	}
	p.PeerEnd = append(p.PeerEnd, int32(hi-lo))
	if p.Args = c.args; hi-lo < c.rows {
		var numbers []uint32
		rows := iota32(&numbers, lo, hi-lo)
		p.Args = make([]vector.Vector, len(c.args))
		for i, a := range c.args {
			p.Args[i] = vector.CloneRows(a, rows)
		}
	}
	if err := c.frames(p, lo); err != nil {
		return err
	}
	p.Excluded = excluder(c.call.Frame.Exclude, p)
	if f, ok := functions.WindowOf(c.call.Fn); ok {
		return f(p, c.out)
	}
	return c.aggregate(ctx, p, lo)
}

func excluder(x expr.Exclusion, p *functions.Partition) func(row, of int) bool {
	switch x {
	case expr.ExcludeCurrentRow:
		return func(row, of int) bool { return row == of }
	case expr.ExcludeGroup:
		return func(row, of int) bool { return p.Peer[row] == p.Peer[of] }
	case expr.ExcludeTies:
		return func(row, of int) bool { return row != of && p.Peer[row] == p.Peer[of] }
	}
	return nil
}

// frames computes the frame of every row.
func (c *windowColumn) frames(p *functions.Partition, lo int) error {
	p.Start, p.End = make([]int32, p.N), make([]int32, p.N)
	f := &c.call.Frame
	for i := range p.N {
		s, err := c.bound(f, f.Start, c.start, p, lo, i, true)
		if err != nil {
			return err
		}
		e, err := c.bound(f, f.End, c.end, p, lo, i, false)
		if err != nil {
			return err
		}
		s, e = min(max(s, 0), p.N), min(max(e, 0), p.N)
		p.Start[i], p.End[i] = int32(s), int32(max(s, e))
	}
	return nil
}

// bound returns the first row of the frame, or the row after its last.
func (c *windowColumn) bound(f *expr.Frame, b expr.Bound, offsets vector.Vector, p *functions.Partition, lo, i int, start bool) (int, error) {
	switch b.Kind {
	case expr.UnboundedPreceding:
		return 0, nil
	case expr.UnboundedFollowing:
		return p.N, nil
	case expr.CurrentRow:
		if f.Mode == expr.Rows {
			if start {
				return i, nil
			}
			return i + 1, nil
		}
		if start {
			return int(p.PeerStart[p.Peer[i]]), nil
		}
		return int(p.PeerEnd[p.Peer[i]]), nil
	}
	off := vector.ValueAt(offsets, lo+i)
	what := map[bool]string{true: "starting", false: "ending"}[start]
	if !off.Valid {
		return 0, sqlerr.New("22004", "frame %s offset must not be null", what)
	}
	if f.Mode == expr.Range {
		return c.rangeBound(b, off, p, lo, i, start)
	}
	if off.I < 0 {
		return 0, sqlerr.New("22013", "frame %s offset must not be negative", what)
	}
	n := int(min(off.I, int64(p.N)))
	if b.Kind == expr.Preceding {
		n = -n
	}
	if f.Mode == expr.Rows {
		if start {
			return i + n, nil
		}
		return i + n + 1, nil
	}
	g := int(p.Peer[i]) + n
	switch {
	case g < 0:
		return 0, nil
	case g >= len(p.PeerStart):
		return p.N, nil
	case start:
		return int(p.PeerStart[g]), nil
	}
	return int(p.PeerEnd[g]), nil
}

// rangeBound finds the first or last row whose key is within an offset of the current one.
func (c *windowColumn) rangeBound(b expr.Bound, off schema.Value, p *functions.Partition, lo, i int, start bool) (int, error) {
	key := c.order[0]
	k := c.w.order[0]
	if vector.NullAt(key, lo+i) { // NULLs are peers of each other alone
		if start {
			return int(p.PeerStart[p.Peer[i]]), nil
		}
		return int(p.PeerEnd[p.Peer[i]]), nil
	}
	minus := (b.Kind == expr.Preceding) != k.Descending
	at := vector.ValueAt(key, lo+i)
	limit, err := functions.Shift(at, off, minus)
	if err != nil {
		return 0, err
	}
	upward := start != k.Descending // of the values from the limit on
	switch {
	case math.IsNaN(limit.F) && !math.IsNaN(at.F):
		// What lies infinitely before infinity is taken for all numbers, as by PostgreSQL.
		limit.F = math.Inf(1)
		if upward {
			limit.F = math.Inf(-1)
		}
	case upward && limit.Type.Kind == schema.Date && off.Type.Kind == schema.Interval && off.Interval().Micros%schema.MicrosPerDay != 0:
		limit.I++ // the limit is within a day, which begins before it
	}
	bound := vector.FromValue(limit, 1)
	// Rows before the frame's start compare less than the limit; rows of the frame's end at most equal.
	return sort.Search(p.N, func(at int) bool {
		r := compareKey(key, lo+at, bound, 0, k.Descending, k.NullsFirst)
		return start && r >= 0 || !start && r > 0
	}), nil
}
