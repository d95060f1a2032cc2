package lake

import (
	"context"
	"slices"

	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/exec/vector"
)

// reader adds to a format's batches the columns that are not in files, and applies the filters that need them.
type reader struct {
	s     *scan
	inner format.Reader
	// places says for each requested column where it is: i >= 0 in the format's output, else constant ^i.
	places []int
	// ordinals are the columns that are constant in a file, consts the vectors of the current one.
	ordinals []int
	consts   []vector.Const
	file     *file
	// owned is the file that this reader reads alone.
	owned   format.File
	filters []ownFilter
	batch   vector.Batch
}

// ownFilter is a filter over columns of both sorts.
type ownFilter struct {
	places []int
	match  connectors.Matcher
	cols   []vector.Vector
}

// NewReader implements connectors.Scan.
func (s *scan) NewReader() (connectors.Reader, error) {
	r := &reader{s: s, inner: s.format.NewReader(s.freq)}
	for _, c := range s.req.Columns {
		r.places = append(r.places, r.place(c))
	}
	for _, f := range s.own {
		o := ownFilter{match: f.NewMatcher(), cols: make([]vector.Vector, len(f.Columns))}
		for _, c := range f.Columns {
			o.places = append(o.places, r.place(c))
		}
		r.filters = append(r.filters, o)
	}
	r.consts = make([]vector.Const, len(r.ordinals))
	r.batch.Cols = make([]vector.Vector, len(r.places))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.readers != nil {
		s.readers[r] = struct{}{}
	}
	return r, nil
}

func (r *reader) place(ordinal int) int {
	if i := slices.Index(r.s.freq.Output, ordinal); i >= 0 {
		return i
	}
	i := slices.Index(r.ordinals, ordinal)
	if i < 0 {
		i = len(r.ordinals)
		r.ordinals = append(r.ordinals, ordinal)
	}
	return ^i
}

// Assign implements connectors.Reader.
func (r *reader) Assign(ctx context.Context, s connectors.Split) error {
	x, ok := s.(*split)
	if !ok {
		return errForeignSplit
	}
	r.release()
	if x.alone {
		r.owned = x.Split.File
	}
	if r.file != x.file {
		r.file = x.file
		for i, c := range r.ordinals {
			r.consts[i].Value = r.s.t.constant(c, x.file, r.s.set)
		}
	}
	return r.s.t.wrapFile(r.inner.Assign(ctx, x.Split), x.file)
}

// release gives back what was fetched of the split before.
func (r *reader) release() {
	r.s.fetcher.release(r.owned)
	r.owned = format.File{}
}

// Next implements vector.Source.
func (r *reader) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		b, err := r.inner.Next(ctx)
		if err != nil {
			return nil, r.s.t.wrapFile(err, r.file)
		}
		for i := range r.consts {
			r.consts[i].N = b.Len
		}
		before := b.Rows()
		sel, err := r.filter(ctx, b)
		if err != nil {
			return nil, r.s.t.wrap(err)
		}
		if len(r.filters) > 0 { // the format has counted all
			r.s.req.Metrics.Rows.Add(int64(len(sel) - before))
		}
		if sel != nil && len(sel) == 0 {
			continue
		}
		r.batch.Len, r.batch.Sel = b.Len, sel
		for i, p := range r.places {
			r.batch.Cols[i] = r.column(b, p)
		}
		return &r.batch, nil
	}
}

func (r *reader) column(b *vector.Batch, place int) vector.Vector {
	if place >= 0 {
		return b.Cols[place]
	}
	return &r.consts[^place]
}

func (r *reader) filter(ctx context.Context, b *vector.Batch) ([]uint32, error) {
	sel := b.Sel
	for i := range r.filters {
		if sel != nil && len(sel) == 0 {
			return sel, nil
		}
		f := &r.filters[i]
		for k, p := range f.places {
			f.cols[k] = r.column(b, p)
		}
		kept, err := f.match.Match(ctx, f.cols, b.Len, sel)
		if err != nil {
			return nil, err
		}
		sel = kept
	}
	return sel, nil
}

// Close implements vector.Source.
func (r *reader) Close() error {
	r.s.mu.Lock()
	delete(r.s.readers, r)
	r.s.mu.Unlock()
	r.release()
	return r.inner.Close()
}
