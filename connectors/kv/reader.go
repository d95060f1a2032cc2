package kv

import (
	"bytes"
	"context"
	"io"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func valueList(v schema.Value) []schema.Value { return []schema.Value{v} }

// reader walks key ranges: one iterator over the rows, one over each family, side by side in the order of row keys.
type reader struct {
	scan     *scan
	columns  []int // ordinals that are built, ascending: those of the request and of its filters
	place    []int // place[i] is where ordinal i is in columns, -1 when it is not built
	builders []*vector.Builder
	keyOut   []*vector.Builder
	decoder  keyDecoder
	matchers []connectors.Matcher
	args     [][]vector.Vector

	rows     *pebble.Iterator
	rowBase  int
	families []*familyReader
	ranges   []keyRange
	current  int
	fresh    bool // the current range has not been sought
	batch    vector.Batch
	left     int64 // rows still wanted; negative: all
	bytes    int64
}

// familyReader reads the cells of one family.
type familyReader struct {
	it     *pebble.Iterator
	prefix []byte
	seek   []byte
	// cells are the builders of single cells by qualifier; all is that of the whole family, or nil.
	cells map[string]int // index into builders
	all   *vector.Builder
}

func newReader(s *scan) (*reader, error) {
	r := &reader{scan: s, left: -1, decoder: keyDecoder{columns: s.table.def.Key}}
	if s.req.Limit > 0 {
		r.left = s.req.Limit
	}
	total := len(s.table.def.Key) + len(s.table.def.Columns)
	r.place = make([]int, total)
	for i := range r.place {
		r.place[i] = -1
	}
	need := slices.Clone(s.req.Columns)
	for _, f := range s.req.Filters {
		need = append(need, f.Columns...)
		r.matchers = append(r.matchers, f.NewMatcher())
		r.args = append(r.args, make([]vector.Vector, len(f.Columns)))
	}
	slices.Sort(need)
	r.columns = slices.Compact(need)
	all := s.table.def.columns()
	for i, c := range r.columns {
		r.place[c] = i
		r.builders = append(r.builders, vector.NewBuilder(all[c].Type, 64))
	}
	r.keyOut = make([]*vector.Builder, len(s.table.def.Key))
	for i := range r.keyOut {
		if at := r.place[i]; at >= 0 {
			r.keyOut[i] = r.builders[at]
		}
	}
	err := r.open()
	return r, err
}

func (r *reader) open() error {
	t := r.scan.table
	snap := t.connector.snapshot(t.query)
	prefix := rowPrefix(t.def.Name)
	r.rowBase = len(prefix)
	var err error
	if r.rows, err = snap.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: successor(prefix)}); err != nil {
		return t.connector.store.fault(err)
	}
	for _, name := range r.scan.families {
		f := &familyReader{prefix: familyPrefix(t.def.Name, name), cells: map[string]int{}}
		for i, c := range t.def.Columns {
			at := r.place[len(t.def.Key)+i]
			switch {
			case c.Family != name:
			case c.Qualifier != "*":
				f.cells[c.Qualifier] = at
			case at >= 0:
				f.all = r.builders[at]
			}
		}
		if f.it, err = snap.NewIter(&pebble.IterOptions{LowerBound: f.prefix, UpperBound: successor(f.prefix)}); err != nil {
			return t.connector.store.fault(err)
		}
		r.families = append(r.families, f)
	}
	return nil
}

// Assign begins a split.
func (r *reader) Assign(_ context.Context, s connectors.Split) error {
	sp, ok := s.(split)
	if !ok {
		return sqlerr.New(sqlerr.InternalError, "split %v is not of a key-value table", s)
	}
	r.ranges, r.current, r.fresh = sp.ranges, 0, true
	return nil
}

// Next returns the next rows of the split.
func (r *reader) Next(ctx context.Context) (*vector.Batch, error) {
	want := r.scan.req.Query.BatchRows
	if want <= 0 {
		want = vector.DefaultRows
	}
	vector.Mangle(&r.batch)
	for r.left != 0 {
		n, err := r.fill(ctx, want)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			break
		}
		b, err := r.emit(ctx, n)
		if err != nil || b != nil {
			return b, err
		}
	}
	return nil, io.EOF
}

