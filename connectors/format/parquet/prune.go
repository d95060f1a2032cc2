package parquet

import (
	"context"

	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format/parquet/meta"
)

// pruned is what the filters leave of a row group before any of its data is read.
type pruned struct {
	excluded bool
	wanted   spans
	billed   int64
	// pages are, by field ordinal, the pages of the columns when only some rows are wanted.
	pages [][]meta.PageLocation
}

// prune applies Bloom filters and column indexes to rows of a row group, and adds up what is billed for it.
func (g *group) prune(ctx context.Context) (pruned, error) {
	p, index, r := g.plan, g.index, g.plan.r
	out := pruned{wanted: g.wanted, pages: make([][]meta.PageLocation, len(r.Fields))}
	cut := g.piece.to > 0
	for i := range r.Filters {
		for j := range r.Filters[i].Predicates {
			pred := &r.Filters[i].Predicates[j]
			b := p.bound[pred.Column]
			if b == nil || !b.node.flat() {
				continue
			}
			excluded, read, err := p.f.bloomExcludes(ctx, g.src, index, b, pred)
			if !cut || g.piece.from == 0 {
				out.billed += read
			}
			if err != nil {
				return out, corrupt(place{url: p.f.url, group: index, column: b.node.path, page: -1}, err)
			}
			if excluded {
				out.excluded = true
				return out, nil
			}
		}
	}
	seen := map[indexKey]bool{}
	for i := range r.Filters {
		for j := range r.Filters[i].Predicates {
			if err := g.prunePages(ctx, &r.Filters[i].Predicates[j], &out, seen); err != nil {
				return out, err
			}
		}
	}
	if len(out.wanted) == 0 {
		out.excluded = true
		return out, nil
	}
	if out.wanted.rows() < int(p.f.meta.RowGroups[index].Rows) {
		if err := g.locateAll(ctx, &out, seen); err != nil {
			return out, err
		}
	}
	out.billed += g.billPages(&out, cut)
	return out, nil
}

// prunePages removes the rows of pages that a predicate excludes.
func (g *group) prunePages(ctx context.Context, pred *connectors.Predicate, out *pruned, seen map[indexKey]bool) error {
	p, index := g.plan, g.index
	b := p.bound[pred.Column]
	if b == nil || !b.node.flat() {
		return nil
	}
	leaf := b.node.leaf
	m := &p.f.meta.RowGroups[index].Columns[leaf]
	if m.ColumnIndexLength <= 0 || m.OffsetIndexLength <= 0 {
		return nil
	}
	at := place{url: p.f.url, group: index, column: b.node.path, page: -1}
	stats, err := p.f.pageStats(ctx, g.src, index, leaf)
	if err != nil {
		return corrupt(at, err)
	}
	g.billIndex(indexKey{group: index, leaf: leaf, column: true}, int64(m.ColumnIndexLength), out, seen)
	if len(stats.stats) < 2 {
		return nil
	}
	pages, err := p.f.offsets(ctx, g.src, index, leaf)
	if err != nil {
		return corrupt(at, err)
	}
	g.billIndex(indexKey{group: index, leaf: leaf}, int64(m.OffsetIndexLength), out, seen)
	if len(pages) != len(stats.stats) {
		return nil // the indexes do not belong together: do without
	}
	var left spans
	rows := int(p.f.meta.RowGroups[index].Rows)
	for i := range pages {
		from, to := int(pages[i].FirstRow), rows
		if i+1 < len(pages) {
			to = int(pages[i+1].FirstRow)
		}
		bounds := p.f.boundsOf(b, &stats.stats[i], int64(to-from))
		if stats.allNull[i] {
			bounds.nulls = bounds.rows
		}
		if bounds.excludes(pred) {
			continue
		}
		if k := len(left) - 1; k >= 0 && left[k].to == from {
			left[k].to = to
		} else {
			left = append(left, span{from, to})
		}
	}
	out.wanted = intersect(out.wanted, left)
	return nil
}

// billIndex bills an index once for each row group; of a row group that is cut, the first part pays.
func (g *group) billIndex(k indexKey, n int64, out *pruned, seen map[indexKey]bool) {
	if !seen[k] && (g.piece.to == 0 || g.piece.from == 0) {
		out.billed += n
	}
	seen[k] = true
}

// locateAll finds the pages of all columns of which only some are needed.
func (g *group) locateAll(ctx context.Context, out *pruned, seen map[indexKey]bool) error {
	p, index := g.plan, g.index
	for _, i := range p.used {
		b := p.bound[i]
		if b == nil || !b.node.flat() {
			continue
		}
		m := &p.f.meta.RowGroups[index].Columns[b.node.leaf]
		pages, err := p.f.offsets(ctx, g.src, index, b.node.leaf)
		if err != nil {
			return corrupt(place{url: p.f.url, group: index, column: b.node.path, page: -1}, err)
		}
		if len(pages) > 0 {
			g.billIndex(indexKey{group: index, leaf: b.node.leaf}, int64(m.OffsetIndexLength), out, seen)
		}
		out.pages[i] = pages
	}
	return nil
}

// billPages adds up the stored bytes of what is read of a row group.
func (g *group) billPages(out *pruned, cut bool) int64 {
	p, index := g.plan, g.index
	n := int64(0)
	for _, i := range p.used {
		b := p.bound[i]
		if b == nil {
			continue
		}
		if pages := out.pages[i]; len(pages) > 0 {
			n += g.billColumn(b.node.leaf, pages, out.wanted, cut)
			continue
		}
		if cut && g.piece.from > 0 {
			continue
		}
		for _, l := range b.leaves(nil) {
			n += p.f.meta.RowGroups[index].Columns[l.leaf].Compressed
		}
	}
	return n
}

// billColumn adds up the wanted pages of a column and what comes before them. Of a row group that is cut, a page is billed
// to the part in which it begins.
func (g *group) billColumn(leaf int, pages []meta.PageLocation, wanted spans, cut bool) int64 {
	m := &g.plan.f.meta.RowGroups[g.index].Columns[leaf]
	off, _ := m.Range()
	n := int64(0)
	if !cut || g.piece.from == 0 {
		n = pages[0].Offset - off
	}
	for i := range pages {
		from, to := int(pages[i].FirstRow), g.rows
		if i+1 < len(pages) {
			to = int(pages[i+1].FirstRow)
		}
		if cut && (from < g.piece.from || from >= g.piece.to) {
			continue
		}
		if wanted.touches(from, to) {
			n += int64(pages[i].Size)
		}
	}
	return n
}
