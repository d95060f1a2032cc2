package parquet

import (
	"context"

	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/exec/vector"
)

// The rows of a stripe: enough to fetch and filter with little overhead, few enough that what two cursors hold of it
// stays small.
const (
	maxStripe = 128 << 10
	minStripe = 8 << 10
	// stripeBytes is about how many decompressed bytes of columns that are both filtered and returned a stripe holds.
	stripeBytes = 32 << 20
)

// group is a row group being read.
type group struct {
	x      *reader
	index  int
	rows   int
	wanted spans
	cols   []column // by field ordinal; nil for fields that are not used
	late   []int    // fields that no pass reads
	begun  bool     // late columns
	stripe int
	at     int
	rowBuf []uint32
	ranges []*objstore.RangeReader
}

// openGroup prunes a row group, bills it, and begins to fetch it. A nil group has nothing to be read.
func (x *reader) openGroup(ctx context.Context, index int) (*group, error) {
	p := x.plan
	g := &group{x: x, index: index, rows: int(p.f.meta.RowGroups[index].Rows)}
	g.wanted = spans{{0, g.rows}}
	if x.piece.to > 0 {
		g.wanted = spans{{x.piece.from, min(x.piece.to, g.rows)}}
	}
	out, err := x.prune(ctx, index, g.wanted)
	if err != nil {
		return nil, err
	}
	m := x.r.Metrics
	m.BilledBytes.Add(out.billed)
	if out.excluded {
		m.RowGroupsPruned.Add(1)
		return nil, nil
	}
	if x.spared(index) {
		m.RowGroupsPruned.Add(1)
		return nil, nil
	}
	g.wanted = out.wanted
	if len(p.used) == 0 {
		g.stripe = g.rows
		return g, nil
	}
	if x.piece.opened.read.CompareAndSwap(false, true) {
		m.FilesRead.Add(1)
	}
	if err := g.openColumns(ctx, out); err != nil {
		g.close(m)
		return nil, err
	}
	for _, pass := range x.passes {
		pass.begin()
	}
	if err := g.fetchEarly(ctx); err != nil {
		g.close(m)
		return nil, err
	}
	return g, nil
}

// spared reports whether a join filter that the scan does not wait for excludes the row group.
func (x *reader) spared(index int) bool {
	for i := range x.r.Dynamic {
		if d := &x.r.Dynamic[i]; !awaits(d) && x.plan.excludedBy(index, d) {
			return true
		}
	}
	return false
}

func (g *group) openColumns(ctx context.Context, out pruned) error {
	x, p := g.x, g.x.plan
	g.cols = make([]column, len(x.r.Fields))
	early := make([]bool, len(x.r.Fields))
	for _, pass := range x.passes {
		if pass.active() {
			for _, c := range pass.cols {
				early[c] = true
			}
		}
	}
	held := int64(1)
	for _, i := range p.used {
		col, err := g.openColumn(i)
		if err != nil {
			return err
		}
		g.cols[i] = col
		if early[i] {
			held += g.stored(p.bound[i])
		} else {
			g.late = append(g.late, i)
		}
		if c, ok := col.(*flatColumn); ok && len(out.pages[i]) > 0 {
			c.locate(out.pages[i])
		}
	}
	g.stripe = maxStripe
	if n := int64(g.rows) * stripeBytes / held; n < maxStripe {
		g.stripe = max(minStripe, int(n))
	}
	g.at = g.wanted[0].from
	return ctx.Err()
}

func (g *group) openColumn(field int) (column, error) {
	x := g.x
	b := x.plan.bound[field]
	if b == nil {
		nulls := vector.NewBuilder(x.r.Fields[field].Type, 1)
		nulls.AppendNull()
		return &nullColumn{one: nulls.Build()}, nil
	}
	if !b.node.flat() {
		return newNestedColumn(x.plan.f, g.index, b, x.mem)
	}
	c, err := newChunk(x.plan.f, g.index, b, b.node, x.mem)
	if err != nil {
		return nil, err
	}
	if x.r.Query != nil && contains(x.r.Shared, field) {
		if s := sharedOf(x.r.Query); s != nil {
			key := chunkKey{file: keyOf(x.src), group: g.index, leaf: b.node.leaf, typ: x.r.Fields[field].Type.String()}
			c.store = s.chunk(key, key.file.url[:0]+b.node.path)
		}
	}
	return newFlatColumn(c, x.r.Fields[field].Type), nil
}