// fill builds up to want rows and returns how many there were.
func (r *reader) fill(ctx context.Context, want int) (int, error) {
	n := 0
	for n < want && r.current < len(r.ranges) {
		if n&255 == 0 && ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		key, ok, err := r.nextKey()
		if err != nil {
			return 0, err
		}
		if !ok {
			r.current++
			r.fresh = true
			continue
		}
		if err := r.row(key, n); err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// nextKey moves to the next row of the current range.
func (r *reader) nextKey() ([]byte, bool, error) {
	rg := r.ranges[r.current]
	switch {
	case r.fresh:
		r.fresh = false
		r.scan.req.Metrics.Lookups.Add(1)
		seek := append(rowPrefix(r.scan.table.def.Name), rg.start...)
		r.rows.SeekGE(seek)
	case rg.point:
		return nil, false, nil
	default:
		r.rows.Next()
	}
	if !r.rows.Valid() {
		return nil, false, r.iterError(r.rows)
	}
	key := r.rows.Key()[r.rowBase:]
	if rg.point && !bytes.Equal(key, rg.start) || !rg.point && rg.stop != nil && bytes.Compare(key, rg.stop) >= 0 {
		return nil, false, nil
	}
	return key, true, nil
}

func (r *reader) iterError(it *pebble.Iterator) error {
	if err := it.Error(); err != nil {
		return r.scan.table.connector.store.fault(err)
	}
	return nil
}

// row appends one row, which is number n of the batch.
func (r *reader) row(key []byte, n int) error {
	r.scan.req.Metrics.KeysRead.Add(1)
	r.scan.table.connector.store.read.Add(1)
	r.bytes += int64(len(key))
	if err := r.decoder.decode(key, r.keyOut); err != nil {
		return sqlerr.As(err).WithContext("table %s", r.scan.table.Name())
	}
	for _, f := range r.families {
		if err := r.cells(f, key, n); err != nil {
			return err
		}
	}
	for i, c := range r.columns {
		if c >= len(r.keyOut) && r.builders[i].Len() == n {
			r.builders[i].AppendNull()
		}
	}
	return nil
}

// cells appends the cells that a family has of a row. Iterators only move forward.
func (r *reader) cells(f *familyReader, key []byte, n int) error {
	f.seek = append(append(append(f.seek[:0], f.prefix...), key...), 0)
	if !f.it.Valid() || bytes.Compare(f.it.Key(), f.seek) < 0 {
		f.it.SeekGE(f.seek)
	}
	var pairs []schema.Value
	for ; f.it.Valid() && bytes.HasPrefix(f.it.Key(), f.seek); f.it.Next() {
		row, qualifier, ok := splitCellKey(f.it.Key()[len(f.prefix):])
		if !ok || !bytes.Equal(row, key) {
			continue
		}
		value, err := f.it.ValueAndErr()
		if err != nil {
			return r.scan.table.connector.store.fault(err)
		}
		r.bytes += int64(len(qualifier) + len(value))
		at, named := f.cells[string(qualifier)]
		switch {
		case named && at >= 0 && r.builders[at].Len() == n:
			if err := decodeCell(r.builders[at], value); err != nil {
				return sqlerr.As(err).WithContext("table %s, column %s", r.scan.table.Name(), qualifier)
			}
		case !named && f.all != nil:
			pairs = append(pairs, schema.TextValue(string(qualifier)), schema.TextValue(string(value)))
		}
	}
	if len(pairs) > 0 {
		f.all.AppendValue(schema.NestedValue(f.all.Type(), pairs))
	}
	return r.iterError(f.it)
}

// emit turns the built rows into a batch; nil says that no row passed the filters.
func (r *reader) emit(ctx context.Context, n int) (*vector.Batch, error) {
	m := r.scan.req.Metrics
	m.BilledBytes.Add(r.bytes)
	m.FetchedBytes.Add(r.bytes)
	r.bytes = 0
	cols := make([]vector.Vector, len(r.builders))
	for i, b := range r.builders {
		cols[i] = b.Build()
	}
	var sel []uint32
	for i, f := range r.scan.req.Filters {
		for j, c := range f.Columns {
			r.args[i][j] = cols[r.place[c]]
		}
		var err error
		if sel, err = r.matchers[i].Match(ctx, r.args[i], n, sel); err != nil {
			return nil, err
		}
		if len(sel) == 0 {
			return nil, nil //nolint:nilnil // no row passed
		}
	}
	r.batch = vector.Batch{Len: n, Sel: r.limited(sel, n), Cols: make([]vector.Vector, len(r.scan.req.Columns))}
	for i, c := range r.scan.req.Columns {
		r.batch.Cols[i] = cols[r.place[c]]
	}
	m.Rows.Add(int64(r.batch.Rows()))
	return &r.batch, nil
}

// limited cuts a selection at the rows that are still wanted.
func (r *reader) limited(sel []uint32, n int) []uint32 {
	if r.left < 0 {
		return sel
	}
	have := int64(n)
	if sel != nil {
		have = int64(len(sel))
	}
	take := min(have, r.left)
	r.left -= take
	if take == have {
		return sel
	}
	if sel != nil {
		return sel[:take]
	}
	out := make([]uint32, take)
	for i := range out {
		out[i] = uint32(i)
	}
	return out
}

// Close closes the iterators.
func (r *reader) Close() error {
	var first error
	its := []*pebble.Iterator{r.rows}
	for _, f := range r.families {
		its = append(its, f.it)
	}
	for _, it := range its {
		if it != nil {
			if err := it.Close(); err != nil && first == nil {
				first = r.scan.table.connector.store.fault(err)
			}
		}
	}
	r.rows, r.families = nil, nil
	return first
}
