package parquet

import (
	"context"

	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/format/parquet/meta"
)

type indexKey struct {
	group, leaf int
	column      bool
}

// pageIndex is the offset index or the column index of a chunk.
type pageIndex struct {
	pages   []meta.PageLocation
	stats   []meta.Stats
	allNull []bool
	err     error
}

// offsets returns where the pages of a chunk are, and nil when the file does not say.
func (f *file) offsets(ctx context.Context, src format.File, group, leaf int) ([]meta.PageLocation, error) {
	m := &f.meta.RowGroups[group].Columns[leaf]
	if m.OffsetIndexLength <= 0 {
		return nil, nil
	}
	x, err := f.index(ctx, src, indexKey{group: group, leaf: leaf}, m.OffsetIndexOffset, int64(m.OffsetIndexLength), func(b []byte) *pageIndex {
		off, n := m.Range()
		pages, err := meta.ParseOffsetIndex(b, off, off+n, f.meta.RowGroups[group].Rows)
		return &pageIndex{pages: pages, err: err}
	})
	if err != nil {
		return nil, err
	}
	return x.pages, x.err
}

// pageStats returns the statistics of the pages of a chunk, and nil when the file has none.
func (f *file) pageStats(ctx context.Context, src format.File, group, leaf int) (*pageIndex, error) {
	m := &f.meta.RowGroups[group].Columns[leaf]
	if m.ColumnIndexLength <= 0 {
		return nil, nil
	}
	x, err := f.index(ctx, src, indexKey{group: group, leaf: leaf, column: true}, m.ColumnIndexOffset, int64(m.ColumnIndexLength), func(b []byte) *pageIndex {
		stats, allNull, err := meta.ParseColumnIndex(b)
		return &pageIndex{stats: stats, allNull: allNull, err: err}
	})
	if err != nil {
		return nil, err
	}
	return x, x.err
}

// index reads an index once.
func (f *file) index(ctx context.Context, src format.File, key indexKey, off, n int64, parse func([]byte) *pageIndex) (*pageIndex, error) {
	f.mu.Lock()
	x := f.indexes[key]
	f.mu.Unlock()
	if x != nil {
		return x, nil
	}
	b, err := f.read(ctx, src.Store, src.Object, off, n)
	if err != nil {
		return nil, err
	}
	x = parse(append([]byte(nil), b...))
	f.mu.Lock()
	defer f.mu.Unlock()
	if old := f.indexes[key]; old != nil {
		return old, nil
	}
	f.indexes[key] = x
	footers.grew(f, keyOf(src), n*4)
	return x, nil
}
