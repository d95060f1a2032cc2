package op

import (
	"context"

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
}

// NewTableFunc returns the operator; inputs is the number of the input's columns.
func NewTableFunc(in Operator, calls []expr.Call, args [][]*eval.Evaluator, o eval.Options, inputs int, ordinality, outer bool) (*TableFunc, error) {
	t := &TableFunc{Operator: in, calls: calls, args: args, env: o.Env(), memos: make([]functions.Memo, len(calls)), ordinality: ordinality,
		outer: outer, inputs: inputs, gather: make([]kernel.Gatherer, inputs)}
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
// NULLs.
func (t *TableFunc) step(ctx context.Context) (*vector.Batch, error) {
	var lefts []uint32
	var ordinals []int64
	builders := make([][]*vector.Builder, len(t.calls))
	for i := range t.calls {
		for _, typ := range columnsOf(&t.calls[i]) {
			builders[i] = append(builders[i], vector.NewBuilder(typ, 0))
		}
	}
	for len(lefts) < joinPairs && t.row < t.batch.Rows() {
		r := uint32(t.row)
		if t.batch.Sel != nil {
			r = t.batch.Sel[t.row]
		}
		t.row++
		longest := 0
		lengths := make([]int, len(t.calls))
		for i := range t.calls {
			n, err := t.expand(ctx, i, int(r), builders[i])
			if err != nil {
				return nil, err
			}
			lengths[i] = n
			longest = max(longest, n)
		}
		if longest == 0 && t.outer {
			longest = 1
		}
		for i, bs := range builders {
			for range longest - lengths[i] {
				for _, b := range bs {
					b.AppendNull()
				}
			}
		}
		for n := range longest {
			lefts, ordinals = append(lefts, r), append(ordinals, int64(n+1))
		}
	}
	b := t.batch
	if t.row >= b.Rows() {
		t.batch = nil
	}
	if len(lefts) == 0 {
		return nil, nil //nolint:nilnil // nothing to return yet
	}
	out := &vector.Batch{Len: len(lefts)}
	for i := range t.inputs {
		out.Cols = append(out.Cols, t.gather[i].Gather(b.Cols[i], lefts, false))
	}
	for _, bs := range builders {
		for _, c := range bs {
			out.Cols = append(out.Cols, c.Build())
		}
	}
	if t.ordinality {
		out.Cols = append(out.Cols, &vector.Flat[int64]{Typ: schema.T(schema.BigInt), Values: ordinals})
	}
	return out, nil
}

// maxRowsOfCall bounds the rows of one call.
const maxRowsOfCall = 100_000_000

// expand appends the rows of one call and returns how many there are. A NULL argument gives none.
func (t *TableFunc) expand(ctx context.Context, i, r int, out []*vector.Builder) (int, error) {
	args := make([]schema.Value, len(t.argVecs[i]))
	for k, v := range t.argVecs[i] {
		args[k] = vector.ValueAt(v, r)
		if !args[k].Valid {
			return 0, nil
		}
	}
	n := 0
	var failed error
	c := &functions.Call{Ctx: ctx, Env: t.env, N: 1, Type: t.calls[i].Typ, Memo: &t.memos[i]}
	err := t.funcs[i](c, args, func(row []schema.Value) bool {
		for k, b := range out {
			v := schema.NullOf(b.Type())
			if k < len(row) {
				v = row[k]
			}
			b.AppendValue(v)
		}
		if n++; n&0xfff == 0 && ctx.Err() != nil {
			failed = context.Cause(ctx)
		}
		if n > maxRowsOfCall {
			failed = sqlerr.New(sqlerr.ProgramLimit, "function %s returns more than %d rows for one row", t.calls[i].Fn.Name, maxRowsOfCall)
		}
		return failed == nil
	})
	if err == nil {
		err = failed
	}
	return n, err
}
