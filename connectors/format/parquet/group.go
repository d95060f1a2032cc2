package parquet

import (
	"cmp"
	"context"
	"slices"

	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
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

// group is a row group being read. It may be opened ahead of the reader that takes it over.
type group struct {
	plan   *plan
	src    format.File
	piece  *piece
	mem    *buffers
	index  int
	rows   int
	wanted spans
	// covered tells which filters all rows pass, by the statistics; used are the fields that the others and the output need.
	covered []bool
	used    []int
	cols    []column // by field ordinal; nil for fields that are not used
	late    []int    // fields that no pass reads
	begun   bool     // late columns
	stripe  int
	at      int
	rowBuf  []uint32
	ranges  []*objstore.RangeReader
	// billed is what the row group costs, excluded that nothing of it is to be read.
	billed   int64
	excluded bool
	// cancel ends the requests of a group that was opened ahead.
	cancel func()
}

// openGroup prunes a row group and begins to fetch it. early are the fields that are read first; if there are none, all
// are.
func openGroup(ctx context.Context, p *plan, src format.File, piece *piece, index int, early []bool, mem *buffers) (*group, error) {
	g := &group{plan: p, src: src, piece: piece, mem: mem, index: index, rows: int(p.f.meta.RowGroups[index].Rows)}
	for i := range p.r.Dynamic {
		if d := &p.r.Dynamic[i]; d.Await && p.excludedBy(index, d) {
			g.excluded = true // its splits were made before the keys were known
			return g, nil
		}
	}
	g.covered = p.covered(index)
	g.used = p.needed(g.covered)
	out, err := g.prune(ctx)
	if err != nil {
		return nil, err
	}
	g.billed, g.excluded = out.billed, out.excluded || spared(p, index)
	if g.excluded {
		return g, nil
	}
	g.wanted = out.wanted
	if piece.to > 0 {
		g.wanted = intersect(g.wanted, spans{{piece.from, min(piece.to, g.rows)}})
	}
	if len(g.wanted) == 0 {
		g.excluded = true
		return g, nil
	}
	g.at = g.wanted[0].from
	if len(g.used) == 0 {
		g.stripe = max(g.rows, 1)
		return g, nil
	}
	if err := g.openColumns(ctx, out, early); err != nil {
		g.close(nil)
		return nil, err
	}
	if err := g.fetchEarly(ctx); err != nil {
		g.close(nil)
		return nil, err
	}
	return g, nil
}

// spared reports whether a join filter that the scan does not wait for excludes the row group.
func spared(p *plan, index int) bool {
	for i := range p.r.Dynamic {
		if d := &p.r.Dynamic[i]; !d.Await && p.excludedBy(index, d) {
			return true
		}
	}
	return false
}

func (g *group) openColumns(ctx context.Context, out pruned, early []bool) error {
	g.cols = make([]column, len(g.plan.r.Fields))
	held := int64(1)
	for _, i := range g.used {
		col, err := g.openColumn(i)
		if err != nil {
			return err
		}
		g.cols[i] = col
		if early[i] {
			held += g.stored(g.plan.bound[i])
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
	return ctx.Err()
}

func (g *group) openColumn(field int) (column, error) {
	p, r := g.plan, g.plan.r
	b := p.bound[field]
	if b == nil {
		nulls := vector.NewBuilder(r.Fields[field].Type, 1)
		nulls.AppendNull()
		return &nullColumn{one: nulls.Build()}, nil
	}
	if !b.node.flat() {
		return newNestedColumn(p.f, g.index, b, g.mem)
	}
	c, err := newChunk(p.f, g.index, b, b.node, g.mem)
	if err != nil {
		return nil, err
	}
	if r.Query != nil && slices.Contains(r.Shared, field) {
		if s := sharedOf(r.Query); s != nil {
			key := chunkKey{file: keyOf(g.src), group: g.index, leaf: b.node.leaf, typ: r.Fields[field].Type.String()}
			c.store = s.chunk(key, r.Table.String()+"."+b.node.path)
		}
	}
	return newFlatColumn(c, r.Fields[field].Type), nil
}

// stored returns the decompressed size of a column in the row group.
func (g *group) stored(b *bound) int64 {
	if b == nil {
		return 0
	}
	n := int64(0)
	for _, l := range b.leaves(nil) {
		n += g.plan.f.meta.RowGroups[g.index].Columns[l.leaf].Uncompressed
	}
	return n
}

// fetchEarly begins to fetch the columns that are read first: those of the passes, or all if there are none.
func (g *group) fetchEarly(ctx context.Context) error {
	var fields []int
	for _, i := range g.used {
		if !slices.Contains(g.late, i) {
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
		pages, err := g.plan.f.offsets(ctx, g.src, g.index, c.leaf.leaf)
		if err != nil {
			return c.corrupt(-1, err)
		}
		c.locate(pages)
	}
	return nil
}

// fetch begins to fetch what reading the fields takes. Pieces of several columns come in the order of the rows.
func (g *group) fetch(ctx context.Context, fields []int, wanted rowFilter) error {
	type want struct {
		col    column
		ranges []objstore.Range
		index  []int
	}
	type piece struct {
		want, i int
		at      float64 // the share of its column's bytes that come before it
	}
	var wants []want
	var pieces []piece
	for _, i := range fields {
		ranges, err := g.cols[i].need(ctx, wanted)
		if err != nil {
			return err
		}
		if len(ranges) == 0 {
			continue
		}
		total, before := int64(1), int64(0)
		for _, r := range ranges {
			total += r.Len
		}
		for k, r := range ranges {
			pieces = append(pieces, piece{len(wants), k, float64(before) / float64(total)})
			before += r.Len
		}
		wants = append(wants, want{g.cols[i], ranges, make([]int, len(ranges))})
	}
	if len(pieces) == 0 {
		return nil
	}
	if g.plan.f.whole != nil {
		for _, w := range wants {
			w.col.attach(w.ranges, nil, nil)
		}
		return nil
	}
	slices.SortStableFunc(pieces, func(a, b piece) int { return cmp.Compare(a.at, b.at) })
	all := make([]objstore.Range, len(pieces))
	for n, p := range pieces {
		all[n] = wants[p.want].ranges[p.i]
		wants[p.want].index[p.i] = n
	}
	r := objstore.Ranges(ctx, g.src.Store, g.src.Object, all, g.rangeOptions())
	g.ranges = append(g.ranges, r)
	for _, w := range wants {
		w.col.attach(w.ranges, r, w.index)
	}
	return nil
}

func (g *group) rangeOptions() objstore.RangeOptions {
	o := objstore.RangeOptions{Alloc: func(n int64) []byte { return pooled(int(n)) }, Free: recycle}
	q := g.plan.r.Query
	if q == nil || q.Memory == nil {
		return o
	}
	o.Reserve, o.Release = q.Memory.Try, q.Memory.Release
	if limit := q.Memory.Limit(); limit > 0 {
		o.Budget = min(max(limit/8, 1<<20), 64<<20)
	}
	return o
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

// adopt makes g work with the memory of the reader that takes it over.
func (g *group) adopt(mem *buffers) {
	g.mem = mem
	for _, c := range g.cols {
		if c != nil {
			c.use(mem)
		}
	}
}

// close gives back all that g holds, and counts pages that were not needed.
func (g *group) close(m *connectors.Metrics) {
	for _, c := range g.cols {
		if c == nil {
			continue
		}
		if n := c.close(); m != nil {
			m.PagesPruned.Add(int64(n))
		}
	}
	for _, r := range g.ranges {
		r.Close()
	}
	g.cols, g.ranges = nil, nil
	if g.cancel != nil {
		g.cancel()
	}
}
