package parquet

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/vector"
)

// reader reads splits for one worker. It takes a row group in stripes: the filters' passes over a stripe leave the rows
// that survive, then the output columns are decoded for those.
type reader struct {
	r      *format.Request
	limit  int // rows of a batch
	mem    *buffers
	passes []*pass
	// plans are kept from split to split: most files of a scan come in several.
	plan *plan

	src    format.File
	piece  *piece
	next   int // the next of piece.groups
	group  *group
	sel    rowset // what survives of the stripe
	sent   int    // how much of sel was returned
	rows   int64
	batch  vector.Batch
	relSel []uint32
	pool   [2][]uint32
	err    error
}

func newReader(r *format.Request) *reader {
	x := &reader{r: r, limit: vector.DefaultRows}
	var budget *memory.Budget
	if r.Query != nil {
		budget = r.Query.Memory
		if r.Query.BatchRows > 0 {
			x.limit = r.Query.BatchRows
		}
	}
	x.mem = &buffers{acct: budget.Account()}
	for i := range r.Filters {
		f := &r.Filters[i]
		x.passes = append(x.passes, &pass{filter: i, mayFail: f.MayFail, cols: f.Columns, match: f.NewMatcher(), prior: priorOf(f)})
	}
	used := usedFields(r)
	for i := range r.Dynamic {
		if d := &r.Dynamic[i]; slices.Contains(used, d.Column) {
			x.passes = append(x.passes, &pass{filter: -1, cols: []int{d.Column}, keys: d, prior: 0.3})
		}
	}
	return x
}

// Assign implements format.Reader.
func (x *reader) Assign(ctx context.Context, s format.Split) error {
	p, ok := s.Part.(*piece)
	if !ok {
		return errors.New("parquet: a split of another format")
	}
	x.endGroup()
	x.src, x.piece, x.next, x.err = s.File, p, 0, nil
	x.sel, x.sent = rowset{}, 0
	for i := range x.r.Dynamic {
		if d := &x.r.Dynamic[i]; d.Await {
			if _, err := d.Keys.Wait(ctx); err != nil {
				return err
			}
		}
	}
	if x.plan == nil || x.plan.f != p.file {
		plan, err := newPlan(p.file, x.r)
		if err != nil {
			return inTable(err, x.r.Table)
		}
		x.plan = plan
	}
	return nil
}

// Next implements vector.Source.
func (x *reader) Next(ctx context.Context) (b *vector.Batch, err error) {
	if x.err != nil {
		return nil, x.err
	}
	if x.piece == nil {
		return nil, io.EOF
	}
	x.expire()
	defer func() {
		if err != nil {
			err = inTable(err, x.r.Table)
			x.err = err
			x.endGroup()
		}
	}()
	at := place{url: x.piece.file.url, group: -1, page: -1}
	if x.group != nil {
		at.group = x.group.index
	}
	defer guard(at, &err)
	for {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		if x.sent < x.sel.len() && (x.r.Limit == 0 || x.rows < x.r.Limit) {
			return x.emit()
		}
		more, err := x.advance(ctx)
		if err != nil {
			return nil, err
		}
		if !more {
			return nil, io.EOF
		}
	}
}

// advance makes the next stripe's survivors, and reports false at the end of the split.
func (x *reader) advance(ctx context.Context) (bool, error) {
	if x.r.Limit > 0 && x.rows >= x.r.Limit {
		x.endGroup()
		return false, nil
	}
	if x.group == nil {
		if x.next == len(x.piece.groups) {
			return false, nil
		}
		g, err := x.open(ctx)
		if err != nil {
			return false, err
		}
		x.group = g
		return true, nil
	}
	g := x.group
	stripe, ok := g.nextStripe()
	x.sel, x.sent = rowset{}, 0
	if !ok {
		x.endGroup()
		return true, nil
	}
	if stripe.len() == 0 {
		return true, nil
	}
	sel, err := x.filter(ctx, stripe)
	if err != nil {
		return false, err
	}
	for _, i := range g.used {
		if !slices.Contains(x.r.Output, i) {
			g.cols[i].release(g.at)
		}
	}
	if sel.len() > 0 {
		if err := g.fetchLate(ctx, sel); err != nil {
			return false, err
		}
	}
	x.sel = sel
	return true, nil
}

