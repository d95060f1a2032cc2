package op

import (
	"context"
	"io"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/exec/memory"
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

// Window appends a column for each call. Its input is sorted by partition and order.
type Window struct {
	input   Operator
	in      WindowInput
	order   []expr.SortKey
	calls   []expr.WindowCall
	types   []schema.Type
	account *memory.Account
	cols    []vector.Vector
	rows    int
	at      int
	ran     bool
}

// NewWindow returns a window over a sorted input whose columns have the given types.
func NewWindow(input Operator, in WindowInput, order []expr.SortKey, calls []expr.WindowCall, types []schema.Type, account *memory.Account) *Window {
	return &Window{input: input, in: in, order: order, calls: calls, types: types, account: account}
}

// Open has nothing to do: the input is read by the first Next.
func (w *Window) Open(context.Context) error { return nil }

func (w *Window) run(ctx context.Context) error {
	cols, rows, err := collect(ctx, []Operator{w.input}, w.types, w.account)
	if err != nil {
		return err
	}
	w.cols, w.rows = cols, rows
	if rows == 0 {
		return nil
	}
	evalAll := func(es []*eval.Evaluator) ([]vector.Vector, error) {
		out := make([]vector.Vector, len(es))
		for i, e := range es {
			if e == nil {
				continue
			}
			v, err := e.EvalRows(ctx, cols, rows, nil)
			if err != nil {
				return nil, err
			}
			out[i] = vector.CloneRows(v, nil)
		}
		return out, nil
	}
	partition, err := evalAll(w.in.Partition)
	if err != nil {
		return err
	}
	order, err := evalAll(w.in.Order)
	if err != nil {
		return err
	}
	for i := range w.calls {
		args, err := evalAll(w.in.Args[i])
		if err != nil {
			return err
		}
		extra, err := evalAll([]*eval.Evaluator{w.in.Filters[i], w.in.Starts[i], w.in.Ends[i]})
		if err != nil {
			return err
		}
		c := &windowColumn{w: w, call: &w.calls[i], partition: partition, order: order, args: args, filter: extra[0], start: extra[1], end: extra[2],
			out: vector.NewBuilder(w.calls[i].Typ, rows)}
		if err := c.run(ctx); err != nil {
			return err
		}
		w.cols = append(w.cols, c.out.Build())
	}
	return nil
}

// Next returns the next rows.
func (w *Window) Next(ctx context.Context) (*vector.Batch, error) {
	if !w.ran {
		w.ran = true
		if err := w.run(ctx); err != nil {
			return nil, err
		}
	}
	if w.at >= w.rows {
		return nil, io.EOF
	}
	n := min(vector.DefaultRows, w.rows-w.at)
	rows := make([]uint32, n)
	for i := range rows {
		rows[i] = uint32(w.at + i)
	}
	w.at += n
	b := &vector.Batch{Len: n, Cols: make([]vector.Vector, len(w.cols))}
	for i, c := range w.cols {
		b.Cols[i] = vector.CloneRows(c, rows)
	}
	return b, nil
}

// Close closes the input and frees the rows.
func (w *Window) Close() error {
	w.account.Close()
	w.cols = nil
	return w.input.Close()
}

// windowColumn computes one call over all partitions.
type windowColumn struct {
	w                  *Window
	call               *expr.WindowCall
	partition, order   []vector.Vector
	args               []vector.Vector
	filter, start, end vector.Vector
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
	for lo := 0; lo < c.w.rows; {
		hi := lo + 1
		for hi < c.w.rows && sameKeys(c.partition, hi-1, hi) {
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
	rows := make([]uint32, hi-lo)
	for i := range rows {
		rows[i] = uint32(lo + i)
	}
	for _, a := range c.args {
		p.Args = append(p.Args, vector.CloneRows(a, rows))
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
	limit, err := functions.Shift(vector.ValueAt(key, lo+i), off, minus)
	if err != nil {
		return 0, err
	}
	bound := vector.FromValue(limit, 1)
	// Rows before the frame's start compare less than the limit; rows of the frame's end at most equal.
	for at := range p.N {
		r := compareKey(key, lo+at, bound, 0, k.Descending, k.NullsFirst)
		if start && r >= 0 || !start && r > 0 {
			return at, nil
		}
	}
	return p.N, nil
}

// aggregate computes an aggregate over each row's frame. Frames that only grow are added to; others are computed anew.
func (c *windowColumn) aggregate(ctx context.Context, p *functions.Partition, lo int) error {
	call := &expr.AggregateCall{Fn: c.call.Fn, Typ: c.call.Typ}
	call.Args = append(call.Args, c.call.Args...)
	counts := func(row int) bool {
		return c.filter == nil || !vector.NullAt(c.filter, lo+row) && isTrue(c.filter, lo+row)
	}
	var acc functions.Accumulator
	from, to := 0, 0
	var last vector.Vector
	for i := range p.N {
		s, e := int(p.Start[i]), int(p.End[i])
		if last != nil && s == from && e == to && p.Excluded == nil {
			c.out.AppendRows(last, nil)
			continue
		}
		if acc == nil || s != from || e < to || p.Excluded != nil {
			var err error
			if acc, err = functions.NewAccumulator(call); err != nil {
				return err
			}
			acc.Resize(1)
			from, to = s, s
		}
		rows := make([]uint32, 0, e-to)
		for r := to; r < e; r++ {
			if counts(r) && (p.Excluded == nil || !p.Excluded(r, i)) {
				rows = append(rows, uint32(r))
			}
		}
		to = e
		if len(rows) > 0 {
			if err := acc.Update(make([]uint32, len(rows)), p.Args, rows); err != nil {
				return err
			}
		}
		v, err := acc.Result(0, 1)
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
