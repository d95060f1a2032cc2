package parquet

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/tarnsql/tarn/connectors/format"
)

// Format implements format.Format. The zero value is ready to use.
type Format struct{}

var _ format.Format = Format{}

// smallGroup is the size below which row groups that follow one another share a split, in stored bytes of the columns
// that the scan reads.
const smallGroup = 1 << 20

// A row group of which all columns have an offset index is cut into several splits when it is this large, or smaller if
// the file has too few row groups to keep the workers busy. A part has at least cutRows rows.
const (
	cutBytes  = 64 << 20
	cutIdle   = 4 << 20
	cutRows   = 128 << 10
	busyParts = 2 // splits for each worker
)

// piece is the Part of a Parquet split: some row groups, or some rows of one.
type piece struct {
	file   *file
	groups []int
	// from and to are the rows of the only row group; to is 0 for all of them.
	from, to int
	opened   *fileScan
	// number is the piece's place in opened.pieces.
	number int
}

// fileScan is shared by the splits of a file in one scan.
type fileScan struct {
	// read says that data of the file was read.
	read atomic.Bool
	// pieces are the splits of the file, in order.
	pieces []*piece

	mu sync.Mutex
	// begun are the row groups that a reader has begun or that are opened ahead.
	begun map[slot]*ahead
	// pending and pendingBytes are the row groups that are opened ahead and not taken, and their stored size.
	pending      int
	pendingBytes int64
	// closing says that the query's end will close what is in begun.
	closing bool
}

// Splits implements format.Format: row groups that statistics exclude are not in any split.
func (Format) Splits(ctx context.Context, r *format.Request, src format.File) (out []format.Split, err error) {
	defer func() { err = inTable(err, r.Table) }()
	f, err := openFile(ctx, src)
	if err != nil {
		return nil, err
	}
	m := r.Metrics
	m.BilledBytes.Add(f.footer)
	m.RowGroupsTotal.Add(int64(len(f.meta.RowGroups)))
	p, err := newPlan(f, r)
	if err != nil {
		return nil, err
	}
	var kept []int
	rows := int64(0)
	for g := range f.meta.RowGroups {
		if f.meta.RowGroups[g].Rows == 0 || p.excluded(g) {
			m.RowGroupsPruned.Add(1)
			continue
		}
		if r.Limit == 0 || len(r.Filters) > 0 || rows < r.Limit { // else the row groups before hold enough rows
			kept = append(kept, g)
		}
		rows += f.meta.RowGroups[g].Rows
	}
	if rows == 0 && len(f.meta.RowGroups) > 0 {
		m.FilesPruned.Add(1)
	}
	s := splitter{plan: p, src: src, opened: &fileScan{begun: map[slot]*ahead{}}, cutBytes: cutBytes}
	if r.Query != nil && len(kept) < busyParts*r.Query.Workers {
		s.cutBytes = cutIdle
	}
	for _, g := range kept {
		if err := s.add(ctx, g); err != nil {
			return nil, err
		}
	}
	s.flush()
	return s.out, nil
}

// splitter puts row groups into splits.
type splitter struct {
	plan   *plan
	src    format.File
	opened *fileScan
	groups []int
	size   int64
	out    []format.Split
	// cutBytes is the size from which row groups are cut.
	cutBytes int64
}

func (s *splitter) add(ctx context.Context, g int) error {
	size := s.plan.stored(g)
	if size >= s.cutBytes && s.plan.f.meta.RowGroups[g].Rows >= 2*cutRows {
		cut, err := s.cut(ctx, g, size)
		if cut || err != nil {
			return err
		}
	}
	if size >= smallGroup {
		s.flush()
	}
	s.groups = append(s.groups, g)
	s.size += size
	if s.size >= smallGroup {
		s.flush()
	}
	return nil
}

func (s *splitter) flush() {
	if len(s.groups) > 0 {
		s.put(&piece{file: s.plan.f, groups: s.groups, opened: s.opened}, s.size)
	}
	s.groups, s.size = nil, 0
}

func (s *splitter) put(p *piece, size int64) {
	p.number = len(s.opened.pieces)
	s.opened.pieces = append(s.opened.pieces, p)
	s.out = append(s.out, format.Split{File: s.src, From: 0, To: s.src.Object.Size, Part: p, Size: size})
}

// cut divides a big row group at the page boundaries of its widest column, if all columns have an offset index.
func (s *splitter) cut(ctx context.Context, g int, size int64) (bool, error) {
	cols := s.plan.f.meta.RowGroups[g].Columns
	widest := -1
	for _, leaf := range s.plan.leaves {
		if cols[leaf.leaf].OffsetIndexLength <= 0 || leaf.rep > 0 || leaf.def > 1 {
			return false, nil
		}
		if widest < 0 || cols[leaf.leaf].Compressed > cols[widest].Compressed {
			widest = leaf.leaf
		}
	}
	if widest < 0 {
		return false, nil
	}
	pages, err := s.plan.f.offsets(ctx, s.src, g, widest)
	if err != nil {
		return false, corrupt(place{url: s.plan.f.url, group: g, column: s.plan.f.leaves[widest].path, page: -1}, err)
	}
	if len(pages) == 0 {
		return false, nil // an index that says nothing
	}
	s.flush()
	rows := int(s.plan.f.meta.RowGroups[g].Rows)
	parts := min(rows/cutRows, int(size/(s.cutBytes/2)))
	from := 0
	for i, p := range pages {
		first := int(p.FirstRow)
		last := i+1 == len(pages)
		if first-from >= rows/parts && rows-first >= cutRows/2 {
			s.put(&piece{file: s.plan.f, groups: []int{g}, from: from, to: first, opened: s.opened}, size*int64(first-from)/int64(rows))
			from = first
		}
		if last {
			s.put(&piece{file: s.plan.f, groups: []int{g}, from: from, to: rows, opened: s.opened}, size*int64(rows-from)/int64(rows))
		}
	}
	return true, nil
}

// NewReader implements format.Format.
func (Format) NewReader(r *format.Request) format.Reader { return newReader(r) }
