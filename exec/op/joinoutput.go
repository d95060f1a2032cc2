package op

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/planner/physical"
)

// joinOutput makes the batches that a join returns, in memory that it reuses.
type joinOutput struct {
	spec    *JoinSpec
	gather  []kernel.Gatherer // of each output column
	reads   []kernel.Gatherer // of each column that the residual condition reads
	columns []vector.Vector   // what it is evaluated on
	aligned []uint32
	sel     []uint32
	marks   []bool
	markNul vector.Bitmap
	batch   vector.Batch
}

func (o *joinOutput) init(spec *JoinSpec) {
	o.spec = spec
	o.gather = make([]kernel.Gatherer, len(spec.Output))
	o.reads = make([]kernel.Gatherer, len(spec.ResidualColumns))
	o.columns = make([]vector.Vector, len(spec.LeftTypes)+len(spec.RightTypes))
}

func (o *joinOutput) start(n int, sel []uint32) *vector.Batch {
	if o.batch.Cols == nil {
		o.batch.Cols = make([]vector.Vector, len(o.spec.Output))
	}
	o.batch.Len, o.batch.Sel = n, sel
	return &o.batch
}

// pairColumns gathers what the residual condition reads of pairs.
func (o *joinOutput) pairColumns(b *vector.Batch, t *joinTable, left, right []uint32) []vector.Vector {
	n := len(o.spec.LeftTypes)
	for i, c := range o.spec.ResidualColumns {
		if c < n {
			o.columns[c] = o.reads[i].Gather(b.Cols[c], left, false)
		} else {
			o.columns[c] = o.reads[i].Gather(t.cols[o.spec.slot[c-n]], right, false)
		}
	}
	return o.columns
}

// pairs returns rows side by side.
func (o *joinOutput) pairs(b *vector.Batch, t *joinTable, left, right []uint32) *vector.Batch {
	out := o.start(len(left), nil)
	n := len(o.spec.LeftTypes)
	for i, c := range o.spec.Output {
		if c < n {
			out.Cols[i] = o.gather[i].Gather(b.Cols[c], left, false)
		} else {
			out.Cols[i] = o.gather[i].Gather(t.cols[o.spec.slot[c-n]], right, false)
		}
	}
	return out
}

// padded returns probe rows with NULLs beside them.
func (o *joinOutput) padded(b *vector.Batch, rows []uint32) *vector.Batch {
	out := o.start(b.Len, rows)
	n := len(o.spec.LeftTypes)
	for i, c := range o.spec.Output {
		if c < n {
			out.Cols[i] = b.Cols[c]
		} else {
			out.Cols[i] = kernel.NullConst(o.spec.RightTypes[c-n], b.Len)
		}
	}
	return out
}

// selected returns probe rows alone.
func (o *joinOutput) selected(b *vector.Batch, rows []uint32) *vector.Batch {
	out := o.start(b.Len, rows)
	for i, c := range o.spec.Output {
		out.Cols[i] = b.Cols[c]
	}
	return out
}

// mark returns all probe rows and whether they have a match.
func (o *joinOutput) mark(b *vector.Batch, hit vector.Bitmap, null func(i int) bool) *vector.Batch {
	o.marks = kernel.Grow(&o.marks, b.Len)
	o.markNul = o.markNul.Resize(b.Len)
	m := &vector.Flat[bool]{Typ: schema.T(schema.Boolean), Values: o.marks}
	eachSelected(b, func(r uint32) {
		i := int(r)
		o.marks[i] = hit.Get(i)
		if !o.marks[i] && null(i) {
			o.markNul.Set(i)
			m.Null = o.markNul
		}
	})
	out := o.start(b.Len, b.Sel)
	for i, c := range o.spec.Output {
		if c == len(o.spec.LeftTypes) {
			out.Cols[i] = m
		} else {
			out.Cols[i] = b.Cols[c]
		}
	}
	return out
}

// buildOnly returns build rows, with NULLs for the probe side where the kind has one.
func (o *joinOutput) buildOnly(t *joinTable, rows []uint32) *vector.Batch {
	out := o.start(len(rows), nil)
	n := len(o.spec.LeftTypes)
	if o.spec.Kind == physical.RightSemi || o.spec.Kind == physical.RightAnti {
		n = 0
	}
	for i, c := range o.spec.Output {
		if c < n {
			out.Cols[i] = kernel.NullConst(o.spec.LeftTypes[c], len(rows))
		} else {
			out.Cols[i] = o.gather[i].Gather(t.cols[o.spec.slot[c-n]], rows, false)
		}
	}
	return out
}

// wholeBatch joins a batch in one step where each row has at most one match and needs no condition: probe columns are
// returned as they are, under a selection. ok is false where that does not hold.
func (j *HashJoin) wholeBatch(b *vector.Batch) (out *vector.Batch, ok bool) {
	t := j.table
	if !j.spec.returnsPairs() || j.residual != nil || !t.unique || t.form != denseForm && t.form != intForm {
		return nil, false
	}
	o := &j.out
	o.aligned = kernel.Grow(&o.aligned, b.Len)
	heads := j.heads
	if t.form == intForm {
		heads = j.findUnique(b)
	}
	o.sel, j.left, j.right = o.sel[:0], j.left[:0], j.right[:0]
	keep := j.spec.keepsProbe()
	eachSelected(b, func(r uint32) {
		e := heads[r]
		o.aligned[r] = e
		if e != noEntry {
			j.left, j.right = append(j.left, r), append(j.right, e)
		}
	})
	j.batch = nil
	for _, e := range j.right {
		if j.own != nil {
			j.own.Set(int(e))
		}
	}
	switch {
	case keep:
		return o.alignedBatch(b, t, b.Sel, true), true
	case len(j.left) == 0:
		return nil, true
	case len(j.left)*4 < b.Len:
		return o.pairs(b, t, j.left, j.right), true
	}
	sel := j.left
	if len(sel) == b.Rows() {
		sel = b.Sel
	}
	return o.alignedBatch(b, t, sel, false), true
}

// alignedBatch returns probe columns as they are and build columns gathered beside them, for the rows in sel.
func (o *joinOutput) alignedBatch(b *vector.Batch, t *joinTable, sel []uint32, holes bool) *vector.Batch {
	if sel != nil {
		o.fillUnselected(sel, holes)
	}
	out := o.start(b.Len, sel)
	n := len(o.spec.LeftTypes)
	for i, c := range o.spec.Output {
		if c < n {
			out.Cols[i] = b.Cols[c]
		} else {
			out.Cols[i] = o.gather[i].Gather(t.cols[o.spec.slot[c-n]], o.aligned, holes)
		}
	}
	return out
}

// fillUnselected gives the rows outside a selection a build row: any will do.
func (o *joinOutput) fillUnselected(sel []uint32, holes bool) {
	entry := uint32(0)
	if holes {
		entry = noEntry
	}
	k := 0
	for r := range o.aligned {
		if k < len(sel) && int(sel[k]) == r {
			k++
			continue
		}
		o.aligned[r] = entry
	}
}

// findUnique finds the only match of each row in a hashed table of integers.
func (j *HashJoin) findUnique(b *vector.Batch) []uint32 {
	j.heads = kernel.Grow(&j.heads, b.Len)
	t := j.table
	eachSelected(b, func(r uint32) {
		h := noEntry
		word := uint64(j.ints[r])
		for i := j.words[r]; i < j.ends[r]; i++ {
			if e := &t.entries[i]; e.key == word {
				h = e.row
				break
			}
		}
		j.heads[r] = h
	})
	return j.heads
}
