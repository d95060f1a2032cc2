package lake

import (
	"context"
	"errors"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/vector"
)

// choosePartitions applies the filters over partition keys to all partitions at once. A filter that fails for a partition
// (a division by zero, say) is left to the reader: the partition may have no row.
func (s *scan) choosePartitions(ctx context.Context, p *places) error {
	if len(s.t.def.Keys) == 0 {
		return nil
	}
	var set *catalog.PartitionSet
	var err error
	if projected(s.t.def) {
		set, s.total, err = s.project(ctx, p.partition)
	} else if set, err = s.t.snap.Partitions(ctx, s.t.def); err == nil {
		s.total = int64(len(set.List))
	}
	if err != nil {
		return err
	}
	s.set = set
	s.selected = allRows(len(set.List))
	for _, f := range p.partition {
		cols := make([]vector.Vector, len(f.Columns))
		for i, c := range f.Columns {
			cols[i] = set.Keys[c-s.t.fileColumns()]
		}
		kept, err := match(ctx, f, cols, len(set.List), s.selected)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			p.mixed = append(p.mixed, f)
			continue
		}
		s.selected = kept
	}
	return nil
}

func allRows(n int) []uint32 {
	rows := make([]uint32, n)
	for i := range rows {
		rows[i] = uint32(i)
	}
	return rows
}

// match returns the rows of sel that pass, in memory of their own.
func match(ctx context.Context, f connectors.Filter, cols []vector.Vector, n int, sel []uint32) ([]uint32, error) {
	if len(sel) == 0 {
		return sel, nil
	}
	kept, err := f.NewMatcher().Match(ctx, cols, n, sel)
	if err != nil {
		return nil, err
	}
	return append(make([]uint32, 0, len(kept)), kept...), nil
}

// chooseFiles lists, and applies the filters over hidden columns to all files at once.
func (s *scan) chooseFiles(ctx context.Context, p *places) (err error) {
	if s.set == nil {
		s.files, err = s.t.listAll(ctx, s.req.Metrics)
	} else {
		s.files, err = s.t.listPartitions(ctx, s.req.Metrics, s.set, s.selected)
	}
	if err != nil {
		return err
	}
	for _, f := range p.perFile {
		kept, err := match(ctx, f, s.fileVectors(f.Columns), len(s.files), allRows(len(s.files)))
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			p.mixed = append(p.mixed, f)
			continue
		}
		files := make([]file, len(kept))
		for i, r := range kept {
			files[i] = s.files[r]
		}
		s.files = files
	}
	for i := range s.files {
		s.bytes += s.files[i].Object.Size
	}
	return nil
}

// fileVectors returns columns that are not in files, with a row for each file.
func (s *scan) fileVectors(ordinals []int) []vector.Vector {
	out := make([]vector.Vector, len(ordinals))
	for i, c := range ordinals {
		b := vector.NewBuilder(s.t.columns[c].Type, len(s.files))
		for k := range s.files {
			b.AppendValue(s.t.valueOf(c, &s.files[k], s.set))
		}
		out[i] = b.Build()
	}
	return out
}

// joinKeys waits for the join keys over partition columns that are worth it.
func (s *scan) joinKeys(ctx context.Context) error {
	for _, d := range s.dynamic {
		if d.Await {
			if _, err := d.Keys.Wait(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// excluder tests partitions against the join keys that are known by now.
type excluder struct {
	s    *scan
	sets []*connectors.KeySet
	// in has a bit for each partition that can match.
	in vector.Bitmap
}

// excludes reports whether no row of a partition can be in a join's result.
func (e *excluder) excludes(partition int) bool {
	if partition < 0 || len(e.s.dynamic) == 0 {
		return false
	}
	if e.sets == nil {
		e.sets = make([]*connectors.KeySet, len(e.s.dynamic))
		e.in = vector.NewBitmap(len(e.s.set.List))
		e.in.Fill(len(e.s.set.List))
	}
	for i, d := range e.s.dynamic {
		if e.sets[i] != nil {
			continue
		}
		if e.sets[i] = d.Keys.Load(); e.sets[i] != nil {
			rows := e.sets[i].Match(e.s.set.Keys[d.Column-e.s.t.fileColumns()], nil, nil)
			in := vector.NewBitmap(len(e.s.set.List))
			for _, r := range rows {
				in.Set(int(r))
			}
			e.in.And(in)
		}
	}
	return !e.in.Get(partition)
}

var errForeignSplit = errors.New("lake: a split of another scan")
