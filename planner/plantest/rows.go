package plantest

import (
	"context"
	"io"
	"iter"
	"math/rand/v2"
	"strconv"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/vector"
)

// generate gives a table rows whose values agree with its statistics: few distinct ones, so that joins match, and NULLs.
// The same table always gets the same rows. Unique columns get distinct values.
func (t *Table) generate() {
	r := rand.New(rand.NewPCG(uint64(len(t.name.Table)), uint64(t.data)))
	unique := map[string]bool{}
	for _, u := range t.unique {
		if len(u) == 1 {
			unique[u[0]] = true
		}
	}
	for i, c := range t.columns {
		b := vector.NewBuilder(c.Type, t.data)
		for row := range t.data {
			n := r.IntN(max(int(t.cols[i].Distinct), 1))
			switch {
			case unique[c.Name]:
				b.AppendValue(valueOf(c.Type, row))
			case r.Float64() < t.cols[i].NullFraction:
				b.AppendNull()
			default:
				b.AppendValue(valueOf(c.Type, n))
			}
		}
		t.rows = append(t.rows, b.Build())
	}
}

// valueOf is the n-th value of a type.
func valueOf(t schema.Type, n int) schema.Value {
	switch t.Kind {
	case schema.Varchar, schema.Char, schema.Name:
		return schema.StringValue(t, string(rune('a'+n%26))+strconv.Itoa(n/26))
	case schema.Boolean:
		v := schema.BoolValue(n%2 == 1)
		v.Type = t
		return v
	case schema.Real, schema.Double:
		return schema.FloatValue(t, float64(n)/2)
	case schema.Date:
		return schema.IntValue(t, 19723+int64(n))
	case schema.Timestamp, schema.TimestampTZ:
		return schema.IntValue(t, (19723*24+int64(n)*7)*schema.MicrosPerHour)
	case schema.Decimal:
		return schema.IntValue(t, int64(n)*75)
	}
	return schema.IntValue(t, int64(n)+1)
}

// Rows returns the rows of a table that has them, as values.
func (t *Table) Rows() [][]schema.Value {
	out := make([][]schema.Value, t.data)
	for i := range out {
		for _, c := range t.rows {
			out[i] = append(out[i], vector.ValueAt(c, i))
		}
	}
	return out
}

// split is all rows of a table.
type split struct{}

// String names the split.
func (split) String() string { return "all rows" }

// Bytes is unknown.
func (split) Bytes() int64 { return 0 }

// Splits yields one split when the table has rows. It waits for the filters of joins that say so.
func (s *scan) Splits(ctx context.Context) iter.Seq2[connectors.Split, error] {
	return func(yield func(connectors.Split, error) bool) {
		for _, d := range s.req.Dynamic {
			if !d.Await {
				continue
			}
			if _, err := d.Keys.Wait(ctx); err != nil {
				yield(nil, err)
				return
			}
		}
		if s.t.data > 0 {
			yield(split{}, nil)
		}
	}
}

// NewReader returns a reader of the rows.
func (s *scan) NewReader() (connectors.Reader, error) {
	r := &reader{s: s}
	for _, f := range s.req.Filters {
		r.matchers = append(r.matchers, f.NewMatcher())
	}
	return r, nil
}

// reader returns the rows of a table that pass the filters, in small batches.
type reader struct {
	s        *scan
	matchers []connectors.Matcher
	at       int
	end      int
}

// batchRows is small so that operators see many batches.
const batchRows = 7

// Assign begins the split.
func (r *reader) Assign(context.Context, connectors.Split) error {
	r.at, r.end = 0, r.s.t.data
	return nil
}

// Next returns the next rows that pass.
func (r *reader) Next(ctx context.Context) (*vector.Batch, error) {
	for r.at < r.end {
		rows := make([]uint32, 0, batchRows)
		for ; r.at < r.end && len(rows) < batchRows; r.at++ {
			rows = append(rows, uint32(r.at))
		}
		rows, err := r.filter(ctx, rows)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			continue
		}
		b := &vector.Batch{Len: len(rows)}
		for _, c := range r.s.req.Columns {
			b.Cols = append(b.Cols, vector.CloneRows(r.s.t.rows[c], rows))
		}
		return b, nil
	}
	return nil, io.EOF
}

// filter applies what the verdict promises, and the predicates and dynamic filters, which must not lose rows.
func (r *reader) filter(ctx context.Context, rows []uint32) ([]uint32, error) {
	s := r.s
	for _, d := range s.req.Dynamic {
		if set := d.Keys.Load(); set != nil {
			rows = set.Match(s.t.rows[d.Column], rows, []uint32{})
		}
	}
	if s.t.verdict == connectors.Unsupported {
		return rows, nil
	}
	for i, f := range s.req.Filters {
		for _, p := range f.Predicates {
			rows = r.predicate(p, rows)
		}
		if s.t.verdict != connectors.Exact {
			continue
		}
		cols := make([]vector.Vector, len(f.Columns))
		for j, c := range f.Columns {
			cols[j] = s.t.rows[c]
		}
		got, err := r.matchers[i].Match(ctx, cols, s.t.data, rows)
		if err != nil {
			return nil, err
		}
		rows = append([]uint32{}, got...)
	}
	return rows, nil
}

func (r *reader) predicate(p connectors.Predicate, rows []uint32) []uint32 {
	out := []uint32{}
	for _, row := range rows {
		if Holds(p, vector.ValueAt(r.s.t.rows[p.Column], int(row))) {
			out = append(out, row)
		}
	}
	return out
}

// Close does nothing.
func (r *reader) Close() error { return nil }