// stored returns the decompressed size of a column in the row group.
func (g *group) stored(b *bound) int64 {
	if b == nil {
		return 0
	}
	n := int64(0)
	for _, l := range b.leaves(nil) {
		n += g.x.plan.f.meta.RowGroups[g.index].Columns[l.leaf].Uncompressed
	}
	return n
}

// fetchEarly begins to fetch the columns that are read first: those of the passes, or all if there are none.
func (g *group) fetchEarly(ctx context.Context) error {
	var fields []int
	for _, i := range g.x.plan.used {
		if !contains(g.late, i) {
			fields = append(fields, i)
		}
	}
	if len(fields) == 0 {
		g.begun = true
		fields = g.late
	}
	return g.fetch(ctx, fields, g.wanted)
}

// fetchLate fetches the other columns for the rows that survived.
func (g *group) fetchLate(ctx context.Context, sel rowset) error {
	if !g.begun {
		g.begun = true
		if err := g.locateLate(ctx, sel); err != nil {
			return err
		}
	}
	return g.fetch(ctx, g.late, sel)
}

// lateBytes is the size from which a column that few rows are left of is read page by page.
const lateBytes = 512 << 10

// locateLate looks up the pages of big columns when a small part of the stripe survived the passes.
func (g *group) locateLate(ctx context.Context, sel rowset) error {
	if sel.len()*8 > g.stripe {
		return nil
	}
	for _, i := range g.late {
		c, ok := g.cols[i].(*flatColumn)
		if !ok || c.indexed || c.end-c.off < lateBytes {
			continue
		}
		pages, err := g.x.plan.f.offsets(ctx, g.x.src, g.index, c.leaf.leaf)
		if err != nil {
			return c.corrupt(-1, err)
		}
		c.locate(pages)
	}
	return nil
}

func (g *group) fetch(ctx context.Context, fields []int, wanted rowFilter) error {
	type want struct {
		col    column
		ranges []objstore.Range
	}
	var wants []want
	var all []objstore.Range
	for _, i := range fields {
		ranges, err := g.cols[i].need(ctx, wanted)
		if err != nil {
			return err
		}
		if len(ranges) > 0 {
			wants = append(wants, want{g.cols[i], ranges})
			all = append(all, ranges...)
		}
	}
	if len(all) == 0 {
		return nil
	}
	o := objstore.RangeOptions{}
	if q := g.x.r.Query; q != nil && q.Memory != nil {
		o.Reserve, o.Release = q.Memory.Try, q.Memory.Release
	}
	r := objstore.Ranges(ctx, g.x.src.Store, g.x.src.Object, all, o)
	g.ranges = append(g.ranges, r)
	first := 0
	for _, w := range wants {
		w.col.attach(w.ranges, r, first)
		first += len(w.ranges)
	}
	return nil
}

// nextStripe returns the wanted rows of the next stripe, which may be none.
func (g *group) nextStripe() (rowset, bool) {
	end := g.wanted[len(g.wanted)-1].to
	if g.at >= end {
		return rowset{}, false
	}
	for _, c := range g.cols {
		if c != nil {
			c.release(g.at)
		}
	}
	from := g.at
	g.at = min(from+g.stripe, end)
	s := within(g.wanted, from, g.at, g.rowBuf)
	if s.rows != nil {
		g.rowBuf = s.rows
	}
	return s, true
}

func (g *group) close(m *connectors.Metrics) {
	for _, c := range g.cols {
		if c != nil {
			m.PagesPruned.Add(int64(c.close()))
		}
	}
	for _, r := range g.ranges {
		r.Close()
	}
	g.cols, g.ranges = nil, nil
}
