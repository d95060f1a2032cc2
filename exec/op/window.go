package op

import (
	"context"
	"io"
	"slices"
	"sort"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
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
	if n := b.Rows(); len(w.in.Partition) > 0 && n > 0 {
		keys, err := evalBatch(ctx, b, w.in.Partition)
		if err != nil {
			return err
		}
		row := func(k int) int {
			if b.Sel != nil {
				return int(b.Sel[k])
			}
			return k
		}
		// The rows are in order: the last partition begins where rows are equal to the last one.
		last := row(n - 1)
		begin := sort.Search(n-1, func(k int) bool { return sameRow(keys, row(k), keys, last) })
		if begin > 0 || w.last != nil && !sameRow(w.last, 0, keys, row(0)) {
			w.whole = w.store.rows + begin
		}
		w.last = make([]vector.Vector, len(keys))
		for i, c := range keys {
			w.last[i] = vector.CloneRows(c, []uint32{uint32(last)})
		}
	}
	w.store.add(b.Cols, b.Len, b.Sel)
	return w.memory.must(w.store.size())
}

func evalBatch(ctx context.Context, b *vector.Batch, es []*eval.Evaluator) ([]vector.Vector, error) {
	out := make([]vector.Vector, len(es))
	for i, e := range es {
		v, err := e.Eval(ctx, b)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// windowRowBytes is what computing takes for a row beside its columns: its peer group, its frame, and what is added to states.
const windowRowBytes = 32

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
	if err := w.memory.must(w.memory.held + int64(n)*windowRowBytes); err != nil {
		return err
	}
	partition, err := w.evalAll(ctx, cols, n, w.in.Partition)
	if err != nil {
		return err
	}
	order, err := w.evalAll(ctx, cols, n, w.in.Order)
	if err != nil {
		return err
	}
	groups := newPeerGroups(partition, order, n)
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
		c := &windowColumn{peerGroups: groups, call: &w.calls[i], order: order, keys: w.order, args: args, filter: extra[0],
			offsets: [2]vector.Vector{extra[1], extra[2]}, out: vector.NewBuilder(w.calls[i].Typ, n)}
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
		if !slices.Contains(cols, v) { // a column stays as it is
			v = vector.CloneRows(v, nil)
		}
		out[i] = v
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
