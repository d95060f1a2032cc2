package system

import (
	"context"
	"io"
	"iter"

	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/vector"
)

// Scan accepts every request and leaves all filters to the engine.
func (t *table) Scan(_ context.Context, req connectors.ScanRequest) (connectors.Scan, error) {
	return &scan{table: t, req: req}, nil
}

type scan struct {
	table *table
	req   connectors.ScanRequest
}

// Verdicts: no filter is looked at.
func (s *scan) Verdicts() []connectors.Verdict { return make([]connectors.Verdict, len(s.req.Filters)) }

// LimitExact is false.
func (s *scan) LimitExact() bool { return false }

// Estimate returns the rough size.
func (s *scan) Estimate() connectors.Estimate {
	st, err := s.table.Statistics(context.Background())
	if err != nil {
		return connectors.Estimate{Rows: -1, Bytes: -1}
	}
	return connectors.Estimate{Rows: st.Rows, Bytes: 0, BytesExact: true}
}

// Explain has nothing to add.
func (s *scan) Explain() []connectors.Property { return nil }

// Splits yields the one split.
func (s *scan) Splits(context.Context) iter.Seq2[connectors.Split, error] {
	return func(yield func(connectors.Split, error) bool) { yield(split{s.table}, nil) }
}

// NewReader returns a reader.
func (s *scan) NewReader() (connectors.Reader, error) { return &reader{scan: s}, nil }

// Close has nothing to free.
func (s *scan) Close() error { return nil }

type split struct{ table *table }

// String returns the relation's name.
func (s split) String() string { return s.table.Name().String() }

// Bytes is 0: nothing is stored.
func (s split) Bytes() int64 { return 0 }

// reader makes all rows when a split is assigned and returns them in batches.
type reader struct {
	scan    *scan
	batches []*vector.Batch
}

// Assign makes the rows.
func (r *reader) Assign(ctx context.Context, _ connectors.Split) error {
	r.batches = nil
	s := r.scan
	out := newCollector(s)
	provide, ok := providers[s.table.relation.schema+"."+s.table.relation.name]
	if !ok {
		return nil
	}
	if err := provide(&source{ctx: ctx, connector: s.table.connector, query: s.req.Query}, out.add); err != nil {
		return err
	}
	out.flush()
	r.batches = out.batches
	return ctx.Err()
}

// Next returns the next batch.
func (r *reader) Next(ctx context.Context) (*vector.Batch, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if len(r.batches) == 0 {
		return nil, io.EOF
	}
	b := r.batches[0]
	r.batches = r.batches[1:]
	r.scan.req.Metrics.Rows.Add(int64(b.Len))
	return b, nil
}

// Close drops the rows.
func (r *reader) Close() error {
	r.batches = nil
	return nil
}

// collector builds the requested columns.
type collector struct {
	scan     *scan
	columns  []column
	builders []*vector.Builder
	rows     int
	most     int // rows of a batch
	batches  []*vector.Batch
}

func newCollector(s *scan) *collector {
	c := &collector{scan: s, most: vector.DefaultRows}
	if n := s.req.Query.BatchRows; n > 0 {
		c.most = n
	}
	for _, i := range s.req.Columns {
		col := s.table.column(i)
		c.columns = append(c.columns, col)
		c.builders = append(c.builders, vector.NewBuilder(col.typ, 64))
	}
	return c
}

func (c *collector) add(get row) {
	for i, col := range c.columns {
		v, ok := get(col.name)
		switch {
		case ok && (v.Valid || !col.notNull):
			c.builders[i].AppendValue(col.fit(v))
		case col.name == "tableoid":
			c.builders[i].AppendInt(c.scan.table.relation.oid)
		case col.name == "ctid":
			c.builders[i].AppendString("(0,1)")
		default:
			c.builders[i].AppendValue(col.fallback())
		}
	}
	if c.rows++; c.rows == c.most {
		c.flush()
	}
}

func (c *collector) flush() {
	if c.rows == 0 {
		return
	}
	b := &vector.Batch{Len: c.rows, Cols: make([]vector.Vector, len(c.builders))}
	for i, builder := range c.builders {
		b.Cols[i] = builder.Build()
	}
	c.batches = append(c.batches, b)
	c.rows = 0
}

// source is what a provider reads from.
type source struct {
	ctx       context.Context //nolint:containedctx // of the one Assign that it lives in
	connector *Connector
	query     *connectors.Query
}

func (s *source) host() Host { return s.connector.host }

// provider yields the rows of a relation.
type provider func(s *source, yield func(row)) error
