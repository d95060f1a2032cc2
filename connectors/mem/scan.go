package mem

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"sync/atomic"

	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/vector"
)

// scan reads a table. Every batch is a split.
type scan struct {
	t   *Table
	req connectors.ScanRequest
	// left is how many rows may still be returned; unused without a limit.
	left atomic.Int64
}

// Scan implements connectors.Table.
func (t *Table) Scan(_ context.Context, req connectors.ScanRequest) (connectors.Scan, error) {
	s := &scan{t: t, req: req}
	s.left.Store(req.Limit)
	return s, nil
}

// Verdicts: every filter is applied.
func (s *scan) Verdicts() []connectors.Verdict {
	out := make([]connectors.Verdict, len(s.req.Filters))
	for i := range out {
		out[i] = connectors.Exact
	}
	return out
}

// LimitExact implements connectors.Scan: readers share a count.
func (s *scan) LimitExact() bool { return s.req.Limit > 0 }

// Estimate implements connectors.Scan.
func (s *scan) Estimate() connectors.Estimate {
	out := connectors.Estimate{Rows: -1, Bytes: 0, BytesExact: true}
	if len(s.req.Filters) == 0 {
		out.Rows = s.t.stats.Rows
		if s.req.Limit > 0 {
			out.Rows = min(out.Rows, float64(s.req.Limit))
		}
	}
	return out
}

// Explain implements connectors.Scan.
func (s *scan) Explain() []connectors.Property {
	return []connectors.Property{{Name: "Batches", Value: strconv.Itoa(len(s.t.batches))}}
}

// Close implements connectors.Scan.
func (s *scan) Close() error { return nil }

type split struct {
	t *Table
	i int
}

func (s split) String() string { return fmt.Sprintf("%s, batch %d", s.t.name, s.i) }

func (s split) Bytes() int64 { return 0 }

// Splits implements connectors.Scan.
func (s *scan) Splits(ctx context.Context) iter.Seq2[connectors.Split, error] {
	return func(yield func(connectors.Split, error) bool) {
		for _, d := range s.req.Dynamic {
			if d.Await {
				if _, err := d.Keys.Wait(ctx); err != nil {
					yield(nil, err)
					return
				}
			}
		}
		for i := range s.t.batches {
			if ctx.Err() != nil {
				yield(nil, context.Cause(ctx))
				return
			}
			if !yield(split{s.t, i}, nil) {
				return
			}
		}
	}
}

// NewReader implements connectors.Scan.
func (s *scan) NewReader() (connectors.Reader, error) {
	r := &reader{s: s, limit: vector.DefaultRows}
	if q := s.req.Query; q != nil && q.BatchRows > 0 {
		r.limit = q.BatchRows
	}
	for _, f := range s.req.Filters {
		r.filters = append(r.filters, filter{f.Columns, f.NewMatcher(), make([]vector.Vector, len(f.Columns))})
	}
	r.batch.Cols = make([]vector.Vector, len(s.req.Columns))
	return r, nil
}

type filter struct {
	columns []int
	matcher connectors.Matcher
	cols    []vector.Vector
}

// reader returns the rows of stored batches that pass.
type reader struct {
	s       *scan
	limit   int
	filters []filter
	// from is the batch under way, sel its rows that pass, at how many of them were returned.
	from  *vector.Batch
	sel   []uint32
	at    int
	spare []uint32
	out   []uint32
	batch vector.Batch
}

var errForeignSplit = errors.New("mem: a split of another table")

// Assign implements connectors.Reader.
func (r *reader) Assign(ctx context.Context, s connectors.Split) error {
	x, ok := s.(split)
	if !ok || x.t != r.s.t {
		return errForeignSplit
	}
	r.from, r.at, r.sel = r.s.t.batches[x.i], 0, r.sel[:0]
	each(r.from, func(row int) { r.sel = append(r.sel, uint32(row)) })
	for i := range r.filters {
		if len(r.sel) == 0 {
			return nil
		}
		f := &r.filters[i]
		for k, c := range f.columns {
			f.cols[k] = r.from.Cols[c]
		}
		kept, err := f.matcher.Match(ctx, f.cols, r.from.Len, r.sel)
		if err != nil {
			return err
		}
		r.sel = append(r.sel[:0], kept...)
	}
	for _, d := range r.s.req.Dynamic {
		if set := d.Keys.Load(); set != nil {
			r.spare = set.Match(r.from.Cols[d.Column], r.sel, r.spare[:0])
			r.sel, r.spare = r.spare, r.sel
		}
	}
	return nil
}

// Next implements vector.Source.
func (r *reader) Next(ctx context.Context) (*vector.Batch, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	n := r.grant(min(len(r.sel)-r.at, r.limit))
	if n == 0 {
		return nil, io.EOF
	}
	r.out = append(r.out[:0], r.sel[r.at:r.at+n]...)
	r.at += n
	r.batch.Len, r.batch.Sel = r.from.Len, r.out
	for i, c := range r.s.req.Columns {
		r.batch.Cols[i] = r.from.Cols[c]
	}
	if r.from.Len > r.limit {
		r.compact(n)
	}
	r.s.req.Metrics.Rows.Add(int64(n))
	return &r.batch, nil
}

// compact copies the selected rows: the stored batch is larger than the statement's batches may be.
func (r *reader) compact(n int) {
	for i, c := range r.batch.Cols {
		r.batch.Cols[i] = vector.CloneRows(c, r.out)
	}
	r.batch.Len, r.batch.Sel = n, nil
}

// grant takes up to n rows from what the limit leaves.
func (r *reader) grant(n int) int {
	if r.s.req.Limit == 0 || n == 0 {
		return n
	}
	left := r.s.left.Add(-int64(n))
	if left >= 0 {
		return n
	}
	return int(max(int64(n)+left, 0))
}

// Close implements vector.Source.
func (r *reader) Close() error {
	r.from, r.sel, r.at = nil, nil, 0
	return nil
}
