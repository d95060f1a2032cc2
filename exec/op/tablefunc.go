package op

import (
	"context"
	"iter"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// TableFunc appends the rows of set-returning functions to each input row.
type TableFunc struct {
	Operator
	calls      []expr.Call
	args       [][]*eval.Evaluator
	funcs      []functions.TableFunc
	env        *functions.Env
	memos      []functions.Memo
	ordinality bool
	outer      bool
	inputs     int

	batch   *vector.Batch
	argVecs [][]vector.Vector
	row     int
	gather  []kernel.Gatherer

	limit    int
	lefts    []uint32
	ordinals []int64
	stores   []*rowStore // the rows of each call
	long     *longRow
}

// NewTableFunc returns the operator; inputs is the number of the input's columns.
func NewTableFunc(env *Env, in Operator, calls []expr.Call, args [][]*eval.Evaluator, o eval.Options, inputs int, ordinality, outer bool) (*TableFunc, error) {
	t := &TableFunc{Operator: in, calls: calls, args: args, env: o.Env(), memos: make([]functions.Memo, len(calls)), ordinality: ordinality,
		outer: outer, inputs: inputs, limit: env.pairs(), gather: make([]kernel.Gatherer, inputs)}
	for i := range calls {
		f, ok := functions.TableOf(calls[i].Fn)
		if !ok {
			return nil, sqlerr.New(sqlerr.InternalError, "function %s does not return rows", calls[i].Fn.Name)
		}
		t.funcs = append(t.funcs, f)
	}
	return t, nil
}

// Next returns the rows of some input rows.
func (t *TableFunc) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		if t.batch == nil {
			b, err := t.Operator.Next(ctx)
			if err != nil {
				return nil, err
			}
			if err := t.begin(ctx, b); err != nil {
				return nil, err
			}
		}
		out, err := t.step(ctx)
		if err != nil || out != nil {
			return out, err
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
}

func (t *TableFunc) begin(ctx context.Context, b *vector.Batch) error {
	t.batch, t.row = b, 0
	t.argVecs = make([][]vector.Vector, len(t.calls))
	for i, es := range t.args {
		for _, e := range es {
			v, err := e.Eval(ctx, b)
			if err != nil {
				return err
			}
			t.argVecs[i] = append(t.argVecs[i], v)
		}
	}
	return nil
}

// columnsOf are the types of a call's columns.
func columnsOf(c *expr.Call) []schema.Type {
	if c.Typ.Kind != schema.Row {
		return []schema.Type{c.Typ}
	}
	var out []schema.Type
	for _, f := range c.Typ.Fields() {
		out = append(out, f.Type)
	}
	return out
}

// step expands input rows until there are enough rows. The functions of one row run side by side, the shorter ones padded with
// NULLs. A row with more rows than fit in a batch is returned in pieces.
func (t *TableFunc) step(ctx context.Context) (*vector.Batch, error) {
	if t.long != nil {
		return t.nextOfLong(ctx)
	}
	t.begun()
	for len(t.lefts) < t.limit && t.row < t.batch.Rows() {
		r := uint32(t.row)
		if t.batch.Sel != nil {
			r = t.batch.Sel[t.row]
		}
		long, err := t.expandRow(ctx, r)
		if err != nil {
			return nil, err
		}
		if long {
			if len(t.lefts) > 0 {
				break // return what there is first
			}
			if err := t.beginLong(ctx, r); err != nil {
				return nil, err
			}
			t.row++
			return t.nextOfLong(ctx)
		}
		t.row++
	}
	return t.emit(), nil
}

// begun empties the buffers.
func (t *TableFunc) begun() {
	t.lefts, t.ordinals = t.lefts[:0], nil
	t.stores = make([]*rowStore, len(t.calls))
	for i := range t.calls {
		t.stores[i] = newRowStore(columnsOf(&t.calls[i]))
	}
}

// emit returns the rows in the buffers, and lets go of a batch that is expanded.
func (t *TableFunc) emit() *vector.Batch {
	b := t.batch
	if t.row >= b.Rows() && t.long == nil {
		t.batch = nil
	}
	if len(t.lefts) == 0 {
		return nil
	}
	out := &vector.Batch{Len: len(t.lefts)}
	for i := range t.inputs {
		out.Cols = append(out.Cols, t.gather[i].Gather(b.Cols[i], t.lefts, false))
	}
	for _, s := range t.stores {
		cols, _ := s.finish()
		out.Cols = append(out.Cols, cols...)
	}
	if t.ordinality {
		out.Cols = append(out.Cols, &vector.Flat[int64]{Typ: schema.T(schema.BigInt), Values: t.ordinals})
	}
	return out
}

// expandRow appends the rows of an input row. long says that they are too many: then nothing is appended.
func (t *TableFunc) expandRow(ctx context.Context, r uint32) (long bool, err error) {
	room := t.limit
	longest := 0
	lengths := make([]int, len(t.calls))
	var rows [][][]schema.Value
	for i := range t.calls {
		var list [][]schema.Value
		err := t.call(ctx, i, int(r), func(row []schema.Value) bool {
			list = append(list, append([]schema.Value(nil), row...))
			return len(list) <= room
		})
		if err != nil {
			return false, err
		}
		if len(list) > room {
			return true, nil
		}
		rows, lengths[i], longest = append(rows, list), len(list), max(longest, len(list))
	}
	if longest == 0 && t.outer {
		longest = 1
	}
	for k := range longest {
		for i := range t.calls {
			var row []schema.Value
			if k < lengths[i] {
				row = rows[i][k]
			}
			t.put(i, row)
		}
		t.lefts, t.ordinals = append(t.lefts, r), append(t.ordinals, int64(k+1))
	}
	return false, nil
}

// put appends a row of a call, or NULLs.
func (t *TableFunc) put(i int, row []schema.Value) {
	s := t.stores[i]
	s.rows++
	for k, b := range s.builders {
		if k < len(row) {
			b.AppendValue(row[k])
		} else {
			b.AppendNull()
		}
	}
}

// call runs a call for an input row. A NULL argument gives no rows.
func (t *TableFunc) call(ctx context.Context, i, r int, yield func(row []schema.Value) bool) error {
	args := make([]schema.Value, len(t.argVecs[i]))
	for k, v := range t.argVecs[i] {
		args[k] = vector.ValueAt(v, r)
		if !args[k].Valid {
			return nil
		}
	}
	c := &functions.Call{Ctx: ctx, Env: t.env, N: 1, Type: t.calls[i].Typ, Memo: &t.memos[i]}
	return t.funcs[i](c, args, yield)
}

// longRow is an input row with many rows: each call is a coroutine that is asked for one row after the other.
type longRow struct {
	r       uint32
	next    []func() ([]schema.Value, error, bool)
	stop    []func()
	ordinal int64
}

func (t *TableFunc) beginLong(ctx context.Context, r uint32) error {
	l := &longRow{r: r}
	for i := range t.calls {
		seq := func(yield func([]schema.Value, error) bool) {
			stopped := false
			err := t.call(ctx, i, int(r), func(row []schema.Value) bool {
				stopped = !yield(row, nil)
				return !stopped
			})
			if err != nil && !stopped {
				yield(nil, err)
			}
		}
		next, stop := iter.Pull2(seq)
		l.next, l.stop = append(l.next, next), append(l.stop, stop)
	}
	t.long = l
	return nil
}

// nextOfLong returns the next rows of a long row.
func (t *TableFunc) nextOfLong(ctx context.Context) (*vector.Batch, error) {
	t.begun()
	l := t.long
	rows := make([][]schema.Value, len(t.calls))
	for len(t.lefts) < t.limit {
		some := false
		for i, next := range l.next {
			row, err, ok := next()
			if err != nil {
				return nil, err
			}
			if rows[i] = nil; ok {
				rows[i], some = row, true
			}
		}
		if !some {
			t.endLong()
			break
		}
		for i, row := range rows {
			t.put(i, row)
		}
		l.ordinal++
		t.lefts, t.ordinals = append(t.lefts, l.r), append(t.ordinals, l.ordinal)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return t.emit(), nil
}

func (t *TableFunc) endLong() {
	if t.long == nil {
		return
	}
	for _, stop := range t.long.stop {
		stop()
	}
	t.long = nil
}

// Close ends the functions that run and closes the input.
func (t *TableFunc) Close() error {
	t.endLong()
	return t.Operator.Close()
}
