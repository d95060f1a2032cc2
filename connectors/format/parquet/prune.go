package parquet

import (
	"context"
	"slices"

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

// prune applies Bloom filters and column indexes to a row group, and adds up what is billed for it. Of a row group that is
// cut into several splits, each does the same and the first is billed, so that cutting changes nothing.
func (g *group) prune(ctx context.Context) (pruned, error) {
	p, index, r := g.plan, g.index, g.plan.r
	out := pruned{wanted: spans{{0, g.rows}}, pages: make([][]meta.PageLocation, len(r.Fields))}
	for i := range r.Filters {
		if g.covered[i] {
			continue
		}
		for j := range r.Filters[i].Predicates {
			pred := &r.Filters[i].Predicates[j]
			b := p.bound[pred.Column]
			if b == nil || !b.node.flat() {
				continue
			}
			excluded, read, err := p.f.bloomExcludes(ctx, g.src, index, b, pred)
			out.billed += read
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
			pred := &r.Filters[i].Predicates[j]
			if g.covered[i] {
				continue
			}
			if err := g.prunePages(ctx, pred.Column, func(b *bounds) bool { return b.excludes(pred) }, &out, seen); err != nil {
				return out, err
			}
		}
	}
	for i := range r.Dynamic {
		d := &r.Dynamic[i]
		set := d.Keys.Load()
		if !d.Await || set == nil || !slices.Contains(g.used, d.Column) {
			continue
		}
		if err := g.prunePages(ctx, d.Column, func(b *bounds) bool { return b.excludedBy(set) }, &out, seen); err != nil {
			return out, err
		}
	}
	if len(out.wanted) == 0 {
		out.excluded = true
		return out, nil
	}
	some := out.wanted.rows() < g.rows
	if some || g.piece.to > 0 {
		if err := g.locateAll(ctx, &out); err != nil {
			return out, err
		}
	}
	out.billed += g.billPages(&out, some, seen)
	return out, nil
}

// prunePages removes the rows of pages that a filter on a column excludes.
func (g *group) prunePages(ctx context.Context, column int, excludes func(*bounds) bool, out *pruned, seen map[indexKey]bool) error {
	p, index := g.plan, g.index
	b := p.bound[column]
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
		if excludes(&bounds) {
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

// billIndex bills an index once.
func (g *group) billIndex(k indexKey, n int64, out *pruned, seen map[indexKey]bool) {
	if !seen[k] {
		out.billed += n
	}
	seen[k] = true
}

// locateAll finds the pages of all columns of which only some are needed.
func (g *group) locateAll(ctx context.Context, out *pruned) error {
	p, index := g.plan, g.index
	for _, i := range g.used {
		b := p.bound[i]
		if b == nil || !b.node.flat() {
			continue
		}
		pages, err := p.f.offsets(ctx, g.src, index, b.node.leaf)
		if err != nil {
			return corrupt(place{url: p.f.url, group: index, column: b.node.path, page: -1}, err)
		}
		out.pages[i] = pages
	}
	return nil
}

// billPages adds up the stored bytes of what is read of a row group: of columns whose pages are known, when some of them
// are excluded, the wanted pages and the index that tells them apart; of others the whole chunk.
func (g *group) billPages(out *pruned, some bool, seen map[indexKey]bool) int64 {
	n := int64(0)
	columns := g.plan.f.meta.RowGroups[g.index].Columns
	for _, i := range g.used {
		b := g.plan.bound[i]
		if b == nil {
			continue
		}
		if pages := out.pages[i]; some && len(pages) > 0 {
			leaf := b.node.leaf
			g.billIndex(indexKey{group: g.index, leaf: leaf}, int64(columns[leaf].OffsetIndexLength), out, seen)
			n += g.billColumn(leaf, pages, out.wanted)
			continue
		}
		for _, l := range b.leaves(nil) {
			n += columns[l.leaf].Compressed
		}
	}
	return n
}

// billColumn adds up the wanted pages of a column and what comes before the first page, the dictionary.
func (g *group) billColumn(leaf int, pages []meta.PageLocation, wanted spans) int64 {
	off, _ := g.plan.f.meta.RowGroups[g.index].Columns[leaf].Range()
	n := pages[0].Offset - off
	for i := range pages {
		from, to := int(pages[i].FirstRow), g.rows
		if i+1 < len(pages) {
			to = int(pages[i+1].FirstRow)
		}
		if wanted.touches(from, to) {
			n += int64(pages[i].Size)
		}
	}
	return n
}
