package jdbc

import (
	"context"
	"io"
	"iter"
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// database runs statements for scans.
type database interface {
	dialect
	// open starts a statement for a query and returns its rows; decode i belongs to the i-th selected column.
	open(ctx context.Context, q *connectors.Query, st statement, columns []column) (rowReader, error)
}

// rowReader fills builders with rows.
type rowReader interface {
	// read appends up to n rows to the builders and returns how many, and the bytes of their values; 0 rows is the end.
	read(ctx context.Context, builders []*vector.Builder, n int) (rows int, bytes int64, err error)
	close() error
}

// table is a remote table for one query.
type table struct {
	name    schema.TableName
	from    string
	columns []column
	db      database
	stats   func(ctx context.Context, t *table) (connectors.Statistics, error)
	keys    [][]int
	view    bool
	query   *connectors.Query
}

// Name returns the full name.
func (t *table) Name() schema.TableName { return t.name }

// Columns returns the columns.
func (t *table) Columns() []schema.Column {
	out := make([]schema.Column, len(t.columns))
	for i, c := range t.columns {
		out[i] = schema.Column{Name: c.name, Type: c.typ, NotNull: c.notNull, Comment: c.comment}
	}
	return out
}

// Statistics asks the database's own statistics.
func (t *table) Statistics(ctx context.Context) (connectors.Statistics, error) {
	s, err := t.stats(ctx, t)
	s.UniqueKeys = t.keys
	return s, err
}

// Scan pushes what the database decides exactly.
func (t *table) Scan(ctx context.Context, req connectors.ScanRequest) (connectors.Scan, error) {
	s := &scan{table: t, req: req, verdicts: make([]connectors.Verdict, len(req.Filters)), exact: true}
	for i, f := range req.Filters {
		pushed, exact := 0, 0
		for _, p := range f.Predicates {
			switch t.db.verdict(t.columns[p.Column], p) {
			case connectors.Unsupported:
				continue
			case connectors.Exact:
				exact++
			}
			s.preds = append(s.preds, p)
			pushed++
		}
		switch {
		case f.Exact && exact == len(f.Predicates) && exact > 0:
			s.verdicts[i] = connectors.Exact
		case pushed > 0:
			s.verdicts[i], s.exact = connectors.Inexact, false
		default:
			s.exact = false
		}
	}
	st, err := t.Statistics(ctx)
	if err != nil {
		return nil, err
	}
	s.rows = st.Rows
	for range s.preds {
		s.rows /= 4
	}
	return s, nil
}

type scan struct {
	table    *table
	req      connectors.ScanRequest
	verdicts []connectors.Verdict
	preds    []connectors.Predicate
	exact    bool
	rows     float64
}

// Verdicts says which filters the statement has.
func (s *scan) Verdicts() []connectors.Verdict { return s.verdicts }

func (s *scan) limit() int64 {
	if s.exact {
		return s.req.Limit
	}
	return 0
}

// LimitExact is true when the statement has the LIMIT: there is one statement.
func (s *scan) LimitExact() bool { return s.limit() > 0 }

// Estimate is a guess from the database's statistics.
func (s *scan) Estimate() connectors.Estimate {
	rows := s.rows
	if n := s.limit(); n > 0 && (rows < 0 || float64(n) < rows) {
		rows = float64(n)
	}
	return connectors.Estimate{Rows: max(rows, -1), Bytes: -1}
}

// statement writes the SELECT, with the keys that joins have published by now.
func (s *scan) statement(preds []connectors.Predicate) statement {
	b := &builder{d: s.table.db, columns: s.table.columns}
	for _, p := range preds {
		b.add(p)
	}
	return b.build(s.table.from, s.req.Columns, s.limit())
}

// Explain shows the statement.
func (s *scan) Explain() []connectors.Property {
	return []connectors.Property{{Name: "Remote SQL", Value: s.statement(s.preds).text}}
}

// maxKeys is how many keys of a join a statement lists; a larger set becomes a range.
const maxKeys = 1000

// Splits waits for the joins that publish keys, and yields the one statement.
func (s *scan) Splits(ctx context.Context) iter.Seq2[connectors.Split, error] {
	return func(yield func(connectors.Split, error) bool) {
		preds := slices.Clone(s.preds)
		for _, d := range s.req.Dynamic {
			set := d.Keys.Load()
			if set == nil && d.Await {
				var err error
				if set, err = d.Keys.Wait(ctx); err != nil {
					yield(nil, err)
					return
				}
			}
			if set == nil {
				continue
			}
			if set.Empty() {
				return
			}
			for _, p := range keyPredicates(d.Column, set) {
				if s.table.db.verdict(s.table.columns[p.Column], p) != connectors.Unsupported {
					preds = append(preds, p)
				}
			}
		}
		yield(split{s.statement(preds)}, nil)
	}
}

func keyPredicates(column int, set *connectors.KeySet) []connectors.Predicate {
	switch {
	case set.List != nil && len(set.List) <= maxKeys:
		return []connectors.Predicate{{Column: column, Op: connectors.In, Values: set.List}}
	case set.Min.Valid && set.Max.Valid:
		return []connectors.Predicate{{Column: column, Op: connectors.Ge, Values: []schema.Value{set.Min}},
			{Column: column, Op: connectors.Le, Values: []schema.Value{set.Max}}}
	}
	return nil
}

// Close has nothing to free: readers close their statements.
func (s *scan) Close() error { return nil }

// split is the statement.
type split struct{ statement statement }

// String returns the statement.
func (s split) String() string { return s.statement.text }

// Bytes is unknown.
func (s split) Bytes() int64 { return 1 << 20 }

// NewReader returns a reader.
func (s *scan) NewReader() (connectors.Reader, error) {
	r := &reader{scan: s}
	for _, o := range s.req.Columns {
		r.columns = append(r.columns, s.table.columns[o])
		r.builders = append(r.builders, vector.NewBuilder(s.table.columns[o].typ, vector.DefaultRows))
	}
	return r, nil
}

type reader struct {
	scan     *scan
	columns  []column
	builders []*vector.Builder
	rows     rowReader
	batch    vector.Batch
}

// Assign runs the statement.
func (r *reader) Assign(ctx context.Context, s connectors.Split) error {
	if err := r.Close(); err != nil {
		return err
	}
	sp, ok := s.(split)
	if !ok {
		return sqlerr.New(sqlerr.InternalError, "split %v is not of a relational table", s)
	}
	r.scan.req.Metrics.Statements.Add(1)
	if trace, ok := ctx.Value(traceKey{}).(Trace); ok {
		trace(r.scan.table.name, sp.statement.text, sp.statement.args)
	}
	var err error
	r.rows, err = r.scan.table.db.open(ctx, r.scan.req.Query, sp.statement, r.columns)
	return err
}

// Next returns the next rows.
func (r *reader) Next(ctx context.Context) (*vector.Batch, error) {
	if r.rows == nil {
		return nil, io.EOF
	}
	vector.Mangle(&r.batch)
	want := r.scan.req.Query.BatchRows
	if want <= 0 {
		want = vector.DefaultRows
	}
	n, bytes, err := r.rows.read(ctx, r.builders, want)
	if err != nil {
		return nil, r.explain(err)
	}
	m := r.scan.req.Metrics
	m.BilledBytes.Add(bytes)
	m.FetchedBytes.Add(bytes)
	m.Rows.Add(int64(n))
	if n == 0 {
		return nil, io.EOF
	}
	r.batch = vector.Batch{Len: n, Cols: make([]vector.Vector, len(r.builders))}
	for i, b := range r.builders {
		r.batch.Cols[i] = b.Build()
	}
	return &r.batch, nil
}

func (r *reader) explain(err error) error {
	if e := sqlerr.As(err); e != nil {
		return e.WithContext("table %s", r.scan.table.name)
	}
	return err
}

// Close ends the statement.
func (r *reader) Close() error {
	if r.rows == nil {
		return nil
	}
	rows := r.rows
	r.rows = nil
	return rows.close()
}
