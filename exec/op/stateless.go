package op

import (
	"context"
	"io"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/vector"
)

// Values evaluates literal rows.
type Values struct {
	env   *Env
	rows  [][]*eval.Evaluator
	types []schema.Type
	at    int
}

// NewValues returns an operator for rows of expressions without columns.
func NewValues(env *Env, rows [][]*eval.Evaluator, types []schema.Type) *Values {
	return &Values{env: env, rows: rows, types: types}
}

// Open has nothing to do.
func (v *Values) Open(context.Context) error { return nil }

// Next returns the next rows.
func (v *Values) Next(ctx context.Context) (*vector.Batch, error) {
	if v.at >= len(v.rows) {
		return nil, io.EOF
	}
	rows := v.rows[v.at:min(v.at+v.env.batchRows(), len(v.rows))]
	v.at += len(rows)
	b := &vector.Batch{Len: len(rows), Cols: make([]vector.Vector, len(v.types))}
	for i, t := range v.types {
		builder := vector.NewBuilder(t, len(rows))
		for _, row := range rows {
			x, err := row[i].EvalRows(ctx, nil, 1, nil)
			if err != nil {
				return nil, err
			}
			builder.AppendRows(x, []uint32{0})
		}
		b.Cols[i] = builder.Build()
	}
	return b, nil
}

// Close has nothing to free.
func (v *Values) Close() error { return nil }

// Filter keeps the rows for which a condition is true.
type Filter struct {
	Operator
	cond *eval.Evaluator
	out  vector.Batch
}

// NewFilter returns a filter over an input.
func NewFilter(in Operator, cond *eval.Evaluator) *Filter { return &Filter{Operator: in, cond: cond} }

// Next returns the next batch with rows that pass.
func (f *Filter) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		b, err := f.Operator.Next(ctx)
		if err != nil {
			return nil, err
		}
		sel, err := f.cond.Select(ctx, b.Cols, b.Len, b.Sel)
		if err != nil {
			return nil, err
		}
		if len(sel) > 0 {
			f.out = vector.Batch{Len: b.Len, Sel: sel, Cols: b.Cols}
			return &f.out, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
}

// Project computes one column an expression.
type Project struct {
	Operator
	exprs []*eval.Evaluator
	out   vector.Batch
}

// NewProject returns a projection of an input.
func NewProject(in Operator, exprs []*eval.Evaluator) *Project {
	return &Project{Operator: in, exprs: exprs, out: vector.Batch{Cols: make([]vector.Vector, len(exprs))}}
}

// Next returns the next batch.
func (p *Project) Next(ctx context.Context) (*vector.Batch, error) {
	b, err := p.Operator.Next(ctx)
	if err != nil {
		return nil, err
	}
	p.out.Len, p.out.Sel = b.Len, b.Sel
	for i, e := range p.exprs {
		if p.out.Cols[i], err = e.Eval(ctx, b); err != nil {
			return nil, err
		}
	}
	return &p.out, nil
}

// Limit returns rows offset to offset+limit; limit < 0 is all.
type Limit struct {
	Operator
	limit, offset int64
	out           vector.Batch
	sel           []uint32
}

// NewLimit returns a limit over an input.
func NewLimit(in Operator, limit, offset int64) *Limit {
	return &Limit{Operator: in, limit: limit, offset: offset}
}

// Next returns the next rows.
func (l *Limit) Next(ctx context.Context) (*vector.Batch, error) {
	for l.limit != 0 {
		b, err := l.Operator.Next(ctx)
		if err != nil {
			return nil, err
		}
		n := int64(b.Rows())
		if l.offset >= n {
			l.offset -= n
			continue
		}
		take := n - l.offset
		if l.limit >= 0 {
			take = min(take, l.limit)
			l.limit -= take
		}
		if take == n {
			return b, nil
		}
		l.sel = rowsOf(b, int(l.offset), int(take), l.sel[:0])
		l.offset = 0
		l.out = vector.Batch{Len: b.Len, Sel: l.sel, Cols: b.Cols}
		return &l.out, nil
	}
	return nil, io.EOF
}

// rowsOf appends n selected rows of a batch, from the given one on.
func rowsOf(b *vector.Batch, from, n int, out []uint32) []uint32 {
	if b.Sel != nil {
		return append(out, b.Sel[from:from+n]...)
	}
	for i := range n {
		out = append(out, uint32(from+i))
	}
	return out
}

// Union returns the rows of one input after the other.
type Union struct {
	inputs []Operator
	at     int
}

// NewUnion returns the union of inputs.
func NewUnion(inputs []Operator) *Union { return &Union{inputs: inputs} }

// Open opens the first input; the others are opened when their turn comes.
func (u *Union) Open(ctx context.Context) error {
	if len(u.inputs) == 0 {
		return nil
	}
	return u.inputs[0].Open(ctx)
}

// Next returns the next batch.
func (u *Union) Next(ctx context.Context) (*vector.Batch, error) {
	for u.at < len(u.inputs) {
		b, err := u.inputs[u.at].Next(ctx)
		if !done(err) {
			return b, err
		}
		if err := u.inputs[u.at].Close(); err != nil {
			return nil, err
		}
		if u.at++; u.at < len(u.inputs) {
			if err := u.inputs[u.at].Open(ctx); err != nil {
				return nil, err
			}
		}
	}
	return nil, io.EOF
}

// Close closes all inputs.
func (u *Union) Close() error { return closeAll(u.inputs) }