// open takes the next row group of the split, which may have been opened ahead, and has the one after it opened ahead. A
// nil group has nothing to be read.
func (x *reader) open(ctx context.Context) (*group, error) {
	index := x.piece.groups[x.next]
	x.next++
	early := x.early()
	var g *group
	var err error
	if ahead := x.piece.takeAhead(x.next - 1); ahead != nil {
		if g, err = ahead.wait(ctx); err != nil {
			return nil, err
		}
		g.adopt(x.mem)
	} else if g, err = openGroup(ctx, x.plan, x.src, x.piece, index, early, x.mem); err != nil {
		return nil, err
	}
	m := x.r.Metrics
	first := x.piece.from == 0
	if first {
		m.BilledBytes.Add(g.billed)
	}
	if g.excluded || spared(x.plan, index) {
		if first {
			m.RowGroupsPruned.Add(1)
		}
		g.close(m)
		return nil, nil
	}
	if x.piece.opened.read.CompareAndSwap(false, true) {
		m.FilesRead.Add(1)
	}
	if len(g.used) == 0 {
		return g, nil
	}
	for _, pass := range x.passes {
		pass.begin()
	}
	x.openAhead(ctx, early)
	return g, nil
}

// early are the fields that the passes read.
func (x *reader) early() []bool {
	early := make([]bool, len(x.r.Fields))
	for _, pass := range x.passes {
		if pass.active() {
			for _, c := range pass.cols {
				early[c] = true
			}
		}
	}
	return early
}

func (x *reader) endGroup() {
	if x.group != nil {
		x.group.close(x.r.Metrics)
		x.group = nil
	}
	x.sel, x.sent = rowset{}, 0
}

// Close implements vector.Source.
func (x *reader) Close() error {
	x.endGroup()
	x.piece = nil
	x.mem.close()
	return nil
}

// emit returns the next rows of the stripe.
func (x *reader) emit() (*vector.Batch, error) {
	rows, sel := x.take()
	x.batch = vector.Batch{Len: rows.len(), Sel: sel, Cols: x.batch.Cols[:0]}
	n := x.batch.Rows()
	x.rows += int64(n)
	x.r.Metrics.Rows.Add(int64(n))
	for i, field := range x.r.Output {
		if k := slices.Index(x.r.Output[:i], field); k >= 0 {
			x.batch.Cols = append(x.batch.Cols, x.batch.Cols[k])
			continue
		}
		col := x.group.cols[field]
		col.release(rows.from) // the batch before this one is not valid any more
		v, err := col.read(emitCursor, rows)
		if err != nil {
			return nil, err
		}
		x.batch.Cols = append(x.batch.Cols, v)
	}
	return &x.batch, nil
}

// expire ends the life of the last batch. What fixed-width columns show may be a page that is read again, and stays.
func (x *reader) expire() {
	if !vector.Invariants {
		return
	}
	old := vector.Batch{Sel: x.batch.Sel}
	for _, v := range x.batch.Cols {
		switch v.(type) {
		case *vector.Dict, *vector.Bytes, *vector.List:
			old.Cols = append(old.Cols, v)
		}
	}
	vector.Mangle(&old)
	x.batch.Sel, x.batch.Cols = nil, x.batch.Cols[:0]
}

// take cuts the rows of the next batch from the survivors. Where nearly all rows of a run survive, the batch holds the
// run and selects them; otherwise it is dense.
func (x *reader) take() (rowset, []uint32) {
	s := x.sel
	if s.rows == nil {
		from := s.from + x.sent
		to := min(from+x.limit, s.to)
		x.sent += to - from
		return rowset{from: from, to: to}, nil
	}
	rest := s.rows[x.sent:]
	first := rest[0]
	n := lowerBound(rest[:min(len(rest), x.limit)], first+uint32(x.limit))
	run := int(rest[n-1]-first) + 1
	if n*5 >= run*4 {
		x.sent += n
		out := rowset{from: int(first), to: int(first) + run}
		if n == run {
			return out, nil
		}
		x.relSel = extend(x.relSel[:0], n)
		for i, r := range rest[:n] {
			x.relSel[i] = r - first
		}
		out.loose = true
		return out, x.relSel
	}
	n = min(len(rest), x.limit)
	x.sent += n
	return s.listed(rest[:n]), nil
}
