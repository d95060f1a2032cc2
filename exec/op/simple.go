package op

import (
	"context"
	"io"

	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/vector"
)

// Rows returns batches that are known.
type Rows struct {
	batches []*vector.Batch
}

// NewRows returns an operator over batches that stay valid.
func NewRows(batches ...*vector.Batch) *Rows { return &Rows{batches: batches} }

// Open has nothing to do.
func (r *Rows) Open(context.Context) error { return nil }

// Next returns the next batch.
func (r *Rows) Next(context.Context) (*vector.Batch, error) {
	for len(r.batches) > 0 {
		b := r.batches[0]
		r.batches = r.batches[1:]
		if b.Rows() > 0 {
			return b, nil
		}
	}
	return nil, io.EOF
}

// Close drops the batches.
func (r *Rows) Close() error {
	r.batches = nil
	return nil
}

// Values evaluates literal rows.
type Values struct {
	rows  [][]*eval.Evaluator
	types []*vector.Builder
	done  bool
}

// NewValues returns an operator for rows of expressions without columns; builders are empty, one a column.
func NewValues(rows [][]*eval.Evaluator, builders []*vector.Builder) *Values {
	return &Values{rows: rows, types: builders}
}

// Open has nothing to do.
func (v *Values) Open(context.Context) error { return nil }

// Next returns all rows at once.
func (v *Values) Next(ctx context.Context) (*vector.Batch, error) {
	if v.done || len(v.rows) == 0 {
		return nil, io.EOF
	}
	v.done = true
	for _, row := range v.rows {
		for i, e := range row {
			x, err := e.EvalRows(ctx, nil, 1, nil)
			if err != nil {
				return nil, err
			}
			v.types[i].AppendRows(x, []uint32{0})
		}
	}
	b := &vector.Batch{Len: len(v.rows), Cols: make([]vector.Vector, len(v.types))}
	for i, t := range v.types {
		b.Cols[i] = t.Build()
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
