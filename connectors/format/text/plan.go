package text

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/exec/vector"
)

// plan is what one worker does with the located values of each batch.
type plan struct {
	// fields are the ordinals of the request's fields that are needed: slot i is fields[i].
	fields  []int
	sinks   []Sink
	nulls   []*vector.Const // for missing columns, made when needed
	types   []schema.Type
	output  []int // slots
	passes  []*pass
	dynamic []dynamicPass
	batches int

	cols []vector.Vector // by slot, nil while not converted
	sel  []uint32
	args []vector.Vector
	out  []vector.Vector
}

// pass is one filter with what was learned of it.
type pass struct {
	matcher    connectors.Matcher
	slots      []int
	weight     float64
	mayFail    bool
	seen, kept float64
}

type dynamicPass struct {
	slot int
	keys *connectors.JoinKeys
	buf  []uint32
}

// conversionError is a value that its column cannot hold.
type conversionError struct {
	slot, row int
	cause     error
}

func (e *conversionError) Error() string { return e.cause.Error() }

// relearn is how many batches pass before the order of the filters is looked at again.
const relearn = 16

func newPlan(r *format.Request, d Dialect) (*plan, error) {
	p := &plan{sel: make([]uint32, 0, batchRows(r))}
	slot := map[int]int{}
	need := func(field int) int {
		s, ok := slot[field]
		if !ok {
			s = len(p.fields)
			slot[field] = s
			p.fields = append(p.fields, field)
		}
		return s
	}
	for _, f := range r.Filters {
		x := &pass{matcher: f.NewMatcher(), weight: 0.1, mayFail: f.MayFail}
		for _, c := range f.Columns {
			x.slots = append(x.slots, need(c))
			x.weight += weightOf(r.Fields[c].Type)
		}
		p.passes = append(p.passes, x)
	}
	for _, c := range r.Output {
		p.output = append(p.output, need(c))
	}
	for _, x := range r.Dynamic {
		if x.Keys != nil {
			p.dynamic = append(p.dynamic, dynamicPass{slot: need(x.Column), keys: x.Keys})
		}
	}
	for _, f := range p.fields {
		s, err := d.NewSink(r.Fields[f])
		if err != nil {
			return nil, err
		}
		p.sinks = append(p.sinks, s)
		p.types = append(p.types, r.Fields[f].Type)
	}
	p.nulls = make([]*vector.Const, len(p.fields))
	p.cols = make([]vector.Vector, len(p.fields))
	p.order()
	return p, nil
}

// weightOf is about what converting a value costs beside looking at one.
func weightOf(t schema.Type) float64 {
	switch t.Physical() {
	case schema.PhysBytes:
		return 1
	case schema.PhysList, schema.PhysStruct, schema.PhysInt128:
		return 10
	}
	return 2
}

// order puts the filters that remove the most rows for their cost first (Hellerstein and Stonebraker, "Predicate Migration",
// 1993). Those that may fail stay in their order, after the others.
func (p *plan) order() {
	rank := func(x *pass) float64 {
		if x.mayFail {
			return math.Inf(1)
		}
		share := 0.5
		if x.seen > 0 {
			share = x.kept / x.seen
		}
		return x.weight / (1.001 - share)
	}
	slices.SortStableFunc(p.passes, func(a, b *pass) int { return cmp.Compare(rank(a), rank(b)) })
}

// hopeless reports whether a join has no keys, so that no row will be used.
func (p *plan) hopeless() bool {
	for _, d := range p.dynamic {
		if set := d.keys.Load(); set != nil && set.Empty() {
			return true
		}
	}
	return false
}

// run filters and converts a batch of located records into b.
func (p *plan) run(ctx context.Context, rows *Rows, missing []bool, src Source, b *vector.Batch) error {
	clear(p.cols)
	if p.batches++; p.batches%relearn == 0 && len(p.passes) > 1 {
		p.order()
	}
	*b = vector.Batch{Len: rows.N}
	var sel []uint32
	for _, x := range p.passes {
		if err := p.convert(x.slots, rows, missing, &src, sel); err != nil {
			return err
		}
		before := rows.N
		if sel != nil {
			before = len(sel)
		}
		p.args = p.args[:0]
		for _, s := range x.slots {
			p.args = append(p.args, p.cols[s])
		}
		out, err := x.matcher.Match(ctx, p.args, rows.N, sel)
		if err != nil {
			return err
		}
		if len(out) < before {
			p.sel = append(p.sel[:0], out...)
			sel = p.sel
		}
		x.seen += float64(before)
		x.kept += float64(len(out))
		if len(out) == 0 {
			b.Sel = sel
			return nil
		}
	}
	sel, err := p.join(rows, missing, &src, sel)
	if err != nil {
		return err
	}
	if b.Sel = sel; sel != nil && len(sel) == 0 {
		return nil
	}
	if err := p.convert(p.output, rows, missing, &src, sel); err != nil {
		return err
	}
	p.out = p.out[:0]
	for _, s := range p.output {
		p.out = append(p.out, p.cols[s])
	}
	b.Cols = p.out
	return nil
}

// join drops the rows that no join has a key for.
func (p *plan) join(rows *Rows, missing []bool, src *Source, sel []uint32) ([]uint32, error) {
	for i := range p.dynamic {
		d := &p.dynamic[i]
		set := d.keys.Load()
		if set == nil || sel != nil && len(sel) == 0 {
			continue
		}
		if err := p.convert([]int{d.slot}, rows, missing, src, sel); err != nil {
			return nil, err
		}
		d.buf = set.Match(p.cols[d.slot], sel, d.buf[:0])
		if d.buf == nil {
			d.buf = []uint32{}
		}
		if n := len(d.buf); n < rows.N {
			sel = d.buf
		}
	}
	return sel, nil
}

// convert converts columns for the rows that are left, each once: later rows are a subset.
func (p *plan) convert(slots []int, rows *Rows, missing []bool, src *Source, sel []uint32) error {
	for _, s := range slots {
		if p.cols[s] != nil {
			continue
		}
		if missing[s] {
			p.cols[s] = p.null(s, rows.N)
			continue
		}
		src.Spans = rows.Slots[s][:rows.N]
		v, row, err := p.sinks[s].Convert(src, sel)
		if err != nil {
			return &conversionError{slot: s, row: row, cause: err}
		}
		p.cols[s] = v
	}
	return nil
}

func (p *plan) null(slot, n int) vector.Vector {
	if p.nulls[slot] == nil {
		p.nulls[slot] = vector.FromValue(schema.NullOf(p.types[slot]), n)
	}
	return &vector.Const{Value: p.nulls[slot].Value, N: n}
}
